//! What CPIM messages come apart into.

use proptest::prelude::*;

use super::*;
use crate::wire::mime::{CPIM_IMDN_NS, CpimBuilder, lie_within};

const PLAIN: &str = "Content-Type: text/plain\r\n\r\nhi";

/// `message` comes apart with flaws of these clauses, and its spans hold what the headers say.
fn check(message: &str, flaws: &[&str]) -> Cpim {
    let bytes = Bytes::copy_from_slice(message.as_bytes());
    let cpim = Cpim::parse(&bytes);
    let clauses: Vec<_> = cpim.flaws.iter().map(|f| f.clause).collect();
    assert_eq!(clauses, flaws, "{message:?}: {:?}", cpim.flaws);
    for header in &cpim.headers {
        assert_eq!(header.span.of(&bytes), header.value.as_bytes(), "{message:?}");
    }
    assert_eq!(cpim.content.body_span.of(&bytes), &cpim.content.body[..], "{message:?}");
    cpim
}

/// RFC 3862 §5.1, without its signature.
#[test]
fn the_example_of_rfc_3862_is_read() {
    let cpim = check(
        "From: MR SANDERS <im:piglet@100akerwood.com>\r\n\
         To: Depressed Donkey <im:eeyore@100akerwood.com>\r\n\
         DateTime: 2000-12-13T13:40:00-08:00\r\n\
         Subject: the weather will be fine today\r\n\
         Subject:;lang=fr beau temps prevu pour aujourd'hui\r\n\
         NS: MyFeatures <mid:MessageFeatures@id.foo.com>\r\n\
         Require: MyFeatures.VitalMessageOption\r\n\
         MyFeatures.VitalMessageOption: Confirmation-requested\r\n\
         MyFeatures.WackyMessageOption: Use-silly-font\r\n\
         \r\n\
         Content-type: text/xml; charset=utf-8\r\n\
         Content-ID: <1234567890@foo.com>\r\n\
         \r\n\
         <body>\r\nHere is the text of my message.\r\n</body>\r\n",
        &[],
    );
    assert_eq!(cpim.from().map(|a| (a.display, a.uri)), Some(("MR SANDERS", "im:piglet@100akerwood.com")));
    assert_eq!(cpim.to().map(|a| a.uri).collect::<Vec<_>>(), ["im:eeyore@100akerwood.com"]);
    assert_eq!(cpim.date_time(), Some("2000-12-13T13:40:00-08:00"));
    assert_eq!(cpim.subject().as_deref(), Some("the weather will be fine today"));
    assert_eq!(cpim.all_ns(CPIM_NS, "Subject").nth(1).and_then(|h| h.param("lang")), Some("fr"));
    assert_eq!(cpim.require().collect::<Vec<_>>(), ["MyFeatures.VitalMessageOption"]);
    let wacky = cpim.header_ns("mid:MessageFeatures@id.foo.com", "WackyMessageOption");
    assert_eq!(wacky.map(|h| h.value.as_str()), Some("Use-silly-font"));
    assert!(cpim.content_type().is("text/xml"));
    assert!(cpim.content.body.starts_with(b"<body>\r\n"));
}

#[test]
fn what_is_wrong_becomes_a_flaw() {
    check(&format!("From: <sip:a>\r\n\r\n{PLAIN}"), &[]);
    check(&format!("\r\n{PLAIN}"), &[]);
    check(&format!("From: sip:a\r\n\r\n{PLAIN}"), &["RFC 3862 §4.1"]);
    check(&format!("from: <sip:a>\r\n\r\n{PLAIN}"), &["RFC 3862 §2.2"]);
    check(&format!("From:<sip:a>\r\n\r\n{PLAIN}"), &["RFC 3862 §2.2"]);
    check(&format!("From:  <sip:a>\r\n\r\n{PLAIN}"), &["RFC 3862 §2.2"]);
    check(&format!("From: <sip:a> \r\n\r\n{PLAIN}"), &["RFC 3862 §2.2"]);
    check(&format!("DateTime: yesterday\r\n\r\n{PLAIN}"), &["RFC 3862 §4.4"]);
    check(&format!("imdn.Message-ID: x\r\n\r\n{PLAIN}"), &["RFC 3862 §3.4"]);
    check(&format!("NS: imdn urn:x\r\n\r\n{PLAIN}"), &["RFC 3862 §4.6"]);
    check(&format!("a b: c\r\n\r\n{PLAIN}"), &["RFC 3862 §3.1"]);
    check(&format!("no colon\r\n\r\n{PLAIN}"), &["RFC 3862 §3"]);
    check(&format!("Subject: a\tb\r\n\r\n{PLAIN}"), &["RFC 3862 §2.2"]);
    check("From: <sip:a>\r\n\r\n\r\nhi", &["RFC 3862 §2.4"]);
    let cpim = check(&format!("From: <sip:a>\r\n{PLAIN}"), &["RFC 3862 §2"]);
    assert_eq!(&cpim.content.body[..], b"hi");
    let cpim = check("hello", &["RFC 3862 §3", "RFC 3862 §2", "RFC 3862 §2.4"]);
    assert!(cpim.content.body.is_empty());
    check("", &["RFC 3862 §2", "RFC 3862 §2.4"]);
}

