//! Who of an episode is who of a scenario: addresses of record, and the sockets that each party uses.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::acts::Trigger;
use super::conference::{Entry, SERVER};
use super::facts::{Facts, Kind, Target};
use super::story::Story;
use crate::judge::{Cast, Endpoint, Party, Stimulus};
use crate::script::plan::Plan;
use crate::trace::{Change, Trace, Transfer, What};
use crate::wire::msrp::Flag;
use crate::wire::sip::Message;
use crate::wire::uri::{self, Uri};

/// The sockets of sender and recipient.
pub struct Sockets {
    pub sender: Vec<SocketAddr>,
    pub recipient: Vec<SocketAddr>,
    /// Those of the focus, where it is a third one.
    pub focus: Option<Vec<SocketAddr>>,
    /// Those of MSRP relays.
    pub relay: Vec<SocketAddr>,
}

impl Sockets {
    /// Finds them: SIP by tags and hops, MSRP by paths.
    pub fn of(facts: &Facts, trace: &Trace) -> Sockets {
        let mut sockets = Sockets {
            sender: vec![trace.unit(facts.request).src],
            recipient: vec![trace.unit(facts.delivered).dst],
            focus: None,
            relay: Vec::new(),
        };
        sockets.relays(trace);
        sockets.sip(facts, trace);
        sockets.msrp(facts, trace);
        sockets
    }

    /// With those of a later call of the same two.
    pub fn and(mut self, later: &Sockets) -> Sockets {
        later.sender.iter().for_each(|address| self.add(true, *address));
        later.recipient.iter().for_each(|address| self.add(false, *address));
        self
    }

    /// With what else the sender has used.
    pub fn owned_by_sender(mut self, sender: &[SocketAddr]) -> Sockets {
        sender.iter().for_each(|address| self.add(true, *address));
        self
    }

    /// With what else the recipient has used.
    pub fn owned_by_recipient(mut self, recipient: &[SocketAddr]) -> Sockets {
        recipient.iter().for_each(|address| self.add(false, *address));
        self
    }

    /// With those of a subscription, which its requests go between from end to end.
    pub fn with_subscription(mut self, trace: &Trace) -> Sockets {
        let sip = |unit: &crate::trace::Unit| {
            unit.sip().filter(|m| m.is_request()).map(|m| (m.method().to_owned(), m.vias().count()))
        };
        let of = |method: &str| {
            let all: Vec<_> =
                trace.units().filter_map(|(_, u)| sip(u).filter(|(m, _)| m == method).map(|(_, n)| (n, u))).collect();
            let most = all.iter().map(|(n, _)| *n).max().unwrap_or(0);
            let sent: Vec<SocketAddr> = all.iter().filter(|(n, _)| *n == 1).map(|(_, u)| u.src).collect();
            let got: Vec<SocketAddr> = all.iter().filter(|(n, _)| *n == most).map(|(_, u)| u.dst).collect();
            (sent, got)
        };
        for (method, by_sender) in [("SUBSCRIBE", true), ("NOTIFY", false)] {
            let (sent, got) = of(method);
            sent.into_iter().for_each(|address| self.add(by_sender, address));
            got.into_iter().for_each(|address| self.add(!by_sender, address));
        }
        self
    }

    /// With sender and recipient in each other's place.
    pub fn turned(self) -> Sockets {
        Sockets { sender: self.recipient, recipient: self.sender, ..self }
    }

