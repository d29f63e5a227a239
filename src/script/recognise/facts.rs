//! What happened in an episode, as far as it tells which act of a scenario it was. Knows no scenario.

use std::sync::LazyLock;

use memchr::memmem;

use crate::judge::Cast;
use crate::trace::{Episode, Trace, Transfer, UnitId};
use crate::wire::mime::{MediaType, ResourceLists};
use crate::wire::sdp::Session;
use crate::wire::sip::{Message, Name};
use crate::wire::uri::{self, Uri};

const IM: &str = "+g.oma.sip-im";
const CPM_LARGE_MESSAGE: &str = "+g.oma.sip-im.large-message";

/// Whom a large message is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    One,
    Several,
    Group,
}

/// A large message that somebody sent, or tried to send.
#[derive(Debug)]
pub struct Facts {
    /// The last attempt to invite, on its first and its last hop.
    pub invite: UnitId,
    pub delivered: UnitId,
    /// Status of the final response on the first hop.
    pub status: Option<u16>,
    /// That response.
    pub answer: Option<UnitId>,
    pub kind: Kind,
    /// The acceptance comes from a focus (RFC 4579 §5.2).
    pub focus: bool,
    /// Whether the sender's client itself, and the recipient's, are seen at the ends of the hops: not a server.
    pub sender_seen: bool,
    pub recipient_seen: bool,
    /// The tags of the IM and of the CPM specification.
    pub im: bool,
    pub cpm: bool,
    pub anonymous: bool,
    pub ims: bool,
    pub sender: String,
    pub recipients: Vec<String>,
    /// What the first chunk says.
    pub content_type: Option<String>,
    pub on_action: bool,
    pub description: Option<String>,
    pub delivery_report: bool,
    pub failure_report: Option<String>,
    /// The MSRP paths of the sender and of the recipient, as their descriptions name them.
    pub own_path: Option<String>,
    pub peer_path: Option<String>,
}

/// Whether an episode may hold a large message, or holds any message over MSRP, without taking anything apart: most do not.
pub fn likely(episode: &Episode) -> bool {
    if episode.units().iter().any(|unit| unit.msrp().is_some()) {
        return true;
    }
    let mut invitations = episode.units().iter().filter_map(|u| u.sip()).filter(|m| is_invitation(m));
    invitations.any(|message| {
        let octets = &message.bytes()[..];
        let [medium, marks @ ..] = &*WORDS;
        medium.find(octets).is_some() && (marks.iter().any(|mark| mark.find(octets).is_some()) || says_sendonly(octets))
    })
}

/// Looks for the word in any case, by the letter in it that is rarest in descriptions.
fn says_sendonly(octets: &[u8]) -> bool {
    memchr::memchr2_iter(b'y', b'Y', octets).any(|last| {
        let word = (last + 1).checked_sub(SENDONLY.len()).map(|first| &octets[first..=last]);
        word.is_some_and(|word| word.eq_ignore_ascii_case(SENDONLY))
    })
}

const SENDONLY: &[u8] = b"sendonly";

