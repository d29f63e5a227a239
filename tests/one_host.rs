//! Live runs on one host of IPv6, where ports tell who is who: our own client and our own server, each a program of its own,
//! are put under test on `[::1]`.

mod tree;

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use imspec::judge::{CaseResult, Verdict};
use imspec::net::capture::Format;
use imspec::script::Again;
use imspec::script::home::Home;
use imspec::script::live::{self, Console, Options, live};
use imspec::script::sut::SystemUnderTest;
use imspec::script::yaml;
use tree::plans;

const HOME: &str = include_str!("../scenarios/home-one-host.yaml");

/// Ports below those that systems give to who asks for any: as many as a test needs, of this process and test alone.
fn base(test: u32) -> u16 {
    u16::try_from(10_000 + std::process::id() % 200 * 100 + test * 50).unwrap()
}

/// The network of the file with its SIP ports from `base` on, and its MSRP ports 30 higher.
fn network(base: u16) -> Home {
    let known: Home = yaml::from_str("home-one-host.yaml", HOME).unwrap();
    let moved = |port: u16| base + port - known.core.port();
    let mut home = known.clone();
    for server in [
        &mut home.core,
        &mut home.conference_server,
        &mut home.deferred_store,
        &mut home.history_store,
        &mut home.participating_function,
    ] {
        server.set_port(moved(server.port()));
    }
    home.sip_port = moved(known.sip_port);
    home.msrp_port = home.sip_port + 25;
    home
}

#[track_caller]
fn assert_clean(cases: &[CaseResult], expected: usize) {
    assert_eq!(cases.len(), expected);
    let findings = cases.iter().flat_map(|case| &case.findings);
    let graver: Vec<_> = findings.filter(|finding| finding.verdict > Verdict::Pass).collect();
    assert!(graver.is_empty(), "{graver:#?}");
    assert!(cases.iter().all(|case| case.findings.iter().any(|finding| finding.verdict == Verdict::Pass)));
}

/// Plays the scenarios with one of our own programs, which is the last on the host.
async fn check(test: u32, file: &str, address: &str, hook: &str, scenarios: &[&str]) {
    let plans = plans(scenarios).await;
    let home = network(base(test));
    let (sip, http) = (base(test) + 23, base(test) + 24);
    let text = file.replace(address, &format!("\"[::1]:{sip}\"")).replace(hook, &http.to_string());
    let mut sut = SystemUnderTest::parse("own.yaml", &text).unwrap();
    let command = &mut sut.start.as_mut().unwrap().command;
    command[0] = env!("CARGO_BIN_EXE_imspec").to_owned();
    command.extend(["--msrp".to_owned(), format!("[::1]:{}", sip + 25)]);
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        seed: 1,
        captures: Some(folder.path().to_owned()),
        format: Format::PcapNg,
        profile: "all".to_owned(),
        file: sut.name.clone(),
        console: Console { show: |text| panic!("nobody is there to be told: {text}"), confirm: || false },
        longest: Some(Duration::from_secs(60)),
        again: Again::default(),
    };
    let places = [live::Place::new(home, sut.clone())];
    let (run, ended) =
        live(&plans, &places, &options, &AtomicBool::new(false), &mut |_| ControlFlow::Continue(())).await;
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    assert_clean(&run.cases, scenarios.len());
    for case in &run.cases {
        let capture = std::fs::read(folder.path().join(case.capture.as_deref().unwrap())).unwrap();
        assert!(capture.windows(8).any(|octets| octets == b"IN IP6 :") || !capture.windows(5).any(|o| o == b"m=mes"));
    }
}

#[tokio::test]
async fn our_client_passes_on_one_host() {
    let scenarios = [
        "im/8.1.1/one-recipient",
        "im/9.1.1.2/one-recipient",
        "im/9.2.2/large-message",
        "im/7.1.1.2/invitation",
        "im/7.1.1.3/several-people",
    ];
    check(0, include_str!("../scenarios/sut/own-client.yaml"), "127.0.0.51:5060", "8021", &scenarios).await;
}

#[tokio::test]
async fn our_server_passes_on_one_host() {
    let scenarios = [
        "im/7.2.1.1/everybody-accepts",
        "im/7.2.2.2/what-an-invitation-says",
        "im/7.2.2.2/where-the-requests-of-the-dialog-go",
        "im/9.3.1.1/a-list",
        "im/9.3.2.1/two-recipients",
    ];
    check(1, include_str!("../scenarios/sut/own-server.yaml"), "127.0.0.52:5060", "8022", &scenarios).await;
}
