//! Whose certificate it is counts before anything is said on a secured connection.

use bytes::Bytes;

use super::*;
use crate::stack::{Conn, Fingerprint, Input, Output};

const CONN: Conn = Conn(1 << 32);
const ACCEPTED: Conn = Conn(Conn::ACCEPTED | 1);

fn expecting(own: &str, peer: &str, connect: Option<u8>) -> SessionConfig {
    SessionConfig { fingerprints: vec![Fingerprint::of(b"the peer")], ..session(own, peer, connect) }
}

/// Whether an endpoint tears a connection down for whom it found there.
fn distrusts(endpoint: &mut Endpoint) -> bool {
    std::iter::from_fn(|| endpoint.poll()).any(|output| matches!(output, Output::Distrust { .. }))
}

#[test]
fn who_connects_looks_at_the_certificate_first() {
    for (shown, trusted) in [(Some("the peer"), true), (Some("another"), false), (None, false)] {
        let mut alice = endpoint(1, "alice", 2048);
        alice.open(at(0), expecting(ALICE, BOB, Some(2)));
        let (local, remote) = (([127, 0, 0, 1], 9).into(), ([127, 0, 0, 2], 2855).into());
        let certificate = shown.map(|shown| Bytes::from_static(shown.as_bytes()));
        alice.handle(at(0), Input::Connected { conn: CONN, local, remote, certificate: certificate.clone() });
        let lost = told(&mut alice).iter().any(|event| event.contains("lost"));
        assert_eq!((distrusts(&mut alice), lost), (!trusted, !trusted), "{shown:?}");
        // Another session may share the connection only with the same peer.
        if trusted {
            let other = vec![Fingerprint::of(b"a third one")];
            alice.open(at(1), SessionConfig { fingerprints: other, ..session(ALICE, BOB, Some(2)) });
            assert!(distrusts(&mut alice));
        }
    }
}

#[test]
fn who_is_connected_to_looks_when_he_knows_for_which_session() {
    for (shown, trusted) in [(Some("the peer"), true), (Some("another"), false), (None, false)] {
        let mut bob = endpoint(2, "bob", 2048);
        bob.open(at(0), expecting(BOB, ALICE, None));
        let (local, remote) = (([127, 0, 0, 2], 2855).into(), ([127, 0, 0, 1], 9).into());
        let certificate = shown.map(|shown| Bytes::from_static(shown.as_bytes()));
        bob.handle(at(0), Input::Accepted { conn: ACCEPTED, local, remote, certificate });
        assert!(!distrusts(&mut bob));
        let send = format!(
            "MSRP tid12345 SEND\r\nTo-Path: {BOB}\r\nFrom-Path: {ALICE}\r\nMessage-ID: m1234567\r\n\
             Byte-Range: 1-2/2\r\nContent-Type: text/plain\r\n\r\nHi\r\n-------tid12345$\r\n"
        );
        bob.handle(at(0), Input::Received { conn: ACCEPTED, bytes: send.into() });
        let got = told(&mut bob).iter().any(|event| event.contains("received"));
        assert_eq!((distrusts(&mut bob), got), (!trusted, trusted), "{shown:?}");
    }
}
