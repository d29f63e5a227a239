//! What the virtual network promises, seen from a node and from the observer.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::net::{Link, Stopped};
use crate::stack::{Conn, Layer, Output, Pieces};
use crate::trace::Seen;

/// A host that does what the test tells it, keeps all it hears, and sends back what comes.
#[derive(Default)]
struct Host {
    outputs: VecDeque<Output>,
    heard: Vec<(Time, Input)>,
    echoes: bool,
    timer: Option<Time>,
    restarts_timer: bool,
}

impl Node for Host {
    fn handle(&mut self, now: Time, input: Input) {
        match &input {
            Input::Datagram { local, remote, bytes } if self.echoes => {
                let (local, remote, bytes) = (*local, *remote, bytes.clone());
                self.outputs.push_back(Output::Datagram { local, remote, bytes });
            }
            Input::Received { conn, bytes } if self.echoes => {
                self.outputs.push_back(Output::Send { conn: *conn, pieces: Pieces::from_iter([bytes.clone()]) });
            }
            Input::Timer if !self.restarts_timer => self.timer = None,
            _ => {}
        }
        self.heard.push((now, input));
    }

    fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn next_timeout(&self) -> Option<Time> {
        self.timer
    }
}

impl Host {
    fn stream(&self) -> Vec<u8> {
        let data = self.heard.iter().filter_map(|(_, input)| match input {
            Input::Received { bytes, .. } => Some(bytes.clone()),
            _ => None,
        });
        data.collect::<Vec<_>>().concat()
    }
}

const CONN: Conn = Conn(1);
const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);

fn addr(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, host], port))
}

/// Alice (192.0.2.1) and Bob (192.0.2.2), who listens on port 2855 and may echo.
fn pair(seed: u64, conditions: Conditions, echoes: bool) -> Network<Host> {
    let mut network = Network::new(seed, Time(0));
    network.set_default_conditions(conditions);
    network.add("Alice", &[addr(1, 0).ip()], Host::default());
    let listen = Output::Listen { local: addr(2, 2855), layer: Layer::Plain };
    network.add("Bob", &[addr(2, 0).ip()], Host { echoes, outputs: [listen].into(), ..Host::default() });
    network
}

fn act(network: &mut Network<Host>, id: NodeId, outputs: impl IntoIterator<Item = Output>) {
    network.node_mut(id).outputs.extend(outputs);
    network.kick(id);
}

fn finish(network: &mut Network<Host>) {
    assert_eq!(network.run(Time::from_secs(1000), |_| false), Stopped::Idle);
}

fn connect(to: SocketAddr) -> Output {
    Output::Connect { conn: CONN, local: addr(1, 0), remote: to, layer: Layer::Plain }
}

fn send(octets: &[u8]) -> Output {
    Output::Send { conn: CONN, pieces: Pieces::from_iter([Bytes::copy_from_slice(octets)]) }
}

fn datagram(to: SocketAddr, octets: &[u8]) -> Output {
    Output::Datagram { local: addr(1, 5060), remote: to, bytes: Bytes::copy_from_slice(octets) }
}

/// One line a heard input: milliseconds and the gist.
fn heard(host: &Host) -> Vec<String> {
    let gist = |input: &Input| match input {
        Input::Datagram { bytes, .. } => format!("datagram {}", bytes.escape_ascii()),
        Input::Accepted { .. } => "accepted".into(),
        Input::Connected { .. } => "connected".into(),
        Input::ConnectFailed { .. } => "failed".into(),
        Input::Received { bytes, .. } => format!("received {}", bytes.escape_ascii()),
        Input::Drained { .. } => "drained".into(),
        Input::Closed { reset, .. } => if *reset { "reset" } else { "closed" }.into(),
        Input::Timer => "timer".into(),
    };
    host.heard.iter().map(|(at, input)| format!("{} {}", at.0 / 1_000_000, gist(input))).collect()
}

