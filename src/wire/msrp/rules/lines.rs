//! The form of lines: the start line, line ends, names of headers, the blank behind the colon.

use super::Found;
use crate::wire::Span;
use crate::wire::msrp::head::{Header, Start};
use crate::wire::msrp::syntax;

const GRAMMAR: &str = "RFC 4975 §9";

/// Headers whose grammar is one blank, then the value and nothing else. `hval` of others may begin and end with blanks.
const EXACT: &[&str] =
    &["To-Path", "From-Path", "Message-ID", "Success-Report", "Failure-Report", "Byte-Range", "Status", "Content-Type"];

pub(super) fn check(found: &mut Found<'_>) {
    start_line(found);
    line_ends(found);
    let head = found.head;
    for line in head.raw_lines() {
        let octets = line.of(head.bytes());
        if octets.starts_with(b" ") || octets.starts_with(b"\t") {
            found.add(line, "RFC 4976 §5.1", "folded header line");
        } else if octets.first() == Some(&b':') {
            found.add(line, GRAMMAR, "header without a name");
        } else if !octets.contains(&b':') {
            found.add(line, GRAMMAR, "header line without a colon");
        }
    }
    for header in head.headers() {
        header_line(header, found);
    }
}

fn start_line(found: &mut Found<'_>) {
    let head = found.head;
    let line = found.start_line();
    let octets = line.of(head.bytes());
    if !octets.starts_with(b"MSRP ") {
        found.at(0..octets.len().min(4), GRAMMAR, "start line does not begin with MSRP in capitals and a blank");
    }
    let id = head.transaction_id_span();
    match head.start() {
        Start::Broken => return found.add(line, GRAMMAR, "neither a request line nor a status line"),
        Start::Request { method } => {
            if !syntax::is_method(method.of(head.bytes())) {
                found.add(method, GRAMMAR, "neither a method in capitals nor a status code of three digits");
            }
            if method.end < line.end {
                found.at(method.end as usize..line.end as usize, GRAMMAR, "octets behind the method");
            }
        }
        Start::Response { comment, .. } => {
            if !syntax::is_utf8text(comment.of(head.bytes())) {
                found.add(comment, GRAMMAR, "comment is not UTF-8 text");
            }
        }
    }
    if !syntax::is_ident(id.of(head.bytes())) {
        found.add(id, GRAMMAR, "transaction identifier is not 4 to 32 letters, digits or .-+%=, the first no sign");
    }
}

fn line_ends(found: &mut Found<'_>) {
    let bytes = found.head.bytes().clone();
    for end in memchr::memchr_iter(b'\n', &bytes) {
        if end == 0 || bytes[end - 1] != b'\r' {
            found.at(end..end + 1, GRAMMAR, "line ends with LF alone");
        }
    }
    if bytes.last() != Some(&b'\n') {
        found.at(bytes.len()..bytes.len(), GRAMMAR, "header section does not end with CRLF");
    }
}

fn header_line(header: Header<'_>, found: &mut Found<'_>) {
    let bytes = found.head.bytes();
    let (name, value, whole) = (header.name_span(), header.span(), header.whole());
    if !syntax::is_header_name(name.of(bytes)) {
        found.add(name, GRAMMAR, "header name is not a letter and token characters");
    }
    let behind = Span::new(name.end as usize..whole.end as usize);
    let text = behind.of(bytes);
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let Some(hval) = text.strip_prefix(b":") else {
        let blanks = memchr::memchr(b':', text).unwrap_or_default();
        return found.at(name.end as usize..name.end as usize + blanks, GRAMMAR, "blank before the colon");
    };
    let exact = EXACT.iter().any(|known| known.eq_ignore_ascii_case(header.name()));
    // MIME headers follow RFC 2045, which asks for no blank.
    let mime = !exact && is_mime(header.name());
    let before = value.start.saturating_sub(name.end + 1) as usize;
    if exact && before != 1 || !mime && hval.first() != Some(&b' ') {
        found.at(name.end as usize..name.end as usize + 1 + before, GRAMMAR, "not one blank behind the colon");
    }
    if exact && hval.len() > before + value.len() {
        found.at(value.end as usize..name.end as usize + 1 + hval.len(), GRAMMAR, "blank behind the value");
    }
    if !syntax::is_utf8text(value.of(bytes)) {
        found.add(value, GRAMMAR, "value is not UTF-8 text");
    }
}

/// Whether the header describes a body (RFC 2045 §9: all begin with `Content-`).
pub(super) fn is_mime(name: &str) -> bool {
    name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("Content-"))
}
