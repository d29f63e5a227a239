//! What takes the body and the end-line to see: sizes, the Byte-Range against the octets, the flag.

use super::Found;
use crate::wire::Span;
use crate::wire::msrp::head::ByteRange;
use crate::wire::msrp::message::Message;
use crate::wire::msrp::tail::{Flag, end_line};

/// A longer body in a SEND must be interruptible (RFC 4975 §7.1.1).
const UNINTERRUPTED: u64 = 2048;
/// The longest body of any other request (RFC 4975 §7.1).
const WITHOUT_CONTENT: u64 = 10240;

pub(super) fn check(message: &Message, found: &mut Found<'_>) {
    let head = message.head();
    let start = found.start_line();
    let tail = end(message, found);
    if head.is_response() {
        if message.flag() != Flag::Last {
            found.add(tail, "RFC 4975 §7.2", "continuation flag of a response is not $");
        }
        return;
    }
    if head.method() != "SEND" {
        if message.flag() != Flag::Last {
            found.add(tail, "RFC 4975 §7.1", "continuation flag is not $ in a request that cannot be interrupted");
        }
        if message.octets() > WITHOUT_CONTENT {
            found.add(start, "RFC 4975 §7.1", "body of more than 10240 octets in a request other than SEND");
        }
        return;
    }
    let header = head.find("Byte-Range");
    let range = header.and_then(|h| ByteRange::parse(h.value()));
    let interruptible = range.is_some_and(|range| range.end.is_none());
    // A Byte-Range that cannot be read is a flaw of the head already.
    if message.octets() > UNINTERRUPTED && !interruptible && header.is_some() == range.is_some() {
        let span = header.map_or(start, |h| h.span());
        found.add(span, "RFC 4975 §7.1.1", "body of more than 2048 octets without * as range-end");
    }
    if let (Some(header), Some(range)) = (header, range)
        && range.start > 0
        && range.end.is_none_or(|end| end.saturating_add(1) >= range.start)
    {
        octets_of_range(message, header.span(), range, tail, found);
    }
}

/// Whether body and flag bear out what the Byte-Range says of them.
fn octets_of_range(message: &Message, span: Span, range: ByteRange, tail: Span, found: &mut Found<'_>) {
    const CLAUSE: &str = "RFC 4975 §7.1.1";
    let octets = message.octets();
    // The number of the last octet; one below the start where there is none.
    let reached = (range.start - 1).saturating_add(octets);
    if let Some(end) = range.end
        && end != reached
    {
        let expected = (end + 1).saturating_sub(range.start);
        found.add(span, CLAUSE, format!("body of {octets} octets, and by its range it has {expected}"));
        return;
    }
    if range.total.is_some_and(|total| reached > total) {
        return found.add(span, CLAUSE, format!("body reaches octet {reached}, beyond the total"));
    }
    if octets == 0 && range.start != 1 && message.flag() == Flag::Last {
        found.add(span, CLAUSE, "range-start of content of no octets is not 1");
    }
    let complete = range.total == Some(reached);
    match message.flag() {
        Flag::Last if range.total.is_some() && !complete => {
            found.add(tail, "RFC 4975 §7.1", format!("continuation flag $ at octet {reached}, before the total"));
        }
        Flag::More if complete => {
            found.add(tail, "RFC 4975 §7.1", "continuation flag + in the chunk that ends the message");
        }
        _ => {}
    }
}

/// Judges the end-line; its span.
fn end(message: &Message, found: &mut Found<'_>) -> Span {
    let start = usize::try_from(message.len()).unwrap_or(usize::MAX).saturating_sub(message.tail().len());
    let whole = Span::new(start..start.saturating_add(message.tail().len()));
    let tail = message.tail();
    let id = message.head().transaction_id_span();
    let line = tail.strip_prefix(b"\r\n").unwrap_or(tail);
    let before = tail.len() - line.len();
    if end_line(line, id.of(message.head().bytes())) != Some(message.flag()) || !line.ends_with(b"\r\n") {
        found.add(whole, "RFC 4975 §9", "end-line is not seven hyphens, the transaction identifier, a flag and CRLF");
    } else if message.head().has_body() && before == 0 {
        found.add(whole, "RFC 4975 §7.1", "no CRLF between body and end-line");
    } else if !message.head().has_body() && before > 0 {
        found.add(whole, "RFC 4975 §7.1", "CRLF before the end-line of a request without body");
    }
    Span::new(start.saturating_add(before)..start.saturating_add(tail.len()))
}
