//! HTTP/1.1 for the hooks of systems under test, which ask for and give lines of text, and for servers that give whole
//! documents; all within bounds. Knows no line's meaning.

pub mod client;
pub mod server;

pub use client::{HttpError, Url};

/// The most octets of a line of text; an answer with a longer one is refused.
pub const LONGEST_LINE: usize = 64 << 10;
/// The most octets of a request that a server of ours reads.
pub const LARGEST_REQUEST: usize = 64 << 20;
