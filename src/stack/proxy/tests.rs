//! A proxy between two user agents.

use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::stack::pump::Pump;
use crate::stack::ua::{InviteRequest, OutRequest, Profile, UaEvent, UserAgent};
use crate::stack::{Conn, Layer, Node};
use crate::wire::sip::Builder;

const A: &str = "192.0.2.1:5060";
const B: &str = "192.0.2.2:5060";
pub(super) const P: &str = "192.0.2.10:5060";

pub(super) enum Host {
    Agent(Box<UserAgent>),
    Proxy(Box<Proxy>),
}

impl Node for Host {
    fn handle(&mut self, now: Time, input: Input) {
        match self {
            Host::Agent(agent) => agent.handle(now, input),
            Host::Proxy(proxy) => proxy.handle(now, input),
        };
    }
    fn poll(&mut self) -> Option<Output> {
        match self {
            Host::Agent(agent) => agent.poll(),
            Host::Proxy(proxy) => proxy.poll(),
        }
    }
    fn next_timeout(&self) -> Option<Time> {
        match self {
            Host::Agent(agent) => agent.next_timeout(),
            Host::Proxy(proxy) => proxy.next_timeout(),
        }
    }
}

pub(super) fn at(address: &str) -> SocketAddr {
    address.parse().expect("an address")
}

pub(super) fn config(address: &str) -> Config {
    let mut config = Config::new(at(address), IdSource::new(3, address));
    config.outbound = (address != P).then(|| at(P));
    config
}

fn pump() -> Pump<Host> {
    let agent = |address: &str| {
        let profile = Profile {
            contact: format!("<sip:{address}>"),
            allow: ["INVITE", "ACK", "BYE", "CANCEL", "MESSAGE"].map(str::to_owned).into(),
            ..Profile::default()
        };
        (at(address), Host::Agent(Box::new(UserAgent::new(config(address), profile))))
    };
    let proxy = Host::Proxy(Box::new(Proxy::new(config(P), vec!["path".to_owned()])));
    Pump::new(vec![agent(A), agent(B), (at(P), proxy)], 1)
}

impl Pump<Host> {
    fn agent(&mut self, node: usize) -> (&mut UserAgent, Time) {
        let now = self.now;
        match &mut self.nodes[node].1 {
            Host::Agent(agent) => (agent, now),
            Host::Proxy(_) => panic!("node {node} is the proxy"),
        }
    }

    fn proxy(&mut self) -> (&mut Proxy, Time) {
        let now = self.now;
        match &mut self.nodes[2].1 {
            Host::Proxy(proxy) => (proxy, now),
            Host::Agent(_) => panic!("the proxy is an agent"),
        }
    }

    /// Runs and lets the proxy forward what waits; returns what it saw.
    fn play(&mut self, time: Duration) -> Vec<String> {
        let until = self.now + time;
        let mut seen = Vec::new();
        while self.now < until {
            let step = (self.now + Duration::from_millis(20)).min(until);
            self.run_until(step);
            let (proxy, now) = self.proxy();
            while let Some(event) = proxy.poll_event() {
                match event {
                    ProxyEvent::Request { tx, message, .. } => {
                        seen.push(message.method().to_owned());
                        let forward = Forward {
                            request_uri: Some(format!("sip:bob@{B}")),
                            record_route: true,
                            remove: vec![Name::PPreferredIdentity],
                            add: vec![("P-Asserted-Identity".to_owned(), "<sip:alice@example.org>".to_owned())],
                            ..Forward::default()
                        };
                        proxy.forward(now, tx, forward);
                    }
                    ProxyEvent::Response { message, .. } => seen.push(message.status().unwrap_or(0).to_string()),
                    ProxyEvent::Cancelled { .. } => seen.push("cancelled".to_owned()),
                }
            }
        }
        seen
    }

    fn sent(&self, part: &str) -> usize {
        self.log.iter().filter(|line| line.contains(part)).count()
    }

