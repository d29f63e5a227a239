//! The program as people and CI servers meet it: words in; stdout, stderr, files and an exit code out.

#[allow(dead_code, reason = "only the tree is wanted here: what the program says is told apart")]
mod program;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

const ESTABLISHMENT: &str = "features/im/09-large-message/9.1.1.2-establishment.feature";
const LARGE_MESSAGE: &str = "features/im/requirements/im-large-message.yaml";
const REJOINING: &str = "features/im/07-session/7.1.1.9-rejoining-a-conference.feature";
const HOME: &str = "scenarios/home.yaml";
/// Calls without any message in them.
const CALLS: &str = "captures/reference/sipp-50-calls-udp.pcapng";
const CHAT: &str = "captures/reference/sipsimple-chat-via-kamailio.pcapng";

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs the program in `dir` and waits for its end.
#[track_caller]
fn imspec(dir: &Path, words: &[&str]) -> Ended {
    let output = program(dir, words).output().unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).expect("the program writes UTF-8");
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn program(dir: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imspec"));
    command.args(words).current_dir(dir).stdin(Stdio::null());
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An empty folder: there the program uses the data tree that it carries.
fn nowhere() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A copy of the data tree, with `old` replaced by `new` in `file`; where `old` is empty, `new` is the whole file.
#[track_caller]
fn tree_with(file: &str, old: &str, new: &str) -> TempDir {
    let dir = program::tree();
    let path = dir.path().join(file);
    let text = match old {
        "" => new.to_owned(),
        _ => {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(old), "{file} does not hold {old:?}");
            text.replacen(old, new, 1)
        }
    };
    fs::write(path, text).unwrap();
    dir
}

#[track_caller]
fn check(ended: &Ended, code: i32, out: &[&str], err: &[&str]) {
    let Ended { out: stdout, err: stderr, .. } = ended;
    assert_eq!(ended.code, Some(code), "stdout:\n{stdout}\nstderr:\n{stderr}");
    out.iter().for_each(|part| assert!(stdout.contains(part), "stdout has no {part:?}:\n{stdout}"));
    err.iter().for_each(|part| assert!(stderr.contains(part), "stderr has no {part:?}:\n{stderr}"));
}

#[test]
fn help_is_there_for_every_command_and_shows_examples() {
    let dir = nowhere();
    let top = imspec(dir.path(), &["--help"]);
    check(&top, 0, &["Exit codes:", "130"], &[]);
    let commands = ["run", "judge", "prove", "ledger", "list", "explain", "lint", "report", "ladder"];
    for command in commands {
        assert!(top.out.contains(&format!("\n  {command} ")), "{command} is not in\n{}", top.out);
        check(&imspec(dir.path(), &[command, "--help"]), 0, &["Usage: imspec", "Examples:\n  imspec"], &[]);
    }
    check(&imspec(dir.path(), &["--version"]), 0, &["imspec 0."], &[]);
    check(&imspec(dir.path(), &["completions", "bash"]), 0, &["_imspec()"], &[]);
}

#[test]
fn slips_of_the_command_line_end_with_64_and_a_hint() {
    let dir = nowhere();
    for (words, said) in [
        (&[][..], "Usage: imspec"),
        (&["jugde"], "'judge'"),
        (&["run", "--sed", "1"], "'--seed'"),
        (&["run", "--seed", "x"], "--seed"),
        (&["run", "--json", "--quiet"], "cannot be used with"),
        (&["run", "--sut"], "--sut <FILE>"),
        (&["run", "--profile", "sip"], "im, imcr, cpm"),
        (&["judge"], "<FILE>"),
        (&["run", "im/9.1.1.2/one-recipent"], "did you mean `im/9.1.1.2/one-recipient`?"),
        (&["run", "--tags", "@a and"], "is no tag expression: write for example"),
        (&["run", "--tags", "@no-such-tag"], "no scenario is chosen"),
        (&["run", "--shard", "3/2"], "write for example 2/5"),
        (&["run", "--failed"], "there is no earlier run here"),
        (&["list", "sip/9"], "no scenario has the address `sip/9`"),
        (&["explain", "IM-9.1.1.2-5z"], "did you mean `IM-9.1.1.2-5a`?"),
    ] {
        let ended = imspec(dir.path(), words);
        check(&ended, 64, &[], &[said]);
        assert_eq!(ended.out, "", "{words:?}");
    }
}

