//! What a switch needs (RFC 7701 §6): requests as they came, responses when their user wants them, and messages whose
//! octets are sent while they come in. Who gets what is the user's.

use bytes::Bytes;

use super::endpoint::Endpoint;
use super::outgoing::{self, Transfer, fresh_id};
use super::{Event, Failure, Outgoing, SessionId, incoming};
use crate::stack::Conn;
use crate::time::Time;
use crate::wire::msrp::{Head, Message};

impl Endpoint {
    /// Answers a request that came as [`Event::Request`], where its sender wants to hear of that status.
    pub fn respond(&mut self, id: SessionId, request: &Head, status: u16) {
        let Some(session) = self.sessions.get(&id) else { return };
        // A REPORT is never answered (RFC 4975 §7.1.2).
        let wanted = request.method() != "REPORT" && incoming::wants_response(request, status);
        let Some(conn) = session.conn.filter(|_| wanted) else { return };
        let response = incoming::response(request, &session.config.local_path, status);
        self.write(conn, &response);
    }

    /// Sends a REPORT of that status about the first `octets` of the message that `request` is of, where its sender
    /// asked for one.
    pub fn report(&mut self, id: SessionId, request: &Head, octets: u64, status: u16) {
        let asked = match status {
            200 => request.success_report().is_some_and(|value| value.eq_ignore_ascii_case("yes")),
            _ => incoming::wants_response(request, status),
        };
        let Some(session) = self.sessions.get(&id).filter(|_| asked) else { return };
        let (Some(conn), own) = (session.conn, session.config.local_path.clone()) else { return };
        let tid = fresh_id(&mut self.config.ids);
        self.write(conn, &incoming::report(request, &own, &tid, octets, status));
    }

    /// Begins a message whose octets come with [`Endpoint::feed`]; `total` is how many, where that is known.
    pub fn begin(&mut self, id: SessionId, message: Outgoing, total: Option<u64>) {
        let failed = match self.sessions.get_mut(&id) {
            Some(session) => session.queue(Transfer::begun(message, total)),
            None => Some(Event::Failed { session: id, message_id: message.message_id, why: Failure::ConnectionLost }),
        };
        self.events.extend(failed);
    }

    /// Gives the next octets of a message that was begun; with `last` nothing follows.
    pub fn feed(
        &mut self,
        now: Time,
        id: SessionId,
        message_id: &str,
        pieces: impl IntoIterator<Item = Bytes>,
        last: bool,
    ) {
        if let Some(transfer) = self.transfer(id, message_id) {
            transfer.add(pieces, last);
            self.pump(now, id);
        }
    }

    /// Breaks a message off that was begun; with `#` where some of it went out.
    pub fn break_off(&mut self, id: SessionId, message_id: &str) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let (to_path, from_path) = (session.to_path(), session.config.local_path.clone());
        let head = outgoing::Head { to_path: &to_path, from_path: &from_path };
        let known = |t: &&mut Transfer| t.is_sending() && t.message.message_id == message_id;
        let Some(transfer) = session.sending.iter_mut().find(known) else { return };
        let pieces = transfer.abort(&head, &mut self.config.ids);
        if let (Some(conn), Some(pieces)) = (session.conn, pieces) {
            self.put(conn, pieces);
        }
        self.end_failed_of(id);
        let message_id = message_id.to_owned();
        self.events.push_back(Event::Failed { session: id, message_id, why: Failure::Aborted });
        self.reschedule(id);
    }

    /// Octets that wait in a session for the peer to take what was sent before.
    pub fn backlog(&self, id: SessionId) -> usize {
        self.sessions.get(&id).map_or(0, |session| session.sending.iter().map(Transfer::queued).sum())
    }

    /// The headers of a chunk that describe its content, Content-Type left out.
    pub fn described(chunk: &Message) -> Vec<(String, String)> {
        incoming::described(chunk)
    }

    /// Hands a request over to the user, but for what any endpoint must answer in the same way.
    pub(super) fn hand_over(&mut self, conn: Conn, id: SessionId, request: &Message) {
        let Some(session) = self.sessions.get(&id) else { return };
        let head = request.head();
        let status = match head.method() {
            "SEND" => incoming::judge(session, request, &self.config),
            _ => None,
        };
        let Some(status) = status else {
            return self.events.push_back(Event::Request { session: id, request: Box::new(request.clone()) });
        };
        self.refuse(conn, head, status);
        if let (413 | 415, Some(message_id)) = (status, head.message_id()) {
            self.events.push_back(Event::Broken { session: id, message_id: message_id.to_owned() });
        }
    }

    fn transfer(&mut self, id: SessionId, message_id: &str) -> Option<&mut Transfer> {
        let session = self.sessions.get_mut(&id)?;
        session.sending.iter_mut().find(|t| t.is_sending() && t.message.message_id == message_id)
    }
}
