//! A network for tests: hands every output of one node to another as an input, in virtual time, and may lose,
//! double and delay datagrams.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use crate::stack::{Conn, IdSource, Input, Node, Output};
use crate::time::Time;

pub struct Pump<N> {
    pub now: Time,
    pub nodes: Vec<(SocketAddr, N)>,
    /// Datagrams lost of 100, and doubled of 100.
    pub loss: u64,
    pub doubling: u64,
    /// Longest extra delay in milliseconds.
    pub jitter: u64,
    /// Addresses that accept no connection.
    pub refusing: HashSet<SocketAddr>,
    /// `UDP` or `TCP` and the start line of all that was sent, in order.
    pub log: Vec<String>,
    dice: IdSource,
    queue: BTreeMap<(Time, u64), (usize, Input)>,
    serial: u64,
    peers: HashMap<(usize, Conn), (usize, Conn)>,
}

const DELAY: Duration = Duration::from_millis(10);

impl<N: Node> Pump<N> {
    pub fn new(nodes: Vec<(SocketAddr, N)>, seed: u64) -> Pump<N> {
        Pump {
            now: Time(0),
            nodes,
            loss: 0,
            doubling: 0,
            jitter: 0,
            refusing: HashSet::new(),
            log: Vec::new(),
            dice: IdSource::new(seed, "pump"),
            queue: BTreeMap::new(),
            serial: 0,
            peers: HashMap::new(),
        }
    }

    /// Lets the nodes talk until nothing happens before `until`.
    pub fn run_until(&mut self, until: Time) {
        for _ in 0..100_000 {
            self.collect();
            let delivery = self.queue.first_key_value().map(|((at, _), _)| *at);
            let timer = self.nodes.iter().enumerate().filter_map(|(i, (_, n))| Some((n.next_timeout()?, i))).min();
            match (delivery, timer) {
                (Some(at), timer) if at <= until && timer.is_none_or(|(timer, _)| at <= timer) => {
                    self.now = self.now.max(at);
                    if let Some((_, (node, input))) = self.queue.pop_first() {
                        self.nodes[node].1.handle(self.now, input);
                    }
                }
                (_, Some((at, node))) if at <= until => {
                    self.now = self.now.max(at);
                    self.nodes[node].1.handle(self.now, Input::Timer);
                }
                _ => {
                    self.now = until;
                    return;
                }
            }
        }
        panic!("the nodes do not come to rest");
    }

    pub fn run_for(&mut self, time: Duration) {
        self.run_until(self.now + time);
    }

    fn collect(&mut self) {
        for i in 0..self.nodes.len() {
            while let Some(output) = self.nodes[i].1.poll() {
                self.carry(i, output);
            }
        }
    }

    fn node_at(&self, address: SocketAddr) -> Option<usize> {
        let exact = self.nodes.iter().position(|(at, _)| *at == address);
        exact.or_else(|| self.nodes.iter().position(|(at, _)| at.ip() == address.ip()))
    }

    fn deliver(&mut self, delay: Duration, node: usize, input: Input) {
        self.serial += 1;
        self.queue.insert((self.now + delay, self.serial), (node, input));
    }

    fn carry(&mut self, from: usize, output: Output) {
        match output {
            Output::Datagram { local, remote, bytes } => {
                self.note("UDP", &bytes);
                let Some(to) = self.node_at(remote) else { return };
                let copies = if self.dice.below(100) < self.doubling { 2 } else { 1 };
                for _ in 0..copies {
                    if self.dice.below(100) < self.loss {
                        continue;
                    }
                    let delay = DELAY + Duration::from_millis(self.dice.below(self.jitter + 1));
                    let input = Input::Datagram { local: remote, remote: local, bytes: bytes.clone() };
                    self.deliver(delay, to, input);
                }
            }
            Output::Listen { .. } => {}
            Output::Connect { conn, local, remote, .. } => match self.node_at(remote) {
                Some(to) if !self.refusing.contains(&remote) => {
                    self.serial += 1;
                    let accepted = Conn(Conn::ACCEPTED | self.serial);
                    let ephemeral = SocketAddr::new(local.ip(), 20_000 + (self.serial % 40_000) as u16);
                    self.peers.insert((from, conn), (to, accepted));
                    self.peers.insert((to, accepted), (from, conn));
                    self.deliver(
                        DELAY,
                        to,
                        Input::Accepted { conn: accepted, local: remote, remote: ephemeral, certificate: None },
                    );
                    self.deliver(DELAY, from, Input::Connected { conn, local: ephemeral, remote, certificate: None });
                }
                _ => self.deliver(DELAY, from, Input::ConnectFailed { conn }),
            },
            Output::Send { conn, pieces } => {
                let bytes: Vec<u8> = pieces.concat();
                self.note("TCP", &bytes);
                if let Some((to, conn)) = self.peers.get(&(from, conn)).copied() {
                    self.deliver(DELAY, to, Input::Received { conn, bytes: bytes.into() });
                }
                self.deliver(Duration::ZERO, from, Input::Drained { conn });
            }
            Output::Close { conn } | Output::Reset { conn } | Output::Distrust { conn, .. } => {
                if let Some((to, conn)) = self.peers.remove(&(from, conn)) {
                    self.peers.remove(&(to, conn));
                    self.deliver(DELAY, to, Input::Closed { conn, reset: false });
                }
            }
        }
    }

    fn note(&mut self, transport: &str, bytes: &[u8]) {
        let line = bytes.split(|octet| *octet == b'\r').next().unwrap_or_default();
        self.log.push(format!("{transport} {}", String::from_utf8_lossy(line)));
    }
}
