//! `imspec baseline`: a run against the file of known failures, and the file brought up to date.

use std::fs;

use super::files;
use crate::cli::args::{Baseline as Words, BaselineSides};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{known, output, runtime};
use crate::judge::finding::Run;
use crate::report;
use crate::script::baseline::{Baseline, update};
use crate::script::feature::Selection;
use crate::script::load::load;

pub fn run(words: Words) -> Result<Exit, Failure> {
    match words {
        Words::Check(words) => check(words.sides),
        Words::Update(words) => bring_up_to_date(words.sides, words.only_new),
    }
}

fn check(sides: BaselineSides) -> Result<Exit, Failure> {
    let baseline = Baseline::load(&sides.file)?;
    let run = held_against(&baseline, sides)?;
    let findings = || run.cases.iter().flat_map(|case| &case.findings);
    for finding in findings().filter(|f| f.is_known()) {
        let reason = finding.known.as_deref().unwrap_or_default();
        output::print(&format!("known  {} {}: {reason}\n", finding.verdict.word(), finding.id))?;
    }
    for finding in baseline.uncovered(&run) {
        output::print(&format!("new    {} {}\n", finding.verdict.word(), finding.id))?;
    }
    for sentence in &run.stale {
        output::print(&format!("stale  {sentence}\n"))?;
    }
    let (known, new) = (findings().filter(|f| f.is_known()).count(), baseline.uncovered(&run).count());
    output::print(&format!("{known} known, {new} new, {} stale\n", run.stale.len()))?;
    Ok(Exit::of_run(&run, false))
}

fn bring_up_to_date(sides: BaselineSides, only_new: bool) -> Result<Exit, Failure> {
    let file = sides.file.clone();
    // A file that is not there yet is begun.
    let text = if file.exists() { read(&file)? } else { String::new() };
    let baseline = match text.trim().is_empty() {
        true => Baseline::default(),
        false => Baseline::parse(&file.display().to_string(), &text)?,
    };
    let run = held_against(&baseline, sides)?;
    let update = update(&text, &baseline, &run, only_new);
    if update.text != text {
        fs::write(&file, &update.text).map_err(|e| Failure::new(Exit::Harness, format!("{}: {e}", file.display())))?;
    }
    for id in &update.added {
        output::print(&format!("added    {id}\n"))?;
    }
    for pattern in &update.removed {
        output::print(&format!("removed  {pattern}\n"))?;
    }
    output::print(&format!("{} added, {} removed\n", update.added.len(), update.removed.len()))?;
    Ok(Exit::Passed)
}

/// The run of the report folder, with what the baseline knows of it.
fn held_against(baseline: &Baseline, sides: BaselineSides) -> Result<Run, Failure> {
    let mut run = report::read(&sides.run).map_err(|error| {
        Failure::new(Exit::Data, error.to_string()).hint("name a folder below reports/, or a results.json in one")
    })?;
    for finding in run.cases.iter_mut().flat_map(|case| &mut case.findings) {
        finding.known = None;
    }
    let loaded = runtime::new()?.block_on(load(files(sides.tree.features)?, &Selection::default()))?;
    known::apply(baseline, &mut run, sides.system_version.as_deref(), &loaded.features, &loaded.catalogue)?;
    Ok(run)
}

fn read(file: &std::path::Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|e| Failure::new(Exit::Data, format!("{}: {e}", file.display())))
}
