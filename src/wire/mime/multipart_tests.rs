//! What multipart bodies come apart into.

use proptest::prelude::*;

use super::*;
use crate::wire::mime::lie_within;

const TYPE: &str = "multipart/mixed;boundary=b";

/// `body` comes apart into these contents, with flaws that hold these words.
fn check(content_type: &str, body: &str, contents: &[&str], flaws: &[&str]) {
    let bytes = Bytes::copy_from_slice(body.as_bytes());
    let multipart = Multipart::parse(content_type, &bytes);
    let found: Vec<_> = multipart.parts.iter().map(|p| p.text().into_owned()).collect();
    assert_eq!(found, contents, "{body:?}");
    assert_eq!(multipart.flaws.len(), flaws.len(), "{body:?}: {:?}", multipart.flaws);
    for (flaw, words) in multipart.flaws.iter().zip(flaws) {
        assert!(flaw.what.contains(words), "{body:?}: {flaw} should say {words}");
    }
    for part in &multipart.parts {
        assert_eq!(part.body_span.of(&bytes), &part.body[..], "{body:?}");
    }
}

#[test]
fn a_correct_body_comes_apart_without_flaws() {
    check(TYPE, "--b\r\n\r\none\r\n--b\r\nA: x\r\n\r\ntwo\r\n\r\n--b--\r\n", &["one", "two\r\n"], &[]);
    check(TYPE, "ignore me\r\n--b\r\n\r\none\r\n--b--\r\nand me", &["one"], &[]);
    check(TYPE, "--b\r\n\r\n\r\n--b--", &[""], &[]);
    check(TYPE, "--b\r\nContent-Type: a/b\r\n--b--", &[""], &[]);
    check(TYPE, "--b\r\n\r\nsome --b inside a line\r\n--b--", &["some --b inside a line"], &[]);
    check(
        "multipart/mixed;boundary=\"simple boundary\"",
        "--simple boundary\r\n\r\n1\r\n--simple boundary--",
        &["1"],
        &[],
    );
}

#[test]
fn what_is_wrong_becomes_a_flaw_and_the_parts_are_still_there() {
    check(TYPE, "--b\n\none\n--b\n\ntwo\n--b--\n", &["one", "two"], &["without CRLF"]);
    check(TYPE, "--b\r\n\r\none\r\n--b\r\n\r\ntwo", &["one", "two"], &["no closing"]);
    check(TYPE, "--b\r\n\r\none\r\n--bc\r\n\r\n--b--", &["one\r\n--bc\r\n"], &["starts with the boundary"]);
    check(TYPE, "--b \r\n\r\none\r\n--b--", &["one"], &["blanks"]);
    check(TYPE, "--b\r\nno header\r\n--b--", &["no header"], &["no blank line"]);
    check(TYPE, "hello", &[], &["no delimiter"]);
    check(TYPE, "--b--", &[], &["without a part"]);
    check(TYPE, "--b\r\n--b\r\n\r\none\r\n--b--", &["", "one"], &[]);
    check("multipart/mixed", "--x\r\n\r\none\r\n--x--", &["one"], &["without a boundary"]);
    check("multipart/mixed", "", &[], &["without a boundary"]);
    check("multipart/mixed;boundary=\"*\"", "--*\r\n\r\none\r\n--*--", &["one"], &["not allowed"]);
}

#[test]
fn parts_are_found_by_type_and_disposition() {
    let list = Part::new("application/resource-lists+xml", "<x/>").disposition("recipient-list");
    let body = write("b", &[Part::new("application/SDP", "v=0\r\n"), list.clone()]);
    let multipart = Multipart::parse(TYPE, &body);
    assert_eq!(multipart.part("application/sdp").map(|p| &p.body[..]), Some(&b"v=0\r\n"[..]));
    assert_eq!(multipart.by_disposition("Recipient-List").map(|p| &p.body), Some(&list.body));
    assert!(multipart.part("text/plain").is_none());
    assert!(multipart.by_disposition("session").is_none());
}

#[test]
fn a_folded_header_is_joined() {
    let body =
        Bytes::from_static(b"--b\r\nContent-Type: message/external-body;\r\n  access-type=URL\r\n\r\nx\r\n--b--");
    let multipart = Multipart::parse(TYPE, &body);
    assert_eq!(multipart.parts[0].content_type().param("access-type").as_deref(), Some("URL"));
}

#[test]
fn bodies_reach_into_nested_multiparts_up_to_a_depth() {
    let plain = bodies("text/plain", &Bytes::from_static(b"hello"));
    assert_eq!(plain.len(), 1);
    assert_eq!(&plain[0].body[..], b"hello");

    let mut body = write("b0", &[Part::new("text/plain", "deep")]);
    for depth in 1..4 {
        let inner = Part::new(&format!("multipart/mixed;boundary=b{}", depth - 1), body);
        body = write(&format!("b{depth}"), &[inner, Part::new("text/html", "after")]);
    }
    let types = |content_type: &str, body: &Bytes| {
        bodies(content_type, body).iter().map(|p| p.content_type().essence().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(types("multipart/mixed;boundary=b3", &body), ["text/plain", "text/html", "text/html", "text/html"]);

    for depth in 4..20 {
        let inner = Part::new(&format!("multipart/mixed;boundary=b{}", depth - 1), body);
        body = write(&format!("b{depth}"), &[inner]);
    }
    assert_eq!(types("multipart/mixed;boundary=b19", &body), ["multipart/mixed"]);
}

#[test]
fn the_number_of_parts_is_bounded() {
    let body = Bytes::from("--b\r\n\r\n".repeat(5000));
    let multipart = Multipart::parse(TYPE, &body);
    assert_eq!(multipart.parts.len(), MAX_PARTS);
    assert!(multipart.flaws.iter().any(|f| f.what.contains("more parts")));
}

proptest! {
    #[test]
    fn any_body_can_be_parsed(body in prop::collection::vec(prop_oneof![
        Just(b"--b".to_vec()), Just(b"--".to_vec()), Just(b"\r\n".to_vec()), Just(b"\n".to_vec()),
        Just(b"Content-Type: multipart/x;boundary=b\r\n\r\n".to_vec()), prop::collection::vec(any::<u8>(), 0..6),
    ], 0..40)) {
        let body = Bytes::from(body.concat());
        for content_type in [TYPE, "multipart/mixed"] {
            let multipart = Multipart::parse(content_type, &body);
            prop_assert!(lie_within(&multipart.flaws, body.len()));
            for part in &multipart.parts {
                prop_assert_eq!(part.body_span.of(&body), &part.body[..]);
            }
            let _ = bodies(content_type, &body);
        }
    }

    #[test]
    fn what_is_written_comes_back(contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..5)) {
        let boundary = "boundary-that-no-content-holds";
        let parts: Vec<_> = contents.iter().map(|c| Part::new("application/x", c.clone())).collect();
        let body = write(boundary, &parts);
        let multipart = Multipart::parse(&format!("multipart/mixed;boundary={boundary}"), &body);
        prop_assert_eq!(&multipart.flaws, &[]);
        let found: Vec<_> = multipart.parts.iter().map(|p| p.body.to_vec()).collect();
        prop_assert_eq!(found, contents);
    }
}
