//! What is run around a system under test: it is set back, asked whether it is well, and started again when it died.

mod program;

use std::fs;
use std::path::Path;

use program::imspec;
use program::system::{addresses, results, script, system, verdict};

const FIRST: &str = "im/9.1.1.2/one-recipient";
/// One that comes before these.
const BEFORE: &str = "im/9.1.1.1/initial-request";
const SECOND: &str = "im/9.1.1.2/several-recipients";
const SYSTEM: &str = "scenarios/sut/own-client.yaml";

fn add(dir: &Path, lines: &str) {
    let path = dir.join(SYSTEM);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{text}{lines}")).unwrap();
}

#[test]
fn a_system_that_dies_is_a_finding_and_the_rest_goes_on() {
    let dir = system(246, "[\"./starts\", \"{program}\",");
    let at = dir.path();
    // It dies when its user is told that a message was delivered.
    let lines = "mkfifo said.$$\n\"$@\" > said.$$ &\npid=$!\nwhile read -r line; do\n  echo \"$line\"\n  \
                 case $line in *delivered*) kill -9 $pid; kill -9 $$;; esac\ndone < said.$$\n";
    script(at, "starts", lines);
    let (code, out) = imspec(at, &["run", FIRST, SECOND, "--sut", SYSTEM, "--out", "o"]);
    assert_eq!(code, 1, "{out}");
    let results = results(&at.join("o"));
    assert_eq!(addresses(&results), [FIRST, SECOND]);
    assert_eq!(verdict(&results, &format!("{FIRST}#alive")), "fail", "{out}");
    assert!(out.contains("SIGKILL") && out.contains("conduct"), "{out}");
    let log = fs::read_to_string(at.join(format!("o/captures/{FIRST}/system.log"))).unwrap();
    assert!(log.contains("delivered"), "{log}");
    // A baseline may know of it.
    fs::write(at.join("known.yaml"), "known:\n- match: alive\n  reason: it is known\n").unwrap();
    let (_, out) = imspec(at, &["run", FIRST, "--sut", SYSTEM, "--out", "k", "--baseline", "known.yaml"]);
    assert!(out.contains("1 of them known"), "{out}");
}

#[test]
fn a_system_is_set_back_before_each_case_but_the_first() {
    let dir = system(247, "[\"{program}\",");
    let at = dir.path();
    script(at, "reset", "echo \"$1\" >> resets\n");
    add(at, "reset: [./reset, \"{host}\"]\n");
    let (code, out) = imspec(at, &["run", FIRST, SECOND, "--sut", SYSTEM, "--repeat", "2", "--out", "o"]);
    assert_eq!(code, 0, "{out}");
    assert_eq!(fs::read_to_string(at.join("resets")).unwrap().lines().count(), 3);
    // What is broken in a system that could not be set back is not held against it.
    script(at, "reset", "echo it is stuck; exit 3\n");
    let path = at.join(SYSTEM);
    let text = fs::read_to_string(&path).unwrap();
    let broken = "\"{host}:8021\", --defect, 'sends INVITE: drop header Accept-Contact']";
    fs::write(path, text.replace("\"{host}:8021\"]", broken)).unwrap();
    let (code, out) = imspec(at, &["run", BEFORE, FIRST, "--sut", SYSTEM, "--out", "s"]);
    assert!(code == 1 && out.contains("it could not be set back: `./reset"), "{code} {out}");
    let run = results(&at.join("s"));
    let verdicts = |case: usize| {
        let findings = run["cases"][case]["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["verdict"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert!(verdicts(1).contains(&"inconclusive") && !verdicts(1).contains(&"fail"), "{out}");
}

#[test]
fn a_system_is_asked_whether_it_is_well() {
    let dir = system(248, "[\"./starts\", \"{program}\",");
    let at = dir.path();
    let path = at.join(SYSTEM);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("  ready-text: '\"ready\"'\n", "")).unwrap();
    // It is well when it has said that it is ready, and not when it is asked after the first case.
    script(at, "starts", "exec \"$@\" > said\n");
    script(at, "healthy", "grep -q ready said || exit 1\necho . >> asked\n[ $(wc -l < asked) -ne 2 ]\n");
    add(at, "healthy: [./healthy]\nlog-file: written.log\n");
    let (code, out) = imspec(at, &["run", FIRST, SECOND, "--sut", SYSTEM, "--out", "o"]);
    assert_eq!(code, 1, "{out}");
    let results = results(&at.join("o"));
    assert_eq!(verdict(&results, &format!("{FIRST}#alive")), "fail");
    let second = results["cases"][1]["findings"].as_array().unwrap();
    assert!(second.iter().all(|finding| finding["verdict"] == "pass"), "{out}");
    let log = fs::read_to_string(at.join(format!("o/captures/{FIRST}/system.log"))).unwrap();
    assert!(log.contains("written.log: No such file"), "{log}");
}
