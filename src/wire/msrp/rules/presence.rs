//! Which headers a head must, and must not, have, and in which order.

use super::Found;
use super::lines::is_mime;

/// Headers that mean one thing for the chunk, so that a second one contradicts the first.
const ONCE: &[(&str, &str)] = &[
    ("To-Path", "RFC 4975 §9"),
    ("From-Path", "RFC 4975 §9"),
    ("Message-ID", "RFC 4975 §7.1.1"),
    ("Success-Report", "RFC 4975 §7.1.1"),
    ("Failure-Report", "RFC 4975 §7.1.1"),
    ("Byte-Range", "RFC 4975 §7.1.1"),
    ("Status", "RFC 4975 §7.1.2"),
    ("Content-Type", "RFC 4975 §9"),
];

pub(super) fn check(found: &mut Found<'_>) {
    paths(found);
    repeated(found);
    content(found);
    match found.head.method() {
        "SEND" => needs("Message-ID", "RFC 4975 §7.1.1", found),
        "REPORT" => report(found),
        _ => {}
    }
}

/// To-Path, then From-Path, then all others (RFC 4975 §9, headers).
fn paths(found: &mut Found<'_>) {
    let head = found.head;
    for (place, name) in [(0, "To-Path"), (1, "From-Path")] {
        match head.headers().position(|h| h.name().eq_ignore_ascii_case(name)) {
            None => found.add(found.start_line(), "RFC 4975 §7.1", format!("no {name}")),
            Some(at) if at > place => {
                let what =
                    if place == 0 { "To-Path is not the first header" } else { "From-Path is not the second header" };
                // With the two exchanged, one flaw says it all.
                if place == 0 || head.headers().next().is_some_and(|h| h.name().eq_ignore_ascii_case("To-Path")) {
                    let span = head.find(name).map(|h| h.name_span()).unwrap_or_default();
                    found.add(span, "RFC 4975 §9", what);
                }
            }
            Some(_) => {}
        }
    }
}

fn repeated(found: &mut Found<'_>) {
    for (name, clause) in ONCE {
        for again in found.head.headers().filter(|h| h.name().eq_ignore_ascii_case(name)).skip(1) {
            found.add(again.name_span(), clause, format!("{name} appears more than once"));
        }
    }
}

fn content(found: &mut Found<'_>) {
    const CLAUSE: &str = "RFC 4975 §7.1";
    let head = found.head;
    if let Some(encoding) = head.find("Content-Transfer-Encoding") {
        found.add(encoding.name_span(), "RFC 4975 §7.1.1", "Content-Transfer-Encoding, where all content is binary");
    }
    if !head.has_body() {
        for header in head.headers().filter(|h| is_mime(h.name())) {
            found.add(header.name_span(), CLAUSE, format!("{} without a body", header.name()));
        }
        return;
    }
    if head.is_response() {
        return found.add(found.start_line(), "RFC 4975 §9", "response with a body");
    }
    let Some(last) = head.headers().last() else {
        return found.add(found.start_line(), CLAUSE, "body without Content-Type");
    };
    match head.find("Content-Type") {
        None => found.add(found.start_line(), CLAUSE, "body without Content-Type"),
        Some(kind) if !last.name().eq_ignore_ascii_case("Content-Type") => {
            found.add(kind.name_span(), CLAUSE, "Content-Type is not the last header");
        }
        Some(_) => {}
    }
}

fn report(found: &mut Found<'_>) {
    const CLAUSE: &str = "RFC 4975 §7.1.2";
    needs("Message-ID", CLAUSE, found);
    needs("Status", CLAUSE, found);
    for name in ["Success-Report", "Failure-Report"] {
        if let Some(header) = found.head.find(name) {
            found.add(header.name_span(), CLAUSE, format!("{name} in a REPORT"));
        }
    }
}

fn needs(name: &str, clause: &'static str, found: &mut Found<'_>) {
    if found.head.find(name).is_none() {
        found.add(found.start_line(), clause, format!("{} without {name}", found.head.method()));
    }
}
