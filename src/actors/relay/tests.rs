//! A relay before clients and peers, octet by octet.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::stack::digest::{Asked, Protection};
use crate::wire::msrp::{Head, Message};
use crate::wire::sip::{Credentials, Name};

const OWN: &str = "msrp://192.0.2.7:2855;tcp";
const ALICE: &str = "msrp://192.0.2.1:2855/alice;tcp";
const BOB: &str = "msrp://192.0.2.2:2855/bob;tcp";
/// The connection that Alice's client opened, and that of somebody else.
const CLIENT: Conn = Conn(Conn::ACCEPTED | 1);
const OTHER: Conn = Conn(Conn::ACCEPTED | 2);

struct Wire {
    relay: Relay,
    now: Time,
}

impl Wire {
    fn new() -> Wire {
        let accounts = vec![account("secret")];
        let at = "192.0.2.7:2855".parse().unwrap();
        let config = Config::new(at, "home1.example", accounts, IdSource::new(1, "relay"));
        let mut wire = Wire { relay: Relay::new(config), now: Time::SIMULATION_START };
        wire.drain();
        for conn in [CLIENT, OTHER] {
            wire.input(Input::Accepted {
                conn,
                local: at,
                remote: "192.0.2.9:4000".parse().unwrap(),
                certificate: None,
            });
        }
        wire
    }

    fn input(&mut self, input: Input) -> Vec<String> {
        self.relay.handle(self.now, input);
        self.drain()
    }

    /// What the relay does, one line each: where to, the start line, and what else `say` picks.
    fn drain(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(output) = self.relay.poll() {
            lines.push(match output {
                Output::Send { conn, pieces } => {
                    format!("{}: {}", name(conn), String::from_utf8_lossy(&pieces.concat()))
                }
                Output::Connect { conn, remote, .. } => {
                    let line = format!("connect {remote}");
                    self.relay.handle(self.now, Input::Connected { conn, local: remote, remote, certificate: None });
                    line
                }
                Output::Close { conn } | Output::Reset { conn } => format!("close {}", name(conn)),
                Output::Listen { local, .. } => format!("listen {local}"),
                other => format!("{other:?}"),
            });
        }
        lines
    }

    fn hear(&mut self, conn: Conn, text: &str) -> Vec<String> {
        self.input(Input::Received { conn, bytes: Bytes::copy_from_slice(text.as_bytes()) })
    }

    fn wait(&mut self, time: Duration) -> Vec<String> {
        self.now += time;
        self.input(Input::Timer)
    }

    /// An AUTH of Alice, answered with that password where there is a challenge for it; what the relay says last.
    fn auth(&mut self, conn: Conn, password: &str, more: &str) -> String {
        let first = self.hear(conn, &format!("MSRP a1 AUTH\r\nTo-Path: {OWN}\r\nFrom-Path: {ALICE}\r\n-------a1$\r\n"));
        let challenge = header(&first[0], "WWW-Authenticate");
        let asked = Asked { method: "AUTH", uri: OWN, body: b"" };
        let mut protection = Protection::new(Name::Authorization, &challenge);
        let credentials = protection.credentials(&asked, &account(password), &mut IdSource::new(2, "alice")).unwrap();
        let said = self.hear(
            conn,
            &format!(
                "MSRP a2 AUTH\r\nTo-Path: {OWN}\r\nFrom-Path: {ALICE}\r\nAuthorization: {credentials}\r\n{more}-------a2$\r\n"
            ),
        );
        said.join("\n")
    }

    /// Alice's path.
    fn admitted(&mut self) -> String {
        let said = self.auth(CLIENT, "secret", "");
        assert!(said.starts_with("client: MSRP a2 200 OK\r\n"), "{said}");
        header(&said, "Use-Path")
    }
}

fn account(password: &str) -> Account {
    Account { user: "alice".to_owned(), password: password.to_owned() }
}

