//! Two hosts that do as they are told, over the loopback interface. Waits on conditions, never on time.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::stack::{Conn, Layer, Output, Pieces};
use crate::trace::Seen;

/// A host that does what the test tells it, remembers what it hears and, if asked to, sends back what it receives.
#[derive(Default)]
pub(super) struct Host {
    pub(super) echoes: bool,
    pub(super) outputs: VecDeque<Output>,
    pub(super) heard: Vec<Input>,
    pub(super) timer: Option<Time>,
}

impl Node for Host {
    fn handle(&mut self, now: Time, input: Input) {
        match &input {
            Input::Datagram { local, remote, bytes } if self.echoes => {
                self.outputs.push_back(Output::Datagram { local: *local, remote: *remote, bytes: bytes.clone() });
            }
            Input::Received { conn, bytes } if self.echoes => {
                self.outputs.push_back(Output::Send { conn: *conn, pieces: Pieces::from_iter([bytes.clone()]) });
            }
            Input::Timer => self.timer = self.timer.filter(|at| *at > now),
            _ => {}
        }
        self.heard.push(input);
    }

    fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn next_timeout(&self) -> Option<Time> {
        self.timer
    }
}

impl Host {
    /// The gist of what was heard; neighbouring octets are one.
    fn gist(&self) -> Vec<String> {
        let mut gist: Vec<String> = Vec::new();
        for input in &self.heard {
            match input {
                Input::Datagram { bytes, .. } => gist.push(format!("datagram {}", bytes.escape_ascii())),
                Input::Received { bytes, .. } => match gist.last_mut().filter(|g| g.starts_with("received ")) {
                    Some(last) => *last += &bytes.escape_ascii().to_string(),
                    None => gist.push(format!("received {}", bytes.escape_ascii())),
                },
                Input::Accepted { .. } => gist.push("accepted".into()),
                Input::Connected { .. } => gist.push("connected".into()),
                Input::ConnectFailed { .. } => gist.push("failed".into()),
                Input::Drained { .. } => gist.push("drained".into()),
                Input::Closed { reset, .. } => gist.push(if *reset { "reset" } else { "closed" }.into()),
                Input::Timer => gist.push("timer".into()),
            }
        }
        gist
    }

    pub(super) fn octets(&self) -> usize {
        let octets = |input: &Input| if let Input::Received { bytes, .. } = input { bytes.len() } else { 0 };
        self.heard.iter().map(octets).sum()
    }

    pub(super) fn stream(&self) -> Vec<u8> {
        let received = |input: &Input| match input {
            Input::Received { bytes, .. } => Some(bytes.clone()),
            _ => None,
        };
        self.heard.iter().filter_map(received).collect::<Vec<_>>().concat()
    }

    pub(super) fn has(&self, what: &str) -> bool {
        self.gist().iter().any(|g| g == what)
    }
}

pub(super) const A: NodeId = NodeId(0);
pub(super) const B: NodeId = NodeId(1);
const CONN: Conn = Conn(1);
pub(super) const V4: [&str; 2] = ["127.0.0.1:0", "127.0.0.2:0"];
pub(super) const V6: [&str; 2] = ["[::1]:0", "[::1]:0"];
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// Alice and Bob, who echoes, with a free port each; Bob listens on his.
fn pair(addresses: [&str; 2], echoes: bool) -> (Live<Host>, [SocketAddr; 2]) {
    let [alice, bob] = addresses.map(free_port);
    let mut live = Live::new();
    live.add("Alice", &[alice], Host::default()).unwrap();
    let outputs = [Output::Listen { local: bob, layer: Layer::Plain }].into();
    live.add("Bob", &[bob], Host { echoes, outputs, ..Host::default() }).unwrap();
    (live, [alice, bob])
}

/// An address with a port that UDP and TCP have free.
pub(super) fn free_port(address: &str) -> SocketAddr {
    let listener = std::net::TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    std::net::UdpSocket::bind(address).map_or_else(|_| free_port(&format!("{}:0", address.ip())), |_| address)
}

pub(super) fn act(live: &mut Live<Host>, id: NodeId, outputs: impl IntoIterator<Item = Output>) {
    live.node_mut(id).outputs.extend(outputs);
    live.kick(id);
}

