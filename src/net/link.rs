//! What a node's own cable does to what it sends and receives: how a defect gets into clean traffic.
//!
//! It must not know what a defect is for, nor which stage it is plugged into.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::stack::{Conn, Input, Output};
use crate::time::Time;

/// A cable between one node and the network. Without one, everything passes.
pub trait Link {
    /// What leaves in place of `output`: pushes any number of outputs, each with how much later it leaves.
    ///
    /// Delayed messages of one connection may be overtaken by later ones; nothing overtakes a `Connect` of
    /// its connection, and a `Close` waits for all that was delayed.
    fn leave(&mut self, now: Time, output: Output, out: &mut Vec<(Duration, Output)>) {
        let _ = now;
        out.push((Duration::ZERO, output));
    }

    /// What the node gets to hear in place of `input`; `None` when it is deaf to it.
    fn arrive(&mut self, now: Time, input: Input) -> Option<Input> {
        let _ = now;
        Some(input)
    }
}

/// A node's end of the network: its link, and the order of what the link holds back.
#[derive(Default)]
pub(super) struct Cable {
    link: Option<Box<dyn Link>>,
    held: BTreeMap<Conn, Held>,
    scratch: Vec<(Duration, Output)>,
}

/// Until when outputs of one connection are held back.
#[derive(Default, Clone, Copy)]
struct Held {
    connect: Time,
    latest: Time,
}

impl Cable {
    /// Plugs in another link, or none; gives back the one before.
    pub fn plug(&mut self, link: Option<Box<dyn Link>>) -> Option<Box<dyn Link>> {
        std::mem::replace(&mut self.link, link)
    }

    /// Appends to `out` what leaves in place of `output`, each with its time.
    pub fn leave(&mut self, now: Time, output: Output, out: &mut Vec<(Time, Output)>) {
        let Some(link) = &mut self.link else { return out.push((now, output)) };
        link.leave(now, output, &mut self.scratch);
        self.held.retain(|_, held| held.latest > now);
        for (delay, output) in self.scratch.drain(..) {
            let mut due = now + delay;
            if let Some(conn) = conn_of(&output) {
                let held = self.held.get(&conn).copied().unwrap_or_default();
                due = due.max(held.connect);
                match output {
                    Output::Close { .. } => due = due.max(held.latest),
                    Output::Connect { .. } if due > now => self.held.entry(conn).or_default().connect = due,
                    _ => {}
                }
                if due > now {
                    let held = self.held.entry(conn).or_default();
                    held.latest = held.latest.max(due);
                }
            }
            out.push((due, output));
        }
    }

    /// What the node gets to hear in place of `input`.
    pub fn arrive(&mut self, now: Time, input: Input) -> Option<Input> {
        match &mut self.link {
            Some(link) => link.arrive(now, input),
            None => Some(input),
        }
    }

    /// Whether the link still holds something of this connection back.
    pub fn holds(&self, now: Time, conn: Conn) -> bool {
        self.held.get(&conn).is_some_and(|held| held.latest > now)
    }
}

/// The connection that an output is about.
pub(super) fn conn_of(output: &Output) -> Option<Conn> {
    match output {
        Output::Connect { conn, .. }
        | Output::Send { conn, .. }
        | Output::Close { conn }
        | Output::Reset { conn }
        | Output::Distrust { conn, .. } => Some(*conn),
        Output::Datagram { .. } | Output::Listen { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::{Layer, Pieces};

    /// Holds back every `Connect` by 3 ns, and every message by as many nanoseconds as it has pieces.
    struct Slow;

    impl Link for Slow {
        fn leave(&mut self, _: Time, output: Output, out: &mut Vec<(Duration, Output)>) {
            let nanos = match &output {
                Output::Connect { .. } => 3,
                Output::Send { pieces, .. } => pieces.len() as u64,
                _ => 0,
            };
            out.push((Duration::from_nanos(nanos), output));
        }
    }

    #[test]
    fn keeps_the_order_that_a_connection_needs() {
        let (conn, any) = (Conn(1), "192.0.2.1:9".parse().unwrap());
        let send = |n: usize| Output::Send { conn, pieces: (0..n).map(|_| bytes::Bytes::new()).collect::<Pieces>() };
        let mut cable = Cable::default();
        cable.plug(Some(Box::new(Slow)));
        let mut out = Vec::new();
        let connect = Output::Connect { conn, local: any, remote: any, layer: Layer::Plain };
        for output in [
            connect,
            send(0),
            send(5),
            send(4),
            Output::Close { conn },
            Output::Listen { local: any, layer: Layer::Plain },
        ] {
            cable.leave(Time(10), output, &mut out);
        }
        assert_eq!(out.iter().map(|(at, _)| at.0).collect::<Vec<_>>(), [13, 13, 15, 14, 15, 10]);
        assert!(cable.holds(Time(14), conn) && !cable.holds(Time(15), conn));
    }
}
