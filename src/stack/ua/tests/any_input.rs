//! Any input: what a stranger sends must not make a host panic, talk without end, or keep what is over.

use proptest::prelude::*;

use super::*;
use crate::stack::Conn;
use crate::stack::proxy::{Forward, Proxy, ProxyEvent};

const METHODS: [&str; 10] =
    ["INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "MESSAGE", "OPTIONS", "SUBSCRIBE", "NOTIFY", "X"];
const HEADERS: [&str; 22] = [
    "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1",
    "Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK2;rport",
    "Via: nonsense;;;=",
    "From: <sip:a@example.org>;tag=1",
    "From: \"",
    "To: <sip:b@example.org>",
    "To: <sip:b@example.org>;tag=2",
    "Call-ID: c",
    "CSeq: 1 INVITE",
    "CSeq: 4294967295 BYE",
    "CSeq: 2 MESSAGE",
    "CSeq: -1 X",
    "Contact: <sip:x@192.0.2.9>",
    "Contact: *",
    "Record-Route: <sip:192.0.2.8;lr>,<>,,",
    "Route: <sip:192.0.2.2:5060;lr>, <sip:192.0.2.7>",
    "Max-Forwards: 99999999999",
    "Session-Expires: 4294967295;refresher=uac",
    "Session-Expires: 90\r\nSupported: timer\r\nMin-SE: 4294967295",
    "Require: timer, nothing",
    "Replaces: c;to-tag=2;from-tag=1",
    "Content-Length: 18446744073709551616",
];

/// A message that is mostly whole, with parts that may come in any number and order.
fn message() -> impl Strategy<Value = Bytes> {
    let method = prop::sample::select(&METHODS[..]);
    let status =
        prop::option::weighted(0.2, prop::sample::select(vec![100u16, 180, 200, 299, 302, 404, 422, 491, 699, 700, 0]));
    let whole = prop::collection::vec(prop::bool::weighted(0.95), 6);
    let branch = 0..4;
    let odd = prop::collection::vec(prop::sample::select(&HEADERS[..]), 0..4);
    (method, status, whole, branch, odd, ".{0,20}").prop_map(|(method, status, whole, branch, odd, body)| {
        let start = match status {
            Some(status) => format!("SIP/2.0 {status} Any"),
            None => format!("{method} sip:b@192.0.2.2 SIP/2.0"),
        };
        let mandatory = [
            format!("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{branch}"),
            "From: <sip:a@example.org>;tag=1".to_owned(),
            "To: <sip:b@example.org>".to_owned(),
            "Call-ID: c".to_owned(),
            format!("CSeq: {branch} {method}"),
            "Contact: <sip:x@192.0.2.9>".to_owned(),
        ];
        let kept = mandatory.iter().zip(whole).filter(|(_, kept)| *kept).map(|(line, _)| line.as_str());
        let lines: Vec<&str> = kept.chain(odd).collect();
        Bytes::from(format!("{start}\r\n{}\r\n\r\n{body}", lines.join("\r\n")))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn leaves_a_user_agent_in_order(messages in prop::collection::vec((message(), any::<bool>()), 1..12)) {
        let (local, mut agent) = agent(B, &|_, profile| profile.allow.extend(["SUBSCRIBE", "NOTIFY"].map(str::to_owned)));
        let conn = Conn(Conn::ACCEPTED | 1);
        UserAgent::handle(&mut agent, Time(0), Input::Accepted { conn, local, remote: at("192.0.2.9:40000"), certificate: None });
        let mut now = Time(0);
        for (bytes, stream) in messages {
            let input = match stream {
                true => Input::Received { conn, bytes },
                false => Input::Datagram { local, remote: at("192.0.2.9:5060"), bytes },
            };
            UserAgent::handle(&mut agent, now, input);
            now += ms(700);
            while let Some(event) = agent.poll_event() {
                match event {
                    UaEvent::Incoming { call, .. } => agent.answer(now, call, 200, Headers::new(), sdp("answer")),
                    UaEvent::Request { tx, message, .. } if message.method() == "SUBSCRIBE" => {
                        let id = agent.accept_subscription(now, tx, 60, Headers::new()).expect("just came");
                        agent.notify(now, id, "active", Headers::new(), None);
                    }
                    UaEvent::Resubscribed { subscription, .. } => {
                        agent.notify(now, subscription, "terminated", Headers::new(), None);
                    }
                    UaEvent::Modification { tx, .. } | UaEvent::Request { tx, .. } => {
                        agent.respond(now, tx, 200, Headers::new(), None);
                    }
                    _ => {}
                }
            }
        }
        let calls: Vec<CallId> = agent.calls().collect();
        for call in calls {
            agent.bye(now, call);
        }
        let sent = settle(&mut now, |now, input| { UserAgent::handle(&mut agent, now, input); (outputs(|| UserAgent::poll(&mut agent)), UserAgent::next_timeout(&agent)) });
        prop_assert!(sent < 2000, "{sent} messages");
        prop_assert!(agent.calls.is_empty() && agent.dialogs.is_empty() && agent.deadlines.is_empty());
        prop_assert_eq!(agent.endpoint.transactions(), 0);
    }

    #[test]
    fn leaves_a_proxy_in_order(messages in prop::collection::vec(message(), 1..12)) {
        let local = at(B);
        let mut proxy = Proxy::new(Config::new(local, IdSource::new(5, "proxy")), Vec::new());
        let mut now = Time(0);
        for bytes in messages {
            proxy.handle(now, Input::Datagram { local, remote: at("192.0.2.9:5060"), bytes });
            now += ms(700);
            while let Some(event) = proxy.poll_event() {
                if let ProxyEvent::Request { tx, .. } = event {
                    let forward = Forward { destination: Some(at(A)), record_route: true, ..Forward::default() };
                    proxy.forward(now, tx, forward);
                }
            }
        }
        let sent = settle(&mut now, |now, input| { proxy.handle(now, input); (outputs(|| proxy.poll()), proxy.next_timeout()) });
        prop_assert!(sent < 2000, "{sent} messages");
        prop_assert_eq!(proxy.endpoint().transactions(), 0);
    }
}

/// Drains a node.
fn outputs(poll: impl FnMut() -> Option<Output>) -> usize {
    std::iter::from_fn(poll).count()
}

/// Lets every timer of a node fire and returns how much it sent; no more than a bounded number of timers may.
fn settle(now: &mut Time, mut step: impl FnMut(Time, Input) -> (usize, Option<Time>)) -> usize {
    let mut sent = 0;
    for _ in 0..5000 {
        let (count, next) = step(*now, Input::Timer);
        sent += count;
        match next {
            Some(at) => *now = (*now).max(at),
            None => return sent,
        }
    }
    panic!("the timers never stop");
}
