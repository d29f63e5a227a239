//! The function between two user agents that say what a test makes them say. The core is the far one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::stack::IdSource;
use crate::stack::dialog::DialogId;
use crate::stack::endpoint::TxId;
use crate::stack::pump::Pump;
use crate::stack::ua::{Body, CallId, Headers, InviteRequest, Profile, UaEvent, UserAgent};
use crate::wire::mime::{self, ResourceLists};
use crate::wire::sip::{Message, Name};
use crate::wire::uri::{Uri, escape_header, unescape};

const A: &str = "192.0.2.1:5060";
const B: &str = "192.0.2.2:5060";
const F: &str = "192.0.2.6:5060";
const ALICE: usize = 0;
const BOB: usize = 1;

enum Host {
    Agent(Box<UserAgent>),
    Function(Box<ParticipatingFunction>),
}

impl Node for Host {
    fn handle(&mut self, now: Time, input: Input) {
        match self {
            Host::Agent(agent) => {
                agent.handle(now, input);
            }
            Host::Function(function) => function.handle(now, input),
        }
    }
    fn poll(&mut self) -> Option<Output> {
        match self {
            Host::Agent(agent) => agent.poll(),
            Host::Function(function) => function.poll(),
        }
    }
    fn next_timeout(&self) -> Option<Time> {
        match self {
            Host::Agent(agent) => agent.next_timeout(),
            Host::Function(function) => function.next_timeout(),
        }
    }
}

fn at(address: &str) -> SocketAddr {
    address.parse().expect("an address")
}

/// Alice, Bob and the function, which serves Alice.
fn pump() -> Pump<Host> {
    let agent = |address: &str| {
        let mut config = endpoint::Config::new(at(address), IdSource::new(1, address));
        config.outbound = Some(at(F));
        config.tcp_above = usize::MAX;
        let profile = Profile {
            contact: format!("<sip:user@{address}>"),
            allow: ["INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "INFO"].map(str::to_owned).into(),
            understood: ["replaces", "recipient-list-invite"].map(str::to_owned).into(),
            ..Profile::default()
        };
        (at(address), Host::Agent(Box::new(UserAgent::new(config, profile))))
    };
    let function = ParticipatingFunction::new(config(true));
    Pump::new(vec![agent(A), agent(B), (at(F), Host::Function(Box::new(function)))], 1)
}

fn config(in_media_path: bool) -> Config {
    Config {
        sip: at(F),
        msrp: at("192.0.2.6:2855"),
        core: at(B),
        security: crate::stack::Security::default(),
        only_from_core: false,
        serves: vec!["sip:alice@example.org".to_owned()],
        in_media_path,
        feature_tag: "+g.oma.sip-im",
        history: "sip:history@example.org".to_owned(),
        recorded: Vec::new(),
        allows: None,
        session_interval: None,
        ids: IdSource::new(1, "function"),
    }
}

fn described(name: &str, direction: &str) -> Body {
    description(name, direction, "actpass")
}

fn answer(name: &str) -> Body {
    description(name, "recvonly", "passive")
}

fn description(name: &str, direction: &str, setup: &str) -> Body {
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
         a=accept-types:text/plain\r\na=path:msrp://192.0.2.9:2855/{name};tcp\r\na=setup:{setup}\r\na={direction}\r\n"
    );
    ("application/sdp".to_owned(), sdp.into())
}

fn invitation(body: Option<Body>, headers: Headers) -> InviteRequest {
    InviteRequest {
        request_uri: "sip:bob@example.org".to_owned(),
        from: "<sip:alice@example.org>".to_owned(),
        to: "<sip:bob@example.org>".to_owned(),
        body,
        headers,
        ..InviteRequest::default()
    }
}

impl Pump<Host> {
    fn act<T>(&mut self, node: usize, act: impl FnOnce(&mut UserAgent, Time) -> T) -> T {
        let now = self.now;
        match &mut self.nodes[node].1 {
            Host::Agent(agent) => act(agent, now),
            Host::Function(_) => panic!("node {node} is no agent"),
        }
    }

