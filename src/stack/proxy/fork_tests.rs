//! A proxy that looks for somebody at several places.

use super::tests::{Host, P, at, config};
use super::*;
use crate::stack::pump::Pump;
use crate::stack::ua::{CallId, Headers, InviteRequest, OutRequest, Profile, UaEvent, UserAgent};

/// Node 0 calls, node 1 is the proxy, the others are places where somebody may be.
const HOSTS: [&str; 5] = ["192.0.2.1:5060", P, "192.0.2.3:5060", "192.0.2.4:5060", "192.0.2.5:5060"];

struct Search {
    pump: Pump<Host>,
    /// The hosts of each group, by number.
    groups: Vec<Vec<usize>>,
}

impl Search {
    fn new(groups: &[&[usize]]) -> Search {
        let host = |address: &&str| {
            let profile = Profile {
                contact: format!("<sip:{address}>"),
                allow: ["INVITE", "ACK", "BYE", "CANCEL", "MESSAGE"].map(str::to_owned).into(),
                ..Profile::default()
            };
            let host = match *address {
                P => Host::Proxy(Box::new(Proxy::new(config(P), Vec::new()))),
                address => Host::Agent(Box::new(UserAgent::new(config(address), profile))),
            };
            (at(address), host)
        };
        let pump = Pump::new(HOSTS.iter().map(host).collect(), 1);
        Search { pump, groups: groups.iter().map(|group| group.to_vec()).collect() }
    }

    fn agent(&mut self, node: usize) -> (&mut UserAgent, Time) {
        let now = self.pump.now;
        match &mut self.pump.nodes[node].1 {
            Host::Agent(agent) => (agent, now),
            Host::Proxy(_) => panic!("node {node} is the proxy"),
        }
    }

    fn play(&mut self, milliseconds: u64) {
        for _ in 0..milliseconds / 10 {
            self.pump.run_for(std::time::Duration::from_millis(10));
            let now = self.pump.now;
            let groups: Vec<Vec<Forward>> = self
                .groups
                .iter()
                .map(|group| {
                    let to = |host: &usize| Some(format!("sip:bob@{}", HOSTS[*host]));
                    group.iter().map(|host| Forward { request_uri: to(host), ..Forward::default() }).collect()
                })
                .collect();
            let Host::Proxy(proxy) = &mut self.pump.nodes[1].1 else { continue };
            while let Some(event) = proxy.poll_event() {
                if let ProxyEvent::Request { tx, .. } = event {
                    proxy.fork(now, tx, groups.clone());
                }
            }
        }
    }

    fn invite(&mut self) -> CallId {
        let (agent, now) = self.agent(0);
        let request = InviteRequest {
            request_uri: "sip:bob@example.org".to_owned(),
            from: "<sip:alice@example.org>".to_owned(),
            to: "<sip:bob@example.org>".to_owned(),
            body: Some(("application/sdp".to_owned(), bytes::Bytes::from_static(b"offer"))),
            ..InviteRequest::default()
        };
        let call = agent.invite(now, request);
        self.play(100);
        call
    }

    /// Answers the call at a place, if one came there.
    fn answer(&mut self, node: usize, status: u16) -> bool {
        let (agent, now) = self.agent(node);
        let Some(call) = agent.calls().last() else { return false };
        agent.answer(now, call, status, Headers::new(), None);
        self.play(200);
        true
    }

    /// What somebody learnt since the last time, in short.
    fn learnt(&mut self, node: usize) -> Vec<String> {
        let (agent, _) = self.agent(node);
        let mut learnt = Vec::new();
        while let Some(event) = agent.poll_event() {
            learnt.extend(match event {
                UaEvent::Rejected { message, .. } => Some(format!("rejected {}", message.status().unwrap_or(0))),
                UaEvent::Answered { .. } => Some("answered".to_owned()),
                UaEvent::Cancelled { .. } => Some("cancelled".to_owned()),
                UaEvent::Incoming { .. } => Some("incoming".to_owned()),
                UaEvent::Response { message, .. } => Some(format!("response {}", message.status().unwrap_or(0))),
                _ => None,
            });
        }
        learnt
    }

    #[track_caller]
    fn assert_at_rest(&mut self) {
        self.play(400_000);
        let Host::Proxy(proxy) = &mut self.pump.nodes[1].1 else { panic!("no proxy") };
        proxy.sweep();
        assert_eq!((proxy.endpoint().transactions(), proxy.next_timeout(), proxy.waiting.len()), (0, None, 0));
    }
}

#[test]
fn the_first_who_accepts_ends_the_search() {
    let mut search = Search::new(&[&[2, 3], &[4]]);
    search.invite();
    assert!(search.answer(2, 180) && search.answer(3, 180));
    assert!(search.answer(2, 200));
    assert_eq!(search.learnt(0), ["answered"]);
    assert_eq!(search.learnt(3), ["incoming", "cancelled"]);
    assert!(!search.answer(4, 200), "nobody was looked for there");
    search.assert_at_rest();
}

#[test]
fn the_next_are_tried_when_all_have_failed() {
    let mut search = Search::new(&[&[2, 3], &[4]]);
    search.invite();
    assert!(search.answer(2, 486) && !search.answer(4, 200));
    assert!(search.answer(3, 404) && search.answer(4, 480));
    assert_eq!(search.learnt(0), ["rejected 404"]);
    search.assert_at_rest();
}

#[test]
fn a_6xx_is_for_everybody() {
    let mut search = Search::new(&[&[2, 3], &[4]]);
    search.invite();
    assert!(search.answer(2, 180) && search.answer(3, 603) && !search.answer(4, 200));
    assert_eq!(search.learnt(2), ["incoming", "cancelled"]);
    assert_eq!(search.learnt(0), ["rejected 603"]);
    search.assert_at_rest();
}

#[test]
fn who_gives_up_is_looked_for_nowhere_any_more() {
    let mut search = Search::new(&[&[2, 3], &[4]]);
    let call = search.invite();
    assert!(search.answer(2, 180) && search.answer(3, 180));
    let (agent, now) = search.agent(0);
    agent.cancel(now, call);
    search.play(200);
    assert_eq!(search.learnt(0), ["cancelled"]);
    for node in [2, 3] {
        assert_eq!(search.learnt(node), ["incoming", "cancelled"]);
    }
    assert!(search.learnt(4).is_empty());
    search.assert_at_rest();
}

#[test]
fn a_place_that_keeps_silent_does_not_keep_the_others_from_answering() {
    let mut search = Search::new(&[&[2], &[3]]);
    search.pump.nodes[2].0 = at("192.0.2.99:5060");
    let (agent, now) = search.agent(0);
    let request = OutRequest {
        method: "MESSAGE".to_owned(),
        request_uri: "sip:bob@example.org".to_owned(),
        from: "<sip:alice@example.org>".to_owned(),
        to: "<sip:bob@example.org>".to_owned(),
        ..OutRequest::default()
    };
    agent.request(now, request);
    search.play(31_000);
    assert!(!search.pump.log.iter().any(|line| line.contains("MESSAGE sip:bob@192.0.2.4:5060")));
    search.play(2_000);
    assert!(search.pump.log.iter().any(|line| line.contains("MESSAGE sip:bob@192.0.2.4:5060")));
}
