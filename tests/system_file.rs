//! System files: written by `imspec init`, looked at by `imspec doctor`, asked by `imspec probe`; with one thing broken at
//! a time, against our own client and server as programs of their own.

mod program;

use std::fs;
use std::net::UdpSocket;
use std::path::Path;

use program::system::system;
use program::{imspec, tree};
use serde_json::Value;

const SYSTEM: &str = "scenarios/sut/own-client.yaml";
const SERVER: &str = "scenarios/sut/own-server.yaml";
const COMMAND: &str = "[\"{program}\",";

/// Changes the system file; each change must have a place there.
#[track_caller]
fn change(at: &Path, file: &str, changes: &[(&str, &str)]) {
    let mut text = fs::read_to_string(at.join(file)).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}\n{text}");
        text = text.replace(from, to);
    }
    fs::write(at.join(file), text).unwrap();
}

/// Has our client do something wrong.
fn defect(words: &str) -> (&'static str, String) {
    ("\"{host}:8021\"]", format!("\"{{host}}:8021\", --defect, '{words}']"))
}

/// What is said of each thing that was looked at.
fn items(at: &Path, words: &[&str]) -> (i32, Vec<(String, String, String)>) {
    let (code, out) = imspec(at, words);
    let items: Vec<Value> = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"));
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let said = |item: &Value| format!("{} = {}", text(item, "said"), text(item, "hint"));
    (code, items.iter().map(|item| (text(item, "what"), text(item, "standing"), said(item))).collect())
}

/// What a doctor says of our own client in a network of its own after changes to its file: all is well but one thing.
#[track_caller]
fn check(network: u8, changes: &[(&str, &str)], code: i32, what: &str, standing: &str, says: &str) {
    let dir = system(network, COMMAND);
    change(dir.path(), SYSTEM, changes);
    let (exit, items) = items(dir.path(), &["doctor", SYSTEM, "--json"]);
    let wrong: Vec<_> =
        items.iter().filter(|(_, standing, _)| !["ok", "cannot-tell"].contains(&standing.as_str())).collect();
    assert!(wrong.len() == 1, "{items:#?}");
    assert!(wrong[0].0 == what && wrong[0].1 == standing && wrong[0].2.contains(says), "{items:#?}");
    assert_eq!(exit, code, "{items:#?}");
}

#[test]
fn a_file_is_written_once_and_for_every_part() {
    let dir = tree();
    let at = dir.path();
    let (code, out) = imspec(at, &["init"]);
    assert!(code == 0 && out.contains("imspec doctor system.yaml"), "{out}");
    let (code, out) = imspec(at, &["init"]);
    assert!(code == 64 && out.contains("--force"), "{out}");
    let (code, out) = imspec(at, &["init", "--plays", "history-function", "--force"]);
    assert_eq!(code, 0, "{out}");
    assert!(fs::read_to_string(at.join("system.yaml")).unwrap().contains("plays: history-function"));
    let (code, out) = imspec(at, &["init", "-", "--sip", "192.0.2.7:5070", "--transport", "tcp"]);
    assert!(code == 0 && out.contains("\nsip: \"192.0.2.7:5070\"\n") && out.contains("\ntransport: tcp\n"), "{out}");
    let (code, out) = imspec(at, &["init", "-", "--plays", "history-function", "--transport", "tcp"]);
    assert!(code == 64 && out.contains("the core chooses"), "{out}");
    let (code, out) = imspec(at, &["init", "no/such/folder.yaml"]);
    assert!(code == 4 && out.contains("no/such/folder.yaml"), "{out}");
}

