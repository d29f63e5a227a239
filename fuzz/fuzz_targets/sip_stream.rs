//! Any octets in any segments are a stream of SIP messages, and the segments make no difference.
#![no_main]

use bytes::Bytes;
use imspec::wire::sip::{Framed, Limits, StreamDecoder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, data) = input;
    assert_eq!(framed(data, usize::from(cut).max(1)), framed(data, data.len().max(1)));
});

fn framed(data: &[u8], cut: usize) -> Vec<Bytes> {
    let mut decoder = StreamDecoder::with_limits(Limits { head: 4096, body: 4096 });
    let mut messages = Vec::new();
    for segment in data.chunks(cut) {
        decoder.push(Bytes::copy_from_slice(segment));
        while let Some(framed) = decoder.poll() {
            match framed {
                Framed::Message(message) => messages.push(message.bytes().clone()),
                Framed::KeepAlive => messages.push(Bytes::from_static(b"\r\n")),
                Framed::Broken { .. } => messages.push(Bytes::new()),
            }
        }
    }
    messages
}