/// One line an observation: milliseconds, packet number, direction and the gist.
fn seen(network: &Network<Host>) -> Vec<String> {
    let gist = |what: &Seen| match what {
        Seen::Datagram(bytes) | Seen::Data(bytes) => format!("{}", bytes.escape_ascii()),
        other => format!("{other:?}"),
    };
    let line = |o: &Observation| {
        let direction = if o.src.ip() == addr(1, 0).ip() { '>' } else { '<' };
        format!("{} #{} {direction} {}", o.at.0 / 1_000_000, o.packet, gist(&o.what))
    };
    network.observations().iter().map(line).collect()
}

/// Alice does these things at once; what she hears, what Bob hears, and what is seen.
#[track_caller]
fn check(conditions: Conditions, outputs: Vec<Output>, alice: &[&str], bob: &[&str], wire: &[&str]) {
    let mut network = pair(1, conditions, true);
    act(&mut network, A, outputs);
    finish(&mut network);
    assert_eq!(heard(network.node(A)), alice, "Alice");
    assert_eq!(heard(network.node(B)), bob, "Bob");
    assert_eq!(seen(&network), wire, "wire");
    assert!(network.fabric.flows.len() <= 1, "connections are forgotten");
}

#[test]
fn datagrams_travel_or_are_lost() {
    let good = Conditions::default();
    check(
        good.clone(),
        vec![datagram(addr(2, 5060), b"hi")],
        &["10 datagram hi"],
        &["5 datagram hi"],
        &["0 #1 > hi", "5 #2 < hi"],
    );
    check(good.clone(), vec![datagram(addr(9, 5060), b"nobody")], &[], &[], &["0 #1 > nobody"]);
    check(good.clone(), vec![datagram(addr(2, 5060), &[0; 65_508])], &[], &[], &[]);
    let lossy = Conditions { loss: 1.0, ..good.clone() };
    check(lossy, vec![datagram(addr(2, 5060), b"hi")], &[], &[], &["0 #1 > hi"]);
    let twice = Conditions { duplication: 1.0, ..good };
    let mut network = pair(1, twice, false);
    act(&mut network, A, [datagram(addr(2, 5060), b"hi")]);
    finish(&mut network);
    assert_eq!(heard(network.node(B)), ["5 datagram hi", "5 datagram hi"]);
    assert_eq!(seen(&network), ["0 #1 > hi"], "the network's copy leaves nobody");
}

#[test]
fn jitter_keeps_the_order_and_reordering_does_not() {
    let order = |conditions| {
        let mut network = pair(5, conditions, false);
        act(&mut network, A, (b'a'..=b'z').map(|letter| datagram(addr(2, 5060), &[letter])));
        finish(&mut network);
        let letters: String = heard(network.node(B)).iter().filter_map(|line| line.chars().last()).collect();
        letters
    };
    let jitter = Conditions { jitter: Duration::from_millis(30), ..Conditions::default() };
    let alphabet: String = ('a'..='z').collect();
    assert_eq!(order(jitter), alphabet);
    let mixed = order(Conditions { reordering: 0.3, ..Conditions::default() });
    assert_ne!(mixed, alphabet);
    assert_eq!(mixed.len(), 26);
}

#[test]
fn a_connection_lives_from_handshake_to_close() {
    check(
        Conditions::default(),
        vec![connect(addr(2, 2855)), send(b"one"), send(b"two"), Output::Close { conn: CONN }],
        &["10 connected", "20 received one", "20 drained", "20 received two", "20 closed"],
        &["15 accepted", "15 received one", "15 received two", "15 closed"],
        &[
            "0 #1 > Connecting",
            "10 #2 > Opened",
            "10 #4 > one",
            "10 #5 > two",
            "10 #6 > Finished",
            "15 #7 < one",
            "15 #8 < two",
            "15 #9 < Finished",
        ],
    );
}

