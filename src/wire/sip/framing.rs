//! Messages out of a stream: Content-Length says where each one ends (RFC 3261 §18.3).
//!
//! Knows octets only; which connection they came on, and when, is the caller's.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr_iter;

use super::index::Index;
use super::message::{Message, Origin, number};
use super::name::Name;
use crate::wire::{Flaw, Span};

/// How much of a peer's stream is held at most while a message is incomplete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Octets of start line and header section.
    pub head: usize,
    /// Octets of a body.
    pub body: usize,
}

impl Default for Limits {
    /// 64 KiB of headers, 16 MiB of body.
    fn default() -> Limits {
        Limits { head: 64 << 10, body: 16 << 20 }
    }
}

/// What a stream holds next.
#[derive(Clone, Debug)]
pub enum Framed {
    Message(Message),
    /// One CRLF between messages (RFC 3261 §7.5). Two in a row are a ping, one is its pong (RFC 5626 §3.5.1).
    KeepAlive,
    /// Nobody can tell where the next message begins. `bytes` is everything not yet framed; nothing follows.
    Broken {
        flaw: Flaw,
        bytes: Bytes,
    },
}

/// Takes one direction of a stream apart.
///
/// A message that lies in one segment is a slice of it; only one that spans segments is copied. The result is
/// the same however the stream is cut into segments, but for what a broken stream had gathered.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    limits: Limits,
    pending: Pending,
    /// How far `pending` was searched for the end of the header section.
    searched: usize,
    /// Where the line begins in which the search stands.
    line: usize,
    /// A line that is not empty was seen; line ends before it end nothing.
    started: bool,
    /// The header section is complete; the message ends there.
    head: Option<(Index, usize)>,
    broken: bool,
}

/// Octets that are not framed yet.
#[derive(Debug)]
enum Pending {
    /// What is left of one segment.
    Segment(Bytes),
    /// What was joined from several.
    Joined(BytesMut),
}

impl StreamDecoder {
    pub fn new() -> StreamDecoder {
        StreamDecoder::default()
    }

    pub fn with_limits(limits: Limits) -> StreamDecoder {
        StreamDecoder { limits, ..StreamDecoder::default() }
    }

    /// Takes the next segment; [`StreamDecoder::poll`] until it gives nothing before the next one.
    pub fn push(&mut self, segment: Bytes) {
        if !self.broken {
            self.pending.push(segment);
        }
    }

    /// The next message or keep-alive that is complete.
    pub fn poll(&mut self) -> Option<Framed> {
        if self.broken {
            return None;
        }
        if self.head.is_none() {
            if self.line == 0 && self.pending.octets().starts_with(b"\r\n") {
                self.pending.split_to(2);
                self.searched = 0;
                return Some(Framed::KeepAlive);
            }
            match self.head_end() {
                Some(end) if end <= self.limits.head => {
                    if let Err(flaw) = self.read_head(end) {
                        return Some(self.give_up(flaw));
                    }
                }
                None if self.pending.octets().len() <= self.limits.head => return None,
                _ => {
                    let span = Span::new(0..self.limits.head);
                    let what = "no end of the header section within the octets allowed";
                    return Some(self.give_up(Flaw::new(span, "RFC 3261 §7", what)));
                }
            }
        }
        let held = self.pending.octets().len();
        let (index, end) = self.head.take_if(|(_, end)| *end <= held)?;
        (self.searched, self.line, self.started) = (0, 0, false);
        Some(Framed::Message(Message::assemble(self.pending.split_to(end), index, Origin::Stream)))
    }

    /// What has come of a message that is not complete; empty between messages.
    pub fn rest(&self) -> &[u8] {
        self.pending.octets()
    }

    /// Where the header section ends, its empty line included.
    fn head_end(&mut self) -> Option<usize> {
        let octets = self.pending.octets();
        let horizon = octets.len().min(self.limits.head.saturating_add(1));
        for found in memchr_iter(b'\n', octets.get(self.searched..horizon)?) {
            let end = self.searched + found;
            let empty = matches!(&octets[self.line..end], [] | [b'\r']);
            self.line = end + 1;
            if empty && self.started {
                return Some(end + 1);
            }
            self.started |= !empty;
        }
        self.searched = horizon;
        None
    }

    fn read_head(&mut self, end: usize) -> Result<(), Flaw> {
        let head = &self.pending.octets()[..end];
        let index = Index::of(head);
        let mut length = None;
        for line in index.named(Name::ContentLength) {
            let Some(this) = number(line.value.of(head)) else {
                return Err(Flaw::new(line.value, "RFC 3261 §20.14", "Content-Length is not a number of octets"));
            };
            if length.is_some_and(|other| other != this) {
                return Err(Flaw::new(line.value, "RFC 3261 §20.14", "two different values of Content-Length"));
            }
            if this > self.limits.body {
                return Err(Flaw::new(line.value, "RFC 3261 §18.3", "body beyond the octets allowed"));
            }
            length = Some(this);
        }
        self.head = Some((index, end.saturating_add(length.unwrap_or(0))));
        Ok(())
    }

    fn give_up(&mut self, flaw: Flaw) -> Framed {
        self.broken = true;
        let held = self.pending.octets().len();
        Framed::Broken { flaw, bytes: self.pending.split_to(held) }
    }
}

impl Default for Pending {
    fn default() -> Pending {
        Pending::Segment(Bytes::new())
    }
}

impl Pending {
    fn octets(&self) -> &[u8] {
        match self {
            Pending::Segment(bytes) => bytes,
            Pending::Joined(bytes) => bytes,
        }
    }

