//! Where the files of a run go, and which run was the last one. Knows no report.

use std::fs;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::failure::Failure;

/// Names the folder of the last run, beside the folders of the runs.
const LATEST: &str = "latest";

/// The two folders of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folders {
    pub report: PathBuf,
    pub captures: PathBuf,
    /// Where the name of the run is kept; nowhere if the folders are for this run alone.
    latest: Option<PathBuf>,
}

impl Folders {
    /// The folders of the run called `name`: `reports/<name>` and `captures/<name>` here, or `reports` and `captures` in `out`.
    pub fn of(name: &str, out: Option<&Path>) -> Folders {
        match out {
            Some(out) => Folders { report: out.join("reports"), captures: out.join("captures"), latest: None },
            None => {
                let reports = Path::new("reports");
                Folders {
                    report: reports.join(name),
                    captures: Path::new("captures").join(name),
                    latest: Some(reports.join(LATEST)),
                }
            }
        }
    }

    /// The report folder of the last run, with the same `out`.
    pub fn last(out: Option<&Path>) -> Result<PathBuf, Failure> {
        let none = || Failure::usage("there is no earlier run here").hint("run once without --failed");
        match out {
            Some(out) => Some(out.join("reports")).filter(|dir| dir.is_dir()).ok_or_else(none),
            None => {
                let name = fs::read_to_string(Path::new("reports").join(LATEST)).map_err(|_| none())?;
                // A name, not a path: what stands in the file must not lead elsewhere.
                let name = Path::new(name.trim()).file_name().ok_or_else(none)?;
                Ok(Path::new("reports").join(name))
            }
        }
    }

    /// Notes that this run is the last one.
    pub fn remember(&self) -> Result<(), Failure> {
        let (Some(latest), Some(name)) = (&self.latest, self.report.file_name()) else { return Ok(()) };
        let failure = |e| Failure::new(Exit::Harness, format!("{}: {e}", latest.display()));
        fs::write(latest, format!("{}\n", name.to_string_lossy())).map_err(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_folders_here_or_where_it_is_told() {
        let here = Folders::of("run-seed-1", None);
        assert_eq!(here.report, Path::new("reports/run-seed-1"));
        assert_eq!(here.captures, Path::new("captures/run-seed-1"));
        let there = Folders::of("run-seed-1", Some(Path::new("x")));
        assert_eq!((there.report, there.captures), (PathBuf::from("x/reports"), PathBuf::from("x/captures")));
    }

    #[test]
    fn the_last_run_there_is_the_one_with_the_same_out() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Folders::last(Some(dir.path())).unwrap_err().exit, Exit::Usage);
        fs::create_dir(dir.path().join("reports")).unwrap();
        assert_eq!(Folders::last(Some(dir.path())).unwrap(), dir.path().join("reports"));
    }
}
