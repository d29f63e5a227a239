//! Any octets, in turns of both ends, are records of TLS in a capture, and any text its secrets: reading ends, and what
//! cannot be opened is left sealed.
#![no_main]

use std::io::Cursor;

use bytes::Bytes;
use imspec::net::capture::{CaptureReader, CaptureWriter, Format};
use imspec::time::Time;
use imspec::trace::{Observation, Seen};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, Vec<(bool, &[u8])>)| {
    let (secrets, turns) = input;
    let ends = ["192.0.2.1:40000", "192.0.2.2:5061"].map(|end| end.parse().expect("an address"));
    let mut writer = CaptureWriter::new(Vec::new(), Format::PcapNg, &[]).expect("memory takes all");
    let opened = std::iter::once((false, Seen::Opened));
    let said = turns.iter().map(|(back, octets)| (*back, Seen::Sealed(Bytes::copy_from_slice(octets))));
    for (nth, (back, what)) in opened.chain(said).enumerate() {
        let (src, dst) = if back { (ends[1], ends[0]) } else { (ends[0], ends[1]) };
        let observation = Observation { at: Time(nth as u64), packet: 0, src, dst, what };
        writer.write(&observation, None).expect("memory takes all");
    }
    let file = writer.finish().expect("memory takes all");
    let octets = file.len();
    let mut reader = CaptureReader::from_reader(Cursor::new(file)).expect("our own file");
    reader.learn(secrets);
    let (mut out, mut read) = (Vec::new(), 0);
    while reader.next(&mut out).expect("our own file") {
        for one in out.drain(..) {
            if let Seen::Inner(octets) | Seen::Data(octets) = one.what {
                read += octets.len();
            }
        }
    }
    assert!(read <= octets);
});
