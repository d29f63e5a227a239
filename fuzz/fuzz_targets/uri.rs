//! Any text is a URI: its flaws lie within it, and it is the same as itself.
#![no_main]

use imspec::wire::uri::{Uri, same, unescape};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let uri = Uri::parse(text);
    for flaw in uri.flaws() {
        assert!(text.get(flaw.span.range()).is_some(), "{flaw}");
    }
    assert!(unescape(text).len() <= 3 * text.len());
    assert!(same(text, text));
    // Two halves compare the same in both orders.
    if let Some((a, b)) = text.split_once('\n') {
        assert_eq!(same(a, b), same(b, a));
    }
});
