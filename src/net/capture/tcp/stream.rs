//! One direction of a TCP connection: segments in, octets in order out. Knows no handshake.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::Repeats;
use crate::trace::Seen;

/// Octets of one direction. Positions are sequence numbers counted on beyond 32 bits.
#[derive(Default)]
pub(super) struct Stream {
    /// The next octet to hand out; unknown until a segment tells.
    next: Option<u64>,
    /// Octets beyond a hole, by position, without overlap; each with the number of its packet.
    held: BTreeMap<u64, (u32, Bytes)>,
    held_octets: usize,
    /// Where the FIN stands, and its packet.
    fin: Option<(u64, u32)>,
    finished: bool,
    /// Up to where the receiver has acknowledged.
    acked: u64,
    /// Packets seen since the receiver acknowledged octets of the hole.
    acked_for: u8,
}

impl Stream {
    /// A hole is given up when this much waits behind it…
    const MOST_OCTETS: usize = 1 << 20;
    const MOST_SEGMENTS: usize = 1000;
    /// …or when the receiver got what the hole lacks and the capture does not bring it within so many packets.
    const PATIENCE: u8 = 64;
    /// What a held segment costs besides its octets.
    const OVERHEAD: usize = 64;

    /// Says that the stream's first octet has this sequence number.
    pub fn start(&mut self, seq: u32) {
        self.next = Some((1 << 32) + u64::from(seq));
    }

    /// Says so if nothing else did.
    pub fn start_unless_known(&mut self, seq: u32) {
        if self.next.is_none() {
            self.start(seq);
        }
    }

    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Memory taken by what is held back, in octets.
    pub fn held(&self) -> usize {
        self.held_octets
    }

    /// Keeps a segment's octets and FIN without handing anything out.
    pub fn keep(&mut self, seq: u32, payload: &[u8], packet: u32, repeats: &mut Repeats) {
        let next = *self.next.get_or_insert((1 << 32) + u64::from(seq));
        let start = position(next, seq);
        let end = start + payload.len() as u64;
        if self.finished {
            return;
        }
        let known = next.saturating_sub(start).min(payload.len() as u64);
        repeats.octets += known;
        let mut cursor = start + known;
        if cursor >= end {
            return;
        }
        let payload = Bytes::copy_from_slice(payload);
        let mut contradicts = false;
        while cursor < end {
            let covering = self.held.range(..=cursor).next_back().map(|(at, (_, held))| (*at, held));
            if let Some((at, held)) = covering.filter(|(at, held)| at + held.len() as u64 > cursor) {
                let covered = end.min(at + held.len() as u64);
                contradicts |= part(held, at, cursor, covered) != part(&payload, start, cursor, covered);
                repeats.octets += covered - cursor;
                cursor = covered;
                continue;
            }
            let until = self.held.range(cursor..).next().map_or(end, |(at, _)| end.min(*at));
            let piece = part(&payload, start, cursor, until);
            self.held_octets += piece.len() + Self::OVERHEAD;
            self.held.insert(cursor, (packet, piece));
            cursor = until;
        }
        repeats.contradictions += u64::from(contradicts);
    }

    /// Notes the sender's FIN, which stands at this sequence number.
    pub fn keep_fin(&mut self, seq: u32, packet: u32) {
        let next = *self.next.get_or_insert((1 << 32) + u64::from(seq));
        if self.fin.is_none() {
            self.fin = Some((position(next, seq).max(next), packet));
        }
    }

    /// Hands out a segment's octets if they are next and nothing waits: the way of nearly every segment.
    pub fn pass(&mut self, seq: u32, payload: &[u8]) -> Option<Seen> {
        let next = *self.next.get_or_insert((1 << 32) + u64::from(seq));
        if self.finished || !self.held.is_empty() || position(next, seq) != next {
            return None;
        }
        self.next = Some(next + payload.len() as u64);
        Some(Seen::Data(Bytes::copy_from_slice(payload)))
    }

    /// Notes an acknowledgement by the receiver.
    pub fn acknowledge(&mut self, ack: u32) {
        if let Some(next) = self.next {
            self.acked = self.acked.max(position(next, ack));
        }
    }

    /// Hands out what can be: octets that are next, and holes that nothing will fill any more.
    pub fn release(&mut self, emit: &mut impl FnMut(Option<u32>, Seen)) {
        self.drain(emit);
        if !self.has_hole() {
            self.acked_for = 0;
            return;
        }
        let next = self.next.unwrap_or_default();
        let fin_acked = self.fin.is_some_and(|(fin, _)| self.acked > fin);
        if self.acked > next {
            self.acked_for = self.acked_for.saturating_add(1);
        }
        if fin_acked {
            self.flush(emit);
        } else if self.acked_for > Self::PATIENCE {
            self.give_up_hole(emit);
        }
        while self.held_octets > Self::MOST_OCTETS || self.held.len() > Self::MOST_SEGMENTS {
            self.give_up_hole(emit);
        }
    }

    /// Hands out all that is held back, with gaps for what never came.
    pub fn flush(&mut self, emit: &mut impl FnMut(Option<u32>, Seen)) {
        while self.has_hole() {
            self.give_up_hole(emit);
        }
        // Octets at the very end that only their acknowledgement tells of (which counts a lost FIN as one, too).
        if let Some(next) = self.next.filter(|next| !self.finished && self.acked > next + 1) {
            emit(None, Seen::Gap { octets: self.acked - next });
            self.next = Some(self.acked);
        }
    }

    fn has_hole(&self) -> bool {
        !self.finished && (!self.held.is_empty() || self.fin.is_some())
    }

    fn give_up_hole(&mut self, emit: &mut impl FnMut(Option<u32>, Seen)) {
        let next = self.next.unwrap_or_default();
        let beyond = self.held.first_key_value().map(|(at, (packet, _))| (*at, *packet)).or(self.fin);
        if let Some((at, packet)) = beyond.filter(|(at, _)| *at > next) {
            emit(Some(packet), Seen::Gap { octets: at - next });
            self.next = Some(at);
        }
        self.acked_for = 0;
        self.drain(emit);
    }

    fn drain(&mut self, emit: &mut impl FnMut(Option<u32>, Seen)) {
        let Some(mut next) = self.next else { return };
        while let Some(entry) = self.held.first_entry().filter(|entry| *entry.key() <= next) {
            let (packet, octets) = entry.remove();
            self.held_octets -= octets.len() + Self::OVERHEAD;
            next += octets.len() as u64;
            emit(Some(packet), Seen::Data(octets));
        }
        self.next = Some(next);
        // A FIN before octets already handed out is one that lies; it ends the stream all the same.
        if let Some((_, packet)) = self.fin.filter(|(at, _)| *at <= next && !self.finished && self.held.is_empty()) {
            self.finished = true;
            emit(Some(packet), Seen::Finished);
        }
    }
}

/// The position nearest to `near` that has the sequence number `seq`.
fn position(near: u64, seq: u32) -> u64 {
    let distance = seq.wrapping_sub(near as u32).cast_signed();
    near.saturating_add_signed(distance.into())
}

/// The octets of positions `from..to` of a segment that begins at `start`.
fn part(segment: &Bytes, start: u64, from: u64, to: u64) -> Bytes {
    let index = |at: u64| usize::try_from(at.saturating_sub(start)).unwrap_or(usize::MAX).min(segment.len());
    segment.slice(index(from)..index(to))
}
