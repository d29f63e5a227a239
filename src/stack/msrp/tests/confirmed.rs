//! A message that came whole waits for the user of its endpoint.

use super::*;
use crate::stack::msrp::SessionId;
use crate::stack::{Conn, Input};

const CONN: Conn = Conn(Conn::ACCEPTED | 1);

/// Bob, who confirms what comes.
fn bob() -> (Endpoint, SessionId) {
    let config = Config::new(([127, 0, 0, 2], 2855).into(), IdSource::new(7, "bob"));
    let mut bob = Endpoint::new(Config { confirms: true, ..config });
    let id = bob.open(at(0), session(BOB, ALICE, None));
    let (local, remote) = (([127, 0, 0, 2], 2855).into(), ([127, 0, 0, 1], 9).into());
    bob.handle(at(0), Input::Accepted { conn: CONN, local, remote, certificate: None });
    (bob, id)
}

fn chunk(start: usize, end: usize, total: usize, flag: char) -> Input {
    let content = String::from_utf8_lossy(&text(total)[start - 1..end]).into_owned();
    let octets = format!(
        "MSRP send{start:04} SEND\r\nTo-Path: {BOB}\r\nFrom-Path: {ALICE}\r\nMessage-ID: message2\r\n\
         Byte-Range: {start}-{end}/{total}\r\nSuccess-Report: yes\r\nContent-Type: text/plain\r\n\r\n{content}\r\n\
         -------send{start:04}{flag}\r\n"
    );
    Input::Received { conn: CONN, bytes: octets.into() }
}

/// What Bob said, by status or method.
fn said(bob: &mut Endpoint) -> Vec<String> {
    let word = |octets: String| octets.split(' ').nth(2).unwrap_or_default().trim_end().to_owned();
    let word = |octets: String| word(octets.split("\r\n").next().unwrap_or_default().to_owned());
    sent(bob).into_iter().filter(|octets| octets.starts_with("MSRP")).map(word).collect()
}

#[test]
fn the_last_chunk_is_answered_when_the_user_says_how() {
    for (status, expected) in [(200, vec!["200", "REPORT"]), (413, vec!["413"])] {
        let (mut bob, id) = bob();
        bob.handle(at(1), chunk(1, 100, 200, '+'));
        assert_eq!(said(&mut bob), ["200"], "the others are answered at once");
        bob.handle(at(1), chunk(101, 200, 200, '$'));
        assert_eq!(said(&mut bob), Vec::<String>::new());
        bob.confirm(id, "another", 200);
        bob.confirm(id, "message2", status);
        bob.confirm(id, "message2", status);
        assert_eq!(said(&mut bob), expected);
        told(&mut bob);
        // What was refused may come again; what was taken is not taken twice.
        bob.handle(at(2), chunk(1, 200, 200, '$'));
        let again = told(&mut bob).iter().any(|event| event.contains("received"));
        assert_eq!(again, status != 200);
    }
}

#[test]
fn a_session_that_is_gone_confirms_nothing() {
    let (mut bob, id) = bob();
    bob.handle(at(1), chunk(1, 200, 200, '$'));
    bob.close(id);
    said(&mut bob);
    bob.confirm(id, "message2", 200);
    assert_eq!(said(&mut bob), Vec::<String>::new());
}
