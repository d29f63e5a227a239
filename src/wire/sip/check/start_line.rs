//! The Request-Line and the Status-Line (RFC 3261 §7.1, §7.2).

use super::scan::is_token;
use crate::wire::sip::message::{Message, Start};
use crate::wire::uri::{Scheme, Uri};
use crate::wire::{Flaw, Span};

const REQUEST_LINE: &str = "RFC 3261 §7.1";
const STATUS_LINE: &str = "RFC 3261 §7.2";

pub(super) fn check(message: &Message, flaws: &mut Vec<Flaw>) {
    let bytes = message.bytes();
    let line = message.index().start_line;
    match message.start() {
        Start::Request { method, uri, version } => {
            gaps(
                bytes,
                REQUEST_LINE,
                &[line.start, method.start, method.end, uri.start, uri.end, version.start],
                flaws,
            );
            trailing(version.end, line, REQUEST_LINE, flaws);
            if !method.of(bytes).iter().copied().all(is_token) {
                flaws.push(Flaw::new(method, REQUEST_LINE, "method is not a token"));
            }
            request_uri(message, uri, flaws);
            sip_version(bytes, version, REQUEST_LINE, flaws);
        }
        Start::Response { version, status, code, reason } => {
            gaps(bytes, STATUS_LINE, &[line.start, version.start, version.end, code.start], flaws);
            sip_version(bytes, version, STATUS_LINE, flaws);
            if code.len() != 3 || !(100..700).contains(&status) {
                flaws.push(Flaw::new(code, STATUS_LINE, "status code is not three digits from 100 to 699"));
            }
            if reason.start == code.end {
                flaws.push(Flaw::new(reason, STATUS_LINE, "no blank between status code and reason phrase"));
            }
            reason_phrase(bytes, reason, flaws);
        }
        Start::Broken(span) if starts_status_line(span.of(bytes)) => {
            flaws.push(Flaw::new(span, STATUS_LINE, "status code is not three digits from 100 to 699"));
        }
        Start::Broken(span) => {
            flaws.push(Flaw::new(span, "RFC 3261 §7", "start line is neither a Request-Line nor a Status-Line"));
        }
    }
}

/// `edges` are pairs: nothing lies between the first two, and one blank between all others.
fn gaps(bytes: &[u8], clause: &'static str, edges: &[u32], flaws: &mut Vec<Flaw>) {
    for (index, pair) in edges.chunks_exact(2).enumerate() {
        let gap = Span { start: pair[0], end: pair[1] };
        let expected: &[u8] = if index == 0 { b"" } else { b" " };
        if gap.of(bytes) != expected {
            flaws.push(Flaw::new(gap, clause, "elements of the start line are not parted by exactly one blank"));
        }
    }
}

fn trailing(end: u32, line: Span, clause: &'static str, flaws: &mut Vec<Flaw>) {
    if end < line.end {
        let span = Span { start: end, end: line.end };
        flaws.push(Flaw::new(span, clause, "blanks at the end of the start line"));
    }
}

fn sip_version(bytes: &[u8], version: Span, clause: &'static str, flaws: &mut Vec<Flaw>) {
    if !version.of(bytes).eq_ignore_ascii_case(b"SIP/2.0") {
        flaws.push(Flaw::new(version, clause, "version is not SIP/2.0"));
    }
}

fn request_uri(message: &Message, span: Span, flaws: &mut Vec<Flaw>) {
    let text = message.str(span);
    if text.starts_with('<') {
        flaws.push(Flaw::new(span, REQUEST_LINE, "Request-URI stands in angle brackets"));
        return;
    }
    if text.contains([' ', '\t']) {
        flaws.push(Flaw::new(span, REQUEST_LINE, "blank in the Request-URI"));
        return;
    }
    let uri = Uri::parse(text);
    let base = span.start as usize;
    for flaw in uri.flaws() {
        let range = flaw.span.range();
        flaws.push(Flaw { span: Span::new(base + range.start..base + range.end), ..flaw });
    }
    if matches!(uri.scheme, Scheme::Sip | Scheme::Sips) {
        if uri.headers().next().is_some() {
            flaws.push(Flaw::new(span, "RFC 3261 §19.1.1", "headers in the Request-URI"));
        }
        if uri.param("method").is_some() {
            flaws.push(Flaw::new(span, "RFC 3261 §19.1.1", "method parameter in the Request-URI"));
        }
    }
}

fn reason_phrase(bytes: &[u8], reason: Span, flaws: &mut Vec<Flaw>) {
    let text = reason.of(bytes);
    let good = |b: u8| b.is_ascii_alphanumeric() || b >= 0x80 || b";/?:@&=+$,-_.!~*'() \t%".contains(&b);
    let bad = text.iter().position(|b| !good(*b)).or_else(|| bad_escape(text));
    if let Some(at) = bad {
        let start = reason.start as usize + at;
        let what = "character not allowed in a reason phrase";
        flaws.push(Flaw::new(Span::new(start..start + 1), "RFC 3261 §25.1", what));
    }
}

fn bad_escape(text: &[u8]) -> Option<usize> {
    let digits = |at: usize| text.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    memchr::memchr_iter(b'%', text).find(|at| !digits(*at))
}

fn starts_status_line(line: &[u8]) -> bool {
    line.trim_ascii_start().get(..4).is_some_and(|four| four.eq_ignore_ascii_case(b"SIP/"))
}