/// The medium, and what marks an offer of one large message.
static WORDS: LazyLock<[memmem::Finder<'static>; 4]> =
    LazyLock::new(|| ["m=message", "filesize", "filelength", "large-message"].map(memmem::Finder::new));

impl Facts {
    /// The facts of an episode that holds a large message; `known` tells what is a group.
    pub fn of(trace: &Trace, known: &Cast) -> Option<Facts> {
        let hops = |(id, unit): (UnitId, &crate::trace::Unit)| {
            let message = unit.sip().filter(|m| is_invitation(m))?;
            Some((id, message.cseq().map_or(0, |(n, _)| n), message.vias().count()))
        };
        let all: Vec<(UnitId, u32, usize)> = trace.units().filter_map(hops).collect();
        let latest = all.iter().map(|(_, n, _)| *n).max()?;
        let attempt = || all.iter().filter(|(_, n, _)| *n == latest);
        let invite = attempt().min_by_key(|(id, _, vias)| (*vias, *id))?.0;
        let delivered = attempt().max_by_key(|(id, _, vias)| (*vias, std::cmp::Reverse(*id)))?.0;
        let message = trace.sip(invite)?;
        let offer = Offer::of(message.description()?.0)?;
        let answer = trace.transaction(invite).and_then(|t| {
            t.responses.iter().copied().find(|id| trace.sip(*id).and_then(Message::status).is_some_and(|s| s >= 200))
        });
        let answered = answer.and_then(|id| trace.sip(id));
        let tag = |tag: &str| {
            message.accept_contacts().any(|a| a.features().has(tag))
                || message.contact().is_some_and(|c| c.features().has(tag))
        };
        let cpm = tag(CPM_LARGE_MESSAGE);
        if !(offer.one_message || cpm) {
            return None;
        }
        let list = message.body_of_type("application/resource-lists+xml");
        let target = message.request_uri().unwrap_or_default();
        let sessiontype = Uri::parse(target).param("sessiontype");
        let focus = answered.and_then(Message::contact).is_some_and(|c| c.features().has("isfocus"));
        let known_group =
            known.groups.iter().any(|(_, group)| uri::same_ignoring_params(target, group, &["sessiontype"]));
        let kind = match (&list, sessiontype) {
            (Some(_), _) | (None, Some("adhoc")) => Kind::Several,
            (None, Some(_)) => Kind::Group,
            (None, None) if known_group => Kind::Group,
            (None, None) => Kind::One,
        };
        let from = message.from().map_or("", |f| f.uri);
        let asserted = [Name::PPreferredIdentity, Name::PAssertedIdentity];
        let hidden = from.contains("anonymous.invalid") || message.has_privacy("id");
        let sender = asserted.iter().find_map(|n| message.address(*n)).map_or(from, |a| a.uri);
        let peer_path = answered.and_then(path).map(|(path, _)| path);
        let mut facts = Facts {
            invite,
            delivered,
            status: answered.and_then(Message::status),
            answer,
            kind,
            focus,
            sender_seen: message.vias().count() == 1 && !message.contact().is_some_and(|c| c.features().has("isfocus")),
            recipient_seen: answered.is_none_or(|m| is_at(m, trace.unit(delivered).dst)),
            im: tag(IM) || !cpm,
            cpm,
            anonymous: hidden,
            ims: trace.units().filter_map(|(_, u)| u.sip()).any(of_ims),
            sender: if hidden { sender } else { from }.to_owned(),
            recipients: match (kind, list) {
                (Kind::Several, Some(part)) => ResourceLists::parse(&part.body).uris().map(str::to_owned).collect(),
                _ => message.to().map(|to| to.uri.to_owned()).into_iter().collect(),
            },
            content_type: None,
            on_action: false,
            description: None,
            delivery_report: false,
            failure_report: None,
            own_path: offer.path,
            peer_path,
        };
        if let Some(transfer) = facts.transfer(trace) {
            facts.read_first_chunk(transfer, trace);
        }
        Some(facts)
    }

    /// The message that the sender's path sent.
    pub fn transfer<'t>(&self, trace: &'t Trace) -> Option<&'t Transfer> {
        let own = self.own_path.as_deref()?;
        trace.transfers().iter().find(|t| {
            let first = t.chunks.first().and_then(|id| trace.unit(*id).msrp());
            let from = first.and_then(|m| m.head().from_path().next_back());
            from.is_some_and(|from| uri::same(from, own))
        })
    }

    fn read_first_chunk(&mut self, transfer: &Transfer, trace: &Trace) {
        let Some(chunk) = transfer.chunks.first().and_then(|id| trace.unit(*id).msrp()) else { return };
        let head = chunk.head();
        let owned = |name: &str| head.header(name).map(str::to_owned);
        self.content_type = owned("Content-Type");
        self.description = owned("Content-Description");
        self.failure_report = owned("Failure-Report");
        let disposition = head.header("Content-Disposition").unwrap_or_default();
        self.on_action = disposition.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("attachment");
        self.delivery_report = head.content_type().is_some_and(|t| MediaType::parse(t).is("message/cpim"))
            && memmem::find(&chunk.body_bytes(), b"Disposition-Notification").is_some();
    }
}

/// What an offer says about one large message.
struct Offer {
    /// It is for one message: in one direction, or of a stated size; and for no file.
    one_message: bool,
    path: Option<String>,
}

impl Offer {
    fn of(session: &Session) -> Option<Offer> {
        let media = session.msrp_media()?;
        let file =
            media.attribute("file-selector").is_some() || (media.filename().is_some() && media.filetype().is_some());
        let one_way = media.attributes().chain(session.attributes()).any(|a| a.name.eq_ignore_ascii_case("sendonly"));
        let sized = media.attribute("filesize").is_some() || media.attribute("filelength").is_some();
        let path = media.path().last().map(|uri| uri.text.to_owned());
        (!file).then_some(Offer { one_message: one_way || sized, path })
    }
}

/// The MSRP path of a message's session description, and the port of its media description.
pub fn path(message: &Message) -> Option<(String, Option<u16>)> {
    let (session, _) = message.description()?;
    let media = session.msrp_media()?;
    Some((media.path().last()?.text.to_owned(), media.port))
}

/// An INVITE that begins a dialog.
fn is_invitation(message: &Message) -> bool {
    message.is_request() && message.method() == "INVITE" && message.to().is_none_or(|to| to.tag().is_none())
}

/// Whether an acceptance names the socket that it was sent from as its Contact; unless it names one, it may.
fn is_at(message: &Message, socket: std::net::SocketAddr) -> bool {
    let contact = message.contact().and_then(|c| Uri::parse(c.uri).host);
    contact.and_then(|host| host.ip()).is_none_or(|ip| ip == socket.ip())
}

/// Headers that only a 3GPP IMS and its clients write (RFC 7315, RFC 3325, RFC 3608).
fn of_ims(message: &Message) -> bool {
    [Name::PAccessNetworkInfo, Name::PAssertedIdentity, Name::ServiceRoute].iter().any(|n| message.header(*n).is_some())
}
