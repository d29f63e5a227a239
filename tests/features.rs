//! Every feature plays in the simulated network, whatever its addresses and its transport, and every finding is a pass.

mod tree;

use std::sync::atomic::AtomicBool;

use imspec::judge::Verdict;
use imspec::script::home::{Home, Protection};
use imspec::script::simulate::{Options, simulate};
use tree::loaded;

async fn check(network: impl Fn(Home) -> Home) {
    let loaded = loaded().await;
    let home = network(loaded.home);
    let options = Options::default();
    let (run, ended) =
        simulate(&loaded.plans, &home, &options, &AtomicBool::new(false), &mut |_| std::ops::ControlFlow::Continue(()));
    ended.expect("no captures are written");
    let mut wrong = Vec::new();
    for finding in run.cases.iter().flat_map(|c| &c.findings).filter(|f| f.verdict != Verdict::Pass) {
        wrong.push(format!(
            "{} {}: {} | expected {:?} | found {:?} | {}",
            finding.verdict.word(),
            finding.id,
            finding.subject,
            finding.expected,
            finding.found,
            finding.reason
        ));
    }
    let findings = run.cases.iter().map(|c| c.findings.len()).sum::<usize>();
    assert!(run.cases.len() > 600 && findings > 2000, "{} of {} were played", run.cases.len(), loaded.plans.len());
    assert!(wrong.is_empty(), "{} of {findings} findings:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn every_scenario_passes_in_the_simulated_network() {
    check(|home| home).await;
}

#[tokio::test]
async fn every_scenario_passes_over_ipv6() {
    check(|_| serde_yaml::from_str(include_str!("../scenarios/home-one-host.yaml")).unwrap()).await;
}

#[tokio::test]
async fn every_scenario_passes_over_tls() {
    check(|home| Home { msrp_security: Protection::Tls, ..home.over_tls() }).await;
}
