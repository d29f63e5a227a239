//! How a run goes: how often cases are played, in which order, how many at once, and when it ends.

mod program;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use program::imspec;
use program::system::{addresses, results, script, system, verdict};
use serde_json::Value;

const CASE: &str = "im/9.1.1.2/one-recipient";
const CHECK: &str = "im/9.1.1.2/one-recipient#IM-9.1.1.2-1.2";
/// A client without the feature tag in Accept-Contact, which that check asks for.
const DEFECT: &str = "sends INVITE: drop header Accept-Contact";

#[test]
fn repeats_are_played_with_other_seeds_and_taken_together() {
    let dir = tempfile::tempdir().unwrap();
    let (code, out) = imspec(dir.path(), &["run", CASE, "--repeat", "3", "--out", "o"]);
    assert_eq!(code, 0, "{out}");
    let results = results(&dir.path().join("o"));
    assert_eq!(results["cases"][0]["repeats"], 2);
    let captures: Vec<Vec<u8>> = ["trace", "trace-2", "trace-3"]
        .iter()
        .map(|name| fs::read(dir.path().join(format!("o/captures/{CASE}/{name}.pcapng"))).unwrap())
        .collect();
    assert!(captures[0] != captures[1] && captures[1] != captures[2]);
}

#[test]
fn the_order_comes_from_the_seed() {
    let dir = tempfile::tempdir().unwrap();
    let ordered = |out: &str, words: &[&str]| {
        let all = [&["run", "im/9.1.1", "--out", out][..], words].concat();
        let (code, said) = imspec(dir.path(), &all);
        assert_eq!(code, 0, "{said}");
        addresses(&results(&dir.path().join(out)))
    };
    let plain = ordered("a", &[]);
    let mixed = ordered("b", &["--random-order", "--seed", "7"]);
    assert_eq!(mixed, ordered("c", &["--random-order", "--seed", "7"]));
    assert_ne!(plain, mixed);
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    assert_eq!(sorted(plain), sorted(mixed));
}

