//! Framing: a stream in segments of any size becomes heads, body pieces and end-lines.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;

use super::head::Head;
use super::tail::{Finder, Flag, Found, end_line};
use crate::wire::{Flaw, Span};

/// The most octets of one start line and header section; beyond it the framing is given up.
pub const HEADER_SECTION: usize = 16 * 1024;

/// The longest transaction identifier that still frames a chunk; RFC 4975 §9 allows 32 characters.
const TRANSACTION_ID: usize = 256;

/// What a [`Decoder`] found next.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time is on the stack; a box would cost an allocation a chunk")]
pub enum Event {
    /// A chunk begins.
    Head(Head),
    /// Octets of the chunk's body. A body of no octets yields none (see [`Head::has_body`]).
    Body(Bytes),
    /// The chunk is complete, after `octets` of body.
    End {
        flag: Flag,
        octets: u64,
        /// The end-line as it came; where there is a body, with the CRLF before it.
        tail: Bytes,
    },
    /// Octets that belong to no chunk. The decoder skips lines until one is an MSRP start line.
    Broken(Flaw),
}

/// Takes one direction of an MSRP connection apart. Bodies come as slices of the pushed segments; no more than
/// [`HEADER_SECTION`] octets are ever kept back.
#[derive(Debug, Default)]
pub struct Decoder {
    segments: VecDeque<Bytes>,
    state: State,
    /// Out of step with the sender: octets that are no start line are no news.
    lost: bool,
    /// Blank lines before the next chunk have been reported.
    blank_lines: bool,
    events: VecDeque<Event>,
}

#[derive(Debug)]
enum State {
    /// Between chunks, or inside a header section.
    Head(Section),
    Body {
        finder: Box<Finder>,
        octets: u64,
    },
    /// Skipping to the next line.
    Skip,
}

impl Default for State {
    fn default() -> State {
        State::Head(Section::default())
    }
}

impl Decoder {
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// A decoder for a stream that was not seen from its beginning: what comes before the first start line is
    /// skipped in silence.
    pub fn out_of_step() -> Decoder {
        Decoder { lost: true, state: State::Skip, ..Decoder::default() }
    }

    /// Adds the next segment of the stream.
    pub fn push(&mut self, segment: Bytes) {
        if !segment.is_empty() {
            self.segments.push_back(segment);
        }
    }

    /// The next event, until the segments are used up.
    pub fn poll(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let segment = self.segments.pop_front()?;
            self.advance(segment);
        }
    }

    /// Whether the stream is inside a chunk: when it ends here, the chunk has no end-line.
    pub fn inside_chunk(&self) -> bool {
        match &self.state {
            State::Head(section) => !section.kept.is_empty(),
            State::Body { .. } => true,
            State::Skip => false,
        }
    }

    /// Whether the decoder lost step with the sender and looks for a start line.
    pub fn is_out_of_step(&self) -> bool {
        self.lost
    }

    fn advance(&mut self, segment: Bytes) {
        match std::mem::replace(&mut self.state, State::Skip) {
            State::Skip => {
                if let Some(end) = memchr(b'\n', &segment) {
                    self.state = State::default();
                    self.give_back(segment.slice(end + 1..));
                }
            }
            State::Head(section) => self.head(section, segment),
            State::Body { mut finder, mut octets } => {
                let found = finder.feed(segment, &mut |piece: Bytes| {
                    octets = octets.saturating_add(piece.len() as u64);
                    self.events.push_back(Event::Body(piece));
                });
                match found {
                    Found::NotYet => self.state = State::Body { finder, octets },
                    Found::End { flag, tail, rest } => {
                        self.events.push_back(Event::End { flag, octets, tail });
                        self.state = State::default();
                        self.give_back(rest);
                    }
                }
            }
        }
    }

    fn head(&mut self, mut section: Section, mut segment: Bytes) {
        if section.kept.is_empty() {
            let blank = segment.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            segment.advance(blank);
            if blank > 0 && !self.lost && !std::mem::replace(&mut self.blank_lines, true) {
                let flaw = Flaw::new(Span::new(0..1), "RFC 4975 §9", "blank line between chunks");
                self.events.push_back(Event::Broken(flaw));
            }
            if segment.is_empty() {
                self.state = State::Head(section);
                return;
            }
        }
        // Where one segment holds the section, the head is a slice of it; else its octets are gathered.
        let before = section.kept.len();
        let taken = segment.len().min(HEADER_SECTION - before);
        let looked = if before == 0 {
            section.lines.look(&segment[..taken])
        } else {
            section.kept.extend_from_slice(&segment[..taken]);
            section.lines.look(&section.kept)
        };
        match looked {
            Looked::More if before + taken == HEADER_SECTION => {
                self.broken(HEADER_SECTION, "header section too long to be kept");
                self.give_back(segment.slice(taken..));
            }
            Looked::More => {
                if before == 0 {
                    section.kept.extend_from_slice(&segment);
                }
                self.state = State::Head(section);
            }
            Looked::NoStartLine { octets } => {
                self.broken(octets, "not an MSRP start line");
                self.give_back(segment);
            }
            Looked::Complete { head, end } => {
                let bytes = if before == 0 { segment.slice(..end) } else { section.kept.split_to(end).freeze() };
                self.give_back(segment.slice(end - before..));
                self.begin(bytes, head);
            }
        }
    }

    /// A header section is complete: `head` octets, then perhaps the end-line.
    fn begin(&mut self, bytes: Bytes, head: usize) {
        (self.lost, self.blank_lines) = (false, false);
        let (tail, head) = (bytes.slice(head..), Head::parse(bytes.slice(..head)));
        let id = head.transaction_id_span();
        if tail.is_empty() {
            let finder = Box::new(Finder::new(id.of(head.bytes())));
            self.state = State::Body { finder, octets: 0 };
            self.events.push_back(Event::Head(head));
            return;
        }
        self.state = State::default();
        let flag = end_line(&tail, id.of(head.bytes())).unwrap_or(Flag::Last);
        self.events.push_back(Event::Head(head));
        self.events.push_back(Event::End { flag, octets: 0, tail });
    }

    fn broken(&mut self, octets: usize, what: &'static str) {
        self.state = State::Skip;
        if !std::mem::replace(&mut self.lost, true) {
            self.events.push_back(Event::Broken(Flaw::new(Span::new(0..octets), "RFC 4975 §9", what)));
        }
    }

    fn give_back(&mut self, rest: Bytes) {
        if !rest.is_empty() {
            self.segments.push_front(rest);
        }
    }
}