fn name(conn: Conn) -> String {
    match conn {
        CLIENT => "client".to_owned(),
        OTHER => "other".to_owned(),
        Conn(nth) => nth.to_string(),
    }
}

fn parsed(line: &str) -> Message {
    let text = line.split_once(": ").map_or("", |(_, text)| text);
    Message::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap_or_else(|flaw| panic!("{flaw:?}: {line}"))
}

fn header(line: &str, name: &str) -> String {
    let text = line.split_once(": ").map_or("", |(_, text)| text);
    let head = Head::parse(Bytes::copy_from_slice(text.as_bytes()));
    head.header(name).unwrap_or_else(|| panic!("no {name} in {line}")).to_owned()
}

/// A SEND of Alice to Bob by that path.
fn send(path: &str, more: &str) -> String {
    format!(
        "MSRP t1 SEND\r\nTo-Path: {path} {BOB}\r\nFrom-Path: {ALICE}\r\nMessage-ID: m\r\nByte-Range: 1-5/5\r\n{more}\
         Content-Type: text/plain\r\n\r\nhello\r\n-------t1$\r\n"
    )
}

#[test]
fn only_who_knows_the_password_gets_a_path() {
    let mut wire = Wire::new();
    for _ in 1..5 {
        let said = wire.auth(CLIENT, "guess", "");
        assert!(said.starts_with("client: MSRP a2 401 Unauthorized\r\n"), "{said}");
    }
    // Who guesses too often is not heard any more.
    assert!(wire.auth(CLIENT, "guess", "").ends_with("close client"));
    let said = wire.auth(OTHER, "secret", "");
    let path = header(&said, "Use-Path");
    assert!(path.starts_with("msrp://192.0.2.7:2855/") && path.len() >= OWN.len() + 20, "{path}");
    assert_eq!(header(&said, "Expires"), "900");
    assert_eq!(header(&said, "To-Path"), ALICE);
    let info = header(&said, "Authentication-Info");
    for part in ["rspauth=\"", "cnonce=\"", "nc=00000001", "qop=auth", "nextnonce=\""] {
        assert!(info.contains(part), "{info}");
    }
}

#[test]
fn the_proof_is_that_of_the_password() {
    let mut wire = Wire::new();
    let first = wire.hear(CLIENT, &format!("MSRP a1 AUTH\r\nTo-Path: {OWN}\r\nFrom-Path: {ALICE}\r\n-------a1$\r\n"));
    let challenge = header(&first[0], "WWW-Authenticate");
    let mut protection = Protection::new(Name::Authorization, &challenge);
    let mut ids = IdSource::new(2, "alice");
    let asked = Asked { method: "AUTH", uri: OWN, body: b"" };
    let text = protection.credentials(&asked, &account("secret"), &mut ids).unwrap();
    // Without the parameter that RFC 4976 does not name.
    let bare = text.replace(&format!("uri=\"{OWN}\", "), "");
    assert_ne!(bare, text);
    let auth =
        format!("MSRP a2 AUTH\r\nTo-Path: {OWN}\r\nFrom-Path: {ALICE}\r\nAuthorization: {bare}\r\n-------a2$\r\n");
    let said = wire.hear(CLIENT, &auth);
    let info = header(&said[0], "Authentication-Info");
    // The answer's digest is that of an empty method (RFC 2617 §3.2.3).
    let proof = wire.relay.guard.proof(&Credentials::parse(&text), &asked).unwrap();
    let nothing = wire.relay.guard.proof(&Credentials::parse("Digest username=\"eve\""), &asked);
    assert!(info.starts_with(&proof) && nothing.is_none(), "{info} {proof}");
    assert!(!text.contains(&proof[9..41]), "the proof is not what the client sent");
}