#[test]
fn several_cases_are_played_at_once_and_each_has_its_result() {
    let dir = system(251, "[\"{program}\",");
    let at = dir.path();
    let words = ["run", "im/9.1.1.1", "im/9.1.1.2", "--sut", "scenarios/sut/own-client.yaml", "--longest", "10"];
    let (code, out) = imspec(at, &[&words[..], &["-j", "5", "--out", "o"]].concat());
    assert_eq!(code, 0, "{out}");
    let (_, listed) = imspec(at, &["list", "im/9.1.1.1", "im/9.1.1.2", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let found = addresses(&results(&at.join("o")));
    let expected: Vec<&str> = listed.as_array().unwrap().iter().map(|case| case["address"].as_str().unwrap()).collect();
    assert_eq!(found, expected, "in the order of the features");
    assert!(found.len() > 10);
    let log = fs::read_to_string(at.join(format!("o/captures/{CASE}/system.log"))).unwrap();
    assert!(log.contains("\"event\""), "{log}");
}

#[test]
fn a_run_ends_at_the_first_new_failure_if_it_is_to() {
    let dir = system(252, "[\"{program}\",");
    let at = dir.path();
    let path = at.join("scenarios/sut/own-client.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let broken = text.replace("\"{host}:8021\"]", &format!("\"{{host}}:8021\", --defect, '{DEFECT}']"));
    assert_ne!(text, broken);
    fs::write(&path, broken).unwrap();
    let words = ["run", "im/9.1.1.2", "--sut", "scenarios/sut/own-client.yaml", "--fail-fast", "--longest", "10"];
    let (code, out) = imspec(at, &[&words[..], &["--out", "o"]].concat());
    assert!(code == 1 && out.contains("ended at the first failure"), "{out}");
    let first = results(&at.join("o"));
    let played = first["cases"].as_array().unwrap().len();
    assert!(first["not_played"].as_u64().unwrap() > 0 && first["interrupted"] == false, "{played}");
    assert_eq!(first["cases"][played - 1]["verdict"], "fail");
    // What the baseline knows ends nothing.
    fs::write(at.join("known.yaml"), "known:\n- match: IM-9.*\n  reason: it is known\n").unwrap();
    let (_, out) = imspec(at, &[&words[..], &["--out", "k", "--baseline", "known.yaml"]].concat());
    assert!(results(&at.join("k"))["cases"].as_array().unwrap().len() > played, "{out}");
}

#[test]
fn what_passes_when_it_is_tried_again_is_flaky() {
    // The system goes wrong when it is started for the first time.
    let dir = system(253, "[\"./starts\", \"{program}\",");
    let at = dir.path();
    script(
        at,
        "starts",
        &format!("if [ -e began ]; then exec \"$@\"; fi\n: > began\nexec \"$@\" --defect '{DEFECT}'\n"),
    );
    let path = at.join("scenarios/sut/own-client.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("start:\n", "start:\n  each-case: true\n")).unwrap();
    let words = ["run", CASE, "--sut", "scenarios/sut/own-client.yaml", "--retries", "2"];
    let (code, out) = imspec(at, &[&words[..], &["--out", "o"]].concat());
    assert!(code == 0 && out.contains("Flaky") && out.contains("broken in 1 of 2 attempts"), "{code} {out}");
    let results = results(&at.join("o"));
    assert_eq!(verdict(&results, CHECK), "flaky", "{out}");
    assert_eq!(results["cases"][0]["repeats"], 1);
    let junit = fs::read_to_string(at.join("o/reports/junit.xml")).unwrap();
    assert!(junit.contains("<flakyFailure") && junit.contains("failures=\"0\""), "{junit}");
    // It is good news for nobody who is strict.
    fs::remove_file(at.join("began")).unwrap();
    let (code, out) = imspec(at, &[&words[..], &["--out", "s", "--strict"]].concat());
    assert_eq!(code, 1, "{out}");
}

#[test]
fn several_at_once_need_a_way_to_start_them() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("s.yaml"), "name: x\nplays: im-client\nsip: 127.0.0.51:5060\n").unwrap();
    let (code, out) = imspec(dir.path(), &["run", CASE, "--sut", "s.yaml", "-j", "2"]);
    assert!(code == 65 && out.contains("how one is started") && out.contains("leave out -j"), "{code} {out}");
    fs::write(dir.path().join("c.yaml"), "name: x\nsip: 127.0.0.9:5060\n").unwrap();
    let (code, out) = imspec(dir.path(), &["run", CASE, "--core", "c.yaml", "-j", "2"]);
    assert!(code == 65 && out.contains("several cores") && out.contains("leave out -j"), "{code} {out}");
    let (code, out) = imspec(dir.path(), &["run", CASE, "-j", "2"]);
    assert!(code == 64 && out.contains("--sut") && out.contains("--core"), "{code} {out}");
}

#[test]
fn what_was_finished_is_reported_of_a_run_that_was_killed() {
    let dir = system(250, "[\"./starts\", \"{program}\",");
    let at = dir.path();
    script(at, "starts", "echo $$ > pid\nexec \"$@\"\n");
    let mut child = Command::new(env!("CARGO_BIN_EXE_imspec"))
        .args([
            "run",
            "im/9.1.1",
            "--sut",
            "scenarios/sut/own-client.yaml",
            "--longest",
            "10",
            "--out",
            "o",
            "--verbose",
        ])
        .current_dir(at)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.find_map(|line| line.ok().filter(|line| line.starts_with("pass "))).expect("a case");
    child.kill().unwrap();
    child.wait().unwrap();
    // Nobody is left to end the system.
    let id = fs::read_to_string(at.join("pid")).unwrap();
    assert!(Command::new("kill").arg(id.trim()).status().unwrap().success());
    assert!(!at.join("o/reports/results.json").exists());
    let (code, out) = imspec(at, &["report", "o/reports"]);
    assert!(code == 0 && out.contains("interrupted: cases are missing"), "{out}");
    let played = addresses(&results(&at.join("o")));
    assert!(first.contains(&played[0]), "{first} {played:?}");
    assert!(at.join("o/reports/report.html").is_file());
}