    /// In-dialog requests leave their sender with one Via, and reach their recipient with the most.
    fn sip(&mut self, facts: &Facts, trace: &Trace) {
        let tag = |id, of: fn(&Message) -> Option<&str>| trace.sip(id).and_then(of).unwrap_or_default();
        let local = tag(facts.request, |m| m.from()?.tag());
        let remote = facts.answer.map_or("", |id| tag(id, |m| m.to()?.tag()));
        let accepted = facts.status.is_some_and(|status| status < 300);
        let latest = trace.sip(facts.request).and_then(Message::cseq).map_or(0, |(n, _)| n);
        let mut reached: BTreeMap<(bool, u32), (usize, SocketAddr)> = BTreeMap::new();
        for (_, unit) in trace.units() {
            // CANCEL, and ACK but for an acceptance, may be those of a proxy, which makes its own (RFC 3261 §16.10, §17.1.1.3).
            let own = |m: &&Message| match m.method() {
                "CANCEL" => false,
                "ACK" => {
                    accepted
                        && m.cseq().map_or(0, |(n, _)| n) == latest
                        && m.from().and_then(|f| f.tag()) == Some(local)
                }
                _ => true,
            };
            let Some(message) = unit.sip().filter(|m| m.is_request() && own(m)) else { continue };
            let from = message.from().and_then(|f| f.tag()).unwrap_or_default();
            let by_sender = from == local;
            if from.is_empty() || !(by_sender || from == remote) {
                continue;
            }
            let vias = message.vias().count();
            let number = message.cseq().map_or(0, |(n, _)| n);
            let furthest = reached.entry((by_sender, number)).or_insert((vias, unit.dst));
            if vias > furthest.0 {
                *furthest = (vias, unit.dst);
            }
            if vias == 1 {
                self.add(by_sender, unit.src);
            }
        }
        // An attempt that only an intermediary saw, such as one that it challenged, reached nobody.
        for ((by_sender, number), (_, dst)) in reached {
            if !by_sender || number >= latest {
                self.add(!by_sender, dst);
            }
        }
    }

    fn msrp(&mut self, facts: &Facts, trace: &Trace) {
        let is = |paths: &[String], uri: Option<&str>| uri.is_some_and(|uri| paths.iter().any(|p| uri::same(p, uri)));
        let listen = |paths: &[String]| -> Vec<SocketAddr> {
            let uris = paths.iter().map(|path| Uri::parse(path));
            uris.filter_map(|uri| Some(SocketAddr::new(uri.host?.ip()?, uri.port?))).collect()
        };
        let (own, peer) = (listen(&facts.own_paths), listen(&facts.peer_paths));
        for (_, unit) in trace.units() {
            match &unit.what {
                What::Msrp(message) if message.head().is_request() => {
                    let head = message.head();
                    for (address, at) in [(unit.src, head.from_path().next()), (unit.dst, head.to_path().next())] {
                        for (by_sender, path) in [(true, &facts.own_paths), (false, &facts.peer_paths)] {
                            if is(path, at) {
                                self.add(by_sender, address);
                            }
                        }
                    }
                }
                What::Connection(Change::Connecting) if peer.contains(&unit.dst) && !own.contains(&unit.dst) => {
                    self.add(true, unit.src);
                    self.add(false, unit.dst);
                }
                What::Connection(Change::Connecting) if own.contains(&unit.dst) && !peer.contains(&unit.dst) => {
                    self.add(false, unit.src);
                    self.add(true, unit.dst);
                }
                _ => {}
            }
        }
    }

    /// Where an MSRP message goes on from, or to, that has further to go or has come a way, there is a relay.
    fn relays(&mut self, trace: &Trace) {
        let requests = trace.units().filter_map(|(_, unit)| Some((unit, unit.msrp()?.head())));
        for (unit, head) in requests.filter(|(_, head)| head.is_request()) {
            let from = head.from_path().nth(1).map(|_| unit.src);
            let to = head.to_path().nth(1).map(|_| unit.dst).or((head.method() == "AUTH").then_some(unit.dst));
            for address in [from, to].into_iter().flatten() {
                if !self.relay.contains(&address) {
                    self.relay.push(address);
                }
            }
        }
    }

    /// A socket belongs to whom it was seen with first.
    fn add(&mut self, by_sender: bool, address: SocketAddr) {
        if self.relay.contains(&address) {
            return;
        }
        if !self.sender.contains(&address) && !self.recipient.contains(&address) {
            if by_sender { self.sender.push(address) } else { self.recipient.push(address) }
        }
    }
}

const INVITED: Kind = Kind::Conference(Entry::Invited);

