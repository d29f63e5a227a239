//! The checks: a closed vocabulary of fields and expectations, and the findings they give.
//!
//! A check reads a [`crate::trace::Trace`] and nothing else, so it works on a stranger's capture. It must
//! not know actors, networks or scripts.

pub mod agreement;
mod authentication;
mod cast;
mod challenged;
mod check;
mod clock;
mod compare;
mod expectation;
mod field;
pub mod finding;
mod form;
mod held;
pub mod ladder;
mod moment;
mod notification;
mod outcome;
mod read;
mod received;
mod reference;
mod relay;
mod repeats;
mod requirement;
mod scene;
mod secured;
pub mod sense;
pub mod spoilt;
mod subject;
mod told;
mod transfer;
mod under_way;

pub use cast::{Cast, Endpoint, Party};
pub use check::{Check, Row};
pub use expectation::Expectation;
pub use field::Field;
pub use finding::{CaseResult, Evidence, Fault, Finding, Place, Run, Verdict};
pub use moment::Moment;
pub use outcome::Outcome;
pub use reference::Reference;
pub use requirement::{Level, Requirement};
pub use scene::{Scene, Stimulus, Stored};
pub use subject::{Nth, Subject, When};
