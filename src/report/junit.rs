//! JUnit XML for CI servers: a test suite for each subclause, a test case for each finding.
//!
//! No time of day and no UUID, so that the same run gives the same bytes.

use std::fmt::Write as _;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};

use super::tally::{Subclause, subclauses};
use super::text::brief;
use crate::judge::finding::{CaseResult, Finding, Run, Verdict};

/// The most characters of one value of a peer.
const LONGEST: usize = 2_000;

/// The whole file. Error: what the XML writer says.
pub fn to_string(run: &Run) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("imspec");
    report.add_test_suites(subclauses(run).iter().map(|subclause| suite(run, subclause)));
    report.to_string()
}

fn suite(run: &Run, subclause: &Subclause<'_>) -> TestSuite {
    let mut suite = TestSuite::new(shown(&format!("{} {}", subclause.name(), subclause.title)));
    let time = subclause.cases.iter().map(|case| case.duration_ns).fold(0, u64::saturating_add);
    suite.set_time(Duration::from_nanos(time));
    suite.add_property(Property::new("stage", shown(&run.stage)));
    suite.add_property(Property::new("seed", run.seed.to_string()));
    suite.add_property(Property::new("profile", shown(&run.profile)));
    for case in &subclause.cases {
        suite.add_test_cases(case.findings.iter().map(|finding| test_case(case, finding)));
    }
    suite
}

fn test_case(case: &CaseResult, finding: &Finding) -> TestCase {
    // The end of the id tells a requirement that is checked twice apart.
    let check = finding.id.rsplit_once('#').map_or(finding.requirement.as_str(), |(_, check)| check);
    let mut test = TestCase::new(shown(&format!("{check} {}", finding.subject)), status(case, finding));
    test.set_classname(shown(&case.address));
    test.add_property(Property::new("requirement", shown(&finding.requirement)));
    test.add_property(Property::new("clause", shown(&finding.clause)));
    test.add_property(Property::new("verdict", finding.verdict.word()));
    if finding.verdict == Verdict::Warning {
        test.set_system_out(format!("warning: {}\n{}", message(finding), details(case, finding)));
    }
    test
}

fn status(case: &CaseResult, finding: &Finding) -> TestCaseStatus {
    if let Some(reason) = &finding.known {
        // The server counts it as skipped: it is no news, and it is not good either.
        let mut status = TestCaseStatus::skipped();
        status.set_message(format!("known {}: {}", finding.verdict.word(), shown(reason)));
        return status;
    }
    let mut status = match finding.verdict {
        Verdict::Pass | Verdict::Warning => return TestCaseStatus::success(),
        Verdict::Flaky => {
            let mut broken = TestRerun::new(NonSuccessKind::Failure);
            broken
                .set_type(finding.verdict.word())
                .set_message(message(finding))
                .set_description(details(case, finding));
            let mut status = TestCaseStatus::success();
            status.add_rerun(broken);
            return status;
        }
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::Inconclusive | Verdict::NotApplicable | Verdict::NotExercised => {
            let mut status = TestCaseStatus::skipped();
            let reason =
                if finding.reason.is_empty() { String::new() } else { format!(": {}", shown(&finding.reason)) };
            status.set_message(format!("{}{reason}", finding.verdict.word()));
            return status;
        }
    };
    status.set_type(finding.verdict.word()).set_message(message(finding)).set_description(details(case, finding));
    status
}

/// The failure in one line.
fn message(finding: &Finding) -> String {
    let expected = finding.expected.iter().map(|e| shown(e)).collect::<Vec<_>>().join(" or ");
    match (&finding.found, expected.is_empty()) {
        (Some(found), false) => format!("expected {expected}, found {}", shown(found)),
        (Some(found), true) => format!("found {}", shown(found)),
        (None, _) if !finding.reason.is_empty() => shown(&finding.reason),
        (None, false) => format!("expected {expected}, found nothing"),
        (None, true) => finding.verdict.word().to_owned(),
    }
}

fn details(case: &CaseResult, finding: &Finding) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name}: {}", shown(value));
        }
    };
    line("clause", &finding.clause);
    line("requirement", &finding.text);
    line("looked at", &finding.subject);
    finding.expected.iter().for_each(|expected| line("expected", expected));
    line("found", finding.found.as_deref().unwrap_or_default());
    line("reason", &finding.reason);
    line("whose fault", finding.fault.map_or("", |fault| fault.words()));
    if let Some(evidence) = &finding.evidence {
        line("packet", &format!("{}, {}", evidence.packet, evidence.message));
    }
    line("place", &format!("{}:{}", finding.place.file, finding.place.line));
    line("capture", case.capture.as_deref().unwrap_or_default());
    line("log", case.log.as_deref().unwrap_or_default());
    line("again", &case.rerun);
    text
}

fn shown(text: &str) -> String {
    brief(text, LONGEST).into_owned()
}