#[test]
fn what_is_wrong_with_a_tree_is_said_with_place_and_hint() {
    for (file, old, new, said) in [
        (
            ESTABLISHMENT,
            "client sends an INVITE",
            "client sents an INVITE",
            "did you mean `Alice's client sends an INVITE where`?",
        ),
        (ESTABLISHMENT, "| Request-URI ", "| Reqest-URI ", "did you mean `Request-URI`?"),
        (
            ESTABLISHMENT,
            "| has feature tag +g.oma",
            "| has a feature tag +g.oma",
            "did you mean `has feature tag +g.oma.sip-im`?",
        ),
        (ESTABLISHMENT, "| is sendonly ", "| is between 400, 499 ", "is no direction"),
        (ESTABLISHMENT, "| is message ", "| is absetn ", "did you mean `is absent`?"),
        (ESTABLISHMENT, "| is one of TCP/MSRP, TCP/TLS/MSRP ", "| is one of TCP/MSRP,, ", "for example `is one of"),
        (ESTABLISHMENT, "| at most 10 ", "| at most ten ", "did you mean `at most 45`?"),
        (ESTABLISHMENT, "| at most 10 ", "| is 10 ", "says nothing about seconds after the 200 to the INVITE"),
        (ESTABLISHMENT, "| is Bob's address ", "| is Bbo's address ", "did you mean `Bob`?"),
        (ESTABLISHMENT, "| is Bob's address ", "| is Bob's adress ", "did you mean `is Bob's address`?"),
        (ESTABLISHMENT, "| is Bob's address ", "| is the group Frends ", "no group here is called"),
        (ESTABLISHMENT, "client sends an INVITE", "client sends an INVIET", "did you mean `INVITE`?"),
        (ESTABLISHMENT, "| IM-9.1.1.2-2 ", "| IM-9.1.1.2-2222 ", "did you mean `IM-9.1.1.2-2`?"),
        (REJOINING, "{SIP of the conference server}", "{SPI of the conference server}", "say {SIP of Bob's client}"),
        (REJOINING, "{SIP of the conference server}", "{SIP of Bob}", "say {SIP of Bob's client}"),
        (REJOINING, "{SIP of the conference server}", "{SIP of Bbo's client}", "did you mean `Bob`?"),
        (REJOINING, "{SIP of the conference server}", "{SIP of the conference sever}", "`conference server`?"),
        (ESTABLISHMENT, "Scenario: One", "Scenaro: One", "did you mean `Scenario`?"),
        (ESTABLISHMENT, "Feature: 9.1.1.2", "Feature: 9.1.1.3", "write `Feature: 9.1.1.2 "),
        (LARGE_MESSAGE, "entry_count: 93", "entry_count: 92", "there are 93"),
        (LARGE_MESSAGE, "entry_count: 93", "entry_cuont: 93", "did you mean `entry_count`?"),
        (HOME, "domain:", "domian:", "did you mean `domain`?"),
    ] {
        let tree = tree_with(file, old, new);
        let text = fs::read_to_string(tree.path().join(file)).unwrap();
        let line = text.lines().position(|line| line.contains(new)).unwrap() + 1;
        check(&imspec(tree.path(), &["lint"]), 65, &[], &[&format!("error: {file}:{line}:"), said]);
    }
    for (file, text, said) in [
        (ESTABLISHMENT, "Feature: 9.1.1.2 Nothing\n", ": holds no scenario"),
        (HOME, "", ": is empty"),
        (HOME, "domain: &a [*a]\n", ":1:9: is nested too deeply, or an alias contains itself"),
        (HOME, "core: [\n", ":1:7: core: invalid type"),
    ] {
        let tree = tree_with(file, "", text);
        let ended = imspec(tree.path(), &["run"]);
        check(&ended, 65, &[], &[&format!("error: {file}{said}")]);
        assert_eq!(ended.out, "", "{file}: {text}");
    }
}

