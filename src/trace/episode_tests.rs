//! How units fall into episodes, by a script of lines: time in seconds, sender, what.

use bytes::Bytes;

use super::*;
use crate::trace::{Observation, Seen, Streams};

const A: &str = "10.0.0.1:5060";
const B: &str = "10.0.0.2:5060";
const AM: &str = "10.0.0.1:40000";
const BM: &str = "10.0.0.2:2855";

/// A SIP message on its way from `A` to `B` or back.
fn sip(start: &str, call: &str, cseq: &str, path: Option<&str>) -> Seen {
    let sdp = path.map_or_else(String::new, |p| format!("v=0\r\nm=message 2855 TCP/MSRP *\r\na=path:{p}\r\n"));
    let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    let text =
        format!("{start}\r\nCall-ID: {call}\r\nCSeq: {cseq}\r\n{kind}Content-Length: {}\r\n\r\n{sdp}", sdp.len());
    Seen::Datagram(text.into())
}

fn chunk(id: &str, from: &str, to: &str) -> Seen {
    let text = format!("MSRP {id} SEND\r\nTo-Path: {to}\r\nFrom-Path: {from}\r\nMessage-ID: m\r\n-------{id}$\r\n");
    Seen::Data(Bytes::from(text))
}

/// Plays what was seen at which second from whom to whom, and says of each episode: Call-ID, number of units, complete.
#[track_caller]
fn check(limits: Limits, seen: Vec<(u64, &str, &str, Seen)>, expected: &[(&str, usize, bool)]) -> Vec<Episode> {
    let (mut streams, mut episodes, mut out) = (Streams::default(), Episodes::new(limits), Vec::new());
    for (n, (second, src, dst, what)) in seen.into_iter().enumerate() {
        let (src, dst) = (src.parse().expect("an address"), dst.parse().expect("an address"));
        let one = Observation { at: Time::from_secs(second), packet: n as u32 + 1, src, dst, what };
        streams.take(one, |unit| episodes.take(unit, |episode| out.push(episode)));
    }
    episodes.finish(|episode| out.push(episode));
    let found: Vec<_> = out.iter().map(|e| (&*e.call_id, e.units().len(), e.complete)).collect();
    assert_eq!(found, expected);
    for episode in &out {
        assert!(episode.units().is_sorted_by_key(|u| u.at), "units come in order of time");
    }
    out
}

fn call(at: u64, id: &str) -> Vec<(u64, &'static str, &'static str, Seen)> {
    vec![
        (at, A, B, sip("INVITE sip:b SIP/2.0", id, "1 INVITE", Some("msrp://10.0.0.1:2855/a;tcp"))),
        (at, B, A, sip("SIP/2.0 200 OK", id, "1 INVITE", Some("msrp://10.0.0.2:2855/b;tcp"))),
        (at, A, B, sip("ACK sip:b SIP/2.0", id, "1 ACK", None)),
        (at + 1, A, B, sip("BYE sip:b SIP/2.0", id, "2 BYE", None)),
        (at + 1, B, A, sip("SIP/2.0 200 OK", id, "2 BYE", None)),
    ]
}

#[test]
fn a_call_is_over_after_its_bye_and_waits_for_what_lingers() {
    let mut seen = call(0, "one");
    seen.push((20, A, B, sip("BYE sip:b SIP/2.0", "one", "2 BYE", None)));
    seen.push((21, B, A, sip("SIP/2.0 200 OK", "one", "2 BYE", None)));
    seen.push((60, A, B, sip("OPTIONS sip:b SIP/2.0", "two", "1 OPTIONS", None)));
    check(Limits::default(), seen, &[("one", 7, true), ("two", 1, false)]);
}

#[test]
fn refused_unanswered_and_challenged_requests_end_by_themselves() {
    let seen = vec![
        (0, A, B, sip("MESSAGE sip:b SIP/2.0", "m", "1 MESSAGE", None)),
        (0, B, A, sip("SIP/2.0 407 Proxy", "m", "1 MESSAGE", None)),
        (0, A, B, sip("INVITE sip:b SIP/2.0", "i", "1 INVITE", None)),
        (0, B, A, sip("SIP/2.0 486 Busy", "i", "1 INVITE", None)),
        (1, A, B, sip("MESSAGE sip:b SIP/2.0", "m", "2 MESSAGE", None)),
        (2, A, B, sip("OPTIONS sip:b SIP/2.0", "o", "1 OPTIONS", None)),
        (40, B, A, sip("SIP/2.0 200 OK", "m", "2 MESSAGE", None)),
        (200, A, B, sip("ACK sip:b SIP/2.0", "late", "1 ACK", None)),
    ];
    check(Limits::default(), seen, &[("i", 2, true), ("m", 4, true), ("o", 1, true), ("late", 1, false)]);
}

