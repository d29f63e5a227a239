//! Live runs through a SIP/IP core of somebody else: Kamailio registers our clients by their passwords, and all that they
//! and our servers say to each other in SIP goes through it. What is found is what is found in the simulated network,
//! where the core is ours. Skipped where Kamailio is not installed.

mod own_network;
mod program;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use imspec::judge::{CaseResult, Fault, Verdict};
use imspec::net::capture::CaptureReader;
use imspec::net::capture::Format;
use imspec::script::Again;
use imspec::script::files::Files;
use imspec::script::home;
use imspec::script::live::{self, CoreOptions, CorePlace, through_core};
use imspec::script::plan::Plan;
use imspec::script::sut::{SystemUnderTest, ThirdPartyCore};
use imspec::trace::Seen;
use own_network::{Place, in_parallel, takes};
use tree::{loaded, plans};

const CLIENT: &str = include_str!("../scenarios/sut/own-client.yaml");
const CLIENT_OVER_TLS: &str = include_str!("../scenarios/sut/own-client-tls.yaml");
const SERVER: &str = include_str!("../scenarios/sut/own-server.yaml");
const FILE: &str = include_str!("../scenarios/sut/kamailio.yaml");
const OVER_TLS: &str = include_str!("../scenarios/sut/kamailio-tls.yaml");
/// Servers are spoken to over UDP and TCP there, as within a trusted network.
const SERVER_SIDE: &str = "server-side: 127.0.0.9:5060\n";

/// So many networks at once, each with a Kamailio of its own: they mostly wait.
const AT_ONCE: usize = 16;
/// So many cases may need a second attempt: dozens of programs on a machine that has other work too may be late.
const LATE: usize = 3;
/// What takes longer in the simulated network is left to `imspec run --core`.
const LONGEST: Duration = Duration::from_secs(2);
/// The same where only the transport is another one.
const SHORT: Duration = Duration::from_secs(1);

/// The scenarios whose findings differ from those of the simulated network, and why.
const DIFFERENT: &[(&str, &str)] =
    &[("im/8.1.1/several-recipients", LARGER), ("rfc3428/7/a-part-that-may-be-left-aside", LARGER)];
/// The same over a transport where no message has to go another way for its size.
const OVER_STREAMS: &[(&str, &str)] = DIFFERENT;
const LARGER: &str = "the credentials that a proxy asks for (RFC 3261 22.3) make the MESSAGE larger than 1300 octets, and the \
                      message goes another way (RFC 3428 8, IM 8.1)";

/// The same where the scenario has a core that asserts no identity.
const ASSERTED: &[(&str, &str)] = &[(
    "im/6.1.2.2.2/nobody-s-identity-is-asserted",
    "Kamailio says who a request is from, 3GPP IMS or not (RFC 3325 5), so there is somebody to record the session for",
)];

/// What Kamailio does otherwise than our core where it is under test itself, and why that is right.
const BY_ITSELF: &[(&str, &str)] = &[(
    "rfc3261/10.3/too-short-a-time",
    "a registrar may refuse too short a time with 423, and need not (RFC 3261 10.3 step 7): Kamailio takes its own \
     shortest time in the place of it, so there is no Min-Expires to look at",
)];

#[tokio::test]
async fn everything_is_found_as_without_it_over_udp() {
    check(FILE, LONGEST, DIFFERENT, |plan| plan.under_test != "core").await;
}

#[tokio::test]
async fn everything_is_found_as_without_it_over_tcp() {
    let file = FILE.replace("transport: udp", "transport: tcp").replace("SHA-256", "MD5");
    check(&file, SHORT, DIFFERENT, |plan| plan.under_test != "core").await;
}

#[tokio::test]
async fn everything_is_found_as_without_it_over_tls() {
    check(OVER_TLS, SHORT, OVER_STREAMS, |plan| plan.under_test != "core").await;
}

