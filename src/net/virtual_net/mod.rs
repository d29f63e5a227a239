//! A network inside the process: nodes joined by UDP and TCP in virtual time. Everything that happens
//! follows from the nodes, the seed and the conditions: the same seed gives the same observations.
//!
//! An observation is made beside the sender when a packet leaves it, whether or not it ever arrives.
//! It must not know what the nodes are nor what they say.

use std::collections::BTreeSet;
use std::net::IpAddr;

use bytes::Bytes;

use crate::net::{Link, NodeId, Stopped};
use crate::stack::{Input, Node};
use crate::time::Time;
use crate::trace::Observation;

mod conditions;
mod fabric;
mod queue;
mod streams;
#[cfg(test)]
mod tests;

pub use conditions::{Conditions, Segments};
use fabric::Fabric;
pub use streams::CONNECT_TIMEOUT;

/// Nodes and the network between them.
pub struct Network<N: Node> {
    nodes: Vec<N>,
    names: Vec<String>,
    fabric: Fabric,
    /// Which node wants its timer when.
    timers: BTreeSet<(Time, NodeId)>,
    wakes: Vec<Option<Time>>,
    /// Steps since time last got on, and in this run.
    steps: (u64, u64),
}

/// More steps than this at one instant are a livelock.
const MOST_STEPS_AT_ONCE: u64 = 4_000_000;
/// More steps than this in one run are a livelock, too.
const MOST_STEPS: u64 = 200_000_000;

impl<N: Node> Network<N> {
    /// An empty network. All its chance comes from `seed`; its clock shows `start`.
    pub fn new(seed: u64, start: Time) -> Self {
        Network {
            nodes: Vec::new(),
            names: Vec::new(),
            fabric: Fabric::new(seed, start),
            timers: BTreeSet::new(),
            wakes: Vec::new(),
            steps: (0, 0),
        }
    }

    /// Adds a host that owns these addresses, each with all its ports, and does what the node has to do at once.
    ///
    /// # Panics
    ///
    /// When another node has one of the addresses: the cast is wrong.
    pub fn add(&mut self, name: &str, addrs: &[IpAddr], node: N) -> NodeId {
        let id = NodeId(self.nodes.len());
        if let Some((taken, owner)) = self.fabric.add(id, addrs) {
            panic!("{name} cannot have the address {taken}: {} has it", self.names[owner.0]);
        }
        self.nodes.push(node);
        self.names.push(name.to_owned());
        self.wakes.push(None);
        self.kick(id);
        id
    }

    pub fn node(&self, id: NodeId) -> &N {
        &self.nodes[id.0]
    }

    /// A node, to be changed from outside. What it then wants to do waits for [`Network::kick`].
    pub fn node_mut(&mut self, id: NodeId) -> &mut N {
        &mut self.nodes[id.0]
    }

    /// Every address with the name of its node, in the order of addresses.
    pub fn names(&self) -> Vec<(IpAddr, String)> {
        self.fabric.owners().map(|(addr, id)| (addr, self.names[id.0].clone())).collect()
    }

    pub fn now(&self) -> Time {
        self.fabric.now
    }

    /// Takes what a node wants to do after somebody changed it from outside.
    pub fn kick(&mut self, id: NodeId) {
        while let Some(output) = self.nodes[id.0].poll() {
            self.fabric.leave(id, output);
            self.steps.0 += 1;
            if self.steps.0 > MOST_STEPS_AT_ONCE {
                return;
            }
        }
        let wanted = self.nodes[id.0].next_timeout();
        if wanted != self.wakes[id.0] {
            if let Some(before) = std::mem::replace(&mut self.wakes[id.0], wanted) {
                self.timers.remove(&(before, id));
            }
            self.timers.extend(wanted.map(|at| (at, id)));
        }
    }

    /// Runs until the time, until `stop` says so (asked first of all and after every event), or until
    /// nothing is left to happen; the clock then shows the last event. Of one instant, arrivals come before
    /// timers.
    pub fn run(&mut self, until: Time, mut stop: impl FnMut(&Self) -> bool) -> Stopped {
        self.steps = (0, 0);
        loop {
            if stop(self) {
                return Stopped::Condition;
            }
            let timer = self.timers.first().copied();
            let (at, event_first) = match (self.fabric.next_time(), timer) {
                (None, None) => return Stopped::Idle,
                (Some(event), Some((timer, _))) => (event.min(timer), event <= timer),
                (Some(event), None) => (event, true),
                (None, Some((timer, _))) => (timer, false),
            };
            if at > until {
                self.fabric.now = self.fabric.now.max(until);
                return Stopped::TimeUp;
            }
            if at > self.fabric.now {
                self.fabric.now = at;
                self.steps.0 = 0;
            }
            self.steps = (self.steps.0 + 1, self.steps.1 + 1);
            if self.steps.0 > MOST_STEPS_AT_ONCE || self.steps.1 > MOST_STEPS {
                return Stopped::Livelock;
            }
            let happened = match (event_first, timer) {
                (false, Some((_, id))) => Some((id, Input::Timer)),
                _ => self.fabric.happen(),
            };
            if let Some((id, input)) = happened {
                self.nodes[id.0].handle(self.fabric.now, input);
                self.kick(id);
            }
        }
    }

    /// Lets everything happen until the time, and sets the clock to it even if nothing does.
    pub fn advance(&mut self, until: Time) -> Stopped {
        let stopped = self.run(until, |_| false);
        if stopped == Stopped::Idle {
            self.fabric.now = self.fabric.now.max(until);
        }
        stopped
    }

    /// What was seen and not yet taken.
    pub fn observations(&self) -> &[Observation] {
        self.fabric.recorder.observations()
    }

    /// Hands out what was seen since the last time. Packet numbers go on.
    pub fn take_observations(&mut self) -> Vec<Observation> {
        self.fabric.recorder.take()
    }

    /// Plugs a link between a node and the network; gives back the one before.
    pub fn set_link(&mut self, id: NodeId, link: Box<dyn Link>) -> Option<Box<dyn Link>> {
        self.fabric.plug(id, Some(link))
    }

    /// What a node shows on secured streams, in DER.
    pub fn certify(&mut self, id: NodeId, certificate: Bytes) {
        self.fabric.hosts[id.0].certificate = Some(certificate);
    }

    /// Unplugs the link of a node: everything passes again.
    pub fn take_link(&mut self, id: NodeId) -> Option<Box<dyn Link>> {
        self.fabric.plug(id, None)
    }

    /// The conditions between hosts for which no others are set.
    pub fn set_default_conditions(&mut self, conditions: Conditions) {
        self.fabric.ways.set_default(conditions);
    }

    /// The conditions on the way from one host to another, from now on, and not on the way back.
    pub fn set_conditions(&mut self, from: NodeId, to: NodeId, conditions: Conditions) {
        self.fabric.ways.set(from, to, conditions);
    }

    /// Cuts two hosts off from each other: datagrams are lost, streams stand still.
    pub fn partition(&mut self, a: NodeId, b: NodeId) {
        self.fabric.ways.partition(a, b);
    }

    /// Ends a partition: streams go on after a retransmission.
    pub fn heal(&mut self, a: NodeId, b: NodeId) {
        self.fabric.ways.heal(a, b);
        self.fabric.resume(a, b);
    }
}
