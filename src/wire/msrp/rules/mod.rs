//! The rules of RFC 4975 that the octets of one head or one chunk can break.
//!
//! Only what a MUST or the grammar says is a flaw; what takes other chunks, the session or its description to see is
//! not looked for. Names of headers and the words `yes`, `no` and `partial` are literals of the grammar, which RFC 4234
//! §2.3 compares without case: a header in small letters is none. `MSRP` and methods are in capitals by their octets.

mod body;
mod lines;
mod presence;
#[cfg(test)]
mod tests;
mod values;

use std::borrow::Cow;
use std::ops::Range;

use super::head::Head;
use super::message::Message;
use crate::wire::{Flaw, Span};

/// Every flaw of a head, in the order of its octets.
pub(super) fn head_flaws(head: &Head) -> Vec<Flaw> {
    let mut found = Found { head, flaws: Vec::new() };
    lines::check(&mut found);
    values::check(&mut found);
    presence::check(&mut found);
    found.flaws.sort_by_key(|flaw| flaw.span);
    found.flaws
}

/// Every flaw of a chunk: those of its head, then those that take body and end-line to see.
pub(super) fn message_flaws(message: &Message) -> Vec<Flaw> {
    let mut flaws = head_flaws(message.head());
    let mut found = Found { head: message.head(), flaws: Vec::new() };
    body::check(message, &mut found);
    flaws.append(&mut found.flaws);
    flaws
}

/// A head being looked at, and what was found.
struct Found<'h> {
    head: &'h Head,
    flaws: Vec<Flaw>,
}

impl Found<'_> {
    fn add(&mut self, span: Span, clause: &'static str, what: impl Into<Cow<'static, str>>) {
        self.flaws.push(Flaw::new(span, clause, what));
    }

    /// Adds a flaw at a range of octets of the head.
    fn at(&mut self, range: Range<usize>, clause: &'static str, what: impl Into<Cow<'static, str>>) {
        self.add(Span::new(range), clause, what);
    }

    /// The start line without its line end.
    fn start_line(&self) -> Span {
        let bytes = self.head.bytes();
        let end = bytes.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
        Span::new(0..end)
    }
}
