//! The gate of a CI job: a baseline of known failures, shards that are joined, and runs that are compared.

mod program;

use std::fs;
use std::process::Command;

use program::{imspec, tree};
use tempfile::TempDir;

const CASE: &str = "im/9.1.1.2/one-recipient";
const FEATURE: &str = "features/im/09-large-message/9.1.1.2-establishment.feature";

/// A data tree in which one row asks for what no client does, so that it fails.
fn tree_with_a_failure() -> TempDir {
    let dir = tree();
    let path = dir.path().join(FEATURE);
    let text = fs::read_to_string(&path).unwrap();
    let broken = text.replacen("| is sendonly", "| is recvonly", 1);
    assert_ne!(text, broken);
    fs::write(path, broken).unwrap();
    dir
}

#[test]
fn known_failures_pass_the_gate_and_must_go_on_failing() {
    let dir = tree_with_a_failure();
    let at = dir.path();
    let (code, out) = imspec(at, &["run", CASE, "--out", "first"]);
    assert_eq!(code, 1, "{out}");
    // Unknown failures are added; then the gate is open, and says whom it lets through.
    let (code, out) = imspec(at, &["baseline", "update", "b.yaml", "first/reports", "--only-new"]);
    assert!(code == 0 && out.contains("added    im/9.1.1.2/one-recipient#IM-9.1.1.2-5a"), "{out}");
    let (code, out) = imspec(at, &["run", CASE, "--out", "second", "--baseline", "b.yaml"]);
    assert!(code == 0 && out.contains("1 of them known") && out.contains("not looked into yet"), "{out}");
    let junit = fs::read_to_string(at.join("second/reports/junit.xml")).unwrap();
    assert!(junit.contains("failures=\"0\"") && junit.contains("known fail: not looked into yet"), "{junit}");
    let (code, out) = imspec(at, &["baseline", "check", "b.yaml", "first/reports"]);
    assert!(code == 0 && out.ends_with("1 known, 0 new, 0 stale\n"), "{out}");
    // The system is mended: the entry is stale.
    let path = at.join(FEATURE);
    fs::write(&path, fs::read_to_string(&path).unwrap().replacen("| is recvonly", "| is sendonly", 1)).unwrap();
    let (code, out) = imspec(at, &["run", CASE, "--out", "third", "--baseline", "b.yaml"]);
    assert!(code == 2 && out.contains("The baseline is stale"), "{out}");
    let (code, out) = imspec(at, &["diff", "second", "third/reports"]);
    assert_eq!(code, 65, "a folder without results: {out}");
    let (code, out) = imspec(at, &["diff", "second/reports", "third/reports"]);
    assert!(code == 0 && out.ends_with("0 new, 1 fixed, 0 changed, 0 gone; 0 fail as before\n"), "{out}");
    let (code, out) = imspec(at, &["diff", "third/reports", "second/reports"]);
    assert!(
        code == 1 && out.starts_with("new failures\n  im/9.1.1.2/one-recipient#IM-9.1.1.2-5a: pass -> fail"),
        "{out}"
    );
    let (code, out) = imspec(at, &["baseline", "update", "b.yaml", "third/reports"]);
    assert!(code == 0 && out.ends_with("0 added, 1 removed\n"), "{out}");
    let (code, out) = imspec(at, &["run", CASE, "--out", "fourth", "--baseline", "b.yaml"]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn slips_in_a_baseline_are_told_before_anything_is_played() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    for (text, expected) in [
        ("known:\n- match: im/9.1.1.2\n", "missing field `reason`"),
        ("known:\n- match: im/9.1.1.2\n  reason: x\n  untill: 2026-01-01\n", "did you mean `until`"),
    ] {
        fs::write(at.join("b.yaml"), text).unwrap();
        let (code, out) = imspec(at, &["run", CASE, "--baseline", "b.yaml"]);
        assert!(code == 65 && out.contains(expected), "{out}");
    }
    let (code, out) = imspec(at, &["run", CASE, "--baseline", "none.yaml"]);
    assert!(code == 65 && out.contains("none.yaml"), "{out}");
    fs::write(at.join("b.yaml"), "known:\n- match: im/9.1.1.2/one-recipiend\n  reason: x\n").unwrap();
    let (code, out) = imspec(at, &["run", CASE, "--baseline", "b.yaml"]);
    assert!(code == 2 && out.contains("im/9.1.1.2/one-recipiend: no check is called so"), "{out}");
}

#[test]
fn shards_are_joined_to_one_report() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    for shard in ["1/2", "2/2"] {
        let out = format!("part-{}", &shard[..1]);
        let (code, out) = imspec(at, &["run", "im/9.1.1.2", "--shard", shard, "--out", &out]);
        assert_eq!(code, 0, "{out}");
    }
    let parts = ["report", "--merge", "part-1/reports", "--merge", "part-2/reports", "--out", "all"];
    let (code, out) = imspec(at, &parts);
    assert_eq!(code, 0, "{out}");
    let (code, whole) = imspec(at, &["run", "im/9.1.1.2", "--out", "whole"]);
    assert_eq!(code, 0, "{whole}");
    assert_eq!(out.lines().last(), whole.lines().last(), "the same counts");
    let (code, out) = imspec(at, &["diff", "all/reports", "whole/reports"]);
    assert!(code == 0 && out.starts_with("0 new, 0 fixed, 0 changed, 0 gone"), "{out}");
    let (code, out) = imspec(at, &["report", "--merge", "part-1/reports", "--merge", "part-1/reports", "--out", "x"]);
    assert!(code == 65 && out.contains("is in part-1/reports and in part-1/reports"), "{out}");
}

#[test]
fn a_ci_server_is_told_where_it_looks() {
    let dir = tree_with_a_failure();
    let summary = dir.path().join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_imspec"))
        .args(["run", CASE, "--out", "x", "--ci", "--quiet"])
        .current_dir(dir.path())
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(out.contains(&format!("::error file={FEATURE},line=")), "{out}");
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("before\n# imspec\n") && summary.contains("## Failures (1)"), "{summary}");
}
