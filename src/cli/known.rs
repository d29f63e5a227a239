//! Holds the results of a run against a baseline: the file, the day and the tree of features brought together.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::failure::Failure;
use crate::judge::finding::Run;
use crate::script::baseline::{Baseline, Day, Entry};
use crate::script::catalogue::Catalogue;
use crate::script::feature::Features;
use crate::script::live::CONDUCT;

/// The baseline that the command line names, or that lies beside the system file.
pub fn file(named: Option<&Path>, sut: Option<&Path>) -> Option<PathBuf> {
    let beside = || sut.map(|sut| sut.with_extension("baseline.yaml")).filter(|file| file.is_file());
    named.map(Path::to_owned).or_else(beside)
}

/// Marks what the baseline knows of the run, and notes what of the baseline no longer holds.
pub fn apply(
    baseline: &Baseline,
    run: &mut Run,
    version: Option<&str>,
    features: &Features,
    catalogue: &Catalogue,
) -> Result<(), Failure> {
    let known = |entry: &Entry| {
        let cases = features.cases().iter().map(|case| case.address.as_str());
        // The id of a finding names its requirement behind the address of its case.
        let case = entry.matches.split('#').next().unwrap_or_default();
        let of_case = Entry { matches: case.to_owned(), ..entry.clone() };
        cases.into_iter().any(|address| of_case.fits(address, ""))
            || catalogue.entries().any(|requirement| entry.fits("", &requirement.id))
            || CONDUCT.iter().any(|name| entry.fits("", name))
    };
    let standing = baseline.apply(run, version, today(), &known);
    run.stale = standing.stale;
    Ok(())
}

/// Marks what the baseline knows of a part of a run.
pub fn mark(baseline: &Baseline, part: &mut Run, version: Option<&str>) {
    baseline.apply(part, version, today(), &|_| true);
}

fn today() -> Day {
    // A clock before 1970 is wrong enough to take the first day for it.
    Day::of_unix(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs()))
}
