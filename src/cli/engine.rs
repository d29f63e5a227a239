//! Stands in for the engines that play and prove, until they are there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use crate::judge::finding::{CaseResult, Run};
use crate::net::capture::Format;
use crate::script::diagnostic::Diagnostic;
use crate::script::home::Home;
use crate::script::ledger::Trial;
use crate::script::load::Loaded;
use crate::script::plan::Plan;

#[derive(Clone, Debug, Default)]
pub struct Options {
    pub seed: u64,
    pub captures: Option<PathBuf>,
    pub format: Format,
    pub strict: bool,
}

pub struct Proof {
    pub defects: usize,
    pub trials: BTreeMap<String, Vec<Trial>>,
    pub missed: Vec<String>,
    pub overreached: Vec<String>,
}

pub fn simulate(
    _: &[Plan],
    _: &Home,
    options: &Options,
    _: &AtomicBool,
    _: &mut dyn FnMut(&CaseResult),
) -> Result<Run, String> {
    Err(format!("nothing plays scenarios yet ({options:?})"))
}

pub fn prove(_: &Loaded, _: &AtomicBool) -> Result<Proof, Vec<Diagnostic>> {
    Ok(Proof { defects: 0, trials: BTreeMap::new(), missed: Vec::new(), overreached: Vec::new() })
}
