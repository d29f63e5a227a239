//! Bodies and what they say: media types, multipart, resource lists.
//!
//! Parsing a peer's body never fails and never costs more than a bounded multiple of its size: a parser yields what was
//! there and its flaws, with spans in octets of the bytes it was given. Nothing here knows which body a request must have.

mod headers;
mod in_sip;
mod media_type;
mod multipart;
mod resource_lists;
pub mod xml;

pub use headers::{Header, Headers};
pub use media_type::{Disposition, MediaType};
pub use multipart::{Multipart, Part, bodies, write};
pub use resource_lists::{CopyControl, Entry, ResourceLists};
