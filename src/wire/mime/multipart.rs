//! Multipart bodies (RFC 2046 §5.1): taking apart and writing. No content is decoded; must not know SIP.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;
use memchr::memmem;

use super::headers::{Headers, WITHOUT_CRLF, line_at};
use super::media_type::MediaType;
use super::note;
use crate::wire::{Flaw, Span};

/// Parts beyond these are left unread, with a flaw.
const MAX_PARTS: usize = 1000;
/// How deep [`bodies`] goes into multiparts within multiparts; deeper ones stay whole.
const MAX_DEPTH: usize = 8;

/// A multipart body taken apart, one level deep.
#[derive(Clone, Debug, Default)]
pub struct Multipart {
    pub parts: Vec<Part>,
    /// What stands before the first delimiter line; to be ignored (RFC 2046 §5.1.1).
    pub preamble: Span,
    /// What stands behind the line of the closing delimiter; to be ignored (RFC 2046 §5.1.1).
    pub epilogue: Span,
    pub flaws: Vec<Flaw>,
}

/// One body part: header fields and content.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Part {
    pub headers: Headers,
    /// The content, as it came.
    pub body: Bytes,
    /// Where the part lies, header fields included, in octets of the bytes that were parsed.
    pub span: Span,
    /// Where the content lies.
    pub body_span: Span,
}

impl Multipart {
    /// Takes `body` apart by the boundary of `content_type`. Spans count octets of `body`.
    ///
    /// Where the boundary parameter is missing, the first line that starts with `--` is taken for the delimiter.
    pub fn parse(content_type: &str, body: &Bytes) -> Multipart {
        Multipart::parse_in(content_type, body, 0..body.len())
    }

    /// The first part of that media type, parameters left aside. Does not look into nested multiparts.
    pub fn part(&self, media_type: &str) -> Option<&Part> {
        self.parts.iter().find(|p| p.content_type().is(media_type))
    }

    /// The first part of that disposition type. Does not look into nested multiparts.
    pub fn by_disposition(&self, kind: &str) -> Option<&Part> {
        self.parts.iter().find(|p| p.headers.content_disposition().is_some_and(|d| d.is(kind)))
    }

    /// As [`Multipart::parse`], for the multipart in `area` of `bytes`; spans count octets of `bytes`.
    pub fn parse_in(content_type: &str, bytes: &Bytes, area: Range<usize>) -> Multipart {
        let mut multipart = Multipart { preamble: Span::new(area.clone()), ..Multipart::default() };
        let Some(boundary) = multipart.boundary(content_type, bytes, area.clone()) else { return multipart };
        let mut open: Option<usize> = None;
        let mut closed = false;
        for delimiter in delimiters(bytes, area.clone(), &boundary, &mut multipart.flaws) {
            match open.replace(delimiter.next) {
                Some(start) => multipart.push(bytes, start..delimiter.start),
                None => multipart.preamble = Span::new(area.start..delimiter.start),
            }
            if delimiter.closing {
                multipart.epilogue = Span::new(delimiter.next..area.end);
                closed = true;
                break;
            }
            if multipart.parts.len() >= MAX_PARTS {
                multipart.flaw(delimiter.next..area.end, "more parts than are read");
                return multipart;
            }
        }
        match open {
            None => multipart.flaw(area, "no delimiter line with the boundary"),
            Some(start) if !closed => {
                multipart.push(bytes, start..area.end);
                multipart.flaw(area.end..area.end, "no closing delimiter line");
            }
            Some(_) if multipart.parts.is_empty() => multipart.flaw(area, "multipart without a part"),
            Some(_) => {}
        }
        multipart
    }

    fn boundary(&mut self, content_type: &str, bytes: &[u8], area: Range<usize>) -> Option<String> {
        let boundary = MediaType::parse(content_type).param("boundary").unwrap_or_default().into_owned();
        if boundary.is_empty() {
            self.flaw(area.clone(), "multipart without a boundary parameter");
            return guess(&bytes[area]);
        }
        if boundary.len() > 70 {
            self.flaw(area.clone(), "boundary longer than 70 characters");
        }
        if boundary.ends_with(' ') || !boundary.bytes().all(is_bchar) {
            self.flaw(area, "boundary with a character that is not allowed");
        }
        Some(boundary)
    }

    fn push(&mut self, bytes: &Bytes, area: Range<usize>) {
        // A delimiter that directly follows another one's line would end before the part starts.
        let area = area.start..area.end.max(area.start);
        let (headers, content) = Headers::parse(bytes, area.clone(), &mut self.flaws);
        self.parts.push(Part {
            headers,
            body: bytes.slice(content..area.end),
            span: Span::new(area.clone()),
            body_span: Span::new(content..area.end),
        });
    }

