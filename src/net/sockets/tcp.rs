//! TCP of live runs: listening, connecting, accepting, and the end of connections. The octets are in `stream`.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::ready::Waiting;
use super::tls::Session;
use super::wire::{Told, Wire};
use crate::net::NodeId;
use crate::stack::{Conn, Input, Layer};
use crate::trace::Seen;

/// A socket that a node listens on.
pub(super) struct Listener {
    owner: NodeId,
    layer: Layer,
    socket: Arc<TcpListener>,
    waiting: Waiting,
}

/// One end of a connection: that of a node of ours.
pub(super) struct Flow {
    pub node: NodeId,
    /// What the node calls the connection, as long as it knows of it.
    pub conn: Option<Conn>,
    pub local: SocketAddr,
    pub remote: SocketAddr,
    /// The other end is ours, too, and observes what it does itself.
    pub ours: bool,
    /// What lies between the node and TCP, as soon as TCP is up.
    pub layer: Layer,
    pub tls: Option<Box<Session>>,
    /// For the handshake of TLS to take too long.
    pub shaking: Option<Waiting>,
    /// `None` while the connection is being made.
    pub stream: Option<Arc<TcpStream>>,
    /// The observer has seen it come up.
    pub opened: bool,
    /// Segments that the system has not taken yet, and their octets.
    pub unsent: VecDeque<Bytes>,
    pub unsent_octets: usize,
    /// The node waits to hear that all has left.
    pub owed_drained: bool,
    /// The node wants no more to be sent.
    pub closing: bool,
    pub finished: bool,
    pub peer_finished: bool,
    /// For the connection to come up, then for octets to come in.
    pub reading: Option<Waiting>,
    pub writing: Option<Waiting>,
}

/// How long a connection attempt that nobody answers goes on.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// More connections at once are not accepted.
const MOST_FLOWS: usize = 8192;

impl Wire {
    /// Listens for a node. Repeating it changes nothing.
    pub fn listen(&mut self, id: NodeId, address: SocketAddr, layer: Layer) {
        if self.listeners.get(&address).is_some_and(|listener| listener.owner == id) {
            return;
        }
        match open(address) {
            Ok(socket) => {
                let socket = Arc::new(socket);
                let waiting = self.poller.accepted(address, socket.clone(), false);
                self.listeners.insert(address, Listener { owner: id, layer, socket, waiting });
            }
            Err(source) => self.cannot_bind(id, "TCP", address, source),
        }
    }

    /// A node asks for a connection. Repeating it changes nothing.
    pub fn connect(&mut self, id: NodeId, conn: Conn, (local, remote): (SocketAddr, SocketAddr), layer: Layer) {
        if self.hosts[id.0].conns.contains_key(&conn) {
            return;
        }
        let Ok((socket, local)) = bound(local) else { return self.tell(id, Input::ConnectFailed { conn }) };
        self.recorder.record(self.now(), local, remote, Seen::Connecting);
        let ours = self.listeners.contains_key(&remote);
        let number = self.add(Flow { layer, ..Flow::new(id, Some(conn), local, remote, ours) });
        self.hosts[id.0].conns.insert(conn, number);
        self.opened_from.insert(local, number);
        self.ports.push((id, local));
        let waiting = self.poller.connected(number, socket, remote, CONNECT_TIMEOUT);
        if let Some(flow) = self.flows.get_mut(&number) {
            flow.reading = Some(waiting);
        }
    }

    pub fn connected(&mut self, number: u64, connected: io::Result<TcpStream>) {
        let Some(flow) = self.flows.get_mut(&number) else { return };
        let (node, local, remote, ours, layer) = (flow.node, flow.local, flow.remote, flow.ours, flow.layer);
        match connected {
            Ok(stream) => {
                self.note_opened(number);
                self.up(number, stream);
                if self.secure(number, layer, true) {
                    return;
                }
                if let Some(conn) = self.flows.get(&number).and_then(|flow| flow.conn) {
                    self.tell(node, Input::Connected { conn, local, remote, certificate: None });
                }
                self.write(number);
            }
            Err(error) => {
                if error.kind() == io::ErrorKind::ConnectionRefused {
                    let now = self.now();
                    self.recorder.record(now, remote, local, Seen::Refused);
                } else if error.kind() == io::ErrorKind::ConnectionReset && !ours {
                    self.outside(remote, local, Seen::Reset);
                }
                self.opened_from.remove(&local);
                if let Some(conn) = self.forget(number) {
                    self.tell(node, Input::ConnectFailed { conn });
                }
                self.flows.remove(&number);
            }
        }
    }

    pub fn accept(&mut self, address: SocketAddr, accepted: io::Result<(TcpStream, SocketAddr)>) {
        let Some(listener) = self.listeners.get_mut(&address) else { return };
        let (id, layer) = (listener.owner, listener.layer);
        listener.waiting = self.poller.accepted(address, listener.socket.clone(), accepted.is_err());
        let Ok((stream, remote)) = accepted else { return };
        let other = self.opened_from.remove(&remote);
        if self.flows.len() >= MOST_FLOWS {
            let _ = stream.set_zero_linger();
            return;
        }
        let local = stream.local_addr().unwrap_or(address);
        match other {
            // This end may hear of the connection before the one that asked for it.
            Some(number) => self.note_opened(number),
            None => {
                self.outside(remote, local, Seen::Connecting);
                self.outside(remote, local, Seen::Opened);
            }
        }
        let host = &mut self.hosts[id.0];
        let conn = Conn(host.accepted | Conn::ACCEPTED);
        host.accepted += 1;
        let flow = Flow::new(id, Some(conn), local, remote, other.is_some());
        let number = self.add(Flow { layer, ..flow });
        self.hosts[id.0].conns.insert(conn, number);
        self.up(number, stream);
        if self.secure(number, layer, false) {
            return;
        }
        self.tell(id, Input::Accepted { conn, local, remote, certificate: None });
    }

