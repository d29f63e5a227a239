//! Any octets are a file of results: they are refused, or a run that is written so that it reads as the same again.
#![no_main]

use imspec::report::json;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(run) = json::read(data) else { return };
    let written = json::to_string(&run);
    let again = json::read(written.as_bytes()).expect("what we wrote");
    assert_eq!(json::to_string(&again), written);
});
