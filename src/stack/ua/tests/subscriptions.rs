//! Subscriptions that are made, notified, refreshed and ended.

use super::*;

fn both() -> Pump<UserAgent> {
    pump_with(&|_, profile| profile.allow.extend(["SUBSCRIBE", "NOTIFY"].map(str::to_owned)))
}

fn wish(expires: u32) -> Subscription {
    Subscription {
        request_uri: format!("sip:session@{B}"),
        from: "<sip:alice@example.org>".to_owned(),
        to: "<sip:session@example.org>".to_owned(),
        event: "conference".to_owned(),
        expires,
        headers: header("Accept", "application/conference-info+xml"),
        ..Subscription::default()
    }
}

/// Node 1 takes the SUBSCRIBE that waits, for at most `longest` seconds, and notifies.
fn accept(pump: &mut Pump<UserAgent>, longest: u32) -> SubscriptionId {
    pump.run_for(ms(15));
    let Some(UaEvent::Request { tx, message, .. }) = pump.nodes[1].1.poll_event() else { panic!("no SUBSCRIBE") };
    assert_eq!(message.method(), "SUBSCRIBE");
    let id = pump.act(1, |agent, now| agent.accept_subscription(now, tx, longest, Headers::new())).expect("alive");
    pump.act(1, |agent, now| agent.notify(now, id, "active", Headers::new(), None));
    id
}

/// Node 0 answers the NOTIFYs that wait and says what else it learnt.
fn take(pump: &mut Pump<UserAgent>, status: u16) -> Vec<String> {
    pump.run_for(ms(50));
    let mut learnt = Vec::new();
    while let Some(event) = pump.nodes[0].1.poll_event() {
        match event {
            UaEvent::Notify { tx, message, ended, .. } => {
                let state = message.header_named("Subscription-State").map(|h| h.text().into_owned());
                learnt.push(format!("notify {} {ended}", state.unwrap_or_default()));
                pump.act(0, |agent, now| agent.respond(now, tx, status, Headers::new(), None));
            }
            UaEvent::Subscribed { expires, .. } => learnt.push(format!("subscribed {expires}")),
            other => panic!("{other:?}"),
        }
    }
    pump.run_for(ms(50));
    learnt
}

#[test]
fn a_subscription_is_notified_refreshed_and_ended() {
    let mut pump = both();
    let id = pump.act(0, |agent, now| agent.subscribe(now, wish(3600)));
    let theirs = accept(&mut pump, 200);
    assert_eq!(take(&mut pump, 200), ["subscribed 200", "notify active;expires=200 false"]);
    pump.run_for(secs(101));
    assert_eq!(pump.learnt(1), ["resubscribed 200"]);
    pump.act(1, |agent, now| agent.notify(now, theirs, "active", Headers::new(), None));
    assert_eq!(take(&mut pump, 200)[0], "subscribed 200");
    pump.act(0, |agent, now| agent.unsubscribe(now, id));
    pump.run_for(ms(50));
    assert_eq!(pump.learnt(1), ["resubscribed 0"]);
    pump.act(1, |agent, now| agent.notify(now, theirs, "terminated;reason=timeout", Headers::new(), None));
    assert_eq!(take(&mut pump, 200), ["subscribed 0", "notify terminated;reason=timeout true"]);
    assert!(pump.at_rest());
}

#[test]
fn a_notify_may_come_before_the_2xx() {
    let mut pump = both();
    pump.act(0, |agent, now| agent.subscribe(now, wish(3600)));
    pump.run_for(ms(15));
    let Some(UaEvent::Request { tx, .. }) = pump.nodes[1].1.poll_event() else { panic!("no SUBSCRIBE") };
    let id = pump.act(1, |agent, now| agent.accept_subscription(now, tx, 600, Headers::new())).expect("alive");
    // The 2xx is lost, and the NOTIFY is not.
    pump.loss = 100;
    pump.run_for(ms(1));
    pump.loss = 0;
    pump.act(1, |agent, now| agent.notify(now, id, "active", Headers::new(), None));
    assert_eq!(take(&mut pump, 200), ["notify active;expires=599 false"]);
    pump.run_for(secs(1));
    assert_eq!(take(&mut pump, 200), ["subscribed 600"]);
    pump.run_for(secs(301));
    assert_eq!(pump.learnt(1), ["resubscribed 600"], "the dialog of the NOTIFY is that of the refresh");
}

#[test]
fn who_does_not_refresh_or_does_not_know_is_dropped() {
    let mut pump = both();
    pump.act(0, |agent, now| agent.subscribe(now, wish(100)));
    accept(&mut pump, 100);
    take(&mut pump, 200);
    pump.loss = 100;
    pump.run_for(secs(101));
    assert_eq!(pump.learnt(1), ["subscription expired"]);
    assert_eq!(pump.learnt(0), ["not subscribed"], "its refresh was not answered");

    let mut pump = both();
    pump.act(0, |agent, now| agent.subscribe(now, wish(100)));
    accept(&mut pump, 100);
    take(&mut pump, 481);
    assert_eq!(pump.learnt(1), ["not subscribed 481"]);
}

#[test]
fn a_refused_subscription_is_gone() {
    let mut pump = both();
    pump.act(0, |agent, now| agent.subscribe(now, wish(100)));
    pump.run_for(ms(15));
    let Some(UaEvent::Request { tx, .. }) = pump.nodes[1].1.poll_event() else { panic!("no SUBSCRIBE") };
    pump.act(1, |agent, now| agent.respond(now, tx, 489, Headers::new(), None));
    pump.run_for(ms(50));
    assert_eq!(pump.learnt(0), ["not subscribed 489"]);
    assert!(pump.at_rest());
}
