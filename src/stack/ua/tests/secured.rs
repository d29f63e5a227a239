//! Over TLS, and with SIPS URIs, which demand it (RFC 3261 §26.2).

use super::*;

/// An invitation over TLS, and what either side learns of the other.
fn established(request_uri: String) -> (Arc<Message>, Arc<Message>, Pump<UserAgent>) {
    let mut pump = pump_with(&|config, profile| {
        config.security.sip = true;
        profile.contact = profile.contact.replace('>', ";transport=tls>");
    });
    pump.act(0, |agent, now| agent.invite(now, InviteRequest { request_uri, ..invitation(sdp("offer")) }));
    pump.run_for(ms(50));
    let call = call_of(&pump, 1);
    pump.act(1, |agent, now| agent.answer(now, call, 200, Headers::new(), sdp("answer")));
    pump.run_for(ms(50));
    let invite = std::iter::from_fn(|| pump.nodes[1].1.poll_event()).find_map(|event| match event {
        UaEvent::Incoming { message, .. } => Some(message),
        _ => None,
    });
    let answer = std::iter::from_fn(|| pump.nodes[0].1.poll_event()).find_map(|event| match event {
        UaEvent::Answered { message, .. } => Some(message),
        _ => None,
    });
    (invite.expect("an INVITE"), answer.expect("a 200"), pump)
}

#[test]
fn everything_goes_over_tls_and_says_so() {
    for (target, contact) in [
        (format!("sip:bob@{B};transport=tls"), format!("sip:user@{A};transport=tls")),
        (format!("sips:bob@{B}"), format!("sips:user@{A}")),
    ] {
        let (invite, answer, pump) = established(target.clone());
        assert!(pump.log.iter().all(|line| line.starts_with("TCP ")), "{:?}", pump.log);
        assert_eq!(invite.via().map(|via| via.transport.to_owned()).as_deref(), Some("TLS"));
        assert_eq!(invite.contact().map(|contact| contact.uri.to_owned()), Some(contact.clone()));
        assert_eq!(answer.contact().map(|contact| contact.uri.to_owned()), Some(contact.replace(A, B)), "{target}");
    }
}

/// Nobody is spoken to without TLS who is to be spoken to over it.
#[test]
fn who_has_no_tls_sends_nothing_to_a_sips_uri() {
    let mut pump = pump();
    let request_uri = format!("sips:bob@{B}");
    pump.act(0, |agent, now| agent.invite(now, InviteRequest { request_uri, ..invitation(sdp("offer")) }));
    pump.run_for(ms(50));
    assert!(pump.log.is_empty(), "{:?}", pump.log);
    assert_eq!(pump.learnt(0).len(), 1, "the call has failed");
}
