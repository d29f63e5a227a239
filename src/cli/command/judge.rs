//! `imspec judge`: judges captures from anywhere.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use super::{choose, files};
use crate::cli::args::{Choice, Judge};
use crate::cli::conclude::{Watch, conclude};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::folders::Folders;
use crate::cli::{known, output, runtime};
use crate::judge::finding::Verdict;
use crate::script::baseline::Baseline;
use crate::script::recognise::{Judgement, Options, judge};

pub fn run(words: Judge) -> Result<Exit, Failure> {
    let runtime = runtime::new()?;
    let choice = Choice { scenarios: words.scenarios, filter: words.filter };
    let loaded = choose(&runtime, files(words.tree.features)?, &choice)?;
    let folders = Folders::of(&name(&words.captures), words.show.out.as_deref());
    let stop = runtime::stop_flag(&runtime, runtime::REPORTED);
    let secrets = words.keylog.as_deref().map(keys).transpose()?.unwrap_or_default();
    let options = Options { known: words.network.known(), secrets, stop, ..Options::default() };
    let mut watch = Watch::new(&words.show, loaded.plans.len());
    let judged = judge(&loaded.plans, &words.captures, &options, &mut |case| watch.case(case));
    drop(watch);
    let Judgement { mut run, episodes, packets, sealed, unread, errors, left_out } =
        judged.map_err(|error| Failure::new(Exit::Data, error.to_string()))?;
    if words.show.strict {
        run.insist_on_rfcs();
    }
    if let Some(file) = known::file(words.show.baseline.as_deref(), None) {
        known::apply(&Baseline::load(&file)?, &mut run, None, &loaded.features, &loaded.catalogue)?;
    }
    run.profile = choice.filter.profile_name().to_owned();
    let exit = conclude(&run, &folders, &words.show)?;
    if !words.show.quiet {
        output::say(&format!("{packets} packets in {episodes} calls, transactions and sessions\n"));
    }
    if unread > 0 {
        output::say(&format!(
            "{unread} of {sealed} connections are sealed by TLS and could not be read: their secrets are missing, or something was lost; \
             --keylog FILE takes what SSLKEYLOGFILE gave\n"
        ));
    }
    if run.cases.iter().all(|case| case.verdict() == Verdict::NotExercised) {
        output::say("nothing that a scenario is about happens there; `imspec ladder FILE` shows what does\n");
    }
    if left_out > 0 {
        output::say(&format!("{left_out} more results are not in the report: there are too many\n"));
    }
    match (exit, errors.as_slice()) {
        (_, []) => Ok(exit),
        (Exit::Passed | Exit::Inconclusive, _) => Err(incomplete(Exit::Data, &errors)),
        // What is broken weighs more than what is missing.
        (exit, _) => Err(incomplete(exit, &errors)),
    }
}

/// The secrets in a file of the user's.
fn keys(path: &Path) -> Result<String, Failure> {
    let wrong = |error| Failure::new(Exit::Data, format!("{}: {error}", path.display()));
    let octets = std::fs::read(path).map_err(wrong)?;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

/// Names the run after its first capture; the number tells captures apart that are called the same but lie elsewhere.
fn name(captures: &[PathBuf]) -> String {
    let stem = captures.first().and_then(|file| file.file_stem()).unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    for file in captures {
        std::path::absolute(file).unwrap_or_else(|_| file.clone()).hash(&mut hasher);
    }
    format!("judge-{}-{:08x}", stem.to_string_lossy(), hasher.finish() as u32)
}

/// Says which captures could not be read to their end.
fn incomplete(exit: Exit, errors: &[impl ToString]) -> Failure {
    Failure::all(exit, errors.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_that_are_called_the_same_have_folders_of_their_own() {
        let named = |files: &[&str]| name(&files.iter().map(PathBuf::from).collect::<Vec<_>>());
        let one = named(&["a/x.pcap"]);
        assert!(one.starts_with("judge-x-"), "{one}");
        assert_eq!(one, named(&["./a/x.pcap"]));
        for others in [&["b/x.pcap"][..], &["a/x.pcapng"], &["a/x.pcap", "b/x.pcap"]] {
            assert_ne!(one, named(others), "{others:?}");
        }
    }
}