    fn push(&mut self, segment: Bytes) {
        if self.octets().is_empty() {
            *self = Pending::Segment(segment);
            return;
        }
        if let Pending::Segment(first) = self {
            let mut joined = BytesMut::with_capacity((first.remaining() + segment.len()) * 2);
            joined.extend_from_slice(first);
            *self = Pending::Joined(joined);
        }
        if let Pending::Joined(joined) = self {
            joined.extend_from_slice(&segment);
        }
    }

    fn split_to(&mut self, octets: usize) -> Bytes {
        match self {
            Pending::Segment(bytes) => bytes.split_to(octets),
            Pending::Joined(bytes) => bytes.split_to(octets).freeze(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BYE: &str = "BYE sip:a@b SIP/2.0\r\nContent-Length: 3\r\n\r\nabc";
    const ACK: &str = "ACK sip:a@b SIP/2.0\nl:0\n\n";

    /// What comes out of `stream` when it arrives in segments of at most `cut` octets.
    fn framed(stream: &[u8], cut: usize, limits: Limits) -> Vec<String> {
        let mut decoder = StreamDecoder::with_limits(limits);
        let mut out = Vec::new();
        for segment in stream.chunks(cut.max(1)) {
            decoder.push(Bytes::copy_from_slice(segment));
            while let Some(framed) = decoder.poll() {
                out.push(match framed {
                    Framed::Message(message) => String::from_utf8_lossy(message.bytes()).into_owned(),
                    Framed::KeepAlive => "keep-alive".to_owned(),
                    Framed::Broken { flaw, .. } => format!("broken: {}", flaw.what),
                });
            }
        }
        if !decoder.rest().is_empty() {
            out.push(format!("rest {}", decoder.rest().len()));
        }
        out
    }

    #[track_caller]
    fn check(stream: &str, expected: &[&str]) {
        let limits = Limits { head: 64, body: 10 };
        for cut in [1, 2, 3, 7, 1000] {
            assert_eq!(framed(stream.as_bytes(), cut, limits), expected, "in segments of {cut}");
        }
    }

    #[test]
    fn content_length_ends_a_message() {
        check(BYE, &[BYE]);
        check(&format!("{BYE}{ACK}{BYE}"), &[BYE, ACK, BYE]);
        check(&format!("{BYE}\r\n\r\n{ACK}\r\n"), &[BYE, "keep-alive", "keep-alive", ACK, "keep-alive"]);
        check(&BYE[..30], &["rest 30"]);
        check(&BYE[..BYE.len() - 1], &[&format!("rest {}", BYE.len() - 1)]);
        check("\nA b SIP/2.0\n\n\r\n", &["\nA b SIP/2.0\n\n", "keep-alive"]);
        check("A b SIP/2.0\r\n\r\nx", &["A b SIP/2.0\r\n\r\n", "rest 1"]);
    }

    #[test]
    fn a_stream_that_cannot_be_framed_is_broken_for_good() {
        let head = "broken: no end of the header section within the octets allowed";
        check(&"x".repeat(65), &[head]);
        check(&"\n".repeat(65), &[head]);
        check(&format!("{BYE}{}", "a\n".repeat(50)), &[BYE, head]);
        let number = "broken: Content-Length is not a number of octets";
        check("A b SIP/2.0\r\nContent-Length: -999\r\n\r\n", &[number]);
        check("A b SIP/2.0\r\nl:\r\n\r\n", &[number]);
        check(&format!("A b SIP/2.0\r\nl:{}\r\n\r\n", "9".repeat(30)), &[number]);
        check("A b SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\nab", &["broken: two different values of Content-Length"]);
        check("A b SIP/2.0\r\nl: 11\r\n\r\n", &["broken: body beyond the octets allowed"]);
    }

    #[test]
    fn a_message_in_one_segment_is_not_copied() {
        let segment = Bytes::from(format!("{BYE}{BYE}"));
        let mut decoder = StreamDecoder::new();
        decoder.push(segment.clone());
        let Some(Framed::Message(message)) = decoder.poll() else { panic!("a message") };
        assert_eq!(message.bytes().as_ptr(), segment.as_ptr());
        assert_eq!(message.body().as_ref(), b"abc");
    }

    #[test]
    fn a_message_on_a_stream_must_tell_its_length() {
        for (stream, expected) in [(ACK, 0), ("ACK sip:a@b SIP/2.0\r\n\r\n", 1)] {
            let mut decoder = StreamDecoder::new();
            decoder.push(Bytes::from_static(stream.as_bytes()));
            let Some(Framed::Message(message)) = decoder.poll() else { panic!("a message") };
            let told = message.flaws().iter().filter(|flaw| flaw.clause == "RFC 3261 §20.14").count();
            assert_eq!(told, expected, "{stream}");
        }
    }

    proptest! {
        #[test]
        fn any_segmentation_gives_the_same(
            parts in prop::collection::vec(
                prop_oneof![
                    Just(BYE.to_owned()), Just(ACK.to_owned()), Just("\r\n".to_owned()), Just("\n".to_owned()),
                    Just("l: 1\r\n".to_owned()), Just("\r".to_owned()), "[ -~]{0,5}"
                ],
                0..8,
            ),
            cut in 1_usize..40,
        ) {
            let stream = parts.concat();
            let limits = Limits { head: 80, body: 10 };
            prop_assert_eq!(framed(stream.as_bytes(), cut, limits), framed(stream.as_bytes(), stream.len(), limits));
        }
    }
}
