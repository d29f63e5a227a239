//! What `run` and `judge` share: showing how it goes, then the files, the report and the exit code.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;

use super::args::Show;
use super::exit::Exit;
use super::failure::Failure;
use super::folders::Folders;
use super::output;
use crate::judge::finding::{CaseResult, Run, Verdict};
use crate::report::tally::Tally;
use crate::report::terminal::{self, Progress};
use crate::report::{self, annotations, json, summary};

/// Shows each case as it is done: a line with `--verbose`, else the progress.
pub struct Watch {
    progress: Option<Progress>,
    verbose: bool,
}

impl Watch {
    /// For that many cases.
    pub fn new(show: &Show, cases: usize) -> Watch {
        let progress = (!show.quiet && !show.verbose).then(|| Progress::new(cases));
        Watch { progress, verbose: show.verbose }
    }

    pub fn case(&mut self, case: &CaseResult) {
        if let Some(progress) = &mut self.progress {
            progress.done(case);
        }
        if self.verbose {
            let tally = Tally::of(&case.findings);
            output::say(&format!("{:<14} {}  ({tally})\n", case.verdict().word(), case.address));
        }
    }
}

/// Writes the files of the run, shows its report, and gives its exit code. What cannot be written is shown all the same.
pub fn conclude(run: &Run, folders: &Folders, show: &Show) -> Result<Exit, Failure> {
    let written = report::write_all(run, &folders.report).map_err(Failure::from).and_then(|()| folders.remember());
    let captures = Some(folders.captures.as_path()).filter(|folder| folder.is_dir());
    let files = terminal::Files { report: written.is_ok().then_some(folders.report.as_path()), captures };
    if show.json {
        output::print(&json::to_string(run))?;
    } else if show.quiet {
        output::print(&brief(run))?;
    } else {
        output::forgive(terminal::print(run, files))?;
    }
    if show.ci {
        tell_ci(run)?;
    }
    written.map(|()| Exit::of_run(run, show.strict))
}

/// Annotations, and the summary at the end of the one that the CI server shows.
fn tell_ci(run: &Run) -> Result<(), Failure> {
    output::print(&annotations::to_string(run))?;
    let Some(file) = std::env::var_os(STEP_SUMMARY) else { return Ok(()) };
    let appended = OpenOptions::new().create(true).append(true).open(&file);
    let appended = appended.and_then(|mut file| file.write_all(summary::to_string(run).as_bytes()));
    appended.map_err(|e| Failure::new(Exit::Harness, format!("{}: {e}", file.display())))
}

/// Names the file that GitHub shows as the summary of a step.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// What failed and is no news, one line each, and the counts.
fn brief(run: &Run) -> String {
    let mut text = String::new();
    let findings = run.cases.iter().flat_map(|case| &case.findings);
    // Writing to a String cannot fail.
    for finding in findings.filter(|f| !f.is_known() && matches!(f.verdict, Verdict::Fail | Verdict::Error)) {
        let _ = writeln!(text, "{} {}", finding.verdict.word(), finding.id);
    }
    let cases = if run.cases.len() == 1 { "case" } else { "cases" };
    let _ = writeln!(text, "{} {cases}: {}", run.cases.len(), Tally::of_run(run));
    text
}
