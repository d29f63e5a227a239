//! `imspec report`: the files of an earlier run made again from its results, or of several runs joined.

use std::path::{Path, PathBuf};

use crate::cli::args::Report;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::judge::finding::Run;
use crate::report::{self, json, terminal};

pub fn run(words: &Report) -> Result<Exit, Failure> {
    let (run, dir) = match (&words.path, &words.out) {
        (Some(path), _) => (read(path)?, Some(path.clone()).filter(|path| path.is_dir())),
        (None, out) => (joined(&words.merge)?, out.as_ref().map(|out| out.join("reports"))),
    };
    if let Some(dir) = &dir {
        report::write_all(&run, dir)?;
    }
    if words.json {
        output::print(&json::to_string(&run))?;
    } else {
        output::forgive(terminal::print(&run, terminal::Files { report: dir.as_deref(), captures: None }))?;
    }
    // To show a run again is no judgement; to join shards is the end of one.
    Ok(if words.merge.is_empty() { Exit::Passed } else { Exit::of_run(&run, false) })
}

fn read(path: &Path) -> Result<Run, Failure> {
    report::read(path).map_err(|error| {
        Failure::new(Exit::Data, error.to_string()).hint("name a folder below reports/, or a results.json in one")
    })
}

/// The runs as one: they must be parts of the same, so a case must not be in two of them.
fn joined(parts: &[PathBuf]) -> Result<Run, Failure> {
    let mut all: Option<Run> = None;
    let mut seen = std::collections::HashMap::new();
    for path in parts {
        let part = read(path)?;
        // A capture may hold the same thing many times.
        if part.stage != "capture" {
            for case in &part.cases {
                if let Some(other) = seen.insert(case.address.clone(), path) {
                    let message = format!("{} is in {} and in {}", case.address, other.display(), path.display());
                    return Err(Failure::new(Exit::Data, message).hint("join the shards of one run"));
                }
            }
        }
        match &mut all {
            None => all = Some(part),
            Some(run) if run.stage != part.stage || run.seed != part.seed => {
                let message = format!("{} is of another run: {}, seed {}", path.display(), part.stage, part.seed);
                return Err(Failure::new(Exit::Data, message));
            }
            Some(run) => {
                run.cases.extend(part.cases);
                run.interrupted |= part.interrupted;
                run.not_played += part.not_played;
                let new: Vec<String> = part.stale.into_iter().filter(|s| !run.stale.contains(s)).collect();
                run.stale.extend(new);
                let new: Vec<String> =
                    part.contradictions.into_iter().filter(|s| !run.contradictions.contains(s)).collect();
                run.contradictions.extend(new);
                let subjects: Vec<String> = part.subject.into_iter().filter(|s| !run.subject.contains(s)).collect();
                run.subject.extend(subjects);
            }
        }
    }
    let mut run = all.unwrap_or_default();
    run.cases.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(run)
}
