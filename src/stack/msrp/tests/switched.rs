//! A session whose user answers requests himself, and messages whose octets come bit by bit.

use super::*;
use crate::stack::msrp::SessionId;
use crate::stack::{Conn, Input};

const CONN: Conn = Conn(1 << 32);

/// Alice's endpoint with a switched session towards Bob, who says what the test writes.
fn switch() -> (Endpoint, SessionId) {
    let mut alice = endpoint(1, "alice", 10);
    let id = alice.open(at(0), SessionConfig { switched: true, ..session(ALICE, BOB, Some(2)) });
    let (local, remote) = (([127, 0, 0, 1], 9).into(), ([127, 0, 0, 2], 2855).into());
    alice.handle(at(0), Input::Connected { conn: CONN, local, remote, certificate: None });
    sent(&mut alice);
    told(&mut alice);
    (alice, id)
}

fn hear(alice: &mut Endpoint, octets: &str) {
    alice.handle(at(1), Input::Received { conn: CONN, bytes: octets.to_owned().into() });
}

/// A request of Bob's with these lines behind the paths.
fn request(method: &str, lines: &str, flag: char) -> String {
    format!("MSRP bob1 {method}\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\n{lines}\r\n-------bob1{flag}\r\n")
}

/// What is handed over of a request, and what is answered without its user.
fn check(request: &str, expected: &[&str], answered: &[&str]) {
    let (mut alice, _) = switch();
    hear(&mut alice, request);
    assert_eq!(told(&mut alice), expected, "{request}");
    let lines: Vec<String> = sent(&mut alice).iter().map(|m| m.lines().next().unwrap_or_default().to_owned()).collect();
    assert_eq!(lines, answered, "{request}");
}

#[test]
fn requests_are_handed_over_but_those_that_any_endpoint_answers_alike() {
    let chunk = |range: &str, kind: &str| {
        request("SEND", &format!("Message-ID: message2\r\nByte-Range: {range}\r\nContent-Type: {kind}\r\n\r\nabc"), '+')
    };
    check(&chunk("1-3/9", "text/plain"), &["1 SEND to be answered, 3 octets"], &[]);
    check(&chunk("4-6/*", "text/plain"), &["1 SEND to be answered, 3 octets"], &[]);
    check(&chunk("1-3/9", "image/png"), &["1 message2 broken off"], &["MSRP bob1 415 Media Type Not Understood"]);
    check(&chunk("1-3/900000", "text/plain"), &["1 message2 broken off"], &["MSRP bob1 413 Stop Sending"]);
    check(&chunk("x", "text/plain"), &[], &["MSRP bob1 400 Bad Request"]);
    check(&request("SEND", "Message-ID: message2\r\nByte-Range: 1-0/0", '$'), &[], &["MSRP bob1 200 OK"]);
    let aborted = request("SEND", "Message-ID: message2\r\nByte-Range: 4-*/9", '#');
    check(&aborted, &["1 SEND to be answered, 0 octets"], &[]);
    let nickname = request("NICKNAME", "Use-Nickname: \"x\"", '$');
    check(&nickname, &["1 NICKNAME to be answered, 0 octets"], &[]);
    let elsewhere = nickname.replace("alice1", "alice9");
    check(&elsewhere, &[], &["MSRP bob1 481 No Such Session"]);
}

#[test]
fn the_user_answers_and_reports_as_far_as_the_sender_wants_to_hear() {
    for (headers, status, expected) in [
        ("Success-Report: yes\r\n", 200, &["200 OK", "REPORT"][..]),
        ("", 200, &["200 OK"]),
        ("Failure-Report: no\r\n", 403, &[]),
        ("Failure-Report: partial\r\n", 200, &[]),
        ("Failure-Report: partial\r\n", 428, &["428 Private Messages Not Supported"]),
    ] {
        let (mut alice, id) = switch();
        let lines =
            format!("Message-ID: message2\r\n{headers}Byte-Range: 1-3/3\r\nContent-Type: text/plain\r\n\r\nabc");
        hear(&mut alice, &request("SEND", &lines, '$'));
        let Some(Event::Request { request, .. }) = alice.poll_event() else { panic!("no request") };
        alice.respond(id, request.head(), status);
        if status == 200 {
            alice.report(id, request.head(), 3, 200);
        }
        let first =
            |m: &String| m.lines().next().and_then(|line| line.splitn(3, ' ').nth(2)).unwrap_or_default().to_owned();
        let answered = sent(&mut alice);
        assert_eq!(answered.iter().map(first).collect::<Vec<_>>(), expected, "{headers} {status}");
        assert!(
            answered.iter().all(|m| !m.contains("REPORT") || m.contains("Byte-Range: 1-3/3\r\nStatus: 000 200 OK"))
        );
    }
}