pub(super) async fn until(live: &mut Live<Host>, condition: impl Fn(&Live<Host>) -> bool) {
    let stopped = live.run(LIMIT, condition).await.unwrap();
    let heard = (live.node(A).gist(), live.node(B).gist());
    assert_eq!(stopped, Stopped::Condition, "{heard:?}");
}

fn datagram([local, remote]: [SocketAddr; 2], octets: &[u8]) -> Output {
    Output::Datagram { local, remote, bytes: Bytes::copy_from_slice(octets) }
}

fn connect([local, remote]: [SocketAddr; 2]) -> Output {
    Output::Connect { conn: CONN, local: SocketAddr::new(local.ip(), 0), remote, layer: Layer::Plain }
}

fn send(octets: &[u8]) -> Output {
    Output::Send { conn: CONN, pieces: octets.chunks(octets.len().div_ceil(3)).map(Bytes::copy_from_slice).collect() }
}

/// One line an observation: direction by Bob's address, and the gist; neighbouring octets are one.
fn seen(live: &Live<Host>, bob: SocketAddr) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut packets = 0;
    for o in live.observations() {
        assert!(o.packet > packets, "packets are numbered in order");
        packets = o.packet;
        let direction = if o.dst == bob { '>' } else { '<' };
        match &o.what {
            Seen::Data(bytes) => match lines.last_mut().filter(|l| l.starts_with(&format!("{direction} data "))) {
                Some(last) => *last += &bytes.escape_ascii().to_string(),
                None => lines.push(format!("{direction} data {}", bytes.escape_ascii())),
            },
            Seen::Datagram(bytes) => lines.push(format!("{direction} datagram {}", bytes.escape_ascii())),
            other => lines.push(format!("{direction} {other:?}")),
        }
    }
    lines
}

#[tokio::test]
async fn datagrams_travel_once_and_are_seen_once() {
    for family in [V4, V6] {
        let (mut live, ends) = pair(family, true);
        act(&mut live, A, [datagram(ends, b"hi"), datagram(ends, &[0; 65_508])]);
        until(&mut live, |live| live.node(A).has("datagram hi")).await;
        assert_eq!(live.node(B).gist(), ["datagram hi"]);
        assert_eq!(seen(&live, ends[1]), ["> datagram hi", "< datagram hi"]);
    }
}

#[tokio::test]
async fn a_connection_lives_from_handshake_to_close() {
    for family in [V4, V6] {
        let (mut live, ends) = pair(family, true);
        act(&mut live, A, [connect(ends), send(b"one message"), Output::Close { conn: CONN }]);
        until(&mut live, |live| live.node(A).has("closed") && live.wire.flows.is_empty()).await;
        assert_eq!(live.node(A).gist(), ["connected", "drained", "received one message", "closed"]);
        let bob = live.node(B).gist();
        assert!(bob.starts_with(&["accepted".into(), "received one message".into()]), "{bob:?}");
        assert!(live.node(B).has("drained") && live.node(B).has("closed"), "{bob:?}");
        let mut lines = seen(&live, ends[1]);
        let order: Vec<String> = lines.drain(..4).collect();
        assert_eq!(order, ["> Connecting", "> Opened", "> data one message", "> Finished"]);
        assert_eq!(lines, ["< data one message", "< Finished"]);
        assert!(live.wire.hosts.iter().all(|host| host.conns.is_empty()) && live.wire.opened_from.is_empty());
    }
}

#[tokio::test]
async fn a_connection_fails_as_the_other_side_lets_it() {
    let (mut live, [alice, _]) = pair(V4, true);
    let nobody = free_port(V4[1]);
    act(&mut live, A, [connect([alice, nobody]), send(b"lost")]);
    until(&mut live, |live| live.node(A).has("failed")).await;
    assert_eq!(live.node(A).gist(), ["failed"]);
    assert_eq!(seen(&live, nobody), ["> Connecting", "< Refused"]);
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 0));
    act(&mut live, A, [connect([elsewhere, nobody])]);
    until(&mut live, |live| live.node(A).heard.len() == 2).await;
    assert_eq!(live.node(A).gist(), ["failed", "failed"]);
}

