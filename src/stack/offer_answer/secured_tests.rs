//! What an exchange agrees on where the connection is secured (RFC 4975 §14.4, RFC 8122).

use super::*;
use crate::wire::sdp::{Session, answer_flaws, offer_flaws};

fn alice() -> Local {
    Local::new(([192, 0, 2, 1], 2855).into(), "alice1", &["message/cpim", "text/plain"])
}

fn bob() -> Local {
    Local::new(([192, 0, 2, 2], 2856).into(), "bob1", &["text/plain", "image/*"])
}

#[test]
fn a_secured_session_has_fingerprints() {
    let secure = |own: Local, certificate: &[u8]| {
        own.secured(&crate::stack::Security { sip: false, msrp: Some(crate::stack::Fingerprint::of(certificate)) })
    };
    let (a, b) = (secure(alice(), b"alice"), secure(bob(), b"bob"));
    let mut caller = Negotiation::new("-", 1);
    let offered = Session::parse(caller.offer(&a));
    assert_eq!(offer_flaws(&offered), []);
    let text = String::from_utf8_lossy(offered.bytes()).into_owned();
    assert!(
        text.contains("m=message 2855 TCP/TLS/MSRP *") && text.contains("a=path:msrps://192.0.2.1:2855/"),
        "{text}"
    );
    let answer = Negotiation::new("-", 2).answer(&offered, &b).expect("an answer");
    assert_eq!(answer_flaws(&offered, &Session::parse(answer.sdp.clone())), []);
    let plan = caller.conclude(&Session::parse(answer.sdp.clone())).expect("a plan");
    assert!(answer.plan.fingerprints[0].matches(b"alice") && plan.fingerprints[0].matches(b"bob"));

    let answered = |offer: String, own: &Local| {
        Negotiation::new("-", 2).answer(&Session::parse(offer.into()), own).map(|_| ()).map_err(Some)
    };
    // One fingerprint may hold for the whole session (RFC 8122 §5).
    let line = text.lines().find(|line| line.starts_with("a=fingerprint")).expect("one").to_owned() + "\r\n";
    let without = text.replace(&line, "");
    assert_eq!(answered(without.replacen("t=0 0\r\n", &format!("t=0 0\r\n{line}"), 1), &b), Ok(()));
    assert_eq!(answered(without, &b), Err(Some(Refusal::NoFingerprint)));
    assert_eq!(answered(text.replace("msrps:", "msrp:"), &b), Err(Some(Refusal::BadPath)));
    assert_eq!(answered(text, &bob()), Err(Some(Refusal::NoMsrp)));
    let plain = String::from_utf8_lossy(&Negotiation::new("-", 1).offer(&alice())).into_owned();
    assert_eq!(answered(plain, &b), Err(Some(Refusal::NoMsrp)));
    caller.offer(&a);
    let silent = String::from_utf8_lossy(&answer.sdp).replace("a=fingerprint", "a=x");
    assert_eq!(caller.conclude(&Session::parse(silent.into())), Err(Problem::NoFingerprint));
}
