//! What TLS lies under, and whose certificates were shown there: fingerprints in session descriptions against them
//! (RFC 4975 §14.4, RFC 8122).

use bytes::Bytes;

use super::expectation::Expectation;
use super::field::Field;
use super::outcome::Outcome;
use super::read::{Value, session};
use super::scene::Scene;
use crate::stack::Fingerprint;
use crate::trace::{Change, Unit, UnitId};
use crate::wire::{Span, sdp, uri};

/// The attribute with a fingerprint.
const ATTRIBUTE: &str = "fingerprint";

/// What lies between a unit and TCP: `TLS`, or `none`.
pub fn security(id: UnitId, scene: &Scene<'_>) -> Value {
    let unit = scene.unit(id);
    Value::new(if is_secured(unit, scene) { "TLS" } else { "none" }, None)
}

/// Judges what lies between a connection, or a chunk, and TCP.
pub fn judge_security(expectation: &Expectation, id: UnitId, party: &str, scene: &Scene<'_>) -> Outcome {
    super::compare::of_values(&Field::Security, expectation, &[security(id, scene)], party, scene)
}

/// Whether TLS lies under a unit: it began on a connection between the same two sockets.
pub fn is_secured(unit: &Unit, scene: &Scene<'_>) -> bool {
    scene.trace.connections().any(|(_, other, change)| change == Change::Secured && joins(other, unit))
}

/// Whether two units are of connections between the same two sockets.
pub fn joins(one: &Unit, other: &Unit) -> bool {
    (one.src, one.dst) == (other.src, other.dst) || (one.src, one.dst) == (other.dst, other.src)
}

/// The fingerprints of a medium of a session description that begins at `base`: its own, or those of the session where it
/// has none (RFC 8122 §5).
pub fn fingerprints(description: &sdp::Session, medium: &sdp::Media<'_>, base: Span) -> Vec<Value> {
    let value = |attribute: sdp::Attribute<'_>| {
        let span = Span { start: base.start + attribute.span.start, end: base.start + attribute.span.end };
        Value::new(attribute.value.unwrap_or_default(), Some(span))
    };
    let own: Vec<Value> = medium.attributes().filter(|a| a.name == ATTRIBUTE).map(value).collect();
    if own.is_empty() { description.attributes().filter(|a| a.name == ATTRIBUTE).map(value).collect() } else { own }
}

/// The hash function that a fingerprint names.
pub fn function(fingerprint: &str) -> &str {
    fingerprint.split(' ').next().unwrap_or_default()
}

/// Whether each is written as RFC 8122 §5 has it: a function, one space, and as many pairs of digits in upper case as the
/// function gives octets, with colons between.
pub fn well_formed(fingerprints: &[Value]) -> Outcome {
    let Some(first) = fingerprints.first() else {
        return Outcome::Undecided("there is no fingerprint".into());
    };
    for value in fingerprints {
        if let Some(why) = malformed(&value.text) {
            return Outcome::broken(value, why);
        }
    }
    Outcome::pass(first)
}

fn malformed(text: &str) -> Option<String> {
    let Some((function, digest)) = text.split_once(' ') else {
        return Some("there is no space behind the hash function".into());
    };
    let digit = |digit: u8| digit.is_ascii_digit() || (b'A'..=b'F').contains(&digit);
    let mut pairs = digest.split(':');
    if let Some(pair) = pairs.find(|pair| pair.len() != 2 || !pair.bytes().all(digit)) {
        return Some(format!("\u{201c}{pair}\u{201d} is no pair of hexadecimal digits in upper case"));
    }
    let octets = digest.split(':').count();
    let wanted = Fingerprint::length(&function.to_ascii_lowercase())?;
    (octets != wanted).then(|| format!("{function} gives {wanted} octets, and here are {octets}"))
}

/// Whether the fingerprints in a description of `party`'s are those of the certificate that it showed on the connections of
/// that session: one of each hash function that is known here (RFC 8122 §5.1).
pub fn matches(fingerprints: &[Value], id: UnitId, party: &str, scene: &Scene<'_>) -> Outcome {
    let Some(first) = fingerprints.first() else {
        return Outcome::Undecided("there is no fingerprint".into());
    };
    let shown = shown(id, party, scene);
    if shown.is_empty() {
        return Outcome::Undecided("no certificate of its own was seen on a connection of this session".into());
    }
    // What nobody may verify (RFC 8122 §5) matches nothing.
    let known = |value: &&Value| {
        let function = function(&value.text).to_ascii_lowercase();
        Fingerprint::length(&function).is_some() && !matches!(function.as_str(), "md5" | "md2")
    };
    let known: Vec<&Value> = fingerprints.iter().filter(known).collect();
    if known.is_empty() {
        return Outcome::Undecided("it names no hash function that is known here".into());
    }
    let is_of = |value: &Value, shown: &Bytes| Fingerprint::parse(&value.text).is_some_and(|one| one.matches(shown));
    for (packet, certificate) in &shown {
        let same = |one: &Value, other: &Value| function(&one.text).eq_ignore_ascii_case(function(&other.text));
        let missed = known.iter().find(|value| !known.iter().any(|one| same(one, value) && is_of(one, certificate)));
        if let Some(value) = missed {
            let real = Fingerprint::of(certificate);
            return Outcome::broken(value, format!("the certificate shown in packet {packet} has {real}"));
        }
    }
    Outcome::pass(first)
}

/// The certificates that `party` showed on the connections of the sessions that a message of its describes, each with its
/// packet. Where no chunk tells which they are, on those that never carried SIP.
fn shown(id: UnitId, party: &str, scene: &Scene<'_>) -> Vec<(u32, Bytes)> {
    let described = session(scene.sip(id));
    let paths: Vec<String> = described
        .iter()
        .flat_map(|(description, _)| description.media().filter_map(|m| Some(m.path().last()?.text.to_owned())))
        .collect();
    let named = |unit: &Unit| {
        unit.msrp().is_some_and(|chunk| {
            let head = chunk.head();
            let ends = [head.from_path().next_back(), head.to_path().next_back()];
            ends.into_iter().flatten().any(|end| paths.iter().any(|path| uri::same(path, end)))
        })
    };
    let mine = || scene.trace.certificates().filter(|(_, unit)| scene.cast.is_at(party, unit.src));
    let of = |wanted: &dyn Fn(&Unit) -> bool| -> Vec<(u32, Bytes)> {
        let shown = mine().filter(|(_, unit)| wanted(unit));
        shown.filter_map(|(_, unit)| Some((unit.packet, unit.certificate()?.clone()))).collect()
    };
    let carried = of(&|unit| scene.trace.units().any(|(_, other)| joins(unit, other) && named(other)));
    if carried.is_empty() { of(&|unit| !scene.carried_sip(unit)) } else { carried }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wrong: &str) {
        let found = malformed(text).unwrap_or_default();
        assert!(if wrong.is_empty() { found.is_empty() } else { found.contains(wrong) }, "{text}: {found}");
    }

    #[test]
    fn fingerprints_have_their_form() {
        let digest = |octets: usize| vec!["0A"; octets].join(":");
        check(&format!("sha-256 {}", digest(32)), "");
        check(&format!("SHA-1 {}", digest(20)), "");
        check(&format!("unknown {}", digest(3)), "");
        check(&format!("sha-256 {}", digest(20)), "32 octets, and here are 20");
        check(&format!("sha-256 {}", digest(32).to_lowercase()), "\u{201c}0a\u{201d} is no pair");
        check(&format!("sha-256  {}", digest(32)), "is no pair");
        check("sha-256 ", "is no pair");
        check("sha-256", "no space");
    }
}
