//! Two endpoints and the network between them.

use bytes::Bytes;

use super::*;
use crate::stack::pump::Pump;
use crate::stack::{Conn, Node};

const A: &str = "192.0.2.1:5060";
const B: &str = "192.0.2.2:5060";

fn at(address: &str) -> SocketAddr {
    address.parse().expect("an address")
}

impl Node for Endpoint {
    fn handle(&mut self, now: Time, input: Input) {
        Endpoint::handle(self, now, input);
    }
    fn poll(&mut self) -> Option<Output> {
        Endpoint::poll(self)
    }
    fn next_timeout(&self) -> Option<Time> {
        Endpoint::next_timeout(self)
    }
}

fn endpoint(address: &str, change: impl Fn(&mut Config)) -> Endpoint {
    let mut config = Config::new(at(address), IdSource::new(1, address));
    change(&mut config);
    Endpoint::new(config)
}

fn pump(change: impl Fn(&mut Config)) -> Pump<Endpoint> {
    Pump::new(vec![(at(A), endpoint(A, &change)), (at(B), endpoint(B, &change))], 1)
}

fn request(method: &str, body: usize) -> Message {
    Builder::request(method, &format!("sip:bob@{B}"))
        .header("Max-Forwards", 70)
        .header("From", "<sip:alice@example.org>;tag=a")
        .header("To", "<sip:bob@example.org>")
        .header("Call-ID", "c")
        .header("CSeq", format!("1 {method}"))
        .body("text/plain", "x".repeat(body))
        .build()
}

impl Pump<Endpoint> {
    fn send(&mut self, message: Message) -> TxId {
        let now = self.now;
        self.nodes[0].1.send_request(now, message, None)
    }

    /// Answers every request that waits at B and returns how many there were.
    fn answer(&mut self, status: u16) -> usize {
        let now = self.now;
        let endpoint = &mut self.nodes[1].1;
        let mut requests = 0;
        while let Some(event) = endpoint.poll_event() {
            if let SipEvent::Request { tx, .. } | SipEvent::Cancel { tx, .. } = event {
                requests += 1;
                let response = endpoint.response(tx, status).expect("a live transaction").build();
                endpoint.respond(now, tx, response);
            }
        }
        requests
    }

    fn sent(&self, start: &str) -> bool {
        self.log.iter().any(|line| line.starts_with(start))
    }

