//! The progress of a run, on stderr and only where that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::judge::finding::CaseResult;
use crate::report::tally::Tally;
use crate::report::text::visible;

/// One line that counts cases and verdicts; gone when dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    tally: Tally,
}

impl Progress {
    /// For a run of that many cases.
    pub fn new(cases: usize) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(cases as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:24.green/dim} {pos}/{len} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Progress { bar, tally: Tally::default() }
    }

    /// A case is done.
    pub fn done(&mut self, case: &CaseResult) {
        case.findings.iter().for_each(|finding| self.tally.add(finding.verdict));
        self.bar.set_message(format!("{}  {}", self.tally, visible(&case.address)));
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
