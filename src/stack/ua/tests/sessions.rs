//! Sessions that are modified and refreshed.

use super::*;
use crate::stack::session_timer::{Policy, Refresher};
use crate::wire::sip::Name;

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
fn the_user_of_the_called_side_may_choose_or_leave_out_the_session_timer() {
    for (value, expected) in [("600;refresher=uac", Some((600, false))), ("", None)] {
        let mut pump = pump();
        let session_expires = Some(SessionExpires { seconds: 1800, refresher: None });
        pump.act(0, |agent, now| agent.invite(now, InviteRequest { session_expires, ..invitation(sdp("offer")) }));
        pump.run_for(ms(50));
        let b = call_of(&pump, 1);
        pump.act(1, |agent, now| agent.answer(now, b, 200, header("Session-Expires", value), sdp("answer")));
        pump.run_for(ms(50));
        let session = |node: usize| {
            let call = pump.nodes[node].1.calls.values().next().expect("a call");
            call.session.map(|session| (session.seconds, session.refreshing))
        };
        assert_eq!((session(0), session(1)), (expected.map(|(seconds, _)| (seconds, true)), expected), "{value}");
        let Some(UaEvent::Answered { message, .. }) = pump.nodes[0].1.poll_event() else { panic!("not answered") };
        let text = message.header(Name::SessionExpires).map(|h| h.text().into_owned());
        assert_eq!(text.as_deref(), Some(value).filter(|value| !value.is_empty()));
        assert_eq!(message.has_token(Name::Require, "timer"), !value.is_empty());
    }
}

#[test]
fn after_glare_the_owner_of_the_call_id_waits_longer() {
    for (node, shortest, longest) in [(0, 2100, 4000), (1, 0, 2000)] {
        let mut pump = pump();
        let (a, b) = pump.establish(None);
        let (call, met) = if node == 0 { (a, sdp("a")) } else { (b, sdp("b")) };
        pump.act(node, |agent, now| agent.reinvite(now, call, Headers::new(), met));
        pump.run_for(ms(15));
        let Some(UaEvent::Modification { tx, .. }) = pump.nodes[1 - node].1.poll_event() else { panic!("none") };
        pump.act(1 - node, |agent, now| agent.respond(now, tx, 491, Headers::new(), None));
        let answered = pump.now;
        pump.run_for(ms(15));
        let (at, _) = pump.nodes[node].1.calls[&call].later.clone().expect("a second attempt");
        let waited = at.since(answered).as_millis();
        assert!((shortest..=longest + 20).contains(&waited), "{node}: {waited}");
    }
}

#[test]
fn a_lost_ack_of_a_reinvite_is_sent_again() {
    let mut pump = pump();
    let (a, _) = pump.establish(None);
    pump.act(0, |agent, now| agent.reinvite(now, a, Headers::new(), sdp("offer 2")));
    pump.run_for(ms(15));
    let Some(UaEvent::Modification { tx, .. }) = pump.nodes[1].1.poll_event() else { panic!("none") };
    pump.act(1, |agent, now| agent.respond(now, tx, 200, Headers::new(), sdp("answer 2")));
    pump.run_for(ms(5));
    let acks = pump.sent("ACK");
    pump.loss = 100;
    // The 200 is on its way; the ACK that answers it is lost.
    pump.run_for(ms(100));
    assert_eq!(pump.sent("ACK"), acks + 1);
    pump.loss = 0;
    pump.run_for(secs(2));
    assert_eq!(pump.sent("ACK"), acks + 2, "{:?}", pump.log);
    assert_eq!(pump.learnt(1), ["confirmed 0"]);
}

#[test]
fn a_bye_leaves_no_modification_unanswered() {
    let mut pump = pump();
    let (a, _) = pump.establish(None);
    pump.act(0, |agent, now| agent.reinvite(now, a, Headers::new(), sdp("offer 2")));
    pump.run_for(ms(50));
    pump.act(0, |agent, now| agent.bye(now, a));
    pump.run_for(secs(1));
    assert_eq!((pump.sent("487"), pump.learnt(1)), (1, vec!["modification INVITE".to_owned(), "bye".to_owned()]));
    assert!(pump.at_rest());
}

#[test]
fn a_cancelled_reinvite_leaves_the_session_as_it_was() {
    let mut pump = pump();
    let (a, _) = pump.establish(None);
    let tx = pump.act(0, |agent, now| agent.reinvite(now, a, Headers::new(), sdp("offer 2"))).expect("not busy");
    pump.run_for(secs(1));
    pump.act(0, |agent, now| agent.endpoint.cancel(now, tx));
    pump.run_for(secs(1));
    assert_eq!((pump.learnt(0), pump.sent("487")), (vec!["result 487".to_owned()], 1), "{:?}", pump.log);
    assert!(pump.act(0, |agent, now| agent.update(now, a, Headers::new(), None)).is_some(), "the call goes on");
}

#[test]
fn of_the_methods_that_the_called_side_allows_the_newest_list_counts() {
    for (ringing, answering, updates) in [
        ("INVITE, ACK, BYE, UPDATE", "INVITE, ACK, BYE", false),
        ("INVITE, ACK, BYE", "INVITE, ACK, BYE, UPDATE", true),
    ] {
        let mut pump = pump();
        let session_expires = Some(SessionExpires { seconds: 180, refresher: Some(Refresher::Uac) });
        let invite = InviteRequest { session_expires, ..invitation(sdp("offer")) };
        pump.act(0, |agent, now| agent.invite(now, invite));
        pump.run_for(ms(50));
        let b = call_of(&pump, 1);
        pump.act(1, |agent, now| agent.answer(now, b, 180, header("Allow", ringing), None));
        pump.run_for(ms(50));
        pump.act(1, |agent, now| agent.answer(now, b, 200, header("Allow", answering), sdp("answer")));
        pump.run_for(secs(91));
        assert_eq!(pump.sent("UDP UPDATE") > 0, updates, "{ringing} then {answering}");
    }
}

#[test]
fn responses_are_dated_where_the_profile_says_so_and_methods_are_taken_that_allow_does_not_list() {
    let mut pump = pump_with(&|config, profile| {
        profile.dates = config.local == at(B);
        profile.takes = vec!["SUBSCRIBE".to_owned()];
    });
    let request = |method: &str| OutRequest {
        method: method.to_owned(),
        request_uri: format!("sip:bob@{B}"),
        from: "<sip:alice@example.org>".to_owned(),
        to: "<sip:bob@example.org>".to_owned(),
        ..OutRequest::default()
    };
    pump.act(0, |agent, now| agent.request(now, request("PUBLISH")));
    pump.act(0, |agent, now| agent.request(now, request("SUBSCRIBE")));
    pump.run_for(ms(50));
    assert_eq!(pump.learnt(1), ["request SUBSCRIBE"]);
    let Some(UaEvent::Response { message, .. }) = pump.nodes[0].1.poll_event() else { panic!("no response") };
    assert_eq!(message.status(), Some(405));
    let date = message.header(Name::Date).map(|header| header.text().into_owned());
    assert_eq!(date.as_deref(), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
    assert_eq!(message.header(Name::Allow).map(|allow| allow.text().contains("SUBSCRIBE")), Some(false));
}
