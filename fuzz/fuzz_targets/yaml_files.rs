//! Any text is each of the YAML files that people write: a system, a core, a baseline, a service, a network. It is read, or
//! one thing is said of it, at a place that it has.
#![no_main]

use std::path::Path;

use imspec::script::baseline::Baseline;
use imspec::script::diagnostic::Diagnostic;
use imspec::script::home::Home;
use imspec::script::serve::Config;
use imspec::script::sut::{SystemUnderTest, ThirdPartyCore};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let said = [
        SystemUnderTest::parse("fuzz.yaml", text).err(),
        ThirdPartyCore::parse("fuzz.yaml", text).err(),
        Baseline::parse("fuzz.yaml", text).err(),
        Config::parse("fuzz.yaml", text).err(),
        Home::parse(Path::new("fuzz.yaml"), text).err(),
    ];
    said.iter().flatten().for_each(|diagnostic| check(diagnostic, text));
});

fn check(diagnostic: &Diagnostic, text: &str) {
    // What is missing may be missed behind the last line.
    assert!(diagnostic.line as usize <= text.lines().count() + 1, "{diagnostic}");
    assert!(!diagnostic.message.is_empty());
}
