//! What is nobody's failure: cases that were spoilt, and those that imspec itself was no good witness of.

use std::time::Duration;

use crate::actors::Actor;
use crate::judge::{Fault, Finding, Verdict};
use crate::net::Live;
use crate::script::plan::Plan;

/// Who is later than this says nothing of what did not come in time: half of T1 (RFC 3261 17.1.1.1). What is seen so late
/// blames nobody.
pub const LATEST: Duration = Duration::from_millis(250);

/// How we were no good witness: what we were late for may have come to us too late, or been answered too late by us, and
/// what was lost here may have been sent.
pub fn our_trouble(live: &mut Live<Actor>) -> Option<String> {
    let late = live.take_lateness().filter(|late| *late > LATEST);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::tamper::Tampering;
    use crate::script::case::{self, Seen};
    use crate::script::feature::Selection;
    use crate::script::files::Files;
    use crate::script::load::load;
    use crate::script::simulate::{Bug, play};

    /// A chunk that leaves some time after the 413: nobody is blamed for as much as imspec itself may have been late.
    #[tokio::test]
    async fn a_good_witness_blames_nobody_for_its_own_lateness() {
        const CASE: &str = "im/9.4.2/a-chunk-is-refused/413";
        let chosen = Selection::parse(&[CASE.to_owned()], None, None).unwrap();
        let loaded = load(Files::embedded(), &chosen).await.unwrap_or_else(|wrong| panic!("{}", wrong[0]));
        let (plan, home) = (&loaded.plans[0], &loaded.home);
        let stimulus = case::stimulus(plan, home, |name| home.address_of(name));
        for (late, latitude, verdict) in [
            (168, 0, Verdict::Fail),
            (168, LATEST.as_millis(), Verdict::Pass),
            (420, LATEST.as_millis(), Verdict::Fail),
        ] {
            let change = format!("delay 0.{late} s");
            let bug = Bug::Tampering(vec![Tampering::parse("5th MSRP SEND", &change).unwrap()]);
            let (seen, _) = play(plan, home, 1, &bug);
            let seen = Seen { latitude: Duration::from_millis(u64::try_from(latitude).unwrap()), ..seen };
            let judged = case::judge(plan, &home.cast(plan), &stimulus, &seen);
            let row = judged.findings.iter().find(|finding| finding.requirement == "RFC4975-10-1").unwrap();
            assert_eq!(row.verdict, verdict, "{late} ms late, {latitude} forgiven: {row:?}");
        }
    }
}
