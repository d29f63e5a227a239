//! What comes in on a connection: finds the session of each chunk and does what it says (RFC 4975 §7.3).

use bytes::Bytes;

use super::connection::Open;
use super::endpoint::{Endpoint, trusts};
use super::outgoing::fresh_id;
use super::{Event, Failure, SessionId, incoming};
use crate::stack::{Conn, Output};
use crate::time::Time;
use crate::wire::msrp::{self, Head, Message};

impl Endpoint {
    pub(super) fn received(&mut self, now: Time, conn: Conn, bytes: Bytes) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.decoder.push(bytes);
        }
        // The connection may go away on the way, so it is looked up for each event.
        while let Some(event) = self.connections.get_mut(&conn).and_then(|c| c.decoder.poll()) {
            match &event {
                msrp::Event::Broken(_) => self.broken(conn),
                msrp::Event::Head(head) => {
                    if let Some(connection) = self.connections.get_mut(&conn) {
                        connection.open = Some(Open { head: head.clone(), octets: 0, refused: false });
                    }
                }
                msrp::Event::Body(piece) => {
                    if self.grown(conn, piece.len()) {
                        continue;
                    }
                }
                msrp::Event::End { .. } => {}
            }
            let Some(connection) = self.connections.get_mut(&conn) else { return };
            if let Some(message) = connection.assembler.add(event)
                && connection.open.take().is_some_and(|open| !open.refused)
            {
                self.message(now, conn, &message);
            }
        }
    }

    /// What is no MSRP cannot be framed: nobody knows where the next request begins. Blank lines between chunks,
    /// which some send to keep a connection alive, do no harm.
    fn broken(&mut self, conn: Conn) {
        if self.connections.get(&conn).is_some_and(|c| c.decoder.is_out_of_step()) {
            self.outputs.push_back(Output::Close { conn });
            self.lose(conn, false);
        }
    }

    /// Counts octets of the chunk that is coming in; whether it is refused. That is said at once, so that the sender
    /// can interrupt it (RFC 4975 §10.5).
    fn grown(&mut self, conn: Conn, octets: usize) -> bool {
        let most = self.config.max_message;
        let Some(open) = self.connections.get_mut(&conn).and_then(|c| c.open.as_mut()) else { return true };
        open.octets = open.octets.saturating_add(octets as u64);
        let before = open.head.byte_range().map_or(0, |range| range.start.saturating_sub(1));
        if open.refused || before.saturating_add(open.octets) <= most {
            return open.refused;
        }
        open.refused = true;
        let head = open.head.clone();
        if head.is_request() {
            let found = self.session_for(conn, &head);
            if let (Ok(id), Some(message_id)) = (found, head.message_id())
                && let Some(session) = self.sessions.get_mut(&id)
            {
                session.receiving.remove(message_id);
                if session.config.switched {
                    self.events.push_back(Event::Broken { session: id, message_id: message_id.to_owned() });
                }
            }
            self.refuse(conn, &head, found.err().unwrap_or(413));
        }
        true
    }

    pub(super) fn message(&mut self, now: Time, conn: Conn, message: &Message) {
        let head = message.head();
        if head.is_response() {
            return self.response(now, conn, head);
        }
        if head.method() == "REPORT" {
            return self.take_report(now, conn, message);
        }
        if let Ok(id) = self.session_for(conn, head)
            && self.connections.get(&conn).is_some_and(|connection| !trusts(&self.sessions, id, connection))
        {
            // The session waits no more: its peer let itself be known by somebody else.
            self.bind(conn, id);
            return self.distrust(conn);
        }
        match self.session_for(conn, head) {
            Err(481) if self.park(now, conn, message) => {}
            Err(status) => self.refuse(conn, head, status),
            Ok(id) if self.sessions.get(&id).is_some_and(|session| session.config.switched) => {
                self.bind(conn, id);
                self.hand_over(conn, id, message);
                self.pump(now, id);
            }
            Ok(_) if head.method() != "SEND" => self.refuse(conn, head, 501),
            Ok(id) => self.take_send(now, conn, id, message),
        }
    }

    /// The first request of a session says which connection is its own (RFC 4975 §5.4).
    fn bind(&mut self, conn: Conn, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.conn.replace(conn).is_none() {
            if let Some(connection) = self.connections.get_mut(&conn) {
                connection.sessions.insert(id);
            }
            self.events.push_back(Event::Connected { session: id });
        }
    }

    /// The session of a request, or the status that says why it has none (RFC 4975 §5.4, §7.3).
    fn session_for(&self, conn: Conn, head: &Head) -> Result<SessionId, u16> {
        let id = self.named(head).ok_or(481_u16)?;
        let session = self.sessions.get(&id).ok_or(481_u16)?;
        match session.conn {
            Some(bound) if bound == conn => Ok(id),
            Some(_) => Err(506),
            // Its connection failed, and the session with it.
            None if session.over.is_some() => Err(481),
            None => Ok(id),
        }
    }

    fn take_send(&mut self, now: Time, conn: Conn, id: SessionId, message: &Message) {
        self.bind(conn, id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let mut events = Vec::new();
        let taken = incoming::take(session, message, &self.config, &mut events);
        self.events.extend(events);
        if taken.whole && self.config.confirms {
            session.unconfirmed.push((message.head().clone(), taken.success));
        } else {
            let own = session.config.local_path.clone();
            self.answer(conn, message.head(), &own, (taken.status, taken.success));
        }
        self.pump(now, id);
    }

    /// Answers the last chunk of a message that came whole, where [`super::Config::confirms`]: with 200, and the REPORT
    /// that was asked for, when the message is safe; else with the status that refuses it.
    pub fn confirm(&mut self, id: SessionId, message_id: &str, status: u16) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let waits = |(head, _): &(Head, Option<u64>)| head.message_id() == Some(message_id);
        let Some(at) = session.unconfirmed.iter().position(waits) else { return };
        let (head, success) = session.unconfirmed.remove(at);
        if status != 200 {
            session.received.retain(|(known, _)| known != message_id);
        }
        let own = session.config.local_path.clone();
        let Some(conn) = session.conn else { return };
        self.answer(conn, &head, &own, (status, success.filter(|_| status == 200)));
    }

    /// The response to a SEND, where it wants one, and the REPORT of success about so many octets.
    fn answer(&mut self, conn: Conn, head: &Head, own: &str, (status, success): (u16, Option<u64>)) {
        if incoming::wants_response(head, status) {
            self.write(conn, &incoming::response(head, own, status));
        }
        if let Some(total) = success {
            let tid = fresh_id(&mut self.config.ids);
            self.write(conn, &incoming::report(head, own, &tid, total, 200));
        }
    }

    pub(super) fn refuse(&mut self, conn: Conn, head: &Head, status: u16) {
        if head.method() != "REPORT" && incoming::wants_response(head, status) {
            let own = head.to_path().next().unwrap_or_default().to_owned();
            self.write(conn, &incoming::response(head, &own, status));
        }
    }

    /// A response counts where its transaction waits in the session that it is for, on that session's connection.
    fn response(&mut self, now: Time, conn: Conn, head: &Head) {
        if self.answered_by_relay(now, conn, head) {
            return;
        }
        let Some(id) = self.named(head) else { return };
        let Some(session) = self.sessions.get_mut(&id).filter(|s| s.conn == Some(conn)) else { return };
        let (tid, status) = (head.transaction_id(), head.status().unwrap_or_default());
        let mut events = Vec::new();
        let introduction = session.introduction.take_if(|own| own == tid).is_some();
        let relayed = session.relayed.answered(tid);
        if relayed.is_none()
            && !introduction
            && !session.sending.iter_mut().any(|t| t.response(tid, status, id, &mut events))
        {
            return;
        }
        // RFC 4975 §10.8, §10.10: nothing more may be sent here.
        if matches!(status, 481 | 506) {
            session.give_up(Failure::of(status), &mut events);
        }
        self.events.extend(events);
        if let Some(waiting) = relayed {
            self.respond(waiting.from, &waiting.head, status);
        }
        self.pump(now, id);
    }

    /// A REPORT is never answered; one about an unknown message is ignored (RFC 4975 §7.1.2).
    fn take_report(&mut self, now: Time, conn: Conn, message: &Message) {
        let head = message.head();
        let (Some(id), Some(status), Some(message_id)) = (self.named(head), head.status_header(), head.message_id())
        else {
            return;
        };
        let Some(session) = self.sessions.get_mut(&id).filter(|s| s.conn == Some(conn)) else { return };
        let transfer = session.sending.iter_mut().find(|t| t.message.message_id == message_id);
        if transfer.is_none() && session.config.switched {
            return self.events.push_back(Event::Request { session: id, request: Box::new(message.clone()) });
        }
        // Other namespaces mean something else (RFC 4975 §7.1.3).
        let Some(transfer) = transfer.filter(|_| status.namespace == 0) else { return };
        let mut events = Vec::new();
        let range = head.byte_range().map_or((1, u64::MAX), |r| (r.start, r.end.unwrap_or(u64::MAX)));
        transfer.report(status.code, range, id, &mut events);
        // RFC 4975 §7.3.2: octets that did not arrive end the session; these codes concern the message or the time.
        if !matches!(status.code, 200 | 408 | 413 | 415) {
            session.give_up(Failure::of(status.code), &mut events);
        }
        self.events.extend(events);
        self.pump(now, id);
    }
}