    fn events(&mut self, node: usize) -> Vec<String> {
        let mut shown = Vec::new();
        while let Some(event) = self.nodes[node].1.poll_event() {
            shown.push(match event {
                SipEvent::Request { message, .. } => message.method().to_owned(),
                SipEvent::Cancel { target, .. } => format!("CANCEL {}", target.is_some()),
                SipEvent::Ack { .. } => "ACK".to_owned(),
                SipEvent::Response { message, .. } => message.status().unwrap_or(0).to_string(),
                SipEvent::Timeout { .. } => "timeout".to_owned(),
                SipEvent::TransportFailed { .. } => "failed".to_owned(),
                SipEvent::Stray { .. } => "stray".to_owned(),
            });
        }
        shown
    }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_request_and_its_answer_cross_over_both_transports() {
    for (above, word) in [(1300, "UDP"), (0, "TCP")] {
        let mut pump = pump(|config| config.tcp_above = above);
        pump.send(request("MESSAGE", 10));
        pump.run_for(secs(1));
        assert_eq!(pump.answer(200), 1);
        pump.run_for(secs(60));
        assert_eq!(pump.events(0), ["200"], "{word}");
        assert!(pump.log.iter().all(|line| line.starts_with(word)), "{:?}", pump.log);
        assert_eq!((pump.nodes[0].1.transactions(), pump.nodes[1].1.transactions()), (0, 0));
        assert_eq!(pump.nodes[1].1.next_timeout(), None);
    }
}

#[test]
fn a_large_request_goes_over_tcp_and_falls_back_where_nobody_listens() {
    let mut pump = pump(|_| {});
    pump.send(request("MESSAGE", 2000));
    pump.run_for(secs(1));
    assert_eq!(pump.log, [format!("TCP MESSAGE sip:bob@{B} SIP/2.0")]);

    let mut pump = super::tests::pump(|_| {});
    pump.refusing.insert(at(B));
    pump.send(request("MESSAGE", 2000));
    pump.run_for(secs(1));
    pump.answer(200);
    pump.run_for(secs(1));
    assert!(pump.log[0].starts_with("UDP MESSAGE"), "{:?}", pump.log);
    assert_eq!(pump.events(0), ["200"]);

    let mut pump = super::tests::pump(|config| config.udp_fallback = false);
    pump.refusing.insert(at(B));
    pump.send(request("MESSAGE", 2000));
    pump.run_for(secs(1));
    assert_eq!(pump.events(0), ["failed"]);
}

#[test]
fn retransmissions_reach_the_user_once() {
    let mut pump = pump(|_| {});
    pump.send(request("MESSAGE", 10));
    pump.run_for(secs(3));
    assert_eq!(pump.log.iter().filter(|line| line.contains("MESSAGE")).count(), 3);
    assert_eq!(pump.answer(202), 1);
    pump.run_for(secs(60));
    assert_eq!(pump.events(0), ["202"]);
}

#[test]
fn a_failure_is_acknowledged_without_the_user() {
    for above in [1300, 0] {
        let mut pump = pump(|config| config.tcp_above = above);
        pump.send(request("INVITE", 10));
        pump.run_for(Duration::from_millis(50));
        pump.answer(486);
        pump.run_for(secs(60));
        assert_eq!(pump.events(0), ["486"]);
        assert!(pump.events(1).is_empty());
        assert_eq!(pump.log.iter().filter(|line| line.contains(" ACK ")).count(), 1, "{:?}", pump.log);
    }
}

#[test]
fn a_2xx_and_its_ack_are_the_users() {
    let mut pump = pump(|_| {});
    pump.send(request("INVITE", 10));
    pump.run_for(Duration::from_millis(50));
    assert_eq!(pump.answer(200), 1);
    pump.run_for(secs(1));
    assert_eq!(pump.events(0), ["200"]);
    let ack = pump.nodes[0].1.send_ack(request("ACK", 0), None);
    let again = pump.nodes[0].1.send_ack(ack.clone(), None);
    assert_eq!(ack.bytes(), again.bytes());
    pump.run_for(secs(1));
    assert_eq!(pump.events(1), ["ACK", "ACK"]);
}

#[test]
fn a_cancel_waits_for_a_provisional_response() {
    let mut pump = pump(|_| {});
    let tx = pump.send(request("INVITE", 10));
    let now = pump.now;
    assert!(pump.nodes[0].1.cancel(now, tx).is_some());
    pump.run_for(Duration::from_millis(100));
    assert_eq!(pump.log.len(), 1, "{:?}", pump.log);
    pump.run_for(Duration::from_millis(300));
    assert!(pump.log.iter().any(|line| line.contains("CANCEL")), "{:?}", pump.log);
    assert_eq!(pump.events(1), ["INVITE", "CANCEL true"]);
    assert!(pump.nodes[0].1.cancel(now, tx).is_none(), "a second CANCEL");
    pump.run_for(secs(40));
    let mut events = pump.events(0);
    events.dedup();
    assert_eq!(events, ["100", "timeout"]);
}

#[test]
fn nobody_there_is_a_timeout_and_no_address_a_failure() {
    let mut pump = pump(|_| {});
    pump.loss = 100;
    pump.send(request("MESSAGE", 10));
    pump.send(
        Builder::from_message(&request("MESSAGE", 0)).start_line("MESSAGE sip:x@unknown.example SIP/2.0").build(),
    );
    pump.run_for(secs(60));
    assert_eq!(pump.events(0), ["failed", "timeout"]);
}

#[test]
fn what_no_user_can_work_with_is_refused() {
    let good = "OPTIONS sip:b SIP/2.0|Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKq|From: <sip:a>;tag=1|To: <sip:b>|Call-ID: c|CSeq: 1 OPTIONS|";
    let table = [
        (good.to_owned(), None),
        (good.replace("From", "X-From"), Some("400")),
        (good.replace("To", "X-To"), Some("400")),
        (good.replace("Call-ID", "X-Call-ID"), Some("400")),
        (good.replace("CSeq: 1 OPTIONS", "CSeq: 1 INFO"), Some("400")),
        (good.replace("CSeq: 1", "CSeq: one"), Some("400")),
        (good.replace("b SIP/2.0|", "b SIP/3.0|"), Some("505")),
        (good.replace("CSeq", "Content-Length: 9|CSeq"), Some("400")),
        (good.replace("Via", "X-Via"), Some("")),
        ("\r\n\r\n".to_owned(), Some("")),
        ("nonsense".to_owned(), Some("")),
    ];
    for (text, expected) in table {
        let mut endpoint = endpoint(B, |_| {});
        let bytes = Bytes::from(format!("{text}|").replace('|', "\r\n"));
        endpoint.poll();
        assert!(Endpoint::handle(&mut endpoint, Time(0), Input::Datagram { local: at(B), remote: at(A), bytes }));
        let answer = match Endpoint::poll(&mut endpoint) {
            Some(Output::Datagram { bytes, .. }) => Some(String::from_utf8_lossy(&bytes[8..11]).into_owned()),
            _ if endpoint.poll_event().is_some() => None,
            _ => Some(String::new()),
        };
        assert_eq!(answer.as_deref(), expected, "{text}");
    }
}

#[test]
fn a_request_that_came_twice_by_different_ways_is_merged() {
    let mut endpoint = endpoint(B, |_| {});
    for branch in ["z9hG4bK1", "z9hG4bK2"] {
        let via = format!("SIP/2.0/UDP 192.0.2.1:5060;branch={branch}");
        let bytes = edit::prepend(&request("MESSAGE", 1), Name::Via, &via).bytes().clone();
        Endpoint::handle(&mut endpoint, Time(0), Input::Datagram { local: at(B), remote: at(A), bytes });
    }
    let mut merged = Vec::new();
    while let Some(event) = endpoint.poll_event() {
        if let SipEvent::Request { tx, .. } = event {
            merged.push(endpoint.is_merged(tx));
        }
    }
    assert_eq!(merged, [false, true]);
}

#[test]
fn responses_of_strangers_are_strays_or_nothing() {
    let mut endpoint = endpoint(B, |_| {});
    for (sent_by, expected) in [(B, 1), (A, 0)] {
        let via = format!("SIP/2.0/UDP {sent_by};branch=z9hG4bKnobody");
        let message = Builder::response(&edit::prepend(&request("INFO", 0), Name::Via, &via), 200, "OK").build();
        let bytes = message.bytes().clone();
        Endpoint::handle(&mut endpoint, Time(0), Input::Datagram { local: at(B), remote: at(A), bytes });
        assert_eq!(std::iter::from_fn(|| endpoint.poll_event()).count(), expected, "{sent_by}");
    }
}

#[test]
fn only_what_is_for_this_host_is_taken() {
    let mut endpoint = endpoint(B, |_| {});
    let conn = Conn(99);
    let foreign = [
        Input::Datagram { local: at(A), remote: at(B), bytes: Bytes::new() },
        Input::Accepted { conn, local: at(A), remote: at(B), certificate: None },
        Input::Received { conn, bytes: Bytes::new() },
        Input::Closed { conn, reset: true },
        Input::Timer,
    ];
    for input in foreign {
        assert!(!Endpoint::handle(&mut endpoint, Time(0), input.clone()), "{input:?}");
    }
}

#[test]
fn a_stream_is_answered_on_its_connection_and_pings_get_a_pong() {
    let mut endpoint = endpoint(B, |_| {});
    let conn = Conn(Conn::ACCEPTED | 1);
    let via = "SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKs";
    let message = edit::prepend(&request("OPTIONS", 0), Name::Via, via);
    Endpoint::handle(
        &mut endpoint,
        Time(0),
        Input::Accepted { conn, local: at(B), remote: at("192.0.2.1:40000"), certificate: None },
    );
    Endpoint::handle(&mut endpoint, Time(0), Input::Received { conn, bytes: Bytes::from_static(b"\r\n\r\n") });
    Endpoint::handle(&mut endpoint, Time(0), Input::Received { conn, bytes: message.bytes().clone() });
    let Some(SipEvent::Request { tx, .. }) = endpoint.poll_event() else { panic!("no request") };
    let response = endpoint.response(tx, 200).expect("a live transaction").build();
    endpoint.respond(Time(0), tx, response);
    let sent: Vec<String> = std::iter::from_fn(|| Endpoint::poll(&mut endpoint))
        .filter_map(|output| match output {
            Output::Send { conn: on, pieces } if on == conn => {
                Some(String::from_utf8_lossy(&pieces.concat()).into_owned())
            }
            _ => None,
        })
        .collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], "\r\n");
    assert!(sent[1].starts_with("SIP/2.0 200 OK\r\n"), "{}", sent[1]);
}

