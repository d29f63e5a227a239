//! What a client says to its MSRP relay, and the paths that the relay gave (RFC 4976 §5.1).

use super::authentication::{self, Asking};
use super::compare::of_values;
use super::expectation::Expectation;
use super::field::Field;
use super::outcome::Outcome;
use super::read::Value;
use super::scene::Scene;
use crate::stack::digest::{Asked, Info};
use crate::trace::{Trace, Unit, UnitId};
use crate::wire::msrp::Head;
use crate::wire::sip::{Challenge, Credentials};
use crate::wire::uri;

/// The AUTH requests of a party, but those whose challenge it answered: they were only a question for it.
pub fn auths<'s>(party: &'s str, scene: &'s Scene<'_>) -> impl Iterator<Item = UnitId> + 's {
    all(party, scene).filter(move |id| {
        let challenged = answer(scene.trace, *id).is_some_and(|head| head.status() == Some(401));
        !challenged
            || !all(party, scene).any(|later| later > *id && head(scene.trace, later).find("Authorization").is_some())
    })
}

/// Every AUTH of a party that did not come by way of somebody else.
fn all<'s>(party: &'s str, scene: &'s Scene<'_>) -> impl Iterator<Item = UnitId> + 's {
    let sent = scene.trace.units().filter(move |(_, unit)| scene.cast.is_at(party, unit.src));
    sent.filter(|(_, unit)| unit.msrp().is_some_and(|message| message.head().method() == "AUTH")).map(|(id, _)| id)
}

/// Whether somebody asked for a path over the connection of a unit.
pub fn leads_to_own_relay(unit: &Unit, scene: &Scene<'_>) -> bool {
    let asked = |other: &Unit| other.msrp().is_some_and(|message| message.head().method() == "AUTH");
    scene.trace.units().any(|(_, other)| (other.src, other.dst) == (unit.src, unit.dst) && asked(other))
}

/// The URIs that the relays gave a party first, the nearest first, and the own URI of the party that they are for.
pub fn first_path(party: &str, scene: &Scene<'_>) -> Option<(Vec<String>, String)> {
    auths(party, scene).find_map(|id| {
        let answer = answer(scene.trace, id).filter(|head| head.status() == Some(200))?;
        let path: Vec<String> = answer.header("Use-Path")?.split_ascii_whitespace().map(str::to_owned).collect();
        let own = head(scene.trace, id).from_path().next_back()?.to_owned();
        (!path.is_empty()).then_some((path, own))
    })
}

/// Judges one field of an AUTH that `party` sent.
pub fn judge(field: &Field, expectation: &Expectation, id: UnitId, party: &str, scene: &Scene<'_>) -> Outcome {
    let message = scene.msrp(id);
    match (field, expectation) {
        (Field::MsrpHeader(name), Expectation::AnswersTheChallenge) if name == "Authorization" => {
            credentials(id, scene)
        }
        (Field::MsrpHeader(name), Expectation::HasParameter(parameter, wanted)) if name == "Authorization" => {
            let Some(line) = message.head().find(name) else {
                return Outcome::Broken { found: None, span: None, reason: "there is no Authorization".into() };
            };
            let value = Value::new(line.value(), Some(line.span()));
            let held = Credentials::parse(line.value()).get(parameter).map(str::to_owned);
            match held.is_some_and(|held| wanted.as_ref().is_none_or(|wanted| held.eq_ignore_ascii_case(wanted))) {
                true => Outcome::pass(&value),
                false => Outcome::broken(&value, format!("the parameter {parameter} is missing or another")),
            }
        }
        (Field::Security, _) => super::secured::judge_security(expectation, id, party, scene),
        (Field::Order | Field::SecondsAfter(_), _) => super::clock::order(field, expectation, id, party, scene),
        (Field::MsrpHeader(name), _) => {
            let held = message.head().find(name);
            let values: Vec<Value> = held.map(|held| Value::new(held.value(), Some(held.span()))).into_iter().collect();
            of_values(field, expectation, &values, party, scene)
        }
        _ => Outcome::Error(format!("an AUTH has no {field}")),
    }
}

/// Whether the credentials are those that the relay asked for. What is hashed is the URI of the relay (RFC 4976 §9.1).
fn credentials(id: UnitId, scene: &Scene<'_>) -> Outcome {
    let own = head(scene.trace, id);
    let Some(line) = own.find("Authorization") else {
        return Outcome::Broken { found: None, span: None, reason: "there is no Authorization".into() };
    };
    let uri = own.to_path().next_back().unwrap_or_default();
    let mut text = line.value().to_owned();
    let parameter = Credentials::parse(&text).get("uri").map(str::to_owned);
    match parameter {
        // RFC 4976 §7 does not name the parameter.
        None => text.push_str(&format!(", uri=\"{uri}\"")),
        Some(named) if !uri::same(&named, uri) => {
            let reason = format!("the URI is {named}, and the relay is {uri}");
            return Outcome::Broken { found: Some(text), span: Some(line.span()), reason };
        }
        Some(_) => {}
    }
    let host = scene.unit(id).src.ip();
    let before = scene.trace.units().take_while(|(other, _)| *other < id);
    let heard: Vec<&Head> = before
        .filter(|(_, unit)| unit.dst.ip() == host)
        .filter_map(|(_, unit)| unit.msrp().map(|message| message.head()))
        .filter(|head| head.is_response())
        .collect();
    let challenges = heard.iter().filter(|head| head.status() == Some(401)).flat_map(|head| {
        let lines = head.headers().filter(|header| header.name().eq_ignore_ascii_case("WWW-Authenticate"));
        lines.map(|line| Challenge::parse(line.value()))
    });
    let next = heard.iter().filter_map(|head| Info::parse(head.header("Authentication-Info")?).next_nonce);
    let mut earlier =
        scene.trace.units().take_while(|(other, _)| *other < id).filter(|(_, unit)| unit.src.ip() == host);
    let mut used = |nonce: &str, count: &str| {
        earlier.any(|(_, unit)| {
            let known = unit.msrp().and_then(|message| message.head().header("Authorization"));
            known
                .map(Credentials::parse)
                .is_some_and(|known| known.get("nonce") == Some(nonce) && known.get("nc") == Some(count))
        })
    };
    let asking = Asking {
        challenges: challenges.collect(),
        next_nonces: next.collect(),
        is_used: &mut used,
        asked: Asked { method: "AUTH", uri, body: b"" },
    };
    authentication::weigh(&text, Some(line.span()), asking, scene)
}

fn head(trace: &Trace, id: UnitId) -> &Head {
    trace.unit(id).msrp().expect("a unit that was chosen as an AUTH is an MSRP message").head()
}

fn answer(trace: &Trace, id: UnitId) -> Option<&Head> {
    trace.msrp_response(id).and_then(|id| trace.unit(id).msrp()).map(|message| message.head())
}
