//! Any octets are a multipart body under any Content-Type: parts and flaws lie within the octets.
#![no_main]

use bytes::Bytes;
use imspec::wire::mime::{ExternalBody, Multipart, bodies};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8])| {
    let (content_type, data) = input;
    let body = Bytes::copy_from_slice(data);
    let multipart = Multipart::parse(content_type, &body);
    for part in &multipart.parts {
        assert_eq!(part.body_span.of(&body), &part.body[..]);
    }
    for flaw in &multipart.flaws {
        assert!(flaw.span.range().end <= data.len());
    }
    for part in bodies(content_type, &body) {
        std::hint::black_box(ExternalBody::parse(&part));
    }
});
