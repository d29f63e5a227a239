//! The message: its bytes, and where in them everything is.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::{memchr, memchr2};

use super::name::Name;
use crate::wire::{Flaw, Span};

/// One SIP request or response, complete with every octet it came in.
#[derive(Clone, Debug)]
pub struct Message {
    bytes: Bytes,
    start: Start,
    headers: Vec<Line>,
    body: Span,
    flaws: Vec<Flaw>,
}

/// The start line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    Request {
        method: Span,
        uri: Span,
        version: Span,
    },
    Response {
        version: Span,
        status: u16,
        code: Span,
        reason: Span,
    },
    /// Neither a Request-Line nor a Status-Line.
    Broken(Span),
}

#[derive(Clone, Copy, Debug)]
struct Line {
    name: Name,
    spelling: Span,
    /// Without the blanks around it; inner line folds are still there.
    value: Span,
    /// The whole header, its last line end included.
    whole: Span,
}

/// One header line of a message (folded continuation lines included).
#[derive(Clone, Copy, Debug)]
pub struct Header<'m> {
    message: &'m Message,
    line: Line,
}

impl Message {
    /// Takes a datagram, or one framed message of a stream, for a SIP message.
    pub fn parse(bytes: Bytes) -> Message {
        let mut message = Message {
            start: Start::Broken(Span::default()),
            headers: Vec::with_capacity(16),
            body: Span::new(bytes.len()..bytes.len()),
            flaws: Vec::new(),
            bytes,
        };
        message.index();
        message
    }

    /// The octets as they came; printing a message is printing these.
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

    /// The method of a request; for a response, the method of its CSeq; empty where there is none.
    pub fn method(&self) -> &str {
        match self.start {
            Start::Request { method, .. } => self.str(method),
            _ => self.cseq().map_or("", |(_, method)| method),
        }
    }

    /// The Request-URI of a request.
    pub fn request_uri(&self) -> Option<&str> {
        match self.start {
            Start::Request { uri, .. } => Some(self.str(uri)),
            _ => None,
        }
    }

    /// The status code of a response.
    pub fn status(&self) -> Option<u16> {
        match self.start {
            Start::Response { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Every header in the order of the message.
    pub fn headers(&self) -> impl Iterator<Item = Header<'_>> {
        self.headers.iter().map(|line| Header { message: self, line: *line })
    }

    /// The first header of that name, in full or compact spelling.
    pub fn header(&self, name: Name) -> Option<Header<'_>> {
        self.all(name).next()
    }

    /// Every header of that name, in order.
    pub fn all(&self, name: Name) -> impl Iterator<Item = Header<'_>> {
        self.headers().filter(move |h| h.line.name == name)
    }

    /// The first header of that spelling, known to [`Name`] or not.
    pub fn header_named(&self, spelling: &str) -> Option<Header<'_>> {
        match Name::of(spelling.as_bytes()) {
            Name::Other => self.headers().find(|h| h.spelling().eq_ignore_ascii_case(spelling)),
            name => self.header(name),
        }
    }

    /// The values of all headers of that name, comma-joined ones taken apart (RFC 3261 §7.3.1), in order.
    pub fn values(&self, name: Name) -> impl Iterator<Item = (Span, &str)> {
        self.all(name).flat_map(move |h| {
            let base = h.line.value.start as usize;
            split_commas(h.raw()).map(move |r| {
                let span = Span::new(base + r.start..base + r.end);
                (span, self.str(span))
            })
        })
    }

    /// Whether one of the comma-separated tokens of `name` is `token`, letters in any case.
    pub fn has_token(&self, name: Name, token: &str) -> bool {
        self.values(name).any(|(_, v)| v.eq_ignore_ascii_case(token))
    }

    /// The body, of no octets where there is none.
    pub fn body(&self) -> Bytes {
        self.bytes.slice(self.body.range())
    }

    pub fn body_span(&self) -> Span {
        self.body
    }

    /// What is wrong with the bytes.
    pub fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }

    /// The text of a span; empty where it is not UTF-8.
    pub fn str(&self, span: Span) -> &str {
        std::str::from_utf8(span.of(&self.bytes)).unwrap_or_default()
    }

    fn index(&mut self) {
        let bytes = self.bytes.clone();
        let mut at = 0;
        while bytes[at..].starts_with(b"\r\n") {
            at += 2;
        }
        let (line, next) = line_at(&bytes, at);
        self.start = start_line(&bytes, line);
        at = next;
        while at < bytes.len() {
            let (line, next) = line_at(&bytes, at);
            if line.is_empty() {
                at = next;
                break;
            }
            let begin = at;
            let mut end = line.end as usize;
            at = next;
            while at < bytes.len() && matches!(bytes[at], b' ' | b'\t') {
                let (fold, next) = line_at(&bytes, at);
                end = fold.end as usize;
                at = next;
            }
            let content = &bytes[begin..end];
            let Some(colon) = memchr(b':', content) else {
                self.flaws.push(Flaw::new(Span::new(begin..end), "RFC 3261 §7.3.1", "header line without a colon"));
                continue;
            };
            let spelling = trim(&bytes, begin, begin + colon);
            let value = trim(&bytes, begin + colon + 1, end);
            self.headers.push(Line {
                name: Name::of(spelling.of(&bytes)),
                spelling,
                value,
                whole: Span::new(begin..at),
            });
        }
        self.body = Span::new(at.min(bytes.len())..bytes.len());
        if let Some(length) = self.header(Name::ContentLength).and_then(|h| h.text().parse::<usize>().ok()) {
            let held = self.body.len();
            if length < held {
                self.body.end = self.body.start + u32::try_from(length).unwrap_or(u32::MAX);
            }
        }
    }
}

