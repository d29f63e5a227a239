//! Any octets are a capture file: reading ends, and gives no octet twice.
#![no_main]

use std::io::Cursor;

use imspec::net::capture::CaptureReader;
use imspec::trace::Seen;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(mut reader) = CaptureReader::from_reader(Cursor::new(data.to_vec())) else { return };
    let packed = data.starts_with(&[0x1f, 0x8b]);
    let mut out = Vec::new();
    let mut octets = 0;
    while let Ok(true) = reader.next(&mut out) {
        for one in out.drain(..) {
            if let Seen::Datagram(payload) | Seen::Data(payload) = one.what {
                octets += payload.len();
            }
        }
    }
    assert!(packed || octets <= data.len());
});