#[test]
fn a_time_out_of_bounds_is_refused_with_the_bound() {
    for (asked, status, bound) in [
        ("59", "423", Some(("Min-Expires", "60"))),
        ("3601", "423", Some(("Max-Expires", "3600"))),
        ("soon", "423", Some(("Min-Expires", "60"))),
        ("60", "200", Some(("Expires", "60"))),
    ] {
        let said = Wire::new().auth(CLIENT, "secret", &format!("Expires: {asked}\r\n"));
        assert!(said.starts_with(&format!("client: MSRP a2 {status} ")), "{asked}: {said}");
        if let Some((name, value)) = bound {
            assert_eq!(header(&said, name), value, "{asked}");
        }
    }
}

#[test]
fn a_message_goes_on_with_its_paths_moved() {
    let mut wire = Wire::new();
    let path = wire.admitted();
    let said = wire.hear(CLIENT, &send(&path, ""));
    let [connect, answer, on] = &said[..] else { panic!("{said:?}") };
    assert_eq!(connect, "connect 192.0.2.2:2855");
    assert_eq!(parsed(answer).head().status(), Some(200));
    assert_eq!((header(answer, "To-Path"), header(answer, "From-Path")), (ALICE.to_owned(), path.clone()));
    assert_eq!((header(on, "To-Path"), header(on, "From-Path")), (BOB.to_owned(), format!("{path} {ALICE}")));
    let on = parsed(on);
    assert_ne!(on.head().transaction_id(), "t1");
    assert_eq!((on.body_bytes(), on.head().header("Byte-Range")), (Bytes::from_static(b"hello"), Some("1-5/5")));
}

/// What Alice's client hears when her message was answered so at the next hop, or not at all.
#[track_caller]
fn outcome(more: &str, status: Option<u16>, expected: Option<&str>) {
    let mut wire = Wire::new();
    let path = wire.admitted();
    let said = wire.hear(CLIENT, &send(&path, more));
    let on = parsed(said.last().expect("something goes on"));
    let said = match status {
        Some(status) => {
            let tid = on.head().transaction_id();
            let text = format!("MSRP {tid} {status}\r\nTo-Path: {path}\r\nFrom-Path: {BOB}\r\n-------{tid}$\r\n");
            wire.hear(Conn(1), &text)
        }
        None => wire.wait(PATIENCE),
    };
    let reports: Vec<&String> = said.iter().filter(|line| line.contains(" REPORT\r\n")).collect();
    assert_eq!(reports.len(), usize::from(expected.is_some()), "{more:?} {status:?}: {said:?}");
    for report in reports {
        assert!(report.starts_with("client: "), "{report}");
        assert_eq!(Some(&*header(report, "Status")), expected, "{more:?} {status:?}");
        assert_eq!((header(report, "To-Path"), header(report, "From-Path")), (ALICE.to_owned(), path.clone()));
        assert_eq!((header(report, "Message-ID"), header(report, "Byte-Range")), ("m".into(), "1-5/5".into()));
    }
    // Nothing is left that could come due.
    assert!(!wire.relay.is_busy() && wire.relay.due.iter().all(|(_, due)| matches!(due, Due::Probation(_))));
}

#[test]
fn failures_are_reported_to_who_wants_to_hear_of_them() {
    outcome("", Some(200), None);
    outcome("", Some(413), Some("000 413 Stop Sending"));
    outcome("", None, Some("000 408 Timeout"));
    outcome("Failure-Report: partial\r\n", Some(200), None);
    outcome("Failure-Report: partial\r\n", None, None);
    outcome("Failure-Report: partial\r\n", Some(481), Some("000 481 No Such Session"));
    outcome("Failure-Report: no\r\n", Some(481), None);
    outcome("Failure-Report: no\r\n", None, None);
}

#[test]
fn who_asks_for_no_responses_gets_none() {
    for (more, answered) in [("", true), ("Failure-Report: partial\r\n", false), ("Failure-Report: no\r\n", false)] {
        let mut wire = Wire::new();
        let path = wire.admitted();
        let said = wire.hear(CLIENT, &send(&path, more));
        assert_eq!(said.iter().any(|line| line.starts_with("client: ")), answered, "{more:?}: {said:?}");
    }
}

