//! A whole chunk: head, body and end-line, with every octet it came in.

use std::sync::OnceLock;

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;

use super::decoder::{Decoder, Event};
use super::head::Head;
use super::rules;
use super::tail::Flag;
use crate::wire::{Flaw, Span};

/// The pieces of a body, in order, as they came in segments.
pub type Body = SmallVec<[Bytes; 1]>;

/// One chunk: a request or response from start line to end-line.
#[derive(Clone, Debug)]
pub struct Message {
    pub(super) head: Head,
    /// `None` where there is no body, which is not the same as a body of no octets (RFC 4975 §7.1).
    pub(super) body: Option<Body>,
    pub(super) octets: u64,
    pub(super) flag: Flag,
    pub(super) tail: Bytes,
    pub(super) flaws: OnceLock<Vec<Flaw>>,
}

/// Puts the events of a [`Decoder`] together to whole chunks, keeping a bounded part of each body.
#[derive(Debug)]
pub struct Assembler {
    limit: u64,
    open: Option<Open>,
}

/// The chunk being put together.
#[derive(Debug)]
struct Open {
    head: Head,
    body: Body,
    kept: u64,
    /// Small pieces in a row, copied together: each would cost more than its octets.
    small: BytesMut,
}

/// Pieces below this size are copied together; larger ones stay slices of the segments that they came in.
const SMALL: usize = 256;

impl Message {
    /// Takes octets that hold one whole chunk and nothing else; the error says why they do not.
    pub fn parse(bytes: impl Into<Bytes>) -> Result<Message, Flaw> {
        let bytes = bytes.into();
        let length = bytes.len();
        let mut decoder = Decoder::new();
        let mut assembler = Assembler::new(u64::MAX);
        decoder.push(bytes);
        let mut message = None;
        while let Some(event) = decoder.poll() {
            if let Event::Broken(flaw) = event {
                return Err(flaw);
            }
            if message.is_some() {
                return Err(Flaw::new(Span::new(0..length), "RFC 4975 §9", "octets behind the end-line"));
            }
            message = assembler.add(event);
        }
        match message {
            Some(message) if !decoder.inside_chunk() => Ok(message),
            Some(_) => Err(Flaw::new(Span::new(0..length), "RFC 4975 §9", "octets behind the end-line")),
            None => Err(Flaw::new(Span::new(0..length), "RFC 4975 §7.1", "chunk without end-line")),
        }
    }

    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The body's pieces; `None` where there is no body. Fewer octets than [`Message::octets`] if not all were kept.
    pub fn body(&self) -> Option<&Body> {
        self.body.as_ref()
    }

    /// The body in one piece, copied only if it came in several.
    pub fn body_bytes(&self) -> Bytes {
        match self.body.as_deref() {
            None | Some([]) => Bytes::new(),
            Some([one]) => one.clone(),
            Some(pieces) => pieces.concat().into(),
        }
    }

    /// How many octets the body has.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    pub fn flag(&self) -> Flag {
        self.flag
    }

    /// The end-line as it came; where there is a body, with the CRLF before it.
    pub fn tail(&self) -> &Bytes {
        &self.tail
    }

    /// All octets of the chunk in order; none is copied.
    pub fn pieces(&self) -> SmallVec<[Bytes; 3]> {
        let mut pieces = SmallVec::new();
        pieces.push(self.head.bytes().clone());
        pieces.extend(self.body.iter().flatten().filter(|piece| !piece.is_empty()).cloned());
        pieces.push(self.tail.clone());
        pieces
    }

    /// The same chunk on octets of its own, with no more than the first `limit` octets of its body: a slice would
    /// hold on to the segments that it came in.
    pub fn detached(&self, limit: usize) -> Message {
        let body = self.body.as_ref().map(|pieces| {
            let mut kept = Vec::with_capacity(limit.min(usize::try_from(self.octets).unwrap_or(limit)));
            for piece in pieces {
                kept.extend_from_slice(&piece[..piece.len().min(limit - kept.len())]);
            }
            if kept.is_empty() { Body::new() } else { Body::from_iter([Bytes::from(kept)]) }
        });
        let tail = Bytes::copy_from_slice(&self.tail);
        let flaws = OnceLock::new();
        Message { head: self.head.detached(), body, octets: self.octets, flag: self.flag, tail, flaws }
    }

    /// How many octets the whole chunk has.
    pub fn len(&self) -> u64 {
        (self.head.bytes().len() + self.tail.len()) as u64 + self.octets
    }

    /// Never: a chunk has a start line.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// What is wrong with the chunk: the flaws of its head, then those that take the whole chunk to see. Found when
    /// first asked for, then kept.
    pub fn flaws(&self) -> Vec<Flaw> {
        self.flaws.get_or_init(|| rules::message_flaws(self)).clone()
    }
}

impl Assembler {
    /// An assembler that keeps no more than the first `limit` octets of each body.
    pub fn new(limit: u64) -> Assembler {
        Assembler { limit, open: None }
    }

    /// Takes the next event; a chunk when it is complete.
    pub fn add(&mut self, event: Event) -> Option<Message> {
        match event {
            Event::Head(head) => {
                self.open = Some(Open { head, body: Body::new(), kept: 0, small: BytesMut::new() });
            }
            Event::Body(mut piece) => {
                let open = self.open.as_mut()?;
                piece.truncate(usize::try_from(self.limit - open.kept).unwrap_or(usize::MAX));
                open.kept += piece.len() as u64;
                open.add(piece);
            }
            Event::End { flag, octets, tail } => {
                let mut open = self.open.take()?;
                open.flush();
                let body = open.head.has_body().then_some(open.body);
                return Some(Message { head: open.head, body, octets, flag, tail, flaws: OnceLock::new() });
            }
            Event::Broken(_) => self.open = None,
        }
        None
    }
}

impl Open {
    fn add(&mut self, piece: Bytes) {
        if piece.len() < SMALL {
            self.small.extend_from_slice(&piece);
        } else {
            self.flush();
            self.body.push(piece);
        }
    }

    fn flush(&mut self) {
        if !self.small.is_empty() {
            self.body.push(self.small.split().freeze());
        }
    }
}
