//! What comes for a session that was offered, before its answer.

use super::*;
use crate::stack::{Conn, Input};

const CONN: Conn = Conn(Conn::ACCEPTED | 1);

/// Alice has offered a session, and Bob connects at once and sends a message.
fn offered() -> Endpoint {
    let mut alice = endpoint(1, "alice", 2048);
    alice.expect(ALICE);
    let (local, remote) = (([127, 0, 0, 1], 2855).into(), ([127, 0, 0, 2], 9).into());
    alice.handle(at(0), Input::Accepted { conn: CONN, local, remote, certificate: None });
    said(&mut alice, ALICE, "tid1");
    alice
}

fn said(alice: &mut Endpoint, to: &str, tid: &str) {
    let text = format!(
        "MSRP {tid} SEND\r\nTo-Path: {to}\r\nFrom-Path: {BOB}\r\nMessage-ID: m-{tid}\r\nByte-Range: 1-5/5\r\n\
         Content-Type: text/plain\r\n\r\n{}\r\n-------{tid}$\r\n",
        String::from_utf8_lossy(&text(5))
    );
    alice.handle(at(0), Input::Received { conn: CONN, bytes: text.into() });
}

/// The status of each response that she has sent.
fn statuses(alice: &mut Endpoint) -> Vec<u16> {
    framed(sent(alice).concat().into()).iter().filter_map(|message| message.head().status()).collect()
}

#[test]
fn it_waits_for_the_answer() {
    let mut alice = offered();
    said(&mut alice, ALICE, "tid2");
    assert_eq!((statuses(&mut alice), told(&mut alice)), (vec![], vec![]));
    alice.open(at(1), session(ALICE, BOB, None));
    assert_eq!(statuses(&mut alice), [200, 200]);
    let expected = ["1 connected", "1 m-tid1 received, 5 octets, right", "1 m-tid2 received, 5 octets, right"];
    assert_eq!(told(&mut alice), expected);
    assert_eq!(alice.next_timeout(), None);
}

#[test]
fn it_does_not_wait_for_ever_nor_for_anything() {
    let mut alice = offered();
    assert_eq!(alice.next_timeout(), Some(at(5)));
    alice.handle(at(5), Input::Timer);
    assert_eq!((statuses(&mut alice), alice.next_timeout()), (vec![481], None));
    // Nobody was offered that.
    said(&mut alice, "msrp://127.0.0.1:2855/other;tcp", "tid3");
    assert_eq!(statuses(&mut alice), [481]);
    // More than a handful is no session that begins.
    for nth in 0..100 {
        said(&mut alice, ALICE, &format!("u{nth:03}"));
    }
    assert_eq!(statuses(&mut alice), [481; 36]);
}
