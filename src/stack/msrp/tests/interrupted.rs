//! Chunks that are written piece by piece: what ends them before their message ends, and who is next.

use super::*;
use crate::stack::msrp::SessionId;
use crate::stack::{Conn, Input};

const CONN: Conn = Conn(1 << 32);
/// Octets that the connection gets at once.
const PIECE: usize = 2048;

/// Alice's endpoint, whose chunks are as long as her messages, with a connection to Bob that takes a piece when it is told.
struct Writing {
    alice: Endpoint,
    id: SessionId,
    /// All that was written so far.
    stream: Vec<u8>,
    closed: bool,
}

impl Writing {
    /// Connected, with this message begun.
    fn new(message: Outgoing) -> Writing {
        let config = Config::new(([127, 0, 0, 1], 2855).into(), IdSource::new(7, "alice"));
        let mut alice = Endpoint::new(Config { chunk: 1 << 20, piece: PIECE, window: 2, ..config });
        let id = alice.open(at(0), session(ALICE, BOB, Some(2)));
        alice.send(at(0), id, message);
        let (local, remote) = (([127, 0, 0, 1], 9).into(), ([127, 0, 0, 2], 2855).into());
        alice.handle(at(0), Input::Connected { conn: CONN, local, remote, certificate: None });
        let mut writing = Writing { alice, id, stream: Vec::new(), closed: false };
        writing.write();
        told(&mut writing.alice);
        writing
    }

    /// Takes what Alice gives; how many octets.
    fn write(&mut self) -> usize {
        let before = self.stream.len();
        while let Some(output) = self.alice.poll() {
            match output {
                Output::Send { pieces, .. } => {
                    let octets = pieces.concat();
                    assert!(octets.len() < PIECE + 600, "a piece of {} octets", octets.len());
                    self.stream.extend(octets);
                }
                Output::Close { .. } => self.closed = true,
                _ => {}
            }
        }
        self.stream.len() - before
    }

    /// The connection has taken everything and gets the next piece, up to so many times.
    fn drain(&mut self, times: usize) {
        for _ in 0..times {
            self.alice.handle(at(1), Input::Drained { conn: CONN });
            if self.write() == 0 {
                return;
            }
        }
    }

    fn hear(&mut self, octets: &str) {
        self.alice.handle(at(1), Input::Received { conn: CONN, bytes: octets.to_owned().into() });
        self.write();
    }

    /// The transaction identifier of the chunk that began last.
    fn tid(&self) -> String {
        let text = String::from_utf8_lossy(&self.stream);
        let line = text.lines().rev().find(|line| line.starts_with("MSRP ") && line.ends_with(" SEND"));
        line.and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned()
    }

    /// The chunks with content that have ended, each with its Message-ID, Byte-Range, octets and flag, and responses by
    /// their status.
    fn chunks(&self) -> Vec<String> {
        let word = |message: &Message| {
            if let Some(status) = message.head().status() {
                return status.to_string();
            }
            let range = message.head().find("Byte-Range").map(|h| h.value().to_owned()).unwrap_or_default();
            let id = message.head().message_id().unwrap_or_default();
            assert_eq!(message.flaws(), [], "{id} {range}");
            format!("{id} {range} {}{}", message.octets(), message.flag().as_char())
        };
        let counts = |message: &&Message| message.head().is_response() || message.body().is_some();
        framed(self.stream.clone().into()).iter().filter(counts).map(word).collect()
    }
}

fn response(tid: &str, status: u16) -> String {
    format!("MSRP {tid} {status}\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\n-------{tid}$\r\n")
}

/// A request of Bob's with these lines behind the paths.
fn request(method: &str, lines: &str) -> String {
    format!("MSRP bob1 {method}\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\n{lines}-------bob1$\r\n")
}

fn named(name: &str, octets: usize) -> Outgoing {
    Outgoing { message_id: name.into(), ..outgoing(octets) }
}

#[test]
fn a_chunk_is_written_as_the_connection_takes_it() {
    let mut writing = Writing::new(outgoing(9000));
    for nth in 1..=4 {
        assert_eq!(writing.chunks(), [""; 0], "piece {nth}");
        assert_eq!(writing.write(), 0, "nothing more before the connection has taken piece {nth}");
        writing.drain(1);
    }
    assert_eq!(writing.chunks(), ["message1 1-*/9000 9000$"]);
    let tid = writing.tid();
    writing.hear(&response(&tid, 200));
    assert_eq!(told(&mut writing.alice), ["1 message1 acknowledged"]);
    assert_eq!(writing.alice.next_timeout(), None);
}

#[test]
fn what_fails_its_message_ends_a_running_chunk_at_once_and_nothing_follows() {
    type Cause = fn(&mut Writing);
    fn refuse(writing: &mut Writing, status: u16) {
        let tid = writing.tid();
        writing.hear(&response(&tid, status));
    }
    fn report(writing: &mut Writing, status: u16) {
        let lines = format!("Message-ID: message1\r\nByte-Range: 1-2048/20000\r\nStatus: 000 {status}\r\n");
        writing.hear(&request("REPORT", &lines));
    }
    let causes: [(&str, Cause, &[&str]); 8] = [
        ("413", |w| refuse(w, 413), &["1 message1 Refused(413)"]),
        ("415", |w| refuse(w, 415), &["1 message1 Refused(415)"]),
        ("481", |w| refuse(w, 481), &["1 message1 Refused(481)"]),
        ("413 in a REPORT", |w| report(w, 413), &["1 message1 Refused(413)"]),
        ("400 in a REPORT", |w| report(w, 400), &["1 message1 Refused(400)"]),
        ("the user", |w| w.alice.abort(w.id), &["1 message1 Aborted"]),
        ("the end of the session", |w| w.alice.close(w.id), &["1 message1 Aborted"]),
        (
            "a connection that takes nothing",
            |w| assert!(!w.alice.handle(at(31), Input::Timer)),
            &["1 message1 Timeout"],
        ),
    ];
    for (name, cause, expected) in causes {
        let mut writing = Writing::new(outgoing(20_000));
        writing.drain(1);
        cause(&mut writing);
        writing.write();
        assert_eq!(told(&mut writing.alice), expected, "{name}");
        assert_eq!(writing.chunks(), ["message1 1-*/20000 4096#"], "{name}");
        writing.drain(9);
        writing.alice.handle(at(100), Input::Timer);
        writing.write();
        assert_eq!(writing.chunks().len(), 1, "{name}");
        assert_eq!((told(&mut writing.alice).len(), writing.alice.next_timeout()), (0, None), "{name}");
        assert_eq!(writing.closed, name == "the end of the session", "{name}");
    }
}

