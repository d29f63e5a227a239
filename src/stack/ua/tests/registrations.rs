//! Registrations that are made, refreshed, changed and removed.

use super::*;
use crate::wire::sip::Name;

fn registering(expires: u32) -> Registration {
    Registration {
        registrar: format!("sip:{B}"),
        address_of_record: "<sip:alice@example.org>".to_owned(),
        contact: "<sip:192.0.2.1>;+g.oma.sip-im".to_owned(),
        expires,
        ..Registration::default()
    }
}

/// A registrar at node 1 that answers what waits with `status` and headers; gives back the REGISTER messages.
fn answer(pump: &mut Pump<UserAgent>, status: u16, headers: &Headers) -> Vec<Arc<Message>> {
    pump.run_for(ms(50));
    let mut seen = Vec::new();
    while let Some(UaEvent::Request { tx, message, .. }) = pump.nodes[1].1.poll_event() {
        pump.act(1, |agent, now| agent.respond(now, tx, status, headers.clone(), None));
        seen.push(message);
    }
    pump.run_for(ms(50));
    seen
}

fn registrar() -> Pump<UserAgent> {
    pump_with(&|_, profile| profile.allow.push("REGISTER".to_owned()))
}

#[test]
fn a_binding_is_refreshed_changed_and_removed() {
    let mut pump = registrar();
    let id = pump.act(0, |agent, now| agent.register(now, registering(600)));
    let first = answer(&mut pump, 200, &header("Contact", "<sip:192.0.2.1>;expires=100"));
    assert_eq!(pump.learnt(0), ["registered 100"]);
    pump.run_for(secs(48));
    assert!(pump.learnt(1).is_empty(), "not before half the time");
    pump.run_for(secs(3));
    let second = answer(&mut pump, 200, &Headers::new());
    assert_eq!(pump.learnt(0), ["registered 600"]);
    assert_eq!(first[0].call_id(), second[0].call_id());
    assert_eq!((first[0].cseq(), second[0].cseq()), (Some((1, "REGISTER")), Some((2, "REGISTER"))));

    pump.act(0, |agent, now| agent.reregister(now, id, "<sip:192.0.2.1>;active".to_owned()));
    let third = answer(&mut pump, 200, &header("Expires", "3600"));
    assert_eq!(
        third[0].header(Name::Contact).map(|h| h.text().into_owned()).as_deref(),
        Some("<sip:192.0.2.1>;active")
    );
    assert_eq!(pump.learnt(0), ["registered 3600"]);
    pump.act(0, |agent, now| agent.unregister(now, id));
    let last = answer(&mut pump, 200, &Headers::new());
    assert_eq!(last[0].header(Name::Expires).map(|h| h.text().into_owned()).as_deref(), Some("0"));
    assert_eq!(pump.learnt(0), ["registered 0"]);
    assert!(pump.at_rest());
}

#[test]
fn a_refused_registration_tells_its_user_and_423_asks_for_longer() {
    let mut pump = registrar();
    pump.act(0, |agent, now| agent.register(now, registering(60)));
    answer(&mut pump, 423, &header("Min-Expires", "120"));
    let second = answer(&mut pump, 403, &Headers::new());
    assert_eq!(second[0].header(Name::Expires).map(|h| h.text().into_owned()).as_deref(), Some("120"));
    assert_eq!(pump.learnt(0), ["not registered 403"]);

    let mut pump = registrar();
    pump.loss = 100;
    pump.act(0, |agent, now| agent.register(now, registering(60)));
    pump.run_for(secs(40));
    assert_eq!(pump.learnt(0), ["not registered"]);
}
