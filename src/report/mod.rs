//! What people and machines read after a run: terminal, HTML, JUnit, JSON, Markdown and ladders.
//!
//! It prints findings and makes no decisions: it must not judge, play or read a capture. What a peer sent is
//! shown only through [`text`], so that nothing of it acts on a terminal, a browser or a CI server.

pub mod annotations;
pub mod diff;
pub mod doctor;
pub mod html;
mod journal;
pub mod json;
pub mod junit;
pub mod ladder;
pub mod probe;
pub mod summary;
pub mod tally;
pub mod terminal;
pub mod text;
mod write;

pub use journal::Journal;
pub use write::{Cause, Error, read, write_all};
