//! Cuts a capture into episodes as it is read: one SIP Call-ID with the MSRP sessions that its descriptions name.
//!
//! An episode is handed out when nothing more of it is to be expected, so that memory follows what is open and not
//! the size of the file. Nothing is judged here.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::connections::{Connections, pair};
use super::course::{Course, LINGER, Phase};
use super::paths::{self, Paths};
use super::places::Places;
use super::timeline::Trace;
use super::unit::{Change, Transport, Unit, What};
use crate::time::Time;
use crate::wire::sip;

/// Connections remembered of one episode.
const CONNECTIONS: usize = 64;

/// What may be open at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Episodes. Of more, those that were silent longest are handed out as incomplete.
    pub open: usize,
    /// Units kept of one episode; those beyond are counted.
    pub units: usize,
    /// Units kept of all open episodes together.
    pub all_units: usize,
    /// Octets kept of the body of an MSRP chunk.
    pub body: usize,
    /// Event packages whose subscriptions are one episode until they end. Those to others are over when they fall silent:
    /// of what nobody asks for, nothing is held for hours.
    pub packages: &'static [&'static str],
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { open: 50_000, units: 65_536, all_units: 500_000, body: 2_048, packages: &["conference"] }
    }
}

/// All that belongs to one Call-ID, or to one MSRP session whose SIP was not captured.
#[derive(Clone, Debug)]
pub struct Episode {
    /// Empty for MSRP without SIP.
    pub call_id: Box<str>,
    /// False where the capture ended, or a limit was reached, before the episode was over.
    pub complete: bool,
    /// The observer missed octets of a connection of the episode.
    pub gap: bool,
    /// How many units were not kept.
    pub overflow: u64,
    /// First and last packet, by their numbers in the capture.
    pub packets: (u32, u32),
    /// The one that it goes on with, where somebody found that out.
    pub earlier: Option<Box<Episode>>,
    units: Vec<Unit>,
}

/// Takes the units of a capture in order, and hands finished episodes out.
pub struct Episodes {
    limits: Limits,
    slots: Vec<Option<Open>>,
    free: Vec<u32>,
    by_call: Places,
    paths: Paths,
    connections: Connections,
    /// When to look at which slot again. An entry that is not its episode's next is stale.
    due: BinaryHeap<Reverse<(Time, u32, u64)>>,
    now: Time,
    units: usize,
    /// Counts units; the order in which they were completed.
    sequence: u64,
    /// How often octets of a connection were missed that carries SIP, or what nobody knows.
    sip_gaps: u64,
}

struct Open {
    call_id: Box<str>,
    units: Vec<Unit>,
    /// The sequence number of each unit.
    sequences: Vec<u64>,
    overflow: u64,
    course: Course,
    /// When it will be looked at next.
    queued: Option<Time>,
    /// Sequence number of its first and its latest unit.
    born: u64,
    mark: u64,
    gap: bool,
    over_tcp: bool,
    sip_gaps: u64,
    /// Nothing of it was seen but how somebody asked a relay for a path (RFC 4976 §5.1).
    asks_only: bool,
    paths: SmallVec<[Box<str>; 4]>,
    connections: SmallVec<[(SocketAddr, SocketAddr); 1]>,
}

impl Episode {
    /// Its units in order of time.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// This episode as one that goes on with another.
    pub fn after(self, earlier: Episode) -> Episode {
        Episode {
            complete: self.complete && earlier.complete,
            gap: self.gap || earlier.gap,
            overflow: self.overflow + earlier.overflow,
            packets: (self.packets.0.min(earlier.packets.0), self.packets.1.max(earlier.packets.1)),
            earlier: Some(Box::new(earlier)),
            ..self
        }
    }

    /// The units with their joins.
    pub fn into_trace(self) -> Trace {
        Trace::of(self.units)
    }
}

impl Default for Episodes {
    fn default() -> Episodes {
        Episodes::new(Limits::default())
    }
}

