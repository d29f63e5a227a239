//! What happened in an episode, as far as it tells which act of a scenario it was. Knows no scenario.

use super::acts::LIMIT;
use super::conference::{self, Entry};
use super::files::{self, Offered};
use super::said::Said;
use super::story::Story;
use crate::actors::act::Kept;
use crate::judge::Cast;
use crate::trace::{Trace, Transfer, Transport, UnitId, What};
use crate::wire::mime::ResourceLists;
use crate::wire::sdp::{Direction, Session};
use crate::wire::sip::{Message, Name};
use crate::wire::uri::{self, Scheme, Uri};

const IM: &str = "+g.oma.sip-im";
const CPM_LARGE_MESSAGE: &str = "+g.oma.sip-im.large-message";

/// Tells how a call leads into a conference.
type Enters = fn(&Message, Option<&Message>, Target, &Cast) -> Option<Entry>;

/// What the request that begins an episode asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A large message (IM 9).
    Large(Target),
    /// Files (IMCR 6.1.3.3.3, RFC 5547).
    Files(Target),
    /// A message of pager mode (IM 8).
    Pager(Target),
    /// A session of two people (IM 7).
    Session,
    /// A session that is a conference (IM 7).
    Conference(Entry),
    /// What a store keeps (IM 12, 13).
    Retrieval(Kept),
    /// Calls that belong together (IM 7).
    Story(Story),
}

/// Whom a message is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Target {
    One,
    Several,
    Group,
}

impl Kind {
    /// Whether one party at the other end is all that is addressed.
    pub fn is_for_one(self) -> bool {
        matches!(self, Kind::Story(Story::OfferedAgain))
            || !matches!(
                self,
                Kind::Large(Target::Several | Target::Group)
                    | Kind::Files(Target::Several | Target::Group)
                    | Kind::Pager(Target::Several | Target::Group)
                    | Kind::Conference(Entry::AdHoc | Entry::Group | Entry::Public)
                    | Kind::Story(_)
            )
    }
}

/// What somebody asked for, or tried to.
#[derive(Debug)]
pub struct Facts {
    /// The last attempt of the request that began it, on its first and its last hop.
    pub request: UnitId,
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
    /// The address that the request asks for.
    pub target: String,
    /// The message that the request carries or announces.
    pub said: Said,
    /// Octets of the request on its first hop.
    pub size: u64,
    /// No hop that was seen of the request uses datagrams.
    pub only_streams: bool,
    /// What is offered, or the answer, speaks of MSRP over TLS (RFC 4975 §6, §8.1).
    pub secured: bool,
    /// The MSRP paths of the sender and of the recipient, as their descriptions name them for each medium. Those that the
    /// sender of files names later come behind.
    pub own_paths: Vec<String>,
    pub peer_paths: Vec<String>,
    /// What is offered, where it is files.
    pub files: Vec<Offered>,
}

fn is_secured(message: &Message) -> bool {
    let described = message.description();
    described.is_some_and(|(session, _)| {
        session
            .media()
            .any(|media| media.protocol == "TCP/TLS/MSRP" || media.path().any(|uri| uri.scheme == Scheme::Msrps))
    })
}

impl Facts {
    /// The facts of an episode; `known` tells what is a group or a store. Nothing for what no scenario is about.
    pub fn of(trace: &Trace, known: &Cast) -> Option<Facts> {
        Facts::entered(trace, known, Entry::of)
    }

    /// The facts of a call that belongs to another one, which tells what it is where it does not itself.
    pub fn of_any(trace: &Trace, known: &Cast) -> Option<Facts> {
        Facts::entered(trace, known, Entry::of_any)
    }

