//! What is refused without its user, and what goes to its user.

use super::*;
use crate::stack::edit;
use crate::wire::sip::Name;

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

#[test]
fn a_user_agent_takes_only_its_own_inputs() {
    let (_, mut agent) = agent(A, &|_, _| {});
    let input = Input::Datagram { local: at(B), remote: at(A), bytes: Bytes::from_static(b"OPTIONS") };
    assert!(!UserAgent::handle(&mut agent, Time(0), input));
}
