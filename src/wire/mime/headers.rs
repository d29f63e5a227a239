//! The header fields in front of a body part (RFC 2045 §3). Must not know what the fields mean for any body.

use std::ops::Range;

use memchr::{memchr, memchr2};

use super::media_type::{Disposition, MediaType};
use super::note;
use crate::wire::{Flaw, Span};

/// More header fields than any part needs; what follows is left unread, with a flaw.
const MAX_HEADERS: usize = 200;

/// How a flaw about line ends ends.
pub(super) const WITHOUT_CRLF: &str = "without CRLF";

/// One header field of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// As written.
    pub name: String,
    /// Without the blanks around it, folds joined by one blank.
    pub value: String,
    /// Where the value lies; empty for a header that was not parsed.
    pub span: Span,
}

/// The header fields of a part, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Headers(pub Vec<Header>);

impl Headers {
    /// The value of the first field of that name, letters in any case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(|h| h.value.as_str())
    }

    /// The first field of that name, letters in any case.
    pub fn find(&self, name: &str) -> Option<&Header> {
        self.0.iter().find(|h| h.name.eq_ignore_ascii_case(name))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Header> {
        self.0.iter()
    }

    /// Adds a field at the end.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.push(Header { name: name.to_owned(), value: value.into(), span: Span::default() });
    }

    /// The Content-Type; `text/plain` where there is none (RFC 2045 §5.2).
    pub fn content_type(&self) -> MediaType<'_> {
        MediaType::parse(self.get("Content-Type").unwrap_or("text/plain"))
    }

    pub fn content_disposition(&self) -> Option<Disposition<'_>> {
        self.get("Content-Disposition").map(Disposition::parse)
    }

    /// Writes the fields, each with its CRLF.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for header in &self.0 {
            out.extend_from_slice(header.name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(header.value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }

    /// Reads fields from the start of `area`; gives them and where the content behind the blank line starts.
    ///
    /// A line that is no header field starts the content too, with a flaw: its sender forgot the blank line.
    pub(super) fn parse(bytes: &[u8], area: Range<usize>, flaws: &mut Vec<Flaw>) -> (Headers, usize) {
        let mut headers = Headers::default();
        let mut at = area.start;
        let mut said = false;
        while at < area.end {
            let line = line_at(bytes, at..area.end);
            // Said once a body: a sender that has one line end wrong has them all wrong.
            if line.bare && !std::mem::replace(&mut said, true) && !flaws.iter().any(|f| f.what.contains(WITHOUT_CRLF))
            {
                let what = format!("header field line {WITHOUT_CRLF}");
                note(flaws, Flaw::new(Span::new(at..line.next), "RFC 2045 §2.1", what));
            }
            if line.text.is_empty() {
                return (headers, line.next);
            }
            let colon = memchr(b':', &bytes[line.text.clone()]).filter(|&c| is_name(&bytes[at..at + c]));
            let Some(colon) = colon.filter(|_| headers.0.len() < MAX_HEADERS) else {
                let what = "no blank line between the header fields and the content";
                note(flaws, Flaw::new(Span::new(line.text), "RFC 2046 §5.1", what));
                return (headers, at);
            };
            let mut end = line.text.end;
            let mut next = line.next;
            while next < area.end && matches!(bytes[next], b' ' | b'\t') {
                let fold = line_at(bytes, next..area.end);
                (end, next) = (fold.text.end, fold.next);
            }
            headers.0.push(header(bytes, at..at + colon, at + colon + 1..end, flaws));
            at = next;
        }
        (headers, area.end)
    }
}

/// A line: its text without the line end, where the next one starts, and whether CRLF ended it (or nothing did).
pub(super) struct Line {
    pub text: Range<usize>,
    pub next: usize,
    pub bare: bool,
}

/// The line that starts at `area.start` and ends at the latest at `area.end`. LF alone, or CR alone, ends a line too.
pub(super) fn line_at(bytes: &[u8], area: Range<usize>) -> Line {
    let start = area.start;
    match memchr2(b'\r', b'\n', &bytes[area.clone()]) {
        Some(i) if bytes[start + i] == b'\r' && area.end > start + i + 1 && bytes[start + i + 1] == b'\n' => {
            Line { text: start..start + i, next: start + i + 2, bare: false }
        }
        Some(i) => Line { text: start..start + i, next: start + i + 1, bare: true },
        None => Line { text: area.clone(), next: area.end, bare: false },
    }
}

fn header(bytes: &[u8], name: Range<usize>, value: Range<usize>, flaws: &mut Vec<Flaw>) -> Header {
    let raw = &bytes[value.clone()];
    let lead = raw.len() - raw.trim_ascii_start().len();
    let start = value.start + lead;
    let end = start + raw.trim_ascii().len();
    let value = &bytes[start..end];
    if !value.is_ascii() && std::str::from_utf8(value).is_err() {
        note(flaws, Flaw::new(Span::new(start..end), "RFC 2045 §3", "header field is not text"));
    }
    let text = String::from_utf8_lossy(value);
    let value = match text.contains(['\r', '\n']) {
        true => text.split(['\r', '\n']).map(str::trim).filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" "),
        false => text.into_owned(),
    };
    Header { name: String::from_utf8_lossy(&bytes[name]).into_owned(), value, span: Span::new(start..end) }
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic())
}
