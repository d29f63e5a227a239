//! One TCP connection: who asked for it, whether it is up, and its two streams.

use std::mem::take;
use std::net::SocketAddr;

use super::stream::Stream;
use super::{Repeats, Segment, Sink};
use crate::trace::Seen;

/// One TCP connection.
pub(super) struct Connection {
    ends: [SocketAddr; 2],
    created: u64,
    last_packet: u32,
    state: State,
    /// Index into `ends` of the one that sent (or answered to) a SYN.
    initiator: usize,
    /// The initiator's SYN, to tell a repeated one from a new connection.
    syn: Option<u32>,
    /// What each end sends.
    streams: [Stream; 2],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing seen yet.
    Fresh,
    /// SYN.
    Asked,
    /// SYN/ACK, in this packet.
    Answered(u32),
    Open,
    /// Nothing on it counts until the next SYN.
    Over,
}

impl Connection {
    pub fn new(one: SocketAddr, other: SocketAddr, created: u64) -> Connection {
        Connection {
            ends: [one, other],
            created,
            last_packet: 0,
            state: State::Fresh,
            initiator: 0,
            syn: None,
            streams: Default::default(),
        }
    }

    /// Order in which the connections of a capture were first seen.
    pub fn created(&self) -> u64 {
        self.created
    }

    /// Number of the last packet on it.
    pub fn last_packet(&self) -> u32 {
        self.last_packet
    }

    /// Memory taken by octets held back.
    pub fn held(&self) -> usize {
        self.streams.iter().map(Stream::held).sum()
    }

    /// Takes one segment sent by `src`.
    pub fn take(&mut self, src: SocketAddr, segment: &Segment<'_>, sink: &mut Sink<'_>, repeats: &mut Repeats) {
        self.last_packet = sink.packet;
        let side = usize::from(self.ends[0] != src);
        if segment.rst {
            self.reset(side, sink);
        } else if segment.syn {
            self.synchronize(side, segment, sink);
            self.streams[side].keep(segment.seq.wrapping_add(1), segment.payload, sink.packet, repeats);
        } else if self.is_up(side, segment, sink) {
            self.carry(side, segment, sink, repeats);
        }
    }

    /// Hands out all that is held back. Octets that came with a SYN and were never answered did not arrive.
    pub fn flush(&mut self, sink: &mut Sink<'_>) {
        if self.state != State::Open {
            take(&mut self.streams);
            return;
        }
        for side in [0, 1] {
            let (src, dst) = (self.ends[side], self.ends[1 - side]);
            let last = self.last_packet;
            self.streams[side].flush(&mut |packet, what| sink.put(packet.unwrap_or(last), src, dst, what));
        }
    }

    fn reset(&mut self, side: usize, sink: &mut Sink<'_>) {
        match self.state {
            State::Fresh | State::Over => {}
            State::Asked if side != self.initiator => self.put(side, sink.packet, Seen::Refused, sink),
            _ => {
                self.flush(sink);
                self.put(side, sink.packet, Seen::Reset, sink);
            }
        }
        self.end();
    }

    fn synchronize(&mut self, side: usize, segment: &Segment<'_>, sink: &mut Sink<'_>) {
        let first = segment.seq.wrapping_add(1);
        match segment.ack {
            None if self.syn == Some(segment.seq) && self.initiator == side && self.state != State::Over => {}
            None => {
                self.flush(sink);
                self.end();
                (self.state, self.initiator, self.syn) = (State::Asked, side, Some(segment.seq));
                self.streams[side].start(first);
                self.put(side, sink.packet, Seen::Connecting, sink);
            }
            Some(_) if self.state == State::Asked && self.initiator != side => {
                self.state = State::Answered(sink.packet);
                self.streams[side].start(first);
            }
            Some(ack) if matches!(self.state, State::Fresh | State::Over) => {
                (self.state, self.initiator, self.syn) = (State::Answered(sink.packet), 1 - side, None);
                self.streams[side].start(first);
                self.streams[1 - side].start(ack);
            }
            Some(_) => {}
        }
    }

    /// Whether a segment without SYN belongs to a connection that is up; says so when it is the first to show it.
    fn is_up(&mut self, side: usize, segment: &Segment<'_>, sink: &mut Sink<'_>) -> bool {
        let opened_by = match self.state {
            State::Open => return true,
            State::Over => return false,
            State::Fresh => {
                self.state = State::Open;
                self.put(side, sink.packet, Seen::Joined, sink);
                return true;
            }
            State::Asked | State::Answered(_) if side != self.initiator && segment.payload.is_empty() => return false,
            State::Asked => sink.packet,
            State::Answered(packet) => packet,
        };
        if let (Some(ack), true) = (segment.ack, side == self.initiator) {
            self.streams[1 - side].start_unless_known(ack);
        }
        self.state = State::Open;
        self.put(self.initiator, opened_by, Seen::Opened, sink);
        true
    }

    fn carry(&mut self, side: usize, segment: &Segment<'_>, sink: &mut Sink<'_>, repeats: &mut Repeats) {
        if let Some(ack) = segment.ack {
            self.streams[1 - side].acknowledge(ack);
        }
        let stream = &mut self.streams[side];
        if !segment.payload.is_empty() {
            match stream.pass(segment.seq, segment.payload) {
                Some(data) => self.put(side, sink.packet, data, sink),
                None => stream.keep(segment.seq, segment.payload, sink.packet, repeats),
            }
        }
        if segment.fin {
            let length = segment.payload.len() + segment.missing;
            self.streams[side].keep_fin(segment.seq.wrapping_add(length as u32), sink.packet);
        }
        for side in [side, 1 - side] {
            let (src, dst) = (self.ends[side], self.ends[1 - side]);
            let last = sink.packet;
            self.streams[side].release(&mut |packet, what| sink.put(packet.unwrap_or(last), src, dst, what));
        }
        if self.streams.iter().all(Stream::is_finished) {
            self.end();
        }
    }

    fn end(&mut self) {
        self.state = State::Over;
        take(&mut self.streams);
    }

    fn put(&self, side: usize, packet: u32, what: Seen, sink: &mut Sink<'_>) {
        sink.put(packet, self.ends[side], self.ends[1 - side], what);
    }
}
