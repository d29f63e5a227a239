//! Which open episodes a TCP connection belongs to. What happens to a connection is held until its first chunk, or
//! the end of the episode that is reached at its address, tells whose it is.

use std::net::SocketAddr;

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use super::unit::{Change, Unit};

/// Connections remembered; of more, those that were silent longest are forgotten.
const MOST: usize = 65_536;
/// Events held of one connection.
const HELD: usize = 16;
/// Episodes that one connection serves (RFC 4975 §5.4 lets sessions share one); more are not told of its events.
const SHARED: usize = 64;

pub(super) type Pair = (SocketAddr, SocketAddr);

/// Both ends of a connection, whoever speaks.
pub(super) fn pair(a: SocketAddr, b: SocketAddr) -> Pair {
    (a.min(b), a.max(b))
}

#[derive(Default)]
pub(super) struct Connections {
    known: HashMap<Pair, Connection>,
    clock: u64,
}

#[derive(Default)]
struct Connection {
    owners: SmallVec<[u32; 1]>,
    /// The episode whose description names the address that was connected to.
    guess: Option<u32>,
    held: SmallVec<[(u64, Unit); 1]>,
    sip: bool,
    /// Ends that will send nothing more.
    finished: u8,
    mark: u64,
}

impl Connections {
    pub fn owners(&self, a: SocketAddr, b: SocketAddr) -> SmallVec<[u32; 1]> {
        match self.known.is_empty() {
            true => SmallVec::new(),
            false => self.known.get(&pair(a, b)).map_or_else(SmallVec::new, |c| c.owners.clone()),
        }
    }

    /// A connection begins; gives what was held of one before it that only a guess knows.
    pub fn begin(&mut self, a: SocketAddr, b: SocketAddr) -> Vec<(u32, u64, Unit)> {
        let before = self.known.remove(&pair(a, b));
        self.entry(a, b);
        let Some(Connection { guess: Some(slot), owners, held, .. }) = before else { return Vec::new() };
        if !owners.is_empty() {
            return Vec::new();
        }
        held.into_iter().map(|(sequence, unit)| (slot, sequence, unit)).collect()
    }

    pub fn guess(&mut self, a: SocketAddr, b: SocketAddr, slot: Option<u32>) {
        self.entry(a, b).guess = slot;
    }

    pub fn hold(&mut self, sequence: u64, unit: &Unit) {
        let connection = self.entry(unit.src, unit.dst);
        if !connection.sip && connection.held.len() < HELD {
            connection.held.push((sequence, unit.clone()));
        }
    }

    /// Events from before the first chunk.
    pub fn held(&self, a: SocketAddr, b: SocketAddr) -> &[(u64, Unit)] {
        self.known.get(&pair(a, b)).map_or(&[], |c| c.held.as_slice())
    }

    /// A chunk of the episode came over the connection: true when that is news.
    pub fn own(&mut self, a: SocketAddr, b: SocketAddr, slot: u32) -> bool {
        let connection = self.entry(a, b);
        let news = !connection.owners.contains(&slot) && connection.owners.len() < SHARED;
        if news {
            connection.owners.push(slot);
        }
        news
    }

    /// SIP came over the connection: its events are nobody's.
    pub fn carries_sip(&mut self, a: SocketAddr, b: SocketAddr) {
        let connection = self.entry(a, b);
        connection.sip = true;
        connection.held.clear();
    }

    /// Follows the connection to its end, where it is forgotten unless a guess may still ask for it.
    pub fn change(&mut self, a: SocketAddr, b: SocketAddr, change: Change) {
        let Some(connection) = self.known.get_mut(&pair(a, b)) else { return };
        connection.finished += match change {
            Change::Finished => 1,
            Change::Reset | Change::Refused => 2,
            Change::Connecting | Change::Opened | Change::Secured | Change::Gap => 0,
        };
        if connection.finished >= 2 && (connection.guess.is_none() || !connection.owners.is_empty()) {
            self.known.remove(&pair(a, b));
        }
    }

    /// The episodes with a connection that neither end has closed.
    pub fn still_open(&self) -> HashSet<u32> {
        self.known.values().filter(|c| c.finished == 0).flat_map(|c| c.owners.iter().copied()).collect()
    }

    /// The episode is over; gives what was held for it.
    pub fn release(&mut self, a: SocketAddr, b: SocketAddr, slot: u32) -> Vec<(u64, Unit)> {
        let Some(connection) = self.known.get_mut(&pair(a, b)) else { return Vec::new() };
        // An owner was given what was held when it became one.
        let unowned = connection.owners.is_empty() && !connection.sip;
        connection.owners.retain(|s| *s != slot);
        if connection.guess != Some(slot) {
            return Vec::new();
        }
        connection.guess = None;
        let held = if unowned { std::mem::take(&mut connection.held).into_vec() } else { Vec::new() };
        if connection.finished >= 2 {
            self.known.remove(&pair(a, b));
        }
        held
    }

    fn entry(&mut self, a: SocketAddr, b: SocketAddr) -> &mut Connection {
        self.clock += 1;
        let key = pair(a, b);
        if self.known.len() >= MOST && !self.known.contains_key(&key) {
            let mut marks: Vec<u64> = self.known.values().map(|c| c.mark).collect();
            let (_, limit, _) = marks.select_nth_unstable(MOST / 16);
            let limit = *limit;
            self.known.retain(|_, c| c.mark > limit);
        }
        let connection = self.known.entry(key).or_default();
        connection.mark = self.clock;
        connection
    }
}
