//! The message: its bytes, and where in them everything is.

use std::borrow::Cow;
use std::sync::OnceLock;

use bytes::Bytes;

use super::check;
use super::index::{Index, Line, trim};
use super::name::Name;
use crate::wire::sdp::Session;
use crate::wire::{Flaw, Span};

/// One SIP request or response, complete with every octet it came in.
#[derive(Clone, Debug)]
pub struct Message {
    bytes: Bytes,
    index: Index,
    /// The method of a request, or that of the CSeq of a response.
    method: Span,
    body: Span,
    origin: Origin,
    /// Made room for on demand: most messages are only indexed.
    found: OnceLock<Box<Found>>,
}

/// What is found out about a message when somebody first asks, and then kept.
#[derive(Clone, Default, Debug)]
struct Found {
    flaws: OnceLock<Vec<Flaw>>,
    description: OnceLock<Option<(Session, Span)>>,
}

/// What told where the message ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    Datagram,
    Stream,
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

/// One header line of a message (folded continuation lines included).
#[derive(Clone, Copy, Debug)]
pub struct Header<'m> {
    message: &'m Message,
    line: Line,
}

impl Message {
    /// Takes a datagram for a SIP message. Octets behind the Content-Length stay in [`Message::bytes`] and are
    /// not in the body (RFC 3261 §18.3). For streams see [`StreamDecoder`](super::StreamDecoder).
    pub fn parse(bytes: Bytes) -> Message {
        let index = Index::of(&bytes);
        Message::assemble(bytes, index, Origin::Datagram)
    }

    pub(super) fn assemble(bytes: Bytes, index: Index, origin: Origin) -> Message {
        let start = index.body.min(bytes.len());
        let length = index.named(Name::ContentLength).next().and_then(|line| number(line.value.of(&bytes)));
        let end = length.map_or(bytes.len(), |length| start.saturating_add(length).min(bytes.len()));
        let method = match index.start {
            Start::Request { method, .. } => method,
            _ => index.named(Name::CSeq).next().map_or(Span::default(), |line| method_of(&bytes, line.value)),
        };
        Message { method, body: Span::new(start..end), bytes, index, origin, found: OnceLock::new() }
    }

    /// The octets as they came; printing a message is printing these.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub fn start(&self) -> Start {
        self.index.start
    }

    pub fn is_request(&self) -> bool {
        matches!(self.index.start, Start::Request { .. })
    }

    pub fn is_response(&self) -> bool {
        matches!(self.index.start, Start::Response { .. })
    }

    /// The method of a request; for a response, the method of its CSeq; empty where there is none.
    pub fn method(&self) -> &str {
        self.str(self.method)
    }

    /// The Request-URI of a request.
    pub fn request_uri(&self) -> Option<&str> {
        match self.index.start {
            Start::Request { uri, .. } => Some(self.str(uri)),
            _ => None,
        }
    }

    /// The status code of a response.
    pub fn status(&self) -> Option<u16> {
        match self.index.start {
            Start::Response { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Every header in the order of the message.
    pub fn headers(&self) -> impl Iterator<Item = Header<'_>> {
        self.index.lines.iter().map(|line| Header { message: self, line: *line })
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

    /// The session description, which may be a part of the body, and where in the message it begins. Parsed when first
    /// asked for, then kept.
    pub fn description(&self) -> Option<(&Session, Span)> {
        let parse = || {
            let part = self.body_of_type("application/sdp")?;
            Some((Session::parse(part.body), part.body_span))
        };
        self.found().description.get_or_init(parse).as_ref().map(|(session, span)| (session, *span))
    }

    /// What is wrong with the bytes, in their order. Found when first asked for, then kept.
    pub fn flaws(&self) -> &[Flaw] {
        self.found().flaws.get_or_init(|| check::flaws(self))
    }

    /// The text of a span; empty where any of it is not UTF-8 ([`Message::flaws`] tells, [`Header::raw`] has the
    /// octets).
    pub fn str(&self, span: Span) -> &str {
        std::str::from_utf8(span.of(&self.bytes)).unwrap_or_default()
    }

    fn found(&self) -> &Found {
        self.found.get_or_init(Box::default)
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    pub(super) fn origin(&self) -> Origin {
        self.origin
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

/// Where the method of a CSeq lies, as [`Message::cseq`] has it.
fn method_of(bytes: &[u8], value: Span) -> Span {
    let text = std::str::from_utf8(value.of(bytes)).unwrap_or_default();
    let mut words = text.split_ascii_whitespace();
    let known = words.next().is_some_and(|number| number.parse::<u32>().is_ok());
    words.next().filter(|_| known).map_or(Span::default(), |method| {
        let start = value.start as usize + (method.as_ptr().addr() - text.as_ptr().addr());
        Span::new(start..start + method.len())
    })
}

/// The number that `text` writes in decimal digits, and nothing else.
pub(super) fn number(text: &[u8]) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_usize, |n, digit| {
        let digit = digit.is_ascii_digit().then(|| usize::from(digit - b'0'))?;
        n.checked_mul(10)?.checked_add(digit)
    })
}