#[test]
fn bare_line_feeds_are_read() {
    let message =
        "From: <sip:a>\nNS: imdn <urn:ietf:params:imdn>\nimdn.Message-ID: x\n\nContent-Type: text/plain\n\nhi\n";
    let cpim = check(message, &["RFC 3862 §2.2"]);
    assert_eq!(cpim.message_id(), Some("x"));
    assert_eq!(&cpim.content.body[..], b"hi\n");

    // As SIP SIMPLE SDK writes it: only the MIME headers of the content have bare line feeds.
    let cpim = check("From: <sip:a>\r\n\r\nMIME-Version: 1.0\nContent-Type: text/plain\n\nhi", &["RFC 2045 §2.1"]);
    assert!(cpim.content_type().is("text/plain"));
    assert_eq!(&cpim.content.body[..], b"hi");
}

#[test]
fn a_prefix_means_its_namespace_and_nothing_else() {
    let message = |ns: &str, name: &str| format!("NS: {ns}\r\n{name}: x\r\n\r\n{PLAIN}");
    let id = |cpim: &Cpim| cpim.header_ns(CPIM_IMDN_NS, "Message-ID").map(|h| h.value.clone());
    assert_eq!(id(&check(&message("q <urn:ietf:params:imdn>", "q.Message-ID"), &[])).as_deref(), Some("x"));
    assert_eq!(id(&check(&message("<urn:ietf:params:imdn>", "Message-ID"), &[])).as_deref(), Some("x"));
    assert_eq!(id(&check(&message("imdn <urn:other>", "imdn.Message-ID"), &[])), None);
    let cpim = check(&format!("NS: c <{CPIM_NS}>\r\nNS: <urn:x>\r\nc.From: <sip:a>\r\nFrom: z\r\n\r\n{PLAIN}"), &[]);
    assert_eq!(cpim.from().map(|a| a.uri), Some("sip:a"));
}

#[test]
fn cc_is_found_in_both_spellings() {
    let cpim = check(&format!("cc: <sip:a>\r\nCC: <sip:b>\r\n\r\n{PLAIN}"), &[]);
    assert_eq!(cpim.cc().map(|a| a.uri).collect::<Vec<_>>(), ["sip:a", "sip:b"]);
}

proptest! {
    #[test]
    fn any_octets_can_be_parsed(parts in prop::collection::vec(prop_oneof![
        Just(b"From: <sip:a>\r\n".to_vec()), Just(b"NS: a <b>\r\n".to_vec()), Just(b"\r\n".to_vec()), Just(b"a.b:".to_vec()),
        Just(b"\n".to_vec()), Just(b"Content-Type: x/y".to_vec()), prop::collection::vec(any::<u8>(), 0..8),
    ], 0..30)) {
        let bytes = Bytes::from(parts.concat());
        let cpim = Cpim::parse(&bytes);
        prop_assert!(lie_within(&cpim.flaws, bytes.len()));
        prop_assert!(cpim.headers.iter().all(|h| h.span.range().end <= bytes.len()));
        prop_assert_eq!(cpim.content.body_span.of(&bytes), &cpim.content.body[..]);
    }

    #[test]
    fn what_is_written_comes_back(subject in "[!-~\\x00-\\x1f]( ?[ -~\\x00-\\x1f]){0,20}[!-~]", body in prop::collection::vec(any::<u8>(), 0..60)) {
        let content = Part::new("application/x", body.clone());
        let bytes = CpimBuilder::new(content)
            .from("sip:alice@example.com")
            .to("sip:bob@example.com")
            .date_time("2026-01-01T00:00:00Z")
            .subject(&subject)
            .subject_in("fr", &subject)
            .imdn("abc", &["positive-delivery", "display"])
            .build();
        let cpim = Cpim::parse(&bytes);
        prop_assert_eq!(&cpim.flaws, &[]);
        prop_assert_eq!(cpim.subject(), Some(subject.clone()));
        let french = cpim.all_ns(CPIM_NS, "Subject").nth(1).expect("written");
        prop_assert_eq!((french.param("lang"), french.text()), (Some("fr"), subject));
        prop_assert_eq!(cpim.content.body.to_vec(), body);
        prop_assert_eq!(cpim.message_id(), Some("abc"));
        prop_assert_eq!(cpim.disposition_notification().collect::<Vec<_>>(), ["positive-delivery", "display"]);
    }
}
