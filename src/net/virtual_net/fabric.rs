//! The network without its nodes: who has which address, what is under way, and UDP.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use super::conditions::Ways;
use super::queue::Queue;
use super::streams::{Flow, Side, StreamEvent};
use crate::net::link::Cable;
use crate::net::random::Random;
use crate::net::recorder::{LARGEST_DATAGRAM, Recorder};
use crate::net::{Link, NodeId};
use crate::stack::{Conn, Input, Layer, Output};
use crate::time::Time;
use crate::trace::Seen;

pub(super) struct Fabric {
    pub now: Time,
    pub recorder: Recorder,
    pub ways: Ways,
    pub(super) random: Random,
    pub(super) hosts: Vec<Host>,
    owners: BTreeMap<IpAddr, NodeId>,
    queue: Queue<Event>,
    /// The TCP connections, by a number that is never used again.
    pub(super) flows: BTreeMap<u64, Flow>,
    pub(super) next_flow: u64,
    scratch: Vec<(Time, Output)>,
}

/// What the network knows of a host.
#[derive(Default)]
pub(super) struct Host {
    cable: Cable,
    pub listening: BTreeMap<SocketAddr, Layer>,
    /// What it shows on secured streams, in DER.
    pub certificate: Option<Bytes>,
    pub conns: BTreeMap<Conn, (u64, Side)>,
    /// How many connections it has accepted.
    pub accepted: u64,
    /// How many ephemeral ports it has used, and which it uses now.
    pub ports_used: u64,
    pub ports: BTreeSet<SocketAddr>,
}

/// What is under way.
enum Event {
    Datagram {
        from: NodeId,
        to: NodeId,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: Bytes,
    },
    Stream(u64, StreamEvent),
    /// An output that a link held back.
    Held(NodeId, Output),
    /// An input that comes from no packet.
    Told(NodeId, Input),
}

impl Fabric {
    pub fn new(seed: u64, start: Time) -> Fabric {
        Fabric {
            now: start,
            recorder: Recorder::default(),
            ways: Ways::default(),
            random: Random::new(seed),
            hosts: Vec::new(),
            owners: BTreeMap::new(),
            queue: Queue::default(),
            flows: BTreeMap::new(),
            next_flow: 0,
            scratch: Vec::new(),
        }
    }

    /// Adds a host; gives back an address that another one has, if there is one.
    pub fn add(&mut self, id: NodeId, addrs: &[IpAddr]) -> Option<(IpAddr, NodeId)> {
        for addr in addrs {
            if let Some(owner) = self.owners.insert(*addr, id).filter(|owner| *owner != id) {
                return Some((*addr, owner));
            }
        }
        self.hosts.push(Host::default());
        None
    }

    pub fn owners(&self) -> impl Iterator<Item = (IpAddr, NodeId)> {
        self.owners.iter().map(|(addr, id)| (*addr, *id))
    }

    pub fn owner(&self, addr: SocketAddr) -> Option<NodeId> {
        self.owners.get(&addr.ip()).copied()
    }

    pub fn plug(&mut self, id: NodeId, link: Option<Box<dyn Link>>) -> Option<Box<dyn Link>> {
        self.hosts[id.0].cable.plug(link)
    }

    /// When the next thing happens.
    pub fn next_time(&self) -> Option<Time> {
        self.queue.next_time()
    }

    /// Lets the next thing happen; gives what a node gets to hear of it.
    pub fn happen(&mut self) -> Option<(NodeId, Input)> {
        let (id, input) = match self.queue.pop()? {
            Event::Datagram { from, to, local, remote, bytes } => {
                if self.ways.is_cut(from, to) {
                    return None;
                }
                (to, Input::Datagram { local, remote, bytes })
            }
            Event::Stream(flow, event) => self.stream_event(flow, event)?,
            Event::Held(id, output) => {
                self.pass(id, output);
                return None;
            }
            Event::Told(id, input) => (id, input),
        };
        Some((id, self.hosts[id.0].cable.arrive(self.now, input)?))
    }

    /// Takes an output of a node through its link into the network.
    pub fn leave(&mut self, id: NodeId, output: Output) {
        let sent = match &output {
            Output::Send { conn, .. } => Some(*conn),
            _ => None,
        };
        let mut leaving = std::mem::take(&mut self.scratch);
        self.hosts[id.0].cable.leave(self.now, output, &mut leaving);
        let mut swallowed = sent;
        for (at, output) in leaving.drain(..) {
            if matches!(output, Output::Send { conn, .. } if Some(conn) == sent) {
                swallowed = None;
            }
            if at > self.now {
                self.queue.push(at, Event::Held(id, output));
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

    fn pass(&mut self, id: NodeId, output: Output) {
        match output {
            Output::Datagram { local, remote, bytes } => self.datagram(id, local, remote, bytes),
            Output::Listen { local, layer } => {
                self.hosts[id.0].listening.insert(local, layer);
            }
            Output::Connect { conn, local, remote, layer } => self.connect(id, conn, (local, remote), layer),
            Output::Send { conn, pieces } => self.send(id, conn, pieces),
            Output::Close { conn } => self.close(id, conn),
            Output::Reset { conn } | Output::Distrust { conn, .. } => self.reset(id, conn),
        }
    }

    fn datagram(&mut self, id: NodeId, local: SocketAddr, remote: SocketAddr, bytes: Bytes) {
        if bytes.len() > LARGEST_DATAGRAM || local.is_ipv4() != remote.is_ipv4() {
            return; // A socket would refuse it, so nothing leaves.
        }
        self.recorder.record(self.now, local, remote, Seen::Datagram(bytes.clone()));
        let Some(to) = self.owner(remote) else { return };
        for at in self.ways.datagram(self.now, id, to, &mut self.random) {
            let bytes = bytes.clone();
            self.queue.push(at, Event::Datagram { from: id, to, local: remote, remote: local, bytes });
        }
    }

    pub(super) fn later(&mut self, at: Time, flow: u64, event: StreamEvent) {
        self.queue.push(at, Event::Stream(flow, event));
    }

    pub(super) fn tell(&mut self, at: Time, id: NodeId, input: Input) {
        self.queue.push(at, Event::Told(id, input));
    }

    pub(super) fn link_holds(&self, id: NodeId, conn: Conn) -> bool {
        self.hosts[id.0].cable.holds(self.now, conn)
    }
}
