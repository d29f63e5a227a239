//! Digest by the examples of the RFCs, and the guard before right, wrong, old and repeated credentials.

use bytes::Bytes;

use super::secret::{Hash, Quality, Secret};
use super::*;
use crate::wire::sip::Builder;

const START: Time = Time::SIMULATION_START;

fn account() -> Account {
    Account { user: "alice".to_owned(), password: "secret".to_owned() }
}

fn guard(algorithms: &[Algorithm]) -> Guard {
    Guard::new("home1.example", vec![account()], algorithms.to_vec(), IdSource::new(1, "guard"))
}

/// RFC 2617 §3.5, RFC 7616 §3.9.1.
#[test]
fn responses_are_those_of_the_rfcs() {
    #[track_caller]
    fn check(algorithm: Algorithm, password: &str, realm: &str, nonce: &str, own: &str, expected: &str) {
        let account = Account { user: "Mufasa".to_owned(), password: password.to_owned() };
        let quality = Some((Quality::Auth, "00000001", own));
        let asked = Asked { method: "GET", uri: "/dir/index.html", body: b"" };
        let hash = Hash { algorithm, session: false };
        assert_eq!(Secret { hash, account: &account, realm, nonce, quality, asked }.response(), expected);
    }
    let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
    let (realm, expected) = ("testrealm@host.com", "6629fae49393a05397450978507c4ef1");
    check(Algorithm::Md5, "Circle Of Life", realm, nonce, "0a4f113b", expected);
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    let own = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    let realm = "http-auth@example.org";
    check(Algorithm::Md5, "Circle of Life", realm, nonce, own, "8ca523f5e9506fed4657c9700eebdbec");
    let expected = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
    check(Algorithm::Sha256, "Circle of Life", realm, nonce, own, expected);
}

fn challenged(challenges: &[String]) -> Message {
    let builder = Builder::status(401, "Unauthorized");
    challenges.iter().fold(builder, |builder, challenge| builder.header("WWW-Authenticate", challenge)).build()
}

/// A REGISTER with the answer that `account` gives to the challenges.
fn answered(challenges: &[String], account: &Account) -> Message {
    let uri = "sip:home1.example";
    let asked = Asked { method: "REGISTER", uri, body: b"body" };
    let found = answers(&challenged(challenges), &asked, account, &mut IdSource::new(2, "client"));
    let builder = Builder::request("REGISTER", uri).body("text/plain", &b"body"[..]);
    found.iter().fold(builder, |builder, (known, value)| builder.header(known.header.text(), value)).build()
}

#[test]
fn the_guard_knows_those_who_know_the_password() {
    let both = [Algorithm::Sha256, Algorithm::Md5];
    let others = [Algorithm::Sha512_256];
    for (algorithms, integrity) in
        [(&both[..], false), (&both[1..], false), (&both[..1], true), (&others[..], false), (&others[..], true)]
    {
        let mut guard = guard(algorithms);
        guard.integrity = integrity;
        let request = answered(&guard.challenges(START, false), &account());
        let best = format!("algorithm={}", algorithms[0].word());
        assert!(String::from_utf8_lossy(request.bytes()).contains(&best), "{request:?}");
        let judged = guard.judge(START, &request, Name::Authorization);
        assert_eq!(judged, Judgement::Known("alice".to_owned()), "{algorithms:?}");
        let changed = String::from_utf8_lossy(request.bytes()).replace("body", "bodies");
        let judged = guard.judge(START, &Message::parse(Bytes::from(changed)), Name::Authorization);
        assert_eq!(judged == Judgement::Challenge { stale: false }, integrity, "{algorithms:?}: another body");
    }
}