/// Bob comes to Alice by her path, and what she says goes back over his connection.
#[test]
fn a_peer_that_connected_is_answered_there() {
    let mut wire = Wire::new();
    let path = wire.admitted();
    let hello =
        format!("MSRP b1 SEND\r\nTo-Path: {path} {ALICE}\r\nFrom-Path: {BOB}\r\nMessage-ID: n\r\n-------b1$\r\n");
    let said = wire.hear(OTHER, &hello);
    assert!(said[0].starts_with("other: MSRP b1 200 OK\r\n") && said[1].starts_with("client: "), "{said:?}");
    assert_eq!((header(&said[1], "To-Path"), header(&said[1], "From-Path")), (ALICE.into(), format!("{path} {BOB}")));
    let said = wire.hear(CLIENT, &send(&path, ""));
    assert!(said.len() == 2 && said[1].starts_with("other: MSRP "), "{said:?}");
}

#[test]
fn what_is_not_for_a_path_of_this_relay_goes_nowhere() {
    /// What happens to a SEND with these paths on a connection; `P` stands for Alice's path.
    #[track_caller]
    fn check(conn: Conn, to: &str, expected: &str) {
        let mut wire = Wire::new();
        let path = wire.admitted();
        let to = to.replace('P', &path);
        let text = format!("MSRP t1 SEND\r\nTo-Path: {to}\r\nFrom-Path: {BOB}\r\nMessage-ID: m\r\n-------t1$\r\n");
        let said = wire.hear(conn, &text);
        assert!(said.len() == 1 && said[0].starts_with(expected), "{to}: {said:?}");
    }
    check(OTHER, BOB, "close other");
    check(OTHER, "", "close other");
    check(OTHER, "msrp://192.0.2.7:2855/guess;tcp msrp://192.0.2.1:2855/alice;tcp", "other: MSRP t1 481 ");
    check(OTHER, "P", "other: MSRP t1 481 ");
    check(OTHER, "P msrp://192.0.2.3:2855/carol;tcp", "other: MSRP t1 481 ");
    check(CLIENT, "P msrp://name.example:2855/carol;tcp", "client: MSRP t1 481 ");
    check(CLIENT, "P P P P P P P P P P P P P P P P P", "client: MSRP t1 400 ");
    check(CLIENT, OWN, "client: MSRP t1 481 ");
}

#[test]
fn a_path_ends_with_its_time_and_with_its_connection() {
    let mut wire = Wire::new();
    let path = wire.admitted();
    wire.now += Duration::from_secs(900);
    let said = wire.hear(CLIENT, &send(&path, ""));
    assert!(said[0].starts_with("client: MSRP t1 481 "), "{said:?}");
    let mut wire = Wire::new();
    let path = wire.admitted();
    wire.input(Input::Closed { conn: CLIENT, reset: false });
    let said = wire.hear(OTHER, &send(&path, "").replace(BOB, ALICE));
    assert!(said[0].starts_with("other: MSRP t1 481 "), "{said:?}");
}

#[test]
fn a_connection_of_no_use_is_closed() {
    let mut wire = Wire::new();
    wire.admitted();
    assert_eq!(wire.wait(PATIENCE), ["close other"]);
    assert_eq!(wire.hear(CLIENT, "GET / HTTP/1.1\r\n\r\n"), ["close client"]);
}

#[test]
fn large_chunks_are_cut() {
    let mut wire = Wire::new();
    let path = wire.admitted();
    let content = "x".repeat(100_000);
    let text = format!(
        "MSRP t1 SEND\r\nTo-Path: {path} {BOB}\r\nFrom-Path: {ALICE}\r\nMessage-ID: m\r\nByte-Range: 11-*/100010\r\n\
         Content-Type: text/plain\r\n\r\n{content}\r\n-------t1$\r\n"
    );
    let mut said = Vec::new();
    for piece in text.as_bytes().chunks(1400) {
        said.extend(wire.input(Input::Received { conn: CLIENT, bytes: Bytes::copy_from_slice(piece) }));
    }
    let sent: Vec<Message> = said.iter().filter(|line| line.starts_with("1: ")).map(|line| parsed(line)).collect();
    assert!(sent.len() > 2 && sent.iter().all(|chunk| chunk.octets() <= CHUNK_AND_MORE), "{}", sent.len());
    let mut next = 11;
    for (nth, chunk) in (1..).zip(&sent) {
        let range = chunk.head().byte_range().unwrap();
        assert_eq!((range.start, range.end, range.total), (next, Some(next + chunk.octets() - 1), Some(100_010)));
        assert_eq!(chunk.flag().as_char(), if nth == sent.len() { '$' } else { '+' });
        next += chunk.octets();
    }
    assert_eq!(next, 100_011);
}