#[test]
fn chunks_and_their_connection_go_to_the_call_that_names_the_path() {
    let (a, b) = ("msrp://10.0.0.1:2855/a;tcp", "msrp://10.0.0.2:2855/b;tcp");
    let mut seen = call(0, "call");
    let bye = seen.split_off(3);
    seen.push((0, AM, BM, Seen::Connecting));
    seen.push((0, AM, BM, Seen::Opened));
    seen.push((0, AM, BM, chunk("t1", a, b)));
    seen.push((0, "10.9.9.9:1", "10.9.9.8:2", chunk("t2", "msrp://x.example/1;tcp", "msrp://y.example/2;tcp")));
    seen.extend(bye);
    seen.push((2, AM, BM, Seen::Finished));
    seen.push((2, BM, AM, Seen::Finished));
    let episodes = check(Limits::default(), seen, &[("call", 10, true), ("", 1, false)]);
    let trace = episodes.into_iter().next().expect("the call").into_trace();
    assert_eq!(trace.connections().count(), 4);
}

#[test]
fn each_medium_of_a_call_brings_its_session() {
    let path = |host: u8, session: u8| format!("msrp://10.0.0.{host}:2855/{session};tcp");
    let two = |host: u8| format!("{}\r\nm=message 2855 TCP/MSRP *\r\na=path:{}", path(host, 1), path(host, 2));
    let mut seen = call(0, "call");
    let bye = seen.split_off(3);
    seen[0] = (0, A, B, sip("INVITE sip:b SIP/2.0", "call", "1 INVITE", Some(&two(1))));
    seen[1] = (0, B, A, sip("SIP/2.0 200 OK", "call", "1 INVITE", Some(&two(2))));
    seen.push((0, AM, BM, chunk("t1", &path(1, 1), &path(2, 1))));
    seen.push((0, AM, BM, chunk("t2", &path(1, 2), &path(2, 2))));
    seen.extend(bye);
    check(Limits::default(), seen, &[("call", 7, false)]);
}

#[test]
fn a_connection_that_never_carries_a_chunk_goes_to_the_only_call_at_its_address() {
    let mut seen = call(0, "call");
    let bye = seen.split_off(3);
    seen.push((0, AM, BM, Seen::Connecting));
    seen.push((0, BM, AM, Seen::Refused));
    seen.push((0, "10.0.0.1:40001", "10.0.0.9:80", Seen::Connecting));
    seen.extend(bye);
    check(Limits::default(), seen, &[("call", 7, true)]);
}

#[test]
fn the_end_of_the_capture_leaves_open_connections_undecided() {
    let mut seen = call(0, "call");
    let bye = seen.split_off(3);
    seen.push((0, AM, BM, chunk("t1", "msrp://10.0.0.1:2855/a;tcp", "msrp://10.0.0.2:2855/b;tcp")));
    seen.extend(bye);
    check(Limits::default(), seen, &[("call", 6, false)]);
}

#[test]
fn a_gap_is_noted_and_limits_hold() {
    let mut seen = call(0, "call");
    seen.push((1, AM, BM, chunk("t1", "msrp://10.0.0.1:2855/a;tcp", "msrp://10.0.0.2:2855/b;tcp")));
    seen.push((1, AM, BM, Seen::Gap { octets: 9 }));
    let episodes = check(Limits { units: 4, ..Limits::default() }, seen, &[("call", 4, false)]);
    assert!(episodes[0].gap);
    assert_eq!(episodes[0].overflow, 3);

    let open = |id: &'static str| (0, A, B, sip("INVITE sip:b SIP/2.0", id, "1 INVITE", None));
    let seen = vec![open("1"), open("2"), open("1"), open("3")];
    check(Limits { open: 2, ..Limits::default() }, seen, &[("2", 1, false), ("1", 2, false), ("3", 1, false)]);
}

/// A SIP message of a subscription: its state in NOTIFYs, the seconds that it lasts in all else.
fn about(start: &str, call: &str, cseq: &str, package: &str, lasts: &str) -> Seen {
    let name = if start.starts_with("NOTIFY") { "Subscription-State" } else { "Expires" };
    let event = if start.starts_with("SIP/2.0") { String::new() } else { format!("Event: {package}\r\n") };
    let text =
        format!("{start}\r\nCall-ID: {call}\r\nCSeq: {cseq}\r\n{event}{name}: {lasts}\r\nContent-Length: 0\r\n\r\n");
    Seen::Datagram(text.into())
}

