//! One endpoint before a peer whose every octet is written here.

use super::*;
use crate::stack::msrp::SessionId;
use crate::stack::{Conn, Input};

/// Alice's endpoint with connections to peers that say what they are told to.
struct Alone {
    alice: Endpoint,
    id: SessionId,
}

const CONN: Conn = Conn(1 << 32);
const OTHER: Conn = Conn(Conn::ACCEPTED | 9);

impl Alone {
    /// Alice connected to Bob and the connection is up; nothing was sent yet but what she had queued.
    fn connected(queued: Option<Outgoing>) -> Alone {
        let mut alice = endpoint(1, "alice", 2048);
        let id = alice.open(at(0), session(ALICE, BOB, Some(2)));
        if let Some(message) = queued {
            alice.send(at(0), id, message);
        }
        let (local, remote) = (([127, 0, 0, 1], 9).into(), ([127, 0, 0, 2], 2855).into());
        alice.handle(at(0), Input::Connected { conn: CONN, local, remote, certificate: None });
        Alone { alice, id }
    }

    /// The same, with all that happened so far forgotten.
    fn quiet() -> Alone {
        let mut alone = Alone::connected(None);
        sent(&mut alone.alice);
        told(&mut alone.alice);
        alone
    }

    fn hear(&mut self, conn: Conn, octets: &str) {
        self.alice.handle(at(1), Input::Received { conn, bytes: octets.to_owned().into() });
    }

    /// Start lines of what was sent, without transaction identifiers.
    fn lines(&mut self) -> Vec<String> {
        let line = |text: String| {
            let mut words = text.split("\r\n").next().unwrap_or_default().split(' ');
            if let Some("MSRP") = words.clone().next() {
                words.nth(1);
            }
            words.collect::<Vec<_>>().join(" ")
        };
        sent(&mut self.alice).into_iter().map(line).collect()
    }
}

/// The transaction identifier of a chunk, and its Byte-Range.
fn of(chunk: &str) -> (String, String) {
    let id = chunk.split(' ').nth(1).unwrap_or_default().to_owned();
    let range = chunk.split("Byte-Range: ").nth(1).and_then(|rest| rest.split("\r\n").next()).unwrap_or_default();
    (id, range.to_owned())
}

fn response(id: &str, status: u16) -> String {
    format!("MSRP {id} {status}\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\n-------{id}$\r\n")
}

fn report(message_id: &str, range: &str, status: &str) -> String {
    format!(
        "MSRP repo1 REPORT\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\nMessage-ID: {message_id}\r\n\
         Byte-Range: {range}\r\nStatus: {status}\r\n-------repo1$\r\n"
    )
}

/// A SEND to Alice of the octets `start..=end` of `text(total)`, with headers of its own behind the paths.
fn send(headers: &str, start: usize, end: usize, total: usize, flag: char) -> String {
    let content = String::from_utf8_lossy(&text(total)[start - 1..end]).into_owned();
    format!(
        "MSRP send{start:04} SEND\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\n{headers}Message-ID: message2\r\n\
         Byte-Range: {start}-*/*\r\nContent-Type: text/plain\r\n\r\n{content}\r\n-------send{start:04}{flag}\r\n"
    )
}

#[test]
fn chunks_wait_for_the_window_and_a_refusal_stops_them() {
    for (status, told_then) in [
        (413, "1 message1 Refused(413)"),
        (415, "1 message1 Refused(415)"),
        (403, "1 message1 Refused(403)"),
        (481, "1 message1 Refused(481)"),
        (506, "1 message1 Refused(506)"),
        (408, "1 message1 Timeout"),
    ] {
        for refused in 0..4 {
            let mut alone = Alone::connected(Some(outgoing(20_000)));
            told(&mut alone.alice);
            let mut chunks = sent(&mut alone.alice);
            assert_eq!(chunks.remove(0), "connect");
            assert_eq!(chunks.len(), 2, "the window");
            for nth in 0..=refused {
                let (id, range) = of(&chunks[nth]);
                assert_eq!(range, format!("{}-{}/20000", nth * 2048 + 1, (nth + 1) * 2048));
                alone.hear(CONN, &response(&id, if nth == refused { status } else { 200 }));
                chunks.extend(sent(&mut alone.alice));
            }
            assert_eq!(told(&mut alone.alice), [told_then], "chunk {refused}");
            assert_eq!(chunks.len(), refused + 2, "nothing was sent after the refusal of chunk {refused}");
            // A late answer to the other chunk in the window, and time, change nothing.
            alone.hear(CONN, &response(&of(&chunks[refused + 1]).0, status));
            alone.alice.handle(at(100), Input::Timer);
            assert_eq!((told(&mut alone.alice).len(), alone.lines().len()), (0, 0));
            // 481 and 506 end the session, the others one message.
            alone.alice.send(at(101), alone.id, Outgoing { message_id: "message3".into(), ..outgoing(1) });
            let over = matches!(status, 481 | 506);
            let failed: &[String] = &[format!("1 message3 Refused({status})")];
            assert_eq!(told(&mut alone.alice), if over { failed } else { &[] });
            assert_eq!(alone.lines().len(), usize::from(!over));
        }
    }
}

