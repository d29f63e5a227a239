//! Kamailio's msrp module as the MSRP relay on the path (RFC 4976): our clients ask it for paths with their passwords, and
//! everything that they say to each other over MSRP goes through it. What is found is what is found with our own relay.
//! Skipped where Kamailio is not installed.

mod own_network;
mod tree;

use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;

use imspec::judge::{CaseResult, Verdict};
use imspec::net::capture::Format;
use imspec::script::Again;
use imspec::script::live::{CoreOptions, CorePlace, through_core};
use imspec::script::plan::Plan;
use imspec::script::sut::ThirdPartyCore;
use own_network::Place;
use tree::loaded;

const FILE: &str = include_str!("../scenarios/sut/kamailio.yaml");
const OVER_TLS: &str = include_str!("../scenarios/sut/kamailio-tls.yaml");
/// What makes it a relay, at the end of its file.
const RELAY: &str = "    - -A\n    - MSRP={relay}\nmsrp-relay: 127.0.0.9:2855\n";

#[tokio::test]
async fn everything_is_found_as_with_our_own_relay() {
    check(&format!("{FILE}{RELAY}"), |plan| !plan.secures_msrp()).await;
}

/// RFC 4976 §9.2: it is known by its certificate, and nobody else hears the password.
#[tokio::test]
async fn everything_is_found_over_tls_too() {
    check(&format!("{OVER_TLS}{RELAY}msrp-security: tls\n"), |_| true).await;
}

async fn check(file: &str, chosen: impl Fn(&Plan) -> bool) {
    let installed = Command::new("kamailio").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !installed {
        eprintln!("skipped: kamailio is not installed (packages kamailio, kamailio-extra-modules)");
        return;
    }
    let loaded = loaded().await;
    let place = Place::next();
    let plans: Vec<Plan> = loaded
        .plans
        .iter()
        .filter(|plan| plan.relayed().next().is_some() && chosen(plan))
        .map(|plan| place.moved_plan(plan))
        .collect();
    assert!(plans.len() >= 6, "{}", plans.len());
    let core = ThirdPartyCore::parse("kamailio.yaml", &place.moved(file)).unwrap_or_else(|wrong| panic!("{wrong}"));
    let options = CoreOptions {
        seed: 1,
        captures: None,
        format: Format::PcapNg,
        profile: "all".to_owned(),
        file: core.name.clone(),
        again: Again { retries: 1, repeats: 0 },
    };
    let (stop, go_on) = (AtomicBool::new(false), &mut |_: &CaseResult| ControlFlow::Continue(()));
    let (run, ended) = through_core(&plans, &[CorePlace::new(place.home(), core)], &options, &stop, go_on).await;
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    let right = |verdict| matches!(verdict, Verdict::Pass | Verdict::Flaky);
    let wrong: Vec<_> =
        run.cases.iter().flat_map(|case| &case.findings).filter(|finding| !right(finding.verdict)).collect();
    assert!(wrong.is_empty() && run.cases.len() == plans.len(), "{wrong:#?}");
}