impl Episodes {
    pub fn new(limits: Limits) -> Episodes {
        Episodes {
            limits,
            slots: Vec::new(),
            free: Vec::new(),
            by_call: Places::default(),
            paths: Paths::default(),
            connections: Connections::default(),
            due: BinaryHeap::new(),
            now: Time::default(),
            units: 0,
            sequence: 0,
            sip_gaps: 0,
        }
    }

    /// How many episodes are open.
    pub fn open(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Takes the next unit and hands every episode to `give` that is over by then.
    pub fn take(&mut self, unit: Unit, mut give: impl FnMut(Episode)) {
        self.now = self.now.max(unit.at);
        self.sequence += 1;
        self.expire(&mut give);
        match &unit.what {
            What::Sip { message, transport } => {
                let (message, transport) = (Arc::clone(message), *transport);
                self.sip(unit, &message, transport, &mut give);
            }
            What::Msrp(_) => self.msrp(unit, &mut give),
            What::Connection(change) => {
                let change = *change;
                self.connection(unit, change);
            }
            What::Certificate(_) => self.beside(unit),
            What::Other(_) => {
                for slot in self.connections.owners(unit.src, unit.dst) {
                    self.keep(slot, self.sequence, unit.clone());
                }
            }
            What::Event(_) => {}
        }
    }

    /// The capture is at its end: hands out what is open, in the order in which it began.
    pub fn finish(mut self, mut give: impl FnMut(Episode)) {
        let mut open: Vec<(u64, u32)> = self.order(|open| open.born);
        open.sort_unstable();
        let connected = self.connections.still_open();
        for (_, slot) in open {
            let over = self.slots[slot as usize].as_ref().is_some_and(|o| o.course.phase == Phase::Over);
            let complete = over && !connected.contains(&slot);
            self.close(slot, complete, &mut give);
        }
    }

    fn sip(&mut self, unit: Unit, message: &sip::Message, transport: Transport, give: &mut impl FnMut(Episode)) {
        if transport == Transport::Tcp {
            self.connections.carries_sip(unit.src, unit.dst);
        }
        let call_id = message.call_id();
        if call_id.is_empty() {
            return;
        }
        let same = |at: usize| self.slots[at].as_ref().is_some_and(|open| &*open.call_id == call_id);
        let slot = match self.by_call.find(call_id, same) {
            Some(slot) => slot as u32,
            None => {
                let slot = self.begin(call_id.into(), give);
                self.by_call.find_or_insert(call_id, slot as usize, |_| false);
                slot
            }
        };
        let named = paths::of(message);
        let at = unit.at;
        for key in &named {
            self.absorb(key, slot);
        }
        if let Some(open) = &mut self.slots[slot as usize] {
            open.over_tcp |= transport == Transport::Tcp;
            for key in named {
                if !open.paths.contains(&key) && open.paths.len() < paths::MOST {
                    self.paths.add(&key, slot);
                    open.paths.push(key);
                }
            }
            open.course.follow(message, at, self.limits.packages);
        }
        self.keep(slot, self.sequence, unit);
        self.arm(slot);
    }

    fn msrp(&mut self, mut unit: Unit, give: &mut impl FnMut(Episode)) {
        let What::Msrp(message) = &unit.what else { return };
        let head = message.head();
        let (from, to) = (head.from_path().next_back(), head.to_path().next_back());
        let (mut from, mut to) = (from.and_then(paths::key), to.and_then(paths::key));
        // The URI of a relay itself names no session, and who asks it for a path is one of many.
        let of_none = |key: &Option<Box<str>>| key.as_deref().is_some_and(paths::is_of_no_session);
        let asks = of_none(&from) != of_none(&to) && from.is_some() && to.is_some();
        if asks {
            from = from.filter(|key| !paths::is_of_no_session(key));
            to = to.filter(|key| !paths::is_of_no_session(key));
        }
        let mut owners: SmallVec<[u32; paths::SHARED]> = SmallVec::new();
        for key in [&from, &to].into_iter().flatten() {
            for slot in self.paths.of(key) {
                if !owners.contains(slot) {
                    owners.push(*slot);
                }
            }
        }
        if owners.is_empty() {
            let slot = self.begin(Box::default(), give);
            if let Some(open) = &mut self.slots[slot as usize] {
                // Nothing but the end of the connection ends a session whose SIP nobody saw.
                open.course.phase = Phase::Confirmed;
                open.asks_only = asks;
                for key in [from, to].into_iter().flatten() {
                    self.paths.add(&key, slot);
                    open.paths.push(key);
                }
            }
            owners.push(slot);
        }
        for slot in &owners {
            if let Some(open) = &mut self.slots[*slot as usize] {
                open.asks_only &= asks;
            }
        }
        // A slice would hold on to the whole segment.
        unit.what = What::Msrp(Arc::new(message.detached(self.limits.body)));
        for slot in &owners {
            if self.connections.own(unit.src, unit.dst, *slot) {
                for (sequence, held) in self.connections.held(unit.src, unit.dst).to_vec() {
                    self.note_gap(*slot, &held);
                    self.keep(*slot, sequence, held);
                }
                if let Some(open) = &mut self.slots[*slot as usize]
                    && open.connections.len() < CONNECTIONS
                {
                    open.connections.push(pair(unit.src, unit.dst));
                }
            }
        }
        for slot in owners {
            self.keep(slot, self.sequence, unit.clone());
        }
    }

    /// What is about a connection, and does not change it.
    fn beside(&mut self, unit: Unit) {
        let owners = self.connections.owners(unit.src, unit.dst);
        if owners.is_empty() {
            self.connections.hold(self.sequence, &unit);
        }
        for slot in owners {
            self.keep(slot, self.sequence, unit.clone());
        }
    }

    fn connection(&mut self, unit: Unit, change: Change) {
        if change == Change::Connecting {
            // The connection before this one between the same ports, if nobody ever owned it.
            for (slot, sequence, held) in self.connections.begin(unit.src, unit.dst) {
                self.keep(slot, sequence, held);
            }
            let guess = self.paths.at(unit.dst);
            self.connections.guess(unit.src, unit.dst, guess);
            if let Some(slot) = guess
                && let Some(open) = &mut self.slots[slot as usize]
                && open.connections.len() < CONNECTIONS
            {
                open.connections.push(pair(unit.src, unit.dst));
            }
        }
        let owners = self.connections.owners(unit.src, unit.dst);
        if owners.is_empty() {
            if change == Change::Gap {
                self.sip_gaps += 1;
            }
            self.connections.hold(self.sequence, &unit);
        }
        for slot in owners {
            self.note_gap(slot, &unit);
            self.keep(slot, self.sequence, unit.clone());
            if let Some(open) = &mut self.slots[slot as usize]
                && open.call_id.is_empty()
                && matches!(change, Change::Finished | Change::Reset)
            {
                open.course.phase = Phase::Over;
                open.course.deadline = Some(unit.at + LINGER);
                self.arm(slot);
            }
        }
        self.connections.change(unit.src, unit.dst, change);
    }

    /// What came of the question for a path that is this one goes into the episode of the call that uses it.
    fn absorb(&mut self, key: &str, slot: u32) {
        let asked = |other: &&u32| self.slots[**other as usize].as_ref().is_some_and(|open| open.asks_only);
        let Some(other) = self.paths.of(key).iter().find(asked).copied() else { return };
        let Some(open) = self.slots[other as usize].take() else { return };
        self.free.push(other);
        self.units -= open.units.len();
        for key in &open.paths {
            self.paths.remove(key, other);
        }
        for (sequence, unit) in open.sequences.into_iter().zip(open.units) {
            self.keep(slot, sequence, unit);
        }
        for (a, b) in open.connections {
            self.connections.own(a, b, slot);
            for (sequence, held) in self.connections.release(a, b, other) {
                self.keep(slot, sequence, held);
            }
            if let Some(open) = &mut self.slots[slot as usize] {
                open.connections.push((a, b));
            }
        }
    }

    fn note_gap(&mut self, slot: u32, unit: &Unit) {
        if let (Some(open), What::Connection(Change::Gap)) = (&mut self.slots[slot as usize], &unit.what) {
            open.gap = true;
        }
    }

    fn keep(&mut self, slot: u32, sequence: u64, unit: Unit) {
        let Some(open) = &mut self.slots[slot as usize] else { return };
        open.mark = self.sequence;
        if open.units.len() >= self.limits.units {
            open.overflow += 1;
            return;
        }
        open.units.push(unit);
        open.sequences.push(sequence);
        self.units += 1;
    }

    fn begin(&mut self, call_id: Box<str>, give: &mut impl FnMut(Episode)) -> u32 {
        if self.open() >= self.limits.open || self.units >= self.limits.all_units {
            self.evict(give);
        }
        let open = Open {
            call_id,
            units: Vec::new(),
            sequences: Vec::new(),
            overflow: 0,
            course: Course::BEGUN,
            queued: None,
            born: self.sequence,
            mark: self.sequence,
            gap: false,
            over_tcp: false,
            sip_gaps: self.sip_gaps,
            asks_only: false,
            paths: SmallVec::new(),
            connections: SmallVec::new(),
        };
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(open);
                slot
            }
            None => {
                self.slots.push(Some(open));
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        }
    }

