//! The grammar of each header's value, and what a value alone shows to be impossible.

use super::Found;
use crate::wire::Span;
use crate::wire::msrp::head::{ByteRange, Header, Status};
use crate::wire::msrp::syntax;
use crate::wire::uri::{Scheme, Uri};

const GRAMMAR: &str = "RFC 4975 §9";

pub(super) fn check(found: &mut Found<'_>) {
    for header in found.head.headers() {
        let name = header.name();
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("To-Path") || is("From-Path") {
            path(header, found);
        } else if is("Message-ID") {
            if !syntax::is_ident(header.value().as_bytes()) {
                found.add(header.span(), GRAMMAR, "Message-ID is not 4 to 32 letters, digits or .-+%=");
            }
        } else if is("Success-Report") {
            word(header, &["yes", "no"], found);
        } else if is("Failure-Report") {
            word(header, &["yes", "no", "partial"], found);
        } else if is("Byte-Range") {
            byte_range(header, found);
        } else if is("Status") {
            status(header, found);
        } else if is("Content-Type") && !syntax::is_media_type(header.value()) {
            found.add(header.span(), GRAMMAR, "Content-Type is not a media type");
        }
    }
}

fn word(header: Header<'_>, words: &[&str], found: &mut Found<'_>) {
    if !words.iter().any(|word| word.eq_ignore_ascii_case(header.value())) {
        found.add(header.span(), GRAMMAR, format!("{} is not {}", header.name(), words.join(" or ")));
    }
}

fn path(header: Header<'_>, found: &mut Found<'_>) {
    let value = header.value();
    // The last URI of a path is an endpoint's. Others are relays', which AUTH names without a session (RFC 4976 §5.1).
    let endpoint = matches!(found.head.method(), "SEND" | "REPORT").then(|| value.split(' ').count() - 1);
    let mut at = header.span().start as usize;
    for (i, text) in value.split(' ').enumerate() {
        let span = Span::new(at..at + text.len());
        at += text.len() + 1;
        if text.is_empty() {
            // An empty value is one empty URI; behind it, a blank too much.
            let what = if i == 0 { "no MSRP-URI" } else { "more than one blank between two URIs" };
            found.add(span, GRAMMAR, what);
            continue;
        }
        uri(text, span, endpoint == Some(i), found);
    }
}

fn uri(text: &str, span: Span, endpoint: bool, found: &mut Found<'_>) {
    let uri = Uri::parse(text);
    if !matches!(uri.scheme, Scheme::Msrp | Scheme::Msrps) {
        return found.add(span, GRAMMAR, "neither an msrp nor an msrps URI");
    }
    let flaws = uri.flaws();
    let sound = flaws.is_empty();
    for flaw in flaws {
        let start = span.start as usize;
        found.at(start + flaw.span.range().start..start + flaw.span.range().end, flaw.clause, flaw.what);
    }
    if !endpoint || !sound {
        return;
    }
    if uri.port.is_none() {
        found.add(span, "RFC 4975 §6", "no explicit port");
    }
    if uri.path.is_none() {
        found.add(span, "RFC 4975 §6", "no session-id");
    }
}

fn byte_range(header: Header<'_>, found: &mut Found<'_>) {
    let Some(range) = ByteRange::parse(header.value()) else {
        return found.add(header.span(), GRAMMAR, "Byte-Range is not start-end/total in numbers of up to 64 bits");
    };
    let ByteRange { start, end, total } = range;
    let clause = "RFC 4975 §7.1.1";
    if start == 0 {
        return found.add(header.span(), clause, "the first octet is number 1, not 0");
    }
    // `1-0/0` is how no octets at all are written.
    if end.is_some_and(|end| end < start) && (start, end) != (1, Some(0)) {
        found.add(header.span(), clause, "range-end before range-start");
    } else if let Some(total) = total
        && (end.is_some_and(|end| end > total) || start > total && start != 1 && end.is_some())
    {
        found.add(header.span(), clause, "range beyond the total");
    } else if total.is_some_and(|total| start > total.saturating_add(1)) {
        found.add(header.span(), clause, "range-start beyond the total");
    }
}

fn status(header: Header<'_>, found: &mut Found<'_>) {
    match Status::parse(header.value()) {
        None => found.add(header.span(), GRAMMAR, "Status is not a namespace and a status code of three digits each"),
        Some(status) if status.namespace != 0 => {
            found.add(header.span(), "RFC 4975 §7.1.3", "namespace of the Status is not 000");
        }
        Some(_) => {}
    }
}
