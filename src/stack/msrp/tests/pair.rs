//! Whole messages between two endpoints, in segments of any size.

use std::collections::VecDeque;

use super::*;
use crate::stack::msrp::SessionId;
use crate::stack::{Conn, Input};

/// Carries what two endpoints send to each other, over one connection, in segments of `segment` octets.
struct Pair {
    ends: [Endpoint; 2],
    segment: usize,
    /// The number of the connection at either end.
    conns: [Option<Conn>; 2],
    connections: usize,
    closed: usize,
    /// What was sent, by side.
    log: [Vec<u8>; 2],
}

impl Pair {
    fn new(chunk: usize, segment: usize) -> Pair {
        Pair {
            ends: [endpoint(1, "alice", chunk), endpoint(2, "bob", chunk)],
            segment,
            conns: [None, None],
            connections: 0,
            closed: 0,
            log: [Vec::new(), Vec::new()],
        }
    }

    /// Alice's and Bob's session, she connects.
    fn open(&mut self, nth: u8) -> (SessionId, SessionId) {
        let [own, peer] =
            [ALICE, BOB].map(|path| path.replace('1', &nth.to_string()).replace(&format!("{nth}27.0.0."), "127.0.0."));
        let (own, peer) = (own.replace("127.0.0.2:", "127.0.0.1:"), peer);
        let bob = self.ends[1].open(at(0), session(&peer, &own, None));
        (self.ends[0].open(at(0), session(&own, &peer, Some(2))), bob)
    }

    fn run(&mut self) {
        let mut work = VecDeque::new();
        for _ in 0..10_000 {
            for side in [0, 1] {
                while let Some(output) = self.ends[side].poll() {
                    work.push_back((side, output));
                }
            }
            let Some((side, output)) = work.pop_front() else { return };
            self.carry(side, output);
        }
        panic!("the endpoints do not come to rest");
    }

    fn carry(&mut self, side: usize, output: Output) {
        match output {
            Output::Connect { conn, local, remote, .. } => {
                self.connections += 1;
                let other = Conn(Conn::ACCEPTED | self.connections as u64);
                self.conns = [Some(conn), Some(other)];
                self.ends[1]
                    .handle(at(0), Input::Accepted { conn: other, local: remote, remote: local, certificate: None });
                self.ends[0].handle(at(0), Input::Connected { conn, local, remote, certificate: None });
            }
            Output::Send { pieces, conn } => {
                let octets = Bytes::from(pieces.concat());
                self.log[side].extend_from_slice(&octets);
                let Some(other) = self.conns[1 - side] else { return };
                for start in (0..octets.len()).step_by(self.segment) {
                    let bytes = octets.slice(start..(start + self.segment).min(octets.len()));
                    self.ends[1 - side].handle(at(0), Input::Received { conn: other, bytes });
                }
                self.ends[side].handle(at(0), Input::Drained { conn });
            }
            Output::Close { .. } | Output::Reset { .. } | Output::Distrust { .. } => {
                self.closed += 1;
                if let Some(conn) = self.conns[1 - side] {
                    let reset = !matches!(output, Output::Close { .. });
                    self.ends[1 - side].handle(at(0), Input::Closed { conn, reset });
                }
                self.conns = [None, None];
            }
            Output::Datagram { .. } | Output::Listen { .. } => {}
        }
    }

    fn told(&mut self) -> [Vec<String>; 2] {
        self.ends.each_mut().map(told)
    }

    fn count(&self, side: usize, method: &str) -> usize {
        let is = |message: &Message| match message.head().status() {
            Some(status) => status.to_string() == method,
            None => message.head().method() == method,
        };
        framed(self.log[side].clone().into()).iter().filter(|message| is(message)).count()
    }
}

