//! What a party passes on, compared with what it got: *the same as in Alice's INVITE*.
//!
//! Values are compared as they were written, blanks left out: who passes something on does not rewrite it.

use std::fmt;

use super::field::Field;
use super::moment::status_of;
use super::outcome::Outcome;
use super::read::{Value, part, read};
use super::scene::Scene;
use crate::trace::UnitId;
use crate::wire::sip::METHODS;

/// A message that a party received: a person's request, or his response to a request of the party.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    pub person: String,
    /// Nothing for a request.
    pub status: Option<u16>,
    pub method: String,
}

impl Received {
    /// `Alice's INVITE`, `Bob's 200 to the INVITE`.
    pub fn parse(words: &str) -> Option<Received> {
        let (person, what) = words.split_once("'s ")?;
        let (status, method) = match what.split_once(" to the ") {
            Some((status, method)) => (Some(status_of(status)?), method),
            None => (None, what),
        };
        let known = METHODS.contains(&method) && !person.is_empty() && !person.contains(char::is_whitespace);
        known.then(|| Received { person: person.to_owned(), status, method: method.to_owned() })
    }

    /// The last such message that `party` got before the message `before`.
    pub fn find(&self, party: &str, before: Option<UnitId>, scene: &Scene<'_>) -> Option<UnitId> {
        let mut all: Vec<UnitId> =
            self.all(party, scene).filter(|id| before.is_none_or(|before| *id < before)).collect();
        all.sort_unstable();
        all.last().copied()
    }

    /// Every such message that `party` got.
    pub fn all<'s>(&'s self, party: &'s str, scene: &'s Scene<'_>) -> Box<dyn Iterator<Item = UnitId> + 's> {
        match self.status {
            None => Box::new(scene.requests_of(party, &self.method, &self.person)),
            Some(status) => {
                let asked = scene.requests_to(party, &self.method, Some(&self.person));
                let answers =
                    asked.filter_map(|id| scene.trace.transaction(id)).flat_map(|t| t.responses.iter().copied());
                Box::new(answers.filter(move |id| scene.sip(*id).status() == Some(status)))
            }
        }
    }
}

/// Whether the field of a message of `party` is what it was in the message that it got; with `wanted` false, that it is not.
pub fn judge(field: &Field, source: &Received, wanted: bool, id: UnitId, party: &str, scene: &Scene<'_>) -> Outcome {
    let Some(got) = source.find(party, Some(id), scene) else {
        return Outcome::Undecided(format!("{source} was not seen before"));
    };
    let (own, theirs) = (values(field, id, scene), values(field, got, scene));
    let Some(first) = own.first() else {
        return match theirs.first() {
            None if wanted => Outcome::Pass { found: Some("absent in both".into()), span: None },
            _ => Outcome::Broken { found: None, span: None, reason: format!("there is no {field}") },
        };
    };
    let same = own.iter().map(bare).eq(theirs.iter().map(bare));
    if same == wanted {
        return Outcome::pass(first);
    }
    Outcome::broken(
        first,
        match (wanted, theirs.first()) {
            (false, _) => format!("{source} has the same"),
            (true, Some(theirs)) => format!("{source} has {}", shortened(&theirs.text)),
            (true, None) => format!("{source} has none"),
        },
    )
}

/// The values of a field; of a body, its octets.
fn values(field: &Field, id: UnitId, scene: &Scene<'_>) -> Vec<Value> {
    let message = scene.sip(id);
    let octets = |body: bytes::Bytes, span| Value::new(String::from_utf8_lossy(&body), Some(span));
    match field {
        Field::Body => Some(message.body_span()).filter(|span| !span.is_empty()).map(|s| octets(message.body(), s)),
        Field::BodyPart(kind) => part(message, kind).map(|part| octets(part.body.clone(), part.body_span)),
        _ => return read(field, id, scene),
    }
    .into_iter()
    .collect()
}

fn bare(value: &Value) -> String {
    value.text.chars().filter(|c| !c.is_ascii_whitespace()).collect()
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(200).collect();
    if short.len() < text.len() {
        short.push('\u{2026}');
    }
    short
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Received { person, status, method } = self;
        match status {
            None => write!(f, "{person}'s {method}"),
            Some(status) => write!(f, "{person}'s {status} to the {method}"),
        }
    }
}
