//! The network of the machine: the same nodes over real UDP and TCP sockets, by the wall clock.
//!
//! What crosses a socket is observed as in the virtual network: what a node sends, when the system has taken it; what a
//! third party sends, when it is read. One loop does everything, so the order of observations is that of the acts.
//! It must not know what the nodes are nor what they say.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::net::{Link, NodeId, Stopped};
use crate::stack::{Input, Node};
use crate::time::Time;
use crate::trace::Observation;

mod clock;
mod error;
mod free;
mod losses;
mod reach;
mod ready;
#[cfg(test)]
mod slow_reader;
mod stream;
mod tcp;
#[cfg(test)]
mod tests;
mod tls;
mod udp;
mod wire;

pub use error::SocketError;
pub use free::{holder, is_free};
pub use reach::{Reach, opened, reach};
use tls::Configs;
pub use tls::{Credentials, Secrets, Trouble, Verify, Whose};
use wire::{Host, Told, Wire};

/// Nodes and their sockets. Lives within a tokio runtime.
pub struct Live<N: Node> {
    nodes: Vec<N>,
    wire: Wire,
    /// Which node wants its timer when.
    timers: BTreeSet<(Time, NodeId)>,
    wakes: Vec<Option<Time>>,
    /// How late it was at the most.
    lateness: Duration,
}

/// A node that has more to do than this at once waits for its next input.
const MOST_OUTPUTS_AT_ONCE: usize = 1_000_000;
/// How often the caller is asked whether to stop when nothing happens.
const ASK: Duration = Duration::from_millis(50);

impl<N: Node> Live<N> {
    /// No nodes yet. The clock is read now, once.
    #[expect(clippy::new_without_default, reason = "a default must not read a clock")]
    pub fn new() -> Self {
        Live {
            nodes: Vec::new(),
            wire: Wire::new(),
            timers: BTreeSet::new(),
            wakes: Vec::new(),
            lateness: Duration::ZERO,
        }
    }

    /// Adds a host with a UDP socket at each of `addresses`, and does what the node has to do at once.
    ///
    /// Errors: an address that the host cannot have, be it of these or one that the node listens on.
    pub fn add(&mut self, name: &str, addresses: &[SocketAddr], node: N) -> Result<NodeId, SocketError> {
        self.add_secured(name, addresses, None, node)
    }

    /// The same for a host that shows certificates on secured streams.
    ///
    /// Errors: also credentials that cannot be used.
    pub fn add_secured(
        &mut self,
        name: &str,
        addresses: &[SocketAddr],
        credentials: Option<&Credentials>,
        node: N,
    ) -> Result<NodeId, SocketError> {
        let tls = credentials.map(|own| Configs::new(own, &self.wire.secrets)).transpose();
        let tls = tls.map_err(|why| SocketError::Credentials { node: name.to_owned(), why })?;
        let id = NodeId(self.nodes.len());
        let ips = addresses.iter().map(SocketAddr::ip).collect();
        self.wire.hosts.push(Host { name: name.to_owned(), addresses: ips, tls, ..Host::default() });
        self.nodes.push(node);
        self.wakes.push(None);
        for address in addresses {
            self.wire.bind(id, *address);
        }
        self.kick(id);
        self.wire.failure.take().map_or(Ok(id), Err)
    }

    pub fn node(&self, id: NodeId) -> &N {
        &self.nodes[id.0]
    }

    /// A node, to be changed from outside. What it then wants to do waits for [`Live::kick`].
    pub fn node_mut(&mut self, id: NodeId) -> &mut N {
        &mut self.nodes[id.0]
    }

