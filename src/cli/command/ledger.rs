//! `imspec ledger`: one line a requirement, with what proves its check, in `reports/ledger.md`.

use std::fs;
use std::path::Path;

use super::{choose, files};
use crate::cli::args::{Choice, Filter, Ledger};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{output, runtime};
use crate::script::ledger;
use crate::script::ledger::Exceptions;
use crate::script::prove::prove;

/// Where the ledger lies, from the folder of the data tree or the current one.
const LEDGER: &str = "reports/ledger.md";

pub fn run(words: Ledger) -> Result<Exit, Failure> {
    let runtime = runtime::new()?;
    let files = files(words.tree.features)?;
    let path = files.root().unwrap_or(Path::new(".")).join(LEDGER);
    let everything = Choice { scenarios: Vec::new(), filter: Filter::default() };
    let loaded = choose(&runtime, files, &everything)?;
    let stop = runtime::stop_flag(&runtime, runtime::REPORTED);
    let proof = prove(&loaded, &stop, &mut |_, _| {})?;
    if proof.interrupted {
        return Ok(Exit::Interrupted);
    }
    let exceptions = Exceptions::load(&loaded.files, &loaded.catalogue)?;
    let checks = loaded.features.checks();
    let ledger = ledger::Ledger { catalogue: &loaded.catalogue, checks, trials: proof.trials, exceptions: &exceptions };
    let needless = ledger.needless_exceptions(&loaded.files);
    if !needless.is_empty() {
        return Err(needless.into());
    }
    let text = ledger.to_markdown();
    let shown = path.display();
    let failure = |error: std::io::Error| Failure::new(Exit::Harness, format!("{shown}: {error}"));
    if !words.check {
        path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, &text)).map_err(failure)?;
        output::print(&format!("{shown} is written\n"))?;
        return Ok(Exit::Passed);
    }
    match difference(&fs::read_to_string(&path).map_err(failure)?, &text) {
        None => {
            output::print(&format!("{shown} is what the tree gives\n"))?;
            Ok(Exit::Passed)
        }
        Some((line, old, new)) => Err(Failure::new(
            Exit::Failed,
            format!("{shown}:{line}: the ledger is out of date\n  has    {old}\n  should {new}"),
        )
        .hint("run `imspec ledger` and commit what changes")),
    }
}

/// The first line that differs, from 1, in both texts.
fn difference<'a>(old: &'a str, new: &'a str) -> Option<(usize, &'a str, &'a str)> {
    let (mut old, mut new) = (old.lines(), new.lines());
    (1..).find_map(|line| match (old.next(), new.next()) {
        (None, None) => Some(None),
        (old, new) if old == new => None,
        (old, new) => Some(Some((line, old.unwrap_or("nothing"), new.unwrap_or("nothing")))),
    })?
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn the_first_difference_is_found() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(difference("a\nb\n", "a\nc\n"), Some((2, "b", "c")));
        assert_eq!(difference("a\n", "a\nc\n"), Some((2, "nothing", "c")));
        assert_eq!(difference("", ""), None);
    }
}
