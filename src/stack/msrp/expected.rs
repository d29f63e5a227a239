//! Sessions that were offered, and whose answer is still on its way: who is to connect may be quicker than that. What he sends
//! waits, for as long as an answer may take to come through the proxies (RFC 4975 §5.4, RFC 3264 §5.1: who offers has to be
//! ready to receive).

use std::collections::VecDeque;
use std::time::Duration;

use super::endpoint::{Endpoint, session_part};
use crate::stack::Conn;
use crate::time::Time;
use crate::wire::msrp::Message;

/// Sessions expected at once; of more, the oldest is not waited for any longer.
const MOST_EXPECTED: usize = 64;
/// Requests that wait at once, and their octets. Beyond that the sender is told that there is no such session.
const MOST_PARKED: usize = 64;
const MOST_OCTETS: u64 = 1 << 20;
/// How long a request waits for its session.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is expected, and what came for it.
#[derive(Default)]
pub(super) struct Expected {
    /// The session parts of own URIs, the oldest first.
    sessions: VecDeque<String>,
    parked: VecDeque<Parked>,
}

struct Parked {
    until: Time,
    conn: Conn,
    message: Message,
}

impl Endpoint {
    /// An own URI was offered to somebody: what comes for it before [`Endpoint::open`] waits.
    pub fn expect(&mut self, local_path: &str) {
        if self.expected.sessions.len() >= MOST_EXPECTED {
            self.expected.sessions.pop_front();
        }
        self.expected.sessions.push_back(session_part(local_path).to_owned());
    }

    /// Keeps a request for a session that is expected; `false` where it is for none.
    pub(super) fn park(&mut self, now: Time, conn: Conn, message: &Message) -> bool {
        let mut path = message.head().to_path();
        let (Some(own), None) = (path.next(), path.next()) else { return false };
        let Expected { sessions, parked } = &mut self.expected;
        let octets: u64 = parked.iter().map(|parked| parked.message.len()).sum();
        let fits = parked.len() < MOST_PARKED && octets.saturating_add(message.len()) <= MOST_OCTETS;
        if !fits || !sessions.iter().any(|session| session == session_part(own)) {
            return false;
        }
        parked.push_back(Parked { until: now + PATIENCE, conn, message: message.clone() });
        true
    }

    /// The session whose own URI has that session part is there: what came for it before is taken now.
    pub(super) fn arrived(&mut self, now: Time, name: &str) {
        self.expected.sessions.retain(|session| session != name);
        let waits = std::mem::take(&mut self.expected.parked);
        let is_for =
            |parked: &Parked| parked.message.head().to_path().next().is_some_and(|own| session_part(own) == name);
        let (mine, others): (VecDeque<_>, VecDeque<_>) = waits.into_iter().partition(is_for);
        self.expected.parked = others;
        for Parked { conn, message, .. } in mine {
            if self.connections.contains_key(&conn) {
                self.message(now, conn, &message);
            }
        }
    }

    /// When a request has waited long enough.
    pub(super) fn parked_until(&self) -> Option<Time> {
        self.expected.parked.front().map(|parked| parked.until)
    }

    /// Refuses what has waited in vain.
    pub(super) fn parked_overdue(&mut self, now: Time) {
        while self.parked_until().is_some_and(|until| until <= now) {
            let Some(Parked { conn, message, .. }) = self.expected.parked.pop_front() else { return };
            if self.connections.contains_key(&conn) {
                self.refuse(conn, message.head(), 481);
            }
        }
    }
}
