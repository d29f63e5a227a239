//! The waist: everything that crosses a link goes into one trace; checks read nothing else.
//!
//! It holds facts and no opinions: which octets went where when, and how they hang together.

pub mod observation;

pub use observation::{Observation, Seen};
