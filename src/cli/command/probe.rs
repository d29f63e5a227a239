//! `imspec probe`: what a system can do, and where it contradicts its file.

use std::sync::atomic::Ordering;

use super::files;
use super::run::failure_of;
use crate::cli::args::Probe;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{output, runtime, visit};
use crate::report::probe::render;
use crate::script::home::Home;
use crate::script::live::Place;
use crate::script::probe::probe;
use crate::script::sut::SystemUnderTest;

pub fn run(words: Probe) -> Result<Exit, Failure> {
    let home = Home::load(&files(words.tree.features)?)?;
    let file = words.file.display().to_string();
    let sut = SystemUnderTest::parse(&file, &SystemUnderTest::read(&words.file)?)?;
    let place = Place::new(home, sut);
    let runtime = runtime::new()?;
    let stop = runtime::stop_flag(&runtime, "what was found until now follows");
    let options = visit::options(&words.file);
    let found =
        runtime.block_on(probe(&place, &options, &stop)).map_err(|error| failure_of(&error, error.to_string()))?;
    if !found.answered && !stop.load(Ordering::Relaxed) {
        let nothing = Failure::new(Exit::Unreachable, format!("nothing came from {} at {}", found.name, place.sut.sip));
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
