//! Stands in for the engine that plays defects, until it is there.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use crate::script::diagnostic::Diagnostic;
use crate::script::ledger::Trial;
use crate::script::load::Loaded;

pub struct Proof {
    pub defects: usize,
    pub trials: BTreeMap<String, Vec<Trial>>,
    pub missed: Vec<String>,
    pub overreached: Vec<String>,
}

pub fn prove(_: &Loaded, _: &AtomicBool) -> Result<Proof, Vec<Diagnostic>> {
    Ok(Proof { defects: 0, trials: BTreeMap::new(), missed: Vec::new(), overreached: Vec::new() })
}
