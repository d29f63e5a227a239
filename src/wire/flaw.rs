//! What is wrong with some bytes, where, and by which clause. Says nothing about verdicts.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Octets `start..end` of a message's kept bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The span of `range`; offsets beyond 4 GiB saturate (no parser here keeps that much).
    pub fn new(range: Range<usize>) -> Span {
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { start: clip(range.start), end: clip(range.end) }
    }

    /// The octets of the span; empty where the span lies outside `bytes`.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.range()).unwrap_or_default()
    }

    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// One thing wrong with a message's bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flaw {
    /// Where, in octets of the message.
    pub span: Span,
    /// The source that is broken, for example `RFC 3261 §25.1`.
    pub clause: &'static str,
    /// What is wrong, as a sentence without a full stop.
    pub what: Cow<'static, str>,
}

impl Flaw {
    pub fn new(span: Span, clause: &'static str, what: impl Into<Cow<'static, str>>) -> Flaw {
        Flaw { span, clause, what: what.into() }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}; octets {:?})", self.what, self.clause, self.span)
    }
}
