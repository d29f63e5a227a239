//! Playing a case more than once: when it is played again, and what its attempts come to together.
//!
//! It must not know how a case is played.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::judge::{CaseResult, Finding, Verdict};

/// Is handed each case as soon as it is judged, and says whether to go on.
pub type OnCase<'a> = dyn FnMut(&CaseResult) -> ControlFlow<()> + 'a;

/// How often cases are played.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Again {
    /// How many times more each case is played, whatever comes of it.
    pub repeats: u32,
    /// How many times more a case is played at the most until nothing of it is broken or undecided.
    pub retries: u32,
}

impl Again {
    /// Whether a case is to be played once more after these attempts.
    pub fn wants(self, attempts: &[CaseResult]) -> bool {
        let Some(last) = attempts.last() else { return true };
        let more = u32::try_from(attempts.len() - 1).unwrap_or(u32::MAX);
        // What was not played for a reason is not played for the same reason again.
        let played = |f: &Finding| !matches!(f.verdict, Verdict::NotApplicable | Verdict::NotExercised);
        if !last.findings.iter().any(played) {
            return false;
        }
        let is_open = |f: &Finding| matches!(f.verdict, Verdict::Inconclusive | Verdict::Fail | Verdict::Error);
        more < self.repeats || (more < self.repeats.max(self.retries) && last.findings.iter().any(is_open))
    }
}

/// What the attempts of a case come to, finding by finding: where they agree, that; where one was broken and another was
/// not, flaky. An attempt that could not be decided gives way to one that could. Ladder and capture are those of the
/// first one.
///
/// Nothing where there are no attempts.
pub fn together(attempts: Vec<CaseResult>) -> Option<CaseResult> {
    let count = attempts.len();
    let mut attempts = attempts.into_iter();
    let mut first = attempts.next()?;
    first.repeats = u32::try_from(count - 1).unwrap_or(u32::MAX);
    let mut others: BTreeMap<String, Vec<(usize, Option<String>, Finding)>> = BTreeMap::new();
    for (nth, attempt) in (2..).zip(attempts) {
        for finding in attempt.findings {
            others.entry(finding.id.clone()).or_default().push((nth, attempt.capture.clone(), finding));
        }
    }
    let here = first.findings.iter().map(|own| (&own.id, 1 + others.get(&own.id).map_or(0, Vec::len)));
    let there = others.iter().filter(|(id, _)| !first.findings.iter().any(|own| own.id == **id));
    let counts = here.chain(there.map(|(id, found)| (id, found.len())));
    let only_sometimes: BTreeSet<String> = counts.filter(|(_, n)| *n < count).map(|(id, _)| id.clone()).collect();
    for finding in &mut first.findings {
        let own = std::mem::take(finding);
        let more = others.remove(&own.id).unwrap_or_default();
        let mut all = vec![(1, first.capture.clone(), own)];
        all.extend(more);
        *finding = one(all, count);
    }
    // An attempt may have findings that the first one has not: that the system died, for one.
    first.findings.extend(others.into_values().map(|found| one(found, count)));
    // What kept one attempt from being decided, such as a core that died in between, is over where another one was.
    first.findings.retain(|finding| finding.verdict != Verdict::Inconclusive || !only_sometimes.contains(&finding.id));
    Some(first)
}

/// What one check comes to, from its attempts, in their order.
fn one(mut all: Vec<(usize, Option<String>, Finding)>, count: usize) -> Finding {
    let is_broken = |v: Verdict| matches!(v, Verdict::Fail | Verdict::Error);
    let is_good = |v: Verdict| matches!(v, Verdict::Pass | Verdict::Warning);
    let broken = all.iter().position(|(_, _, f)| is_broken(f.verdict));
    let good = all.iter().position(|(_, _, f)| is_good(f.verdict));
    // A finding that other attempts have not at all was not broken in them.
    let flaky = broken.is_some() && (good.is_some() || all.len() < count);
    let times = all.iter().filter(|(_, _, f)| is_broken(f.verdict)).count();
    let (nth, capture, mut finding) = all.swap_remove(broken.or(good).unwrap_or_default());
    if flaky {
        let why = if finding.reason.is_empty() { String::new() } else { format!(": {}", finding.reason) };
        finding.reason = format!("broken in {times} of {count} attempts{why}");
        finding.verdict = Verdict::Flaky;
    }
    if nth > 1 && finding.evidence.is_some() && (flaky || broken.is_some()) {
        let seen = capture.map(|capture| format!(" (seen in attempt {nth}, {capture})")).unwrap_or_default();
        finding.reason += &seen;
        // Packets are numbered by the capture of the first one.
        finding.evidence = None;
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::*;

    fn attempt(verdicts: &[Verdict]) -> CaseResult {
        let finding = |(nth, verdict): (usize, &Verdict)| Finding {
            id: format!("im/1/x#{nth}"),
            verdict: *verdict,
            ..Finding::default()
        };
        CaseResult { findings: verdicts.iter().enumerate().map(finding).collect(), ..CaseResult::default() }
    }

    #[test]
    fn attempts_are_taken_together() {
        for (attempts, expected) in [
            (&[&[Pass][..]][..], &[Pass][..]),
            (&[&[Fail], &[Fail]], &[Fail]),
            (&[&[Fail, Pass], &[Pass, Pass]], &[Flaky, Pass]),
            (&[&[Pass], &[Fail]], &[Flaky]),
            (&[&[Inconclusive], &[Pass]], &[Pass]),
            (&[&[Inconclusive], &[Fail]], &[Fail]),
            (&[&[Inconclusive], &[Inconclusive]], &[Inconclusive]),
            (&[&[Warning], &[Warning]], &[Warning]),
            (&[&[Pass], &[Pass, Fail]], &[Pass, Flaky]),
            (&[&[Pass], &[Pass, Inconclusive]], &[Pass]),
            (&[&[Inconclusive, Inconclusive], &[Pass]], &[Pass]),
            (&[&[Error], &[Pass]], &[Flaky]),
        ] {
            let made = together(attempts.iter().map(|verdicts| attempt(verdicts)).collect()).unwrap();
            let verdicts: Vec<Verdict> = made.findings.iter().map(|f| f.verdict).collect();
            assert_eq!(verdicts, expected, "{attempts:?}");
            assert_eq!(made.repeats as usize, attempts.len() - 1);
        }
        assert_eq!(together(Vec::new()), None);
    }

    #[test]
    fn what_is_broken_is_tried_again_within_bounds() {
        for (repeats, retries, attempts, expected) in [
            (0, 0, &[&[Fail][..]][..], false),
            (0, 2, &[&[Fail]], true),
            (0, 2, &[&[Fail], &[Inconclusive]], true),
            (0, 2, &[&[Fail], &[Fail], &[Fail]], false),
            (0, 2, &[&[Fail], &[Pass]], false),
            (0, 2, &[&[Warning]], false),
            (0, 2, &[&[NotExercised]], false),
            (2, 0, &[&[Pass]], true),
            (2, 0, &[&[NotApplicable]], false),
            (2, 0, &[&[Pass], &[Pass], &[Pass]], false),
            (2, 3, &[&[Pass], &[Pass], &[Fail]], true),
        ] {
            let made: Vec<CaseResult> = attempts.iter().map(|verdicts| attempt(verdicts)).collect();
            assert_eq!(Again { repeats, retries }.wants(&made), expected, "{repeats} {retries} {attempts:?}");
        }
    }
}
