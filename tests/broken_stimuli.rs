//! Live runs in which the client under test, or the way it is told what to do, breaks: what is said then, and that
//! nothing is lost of what was played before. The client is our own, and a hook of the test stands before its own port.

#![cfg(unix)]

mod own_network;
mod tree;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use imspec::judge::{CaseResult, Run, Verdict};
use imspec::net::capture::Format;
use imspec::net::http::client::{Url, post};
use imspec::net::http::server::{self, Asked, Reply};
use imspec::script::Again;
use imspec::script::live::{self, Console, Ended, LiveError, Options, live};
use imspec::script::sut::SystemUnderTest;
use own_network::Place;
use tree::plans;

const SYSTEM: &str = include_str!("../scenarios/sut/own-client.yaml");
const RECEIVES: &str = "im/9.2.2/large-message";
const SENDS: &str = "im/8.1.1/one-recipient";
const PROGRAM: &str = env!("CARGO_BIN_EXE_imspec");
const LIMIT: Duration = Duration::from_secs(20);

/// What the hook does with the acts that it is given.
#[derive(Clone)]
enum Hook {
    /// Refuses everything.
    Refuses,
    /// Hands on what comes, but to `send` it answers 500.
    Fails,
    /// To `send` it gives no answer.
    Hangs,
    /// At `send` it kills the process whose id is in that file.
    Kills(PathBuf),
    /// At `send` somebody presses Ctrl-C.
    Stops(Arc<AtomicBool>),
}

impl Hook {
    async fn answer(self, asked: Asked, client: Url) -> Reply {
        let reply = |status, text: &str| Reply { status, text: text.to_owned() };
        let sends = asked.body.starts_with(r#"{"act":"send""#);
        match self {
            _ if asked.method == "GET" => return reply(404, ""),
            Hook::Refuses => return reply(500, "out of order"),
            Hook::Fails if sends => return reply(500, "out of paper"),
            Hook::Hangs if sends => std::future::pending().await,
            Hook::Kills(file) if sends => {
                let id = std::fs::read_to_string(file).unwrap();
                assert!(Command::new("kill").args(["-9", id.trim()]).status().unwrap().success());
                return reply(204, "");
            }
            Hook::Stops(stop) if sends => {
                stop.store(true, Ordering::Relaxed);
                return reply(204, "");
            }
            _ => {}
        }
        match post(&client, asked.body, LIMIT).await {
            Ok(_) => reply(204, ""),
            Err(error) => reply(502, &error.to_string()),
        }
    }
}

/// Plays scenarios with our own client behind a hook that behaves so. `started` is the command of the system file in place
/// of that of our own client; with none, nothing is started.
async fn play(place: &Place, hook: Hook, started: Option<&[&str]>, addresses: &[&str]) -> (Run, Result<(), Ended>) {
    let text = place.moved(SYSTEM).replace("8021/", "8022/").replace("answer-wait: 5", "answer-wait: 2");
    let mut sut = SystemUnderTest::parse("own-client.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}"));
    sut.reports_events = false;
    let start = sut.start.as_mut().unwrap();
    start.command[0] = PROGRAM.to_owned();
    match started {
        Some(words) => start.command.splice(0..0, words.iter().map(|word| (*word).to_owned())).for_each(drop),
        None => sut.start = None,
    }
    let at = |port: u16| std::net::SocketAddr::new(sut.sip.ip(), port);
    let client = Url::parse(&format!("http://{}/", at(8021))).unwrap();
    let listener = server::listen(at(8022)).await.unwrap();
    let stop = match &hook {
        Hook::Stops(stop) => stop.clone(),
        _ => Arc::default(),
    };
    let serving = tokio::spawn(server::serve(listener, move |asked| hook.clone().answer(asked, client.clone())));
    let options = Options {
        seed: 1,
        captures: None,
        format: Format::PcapNg,
        profile: "all".to_owned(),
        file: "own-client.yaml".to_owned(),
        console: Console { show: |text| panic!("nobody is there to be told: {text}"), confirm: || false },
        longest: None,
        again: Again::default(),
    };
    let places = [live::Place::new(place.home(), sut)];
    let go_on = &mut |_: &CaseResult| ControlFlow::Continue(());
    let played = live(&plans(addresses).await, &places, &options, &stop, go_on).await;
    serving.abort();
    let _ = serving.await; // Its address is free when it is gone.
    played
}

