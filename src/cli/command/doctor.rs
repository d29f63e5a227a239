//! `imspec doctor`: what stands in the way of playing with a system, a line each.

use std::path::Path;

use super::files;
use super::run::is_core;
use crate::cli::args::Doctor;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::folders::Folders;
use crate::cli::{output, runtime, visit};
use crate::report::doctor::line;
use crate::script::doctor::{Cause, Item, Patient, Source, Standing, examine};
use crate::script::home;
use crate::script::sut::SystemUnderTest;

pub fn run(words: Doctor) -> Result<Exit, Failure> {
    let home = files(words.tree.features)?.get(home::PATH).unwrap_or_default().to_owned();
    // What plays the core is one, whichever way its file is named.
    let (file, core) = match words.file {
        Some(file) if words.core.is_none() && is_core(&file) => (None, Some(file)),
        file => (file, words.core),
    };
    let first = file.clone().or_else(|| core.clone()).unwrap_or_default();
    let stem = first.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let folders = Folders::of(&format!("live-{stem}"), words.out.as_deref());
    let patient = Patient {
        home,
        system: file.as_deref().map(source),
        core: core.as_deref().map(source),
        folders: vec![folders.report, folders.captures],
    };
    let runtime = runtime::new()?;
    let stop = runtime::stop_flag(&runtime, "what was found until now is all");
    let options = visit::options(&first);
    let (mut items, mut shown) = (Vec::new(), Ok(()));
    let mut tell = |item: Item| {
        if !words.json && shown.is_ok() {
            shown = output::print(&line(&item));
        }
        items.push(item);
    };
    runtime.block_on(examine(&patient, &options, &stop, &mut tell));
    shown?;
    if words.json {
        output::print_json(&items)?;
    } else if !stop.load(std::sync::atomic::Ordering::Relaxed) {
        output::print(&conclusion(&items, file.as_deref(), core.as_deref()))?;
    }
    match stop.load(std::sync::atomic::Ordering::Relaxed) {
        true => Ok(Exit::Interrupted),
        false => Ok(exit_of(&items)),
    }
}

/// The gravest cause decides: a file that is wrong, what this machine lacks, the system.
fn exit_of(items: &[Item]) -> Exit {
    match items.iter().filter_map(|item| item.cause).max() {
        Some(Cause::File) => Exit::Data,
        Some(Cause::Ours) => Exit::Harness,
        Some(Cause::System) => Exit::Unreachable,
        None if items.iter().any(|item| item.standing == Standing::Warning) => Exit::Inconclusive,
        None => Exit::Passed,
    }
}

fn source(file: &Path) -> Source {
    Source { file: file.display().to_string(), text: SystemUnderTest::read(file) }
}

fn conclusion(items: &[Item], file: Option<&Path>, core: Option<&Path>) -> String {
    let words = [("--sut", file), ("--core", core)].into_iter();
    let words = words.filter_map(|(word, file)| Some(format!(" {word} {}", file?.display())));
    let run = format!("imspec run{}", words.collect::<String>());
    let count = |standing| items.iter().filter(|item| item.standing == standing).count();
    match (count(Standing::Wrong), count(Standing::Warning)) {
        (0, 0) => format!("all is well: {run}\n"),
        (0, warnings) => format!("{warnings} to look at; it can be played with: {run}\n"),
        (wrong, _) => format!("{wrong} to mend first\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_cause_decides() {
        let item = |standing, cause| Item { what: "x", standing, said: String::new(), hint: None, cause };
        let wrong = |cause| item(Standing::Wrong, Some(cause));
        let well = || item(Standing::Ok, None);
        for (items, expected) in [
            (vec![well(), item(Standing::CannotTell, None)], Exit::Passed),
            (vec![well(), item(Standing::Warning, None)], Exit::Inconclusive),
            (vec![item(Standing::Warning, None), wrong(Cause::System)], Exit::Unreachable),
            (vec![wrong(Cause::System), wrong(Cause::Ours)], Exit::Harness),
            (vec![wrong(Cause::Ours), wrong(Cause::File), wrong(Cause::System)], Exit::Data),
        ] {
            assert_eq!(exit_of(&items), expected, "{items:?}");
        }
    }
}