#[test]
fn a_nonce_is_used_again_with_a_higher_count_and_another_one_when_it_is_given() {
    let mut guard = guard(&[Algorithm::Sha256]);
    let asked = Asked { method: "REGISTER", uri: "sip:home1.example", body: b"" };
    let mut ids = IdSource::new(2, "client");
    let found = answers(&challenged(&guard.challenges(START, false)), &asked, &account(), &mut ids);
    let (mut known, first) = found.into_iter().next().unwrap();
    let request = |value: &str| Builder::request("REGISTER", asked.uri).header("Authorization", value).build();
    let second = known.credentials(&asked, &account(), &mut ids).unwrap();
    let next = Info::parse(&guard.next(START + Duration::from_secs(1))).next_nonce.unwrap();
    known.renew(&next);
    let third = known.credentials(&asked, &account(), &mut ids).unwrap();
    for (value, count) in [(&first, "nc=00000001"), (&second, "nc=00000002"), (&third, "nc=00000001")] {
        assert!(value.contains(count), "{value}");
        let judged = guard.judge(START, &request(value), Name::Authorization);
        assert_eq!(judged, Judgement::Known("alice".to_owned()), "{value}");
    }
    assert!(third.contains(&next) && !second.contains(&next));
}

#[test]
fn nobody_else_is_let_in() {
    let mut guard = guard(&[Algorithm::Md5]);
    let challenges = guard.challenges(START, false);
    let right = answered(&challenges, &account());
    let text = String::from_utf8_lossy(right.bytes()).into_owned();
    let wrong = |password: &str, user: &str| Account { user: user.to_owned(), password: password.to_owned() };
    let changed = |from: &str, to: &str| Message::parse(Bytes::from(text.replace(from, to)));
    for (what, request) in [
        ("a wrong password", answered(&challenges, &wrong("guess", "alice"))),
        ("an unknown user", answered(&challenges, &wrong("secret", "mallory"))),
        ("another request", changed("REGISTER sip:home1.example ", "REGISTER sip:other.example ")),
        ("another method", changed("REGISTER sip", "INVITE sip")),
        ("another realm", changed("realm=\"home1", "realm=\"home2")),
        ("another nonce", changed("nonce=\"1", "nonce=\"2")),
        ("another algorithm", changed("algorithm=MD5", "algorithm=SHA-256")),
        ("a quality that was not offered", changed("qop=auth", "qop=auth-int")),
        ("no count", changed("nc=00000001", "")),
        ("no credentials", changed("Authorization", "X-Authorization")),
    ] {
        let judged = guard.judge(START, &request, Name::Authorization);
        assert_eq!(judged, Judgement::Challenge { stale: false }, "{what}");
    }
    assert_eq!(guard.judge(START, &right, Name::Authorization), Judgement::Known("alice".to_owned()));
}

#[test]
fn what_is_old_or_repeated_is_stale() {
    let mut guard = guard(&[Algorithm::Md5]);
    let request = answered(&guard.challenges(START, false), &account());
    let stale = Judgement::Challenge { stale: true };
    assert_eq!(guard.judge(START + LIFETIME * 2, &request, Name::Authorization), stale);
    assert_eq!(guard.judge(START, &request, Name::Authorization), Judgement::Known("alice".to_owned()));
    assert_eq!(guard.judge(START, &request, Name::Authorization), stale);
    assert!(guard.challenges(START, true)[0].ends_with("stale=true"));
}

#[test]
fn only_what_is_understood_is_answered() {
    #[track_caller]
    fn check(challenge: &str, expected: bool) {
        let asked = Asked { method: "INVITE", uri: "sip:b@c", body: b"" };
        let found = answers(&challenged(&[challenge.to_owned()]), &asked, &account(), &mut ids());
        assert_eq!(!found.is_empty(), expected, "{challenge}: {found:?}");
    }
    fn ids() -> IdSource {
        IdSource::new(3, "x")
    }
    check("Digest realm=\"a\", nonce=\"n\"", true);
    check("digest realm=\"a\", nonce=\"n\", qop=\"auth-int,auth\", opaque=\"o\"", true);
    check("Digest realm=\"a\", nonce=\"n\", qop=\"auth-int\"", true);
    check("Digest realm=\"a\", nonce=\"n\", qop=\"other\"", false);
    check("Digest realm=\"a\", nonce=\"n\", qop=\"auth\", algorithm=MD5-sess", true);
    check("Digest realm=\"a\", nonce=\"n\", algorithm=MD5-sess", false);
    check("Digest realm=\"a\", nonce=\"n\", algorithm=AKAv1-MD5", false);
    check("Digest realm=\"a\"", false);
    check("Digest nonce=\"n\"", false);
    check("Digest realm=\"a\\\"b\", nonce=\"n\"", false);
    check("Basic realm=\"a\", nonce=\"n\"", false);
    check("", false);
}
