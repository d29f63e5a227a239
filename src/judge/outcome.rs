//! What comes of judging one row, before levels and faults make a finding of it.

use super::read::Value;
use crate::wire::Span;

/// The outcome of one row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    Pass {
        found: Option<String>,
        span: Option<Span>,
    },
    /// The requirement is broken. `reason` may be empty where expected and found say it all.
    Broken {
        found: Option<String>,
        span: Option<Span>,
        reason: String,
    },
    /// The texts leave open whether this is right.
    Ambiguous {
        found: Option<String>,
        span: Option<Span>,
        reason: String,
    },
    /// An OMA text lets this pass, and the RFC that it rests on does not.
    AgainstRfc {
        found: Option<String>,
        span: Option<Span>,
        reason: String,
    },
    /// The case does not tell: something else was missing or spoilt it.
    Undecided(String),
    /// The system, or the stage, cannot show what the row is about.
    NotObservable(String),
    /// The row itself makes no sense: an author's or our error.
    Error(String),
}

impl Outcome {
    pub fn pass(value: &Value) -> Outcome {
        Outcome::Pass { found: Some(value.text.clone()), span: value.span }
    }

    pub fn broken(value: &Value, reason: String) -> Outcome {
        Outcome::Broken { found: Some(value.text.clone()), span: value.span, reason }
    }
}
