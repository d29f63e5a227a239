//! `imspec diff`: what fails now and did not, what is mended, and what changed in another way.

use crate::cli::args::Diff;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::report::{self, diff};

pub fn run(words: &Diff) -> Result<Exit, Failure> {
    let read = |path| report::read(path).map_err(|error| Failure::new(Exit::Data, error.to_string()));
    let (before, after) = (read(&words.before)?, read(&words.after)?);
    let difference = diff::of(&before, &after);
    if words.json {
        output::print_json(&difference)?;
    } else {
        output::print(&difference.to_string())?;
    }
    Ok(if difference.new.is_empty() { Exit::Passed } else { Exit::Failed })
}
