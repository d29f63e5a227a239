//! `imspec list`: the scenarios with their addresses, or the vocabulary of features.

use std::fmt::Write as _;

use anstyle::Style;

use super::{files, known};
use crate::cli::args::List;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::script::explain::{Listed, list};
use crate::script::feature::Features;
use crate::script::vocabulary::Vocabulary;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

pub fn run(words: &List) -> Result<Exit, Failure> {
    if words.vocabulary {
        let vocabulary = Vocabulary::new();
        match words.json {
            true => output::print_json(&vocabulary)?,
            false => output::print(&vocabulary.to_string())?,
        }
        return Ok(Exit::Passed);
    }
    let selection = words.choice.selection()?;
    let features = Features::load(&files(words.tree.features.clone())?)?;
    known(&selection, &features)?;
    let profile = words.choice.filter.profile;
    let chosen = features.filter(|case| {
        selection.matches(&case.address, &case.tags) && profile.is_none_or(|profile| profile.covers(&case.spec))
    });
    let cases = list(chosen.cases());
    match words.json {
        true => output::print_json(&cases)?,
        false => output::print(&lines(&cases))?,
    }
    Ok(Exit::Passed)
}

/// One line a scenario below a heading for each subclause.
fn lines(cases: &[Listed<'_>]) -> String {
    let mut text = String::new();
    let widest = cases.iter().map(|case| case.address.chars().count()).max().unwrap_or_default();
    let mut heading = ("", "");
    // Writing to a String cannot fail.
    for case in cases {
        if heading != (case.spec, case.subclause) {
            let gap = if text.is_empty() { "" } else { "\n" };
            let spec = case.spec.to_uppercase();
            let _ = writeln!(text, "{gap}{BOLD}{spec} {} {}{BOLD:#}", case.subclause, case.feature);
            heading = (case.spec, case.subclause);
        }
        let tags: Vec<String> = case.tags.iter().map(|tag| format!("@{tag}")).collect();
        let checks = if case.checks == 1 { "check " } else { "checks" };
        let line = format!("  {:<widest$}  {:>3} {checks}  {DIM}{}{DIM:#}", case.address, case.checks, tags.join(" "));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let scenarios = if cases.len() == 1 { "scenario" } else { "scenarios" };
    let checks: usize = cases.iter().map(|case| case.checks).sum();
    let _ = writeln!(text, "\n{} {scenarios}, {checks} checks", cases.len());
    text
}
