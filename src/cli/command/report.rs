//! `imspec report`: the files of an earlier run made again from its results, and the report on the terminal.

use crate::cli::args::Report;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::report::{self, json, terminal};

pub fn run(words: &Report) -> Result<Exit, Failure> {
    let run = report::read(&words.path).map_err(|error| {
        Failure::new(Exit::Data, error.to_string()).hint("name a folder below reports/, or a results.json in one")
    })?;
    let dir = if words.path.is_dir() { Some(words.path.as_path()) } else { None };
    if let Some(dir) = dir {
        report::write_all(&run, dir)?;
    }
    if words.json {
        output::print(&json::to_string(&run))?;
    } else {
        output::forgive(terminal::print(&run, terminal::Files { report: dir, captures: None }))?;
    }
    Ok(Exit::Passed)
}