    /// Every address with the name of its node, in the order of addresses.
    pub fn names(&self) -> Vec<(IpAddr, String)> {
        let of = |host: &Host| host.addresses.iter().map(|ip| (*ip, host.name.clone())).collect::<Vec<_>>();
        let mut names: Vec<_> = self.wire.hosts.iter().flat_map(of).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The addresses that nodes opened connections from and that were not taken yet, in order.
    pub fn ports(&self) -> &[(NodeId, SocketAddr)] {
        &self.wire.ports
    }

    /// Nanoseconds since the Unix epoch.
    pub fn now(&self) -> Time {
        self.wire.now()
    }

    /// Takes what a node wants to do after somebody changed it from outside.
    pub fn kick(&mut self, id: NodeId) {
        for _ in 0..MOST_OUTPUTS_AT_ONCE {
            let Some(output) = self.nodes[id.0].poll() else { break };
            self.wire.leave(id, output);
        }
        let wanted = self.nodes[id.0].next_timeout();
        if wanted != self.wakes[id.0] {
            if let Some(before) = std::mem::replace(&mut self.wakes[id.0], wanted) {
                self.timers.remove(&(before, id));
            }
            self.timers.extend(wanted.map(|at| (at, id)));
        }
    }

    /// Runs for `limit`, or until `stop` says so: it is asked first of all, after every event, and now and then.
    ///
    /// Errors: an address that a node needs and cannot have, or a flood from outside.
    pub async fn run(&mut self, limit: Duration, mut stop: impl FnMut(&Self) -> bool) -> Result<Stopped, SocketError> {
        let until = self.now() + limit;
        loop {
            self.hear();
            if let Some(failure) = self.wire.failure.take() {
                return Err(failure);
            }
            if stop(self) {
                return Ok(Stopped::Condition);
            }
            let now = self.now();
            if now >= until {
                return Ok(Stopped::TimeUp);
            }
            let timer = self.timers.first().map(|(at, _)| *at);
            let due = [timer, self.wire.next_held()].into_iter().flatten().min().unwrap_or(until);
            let mut wait = due.min(until).min(now + ASK).since(now);
            if due <= now {
                self.lateness = self.lateness.max(now.since(due));
                self.time_has_come();
                wait = Duration::ZERO;
            }
            // Sockets come first, but never in the way of time, which came above.
            tokio::select! {
                biased;
                ready = self.wire.poller.next() => self.wire.happen(ready),
                () = tokio::time::sleep(wait) => {}
            }
            self.lateness = self.lateness.max(self.now().since(now + wait));
        }
    }

    /// How late it was at the most since the last time that this was asked: behind a timer of a node, or behind the end of
    /// its own wait. Nothing where it was never late.
    pub fn take_lateness(&mut self) -> Option<Duration> {
        Some(std::mem::take(&mut self.lateness)).filter(|late| !late.is_zero())
    }

    /// How many datagrams were lost in this machine on their way to or from the nodes, as far as that is known.
    pub fn losses(&self) -> u64 {
        self.wire.unsent + losses::dropped(|address| self.wire.udp.contains_key(&address))
    }

    /// What was seen and not yet taken.
    pub fn observations(&self) -> &[Observation] {
        self.wire.recorder.observations()
    }

    /// Hands out what was seen since the last time. Packet numbers go on.
    pub fn take_observations(&mut self) -> Vec<Observation> {
        self.wire.outside = 0;
        self.wire.ports.clear();
        self.wire.recorder.take()
    }

    /// What went wrong with TLS since the last time.
    pub fn take_troubles(&mut self) -> Vec<Trouble> {
        std::mem::take(&mut self.wire.troubles)
    }

    /// Who was not believed since the last time and was talked to all the same ([`Verify::Leniently`]).
    pub fn take_doubts(&mut self) -> Vec<Trouble> {
        std::mem::take(&mut self.wire.doubts)
    }

    /// Plugs a link between a node and its sockets; gives back the one before.
    pub fn set_link(&mut self, id: NodeId, link: Box<dyn Link>) -> Option<Box<dyn Link>> {
        self.wire.hosts[id.0].cable.plug(Some(link))
    }

    /// Unplugs the link of a node: everything passes again.
    pub fn take_link(&mut self, id: NodeId) -> Option<Box<dyn Link>> {
        self.wire.hosts[id.0].cable.plug(None)
    }

    /// Lets the nodes hear what is there for them. What they then say may give more, but only as much as sockets take.
    fn hear(&mut self) {
        for _ in 0..MOST_OUTPUTS_AT_ONCE {
            match self.wire.told.pop_front() {
                Some(Told::Input(id, input)) => {
                    let now = self.wire.now();
                    if let Some(input) = self.wire.hosts[id.0].cable.arrive(now, input) {
                        self.nodes[id.0].handle(now, input);
                        self.kick(id);
                    }
                }
                Some(Told::HangUp(flow)) => self.wire.hang_up(flow),
                None => return,
            }
        }
    }

    /// Lets out what was held back, and wakes the nodes whose timers are due, each once.
    fn time_has_come(&mut self) {
        self.wire.release();
        let now = self.now();
        for _ in 0..self.nodes.len() {
            let Some((_, id)) = self.timers.first().copied().filter(|(at, _)| *at <= now) else { return };
            self.nodes[id.0].handle(now, Input::Timer);
            self.kick(id);
        }
    }
}
