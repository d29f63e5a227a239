//! Any octets are a session description: its lines joined are the octets, and flaws lie within them.
#![no_main]

use bytes::Bytes;
use imspec::wire::sdp::{Session, answer_flaws, offer_flaws};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let session = Session::parse(Bytes::copy_from_slice(data));
    let joined: Vec<u8> = session.lines().flat_map(|l| l.whole.of(data).to_vec()).collect();
    assert_eq!(joined, data);
    assert_eq!(session.edit().finish(), data);
    for flaw in offer_flaws(&session).into_iter().chain(answer_flaws(&session, &session)) {
        assert!(flaw.span.start <= flaw.span.end && flaw.span.range().end <= data.len(), "{flaw}");
    }
    for media in session.media() {
        let _ = (media.file_selector(), media.file_range(), media.direction(), media.path().count());
    }
});