/// Sessions of Alice go through the Participating Function, as a 3GPP IMS has it.
#[tokio::test]
async fn application_servers_are_reached_as_without_it() {
    let does = "third-party-registration]";
    let file = FILE.replace(does, "third-party-registration, application-servers]");
    assert_ne!(file, FILE);
    let file = format!("{file}    - -A\n    - SERVED=\"alice\"\n    - -A\n    - PARTICIPATING=\"{{participating}}\"\n");
    check(&file, LONGEST, ASSERTED, |plan| plan.participation().is_some()).await;
}

/// Nobody can read what went over the wire but who has the secrets, and these lie in the capture.
#[tokio::test]
async fn what_was_sealed_can_be_read_again() {
    if !is_installed() {
        return;
    }
    let (place, folder) = (Place::next(), tempfile::tempdir().unwrap());
    let core = ThirdPartyCore::parse("kamailio.yaml", &place.moved(OVER_TLS)).unwrap_or_else(|wrong| panic!("{wrong}"));
    let (plans, captures) = (plans(&["im/8.1.1/one-recipient"]).await, folder.path().to_owned());
    let playing = move || through(&plans, &[CorePlace::new(place.home(), core)], Some(&captures));
    let cases = tokio::task::spawn_blocking(playing).await.unwrap();
    assert_clean(&cases, 1);
    let capture = folder.path().join(cases[0].capture.as_deref().unwrap());
    let word = b"SIP/2.0 200 OK\r\n";
    let holds = |octets: &[u8]| octets.windows(word.len()).any(|part| part == word);
    assert!(!holds(&std::fs::read(&capture).unwrap()));
    let (mut reader, mut seen) = (CaptureReader::open(&capture).unwrap(), Vec::new());
    while reader.next(&mut seen).unwrap() {}
    assert!(
        seen.iter().any(|one| matches!(&one.what, Seen::Data(octets) | Seen::Inner(octets) if holds(octets))),
        "{seen:?}"
    );
}

/// The command as the manual has it, with folders of its own choice: Kamailio looks for relative paths beside its
/// configuration, and its certificates lie in the folder of the run.
#[test]
fn the_example_over_tls_plays_from_the_command_line() {
    if !is_installed() {
        return;
    }
    let (place, folder) = (Place::next(), tempfile::tempdir().unwrap());
    let cfg = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kamailio/kamailio.cfg");
    let file = place.moved(&OVER_TLS.replace("tests/kamailio/kamailio.cfg", &cfg.display().to_string()));
    std::fs::write(folder.path().join("core.yaml"), file).unwrap();
    std::fs::write(folder.path().join("home.yaml"), place.moved(include_str!("../scenarios/home.yaml"))).unwrap();
    let words =
        ["run", "im/8.1.1/one-recipient", "--core", "core.yaml", "--home", "home.yaml", "--retries", "1", "--quiet"];
    let (code, out) = program::imspec(folder.path(), &words);
    assert!(code == 0 && out.contains("1 case: "), "{code}: {out}");
}

/// Only clients speak TLS to it; our servers are within the trusted network.
#[tokio::test]
async fn servers_may_be_spoken_to_without_tls() {
    let file = format!("{SERVER_SIDE}{OVER_TLS}    - -A\n    - SERVERS={{servers}}\n");
    let chosen = |plan: &Plan| {
        plan.under_test != "core"
            && ["im/7.1.1.3/", "im/9.1.1.2/", "im/12.1.1/"].iter().any(|part| plan.case.address.starts_with(part))
    };
    check(&file, SHORT, &[], chosen).await;
}

#[tokio::test]
async fn it_is_a_registrar_and_proxy_itself() {
    check(&FILE.replace("ALGORITHM=\"SHA-256\"", "OPEN"), LONGEST, BY_ITSELF, |plan| plan.under_test == "core").await;
}

