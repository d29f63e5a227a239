//! An MSRP relay (RFC 4976 §6): it gives clients that know a password paths through itself, and forwards what goes along them.
//!
//! It keeps no session and no message. What a message is about, and who talks to whom in SIP, it must not know.

mod auth;
mod connection;
mod forward;
mod response;
mod route;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::stack::digest::{Account, Algorithm, Guard};
use crate::stack::{Conn, IdSource, Input, Layer, Node, Output, Pieces};
use crate::time::Time;
use crate::wire::msrp::Event;
use crate::wire::uri::{Scheme, Uri};
use connection::Connection;
use route::Ticket;

/// What a relay is provisioned with.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    /// What lies between its clients and TCP.
    pub layer: Layer,
    pub realm: String,
    /// Who may use it.
    pub accounts: Vec<Account>,
    /// How it asks for passwords, the best first.
    pub algorithms: Vec<Algorithm>,
    /// For how many seconds a path holds, where the client does not say.
    pub expires: u32,
    /// The shortest and the longest that a client may ask for, in seconds.
    pub bounds: (u32, u32),
    pub ids: IdSource,
}

impl Config {
    /// A relay at that address, for these users.
    pub fn new(listen: SocketAddr, realm: &str, accounts: Vec<Account>, ids: IdSource) -> Config {
        Config {
            listen,
            layer: Layer::Plain,
            realm: realm.to_owned(),
            accounts,
            algorithms: vec![Algorithm::Sha256, Algorithm::Md5],
            expires: 900,
            bounds: (60, 3600),
            ids,
        }
    }

    /// Its own URI (RFC 4976 §5.1), without what names a path.
    pub fn uri(&self) -> String {
        let scheme = if self.layer == Layer::Plain { "msrp" } else { "msrps" };
        format!("{scheme}://{};tcp", self.listen)
    }
}

/// An MSRP relay.
pub struct Relay {
    config: Config,
    guard: Guard,
    connections: BTreeMap<Conn, Connection>,
    /// The paths that were given out, by the session part of their URIs.
    tickets: HashMap<String, Ticket>,
    /// What is due when. It holds nothing that is over.
    due: BTreeSet<(Time, Due)>,
    next_conn: u64,
    outputs: VecDeque<Output>,
}

/// What happens when its time has come.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Due {
    /// Nothing good came of a connection (RFC 4976 §6.1).
    Probation(Conn),
    /// The next hop has not answered a SEND (RFC 4976 §6.4.1).
    Unanswered(Conn, String),
}

/// How long a connection may go without a request that succeeds, and a SEND without a response (RFC 4976 §6.1, §6.4.1).
const PATIENCE: Duration = Duration::from_secs(30);
/// Octets that may wait for a connection to take them.
const MOST_WAITING: usize = 64 << 20;

impl Relay {
    pub fn new(mut config: Config) -> Relay {
        let ids = config.ids.fork("passwords");
        let guard = Guard::new(&config.realm, config.accounts.clone(), config.algorithms.clone(), ids);
        let outputs = VecDeque::from([Output::Listen { local: config.listen, layer: config.layer }]);
        Relay {
            guard,
            config,
            connections: BTreeMap::new(),
            tickets: HashMap::new(),
            due: BTreeSet::new(),
            next_conn: 1,
            outputs,
        }
    }

    /// Whether something that was forwarded has no response yet.
    pub fn is_busy(&self) -> bool {
        self.connections.values().any(|connection| !connection.open.is_empty() || connection.incoming.is_some())
    }