    /// Hands out the sixteenth part of the open episodes that was silent longest: one look at all of them pays for many.
    fn evict(&mut self, give: &mut impl FnMut(Episode)) {
        let mut open = self.order(|open| open.mark);
        let count = (open.len() / 16).max(1).min(open.len());
        open.sort_unstable();
        for (_, slot) in open.drain(..count) {
            self.close(slot, false, give);
        }
    }

    fn order(&self, by: impl Fn(&Open) -> u64) -> Vec<(u64, u32)> {
        let open = self.slots.iter().enumerate();
        open.filter_map(|(slot, open)| Some((by(open.as_ref()?), slot as u32))).collect()
    }

    /// Sees to it that somebody looks when the deadline of the slot has come.
    fn arm(&mut self, slot: u32) {
        if let Some(open) = &mut self.slots[slot as usize]
            && let Some(deadline) = open.course.deadline
            && open.queued.is_none_or(|queued| deadline < queued)
        {
            open.queued = Some(deadline);
            self.due.push(Reverse((deadline, slot, open.born)));
        }
    }

    fn expire(&mut self, give: &mut impl FnMut(Episode)) {
        while let Some(Reverse((due, slot, born))) = self.due.peek().copied()
            && due <= self.now
        {
            self.due.pop();
            let same = |open: &&mut Open| open.born == born && open.queued == Some(due);
            let Some(open) = self.slots[slot as usize].as_mut().filter(same) else { continue };
            open.queued = None;
            match open.course.deadline {
                Some(deadline) if deadline <= self.now => self.close(slot, true, give),
                _ => self.arm(slot),
            }
        }
    }

