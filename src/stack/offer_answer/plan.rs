//! What an exchange agreed on, or why it agreed on nothing.

use std::net::SocketAddr;

use super::local::Local;
use crate::stack::Fingerprint;
use crate::stack::fingerprint::ATTRIBUTE;
use crate::stack::msrp::SessionConfig;
use crate::wire::sdp::{Direction, Media, Session, Setup};
use crate::wire::uri::Scheme;

/// Who opens the connection, seen from the own side.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Connects, and sends a SEND at once (RFC 4975 §5.4, RFC 6135 §4.2.2).
    Active,
    /// Waits to be connected to.
    Passive,
}

/// What an exchange agreed on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MediaPlan {
    pub role: Role,
    /// The peer's path, next hop first, endpoint last: the To-Path of requests (RFC 4975 §8.2).
    pub remote_path: Vec<String>,
    /// Those that the peer's certificate may have, where the session is secured.
    pub fingerprints: Vec<Fingerprint>,
    /// Where to connect: the next hop of the path, or the address of `c=` and `m=` where both sides know RFC 6714.
    /// `None` where it is a name.
    pub next_hop: Option<SocketAddr>,
    pub may_send: bool,
    pub may_receive: bool,
    pub peer_accept_types: Vec<String>,
    pub peer_wrapped_types: Vec<String>,
    /// The size of the largest message that the peer welcomes, in octets.
    pub max_size: Option<u64>,
}

/// Why an offer cannot be answered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// No medium `message` over `TCP/MSRP`, or `TCP/TLS/MSRP` where this side secures its sessions, with a port other than 0.
    NoMsrp,
    /// A secured medium without a fingerprint of the certificate (RFC 4975 §14.4).
    NoFingerprint,
    /// An `m=` line that cannot be mirrored, because it lacks a field.
    BadMediaLine,
    /// No path, or one with something else than MSRP URIs with ports and a session.
    BadPath,
    /// None of the offered media types is known here.
    NoCommonType,
    /// An own offer waits for its answer.
    OfferPending,
}

/// Why an answer gives no session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Problem {
    /// There was no offer to be answered.
    NoOffer,
    /// The answer has no line.
    NoSdp,
    /// No medium at the place of the offered one, or another one (RFC 3264 §6).
    WrongMedia,
    /// The medium was rejected.
    PortZero,
    NoPath,
    BadPath,
    /// A secured medium without a fingerprint of the certificate (RFC 4975 §14.4).
    NoFingerprint,
    /// Not what may answer the offered direction (RFC 3264 §6.1).
    WrongDirection,
    /// Not what may answer the offered role (RFC 4145 §4.1).
    WrongSetup,
}

impl Refusal {
    /// The SIP status that says so (RFC 4975 §8.6, RFC 3261 §14.2).
    pub fn status(self) -> u16 {
        match self {
            Refusal::OfferPending => 491,
            Refusal::NoMsrp
            | Refusal::NoFingerprint
            | Refusal::BadMediaLine
            | Refusal::BadPath
            | Refusal::NoCommonType => 488,
        }
    }
}

/// What the answer to an own offer agrees on for the medium at that place.
pub(super) fn conclude(offer: &Session, answer: &Session, index: usize) -> Result<MediaPlan, Problem> {
    let offered = offer.media().nth(index).ok_or(Problem::NoOffer)?;
    if answer.lines().len() == 0 {
        return Err(Problem::NoSdp);
    }
    let answered = answer.media().nth(index).ok_or(Problem::WrongMedia)?;
    if answered.media != offered.media || !answered.protocol.eq_ignore_ascii_case(offered.protocol) {
        return Err(Problem::WrongMedia);
    }
    match answered.port {
        Some(0) => return Err(Problem::PortZero),
        Some(_) => {}
        None => return Err(Problem::WrongMedia),
    }
    if answered.path().next().is_none() {
        return Err(Problem::NoPath);
    }
    if lacks_fingerprint(answer, &answered) {
        return Err(Problem::NoFingerprint);
    }
    let direction = answered.direction();
    if direction.within(offered.direction()) != direction {
        return Err(Problem::WrongDirection);
    }
    let role = offerer_role(offered.setup(), answered.setup()).ok_or(Problem::WrongSetup)?;
    let plan = MediaPlan::new(role, &answered, direction.reversed(), offered.msrp_cema()).ok_or(Problem::BadPath)?;
    Ok(MediaPlan { fingerprints: fingerprints(answer, &answered), ..plan })
}