#[test]
fn a_sound_system_is_well() {
    let dir = system(230, COMMAND);
    let at = dir.path();
    let (code, out) = imspec(at, &["doctor", SYSTEM, "--out", "o"]);
    assert!(code == 0 && out.contains("registers as sip:alice@home1.example") && out.contains("all is well"), "{out}");
    assert!(!at.join("o").exists(), "a doctor leaves nothing behind");
    let third = std::process::id() % 200;
    change(at, SERVER, &[("127.0.0.", &format!("127.230.{third}.")), ("[imspec,", "[\"PROGRAM\",")]);
    change(at, SERVER, &[("PROGRAM", env!("CARGO_BIN_EXE_imspec"))]);
    for role in ["controlling", "participating", "deferred-messaging", "history"] {
        let file = format!("{role}.yaml");
        fs::copy(at.join(SERVER), at.join(&file)).unwrap();
        change(at, &file, &[("controlling", role)]);
        let (code, out) = imspec(at, &["doctor", &file]);
        assert!(code == 0 && out.contains("200 to OPTIONS"), "{out}");
    }
    let (code, out) = imspec(at, &["probe", SERVER]);
    assert!(
        code == 0 && out.contains("answer to INVITE to a conference") && out.contains("nothing contradicts"),
        "{out}"
    );
}

#[test]
fn what_is_wrong_with_a_file_is_shown_where_it_is() {
    let dir = tree();
    let at = dir.path();
    let (code, out) = imspec(at, &["doctor", "none.yaml"]);
    assert!(code == 65 && out.contains("none.yaml") && out.contains("imspec init"), "{out}");
    fs::write(at.join("x.yaml"), "name: x\nplays: im-client\nsip: 127.0.0.99:5060\nanswer-wiat: 3\n").unwrap();
    let (code, out) = imspec(at, &["doctor", "x.yaml"]);
    assert!(code == 65 && out.contains("x.yaml:4") && out.contains("did you mean `answer-wait`"), "{out}");
    let (code, out) = imspec(at, &["probe", "x.yaml"]);
    assert!(code == 65 && out.contains("x.yaml:4"), "{out}");
}

#[test]
fn a_port_that_another_program_has_is_told_with_its_holder() {
    let dir = system(231, COMMAND);
    let core = format!("127.231.{}.2:5060", std::process::id() % 200);
    let taken = UdpSocket::bind(&core).unwrap();
    let (code, items) = items(dir.path(), &["doctor", SYSTEM, "--json"]);
    let held = format!("UDP {core}, and ");
    let wrong: Vec<_> = items.iter().filter(|(_, standing, _)| standing == "wrong").collect();
    assert!(code == 4 && wrong.len() == 1 && wrong[0].2.contains(&held), "{items:#?}");
    if cfg!(target_os = "linux") {
        assert!(wrong[0].2.contains(&format!("process {}", std::process::id())), "{items:#?}");
    }
    assert!(items.iter().any(|(what, standing, _)| what == "system" && standing == "cannot-tell"), "{items:#?}");
    drop(taken);
}

#[test]
fn an_address_of_ours_is_not_for_the_system() {
    check(232, &[(".51:5060", ".3:5060")], 65, "own address", "wrong", "the conference factory has");
}

#[test]
fn a_missing_program_is_told() {
    let missing = [("start:\n", "healthy: [./no-such-program]\nstart:\n")];
    check(233, &missing, 69, "programs", "wrong", "healthy: `./no-such-program` is not there");
}

#[test]
fn a_program_that_ends_at_once_is_told_with_what_it_said() {
    check(234, &[("--sip,", "--no-such-option, --sip,")], 69, "start", "wrong", "no-such-option");
}

#[test]
fn a_wrong_account_is_told() {
    let mallory = [("\"{user}\"", "mallory"), ("arranges: true\n", "")];
    check(235, &mallory, 69, "registration", "wrong", "registers as sip:mallory@home1.example, and plays sip:alice@");
}

#[test]
fn a_system_that_registers_unasked_is_told() {
    let unasked = [("registers: true\n", ""), ("arranges: true\n", ""), ("--http,", "--register, --http,")];
    check(236, &unasked, 3, "registration", "warning", "`registers: true`");
}

