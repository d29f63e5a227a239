//! The waist: everything that crosses a link goes into one trace; checks read nothing else.
//!
//! It holds facts and no opinions: which octets went where when, and how they hang together.

mod connections;
mod course;
mod episode;
pub mod observation;
mod paths;
mod places;
mod streams;
mod timeline;
mod unit;

pub use episode::{Episode, Episodes, Limits};
pub use observation::{Observation, Seen};
pub use streams::Streams;
pub use timeline::{Call, Trace, Transaction, Transfer};
pub use unit::{Change, Transport, Unit, UnitId, UserEvent, What};
