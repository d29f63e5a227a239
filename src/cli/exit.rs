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
    /// The code of a run: the gravest of its verdicts decides. `strict` has warnings fail too.
    pub fn of_run(run: &Run, strict: bool) -> Exit {
        let gravest = run.cases.iter().flat_map(|case| &case.findings).map(|finding| finding.verdict).max();
        let decided = run.count(Verdict::Pass) + run.count(Verdict::Warning) > 0;
        match gravest {
            _ if run.interrupted => Exit::Interrupted,
            Some(Verdict::Error) => Exit::Harness,
            Some(Verdict::Fail) => Exit::Failed,
            _ if strict && run.count(Verdict::Warning) > 0 => Exit::Failed,
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
    use crate::judge::finding::{CaseResult, Finding, Place};

    fn finding(verdict: Verdict) -> Finding {
        Finding {
            id: String::new(),
            requirement: String::new(),
            clause: String::new(),
            text: String::new(),
            verdict,
            fault: None,
            subject: String::new(),
            expected: Vec::new(),
            found: None,
            reason: String::new(),
            place: Place::default(),
            evidence: None,
        }
    }

    fn run(verdicts: &[Verdict]) -> Run {
        let findings = verdicts.iter().map(|&verdict| finding(verdict)).collect();
        Run { cases: vec![CaseResult { findings, ..CaseResult::default() }], ..Run::default() }
    }

    #[test]
    fn the_gravest_verdict_decides() {
        use Verdict::*;
        for (verdicts, expected) in [
            (&[Pass, Warning, NotApplicable, NotExercised][..], Exit::Passed),
            (&[Pass, Fail, Inconclusive], Exit::Failed),
            (&[Pass, Inconclusive], Exit::Inconclusive),
            (&[NotExercised, NotApplicable], Exit::Inconclusive),
            (&[], Exit::Inconclusive),
            (&[Fail, Error], Exit::Harness),
        ] {
            assert_eq!(Exit::of_run(&run(verdicts), false), expected, "{verdicts:?}");
        }
        assert_eq!(Exit::of_run(&run(&[Pass, Warning, Inconclusive]), true), Exit::Failed);
        assert_eq!(Exit::of_run(&run(&[Pass]), true), Exit::Passed);
        let interrupted = Run { interrupted: true, ..run(&[Fail]) };
        assert_eq!(Exit::of_run(&interrupted, false), Exit::Interrupted);
        assert_eq!(Exit::of_run(&Run::default(), false), Exit::Inconclusive);
    }
}