#[test]
fn every_mistake_is_shown_at_once_and_as_json_too() {
    let tree =
        tree_with(ESTABLISHMENT, "And Alice's client sends an ACK where", "And Alice's client sents an ACK where");
    let path = tree.path().join(ESTABLISHMENT);
    let text = fs::read_to_string(&path).unwrap().replacen("is sendonly", "is-not sendonly", 1);
    fs::write(path, text).unwrap();
    check(&imspec(tree.path(), &["run"]), 65, &[], &["no step reads so", "is-not sendonly", "2 errors"]);
    let json = imspec(tree.path(), &["lint", "--json"]);
    check(&json, 65, &[], &[]);
    let wrong: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(wrong.as_array().map(Vec::len), Some(2), "{wrong}");
    assert_eq!(wrong[0]["file"], ESTABLISHMENT);
}

#[test]
fn a_folder_without_features_is_no_tree() {
    let dir = nowhere();
    for named in [".", "nothing-here"] {
        let ended = imspec(dir.path(), &["lint", "--features", named]);
        check(&ended, 65, &[], &["neither a folder `features`", "--features names the folder"]);
    }
    let tree = repository().to_str().unwrap();
    check(&imspec(dir.path(), &["lint", "--features", tree]), 0, &["nothing is wrong"], &[]);
}

#[test]
fn captures_that_cannot_be_read_are_wrong_data() {
    let dir = nowhere();
    let whole = fs::read(repository().join(CHAT)).unwrap();
    let files: [(&str, &[u8], &str); 5] = [
        ("empty.pcap", b"", "not a pcap or pcapng file"),
        ("garbage.pcap", &[0x5a; 3000], "not a pcap or pcapng file"),
        ("text.pcap", b"INVITE sip:bob@home1.example SIP/2.0\r\n", "not a pcap or pcapng file"),
        ("cut.pcapng", &whole[..3000], "cut in the middle of a record"),
        ("damaged.pcapng", &[&whole[..2992], &[0xff; 64][..]].concat(), "damaged"),
    ];
    for (name, octets, said) in files {
        fs::write(dir.path().join(name), octets).unwrap();
        for command in ["judge", "ladder"] {
            check(&imspec(dir.path(), &[command, name]), 65, &[], &["error: ", name, said]);
        }
    }
    check(&imspec(dir.path(), &["judge", "absent.pcap"]), 65, &[], &["absent.pcap: "]);
    check(&imspec(dir.path(), &["judge", "."]), 65, &[], &["error: "]);
    // What lies before the cut is judged, and reported.
    check(&imspec(dir.path(), &["judge", "cut.pcapng", "--out", "there"]), 65, &[], &[]);
    assert!(dir.path().join("there/reports/results.json").is_file());
}

/// A tree in which one row of one scenario expects what no sound client does.
fn tree_with_a_failure() -> TempDir {
    tree_with(ESTABLISHMENT, "| SDP direction          | is sendonly", "| SDP direction          | is recvonly")
}

