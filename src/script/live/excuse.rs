//! What is nobody's failure: cases that were spoilt, and those that imspec itself was no good witness of.

use crate::actors::Actor;
use crate::judge::{Fault, Finding, IN_FLIGHT, Verdict};
use crate::net::Live;
use crate::script::plan::Plan;

/// How we were no good witness, later than checks forgive: what we were late for may have come to us too late, or been answered too late by us, and
/// what was lost here may have been sent.
pub fn our_trouble(live: &mut Live<Actor>) -> Option<String> {
    let late = live.take_lateness().filter(|late| *late > IN_FLIGHT);
    let late = late
        .map(|late| format!("imspec was {} ms late in this case: the machine has too much to do", late.as_millis()));
    let lost = Some(live.losses()).filter(|lost| *lost > 0);
    late.or(lost.map(|lost| format!("{lost} datagrams were lost in the machine of imspec in this case")))
}

/// Says nothing of what is missing where we were in trouble ourselves.
pub fn excuse(plan: &Plan, findings: &mut [Finding], trouble: &str) {
    let about_time =
        |id: &str| plan.checks.iter().any(|c| c.is_about_absence() && c.rows.iter().any(|row| row.id == id));
    for finding in findings.iter_mut().filter(|f| f.complains() && (f.evidence.is_none() || about_time(&f.id))) {
        (finding.verdict, finding.fault) = (Verdict::Inconclusive, Some(Fault::Harness));
        finding.reason =
            if finding.reason.is_empty() { trouble.to_owned() } else { format!("{trouble}; {}", finding.reason) };
    }
}

/// What is missing in a case that was spoilt says nothing about the system.
pub fn spoil(finding: &mut Finding, reason: &str) {
    (finding.verdict, finding.fault, finding.reason) = (Verdict::Inconclusive, None, reason.to_owned());
}
