//! One endpoint between two peers: what comes in one session goes on in the other, and so do the answers.

use super::*;
use crate::stack::msrp::SessionId;
use crate::stack::{Conn, Input};

const IN: Conn = Conn(Conn::ACCEPTED | 1);
const OUT: Conn = Conn(Conn::ACCEPTED | 2);
/// The own URIs towards Alice and towards Bob.
const TO_ALICE: &str = "msrp://127.0.0.3:2855/relay1;tcp";
const TO_BOB: &str = "msrp://127.0.0.3:2855/relay2;tcp";

struct Between {
    relay: Endpoint,
    sessions: [SessionId; 2],
}

impl Between {
    fn new() -> Between {
        let mut relay = endpoint(3, "relay", 2048);
        let mut between = |own: &str, peer: &str| {
            relay.open(
                at(0),
                SessionConfig { switched: true, accept_types: vec!["*".into()], ..session(own, peer, None) },
            )
        };
        let sessions = [between(TO_ALICE, ALICE), between(TO_BOB, BOB)];
        let mut between = Between { relay, sessions };
        for (conn, own, peer) in [(IN, TO_ALICE, ALICE), (OUT, TO_BOB, BOB)] {
            let (local, remote) = (([127, 0, 0, 3], 2855).into(), ([127, 0, 0, 1], 9).into());
            between.relay.handle(at(0), Input::Accepted { conn, local, remote, certificate: None });
            between.hear(
                conn,
                &format!(
                    "MSRP bind SEND\r\nTo-Path: {own}\r\nFrom-Path: {peer}\r\nMessage-ID: bind\r\n-------bind$\r\n"
                ),
            );
        }
        between.sent();
        between
    }

    /// Takes octets, and sends on what came of them.
    fn hear(&mut self, conn: Conn, octets: &str) {
        self.relay.handle(at(1), Input::Received { conn, bytes: octets.to_owned().into() });
        while let Some(event) = self.relay.poll_event() {
            if let Event::Request { session, request } = event {
                let other = self.sessions[usize::from(session == self.sessions[0])];
                if !self.relay.relay(at(1), session, other, &request) {
                    self.relay.respond(session, request.head(), 481);
                }
            }
        }
    }

    /// What was sent on which connection, with `TID` for the transaction identifiers.
    fn sent(&mut self) -> Vec<(Conn, String)> {
        let outputs = std::iter::from_fn(|| self.relay.poll());
        let text = |output| match output {
            Output::Send { conn, pieces } => Some((conn, String::from_utf8_lossy(&pieces.concat()).into_owned())),
            _ => None,
        };
        outputs.filter_map(text).map(|(conn, text)| (conn, text.replace(&tid(&text), "TID"))).collect()
    }

    /// The transaction identifier of the last request that was sent, which is taken.
    fn last_tid(&mut self) -> String {
        let outputs = std::iter::from_fn(|| self.relay.poll());
        let ids = outputs.filter_map(|output| match output {
            Output::Send { pieces, .. } => Some(tid(&String::from_utf8_lossy(&pieces.concat()))),
            _ => None,
        });
        ids.last().unwrap_or_default()
    }
}

fn tid(text: &str) -> String {
    text.split(' ').nth(1).unwrap_or_default().to_owned()
}

fn chunk(headers: &str, rest: &str) -> String {
    format!("MSRP tid1 SEND\r\nTo-Path: {TO_ALICE}\r\nFrom-Path: {ALICE}\r\n{headers}{rest}")
}

#[test]
fn a_chunk_goes_on_as_it_came_but_for_paths_and_transaction() {
    let headers = "Message-ID: message2\r\nByte-Range: 4-*/9\r\nSuccess-Report: yes\r\nX-New: x\r\n";
    for (rest, last) in [
        ("Content-Type: text/plain\r\n\r\nabc\r\n", '+'),
        ("Content-Type: text/plain\r\n\r\nabc\r\n", '$'),
        ("Content-Type: text/plain\r\n\r\n\r\n", '#'),
    ] {
        let mut between = Between::new();
        between.hear(IN, &chunk(headers, &format!("{rest}-------tid1{last}\r\n")));
        let expected =
            format!("MSRP TID SEND\r\nTo-Path: {BOB}\r\nFrom-Path: {TO_BOB}\r\n{headers}{rest}-------TID{last}\r\n");
        assert_eq!(between.sent(), [(OUT, expected)]);
    }
}