/// Byte-Range, content and flag of each chunk that goes out.
fn chunks(alice: &mut Endpoint) -> Vec<String> {
    let chunk = |m: String| {
        let line = |name: &str| m.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default().trim().to_owned();
        let content = m.split("\r\n\r\n").nth(1).and_then(|rest| rest.split("\r\n---").next()).unwrap_or_default();
        let flag = m.trim_end().chars().last().unwrap_or_default();
        format!("{} {} {content}{flag}", line("Message-ID:"), line("Byte-Range:"))
    };
    sent(alice).into_iter().map(chunk).collect()
}

fn begin(alice: &mut Endpoint, id: SessionId, name: &str, total: Option<u64>) {
    let message = Outgoing { message_id: name.into(), headers: Vec::new(), success_report: false, ..outgoing(0) };
    alice.begin(id, message, total);
}

fn feed(alice: &mut Endpoint, id: SessionId, name: &str, pieces: &[&'static str], last: bool) {
    alice.feed(at(1), id, name, pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())), last);
}

#[test]
fn octets_go_out_as_they_come_within_the_window() {
    let (mut alice, id) = switch();
    begin(&mut alice, id, "one", None);
    assert_eq!(chunks(&mut alice), [""; 0], "nothing is there yet");
    feed(&mut alice, id, "one", &["ab", "c"], false);
    assert_eq!(chunks(&mut alice), ["one 1-3/* abc+"]);
    // Another message does not wait for the octets of the first.
    begin(&mut alice, id, "two", Some(2));
    feed(&mut alice, id, "two", &["xy"], true);
    feed(&mut alice, id, "one", &["0123456789", "de"], false);
    assert_eq!(chunks(&mut alice), ["two 1-2/2 xy$", "one 4-13/* 0123456789+"]);
    feed(&mut alice, id, "one", &["f"], true);
    assert_eq!((chunks(&mut alice), alice.backlog(id)), (vec![], 3), "two chunks wait for their responses");
    assert_eq!(told(&mut alice), [""; 0]);
}

#[test]
fn a_message_may_end_without_octets_of_its_own_and_is_through_when_all_is() {
    let (mut alice, id) = switch();
    begin(&mut alice, id, "one", None);
    feed(&mut alice, id, "one", &["abc"], false);
    let tid = sent(&mut alice)[0].split(' ').nth(1).unwrap_or_default().to_owned();
    feed(&mut alice, id, "one", &[], true);
    let last = sent(&mut alice).remove(0);
    assert!(last.contains("Byte-Range: 4-3/3") && last.ends_with("$\r\n"), "{last}");
    for tid in [tid.as_str(), last.split(' ').nth(1).unwrap_or_default()] {
        hear(&mut alice, &format!("MSRP {tid} 200\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\n-------{tid}$\r\n"));
    }
    assert_eq!(told(&mut alice), ["1 one acknowledged"]);
    assert_eq!(alice.next_timeout(), None);
}

#[test]
fn what_is_broken_off_ends_and_takes_nothing_more() {
    let (mut alice, id) = switch();
    begin(&mut alice, id, "one", Some(9));
    begin(&mut alice, id, "two", Some(9));
    feed(&mut alice, id, "one", &["abc"], false);
    sent(&mut alice);
    alice.break_off(id, "one");
    alice.break_off(id, "two");
    alice.break_off(id, "three");
    assert_eq!(chunks(&mut alice), ["one 4-*/9 #"], "of the second nobody has heard");
    assert_eq!(told(&mut alice), ["1 one Aborted", "1 two Aborted"]);
    feed(&mut alice, id, "one", &["def"], true);
    assert_eq!((chunks(&mut alice).len(), alice.backlog(id), alice.next_timeout()), (0, 0, None));
}

#[test]
fn nothing_is_sent_where_there_is_no_session_any_more() {
    let (mut alice, id) = switch();
    alice.close(id);
    begin(&mut alice, id, "one", None);
    feed(&mut alice, id, "one", &["abc"], true);
    assert_eq!(told(&mut alice), ["1 one ConnectionLost"]);
    assert_eq!(sent(&mut alice), ["close"]);
}
