//! The head of a chunk: start line and header section, kept as they came, with an index of spans.

use bytes::Bytes;
use memchr::memchr;
use smallvec::SmallVec;

use super::rules;
use super::syntax;
use crate::wire::{Flaw, Span};

/// Start line and headers of one request or response.
#[derive(Clone, Debug)]
pub struct Head {
    bytes: Bytes,
    start: Start,
    transaction_id: Span,
    lines: SmallVec<[Line; 8]>,
    has_body: bool,
}

/// The start line (RFC 4975 §9, req-start and resp-start).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    Request {
        method: Span,
    },
    Response {
        status: u16,
        comment: Span,
    },
    /// Neither: the line has no transaction identifier with something behind it.
    Broken,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    /// Empty where the line has no colon.
    name: Span,
    /// Without the blanks around it.
    value: Span,
    /// The whole line, its line end included.
    whole: Span,
}

/// One header line.
#[derive(Clone, Copy, Debug)]
pub struct Header<'h> {
    head: &'h Head,
    line: Line,
}

/// The value of a Byte-Range header (RFC 4975 §7.1.1, §9). The first octet of a message is number 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ByteRange {
    pub start: u64,
    /// `None` for `*`: not known, or the chunk may be interrupted.
    pub end: Option<u64>,
    /// `None` for `*`: not known.
    pub total: Option<u64>,
}

/// The value of a Status header (RFC 4975 §7.1.2, §9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status<'h> {
    /// 0 for the codes of RFC 4975.
    pub namespace: u16,
    pub code: u16,
    pub comment: &'h str,
}

impl Head {
    /// Takes `bytes` for a start line and a header section, with or without the empty line behind them.
    pub fn parse(bytes: Bytes) -> Head {
        let mut head = Head {
            start: Start::Broken,
            transaction_id: Span::default(),
            lines: SmallVec::new(),
            has_body: false,
            bytes,
        };
        head.index();
        head
    }

    /// The octets from the start line to the last header's line end, and the empty line where a body follows.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub fn start(&self) -> Start {
        self.start
    }

    pub fn is_request(&self) -> bool {
        matches!(self.start, Start::Request { .. })
    }

    pub fn is_response(&self) -> bool {
        matches!(self.start, Start::Response { .. })
    }

    /// The method of a request; empty for anything else.
    pub fn method(&self) -> &str {
        match self.start {
            Start::Request { method } => self.str(method),
            _ => "",
        }
    }

    /// The status code of a response.
    pub fn status(&self) -> Option<u16> {
        match self.start {
            Start::Response { status, .. } => Some(status),
            _ => None,
        }
    }

    /// The comment behind the status code of a response; empty where there is none.
    pub fn comment(&self) -> &str {
        match self.start {
            Start::Response { comment, .. } => self.str(comment),
            _ => "",
        }
    }

    pub fn transaction_id(&self) -> &str {
        self.str(self.transaction_id)
    }

    pub fn transaction_id_span(&self) -> Span {
        self.transaction_id
    }

    /// Whether the empty line is there that separates a body, be it of no octets, from the headers.
    pub fn has_body(&self) -> bool {
        self.has_body
    }

    /// Every header line in the order of the message; lines without a colon are flaws, not headers.
    pub fn headers(&self) -> impl Iterator<Item = Header<'_>> {
        self.lines.iter().filter(|line| !line.name.is_empty()).map(|line| Header { head: self, line: *line })
    }

    /// The value of the first header of that name, letters in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.find(name).map(|h| h.value())
    }

    /// The first header of that name, letters in any case.
    pub fn find(&self, name: &str) -> Option<Header<'_>> {
        self.headers().find(|h| h.name().eq_ignore_ascii_case(name))
    }

    /// The URIs of To-Path, the next hop first.
    pub fn to_path(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.header("To-Path").unwrap_or_default().split_ascii_whitespace()
    }

    /// The URIs of From-Path, the previous hop first.
    pub fn from_path(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.header("From-Path").unwrap_or_default().split_ascii_whitespace()
    }

    pub fn message_id(&self) -> Option<&str> {
        self.header("Message-ID")
    }

    /// The Byte-Range, where it follows the grammar and its numbers fit 64 bits.
    pub fn byte_range(&self) -> Option<ByteRange> {
        ByteRange::parse(self.header("Byte-Range")?)
    }

    /// The value of Success-Report as written.
    pub fn success_report(&self) -> Option<&str> {
        self.header("Success-Report")
    }

    /// The value of Failure-Report as written.
    pub fn failure_report(&self) -> Option<&str> {
        self.header("Failure-Report")
    }

    /// The value of Content-Type as written, parameters included.
    pub fn content_type(&self) -> Option<&str> {
        self.header("Content-Type")
    }

    /// The Status of a REPORT, where it follows the grammar.
    pub fn status_header(&self) -> Option<Status<'_>> {
        Status::parse(self.header("Status")?)
    }

    /// What is wrong with the head, in the order of the octets. Found when asked for, so that nobody else pays.
    pub fn flaws(&self) -> Vec<Flaw> {
        rules::head_flaws(self)
    }

    /// The same head on octets of its own.
    pub fn detached(&self) -> Head {
        Head { bytes: Bytes::copy_from_slice(&self.bytes), ..self.clone() }
    }

    /// The text of a span; empty where it is not UTF-8.
    pub fn str(&self, span: Span) -> &str {
        std::str::from_utf8(span.of(&self.bytes)).unwrap_or_default()
    }

    /// Every line behind the start line, headers or not: its whole span.
    pub(super) fn raw_lines(&self) -> impl Iterator<Item = Span> {
        self.lines.iter().map(|line| line.whole)
    }

    fn index(&mut self) {
        let bytes = self.bytes.clone();
        let (line, mut at) = line_at(&bytes, 0);
        (self.transaction_id, self.start) = start_line(&bytes, line);
        while at < bytes.len() {
            let (content, next) = line_at(&bytes, at);
            if content.is_empty() {
                self.has_body = true;
                break;
            }
            let whole = Span::new(at..next);
            let (name, value) = match memchr(b':', content.of(&bytes)) {
                Some(colon) => (trim(&bytes, at, at + colon), trim(&bytes, at + colon + 1, content.end as usize)),
                None => (Span::default(), content),
            };
            self.lines.push(Line { name, value, whole });
            at = next;
        }
    }
}

