//! Whether credentials answer the challenge that asked for them (RFC 3261 §22, RFC 2617 §3.2.2).

use super::outcome::Outcome;
use super::scene::Scene;
use crate::stack::digest::{Account, Asked, Info, is_right};
use crate::trace::UnitId;
use crate::wire::sip::{Challenge, Credentials, Message, Name};

/// Judges the credentials of a request under `name`: they are for a nonce that was given, in a way that was offered, with a
/// count that was not used before, and their response is that of the password.
pub fn judge(name: Name, id: UnitId, scene: &Scene<'_>) -> Outcome {
    let message = scene.sip(id);
    let Some(line) = message.all(name).next() else {
        return Outcome::Broken { found: None, span: None, reason: format!("there is no {}", name.text()) };
    };
    let (text, span) = (message.str(line.span()), Some(line.span()));
    let credentials = Credentials::parse(text);
    let broken = |reason: String| Outcome::Broken { found: Some(text.to_owned()), span, reason };
    let asks = if name == Name::Authorization { Name::WwwAuthenticate } else { Name::ProxyAuthenticate };
    let realm = credentials.get("realm").unwrap_or_default();
    let challenges: Vec<Challenge<'_>> = heard(id, scene)
        .filter(|response| matches!(response.status(), Some(401 | 407)))
        .flat_map(|response| response.challenges(asks))
        .filter(|challenge| challenge.get("realm") == Some(realm))
        .collect();
    let given = |nonce: &str| {
        let next = |response: &Message| {
            let mut lines = response.all(Name::AuthenticationInfo);
            lines.any(|line| Info::parse(&line.text()).next_nonce.as_deref() == Some(nonce))
        };
        challenges.iter().any(|challenge| challenge.get("nonce") == Some(nonce)) || heard(id, scene).any(next)
    };
    if challenges.is_empty() {
        return Outcome::Undecided(format!("nobody has asked for a password of the realm {realm}"));
    }
    let nonce = credentials.get("nonce").unwrap_or_default();
    if !given(nonce) {
        return broken("nobody has given that nonce".to_owned());
    }
    let word = |value: Option<&str>| value.unwrap_or("MD5").to_ascii_uppercase();
    let offers = |challenge: &Challenge<'_>| {
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
        && is_used(nonce, count, id, name, scene)
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
    let body = message.body();
    let asked = Asked { method: message.method(), uri: message.request_uri().unwrap_or_default(), body: &body };
    match is_right(&credentials, &asked, &account) {
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