#[test]
fn a_connection_fails_as_the_other_side_lets_it() {
    let good = Conditions::default();
    check(
        good.clone(),
        vec![connect(addr(2, 80)), send(b"lost")],
        &["10 failed"],
        &[],
        &["0 #1 > Connecting", "5 #2 < Refused"],
    );
    check(good, vec![connect(addr(9, 2855))], &["20000 failed"], &[], &["0 #1 > Connecting"]);
}

#[test]
fn a_stream_breaks_where_the_conditions_say() {
    let breaking = Conditions { reset_after: Some(5), ..Conditions::default() };
    check(
        breaking,
        vec![connect(addr(2, 2855)), send(b"one"), send(b"two"), send(b"three")],
        &["10 connected", "20 received one", "20 drained", "20 received tw", "20 reset"],
        &["15 accepted", "15 received one", "15 received tw", "15 reset"],
        &[
            "0 #1 > Connecting",
            "10 #2 > Opened",
            "10 #4 > one",
            "10 #5 > tw",
            "15 #6 < one",
            "15 #7 < tw",
            "15 #8 < Reset",
        ],
    );
}

#[test]
fn a_reset_discards_what_comes_back() {
    let mut network = pair(1, Conditions::default(), true);
    act(&mut network, A, [connect(addr(2, 2855)), send(b"hi")]);
    network.run(Time(12_000_000), |_| false);
    act(&mut network, A, [Output::Reset { conn: CONN }, send(b"too late")]);
    finish(&mut network);
    assert_eq!(heard(network.node(A)), ["10 connected"]);
    assert_eq!(heard(network.node(B)), ["15 accepted", "15 received hi", "17 reset"]);
    assert!(network.fabric.flows.is_empty() && network.fabric.hosts[0].ports.is_empty());
}

#[test]
fn a_partition_loses_datagrams_and_holds_streams() {
    let mut network = pair(1, Conditions::default(), false);
    act(&mut network, A, [connect(addr(2, 2855))]);
    finish(&mut network);
    network.partition(B, A);
    act(&mut network, A, [send(b"a"), datagram(addr(2, 5060), b"lost")]);
    network.advance(Time(1_000_000_000));
    act(&mut network, A, [send(b"b")]);
    network.advance(Time(1_002_000_000));
    network.heal(A, B);
    finish(&mut network);
    assert_eq!(heard(network.node(B)), ["15 accepted", "1005 received a", "1207 received b"]);

    let mut network = pair(1, Conditions::default(), false);
    network.partition(A, B);
    act(&mut network, A, [connect(addr(2, 2855))]);
    finish(&mut network);
    assert_eq!(heard(network.node(A)), ["20000 failed"]);
}

#[test]
fn loss_delays_a_stream_and_keeps_it_whole() {
    let mut network = pair(3, Conditions { loss: 0.5, segments: Segments::Of(1), ..Conditions::default() }, false);
    act(&mut network, A, [connect(addr(2, 2855)), send(b"a stream arrives whole")]);
    finish(&mut network);
    assert_eq!(network.node(B).stream(), b"a stream arrives whole");
    assert!(network.now() > Time(200_000_000), "{:?}", network.now());
}

#[test]
fn ports_and_connections_are_numbered_afresh() {
    let mut network = pair(1, Conditions::default(), false);
    for n in 1..=3 {
        let connect = Output::Connect { conn: Conn(n), local: addr(1, 0), remote: addr(2, 2855), layer: Layer::Plain };
        act(&mut network, A, [connect.clone(), connect]);
    }
    finish(&mut network);
    let accepted = |(_, input): &(Time, Input)| match input {
        Input::Accepted { conn, remote, .. } => Some((conn.0 & !Conn::ACCEPTED, remote.port())),
        _ => None,
    };
    let accepted: Vec<_> = network.node(B).heard.iter().filter_map(accepted).collect();
    assert_eq!(accepted, [(0, 49152), (1, 49153), (2, 49154)]);
}

