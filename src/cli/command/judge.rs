//! `imspec judge`: judges captures from anywhere.

use super::{choose, files};
use crate::cli::args::{Choice, Judge};
use crate::cli::conclude::{Watch, conclude};
use crate::cli::engine::{self, Options};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::folders::Folders;
use crate::cli::runtime;

pub fn run(words: Judge) -> Result<Exit, Failure> {
    let runtime = runtime::new()?;
    let choice = Choice { scenarios: words.scenarios, filter: words.filter };
    let loaded = choose(&runtime, files(words.tree.features)?, &choice)?;
    let stem = words.captures.first().and_then(|file| file.file_stem()).unwrap_or_default();
    let folders = Folders::of(&format!("judge-{}", stem.to_string_lossy()), words.show.out.as_deref());
    let mut watch = Watch::new(&words.show, loaded.plans.len());
    let options = Options { strict: words.show.strict, ..Options::default() };
    let stop = runtime::stop_flag(&runtime);
    let judged = engine::judge(&loaded.plans, &words.captures, &options, &stop, &mut |case| watch.case(&case));
    drop(watch);
    let mut run = judged.map_err(|error| Failure::new(Exit::Data, error.to_string()))?;
    run.profile = choice.filter.profile.map_or("all", |profile| profile.spec()).to_owned();
    conclude(&run, &folders, &words.show)
}
