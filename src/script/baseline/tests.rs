//! Known failures against runs: what is covered, what is stale, and how the file is brought up to date.

use super::*;
use crate::judge::CaseResult;

const FILE: &str = "\
# What Phone 4 does not do yet.
known:
- match: im/9.2.2/large-message#IM-9.2.2-3
  reason: no refresher
  owner: calls
  link: https://bugs.example.org/1
- match: IM-9.2.2-7*
  verdict: warning
  reason: letter and RFC differ
- match: cpm/7.3.2.1
  reason: no CPM
  until: 2026-06-30
  versions: ['4.1']
";

fn run(findings: &[(&str, Verdict)]) -> Run {
    let finding = |(id, verdict): &(&str, Verdict)| Finding {
        id: (*id).to_owned(),
        requirement: id.split('#').nth(1).unwrap_or_default().to_owned(),
        verdict: *verdict,
        ..Finding::default()
    };
    let findings = findings.iter().map(finding).collect();
    Run { cases: vec![CaseResult { findings, ..CaseResult::default() }], ..Run::default() }
}

fn check(findings: &[(&str, Verdict)], version: Option<&str>, today: &str, covered: usize, stale: &[&str]) {
    let baseline = Baseline::parse("baseline.yaml", FILE).unwrap();
    let mut run = run(findings);
    let standing = baseline.apply(&mut run, version, Day::parse(today).unwrap(), &|_| true);
    assert_eq!(standing.covered, covered, "{findings:?}");
    assert_eq!(standing.stale, stale, "{findings:?}");
}

#[test]
fn known_failures_must_still_fail() {
    use Verdict::*;
    const ONE: &str = "im/9.2.2/large-message#IM-9.2.2-3";
    const CPM: &str = "cpm/7.3.2.1/one#CPM-7.3.2.1-1";
    check(&[(ONE, Fail)], None, "2026-01-01", 1, &[]);
    check(
        &[(ONE, Pass)],
        None,
        "2026-01-01",
        0,
        &["im/9.2.2/large-message#IM-9.2.2-3: no check has the verdict fail any more"],
    );
    check(&[(ONE, NotExercised)], None, "2026-01-01", 0, &[]);
    check(&[("im/9.2.2/x#IM-9.2.2-7.1", Warning)], None, "2026-01-01", 1, &[]);
    check(
        &[("im/9.2.2/x#IM-9.2.2-7.1", Fail)],
        None,
        "2026-01-01",
        0,
        &["IM-9.2.2-7*: no check has the verdict warning any more"],
    );
    check(&[(CPM, Fail)], Some("4.1"), "2026-06-30", 1, &[]);
    check(&[(CPM, Fail)], Some("4.2"), "2026-06-30", 0, &[]);
    check(&[(CPM, Fail)], Some("4.1"), "2026-07-01", 0, &["cpm/7.3.2.1: expired on 2026-06-30"]);
}

#[test]
fn an_entry_about_nothing_is_stale_and_one_outside_the_selection_is_not() {
    let baseline = Baseline::parse("b.yaml", "known:\n- match: im/9.9.9\n  reason: typo\n").unwrap();
    let today = Day::parse("2026-01-01").unwrap();
    let mut nothing = run(&[]);
    let stale = baseline.apply(&mut nothing, None, today, &|_| false).stale;
    assert_eq!(stale, ["im/9.9.9: no check is called so"]);
    assert_eq!(baseline.apply(&mut nothing, None, today, &|_| true).stale, [] as [String; 0]);
}

#[test]
fn slips_are_shown_with_their_line() {
    for (text, expected) in [
        ("known:\n- match: '*'\n  reason: all\n", "b.yaml:2:11: a pattern that fits everything knows nothing"),
        ("known:\n- match: x\n  reason: ' '\n", "b.yaml:2:10: x has no reason"),
        ("known:\n- match: x\n  reason: y\n  until: soon\n", "is no day"),
        ("knwon: []\n", "did you mean `known`"),
        ("known:\n- match: x\n", "reason"),
    ] {
        let message = Baseline::parse("b.yaml", text).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn an_update_adds_and_removes_and_leaves_the_rest() {
    let baseline = Baseline::parse("b.yaml", FILE).unwrap();
    let run = run(&[
        ("im/9.2.2/large-message#IM-9.2.2-3", Verdict::Pass),
        ("cpm/7.3.2.1/one#CPM-7.3.2.1-1", Verdict::Fail),
        ("im/8.1/x#IM-8.1-1", Verdict::Fail),
    ]);
    let both = update(FILE, &baseline, &run, false);
    assert_eq!(
        (both.added.as_slice(), both.removed.as_slice()),
        (&["im/8.1/x#IM-8.1-1".to_owned()][..], &["im/9.2.2/large-message#IM-9.2.2-3".to_owned()][..])
    );
    assert!(both.text.starts_with("# What Phone 4 does not do yet.\nknown:\n- match: IM-9.2.2-7*\n"), "{}", both.text);
    assert!(both.text.ends_with("- match: \"im/8.1/x#IM-8.1-1\"\n  reason: not looked into yet\n"), "{}", both.text);
    let only = update(FILE, &baseline, &run, true);
    assert!(only.text.starts_with(FILE) && only.removed.is_empty(), "{}", only.text);
    for text in [both.text, only.text, update("", &Baseline::default(), &run, true).text] {
        Baseline::parse("b.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
    }
    let last = Baseline::parse("b.yaml", "known:\n- match: im/8.1/x\n  reason: y\n").unwrap();
    let good = super::tests::run(&[("im/8.1/x#IM-8.1-1", Verdict::Pass)]);
    assert_eq!(update("known:\n- match: im/8.1/x\n  reason: y\n", &last, &good, false).text, "known: []\n");
}
