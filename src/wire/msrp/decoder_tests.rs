//! Framing over any segmentation.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::wire::msrp::{Builder, Message};

/// What a decoder makes of a stream, body pieces joined.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Seen {
    Head(Bytes),
    Body(Vec<u8>),
    End(Flag, u64, Bytes),
    Broken(&'static str),
}

fn decode<'s>(segments: impl IntoIterator<Item = &'s [u8]>) -> Vec<Seen> {
    let mut decoder = Decoder::new();
    let mut seen = Vec::new();
    for segment in segments {
        decoder.push(Bytes::copy_from_slice(segment));
        while let Some(event) = decoder.poll() {
            match (event, seen.last_mut()) {
                (Event::Head(head), _) => seen.push(Seen::Head(head.bytes().clone())),
                (Event::Body(piece), Some(Seen::Body(body))) => body.extend_from_slice(&piece),
                (Event::Body(piece), _) => seen.push(Seen::Body(piece.to_vec())),
                (Event::End { flag, octets, tail }, _) => seen.push(Seen::End(flag, octets, tail)),
                (Event::Broken(flaw), _) => seen.push(Seen::Broken(match flaw.what {
                    std::borrow::Cow::Borrowed(what) => what,
                    std::borrow::Cow::Owned(_) => "",
                })),
            }
        }
    }
    seen
}

fn head(bytes: &'static str) -> Seen {
    Seen::Head(Bytes::from_static(bytes.as_bytes()))
}

fn body(bytes: &str) -> Seen {
    Seen::Body(bytes.as_bytes().to_vec())
}

fn end(flag: Flag, octets: u64, tail: &'static str) -> Seen {
    Seen::End(flag, octets, Bytes::from_static(tail.as_bytes()))
}

/// The stream gives these events in one segment, in segments of one octet, and in every split into two.
fn check(stream: &str, expected: &[Seen]) {
    let bytes = stream.as_bytes();
    assert_eq!(decode([bytes]), expected, "in one segment: {stream:?}");
    assert_eq!(decode(bytes.chunks(1)), expected, "octet by octet: {stream:?}");
    for cut in 0..bytes.len() {
        let (a, b) = bytes.split_at(cut);
        assert_eq!(decode([a, b]), expected, "cut at {cut}: {stream:?}");
    }
}

#[test]
fn chunks_with_and_without_body() {
    check(
        "MSRP abcd SEND\r\nTo-Path: x\r\n-------abcd$\r\n",
        &[head("MSRP abcd SEND\r\nTo-Path: x\r\n"), end(Flag::Last, 0, "-------abcd$\r\n")],
    );
    check(
        "MSRP abcd SEND\r\nContent-Type: a/b\r\n\r\nhello\r\n-------abcd+\r\nMSRP efgh 200 OK\r\n-------efgh$\r\n",
        &[
            head("MSRP abcd SEND\r\nContent-Type: a/b\r\n\r\n"),
            body("hello"),
            end(Flag::More, 5, "\r\n-------abcd+\r\n"),
            head("MSRP efgh 200 OK\r\n"),
            end(Flag::Last, 0, "-------efgh$\r\n"),
        ],
    );
}

#[test]
fn bodies_of_no_octets() {
    let start = head("MSRP abcd SEND\r\nContent-Type: a/b\r\n\r\n");
    check(
        "MSRP abcd SEND\r\nContent-Type: a/b\r\n\r\n\r\n-------abcd$\r\n",
        &[start.clone(), end(Flag::Last, 0, "\r\n-------abcd$\r\n")],
    );
    // The CRLF before the end-line forgotten.
    check(
        "MSRP abcd SEND\r\nContent-Type: a/b\r\n\r\n-------abcd$\r\n",
        &[start, end(Flag::Last, 0, "-------abcd$\r\n")],
    );
}

#[test]
fn bodies_that_look_like_an_end_line() {
    for text in [
        "-------",
        "\r\n-------",
        "\r\n-------abcd",
        "\r\n-------abcd$x",
        "\r\n-------abcd$\r",
        "\r\n-------abcd$\r\r\n-------abcd$\r",
        "\r\n-------abc\r\n-------abcd?\r\n",
        "-------abcd$x",
        "x-------abcd$\r\n",
        "\n-------abcd$\r\n",
        "\r\r\r\n\r\n\r\n-------abce$\r\n",
        "-------abcX",
    ] {
        let stream = format!("MSRP abcd SEND\r\n\r\n{text}\r\n-------abcd#\r\n");
        let octets = text.len() as u64;
        check(
            &stream,
            &[head("MSRP abcd SEND\r\n\r\n"), body(text), end(Flag::Aborted, octets, "\r\n-------abcd#\r\n")],
        );
    }
}

