//! From what came back to the names of capabilities: each with whether it was seen, and what that rests on.

use serde::Serialize;

use super::evidence::{Evidence, Outcome, Question};
use super::facts::{answered, knows_files, takes_msrp};
use crate::script::sut::signs::sign_of;
use crate::script::sut::{CAPABILITIES, SystemUnderTest};
use crate::wire::sip::Message;

/// A capability of a system.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Capability {
    pub name: &'static str,
    pub meaning: &'static str,
    /// Its file says so, or has no list, which claims everything.
    pub claimed: bool,
    pub shown: Shown,
    /// What that rests on.
    pub because: String,
}

/// Whether a system shows that it has a capability.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    Seen,
    /// It says that it cannot, or what it would have to say is missing.
    NotSeen,
    CannotTell,
}

impl Shown {
    pub fn word(self) -> &'static str {
        match self {
            Shown::Seen => "seen",
            Shown::NotSeen => "not seen",
            Shown::CannotTell => "cannot tell",
        }
    }
}

impl Capability {
    /// How claim and behaviour differ, where they do.
    pub fn contradiction(&self) -> Option<String> {
        match (self.claimed, self.shown) {
            (true, Shown::NotSeen) => Some(format!("it claims `{}`, and {}", self.name, self.because)),
            (false, Shown::Seen) => Some(format!("it does not claim `{}`, and {}", self.name, self.because)),
            _ => None,
        }
    }
}

/// Every capability, in the order of the list.
pub fn all(sut: &SystemUnderTest, evidence: &Evidence) -> Vec<Capability> {
    let one = |(name, meaning): &(&'static str, &'static str)| {
        let (shown, because) = shown(name, evidence);
        Capability { name, meaning, claimed: sut.claims(name), shown, because }
    };
    CAPABILITIES.iter().map(one).collect()
}

/// What was asked says more than a sign.
fn shown(name: &str, evidence: &Evidence) -> (Shown, String) {
    let asked = match name {
        "originating" => originating(evidence),
        "terminating" => terminating(evidence),
        "pager" => asked(evidence, Question::Page, |_| true, ""),
        "large-messages" => asked(evidence, Question::LargeMessage, takes_msrp, NO_MSRP),
        "sessions" => asked(evidence, Question::Session, takes_msrp, NO_MSRP),
        "conferences" => asked(evidence, Question::Conference, takes_msrp, NO_MSRP),
        "files" => asked(evidence, Question::File, knows_files, "its answer has no file-selector (RFC 5547 §8.3.1)"),
        _ => unknown("nothing that it says tells"),
    };
    let sign = || sign_of(name, evidence.said.iter().map(|message| &**message));
    match asked.0 {
        Shown::CannotTell => sign().map_or(asked, |sign| (Shown::Seen, sign.says.to_owned())),
        _ => asked,
    }
}

const NO_MSRP: &str = "its answer has no MSRP";

fn unknown(because: &str) -> (Shown, String) {
    (Shown::CannotTell, because.to_owned())
}

/// What it took, and what its answer would have to be.
fn asked(evidence: &Evidence, question: Question, fits: fn(&Message) -> bool, else_: &str) -> (Shown, String) {
    match evidence.outcome(question) {
        None => unknown("nothing that it says tells, and it was not asked"),
        Some(Outcome::Undecided(why)) => unknown(why),
        Some(Outcome::Refused(answer)) => (Shown::NotSeen, answered(question, answer)),
        Some(Outcome::Took(answer)) if fits(answer) => (Shown::Seen, answered(question, answer)),
        Some(Outcome::Took(_)) => (Shown::NotSeen, else_.to_owned()),
    }
}

fn originating(evidence: &Evidence) -> (Shown, String) {
    match (&evidence.began, &evidence.deaf) {
        (Some(began), _) => (Shown::Seen, format!("it sent {} when it was told to send a message", began.method())),
        (None, Some(how)) => (Shown::NotSeen, format!("nothing came when it was told to send a message: {how}")),
        (None, None) => unknown("nobody could tell it to send anything"),
    }
}

fn terminating(evidence: &Evidence) -> (Shown, String) {
    let took = evidence.outcomes.iter().find_map(|(question, outcome)| match outcome {
        Outcome::Took(answer) => Some(answered(*question, answer)),
        _ => None,
    });
    if let Some(took) = took {
        return (Shown::Seen, took);
    }
    let refused = |(_, outcome): &(Question, Outcome)| matches!(outcome, Outcome::Refused(_));
    match evidence.outcomes.is_empty() || !evidence.outcomes.iter().all(refused) {
        true => unknown("it took nothing that was asked"),
        false => (Shown::NotSeen, "it refused all that was asked".to_owned()),
    }
}
