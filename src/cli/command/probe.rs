//! `imspec probe`: what a system can do, and where it contradicts its file.

use std::sync::atomic::Ordering;

use super::files;
use super::run::{failure_of, is_core};
use crate::cli::args::Probe;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{output, runtime, visit};
use crate::report::probe::render;
use crate::script::home::Home;
use crate::script::live::{CorePlace, Place};
use crate::script::probe::{probe, probe_core};
use crate::script::sut::{SystemUnderTest, ThirdPartyCore};

pub fn run(words: Probe) -> Result<Exit, Failure> {
    let home = Home::load(&files(words.tree.features)?)?;
    let path = words.file.clone().or_else(|| words.core.clone()).unwrap_or_default();
    let (file, text) = (path.display().to_string(), SystemUnderTest::read(&path)?);
    let runtime = runtime::new()?;
    let stop = runtime::stop_flag(&runtime, "what was found until now follows");
    let (found, at) = if words.core.is_some() || is_core(&path) {
        let place = CorePlace::new(home, ThirdPartyCore::parse(&file, &text)?);
        (runtime.block_on(probe_core(&place, &stop)), place.core.sip)
    } else {
        let place = Place::new(home, SystemUnderTest::parse(&file, &text)?);
        (runtime.block_on(probe(&place, &visit::options(&path), &stop)), place.sut.sip)
    };
    let found = found.map_err(|error| failure_of(&error, error.to_string()))?;
    if !found.answered && !stop.load(Ordering::Relaxed) {
        let nothing = Failure::new(Exit::Unreachable, format!("nothing came from {} at {at}", found.name));
        return Err(nothing.hint(&format!("`imspec doctor {file}` looks for the reason")));
    }
    match words.json {
        true => output::print_json(&found)?,
        false => output::print(&render(&found))?,
    }
    Ok(match (stop.load(Ordering::Relaxed), found.contradictions.is_empty()) {
        (true, _) => Exit::Interrupted,
        (false, false) => Exit::Failed,
        (false, true) => Exit::Passed,
    })
}