#[test]
fn a_run_stops_for_its_reason() {
    let mut network = pair(1, Conditions::default(), true);
    network.node_mut(A).timer = Some(Time(3_000_000));
    act(&mut network, A, [datagram(addr(2, 5060), b"hi")]);
    assert_eq!(network.run(Time(4_000_000), |_| false), Stopped::TimeUp);
    assert_eq!((network.now(), heard(network.node(A))), (Time(4_000_000), vec!["3 timer".to_owned()]));
    assert_eq!(network.run(Time::from_secs(1), |n| !n.node(B).heard.is_empty()), Stopped::Condition);
    assert_eq!(network.now(), Time(5_000_000));
    assert_eq!(network.run(Time::from_secs(1), |_| false), Stopped::Idle);

    *network.node_mut(B) = Host { timer: Some(Time(0)), restarts_timer: true, ..Host::default() };
    network.kick(B);
    let mut steps = 0u64;
    let stopped = network.run(Time::from_secs(1), |_| {
        steps += 1;
        false
    });
    assert_eq!(stopped, Stopped::Livelock);
    assert_eq!(steps, MOST_STEPS_AT_ONCE + 1);
}

/// Swallows, repeats or delays what begins with a letter, and makes the node deaf to `d`.
struct Tamper;

impl Link for Tamper {
    fn leave(&mut self, _: Time, output: Output, out: &mut Vec<(Duration, Output)>) {
        let first = match &output {
            Output::Datagram { bytes, .. } => bytes.first(),
            Output::Send { pieces, .. } => pieces.first().and_then(|piece| piece.first()),
            _ => None,
        };
        match first {
            Some(b'x') => {}
            Some(b'2') => out.extend([(Duration::ZERO, output.clone()), (Duration::ZERO, output)]),
            Some(b'l') => out.push((Duration::from_millis(50), output)),
            _ => out.push((Duration::ZERO, output)),
        }
    }

    fn arrive(&mut self, _: Time, input: Input) -> Option<Input> {
        (!matches!(&input, Input::Datagram { bytes, .. } if bytes.starts_with(b"d"))).then_some(input)
    }
}

#[test]
fn a_link_tampers_before_the_network_and_before_the_observer() {
    let mut network = pair(1, Conditions::default(), true);
    network.set_link(A, Box::new(Tamper));
    let all = ["xgone", "2twice", "late", "deaf"].map(|text| datagram(addr(2, 5060), text.as_bytes()));
    act(&mut network, A, all);
    finish(&mut network);
    assert_eq!(
        heard(network.node(B)),
        ["5 2twice", "5 2twice", "5 deaf", "55 late"].map(|l| l.replacen(' ', " datagram ", 1))
    );
    assert_eq!(heard(network.node(A)), ["10 datagram 2twice", "10 datagram 2twice", "60 datagram late"]);
    assert!(network.take_link(A).is_some());
    act(&mut network, A, [datagram(addr(2, 5060), b"xback")]);
    finish(&mut network);
    assert_eq!(heard(network.node(B)).len(), 5);
}

#[test]
fn a_link_leaves_no_node_waiting() {
    let mut network = pair(1, Conditions::default(), false);
    network.set_link(A, Box::new(Tamper));
    act(&mut network, A, [connect(addr(2, 2855))]);
    finish(&mut network);
    act(&mut network, A, [send(b"xgone")]);
    finish(&mut network);
    act(&mut network, A, [send(b"late"), send(b"early"), Output::Close { conn: CONN }]);
    finish(&mut network);
    assert_eq!(heard(network.node(A)), ["10 connected", "15 drained", "75 drained", "75 closed"]);
    assert_eq!(heard(network.node(B)), ["15 accepted", "20 received early", "70 received late", "70 closed"]);
}