    fn flaw(&mut self, span: Range<usize>, what: &'static str) {
        note(&mut self.flaws, Flaw::new(Span::new(span), "RFC 2046 §5.1.1", what));
    }
}

impl Part {
    /// A part to be written.
    pub fn new(content_type: &str, body: impl Into<Bytes>) -> Part {
        let mut part = Part { body: body.into(), ..Part::default() };
        part.headers.push("Content-Type", content_type);
        part
    }

    /// Adds a header field at the end.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Part {
        self.headers.push(name, value);
        self
    }

    /// Adds a Content-Disposition.
    pub fn disposition(self, value: &str) -> Part {
        self.header("Content-Disposition", value)
    }

    /// The media type; `text/plain` where the part names none (RFC 2046 §5.1.1).
    pub fn content_type(&self) -> MediaType<'_> {
        self.headers.content_type()
    }

    /// The content as text; octets that are not UTF-8 become a replacement character.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Every body in `body`, nested multiparts taken apart, in order. A body that is no multipart is the one part.
pub fn bodies(content_type: &str, body: &Bytes) -> Vec<Part> {
    let whole = Span::new(0..body.len());
    let mut part = Part::new(content_type, body.clone());
    (part.span, part.body_span) = (whole, whole);
    flatten(part, body)
}

/// Writes a multipart body with CRLF line ends and no transfer encoding. The caller chooses a boundary that no part holds.
pub fn write(boundary: &str, parts: &[Part]) -> Bytes {
    let size: usize = parts.iter().map(|p| p.body.len() + boundary.len() + 200).sum();
    let mut out = Vec::with_capacity(size + boundary.len() + 8);
    for part in parts {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        part.headers.write(&mut out);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&part.body);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out.into()
}

/// The parts that `part`, of the octets `bytes`, is made of; itself where it is no multipart.
pub(super) fn flatten(part: Part, bytes: &Bytes) -> Vec<Part> {
    let mut found = Vec::new();
    let mut queue = VecDeque::from([(part, 0)]);
    while let Some((part, depth)) = queue.pop_front() {
        if found.len() >= MAX_PARTS {
            break;
        }
        if depth >= MAX_DEPTH || !part.content_type().main().eq_ignore_ascii_case("multipart") {
            found.push(part);
            continue;
        }
        let content_type = part.headers.get("Content-Type").unwrap_or_default();
        let inner = Multipart::parse_in(content_type, bytes, part.body_span.range());
        // To the front, so that the order stays that of the octets.
        for part in inner.parts.into_iter().rev() {
            queue.push_front((part, depth + 1));
        }
    }
    found
}

/// A delimiter with the line end before it, which belongs to it (RFC 2046 §5.1.1), and the rest of its line.
struct Delimiter {
    start: usize,
    next: usize,
    closing: bool,
}

fn delimiters(bytes: &[u8], area: Range<usize>, boundary: &str, flaws: &mut Vec<Flaw>) -> Vec<Delimiter> {
    let dashed = format!("--{boundary}");
    let mut found: Vec<Delimiter> = Vec::new();
    let mut lf_only = false;
    let clause = "RFC 2046 §5.1.1";
    for hit in memmem::find_iter(&bytes[area.clone()], dashed.as_bytes()) {
        let at = area.start + hit;
        if at > area.start && bytes[at - 1] != b'\n' {
            continue;
        }
        let line = line_at(bytes, at..area.end);
        let mut rest = &bytes[at + dashed.len()..line.text.end];
        let closing = rest.starts_with(b"--");
        if closing {
            rest = &rest[2..];
        }
        let span = Span::new(line.text.clone());
        let mut flaw = |what: String| {
            note(flaws, Flaw::new(span, clause, what));
        };
        if !rest.trim_ascii().is_empty() {
            flaw("line of the content starts with the boundary".to_owned());
            continue;
        }
        if !rest.is_empty() {
            flaw("delimiter line with blanks at its end".to_owned());
        }
        let start = match &bytes[area.start..at] {
            [.., b'\r', b'\n'] => at - 2,
            [.., b'\n'] => at - 1,
            _ => at,
        };
        if !lf_only && (line.bare || start + 1 == at) {
            lf_only = true;
            flaw(format!("delimiter line {WITHOUT_CRLF}"));
        }
        found.push(Delimiter { start, next: line.next, closing });
        if closing || found.len() > MAX_PARTS {
            break;
        }
    }
    found
}

fn guess(body: &[u8]) -> Option<String> {
    let start = if body.starts_with(b"--") { 0 } else { memmem::find(body, b"\n--")? + 1 };
    let line = line_at(body, start..body.len());
    let boundary = std::str::from_utf8(&body[line.text]).ok()?.trim_end().strip_prefix("--")?;
    (!boundary.is_empty()).then(|| boundary.to_owned())
}

fn is_bchar(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b)
}

#[cfg(test)]
#[path = "multipart_tests.rs"]
mod tests;
