//! Two hosts over TLS on the loopback interface, and what goes wrong between them.

use std::net::SocketAddr;

use bytes::Bytes;

use super::*;
use crate::net::certificates::Authority;
use crate::net::sockets::tests::{A, B, Host, LIMIT, V4, V6, act, free_port, until};
use crate::net::{Live, NodeId, Stopped};
use crate::stack::{Conn, Input, Output, Pieces};
use crate::trace::Seen;

const CONN: Conn = Conn(1);

/// What a host shows that the authority `by` certifies for its address, where it believes those that `of` certifies.
fn credentials(by: &Authority, of: &Authority, address: SocketAddr, mutual: bool) -> Credentials {
    let own = by.issue("host", &[address.ip()], &[]).unwrap();
    Credentials {
        chain: own.chain,
        key: own.key,
        authorities: vec![of.certificate().clone()],
        verify: Verify::Strictly,
        mutual,
        domain: "home1.example".to_owned(),
    }
}

/// Alice and Bob, who echoes and listens, each with what it shows.
fn pair(addresses: [SocketAddr; 2], shown: [Option<Credentials>; 2], layer: Layer) -> Live<Host> {
    let mut live = Live::new();
    let [alice, bob] = shown;
    live.add_secured("Alice", &[], alice.as_ref(), Host::default()).unwrap();
    let outputs = [Output::Listen { local: addresses[1], layer }].into();
    live.add_secured("Bob", &[], bob.as_ref(), Host { echoes: true, outputs, ..Host::default() }).unwrap();
    live
}

fn connect([local, remote]: [SocketAddr; 2], layer: Layer) -> Output {
    Output::Connect { conn: CONN, local: SocketAddr::new(local.ip(), 0), remote, layer }
}

fn send(octets: &[u8]) -> Output {
    Output::Send { conn: CONN, pieces: Pieces::from_iter([Bytes::copy_from_slice(octets)]) }
}

/// What a node was shown.
fn shown(live: &Live<Host>, id: NodeId) -> Option<Bytes> {
    live.node(id).heard.iter().find_map(|input| match input {
        Input::Accepted { certificate, .. } | Input::Connected { certificate, .. } => certificate.clone(),
        _ => None,
    })
}

#[tokio::test]
async fn octets_go_through_sealed_and_come_back() {
    for (addresses, layer) in [(V4, Layer::Tls), (V6, Layer::TlsByFingerprint)] {
        let addresses = addresses.map(free_port);
        let one = Authority::new().unwrap();
        let own = addresses.map(|address| credentials(&one, &one, address, true));
        let chains = own.each_ref().map(|own| own.chain[0].clone());
        let mut live = pair(addresses, own.map(Some), layer);
        let text: Vec<u8> = (0..200_000_u32).flat_map(|n| n.to_be_bytes()).take(200_000).collect();
        // What is given before the connection is up waits for it.
        act(&mut live, A, [connect(addresses, layer), send(&text[..10]), send(&text[10..])]);
        until(&mut live, |live| live.node(A).octets() == text.len() && live.node(A).has("drained")).await;
        assert!(live.node(A).stream() == text && live.node(B).stream() == text);
        assert_eq!((shown(&live, A).as_ref(), shown(&live, B).as_ref()), (Some(&chains[1]), Some(&chains[0])));
        act(&mut live, A, [Output::Close { conn: CONN }]);
        until(&mut live, |live| live.node(B).has("closed")).await;

        let seen = live.take_observations();
        assert!(live.take_troubles().is_empty());
        let inner: Vec<u8> = seen
            .iter()
            .filter_map(|one| if let Seen::Inner(i) = &one.what { Some(&i[..]) } else { None })
            .collect::<Vec<_>>()
            .concat();
        assert_eq!(inner.len(), 2 * text.len());
        let sealed = |packet| seen.iter().any(|one| one.packet == packet && matches!(one.what, Seen::Sealed(_)));
        assert!(seen.iter().filter(|one| matches!(one.what, Seen::Inner(_))).all(|one| sealed(one.packet)));
        assert!(
            seen.iter().any(|one| one.what.secret().is_some_and(|line| line.starts_with("CLIENT_TRAFFIC_SECRET_0 ")))
        );
        assert!(!seen.iter().any(|one| matches!(one.what, Seen::Data(_))));
    }
}

