//! Lines: how they end, fold and begin, and whether every one of them is a header (RFC 3261 §7, §7.3.1).

use crate::wire::sip::index::{is_blank, leading_line_ends, line_at};
use crate::wire::sip::message::Message;
use crate::wire::{Flaw, Span};

pub(super) fn check(message: &Message, flaws: &mut Vec<Flaw>) {
    let bytes = message.bytes();
    let leading = leading_line_ends(bytes);
    if leading > 0 {
        flaws.push(Flaw::new(Span::new(0..leading), "RFC 3261 §7", "empty line before the start line"));
    }
    let head = message.index().body;
    let mut at = leading;
    let mut first = true;
    let mut ended = false;
    while at < head {
        let (line, next) = line_at(bytes, at);
        line_end(bytes, line, next, flaws);
        if line.is_empty() {
            ended = true;
        } else {
            octets(bytes, line, flaws);
            if !first {
                header_line(bytes, line, flaws);
            }
        }
        (at, first) = (next, false);
    }
    if !ended {
        let span = Span::new(head..head);
        flaws.push(Flaw::new(span, "RFC 3261 §7", "no empty line behind the header section"));
    }
    fold_behind_start_line(message, flaws);
}

fn line_end(bytes: &[u8], line: Span, next: usize, flaws: &mut Vec<Flaw>) {
    let end = Span::new(line.end as usize..next);
    match end.of(bytes) {
        b"\r\n" => {}
        b"\n" => flaws.push(Flaw::new(end, "RFC 3261 §7", "line ends with LF alone")),
        _ => flaws.push(Flaw::new(end, "RFC 3261 §7", "line does not end")),
    }
}

/// Octets that no header and no start line may hold.
fn octets(bytes: &[u8], line: Span, flaws: &mut Vec<Flaw>) {
    let text = line.of(bytes);
    let base = line.start as usize;
    if let Some(at) = control(text) {
        let what = if text[at] == b'\r' { "CR without LF" } else { "control character" };
        flaws.push(Flaw::new(Span::new(base + at..base + at + 1), "RFC 3261 §25.1", what));
    }
    if let Err(error) = std::str::from_utf8(text) {
        let start = base + error.valid_up_to();
        let span = Span::new(start..start + error.error_len().unwrap_or(text.len() - error.valid_up_to()));
        flaws.push(Flaw::new(span, "RFC 3261 §25.1", "octets that are not UTF-8"));
    }
}

/// The first control character that may not stand where it stands.
fn control(text: &[u8]) -> Option<usize> {
    let suspect = |byte: u8| byte.is_ascii_control() && byte != b'\t';
    // A fold without a way out compiles to vector code, and nearly every line is clean.
    if !text.iter().fold(false, |any, byte| any | suspect(*byte)) {
        return None;
    }
    // A quoted-pair may hold any octet but CR and LF.
    let escaped = |at: usize| at > 0 && text[at - 1] == b'\\';
    (0..text.len()).find(|at| suspect(text[*at]) && (text[*at] == b'\r' || !escaped(*at)))
}

fn header_line(bytes: &[u8], line: Span, flaws: &mut Vec<Flaw>) {
    let text = line.of(bytes);
    if is_blank(text[0]) {
        return;
    }
    let Some(colon) = text.iter().position(|b| *b == b':') else {
        flaws.push(Flaw::new(line, "RFC 3261 §7.3.1", "header line without a colon"));
        return;
    };
    // HCOLON allows blanks before the colon.
    let name = text[..colon].trim_ascii_end();
    if name.is_empty() || !name.iter().copied().all(super::scan::is_token) {
        let span = Span::new(line.start as usize..line.start as usize + colon);
        flaws.push(Flaw::new(span, "RFC 3261 §25.1", "header name is not a token"));
    }
}

/// A start line cannot be continued (RFC 3261 §7.1, §7.2).
fn fold_behind_start_line(message: &Message, flaws: &mut Vec<Flaw>) {
    let bytes = message.bytes();
    let (_, next) = line_at(bytes, message.index().start_line.start as usize);
    if bytes.get(next).copied().is_some_and(is_blank) && next < message.index().body {
        let (line, _) = line_at(bytes, next);
        flaws.push(Flaw::new(line, "RFC 3261 §7.1", "start line is continued on a second line"));
    }
}
