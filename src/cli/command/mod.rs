//! The commands, one file each: from their words to a call of the floor below, and its result to stdout.

mod explain;
mod ladder;
mod lint;
mod list;
mod report;

use std::path::PathBuf;

use clap::CommandFactory as _;

use super::args::{Cli, Command};
use super::exit::Exit;
use super::failure::Failure;
use super::output;
use crate::script::feature::{Features, Selection};
use crate::script::files::Files;

/// Carries the command out.
pub fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List(words) => list::run(&words),
        Command::Explain(words) => explain::run(words),
        Command::Lint(words) => lint::run(words),
        Command::Report(words) => report::run(&words),
        Command::Ladder(words) => ladder::run(&words),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "imspec", &mut script);
            output::print(&String::from_utf8_lossy(&script))?;
            Ok(Exit::Passed)
        }
    }
}

/// The data tree that the command line names.
fn files(features: Option<PathBuf>) -> Result<Files, Failure> {
    let named = features.is_some();
    Files::discover(features).map_err(|diagnostic| {
        let hint = named.then(|| "--features names the folder that holds features/ and scenarios/".to_owned());
        Failure::from(diagnostic.maybe_hint(hint))
    })
}

/// Complains about addresses that no scenario has; they are slips of the command line.
fn known(selection: &Selection, features: &Features) -> Result<(), Failure> {
    let unknown = selection.unknown(features.cases().iter().map(|case| case.address.as_str()));
    match unknown.as_slice() {
        [] => Ok(()),
        _ => Err(Failure::all(Exit::Usage, unknown).hint("`imspec list` shows all addresses")),
    }
}
