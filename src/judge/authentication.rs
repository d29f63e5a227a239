//! Whether credentials answer the challenge that asked for them (RFC 3261 §22, RFC 2617 §3.2.2).

use super::outcome::Outcome;
use super::scene::Scene;
use crate::stack::digest::{Account, Asked, Info, is_right};
use crate::trace::UnitId;
use crate::wire::Span;
use crate::wire::sip::{Challenge, Credentials, Message, Name};

/// Judges the credentials of a request under `name`: they are for a nonce that was given, in a way that was offered, with a
/// count that was not used before, and their response is that of the password.
pub fn judge(name: Name, id: UnitId, scene: &Scene<'_>) -> Outcome {
    let message = scene.sip(id);
    let Some(line) = message.all(name).next() else {
        return Outcome::Broken { found: None, span: None, reason: format!("there is no {}", name.text()) };
    };
    let asks = if name == Name::Authorization { Name::WwwAuthenticate } else { Name::ProxyAuthenticate };
    let challenges = heard(id, scene).filter(|response| matches!(response.status(), Some(401 | 407)));
    let next = heard(id, scene).flat_map(|response| response.all(Name::AuthenticationInfo));
    let body = message.body();
    let asking = Asking {
        challenges: challenges.flat_map(|response| response.challenges(asks)).collect(),
        next_nonces: next.filter_map(|line| Info::parse(&line.text()).next_nonce).collect(),
        is_used: &mut |nonce, count| is_used(nonce, count, id, name, scene),
        asked: Asked { method: message.method(), uri: message.request_uri().unwrap_or_default(), body: &body },
    };
    weigh(message.str(line.span()), Some(line.span()), asking, scene)
}

/// What the sender of credentials had heard before, and what they are for.
pub(super) struct Asking<'a> {
    pub challenges: Vec<Challenge<'a>>,
    /// Nonces that were given for later requests.
    pub next_nonces: Vec<String>,
    /// Whether a nonce was sent before with that count.
    pub is_used: &'a mut dyn FnMut(&str, &str) -> bool,
    pub asked: Asked<'a>,
}

/// Judges credentials, whatever protocol they are in.
pub(super) fn weigh(text: &str, span: Option<Span>, asking: Asking<'_>, scene: &Scene<'_>) -> Outcome {
    let credentials = Credentials::parse(text);
    let broken = |reason: String| Outcome::Broken { found: Some(text.to_owned()), span, reason };
    let realm = credentials.get("realm").unwrap_or_default();
    let challenges: Vec<&Challenge<'_>> =
        asking.challenges.iter().filter(|challenge| challenge.get("realm") == Some(realm)).collect();
    if challenges.is_empty() {
        return Outcome::Undecided(format!("nobody has asked for a password of the realm {realm}"));
    }
    let nonce = credentials.get("nonce").unwrap_or_default();
    let asked_with = challenges.iter().any(|challenge| challenge.get("nonce") == Some(nonce));
    if !asked_with && !asking.next_nonces.iter().any(|next| next == nonce) {
        return broken("nobody has given that nonce".to_owned());
    }
    let word = |value: Option<&str>| value.unwrap_or("MD5").to_ascii_uppercase();
    let offers = |challenge: &&Challenge<'_>| {
        let quality = match (challenge.get("qop"), credentials.get("qop")) {
            (Some(offered), Some(taken)) => offered.split(',').any(|one| one.trim().eq_ignore_ascii_case(taken)),
            (offered, taken) => offered.is_none() && taken.is_none(),
        };
        quality
            && word(challenge.get("algorithm")) == word(credentials.get("algorithm"))
            && (challenge.get("opaque") == credentials.get("opaque") || challenge.get("nonce") != Some(nonce))
    };
    if !challenges.iter().any(offers) {
        return broken("no challenge offers that algorithm, quality and opaque".to_owned());
    }
    if let Some(count) = credentials.get("nc")
        && (asking.is_used)(nonce, count)
    {
        return broken(format!("the count {count} was used before"));
    }
    let user = credentials.get("username").unwrap_or_default();
    let Some((_, password)) = scene.cast.passwords.iter().find(|(known, _)| known == user) else {
        return match scene.cast.passwords.is_empty() {
            true => Outcome::Undecided(format!("nothing in this case tells the password of {user}")),
            false => broken(format!("there is no user {user}")),
        };
    };
    let account = Account { user: user.to_owned(), password: password.clone() };
    match is_right(&credentials, &asking.asked, &account) {
        true => Outcome::Pass { found: Some(text.to_owned()), span },
        false => broken(format!("the response is not that of the password of {user}")),
    }
}

/// The responses that the sender of a request got before it.
fn heard<'s>(id: UnitId, scene: &'s Scene<'_>) -> impl Iterator<Item = &'s Message> {
    let host = scene.unit(id).src.ip();
    let before = scene.trace.units().take_while(move |(other, _)| *other < id);
    before.filter(move |(_, unit)| unit.dst.ip() == host).filter_map(|(_, unit)| unit.sip()).filter(|m| m.is_response())
}

/// Whether another request before had the same nonce and count. An ACK has those of its INVITE.
fn is_used(nonce: &str, count: &str, id: UnitId, name: Name, scene: &Scene<'_>) -> bool {
    let host = scene.unit(id).src.ip();
    let mut earlier = scene.trace.transactions().iter().map(|t| t.request).filter(|other| *other < id);
    scene.sip(id).method() != "ACK"
        && earlier.any(|other| {
            let message = scene.sip(other);
            scene.unit(other).src.ip() == host
                && message.method() != "ACK"
                && message
                    .credentials(name)
                    .any(|known| known.get("nonce") == Some(nonce) && known.get("nc") == Some(count))
        })
}
