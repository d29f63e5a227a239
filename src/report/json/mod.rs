//! `results.json`: everything of a run, for programs and for making the other reports again.
//!
//! The schema is described in `src/manual/results.md`. What this writes it also reads, without loss.

mod octets;
mod schema;

use std::fmt;

use super::text::acts;
use crate::judge::finding::Run;

/// The value of `schema`; another number means that a reader of this one would go wrong.
pub const SCHEMA: &str = "imspec-results/1";

/// Why some octets are no results.
#[derive(Debug)]
pub enum Error {
    /// No JSON, or not of this shape.
    Json(serde_json::Error),
    /// Another schema, or another version of it.
    Schema(String),
    /// A message that is not written as its encoding says; where.
    Octets(String),
    /// A finding that cites a message that is not there; which one.
    Evidence(String),
}

/// The whole file. The same run gives the same bytes.
pub fn to_string(run: &Run) -> String {
    inert(serde_json::to_string_pretty(&schema::Results::of(run)).expect("text and numbers always serialise"))
}

/// The same on one line.
pub fn to_line(run: &Run) -> String {
    inert(serde_json::to_string(&schema::Results::of(run)).expect("text and numbers always serialise"))
}

/// The text with a line end behind it, and nothing in it that acts on a terminal.
fn inert(text: String) -> String {
    if !text.contains(|c| acts(c) && c != '\n') {
        return text + "\n";
    }
    // JSON leaves some characters as they are that act on a terminal. They can only stand inside of strings.
    let mut safe = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if acts(c) && c != '\n' {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| safe.push_str(&format!("\\u{unit:04x}")));
        } else {
            safe.push(c);
        }
    }
    safe + "\n"
}

/// The run that the file is about.
pub fn read(text: &[u8]) -> Result<Run, Error> {
    // The schema first: what is wrong with a file of another version is its version.
    let head: schema::Head = serde_json::from_slice(text).map_err(Error::Json)?;
    if head.schema != SCHEMA {
        return Err(Error::Schema(head.schema.into_owned()));
    }
    let results: schema::Results<'_> = serde_json::from_slice(text).map_err(Error::Json)?;
    results.into_run()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Json(e) => write!(f, "no results of imspec: {e}"),
            Error::Schema(found) => write!(f, "the schema is {found:?}; this imspec reads {SCHEMA:?}"),
            Error::Octets(case) => write!(f, "the octets of a message of {case} are not as their encoding says"),
            Error::Evidence(id) => write!(f, "{id} cites a message that is not there"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Json(e) => Some(e),
            _ => None,
        }
    }
}