    pub fn close(&mut self, id: NodeId, conn: Conn) {
        let Some(number) = self.find(id, conn) else { return };
        if let Some(flow) = self.flows.get_mut(&number) {
            flow.closing = true;
        }
        self.write(number);
    }

    pub fn reset(&mut self, id: NodeId, conn: Conn) {
        let Some(number) = self.find(id, conn) else { return };
        self.abort(number);
    }

    /// The node has heard that the peer closed: this end closes, too, and then nobody knows the connection.
    pub fn hang_up(&mut self, number: u64) {
        self.forget(number);
        if let Some(flow) = self.flows.get_mut(&number) {
            flow.closing = true;
        }
        self.write(number);
    }

    /// Aborts a connection; its node hears nothing more of it.
    pub fn abort(&mut self, number: u64) {
        self.forget(number);
        let Some(flow) = self.flows.remove(&number) else { return };
        self.recorder.record(self.now(), flow.local, flow.remote, Seen::Reset);
        if let Some(stream) = &flow.stream {
            // The stream is dropped when nobody waits for it any more, and so goes without a farewell.
            let _ = stream.set_zero_linger();
        }
    }

    /// The peer or the system has broken the connection.
    pub fn broken(&mut self, number: u64) {
        let Some(flow) = self.flows.get(&number) else { return };
        let (node, local, remote, ours) = (flow.node, flow.local, flow.remote, flow.ours);
        if !ours {
            self.outside(remote, local, Seen::Reset);
        }
        self.broken_off(number);
        if let Some(conn) = self.flows.get(&number).and_then(|flow| flow.conn)
            && let Some(input) = self.farewell(number, conn, true)
        {
            self.tell(node, input);
        }
        self.forget(number);
        self.flows.remove(&number);
    }

    /// The peer sends nothing more.
    pub fn peer_finished(&mut self, number: u64) {
        let Some(flow) = self.flows.get_mut(&number) else { return };
        flow.peer_finished = true;
        flow.reading = None;
        let (node, local, remote, ours, conn) = (flow.node, flow.local, flow.remote, flow.ours, flow.conn);
        if !ours {
            self.outside(remote, local, Seen::Finished);
        }
        self.broken_off(number);
        // Who said so within TLS already is not heard again.
        let said = self.flows.get(&number).and_then(|flow| flow.tls.as_ref()).is_some_and(|session| session.peer_done);
        if let Some(input) = conn.filter(|_| !said).and_then(|conn| self.farewell(number, conn, false)) {
            self.tell(node, input);
        }
        self.told.push_back(Told::HangUp(number));
    }

    /// Removes a connection that both ends have closed.
    pub fn remove_if_over(&mut self, number: u64) {
        let over = |flow: &Flow| flow.conn.is_none() && flow.finished && flow.peer_finished;
        if self.flows.get(&number).is_some_and(over) {
            self.flows.remove(&number);
        }
    }

    pub fn find(&self, id: NodeId, conn: Conn) -> Option<u64> {
        self.hosts[id.0].conns.get(&conn).copied()
    }

    fn note_opened(&mut self, number: u64) {
        let now = self.now();
        if let Some(flow) = self.flows.get_mut(&number).filter(|flow| !flow.opened) {
            flow.opened = true;
            self.recorder.record(now, flow.local, flow.remote, Seen::Opened);
        }
    }

    fn up(&mut self, number: u64, stream: TcpStream) {
        let Some(flow) = self.flows.get_mut(&number) else { return };
        let _ = stream.set_nodelay(true);
        let stream = Arc::new(stream);
        flow.reading = Some(self.poller.readable(number, stream.clone()));
        flow.stream = Some(stream);
    }

    fn add(&mut self, flow: Flow) -> u64 {
        let number = self.next_flow;
        self.next_flow += 1;
        self.flows.insert(number, flow);
        number
    }

    /// Ends what the node knows of a connection; gives what it called it.
    pub fn forget(&mut self, number: u64) -> Option<Conn> {
        let flow = self.flows.get_mut(&number)?;
        let conn = flow.conn.take()?;
        self.hosts[flow.node.0].conns.remove(&conn);
        Some(conn)
    }
}

impl Flow {
    fn new(node: NodeId, conn: Option<Conn>, local: SocketAddr, remote: SocketAddr, ours: bool) -> Flow {
        Flow {
            node,
            conn,
            local,
            remote,
            ours,
            layer: Layer::Plain,
            tls: None,
            shaking: None,
            stream: None,
            opened: false,
            unsent: VecDeque::new(),
            unsent_octets: 0,
            owed_drained: false,
            closing: false,
            finished: false,
            peer_finished: false,
            reading: None,
            writing: None,
        }
    }
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = std::net::TcpListener::bind(address)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}

/// A socket at any port of `local`'s address, and the port it got.
fn bound(mut local: SocketAddr) -> io::Result<(TcpSocket, SocketAddr)> {
    local.set_port(0);
    let socket = if local.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(local)?;
    let local = socket.local_addr()?;
    Ok((socket, local))
}