    fn entered(trace: &Trace, known: &Cast, entry: Enters) -> Option<Facts> {
        let (request, delivered) = attempt(trace, "INVITE").or_else(|| attempt(trace, "MESSAGE"))?;
        let message = trace.sip(request)?;
        let answer = trace.transaction(request).and_then(|t| {
            t.responses.iter().copied().find(|id| trace.sip(*id).and_then(Message::status).is_some_and(|s| s >= 200))
        });
        let answered = answer.and_then(|id| trace.sip(id));
        let status = answered.and_then(Message::status);
        let tag = |tag: &str| {
            message.accept_contacts().any(|a| a.features().has(tag))
                || message.contact().is_some_and(|c| c.features().has(tag))
        };
        let cpm = tag(CPM_LARGE_MESSAGE);
        let focus = answered.and_then(Message::contact).is_some_and(|c| c.features().has("isfocus"));
        let own_focus = message.contact().is_some_and(|c| c.features().has("isfocus"));
        let (target, recipients) = target(message, known);
        let mut said = Said::default();
        let described = message.description();
        let files = described.map(|(session, _)| files::offered(session, message, answered)).unwrap_or_default();
        let kind = if message.method() == "MESSAGE" {
            said = Said::of_request(message).filter(Said::is_from_a_user)?;
            Kind::Pager(target)
        } else if !files.is_empty() {
            Kind::Files(target)
        } else {
            let offer = Offer::of(message.description()?.0)?;
            let one_way = offer.direction == Some(Direction::SendOnly);
            if let Some(kept) = offer.is_for_a_store(message, known) {
                Kind::Retrieval(kept)
            } else if one_way || offer.sized || cpm {
                Kind::Large(target)
            } else if target == Target::One && !focus && !own_focus && offer.both_ways() && tells(trace, answered) {
                Kind::Session
            } else if offer.both_ways() && tells(trace, answered) {
                Kind::Conference(entry(message, answered, target, known)?)
            } else {
                return None;
            }
        };
        let from = message.from().map_or("", |f| f.uri);
        let asserted = [Name::PPreferredIdentity, Name::PAssertedIdentity];
        let hidden = from.contains("anonymous.invalid") || message.has_privacy("id");
        let sender = asserted.iter().find_map(|n| message.address(*n)).map_or(from, |a| a.uri);
        let mut facts = Facts {
            request,
            delivered,
            status,
            answer,
            kind,
            focus,
            sender_seen: message.vias().count() == 1 && !own_focus,
            recipient_seen: answered.is_none_or(|m| is_at(m, trace.unit(delivered).dst)),
            im: tag(IM) || !cpm,
            cpm,
            anonymous: hidden,
            ims: trace.units().filter_map(|(_, u)| u.sip()).any(of_ims),
            sender: if hidden { sender } else { from }.to_owned(),
            recipients,
            target: message.request_uri().unwrap_or_default().to_owned(),
            said,
            size: message.bytes().len() as u64,
            only_streams: !trace.units().any(|(_, unit)| is_datagram(&unit.what)),
            secured: [Some(message), answered].into_iter().flatten().any(is_secured),
            own_paths: if files.is_empty() { paths(message) } else { all_paths(message, trace) },
            peer_paths: answered.map(paths).unwrap_or_default(),
            files,
        };
        if let (Kind::Large(_) | Kind::Files(_), Some(transfer)) = (kind, facts.transfer(trace)) {
            facts.said = Said::of_transfer(transfer, trace);
        }
        if let Kind::Conference(entry) = kind {
            conference::settle(&mut facts, entry, trace);
        }
        Some(facts)
    }

    /// A request of pager mode that only somebody sends who knows that no hop uses datagrams (RFC 3428 §8).
    pub fn is_large_on_streams(&self) -> bool {
        self.only_streams && self.size > LIMIT
    }

    /// The first message that the sender sent over what his description names.
    pub fn transfer<'t>(&self, trace: &'t Trace) -> Option<&'t Transfer> {
        trace.transfers().iter().find(|t| self.own_paths.iter().any(|own| is_from(t, own, trace)))
    }

    /// The message that went over the sender's path of each medium.
    pub fn transfers<'t>(&self, trace: &'t Trace) -> impl Iterator<Item = Option<&'t Transfer>> {
        self.own_paths.iter().map(|own| trace.transfers().iter().find(|t| is_from(t, own, trace)))
    }
}

fn is_from(transfer: &Transfer, path: &str, trace: &Trace) -> bool {
    let first = transfer.chunks.first().and_then(|id| trace.unit(*id).msrp());
    let from = first.and_then(|m| m.head().from_path().next_back());
    from.is_some_and(|from| uri::same(from, path))
}

/// The last attempt of a request of that method outside of dialogs: its first and its last hop.
fn attempt(trace: &Trace, method: &str) -> Option<(UnitId, UnitId)> {
    let hops = |(id, unit): (UnitId, &crate::trace::Unit)| {
        let message = unit.sip().filter(|m| begins(m, method))?;
        Some((id, message.cseq().map_or(0, |(n, _)| n), message.vias().count()))
    };
    let all: Vec<(UnitId, u32, usize)> = trace.units().filter_map(hops).collect();
    let latest = all.iter().map(|(_, n, _)| *n).max()?;
    let attempt = || all.iter().filter(|(_, n, _)| *n == latest);
    let first = attempt().min_by_key(|(id, _, vias)| (*vias, *id))?.0;
    let last = attempt().max_by_key(|(id, _, vias)| (*vias, std::cmp::Reverse(*id)))?.0;
    Some((first, last))
}

