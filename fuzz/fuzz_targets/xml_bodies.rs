//! Any octets are an XML body: each vocabulary gives what is there, and writes what it read so that it reads again.
#![no_main]

use imspec::wire::mime::{ConferenceInfo, Imdn, ResourceLists};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let lists = ResourceLists::parse(data);
    let imdn = Imdn::parse(data);
    let info = ConferenceInfo::parse(data);
    for flaw in lists.flaws.iter().chain(&imdn.flaws).chain(&info.flaws) {
        assert!(flaw.span.range().end <= data.len());
    }
    let again = ResourceLists::parse(ResourceLists::write(&lists.entries).as_bytes());
    assert_eq!(again.entries.len(), lists.entries.len());
    std::hint::black_box((imdn.write(), info.write()));
    let mut local = None;
    ConferenceInfo::merge(&mut local, &info);
});
