//! Our own client as a system under test in a tree of its own, and what a run says of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::tree;

/// The results of a run with that `--out`.
pub fn results(dir: &Path) -> Value {
    serde_json::from_slice(&fs::read(dir.join("reports/results.json")).unwrap()).unwrap()
}

/// What is said of the cases of a run, in its order.
pub fn addresses(results: &Value) -> Vec<String> {
    results["cases"].as_array().unwrap().iter().map(|case| case["address"].as_str().unwrap().to_owned()).collect()
}

/// The verdict of a finding of a run.
#[track_caller]
pub fn verdict(results: &Value, id: &str) -> String {
    let findings = results["cases"].as_array().unwrap().iter().flat_map(|case| case["findings"].as_array().unwrap());
    let of = findings.into_iter().find(|finding| finding["id"] == id).unwrap_or_else(|| panic!("no {id}"));
    of["verdict"].as_str().unwrap().to_owned()
}

/// A tree with our own client as system under test, in a part of the loopback of this test's own. `{program}` in the
/// command is the program, and `network` is the second octet of its addresses.
pub fn system(network: u8, command: &str) -> TempDir {
    let dir = tree();
    let third = std::process::id() % 200;
    for file in ["scenarios/home.yaml", "scenarios/sut/own-client.yaml"] {
        let path = dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap().replace("127.0.0.", &format!("127.{network}.{third}."));
        let text = text.replace("[imspec,", command).replace("{program}", env!("CARGO_BIN_EXE_imspec"));
        fs::write(path, text).unwrap();
    }
    dir
}

/// Writes a script for a shell that can be run as a program.
pub fn script(dir: &Path, name: &str, lines: &str) {
    let path = dir.join(name);
    fs::write(&path, format!("#!/bin/sh\n{lines}")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}
