//! Live runs through a SIP/IP core of somebody else: Kamailio registers our clients by their passwords, and all that they
//! and our servers say to each other in SIP goes through it. What is found is what is found in the simulated network,
//! where the core is ours. Skipped where Kamailio is not installed.

mod own_network;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use imspec::judge::{CaseResult, Verdict};
use imspec::net::capture::Format;
use imspec::script::Again;
use imspec::script::home::Home;
use imspec::script::live::{self, CoreOptions, through_core};
use imspec::script::plan::Plan;
use imspec::script::sut::{SystemUnderTest, ThirdPartyCore, Transport};
use own_network::{Place, in_parallel, takes};
use tree::loaded;

const CLIENT: &str = include_str!("../scenarios/sut/own-client.yaml");
const FILE: &str = include_str!("../scenarios/sut/kamailio.yaml");

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
const LARGER: &str = "the credentials that a proxy asks for (RFC 3261 22.3) make the MESSAGE larger than 1300 octets, and the \
                      message goes another way (RFC 3428 8, IM 8.1)";

/// What Kamailio does otherwise than our core where it is under test itself, and why that is right.
const BY_ITSELF: &[(&str, &str)] = &[(
    "rfc3261/10.3/too-short-a-time",
    "a registrar may refuse too short a time with 423, and need not (RFC 3261 10.3 step 7): Kamailio takes its own \
     shortest time in the place of it, so there is no Min-Expires to look at",
)];

#[tokio::test]
async fn everything_is_found_as_without_it_over_udp() {
    check(Transport::Udp, "ALGORITHM=\"SHA-256\"", DIFFERENT, |plan| plan.under_test != "core").await;
}

#[tokio::test]
async fn everything_is_found_as_without_it_over_tcp() {
    check(Transport::Tcp, "ALGORITHM=\"MD5\"", DIFFERENT, |plan| plan.under_test != "core").await;
}

#[tokio::test]
async fn it_is_a_registrar_and_proxy_itself() {
    check(Transport::Udp, "OPEN", BY_ITSELF, |plan| plan.under_test == "core").await;
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
    if !is_installed() {
        return;
    }
    let loaded = loaded().await;
    let plans: Vec<Plan> =
        loaded.plans.into_iter().filter(|plan| CASES.contains(&plan.case.address.as_str())).collect();
    assert_eq!(plans.len(), CASES.len());
    let place = Place::next();
    let text = place.moved(CLIENT).replace("[imspec,", &format!("[\"{}\",", env!("CARGO_BIN_EXE_imspec")));
    let sut = SystemUnderTest::parse("own-client.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}"));
    let places = [live::Place::new(place.home(), sut)
        .with_core("kamailio.yaml", &place.moved(FILE))
        .unwrap_or_else(|wrong| panic!("{wrong}"))];
    let options = live::Options {
        seed: 1,
        captures: None,
        format: Format::PcapNg,
        profile: "all".to_owned(),
        file: "own-client.yaml".to_owned(),
        console: live::Console { show: |text| panic!("nobody is there to be told: {text}"), confirm: || false },
        longest: None,
        again: Again { retries: 1, repeats: 0 },
    };
    let (stop, go_on) = (AtomicBool::new(false), &mut |_: &CaseResult| ControlFlow::Continue(()));
    let (run, ended) = live::live(&plans, &places, &options, &stop, go_on).await;
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    let right = |verdict| matches!(verdict, Verdict::Pass | Verdict::Flaky);
    let wrong: Vec<_> =
        run.cases.iter().flat_map(|case| &case.findings).filter(|finding| !right(finding.verdict)).collect();
    assert!(wrong.is_empty() && run.cases.len() == CASES.len(), "{wrong:#?}");
}

/// Plays what is chosen through Kamailio, and compares the findings.
async fn check(transport: Transport, define: &str, different: &[(&str, &str)], chosen: impl Fn(&Plan) -> bool) {
    if !is_installed() {
        return;
    }
    let loaded = loaded().await;
    let mut plans: Vec<(Duration, &Plan)> = loaded
        .plans
        .iter()
        .filter(|plan| chosen(plan))
        .map(|plan| (takes(&loaded, plan), plan))
        .filter(|(takes, _)| *takes <= if transport == Transport::Tcp { SHORT } else { LONGEST })
        .collect();
    plans.sort_by_key(|(takes, _)| *takes);
    let shares = plans.len().div_ceil(25).max(AT_ONCE).min(plans.len());
    let jobs: Vec<Vec<Plan>> = (0..shares)
        .map(|nth| plans.iter().skip(nth).step_by(shares).map(|(_, plan)| (*plan).clone()).collect())
        .collect();
    let played = in_parallel(AT_ONCE, jobs, |place, plans| {
        let text = place.moved(FILE).replace("ALGORITHM=\"SHA-256\"", define);
        let core = ThirdPartyCore { transport, ..ThirdPartyCore::parse("kamailio.yaml", &text).unwrap() };
        let plans: Vec<Plan> = plans.iter().map(|plan| place.moved_plan(plan)).collect();
        through(&plans, &place.home(), &core)
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
        eprintln!("skipped: kamailio is not installed (packages kamailio, kamailio-extra-modules)");
    }
    installed
}

fn through(plans: &[Plan], home: &Home, core: &ThirdPartyCore) -> Vec<CaseResult> {
    let options = CoreOptions {
        seed: 1,
        captures: None,
        format: Format::PcapNg,
        profile: "all".to_owned(),
        file: core.name.clone(),
        again: Again { retries: 1, repeats: 0 },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (stop, go_on) = (AtomicBool::new(false), &mut |_: &CaseResult| ControlFlow::Continue(()));
    let (run, ended) = runtime.block_on(through_core(plans, home, core, &options, &stop, go_on));
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    run.cases
}