/// Our own client is a program of its own here, which knows nothing but the edge of the network; it registers at Kamailio.
#[tokio::test]
async fn a_client_under_test_registers_there_too() {
    const CASES: &[&str] = &[
        "im/8.1.1/one-recipient",
        "im/9.1.1.2/one-recipient",
        "im/9.2.2/large-message",
        "im/7.1.1.2/invitation",
        "im/12.1.1/one-message",
        "rfc3261/22.2/a-registration",
        "rfc3261/22.3/a-session",
    ];
    under_test(CLIENT, FILE, CASES).await;
    let client = CLIENT_OVER_TLS
        .replace("registers: true", "registers: true\npassword: \"{user}-secret\"")
        .replace("    - --transport=tls\n", "    - --transport=tls\n    - --password={user}-secret\n");
    under_test(&client, OVER_TLS, CASES).await;
}

/// Our own servers are programs of their own here: what Kamailio leads to them goes through the edge.
#[tokio::test]
async fn a_server_under_test_is_reached_through_it() {
    for (role, cases) in [
        (
            "controlling-function",
            &["im/7.2.1.1/everybody-accepts", "im/7.2.1.4/back-in-an-ad-hoc-session", "im/9.3.2.1/two-recipients"][..],
        ),
        ("deferred-messaging-function", &["im/12.4.1/all-messages", "im/12.4.2.2/everything-in-one-session"]),
        ("history-function", &["im/13.2.1.1/several-items"]),
    ] {
        under_test(&SERVER.replace("controlling-function", role), FILE, cases).await;
    }
    // Within the trusted network nothing goes over TLS.
    let file = format!("{SERVER_SIDE}{OVER_TLS}    - -A\n    - SERVERS={{servers}}\n");
    under_test(SERVER, &file, &["im/9.3.2.1/two-recipients"]).await;
}

/// Several places side by side, each with a Kamailio of its own and, where there is one, a server under test.
#[tokio::test]
async fn cases_are_played_side_by_side() {
    const CASES: &[&str] = &["im/7.2.1.1/everybody-accepts", "im/9.3.2.1/two-recipients", "im/9.3.1.1/a-list"];
    if !is_installed() {
        return;
    }
    // No place of any test has these addresses.
    let network = format!("127.249.{}.", std::process::id() % 250);
    let moved = |text: &str| text.replace("127.0.0.", &network);
    let home = moved(Files::embedded().get(home::PATH).unwrap());
    let plans = plans(CASES).await;
    let places = CorePlace::several(&home, "kamailio.yaml", &moved(FILE), 3).unwrap_or_else(|wrong| panic!("{wrong}"));
    let alone = plans.clone();
    let cases = tokio::task::spawn_blocking(move || through(&alone, &places, None)).await.unwrap();
    assert_clean(&cases, CASES.len());
    let program = format!("[{},", env!("CARGO_BIN_EXE_imspec"));
    let places = live::Place::several(&home, "own.yaml", &moved(SERVER).replace("[imspec,", &program), 3);
    let places = places.unwrap_or_else(|wrong| panic!("{wrong}")).into_iter();
    let places: Result<Vec<_>, _> = places.map(|place| place.with_core("kamailio.yaml", &moved(FILE))).collect();
    assert_clean(&live(&plans, &places.unwrap_or_else(|wrong| panic!("{wrong}"))).await, CASES.len());
    let unstarted = |text: &str| text.split("start:").next().unwrap_or_default().to_owned();
    let wrong = CorePlace::several(&home, "kamailio.yaml", &unstarted(&moved(FILE)), 3).unwrap_err();
    assert!(wrong.to_string().contains("several cores"), "{wrong}");
}