    fn received(&mut self, now: Time, conn: Conn, bytes: Bytes) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.decoder.push(bytes);
        }
        // The connection may go away on the way, so it is looked up for each event.
        while let Some(event) = self.connections.get_mut(&conn).and_then(|c| c.decoder.poll()) {
            match event {
                Event::Broken(_) => {
                    if self.connections.get(&conn).is_some_and(|c| c.decoder.is_out_of_step()) {
                        self.close(conn);
                    }
                }
                Event::Head(head) => self.begin(now, conn, head),
                Event::Body(piece) => self.body(now, conn, piece),
                Event::End { flag, .. } => self.end(now, conn, flag),
            }
        }
    }

    /// A connection to the next hop: the one that is there, or a new one (RFC 4976 §6.4.2).
    fn connection_to(&mut self, uri: &str) -> Option<Conn> {
        let remote = route::address(uri)?;
        let known = self.connections.iter().find(|(_, connection)| connection.leads_to == Some(remote));
        if let Some((conn, _)) = known {
            return Some(*conn);
        }
        // An endpoint shows any certificate, and this side cannot know which is right.
        let layer = if Uri::parse(uri).scheme == Scheme::Msrps { Layer::TlsByFingerprint } else { Layer::Plain };
        let conn = Conn(self.next_conn);
        self.next_conn += 1;
        let local = SocketAddr::new(self.config.listen.ip(), 0);
        self.outputs.push_back(Output::Connect { conn, local, remote, layer });
        self.connections.insert(conn, Connection::to(remote));
        Some(conn)
    }

    /// Sends a whole chunk, or keeps it until the connection is up.
    fn put(&mut self, conn: Conn, pieces: Pieces) {
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        connection.octets += size(&pieces);
        if connection.octets > MOST_WAITING {
            // Who takes nothing has what is left taken away (RFC 4976 §6.5).
            self.outputs.push_back(Output::Reset { conn });
            return self.lose(conn);
        }
        match connection.up {
            true => self.outputs.push_back(Output::Send { conn, pieces }),
            false => connection.early.push(pieces),
        }
    }

    fn close(&mut self, conn: Conn) {
        self.outputs.push_back(Output::Close { conn });
        self.lose(conn);
    }

    /// A connection is gone: the paths of its client hold no more (RFC 4976 §6.3), and what waits for a response on it is told
    /// to have failed.
    fn lose(&mut self, conn: Conn) {
        let Some(connection) = self.connections.remove(&conn) else { return };
        self.tickets.retain(|_, ticket| ticket.conn != conn);
        self.due.retain(|(_, due)| !matches!(due, Due::Probation(c) | Due::Unanswered(c, _) if *c == conn));
        for open in connection.open.into_values() {
            self.failed(&open, 408);
        }
    }

    /// A request of a connection did what it should: the connection is known to be of use.
    fn approve(&mut self, conn: Conn) {
        if let Some(until) = self.connections.get_mut(&conn).and_then(|connection| connection.probation.take()) {
            self.due.remove(&(until, Due::Probation(conn)));
        }
    }
}

fn size(pieces: &Pieces) -> usize {
    pieces.iter().map(Bytes::len).sum()
}

impl Node for Relay {
    fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Accepted { conn, .. } => {
                let until = now + PATIENCE;
                self.connections.insert(conn, Connection::accepted(until));
                self.due.insert((until, Due::Probation(conn)));
            }
            Input::Connected { conn, .. } => {
                if let Some(connection) = self.connections.get_mut(&conn) {
                    connection.up = true;
                    let early = std::mem::take(&mut connection.early);
                    self.outputs.extend(early.into_iter().map(|pieces| Output::Send { conn, pieces }));
                }
            }
            Input::ConnectFailed { conn } | Input::Closed { conn, .. } => self.lose(conn),
            Input::Received { conn, bytes } => self.received(now, conn, bytes),
            Input::Drained { conn } => {
                if let Some(connection) = self.connections.get_mut(&conn) {
                    connection.octets = 0;
                }
            }
            Input::Timer => {
                while self.due.first().is_some_and(|(at, _)| *at <= now) {
                    match self.due.pop_first() {
                        Some((_, Due::Probation(conn))) => self.close(conn),
                        Some((_, Due::Unanswered(conn, tid))) => self.unanswered(conn, &tid),
                        None => {}
                    }
                }
            }
            Input::Datagram { .. } => {}
        }
    }

    fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn next_timeout(&self) -> Option<Time> {
        self.due.first().map(|(at, _)| *at)
    }
}