impl MediaPlan {
    /// The plan with the peer's medium; `None` where its path is none.
    pub(super) fn new(role: Role, peer: &Media<'_>, direction: Direction, own_cema: bool) -> Option<MediaPlan> {
        // Every hop is secured, or none is (RFC 4975 §6).
        let scheme = if is_secured(peer) { Scheme::Msrps } else { Scheme::Msrp };
        let sound = peer.path().all(|uri| uri.scheme == scheme && uri.port.is_some() && uri.flaws().is_empty());
        if !sound || peer.path().last()?.path.is_none() {
            return None;
        }
        let first = peer.path().next()?;
        let next_hop = if own_cema && peer.msrp_cema() {
            peer.connection().and_then(|c| c.ip()).zip(peer.port)
        } else {
            first.host.and_then(|h| h.ip()).zip(first.port)
        };
        let owned = |types: &mut dyn Iterator<Item = &str>| types.map(str::to_owned).collect();
        Some(MediaPlan {
            role,
            remote_path: peer.path().map(|uri| uri.text.to_owned()).collect(),
            fingerprints: Vec::new(),
            next_hop: next_hop.map(SocketAddr::from),
            may_send: direction.sends(),
            may_receive: direction.receives(),
            peer_accept_types: owned(&mut peer.accept_types()),
            peer_wrapped_types: owned(&mut peer.accept_wrapped_types()),
            max_size: peer.max_size(),
        })
    }
}

/// The protocols of MSRP, as it is and secured (RFC 4975 §8.1).
pub(super) const PLAIN: &str = "TCP/MSRP";
pub(super) const TLS: &str = "TCP/TLS/MSRP";

pub(super) fn is_secured(m: &Media<'_>) -> bool {
    m.protocol.eq_ignore_ascii_case(TLS)
}

/// The fingerprints of a secured medium; those of the session hold for a medium that has none (RFC 8122 §5).
pub(super) fn fingerprints(session: &Session, m: &Media<'_>) -> Vec<Fingerprint> {
    let of = |values: &mut dyn Iterator<Item = &str>| values.filter_map(Fingerprint::parse).collect::<Vec<_>>();
    if !is_secured(m) {
        return Vec::new();
    }
    let own = of(&mut m.attributes().filter(|a| a.name == ATTRIBUTE).filter_map(|a| a.value));
    if own.is_empty() {
        return of(&mut session.attributes().filter(|a| a.name == ATTRIBUTE).filter_map(|a| a.value));
    }
    own
}

/// Whether a secured medium does not say which certificate its host shows. Behind a relay nobody sees that.
pub(super) fn lacks_fingerprint(session: &Session, m: &Media<'_>) -> bool {
    is_secured(m) && m.path().nth(1).is_none() && fingerprints(session, m).is_empty()
}

/// Whether a medium that is offered can become an MSRP session, secured or not.
pub fn usable(m: &Media<'_>, secured: bool) -> bool {
    let protocol = if secured { TLS } else { PLAIN };
    m.media == "message" && m.protocol.eq_ignore_ascii_case(protocol) && m.port.is_some_and(|port| port != 0)
}

/// The role of the answerer. Without COMEDIA the offerer connects (RFC 4975 §8.5).
pub(super) fn answerer_role(offered: Option<Setup>, own: Option<Setup>) -> Role {
    match (offered, own) {
        (Some(Setup::Passive), _) | (Some(Setup::ActPass), Some(Setup::Active)) => Role::Active,
        _ => Role::Passive,
    }
}

/// RFC 4145 §4.1. No attribute, and holdconn (RFC 6135 §4.2.1), stand for active in an offer and passive in an answer.
fn offerer_role(offered: Option<Setup>, answered: Option<Setup>) -> Option<Role> {
    let offered = offered.filter(|s| *s != Setup::HoldConn).unwrap_or(Setup::Active);
    let answered = answered.filter(|s| *s != Setup::HoldConn).unwrap_or(Setup::Passive);
    match (offered, answered) {
        (Setup::Active | Setup::ActPass, Setup::Passive) => Some(Role::Active),
        (Setup::Passive | Setup::ActPass, Setup::Active) => Some(Role::Passive),
        _ => None,
    }
}

impl MediaPlan {
    /// The MSRP session that was agreed on, seen from the side that described itself so.
    pub fn session(&self, local: &Local) -> SessionConfig {
        let speaks_first = self.role == Role::Active;
        let next_hop = self.next_hop.filter(|_| speaks_first);
        let (connect, fingerprints) = match &local.through {
            // What is between this side and the peer is its relay's to look after.
            Some(through) => (Some(through.relay), Vec::new()),
            None => (next_hop, self.fingerprints.clone()),
        };
        let relays = local.through.iter().flat_map(|through| &through.use_path);
        SessionConfig {
            local_path: local.uri(),
            remote_path: relays.chain(&self.remote_path).cloned().collect(),
            fingerprints,
            connect,
            speaks_first,
            accept_types: local.accept_types.clone(),
            may_receive: self.may_receive,
            switched: false,
        }
    }
}