/// A Kamailio that aborts at a MESSAGE: that is its failure where it is under test, and nobody's where it is in between; and
/// it is started again for the next case.
#[tokio::test]
async fn one_that_dies_is_noticed_and_started_again() {
    if !is_installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let broken = include_str!("kamailio/kamailio.cfg")
        .replace("loadmodule \"tmx.so\"", "loadmodule \"tmx.so\"\nloadmodule \"cfgutils.so\"")
        .replace("request_route {", "request_route {\n    if (is_method(\"MESSAGE\")) abort();");
    let cfg = folder.path().join("broken.cfg");
    std::fs::write(&cfg, broken).unwrap();
    let file = FILE.replace("tests/kamailio/kamailio.cfg", &cfg.display().to_string());
    let plans = plans(&["im/8.1.1/one-recipient", "im/9.1.1.2/one-recipient"]).await;
    for (more, verdict, fault) in
        [("", Verdict::Inconclusive, Fault::Network), ("plays: sip-core\n", Verdict::Fail, Fault::SystemUnderTest)]
    {
        let place = Place::next();
        let text = place.moved(&format!("{more}{file}"));
        let core = ThirdPartyCore::parse("kamailio.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}"));
        // Nothing else is played where the core is under test.
        let under_test = |plan: &Plan| Plan { under_test: "core".to_owned(), ..plan.clone() };
        let plans: Vec<Plan> =
            plans.iter().map(|plan| if more.is_empty() { plan.clone() } else { under_test(plan) }).collect();
        let captures = folder.path().join("captures");
        let kept = captures.clone();
        let playing = move || through(&plans, &[CorePlace::new(place.home(), core)], Some(&kept));
        let cases = tokio::task::spawn_blocking(playing).await.unwrap();
        let [lost, next] = &cases[..] else { panic!("{cases:?}") };
        let log = std::fs::read_to_string(captures.join(lost.log.as_ref().unwrap())).unwrap();
        assert!(log.contains("Listening on"), "{log}");
        let alive = lost.findings.iter().find(|finding| finding.id.ends_with("#alive")).unwrap();
        assert_eq!((alive.verdict, alive.fault), (verdict, Some(fault)), "{alive:?}");
        assert!(alive.found.as_ref().unwrap().contains("its program ended with"), "{alive:?}");
        if more.is_empty() {
            assert!(alive.reason.contains("was lost: its program ended with"), "{alive:?}");
            assert!(lost.findings.iter().all(|finding| finding.fault.is_none_or(|fault| fault == Fault::Network)));
            assert_eq!(next.verdict(), Verdict::Pass, "{next:?}");
        }
    }
}

/// Puts one of our programs under test through Kamailio; nothing may be found.
async fn under_test(system: &str, core: &str, cases: &[&str]) {
    if !is_installed() {
        return;
    }
    let plans = plans(cases).await;
    let place = Place::next();
    let mut sut = SystemUnderTest::parse("own.yaml", &place.moved(system)).unwrap_or_else(|wrong| panic!("{wrong}"));
    sut.start.as_mut().unwrap().command[0] = env!("CARGO_BIN_EXE_imspec").to_owned();
    let places = [live::Place::new(place.home(), sut)
        .with_core("kamailio.yaml", &place.moved(core))
        .unwrap_or_else(|wrong| panic!("{wrong}"))];
    assert_clean(&live(&plans, &places).await, cases.len());
}

async fn live(plans: &[Plan], places: &[live::Place]) -> Vec<CaseResult> {
    let options = live::Options {
        seed: 1,
        captures: None,
        format: Format::PcapNg,
        profile: "all".to_owned(),
        file: "own.yaml".to_owned(),
        console: live::Console { show: |text| panic!("nobody is there to be told: {text}"), confirm: || false },
        longest: None,
        again: Again { retries: 1, repeats: 0 },
    };
    let (stop, go_on) = (AtomicBool::new(false), &mut |_: &CaseResult| ControlFlow::Continue(()));
    let (run, ended) = live::live(plans, places, &options, &stop, go_on).await;
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    run.cases
}

