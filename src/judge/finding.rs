//! Findings: what a check found out about one requirement in one scenario, and the results of a run.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::time::Time;
use crate::wire::Span;

/// The verdict of a finding; the graver one is the greater one.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The system does not claim the capability.
    NotApplicable,
    /// The trigger was not seen (captures), so nothing was checked.
    NotExercised,
    #[default]
    Pass,
    /// A SHOULD was broken, or the letter of the text and the RFC disagree.
    Warning,
    /// Played more than once, it came out broken once and whole another time.
    Flaky,
    /// The trigger never came, or the peer or the network spoilt the case.
    Inconclusive,
    /// A SHALL or MUST was broken.
    Fail,
    /// imspec itself went wrong.
    Error,
}

impl Verdict {
    pub const ALL: [Verdict; 8] = [
        Verdict::Pass,
        Verdict::Fail,
        Verdict::Flaky,
        Verdict::Warning,
        Verdict::Inconclusive,
        Verdict::NotApplicable,
        Verdict::NotExercised,
        Verdict::Error,
    ];

    /// The word shown to people, for example `not applicable`.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::NotApplicable => "not applicable",
            Verdict::NotExercised => "not exercised",
            Verdict::Warning => "warning",
            Verdict::Flaky => "flaky",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Fail => "fail",
            Verdict::Error => "error",
        }
    }
}

/// Whose fault a verdict other than pass is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    SystemUnderTest,
    Peer,
    Network,
    Harness,
    /// The texts contradict each other.
    AmbiguousText,
    /// The OMA text lets it pass, and an RFC that it rests on does not.
    TextAgainstRfc,
}

impl Fault {
    pub fn words(self) -> &'static str {
        match self {
            Fault::SystemUnderTest => "system under test",
            Fault::Peer => "peer",
            Fault::Network => "network",
            Fault::Harness => "imspec",
            Fault::AmbiguousText => "ambiguous text",
            Fault::TextAgainstRfc => "text against an RFC",
        }
    }
}

/// A line of a feature file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    pub file: String,
    pub line: u32,
}

/// The message that a finding is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// Number of the packet in the case's capture file, from 1, as Wireshark counts.
    pub packet: u32,
    pub at: Time,
    /// For example `INVITE from Alice's client to the SIP/IP core`.
    pub message: String,
    /// The octets of the message, or as many as are kept (see `cut`).
    pub octets: Bytes,
    /// How many octets of the message were left out behind `octets`.
    pub cut: u64,
    /// The octets that the verdict rests on.
    pub span: Option<Span>,
}

/// The result of one check.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Finding {
    /// Stable over runs, stages and machines: `im/9.1.1.2/one-recipient#IM-9.1.1.2-2`, with `.2`, `.3` behind it
    /// where a scenario checks the same requirement again.
    pub id: String,
    pub requirement: String,
    /// The clause as people cite it, for example `IM 9.1.1.2`.
    pub clause: String,
    /// The catalogue's paraphrase of the requirement.
    pub text: String,
    pub verdict: Verdict,
    pub fault: Option<Fault>,
    /// What was looked at, for example `Request-URI of Alice's INVITE`.
    pub subject: String,
    /// All alternatives that would have passed.
    pub expected: Vec<String>,
    pub found: Option<String>,
    /// Why the verdict is what it is, one sentence; empty for a plain pass.
    pub reason: String,
    pub place: Place,
    pub evidence: Option<Evidence>,
    /// Why the verdict is no news: the reason of the baseline's entry that covers it.
    pub known: Option<String>,
}

/// One arrow of a case's message ladder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Arrow {
    pub packet: u32,
    pub at: Time,
    /// Indices into the lanes of the ladder.
    pub from: usize,
    pub to: usize,
    /// For example `INVITE sip:bob@example.org` or `MSRP SEND 1-2048/20000 +`.
    pub label: String,
}

/// Who sent what to whom in a case.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Ladder {
    /// Names of the parties, left to right.
    pub lanes: Vec<String>,
    pub arrows: Vec<Arrow>,
}

/// One scenario played or recognised, with all its findings.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CaseResult {
    /// For example `im/9.1.1.2/one-recipient`.
    pub address: String,
    /// Specification folder, for example `im`.
    pub spec: String,
    /// For example `9.1.1.2`.
    pub subclause: String,
    /// Title of the feature without the number.
    pub feature: String,
    pub scenario: String,
    pub place: Place,
    /// In virtual time for simulated cases, so that it is the same in every run.
    pub duration_ns: u64,
    pub findings: Vec<Finding>,
    pub ladder: Ladder,
    /// The capture, relative to the run's folder of captures; of the first attempt where there were more.
    pub capture: Option<String>,
    /// What the system under test printed meanwhile, relative to the same folder.
    pub log: Option<String>,
    /// How often it was played again.
    pub repeats: u32,
    /// The command that plays this case again.
    pub rerun: String,
}

/// A whole run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Run {
    /// `simulated`, `live` or `capture`.
    pub stage: String,
    pub seed: u64,
    pub profile: String,
    /// What was judged: empty for simulated, else the system file or the captures.
    pub subject: Vec<String>,
    pub cases: Vec<CaseResult>,
    /// True when Ctrl-C ended the run early.
    pub interrupted: bool,
    /// How many cases were left out because the run was to end at the first failure.
    pub not_played: usize,
    /// What no longer holds of the baseline, a sentence each.
    pub stale: Vec<String>,
    /// Where what the system claims and what it shows differ, a sentence each. They decide nothing.
    pub contradictions: Vec<String>,
}

impl Finding {
    /// Whether the baseline knows of the verdict.
    pub fn is_known(&self) -> bool {
        self.known.is_some()
    }

    /// Whether somebody is blamed: a failure or a warning.
    pub fn complains(&self) -> bool {
        matches!(self.verdict, Verdict::Warning | Verdict::Fail)
    }
}

impl CaseResult {
    /// The gravest verdict among the findings; `not exercised` where there is none.
    pub fn verdict(&self) -> Verdict {
        self.findings.iter().map(|f| f.verdict).max().unwrap_or(Verdict::NotExercised)
    }
}

impl Run {
    /// How many findings have that verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.cases.iter().flat_map(|c| &c.findings).filter(|f| f.verdict == verdict).count()
    }

    /// Has the RFCs decide where an OMA text lets pass what they do not: such warnings become failures.
    pub fn insist_on_rfcs(&mut self) {
        let findings = self.cases.iter_mut().flat_map(|case| &mut case.findings);
        for finding in findings.filter(|finding| finding.fault == Some(Fault::TextAgainstRfc)) {
            (finding.verdict, finding.fault) = (Verdict::Fail, Some(Fault::SystemUnderTest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rfcs_decide_on_demand_what_a_text_leaves_to_them() {
        let finding = |fault| Finding { verdict: Verdict::Warning, fault: Some(fault), ..Finding::default() };
        let faults = [Fault::TextAgainstRfc, Fault::AmbiguousText, Fault::SystemUnderTest];
        let case = CaseResult { findings: faults.map(finding).into(), ..CaseResult::default() };
        let mut run = Run { cases: vec![case], ..Run::default() };
        run.insist_on_rfcs();
        let verdicts: Vec<Verdict> = run.cases[0].findings.iter().map(|finding| finding.verdict).collect();
        assert_eq!(verdicts, [Verdict::Fail, Verdict::Warning, Verdict::Warning]);
    }
}