#[test]
fn every_scenario_passes_in_the_simulated_network_and_leaves_its_evidence() {
    let dir = nowhere();
    check(&imspec(dir.path(), &["run"]), 0, &["IM 9.1.1.2", "reports/run-seed-1", " pass\n"], &[]);
    for file in ["results.json", "junit.xml", "summary.md", "report.html"] {
        assert!(dir.path().join("reports/run-seed-1").join(file).is_file(), "{file}");
    }
    let capture = "captures/run-seed-1/im/9.1.1.2/one-recipient/trace.pcapng";
    check(&imspec(dir.path(), &["ladder", capture]), 0, &["INVITE sip:bob@", "MSRP SEND"], &[]);
    let judged = imspec(dir.path(), &["judge", capture, "--scenario", "im/9.1.1.2/one-recipient"]);
    check(&judged, 3, &["pass", "inconclusive"], &[]);
}

#[test]
fn the_same_seed_gives_the_same_octets() {
    let dir = nowhere();
    let run = |seed: &str, out: &str| {
        let ended = imspec(dir.path(), &["run", "im/9.4.2", "--seed", seed, "--out", out, "--json"]);
        check(&ended, 0, &[], &[]);
        let capture = dir.path().join(out).join("captures/im/9.4.2/chunks/trace.pcapng");
        (ended.out, fs::read(capture).unwrap())
    };
    assert!(run("7", "a") == run("7", "b"));
    assert!(run("7", "a").1 != run("8", "c").1);
}

#[test]
fn a_failure_is_told_and_can_be_played_again() {
    let tree = tree_with_a_failure();
    let ended = imspec(tree.path(), &["run", "im/9.1.1.2"]);
    let told =
        ["fail im/9.1.1.2/one-recipient#IM-9.1.1.2-5a", "recvonly", "sendonly", "imspec run im/9.1.1.2/one-recipient"];
    check(&ended, 1, &told, &[]);
    let quiet = imspec(tree.path(), &["run", "--failed", "--quiet"]);
    check(&quiet, 1, &["fail im/9.1.1.2/one-recipient#IM-9.1.1.2-5a\n", "\n1 case: "], &[]);
    check(&imspec(tree.path(), &["run", "im/9.1.1.1"]), 0, &[], &[]);
    check(&imspec(tree.path(), &["run", "--failed"]), 0, &[], &["nothing failed in the last run"]);
}

#[test]
fn a_shard_may_be_empty_and_shards_make_the_whole() {
    let dir = nowhere();
    let cases = |scenario: &str, shard: &str| {
        let ended = imspec(dir.path(), &["run", scenario, "--shard", shard, "--json"]);
        check(&ended, 0, &[], &[]);
        let results: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
        results["cases"].as_array().unwrap().len()
    };
    let shards: Vec<usize> = (1..=3).map(|n| cases("im/9.1.1.2", &format!("{n}/3"))).collect();
    assert_eq!(shards.iter().sum::<usize>(), cases("im/9.1.1.2", "1/1"));
    let halves = ["1/2", "2/2"].map(|half| cases("im/9.1.1.2/one-recipient", half));
    assert!(halves == [0, 1] || halves == [1, 0], "{halves:?}");
}

