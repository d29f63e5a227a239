//! A case as the checks see it: the trace, who is who, what the user asked for, and where moments lie.

use std::time::Duration;

use bytes::Bytes;

use super::cast::Cast;
use super::challenged;
use super::moment::Moment;
use super::relay;
use super::secured;
use super::subject::Nth;
use crate::trace::{Change, Trace, Transaction, Transfer, Unit, UnitId};
use crate::wire::sdp::Setup;
use crate::wire::uri::{self, Uri};
use crate::wire::{msrp, sip};

/// Everything a check may look at.
#[derive(Clone)]
pub struct Scene<'t> {
    pub trace: &'t Trace,
    pub cast: &'t Cast,
    pub stimulus: &'t Stimulus,
    /// False when the observer left before the case was over, so that what is missing may have come later.
    pub complete: bool,
    /// What went wrong on the other side, so that what is missing need not be the party's fault (captures).
    pub spoilt: Option<&'t str>,
    /// Whether users' events are in the trace.
    pub events_reported: bool,
    /// How much later than it happened the observer may have seen something.
    pub latitude: Duration,
}

/// How late something may still arrive that left before its sender could know better.
const IN_FLIGHT: Duration = Duration::from_millis(100);

/// What the user asked his client for, as far as checks must know.
#[derive(Clone, Debug, Default)]
pub struct Stimulus {
    /// Address of who sends.
    pub sender: String,
    /// Addresses of who shall receive.
    pub recipients: Vec<String>,
    /// URIs of the stored messages that the user asked for.
    pub chosen: Vec<String>,
    /// Octets of the message; nothing where only the trace tells (captures).
    pub size: Option<u64>,
    pub content: Option<Bytes>,
    pub description: Option<String>,
    /// The files that go together, in order, where they are several.
    pub files: Vec<Bytes>,
    /// How many octets each of them has, where only the trace tells (captures).
    pub file_sizes: Vec<Option<u64>>,
    /// What the stores held before anything happened, by number from 1.
    pub stored: Vec<Stored>,
}

/// A message that a store held.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// When it was written (RFC 3339).
    pub date_time: String,
    pub content: Bytes,
}

impl Stimulus {
    /// The nth message (from 1) that the store held.
    pub fn stored(&self, nth: u32) -> Option<&Stored> {
        self.stored.get((nth as usize).checked_sub(1)?)
    }

    /// The nth file (from 1) of those that go together.
    pub fn file(&self, nth: u32) -> Option<&Bytes> {
        self.files.get((nth as usize).checked_sub(1)?)
    }

    /// The octets of the nth file (from 1) of those that go together.
    pub fn file_size(&self, nth: u32) -> Option<u64> {
        let seen = || *self.file_sizes.get((nth as usize).checked_sub(1)?)?;
        self.file(nth).map(|file| file.len() as u64).or_else(seen)
    }
}

impl<'t> Scene<'t> {
    /// What a complete trace shows in which nobody did wrong, and of which no user told anything.
    pub fn of(trace: &'t Trace, cast: &'t Cast, stimulus: &'t Stimulus) -> Scene<'t> {
        Scene { trace, cast, stimulus, complete: true, spoilt: None, events_reported: false, latitude: Duration::ZERO }
    }

    /// How late something may be seen that left before its sender could know better.
    pub fn in_flight(&self) -> Duration {
        IN_FLIGHT + self.latitude
    }

    pub fn unit(&self, id: UnitId) -> &'t Unit {
        self.trace.unit(id)
    }

    /// Every request of `method` that `party` sent, repeats left out.
    pub fn requests(&self, party: &str, method: &str) -> impl Iterator<Item = UnitId> {
        self.requests_to(party, method, None)
    }

    /// Every request of `method` that `party` sent, repeats left out: those that are for the person `to`, or all.
    pub fn requests_to(&self, party: &str, method: &str, to: Option<&str>) -> impl Iterator<Item = UnitId> {
        self.all_requests(party)
            .filter(move |id| self.sip(*id).method() == method && to.is_none_or(|to| self.is_for(*id, to)))
    }