impl<'m> Header<'m> {
    pub fn name(&self) -> Name {
        self.line.name
    }

    /// The name as the sender wrote it.
    pub fn spelling(&self) -> &'m str {
        self.message.str(self.line.spelling)
    }

    /// The value's octets, folds included.
    pub fn raw(&self) -> &'m [u8] {
        self.line.value.of(&self.message.bytes)
    }

    /// The value as text: folds become one blank, octets that are not UTF-8 a replacement character.
    pub fn text(&self) -> Cow<'m, str> {
        let text = String::from_utf8_lossy(self.raw());
        if !text.contains(['\r', '\n']) {
            return text;
        }
        Cow::Owned(text.split(['\r', '\n']).map(str::trim).filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" "))
    }

    /// Where the value lies.
    pub fn span(&self) -> Span {
        self.line.value
    }

    /// Where the whole header lies, its line end included.
    pub fn whole(&self) -> Span {
        self.line.whole
    }
}

/// The ranges of the comma-separated values in `value`; commas in quotes and angle brackets do not count.
fn split_commas(value: &[u8]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut at = 0;
    let mut done = value.is_empty();
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let start = at;
        let (mut quoted, mut angle) = (false, false);
        while at < value.len() {
            match value[at] {
                b'\\' if quoted => at += 1,
                b'"' => quoted = !quoted,
                b'<' if !quoted => angle = true,
                b'>' if !quoted => angle = false,
                b',' if !quoted && !angle => break,
                _ => {}
            }
            at += 1;
        }
        let end = at.min(value.len());
        done = end >= value.len();
        at = end + 1;
        let trimmed = trim(value, start, end);
        Some(trimmed.range())
    })
}

fn line_at(bytes: &[u8], at: usize) -> (Span, usize) {
    let rest = &bytes[at.min(bytes.len())..];
    match memchr2(b'\r', b'\n', rest) {
        Some(i) if rest[i] == b'\r' && rest.get(i + 1) == Some(&b'\n') => (Span::new(at..at + i), at + i + 2),
        Some(i) => (Span::new(at..at + i), at + i + 1),
        None => (Span::new(at..bytes.len()), bytes.len()),
    }
}

fn start_line(bytes: &[u8], line: Span) -> Start {
    let text = line.of(bytes);
    let base = line.start as usize;
    let Some(first) = memchr(b' ', text) else { return Start::Broken(line) };
    if text.len() >= 4 && text[..4].eq_ignore_ascii_case(b"SIP/") {
        let rest = &text[first + 1..];
        let code_len = memchr(b' ', rest).unwrap_or(rest.len());
        let code = Span::new(base + first + 1..base + first + 1 + code_len);
        let Some(status) = std::str::from_utf8(code.of(bytes)).ok().and_then(|s| s.parse().ok()) else {
            return Start::Broken(line);
        };
        let reason = (base + first + 2 + code_len).min(line.end as usize);
        return Start::Response {
            version: Span::new(base..base + first),
            status,
            code,
            reason: Span::new(reason..line.end as usize),
        };
    }
    let Some(last) = memchr::memrchr(b' ', text) else { return Start::Broken(line) };
    if last == first {
        return Start::Broken(line);
    }
    Start::Request {
        method: Span::new(base..base + first),
        uri: Span::new(base + first + 1..base + last),
        version: Span::new(base + last + 1..line.end as usize),
    }
}

fn trim(bytes: &[u8], start: usize, end: usize) -> Span {
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