#[test]
fn an_answer_to_a_chunk_that_is_not_all_there_says_nothing() {
    let mut writing = Writing::new(outgoing(9000));
    let tid = writing.tid();
    writing.hear(&response(&tid, 200));
    writing.drain(9);
    assert_eq!((told(&mut writing.alice).len(), writing.chunks().len()), (0, 1));
    writing.hear(&response(&tid, 200));
    assert_eq!(told(&mut writing.alice), ["1 message1 acknowledged"]);
}

#[test]
fn a_response_that_is_due_goes_between_two_chunks() {
    let mut writing = Writing::new(outgoing(9000));
    writing.drain(1);
    let lines = "Message-ID: message2\r\nByte-Range: 1-1/1\r\nContent-Type: text/plain\r\n\r\na\r\n";
    writing.hear(&request("SEND", lines));
    assert_eq!(writing.chunks(), ["message1 1-*/9000 4096+", "200"]);
    writing.drain(9);
    assert_eq!(writing.chunks()[2..], ["message1 4097-*/9000 4904$"]);
    assert!(
        !String::from_utf8_lossy(&writing.stream).split("4097-*").nth(1).is_some_and(|s| s.contains("Disposition"))
    );
}

#[test]
fn messages_take_turns_and_none_waits_for_the_end_of_another() {
    let mut writing = Writing::new(named("one1", 9000));
    writing.alice.send(at(0), writing.id, named("two2", 5000));
    // Another session towards the same peer has the same connection.
    let (own, peer) = (ALICE.replace("alice1", "alice2"), BOB.replace("bob1", "bob2"));
    let other = writing.alice.open(at(0), session(&own, &peer, Some(2)));
    writing.alice.send(at(0), other, named("tri3", 4000));
    // What fits into one chunk that need not be interrupted is not cut.
    writing.alice.send(at(0), other, named("few4", 100));
    writing.write();
    writing.drain(99);
    let chunks = writing.chunks();
    assert_eq!(
        chunks,
        [
            "one1 1-*/9000 2048+",
            "few4 1-100/100 100$",
            "one1 2049-*/9000 2048+",
            "two2 1-*/5000 2048+",
            "tri3 1-*/4000 2048+",
            "two2 2049-*/5000 2048+",
            "tri3 2049-*/4000 1952$",
        ],
        "two chunks of a message may wait for their responses"
    );
    let stream = writing.stream.clone();
    for chunk in framed(stream.into()) {
        let (to, tid) = (chunk.head().from_path().next().unwrap_or_default().to_owned(), chunk.head().transaction_id());
        let answer = response(tid, 200).replace(ALICE, &to);
        writing.hear(&answer);
    }
    writing.drain(99);
    assert_eq!(
        writing.chunks()[chunks.len()..],
        ["one1 4097-*/9000 4096+", "two2 4097-*/5000 904$", "one1 8193-*/9000 808$"]
    );
}

#[test]
fn a_transaction_is_changed_where_the_content_holds_its_end_line() {
    let ids = IdSource::new(7, "alice");
    // Where the end-line of the first transaction begins, and the chunks that come of it.
    for (at_octet, expected) in [
        (100, &["message1 1-*/6000 6000$"][..]),
        (PIECE - 9, &["message1 1-*/6000 2048+", "message1 2049-*/6000 3952$"]),
        (PIECE + 50, &["message1 1-*/6000 2048+", "message1 2049-*/6000 3952$"]),
        (2 * PIECE - 20, &["message1 1-*/6000 4096+", "message1 4097-*/6000 1904$"]),
    ] {
        let line = format!("\r\n-------{}$\r\n", ids.clone().token(16));
        let mut body = text(6000).to_vec();
        body[at_octet..at_octet + line.len()].copy_from_slice(line.as_bytes());
        let mut writing = Writing::new(Outgoing { body: body.clone().into(), ..outgoing(0) });
        writing.drain(9);
        assert_eq!(writing.chunks(), expected, "{at_octet}");
        let held: Vec<u8> = framed(writing.stream.clone().into()).iter().flat_map(|m| m.body_bytes()).collect();
        assert_eq!(held, body, "{at_octet}");
    }
}

#[test]
fn another_path_wants_another_chunk() {
    let mut writing = Writing::new(outgoing(5000));
    let elsewhere = BOB.replace("bob1", "bob9");
    writing.alice.modify(at(1), writing.id, session(ALICE, &elsewhere, Some(2)));
    writing.write();
    writing.drain(9);
    assert_eq!(writing.chunks(), ["message1 1-*/5000 2048+", "message1 2049-*/5000 2952$"]);
    assert!(String::from_utf8_lossy(&writing.stream).contains(&format!("To-Path: {elsewhere}")));
}