#[test]
fn octets_that_belong_to_no_chunk() {
    let chunk = [head("MSRP abcd 200\r\n"), end(Flag::Last, 0, "-------abcd$\r\n")];
    let text = "MSRP abcd 200\r\n-------abcd$\r\n";
    for (junk, what) in [
        ("GET / HTTP/1.1\r\nHost: MSRP abcd 200\r\n", "not an MSRP start line"),
        ("MSRPX\r\n", "not an MSRP start line"),
        ("MSRP\r\nMSRP \r\n", "not an MSRP start line"),
        ("MSRP ab\x01cd SEND\r\n", "not an MSRP start line"),
        ("MSRP abcd\r\n", "not an MSRP start line"),
        ("\r\n\r\n", "blank line between chunks"),
    ] {
        check(&format!("{junk}{text}"), &[Seen::Broken(what), chunk[0].clone(), chunk[1].clone()]);
    }
    let long = format!("MSRP abcd SEND\r\n{}\r\n", "x".repeat(HEADER_SECTION));
    let stream = format!("{long}{text}");
    let expected = [Seen::Broken("header section too long to be kept"), chunk[0].clone(), chunk[1].clone()];
    assert_eq!(decode([stream.as_bytes()]), expected);
    assert_eq!(decode(stream.as_bytes().chunks(1)), expected);
}

#[test]
fn a_stream_joined_in_its_middle() {
    let mut decoder = Decoder::out_of_step();
    decoder.push(Bytes::from_static(b"MSRP this is body\r\n-------zzzz$\r\nMSRP abcd 200\r\n-------abcd$\r\n"));
    assert!(decoder.is_out_of_step());
    assert!(matches!(decoder.poll(), Some(Event::Head(head)) if head.transaction_id() == "abcd"));
    assert!(!decoder.is_out_of_step());
}

#[test]
fn ends_inside_a_chunk_are_told() {
    for (stream, inside) in
        [("", false), ("MSRP ab", true), ("MSRP abcd SEND\r\n\r\n", true), ("MSRP abcd 200\r\n-------abcd$\r\n", false)]
    {
        let mut decoder = Decoder::new();
        decoder.push(Bytes::copy_from_slice(stream.as_bytes()));
        while decoder.poll().is_some() {}
        assert_eq!(decoder.inside_chunk(), inside, "{stream:?}");
    }
}

/// Octets rich in what framing looks for.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let word = proptest::sample::select(vec![
        &b"\r\n"[..],
        b"\r",
        b"\n",
        b"-------",
        b"abcd",
        b"$",
        b"MSRP abcd SEND\r\n",
        b"MSRP ",
        b"To-Path: x\r\n",
        b"\r\n-------abcd$\r\n",
        b"x",
        b"\xff\x00",
    ]);
    proptest::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

fn cut(bytes: &[u8], sizes: &[usize]) -> Vec<Bytes> {
    let mut rest = Bytes::copy_from_slice(bytes);
    let mut segments = Vec::new();
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        segments.push(rest.split_to((*size).min(rest.len())));
    }
    segments
}

proptest! {
    #[test]
    fn any_segmentation_gives_the_same_events(bytes in soup(), sizes in proptest::collection::vec(1usize..40, 1..8)) {
        let segments = cut(&bytes, &sizes);
        prop_assert_eq!(decode([&bytes[..]]), decode(segments.iter().map(|s| &s[..])));
    }

    #[test]
    fn no_octets_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        decode([&bytes[..]]);
        let mut framed = b"MSRP abcd SEND\r\n".to_vec();
        framed.extend_from_slice(&bytes);
        decode(framed.chunks(7));
        if let Ok(message) = Message::parse(framed) {
            let _ = message.flaws();
        }
    }

    #[test]
    fn what_is_built_comes_back(
        octets in proptest::option::of(soup()),
        values in proptest::collection::vec("[ -~]{0,20}", 0..4),
        sizes in proptest::collection::vec(1usize..40, 1..8),
        flag in proptest::sample::select(Flag::ALL.to_vec()),
    ) {
        let mut builder = Builder::request("a786hjs2", "SEND").flag(flag);
        for value in &values {
            builder = builder.header("X-Any", value);
        }
        if let Some(octets) = &octets {
            builder = builder.octets(octets.clone());
        }
        let message = builder.build();
        let bytes = message.pieces().concat();
        let mut expected = vec![Seen::Head(message.head().bytes().clone())];
        if let Some(octets) = octets.as_ref().filter(|o| !o.is_empty()) {
            expected.push(Seen::Body(octets.clone()));
        }
        expected.push(Seen::End(flag, octets.map_or(0, |o| o.len() as u64), message.tail().clone()));
        let segments = cut(&bytes, &sizes);
        prop_assert_eq!(decode(segments.iter().map(|s| &s[..])), expected);
        let again = Message::parse(bytes.clone()).map_err(|f| TestCaseError::fail(f.to_string()))?;
        prop_assert_eq!(again.pieces().concat(), bytes.clone());
        prop_assert_eq!(Builder::from_message(&again).build().pieces().concat().len(), {
            // Blanks around a value are not kept by a rewrite.
            let lost: usize = values.iter().map(|v| v.len() - v.trim().len()).sum();
            bytes.len() - lost
        });
    }
}
