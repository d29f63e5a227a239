//! Where every stage writes down what crossed a link, so that all count packets alike.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;

use crate::stack::Pieces;
use crate::time::Time;
use crate::trace::{Observation, Seen};

/// The observations of one run, in the order in which they were made.
#[derive(Debug)]
pub struct Recorder {
    next_packet: u32,
    seen: Vec<Observation>,
}

impl Default for Recorder {
    fn default() -> Self {
        Recorder { next_packet: 1, seen: Vec::new() }
    }
}

impl Recorder {
    /// Notes one observation and gives it the number of its first packet.
    pub fn record(&mut self, at: Time, src: SocketAddr, dst: SocketAddr, what: Seen) {
        let packet = self.next_packet;
        self.next_packet = packet.saturating_add(what.packets());
        self.seen.push(Observation { at, packet, src, dst, what });
    }

    /// Notes what was inside of a packet that was noted before.
    pub fn record_inside(&mut self, at: Time, packet: u32, src: SocketAddr, dst: SocketAddr, what: Seen) {
        self.seen.push(Observation { at, packet, src, dst, what });
    }

    /// The number of the last packet so far.
    pub fn last_packet(&self) -> u32 {
        self.next_packet.saturating_sub(1)
    }

    /// What was noted and not yet taken.
    pub fn observations(&self) -> &[Observation] {
        &self.seen
    }

    /// Hands out what was noted since the last time. Packet numbers go on.
    pub fn take(&mut self) -> Vec<Observation> {
        std::mem::take(&mut self.seen)
    }
}

/// The most octets of payload in a UDP datagram over IPv4 (RFC 768). Larger ones cannot be sent.
pub const LARGEST_DATAGRAM: usize = 65_507;

/// The TCP segments in which one protocol message leaves: one, if the message fits ([`Seen::SEGMENT`]).
///
/// Small pieces are joined by copying; large ones become segments of their own, uncopied.
pub fn segments(pieces: &[Bytes]) -> SmallVec<[Bytes; 3]> {
    let mut out = SmallVec::new();
    let mut small = Pieces::new();
    let mut small_octets = 0;
    for piece in pieces.iter().filter(|p| !p.is_empty()) {
        let copied = piece.len() <= LARGEST_COPIED;
        if !copied || small_octets + piece.len() > Seen::SEGMENT {
            join(&mut small, &mut out);
            small_octets = 0;
        }
        if copied {
            small_octets += piece.len();
            small.push(piece.clone());
        } else {
            out.extend((0..piece.len()).step_by(Seen::SEGMENT).map(|at| {
                let end = piece.len().min(at + Seen::SEGMENT);
                piece.slice(at..end)
            }));
        }
    }
    join(&mut small, &mut out);
    out
}

/// A piece up to this many octets is copied, so that it shares a segment with its neighbours.
const LARGEST_COPIED: usize = 16 * 1024;

fn join(small: &mut Pieces, out: &mut SmallVec<[Bytes; 3]>) {
    match small.len() {
        0 => {}
        1 => out.extend(small.drain(..)),
        _ => {
            let mut joined = BytesMut::with_capacity(small.iter().map(Bytes::len).sum());
            small.drain(..).for_each(|piece| joined.extend_from_slice(&piece));
            out.push(joined.freeze());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_packets_as_the_capture_file_will() {
        let (a, b) = ("192.0.2.1:1".parse().unwrap(), "192.0.2.2:2".parse().unwrap());
        let mut recorder = Recorder::default();
        let all = [
            Seen::Connecting,
            Seen::Opened,
            Seen::Data(Bytes::from(vec![0; Seen::SEGMENT + 1])),
            Seen::Gap { octets: 9 },
            Seen::Finished,
        ];
        all.into_iter().for_each(|what| recorder.record(Time(0), a, b, what));
        assert_eq!(recorder.take().iter().map(|o| o.packet).collect::<Vec<_>>(), [1, 2, 4, 6, 6]);
        recorder.record(Time(0), a, b, Seen::Reset);
        assert_eq!(recorder.observations()[0].packet, 7);
    }

    #[test]
    fn joins_small_pieces_and_leaves_large_ones() {
        #[track_caller]
        fn check(pieces: &[usize], expected: &[usize]) {
            let pieces: Vec<Bytes> = pieces.iter().map(|n| Bytes::from(vec![b'x'; *n])).collect();
            assert_eq!(segments(&pieces).iter().map(Bytes::len).collect::<Vec<_>>(), expected);
        }
        check(&[], &[]);
        check(&[0, 0], &[]);
        check(&[300], &[300]);
        check(&[200, 2048, 20], &[2268]);
        check(&[200, 20_000, 20], &[200, 20_000, 20]);
        check(&[1, 130_001, 1], &[1, 65_000, 65_000, 1, 1]);
        check(&[16_000; 5], &[64_000, 16_000]);
    }
}