#[tokio::test]
async fn a_reset_is_heard_as_one() {
    let (mut live, ends) = pair(V4, false);
    act(&mut live, A, [connect(ends), send(b"hi")]);
    until(&mut live, |live| live.node(B).has("received hi") && live.node(A).has("drained")).await;
    act(&mut live, A, [Output::Reset { conn: CONN }, send(b"too late")]);
    until(&mut live, |live| live.node(B).has("reset")).await;
    assert_eq!(live.node(A).gist(), ["connected", "drained"]);
    assert_eq!(live.node(B).gist(), ["accepted", "received hi", "reset"]);
    assert_eq!(seen(&live, ends[1]), ["> Connecting", "> Opened", "> data hi", "> Reset"]);
    assert!(live.wire.flows.is_empty());
}

#[tokio::test]
async fn a_large_message_arrives_whole_and_a_peer_that_does_not_read_delays_nobody() {
    let (mut live, ends) = pair(V4, false);
    let deaf = tokio::net::TcpListener::bind("127.0.0.3:0").await.unwrap();
    let message: Vec<u8> = (0..3_000_000u32).map(|n| n as u8).collect();
    let other = Conn(2);
    let to_deaf =
        Output::Connect { conn: other, local: ends[0], remote: deaf.local_addr().unwrap(), layer: Layer::Plain };
    let large: Pieces = Pieces::from_iter([Bytes::from(vec![b'x'; 20_000_000])]);
    act(&mut live, A, [to_deaf, Output::Send { conn: other, pieces: large }, connect(ends), send(&message)]);
    until(&mut live, |live| live.node(B).octets() == message.len()).await;
    assert_eq!(live.node(B).stream(), message);
    let drained = |input: &&Input| matches!(input, Input::Drained { .. });
    until(&mut live, |live| live.node(A).heard.iter().any(|i| drained(&i))).await;
    let drained: Vec<_> = live.node(A).heard.iter().filter(drained).collect();
    assert!(matches!(drained[..], [Input::Drained { conn: CONN }]), "{drained:?}");

    let more: Pieces = Pieces::from_iter([Bytes::from(vec![b'x'; 60_000_000])]);
    act(&mut live, A, [Output::Send { conn: other, pieces: more }]);
    until(&mut live, |live| live.node(A).has("reset")).await;
}

#[tokio::test]
async fn third_parties_are_observed_at_both_ends() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (mut live, [_, bob]) = pair(V4, true);
    let stranger = async {
        let udp = tokio::net::UdpSocket::bind("127.0.0.3:0").await.unwrap();
        udp.send_to(b"ping", bob).await.unwrap();
        let mut answer = [0; 9];
        assert_eq!(udp.recv(&mut answer).await.unwrap(), 4);
        let mut tcp = tokio::net::TcpStream::connect(bob).await.unwrap();
        tcp.write_all(b"hello").await.unwrap();
        tcp.read_exact(&mut answer[..5]).await.unwrap();
        tcp.shutdown().await.unwrap();
        assert_eq!(tcp.read(&mut answer).await.unwrap(), 0);
        let tcp = tokio::net::TcpStream::connect(bob).await.unwrap();
        tcp.set_zero_linger().unwrap();
    };
    let (ran, ()) = tokio::join!(live.run(LIMIT, |live| live.node(B).has("reset")), stranger);
    assert_eq!(ran.unwrap(), Stopped::Condition);
    assert_eq!(
        seen(&live, bob),
        [
            "> datagram ping",
            "< datagram ping",
            "> Connecting",
            "> Opened",
            "> data hello",
            "< data hello",
            "> Finished",
            "< Finished",
            "> Connecting",
            "> Opened",
            "> Reset",
        ]
    );
}

