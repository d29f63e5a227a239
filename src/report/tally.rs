//! Counts of verdicts, for a run and for each subclause in the order of the specification. Knows no output format.

use std::cmp::Ordering;
use std::fmt;

use crate::judge::finding::{CaseResult, Finding, Run, Verdict};

/// How many findings have which verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally([usize; Verdict::ALL.len()]);

impl Tally {
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Tally {
        let mut tally = Tally::default();
        findings.into_iter().for_each(|finding| tally.add(finding.verdict));
        tally
    }

    pub fn of_run(run: &Run) -> Tally {
        Tally::of(run.cases.iter().flat_map(|case| &case.findings))
    }

    pub fn add(&mut self, verdict: Verdict) {
        let at = Verdict::ALL.iter().position(|v| *v == verdict);
        if let Some(count) = at.and_then(|at| self.0.get_mut(at)) {
            *count += 1;
        }
    }

    pub fn get(&self, verdict: Verdict) -> usize {
        self.each().find(|(v, _)| *v == verdict).map_or(0, |(_, count)| count)
    }

    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// Every verdict with its count, in the order of [`Verdict::ALL`].
    pub fn each(&self) -> impl Iterator<Item = (Verdict, usize)> {
        Verdict::ALL.into_iter().zip(self.0)
    }
}

/// For example `12 pass, 1 fail`; verdicts that nothing has are left out.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sep = "";
        for (verdict, count) in self.each().filter(|(_, count)| *count > 0) {
            write!(f, "{sep}{count} {}", verdict.word())?;
            sep = ", ";
        }
        if sep.is_empty() { f.write_str("no findings") } else { Ok(()) }
    }
}

/// The cases of one subclause.
#[derive(Debug)]
pub struct Subclause<'a> {
    /// For example `im`.
    pub spec: &'a str,
    /// For example `9.1.1.2`.
    pub number: &'a str,
    pub title: &'a str,
    pub cases: Vec<&'a CaseResult>,
    pub tally: Tally,
}

impl Subclause<'_> {
    /// The gravest verdict of its cases.
    pub fn verdict(&self) -> Verdict {
        self.cases.iter().map(|case| case.verdict()).max().unwrap_or(Verdict::NotExercised)
    }

    /// For example `IM 9.1.1.2`.
    pub fn name(&self) -> String {
        format!("{} {}", self.spec.to_uppercase(), self.number)
    }
}

/// The subclauses of a run in the order of the specification, `9.2` before `9.10`; their cases as they were run.
pub fn subclauses(run: &Run) -> Vec<Subclause<'_>> {
    let mut cases: Vec<&CaseResult> = run.cases.iter().collect();
    cases.sort_by(|a, b| order(a, b));
    let same = |a: &&CaseResult, b: &&CaseResult| a.spec == b.spec && a.subclause == b.subclause;
    cases.chunk_by(same).filter_map(|chunk| subclause(chunk.to_vec())).collect()
}

fn subclause(cases: Vec<&CaseResult>) -> Option<Subclause<'_>> {
    let first = *cases.first()?;
    let tally = Tally::of(cases.iter().flat_map(|case| &case.findings));
    Some(Subclause { spec: &first.spec, number: &first.subclause, title: &first.feature, cases, tally })
}

fn order(a: &CaseResult, b: &CaseResult) -> Ordering {
    // Annexes behind the numbers; numbers by length, then digits: they may be longer than any integer.
    fn key(part: &str) -> (bool, usize, &str) {
        let number = part.bytes().all(|c| c.is_ascii_digit());
        (!number, if number { part.len() } else { 0 }, part)
    }
    a.spec.cmp(&b.spec).then_with(|| a.subclause.split('.').map(key).cmp(b.subclause.split('.').map(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(spec: &str, subclause: &str) -> CaseResult {
        CaseResult { spec: spec.into(), subclause: subclause.into(), ..CaseResult::default() }
    }

    #[test]
    fn subclauses_stand_in_the_order_of_the_specification() {
        let places =
            [("im", "9.10"), ("im", "9.2"), ("cpm", "7"), ("im", "9.2.1"), ("im", "10"), ("im", "9.2"), ("im", "E.6")];
        let run = Run { cases: places.iter().map(|(spec, clause)| case(spec, clause)).collect(), ..Run::default() };
        let names: Vec<String> = subclauses(&run).iter().map(Subclause::name).collect();
        assert_eq!(names, ["CPM 7", "IM 9.2", "IM 9.2.1", "IM 9.10", "IM 10", "IM E.6"]);
    }

    #[test]
    fn a_tally_says_only_what_is_there() {
        let mut tally = Tally::default();
        assert_eq!(tally.to_string(), "no findings");
        [Verdict::Fail, Verdict::Pass, Verdict::Pass].into_iter().for_each(|verdict| tally.add(verdict));
        assert_eq!(tally.to_string(), "2 pass, 1 fail");
        assert_eq!((tally.get(Verdict::Pass), tally.get(Verdict::Error), tally.total()), (2, 0, 3));
    }
}