    fn rest(&mut self) {
        self.run_for(Duration::from_millis(300));
    }

    fn events(&mut self, node: usize) -> Vec<UaEvent> {
        self.act(node, |agent, _| std::iter::from_fn(|| agent.poll_event()).collect())
    }

    /// The invitation that came to a node.
    fn invited(&mut self, node: usize) -> (CallId, Arc<Message>, Option<CallId>) {
        let found = self.events(node).into_iter().find_map(|event| match event {
            UaEvent::Incoming { call, message, replaces } => Some((call, message, replaces)),
            _ => None,
        });
        found.expect("an invitation")
    }

    /// The modification that came to a node.
    fn modified(&mut self, node: usize) -> (CallId, TxId, Arc<Message>) {
        let found = self.events(node).into_iter().find_map(|event| match event {
            UaEvent::Modification { call, tx, message } => Some((call, tx, message)),
            _ => None,
        });
        found.expect("a modification")
    }

    /// The status that a node got for its modification, if any.
    fn result(&mut self, node: usize) -> Option<u16> {
        self.events(node).into_iter().find_map(|event| match event {
            UaEvent::ModificationResult { message, .. } => message.status(),
            _ => None,
        })
    }

    /// A session from Alice to Bob, events taken; their calls.
    fn establish(&mut self) -> (CallId, CallId) {
        let alice = self
            .act(ALICE, |agent, now| agent.invite(now, invitation(Some(described("a", "sendrecv")), Headers::new())));
        self.rest();
        let (bob, ..) = self.invited(BOB);
        self.act(BOB, |agent, now| agent.answer(now, bob, 200, Headers::new(), Some(answer("b"))));
        self.rest();
        self.events(ALICE);
        self.events(BOB);
        (alice, bob)
    }

    fn dialog(&mut self, node: usize, call: CallId) -> DialogId {
        self.act(node, |agent, _| agent.dialog(call).expect("a dialog").id.clone())
    }

    fn sent(&self, part: &str) -> usize {
        self.log.iter().filter(|line| line.contains(part)).count()
    }
}

fn text(message: &Message) -> String {
    String::from_utf8_lossy(&message.body()).into_owned()
}

/// The Replaces by which the peer of `dialog` is to know it.
fn replaces(dialog: &DialogId) -> String {
    format!("{};to-tag={};from-tag={}", dialog.call_id, dialog.remote_tag, dialog.local_tag)
}

#[test]
fn a_replaces_is_mapped_to_the_dialog_of_the_other_leg() {
    let mut pump = pump();
    let (alice, bob) = pump.establish();
    let known_to_alice = replaces(&pump.dialog(ALICE, alice));
    // One names a dialog that the function stands in, one a dialog that it does not.
    for (value, expected) in [(known_to_alice, Some(bob)), ("x;to-tag=1;from-tag=2".to_owned(), None)] {
        let header = vec![("Replaces".to_owned(), value.clone()), ("Require".to_owned(), "replaces".to_owned())];
        pump.act(ALICE, |agent, now| agent.invite(now, invitation(Some(described("c", "sendrecv")), header)));
        pump.rest();
        match expected {
            Some(call) => assert_eq!(pump.invited(BOB).2, Some(call)),
            // Bob does not know it either, and says so.
            None => assert!(
                matches!(pump.events(ALICE).pop(), Some(UaEvent::Rejected { message, .. }) if message.status() == Some(481))
            ),
        }
    }
}

