//! Offer and answer for MSRP (RFC 3264, RFC 4975 §8, RFC 6135): what to write, and what was agreed.
//!
//! One [`Negotiation`] stands beside one dialog and is about a list of media; most calls have one. It must not know SIP messages, connections, or OMA rules.

mod local;
mod negotiation;
mod plan;
#[cfg(test)]
mod secured_tests;

pub use local::{Local, Through};
pub use negotiation::{Answer, Answers, Negotiation};
pub use plan::{MediaPlan, Problem, Refusal, Role, usable};
