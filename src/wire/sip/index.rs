//! Where the parts of a message lie: the one pass over a message's octets that every parse pays for.
//!
//! Lenient by design: it finds lines, names and values and judges nothing; `check` judges, when asked.

use memchr::{memchr, memrchr};

use super::message::Start;
use super::name::Name;
use crate::wire::Span;

/// The spans of a start line and a header section.
#[derive(Clone, Debug)]
pub(super) struct Index {
    pub start: Start,
    /// The start line without its line end.
    pub start_line: Span,
    pub lines: Vec<Line>,
    /// Where the body begins.
    pub body: usize,
}

/// One header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub name: Name,
    pub spelling: Span,
    /// Without the blanks around it; inner line folds are still there.
    pub value: Span,
    /// The whole header, its last line end included.
    pub whole: Span,
}

impl Index {
    /// Indexes the octets of a message. A line ends with LF, with or without CR before it; empty lines before
    /// the start line are passed over; a line without a colon is no header.
    pub fn of(bytes: &[u8]) -> Index {
        let (line, mut at) = line_at(bytes, leading_line_ends(bytes));
        let mut index =
            Index { start: start_line(bytes, line), start_line: line, lines: Vec::with_capacity(16), body: 0 };
        while at < bytes.len() {
            let begin = at;
            let (line, next) = line_at(bytes, at);
            at = next;
            if line.is_empty() {
                break;
            }
            let mut end = line.end as usize;
            while at < bytes.len() && is_blank(bytes[at]) {
                let (fold, next) = line_at(bytes, at);
                end = fold.end as usize;
                at = next;
            }
            if let Some(colon) = bytes[begin..end].iter().position(|b| *b == b':') {
                let spelling = trim(bytes, begin, begin + colon);
                index.lines.push(Line {
                    name: Name::of(spelling.of(bytes)),
                    spelling,
                    value: trim(bytes, begin + colon + 1, end),
                    whole: Span::new(begin..at),
                });
            }
        }
        index.body = at;
        index
    }

    /// The headers of that name.
    pub fn named(&self, name: Name) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.name == name)
    }
}

/// How many octets of empty lines stand at the beginning.
pub(super) fn leading_line_ends(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match &bytes[at..] {
            [b'\n', ..] => at += 1,
            [b'\r', b'\n', ..] => at += 2,
            _ => return at,
        }
    }
}

/// The line at `at` without its line end, and where the next one begins.
pub(super) fn line_at(bytes: &[u8], at: usize) -> (Span, usize) {
    match memchr(b'\n', &bytes[at..]) {
        Some(i) => {
            let end = at + i;
            let cr = usize::from(i > 0 && bytes[end - 1] == b'\r');
            (Span::new(at..end - cr), end + 1)
        }
        None => (Span::new(at..bytes.len()), bytes.len()),
    }
}

/// The span without blanks and line ends around it.
pub(super) fn trim(bytes: &[u8], start: usize, end: usize) -> Span {
    let blank = |b: u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    let (mut start, mut end) = (start, end);
    while start < end && blank(bytes[start]) {
        start += 1;
    }
    while end > start && blank(bytes[end - 1]) {
        end -= 1;
    }
    Span::new(start..end)
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn start_line(bytes: &[u8], whole: Span) -> Start {
    let line = trim(bytes, whole.start as usize, whole.end as usize);
    let text = line.of(bytes);
    let base = line.start as usize;
    let Some(first) = memchr(b' ', text) else { return Start::Broken(whole) };
    if text.len() >= 4 && text[..4].eq_ignore_ascii_case(b"SIP/") {
        return status_line(bytes, whole, base, base + first);
    }
    let last = memrchr(b' ', text).unwrap_or(first);
    let uri = trim(bytes, base + first, base + last);
    if uri.is_empty() {
        return Start::Broken(whole);
    }
    Start::Request {
        method: Span::new(base..base + first),
        uri,
        version: Span::new(base + last + 1..line.end as usize),
    }
}

/// A Status-Line whose version ends at `blank`.
fn status_line(bytes: &[u8], whole: Span, base: usize, blank: usize) -> Start {
    let end = whole.end as usize;
    let mut at = blank;
    while at < end && bytes[at] == b' ' {
        at += 1;
    }
    let digits = bytes[at..end].iter().take_while(|b| b.is_ascii_digit()).count();
    let code = Span::new(at..at + digits);
    let status = std::str::from_utf8(code.of(bytes)).ok().and_then(|s| s.parse().ok());
    let Some(status) = status else { return Start::Broken(whole) };
    let reason = match bytes[at + digits..end].first() {
        Some(b' ') => at + digits + 1,
        Some(_) => return Start::Broken(whole),
        None => end,
    };
    Start::Response { version: Span::new(base..blank), status, code, reason: Span::new(reason..end) }
}
