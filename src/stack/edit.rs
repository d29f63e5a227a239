//! Small changes to a message that leave every other octet as it is: what proxies and the transport layer do.
//!
//! Knows lines and comma-separated values, not what they are for.

use std::ops::Range;

use bytes::Bytes;

use crate::wire::sip::{Message, Name};

/// The message with a header line before all others.
pub fn prepend(message: &Message, name: Name, value: &str) -> Message {
    let Some(at) = message.headers().next().map(|first| first.whole().range().start) else {
        return message.clone();
    };
    splice(message, at..at, &format!("{}: {value}\r\n", name.text()))
}

/// The message with a header line behind all others, before the body.
pub fn append(message: &Message, name: &str, value: &str) -> Message {
    let Some(at) = message.headers().last().map(|last| last.whole().range().end) else {
        return message.clone();
    };
    splice(message, at..at, &format!("{name}: {value}\r\n"))
}

/// The message with `value` in place of the topmost value of `name`; unchanged where there is none.
pub fn replace_top(message: &Message, name: Name, value: &str) -> Message {
    match message.values(name).next() {
        Some((span, _)) => splice(message, span.range(), value),
        None => message.clone(),
    }
}

/// The message with `value` in place of everything in the first header line of `name`.
pub fn replace_line(message: &Message, name: Name, value: &str) -> Message {
    match message.header(name) {
        Some(header) => splice(message, header.span().range(), value),
        None => message.clone(),
    }
}

/// The message without the topmost value of `name`.
pub fn remove_top(message: &Message, name: Name) -> Message {
    let Some(header) = message.header(name) else { return message.clone() };
    let whole = header.whole().range();
    let mut values = message.values(name).map(|(span, _)| span.range()).filter(|value| value.start < whole.end);
    match (values.next(), values.next()) {
        (Some(top), Some(next)) => splice(message, top.start..next.start, ""),
        _ => splice(message, whole, ""),
    }
}

/// The message without the last value of `name`.
pub fn remove_last(message: &Message, name: Name) -> Message {
    let Some(header) = message.all(name).last() else { return message.clone() };
    let whole = header.whole().range();
    let values: Vec<Range<usize>> =
        message.values(name).map(|(span, _)| span.range()).filter(|value| value.start >= whole.start).collect();
    match values.as_slice() {
        [.., before, last] => splice(message, before.end..last.end, ""),
        _ => splice(message, whole, ""),
    }
}

/// The message without any header line of `name`.
pub fn remove_all(message: &Message, name: Name) -> Message {
    let mut changed = message.clone();
    let lines: Vec<Range<usize>> = message.all(name).map(|header| header.whole().range()).collect();
    for line in lines.into_iter().rev() {
        changed = splice(&changed, line, "");
    }
    changed
}

/// The message with another Request-URI; unchanged where it is no request.
pub fn set_request_uri(message: &Message, uri: &str) -> Message {
    match message.start() {
        crate::wire::sip::Start::Request { uri: span, .. } => splice(message, span.range(), uri),
        _ => message.clone(),
    }
}

/// The message with `text` in place of the octets in `range`.
fn splice(message: &Message, range: Range<usize>, text: &str) -> Message {
    let old = message.bytes();
    let (Some(before), Some(after)) = (old.get(..range.start), old.get(range.end..)) else {
        return message.clone();
    };
    let mut bytes = Vec::with_capacity(before.len() + text.len() + after.len());
    bytes.extend_from_slice(before);
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(after);
    Message::parse(Bytes::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "MESSAGE sip:bob@example.org SIP/2.0\r\n";

    #[track_caller]
    fn check(change: impl Fn(&Message) -> Message, before: &str, after: &str) {
        let before = Message::parse(Bytes::from(format!("{HEAD}{before}\r\nbody")));
        assert_eq!(change(&before).bytes(), &Bytes::from(format!("{HEAD}{after}\r\nbody")));
    }

    #[test]
    fn only_the_topmost_value_changes() {
        let remove = |m: &Message| remove_top(m, Name::Via);
        check(remove, "v: one , two\r\nVia: three\r\n", "v: two\r\nVia: three\r\n");
        check(remove, "To: x\r\nVia: one\r\nVia: two\r\n", "To: x\r\nVia: two\r\n");
        check(remove, "To: x\r\n", "To: x\r\n");
        let last = |m: &Message| remove_last(m, Name::Via);
        check(last, "Via: one\r\nv: two , three\r\n", "Via: one\r\nv: two\r\n");
        check(last, "Via: one\r\nTo: x\r\n", "To: x\r\n");
        check(last, "To: x\r\n", "To: x\r\n");
        let replace = |m: &Message| replace_top(m, Name::Via, "new");
        check(replace, "Via: one, two\r\n", "Via: new, two\r\n");
        check(replace, "To: x\r\n", "To: x\r\n");
    }

    #[test]
    fn lines_come_first_last_or_go() {
        check(|m| prepend(m, Name::Via, "new"), "X: y\r\nVia: one\r\n", "Via: new\r\nX: y\r\nVia: one\r\n");
        check(|m| append(m, "X-Last", "z"), "X: y\r\n", "X: y\r\nX-Last: z\r\n");
        check(|m| replace_line(m, Name::To, "z"), "To: a, b\r\nTo: c\r\n", "To: z\r\nTo: c\r\n");
        check(|m| remove_all(m, Name::Route), "Route: a\r\nX: y\r\nroute: b\r\n", "X: y\r\n");
    }

    #[test]
    fn the_request_uri_is_replaced() {
        let changed = set_request_uri(&Message::parse(Bytes::from(format!("{HEAD}\r\n"))), "sip:carol@example.org");
        assert_eq!(changed.request_uri(), Some("sip:carol@example.org"));
    }
}
