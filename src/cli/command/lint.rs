//! `imspec lint`: everything that is wrong with features, requirements and scenarios, found without playing them.

use super::files;
use crate::cli::args::Lint;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{output, runtime};
use crate::script::defect;
use crate::script::diagnostic::Diagnostic;
use crate::script::feature::Selection;
use crate::script::files::Files;
use crate::script::ledger::Exceptions;
use crate::script::load::load;

pub fn run(words: Lint) -> Result<Exit, Failure> {
    let files = files(words.tree.features)?;
    let (wrong, sound) = lint(files)?;
    if words.json {
        output::print_json(&wrong)?;
        return Ok(if wrong.is_empty() { Exit::Passed } else { Exit::Data });
    }
    if !wrong.is_empty() {
        return Err(Failure::from(wrong));
    }
    output::print(&sound)?;
    Ok(Exit::Passed)
}

/// What is wrong, and the sentence to say where nothing is.
fn lint(files: Files) -> Result<(Vec<Diagnostic>, String), Failure> {
    let loaded = match runtime::new()?.block_on(load(files, &Selection::default())) {
        Ok(loaded) => loaded,
        Err(wrong) => return Ok((wrong, String::new())),
    };
    let mut wrong = Exceptions::load(&loaded.files, &loaded.catalogue).err().unwrap_or_default();
    wrong.extend(defect::load(&loaded.files, &loaded.catalogue, &loaded.features).err().unwrap_or_default());
    let checks: usize = loaded.plans.iter().flat_map(|plan| &plan.checks).map(|check| check.rows.len()).sum();
    let (scenarios, requirements) = (loaded.plans.len(), loaded.catalogue.entries().count());
    Ok((
        wrong,
        format!("{scenarios} scenarios with {checks} checks of {requirements} requirements: nothing is wrong\n"),
    ))
}
