//! The records of secured connections on their way: sealed, written, read, opened, noted down.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;

use super::session::{RECORD, Sealed};
use super::{Session, Trouble, Whose};
use crate::net::sockets::tcp::Flow;
use crate::net::sockets::wire::Wire;
use crate::stack::certificate::End;
use crate::stack::{Conn, Input, Layer};
use crate::trace::Seen;

/// How a turn of writing went.
pub(in crate::net::sockets) enum Written {
    /// All that was there has left.
    All,
    /// The system takes no more for now, or others have their turn.
    Waits,
    Failed,
}

/// How long a handshake may take. Tests do not wait so long.
const HANDSHAKE: Duration = Duration::from_secs(if cfg!(test) { 5 } else { 20 });
/// Troubles that are kept until somebody asks for them.
const MOST_TROUBLES: usize = 1000;
/// Records before others have their turn.
const RECORDS: usize = 16;

impl Wire {
    /// Begins TLS on a connection that just came up; the node hears of it when that is done. `false` where nothing lies
    /// between the node and TCP.
    pub fn secure(&mut self, number: u64, layer: Layer, asked: bool) -> bool {
        let Some(flow) = self.flows.get_mut(&number).filter(|_| layer != Layer::Plain) else { return false };
        let (node, remote) = (flow.node, flow.remote);
        let host = &self.hosts[node.0];
        let session = match &host.tls {
            Some(configs) if asked => configs.connect(layer, remote),
            Some(configs) => configs.accept(layer),
            None => Err(rustls::Error::General("there is no certificate".to_owned())),
        };
        match session {
            Ok(session) => {
                flow.tls = Some(Box::new(session));
                flow.shaking = Some(self.poller.overdue(number, HANDSHAKE));
                self.write(number);
            }
            Err(error) => {
                self.trouble(Trouble::of(&host.name, remote, &error));
                self.end(number);
            }
        }
        true
    }

