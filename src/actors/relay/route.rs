//! Where a request goes: along a path that this relay gave out, from the client that it was given to or towards it
//! (RFC 4976 §6.2, §6.4).

use std::collections::HashMap;
use std::net::SocketAddr;

use super::Relay;
use crate::stack::Conn;
use crate::time::Time;
use crate::wire::msrp::Head;
use crate::wire::uri::{self, Uri};

/// A path that was given out.
pub(super) struct Ticket {
    /// The connection over which it was asked for: it leads nowhere else (RFC 4976 §6.3).
    pub conn: Conn,
    /// The URI of the previous hop when it was asked for.
    pub back: String,
    /// It holds no longer.
    pub until: Time,
    /// Who has come by it, or was reached by it, over which connection: a session has only one (RFC 4975 §5.4).
    pub peers: HashMap<String, Conn>,
}

/// What is to be done with a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Route {
    /// It is for this relay itself.
    Here,
    /// It is forwarded over that connection with these paths.
    On { conn: Conn, to_path: String, from_path: String },
    /// It is refused.
    Refused(u16),
    /// It is a response.
    Back,
}

/// Where a URI leads; nothing where it has a name for its host, or no port.
pub(super) fn address(uri: &str) -> Option<SocketAddr> {
    let uri = Uri::parse(uri);
    Some(SocketAddr::from((uri.host?.ip()?, uri.port?)))
}

/// URIs of a path that are looked at.
const MOST_HOPS: usize = 16;
/// Peers of one path that are remembered.
const MOST_PEERS: usize = 64;

impl Relay {
    /// The way of a request that came over `conn`; nothing where it is not addressed to this relay, or says no more than that.
    pub(super) fn route(&mut self, now: Time, conn: Conn, head: &Head) -> Option<Route> {
        let mut to: Vec<&str> = head.to_path().take(MOST_HOPS + 1).collect();
        let mut from: Vec<&str> = head.from_path().take(MOST_HOPS + 1).collect();
        if to.len() > MOST_HOPS || from.len() > MOST_HOPS {
            return Some(Route::Refused(400));
        }
        if from.is_empty() || !self.is_mine(to.first()?) {
            return None;
        }
        if let ([_], "AUTH") = (&to[..], head.method()) {
            return Some(Route::Here);
        }
        // Who comes over the connection that a path was given to goes out by it; everybody else comes in.
        let mut over = Some(conn);
        loop {
            let own = to.remove(0);
            let Some(ticket) = self.ticket(now, own) else { return Some(Route::Refused(481)) };
            let Some(next) = to.first().copied() else { return Some(Route::Refused(481)) };
            let outwards = over == Some(ticket.conn);
            if !outwards && !uri::same(next, &ticket.back) {
                return Some(Route::Refused(481));
            }
            let inwards = ticket.conn;
            let peer = if outwards { next } else { from.first().copied().unwrap_or_default() };
            let known = ticket.peers.get(peer).copied().filter(|conn| self.connections.contains_key(conn));
            let reached = match (outwards, known) {
                _ if self.is_mine(peer) => None,
                (false, _) => over,
                (true, Some(conn)) => Some(conn),
                (true, None) => self.connection_to(next),
            };
            if let Some(reached) = reached {
                self.note_peer(own, peer, reached);
            }
            from.insert(0, own);
            let conn = match (outwards, self.is_mine(next)) {
                // Both sides use this relay: the way goes on within it.
                (true, true) => {
                    over = None;
                    continue;
                }
                (true, false) => match reached {
                    Some(conn) => conn,
                    None => return Some(Route::Refused(481)),
                },
                (false, _) => inwards,
            };
            return Some(Route::On { conn, to_path: to.join(" "), from_path: from.join(" ") });
        }
    }

    fn note_peer(&mut self, own: &str, peer: &str, conn: Conn) {
        let Some(ticket) = self.tickets.get_mut(Uri::parse(own).path.unwrap_or_default()) else { return };
        if ticket.peers.len() < MOST_PEERS || ticket.peers.contains_key(peer) {
            ticket.peers.insert(peer.to_owned(), conn);
        }
    }

    /// Whether a URI leads to this relay.
    pub(super) fn is_mine(&self, uri: &str) -> bool {
        let (uri, own) = (Uri::parse(uri), self.config.uri());
        let own = Uri::parse(&own);
        uri.scheme == own.scheme
            && uri.port == own.port
            && uri.host.zip(own.host).is_some_and(|(uri, own)| uri.same(own))
    }

    fn ticket(&self, now: Time, own: &str) -> Option<&Ticket> {
        self.is_mine(own)
            .then(|| self.tickets.get(Uri::parse(own).path.unwrap_or_default()))
            .flatten()
            .filter(|ticket| ticket.until > now)
    }
}
