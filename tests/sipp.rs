//! Live runs against a program of somebody else: SIPp in the place of Alice's client, right once, and then wrong in one
//! thing at a time. Skipped where SIPp is not installed.
//!
//! The wrong ones are made from the scenario files of `tests/sipp/`, so that each differs from the right one by that alone.

#[path = "sipp/msrp.rs"]
mod msrp;
mod own_network;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use imspec::judge::{CaseResult, Verdict};
use msrp::Part;
use own_network::Network;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::net::unix::pipe;

const ANSWERS: &str = include_str!("../scenarios/sut/sipp-answers.yaml");
const INVITES: &str = include_str!("../scenarios/sut/sipp-invites.yaml");
const CALLEE: &str = include_str!("sipp/uas-large-message.xml");
const CALLER: &str = include_str!("sipp/uac-large-message.xml");

/// Where SIPp is in a network of `127.0.0.`, and the MSRP that its scenario files name.
const SIPP: u8 = 21;
const MSRP_PORT: u16 = 2899;
const MESSAGE: u64 = 20000;

/// What SIPp does wrong as a client, by the text of its scenario file: the requirement that says so, and those that
/// cannot hold then.
type Wrong<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_all_that_it_should_passes() {
    for address in ["im/9.1.1.1/initial-request", "im/9.1.1.2/one-recipient"] {
        invites(address, &[], Part::Whole, &[]).await;
    }
    answers("im/9.2.2/large-message", &[], true, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_invites_and_breaks_one_requirement_is_told_which() {
    const ONE: &str = "im/9.1.1.2/one-recipient";
    const INITIAL: &str = "im/9.1.1.1/initial-request";
    let table: &[Wrong] = &[
        ("no Accept-Contact", ONE, &[("      Accept-Contact: *;+g.oma.sip-im\n", "")], &["IM-9.1.1.2-1"]),
        ("another size", ONE, &[("a=filesize:[size]", "a=filesize:[size]0")], &["IM-9.1.1.2-6.2"]),
        ("no direction", ONE, &[("      a=sendonly\n", "")], &["IM-9.1.1.2-5a"]),
        ("no release", INITIAL, &[("User-Agent: IM-client/OMA1.0 SIPp/3", "User-Agent: SIPp/3")], &["IM-9.1.1.1-2"]),
        ("no timer", INITIAL, &[("Supported: timer", "Supported: 100rel")], &["IM-9.1.1.1-6"]),
        ("no IM client", INITIAL, &[("[local_port]>;+g.oma.sip-im", "[local_port]>")], &["IM-9.1.1.1-4"]),
    ];
    for (what, address, edits, expected) in table {
        eprintln!("{what}");
        invites(address, edits, Part::Whole, expected).await;
    }
    eprintln!("good-bye too early");
    invites(ONE, &[], Part::FirstChunk, &["IM-9.1.1.2-end"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_answers_and_breaks_one_requirement_is_told_which() {
    const LARGE: &str = "im/9.2.2/large-message";
    const RELEASE: (&str, &str) = ("<recv request=\"BYE\"/>\n  <send>\n    <![CDATA[\n      SIP/2.0 200 OK", "");
    let refused = RELEASE.0.replace("200 OK", "481 Call/Transaction Does Not Exist");
    let table: &[Wrong] = &[
        // Nothing may be sent on what the answer does not allow.
        ("another direction", LARGE, &[("a=recvonly", "a=sendrecv")], &["IM-9.2.2-4.1", "IM-9.2.2-6"]),
        ("no IM client", LARGE, &[("[local_port]>;+g.oma.sip-im", "[local_port]>")], &["IM-9.2.2-3"]),
        ("200 for 488", "im/9.2.2/none-of-the-types-is-known", &[], &["IM-9.2.2-1.1"]),
        (
            "refuses to be released",
            "im/9.2.2/the-sender-releases-during-the-transfer",
            &[(RELEASE.0, &refused)],
            &["RFC3261-15.1.2-1"],
        ),
    ];
    for (what, address, edits, expected) in table {
        eprintln!("{what}");
        answers(address, edits, true, expected).await;
    }
    eprintln!("no report");
    answers(LARGE, &[], false, &["IM-9.2.2-6"]).await;
}

/// Plays a scenario with SIPp as the client that answers, its file edited, and looks for what it is told.
async fn answers(address: &str, edits: &[(&str, &str)], reports: bool, expected: &[&str]) {
    let Some(stage) = Stage::new(address).await else { return };
    let file = stage.file("uas.xml", CALLEE, edits);
    let listener = TcpListener::bind(SocketAddr::new(stage.sipp.ip(), MSRP_PORT)).await.expect("nobody else listens");
    let receiving = tokio::spawn(msrp::receive(listener, reports));
    stage.check(&ANSWERS.replace("tests/sipp/uas-large-message.xml", &shown(&file)), expected).await;
    receiving.abort();
}

/// The same with SIPp as the client that invites. It says good-bye when its MSRP side tells it to.
async fn invites(address: &str, edits: &[(&str, &str)], part: Part, expected: &[&str]) {
    const ANSWERED: &str = "<recv response=\"200\" rrs=\"true\"/>";
    const BYE: &str = "  <send retrans=\"500\">\n    <![CDATA[\n      BYE";
    let Some(stage) = Stage::new(address).await else { return };
    let pipe = stage.folder.path().join("answer");
    assert!(Command::new("mkfifo").arg(&pipe).status().is_ok_and(|made| made.success()), "a pipe can be made");
    let answered = format!(
        "<recv response=\"200\" rrs=\"true\"><action>\
         <ereg regexp=\"msrp://[^ ]*;tcp\" search_in=\"body\" assign_to=\"path\"/>\
         <exec command=\"echo '[$path] [call_id]' > {}\"/></action></recv>",
        pipe.display()
    );
    let file = stage.file("uac.xml", CALLER, edits);
    let text = std::fs::read_to_string(&file).expect("just written");
    assert!(text.contains(ANSWERED) && text.contains(BYE));
    let waits = format!("  <recv request=\"INFO\"/>\n{BYE}");
    std::fs::write(&file, text.replace(ANSWERED, &answered).replace(BYE, &waits)).expect("a file");

    let (sipp, own) = (stage.sipp, format!("msrp://{}:{MSRP_PORT}/given;tcp", stage.sipp.ip()));
    // Open for reading and writing, the pipe has no end before SIPp wrote into it.
    let pipe = pipe::OpenOptions::new().read_write(true).open_receiver(&pipe).expect("a pipe");
    let sending = tokio::spawn(async move {
        let mut line = String::new();
        BufReader::new(pipe).read_line(&mut line).await.expect("a line");
        let (path, call_id) = line.trim().split_once(' ').expect("a path and a Call-ID");
        msrp::send(sipp, &own, path, call_id, MESSAGE, part).await;
    });
    stage.check(&INVITES.replace("tests/sipp/uac-large-message.xml", &shown(&file)), expected).await;
    sending.abort();
}

/// One scenario, in a network where SIPp has an address.
struct Stage {
    network: Network,
    sipp: SocketAddr,
    folder: tempfile::TempDir,
}

impl Stage {
    /// Nothing where SIPp is not installed.
    async fn new(address: &str) -> Option<Stage> {
        let mut version = Command::new("sipp");
        if version.arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            eprintln!("skipped: sipp is not installed (package sip-tester)");
            return None;
        }
        let network = Network::new(address).await;
        let sipp = SocketAddr::new(network.host(SIPP), network.home.sip_port);
        Some(Stage { network, sipp, folder: tempfile::tempdir().expect("a folder") })
    }

    /// Writes a scenario file of SIPp with each of the texts replaced.
    fn file(&self, name: &str, text: &str, edits: &[(&str, &str)]) -> PathBuf {
        let edited = edits.iter().fold(text.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from} is not in {name}");
            text.replacen(from, to, 1)
        });
        let path = self.folder.path().join(name);
        std::fs::write(&path, edited).expect("a file");
        path
    }

    /// Plays the scenario, and compares the requirements that it complains of.
    async fn check(&self, system: &str, expected: &[&str]) {
        let case = self.network.play(system, |text| panic!("nobody is there to be told: {text}")).await.unwrap();
        assert!(self.network.capture(&case).len() > 1000, "the capture holds the call");
        let found: BTreeSet<&str> = complaints(&case).map(|f| f.requirement.as_str()).collect();
        let shown: Vec<_> =
            complaints(&case).map(|f| format!("{} {}: {} {:?}", f.id, f.subject, f.reason, f.found)).collect();
        assert_eq!(found, expected.iter().copied().collect(), "{shown:#?}");
    }
}

/// Findings that are neither good nor beyond what can be seen.
fn complaints(case: &CaseResult) -> impl Iterator<Item = &imspec::judge::Finding> {
    case.findings.iter().filter(|f| !matches!(f.verdict, Verdict::Pass | Verdict::NotApplicable))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
