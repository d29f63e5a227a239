//! Every feature plays in the simulated network, and every finding is a pass.

mod tree;

use std::sync::atomic::AtomicBool;

use imspec::judge::Verdict;
use imspec::script::simulate::{Options, simulate};
use tree::loaded;

#[tokio::test]
async fn every_scenario_passes_in_the_simulated_network() {
    let loaded = loaded().await;
    let (run, ended) = simulate(&loaded.plans, &loaded.home, &Options::default(), &AtomicBool::new(false), &mut |_| {
        std::ops::ControlFlow::Continue(())
    });
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
    assert!(
        wrong.is_empty(),
        "{} of {} findings:\n{}",
        wrong.len(),
        run.cases.iter().map(|c| c.findings.len()).sum::<usize>(),
        wrong.join("\n")
    );
}
