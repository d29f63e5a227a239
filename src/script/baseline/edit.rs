//! Bringing a baseline file up to date with a run, without touching what people wrote in the rest of it.

use std::fmt::Write as _;

use super::Baseline;
use crate::judge::{Finding, Run, Verdict};

/// What changed in a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Update {
    /// The text of the file now.
    pub text: String,
    /// The findings that got an entry.
    pub added: Vec<String>,
    /// The entries that went because all they are about is good now.
    pub removed: Vec<String>,
}

/// Adds an entry for every failure of the run that no entry covers; unless `only_new`, takes entries out whose checks
/// were judged and are good. Comments and order stay.
pub fn update(text: &str, baseline: &Baseline, run: &Run, only_new: bool) -> Update {
    let mut update = Update { text: text.to_owned(), ..Update::default() };
    if !only_new {
        for entry in &baseline.known {
            let judged = |f: &&Finding| {
                entry.fits(&f.id, &f.requirement)
                    && !matches!(f.verdict, Verdict::NotApplicable | Verdict::NotExercised)
            };
            let mut findings = run.cases.iter().flat_map(|case| &case.findings).filter(judged).peekable();
            if findings.peek().is_some() && findings.all(|f| f.verdict != entry.verdict.verdict()) {
                update.text = without(&update.text, &entry.matches);
                update.removed.push(entry.matches.clone());
            }
        }
    }
    for finding in baseline.uncovered(run) {
        if !baseline.known.iter().any(|entry| entry.fits(&finding.id, &finding.requirement)) {
            update.added.push(finding.id.clone());
        }
    }
    if !update.added.is_empty() {
        if !update.text.lines().any(|line| line.trim_end() == "known:") {
            update.text = update.text.replace("known: []", "");
            update.text.push_str("known:\n");
        }
        if !update.text.ends_with('\n') {
            update.text.push('\n');
        }
        for id in &update.added {
            // Writing to a String cannot fail.
            let _ = write!(update.text, "- match: {id:?}\n  reason: not looked into yet\n");
        }
    }
    if !update.removed.is_empty() && !update.text.lines().any(|line| line.starts_with("- ")) {
        update.text = update.text.replace("known:\n", "known: []\n");
    }
    update
}

/// The text without the record of that pattern: from its dash to the next one, or to the next line at the margin.
fn without(text: &str, pattern: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut record = String::new();
    let mut dropped = false;
    let mut close = |record: &mut String, kept: &mut String| {
        let names = record.lines().any(|line| {
            let line = line.trim_start_matches(['-', ' ']);
            line.strip_prefix("match:").is_some_and(|value| value.trim().trim_matches(['"', '\'']) == pattern)
        });
        if !names || dropped {
            kept.push_str(record);
        }
        dropped |= names;
        record.clear();
    };
    for line in text.split_inclusive('\n') {
        let begins = line.starts_with("- ");
        let outside = !line.starts_with([' ', '-']) && !line.trim().is_empty();
        if begins || outside {
            close(&mut record, &mut kept);
        }
        if outside { kept.push_str(line) } else { record.push_str(line) }
    }
    close(&mut record, &mut kept);
    kept
}
