//! The endpoint: finds the session of what comes in, lets out what sessions have to send.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use bytes::Bytes;

use super::connection::Connection;
use super::outgoing::{Head, Transfer, fresh_id};
use super::session::Session;
use super::{Config, Event, Failure, Outgoing, SessionConfig, SessionId, incoming};
use crate::stack::{Conn, Input, Output, Pieces};
use crate::time::Time;
use crate::wire::msrp::{self, Flag, Message};

/// MSRP of one host.
pub struct Endpoint {
    config: Config,
    connections: BTreeMap<Conn, Connection>,
    sessions: BTreeMap<SessionId, Session>,
    next_conn: u64,
    next_session: u64,
    outputs: VecDeque<Output>,
    events: VecDeque<Event>,
}

impl Endpoint {
    /// An endpoint that listens at its address.
    pub fn new(config: Config) -> Endpoint {
        let mut outputs = VecDeque::new();
        outputs.push_back(Output::Listen { local: config.listen });
        Endpoint {
            next_conn: config.first_conn,
            config,
            connections: BTreeMap::new(),
            sessions: BTreeMap::new(),
            next_session: 0,
            outputs,
            events: VecDeque::new(),
        }
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Opens a session: connects, or shares a connection that is there, or waits to be connected to.
    pub fn open(&mut self, now: Time, config: SessionConfig) -> SessionId {
        self.next_session += 1;
        let id = SessionId(self.next_session);
        let connect = config.connect;
        let mut session = Session::new(id, config);
        if let Some(remote) = connect {
            session.conn = Some(self.connect(id, remote));
        }
        self.sessions.insert(id, session);
        self.pump(now, id);
        id
    }

    /// Gives a session other paths, types or rights. It keeps its connection: those of one host may be shared
    /// (RFC 4975 §5.4).
    pub fn modify(&mut self, now: Time, id: SessionId, config: SessionConfig) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.config = config;
        }
        self.pump(now, id);
    }

    /// Queues a message. It goes out as soon as the session has its connection.
    pub fn send(&mut self, now: Time, id: SessionId, message: Outgoing) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.sending.push_back(Transfer::new(message));
        }
        self.pump(now, id);
    }

    /// Breaks off the message that is being sent.
    pub fn abort(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let (to_path, from_path) = (session.to_path(), session.config.local_path.clone());
        let head = Head { to_path: &to_path, from_path: &from_path };
        let Some(at) = session.sending.iter().position(Transfer::is_sending) else { return };
        let pieces = session.sending[at].abort(&head, &mut self.config.ids);
        let message_id = session.sending[at].message.message_id.clone();
        self.events.push_back(Event::Failed { session: id, message_id, why: Failure::Aborted });
        if let (Some(conn), Some(pieces)) = (session.conn, pieces) {
            self.outputs.push_back(Output::Send { conn, pieces });
        }
    }

    /// Closes a session, and its connection when no other session uses it.
    pub fn close(&mut self, id: SessionId) {
        let Some(session) = self.sessions.remove(&id) else { return };
        let Some(conn) = session.conn else { return };
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.sessions.remove(&id);
            if connection.sessions.is_empty() {
                self.connections.remove(&conn);
                self.outputs.push_back(Output::Close { conn });
            }
        }
    }

    /// Aborts the connection of a session, as a host does that crashes.
    pub fn reset(&mut self, id: SessionId) {
        let Some(conn) = self.sessions.get(&id).and_then(|s| s.conn) else { return };
        self.outputs.push_back(Output::Reset { conn });
        self.lose(conn, true);
    }

    /// Takes an input; `false` where it is none of this endpoint's. [`Input::Timer`] is everybody's.
    pub fn handle(&mut self, now: Time, input: Input) -> bool {
        match input {
            Input::Accepted { conn, local, remote } if local.port() == self.config.listen.port() => {
                self.connections.insert(conn, Connection::new(remote, false));
            }
            Input::Connected { conn, .. } if self.connections.contains_key(&conn) => self.connected(now, conn),
            Input::ConnectFailed { conn } if self.connections.contains_key(&conn) => self.lose(conn, false),
            Input::Received { conn, bytes } if self.connections.contains_key(&conn) => self.received(now, conn, bytes),
            Input::Drained { conn } if self.connections.contains_key(&conn) => self.drained(now, conn),
            Input::Closed { conn, reset } if self.connections.contains_key(&conn) => self.lose(conn, reset),
            Input::Timer => {
                self.timers(now);
                return false;
            }
            _ => return false,
        }
        true
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub fn next_timeout(&self) -> Option<Time> {
        self.sessions.values().flat_map(|s| s.sending.iter().filter_map(Transfer::deadline)).min()
    }

    /// The sessions that are open.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    fn connect(&mut self, id: SessionId, remote: SocketAddr) -> Conn {
        let shared = self.connections.iter().find(|(_, c)| c.ours && c.remote == remote).map(|(conn, _)| *conn);
        let conn = shared.unwrap_or_else(|| {
            let conn = Conn(self.next_conn);
            self.next_conn += 1;
            self.connections.insert(conn, Connection::new(remote, true));
            let local = SocketAddr::new(self.config.listen.ip(), 0);
            self.outputs.push_back(Output::Connect { conn, local, remote });
            conn
        });
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.sessions.insert(id);
        }
        conn
    }

    fn connected(&mut self, now: Time, conn: Conn) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.up = true;
        for id in connection.sessions.clone() {
            self.events.push_back(Event::Connected { session: id });
            self.pump(now, id);
        }
    }

    fn received(&mut self, now: Time, conn: Conn, bytes: Bytes) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.decoder.push(bytes);
        loop {
            let Some(connection) = self.connections.get_mut(&conn) else { return };
            let Some(event) = connection.decoder.poll() else { break };
            // What is no MSRP cannot be framed: nobody knows where the next request would begin (RFC 4975 §7.2).
            if matches!(event, msrp::Event::Broken(_)) {
                self.outputs.push_back(Output::Close { conn });
                return self.lose(conn, false);
            }
            if let Some(message) = connection.assembler.add(event) {
                self.message(now, conn, message);
            }
        }
    }

    fn message(&mut self, now: Time, conn: Conn, message: Message) {
        if message.head().is_response() {
            self.response(now, conn, &message);
        } else {
            match message.head().method() {
                "SEND" => self.take_send(now, conn, &message),
                "REPORT" => self.report(now, &message),
                _ => self.refuse(conn, &message, 501),
            }
        }
    }

    fn take_send(&mut self, now: Time, conn: Conn, message: &Message) {
        let found = self.sessions.values().find(|s| s.is_at(message.head().to_path())).map(|s| s.id);
        let Some(id) = found else { return self.refuse(conn, message, 481) };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let bound = session.conn.filter(|bound| *bound != conn && self.connections.contains_key(bound));
        if bound.is_some() {
            return self.refuse(conn, message, 506);
        }
        let fresh = session.conn.is_none();
        session.conn = Some(conn);
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.sessions.insert(id);
        }
        if fresh {
            self.events.push_back(Event::Connected { session: id });
        }
        let mut events = Vec::new();
        let taken = incoming::take(session, message, &self.config, &mut events);
        let own = session.config.local_path.clone();
        if incoming::wants_response(message, taken.status) {
            self.write(conn, &incoming::response(message, &own, taken.status));
        }
        if let Some(total) = taken.success {
            let tid = fresh_id(&mut self.config.ids, &[]);
            self.write(conn, &incoming::report(message, &own, &tid, total));
        }
        self.events.extend(events);
        self.pump(now, id);
    }

    fn refuse(&mut self, conn: Conn, message: &Message, status: u16) {
        if incoming::wants_response(message, status) {
            let own = message.head().to_path().next().unwrap_or_default().to_owned();
            self.write(conn, &incoming::response(message, &own, status));
        }
    }

    fn response(&mut self, now: Time, conn: Conn, message: &Message) {
        let head = message.head();
        let status = head.status().unwrap_or_default();
        let mut events = Vec::new();
        let mine: Vec<SessionId> =
            self.connections.get(&conn).map(|c| c.sessions.iter().copied().collect()).unwrap_or_default();
        for id in mine {
            let Some(mut session) = self.sessions.remove(&id) else { continue };
            // RFC 4975 §7.2: the response comes back to the URI that the request was from.
            if session.is_at(head.to_path()) {
                let mut sending = std::mem::take(&mut session.sending);
                let found =
                    sending.iter_mut().any(|t| t.response(head.transaction_id(), status, &session, &mut events));
                session.sending = sending;
                self.sessions.insert(id, session);
                if found {
                    self.events.extend(events);
                    return self.pump(now, id);
                }
            } else {
                self.sessions.insert(id, session);
            }
        }
    }

    fn report(&mut self, now: Time, message: &Message) {
        let head = message.head();
        let found = self.sessions.values().find(|s| s.is_at(head.to_path())).map(|s| s.id);
        let (Some(id), Some(status), Some(message_id)) = (found, head.status_header(), head.message_id()) else {
            return;
        };
        let code = status.code;
        let mut events = Vec::new();
        if let Some(mut session) = self.sessions.remove(&id) {
            let mut sending = std::mem::take(&mut session.sending);
            if let Some(transfer) = sending.iter_mut().find(|t| t.message.message_id == message_id) {
                let whole = transfer.message.body.len() as u64;
                let range = head.byte_range().map_or((1, whole), |r| (r.start, r.end.unwrap_or(whole)));
                transfer.report(code, range, &session, &mut events);
            }
            session.sending = sending;
            self.sessions.insert(id, session);
        }
        self.events.extend(events);
        self.pump(now, id);
    }

    fn drained(&mut self, now: Time, conn: Conn) {
        let mine: Vec<SessionId> =
            self.connections.get(&conn).map(|c| c.sessions.iter().copied().collect()).unwrap_or_default();
        for id in mine {
            self.each_transfer(id, |transfer, session, events| transfer.drained(session, events));
            self.pump(now, id);
        }
    }

    fn timers(&mut self, now: Time) {
        let all: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in all {
            self.each_transfer(id, |transfer, session, events| transfer.timer(now, session, events));
        }
    }

    /// The connection is gone: every session on it has failed (RFC 4975 §5.4).
    fn lose(&mut self, conn: Conn, reset: bool) {
        let Some(connection) = self.connections.remove(&conn) else { return };
        for id in connection.sessions {
            self.each_transfer(id, |transfer, session, events| transfer.fail(Failure::ConnectionLost, session, events));
            if let Some(session) = self.sessions.get_mut(&id) {
                session.lost = true;
                session.conn = None;
                self.events.push_back(Event::Lost { session: id, reset });
            }
        }
    }

    fn each_transfer(&mut self, id: SessionId, mut act: impl FnMut(&mut Transfer, &Session, &mut Vec<Event>)) {
        let Some(mut session) = self.sessions.remove(&id) else { return };
        let mut events = Vec::new();
        let mut sending = std::mem::take(&mut session.sending);
        for transfer in &mut sending {
            act(transfer, &session, &mut events);
        }
        session.sending = sending;
        self.sessions.insert(id, session);
        self.events.extend(events);
    }

    /// Lets out what the window of a session allows; the side that connected speaks at once (RFC 4975 §5.4).
    fn pump(&mut self, now: Time, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(conn) = session.conn.filter(|c| self.connections.get(c).is_some_and(|c| c.up)) else { return };
        if session.lost {
            return;
        }
        let (to_path, from_path) = (session.to_path(), session.config.local_path.clone());
        let head = Head { to_path: &to_path, from_path: &from_path };
        while let Some(transfer) = session.sending.iter_mut().find(|t| t.is_sending()) {
            let Some(pieces) = transfer.chunk(&head, &mut self.config, now) else { break };
            session.introduced = true;
            let message_id = transfer.message.message_id.clone();
            self.outputs.push_back(Output::Send { conn, pieces });
            self.events.push_back(Event::ChunkSent { session: id, message_id });
        }
        if !session.introduced && session.config.connect.is_some() {
            session.introduced = true;
            let tid = fresh_id(&mut self.config.ids, &[]);
            let empty = head
                .request(&tid, "SEND")
                .header("Message-ID", self.config.ids.token(16))
                .header("Byte-Range", "1-0/0")
                .flag(Flag::Last);
            self.outputs.push_back(Output::Send { conn, pieces: empty.pieces() });
        }
    }

    fn write(&mut self, conn: Conn, message: &Message) {
        let pieces: Pieces = message.pieces();
        self.outputs.push_back(Output::Send { conn, pieces });
    }
}