#[test]
fn no_response_for_thirty_seconds_fails() {
    let mut alone = Alone::connected(Some(outgoing(10)));
    let id = of(&sent(&mut alone.alice)[1]).0;
    told(&mut alone.alice);
    assert_eq!(alone.alice.next_timeout(), Some(at(30)));
    // Responses that belong to nothing: another transaction, another session, another connection.
    alone.hear(CONN, &response("wrong", 200));
    alone.hear(CONN, &response(&id, 200).replace("alice1", "alice9"));
    alone.alice.handle(
        at(1),
        Input::Accepted {
            conn: OTHER,
            local: ([127, 0, 0, 1], 2855).into(),
            remote: ([127, 0, 0, 9], 9).into(),
            certificate: None,
        },
    );
    alone.hear(OTHER, &response(&id, 200));
    alone.alice.handle(Time(at(30).0 - 1), Input::Timer);
    assert_eq!(told(&mut alone.alice), [""; 0]);
    alone.alice.handle(at(30), Input::Timer);
    assert_eq!(told(&mut alone.alice), ["1 message1 Timeout"]);
    assert_eq!(alone.alice.next_timeout(), None);
}

#[test]
fn reports_are_about_what_was_sent() {
    for (reports, expected) in [
        (vec![report("message1", "1-3000/3000", "000 200 OK")], &["1 message1 delivered"][..]),
        (
            vec![report("message1", "2001-3000/3000", "000 200 OK"), report("message1", "1-2000/3000", "000 200 OK")],
            &["1 message1 delivered"],
        ),
        (vec![report("message1", "1-2999/3000", "000 200 OK")], &[]),
        (vec![report("message9", "1-3000/3000", "000 200 OK")], &[]),
        (vec![report("message9", "1-3000/3000", "000 400 x")], &[]),
        (vec![report("message1", "1-3000/3000", "001 200 OK")], &[]),
        (vec![report("message1", "1-3000/3000", "001 400 x")], &[]),
        (vec![report("message1", "1-3000/3000", "nonsense")], &[]),
        (vec![report("message1", "1-2048/3000", "000 400 x"); 2], &["1 message1 Refused(400)"]),
        (vec![report("message1", "1-2048/3000", "000 408 x")], &["1 message1 Timeout"]),
    ] {
        let mut alone = Alone::connected(Some(outgoing(3000)));
        for chunk in sent(&mut alone.alice).drain(1..) {
            alone.hear(CONN, &response(&of(&chunk).0, 200));
        }
        assert_eq!(told(&mut alone.alice), ["1 connected", "1 message1 acknowledged"]);
        for one in &reports {
            alone.hear(CONN, one);
        }
        assert_eq!(told(&mut alone.alice), expected, "{reports:?}");
        assert_eq!(alone.lines(), [""; 0], "a REPORT is never answered");
        // Octets that did not arrive end the session (RFC 4975 §7.3.2).
        alone.alice.send(at(2), alone.id, Outgoing { message_id: "message3".into(), ..outgoing(1) });
        let over = expected == ["1 message1 Refused(400)"];
        assert_eq!(told(&mut alone.alice).iter().any(|t| t.contains("message3")), over, "{reports:?}");
    }
}

