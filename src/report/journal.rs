//! What a run that takes its time has on disk while it goes on: a line of results a case, so that a process that is killed
//! loses none of what was finished. Decides nothing, and is gone when the whole results are written.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::json;
use super::write::{Cause, Error};
use crate::judge::finding::{CaseResult, Run};

/// Its name in the folder of a report.
const NAME: &str = "unfinished.jsonl";

/// The journal of a run that goes on.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// The run without its cases.
    run: Run,
}

impl Journal {
    /// Begins one in the folder of the report, which is made where it is missing; one that an earlier run left there is
    /// begun anew. `run` tells what the run is about.
    pub fn begin(dir: &Path, run: Run) -> Result<Journal, Error> {
        let path = dir.join(NAME);
        let opened = fs::create_dir_all(dir)
            .and_then(|()| OpenOptions::new().create(true).write(true).truncate(true).open(&path));
        match opened {
            Ok(file) => Ok(Journal { path, file, run }),
            Err(error) => Err(Error { path, cause: Cause::Io(error) }),
        }
    }

    /// Adds a case that is finished.
    pub fn add(&mut self, case: &CaseResult) -> Result<(), Error> {
        let run = Run { cases: vec![case.clone()], ..self.run.clone() };
        let written = self.file.write_all(json::to_line(&run).as_bytes());
        written.map_err(|error| Error { path: self.path.clone(), cause: Cause::Io(error) })
    }
}

/// The run that a journal in this folder is about: what was finished of it, marked as interrupted. Nothing where there is
/// no journal, or nothing was finished; a line that was not written to its end counts for nothing.
pub(super) fn read(dir: &Path) -> Result<Option<Run>, Error> {
    let path = dir.join(NAME);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error { path, cause: Cause::Io(error) }),
    };
    let mut whole: Option<Run> = None;
    for line in text.split_inclusive(|octet| *octet == b'\n').filter(|line| line.ends_with(b"\n")) {
        let part = json::read(line).map_err(|error| Error { path: path.clone(), cause: Cause::Json(error) })?;
        match &mut whole {
            None => whole = Some(Run { interrupted: true, ..part }),
            Some(run) => run.cases.extend(part.cases),
        }
    }
    Ok(whole)
}

/// Takes the journal of this folder away: the results are written whole.
pub(super) fn end(dir: &Path) -> Result<(), Error> {
    let path = dir.join(NAME);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error { path, cause: Cause::Io(error) }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(address: &str) -> CaseResult {
        CaseResult { address: address.to_owned(), ..CaseResult::default() }
    }

    #[test]
    fn what_was_finished_is_there_and_a_line_that_was_cut_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("reports");
        assert_eq!(read(&folder).unwrap(), None);
        let mut journal = Journal::begin(&folder, Run { stage: "live".to_owned(), seed: 7, ..Run::default() }).unwrap();
        assert_eq!(read(&folder).unwrap(), None, "nothing is finished");
        journal.add(&case("im/1/a")).unwrap();
        journal.add(&case("im/1/b\u{1b}[31m")).unwrap();
        let path = folder.join(NAME);
        let text = fs::read(&path).unwrap();
        assert!(!text.contains(&0x1b));
        for cut in [0, 1, 50] {
            fs::write(&path, &text[..text.len() - cut]).unwrap();
            let run = read(&folder).unwrap().unwrap();
            assert_eq!((run.stage.as_str(), run.seed, run.interrupted), ("live", 7, true));
            assert_eq!(run.cases.len(), if cut == 0 { 2 } else { 1 });
        }
        fs::write(&path, b"{}\n").unwrap();
        assert!(read(&folder).unwrap_err().to_string().contains(NAME));
        end(&folder).unwrap();
        end(&folder).unwrap();
        assert_eq!(read(&folder).unwrap(), None);
    }
}
