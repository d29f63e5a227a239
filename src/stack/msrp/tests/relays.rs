//! An endpoint before the relays that act on its behalf, which say what a test makes them say.

use super::*;
use crate::stack::digest::Account;
use crate::stack::msrp::Relays;
use crate::stack::{Conn, Input, Layer};
use crate::wire::sip::Credentials;

const CONN: Conn = Conn(1 << 32);
const NEAR: &str = "msrps://127.0.0.7:2855;tcp";
const FAR: &str = "msrps://127.0.0.8:2855;tcp";
const CHALLENGE: &str = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\r\n";

/// A host with these relays, whose connection to the first of them is up.
fn behind(relays: &[&str]) -> Endpoint {
    let config = Config::new(([127, 0, 0, 1], 2855).into(), IdSource::new(7, "alice"));
    let account = Account { user: "alice".into(), password: "secret".into() };
    let uris = relays.iter().map(|&uri| uri.to_owned()).collect();
    let relays = Relays { uris, at: ([127, 0, 0, 7], 2855).into(), account, expires: Some(300) };
    let mut alice = Endpoint::new(Config { relays: Some(relays), layer: Layer::TlsByFingerprint, ..config });
    alice.authorise(at(0), ALICE.into());
    let dialled = std::iter::from_fn(|| alice.poll()).any(|output| match output {
        Output::Connect { conn, layer, .. } => conn == CONN && layer == Layer::Tls,
        _ => false,
    });
    assert!(dialled, "a relay is known by who issued its certificate (RFC 4976 §9.2)");
    let (local, remote) = (([127, 0, 0, 1], 9).into(), ([127, 0, 0, 7], 2855).into());
    alice.handle(at(0), Input::Connected { conn: CONN, local, remote, certificate: None });
    alice
}

/// The AUTH that the host has sent.
fn asked(alice: &mut Endpoint) -> Message {
    let all = sent(alice).concat();
    let found = framed(all.into()).into_iter().find(|message| message.head().method() == "AUTH");
    found.expect("an AUTH")
}

fn answer(alice: &mut Endpoint, auth: &Message, status: &str, headers: &str) {
    let head = auth.head();
    let tid = head.transaction_id();
    let text = format!(
        "MSRP {tid} {status}\r\nTo-Path: {}\r\nFrom-Path: {}\r\n{headers}-------{tid}$\r\n",
        head.header("From-Path").unwrap_or_default(),
        head.header("To-Path").unwrap_or_default()
    );
    alice.handle(at(1), Input::Received { conn: CONN, bytes: text.into() });
}

/// What comes of it when the first AUTH, and each that follows, is answered so; and how many there were.
#[track_caller]
fn check(answers: &[(&str, &str)], expected: &str) {
    let mut alice = behind(&[NEAR]);
    for (nth, (status, headers)) in answers.iter().enumerate() {
        let auth = asked(&mut alice);
        assert_eq!(auth.flaws(), [], "{nth}");
        answer(&mut alice, &auth, status, headers);
    }
    let more = sent(&mut alice);
    assert!(more.is_empty(), "{answers:?}: {more:?}");
    assert_eq!(told(&mut alice).join(", "), expected.replace("ALICE", ALICE), "{answers:?}");
}

#[test]
fn a_path_comes_of_what_the_relay_says() {
    let path = "Use-Path: msrps://127.0.0.7:2855/p1;tcp\r\nExpires: 60\r\n";
    let got = "ALICE by msrps://127.0.0.7:2855/p1;tcp for 60";
    check(&[("200 OK", path)], got);
    check(&[("401", CHALLENGE), ("200", path)], got);
    check(&[("401", CHALLENGE), ("401", CHALLENGE)], "ALICE by nobody: Refused(401)");
    let stale = CHALLENGE.replace("n1\"", "n2\", stale=true");
    check(&[("401", CHALLENGE), ("401", &stale), ("200", path)], got);
    check(&[("401", CHALLENGE), ("401", &stale), ("401", &stale), ("401", &stale)], "ALICE by nobody: Refused(401)");
    check(&[("423", "Min-Expires: 600\r\n"), ("200", path)], got);
    check(&[("423", "Max-Expires: 30\r\n"), ("200", path)], got);
    check(&[("423", "Max-Expires: 300\r\n")], "ALICE by nobody: Refused(423)");
    check(&[("423", "")], "ALICE by nobody: Refused(423)");
    check(&[("403", "")], "ALICE by nobody: Refused(403)");
    // What is no path is a 200 that means nothing.
    check(&[("200", "Expires: 60\r\n")], "ALICE by nobody: Refused(400)");
    check(&[("200", "Use-Path: sip:relay@home1.example\r\n")], "ALICE by nobody: Refused(400)");
    check(&[("200", "Use-Path: msrps://127.0.0.7:2855/p1;tcp\r\n")], &got.replace("60", "900"));
    // RFC 4976 §9.1: never by Basic, never without a quality of protection, never for the body.
    for challenge in
        ["Basic realm=\"r\"", "Digest realm=\"r\", nonce=\"n\"", "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\""]
    {
        check(&[("401", &format!("WWW-Authenticate: {challenge}\r\n"))], "ALICE by nobody: Refused(401)");
    }
}