#[track_caller]
fn assert_passed(case: &CaseResult, address: &str) {
    assert_eq!(case.address, address);
    let bad: Vec<_> = case.findings.iter().filter(|f| f.verdict > Verdict::Pass).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

/// Nothing is blamed on the client, and the reason is said wherever something is missing.
#[track_caller]
fn assert_undecided(case: &CaseResult, address: &str, reason: &str) {
    assert_eq!(case.address, address);
    assert!(case.findings.iter().any(|f| f.verdict == Verdict::Inconclusive), "{:#?}", case.findings);
    for finding in case.findings.iter().filter(|f| f.verdict > Verdict::Pass) {
        assert_eq!(finding.verdict, Verdict::Inconclusive, "{finding:#?}");
        assert!(finding.reason.contains(reason), "{}", finding.reason);
    }
}

#[tokio::test]
async fn a_hook_that_fails_or_hangs_spoils_its_scenario_alone() {
    for (hook, reason) in [
        (Hook::Fails, "answered 500 Internal Server Error: out of paper"),
        (Hook::Hangs, "gave no answer within 2 s (it must answer when it has taken the act;"),
    ] {
        let (run, ended) = play(&Place::next(), hook, Some(&[]), &[SENDS, RECEIVES]).await;
        ended.unwrap_or_else(|ended| panic!("{ended}"));
        assert_undecided(&run.cases[0], SENDS, reason);
        assert_passed(&run.cases[1], RECEIVES);
        assert!(!run.interrupted);
    }
}

#[tokio::test]
async fn a_hook_that_never_works_ends_the_run_at_once() {
    let (run, ended) = play(&Place::next(), Hook::Refuses, Some(&[]), &[SENDS, RECEIVES]).await;
    let ended = ended.unwrap_err();
    let said = ended.to_string();
    assert!(said.starts_with("im/8.1.1/one-recipient: imspec client at 127."), "{said}");
    assert!(said.contains("it was not set up; its hook http://") && said.contains(": out of order"), "{said}");
    assert!(ended.error.hint().is_some_and(|hint| hint.contains("answer-wait")));
    assert!(run.cases.is_empty() && run.interrupted);
}

/// A command that notes the id of its process and becomes the program that follows.
fn noted(file: &Path) -> [String; 4] {
    let script = format!("echo $$ > '{}'; exec \"$@\"", file.display());
    ["sh".to_owned(), "-c".to_owned(), script, "sh".to_owned()]
}

#[tokio::test]
async fn a_client_that_dies_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("id");
    let command = noted(&file);
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let (mut run, ended) = play(&Place::next(), Hook::Kills(file), Some(&command), &[SENDS, RECEIVES]).await;
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    // That it died is held against it, and nothing else is.
    let died = run.cases[0].findings.pop().unwrap();
    assert!(died.requirement == "alive" && died.verdict == Verdict::Fail, "{died:?}");
    assert!(died.found.unwrap().contains("signal: 9"));
    assert_undecided(&run.cases[0], SENDS, "nothing came from it; its program ended with signal: 9");
    assert_passed(&run.cases[1], RECEIVES);
}

/// Our own client, started by somebody else.
struct Foreign(Child);

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_client_that_is_gone_for_good_ends_the_run_with_what_was_played() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("id");
    let place = Place::next();
    let at = |what: &str| place.moved(&format!("127.0.0.{what}"));
    let child = Command::new(PROGRAM)
        .args(["client", "alice", "--sip", &at("51:5060"), "--core", &at("2:5060"), "--http", &at("51:8021")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::fs::write(&file, child.id().to_string()).unwrap();
    let mut foreign = Foreign(child);
    let mut ready = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(foreign.0.stdout.take().unwrap()), &mut ready).unwrap();
    assert!(ready.contains("ready"), "{ready}");
    let (run, ended) = play(&place, Hook::Kills(file), None, &[RECEIVES, SENDS, RECEIVES]).await;
    let ended = ended.unwrap_err();
    assert_eq!(ended.case, SENDS);
    assert!(matches!(ended.error, LiveError::Unreachable { .. }), "{ended}");
    assert!(ended.to_string().contains("nothing came from it"), "{ended}");
    assert_eq!(run.cases.len(), 2);
    assert_passed(&run.cases[0], RECEIVES);
    assert_undecided(&run.cases[1], SENDS, "nothing came from it");
    assert!(run.interrupted);
}

#[tokio::test]
async fn a_run_that_is_interrupted_keeps_the_case_at_hand() {
    let hook = Hook::Stops(Arc::default());
    let (run, ended) = play(&Place::next(), hook, Some(&[]), &[RECEIVES, SENDS, RECEIVES]).await;
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    assert!(run.interrupted);
    assert_eq!(run.cases.len(), 2);
    assert_passed(&run.cases[0], RECEIVES);
    assert_undecided(&run.cases[1], SENDS, "");
}

#[tokio::test]
async fn a_program_that_is_not_there_ends_the_run_with_its_name() {
    let (run, ended) = play(&Place::next(), Hook::Refuses, Some(&["/no such program"]), &[SENDS]).await;
    let ended = ended.unwrap_err();
    assert!(ended.to_string().starts_with("im/8.1.1/one-recipient: cannot start /no such program"), "{ended}");
    assert!(ended.error.hint().is_some_and(|hint| hint.contains("no shell")));
    assert!(run.cases.is_empty());
}
