//! Changes inside an MSRP chunk. Only what the change names is another; the body is never copied.

use bytes::{Bytes, BytesMut};

use super::change::Change;
use crate::wire::msrp::{Builder, Flag, Message};

/// The chunk with the change made; the same chunk where the change finds nothing to do.
///
/// `before` is the chunk of the same message that left before this one (for overlaps), `unique` a number that
/// differs from message to message.
pub fn change(message: &Message, change: &Change, before: Option<&Message>, unique: u64) -> Message {
    let builder = Builder::from_message(message);
    match change {
        Change::DropHeader(name) => builder.remove(name).build(),
        Change::SetHeader(name, value) => builder.set(name, value).build(),
        Change::AddHeader(name, value) => {
            // Extension headers stand before the MIME headers, and Content-Type stays last (RFC 4975 §9).
            let content_type = message.head().content_type().map(str::to_owned);
            match content_type {
                Some(kind) if !name.eq_ignore_ascii_case("Content-Type") => {
                    builder.remove("Content-Type").header(name, value).header("Content-Type", kind).build()
                }
                _ => builder.header(name, value).build(),
            }
        }
        Change::PutHeaderLast(name) => match message.head().find(name).map(|h| h.value().to_owned()) {
            Some(value) => builder.remove(name).header(name, value).build(),
            None => message.clone(),
        },
        Change::DropEndLine => builder.tail("").build(),
        Change::MakeUnique(name) => builder.set(name, format!("unique{unique:08x}")).build(),
        Change::SetMethod(method) => {
            builder.start_line(format!("MSRP {} {method}", message.head().transaction_id())).build()
        }
        Change::SetStatus(status, comment) if message.head().is_response() => {
            builder.start_line(format!("MSRP {} {status} {comment}", message.head().transaction_id())).build()
        }
        Change::SetTransactionId(id) => {
            let head = message.head();
            let rest = match head.status() {
                Some(status) => format!("{status} {}", head.comment()),
                None => head.method().to_owned(),
            };
            let tail = format!("-------{id}{}\r\n", message.flag().as_char());
            let tail = if message.body().is_some() { format!("\r\n{tail}") } else { tail };
            builder.start_line(format!("MSRP {id} {rest}")).tail(tail).build()
        }
        Change::SetFlag(flag) => match Flag::of(*flag as u8) {
            Some(flag) => builder.flag(flag).build(),
            None => message.clone(),
        },
        Change::DropBody => builder.remove("Content-Type").no_body().build(),
        Change::Scramble => {
            let octets = message.body_bytes();
            builder
                .octets(octets.iter().map(|b| if b.is_ascii_graphic() { b'x' } else { *b }).collect::<Vec<u8>>())
                .build()
        }
        Change::Replace(old, new) => replace(message, builder, old, new),
        Change::Overlap(octets) => overlap(message, builder, before, *octets),
        _ => message.clone(),
    }
}

/// Puts other text in place of some. Where the chunk is the whole message, its Byte-Range is that of the new one.
fn replace(message: &Message, builder: Builder, old: &str, new: &str) -> Message {
    if message.body().is_none() {
        return message.clone();
    }
    let body = message.body_bytes();
    let changed = String::from_utf8_lossy(&body).replace(old, &new.replace("<CRLF>", "\r\n"));
    let range = message.head().byte_range();
    let whole = range.is_some_and(|r| r.start == 1 && r.total == Some(body.len() as u64));
    let builder = if whole && message.flag() == Flag::Last {
        builder.set("Byte-Range", format!("1-{0}/{0}", changed.len()))
    } else {
        builder
    };
    builder.octets(changed.into_bytes()).build()
}

/// Begins the chunk `octets` earlier, with the octets that the chunk before it ended with.
fn overlap(message: &Message, builder: Builder, before: Option<&Message>, octets: usize) -> Message {
    let (Some(before), Some(range)) = (before, message.head().byte_range()) else { return message.clone() };
    let earlier = before.body_bytes();
    let octets = octets.min(earlier.len()).min(usize::try_from(range.start - 1).unwrap_or(0));
    let mut body = BytesMut::from(&earlier[earlier.len() - octets..]);
    body.extend_from_slice(&message.body_bytes());
    let start = range.start - octets as u64;
    let shown = |n: Option<u64>| n.map_or_else(|| "*".to_owned(), |n| n.to_string());
    let value = format!("{start}-{}/{}", shown(range.end), shown(range.total));
    builder.set("Byte-Range", value).octets(Bytes::from(body)).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(start: u64, body: &'static str) -> Message {
        Builder::request("a786hjs2", "SEND")
            .header("To-Path", "msrp://b.example:7394/k;tcp")
            .header("From-Path", "msrp://a.example:7654/i;tcp")
            .header("Message-ID", "87652491")
            .header("Byte-Range", format!("{start}-*/20"))
            .header("Success-Report", "yes")
            .body("text/plain", body)
            .flag(Flag::More)
            .build()
    }

    fn check(words: &str, expected: &[&str]) {
        let parsed = Change::parse(words).expect("known words");
        let changed = change(&chunk(11, "0123456789"), &parsed, Some(&chunk(1, "abcdefghij")), 7);
        let octets: Vec<u8> = changed.pieces().concat();
        let text = String::from_utf8_lossy(&octets).into_owned();
        for wanted in expected {
            match wanted.strip_prefix('!') {
                Some(unwanted) => assert!(!text.contains(unwanted), "{words}: {unwanted} is in\n{text}"),
                None => assert!(text.contains(wanted), "{words}: {wanted} is not in\n{text}"),
            }
        }
        assert!(Message::parse(octets).is_ok(), "{words}: no longer one chunk\n{text}");
    }

    #[test]
    fn each_change_does_what_it_says() {
        check("drop header Success-Report", &["!Success-Report", "Message-ID: 87652491"]);
        check("set header Success-Report to no", &["Success-Report: no\r\n"]);
        check("add header Content-Disposition to attachment", &["attachment\r\nContent-Type: text/plain\r\n"]);
        check("put header Message-ID last", &["Content-Type: text/plain\r\nMessage-ID: 87652491\r\n"]);
        check("make unique Message-ID", &["Message-ID: unique00000007\r\n"]);
        check("set method FOOBAR", &["MSRP a786hjs2 FOOBAR\r\n"]);
        check("set flag #", &["-------a786hjs2#\r\n"]);
        check("set transaction id zzzz9999", &["MSRP zzzz9999 SEND", "\r\n-------zzzz9999+\r\n"]);
        check("drop body", &["!0123456789", "!Content-Type"]);
        check("replace 45 with <CRLF>", &["0123\r\n6789", "Byte-Range: 11-*/20\r\n"]);
        check("scramble", &["xxxxxxxxxx", "!0123456789"]);
        check("overlap 4", &["Byte-Range: 7-*/20\r\n", "\r\n\r\nghij0123456789\r\n"]);
    }

    #[test]
    fn a_chunk_may_lose_its_end() {
        let cut = change(&chunk(11, "0123456789"), &Change::DropEndLine, None, 7);
        assert!(cut.pieces().concat().ends_with(b"\r\n\r\n0123456789"));
    }
}
