//! `imspec explain`: all that is known of a requirement.

use super::files;
use crate::cli::args::Explain;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::script::catalogue::Catalogue;
use crate::script::explain::explain;
use crate::script::feature::Features;

pub fn run(words: Explain) -> Result<Exit, Failure> {
    let files = files(words.tree.features)?;
    let catalogue = Catalogue::load(&files)?;
    let checks = Features::load(&files)?.checks();
    let explanation = explain(&catalogue, &checks, &words.id).map_err(Failure::usage)?;
    match words.json {
        true => output::print_json(&explanation)?,
        false => output::print(&explanation.to_string())?,
    }
    Ok(Exit::Passed)
}
