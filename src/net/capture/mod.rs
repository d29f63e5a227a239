//! Capture files: pcap and pcapng, in and out.
//!
//! Reading goes file → record → IP datagram → UDP datagram or TCP stream, and gives [`Observation`]s in the order of
//! the file; writing fabricates the frames that would have carried them. Nothing here knows SIP or MSRP.
//!
//! [`Observation`]: crate::trace::Observation

mod error;
mod fragments;
mod frames;
mod ip;
mod link;
mod reader;
mod record;
mod source;
mod tcp;
mod tls;
mod writer;

pub use error::{CaptureError, Problem};
pub use reader::{CaptureReader, KEYS, Statistics};
pub use tcp::Repeats;
pub(super) use tls::Sealer;
pub use writer::{CaptureWriter, Format};

#[cfg(test)]
mod tests;
