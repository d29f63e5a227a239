//! How good or bad the way from one host to another is. It must not know what travels on it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::net::NodeId;
use crate::net::random::Random;
use crate::net::recorder::segments;
use crate::time::Time;

/// The conditions on the way from one host to another, one direction of it.
///
/// On TCP, loss shows as delay, since the sender repeats what was lost; duplication and reordering show not
/// at all. On UDP, `segments` and `reset_after` mean nothing.
#[derive(Clone, PartialEq, Debug)]
pub struct Conditions {
    /// How long a packet travels.
    pub delay: Duration,
    /// How much longer a packet may travel: uniform from zero to this. It does not change the order.
    pub jitter: Duration,
    /// Probability (0.0 to 1.0) that a packet is lost.
    pub loss: f64,
    /// Probability that a datagram arrives twice.
    pub duplication: f64,
    /// Probability that a datagram is held back for another twice the delay and the jitter, so that later
    /// ones overtake it.
    pub reordering: f64,
    /// How a TCP stream is cut into segments.
    pub segments: Segments,
    /// A TCP connection breaks when this many octets have crossed it in this direction.
    pub reset_after: Option<u64>,
}

impl Default for Conditions {
    /// A good network: 5 ms, nothing else.
    fn default() -> Self {
        Conditions {
            delay: Duration::from_millis(5),
            jitter: Duration::ZERO,
            loss: 0.0,
            duplication: 0.0,
            reordering: 0.0,
            segments: Segments::Whole,
            reset_after: None,
        }
    }
}

/// How a TCP stream is cut into segments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Segments {
    /// One protocol message is one segment, as far as it fits.
    Whole,
    /// Each segment has this many octets (the last of a message may have fewer). Zero is taken for one.
    Of(usize),
    /// Each segment has from one to this many octets.
    Random(usize),
}

impl Segments {
    /// The segments of one protocol message.
    pub(super) fn cut(self, pieces: &[Bytes], random: &mut Random) -> SmallVec<[Bytes; 3]> {
        let whole = segments(pieces);
        let mut length = || match self {
            Segments::Whole => usize::MAX,
            Segments::Of(octets) => octets.max(1),
            Segments::Random(most) => 1 + random.below(most as u64) as usize,
        };
        if self == Segments::Whole {
            return whole;
        }
        let mut cut = SmallVec::new();
        for mut rest in whole {
            while !rest.is_empty() {
                cut.push(rest.split_to(length().min(rest.len())));
            }
        }
        cut
    }
}

/// All ways between hosts.
#[derive(Default)]
pub(super) struct Ways {
    default: Conditions,
    special: BTreeMap<(NodeId, NodeId), Conditions>,
    /// Pairs of hosts that cannot reach each other, the lower first.
    cut: BTreeSet<(NodeId, NodeId)>,
    /// When the last datagram arrives, on ways with jitter.
    last_arrival: BTreeMap<(NodeId, NodeId), Time>,
}

impl Ways {
    pub fn set_default(&mut self, conditions: Conditions) {
        self.default = conditions;
    }

    pub fn set(&mut self, from: NodeId, to: NodeId, conditions: Conditions) {
        self.special.insert((from, to), conditions);
    }

    pub fn partition(&mut self, a: NodeId, b: NodeId) {
        self.cut.insert((a.min(b), a.max(b)));
    }

    pub fn heal(&mut self, a: NodeId, b: NodeId) {
        self.cut.remove(&(a.min(b), a.max(b)));
    }

    pub fn is_cut(&self, a: NodeId, b: NodeId) -> bool {
        !self.cut.is_empty() && self.cut.contains(&(a.min(b), a.max(b)))
    }

    pub fn conditions(&self, from: NodeId, to: NodeId) -> &Conditions {
        if self.special.is_empty() {
            return &self.default;
        }
        self.special.get(&(from, to)).unwrap_or(&self.default)
    }

    /// When a datagram that leaves now arrives: never, once or twice.
    pub fn datagram(&mut self, now: Time, from: NodeId, to: NodeId, random: &mut Random) -> SmallVec<[Time; 2]> {
        let Conditions { delay, jitter, loss, duplication, reordering, .. } = *self.conditions(from, to);
        let mut arrivals = SmallVec::new();
        if random.chance(loss) {
            return arrivals;
        }
        let mut at = now + delay + within(jitter, random);
        if random.chance(reordering) {
            at += delay * 2 + jitter;
        } else if !jitter.is_zero() {
            let last = self.last_arrival.entry((from, to)).or_default();
            at = at.max(*last);
            *last = at;
        }
        arrivals.push(at);
        if random.chance(duplication) {
            arrivals.push(at + within(jitter, random));
        }
        arrivals
    }

    /// When a TCP segment that leaves now arrives, with its retransmissions; the order is the caller's care.
    pub fn segment(&self, now: Time, from: NodeId, to: NodeId, random: &mut Random) -> Time {
        let Conditions { delay, jitter, loss, .. } = self.conditions(from, to);
        let mut at = now + *delay + within(*jitter, random);
        let mut timeout = RETRANSMISSION;
        for _ in 0..MOST_RETRANSMISSIONS {
            if !random.chance(*loss) {
                break;
            }
            at += timeout;
            timeout *= 2;
        }
        at
    }
}

/// The first retransmission timeout of the simulated TCP: what common systems take as the least.
pub(super) const RETRANSMISSION: Duration = Duration::from_millis(200);
/// However lossy the way is, this many repetitions get a segment through: a stream is late, never broken.
const MOST_RETRANSMISSIONS: u32 = 6;

fn within(jitter: Duration, random: &mut Random) -> Duration {
    if jitter.is_zero() {
        return Duration::ZERO;
    }
    let nanos = u64::try_from(jitter.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random.below(nanos.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_hold_the_stream_in_the_asked_sizes() {
        #[track_caller]
        fn check(how: Segments, expected: impl Fn(&[usize]) -> bool) {
            let message: Bytes = (0..=255u8).cycle().take(1000).collect();
            let pieces = [message.slice(..10), message.slice(10..990), message.slice(990..)];
            let cut = how.cut(&pieces, &mut Random::new(3));
            assert_eq!(cut.concat(), message);
            let sizes: Vec<usize> = cut.iter().map(Bytes::len).collect();
            assert!(expected(&sizes), "{how:?}: {sizes:?}");
        }
        check(Segments::Whole, |s| s == [1000]);
        check(Segments::Of(1), |s| s.len() == 1000);
        check(Segments::Of(0), |s| s.len() == 1000);
        check(Segments::Of(400), |s| s == [400, 400, 200]);
        check(Segments::Random(7), |s| s.iter().all(|n| (1..=7).contains(n)) && s.iter().any(|n| *n > 4));
    }
}
