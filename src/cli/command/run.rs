//! `imspec run`: plays scenarios in the simulated network, or with a system under test on real sockets.

use std::path::Path;
use std::time::Duration;

use super::{choose, files};
use crate::cli::args::Run;
use crate::cli::conclude::{Watch, conclude};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::folders::Folders;
use crate::cli::{known, output, runtime};
use crate::judge::finding::{CaseResult, Finding, Verdict};
use crate::report;
use crate::script::baseline::Baseline;
use crate::script::live::{self, Ended, LiveError};
use crate::script::simulate::{Options, simulate};
use crate::script::sut::SystemUnderTest;

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
    let stop = runtime::stop_flag(&runtime, runtime::REPORTED);
    let sut = words.sut.as_deref().map(SystemUnderTest::load).transpose()?;
    let baseline = known::file(words.show.baseline.as_deref(), words.sut.as_deref());
    let baseline = baseline.as_deref().map(Baseline::load).transpose()?;
    let name = match words.sut.as_deref().and_then(Path::file_stem) {
        Some(stem) => format!("live-{}", stem.to_string_lossy()),
        None => format!("run-seed-{}", words.seed),
    };
    let folders = Folders::of(&name, words.show.out.as_deref());
    let (seed, captures, format) = (words.seed, Some(folders.captures.clone()), words.capture_format.format());
    let profile = choice.filter.profile_name().to_owned();
    let mut watch = Watch::new(&words.show, loaded.plans.len());
    let mut on_case = |case: &CaseResult| watch.case(case);
    let (mut run, ended) = match (&sut, &words.sut) {
        (Some(sut), Some(file)) => {
            let file = file.display().to_string();
            let console = live::Console {
                show: |text| output::say(&format!("{text}\n")),
                confirm: || std::io::stdin().read_line(&mut String::new()).is_ok_and(|octets| octets > 0),
            };
            let longest = words.longest.map(|seconds| Duration::from_secs(seconds.into()));
            let options = live::Options { seed, captures, format, profile, file, console, longest };
            let playing = live::live(&loaded.plans, &loaded.home, sut, &options, &stop, &mut on_case);
            let (run, ended) = runtime.block_on(playing);
            (run, ended.map_err(failure_of))
        }
        _ => {
            let options = Options { seed, captures, format, profile };
            let (run, ended) = simulate(&loaded.plans, &loaded.home, &options, &stop, &mut on_case);
            (run, ended.map_err(|error| Failure::new(Exit::Harness, error.to_string())))
        }
    };
    drop(watch);
    if words.show.strict {
        run.insist_on_rfcs();
    }
    if let Some(baseline) = &baseline {
        let version = sut.as_ref().and_then(|sut| sut.version.as_deref());
        known::apply(baseline, &mut run, version, &loaded.features, &loaded.catalogue)?;
    }
    if let Err(failure) = ended {
        // What ran before is reported; where even that cannot be, the first cause is the one to know.
        if !run.cases.is_empty()
            && let Err(second) = conclude(&run, &folders, &words.show)
        {
            output::say(&second.to_string());
        }
        return Err(failure);
    }
    let exit = conclude(&run, &folders, &words.show)?;
    // Only a shard may be empty, and then another one has the scenarios.
    Ok(if loaded.plans.is_empty() { Exit::Passed } else { exit })
}

fn failure_of(ended: Ended) -> Failure {
    let failure = Failure::new(exit_of(&ended.error), ended.to_string());
    ended.error.hint().into_iter().fold(failure, Failure::hint)
}

fn exit_of(error: &LiveError) -> Exit {
    match error {
        LiveError::Unreachable { .. } | LiveError::Command { .. } => Exit::Unreachable,
        LiveError::Address { .. } => Exit::Data,
        LiveError::Socket(_) | LiveError::Capture(_) => Exit::Harness,
    }
}

/// The addresses of the cases of the last run that failed, or where imspec itself did.
fn failed(out: Option<&Path>) -> Result<Vec<String>, Failure> {
    let run = report::read(&Folders::last(out)?).map_err(|error| Failure::new(Exit::Data, error.to_string()))?;
    let is_new = |f: &Finding| !f.is_known() && matches!(f.verdict, Verdict::Fail | Verdict::Error);
    let failed = run.cases.iter().filter(|case| case.findings.iter().any(is_new));
    Ok(failed.map(|case| case.address.clone()).collect())
}
