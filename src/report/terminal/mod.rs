//! The report on a terminal: a table by subclause, each failure, where the files lie, and one line that sums up.
//!
//! Styled text is always made; `anstream` takes the colours off where nobody wants them.

mod finding;
mod progress;
pub(super) mod style;
mod table;

pub use progress::Progress;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use self::style::{BOLD, DIM, paint, word};
use super::tally::Tally;
use super::text::visible;
use crate::judge::finding::{CaseResult, Finding, Run, Verdict};

/// Columns where nothing is known of the terminal, as when piped.
const PIPED: usize = 100;
/// Narrower terminals are taken as that wide.
const NARROWEST: usize = 60;
/// Wider lines are hard to read.
const WIDEST: usize = 160;
/// Failures beyond these are counted, not shown.
const MOST_FINDINGS: usize = 100;

/// Where the files of a run lie.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files<'a> {
    pub report: Option<&'a Path>,
    pub captures: Option<&'a Path>,
}

/// Prints the report on stdout. Errors: those of stdout, a closed pipe for instance.
pub fn print(run: &Run, files: Files<'_>) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(render(run, files, width()).as_bytes())?;
    out.flush()
}

/// The report for `width` columns, with ANSI styles.
pub fn render(run: &Run, files: Files<'_>, width: usize) -> String {
    let mut text = String::new();
    if !run.cases.is_empty() {
        text.push_str(&table::render(run, width));
        text.push('\n');
    }
    let new = |verdict: Verdict| move |f: &Finding| f.verdict == verdict && !f.is_known();
    section(&mut text, run, "Known", &Finding::is_known, &|_, finding| finding::known(finding, width));
    section(&mut text, run, "Inconclusive", &new(Verdict::Inconclusive), &|_, finding| finding::line(finding, width));
    section(&mut text, run, "Warnings", &new(Verdict::Warning), &|_, finding| finding::short(finding, width));
    section(&mut text, run, "Flaky", &new(Verdict::Flaky), &|_, finding| finding::line(finding, width));
    let full = |case: &CaseResult, finding: &Finding| finding::full(case, finding, width);
    section(&mut text, run, "Errors of imspec", &new(Verdict::Error), &full);
    section(&mut text, run, "Failures", &new(Verdict::Fail), &full);
    sentences(&mut text, "The baseline is stale", &run.stale);
    sentences(&mut text, "What the system claims and what it shows differ", &run.contradictions);
    foot(&mut text, run, files);
    text
}

/// The columns of the terminal that stdout is.
pub fn width() -> usize {
    terminal_size::terminal_size().map_or(PIPED, |(width, _)| usize::from(width.0).clamp(NARROWEST, WIDEST))
}

fn section(
    text: &mut String,
    run: &Run,
    title: &str,
    wanted: &dyn Fn(&Finding) -> bool,
    show: &dyn Fn(&CaseResult, &Finding) -> String,
) {
    let all = run.cases.iter().flat_map(|case| case.findings.iter().map(move |finding| (case, finding)));
    let mut count = 0;
    for (case, finding) in all.filter(|(_, finding)| wanted(finding)) {
        if count == 0 {
            let _ = writeln!(text, "{}\n", paint(BOLD, title));
        }
        count += 1;
        if count <= MOST_FINDINGS {
            text.push_str(&show(case, finding));
        }
    }
    if count > MOST_FINDINGS {
        let _ = writeln!(text, "  and {} more: see report.html", count - MOST_FINDINGS);
    }
    if count > 0 && !text.ends_with("\n\n") {
        text.push('\n');
    }
}

/// Sentences below a heading, where there are any.
fn sentences(text: &mut String, heading: &str, sentences: &[String]) {
    if sentences.is_empty() {
        return;
    }
    let _ = writeln!(text, "{}\n", paint(BOLD, heading));
    for sentence in sentences.iter().take(MOST_FINDINGS) {
        let _ = writeln!(text, "  {}", visible(sentence));
    }
    text.push('\n');
}

fn foot(text: &mut String, run: &Run, files: Files<'_>) {
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{} {}", paint(DIM, &format!("{name:<9}")), visible(value));
    };
    line("run", &format!("{}, seed {}, profile {}", run.stage, run.seed, run.profile));
    run.subject.iter().for_each(|subject| line("judged", subject));
    for (name, path) in [("report", files.report), ("captures", files.captures)] {
        if let Some(path) = path {
            line(name, &path.display().to_string());
        }
    }
    if run.interrupted {
        let _ = writeln!(text, "{}", paint(style::of(Verdict::Warning), "interrupted: cases are missing"));
    }
    if run.not_played > 0 {
        let words = format!("ended at the first failure: {} were not played", cases(run.not_played));
        let _ = writeln!(text, "{}", paint(style::of(Verdict::Warning), &words));
    }
    let tally = Tally::of_run(run);
    let counts: Vec<String> = tally.each().filter(|(_, n)| *n > 0).map(|(v, n)| format!("{n} {}", word(v))).collect();
    let counts = if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") };
    let known = run.cases.iter().flat_map(|case| &case.findings).filter(|f| f.is_known()).count();
    let known = if known > 0 { format!(" ({known} of them known)") } else { String::new() };
    let _ = writeln!(text, "{}: {counts}{known}", cases(run.cases.len()));
}

fn cases(count: usize) -> String {
    format!("{count} {}", if count == 1 { "case" } else { "cases" })
}
