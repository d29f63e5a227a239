//! Any octets are a CPIM message: headers, content and flaws lie within the octets.
#![no_main]

use bytes::Bytes;
use imspec::wire::mime::Cpim;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let bytes = Bytes::copy_from_slice(data);
    let cpim = Cpim::parse(&bytes);
    assert_eq!(cpim.content.body_span.of(&bytes), &cpim.content.body[..]);
    for header in &cpim.headers {
        assert!(header.span.range().end <= data.len());
        std::hint::black_box((header.text(), header.param("lang")));
    }
    for flaw in &cpim.flaws {
        assert!(flaw.span.range().end <= data.len());
    }
    std::hint::black_box((cpim.from(), cpim.to().count(), cpim.cc().count(), cpim.disposition_notification().count()));
});