/// A header section being gathered.
#[derive(Debug, Default)]
struct Section {
    /// The octets from earlier segments.
    kept: BytesMut,
    lines: Lines,
}

/// How far a header section has been looked at, so that no octet is looked at twice.
#[derive(Debug, Default)]
struct Lines {
    seen: usize,
    /// Where the last line begins.
    line: usize,
    /// Where the transaction identifier lies, once the start line is complete.
    id: Option<Range<usize>>,
}

enum Looked {
    More,
    /// Octets of the head, and of the head with the end-line where no body follows.
    Complete {
        head: usize,
        end: usize,
    },
    NoStartLine {
        octets: usize,
    },
}

impl Lines {
    fn look(&mut self, bytes: &[u8]) -> Looked {
        const START: &[u8] = b"MSRP ";
        if self.id.is_none()
            && let Some(wrong) = bytes.iter().zip(START).position(|(a, b)| !a.eq_ignore_ascii_case(b))
        {
            return Looked::NoStartLine { octets: wrong + 1 };
        }
        while let Some(length) = memchr(b'\n', &bytes[self.seen..]) {
            let end = self.seen + length + 1;
            let line = &bytes[self.line..end];
            match &self.id {
                None => {
                    self.id = transaction_id(line);
                    if self.id.is_none() {
                        return Looked::NoStartLine { octets: end };
                    }
                }
                Some(_) if matches!(line, b"\r\n" | b"\n") => return Looked::Complete { head: end, end },
                Some(id) if end_line(line, &bytes[id.clone()]).is_some() => {
                    return Looked::Complete { head: self.line, end };
                }
                Some(_) => {}
            }
            (self.line, self.seen) = (end, end);
        }
        self.seen = bytes.len();
        Looked::More
    }
}

/// Where the transaction identifier of a start line lies, however ill-formed, if it can frame a chunk at all.
fn transaction_id(line: &[u8]) -> Option<Range<usize>> {
    let begin = memchr(b' ', line)? + 1;
    let length = memchr(b' ', &line[begin..])?;
    let id = &line[begin..begin + length];
    let framing = (1..=TRANSACTION_ID).contains(&length) && id.iter().all(u8::is_ascii_graphic);
    framing.then_some(begin..begin + length)
}

#[cfg(test)]
#[path = "decoder_tests.rs"]
mod tests;
