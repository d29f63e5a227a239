//! Requests that are challenged, and go again with credentials.

use super::*;
use crate::stack::digest::{Account, Algorithm, Guard, Judgement};
use crate::wire::sip::Name;

/// Node 0 knows a password, node 1 guards its answers.
fn guarded(password: &str) -> (Pump<UserAgent>, Guard) {
    let mut pump = pump_with(&|_, profile| profile.allow.push("REGISTER".to_owned()));
    let account = |password: &str| Account { user: "alice".to_owned(), password: password.to_owned() };
    pump.nodes[0].1.account = Some(account(password));
    let algorithms = vec![Algorithm::Sha256, Algorithm::Md5];
    (pump, Guard::new("example.org", vec![account("secret")], algorithms, IdSource::new(9, "guard")))
}

/// Lets node 1 answer what waits: a challenge, or 200 to credentials; says what it answered to which CSeq.
fn answer(pump: &mut Pump<UserAgent>, guard: &mut Guard) -> Vec<String> {
    let mut said = Vec::new();
    for _ in 0..6 {
        pump.run_for(ms(50));
        let now = pump.now;
        while let Some(event) = pump.nodes[1].1.poll_event() {
            let (UaEvent::Request { message, .. }
            | UaEvent::Modification { message, .. }
            | UaEvent::Incoming { message, .. }
            | UaEvent::Bye { message, .. }
            | UaEvent::Confirmed { message, .. }) = &event
            else {
                continue;
            };
            let number = message.cseq().map_or(0, |(number, _)| number);
            let (status, headers, body) = match guard.judge(now, message, Name::ProxyAuthorization) {
                Judgement::Known(_) => (200, Headers::new(), sdp("answer")),
                Judgement::Challenge { stale } => {
                    let one = |value| ("Proxy-Authenticate".to_owned(), value);
                    (407, guard.challenges(now, stale).into_iter().map(one).collect(), None)
                }
            };
            said.push(format!("{} {number} {status}", message.method()));
            match &event {
                UaEvent::Incoming { call, .. } => {
                    pump.act(1, |agent, now| agent.answer(now, *call, status, headers, body))
                }
                UaEvent::Request { tx, .. } | UaEvent::Modification { tx, .. } => {
                    pump.act(1, |agent, now| agent.respond(now, *tx, status, headers, body));
                }
                _ => {}
            }
        }
    }
    said
}

#[test]
fn a_request_goes_again_and_its_user_learns_of_the_end_alone() {
    let (mut pump, mut guard) = guarded("secret");
    let register = Registration {
        registrar: format!("sip:{B}"),
        address_of_record: "<sip:alice@example.org>".to_owned(),
        contact: "<sip:192.0.2.1>".to_owned(),
        expires: 600,
        ..Registration::default()
    };
    let id = pump.act(0, |agent, now| agent.register(now, register));
    assert_eq!(answer(&mut pump, &mut guard), ["REGISTER 1 407", "REGISTER 2 200"]);
    assert_eq!(pump.learnt(0), ["registered 600"]);
    pump.act(0, |agent, now| agent.unregister(now, id));
    assert_eq!(answer(&mut pump, &mut guard), ["REGISTER 3 200"]);
    assert_eq!(pump.learnt(0), ["registered 0"]);

    let message = OutRequest {
        method: "MESSAGE".to_owned(),
        request_uri: format!("sip:bob@{B}"),
        from: "<sip:alice@example.org>".to_owned(),
        to: "<sip:bob@example.org>".to_owned(),
        ..OutRequest::default()
    };
    let tx = pump.act(0, |agent, now| agent.request(now, message));
    assert_eq!(answer(&mut pump, &mut guard), ["MESSAGE 1 200"]);
    let event = pump.nodes[0].1.poll_event();
    assert!(matches!(event, Some(UaEvent::Response { tx: answered, .. }) if answered == tx), "{event:?}");
    assert!(pump.at_rest());
}

#[test]
fn a_call_goes_on_counting_and_its_ack_has_the_credentials() {
    let (mut pump, mut guard) = guarded("secret");
    let call = pump.act(0, |agent, now| agent.invite(now, invitation(sdp("offer"))));
    let said = answer(&mut pump, &mut guard);
    // The count of the nonce was used by the INVITE, so a guard of an ACK would call it old.
    assert_eq!(said, ["INVITE 1 407", "INVITE 2 200", "ACK 2 407"]);
    assert_eq!(pump.learnt(0), ["answered 200"]);
    let ack = pump.log.iter().filter(|line| line.contains("ACK")).count();
    assert_eq!(ack, 2, "one for the challenge, one for the 200");

    pump.act(0, |agent, now| agent.reinvite(now, call, Headers::new(), sdp("another")));
    let said = answer(&mut pump, &mut guard);
    assert_eq!(said[..1], ["INVITE 3 200"]);
    assert_eq!(pump.learnt(0), ["result 200"]);
    pump.act(0, |agent, now| agent.ack(now, call, None));
    pump.run_for(ms(50));
    pump.act(0, |agent, now| agent.bye(now, call));
    pump.run_for(secs(1));
    assert!(pump.sent("BYE") == 1 && pump.learnt(0) == ["ended"]);
    assert!(pump.at_rest());
}

#[test]
fn a_wrong_password_is_refused_once_and_for_all() {
    let (mut pump, mut guard) = guarded("guess");
    pump.act(0, |agent, now| agent.invite(now, invitation(sdp("offer"))));
    assert_eq!(answer(&mut pump, &mut guard), ["INVITE 1 407", "INVITE 2 407"]);
    assert_eq!(pump.learnt(0), ["rejected 407"]);
    assert!(pump.at_rest());
}

#[test]
fn a_challenged_call_can_still_be_cancelled() {
    let (mut pump, guard) = guarded("secret");
    let call = pump.act(0, |agent, now| agent.invite(now, invitation(sdp("offer"))));
    pump.run_for(ms(50));
    let now = pump.now;
    let challenges = guard.challenges(now, false).into_iter().map(|c| ("Proxy-Authenticate".to_owned(), c)).collect();
    let there = call_of(&pump, 1);
    pump.act(1, |agent, now| agent.answer(now, there, 407, challenges, None));
    pump.run_for(ms(100));
    let there = call_of(&pump, 1);
    pump.act(1, |agent, now| agent.answer(now, there, 180, Headers::new(), None));
    pump.run_for(ms(50));
    pump.act(0, |agent, now| agent.cancel(now, call));
    pump.run_for(ms(100));
    assert_eq!(pump.learnt(0), ["provisional 180", "cancelled"]);
    assert!(pump.at_rest());
}
