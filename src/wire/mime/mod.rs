//! Bodies and what they say: media types, multipart, CPIM, IMDN, indirect content, URI lists, conference documents.
//!
//! Parsing a peer's body never fails and never costs more than a bounded multiple of its size: a parser yields what was
//! there and its flaws, with spans in octets of the bytes it was given. Nothing here knows which body a request must have.

mod conference_info;
mod conference_merge;
mod conference_write;
mod cpim;
mod cpim_text;
mod cpim_write;
pub mod date;
mod external_body;
mod headers;
mod imdn;
mod in_sip;
mod media_type;
mod multipart;
mod resource_lists;
pub mod xml;

use super::Flaw;

pub use conference_info::{ConferenceInfo, ConferenceState, Description, Endpoint, State, User, Users};
pub use conference_merge::Merged;
pub use cpim::{CPIM_NS, Cpim, CpimHeader};
pub use cpim_text::Address;
pub use cpim_write::CpimBuilder;
pub use external_body::ExternalBody;
pub use headers::{Header, Headers};
pub use imdn::{CPIM_IMDN_NS, Imdn, Notification, Status};
pub use media_type::{Disposition, MediaType};
pub use multipart::{Multipart, Part, bodies, write};
pub use resource_lists::{CopyControl, Entry, ResourceLists};

/// As many flaws are enough to say that a body is broken.
const MAX_FLAWS: usize = 100;

/// Whether every flaw lies within that many octets.
#[cfg(test)]
fn lie_within(flaws: &[Flaw], octets: usize) -> bool {
    flaws.iter().all(|f| f.span.start <= f.span.end && f.span.range().end <= octets)
}

/// Adds a flaw to those of a body, unless there are enough.
fn note(flaws: &mut Vec<Flaw>, flaw: Flaw) {
    if flaws.len() < MAX_FLAWS {
        flaws.push(flaw);
    }
}