/// The people of a plan as the parties of the episode. `known` is what the user says about the network.
pub fn cast(plan: &Plan, trigger: &Trigger<'_>, facts: &Facts, sockets: &Sockets, known: &Cast) -> Cast {
    let party = |name: &str| {
        let mut party = Party { name: name.to_owned(), role: format!("{name}'s client"), ..Party::default() };
        let place = trigger.to.iter().position(|n| *n == name);
        if name == trigger.who {
            party.address.clone_from(&facts.sender);
            // Who invites to a conference has its focus invite.
            if facts.kind != INVITED {
                party.endpoints = endpoints(&sockets.sender);
            }
        } else if let Some(place) = place {
            party.address = facts.recipients.get(place).cloned().unwrap_or_default();
            if facts.kind.is_for_one() || (place == 0 && sockets.focus.is_some()) {
                party.endpoints = endpoints(&sockets.recipient);
            }
        }
        party
    };
    let names = plan.names();
    let mut parties: Vec<Party> = names.iter().map(|name| party(name)).collect();
    for server in trigger.to.iter().filter(|name| !names.contains(name)) {
        parties.push(Party { role: format!("the {server}"), ..party(server) });
    }
    let focus = match facts.kind {
        INVITED => Some(&sockets.sender),
        kind => (!kind.is_for_one()).then_some(sockets.focus.as_ref().unwrap_or(&sockets.recipient)),
    };
    if let Some(sockets) = focus {
        let endpoints = endpoints(sockets);
        parties.push(Party { name: SERVER.into(), role: "the focus".into(), endpoints, ..Party::default() });
    }
    if !sockets.relay.is_empty() {
        let (name, role) = ("relay".to_owned(), "the MSRP relay".to_owned());
        parties.push(Party { name, role, endpoints: endpoints(&sockets.relay), ..Party::default() });
    }
    let mut cast = Cast { parties, under_test: plan.under_test.clone(), ..known.clone() };
    let joined = matches!(
        facts.kind,
        Kind::Conference(Entry::Group | Entry::Public)
            | Kind::Story(
                Story::Rejoined | Story::RejoinedAndSubscribed | Story::Subscribed(Entry::Group | Entry::Public)
            )
    );
    if let (true, [group]) = (joined, &plan.groups[..]) {
        // The group of the plan is the one that was joined, whatever the user calls it.
        cast.groups = vec![(group.name.clone(), facts.target.clone())];
    }
    cast
}

/// What the user asked for, where the trace tells independently of what is judged.
pub fn stimulus(facts: &Facts, trace: &Trace) -> Stimulus {
    // The list of recipients is what rows judge; it cannot vouch for itself.
    let listed = matches!(
        facts.kind,
        Kind::Large(Target::Several)
            | Kind::Files(Target::Several)
            | Kind::Pager(Target::Several)
            | Kind::Conference(Entry::AdHoc)
            | Kind::Story(_)
    );
    let recipients = if listed { Vec::new() } else { facts.recipients.clone() };
    let is_sized = matches!(facts.kind, Kind::Large(_) | Kind::Files(_));
    let size = facts.transfer(trace).filter(|_| is_sized).and_then(|transfer| carried(transfer, trace));
    let file_sizes = match facts.kind {
        Kind::Files(_) => facts.transfers(trace).map(|transfer| carried(transfer?, trace)).collect(),
        _ => Vec::new(),
    };
    Stimulus { sender: facts.sender.clone(), recipients, size, file_sizes, ..Stimulus::default() }
}

/// How many octets the chunks really carry: where the one with `$` ends.
fn carried(transfer: &Transfer, trace: &Trace) -> Option<u64> {
    let mut chunks = transfer.chunks.iter().filter_map(|id| trace.unit(*id).msrp());
    let last = chunks.rfind(|m| m.flag() == Flag::Last)?;
    let start = last.head().byte_range().map_or(1, |r| r.start);
    start.saturating_sub(1).checked_add(last.octets())
}

fn endpoints(sockets: &[SocketAddr]) -> Vec<Endpoint> {
    sockets.iter().map(|s| Endpoint { ip: s.ip(), port: Some(s.port()) }).collect()
}