#[test]
fn requests_get_the_status_they_deserve() {
    let good = send("", 1, 10, 10, '$');
    for (request, lines) in [
        (good.clone(), &["200 OK"][..]),
        (good.replace("message2\r\n", "message2\r\nFailure-Report: partial\r\n"), &[]),
        (good.replace("message2\r\n", "message2\r\nFailure-Report: no\r\n"), &[]),
        (good.replace("message2\r\n", "message2\r\nSuccess-Report: yes\r\n"), &["200 OK", "REPORT"]),
        (good.replace("alice1", "alice9"), &["481 No Such Session"]),
        (good.replace("alice1", "ALICE1"), &["481 No Such Session"]),
        (good.replace(ALICE, &format!("{ALICE} {ALICE}")), &["481 No Such Session"]),
        (good.replace("alice1", "alice9").replace("message2\r\n", "message2\r\nFailure-Report: no\r\n"), &[]),
        (good.replace(" SEND", " FOOBAR"), &["501 Unknown Method"]),
        (good.replace(" SEND", " FOOBAR").replace("alice1", "alice9"), &["481 No Such Session"]),
        (good.replace("text/plain", "image/png"), &["415 Media Type Not Understood"]),
        (
            good.replace("text/plain", "image/png").replace("message2\r\n", "message2\r\nFailure-Report: partial\r\n"),
            &["415 Media Type Not Understood"],
        ),
        (good.replace("Message-ID: message2\r\n", ""), &["400 Bad Request"]),
        (good.replace("1-*/*", "0-*/*"), &["400 Bad Request"]),
        (good.replace("1-*/*", "one"), &["400 Bad Request"]),
        (good.replace("send0001", "abc"), &["400 Bad Request"]),
        (good.replace("message2\r\n", "message2\r\nFailure-Report: maybe\r\n"), &["400 Bad Request"]),
        (good.replace("Content-Type: text/plain\r\n", ""), &["400 Bad Request"]),
        (good.replace(&format!("From-Path: {BOB}\r\n"), ""), &[]),
        (good.replace("1-*/*", "1-*/100001"), &["413 Stop Sending"]),
        (good.replace("1-*/*", "99999-*/*"), &["413 Stop Sending"]),
        (format!("\r\n\r\n{good}"), &["200 OK"]),
        ("GET / HTTP/1.1\r\n".into(), &["close"]),
    ] {
        let mut alone = Alone::quiet();
        alone.hear(CONN, &request);
        assert_eq!(alone.lines(), lines, "{request}");
    }
}

#[test]
fn a_session_is_bound_to_one_connection() {
    let mut alone = Alone::quiet();
    let accepted = Input::Accepted {
        conn: OTHER,
        local: ([127, 0, 0, 1], 2855).into(),
        remote: ([127, 0, 0, 9], 9).into(),
        certificate: None,
    };
    alone.alice.handle(at(1), accepted.clone());
    alone.hear(OTHER, &send("", 1, 10, 10, '$'));
    assert_eq!(alone.lines(), ["506 Session In Use"]);
    alone.hear(CONN, &send("", 1, 10, 10, '$'));
    assert_eq!(alone.lines(), ["200 OK"]);
    // A session whose connection failed has failed, too (RFC 4975 §5.4).
    alone.alice.handle(at(1), Input::Closed { conn: CONN, reset: true });
    alone.hear(OTHER, &send("", 1, 10, 10, '$'));
    assert_eq!(alone.lines(), ["481 No Such Session"]);
    assert_eq!(told(&mut alone.alice), ["1 message2 received, 10 octets, right", "1 lost, reset true"]);
}

#[test]
fn direction_stops_content_but_no_notifications() {
    for (kind, content, lines) in [
        ("text/plain", "x", &["403 Forbidden"][..]),
        ("message/cpim", "Content-Type: text/plain\r\n\r\nx", &["403 Forbidden"]),
        ("message/cpim", "From: <im:a@b>\r\n\r\nContent-Type: Message/IMDN+xml\r\n\r\n<imdn/>", &["200 OK"]),
    ] {
        let mut alice = endpoint(1, "alice", 2048);
        alice.open(at(0), SessionConfig { may_receive: false, ..session(ALICE, BOB, None) });
        let accepted = Input::Accepted {
            conn: OTHER,
            local: ([127, 0, 0, 1], 2855).into(),
            remote: ([127, 0, 0, 2], 9).into(),
            certificate: None,
        };
        alice.handle(at(0), accepted);
        let mut alone = Alone { alice, id: SessionId(1) };
        sent(&mut alone.alice);
        let request = send("", 1, 1, 1, '$')
            .replace("text/plain", kind)
            .replace("\r\n\r\na\r\n", &format!("\r\n\r\n{content}\r\n"));
        alone.hear(OTHER, &request);
        assert_eq!(alone.lines(), lines, "{content}");
    }
}

