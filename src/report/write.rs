//! A run's report folder: all files written, each whole or not at all; and read back.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::{fs, process};

use super::{html, journal, json, junit, summary};
use crate::judge::finding::Run;

/// The file that everything else can be made from again.
const RESULTS: &str = "results.json";
/// Larger files of results are not read.
const LARGEST: u64 = 1 << 30;

/// What went wrong with which file.
#[derive(Debug)]
pub struct Error {
    pub path: PathBuf,
    pub cause: Cause,
}

#[derive(Debug)]
pub enum Cause {
    Io(io::Error),
    /// Longer than a gibibyte.
    TooLarge(u64),
    /// The file is not what `imspec` writes.
    Json(json::Error),
    /// A report could not be put into its format.
    Format(String),
}

/// Writes `results.json`, `report.html`, `junit.xml` and `summary.md` into `dir`, which is made where it is missing.
/// A file of the last run stays until the new one is whole.
pub fn write_all(run: &Run, dir: &Path) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(|e| Error { path: dir.to_owned(), cause: Cause::Io(e) })?;
    let format = |name: &str, e: String| Error { path: dir.join(name), cause: Cause::Format(e) };
    // The results first: should another report fail, it can be made again from them.
    replace(&dir.join(RESULTS), &json::to_string(run))?;
    journal::end(dir)?;
    replace(&dir.join("summary.md"), &summary::to_string(run))?;
    let junit = junit::to_string(run).map_err(|e| format("junit.xml", e.to_string()))?;
    replace(&dir.join("junit.xml"), &junit)?;
    let html = html::to_string(run).map_err(|e| format("report.html", e.to_string()))?;
    replace(&dir.join("report.html"), &html)
}

/// The run of a report folder, from its `results.json`; a path to such a file works too. Where the last run there was
/// killed, what it had finished.
pub fn read(path: &Path) -> Result<Run, Error> {
    if path.is_dir()
        && let Some(run) = journal::read(path)?
    {
        return Ok(run);
    }
    let path = if path.is_dir() { path.join(RESULTS) } else { path.to_owned() };
    let error = |cause| Error { path: path.clone(), cause };
    let size = fs::metadata(&path).map_err(|e| error(Cause::Io(e)))?.len();
    if size > LARGEST {
        return Err(error(Cause::TooLarge(size)));
    }
    let text = fs::read(&path).map_err(|e| error(Cause::Io(e)))?;
    json::read(&text).map_err(|e| error(Cause::Json(e)))
}

/// Writes beside the file and renames, so that nothing half-written passes as whole.
fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", process::id()));
    let part = PathBuf::from(part);
    let written = fs::write(&part, text).and_then(|()| fs::rename(&part, path));
    written.map_err(|e| {
        // The first error is the one to tell; the rest of a broken file may not even be there.
        let _ = fs::remove_file(&part);
        Error { path: path.to_owned(), cause: Cause::Io(e) }
    })
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.cause {
            Cause::Io(e) => write!(f, "{path}: {e}"),
            Cause::TooLarge(size) => write!(f, "{path}: {size} octets are too many for results"),
            Cause::Json(e) => write!(f, "{path}: {e}"),
            Cause::Format(e) => write!(f, "{path}: cannot be made: {e}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Cause::Io(e) => Some(e),
            Cause::Json(e) => Some(e),
            Cause::TooLarge(_) | Cause::Format(_) => None,
        }
    }
}
