//! The endpoint: its sessions and connections, and the time. What comes in is in `receive`, what goes out in `turns`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use bytes::Bytes;

use super::connection::Connection;
use super::expected::Expected;
use super::outgoing::{Head, Transfer, fresh_id};
use super::relays::Asking;
use super::session::Session;
use super::{Config, Event, Failure, Outgoing, SessionConfig, SessionId};
use crate::stack::{Conn, Input, Layer, Output};
use crate::time::Time;
use crate::wire::msrp::{self, Flag};
use crate::wire::uri::Uri;

/// MSRP of one host.
pub struct Endpoint {
    pub(super) config: Config,
    pub(super) connections: BTreeMap<Conn, Connection>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    /// Sessions by the session-id of their own URI.
    names: BTreeMap<String, Vec<SessionId>>,
    /// When the first response of a session is overdue.
    pub(super) deadlines: BTreeSet<(Time, SessionId)>,
    next_conn: u64,
    next_session: u64,
    /// What goes on with the relays of this host.
    pub(super) asking: Asking,
    /// What comes for sessions that were offered.
    pub(super) expected: Expected,
    pub(super) outputs: VecDeque<Output>,
    pub(super) events: VecDeque<Event>,
}

impl Endpoint {
    /// An endpoint that listens at its address.
    pub fn new(config: Config) -> Endpoint {
        let mut outputs = VecDeque::new();
        outputs.push_back(Output::Listen { local: config.listen, layer: config.layer });
        Endpoint {
            next_conn: config.first_conn,
            config,
            connections: BTreeMap::new(),
            sessions: BTreeMap::new(),
            names: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            next_session: 0,
            asking: Asking::default(),
            expected: Expected::default(),
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
        self.names.entry(session_part(&config.local_path).to_owned()).or_default().push(id);
        let mut session = Session::new(id, config);
        if let Some(remote) = connect {
            let conn = self.connect(id, remote, layer_of(&self.config, &session));
            session.conn = Some(conn);
            if let Some(connection) = self.connections.get(&conn).filter(|c| c.up) {
                if !connection.is_of(&session.config.fingerprints) {
                    self.sessions.insert(id, session);
                    self.distrust(conn);
                    return id;
                }
                self.events.push_back(Event::Connected { session: id });
            }
        }
        let name = session_part(&session.config.local_path).to_owned();
        self.sessions.insert(id, session);
        self.arrived(now, &name);
        self.pump(now, id);
        id
    }

    /// Gives a session other paths, types or rights. It keeps its connection: those of one host may be shared
    /// (RFC 4975 §5.4).
    pub fn modify(&mut self, now: Time, id: SessionId, config: SessionConfig) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let name = session_part(&config.local_path).to_owned();
        let before = std::mem::replace(&mut session.config, config);
        // The head of a chunk that is running has the paths of before.
        self.end_chunk_of(id);
        self.unname(id, &before.local_path);
        self.names.entry(name.clone()).or_default().push(id);
        self.arrived(now, &name);
        self.pump(now, id);
    }