/// A subscription at that time, and how long the 2xx says that it lasts.
fn subscription(at: u64, id: &str, package: &str, lasts: &str) -> Vec<(u64, &'static str, &'static str, Seen)> {
    vec![
        (at, A, B, about("SUBSCRIBE sip:b SIP/2.0", id, "1 SUBSCRIBE", package, "600")),
        (at, B, A, about("SIP/2.0 200 OK", id, "1 SUBSCRIBE", package, lasts)),
        (at, B, A, about("NOTIFY sip:a SIP/2.0", id, "1 NOTIFY", package, &format!("active;expires={lasts}"))),
        (at, A, B, sip("SIP/2.0 200 OK", id, "1 NOTIFY", None)),
    ]
}

/// Something that happens at that time and shows what is over by then.
fn later(at: u64) -> (u64, &'static str, &'static str, Seen) {
    (at, A, B, sip("OPTIONS sip:b SIP/2.0", "later", "1 OPTIONS", None))
}

#[test]
fn a_subscription_is_one_episode_until_it_ends() {
    let mut seen = subscription(0, "s", "conference", "600");
    seen.push((300, B, A, about("NOTIFY sip:a SIP/2.0", "s", "2 NOTIFY", "conference", "active;expires=300")));
    seen.push((300, A, B, sip("SIP/2.0 200 OK", "s", "2 NOTIFY", None)));
    seen.push((500, A, B, about("SUBSCRIBE sip:b SIP/2.0", "s", "2 SUBSCRIBE", "conference", "600")));
    seen.push((500, B, A, about("SIP/2.0 200 OK", "s", "2 SUBSCRIBE", "conference", "600")));
    seen.push((1000, A, B, about("SUBSCRIBE sip:b SIP/2.0", "s", "3 SUBSCRIBE", "conference", "0")));
    seen.push((1000, B, A, about("SIP/2.0 200 OK", "s", "3 SUBSCRIBE", "conference", "0")));
    seen.push((1001, B, A, about("NOTIFY sip:a SIP/2.0", "s", "3 NOTIFY", "conference", "terminated;reason=timeout")));
    seen.push((1001, A, B, sip("SIP/2.0 200 OK", "s", "3 NOTIFY", None)));
    seen.push(later(1100));
    check(Limits::default(), seen, &[("s", 12, true), ("later", 1, false)]);
}

#[test]
fn a_subscription_that_nobody_refreshes_runs_out() {
    for (lasts, at, over) in [("120", 180, false), ("120", 190, true), ("600", 600, false)] {
        let mut seen = subscription(0, "s", "conference", lasts);
        seen.push(later(at));
        let (s, later) = (("s", 4, over), ("later", 1, false));
        check(Limits::default(), seen, &[s, later]);
    }
}

#[test]
fn what_ends_a_subscription_and_what_does_not() {
    for (start, cseq, lasts, over) in [
        ("NOTIFY sip:a SIP/2.0", "2 NOTIFY", "terminated", true),
        ("NOTIFY sip:a SIP/2.0", "2 NOTIFY", "active", false),
        ("SIP/2.0 481 Gone", "2 SUBSCRIBE", "600", true),
        ("SIP/2.0 481 Gone", "2 NOTIFY", "600", true),
        ("SIP/2.0 400 What", "2 NOTIFY", "600", false),
        ("SIP/2.0 407 Who", "2 SUBSCRIBE", "600", false),
        ("SIP/2.0 200 OK", "2 SUBSCRIBE", "0", true),
    ] {
        let mut seen = subscription(0, "s", "conference", "600");
        seen.push((1, B, A, about(start, "s", cseq, "conference", lasts)));
        seen.push(later(100));
        let episodes = check(Limits::default(), seen, &[("s", 5, over), ("later", 1, false)]);
        assert_eq!(episodes[0].complete, over, "{start} {cseq}");
    }
}

#[test]
fn subscriptions_that_nobody_asks_for_are_over_when_they_fall_silent() {
    let mut seen = subscription(0, "p", "presence", "600");
    seen.push(later(40));
    check(Limits::default(), seen, &[("p", 4, true), ("later", 1, false)]);
}

#[test]
fn a_subscription_within_a_call_ends_with_the_call() {
    let mut seen = call(0, "c");
    let bye = seen.split_off(3);
    seen.extend(subscription(1, "c", "conference", "600"));
    seen.extend(bye.into_iter().map(|(_, src, dst, what)| (2, src, dst, what)));
    seen.push(later(40));
    check(Limits::default(), seen, &[("c", 9, true), ("later", 1, false)]);
}