    /// Every request of `method` that `party` received from the person `of`, repeats left out.
    pub fn requests_of<'s>(
        &'s self,
        party: &'s str,
        method: &'s str,
        of: &'s str,
    ) -> impl Iterator<Item = UnitId> + 's {
        challenged::without(self).map(|t| t.request).filter(move |id| {
            self.sip(*id).method() == method && self.cast.is_at(party, self.unit(*id).dst) && self.is_from(*id, of)
        })
    }

    /// Whether a request is for that person, by its To, its Request-URI or where it goes. Proxies lie between.
    fn is_for(&self, id: UnitId, person: &str) -> bool {
        let message = self.sip(id);
        let Some(party) = self.cast.party(person) else { return false };
        let target = message.request_uri().unwrap_or_default();
        let host = Uri::parse(target);
        message.to().is_some_and(|to| uri::same(to.uri, &party.address))
            || uri::same(target, &party.address)
            || host.host.and_then(|h| h.ip()).is_some_and(|ip| self.cast.is_on(party, ip, host.port))
            || self.cast.is_at(person, self.unit(id).dst)
    }

    /// Whether a request was made by that person's client, by its From, its first Via or where it comes from.
    fn is_from(&self, id: UnitId, person: &str) -> bool {
        let message = self.sip(id);
        let Some(party) = self.cast.party(person) else { return false };
        let first_via = message.vias().last().map(|via| (via.host.trim_matches(['[', ']']).to_owned(), via.port));
        message.from().is_some_and(|from| uri::same(from.uri, &party.address))
            || first_via
                .and_then(|(host, port)| Some((host.parse().ok()?, port)))
                .is_some_and(|(ip, port)| self.cast.is_on(party, ip, port))
            || self.cast.is_at(person, self.unit(id).src)
    }

    /// Why something that is missing may be missing by no fault of the party under test.
    pub fn excuse(&self) -> Option<&str> {
        let cut = (!self.complete).then_some("the trace ended before the case was over");
        self.spoilt.or(cut)
    }

    /// Whether `party` sent that unit.
    pub fn by(&self, party: &str, id: UnitId) -> bool {
        self.cast.is_at(party, self.unit(id).src)
    }

    /// Every request that `party` sent, repeats left out.
    pub fn all_requests(&self, party: &str) -> impl Iterator<Item = UnitId> {
        challenged::without(self).map(|t| t.request).filter(move |id| self.cast.is_at(party, self.unit(*id).src))
    }

    /// Re-INVITEs and UPDATEs that `party` sent.
    pub fn refreshes(&self, party: &str) -> impl Iterator<Item = UnitId> {
        self.all_requests(party)
            .filter(|id| !self.is_initial(*id) && matches!(self.sip(*id).method(), "INVITE" | "UPDATE"))
    }

    /// Whether a request begins a dialog or stands alone: its To has no tag. REGISTER, ACK and CANCEL do not count.
    pub fn is_initial(&self, id: UnitId) -> bool {
        let message = self.sip(id);
        let counts = message.is_request() && !matches!(message.method(), "REGISTER" | "ACK" | "CANCEL");
        counts && message.to().is_none_or(|to| to.tag().is_none())
    }

    /// The responses that came for requests of `method` that `party` sent.
    pub fn responses_to_requests(&self, party: &str, method: &str) -> Vec<UnitId> {
        let sent = |t: &&crate::trace::Transaction| {
            self.sip(t.request).method() == method && self.cast.is_at(party, self.unit(t.request).src)
        };
        challenged::without(self).filter(sent).flat_map(|t| t.responses.iter().copied()).collect()
    }

    /// The URI in the Contact of the first initial INVITE that `party` got.
    pub fn caller_target(&self, party: &str) -> Option<String> {
        let got = |id: &UnitId| self.cast.is_at(party, self.unit(*id).dst) && self.is_initial(*id);
        let mut invites = self.trace.transactions().iter().map(|t| t.request);
        let first = invites.find(|id| self.sip(*id).method() == "INVITE" && got(id))?;
        self.sip(first).contact().map(|contact| contact.uri.to_owned())
    }

    /// The URI in the Contact of the 200 to the nth initial INVITE of the party under test.
    pub fn remote_target(&self, nth: u32) -> Option<String> {
        let tested = &self.cast.under_test;
        let mut invites = challenged::without(self).filter(|t| {
            self.sip(t.request).method() == "INVITE"
                && self.is_initial(t.request)
                && self.cast.is_at(tested, self.unit(t.request).src)
        });
        let transaction = invites.nth(nth.max(1) as usize - 1)?;
        let ok = transaction.responses.iter().find(|id| self.sip(**id).status() == Some(200))?;
        self.sip(*ok).contact().map(|contact| contact.uri.to_owned())
    }

    /// The identity of a conference: the Contact with `isfocus` in the first 2xx to an INVITE, else in the first INVITE.
    pub fn session_identity(&self) -> Option<String> {
        let of = |id: UnitId| {
            let contact = self.sip(id).contact()?;
            contact.params.has("isfocus").then(|| contact.uri.to_owned())
        };
        let invites = || self.trace.transactions().iter().filter(|t| self.sip(t.request).method() == "INVITE");
        let good = |id: &UnitId| self.sip(*id).status().is_some_and(|s| (200..300).contains(&s));
        let mut accepted = invites().flat_map(|t| t.responses.iter().copied().filter(good));
        accepted.find_map(of).or_else(|| invites().find_map(|t| of(t.request)))
    }

    /// The MSRP path in the session description that `party` itself wrote.
    pub fn path_of(&self, party: &str) -> Option<String> {
        self.descriptions().find(|(id, _)| self.cast.is_at(party, self.unit(*id).src)).map(|(_, path)| path)
    }

    /// The same with the relays before it.
    pub fn whole_path_of(&self, party: &str) -> Option<String> {
        self.trace.units().find_map(|(_, unit)| {
            let (sdp, _) = super::read::session(unit.sip().filter(|_| self.cast.is_at(party, unit.src))?)?;
            let path: Vec<&str> = sdp.msrp_media()?.path().map(|uri| uri.text).collect();
            (!path.is_empty()).then(|| path.join(" "))
        })
    }

    /// The MSRP path in the last session description that `party` itself wrote.
    pub fn latest_path_of(&self, party: &str) -> Option<String> {
        self.descriptions().filter(|(id, _)| self.cast.is_at(party, self.unit(*id).src)).last().map(|(_, path)| path)
    }

    /// The MSRP paths in the first session description that `party` itself wrote, by the places of its media.
    pub fn paths_of(&self, party: &str) -> Vec<Option<String>> {
        self.first_paths(|unit| self.cast.is_at(party, unit.src))
    }

    /// The MSRP paths that the other side gave `party` first, by the places of its media.
    pub fn peer_paths(&self, party: &str) -> Vec<Option<String>> {
        self.first_paths(|unit| self.cast.is_at(party, unit.dst))
    }

    fn first_paths(&self, wanted: impl Fn(&Unit) -> bool) -> Vec<Option<String>> {
        let mut described = self.trace.units().filter_map(|(_, unit)| {
            let (sdp, _) = super::read::session(unit.sip().filter(|_| wanted(unit))?)?;
            let paths: Vec<_> = sdp.media().map(|media| media.path().last().map(|uri| uri.text.to_owned())).collect();
            paths.iter().any(Option::is_some).then_some(paths)
        });
        described.next().unwrap_or_default()
    }

    /// Each SIP message with a session description, and the last URI of its path.
    fn descriptions(&self) -> impl Iterator<Item = (UnitId, String)> {
        self.trace.units().filter_map(|(id, unit)| {
            let (sdp, _) = super::read::session(unit.sip()?)?;
            let path = sdp.msrp_media()?.path().last()?.text.to_owned();
            Some((id, path))
        })
    }

    /// Every MSRP message from one party to another; nothing stands for any party.
    pub fn transfers_between(&self, from: Option<&str>, to: Option<&str>) -> impl Iterator<Item = &'t Transfer> {
        self.trace.transfers().iter().filter(move |t| {
            let first = t.chunks.first().map(|id| self.unit(*id));
            let at = |party: Option<&str>, address| party.is_none_or(|p| self.cast.is_at(p, address));
            first.is_some_and(|unit| at(from, unit.src) && at(to, unit.dst))
        })
    }

    /// Whether the connection of a unit carried SIP.
    pub fn carried_sip(&self, unit: &Unit) -> bool {
        let pair = (unit.src.min(unit.dst), unit.src.max(unit.dst));
        self.trace.units().any(|(_, u)| {
            matches!(u.what, crate::trace::What::Sip { transport: crate::trace::Transport::Tcp, .. })
                && (u.src.min(u.dst), u.src.max(u.dst)) == pair
        })
    }

    /// The responses that `party` sent to a request of `method` that it received, from the person `of` or from anybody.
    /// A challenge that was answered is no answer, unless it is asked for.
    pub fn responses_of(&self, party: &str, method: &str, of: Option<&str>, nth: Nth, challenge: bool) -> &'t [UnitId] {
        let asked = |t: &&Transaction| {
            self.sip(t.request).method() == method
                && self.cast.is_at(party, self.unit(t.request).dst)
                && of.is_none_or(|of| self.is_from(t.request, of))
        };
        let found = match challenge {
            true => nth.of(self.trace.transactions().iter().filter(asked)),
            false => nth.of(challenged::without(self).filter(asked)),
        };
        found.map_or(&[], |t| t.responses.as_slice())
    }

    /// Whether a request of that method has come to `party`, from that person where it matters.
    pub fn is_asked(&self, party: &str, method: &str, of: Option<&str>) -> bool {
        self.trace.transactions().iter().any(|t| {
            self.sip(t.request).method() == method
                && self.cast.is_at(party, self.unit(t.request).dst)
                && of.is_none_or(|of| self.is_from(t.request, of))
        })
    }

    /// The SIP message of a unit that is known to be one.
    pub fn sip(&self, id: UnitId) -> &'t sip::Message {
        self.trace.sip(id).expect("a unit that a SIP join names is a SIP message")
    }

    /// The MSRP chunk of a unit that is known to be one.
    pub fn msrp(&self, id: UnitId) -> &'t msrp::Message {
        self.unit(id).msrp().expect("a unit that an MSRP join names is an MSRP message")
    }

    /// The MSRP message that `party` sends (or, with `receives`, gets): the first one that carries content.
    pub fn transfer(&self, party: &str, receives: bool) -> Option<&'t Transfer> {
        let (from, to) = if receives { (None, Some(party)) } else { (Some(party), None) };
        self.transfers_between(from, to).next()
    }

    /// The MSRP connection that `party` asked for, whether it came about or not. That to the relay which acts for it is there
    /// before any session.
    pub fn opened_by(&self, party: &str) -> Option<UnitId> {
        self.trace
            .connections()
            .find(|(_, unit, change)| {
                *change == Change::Opened
                    && self.cast.is_at(party, unit.src)
                    && !self.carried_sip(unit)
                    && !relay::leads_to_own_relay(unit, self)
            })
            .map(|(id, _, _)| id)
    }

    /// Whether the answer to the offer of `party` leaves the connecting to it (RFC 4975 §8.5, RFC 6135 §4.2.2).
    pub fn is_to_connect(&self, party: &str) -> bool {
        let answers = self.responses_to_requests(party, "INVITE").into_iter();
        let mut described = answers.filter_map(|id| Some(super::read::session(self.sip(id))?.0));
        described.next().is_some_and(|sdp| sdp.msrp_media().is_some_and(|media| media.setup() != Some(Setup::Active)))
    }

    /// Whether the answer to the offer of `party` says that the other side connects.
    pub fn is_to_wait(&self, party: &str) -> bool {
        let answers = self.responses_to_requests(party, "INVITE").into_iter();
        let mut described = answers.filter_map(|id| Some(super::read::session(self.sip(id))?.0));
        described.next().is_some_and(|sdp| sdp.msrp_media().is_some_and(|media| media.setup() == Some(Setup::Active)))
    }

    /// What `party` says of chunks that it got: 200s to them, and REPORTs of success.
    pub fn acknowledgements(&self, party: &str) -> Vec<UnitId> {
        let good = |id: UnitId| {
            let head = self.msrp(id).head();
            head.status() == Some(200) || head.status_header().is_some_and(|s| s.code == 200)
        };
        let ours = |id: &UnitId| self.by(party, *id) && good(*id);
        let got = |id: &UnitId| self.cast.is_at(party, self.unit(*id).dst);
        let transfers = self.trace.transfers().iter().filter(|t| t.chunks.first().is_some_and(got));
        let mut found: Vec<UnitId> = transfers
            .flat_map(|t| {
                t.chunks.iter().filter_map(|id| self.trace.msrp_response(*id)).chain(t.reports.iter().copied())
            })
            .filter(ours)
            .collect();
        found.sort_unstable();
        found
    }

    /// The message that `party` sends or, where it sends none, receives.
    pub fn any_transfer(&self, party: &str) -> Option<&'t Transfer> {
        self.transfer(party, false).or_else(|| self.transfer(party, true))
    }

    /// Where `moment` lies, as far as `party` takes part in it.
    pub fn moment(&self, moment: &Moment, party: &str) -> Option<UnitId> {
        let mine = |id: &UnitId| self.touches(party, *id);
        match moment {
            Moment::Act => self.trace.units().next().map(|(id, _)| id),
            Moment::Request(method) => {
                challenged::without(self).map(|t| t.request).find(|id| self.sip(*id).method() == method && mine(id))
            }
            Moment::Response(status, method) => self
                .trace
                .transactions()
                .iter()
                .filter(|t| self.sip(t.request).method() == method && mine(&t.request))
                .flat_map(|t| &t.responses)
                .copied()
                .find(|id| self.sip(*id).status() == Some(*status)),
            Moment::Received(received) => received.all(party, self).min(),
            Moment::FirstChunk => self.any_transfer(party)?.chunks.first().copied(),
            Moment::LastChunk => self.last_chunk(self.any_transfer(party)?),
            Moment::LastChunkAcknowledged => {
                let transfer = self.any_transfer(party)?;
                let last = self.last_chunk(transfer)?;
                let response = self.trace.msrp_response(last).filter(|id| self.msrp(*id).head().status() == Some(200));
                let report = self.success_report(transfer);
                match (response, report) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                }
            }
            Moment::WholeMessageAcknowledged => self.acknowledged(self.any_transfer(party)?),
            Moment::SuccessReport => self.success_report(self.any_transfer(party)?),
            Moment::FailureReport => {
                let failure = |id: &UnitId| self.msrp(*id).head().status_header().is_some_and(|s| s.code != 200);
                self.any_transfer(party)?.reports.iter().copied().find(failure)
            }
            Moment::MsrpResponse(status) => self
                .trace
                .units()
                .find(|(id, unit)| {
                    unit.msrp().is_some_and(|m| m.head().status() == Some(*status)) && self.touches(party, *id)
                })
                .map(|(id, _)| id),
            Moment::MsrpConnected => self.connection(party, |c| c == Change::Opened),
            Moment::MsrpClosed => self.connection(party, |c| matches!(c, Change::Finished | Change::Reset)),
        }
    }

    /// The first change of that kind on a connection of `party`'s that carried MSRP.
    pub fn connection(&self, party: &str, wanted: impl Fn(Change) -> bool) -> Option<UnitId> {
        self.trace
            .connections()
            .find(|(_, unit, change)| wanted(*change) && self.carried_msrp_of(party, unit))
            .map(|(id, _, _)| id)
    }

    /// The first close or abort by `party` itself of a connection that carried MSRP. Where TLS lies under it and nobody said
    /// anything within, either end may have done it: who hears within TLS that he is not believed closes, too.
    pub fn closed_by(&self, party: &str) -> Option<UnitId> {
        self.trace
            .connections()
            .find(|(_, unit, change)| {
                matches!(change, Change::Finished | Change::Reset)
                    && (self.cast.is_at(party, unit.src) || !self.carried_msrp(unit))
                    && self.carried_msrp_of(party, unit)
            })
            .map(|(id, _, _)| id)
    }

    /// The chunk that ends the message: the one with `$`, else the last that was seen.
    pub fn last_chunk(&self, transfer: &Transfer) -> Option<UnitId> {
        let ends = |id: &&UnitId| self.msrp(**id).flag() == msrp::Flag::Last;
        transfer.chunks.iter().rev().find(ends).or(transfer.chunks.last()).copied()
    }

    /// The first REPORT of success that reaches the last octet.
    pub fn success_report(&self, transfer: &Transfer) -> Option<UnitId> {
        let total = self.total(transfer)?;
        transfer.reports.iter().copied().find(|id| {
            let head = self.msrp(*id).head();
            let success = head.status_header().is_some_and(|s| s.code == 200);
            success && head.byte_range().is_none_or(|r| r.end.is_some_and(|end| end >= total))
        })
    }

    /// Octets of the whole message: the Byte-Range total, or, where that is unknown, where the last chunk ends.
    pub fn total(&self, transfer: &Transfer) -> Option<u64> {
        let stated = transfer.chunks.iter().find_map(|id| self.msrp(*id).head().byte_range()?.total);
        stated.or_else(|| {
            let last = self.msrp(self.last_chunk(transfer)?);
            let start = last.head().byte_range().map_or(1, |r| r.start);
            (last.flag() == msrp::Flag::Last).then(|| start.saturating_sub(1) + last.octets())
        })
    }

    /// The unit with which every octet of the message was acknowledged: by the 200 to its chunk or by a REPORT.
    fn acknowledged(&self, transfer: &Transfer) -> Option<UnitId> {
        let last = self.last_chunk(transfer).filter(|id| self.msrp(*id).flag() == msrp::Flag::Last)?;
        let whole = self.success_report(transfer);
        let mut latest = last;
        for chunk in &transfer.chunks {
            let response = self.trace.msrp_response(*chunk).filter(|id| self.msrp(*id).head().status() == Some(200));
            let done = match (response, whole) {
                (Some(a), Some(b)) => a.min(b),
                (a, b) => a.or(b)?,
            };
            latest = latest.max(done);
        }
        Some(latest)
    }

    fn touches(&self, party: &str, id: UnitId) -> bool {
        let unit = self.unit(id);
        self.cast.is_at(party, unit.src) || self.cast.is_at(party, unit.dst)
    }

    /// Whether the connection of a unit carried MSRP of `party`'s, or nothing that could be read, but was secured for it.
    fn carried_msrp_of(&self, party: &str, unit: &Unit) -> bool {
        let is_its = [unit.src, unit.dst].into_iter().any(|end| self.cast.is_at(party, end));
        is_its && (self.carried_msrp(unit) || (secured::is_secured(unit, self) && !self.carried_sip(unit)))
    }

    fn carried_msrp(&self, unit: &Unit) -> bool {
        self.trace.units().any(|(_, other)| other.msrp().is_some() && secured::joins(other, unit))
    }
}