#[tokio::test]
async fn who_is_not_believed_is_told_apart() {
    #[derive(Clone, Copy)]
    enum Wrong {
        Server,
        Client,
        Address,
        Nothing,
    }
    let [one, other] = [(); 2].map(|()| Authority::new().unwrap());
    for (wrong, layer, what, whose) in [
        (Wrong::Server, Layer::Tls, "not of an authority that is believed here", Whose::Peers),
        (Wrong::Client, Layer::Tls, "not of an authority that is believed here", Whose::Peers),
        (Wrong::Address, Layer::Tls, "neither for its address nor for the home domain", Whose::Peers),
        // Who it is, is the node's own to find out.
        (Wrong::Server, Layer::TlsByFingerprint, "", Whose::Peers),
        (Wrong::Nothing, Layer::Tls, "no certificate", Whose::Peers),
    ] {
        let addresses = V4.map(free_port);
        let elsewhere: SocketAddr = "127.9.9.9:1".parse().unwrap();
        let [alice, bob] = match wrong {
            Wrong::Server => [(&one, &one, addresses[0]), (&other, &one, addresses[1])],
            Wrong::Client => [(&other, &one, addresses[0]), (&one, &one, addresses[1])],
            Wrong::Address => [(&one, &one, addresses[0]), (&one, &one, elsewhere)],
            Wrong::Nothing => [(&one, &one, addresses[0]), (&one, &one, addresses[1])],
        }
        .map(|(by, of, address)| Some(credentials(by, of, address, true)));
        let alice = alice.filter(|_| !matches!(wrong, Wrong::Nothing));
        let mut live = pair(addresses, [alice, bob], layer);
        act(&mut live, A, [connect(addresses, layer), send(b"hello")]);
        until(&mut live, |live| {
            let heard = live.node(A);
            heard.has("failed") || heard.has("reset") || heard.has("closed") || heard.has("received hello")
        })
        .await;
        let troubles = live.take_troubles();
        let said = troubles.first().map(|one| (one.what.contains(what), one.whose));
        assert_eq!(said, if what.is_empty() { None } else { Some((true, whose)) }, "{what}: {troubles:?}");
    }
}

/// Somebody who does not speak TLS, on either side.
#[tokio::test]
async fn who_speaks_no_tls_is_said() {
    let one = Authority::new().unwrap();
    let addresses = V4.map(free_port);
    let own = addresses.map(|address| Some(credentials(&one, &one, address, false)));
    let mut live = pair(addresses, own, Layer::Tls);
    act(&mut live, A, [connect(addresses, Layer::Plain), send(b"OPTIONS sip:bob SIP/2.0\r\n\r\n")]);
    until(&mut live, |live| live.node(A).has("closed") || live.node(A).has("reset")).await;
    let troubles = live.take_troubles();
    assert!(troubles[0].to_string().contains("what it sends is no TLS"), "{troubles:?}");
    assert!(live.node(B).heard.is_empty(), "no connection came about");

    let deaf = std::net::TcpListener::bind("127.0.0.3:0").unwrap();
    let remote = deaf.local_addr().unwrap();
    act(&mut live, A, [Output::Connect { conn: Conn(2), local: addresses[0], remote, layer: Layer::Tls }]);
    let accepting = std::thread::spawn(move || drop(deaf.accept()));
    until(&mut live, |live| live.node(A).has("failed")).await;
    accepting.join().unwrap();
    let troubles = live.take_troubles();
    assert!(troubles[0].what.contains("in the middle of the handshake"), "{troubles:?}");
}

/// Somebody who takes a connection and says nothing, and somebody who makes one so.
#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let one = Authority::new().unwrap();
    let addresses = V4.map(free_port);
    let own = addresses.map(|address| Some(credentials(&one, &one, address, false)));
    let mut live = pair(addresses, own, Layer::Tls);
    let deaf = std::net::TcpListener::bind("127.0.0.3:0").unwrap();
    let dumb = std::net::TcpStream::connect(addresses[1]).unwrap();
    let remote = deaf.local_addr().unwrap();
    act(&mut live, A, [Output::Connect { conn: CONN, local: addresses[0], remote, layer: Layer::Tls }]);
    until(&mut live, |live| live.node(A).has("failed")).await;
    let mut troubles = live.take_troubles();
    for _ in 0..100 {
        if troubles.len() < 2 {
            live.run(LIMIT / 100, |_| false).await.unwrap();
            troubles.extend(live.take_troubles());
        }
    }
    assert_eq!(troubles.len(), 2, "{troubles:?}");
    assert!(troubles.iter().all(|one| one.what.starts_with("it did not come to the end of the handshake")));
    assert!(live.node(B).heard.is_empty());
    drop(dumb);
}

#[tokio::test]
async fn a_node_can_refuse_whom_it_does_not_know() {
    let one = Authority::new().unwrap();
    let addresses = V4.map(free_port);
    let own = addresses.map(|address| Some(credentials(&one, &one, address, true)));
    let mut live = pair(addresses, own, Layer::TlsByFingerprint);
    act(&mut live, A, [connect(addresses, Layer::TlsByFingerprint)]);
    until(&mut live, |live| live.node(A).has("connected") && live.node(B).has("accepted")).await;
    act(&mut live, A, [Output::Distrust { conn: CONN, why: "it is somebody else" }]);
    until(&mut live, |live| live.node(B).has("reset")).await;
    let troubles = live.take_troubles();
    assert_eq!(troubles[0].what, "it is somebody else");
    assert_eq!(live.run(LIMIT, |_| true).await.unwrap(), Stopped::Condition);
}

#[tokio::test]
async fn credentials_that_cannot_be_used_are_said() {
    let [one, other] = [(); 2].map(|()| Authority::new().unwrap());
    let address = free_port(V4[0]);
    let right = credentials(&one, &one, address, true);
    let key = credentials(&other, &other, address, true).key;
    let wrong = Credentials { key, ..right };
    let error = Live::new().add_secured("Alice", &[], Some(&wrong), Host::default()).unwrap_err();
    assert!(error.to_string().starts_with("Alice cannot secure its streams: certificate and key"), "{error}");
}