#[test]
fn it_is_answered_as_it_is_answered_there() {
    // What the sender asks for, what the far end answers, and what the sender gets.
    for (asked, answer, expected) in [
        ("", Some(200), Some("200 OK")),
        ("", Some(413), Some("413 Stop Sending")),
        ("", Some(481), Some("481 No Such Session")),
        ("", None, Some("408 Timeout")),
        ("Failure-Report: partial\r\n", Some(415), Some("415 Media Type Not Understood")),
        ("Failure-Report: partial\r\n", Some(200), None),
        ("Failure-Report: partial\r\n", None, None),
        ("Failure-Report: no\r\n", Some(413), None),
        ("Failure-Report: no\r\n", None, None),
    ] {
        let mut between = Between::new();
        let headers = format!("Message-ID: message2\r\n{asked}");
        between.hear(IN, &chunk(&headers, "Content-Type: text/plain\r\n\r\nabc\r\n-------tid1$\r\n"));
        let id = between.last_tid();
        match answer {
            Some(status) => {
                let text = format!("MSRP {id} {status}\r\nTo-Path: {TO_BOB}\r\nFrom-Path: {BOB}\r\n-------{id}$\r\n");
                between.hear(OUT, &text);
            }
            None => {
                between.relay.handle(at(32), Input::Timer);
            }
        }
        let expected: Vec<_> = expected
            .map(|line| format!("MSRP TID {line}\r\nTo-Path: {ALICE}\r\nFrom-Path: {TO_ALICE}\r\n-------TID$\r\n"))
            .map(|text| (IN, text))
            .into_iter()
            .collect();
        assert_eq!(between.sent(), expected, "{asked} {answer:?}");
        assert_eq!(between.relay.next_timeout(), None, "{asked} {answer:?}");
    }
}

#[test]
fn reports_go_on_and_nobody_answers_them() {
    let mut between = Between::new();
    let headers = "Message-ID: message2\r\nByte-Range: 1-9/9\r\nStatus: 000 200 OK\r\n";
    let report = |tid: &str, to: &str, from: &str| {
        format!("MSRP {tid} REPORT\r\nTo-Path: {to}\r\nFrom-Path: {from}\r\n{headers}-------{tid}$\r\n")
    };
    between.hear(OUT, &report("tid2", TO_BOB, BOB));
    assert_eq!(between.sent(), [(IN, report("TID", ALICE, TO_ALICE))]);
    assert_eq!(between.relay.next_timeout(), None);
}

#[test]
fn what_comes_before_the_connection_waits_and_what_comes_after_it_is_refused() {
    let mut relay = endpoint(3, "relay", 2048);
    let switched = |own: &str, peer: &str, connect| SessionConfig { switched: true, ..session(own, peer, connect) };
    let from = relay.open(at(0), switched(TO_ALICE, ALICE, None));
    let to = relay.open(at(0), switched(TO_BOB, BOB, Some(2)));
    let text = chunk("Message-ID: message2\r\n", "Content-Type: text/plain\r\n\r\nabc\r\n-------tid1$\r\n");
    let request = crate::wire::msrp::Message::parse(Bytes::from(text)).expect("a chunk");
    assert!(relay.relay(at(0), from, to, &request));
    assert_eq!(sent(&mut relay), ["connect"]);
    let (local, remote) = (([127, 0, 0, 3], 9).into(), ([127, 0, 0, 2], 2855).into());
    relay.handle(at(0), Input::Connected { conn: Conn(1 << 32), local, remote, certificate: None });
    assert_eq!(sent(&mut relay).len(), 1, "no SEND but this one is needed to begin");
    relay.handle(at(0), Input::Closed { conn: Conn(1 << 32), reset: false });
    assert!(!relay.relay(at(0), from, to, &request));
    assert_eq!(relay.next_timeout(), None);
}
