//! User agents and the network between them.

mod any_input;
mod any_network;
mod calls;
mod challenges;
mod refusals;
mod registrations;
mod secured;
mod sessions;
mod subscriptions;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::stack::Node;
use crate::stack::pump::Pump;
use crate::stack::session_timer::SessionExpires;

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
            // That a NOTIFY was answered is no news to these tests.
            .filter(|event| !matches!(event, UaEvent::Notified { .. }))
            .map(|event| match event {
                UaEvent::Notified { .. } => "notified".to_owned(),
                UaEvent::Incoming { replaces: Some(_), .. } => "incoming replaces".to_owned(),
                UaEvent::Incoming { .. } => "incoming".to_owned(),
                UaEvent::Provisional { message, .. } => say("provisional", &message),
                UaEvent::Answered { message, .. } => say("answered", &message),
                UaEvent::Rejected { message, .. } => say("rejected", &message),
                UaEvent::Confirmed { message, .. } => format!("confirmed {}", message.body().len()),
                UaEvent::Modification { message, .. } => say("modification", &message),
                UaEvent::ModificationCancelled { .. } => "modification cancelled".to_owned(),
                UaEvent::ModificationResult { message, .. } => say("result", &message),
                UaEvent::Refreshed { .. } => "refreshed".to_owned(),
                UaEvent::Bye { .. } => "bye".to_owned(),
                UaEvent::Expired { .. } => "expired".to_owned(),
                UaEvent::Ended { .. } => "ended".to_owned(),
                UaEvent::Cancelled { .. } => "cancelled".to_owned(),
                UaEvent::Failed { why, .. } => format!("failed {why:?}"),
                UaEvent::Subscribed { expires, .. } => format!("subscribed {expires}"),
                UaEvent::Notify { ended, .. } => format!("notify {ended}"),
                UaEvent::NotSubscribed { message: Some(message), .. } => say("not subscribed", &message),
                UaEvent::NotSubscribed { .. } => "not subscribed".to_owned(),
                UaEvent::Resubscribed { expires, .. } => format!("resubscribed {expires}"),
                UaEvent::SubscriptionExpired { .. } => "subscription expired".to_owned(),
                UaEvent::Registered { expires, .. } => format!("registered {expires}"),
                UaEvent::NotRegistered { message: Some(message), .. } => say("not registered", &message),
                UaEvent::NotRegistered { .. } => "not registered".to_owned(),
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
                && agent.usages.is_empty()
                && agent.usage_dialogs.is_empty()
                && agent.purposes.is_empty()
                && agent.sent.is_empty()
                && agent.firsts.is_empty()
                && agent.deadlines.is_empty()
                && agent.endpoint.transactions() == 0
        })
    }
}