#[test]
fn so_is_one_in_a_list_of_recipients() {
    let mut pump = pump();
    let (alice, bob) = pump.establish();
    let escaped = escape_header(&replaces(&pump.dialog(ALICE, alice)));
    let list = format!(
        "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>\
         <entry uri=\"sip:bob@example.org?Replaces={escaped}\"/><entry uri=\"sip:carol@example.org\"/></list></resource-lists>"
    );
    let (kind, sdp) = described("c", "sendrecv");
    let parts = [mime::Part::new(&kind, sdp), mime::Part::new("application/resource-lists+xml", list)];
    let body = ("multipart/mixed;boundary=b".to_owned(), mime::write("b", &parts));
    let require = vec![("Require".to_owned(), "recipient-list-invite".to_owned())];
    pump.act(ALICE, |agent, now| agent.invite(now, invitation(Some(body), require)));
    pump.rest();
    let (_, invite, _) = pump.invited(BOB);
    let part = invite.body_of_type("application/resource-lists+xml").expect("a list");
    let lists = ResourceLists::parse(&part.body);
    let entries: Vec<&str> = lists.uris().collect();
    let mapped = Uri::parse(entries[0]).header("Replaces").map(|value| unescape(value).into_owned());
    let DialogId { call_id, local_tag, remote_tag } = pump.dialog(BOB, bob);
    assert_eq!(mapped, Some(format!("{call_id};to-tag={local_tag};from-tag={remote_tag}")));
    assert_eq!(entries[1], "sip:carol@example.org");
}

#[test]
fn an_invitation_without_an_offer_gets_one_and_its_ack_answers_it() {
    let mut pump = pump();
    let alice = pump.act(ALICE, |agent, now| agent.invite(now, invitation(None, Headers::new())));
    pump.rest();
    let (bob, invite, _) = pump.invited(BOB);
    assert!(text(&invite).contains("a=path:msrp://192.0.2.6:2855/"), "{}", text(&invite));
    pump.act(BOB, |agent, now| agent.answer(now, bob, 200, Headers::new(), Some(answer("b"))));
    pump.rest();
    let Some(UaEvent::Answered { message, .. }) = pump.events(ALICE).pop() else { panic!("no 200") };
    assert!(text(&message).contains("a=path:msrp://192.0.2.6:2855/"), "{}", text(&message));
    // What cannot be used as an answer ends both calls.
    pump.act(ALICE, |agent, now| agent.ack(now, alice, None));
    pump.rest();
    assert_eq!(pump.sent("BYE"), 2, "{:?}", pump.log);
}

#[test]
fn one_modification_after_the_other() {
    let mut pump = pump();
    let (alice, bob) = pump.establish();
    let offer = || Some(described("a", "sendonly"));
    pump.act(ALICE, |agent, now| agent.reinvite(now, alice, Headers::new(), offer()));
    pump.rest();
    let (_, tx, message) = pump.modified(BOB);
    assert!(text(&message).contains("a=sendonly"));
    // Bob's own meets it at the function, which waits for his answer.
    pump.act(BOB, |agent, now| agent.respond(now, tx, 491, Headers::new(), None));
    pump.rest();
    assert_eq!(pump.sent("SIP/2.0 491"), 2, "the 491 goes back to who asked: {:?}", pump.log);
    pump.run_for(Duration::from_secs(5));
    let (_, tx, _) = pump.modified(BOB);
    pump.act(BOB, |agent, now| agent.respond(now, tx, 200, Headers::new(), Some(answer("b"))));
    pump.rest();
    assert_eq!(pump.result(ALICE), Some(200), "Alice tried again by herself");
    assert_eq!(pump.act(BOB, |agent, _| agent.calls().count()), 1);
    let _ = bob;
}

#[test]
fn a_modification_that_is_given_up_is_given_up_on_the_other_side() {
    let mut pump = pump();
    let (alice, _) = pump.establish();
    let tx = pump.act(ALICE, |agent, now| {
        agent.reinvite(now, alice, Headers::new(), Some(described("a", "sendonly"))).expect("a request")
    });
    pump.rest();
    let (call, their, _) = pump.modified(BOB);
    pump.act(BOB, |agent, now| agent.respond(now, their, 183, Headers::new(), None));
    pump.rest();
    pump.act(ALICE, |agent, now| agent.cancel_modification(now, tx));
    pump.rest();
    assert!(matches!(pump.events(BOB)[..], [UaEvent::ModificationCancelled { call: known, .. }] if known == call));
    assert_eq!(pump.result(ALICE), Some(487));
    assert_eq!(pump.sent("BYE"), 0);
}

