//! What a relay between two sessions needs: requests that go on in another session as they came, and the responses to
//! them on their way back. Which session leads where is the user's.

use std::collections::{HashMap, VecDeque};

use super::SessionId;
use super::endpoint::Endpoint;
use super::outgoing::fresh_line;
use crate::stack::Pieces;
use crate::time::Time;
use crate::wire::msrp::{Builder, Head, Message};

/// Requests of one session that may wait for their response. A peer that answers nothing must not fill the memory.
const MOST_OPEN: usize = 1 << 16;
/// Octets that may wait for the connection of a session to come about.
const MOST_WAITING: usize = 64 << 20;

/// What a session sends on for others.
#[derive(Default)]
pub(super) struct Relayed {
    /// What came before the connection was up.
    waiting: VecDeque<Pieces>,
    octets: usize,
    /// Requests without a response, by transaction identifier.
    open: HashMap<String, Waiting>,
    /// When their time is up: the oldest first. Answered ones stay until they are the oldest.
    deadlines: VecDeque<(Time, String)>,
}

/// A request whose sender waits for a response.
pub(super) struct Waiting {
    /// The session that it came in.
    pub from: SessionId,
    pub head: Head,
}

impl Endpoint {
    /// Sends a request that came as [`super::Event::Request`] in the session `from` on in another one: as it came but
    /// for its paths and its transaction, and without a copy of its content. It is answered as it is answered there,
    /// and with 408 where it is not in time. False where nothing can go out any more.
    pub fn relay(&mut self, now: Time, from: SessionId, to: SessionId, request: &Message) -> bool {
        let (head, body) = (request.head(), request.body());
        let (tid, _) = fresh_line(&mut self.config.ids, body.map_or(&[], |pieces| &pieces[..]));
        let until = now + self.config.response_timeout;
        let Some(session) = self.sessions.get_mut(&to).filter(|session| session.over.is_none()) else { return false };
        let mut builder = Builder::request(&tid, head.method())
            .header("To-Path", session.to_path())
            .header("From-Path", &session.config.local_path);
        let paths = ["To-Path", "From-Path"];
        for header in head.headers().filter(|h| !paths.iter().any(|path| path.eq_ignore_ascii_case(h.name()))) {
            builder = builder.header(header.name(), header.value());
        }
        if let Some(body) = body {
            builder = builder.segments(body.iter().cloned());
        }
        let pieces = builder.flag(request.flag()).pieces();
        let relayed = &mut session.relayed;
        let octets = relayed.octets.saturating_add(size(&pieces));
        if relayed.open.len() >= MOST_OPEN || octets > MOST_WAITING {
            return false;
        }
        let unanswered = head.failure_report().is_some_and(|value| value.eq_ignore_ascii_case("no"));
        if head.method() != "REPORT" && !unanswered {
            relayed.open.insert(tid.clone(), Waiting { from, head: head.clone() });
            relayed.deadlines.push_back((until, tid));
        }
        relayed.octets = octets;
        relayed.waiting.push_back(pieces);
        self.pump(now, to);
        true
    }

    /// Gives up on responses that are overdue: downstream timeouts (RFC 4975 §10.4).
    pub(super) fn overdue(&mut self, now: Time, id: SessionId) {
        let due = |s: &super::session::Session| s.relayed.deadline().is_some_and(|at| at <= now);
        while let Some(session) = self.sessions.get_mut(&id).filter(|session| due(session)) {
            let Some((_, tid)) = session.relayed.deadlines.pop_front() else { return };
            let Some(waiting) = session.relayed.answered(&tid) else { continue };
            // Who asked for partial reports only takes silence for success.
            if !waiting.head.failure_report().is_some_and(|value| value.eq_ignore_ascii_case("partial")) {
                self.respond(waiting.from, &waiting.head, 408);
            }
        }
    }
}

impl Relayed {
    /// The next request that may go out, now that the session has its connection.
    pub fn next(&mut self) -> Option<Pieces> {
        let pieces = self.waiting.pop_front()?;
        self.octets -= size(&pieces);
        Some(pieces)
    }

    /// When the oldest request without a response has waited long enough.
    pub fn deadline(&self) -> Option<Time> {
        self.deadlines.front().map(|(at, _)| *at)
    }

    /// The request that a response is for, which waits no more.
    pub fn answered(&mut self, tid: &str) -> Option<Waiting> {
        let waiting = self.open.remove(tid);
        while self.deadlines.front().is_some_and(|(_, tid)| !self.open.contains_key(tid)) {
            self.deadlines.pop_front();
        }
        waiting
    }

    /// Forgets everything: the connection is gone.
    pub fn clear(&mut self) {
        *self = Relayed::default();
    }
}

fn size(pieces: &Pieces) -> usize {
    pieces.iter().map(bytes::Bytes::len).sum()
}