impl<'h> Header<'h> {
    /// The name as the sender wrote it.
    pub fn name(&self) -> &'h str {
        self.head.str(self.line.name)
    }

    /// The value without the blanks around it; empty where it is not UTF-8.
    pub fn value(&self) -> &'h str {
        self.head.str(self.line.value)
    }

    pub fn name_span(&self) -> Span {
        self.line.name
    }

    pub fn span(&self) -> Span {
        self.line.value
    }

    /// Where the whole line lies, its line end included.
    pub fn whole(&self) -> Span {
        self.line.whole
    }
}

impl ByteRange {
    /// Reads `start-end/total`; `None` where the grammar is broken or a number does not fit.
    pub fn parse(value: &str) -> Option<ByteRange> {
        let (start, rest) = value.split_once('-')?;
        let (end, total) = rest.split_once('/')?;
        Some(ByteRange { start: syntax::number(start)?, end: number_or_star(end)?, total: number_or_star(total)? })
    }
}

impl std::fmt::Display for ByteRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-", self.start)?;
        match self.end {
            Some(end) => write!(f, "{end}/")?,
            None => f.write_str("*/")?,
        }
        match self.total {
            Some(total) => write!(f, "{total}"),
            None => f.write_str("*"),
        }
    }
}

impl<'h> Status<'h> {
    /// Reads `namespace code [comment]`; `None` where the grammar is broken.
    pub fn parse(value: &'h str) -> Option<Status<'h>> {
        let (namespace, rest) = value.split_once(' ')?;
        let (code, comment) = rest.split_once(' ').unwrap_or((rest, ""));
        Some(Status { namespace: syntax::three_digits(namespace)?, code: syntax::three_digits(code)?, comment })
    }
}

fn number_or_star(text: &str) -> Option<Option<u64>> {
    match text {
        "*" => Some(None),
        digits => syntax::number(digits).map(Some),
    }
}

/// The content of the line at `at`, and where the next line begins.
fn line_at(bytes: &[u8], at: usize) -> (Span, usize) {
    let Some(length) = memchr(b'\n', &bytes[at..]) else { return (Span::new(at..bytes.len()), bytes.len()) };
    let end = at + length;
    let content = if length > 0 && bytes[end - 1] == b'\r' { end - 1 } else { end };
    (Span::new(at..content), end + 1)
}

/// Transaction identifier and start of a start line.
fn start_line(bytes: &[u8], line: Span) -> (Span, Start) {
    let text = line.of(bytes);
    let Some(first) = memchr(b' ', text) else { return (Span::default(), Start::Broken) };
    let id = line.start as usize + first + 1;
    let Some(second) = memchr(b' ', &text[first + 1..]) else { return (Span::default(), Start::Broken) };
    let transaction_id = Span::new(id..id + second);
    let what = id + second + 1;
    let rest = &bytes[what..line.end as usize];
    let word = memchr(b' ', rest).unwrap_or(rest.len());
    let status = std::str::from_utf8(&rest[..word]).ok().and_then(syntax::three_digits);
    let start = match status {
        Some(status) => {
            Start::Response { status, comment: Span::new((what + word + 1).min(line.end as usize)..line.end as usize) }
        }
        None => Start::Request { method: Span::new(what..what + word) },
    };
    (transaction_id, start)
}

fn trim(bytes: &[u8], start: usize, end: usize) -> Span {
    let blank = |b: u8| matches!(b, b' ' | b'\t' | b'\r');
    let (mut start, mut end) = (start, end);
    while start < end && blank(bytes[start]) {
        start += 1;
    }
    while end > start && blank(bytes[end - 1]) {
        end -= 1;
    }
    Span::new(start..end)
}
