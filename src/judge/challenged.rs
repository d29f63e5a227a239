//! Requests that were only a question for the challenge: a 401 or 407 refused them, and the same request came again with
//! credentials (RFC 3261 §8.1.3.5, §22.2, §22.3). For whoever sent it, the request is the one that came again.

use super::scene::Scene;
use crate::trace::{Transaction, UnitId};
use crate::wire::sip::Name;

/// The transactions of a scene without those whose challenge was answered by a later one, and without their ACKs.
pub fn without<'s, 't>(scene: &'s Scene<'t>) -> impl Iterator<Item = &'t Transaction> + use<'s, 't> {
    let transactions = scene.trace.transactions().iter();
    transactions.filter(|transaction| !is_answered(transaction, scene) && !acknowledges_challenge(transaction, scene))
}

/// Whether this is the ACK for the challenge to an INVITE that was sent again.
fn acknowledges_challenge(transaction: &Transaction, scene: &Scene<'_>) -> bool {
    let ack = scene.sip(transaction.request);
    if ack.method() != "ACK" {
        return false;
    }
    let Some(call) = scene.trace.call(ack.call_id()) else { return false };
    let number = ack.cseq().map(|(number, _)| number);
    call.units.iter().any(|id| {
        let invite = scene.sip(*id);
        invite.is_request()
            && invite.method() == "INVITE"
            && invite.cseq().map(|(number, _)| number) == number
            && scene.trace.transaction(*id).is_some_and(|transaction| is_answered(transaction, scene))
    })
}

/// Whether a request was refused with a challenge, and sent again by the same host with credentials and a higher number.
fn is_answered(transaction: &Transaction, scene: &Scene<'_>) -> bool {
    let challenge = |id: &&UnitId| matches!(scene.sip(**id).status(), Some(401 | 407));
    let Some(challenge) = transaction.responses.iter().find(challenge) else { return false };
    let first = scene.sip(transaction.request);
    let Some(call) = scene.trace.call(first.call_id()) else { return false };
    let number = first.cseq().map(|(number, _)| number);
    call.units.iter().filter(|id| *id > challenge).any(|id| {
        let again = scene.sip(*id);
        again.is_request()
            && again.method() == first.method()
            && again.cseq().map(|(number, _)| number) > number
            && scene.unit(*id).src.ip() == scene.unit(transaction.request).src.ip()
            && [Name::Authorization, Name::ProxyAuthorization].into_iter().any(|name| again.header(name).is_some())
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::judge::{Cast, Stimulus};
    use crate::time::Time;
    use crate::trace::{Trace, Transport, Unit, What};
    use crate::wire::sip::Message;

    const CREDENTIALS: &str = "Proxy-Authorization: Digest username=\"a\"\r\n";

    /// What is left of requests, written as method, number and credentials, each with the status that answers it.
    #[track_caller]
    fn check(requests: &[(&str, u32, &str, u16)], expected: &[(&str, u32)]) {
        let mut units = Vec::new();
        let (client, core) = ("192.0.2.1:5060".parse().unwrap(), "192.0.2.2:5060".parse().unwrap());
        let mut add = |text: String, src, dst| {
            let message = std::sync::Arc::new(Message::parse(Bytes::from(text)));
            let (at, packet) = (Time(units.len() as u64), units.len() as u32 + 1);
            let what = What::Sip { message, transport: Transport::Udp };
            units.push(Unit { at, begun: at, packet, src, dst, what });
        };
        for (method, number, credentials, status) in requests {
            // An ACK for a failure has the branch of its INVITE (RFC 3261 §17.1.1.3).
            let common = format!(
                "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{number}\r\nCall-ID: c\r\nCSeq: {number} {method}\r\n"
            );
            add(format!("{method} sip:b@c SIP/2.0\r\n{common}{credentials}\r\n"), client, core);
            if *status > 0 {
                add(format!("SIP/2.0 {status} X\r\n{common}\r\n"), core, client);
            }
        }
        let trace = Trace::of(units);
        let (cast, stimulus) = (Cast::default(), Stimulus::default());
        let scene = Scene::of(&trace, &cast, &stimulus);
        let left: Vec<(&str, u32)> = without(&scene)
            .map(|transaction| scene.sip(transaction.request))
            .map(|request| (request.method(), request.cseq().map_or(0, |(number, _)| number)))
            .collect();
        assert_eq!(left, expected);
    }

    #[test]
    fn a_request_that_came_again_with_credentials_counts_once() {
        check(&[("MESSAGE", 1, "", 407), ("MESSAGE", 2, CREDENTIALS, 200)], &[("MESSAGE", 2)]);
        check(
            &[("INVITE", 1, "", 407), ("ACK", 1, "", 0), ("INVITE", 2, CREDENTIALS, 200), ("ACK", 2, "", 0)],
            &[("INVITE", 2), ("ACK", 2)],
        );
        // Without credentials it is another request, and a challenge that nobody answers is a refusal like others.
        check(&[("MESSAGE", 1, "", 407), ("MESSAGE", 2, "", 407)], &[("MESSAGE", 1), ("MESSAGE", 2)]);
        check(&[("MESSAGE", 1, "", 403), ("MESSAGE", 2, CREDENTIALS, 200)], &[("MESSAGE", 1), ("MESSAGE", 2)]);
    }
}