#[test]
fn a_silent_system_is_told() {
    let (from, to) = defect("sends response to OPTIONS: swallow");
    check(
        237,
        &[(from, &to), ("answer-wait: 5", "answer-wait: 2")],
        69,
        "answers",
        "wrong",
        "no answer to OPTIONS over UDP",
    );
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_told() {
    let own = "--transport, tls, --tls-ca, \"{ca}\", --sip,";
    let changes = [(".51:5060", ".51:5061"), ("answer-wait: 5", "answer-wait: 5\ntransport: tls"), ("--sip,", own)];
    check(244, &changes, 69, "certificate", "wrong", "not of an authority that is believed here");
}

#[test]
fn a_clock_that_is_off_is_told() {
    let (from, to) = defect("sends 200 to OPTIONS: set header Date to Sat, 13 Nov 2010 23:29:00 GMT");
    check(238, &[(from, &to)], 3, "clock", "warning", "s slow");
}

#[test]
fn what_large_requests_do_not_get_is_told() {
    let (from, to) = defect("sends from the 2nd response to OPTIONS: swallow");
    let changes = [(from, to.as_str()), ("answer-wait: 5", "answer-wait: 2")];
    check(239, &changes, 3, "large requests", "warning", "no answer to a request of 1400 octets");
}

#[test]
fn a_hook_that_is_not_there_is_told() {
    let dir = system(240, COMMAND);
    change(dir.path(), SYSTEM, &[(":8021/", ":8029/"), ("answer-wait: 5", "answer-wait: 1")]);
    let (code, out) = imspec(dir.path(), &["doctor", SYSTEM]);
    assert!(code == 69 && out.contains("does the program run that has this port?"), "{out}");
    assert!(out.contains("no REGISTER came from it within 1 s"), "{out}");
}

#[test]
fn a_system_says_what_it_can_do() {
    let dir = system(241, COMMAND);
    let at = dir.path();
    let (code, out) = imspec(at, &["probe", SYSTEM, "--json"]);
    let found: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"));
    let capabilities = found["capabilities"].as_array().unwrap();
    let seen = capabilities.iter().filter(|c| c["shown"] == "seen").map(|c| c["name"].as_str().unwrap());
    let expected = ["originating", "terminating", "mid-session", "pager", "large-messages", "sessions", "files"];
    assert_eq!(seen.collect::<Vec<_>>(), expected, "{out}");
    assert!(code == 0 && found["contradictions"].as_array().unwrap().is_empty(), "{out}");
    let fact = |what: &str| found["facts"].as_array().unwrap().iter().any(|fact| fact["what"] == what);
    assert!(
        ["Allow", "Supported", "Contact", "Expires", "a=accept-types", "a=file-selector"].iter().all(|w| fact(w)),
        "{out}"
    );

    let claim =
        |claims: &str| change(at, SYSTEM, &[("answer-wait: 5", &format!("answer-wait: 5\ncapabilities: {claims}"))]);
    claim("[originating, terminating, mid-session, pager, sessions]");
    let (code, out) = imspec(at, &["probe", SYSTEM]);
    assert!(code == 1 && out.contains("it does not claim `files`, and it answered INVITE to a file with 200"), "{out}");
    assert!(out.contains("it does not claim `large-messages`") && !out.contains("`pager`"), "{out}");
}

#[test]
fn what_is_claimed_and_not_shown_is_told() {
    let dir = system(242, COMMAND);
    let (from, to) = defect("sends 200 to INVITE: drop SDP attribute file-selector");
    let to = to.replace(']', ", --defect, 'sends 200 to MESSAGE: set status 405 Method Not Allowed']");
    change(dir.path(), SYSTEM, &[(from, &to)]);
    let (code, out) = imspec(dir.path(), &["probe", SYSTEM]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("it claims `files`, and its answer has no file-selector"), "{out}");
    assert!(out.contains("it claims `pager`, and it answered MESSAGE with 405"), "{out}");
    // A run says so too, as far as it sees it.
    change(dir.path(), SYSTEM, &[("answer-wait: 5", "answer-wait: 5\ncapabilities: [terminating, large-messages]")]);
    let (code, out) = imspec(dir.path(), &["run", "im/9.2.2/large-message", "--sut", SYSTEM, "--out", "o"]);
    assert!(code == 0 && out.contains("imspec client does not claim `pager`, and it allows MESSAGE"), "{out}");
    // Nothing at all comes from nobody.
    change(dir.path(), SYSTEM, &[("--sip,", "--no-such-option, --sip,")]);
    let (code, out) = imspec(dir.path(), &["probe", SYSTEM]);
    assert!(code == 69 && out.contains("no-such-option"), "{out}");
}