    /// Queues a message. It goes out as soon as the session has its connection; where nothing can go out any more,
    /// [`Event::Failed`] says so.
    pub fn send(&mut self, now: Time, id: SessionId, message: Outgoing) {
        let failed = match self.sessions.get_mut(&id) {
            Some(session) => session.queue(Transfer::new(message)),
            None => Some(Event::Failed { session: id, message_id: message.message_id, why: Failure::ConnectionLost }),
        };
        self.events.extend(failed);
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
            self.put(conn, pieces);
        }
        self.end_failed_of(id);
        self.reschedule(id);
    }

    /// Sends a message of a session over a connection of its own, which no session has (RFC 4975 §5.4 forbids it).
    pub fn intrude(&mut self, id: SessionId, message: Outgoing) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(remote) = session.config.connect else { return };
        let (to_path, from_path) = (session.to_path(), session.config.local_path.clone());
        let head = Head { to_path: &to_path, from_path: &from_path };
        let pieces = Transfer::in_one(&message, &head, &mut self.config.ids);
        let layer = layer_of(&self.config, session);
        let conn = self.dial(remote, layer);
        self.sessions.entry(id).and_modify(|session| session.strays.push(conn));
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.early.push(pieces);
        }
    }

    /// Reports that what came of the messages that are coming in failed, with this status.
    pub fn report_failure(&mut self, id: SessionId, status: u16) {
        let Some(session) = self.sessions.get(&id) else { return };
        let Some(conn) = session.conn else { return };
        let (to_path, from_path) = (session.to_path(), session.config.local_path.clone());
        let head = Head { to_path: &to_path, from_path: &from_path };
        let mut reports = Vec::new();
        for (message_id, incoming) in &session.receiving {
            let tid = fresh_id(&mut self.config.ids);
            let report = head
                .request(&tid, "REPORT")
                .header("Message-ID", message_id)
                .header("Byte-Range", format!("1-{}/*", incoming.whole.contiguous()))
                .header("Status", format!("000 {status:03}"));
            reports.push(report.flag(Flag::Last).pieces());
        }
        reports.into_iter().for_each(|pieces| self.put(conn, pieces));
    }

    /// Takes no more of what comes in: from now on all of it is refused with 413 (RFC 4975 §10.5). Whether the sender of
    /// something that is coming in will hear that; [`Event::Broken`] says when it was told.
    pub fn stop(&mut self, id: SessionId) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        session.stopped = true;
        session.receiving.retain(|_, incoming| !incoming.silent);
        !session.receiving.is_empty()
    }

    /// Closes a session, and its connection when no other session uses it. What is not through has failed.
    pub fn close(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let mut events = Vec::new();
        session.give_up(Failure::Aborted, &mut events);
        self.events.extend(events);
        self.end_failed_of(id);
        let Some(session) = self.sessions.remove(&id) else { return };
        self.unname(id, &session.config.local_path);
        if let Some(at) = session.scheduled {
            self.deadlines.remove(&(at, id));
        }
        for conn in session.strays {
            if self.connections.remove(&conn).is_some() {
                self.outputs.push_back(Output::Close { conn });
            }
        }
        let Some(conn) = session.conn else { return };
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.sessions.remove(&id);
            if connection.sessions.is_empty() && !self.is_to_relay(conn) {
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
            Input::Accepted { conn, local, remote, certificate } if local.port() == self.config.listen.port() => {
                let connection = Connection::new(remote, false, self.config.max_message);
                self.connections.insert(conn, Connection { certificate, ..connection });
            }
            Input::Connected { conn, certificate, .. } if self.connections.contains_key(&conn) => {
                self.connected(now, conn, certificate);
            }
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
        let first = self.deadlines.first().map(|(at, _)| *at);
        first.into_iter().chain(self.asking_until()).chain(self.parked_until()).min()
    }

    /// The sessions that are open.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// The session that a To-Path names (RFC 4975 §7.3: exactly one URI, equal by §6.1).
    pub(super) fn named(&self, head: &msrp::Head) -> Option<SessionId> {
        let candidates = self.names.get(session_part(head.to_path().next()?))?;
        candidates.iter().copied().find(|id| self.sessions.get(id).is_some_and(|s| s.is_at(head.to_path())))
    }

    /// Forgets that a session is at this URI.
    fn unname(&mut self, id: SessionId, path: &str) {
        let name = session_part(path);
        if let Some(ids) = self.names.get_mut(name) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.names.remove(name);
            }
        }
    }

    fn connect(&mut self, id: SessionId, remote: SocketAddr, layer: Layer) -> Conn {
        let shared = self.connections.iter().find(|(_, c)| c.ours && c.remote == remote).map(|(conn, _)| *conn);
        let conn = shared.unwrap_or_else(|| self.dial(remote, layer));
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.sessions.insert(id);
        }
        conn
    }

    /// Opens a connection.
    pub(super) fn dial(&mut self, remote: SocketAddr, layer: Layer) -> Conn {
        let conn = Conn(self.next_conn);
        self.next_conn += 1;
        self.connections.insert(conn, Connection::new(remote, true, self.config.max_message));
        let local = SocketAddr::new(self.config.listen.ip(), 0);
        self.outputs.push_back(Output::Connect { conn, local, remote, layer });
        conn
    }

    fn connected(&mut self, now: Time, conn: Conn, certificate: Option<Bytes>) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.up = true;
        connection.certificate = certificate;
        if connection.sessions.iter().any(|id| !trusts(&self.sessions, *id, connection)) {
            return self.distrust(conn);
        }
        for pieces in std::mem::take(&mut connection.early) {
            self.outputs.push_back(Output::Send { conn, pieces });
        }
        for id in connection.sessions.clone() {
            self.events.push_back(Event::Connected { session: id });
            self.pump(now, id);
        }
        self.ask(now);
    }

    /// Whoever is at the other end, he is not who was agreed on: the connection is torn down at once (RFC 4975 §14.4).
    pub(super) fn distrust(&mut self, conn: Conn) {
        let why = "the certificate is not one of those whose fingerprints the session description has (RFC 4975 14.4)";
        self.outputs.push_back(Output::Distrust { conn, why });
        self.lose(conn, true);
    }

    fn drained(&mut self, now: Time, conn: Conn) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.busy = false;
        }
        for id in self.on(conn) {
            self.each_transfer(id, |transfer, events| transfer.drained(id, events));
            self.events.extend(self.sessions.get_mut(&id).into_iter().flat_map(Session::break_off_refused));
            self.pump(now, id);
        }
    }

    fn timers(&mut self, now: Time) {
        self.asking_overdue(now);
        self.parked_overdue(now);
        let due: Vec<SessionId> = self.deadlines.iter().take_while(|(at, _)| *at <= now).map(|(_, id)| *id).collect();
        for id in due {
            self.each_transfer(id, |transfer, events| transfer.timer(now, id, events));
            self.overdue(now, id);
            // What failed has left the window.
            self.pump(now, id);
        }
    }

    /// The connection is gone: every session on it has failed (RFC 4975 §5.4).
    pub(super) fn lose(&mut self, conn: Conn, reset: bool) {
        let Some(connection) = self.connections.remove(&conn) else { return };
        self.lost_relay(conn);
        for id in connection.sessions {
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            let mut events = Vec::new();
            session.give_up(Failure::ConnectionLost, &mut events);
            events.extend(session.break_off_refused());
            session.conn = None;
            session.receiving.clear();
            session.relayed.clear();
            self.events.extend(events);
            self.events.push_back(Event::Lost { session: id, reset });
            self.reschedule(id);
        }
    }

    /// The sessions on a connection.
    fn on(&self, conn: Conn) -> Vec<SessionId> {
        self.connections.get(&conn).map(|c| c.sessions.iter().copied().collect()).unwrap_or_default()
    }

    fn each_transfer(&mut self, id: SessionId, act: impl FnMut(&mut Transfer, &mut Vec<Event>)) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let (mut act, mut events) = (act, Vec::new());
        for transfer in &mut session.sending {
            act(transfer, &mut events);
        }
        self.events.extend(events);
    }
}

/// What lies under a session: where it is secured, and no fingerprint was agreed on, a relay shows who it is by who issued its
/// certificate (RFC 4976 §9.2).
fn layer_of(config: &Config, session: &Session) -> Layer {
    match config.layer {
        Layer::TlsByFingerprint if session.config.fingerprints.is_empty() => Layer::Tls,
        layer => layer,
    }
}

/// Whether the certificate of a connection is good enough for a session.
pub(super) fn trusts(sessions: &BTreeMap<SessionId, Session>, id: SessionId, connection: &Connection) -> bool {
    sessions.get(&id).is_none_or(|session| connection.is_of(&session.config.fingerprints))
}

pub(super) fn session_part(uri: &str) -> &str {
    Uri::parse(uri).path.unwrap_or_default()
}
