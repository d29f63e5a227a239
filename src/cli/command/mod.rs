//! The commands, one file each: from their words to a call of the floor below, and its result to stdout.

mod baseline;
mod client;
mod diff;
mod doctor;
mod explain;
mod init;
mod judge;
mod ladder;
mod ledger;
mod lint;
mod list;
mod probe;
mod prove;
mod report;
mod run;
mod serve;
mod server;
mod solo;
mod tls;

use std::path::PathBuf;

use clap::CommandFactory as _;
use tokio::runtime::Runtime;

use super::args::{Choice, Cli, Command};
use super::exit::Exit;
use super::failure::Failure;
use super::output;
use crate::script::feature::{Features, Selection};
use crate::script::files::Files;
use crate::script::load::{Loaded, load};

/// Carries the command out.
pub fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(words) => run::run(words),
        Command::Judge(words) => judge::run(words),
        Command::Prove(words) => prove::run(words),
        Command::Ledger(words) => ledger::run(words),
        Command::List(words) => list::run(&words),
        Command::Explain(words) => explain::run(words),
        Command::Lint(words) => lint::run(words),
        Command::Report(words) => report::run(&words),
        Command::Baseline { action } => baseline::run(action),
        Command::Doctor(words) => doctor::run(words),
        Command::Probe(words) => probe::run(words),
        Command::Init(words) => init::run(&words),
        Command::Diff(words) => diff::run(&words),
        Command::Serve(words) => serve::run(words),
        Command::Ladder(words) => ladder::run(&words),
        Command::Client(words) => client::run(words),
        Command::Server(words) => server::run(words),
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

/// Reads the data tree and lowers the scenarios that are chosen; to choose none is a slip, but for a shard.
fn choose(runtime: &Runtime, files: Files, choice: &Choice) -> Result<Loaded, Failure> {
    let selection = choice.selection()?;
    let mut loaded = runtime.block_on(load(files, &selection))?;
    known(&selection, &loaded.features)?;
    if let Some(profile) = choice.filter.profile {
        loaded.plans.retain(|plan| profile.covers(&plan.case.spec));
    }
    if loaded.plans.is_empty() && choice.filter.shard.is_none() {
        return Err(Failure::usage("no scenario is chosen").hint("`imspec list` with the same options shows what is"));
    }
    Ok(loaded)
}
