//! Bytes and what they say: lossless codecs for SIP, SDP, MSRP, MIME, CPIM, XML bodies and URIs.
//!
//! Parsing a peer's bytes never fails: a parser yields what was there and its [`Flaw`]s, each with the
//! octets it lies in and the clause it breaks. Nothing here knows time, randomness, I/O or OMA rules.

mod flaw;
pub mod mime;
pub mod msrp;
pub mod sdp;
pub mod sip;
pub mod uri;
pub mod x509;

pub use flaw::{Flaw, Span};
