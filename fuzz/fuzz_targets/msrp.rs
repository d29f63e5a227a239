//! Any octets in any segments are a stream of MSRP chunks, the segments make no difference, and each chunk can be judged.
#![no_main]

use bytes::Bytes;
use imspec::wire::msrp::{Assembler, Decoder, Message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, data) = input;
    let whole = framed(data, data.len().max(1));
    assert_eq!(framed(data, usize::from(cut).max(1)), whole);
    for chunk in whole {
        let message = Message::parse(chunk.clone()).expect("a framed chunk frames again");
        assert_eq!(message.pieces().concat(), chunk);
        let _ = message.flaws();
    }
});

fn framed(data: &[u8], cut: usize) -> Vec<Vec<u8>> {
    let (mut decoder, mut assembler) = (Decoder::new(), Assembler::new(u64::MAX));
    let mut chunks = Vec::new();
    for segment in data.chunks(cut) {
        decoder.push(Bytes::copy_from_slice(segment));
        while let Some(event) = decoder.poll() {
            if let Some(message) = assembler.add(event) {
                chunks.push(message.pieces().concat());
            }
        }
    }
    chunks
}
