//! Two runs compared, finding by finding: what fails anew, what is mended, what changed. Counts tell nothing.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::text::brief;
use crate::judge::finding::{Finding, Run, Verdict};

/// The most characters of one value of a peer.
const LONGEST: usize = 200;

/// What two runs do not have in common.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Difference {
    /// Fails now, and did not or was not there.
    pub new: Vec<Change>,
    /// Failed, and passes now.
    pub fixed: Vec<Change>,
    /// Any other verdict, or a failure for another reason.
    pub changed: Vec<Change>,
    /// Was judged, and is not there now.
    pub gone: Vec<Change>,
    /// Failures that both have.
    pub same: usize,
}

/// One check whose result differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    pub id: String,
    pub before: Option<Verdict>,
    pub after: Option<Verdict>,
    /// What was found, or the reason, after.
    pub because: String,
}

/// Compares them. A finding that is there twice, as in captures, counts by its gravest verdict.
pub fn of(before: &Run, after: &Run) -> Difference {
    let (before, after) = (by_id(before), by_id(after));
    let mut difference = Difference::default();
    for (id, now) in &after {
        let was = before.get(id);
        let change = || Change {
            id: (*id).to_owned(),
            before: was.map(|f| f.verdict),
            after: Some(now.verdict),
            because: because(now),
        };
        match (was.map(|f| f.verdict), now.verdict) {
            (Some(was_so), now_so) if bad(was_so) && bad(now_so) => {
                difference.same += 1;
                if was_so != now_so || was.is_some_and(|was| was.found != now.found) {
                    difference.changed.push(change());
                }
            }
            (_, now_so) if bad(now_so) => difference.new.push(change()),
            (Some(was_so), Verdict::Pass) if bad(was_so) => difference.fixed.push(change()),
            (Some(was_so), now_so) if was_so != now_so => difference.changed.push(change()),
            _ => {}
        }
    }
    for (id, was) in before.iter().filter(|(id, _)| !after.contains_key(*id)) {
        difference.gone.push(Change {
            id: (*id).to_owned(),
            before: Some(was.verdict),
            after: None,
            because: String::new(),
        });
    }
    difference
}

fn bad(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Error)
}

fn by_id(run: &Run) -> BTreeMap<&str, &Finding> {
    let mut all: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in run.cases.iter().flat_map(|case| &case.findings) {
        let known = all.entry(&finding.id).or_insert(finding);
        if finding.verdict > known.verdict {
            *known = finding;
        }
    }
    all
}

fn because(finding: &Finding) -> String {
    let text = if finding.reason.is_empty() { finding.found.as_deref().unwrap_or_default() } else { &finding.reason };
    brief(text, LONGEST).into_owned()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |verdict: Option<Verdict>| verdict.map_or("nothing", Verdict::word);
        for (title, changes) in
            [("new failures", &self.new), ("fixed", &self.fixed), ("changed", &self.changed), ("gone", &self.gone)]
        {
            if changes.is_empty() {
                continue;
            }
            writeln!(f, "{title}")?;
            for change in changes {
                let id = brief(&change.id, LONGEST);
                write!(f, "  {id}: {} -> {}", word(change.before), word(change.after))?;
                match change.because.is_empty() {
                    true => writeln!(f)?,
                    false => writeln!(f, " ({})", change.because)?,
                }
            }
            writeln!(f)?;
        }
        writeln!(
            f,
            "{} new, {} fixed, {} changed, {} gone; {} fail as before",
            self.new.len(),
            self.fixed.len(),
            self.changed.len(),
            self.gone.len(),
            self.same
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::finding::CaseResult;

    fn run(findings: &[(&str, Verdict)]) -> Run {
        let finding =
            |(id, verdict): &(&str, Verdict)| Finding { id: (*id).to_owned(), verdict: *verdict, ..Finding::default() };
        let findings = findings.iter().map(finding).collect();
        Run { cases: vec![CaseResult { findings, ..CaseResult::default() }], ..Run::default() }
    }

    #[test]
    fn says_what_differs_by_failures() {
        use Verdict::*;
        let before = run(&[("a", Pass), ("b", Fail), ("c", Fail), ("d", Pass), ("e", Inconclusive), ("g", Fail)]);
        let after = run(&[("a", Fail), ("b", Pass), ("c", Fail), ("e", Pass), ("f", Fail), ("g", Error)]);
        let found = of(&before, &after);
        let ids = |changes: &[Change]| changes.iter().map(|c| c.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&found.new), ["a", "f"]);
        assert_eq!(ids(&found.fixed), ["b"]);
        assert_eq!(ids(&found.changed), ["e", "g"]);
        assert_eq!(ids(&found.gone), ["d"]);
        assert_eq!(found.same, 2);
        assert!(found.to_string().contains("  f: nothing -> fail\n"), "{found}");
    }
}
