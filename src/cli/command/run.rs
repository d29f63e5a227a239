//! `imspec run`: plays scenarios in the simulated network.

use super::{choose, files};
use crate::cli::args::Run;
use crate::cli::conclude::{Watch, conclude};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::folders::Folders;
use crate::cli::{output, runtime};
use crate::judge::finding::Verdict;
use crate::report;
use crate::script::simulate::{Options, simulate};

pub fn run(words: Run) -> Result<Exit, Failure> {
    let mut choice = words.choice;
    if words.failed {
        choice.scenarios.extend(failed(words.show.out.as_deref())?);
        if choice.scenarios.is_empty() {
            output::say("nothing failed in the last run\n");
            return Ok(Exit::Passed);
        }
    }
    let runtime = runtime::new()?;
    let loaded = choose(&runtime, files(words.tree.features)?, &choice)?;
    let stop = runtime::stop_flag(&runtime);
    let folders = Folders::of(&format!("run-seed-{}", words.seed), words.show.out.as_deref());
    let options = Options {
        seed: words.seed,
        captures: Some(folders.captures.clone()),
        format: words.capture_format.format(),
        profile: choice.filter.profile_name().to_owned(),
    };
    let mut watch = Watch::new(&words.show, loaded.plans.len());
    let played = simulate(&loaded.plans, &loaded.home, &options, &stop, &mut |case| watch.case(case));
    drop(watch);
    let run = played.map_err(|error| Failure::new(Exit::Harness, error.to_string()))?;
    let exit = conclude(&run, &folders, &words.show)?;
    // Only a shard may be empty, and then another one has the scenarios.
    Ok(if loaded.plans.is_empty() { Exit::Passed } else { exit })
}

/// The addresses of the cases of the last run that failed, or where imspec itself did.
fn failed(out: Option<&std::path::Path>) -> Result<Vec<String>, Failure> {
    let run = report::read(&Folders::last(out)?).map_err(|error| Failure::new(Exit::Data, error.to_string()))?;
    let failed = run.cases.iter().filter(|case| matches!(case.verdict(), Verdict::Fail | Verdict::Error));
    Ok(failed.map(|case| case.address.clone()).collect())
}
