//! The network conditions of a plan where the network is real: what a link of our actors can do of them.

use std::time::Duration;

use crate::net::Link;
use crate::net::random::Random;
use crate::net::tamper::TamperedLink;
use crate::script::plan::Condition;
use crate::stack::{Input, Output, Pieces};
use crate::time::Time;

/// A cable that loses datagrams and cuts streams, with what tampers with the messages before.
pub struct LiveCable {
    tampered: TamperedLink,
    loss: f64,
    one_octet: bool,
    /// How much later octets of streams leave: what is to happen during a transfer needs the transfer to last.
    pace: Duration,
    random: Random,
    scratch: Vec<(Duration, Output)>,
}

impl LiveCable {
    pub fn new(tampered: TamperedLink, conditions: &[Condition], pace: Duration, seed: u64) -> LiveCable {
        let loss = |c: &Condition| if let Condition::Loss(percent) = c { f64::from(*percent) / 100.0 } else { 0.0 };
        LiveCable {
            tampered,
            loss: conditions.iter().map(loss).fold(0.0, f64::max),
            one_octet: conditions.contains(&Condition::OneOctetSegments),
            pace,
            random: Random::new(seed),
            scratch: Vec::new(),
        }
    }
}

impl Link for LiveCable {
    fn leave(&mut self, now: Time, output: Output, out: &mut Vec<(Duration, Output)>) {
        self.tampered.leave(now, output, &mut self.scratch);
        for (delay, output) in self.scratch.drain(..) {
            match output {
                Output::Datagram { .. } if self.random.chance(self.loss) => {}
                Output::Send { conn, pieces } if self.one_octet => {
                    let octets = pieces.iter().flat_map(|piece| (0..piece.len()).map(|at| piece.slice(at..=at)));
                    let send = |octet| (delay + self.pace, Output::Send { conn, pieces: Pieces::from_iter([octet]) });
                    out.extend(octets.map(send));
                }
                Output::Send { conn, pieces } => out.push((delay + self.pace, Output::Send { conn, pieces })),
                output => out.push((delay, output)),
            }
        }
    }

    fn arrive(&mut self, now: Time, input: Input) -> Option<Input> {
        if matches!(input, Input::Datagram { .. }) && self.random.chance(self.loss) {
            return None;
        }
        self.tampered.arrive(now, input)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::stack::Conn;

    #[track_caller]
    fn check(conditions: &[Condition], leaving: usize, arriving: bool) {
        let mut cable = LiveCable::new(TamperedLink::new([]), conditions, Duration::from_millis(7), 1);
        let any = "127.0.0.1:1".parse().unwrap();
        let bytes = Bytes::from_static(b"\r\n");
        let mut out = Vec::new();
        let pieces = Pieces::from_iter([bytes.clone(), bytes.clone()]);
        cable.leave(Time(0), Output::Send { conn: Conn(1), pieces }, &mut out);
        cable.leave(Time(0), Output::Datagram { local: any, remote: any, bytes: bytes.clone() }, &mut out);
        assert_eq!(out.len(), leaving, "{out:?}");
        assert!(
            out.iter().all(|(delay, output)| (delay.is_zero()) != matches!(output, Output::Send { .. })),
            "{out:?}"
        );
        let input = Input::Datagram { local: any, remote: any, bytes };
        assert_eq!(cable.arrive(Time(0), input).is_some(), arriving);
    }

    #[test]
    fn does_what_a_network_would() {
        check(&[], 2, true);
        check(&[Condition::Loss(100)], 1, false);
        check(&[Condition::OneOctetSegments], 5, true);
    }
}