#[tokio::test]
async fn an_address_that_cannot_be_had_is_named() {
    #[track_caller]
    fn check(added: Result<NodeId, SocketError>, start: &str, hint: &str) {
        let shown = added.unwrap_err().to_string();
        assert!(shown.starts_with(start) && shown.contains(hint), "{shown}");
    }
    let (mut live, [alice, bob]) = pair(V4, true);
    let taken = format!("Carol cannot have UDP {alice}: ");
    check(live.add("Carol", &[alice], Host::default()), &taken, "port in use");
    let listens = Host { outputs: [Output::Listen { local: bob, layer: Layer::Plain }].into(), ..Host::default() };
    check(live.add("Dave", &[], listens), &format!("Dave cannot have TCP {bob}: "), "port in use");
    let foreign = "192.0.2.1:5060".parse().unwrap();
    check(live.add("Eve", &[foreign], Host::default()), "Eve cannot have UDP 192.0.2.1:5060: ", "no interface");
}

#[tokio::test]
async fn timers_and_limits_come() {
    let (mut live, _) = pair(V4, true);
    live.node_mut(A).timer = Some(live.now() + Duration::from_millis(3));
    live.kick(A);
    until(&mut live, |live| live.node(A).has("timer")).await;
    assert_eq!(live.run(Duration::from_millis(1), |_| false).await.unwrap(), Stopped::TimeUp);
    assert_eq!(live.node(A).gist(), ["timer"]);
    let names = live.names();
    assert_eq!(names.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["Alice", "Bob"]);
}

/// Swallows what begins with `x`, holds back what begins with `l`, and is deaf to `d`.
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
            Some(b'l') => out.push((Duration::from_millis(5), output)),
            _ => out.push((Duration::ZERO, output)),
        }
    }

    fn arrive(&mut self, _: Time, input: Input) -> Option<Input> {
        (!matches!(&input, Input::Datagram { bytes, .. } if bytes.starts_with(b"d"))).then_some(input)
    }
}

#[tokio::test]
async fn a_link_tampers_before_the_socket_and_leaves_no_node_waiting() {
    let (mut live, ends) = pair(V4, true);
    live.set_link(A, Box::new(Tamper));
    act(&mut live, A, ["xgone", "late", "deaf"].map(|text| datagram(ends, text.as_bytes())));
    until(&mut live, |live| live.node(A).has("datagram late") && live.node(B).has("datagram deaf")).await;
    assert_eq!(live.node(B).gist(), ["datagram deaf", "datagram late"]);
    assert_eq!(live.node(A).gist(), ["datagram late"]);
    act(&mut live, A, [connect(ends), send(b"xgone")]);
    until(&mut live, |live| live.node(A).has("drained")).await;
    act(&mut live, A, [send(b"late"), send(b"early"), Output::Close { conn: CONN }]);
    until(&mut live, |live| live.node(B).has("closed")).await;
    assert_eq!(live.node(B).stream(), b"earlylate");
    assert!(live.take_link(A).is_some());
}

/// On a machine that is slow, what was held back is due when what comes after it is given.
#[tokio::test]
async fn nothing_overtakes_what_is_due_already() {
    struct Moment;
    impl Link for Moment {
        fn leave(&mut self, _: Time, output: Output, out: &mut Vec<(Duration, Output)>) {
            let delay = Duration::from_nanos(matches!(output, Output::Send { .. }).into());
            out.push((delay, output));
        }

        fn arrive(&mut self, _: Time, input: Input) -> Option<Input> {
            Some(input)
        }
    }
    let (mut live, ends) = pair(V4, false);
    act(&mut live, A, [connect(ends)]);
    until(&mut live, |live| live.node(A).has("connected")).await;
    live.set_link(A, Box::new(Moment));
    act(&mut live, A, [send(b"the last octets")]);
    let given = live.now();
    while live.now().since(given) < Duration::from_nanos(2) {}
    act(&mut live, A, [Output::Close { conn: CONN }]);
    until(&mut live, |live| live.node(B).has("closed")).await;
    assert_eq!(live.node(B).stream(), b"the last octets");
}

#[tokio::test]
async fn how_late_it_is_can_be_known() {
    let mut live: Live<Host> = Live::new();
    let due = Time(live.now().0 - 300_000_000);
    let id = live.add("host", &[], Host { timer: Some(due), ..Host::default() }).unwrap();
    live.run(LIMIT, |live| !live.node(id).heard.is_empty()).await.unwrap();
    assert!(live.take_lateness().is_some_and(|late| late >= Duration::from_millis(300)));
    assert_eq!(live.take_lateness(), None);
}