#[test]
fn a_cancel_outlives_the_fallback_to_udp() {
    let mut pump = pump(|_| {});
    pump.refusing.insert(at(B));
    let tx = pump.send(request("INVITE", 2000));
    let now = pump.now;
    assert!(pump.nodes[0].1.cancel(now, tx).is_some());
    pump.run_for(secs(1));
    assert!(pump.sent("UDP INVITE") && pump.sent("UDP CANCEL"), "{:?}", pump.log);
}

#[test]
fn who_listens_to_one_host_alone_lets_nobody_come_past_it() {
    #[track_caller]
    fn check(only: Option<&str>, message: &Message, expected: &[&str]) {
        let mut pump = pump(|config| config.only_from = only.map(at));
        pump.send(message.clone());
        pump.run_for(Duration::from_secs(1));
        assert_eq!(pump.events(1), expected, "{only:?}");
        assert_eq!(pump.events(0), if expected.is_empty() { vec!["403"] } else { vec![] }, "{only:?}");
    }
    let tagged = crate::stack::edit::replace_line(&request("BYE", 0), Name::To, "<sip:bob@example.org>;tag=b");
    check(None, &request("MESSAGE", 0), &["MESSAGE"]);
    check(Some(A), &request("MESSAGE", 0), &["MESSAGE"]);
    check(Some(A), &request("MESSAGE", 2000), &["MESSAGE"]);
    check(Some("192.0.2.1:5061"), &request("MESSAGE", 0), &[]);
    check(Some("192.0.2.9:5060"), &request("INVITE", 0), &[]);
    check(Some("192.0.2.9:5060"), &request("MESSAGE", 2000), &[]);
    check(Some("192.0.2.9:5060"), &tagged, &["BYE"]);
}
