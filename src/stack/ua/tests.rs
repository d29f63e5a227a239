//! User agents and the network between them.

use std::time::Duration;

use super::*;
use crate::stack::endpoint;
use crate::stack::pump::Pump;
use crate::stack::session_timer::{Policy, Refresher};
use crate::stack::{Node, edit};
use crate::wire::sip::Name;

const A: &str = "192.0.2.1:5060";
const B: &str = "192.0.2.2:5060";

impl Node for UserAgent {
    fn handle(&mut self, now: Time, input: Input) {
        UserAgent::handle(self, now, input);
    }
    fn poll(&mut self) -> Option<Output> {
        UserAgent::poll(self)
    }
    fn next_timeout(&self) -> Option<Time> {
        UserAgent::next_timeout(self)
    }
}

fn at(address: &str) -> SocketAddr {
    address.parse().expect("an address")
}

fn agent(address: &str, change: &dyn Fn(&mut Config, &mut Profile)) -> (SocketAddr, UserAgent) {
    let mut config = Config::new(at(address), IdSource::new(1, address));
    config.tcp_above = usize::MAX;
    let mut profile = Profile {
        contact: format!("<sip:user@{address}>;+g.oma.sip-im"),
        allow: ["INVITE", "ACK", "BYE", "CANCEL", "MESSAGE", "UPDATE", "OPTIONS"].map(str::to_owned).into(),
        supported: ["timer", "replaces"].map(str::to_owned).into(),
        user_agent: Some("IM-client/OMA1.0".to_owned()),
        server: Some("IM-serv/OMA1.0".to_owned()),
        ..Profile::default()
    };
    change(&mut config, &mut profile);
    (at(address), UserAgent::new(config, profile))
}

fn pump_with(change: &dyn Fn(&mut Config, &mut Profile)) -> Pump<UserAgent> {
    Pump::new(vec![agent(A, change), agent(B, change)], 1)
}

