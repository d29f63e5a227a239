//! Captures that hold more than scenarios are about: what is recognised there is blamed for nothing.

mod tree;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use imspec::judge::{Finding, Verdict};
use imspec::script::home::Home;
use imspec::script::load::Loaded;
use imspec::script::plan::{Arranged, Deed, Plan};
use imspec::script::recognise;
use imspec::script::simulate::{Options, simulate};
use tree::loaded;

/// The scenarios whose captures are judged by everything, by the beginning of their addresses.
const CHAPTERS: &[&str] = &["im/7.1.1.", "im/7.1.3.", "im/7.2.1.", "rfc3891/", "rfc4575/", "rfc6665/"];

fn captures(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("a folder").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { captures(&path) } else { vec![path] }).collect()
}

/// The scenarios of the change request, which captures exercise only where it alone is meant.
const CHANGE_REQUEST: &[&str] = &["imcr/"];

/// The valid scenarios of these chapters in which everybody keeps to the rules.
fn honest<'p>(plans: &'p [Plan], chapters: &'p [&str]) -> impl Iterator<Item = &'p Plan> {
    let good = |address: &str, tags: &[String]| {
        chapters.iter().any(|chapter| address.starts_with(chapter))
            && !tags.iter().any(|tag| tag == "invalid" || tag == "inopportune")
    };
    // Who is made to send what he should not is blamed for good reasons.
    let honest = |plan: &&Plan| !plan.arrangements.iter().any(|a| matches!(a.what, Arranged::Tampers(_)));
    plans.iter().filter(move |plan| good(&plan.case.address, &plan.case.tags)).filter(honest)
}

/// Plays some plans and judges their captures by others: nobody may fail, and at least so many cases are recognised.
#[track_caller]
fn check(played: &[Plan], judged_by: &[Plan], home: &Home, least: usize) {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options { captures: Some(dir.path().to_owned()), ..Options::default() };
    let go_on = &mut |_: &_| ControlFlow::Continue(());
    let (_, ended) = simulate(played, home, &options, &AtomicBool::new(false), go_on);
    ended.expect("captures are written");
    let mut wrong = Vec::new();
    let mut recognised = 0;
    for plan in played {
        let known = recognise::Options { known: home.cast(plan), ..recognise::Options::default() };
        let address: PathBuf = plan.case.address.split('/').collect();
        for capture in captures(&dir.path().join(address)) {
            let judged = recognise::judge(judged_by, &[capture], &known, &mut |_| {}).expect("a capture");
            for case in judged.run.cases.iter().filter(|case| case.verdict() != Verdict::NotExercised) {
                recognised += 1;
                let bad = |f: &&Finding| matches!(f.verdict, Verdict::Warning | Verdict::Fail | Verdict::Error);
                let failed = case.findings.iter().filter(bad);
                wrong.extend(failed.map(|f| format!("{} in the capture of {}: {}", f.id, plan.case.address, f.reason)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(recognised > least, "only {recognised} cases were recognised");
}

/// Every client in the captures of valid scenarios keeps to all rules, so that whatever is recognised in the calls of
/// those that nobody had in mind there, such as the invited ones, must not fail.
#[tokio::test]
async fn nobody_is_blamed_in_captures_of_clients_that_keep_to_the_rules() {
    let Loaded { plans, home, .. } = loaded().await;
    let played: Vec<Plan> = honest(&plans, CHAPTERS).cloned().collect();
    check(&played, &plans, &home, 200);
}

#[tokio::test]
async fn nor_in_captures_that_are_judged_by_the_change_request() {
    let Loaded { plans, home, .. } = loaded().await;
    let judged_by: Vec<Plan> = plans.iter().filter(|plan| plan.case.spec == "imcr").cloned().collect();
    let played: Vec<Plan> = honest(&plans, CHANGE_REQUEST).cloned().collect();
    check(&played, &judged_by, &home, 30);
}

/// A stranger's files are called otherwise, are of other types and sizes, and go in other chunks than those of scenarios.
#[tokio::test]
async fn nor_for_files_that_are_not_those_of_the_scenarios() {
    let Loaded { plans, home, .. } = loaded().await;
    let judged_by: Vec<Plan> = plans.iter().filter(|plan| plan.case.spec == "imcr").cloned().collect();
    let mut played: Vec<Plan> = honest(&plans, CHANGE_REQUEST).cloned().collect();
    for deed in played.iter_mut().flat_map(|plan| &mut plan.acts) {
        if let Deed::Sends { size, sending, .. } = deed {
            let Some(file) = &mut sending.file else { continue };
            file.name = "holiday in \u{e5}re.html".into();
            sending.content_type = "text/html".into();
            *size += 1;
            for more in &mut sending.also {
                more.file.name = format!("not {}", more.file.name);
                more.content_type = "text/plain".into();
                more.text.push_str("more");
            }
        }
    }
    played.retain(|plan| plan.sends().is_some_and(|(_, _, _, sending)| sending.file.is_some()));
    check(&played, &judged_by, &home, 20);
}
