//! The baseline: what is known to fail in a system, and must go on failing. One YAML file beside the system file.
//!
//! It marks findings and says which of its entries no longer hold; what follows from that for the exit code is the
//! command line's. It reads no clock: the day is an argument.

mod day;
mod edit;
mod entry;

use std::path::Path;

use serde::Deserialize;

pub use day::Day;
pub use edit::{Update, update};
pub use entry::Entry;

use super::diagnostic::Diagnostic;
use super::yaml;
use crate::judge::{Finding, Run, Verdict};

/// A baseline file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Baseline {
    /// Deviations that are known, one record each.
    #[serde(default)]
    pub known: Vec<Entry>,
}

/// What a run says of a baseline.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// Findings that an entry covers.
    pub covered: usize,
    /// Entries that no longer hold, a sentence each.
    pub stale: Vec<String>,
}

impl Baseline {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<Baseline, Diagnostic> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| Diagnostic::new(&name, e.to_string()))?;
        Baseline::parse(&name, &text)
    }

    /// Reads the text of a file; `file` names it in the diagnostic.
    pub fn parse(file: &str, text: &str) -> Result<Baseline, Diagnostic> {
        let baseline: Baseline = yaml::from_str(file, text)?;
        for entry in &baseline.known {
            if let Some(message) = entry.slip() {
                let line = text.lines().position(|line| line.contains(&entry.matches)).map_or(0, |n| n + 1);
                let diagnostic = Diagnostic::new(file, message);
                return Err(if line == 0 { diagnostic } else { diagnostic.at_part(text, line, &entry.matches) });
            }
        }
        Ok(baseline)
    }

    /// Marks every finding of the run that an entry covers, and says which entries are stale: expired, unexpectedly
    /// good, or about nothing that the run looked at. `known` tells whether any scenario or requirement of the whole
    /// tree fits a pattern, so that a part of a run does not make the rest stale.
    pub fn apply(&self, run: &mut Run, version: Option<&str>, today: Day, known: &dyn Fn(&Entry) -> bool) -> Standing {
        let mut standing = Standing::default();
        for entry in self.known.iter().filter(|entry| entry.holds_for(version)) {
            let expired = entry.until.is_some_and(|until| until < today);
            let (mut looked_at, mut failed) = (0, 0);
            for finding in run.cases.iter_mut().flat_map(|case| &mut case.findings) {
                if !entry.fits(&finding.id, &finding.requirement) || !is_judged(finding) {
                    continue;
                }
                looked_at += 1;
                if finding.verdict == entry.verdict.verdict() {
                    failed += 1;
                    if !expired {
                        finding.known = Some(entry.words());
                        standing.covered += 1;
                    }
                }
            }
            let name = &entry.matches;
            if expired {
                let until = entry.until.map(|day| day.to_string()).unwrap_or_default();
                standing.stale.push(format!("{name}: expired on {until}"));
            } else if looked_at > 0 && failed == 0 {
                let word = entry.verdict.verdict().word();
                standing.stale.push(format!("{name}: no check has the verdict {word} any more"));
            } else if looked_at == 0 && !known(entry) {
                standing.stale.push(format!("{name}: no check is called so"));
            }
        }
        standing
    }

    /// The findings of a run that fail and that no entry covers.
    pub fn uncovered<'r>(&self, run: &'r Run) -> impl Iterator<Item = &'r Finding> {
        let findings = run.cases.iter().flat_map(|case| &case.findings);
        findings.filter(|finding| finding.verdict == Verdict::Fail && finding.known.is_none())
    }
}

/// Whether the run came to a verdict on it at all.
fn is_judged(finding: &Finding) -> bool {
    !matches!(finding.verdict, Verdict::NotApplicable | Verdict::NotExercised)
}

#[cfg(test)]
mod tests;