#[test]
#[cfg(unix)]
fn interrupted_runs_report_what_ran() {
    use std::io::{BufRead as _, BufReader};
    let dir = nowhere();
    // A fast machine may be done before the signal comes; then it is sent to another run.
    let interrupted = (0..20).any(|_| {
        let mut command = program(dir.path(), &["run", "--verbose", "--out", "there"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        err.read_line(&mut first).unwrap();
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        std::io::copy(&mut err, &mut std::io::sink()).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap().contains("interrupted");
        assert!(matches!((output.status.code(), told), (Some(130), true) | (Some(0), false)), "{first}");
        told
    });
    assert!(interrupted, "no run was interrupted");
    let results = fs::read_to_string(dir.path().join("there/reports/results.json")).unwrap();
    assert!(results.contains("\"interrupted\": true"));
}

#[test]
fn a_system_that_cannot_be_played_against_is_told_apart_from_one_that_fails() {
    let dir = nowhere();
    fs::write(dir.path().join("wrong.yaml"), "nmae: x\n").unwrap();
    check(&imspec(dir.path(), &["run", "--sut", "wrong.yaml"]), 65, &[], &["wrong.yaml:1:1", "did you mean `name`?"]);
    check(&imspec(dir.path(), &["run", "--sut", "absent.yaml"]), 65, &[], &["absent.yaml: "]);
}

#[test]
fn a_report_that_cannot_be_written_is_our_trouble() {
    let dir = nowhere();
    fs::write(dir.path().join("file"), "").unwrap();
    check(&imspec(dir.path(), &["run", "im/9", "--out", "file"]), 4, &[], &["error: "]);
}

#[test]
fn a_capture_in_which_nothing_happens_decides_nothing() {
    let dir = nowhere();
    let capture = repository().join(CALLS);
    let ended = imspec(dir.path(), &["judge", capture.to_str().unwrap(), "--out", "there"]);
    check(&ended, 3, &["not exercised", "there/reports"], &["300 packets", "imspec ladder"]);
    for file in ["results.json", "junit.xml", "summary.md", "report.html"] {
        assert!(dir.path().join("there/reports").join(file).is_file(), "{file}");
    }
    check(&imspec(dir.path(), &["report", "there/reports"]), 0, &["not exercised"], &[]);
    check(&imspec(dir.path(), &["report", "there"]), 65, &[], &["results.json", "name a folder below reports/"]);
}

#[test]
fn the_tree_inside_the_program_is_used_where_there_is_no_other() {
    let dir = nowhere();
    let ended = imspec(dir.path(), &["list"]);
    check(&ended, 0, &["IM 9.1.1.2 Establishment", "im/9.1.1.2/one-recipient"], &[]);
    assert_eq!(ended.out, imspec(repository(), &["list"]).out);
    check(&imspec(dir.path(), &["list", "cpm", "--tags", "not @invalid"]), 0, &["CPM 7.3.2.1"], &[]);
    check(&imspec(dir.path(), &["lint"]), 0, &["nothing is wrong"], &[]);
    check(&imspec(dir.path(), &["explain", "IM-9.1.1.2-5a"]), 0, &["SHALL", "im/9.1.1.2/one-recipient"], &[]);
    check(&imspec(dir.path(), &["list", "--vocabulary"]), 0, &["## Fields", "- `Request-URI`"], &[]);
}

#[test]
fn json_stands_alone_on_stdout() {
    let dir = nowhere();
    let capture = repository().join(CHAT);
    let capture = capture.to_str().unwrap();
    for words in [
        &["list", "--json"][..],
        &["list", "--vocabulary", "--json"],
        &["explain", "IM-9.1.1.2-5a", "--json"],
        &["lint", "--json"],
        &["ladder", "--json", capture],
        &["judge", "--json", capture, "--out", "o", "--color", "always"],
        &["report", "--json", "o/reports"],
    ] {
        let ended = imspec(dir.path(), words);
        assert!(serde_json::from_str::<serde_json::Value>(&ended.out).is_ok(), "{words:?}\n{}", ended.out);
    }
    let results = fs::read_to_string(dir.path().join("o/reports/results.json")).unwrap();
    assert_eq!(results, imspec(dir.path(), &["report", "--json", "o/reports"]).out);
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let dir = nowhere();
    let escape = "\u{1b}[";
    assert!(!imspec(dir.path(), &["list"]).out.contains(escape));
    assert!(imspec(dir.path(), &["list", "--color", "always"]).out.contains(escape));
    let forced =
        |name: &str| program(dir.path(), &["list"]).env("CLICOLOR_FORCE", "1").env(name, "1").output().unwrap();
    assert!(String::from_utf8(forced("UNRELATED").stdout).unwrap().contains(escape));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let dir = nowhere();
    for words in [&["list"][..], &["list", "--vocabulary"], &["--help"], &["explain", "IM-9-1"]] {
        let mut child = program(dir.path(), words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""), "{words:?}");
    }
}