#[test]
fn other_requests_within_the_dialog_and_their_answers_go_by() {
    let mut pump = pump();
    let (alice, bob) = pump.establish();
    for (from, call, to) in [(ALICE, alice, BOB), (BOB, bob, ALICE)] {
        let body = Some(("text/plain".to_owned(), Bytes::from_static(b"hi")));
        pump.act(from, |agent, now| agent.request_within(now, call, "INFO", Headers::new(), body));
        pump.rest();
        let events = pump.events(to);
        let Some(UaEvent::Request { tx, message, .. }) = events.first() else { panic!("no INFO: {events:?}") };
        assert_eq!(text(message), "hi");
        let tx = *tx;
        pump.act(to, |agent, now| agent.respond(now, tx, 469, Headers::new(), None));
        pump.rest();
        let got = pump.events(from).into_iter().find_map(|event| match event {
            UaEvent::Response { message, .. } => message.status(),
            _ => None,
        });
        assert_eq!(got, Some(469));
    }
}

#[test]
fn an_end_on_one_side_is_the_end_on_the_other() {
    for leaver in [ALICE, BOB] {
        let mut pump = pump();
        let (alice, bob) = pump.establish();
        let call = if leaver == ALICE { alice } else { bob };
        pump.act(leaver, |agent, now| agent.bye(now, call));
        pump.rest();
        let other = if leaver == ALICE { BOB } else { ALICE };
        assert!(matches!(pump.events(other)[..], [UaEvent::Bye { .. }]));
        assert_eq!(pump.act(leaver, |agent, _| agent.calls().count()), 0);
        pump.run_for(Duration::from_secs(60));
        assert_eq!(pump.nodes[2].1.next_timeout(), None, "nothing is left of it");
    }
}

#[test]
fn a_modification_without_answer_is_told_and_ends_both() {
    let mut pump = pump();
    let (alice, _) = pump.establish();
    pump.act(ALICE, |agent, now| agent.update(now, alice, Headers::new(), Some(described("a", "sendonly"))));
    pump.rest();
    let (_, tx, _) = pump.modified(BOB);
    pump.act(BOB, |agent, now| agent.respond(now, tx, 481, Headers::new(), None));
    pump.run_for(Duration::from_secs(5));
    assert_eq!(pump.result(ALICE), Some(481));
    assert_eq!(pump.act(ALICE, |agent, _| agent.calls().count()), 0);
    assert_eq!(pump.act(BOB, |agent, _| agent.calls().count()), 0);
}

#[test]
fn headers_that_are_nobody_s_own_reach_the_other_side() {
    let mut pump = pump();
    let header = vec![("Privacy".to_owned(), "id".to_owned()), ("X-New".to_owned(), "y".to_owned())];
    pump.act(ALICE, |agent, now| agent.invite(now, invitation(Some(described("a", "sendrecv")), header)));
    pump.rest();
    let (call, invite, _) = pump.invited(BOB);
    assert_eq!(invite.header(Name::Privacy).map(|h| h.text().into_owned()).as_deref(), Some("id"));
    assert_eq!(invite.header(Name::MaxForwards).map(|h| h.text().into_owned()).as_deref(), Some("69"));
    pump.act(BOB, |agent, now| {
        agent.answer(now, call, 302, vec![("Contact".to_owned(), "<sip:x@y>".to_owned())], None)
    });
    pump.rest();
    let Some(UaEvent::Rejected { message, .. }) = pump.events(ALICE).pop() else { panic!("no 302") };
    assert_eq!(message.contact().map(|contact| contact.uri), Some("sip:x@y"));
}

/// Whatever is left of messages that make sense, or comes in another order: nothing breaks, and nothing is left behind.
mod any_input {
    use proptest::prelude::*;

    use super::*;