#[test]
fn chunks_in_any_order_make_the_message_once() {
    let received = "1 message2 received, 30 octets, right";
    for (chunks, expected) in [
        (&[(1, 10, '+'), (11, 20, '+'), (21, 30, '$')][..], &[received][..]),
        (&[(21, 30, '$'), (11, 20, '+'), (1, 10, '+')], &[received]),
        (&[(1, 20, '+'), (11, 30, '$')], &[received]),
        (&[(1, 10, '+'), (1, 10, '+'), (11, 30, '$')], &[received]),
        (&[(1, 10, '+'), (21, 30, '$')], &[]),
        (&[(1, 10, '+'), (11, 30, '+')], &[]),
        // The end comes in a chunk of its own, after all octets.
        (&[(1, 10, '+'), (11, 30, '+'), (31, 30, '$')], &[received]),
        // The last chunk again, the whole message again: taken, not shown again.
        (&[(1, 10, '+'), (11, 30, '$'), (11, 30, '$')], &[received]),
        (&[(1, 30, '$'), (1, 30, '$'), (1, 10, '+'), (11, 30, '$')], &[received]),
        (&[(1, 10, '+'), (11, 20, '#')], &["1 message2 broken off"]),
        (&[(1, 10, '+'), (11, 10, '#'), (11, 30, '$')], &["1 message2 broken off"]),
    ] {
        let mut alone = Alone::quiet();
        for (start, end, flag) in chunks {
            alone.hear(CONN, &send("Success-Report: yes\r\n", *start, *end, 30, *flag));
        }
        assert_eq!(told(&mut alone.alice), expected, "{chunks:?}");
        let lines = alone.lines();
        assert_eq!(lines.iter().filter(|l| *l == "200 OK").count(), chunks.len(), "{chunks:?}");
        // Every whole arrival is reported, the repeated ones as well (RFC 4975 §5.4).
        let again = chunks.iter().filter(|(_, _, flag)| *flag == '$').count();
        let reports = if expected == [received] { again } else { 0 };
        assert_eq!(lines.iter().filter(|l| *l == "REPORT").count(), reports, "{chunks:?}");
        let left = usize::from(expected != [received] && chunks.last().is_some_and(|c| c.2 != '#'));
        assert_eq!(alone.alice.sessions[&alone.id].receiving.len(), left, "{chunks:?}");
    }
}

#[test]
fn the_headers_of_a_message_stand_in_its_first_chunk() {
    let mut alone = Alone::quiet();
    alone.hear(CONN, &send("X-Any: late\r\n", 11, 20, 20, '$').replace("text/plain", "message/cpim"));
    alone.hear(CONN, &send("Content-Disposition: attachment\r\n", 1, 10, 20, '+'));
    let message = std::iter::from_fn(|| alone.alice.poll_event()).find_map(|event| match event {
        Event::Received { message, .. } => Some(message),
        _ => None,
    });
    let message = message.expect("the message");
    assert_eq!(message.content_type, "text/plain");
    assert_eq!(message.headers, [("Content-Disposition".to_owned(), "attachment".to_owned())]);
}

#[test]
fn a_chunk_that_grows_too_long_is_refused_before_its_end() {
    let mut alone = Alone::quiet();
    let whole = send("", 1, 10, 10, '$');
    let (head, _) = whole.split_at(whole.find("\r\n\r\n").expect("a body") + 4);
    alone.hear(CONN, head);
    for _ in 0..50 {
        alone.hear(CONN, &"x".repeat(2000));
    }
    assert_eq!(alone.lines(), [""; 0]);
    alone.hear(CONN, "x");
    assert_eq!(alone.lines(), ["413 Stop Sending"]);
    alone.hear(CONN, &"x".repeat(100_000));
    alone.hear(CONN, "\r\n-------send0001$\r\n");
    alone.hear(CONN, &whole);
    assert_eq!(alone.lines(), ["200 OK"], "the next chunk is as good as any");
    assert_eq!(told(&mut alone.alice), ["1 message2 received, 10 octets, right"]);
}

