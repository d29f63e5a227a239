//! `imspec run`: plays scenarios in the simulated network, or with a system under test on real sockets.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use super::{choose, files};
use crate::cli::args::Run as Words;
use crate::cli::conclude::{Watch, conclude};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::folders::Folders;
use crate::cli::{known, output, runtime, visit};
use crate::judge::finding::{CaseResult, Finding, Run, Verdict};
use crate::report::{self, Journal};
use crate::script::baseline::Baseline;
use crate::script::files::read_text;
use crate::script::home::{self, Home};
use crate::script::live::{self, CorePlace, Ended, LiveError, Place};
use crate::script::load::Loaded;
use crate::script::simulate::{Options, simulate};
use crate::script::sut::{SystemUnderTest, ThirdPartyCore};

pub fn run(words: Words) -> Result<Exit, Failure> {
    let mut choice = words.choice;
    if words.failed {
        choice.scenarios.extend(failed(words.show.out.as_deref())?);
        if choice.scenarios.is_empty() {
            output::say("nothing failed in the last run\n");
            return Ok(Exit::Passed);
        }
    }
    let runtime = runtime::new()?;
    let mut loaded = choose(&runtime, files(words.tree.features)?, &choice)?;
    if let Some(home) = &words.home {
        let text = read_text(home, &home.display().to_string())?;
        loaded.home = Home::parse(home, &text)?;
        loaded.files.put(home::PATH, text);
    }
    let stop = runtime::stop_flag(&runtime, runtime::REPORTED);
    let own_core = words.sut.as_deref().filter(|file| is_core(file));
    // With a system under test besides, the core is part of its places.
    let core_file = own_core.or(words.core.as_deref().filter(|_| words.sut.is_none()));
    let mut places = match words.sut.as_deref().filter(|_| core_file.is_none()) {
        Some(file) => places(file, &loaded, words.course.jobs)?,
        None => Vec::new(),
    };
    if let Some(file) = words.core.as_deref().filter(|_| !places.is_empty()) {
        let (name, text) = (file.display().to_string(), SystemUnderTest::read(file)?);
        places = places.into_iter().map(|place| place.with_core(&name, &text)).collect::<Result<_, _>>()?;
    }
    if words.course.random_order {
        loaded.shuffle(words.seed);
    }
    let cores = core_file.map(|file| cores(file, &loaded, words.course.jobs)).transpose()?;
    let baseline = known::file(words.show.baseline.as_deref(), words.sut.as_deref());
    let baseline = baseline.as_deref().map(Baseline::load).transpose()?;
    let file = words.sut.as_deref().or(words.core.as_deref());
    let name = match file.and_then(Path::file_stem) {
        Some(stem) => format!("live-{}", stem.to_string_lossy()),
        None => format!("run-seed-{}", words.seed),
    };
    let folders = Folders::of(&name, words.show.out.as_deref());
    let (seed, captures, format) = (words.seed, Some(folders.captures.clone()), words.capture_format.format());
    let profile = choice.filter.profile_name().to_owned();
    let mut watch = Watch::new(&words.show, loaded.plans.len());
    let sut = places.first().map(|place| &place.sut);
    let version = sut.and_then(|sut| sut.version.clone());
    let again = words.course.again();
    let mut journal = match words.sut.as_ref().or(words.core.as_ref()) {
        // A simulated run is over before anybody could end it.
        None => None,
        Some(file) => Some(Journal::begin(&folders.report, live::blank(&file.display().to_string(), seed, &profile))?),
    };
    let mut on_case = |case: &CaseResult| {
        // Kept before it is shown: what somebody has seen is not lost.
        if let Some(Err(error)) = journal.as_mut().map(|journal| journal.add(case)) {
            output::say(&format!("{error}: should this run be killed, what it has found is lost\n"));
            journal = None;
        }
        watch.case(case);
        let ends = words.course.fail_fast && is_news(case, baseline.as_ref(), version.as_deref());
        if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let shown = words.sut.as_deref().or(core_file).map(|file| file.display().to_string()).unwrap_or_default();
    let (mut run, ended) = match (&cores, &words.sut) {
        (Some(cores), _) => {
            let options = live::CoreOptions { seed, captures, format, profile, file: shown, again };
            let playing = live::through_core(&loaded.plans, cores, &options, &stop, &mut on_case);
            let (run, ended) = runtime.block_on(playing);
            (run, ended.map_err(|ended: Ended| failure_of(&ended.error, ended.to_string())))
        }
        (None, Some(_)) => {
            let file = shown;
            let console = visit::console();
            let longest = words.longest.map(|seconds| Duration::from_secs(seconds.into()));
            let options = live::Options { seed, captures, format, profile, file, console, longest, again };
            let playing = live::live(&loaded.plans, &places, &options, &stop, &mut on_case);
            let (run, ended) = runtime.block_on(playing);
            (run, ended.map_err(|ended: Ended| failure_of(&ended.error, ended.to_string())))
        }
        (None, None) => {
            let options = Options { seed, captures, format, profile, again };
            let (run, ended) = simulate(&loaded.plans, &loaded.home, &options, &stop, &mut on_case);
            (run, ended.map_err(|error| Failure::new(Exit::Harness, error.to_string())))
        }
    };
    drop(watch);
    if words.show.strict {
        run.insist_on_rfcs();
    }
    if let Some(baseline) = &baseline {
        known::apply(baseline, &mut run, version.as_deref(), &loaded.features, &loaded.catalogue)?;
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

/// Whether a system file is about a SIP/IP core. What cannot be read is complained about later.
pub(super) fn is_core(file: &Path) -> bool {
    SystemUnderTest::read(file).is_ok_and(|text| ThirdPartyCore::is_described_by(&text))
}

/// The places to play in, from the texts of their files.
fn places(file: &Path, loaded: &Loaded, jobs: u16) -> Result<Vec<Place>, Failure> {
    let sut = SystemUnderTest::read(file)?;
    let home = loaded.files.get(home::PATH).unwrap_or_default();
    Ok(Place::several(home, &file.display().to_string(), &sut, jobs)?)
}

/// The same around a SIP/IP core of somebody else.
fn cores(file: &Path, loaded: &Loaded, jobs: u16) -> Result<Vec<CorePlace>, Failure> {
    let core = SystemUnderTest::read(file)?;
    let home = loaded.files.get(home::PATH).unwrap_or_default();
    Ok(CorePlace::several(home, &file.display().to_string(), &core, jobs)?)
}

/// Whether something failed in a case that the baseline does not know.
fn is_news(case: &CaseResult, baseline: Option<&Baseline>, version: Option<&str>) -> bool {
    if case.verdict() < Verdict::Fail {
        return false;
    }
    let mut alone = Run { cases: vec![case.clone()], ..Run::default() };
    if let Some(baseline) = baseline {
        known::mark(baseline, &mut alone, version);
    }
    alone.cases.iter().flat_map(|case| &case.findings).any(|f| !f.is_known() && f.verdict >= Verdict::Fail)
}

/// What a live run could not go on for, in these words.
pub(super) fn failure_of(error: &LiveError, words: String) -> Failure {
    let failure = Failure::new(exit_of(error), words);
    error.hint().into_iter().fold(failure, Failure::hint)
}

fn exit_of(error: &LiveError) -> Exit {
    match error {
        LiveError::Unreachable { .. } | LiveError::Command { .. } => Exit::Unreachable,
        LiveError::Address { .. } | LiveError::Certificates(_) => Exit::Data,
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