/// A chunk is cut as soon as it has enough, so it may have what came last besides.
const CHUNK_AND_MORE: u64 = (32 << 10) + 1400;

#[test]
fn other_requests_go_on_and_their_answers_come_back() {
    let mut wire = Wire::new();
    let path = wire.admitted();
    let report = format!(
        "MSRP r1 REPORT\r\nTo-Path: {path} {BOB}\r\nFrom-Path: {ALICE}\r\nMessage-ID: m\r\nStatus: 000 200\r\n-------r1$\r\n"
    );
    let said = wire.hear(CLIENT, &report);
    assert!(said.len() == 2 && said[1].starts_with("1: MSRP ") && said[1].contains(" REPORT\r\n"), "{said:?}");
    // A relay behind this one is asked for a path through it (RFC 4976 §5.1).
    let further = "msrp://192.0.2.8:2855;tcp";
    let said = wire
        .hear(CLIENT, &format!("MSRP a9 AUTH\r\nTo-Path: {path} {further}\r\nFrom-Path: {ALICE}\r\n-------a9$\r\n"));
    let on = said.last().expect("it goes on");
    assert_eq!((header(on, "To-Path"), header(on, "From-Path")), (further.into(), format!("{path} {ALICE}")));
    let tid = parsed(on).head().transaction_id().to_owned();
    let answer =
        format!("MSRP {tid} 401\r\nTo-Path: {path} {ALICE}\r\nFrom-Path: {further}\r\nX: y\r\n-------{tid}$\r\n");
    let said = wire.hear(Conn(2), &answer);
    assert!(said.len() == 1 && said[0].starts_with("client: MSRP a9 401\r\n"), "{said:?}");
    assert_eq!(
        (header(&said[0], "To-Path"), header(&said[0], "From-Path")),
        (ALICE.into(), format!("{path} {further}"))
    );
    assert_eq!(header(&said[0], "X"), "y");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever comes over a connection, in whatever pieces, the relay stays alive and hands nothing to Alice that is not
    /// for her.
    #[test]
    fn any_octets_are_survived(
        words in proptest::collection::vec(
            prop_oneof![
                Just("MSRP t SEND\r\n"), Just("MSRP t AUTH\r\n"), Just("MSRP t 200\r\n"), Just("To-Path: "), Just("%"),
                Just(" "), Just(ALICE), Just(BOB), Just(OWN), Just("\r\n"), Just("From-Path: "), Just("-------t$\r\n"),
                Just("Authorization: Digest username=\"alice\"\r\n"), Just("Byte-Range: 1-18446744073709551615/*\r\n"),
                Just("Byte-Range: 18446744073709551615-*/1\r\n"), Just("\r\nbody\r\n"), Just("Expires: 99999999999\r\n"),
            ],
            0..40,
        ),
        cut in 1usize..64,
    ) {
        let mut wire = Wire::new();
        let path = wire.admitted();
        let text = words.concat().replace('%', &path);
        for piece in text.as_bytes().chunks(cut) {
            wire.input(Input::Received { conn: OTHER, bytes: Bytes::copy_from_slice(piece) });
        }
        for _ in 0..3 {
            wire.wait(PATIENCE);
        }
        prop_assert!(wire.relay.due.is_empty());
    }
}
