//! Any octets are a SIP message: parsing, views and flaws never panic, and print the same octets.
#![no_main]

use bytes::Bytes;
use imspec::wire::sip::{Message, Name};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let message = Message::parse(Bytes::copy_from_slice(data));
    assert_eq!(message.bytes(), data);
    for flaw in message.flaws() {
        assert!(flaw.span.range().end <= data.len());
    }
    for name in Name::ALL {
        for address in message.addresses(*name) {
            for (name, value) in address.params.iter() {
                std::hint::black_box((name, value));
            }
        }
    }
    std::hint::black_box((message.method(), message.cseq(), message.call_id(), message.vias().count()));
});
