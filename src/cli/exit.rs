//! The exit codes, all of them and nowhere else, and how a run comes to its own. Knows no command.

use std::process::ExitCode;

use crate::judge::finding::{Run, Verdict};

/// Why the process ends. The number is never a count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Nothing failed, and everything asked for could be decided.
    Passed = 0,
    /// A SHALL or MUST is broken; `prove` met a defect that no check catches; `ledger --check` met another ledger.
    Failed = 1,
    /// Nothing new failed, but something known to fail passed, or the baseline is out of date in another way.
    Stale = 2,
    /// Nothing failed, but something could not be decided, or nothing was there to decide.
    Inconclusive = 3,
    /// imspec itself went wrong, or could not read or write what it needs.
    Harness = 4,
    /// The command line makes no sense.
    Usage = 64,
    /// What was given to read is wrong: features, requirements, scenarios, captures, results.
    Data = 65,
    /// The system under test is not there, or its programs cannot be started.
    Unreachable = 69,
    /// Ctrl-C, or SIGTERM. What ran until then is reported.
    Interrupted = 130,
}

impl Exit {
    /// The code of a run: the gravest of its verdicts decides, but for those that the baseline knows. `strict` has
    /// warnings fail too, and what is flaky.
    pub fn of_run(run: &Run, strict: bool) -> Exit {
        let news = || run.cases.iter().flat_map(|case| &case.findings).filter(|finding| !finding.is_known());
        let gravest = news().map(|finding| finding.verdict).max();
        let warned = news().any(|finding| matches!(finding.verdict, Verdict::Warning | Verdict::Flaky));
        let all = run.cases.iter().flat_map(|case| &case.findings);
        let decided = all
            .filter(|f| f.is_known() || matches!(f.verdict, Verdict::Pass | Verdict::Warning | Verdict::Flaky))
            .count()
            > 0;
        match gravest {
            _ if run.interrupted => Exit::Interrupted,
            Some(Verdict::Error) => Exit::Harness,
            Some(Verdict::Fail) => Exit::Failed,
            _ if strict && warned => Exit::Failed,
            _ if !run.stale.is_empty() => Exit::Stale,
            Some(Verdict::Inconclusive) => Exit::Inconclusive,
            _ if !decided => Exit::Inconclusive,
            _ => Exit::Passed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::finding::{CaseResult, Finding};

    fn finding(verdict: Verdict) -> Finding {
        Finding { verdict, ..Finding::default() }
    }

    fn run(verdicts: &[Verdict]) -> Run {
        let findings = verdicts.iter().map(|&verdict| finding(verdict)).collect();
        Run { cases: vec![CaseResult { findings, ..CaseResult::default() }], ..Run::default() }
    }

    #[test]
    fn the_gravest_verdict_decides() {
        use Verdict::*;
        for (verdicts, expected) in [
            (&[Pass, Warning, Flaky, NotApplicable, NotExercised][..], Exit::Passed),
            (&[Flaky, Inconclusive], Exit::Inconclusive),
            (&[Pass, Fail, Inconclusive], Exit::Failed),
            (&[Pass, Inconclusive], Exit::Inconclusive),
            (&[NotExercised, NotApplicable], Exit::Inconclusive),
            (&[], Exit::Inconclusive),
            (&[Fail, Error], Exit::Harness),
        ] {
            assert_eq!(Exit::of_run(&run(verdicts), false), expected, "{verdicts:?}");
        }
        assert_eq!(Exit::of_run(&run(&[Pass, Warning, Inconclusive]), true), Exit::Failed);
        assert_eq!(Exit::of_run(&run(&[Pass, Flaky]), true), Exit::Failed);
        assert_eq!(Exit::of_run(&run(&[Pass]), true), Exit::Passed);
        let mut known = run(&[Pass, Fail]);
        known.cases[0].findings[1].known = Some("a reason".to_owned());
        assert_eq!(Exit::of_run(&known, true), Exit::Passed);
        known.stale.push("x: expired".to_owned());
        assert_eq!(Exit::of_run(&known, false), Exit::Stale);
        known.cases[0].findings.push(finding(Fail));
        assert_eq!(Exit::of_run(&known, false), Exit::Failed);
        let interrupted = Run { interrupted: true, ..run(&[Fail]) };
        assert_eq!(Exit::of_run(&interrupted, false), Exit::Interrupted);
        assert_eq!(Exit::of_run(&Run::default(), false), Exit::Inconclusive);
    }
}
