//! What documents of a conference are taken for, by a script of lines: second, what Alice or the focus sends.

use std::net::SocketAddr;
use std::sync::Arc;

use super::*;
use crate::judge::{Cast, Endpoint, Party, Stimulus};
use crate::time::Time;
use crate::trace::{Transport, Unit, What};
use crate::wire::sip::Message;

const ALICE: &str = "10.0.0.1:5060";
const FOCUS: &str = "10.0.0.9:5060";

/// What is sent: by whom, and its text.
type Sent = (&'static str, String);

fn request(from: &'static str, method: &str, number: u32, more: &str, body: &str) -> Sent {
    let text = format!(
        "{method} sip:x SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{method}{number}\r\nCall-ID: c\r\n\
         CSeq: {number} {method}\r\n{more}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    (from, text)
}

fn response(status: u16, method: &str, number: u32) -> Sent {
    let (asker, from) = if method == "NOTIFY" { (FOCUS, ALICE) } else { (ALICE, FOCUS) };
    let text = format!(
        "SIP/2.0 {status} x\r\nVia: SIP/2.0/UDP {asker};branch=z9hG4bK{method}{number}\r\nCall-ID: c\r\n\
         CSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n"
    );
    (from, text)
}

fn subscribe(number: u32, expires: u32) -> Sent {
    request(ALICE, "SUBSCRIBE", number, &format!("Event: conference\r\nExpires: {expires}\r\n"), "")
}

fn document(state: &str, version: u32, users: &str) -> String {
    format!(
        "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"sip:c\" state=\"{state}\" \
         version=\"{version}\"><conference-description/>{users}</conference-info>"
    )
}

fn notify(number: u32, state: &str, document: &str) -> Sent {
    let more = format!("Subscription-State: {state}\r\nContent-Type: application/conference-info+xml\r\n");
    request(FOCUS, "NOTIFY", number, &more, document)
}

/// A NOTIFY that Alice takes, with a document of no users.
fn told(number: u32, state: &str, version: u32) -> [Sent; 2] {
    [
        notify(number, "active", &document(state, version, &format!("<users state=\"{state}\"/>"))),
        response(200, "NOTIFY", number),
    ]
}

fn trace(script: impl IntoIterator<Item = (u64, Sent)>) -> Trace {
    let units = script.into_iter().enumerate().map(|(n, (second, (from, text)))| {
        let (src, dst): (SocketAddr, SocketAddr) =
            if from == ALICE { (at(ALICE), at(FOCUS)) } else { (at(FOCUS), at(ALICE)) };
        let message = Arc::new(Message::parse(text.into()));
        let at = Time::from_secs(second);
        let what = What::Sip { message, transport: Transport::Udp };
        Unit { at, begun: at, packet: n as u32 + 1, src, dst, what }
    });
    Trace::of(units.collect())
}

fn at(address: &str) -> SocketAddr {
    address.parse().expect("an address")
}

/// Which step the first document is that does not simply follow, if any; `end` comes after the subscription, the first
/// document (version 3), and `then`.
#[track_caller]
fn check(expected: Option<Step>, then: Vec<(u64, Sent)>) {
    let mut script = vec![(0, subscribe(1, 3600)), (0, response(200, "SUBSCRIBE", 1))];
    script.extend(told(1, "full", 3).map(|sent| (0, sent)));
    script.extend(then);
    assert_eq!(step_of(script), expected);
}

fn step_of(script: Vec<(u64, Sent)>) -> Option<Step> {
    let trace = trace(script);
    let alice = at(ALICE);
    let party = Party {
        name: "Alice".into(),
        endpoints: vec![Endpoint { ip: alice.ip(), port: Some(alice.port()) }],
        ..Party::default()
    };
    let cast = Cast { parties: vec![party], under_test: "Alice".into(), ..Cast::default() };
    let stimulus = Stimulus::default();
    let scene = Scene::of(&trace, &cast, &stimulus);
    let mut steps = [Step::Missed, Step::Late, Step::Gone].into_iter().filter(|step| first(*step, &scene).is_some());
    let step = steps.next();
    assert_eq!(steps.next(), None, "one at most");
    step
}

fn after(second: u64, sent: impl IntoIterator<Item = Sent>) -> Vec<(u64, Sent)> {
    sent.into_iter().map(|sent| (second, sent)).collect()
}

#[test]
fn a_document_is_told_by_the_one_before() {
    check(None, after(10, told(2, "partial", 4)));
    check(None, after(10, told(2, "full", 9)));
    check(Some(Step::Missed), after(10, told(2, "partial", 5)));
    check(Some(Step::Late), after(10, told(2, "partial", 3)));
    check(Some(Step::Late), after(10, told(2, "full", 2)));
    check(Some(Step::Gone), after(10, told(2, "deleted", 4)));
}

#[test]
fn what_a_client_did_for_it_is_its_own() {
    let gap = || after(10, told(2, "partial", 5));
    for (then, expected) in [
        (after(11, [subscribe(2, 3600)]), Some(Step::Missed)),
        // He wants to hear no more, left, or was thrown out.
        (after(11, [subscribe(2, 0)]), None),
        (after(12, [request(ALICE, "BYE", 3, "", "")]), None),
        (after(12, [request(FOCUS, "BYE", 3, "", "")]), None),
        (after(60, [request(ALICE, "BYE", 3, "", "")]), Some(Step::Missed)),
        (after(60, [request(ALICE, "BYE", 3, "", ""), subscribe(2, 0)]), Some(Step::Missed)),
        (after(11, [subscribe(2, 3600), request(ALICE, "BYE", 3, "", "")]), Some(Step::Missed)),
    ] {
        check(expected, [gap(), then].concat());
    }
    // To refresh in time is no answer to it.
    check(None, [gap(), after(60, [subscribe(2, 3600)])].concat());
    check(None, [after(10, told(2, "deleted", 4)), after(60, [subscribe(2, 0)])].concat());
    // What was refreshed before cannot be told from what is.
    check(None, [after(5, [subscribe(2, 3600)]), gap()].concat());
    // To end the subscription is what a conference that is gone asks for.
    check(Some(Step::Gone), [after(10, told(2, "deleted", 4)), after(11, [subscribe(2, 0)])].concat());
}

#[test]
fn what_the_client_may_not_have_seen_asks_nothing_of_it() {
    let gap = || document("partial", 5, "");
    // The observer may have missed the request between.
    check(None, after(10, told(3, "partial", 5)));
    check(None, after(10, [notify(2, "active", &gap())]));
    check(None, after(10, [notify(2, "active", &gap()), response(500, "NOTIFY", 2)]));
    check(None, after(10, [notify(2, "terminated", &gap()), response(200, "NOTIFY", 2)]));
    check(None, after(10, [notify(2, "active", "no document"), response(200, "NOTIFY", 2)]));
    let without_a_whole = [after(0, [subscribe(1, 3600)]), after(1, told(1, "partial", 5))].concat();
    assert_eq!(step_of(without_a_whole), None);
}

#[test]
fn who_left_is_told_once_and_in_order() {
    let user = |name: &str, state: &str, status: &str| {
        format!(
            "<user entity=\"sip:{name}\" state=\"{state}\"><endpoint entity=\"{name}\">\
             <status>{status}</status></endpoint></user>"
        )
    };
    let all = ["a", "b", "c"].map(|name| user(name, "full", "connected")).concat();
    let whole = |version, users: &str| document("full", version, &format!("<users>{users}</users>"));
    let change =
        |version, users: &str| document("partial", version, &format!("<users state=\"partial\">{users}</users>"));
    for (documents, expected) in [
        (vec![whole(1, &all)], &[][..]),
        (vec![whole(1, &all), change(2, &user("b", "full", "disconnected"))], &["sip:b"]),
        (vec![whole(1, &all), change(2, "<user entity=\"sip:b\" state=\"deleted\"/>")], &["sip:b"]),
        (vec![whole(1, &all), change(2, &user("d", "full", "connected"))], &[]),
        (vec![whole(1, &all), change(2, &user("b", "full", "on-hold"))], &[]),
        (vec![whole(1, &all), whole(2, &user("c", "full", "connected"))], &["sip:a", "sip:b"]),
        (
            vec![
                whole(1, &all),
                change(2, &user("c", "full", "disconnected")),
                change(3, &user("c", "full", "disconnected")),
                change(4, &user("a", "full", "disconnected")),
            ],
            &["sip:c", "sip:a"],
        ),
        (vec![whole(1, &all), document("deleted", 2, "")], &["sip:a", "sip:b", "sip:c"]),
    ] {
        let numbers = 1..=documents.len() as u32;
        let script = numbers.zip(&documents).map(|(n, document)| (u64::from(n), notify(n, "active", document)));
        let gone = departures(&trace(script), |address| address == at(ALICE));
        let gone: Vec<&str> = gone.iter().map(|(entity, _)| entity.as_str()).collect();
        assert_eq!(gone, expected, "{documents:?}");
    }
}
