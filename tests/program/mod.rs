//! What tests of the whole program share: running it in a folder, and a copy of the data tree to change.

#[allow(dead_code, reason = "not every test binary has a system")]
pub mod system;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Runs the program in `dir`; its exit code and what it printed.
#[track_caller]
pub fn imspec(dir: &Path, words: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_imspec"))
        .args(words)
        .current_dir(dir)
        .stdin(Stdio::null())
        .env_remove("GITHUB_STEP_SUMMARY")
        .output()
        .unwrap();
    let out = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(out).unwrap())
}

/// A copy of the data tree.
pub fn tree() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    for top in ["features", "scenarios"] {
        copy(&repository.join(top), &dir.path().join(top));
    }
    dir
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