    fn close(&mut self, slot: u32, complete: bool, give: &mut impl FnMut(Episode)) {
        let connections = self.slots[slot as usize].as_mut().map(|o| std::mem::take(&mut o.connections));
        for (a, b) in connections.unwrap_or_default() {
            for (sequence, held) in self.connections.release(a, b, slot) {
                self.keep(slot, sequence, held);
            }
        }
        let Some(mut open) = self.slots[slot as usize].take() else { return };
        self.free.push(slot);
        self.units -= open.units.len();
        for key in &open.paths {
            self.paths.remove(key, slot);
        }
        if !open.call_id.is_empty() {
            self.by_call.remove(&*open.call_id, slot as usize);
        }
        // What a connection held came in late.
        if !open.sequences.is_sorted() {
            let mut ordered: Vec<(u64, Unit)> = open.sequences.into_iter().zip(open.units).collect();
            ordered.sort_by_key(|(sequence, _)| *sequence);
            open.units = ordered.into_iter().map(|(_, unit)| unit).collect();
        }
        let first = open.units.iter().map(|unit| unit.packet).min().unwrap_or(0);
        let last = open.units.iter().map(|unit| unit.packet).max().unwrap_or(0);
        give(Episode {
            call_id: open.call_id,
            complete,
            gap: open.gap || (open.over_tcp && open.sip_gaps != self.sip_gaps),
            overflow: open.overflow,
            packets: (first, last),
            earlier: None,
            units: open.units,
        });
    }
}

#[cfg(test)]
#[path = "episode_tests.rs"]
mod tests;