#[test]
fn whole_messages_arrive_in_any_segmentation() {
    for (octets, chunk, chunks) in
        [(0, 2048, 1), (1, 2048, 1), (2048, 2048, 1), (2049, 2048, 2), (20_000, 2048, 10), (20_000, 8192, 3)]
            .into_iter()
            .chain([(0, 1 << 20, 1), (2048, 1 << 20, 1), (2049, 1 << 20, 1), (90_000, 1 << 20, 1), (90_000, 40_000, 3)])
    {
        for segment in [1, 7, 1460, 1 << 20] {
            let mut pair = Pair::new(chunk, segment);
            let (alice, _) = pair.open(1);
            pair.ends[0].send(at(0), alice, outgoing(octets));
            pair.run();
            let [at_alice, at_bob] = pair.told();
            assert_eq!(at_alice, ["1 connected", "1 message1 acknowledged", "1 message1 delivered"]);
            assert_eq!(at_bob, ["1 connected".to_owned(), format!("1 message1 received, {octets} octets, right")]);
            assert_eq!((pair.count(0, "SEND"), pair.count(1, "200"), pair.count(1, "REPORT")), (chunks, chunks, 1));
            for message in pair.log.iter().flat_map(|log| framed(log.clone().into())) {
                assert_eq!(message.flaws(), [], "{:?}", message.head());
            }
        }
    }
}

#[test]
fn failure_report_says_which_responses_there_are() {
    for (failure_report, responses) in [(FailureReport::Yes, 3), (FailureReport::Partial, 0), (FailureReport::No, 0)] {
        let mut pair = Pair::new(2048, 1000);
        let (alice, _) = pair.open(1);
        pair.ends[0].send(at(0), alice, Outgoing { failure_report, ..outgoing(5000) });
        pair.run();
        let [at_alice, at_bob] = pair.told();
        assert_eq!(at_alice, ["1 connected", "1 message1 acknowledged", "1 message1 delivered"], "{failure_report:?}");
        assert_eq!(at_bob.last().map(String::as_str), Some("1 message1 received, 5000 octets, right"));
        assert_eq!((pair.count(0, "SEND"), pair.count(1, "200")), (3, responses), "{failure_report:?}");
    }
}

#[test]
fn the_side_that_connects_speaks_at_once_and_sessions_share_its_connection() {
    let mut pair = Pair::new(2048, 1000);
    let (first, first_of_bob) = pair.open(1);
    pair.run();
    assert_eq!(pair.told(), [vec!["1 connected"], vec!["1 connected"]]);
    let (second, _) = pair.open(2);
    pair.run();
    assert_eq!(pair.told(), [vec!["2 connected"], vec!["2 connected"]]);
    assert_eq!((pair.connections, pair.count(0, "SEND"), pair.count(1, "200")), (1, 2, 2));

    pair.ends[1].send(at(0), first_of_bob, outgoing(3000));
    pair.run();
    let [at_alice, at_bob] = pair.told();
    assert_eq!(at_alice, ["1 message1 received, 3000 octets, right"]);
    assert_eq!(at_bob, ["1 message1 acknowledged", "1 message1 delivered"]);

    pair.ends[0].close(first);
    pair.run();
    assert_eq!(pair.closed, 0, "another session uses the connection");
    pair.ends[0].close(second);
    pair.run();
    assert_eq!(pair.closed, 1);
    assert_eq!(pair.told(), [vec![], vec!["1 lost, reset false", "2 lost, reset false"]]);
    assert_eq!(pair.ends[0].sessions(), 0);
}

#[test]
fn settled_messages_do_not_pile_up() {
    let mut pair = Pair::new(2048, 1000);
    let (alice, bob) = pair.open(1);
    for nth in 0..500 {
        pair.ends[0].send(at(0), alice, Outgoing { message_id: format!("message{nth}"), ..outgoing(10) });
        pair.run();
    }
    let [at_alice, at_bob] = pair.told();
    assert_eq!((at_alice.len(), at_bob.len()), (1001, 501));
    assert!(pair.ends[0].sessions[&alice].sending.len() <= 65);
    assert!(pair.ends[1].sessions[&bob].received.len() <= 64);
    assert!(pair.ends[1].sessions[&bob].receiving.is_empty());
}
