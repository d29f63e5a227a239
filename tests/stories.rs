//! Captures that hold more than scenarios are about: what is recognised there is blamed for nothing.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use imspec::judge::Verdict;
use imspec::script::feature::Selection;
use imspec::script::files::Files;
use imspec::script::load::{Loaded, load};
use imspec::script::plan::{Arranged, Plan};
use imspec::script::recognise;
use imspec::script::simulate::{Options, simulate};

/// The scenarios whose captures are judged by everything, by the beginning of their addresses.
const CHAPTERS: &[&str] = &["im/7.1.1.", "im/7.1.3.", "im/7.2.1.", "rfc3891/", "rfc4575/", "rfc6665/"];

fn captures(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("a folder").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { captures(&path) } else { vec![path] }).collect()
}

/// Every client in the captures of valid scenarios keeps to all rules, so that whatever is recognised in the calls of
/// those that nobody had in mind there, such as the invited ones, must not fail.
#[tokio::test]
async fn nobody_is_blamed_in_captures_of_clients_that_keep_to_the_rules() {
    let Loaded { plans, home, .. } =
        load(Files::embedded(), &Selection::default()).await.unwrap_or_else(|wrong| panic!("{}", wrong[0]));
    let good = |address: &str, tags: &[String]| {
        CHAPTERS.iter().any(|chapter| address.starts_with(chapter))
            && !tags.iter().any(|tag| tag == "invalid" || tag == "inopportune")
    };
    // Who is made to send what he should not is blamed for good reasons.
    let honest = |plan: &&Plan| !plan.arrangements.iter().any(|a| matches!(a.what, Arranged::Tampers(_)));
    let good = |plan: &&Plan| good(&plan.case.address, &plan.case.tags) && honest(plan);
    let played: Vec<_> = plans.iter().filter(good).cloned().collect();
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options { captures: Some(dir.path().to_owned()), ..Options::default() };
    let (_, ended) =
        simulate(&played, &home, &options, &AtomicBool::new(false), &mut |_| std::ops::ControlFlow::Continue(()));
    ended.expect("captures are written");
    let mut wrong = Vec::new();
    let mut recognised = 0;
    for plan in &played {
        let known = recognise::Options { known: home.cast(plan), ..recognise::Options::default() };
        let address: PathBuf = plan.case.address.split('/').collect();
        for capture in captures(&dir.path().join(address)) {
            let judged = recognise::judge(&plans, &[capture], &known, &mut |_| {}).expect("a capture");
            for case in judged.run.cases.iter().filter(|case| case.verdict() != Verdict::NotExercised) {
                recognised += 1;
                let failed = case.findings.iter().filter(|f| matches!(f.verdict, Verdict::Fail | Verdict::Error));
                wrong.extend(failed.map(|f| format!("{} in the capture of {}: {}", f.id, plan.case.address, f.reason)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(recognised > 200, "only {recognised} cases were recognised");
}
