//! MSRP chunks (RFC 4975): framing of a stream, kept bytes with an index of spans, and a builder.
//!
//! A [`Decoder`] takes segments of any size and never copies a body. It must not know sessions,
//! connections, reports' meaning or OMA rules.

mod build;
mod decoder;
mod head;
mod message;
mod rules;
mod syntax;
mod tail;

pub use build::{Builder, EndLine, safe_end_line};
pub use decoder::{Decoder, Event, HEADER_SECTION};
pub use head::{ByteRange, Head, Header, Start, Status};
pub use message::{Assembler, Body, Message};
pub use tail::Flag;

/// Whether a stream that begins with `bytes` speaks MSRP; `None` where more octets are needed to tell.
pub fn looks_like_msrp(bytes: &[u8]) -> Option<bool> {
    const START: &[u8] = b"MSRP ";
    let known = bytes.len().min(START.len());
    if bytes[..known] != START[..known] {
        return Some(false);
    }
    (known == START.len()).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_octets_tell_msrp_from_others() {
        for (bytes, expected) in [
            ("", None),
            ("M", None),
            ("MSRP", None),
            ("MSRP ", Some(true)),
            ("MSRP a786hjs2 SEND\r\n", Some(true)),
            ("MESSAGE sip:bob@example.com SIP/2.0", Some(false)),
            ("msrp a786hjs2 SEND", Some(false)),
            ("MSRPX", Some(false)),
        ] {
            assert_eq!(looks_like_msrp(bytes.as_bytes()), expected, "{bytes:?}");
        }
    }
}
