//! What messages of a system say of it, as a list for people: methods, option tags, media types, feature tags, SDP.

use serde::Serialize;

use super::evidence::{Evidence, Outcome, Question};
use crate::script::sut::signs::description;
use crate::wire::sip::{Message, Name};

/// One thing that it says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Fact {
    /// The message that says so.
    pub from: String,
    pub what: String,
    pub value: String,
}

/// Headers that say what somebody can do.
const HEADERS: &[Name] = &[
    Name::Allow,
    Name::Supported,
    Name::Require,
    Name::Accept,
    Name::AllowEvents,
    Name::Expires,
    Name::UserAgent,
    Name::Server,
];
/// Attributes that do.
const ATTRIBUTES: &[&str] = &[
    "accept-types",
    "accept-wrapped-types",
    "max-size",
    "setup",
    "file-selector",
    "file-transfer-id",
    "chatroom",
    "msrp-cema",
];

/// Everything that is said.
pub fn all(evidence: &Evidence) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(register) = &evidence.register {
        say(&mut facts, "REGISTER", register);
    }
    if let Some(options) = &evidence.options {
        say(&mut facts, "answer to OPTIONS", options);
    }
    for (question, outcome) in &evidence.outcomes {
        let (Outcome::Took(message) | Outcome::Refused(message)) = outcome else { continue };
        let from = format!("answer to {}", question.words());
        say(&mut facts, &from, message);
    }
    if let Some(began) = &evidence.began {
        say(&mut facts, began.method(), began);
    }
    facts
}

/// Adds what a message says.
pub fn say(facts: &mut Vec<Fact>, from: &str, message: &Message) {
    let mut add = |what: &str, value: String| {
        facts.push(Fact { from: from.to_owned(), what: what.to_owned(), value });
    };
    if let Some(status) = message.status() {
        add("status", status.to_string());
    }
    for name in HEADERS {
        let values: Vec<&str> = message.values(*name).map(|(_, value)| value).collect();
        if !values.is_empty() {
            add(name.text(), values.join(", "));
        }
    }
    for contact in message.addresses(Name::Contact) {
        let parameter =
            |(name, value): (&str, &str)| if value.is_empty() { name.to_owned() } else { format!("{name}={value}") };
        let parameters: Vec<String> = contact.params.iter().map(parameter).collect();
        if !parameters.is_empty() {
            add("Contact", parameters.join("; "));
        }
    }
    if let Some(session) = description(message) {
        for media in session.media() {
            for name in ATTRIBUTES {
                if let Some(attribute) = media.inherited(name) {
                    add(&format!("a={name}"), attribute.value.unwrap_or_default().to_owned());
                }
            }
        }
    }
}

/// Whether an answer to the offer of a file is one of somebody who knows file transfer (RFC 5547 §8.3.1).
pub fn knows_files(answer: &Message) -> bool {
    description(answer).is_some_and(|session| session.media().any(|media| media.file_selector().is_some()))
}

/// Whether an answer takes MSRP.
pub fn takes_msrp(answer: &Message) -> bool {
    description(answer).is_some_and(|session| session.msrp_media().is_some_and(|media| media.port != Some(0)))
}

/// What a question is called where its outcome is told.
pub fn answered(question: Question, answer: &Message) -> String {
    format!("it answered {} with {}", question.words(), answer.status().unwrap_or_default())
}
