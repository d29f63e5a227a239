//! All words that features may use, for authors: the closed lists of steps, fields, expectations and changes in one place.

use std::fmt;

use serde::Serialize;

use super::compile::STEPS;
use crate::actors::act::EVENTS;
use crate::judge::{Expectation, Field, Moment};
use crate::net::tamper::Change;

/// Every list, each word as an example that can be written so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Vocabulary {
    pub steps: Vec<String>,
    pub fields: Vec<String>,
    pub expectations: Vec<String>,
    pub moments: Vec<String>,
    pub changes: Vec<String>,
    /// What a client tells its user: the name, and what it means.
    pub events: Vec<(String, String)>,
}

impl Vocabulary {
    /// Gathers the lists.
    pub fn new() -> Vocabulary {
        let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let mut fields = Field::vocabulary();
        fields.sort();
        fields.dedup();
        Vocabulary {
            steps: owned(STEPS),
            fields,
            expectations: Expectation::vocabulary(),
            moments: Moment::vocabulary(),
            changes: owned(Change::vocabulary()),
            events: EVENTS.iter().map(|(name, meaning)| (name.to_string(), meaning.to_string())).collect(),
        }
    }
}

impl Default for Vocabulary {
    fn default() -> Vocabulary {
        Vocabulary::new()
    }
}

/// Markdown: a heading for each list, and what it is for.
impl fmt::Display for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Vocabulary\n\nAll words that features may use; `imspec list --vocabulary` prints this page.\n")?;
        let lists = [
            ("Steps", "One example each; names, numbers and methods vary.", &self.steps),
            ("Fields", "What a row looks at: the second column of a table.", &self.fields),
            ("Expectations", "What the field should hold: the third column.", &self.expectations),
            ("Moments", "What expectations, fields and steps refer to.", &self.moments),
            (
                "Changes",
                "What a peer does wrong: the column `change` of \u{201c}changes what it sends\u{201d}. Addresses of the \
                 network that is played in are named by whose they are: `<sip:x@{SIP of Bob's client}>`, \
                 `{MSRP of the conference server}/x;tcp`, `{Contact of Bob's client}`.",
                &self.changes,
            ),
        ];
        for (title, purpose, words) in lists {
            writeln!(f, "## {title}\n\n{purpose}\n")?;
            words.iter().try_for_each(|word| writeln!(f, "- `{word}`"))?;
            writeln!(f)?;
        }
        writeln!(f, "## Events\n\nWhat a client tells its user.\n")?;
        self.events.iter().try_for_each(|(name, meaning)| writeln!(f, "- `{name}`: {meaning}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_there_and_shown() {
        let vocabulary = Vocabulary::new();
        let text = vocabulary.to_string();
        for word in ["Bob is a registered IM user", "Request-URI", "is present", "the first chunk", "swallow"] {
            assert!(text.contains(&format!("\n- `{word}`\n")), "{word} is not in\n{text}");
        }
        assert!(text.contains("\n- `delivered`: the message reached the recipient\n"), "{text}");
        assert!(vocabulary.fields.is_sorted());
    }

    #[test]
    fn the_manual_has_the_vocabulary() {
        let page = include_str!("../manual/vocabulary.md");
        let current = Vocabulary::new().to_string();
        assert!(page == current, "make it anew: cargo run -- list --vocabulary > src/manual/vocabulary.md");
    }
}