#[test]
fn credentials_are_those_of_the_relay() {
    let mut alice = behind(&[NEAR]);
    let auth = asked(&mut alice);
    let (to, from) = (auth.head().header("To-Path"), auth.head().header("From-Path"));
    assert_eq!((to, from, auth.head().header("Expires")), (Some(NEAR), Some(ALICE), Some("300")));
    assert!(auth.head().find("Authorization").is_none());
    answer(&mut alice, &auth, "401 Unauthorized", CHALLENGE);
    let auth = asked(&mut alice);
    let text = auth.head().header("Authorization").expect("credentials");
    let credentials = Credentials::parse(text);
    for (name, value) in [("username", "alice"), ("uri", NEAR), ("qop", "auth"), ("nc", "00000001"), ("nonce", "n1")] {
        assert_eq!(credentials.get(name), Some(value), "{text}");
    }
    // What the relay wants to see next is used for the next path, without another question.
    let headers = "Use-Path: msrps://127.0.0.7:2855/p1;tcp\r\nAuthentication-Info: nextnonce=\"n2\"\r\n";
    answer(&mut alice, &auth, "200", headers);
    alice.authorise(at(2), BOB.into());
    let text = asked(&mut alice).head().header("Authorization").map(str::to_owned).expect("credentials at once");
    let credentials = Credentials::parse(&text);
    assert_eq!((credentials.get("nonce"), credentials.get("nc")), (Some("n2"), Some("00000001")));
}

#[test]
fn relays_are_asked_one_through_the_other() {
    let mut alice = behind(&[NEAR, FAR]);
    let auth = asked(&mut alice);
    answer(&mut alice, &auth, "200", "Use-Path: msrps://127.0.0.7:2855/p1;tcp\r\nExpires: 60\r\n");
    let auth = asked(&mut alice);
    let path = format!("msrps://127.0.0.7:2855/p1;tcp {FAR}");
    assert_eq!(auth.head().header("To-Path"), Some(&*path));
    let whole = "msrps://127.0.0.7:2855/p1;tcp msrps://127.0.0.8:2855/p2;tcp";
    answer(&mut alice, &auth, "200", &format!("Use-Path: {whole}\r\nExpires: 600\r\n"));
    // The shortest time counts.
    assert_eq!(told(&mut alice), [format!("{ALICE} by {whole} for 60")]);
}

#[test]
fn paths_are_asked_for_one_after_the_other_and_lost_together() {
    let mut alice = behind(&[NEAR]);
    alice.authorise(at(0), BOB.into());
    let first = asked(&mut alice);
    assert_eq!(first.head().header("From-Path"), Some(ALICE));
    answer(&mut alice, &first, "200", "Use-Path: msrps://127.0.0.7:2855/p1;tcp\r\n");
    assert_eq!(asked(&mut alice).head().header("From-Path"), Some(BOB));
    told(&mut alice);
    alice.handle(at(2), Input::Closed { conn: CONN, reset: true });
    assert_eq!(told(&mut alice), [format!("{BOB} by nobody: ConnectionLost"), "paths lost".to_owned()]);
    // Whoever asks again gets another connection.
    alice.authorise(at(3), BOB.into());
    assert_eq!(sent(&mut alice), ["connect"]);
    alice.leave_relays();
    assert_eq!(sent(&mut alice), ["close"]);
}

#[test]
fn a_silent_relay_is_given_up_and_a_strange_answer_is_none() {
    let mut alice = behind(&[NEAR]);
    let auth = asked(&mut alice);
    let tid = auth.head().transaction_id();
    for text in [
        format!("MSRP {tid} 200\r\nTo-Path: {BOB}\r\nFrom-Path: {NEAR}\r\nUse-Path: {NEAR}\r\n-------{tid}$\r\n"),
        format!("MSRP zzzz 200\r\nTo-Path: {ALICE}\r\nFrom-Path: {NEAR}\r\nUse-Path: {NEAR}\r\n-------zzzz$\r\n"),
    ] {
        alice.handle(at(1), Input::Received { conn: CONN, bytes: text.into() });
    }
    assert_eq!(told(&mut alice), Vec::<String>::new());
    assert_eq!(alice.next_timeout(), Some(at(30)));
    alice.handle(at(30), Input::Timer);
    assert_eq!(told(&mut alice), [format!("{ALICE} by nobody: Timeout")]);
    assert_eq!(alice.next_timeout(), None);
}

/// A session through a relay goes over the connection that is there, waits for its peer where it is to wait, and leaves the
/// connection up when it ends (RFC 4976 §5.2, §5.4).
#[test]
fn sessions_share_the_connection_to_the_relay() {
    for speaks_first in [true, false] {
        let mut alice = behind(&[NEAR]);
        asked(&mut alice);
        let through = SessionConfig {
            remote_path: vec!["msrps://127.0.0.7:2855/p1;tcp".into(), BOB.into()],
            speaks_first,
            ..session(ALICE, BOB, Some(7))
        };
        let id = alice.open(at(1), through);
        let first = sent(&mut alice);
        assert_eq!(first.len(), usize::from(speaks_first), "{first:?}");
        alice.send(at(1), id, outgoing(100));
        let all = framed(sent(&mut alice).concat().into());
        let path = format!("msrps://127.0.0.7:2855/p1;tcp {BOB}");
        assert!(all.iter().all(|message| message.head().header("To-Path") == Some(&*path)) && !all.is_empty());
        alice.close(id);
        assert_eq!(sent(&mut alice), Vec::<String>::new());
    }
}