    fn invite(&mut self) -> crate::stack::ua::CallId {
        let (agent, now) = self.agent(0);
        let request = InviteRequest {
            request_uri: "sip:bob@example.org".to_owned(),
            from: "<sip:alice@example.org>".to_owned(),
            to: "<sip:bob@example.org>".to_owned(),
            headers: vec![("P-Preferred-Identity".to_owned(), "<sip:alice@example.org>".to_owned())],
            body: Some(("application/sdp".to_owned(), Bytes::from_static(b"offer"))),
            ..InviteRequest::default()
        };
        agent.invite(now, request)
    }

    /// The INVITE that came to B, which answers it with `status`.
    fn incoming(&mut self, status: u16) -> Arc<Message> {
        let (agent, now) = self.agent(1);
        let Some(UaEvent::Incoming { call, message, .. }) = agent.poll_event() else { panic!("no INVITE") };
        agent.answer(now, call, status, Vec::new(), None);
        message
    }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn a_call_goes_through_the_proxy_from_invite_to_bye() {
    let mut pump = pump();
    let call = pump.invite();
    assert_eq!(pump.play(ms(100)), ["INVITE"]);
    let invite = pump.incoming(200);
    let text = |name| invite.header(name).map(|h| h.text().into_owned()).unwrap_or_default();
    assert_eq!(invite.request_uri(), Some("sip:bob@192.0.2.2:5060"));
    assert_eq!((text(Name::MaxForwards).as_str(), invite.vias().count()), ("69", 2));
    assert_eq!(text(Name::RecordRoute), "<sip:192.0.2.10:5060;lr>");
    assert_eq!(text(Name::PAssertedIdentity), "<sip:alice@example.org>");
    assert!(invite.header(Name::PPreferredIdentity).is_none());
    assert_eq!(pump.play(ms(100)), ["200"]);
    let (agent, _) = pump.agent(1);
    assert!(matches!(agent.poll_event(), Some(UaEvent::Confirmed { .. })));
    let (agent, now) = pump.agent(0);
    agent.bye(now, call);
    assert_eq!(pump.play(ms(200)), ["200"], "the BYE follows its Route without asking");
    let (agent, _) = pump.agent(1);
    assert!(matches!(agent.poll_event(), Some(UaEvent::Bye { .. })));
    assert_eq!((pump.sent("ACK"), pump.sent("BYE")), (2, 2), "{:?}", pump.log);
    pump.play(Duration::from_secs(60));
    let (proxy, _) = pump.proxy();
    assert_eq!((proxy.endpoint().transactions(), proxy.next_timeout()), (0, None));
}

#[test]
fn a_failure_is_relayed_and_acknowledged_hop_by_hop() {
    let mut pump = pump();
    pump.invite();
    pump.play(ms(100));
    pump.incoming(486);
    assert_eq!(pump.play(ms(500)), ["486"]);
    assert_eq!((pump.sent("486"), pump.sent("ACK")), (2, 2), "{:?}", pump.log);
}

#[test]
fn a_cancel_follows_its_invite() {
    let mut pump = pump();
    let call = pump.invite();
    pump.play(ms(100));
    pump.incoming(180);
    assert_eq!(pump.play(ms(100)), ["180"]);
    let (agent, now) = pump.agent(0);
    agent.cancel(now, call);
    assert_eq!(pump.play(ms(500)), ["487"]);
    assert_eq!((pump.sent("CANCEL sip"), pump.sent("487")), (2, 2), "{:?}", pump.log);
}

#[test]
fn timer_c_cancels_a_call_that_rings_too_long() {
    let mut pump = pump();
    pump.invite();
    pump.play(ms(100));
    pump.incoming(180);
    pump.play(Duration::from_secs(170));
    assert_eq!(pump.sent("CANCEL"), 0);
    assert_eq!(pump.play(Duration::from_secs(20)), ["487"]);
}

#[test]
fn silence_is_408_for_an_invite_and_nothing_for_the_rest() {
    for (method, expected) in [("INVITE", 1), ("MESSAGE", 0)] {
        let mut pump = pump();
        pump.nodes[1].0 = at("192.0.2.99:5060");
        let (agent, now) = pump.agent(0);
        let request = OutRequest {
            method: method.to_owned(),
            request_uri: "sip:bob@example.org".to_owned(),
            from: "<sip:a@example.org>".to_owned(),
            to: "<sip:b@example.org>".to_owned(),
            ..OutRequest::default()
        };
        agent.request(now, request);
        pump.play(Duration::from_secs(40));
        assert_eq!(pump.sent("SIP/2.0 408"), expected, "{method}: {:?}", pump.log);
    }
}

#[test]
fn what_must_not_be_forwarded_is_refused() {
    let table = [
        ("Max-Forwards: 0", "sip:bob@example.org", Some("483")),
        ("Max-Forwards: 1", "sip:bob@example.org", None),
        ("Max-Forwards: none", "sip:bob@example.org", None),
        ("Proxy-Require: path, sec-agree", "sip:bob@example.org", Some("420")),
        ("Proxy-Require: path", "sip:bob@example.org", None),
        ("X: y", "nothing", Some("416")),
        ("X: y", "tel:+1234", None),
    ];
    for (header, target, expected) in table {
        let mut proxy = Proxy::new(config(P), vec!["path".to_owned()]);
        let (name, value) = header.split_once(": ").expect("a header");
        let message = Builder::request("MESSAGE", target)
            .header("Via", format!("SIP/2.0/UDP {A};branch=z9hG4bK1"))
            .header("From", "<sip:a>;tag=1")
            .header("To", "<sip:b>")
            .header("Call-ID", "c")
            .header("CSeq", "1 MESSAGE")
            .header(name, value)
            .build();
        proxy.poll();
        let bytes = message.bytes().clone();
        proxy.handle(Time(0), Input::Datagram { local: at(P), remote: at(A), bytes });
        let answer = match proxy.poll() {
            Some(Output::Datagram { bytes, .. }) => Some(String::from_utf8_lossy(&bytes[8..11]).into_owned()),
            _ => None,
        };
        assert_eq!(
            (answer.as_deref(), proxy.poll_event().is_none()),
            (expected, expected.is_some()),
            "{header} {target}"
        );
    }
}

#[test]
fn routes_are_followed_and_turned_around_where_a_hop_is_strict() {
    let own = "sip:192.0.2.10:5060;lr";
    // Request-URI, Route; Request-URI and Route afterwards, and whether they lead on.
    let table = [
        (
            "sip:b@192.0.2.2",
            "<sip:192.0.2.10:5060;lr>, <sip:192.0.2.2;lr>",
            "sip:b@192.0.2.2",
            "<sip:192.0.2.2;lr>",
            true,
        ),
        ("sip:b@192.0.2.2", "<sip:192.0.2.10:5060;lr>", "sip:b@192.0.2.2", "", true),
        ("sip:b@192.0.2.2", "<sip:192.0.2.3;lr>", "sip:b@192.0.2.2", "<sip:192.0.2.3;lr>", true),
        (own, "<sip:192.0.2.3;lr>, <sip:b@192.0.2.2>", "sip:b@192.0.2.2", "<sip:192.0.2.3;lr>", true),
        ("sip:b@192.0.2.2", "<sip:strict@192.0.2.3>", "sip:strict@192.0.2.3", "<sip:b@192.0.2.2>", true),
        ("sip:b@192.0.2.10:5060", "", "sip:b@192.0.2.10:5060", "", false),
        ("sip:b@unknown.example", "", "sip:b@unknown.example", "", false),
    ];
    for (target, route, target_after, route_after, leads_on) in table {
        let route = Some(route).filter(|route| !route.is_empty());
        let message = Builder::request("BYE", target).header("To", "<sip:b>;tag=1").maybe("Route", route).build();
        let (arrived, _) = routing::arrived(&message, own, &config(P));
        assert_eq!(routing::leads_on(&arrived, &config(P)), leads_on, "{target} {route:?}");
        let left = routing::strict_next_hop(arrived);
        let routes: Vec<&str> = left.values(Name::Route).map(|(_, route)| route).collect();
        assert_eq!(
            (left.request_uri(), routes.join(", ").as_str()),
            (Some(target_after), route_after),
            "{target} {route:?}"
        );
    }
}

/// What a proxy that speaks TLS at port 5061 makes of an INVITE that comes by the one transport and leaves by the other: the
/// Record-Routes and the Via that it writes.
#[track_caller]
fn check_between(over_tls: bool, target: &str, recorded: &[&str], via: &str) {
    const TLS: &str = "192.0.2.10:5061";
    let mut proxy = Proxy::new(Config { beside: Some(at(TLS)), ..config(P) }, Vec::new());
    let now = Time(0);
    let word = if over_tls { "TLS" } else { "UDP" };
    let invite = Builder::request("INVITE", "sip:bob@home1.example")
        .header("Via", format!("SIP/2.0/{word} {A};branch=z9hG4bKa"))
        .header("From", "<sip:alice@home1.example>;tag=a")
        .header("To", "<sip:bob@home1.example>")
        .header("Call-ID", "c")
        .header("CSeq", "1 INVITE")
        .header("Max-Forwards", 70)
        .build();
    let bytes = invite.bytes().clone();
    if over_tls {
        let conn = Conn(1 | Conn::ACCEPTED);
        proxy.handle(now, Input::Accepted { conn, local: at(TLS), remote: at(A), certificate: None });
        proxy.handle(now, Input::Received { conn, bytes });
    } else {
        proxy.handle(now, Input::Datagram { local: at(P), remote: at(A), bytes });
    }
    let Some(ProxyEvent::Request { tx, .. }) = proxy.poll_event() else { panic!("nothing came") };
    proxy.forward(now, tx, Forward { request_uri: Some(target.to_owned()), record_route: true, ..Forward::default() });
    let mut left = None;
    while let Some(output) = proxy.poll() {
        match output {
            Output::Connect { conn, local, remote, layer } => {
                assert_eq!((local, layer), (at(TLS), Layer::Tls));
                proxy.handle(now, Input::Connected { conn, local, remote, certificate: None });
            }
            Output::Datagram { bytes, .. } => left = Some(bytes),
            Output::Send { pieces, .. } => left = Some(pieces.concat().into()),
            _ => {}
        }
    }
    let left = Message::parse(left.expect("it leaves"));
    assert_eq!(left.values(Name::RecordRoute).map(|(_, value)| value).collect::<Vec<_>>(), recorded);
    let top = left.values(Name::Via).next().map(|(_, value)| value.to_owned()).unwrap_or_default();
    assert!(top.starts_with(via), "{top}");
}

#[test]
fn who_goes_between_transports_is_in_the_path_once_for_each() {
    const PLAIN: &str = "<sip:192.0.2.10:5060;lr>";
    const SECURED: &str = "<sip:192.0.2.10:5061;transport=tls;lr>";
    let (udp, tls) = ("sip:bob@192.0.2.2:5060", "sip:bob@192.0.2.2:5061;transport=tls");
    check_between(false, udp, &[PLAIN], "SIP/2.0/UDP 192.0.2.10:5060;");
    check_between(true, tls, &[SECURED], "SIP/2.0/TLS 192.0.2.10:5061;");
    check_between(false, tls, &[SECURED, PLAIN], "SIP/2.0/TLS 192.0.2.10:5061;");
    check_between(true, udp, &[PLAIN, SECURED], "SIP/2.0/UDP 192.0.2.10:5060;");
}
