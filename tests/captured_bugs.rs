//! Bugs that are judged in captures: what the simulated stage catches is caught there too, by the requirement that is meant.

mod tree;

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use imspec::actors::act::Act;
use imspec::judge::Verdict;
use imspec::script::defect::{self, Defect};
use imspec::script::load::Loaded;
use imspec::script::plan::{Arranged, Arrangement, Deed, Plan};
use imspec::script::recognise;
use imspec::script::simulate::{Bug, Options, simulate};
use tree::loaded;

/// Chapters by the beginning of their addresses, each with the requirements whose bugs captures do not show.
const CHAPTERS: &[(&str, &[&str])] = &[
    // What users are told; and when he leaves, every subscriber ends his subscription.
    ("rfc4575/4.6/", &["RFC4575-4.6-1", "RFC4575-4.6-3", "RFC4575-4.6-4"]),
    ("rfc6665/4.1.3/", &["RFC6665-4.1.3-1"]),
    // By these the way back, and the subscription, are recognised.
    ("im/7.1.1.9/", &["IM-7.1.1.9-2", "IM-7.1.1.9-3.1", "IM-7.1.1.9-sub"]),
    ("rfc4975/14.4/", &[]),
    (
        "imcr/6.1.3.3.3/",
        &[
            // What the user chose: names, types, which files he takes, and whether he takes any.
            "IMCR-6.1.3.3.3-1.1a",
            "IMCR-6.1.3.3.3-1.1b",
            "IMCR-6.1.3.3.3-1.2.1",
            "IMCR-6.1.3.3.3-3",
            "IMCR-6.1.3.3.3-intro2",
            "RFC5547-8.2-1",
            // What the file was.
            "RFC5547-8.2.3-1",
            // Nothing ends a session that is left open.
            "RFC5547-8.4-1",
            // That it is not offered again: it may be later.
            "RFC5547-8.8-1",
            // What users are told.
            "RFC5547-8.3.1-8",
            // By its port 0 the end of a transfer is recognised.
            "RFC5547-8.4-3",
        ],
    ),
];

/// For how long nobody does anything more before the user under test leaves.
const PATIENCE: Duration = Duration::from_secs(60);

/// The plan with the bug in the client under test; nothing where the bug is not on the wire.
fn spoilt(plan: &Plan, defect: &Defect) -> Option<Plan> {
    let Bug::Tampering(tamperings) = &defect.bug else { return None };
    let who = &plan.under_test;
    let spoilt = tamperings.iter().map(|t| Arrangement { who: who.clone(), what: Arranged::Tampers(t.clone()) });
    let arrangements = plan.arrangements.iter().cloned().chain(spoilt).collect();
    // What is left open when a capture ends may still have come.
    let leaves = Deed::Act(vec![(who.clone(), Act::Release)]);
    let in_session = plan.in_sessions().next().is_some();
    let end = [Deed::Waits(PATIENCE), leaves, Deed::Waits(PATIENCE)].into_iter().filter(|_| in_session);
    Some(Plan { arrangements, acts: plan.acts.iter().cloned().chain(end).collect(), ..plan.clone() })
}

#[tokio::test]
async fn a_bug_is_caught_in_a_capture_too() {
    let Loaded { plans, home, files, catalogue, features, .. } = loaded().await;
    let defects = defect::load(&files, &catalogue, &features).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
    let mut wrong = Vec::new();
    for (chapter, unseen) in CHAPTERS {
        let mut missed = Vec::new();
        for defect in defects.iter().filter(|defect| defect.case.starts_with(chapter)) {
            let Some(plan) = plans.iter().find(|plan| plan.case.address == defect.case) else { continue };
            let Some(spoilt) = spoilt(plan, defect) else { continue };
            let dir = tempfile::tempdir().expect("a folder");
            let options = Options { captures: Some(dir.path().to_owned()), ..Options::default() };
            let go_on = &mut |_: &_| ControlFlow::Continue(());
            let (run, ended) = simulate(&[spoilt], &home, &options, &AtomicBool::new(false), go_on);
            ended.expect("a capture is written");
            let capture = dir.path().join(run.cases[0].capture.as_deref().expect("a capture"));
            let known = recognise::Options { known: home.cast(plan), ..recognise::Options::default() };
            let judged = recognise::judge(std::slice::from_ref(plan), &[capture], &known, &mut |_| {});
            let mut findings = judged.expect("a capture").run.cases.into_iter().flat_map(|case| case.findings);
            let broken = |verdict: Verdict| matches!(verdict, Verdict::Warning | Verdict::Fail);
            if !findings.any(|f| f.requirement == defect.requirement && broken(f.verdict)) {
                missed.push(defect.requirement.as_str());
            }
        }
        if missed != *unseen {
            wrong.push(format!("{chapter}: {}", missed.join(", ")));
        }
    }
    assert!(wrong.is_empty(), "not caught in captures of\n{}", wrong.join("\n"));
}