fn pump() -> Pump<UserAgent> {
    pump_with(&|_, _| {})
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn sdp(text: &'static str) -> Option<Body> {
    Some(("application/sdp".to_owned(), Bytes::from_static(text.as_bytes())))
}

fn header(name: &str, value: &str) -> Headers {
    vec![(name.to_owned(), value.to_owned())]
}

fn invitation(body: Option<Body>) -> InviteRequest {
    InviteRequest {
        request_uri: format!("sip:bob@{B}"),
        from: "<sip:alice@example.org>".to_owned(),
        to: "<sip:bob@example.org>".to_owned(),
        body,
        ..InviteRequest::default()
    }
}

/// The one call of a node.
fn call_of(pump: &Pump<UserAgent>, node: usize) -> CallId {
    pump.nodes[node].1.calls().next().expect("a call")
}

impl Pump<UserAgent> {
    /// Lets a node do something now.
    fn act<T>(&mut self, node: usize, act: impl FnOnce(&mut UserAgent, Time) -> T) -> T {
        let now = self.now;
        act(&mut self.nodes[node].1, now)
    }

    /// What a node's user learnt since the last time, in short.
    fn learnt(&mut self, node: usize) -> Vec<String> {
        let agent = &mut self.nodes[node].1;
        let say = |word: &str, message: &Message| match message.status() {
            Some(status) => format!("{word} {status}"),
            None => format!("{word} {}", message.method()),
        };
        std::iter::from_fn(|| agent.poll_event())
            .map(|event| match event {
                UaEvent::Incoming { replaces: Some(_), .. } => "incoming replaces".to_owned(),
                UaEvent::Incoming { .. } => "incoming".to_owned(),
                UaEvent::Provisional { message, .. } => say("provisional", &message),
                UaEvent::Answered { message, .. } => say("answered", &message),
                UaEvent::Rejected { message, .. } => say("rejected", &message),
                UaEvent::Confirmed { message, .. } => format!("confirmed {}", message.body().len()),
                UaEvent::Modification { message, .. } => say("modification", &message),
                UaEvent::ModificationResult { message, .. } => say("result", &message),
                UaEvent::Refreshed { .. } => "refreshed".to_owned(),
                UaEvent::Bye { .. } => "bye".to_owned(),
                UaEvent::Expired { .. } => "expired".to_owned(),
                UaEvent::Ended { .. } => "ended".to_owned(),
                UaEvent::Cancelled { .. } => "cancelled".to_owned(),
                UaEvent::Failed { why, .. } => format!("failed {why:?}"),
                UaEvent::Request { message, .. } => say("request", &message),
                UaEvent::Response { message, .. } => say("response", &message),
                UaEvent::RequestFailed { why, .. } => format!("no response {why:?}"),
            })
            .collect()
    }

    /// An established call from node 0 to node 1, its events taken.
    fn establish(&mut self, session_expires: Option<SessionExpires>) -> (CallId, CallId) {
        let a =
            self.act(0, |agent, now| agent.invite(now, InviteRequest { session_expires, ..invitation(sdp("offer")) }));
        self.run_for(ms(50));
        let b = call_of(self, 1);
        self.act(1, |agent, now| agent.answer(now, b, 200, Headers::new(), sdp("answer")));
        self.run_for(ms(50));
        assert_eq!(self.learnt(0), ["answered 200"]);
        assert_eq!(self.learnt(1), ["incoming", "confirmed 0"]);
        (a, b)
    }

    /// How often a start line of the log holds `part`.
    fn sent(&self, part: &str) -> usize {
        self.log.iter().filter(|line| line.contains(part)).count()
    }

    fn at_rest(&mut self) -> bool {
        self.run_for(secs(300));
        self.nodes.iter().all(|(_, agent)| {
            agent.calls.is_empty()
                && agent.dialogs.is_empty()
                && agent.purposes.is_empty()
                && agent.deadlines.is_empty()
                && agent.endpoint.transactions() == 0
        })
    }
}

#[test]
fn a_call_is_made_answered_and_ended() {
    for above in [usize::MAX, 0] {
        let mut pump = pump_with(&|config, _| config.tcp_above = above);
        let a = pump.act(0, |agent, now| agent.invite(now, invitation(sdp("offer"))));
        pump.run_for(ms(50));
        let b = call_of(&pump, 1);
        pump.act(1, |agent, now| agent.answer(now, b, 180, Headers::new(), None));
        pump.run_for(secs(2));
        pump.act(1, |agent, now| agent.answer(now, b, 200, Headers::new(), sdp("answer")));
        pump.run_for(secs(2));
        assert_eq!(pump.learnt(0), ["provisional 180", "answered 200"]);
        assert_eq!(pump.learnt(1), ["incoming", "confirmed 0"]);
        assert_eq!(pump.sent("200"), 1, "the ACK stops the 2xx");
        pump.act(0, |agent, now| agent.bye(now, a));
        pump.run_for(secs(2));
        assert_eq!((pump.learnt(0), pump.learnt(1)), (vec!["ended".to_owned()], vec!["bye".to_owned()]));
        assert!(pump.at_rest());
    }
}

#[test]
fn messages_carry_what_the_profile_and_the_user_say() {
    let mut pump = pump();
    let mut request = invitation(sdp("offer"));
    request.headers = header("Accept-Contact", "*;+g.oma.sip-im");
    request.headers.push(("Contact".to_owned(), "<sip:me@192.0.2.1>".to_owned()));
    request.headers.push(("Allow".to_owned(), String::new()));
    let a = pump.act(0, |agent, now| agent.invite(now, request));
    let invite = pump.nodes[0].1.invite_of(a).expect("the INVITE").clone();
    let text = String::from_utf8_lossy(invite.bytes()).into_owned();
    for line in [
        "Accept-Contact: *;+g.oma.sip-im",
        "Contact: <sip:me@192.0.2.1>",
        "Supported: timer, replaces",
        "User-Agent: IM-client/OMA1.0",
        "Max-Forwards: 70",
        "CSeq: 1 INVITE",
        "Content-Type: application/sdp",
    ] {
        assert!(text.contains(&format!("{line}\r\n")), "{line} in {text}");
    }
    assert!(!text.contains("Allow:") && text.matches("Contact: <").count() == 1, "{text}");
    pump.run_for(ms(50));
    let b = call_of(&pump, 1);
    pump.act(1, |agent, now| agent.answer(now, b, 200, Headers::new(), sdp("answer")));
    pump.run_for(ms(50));
    let Some(UaEvent::Answered { message, .. }) = pump.nodes[0].1.poll_event() else { panic!("not answered") };
    let text = String::from_utf8_lossy(message.bytes()).into_owned();
    for line in ["Server: IM-serv/OMA1.0", "Allow: INVITE, ACK", "Contact: <sip:user@192.0.2.2:5060>;+g.oma.sip-im"] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[test]
fn an_invite_without_offer_lets_the_user_acknowledge() {
    let mut pump = pump();
    let a = pump.act(0, |agent, now| agent.invite(now, invitation(None)));
    pump.run_for(ms(50));
    let b = call_of(&pump, 1);
    pump.act(1, |agent, now| agent.answer(now, b, 200, Headers::new(), sdp("offer")));
    pump.run_for(secs(2));
    assert_eq!(pump.learnt(0), ["answered 200"]);
    assert!(pump.sent("ACK") == 0 && pump.sent("200") > 1, "{:?}", pump.log);
    pump.act(0, |agent, now| agent.ack(now, a, sdp("answer")));
    pump.run_for(secs(2));
    assert_eq!(pump.learnt(1), ["incoming", "confirmed 6"]);
}

#[test]
fn a_call_may_be_refused() {
    let mut pump = pump();
    pump.act(0, |agent, now| agent.invite(now, invitation(sdp("offer"))));
    pump.run_for(ms(50));
    let b = call_of(&pump, 1);
    pump.act(1, |agent, now| agent.answer(now, b, 486, header("Warning", "399 b \"too many participants\""), None));
    pump.run_for(secs(1));
    assert_eq!(pump.learnt(0), ["rejected 486"]);
    assert!(pump.at_rest());
    assert_eq!(pump.learnt(1), ["incoming"]);
}

#[test]
fn a_cancelled_call_ends_on_both_sides() {
    let mut pump = pump();
    let a = pump.act(0, |agent, now| agent.invite(now, invitation(sdp("offer"))));
    pump.run_for(ms(50));
    let b = call_of(&pump, 1);
    pump.act(1, |agent, now| agent.answer(now, b, 180, Headers::new(), None));
    pump.run_for(ms(50));
    pump.act(0, |agent, now| agent.cancel(now, a));
    pump.run_for(secs(1));
    assert_eq!(pump.learnt(0), ["provisional 180", "cancelled"]);
    assert_eq!(pump.learnt(1), ["incoming", "cancelled"]);
    assert_eq!((pump.sent("CANCEL sip"), pump.sent("487"), pump.sent("ACK")), (1, 1, 1), "{:?}", pump.log);
    assert!(pump.at_rest());
}

#[test]
fn a_200_that_crosses_the_cancel_gets_ack_and_bye() {
    let mut pump = pump();
    let a = pump.act(0, |agent, now| agent.invite(now, invitation(sdp("offer"))));
    pump.run_for(ms(50));
    let b = call_of(&pump, 1);
    pump.act(1, |agent, now| agent.answer(now, b, 180, Headers::new(), None));
    pump.run_for(ms(50));
    pump.act(0, |agent, now| agent.cancel(now, a));
    pump.act(1, |agent, now| agent.answer(now, b, 200, Headers::new(), sdp("answer")));
    pump.run_for(secs(2));
    assert_eq!(pump.learnt(0), ["provisional 180", "cancelled"]);
    assert_eq!(pump.learnt(1), ["incoming", "confirmed 0", "bye"]);
    assert!(pump.at_rest());
}

#[test]
fn crossing_byes_end_the_call_twice() {
    let mut pump = pump();
    let (a, b) = pump.establish(None);
    pump.act(0, |agent, now| agent.bye(now, a));
    pump.act(1, |agent, now| agent.bye(now, b));
    pump.run_for(secs(2));
    assert_eq!((pump.learnt(0), pump.learnt(1)), (vec!["ended".to_owned()], vec!["ended".to_owned()]));
    assert_eq!(pump.sent("481"), 0, "{:?}", pump.log);
    assert!(pump.at_rest());
}

#[test]
fn the_called_side_waits_for_the_ack_before_its_bye() {
    let mut pump = pump();
    let a = pump.act(0, |agent, now| agent.invite(now, invitation(None)));
    pump.run_for(ms(50));
    let b = call_of(&pump, 1);
    pump.act(1, |agent, now| agent.answer(now, b, 200, Headers::new(), sdp("offer")));
    pump.act(1, |agent, now| agent.bye(now, b));
    pump.run_for(secs(2));
    assert_eq!(pump.sent("BYE"), 0);
    pump.act(0, |agent, now| agent.ack(now, a, sdp("answer")));
    pump.run_for(secs(2));
    assert_eq!(pump.learnt(0), ["answered 200", "bye"]);
    assert_eq!(pump.learnt(1), ["incoming", "confirmed 6", "ended"]);
}

#[test]
fn without_ack_the_called_side_gives_up_with_a_bye() {
    let mut pump = pump();
    pump.act(0, |agent, now| agent.invite(now, invitation(None)));
    pump.run_for(ms(50));
    let b = call_of(&pump, 1);
    pump.act(1, |agent, now| agent.answer(now, b, 200, Headers::new(), sdp("offer")));
    pump.run_for(secs(40));
    assert_eq!(pump.learnt(1), ["incoming", "failed Timeout"]);
    assert_eq!(pump.learnt(0), ["answered 200", "bye"]);
    assert_eq!(pump.sent("SIP/2.0 200"), 12, "11 of the INVITE, 1 of the BYE: {:?}", pump.log);
    assert!(pump.at_rest());
}

#[test]
fn nobody_there_fails_the_call() {
    let mut pump = pump();
    pump.loss = 100;
    pump.act(0, |agent, now| agent.invite(now, invitation(sdp("offer"))));
    let mut nowhere = invitation(sdp("offer"));
    nowhere.request_uri = "sip:bob@unknown.example".to_owned();
    pump.act(0, |agent, now| agent.invite(now, nowhere));
    pump.run_for(secs(40));
    assert_eq!(pump.learnt(0), ["failed Transport", "failed Timeout"]);
    assert!(pump.at_rest());
}

#[test]
fn a_bye_without_answer_ends_the_call_all_the_same() {
    let mut pump = pump();
    let (a, b) = pump.establish(None);
    pump.loss = 100;
    pump.act(0, |agent, now| agent.bye(now, a));
    pump.run_for(secs(40));
    assert_eq!(pump.learnt(0), ["ended"]);
    pump.loss = 0;
    pump.act(1, |agent, now| agent.bye(now, b));
    pump.run_for(secs(1));
    assert_eq!(pump.learnt(1), ["ended"], "481 to the BYE");
    assert_eq!(pump.sent("481"), 1);
    assert!(pump.at_rest());
}

#[test]
fn sessions_are_modified_both_ways() {
    let mut pump = pump();
    let (a, b) = pump.establish(None);
    for method in ["INVITE", "UPDATE"] {
        for (from, to, call) in [(0, 1, a), (1, 0, b)] {
            let sent = pump.act(from, |agent, now| match method {
                "INVITE" => agent.reinvite(now, call, Headers::new(), sdp("offer 2")),
                _ => agent.update(now, call, Headers::new(), sdp("offer 2")),
            });
            assert!(sent.is_some());
            assert!(pump.act(from, |agent, now| agent.update(now, call, Headers::new(), None)).is_none(), "busy");
            pump.run_for(ms(50));
            let Some(UaEvent::Modification { tx, .. }) = pump.nodes[to].1.poll_event() else {
                panic!("no modification")
            };
            pump.act(to, |agent, now| agent.respond(now, tx, 200, Headers::new(), sdp("answer 2")));
            pump.run_for(ms(50));
            assert_eq!(pump.learnt(from), ["result 200"]);
            let confirmed: &[&str] = if method == "INVITE" { &["confirmed 0"] } else { &[] };
            assert_eq!(pump.learnt(to), confirmed);
        }
    }
}

#[test]
fn glare_is_answered_491_and_tried_again_after_a_while() {
    let mut pump = pump();
    let (a, b) = pump.establish(None);
    pump.act(0, |agent, now| agent.reinvite(now, a, Headers::new(), sdp("from a")));
    pump.act(1, |agent, now| agent.reinvite(now, b, Headers::new(), sdp("from b")));
    pump.run_for(ms(100));
    assert_eq!(pump.sent("491"), 2, "{:?}", pump.log);
    for _ in 0..60 {
        pump.run_for(ms(100));
        for node in 0..2 {
            if let Some(UaEvent::Modification { tx, .. }) = pump.nodes[node].1.poll_event() {
                pump.act(node, |agent, now| agent.respond(now, tx, 200, Headers::new(), sdp("answer")));
            }
        }
    }
    assert_eq!(pump.sent("INVITE sip"), 5, "the first, two that met, two that went well: {:?}", pump.log);
    assert_eq!(pump.sent("491"), 2);
}

#[test]
fn a_second_offer_before_the_answer_gets_500_with_retry_after() {
    let mut pump = pump();
    let (a, _) = pump.establish(None);
    pump.act(0, |agent, now| agent.reinvite(now, a, Headers::new(), sdp("one")));
    pump.run_for(ms(50));
    // The stack itself would not send a second one.
    let dialog = pump.nodes[0].1.calls.get_mut(&a).and_then(|call| call.dialog.as_mut()).expect("a dialog");
    let second = dialog.request("UPDATE").header("Contact", "<sip:a@192.0.2.1>").body("application/sdp", "two").build();
    pump.act(0, |agent, now| agent.endpoint.send_request(now, second, None));
    pump.run_for(ms(50));
    assert_eq!(pump.sent("SIP/2.0 500"), 1, "{:?}", pump.log);
}

#[test]
fn a_request_that_counts_backwards_gets_500_and_a_stranger_481() {
    let mut pump = pump();
    let (a, _) = pump.establish(None);
    let dialog = pump.nodes[0].1.dialog(a).expect("a dialog").clone();
    let old = dialog.clone().request("MESSAGE").set("CSeq", "0 MESSAGE").build();
    let mut strange = dialog;
    strange.id.call_id = "other".to_owned();
    for message in [old, strange.request("MESSAGE").build(), strange.request("BYE").build()] {
        pump.act(0, |agent, now| agent.endpoint.send_request(now, message, None));
    }
    pump.run_for(ms(100));
    assert_eq!((pump.sent("SIP/2.0 500"), pump.sent("SIP/2.0 481")), (1, 2), "{:?}", pump.log);
    assert!(pump.learnt(1).is_empty());
}

#[test]
fn requests_of_other_methods_go_to_the_user() {
    let mut pump = pump();
    let (a, _) = pump.establish(None);
    let message = OutRequest {
        method: "MESSAGE".to_owned(),
        request_uri: format!("sip:bob@{B}"),
        from: "<sip:alice@example.org>".to_owned(),
        to: "<sip:bob@example.org>".to_owned(),
        body: Some(("text/plain".to_owned(), Bytes::from_static(b"hello"))),
        ..OutRequest::default()
    };
    pump.act(0, |agent, now| agent.request(now, message.clone()));
    pump.act(0, |agent, now| agent.request_within(now, a, "MESSAGE", Headers::new(), None));
    for method in ["NOTIFY", "FROBNICATE"] {
        let message = OutRequest { method: method.to_owned(), ..message.clone() };
        pump.act(0, |agent, now| agent.request(now, message));
    }
    pump.run_for(ms(50));
    let mut within = Vec::new();
    while let Some(UaEvent::Request { tx, call, .. }) = pump.nodes[1].1.poll_event() {
        within.push(call.is_some());
        pump.act(1, |agent, now| agent.respond(now, tx, 202, Headers::new(), None));
    }
    assert_eq!(within, [false, true]);
    pump.run_for(ms(50));
    assert_eq!(pump.learnt(0), ["response 405", "response 501", "response 202", "response 202"]);
}

#[test]
fn a_refresher_refreshes_at_half_by_update_or_reinvite() {
    for updates in [true, false] {
        let mut pump = pump_with(&|_, profile| {
            if !updates {
                profile.allow.retain(|method| method != "UPDATE");
            }
        });
        let refresher = Some(Refresher::Uac);
        pump.establish(Some(SessionExpires { seconds: 180, refresher }));
        pump.run_for(secs(89));
        assert!(pump.learnt(0).is_empty());
        pump.run_for(secs(2));
        if updates {
            assert_eq!((pump.learnt(0), pump.learnt(1)), (vec!["refreshed".to_owned()], vec!["refreshed".to_owned()]));
        } else {
            let Some(UaEvent::Modification { tx, message, .. }) = pump.nodes[1].1.poll_event() else { panic!("none") };
            assert_eq!(message.body(), Bytes::from_static(b"offer"), "the same description as before");
            assert_eq!(
                message.header(Name::SessionExpires).map(|h| h.text().into_owned()).as_deref(),
                Some("180;refresher=uac")
            );
            pump.act(1, |agent, now| agent.respond(now, tx, 200, Headers::new(), sdp("answer")));
            pump.run_for(ms(50));
            assert_eq!(
                (pump.learnt(0), pump.learnt(1)),
                (vec!["refreshed".to_owned()], vec!["confirmed 0".to_owned()])
            );
        }
        pump.run_for(secs(80));
        assert!(pump.learnt(0).is_empty() && pump.learnt(1).is_empty(), "the session goes on");
    }
}

#[test]
fn a_session_that_nobody_refreshes_ends_before_its_end() {
    let mut pump = pump();
    let (_, b) = pump.establish(Some(SessionExpires { seconds: 180, refresher: None }));
    assert!(pump.nodes[1].1.calls[&b].session.is_some_and(|session| session.refreshing), "uas where it is left open");
    pump.loss = 100;
    pump.run_for(secs(147));
    assert!(pump.learnt(0).is_empty(), "not before 180 - 32 s");
    pump.run_for(secs(60));
    assert_eq!(pump.learnt(0), ["expired", "ended"]);
    assert_eq!(pump.learnt(1), ["ended"], "its refresh was not answered");
    assert!(pump.at_rest());
}

#[test]
fn a_422_makes_the_caller_try_a_larger_interval() {
    let mut pump = pump_with(&|_, profile| profile.session = Policy { min_se: 600, ..Policy::default() });
    let session_expires = Some(SessionExpires { seconds: 90, refresher: Some(Refresher::Uac) });
    pump.act(0, |agent, now| agent.invite(now, InviteRequest { session_expires, ..invitation(sdp("offer")) }));
    pump.run_for(ms(100));
    let Some(UaEvent::Incoming { message, .. }) = pump.nodes[1].1.poll_event() else { panic!("no INVITE") };
    let value = |name| message.header(name).map(|h| h.text().into_owned()).unwrap_or_default();
    assert_eq!((value(Name::SessionExpires).as_str(), value(Name::MinSe).as_str()), ("600;refresher=uac", "600"));
    assert_eq!((value(Name::CSeq).as_str(), pump.sent("422")), ("2 INVITE", 1));
    assert!(pump.learnt(0).is_empty());
}

#[test]
fn replaces_names_a_call_or_is_refused() {
    let mut pump = pump();
    let (a, _) = pump.establish(None);
    let id = pump.nodes[0].1.dialog(a).expect("a dialog").id.clone();
    let value = format!("{};to-tag={};from-tag={}", id.call_id, id.remote_tag, id.local_tag);
    let table = [
        (value.clone(), "incoming replaces"),
        (format!("{value};early-only"), "rejected 486"),
        (value.replace("to-tag", "x-tag"), "rejected 400"),
        (format!("{value}, {value}"), "rejected 400"),
        ("nobody;to-tag=1;from-tag=2".to_owned(), "rejected 481"),
    ];
    for (replaces, expected) in &table {
        let request = InviteRequest { headers: header("Replaces", replaces), ..invitation(sdp("offer")) };
        pump.act(0, |agent, now| agent.invite(now, request));
        pump.run_for(ms(100));
        let learnt = [pump.learnt(0), pump.learnt(1)].concat();
        assert_eq!(learnt, [*expected], "{replaces}");
    }
    pump.act(0, |agent, now| agent.bye(now, a));
    pump.run_for(secs(1));
    let request = InviteRequest { headers: header("Replaces", &value), ..invitation(sdp("offer")) };
    pump.learnt(0);
    pump.act(0, |agent, now| agent.invite(now, request));
    pump.run_for(ms(100));
    assert_eq!(pump.learnt(0), ["rejected 603"]);
}

#[test]
fn the_2xx_of_another_fork_is_acknowledged_and_ended() {
    let mut pump = pump();
    let (a, _) = pump.establish(None);
    let invite = pump.nodes[0].1.calls[&a].invite;
    let request = pump.nodes[0].1.endpoint.request(invite).expect("lives until timer M").clone();
    let fork = Builder::response(&request, 200, "OK")
        .set("To", "<sip:bob@example.org>;tag=other")
        .header("Contact", "<sip:fork@192.0.2.2:5060>")
        .build();
    for _ in 0..2 {
        let bytes = fork.bytes().clone();
        pump.act(0, |agent, now| agent.handle(now, Input::Datagram { local: at(A), remote: at(B), bytes }));
    }
    pump.run_for(secs(1));
    assert_eq!((pump.sent("ACK sip:fork@"), pump.sent("BYE sip:fork@")), (2, 1), "{:?}", pump.log);
    assert!(pump.learnt(0).is_empty() && pump.nodes[0].1.dialog(a).is_some());
}

#[test]
fn a_request_that_came_two_ways_gets_482() {
    let mut pump = pump();
    let via = |branch: &str| format!("SIP/2.0/UDP {A};branch={branch}");
    let request = Builder::request("MESSAGE", "sip:b").header("From", "<sip:a>;tag=1").header("To", "<sip:b>");
    let request = request.header("Call-ID", "c").header("CSeq", "1 MESSAGE").build();
    for branch in ["z9hG4bK1", "z9hG4bK2"] {
        let bytes = edit::prepend(&request, Name::Via, &via(branch)).bytes().clone();
        pump.act(1, |agent, now| agent.handle(now, Input::Datagram { local: at(B), remote: at(A), bytes }));
    }
    pump.run_for(ms(50));
    assert_eq!((pump.learnt(1), pump.sent("482")), (vec!["request MESSAGE".to_owned()], 1));
}

mod any_network {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// Whatever datagrams are lost, doubled and reordered: every call ends, on both sides, and nothing is left.
        #[test]
        fn brings_every_call_to_its_end(seed: u64, loss in 0u64..45, doubling in 0u64..60, jitter in 0u64..900, cancel: bool) {
            let mut pump = Pump::new(vec![agent(A, &|_, _| {}), agent(B, &|_, _| {})], seed);
            (pump.loss, pump.doubling, pump.jitter) = (loss, doubling, jitter);
            let a = pump.act(0, |agent, now| agent.invite(now, invitation(sdp("offer"))));
            let mut ends = [0, 0];
            for step in 0..120 {
                pump.run_for(secs(1));
                for (node, ends) in ends.iter_mut().enumerate() {
                    while let Some(event) = pump.nodes[node].1.poll_event() {
                        match event {
                            UaEvent::Incoming { call, .. } => {
                                pump.act(node, |agent, now| agent.answer(now, call, 200, Headers::new(), sdp("answer")));
                            }
                            UaEvent::Bye { .. } | UaEvent::Ended { .. } | UaEvent::Cancelled { .. }
                            | UaEvent::Failed { .. } | UaEvent::Rejected { .. } => *ends += 1,
                            _ => {}
                        }
                    }
                }
                if cancel && step == 0 {
                    pump.act(0, |agent, now| agent.cancel(now, a));
                }
                if step == 40 {
                    pump.act(0, |agent, now| agent.bye(now, a));
                }
            }
            prop_assert_eq!(ends[0], 1, "the caller's call ends once: {:?}", pump.log);
            prop_assert!(ends[1] <= 1, "the called side's at most once: {:?}", pump.log);
            // The called side has no call any more, or one whose BYE never came: then its user ends it.
            let left: Vec<CallId> = pump.nodes[1].1.calls().collect();
            for call in left {
                pump.act(1, |agent, now| agent.bye(now, call));
            }
            prop_assert!(pump.at_rest());
        }
    }
}

#[test]
fn a_user_agent_takes_only_its_own_inputs() {
    let (_, mut agent) = agent(A, &|_, _| {});
    let input = Input::Datagram { local: at(B), remote: at(A), bytes: Bytes::from_static(b"OPTIONS") };
    assert!(!UserAgent::handle(&mut agent, Time(0), input));
    assert_eq!(endpoint::resolve("sip:x@192.0.2.1", &agent.endpoint().config().names).map(|(a, _)| a), Some(at(A)));
}