    const HEADS: &[&str] = &[
        "INVITE sip:bob@example.org SIP/2.0",
        "ACK sip:pf@192.0.2.6 SIP/2.0",
        "BYE sip:pf@192.0.2.6 SIP/2.0",
        "CANCEL sip:bob@example.org SIP/2.0",
        "UPDATE sip:pf@192.0.2.6 SIP/2.0",
        "INFO sip:pf@192.0.2.6 SIP/2.0",
        "SIP/2.0 180 Ringing",
        "SIP/2.0 200 OK",
        "SIP/2.0 491 Request Pending",
    ];

    fn message(head: usize, tag: bool, sequence: u32, body: Option<usize>, mangled: Option<(usize, u8)>) -> Bytes {
        let head = HEADS[head % HEADS.len()];
        let method = if head.starts_with("SIP") { "INVITE" } else { head.split(' ').next().unwrap_or_default() };
        let (kind, body) = match body {
            Some(n) => {
                let (kind, octets) = described("a", ["sendrecv", "sendonly", "inactive"][n % 3]);
                (format!("Content-Type: {kind}\r\n"), octets)
            }
            None => (String::new(), Bytes::new()),
        };
        let tag = if tag { ";tag=t" } else { "" };
        let mut text = format!(
            "{head}\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{sequence}\r\nMax-Forwards: 5\r\n\
             From: <sip:alice@example.org>;tag=f\r\nTo: <sip:bob@example.org>{tag}\r\nCall-ID: c\r\n\
             CSeq: {sequence} {method}\r\nContact: <sip:alice@192.0.2.1:5060>\r\nReplaces: c;to-tag=t;from-tag=f\r\n\
             {kind}Content-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        text.extend_from_slice(&body);
        if let Some((at, octet)) = mangled {
            let at = at % text.len();
            text[at] = octet;
        }
        text.into()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn does_no_harm(
            inputs in proptest::collection::vec(
                (0usize..9, any::<bool>(), 1u32..4, proptest::option::of(0usize..3), proptest::option::of((any::<usize>(), any::<u8>()))),
                1..30,
            ),
        ) {
            let (_, host) = pump().nodes.pop().expect("the function");
            let Host::Function(mut function) = host else { panic!("no function") };
            let mut now = Time(0);
            for (head, tag, sequence, body, mangled) in inputs {
                let bytes = message(head, tag, sequence, body, mangled);
                function.handle(now, Input::Datagram { local: at(F), remote: at(A), bytes });
                while function.poll().is_some() {}
                now += Duration::from_millis(10);
            }
            for _ in 0..10_000 {
                let Some(next) = function.next_timeout() else { break };
                now = now.max(next);
                function.handle(now, Input::Timer);
                while function.poll().is_some() {}
            }
            prop_assert!(function.is_over());
            prop_assert_eq!(function.next_timeout(), None);
        }
    }
}

#[test]
fn a_proxy_that_is_asked_for_itself_answers() {
    for (method, to, status) in [("OPTIONS", F, "200"), ("INVITE", F, "404"), ("OPTIONS", B, "")] {
        let mut function = ParticipatingFunction::new(config(false));
        let request = format!(
            "{method} sip:user@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {A};branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
             From: <sip:a@example.org>;tag=1\r\nTo: <sip:b@example.org>\r\nCall-ID: 1\r\nCSeq: 1 {method}\r\n\
             Content-Length: 0\r\n\r\n"
        );
        let input = Input::Datagram { local: at(F), remote: at(A), bytes: request.into() };
        function.handle(Time::SIMULATION_START, input);
        let sent: Vec<(SocketAddr, Bytes)> = std::iter::from_fn(|| function.poll())
            .filter_map(|output| match output {
                Output::Datagram { remote, bytes, .. } => Some((remote, bytes)),
                _ => None,
            })
            .collect();
        let answered = sent.iter().any(|(remote, bytes)| {
            *remote == at(A) && !status.is_empty() && bytes.starts_with(format!("SIP/2.0 {status}").as_bytes())
        });
        assert_eq!(answered, !status.is_empty(), "{method} to {to}: {sent:?}");
        assert_eq!(sent.iter().any(|(remote, _)| *remote == at(B)), status.is_empty(), "{method} to {to}: {sent:?}");
    }
}
