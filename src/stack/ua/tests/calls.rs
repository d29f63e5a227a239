//! Calls that are made, answered, refused, cancelled and ended, and what crosses on the way.

use super::*;

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