#[test]
fn what_is_not_through_when_the_end_comes_has_failed() {
    type End = fn(&mut Alone);
    let ends: [(&str, End, &[&str]); 4] = [
        (
            "closed",
            |alone| assert!(alone.alice.handle(at(1), Input::Closed { conn: CONN, reset: false })),
            &["1 message1 ConnectionLost", "1 lost, reset false"],
        ),
        ("reset here", |alone| alone.alice.reset(alone.id), &["1 message1 ConnectionLost", "1 lost, reset true"]),
        ("session closed", |alone| alone.alice.close(alone.id), &["1 message1 Aborted"]),
        ("broken off", |alone| alone.alice.abort(alone.id), &["1 message1 Aborted"]),
    ];
    for (name, end, expected) in ends {
        let mut alone = Alone::connected(Some(outgoing(20_000)));
        sent(&mut alone.alice);
        told(&mut alone.alice);
        end(&mut alone);
        assert_eq!(told(&mut alone.alice), expected, "{name}");
        if name == "broken off" {
            let chunk = sent(&mut alone.alice).concat();
            assert!(chunk.ends_with("#\r\n") && of(&chunk).1 == "4097-*/20000", "{chunk}");
            continue;
        }
        sent(&mut alone.alice);
        alone.alice.send(at(2), alone.id, Outgoing { message_id: "message3".into(), ..outgoing(1) });
        assert_eq!(told(&mut alone.alice), ["1 message3 ConnectionLost"], "{name}");
        assert_eq!(alone.lines(), [""; 0], "{name}");
    }
    let mut alice = endpoint(1, "alice", 2048);
    let id = alice.open(at(0), session(ALICE, BOB, Some(2)));
    alice.send(at(0), id, outgoing(1));
    alice.handle(at(1), Input::ConnectFailed { conn: CONN });
    assert_eq!(told(&mut alice), ["1 message1 ConnectionLost", "1 lost, reset false"]);
}

#[test]
fn misbehaves_where_it_is_told_to() {
    let mut alone = Alone::quiet();
    alone.alice.intrude(alone.id, outgoing(10));
    assert_eq!(alone.lines(), ["connect"]);
    let (local, remote) = (([127, 0, 0, 1], 10).into(), ([127, 0, 0, 2], 2855).into());
    alone.alice.handle(at(1), Input::Connected { conn: Conn(CONN.0 + 1), local, remote, certificate: None });
    assert_eq!(alone.lines(), ["SEND"]);
    alone.hear(CONN, &send("Message-ID: m123\r\nByte-Range: 1-10/20\r\n", 1, 10, 20, '+'));
    alone.lines();
    alone.alice.report_failure(alone.id, 403);
    let reports = sent(&mut alone.alice);
    for part in ["REPORT", "Message-ID: m123", "Byte-Range: 1-10/*", "Status: 000 403"] {
        assert!(reports[0].contains(part), "{part} is not in {}", reports[0]);
    }
    alone.alice.close(alone.id);
    assert_eq!(alone.lines(), ["close", "close"]);
}

#[test]
fn what_is_stopped_is_refused_and_broken_off_once_its_sender_was_told() {
    let stopped = ["413 Stop Sending", "413 Stop Sending"];
    for (headers, lines) in
        [("", &stopped[..]), ("Failure-Report: partial\r\n", &stopped), ("Failure-Report: no\r\n", &[])]
    {
        let refused = || {
            let mut alone = Alone::quiet();
            alone.hear(CONN, &send(headers, 1, 10, 30, '+'));
            alone.lines();
            assert_eq!(alone.alice.stop(alone.id), !lines.is_empty(), "{headers}: does anybody hear it?");
            alone.hear(CONN, &send(headers, 11, 20, 30, '+'));
            alone.hear(CONN, &send(headers, 21, 30, 30, '$'));
            assert_eq!(alone.lines(), lines, "{headers}");
            assert!(told(&mut alone.alice).is_empty(), "{headers}: the response has not left yet");
            alone
        };
        for end in [Input::Drained { conn: CONN }, Input::Closed { conn: CONN, reset: false }] {
            let mut alone = refused();
            alone.alice.handle(at(2), end.clone());
            let broken = told(&mut alone.alice).iter().filter(|event| *event == "1 message2 broken off").count();
            assert_eq!(broken, usize::from(!lines.is_empty()), "{headers}{end:?}");
            alone.alice.handle(at(3), Input::Drained { conn: CONN });
            assert!(told(&mut alone.alice).is_empty(), "{headers}{end:?}: it is told once");
        }
    }
    let mut alone = Alone::quiet();
    assert!(!alone.alice.stop(alone.id), "nothing comes in");
}
