//! The checks: a closed vocabulary of fields and expectations, and the findings they give.
//!
//! A check reads a [`crate::trace::Trace`] and nothing else, so it works on a stranger's capture. It must
//! not know actors, networks or scripts.

pub mod finding;

pub use finding::{CaseResult, Evidence, Fault, Finding, Place, Run, Verdict};