    /// Writes records of a secured connection.
    pub fn write_records(&mut self, number: u64, stream: &TcpStream) -> Written {
        let now = self.now();
        let Some(flow) = self.flows.get_mut(&number) else { return Written::All };
        let Flow { tls: Some(session), unsent, unsent_octets, local, remote, .. } = flow else { return Written::All };
        session.flush();
        for line in self.secrets.take() {
            self.recorder.record(now, *local, *remote, Seen::Secret(line));
        }
        for _ in 0..RECORDS {
            if session.is_idle() && session.is_up() {
                let Some(mut segment) = unsent.pop_front() else { return Written::All };
                let inner = segment.split_to(segment.len().min(RECORD));
                if !segment.is_empty() {
                    unsent.push_front(segment);
                }
                session.seal(inner);
            }
            let Some(Sealed { record, inner }) = session.sealed.front_mut() else { return Written::All };
            match stream.try_write(record) {
                Ok(octets) => {
                    let gone = record.split_to(octets.min(record.len()));
                    self.recorder.record(now, *local, *remote, Seen::Sealed(gone));
                    let packet = self.recorder.last_packet();
                    if record.is_empty() {
                        if let Some(inner) = inner.take() {
                            *unsent_octets = unsent_octets.saturating_sub(inner.len());
                            self.recorder.record_inside(now, packet, *local, *remote, Seen::Inner(inner));
                        }
                        session.sealed.pop_front();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Written::Waits,
                Err(_) => return Written::Failed,
            }
        }
        if session.is_idle() && unsent.is_empty() { Written::All } else { Written::Waits }
    }

    /// Takes octets that came over a secured connection; `false` where it is over.
    pub fn received_records(&mut self, number: u64, octets: &Bytes) -> bool {
        let now = self.now();
        let Some(flow) = self.flows.get_mut(&number) else { return false };
        let (node, conn, local, remote, ours) = (flow.node, flow.conn, flow.local, flow.remote, flow.ours);
        let Some(session) = &mut flow.tls else { return false };
        let opened = session.open(octets);
        let done = session.peer_done;
        for line in self.secrets.take() {
            self.recorder.record(now, local, remote, Seen::Secret(line));
        }
        if !ours {
            self.outside(remote, local, Seen::Sealed(octets.clone()));
        }
        match opened {
            Ok(inner) => {
                self.greet(number);
                if !inner.is_empty() {
                    if !ours {
                        let packet = self.recorder.last_packet();
                        self.recorder.record_inside(now, packet, remote, local, Seen::Inner(inner.clone()));
                    }
                    if let Some(conn) = conn {
                        self.tell(node, Input::Received { conn, bytes: inner });
                    }
                }
                self.write(number);
                if done {
                    self.peer_done(number);
                }
                true
            }
            Err(error) => {
                self.trouble(Trouble::of(&self.hosts[node.0].name, remote, &error));
                // The peer is told why, as far as the system takes it at once.
                self.write(number);
                self.end(number);
                false
            }
        }
    }

    /// The handshake has taken too long: whoever is there keeps a socket and says nothing.
    pub fn overdue(&mut self, number: u64) {
        let Some(flow) = self.flows.get(&number) else { return };
        if flow.tls.as_ref().is_some_and(|session| !session.told) {
            let what = format!("it did not come to the end of the handshake within {} s", HANDSHAKE.as_secs());
            let node = self.hosts[flow.node.0].name.clone();
            self.trouble(Trouble { node, remote: flow.remote, whose: Whose::Peers, what });
            self.end(number);
        }
    }

    /// The connection broke, or the peer closed it, before TLS was up, which may be an answer of its own kind.
    pub fn broken_off(&mut self, number: u64) {
        let Some(flow) = self.flows.get(&number) else { return };
        if flow.tls.as_ref().is_some_and(|session| !session.told) {
            let what = "it closed the connection in the middle of the handshake".to_owned();
            let node = self.hosts[flow.node.0].name.clone();
            self.trouble(Trouble { node, remote: flow.remote, whose: Whose::Anybodys, what });
        }
    }

    /// What the node is to hear of the end of a connection: that it did not come about, that it is over, or nothing.
    pub fn farewell(&self, number: u64, conn: Conn, reset: bool) -> Option<Input> {
        let flow = self.flows.get(&number)?;
        match &flow.tls {
            Some(session) if !session.told => (conn.0 & Conn::ACCEPTED == 0).then_some(Input::ConnectFailed { conn }),
            _ => Some(Input::Closed { conn, reset }),
        }
    }

    /// Aborts a connection whose peer is not who it should be.
    pub fn distrust(&mut self, id: crate::net::NodeId, conn: Conn, why: &'static str) {
        let Some(number) = self.find(id, conn) else { return };
        if let Some(flow) = self.flows.get(&number) {
            let node = self.hosts[id.0].name.clone();
            self.trouble(Trouble { node, remote: flow.remote, whose: Whose::Peers, what: why.to_owned() });
        }
        self.abort(number);
    }

    /// Notes what went wrong. Who does it again and again says nothing new.
    fn trouble(&mut self, trouble: Trouble) {
        if self.troubles.len() < MOST_TROUBLES {
            self.troubles.push(trouble);
        }
    }

    /// Tells the node that a secured connection is up, once.
    fn greet(&mut self, number: u64) {
        let Some(flow) = self.flows.get_mut(&number) else { return };
        let (node, local, remote) = (flow.node, flow.local, flow.remote);
        let (Some(session), Some(conn)) = (&mut flow.tls, flow.conn) else { return };
        if session.told || !session.is_up() {
            return;
        }
        session.told = true;
        flow.shaking = None;
        let chain = session.certificates();
        let certificate = chain.first().cloned();
        let end = if conn.0 & Conn::ACCEPTED == 0 { End::Server } else { End::Client };
        let peers = self.hosts[node.0].tls.as_ref().filter(|_| flow.layer == Layer::Tls).map(|tls| tls.peers.clone());
        let shown = session.has_shown();
        let input = match conn.0 & Conn::ACCEPTED {
            0 => Input::Connected { conn, local, remote, certificate },
            _ => Input::Accepted { conn, local, remote, certificate },
        };
        if let Some(error) = peers.and_then(|peers| peers.doubt(&chain, end, remote.ip())) {
            let doubt = Trouble::of(&self.hosts[node.0].name, remote, &error);
            // Who shows the same again and again says nothing new.
            if self.doubts.len() < MOST_TROUBLES && !self.doubts.contains(&doubt) {
                self.doubts.push(doubt);
            }
        }
        self.note_certificates(number, chain, shown);
        self.tell(node, input);
    }

    /// Notes what was shown on a connection: a capture has it, too. Where both ends are ours, each notes what it saw.
    fn note_certificates(&mut self, number: u64, seen: Vec<Bytes>, shown: bool) {
        let Some(flow) = self.flows.get(&number) else { return };
        let (local, remote, now, packet) = (flow.local, flow.remote, self.now(), self.recorder.last_packet());
        let own = self.hosts[flow.node.0].tls.as_ref().filter(|_| shown && !flow.ours);
        let own = own.map(|configs| configs.chain.clone()).unwrap_or_default();
        for (src, dst, chain) in [(remote, local, seen), (local, remote, own)] {
            if !chain.is_empty() {
                self.recorder.record_inside(now, packet, src, dst, Seen::Certificates(chain));
            }
        }
    }

    /// Ends a connection that TLS has broken: what its protocol had to say has been said, so the stream is closed, not
    /// aborted. The node hears of it.
    fn end(&mut self, number: u64) {
        let now = self.now();
        let Some(flow) = self.flows.get(&number) else { return };
        let (node, conn) = (flow.node, flow.conn);
        if let Some(input) = conn.and_then(|conn| self.farewell(number, conn, true)) {
            self.tell(node, input);
        }
        self.forget(number);
        if let Some(flow) = self.flows.remove(&number).filter(|flow| !flow.finished) {
            self.recorder.record(now, flow.local, flow.remote, Seen::Finished);
        }
    }

    /// The peer has said, within TLS, that it sends no more.
    fn peer_done(&mut self, number: u64) {
        let Some(flow) = self.flows.get(&number) else { return };
        if let (Some(conn), node) = (flow.conn, flow.node)
            && !flow.closing
            && let Some(input) = self.farewell(number, conn, false)
        {
            self.tell(node, input);
            self.told.push_back(crate::net::sockets::wire::Told::HangUp(number));
        }
    }

    /// Says within TLS that nothing more comes, before the stream says so.
    pub fn finish_records(&mut self, number: u64, stream: &Arc<TcpStream>) -> Written {
        if let Some(session) = self.flows.get_mut(&number).and_then(|flow| flow.tls.as_mut()) {
            session.finish();
        }
        self.write_records(number, stream)
    }
}

impl Session {
    /// Whether the node may be told that all has left.
    pub fn is_drained(session: Option<&Session>) -> bool {
        session.is_none_or(|session| session.is_up() && session.is_idle())
    }
}