fn any_conditions() -> impl Strategy<Value = Conditions> {
    let segments = prop_oneof![
        Just(Segments::Whole),
        (1usize..50).prop_map(Segments::Of),
        (1usize..50).prop_map(Segments::Random)
    ];
    let shares = (0.0..0.7f64, 0.0..0.5f64, 0.0..0.5f64);
    (0u64..30, 0u64..30, shares, segments).prop_map(|(delay, jitter, (loss, duplication, reordering), segments)| {
        let [delay, jitter] = [delay, jitter].map(Duration::from_millis);
        Conditions { delay, jitter, loss, duplication, reordering, segments, reset_after: None }
    })
}

proptest! {
    #[test]
    fn streams_are_exact_and_traces_repeat(
        seed: u64,
        there in any_conditions(),
        back in any_conditions(),
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..8),
        partition: bool,
    ) {
        let play = || {
            let mut network = pair(seed, there.clone(), true);
            network.set_conditions(B, A, back.clone());
            act(&mut network, A, [connect(addr(2, 2855))]);
            for message in &messages {
                act(&mut network, A, [send(message), datagram(addr(2, 5060), message)]);
            }
            if partition {
                network.advance(Time(40_000_000));
                network.partition(A, B);
                network.advance(Time(90_000_000));
                network.heal(A, B);
            }
            finish(&mut network);
            network
        };
        let mut network = play();
        let whole = messages.concat();
        prop_assert_eq!(network.node(B).stream(), &whole[..]);
        prop_assert_eq!(network.node(A).stream(), &whole[..]);
        let first = network.take_observations();
        prop_assert_eq!(first, play().take_observations());
    }
}

/// Alice connects to Bob, who waits for TLS; what she hears, and what is seen without the octets that nobody can foretell.
#[track_caller]
fn check_secured(layer: Layer, alice: &[&str], wire: &[&str]) {
    let mut network = pair(1, Conditions::default(), false);
    network.certify(A, Bytes::from_static(b"A"));
    network.certify(B, Bytes::from_static(b"B"));
    act(&mut network, B, [Output::Listen { local: addr(2, 2855), layer: Layer::TlsByFingerprint }]);
    act(
        &mut network,
        A,
        [Output::Connect { conn: CONN, local: addr(1, 0), remote: addr(2, 2855), layer }, send(b"hi")],
    );
    finish(&mut network);
    assert_eq!(heard(network.node(A)), alice, "Alice");
    let gist = |one: &Observation| match &one.what {
        Seen::Sealed(_) => format!("#{} {} sealed", one.packet, one.src.ip()),
        Seen::Secret(line) => line.split(' ').next().unwrap_or_default().to_owned(),
        Seen::Inner(bytes) | Seen::Data(bytes) => format!("#{} {}", one.packet, bytes.escape_ascii()),
        Seen::Certificates(chain) => format!("#{} {} shows {}", one.packet, one.src.ip(), chain[0].escape_ascii()),
        other => format!("#{} {} {other:?}", one.packet, one.src.ip()),
    };
    assert_eq!(network.observations().iter().map(gist).collect::<Vec<_>>(), wire, "wire");
}

#[test]
fn a_secured_stream_shows_certificates_and_records() {
    check_secured(
        Layer::TlsByFingerprint,
        &["10 connected", "20 drained"],
        &[
            "#1 192.0.2.1 Connecting",
            "#2 192.0.2.1 Opened",
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0",
            "SERVER_TRAFFIC_SECRET_0",
            "#4 192.0.2.1 sealed",
            "#5 192.0.2.2 sealed",
            "#6 192.0.2.2 sealed",
            "#6 192.0.2.2 shows B",
            "#7 192.0.2.1 sealed",
            "#7 192.0.2.1 shows A",
            "#8 192.0.2.1 sealed",
            "#8 hi",
        ],
    );
    // Who waits for TLS takes nothing else.
    check_secured(
        Layer::Plain,
        &["10 connected", "15 reset"],
        &["#1 192.0.2.1 Connecting", "#2 192.0.2.1 Opened", "#4 192.0.2.2 Reset", "#5 hi"],
    );
}