/// A request of that method outside of any dialog.
pub fn begins(message: &Message, method: &str) -> bool {
    message.is_request() && message.method() == method && message.to().is_none_or(|to| to.tag().is_none())
}

/// Whom a request is for, and their addresses.
fn target(message: &Message, known: &Cast) -> (Target, Vec<String>) {
    let list = message.body_of_type("application/resource-lists+xml");
    let uri = message.request_uri().unwrap_or_default();
    let sessiontype = Uri::parse(uri).param("sessiontype");
    let names = known.groups.iter().map(|(_, group)| group).chain(&known.public_conferences);
    let mut names = names.map(String::as_str);
    let mut is_group = || names.any(|group| uri::same_ignoring_params(uri, group, &["sessiontype"]));
    let target = match (&list, sessiontype) {
        (Some(_), _) | (None, Some("adhoc")) => Target::Several,
        (None, Some(_)) => Target::Group,
        (None, None) if is_group() => Target::Group,
        (None, None) => Target::One,
    };
    let recipients = match (target, list) {
        (Target::Several, Some(part)) => ResourceLists::parse(&part.body).uris().map(str::to_owned).collect(),
        _ => message.to().map(|to| to.uri.to_owned()).into_iter().collect(),
    };
    (target, recipients)
}

/// Whether an episode tells enough of a session to judge it: what went over MSRP, or that it never came to that. Where
/// only SIP was captured, what is missing proves nothing.
fn tells(trace: &Trace, answered: Option<&Message>) -> bool {
    let media = trace.units().any(|(_, unit)| matches!(unit.what, What::Msrp(_) | What::Connection(_)));
    let given_up = || trace.transactions().iter().any(|t| trace.sip(t.request).is_some_and(|m| m.method() == "CANCEL"));
    media || given_up() || answered.is_none_or(|message| !is_usable(message))
}

/// Whether an answer leads to an MSRP session.
fn is_usable(answer: &Message) -> bool {
    let media = answer.description().and_then(|(session, _)| session.msrp_media());
    answer.status().is_some_and(|s| s < 300)
        && media.is_some_and(|m| m.port != Some(0) && m.path().next().is_some() && m.protocol.contains("MSRP"))
}

/// What an offer says of what it is for.
struct Offer {
    sized: bool,
    /// Where it says one.
    direction: Option<Direction>,
}

impl Offer {
    /// Nothing for the offer of a file, or of anything but messages.
    fn of(session: &Session) -> Option<Offer> {
        let media = session.msrp_media()?;
        let mut attributes = media.attributes().chain(session.attributes());
        let direction = attributes.find_map(|a| Direction::parse(&a.name.to_ascii_lowercase()));
        let sized = media.attribute("filesize").is_some() || media.attribute("filelength").is_some();
        (!files::is_file(&media)).then_some(Offer { sized, direction })
    }

    fn both_ways(&self) -> bool {
        self.direction.is_none_or(|d| d == Direction::SendRecv)
    }

    /// The store that the invitation with this offer asks for its messages.
    fn is_for_a_store(&self, message: &Message, known: &Cast) -> Option<Kept> {
        let uri = message.request_uri()?;
        let is = |store: &Option<String>| store.as_deref().is_some_and(|store| uri::same(store, uri));
        let stores = [(Kept::Deferred, &known.deferred_store), (Kept::History, &known.history_store)];
        stores
            .into_iter()
            .find(|(_, store)| self.direction == Some(Direction::RecvOnly) && is(store))
            .map(|(kept, _)| kept)
    }
}

/// The MSRP path of each medium in a message's session description.
fn paths(message: &Message) -> Vec<String> {
    let media = message.description().into_iter().flat_map(|(session, _)| session.media());
    media.filter_map(|media| Some(media.path().last()?.text.to_owned())).collect()
}

/// The MSRP paths in all that the sender of an invitation offers in its dialog, each once.
fn all_paths(message: &Message, trace: &Trace) -> Vec<String> {
    let tag = |m: &Message| m.from().and_then(|from| from.tag()).unwrap_or_default().to_owned();
    let own = tag(message);
    let invites = trace.units().filter_map(|(_, unit)| unit.sip());
    let invites = invites.filter(|m| m.is_request() && m.method() == "INVITE" && tag(m) == own);
    let mut all = paths(message);
    for path in invites.flat_map(paths) {
        if !all.iter().any(|known| uri::same(known, &path)) {
            all.push(path);
        }
    }
    all
}

fn is_datagram(what: &What) -> bool {
    matches!(what, What::Sip { transport: Transport::Udp, .. })
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