#[track_caller]
fn assert_clean(cases: &[CaseResult], expected: usize) {
    let right = |verdict| matches!(verdict, Verdict::Pass | Verdict::Flaky);
    let findings = cases.iter().flat_map(|case| &case.findings);
    let wrong: Vec<_> = findings.filter(|finding| !right(finding.verdict)).collect();
    assert!(wrong.is_empty() && cases.len() == expected, "{wrong:#?}");
}

/// Plays what is chosen through Kamailio, and compares the findings.
async fn check(file: &str, longest: Duration, different: &[(&str, &str)], chosen: impl Fn(&Plan) -> bool) {
    if !is_installed() {
        return;
    }
    let loaded = loaded().await;
    let mut plans: Vec<(Duration, &Plan)> = loaded
        .plans
        .iter()
        .filter(|plan| chosen(plan))
        .map(|plan| (takes(&loaded, plan), plan))
        .filter(|(takes, _)| *takes <= longest)
        .collect();
    plans.sort_by_key(|(takes, _)| *takes);
    let shares = plans.len().div_ceil(25).max(AT_ONCE).min(plans.len());
    let jobs: Vec<Vec<Plan>> = (0..shares)
        .map(|nth| plans.iter().skip(nth).step_by(shares).map(|(_, plan)| (*plan).clone()).collect())
        .collect();
    let played = in_parallel(AT_ONCE, jobs, |place, plans| {
        let core = ThirdPartyCore::parse("kamailio.yaml", &place.moved(file)).unwrap_or_else(|wrong| panic!("{wrong}"));
        let plans: Vec<Plan> = plans.iter().map(|plan| place.moved_plan(plan)).collect();
        through(&plans, &[CorePlace::new(place.home(), core)], None)
    });
    let cases: Vec<CaseResult> = played.into_iter().flatten().collect();
    assert_eq!(cases.len(), plans.len());
    let (mut wrong, mut flaky) = (Vec::new(), BTreeSet::new());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &cases {
        let explained = different.iter().find(|(address, _)| case.address == *address);
        let before = wrong.len();
        for finding in &case.findings {
            *counts.entry(finding.verdict.word()).or_default() += 1;
            if finding.verdict == Verdict::Flaky {
                flaky.insert(&case.address);
            } else if !matches!(finding.verdict, Verdict::Pass | Verdict::NotApplicable) {
                wrong.push(format!(
                    "{} {}: {}: {} {:?}",
                    finding.verdict.word(),
                    finding.id,
                    finding.subject,
                    finding.reason,
                    finding.found
                ));
            }
        }
        if let Some((address, why)) = explained {
            match wrong.len() == before {
                true => wrong.push(format!("{address} is found as without Kamailio, and should not be: {why}")),
                false => wrong.truncate(before),
            }
        }
    }
    println!("{} cases: {counts:?}", cases.len());
    assert!(flaky.len() <= LATE, "{flaky:?}");
    assert!(wrong.is_empty(), "{} findings\n{}", wrong.len(), wrong.join("\n"));
}

fn is_installed() -> bool {
    let mut version = Command::new("kamailio");
    let installed = version.arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !installed {
        eprintln!(
            "skipped: kamailio is not installed (packages kamailio, kamailio-extra-modules, kamailio-tls-modules)"
        );
    }
    installed
}

fn through(plans: &[Plan], places: &[CorePlace], captures: Option<&Path>) -> Vec<CaseResult> {
    let options = CoreOptions {
        seed: 1,
        captures: captures.map(Path::to_owned),
        format: Format::PcapNg,
        profile: "all".to_owned(),
        file: "kamailio.yaml".to_owned(),
        again: Again { retries: 1, repeats: 0 },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (stop, go_on) = (AtomicBool::new(false), &mut |_: &CaseResult| ControlFlow::Continue(()));
    let (run, ended) = runtime.block_on(through_core(plans, places, &options, &stop, go_on));
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    run.cases
}
