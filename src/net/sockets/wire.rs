//! The sockets without their nodes: who has which address, what is held back, what was seen.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::BytesMut;

use super::clock::Clock;
use super::error::SocketError;
use super::ready::{Poller, Ready};
use super::tcp::{Flow, Listener};
use super::tls::{Configs, Secrets, Trouble};
use super::udp::Udp;
use crate::net::NodeId;
use crate::net::link::Cable;
use crate::net::recorder::Recorder;
use crate::stack::{Conn, Input, Output};
use crate::time::Time;
use crate::trace::Seen;

pub(super) struct Wire {
    clock: Clock,
    pub recorder: Recorder,
    pub poller: Poller,
    pub hosts: Vec<Host>,
    pub udp: HashMap<SocketAddr, Udp>,
    pub listeners: HashMap<SocketAddr, Listener>,
    /// The TCP connections, by a number that is never used again.
    pub flows: HashMap<u64, Flow>,
    pub next_flow: u64,
    /// Which connection a node of ours opened from an address; until its other end, if it is ours, has accepted it.
    pub opened_from: HashMap<SocketAddr, u64>,
    /// The addresses that nodes of ours opened connections from, in order.
    pub ports: Vec<(NodeId, SocketAddr)>,
    /// What links hold back, and what nodes are to hear.
    held: BTreeMap<(Time, u64), (NodeId, Output)>,
    next_held: u64,
    pub told: VecDeque<Told>,
    pub failure: Option<SocketError>,
    /// Datagrams that could not be sent.
    pub unsent: u64,
    /// The secrets of connections that were not noted down yet.
    pub secrets: Arc<Secrets>,
    /// What went wrong with TLS and was not taken yet.
    pub troubles: Vec<Trouble>,
    /// The same of peers that are talked to all the same.
    pub doubts: Vec<Trouble>,
    /// Octets that third parties sent since observations were taken.
    pub outside: u64,
    pub buffer: BytesMut,
    scratch: Vec<(Time, Output)>,
}

/// What the sockets know of a host.
#[derive(Default)]
pub(super) struct Host {
    pub name: String,
    pub addresses: Vec<IpAddr>,
    /// What it shows and whom it believes, where it secures streams.
    pub tls: Option<Configs>,
    pub cable: Cable,
    pub conns: HashMap<Conn, u64>,
    /// How many connections it has accepted.
    pub accepted: u64,
}

pub(super) enum Told {
    Input(NodeId, Input),
    /// The node has heard that the peer of this connection closed, and said what it had to say.
    HangUp(u64),
}

/// The most octets that are kept of what third parties send, between two times that observations are taken.
const MOST_FROM_OUTSIDE: u64 = 256 << 20;
/// What keeping a thing costs beside its octets.
const EACH: u64 = 512;
/// Octets read between two allocations.
const BUFFER: usize = 1 << 20;
/// The most octets that one read gives.
const LARGEST_READ: usize = 1 << 16;

impl Wire {
    pub fn new() -> Wire {
        Wire {
            clock: Clock::start(),
            recorder: Recorder::default(),
            poller: Poller::default(),
            hosts: Vec::new(),
            udp: HashMap::new(),
            listeners: HashMap::new(),
            flows: HashMap::new(),
            next_flow: 0,
            opened_from: HashMap::new(),
            ports: Vec::new(),
            held: BTreeMap::new(),
            next_held: 0,
            told: VecDeque::new(),
            failure: None,
            unsent: 0,
            secrets: Arc::default(),
            troubles: Vec::new(),
            doubts: Vec::new(),
            outside: 0,
            buffer: BytesMut::new(),
            scratch: Vec::new(),
        }
    }

    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Takes an output of a node through its link to the sockets.
    pub fn leave(&mut self, id: NodeId, output: Output) {
        let now = self.now();
        let sent = match &output {
            Output::Send { conn, .. } => Some(*conn),
            _ => None,
        };
        // What was held back until now goes first: nothing of a connection may overtake it where the machine was slow.
        self.release();
        let mut leaving = std::mem::take(&mut self.scratch);
        self.hosts[id.0].cable.leave(now, output, &mut leaving);
        let mut swallowed = sent;
        for (at, output) in leaving.drain(..) {
            if matches!(output, Output::Send { conn, .. } if Some(conn) == sent) {
                swallowed = None;
            }
            if at > now {
                self.held.insert((at, self.next_held), (id, output));
                self.next_held += 1;
            } else {
                self.pass(id, output);
            }
        }
        self.scratch = leaving;
        if let Some(conn) = swallowed {
            // The node has given octets, and none are left on their way: it must not wait for them.
            self.owe_drained(id, conn);
        }
    }

    /// When the next output is due that a link holds back.
    pub fn next_held(&self) -> Option<Time> {
        self.held.first_key_value().map(|((at, _), _)| *at)
    }

    /// Lets out what links have held back until now.
    pub fn release(&mut self) {
        let now = self.now();
        while self.next_held().is_some_and(|at| at <= now)
            && let Some((_, (id, output))) = self.held.pop_first()
        {
            self.pass(id, output);
        }
    }

    /// Does what a socket is ready for.
    pub fn happen(&mut self, ready: Ready) {
        match ready {
            Ready::Datagrams(address) => self.receive_datagrams(address),
            Ready::Sendable(address) => self.send_datagrams(address),
            Ready::Accepted(address, accepted) => self.accept(address, accepted),
            Ready::Connected(flow, connected) => self.connected(flow, connected),
            Ready::Overdue(flow) => self.overdue(flow),
            Ready::Readable(flow) => self.receive(flow),
            Ready::Writable(flow) => self.write(flow),
        }
    }

    pub fn tell(&mut self, id: NodeId, input: Input) {
        self.told.push_back(Told::Input(id, input));
    }

    /// Notes what a third party sent.
    pub fn outside(&mut self, src: SocketAddr, dst: SocketAddr, what: Seen) {
        if let Seen::Datagram(bytes) | Seen::Data(bytes) = &what {
            self.outside += EACH + bytes.len() as u64;
            if self.outside > MOST_FROM_OUTSIDE {
                self.failure.get_or_insert(SocketError::Flood { most: MOST_FROM_OUTSIDE });
            }
        }
        self.recorder.record(self.now(), src, dst, what);
    }

    pub fn cannot_bind(&mut self, id: NodeId, transport: &'static str, address: SocketAddr, source: io::Error) {
        let node = self.hosts[id.0].name.clone();
        self.failure.get_or_insert(SocketError::Bind { node, transport, address, source });
    }

    /// Makes sure that the largest datagram fits behind what the buffer holds.
    pub fn make_room(&mut self) {
        if self.buffer.capacity() - self.buffer.len() < LARGEST_READ {
            self.buffer = BytesMut::with_capacity(BUFFER);
        }
    }

    fn pass(&mut self, id: NodeId, output: Output) {
        match output {
            Output::Datagram { local, remote, bytes } => self.datagram(id, local, remote, bytes),
            Output::Listen { local, layer } => self.listen(id, local, layer),
            Output::Connect { conn, local, remote, layer } => self.connect(id, conn, (local, remote), layer),
            Output::Send { conn, pieces } => self.send(id, conn, &pieces),
            Output::Close { conn } => self.close(id, conn),
            Output::Reset { conn } => self.reset(id, conn),
            Output::Distrust { conn, why } => self.distrust(id, conn, why),
        }
    }
}
