//! Where the capabilities that a system claims, and those that it shows while scenarios are played, differ.
//!
//! Nothing of that is a verdict.

use std::collections::BTreeMap;

use super::visit::said;
use crate::judge::{CaseResult, Cast, Verdict};
use crate::script::plan::Plan;
use crate::script::sut::signs::sign_of;
use crate::script::sut::{CAPABILITIES, SystemUnderTest};
use crate::trace::Observation;

/// The capabilities that a system shows and does not claim, each with the sign of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Unclaimed(BTreeMap<&'static str, &'static str>);

impl Unclaimed {
    /// Looks for signs in what went between the system and others in a case.
    pub fn look(&mut self, sut: &SystemUnderTest, cast: &Cast, plan: &Plan, seen: &[Observation]) {
        let unclaimed = |name: &str| !sut.claims(name) && !self.0.contains_key(name);
        let names: Vec<&str> = CAPABILITIES.iter().map(|(name, _)| *name).filter(|name| unclaimed(name)).collect();
        if names.is_empty() {
            return;
        }
        let said = said(cast, plan, seen);
        let signs = names.into_iter().filter_map(|name| sign_of(name, said.iter().map(|message| &**message)));
        let signs: Vec<_> = signs.map(|sign| (sign.capability, sign.says)).collect();
        self.0.extend(signs);
    }

    pub fn join(&mut self, other: Unclaimed) {
        self.0.extend(other.0);
    }
}

/// The contradictions of a run, a sentence each. `played` has the cases with their plans.
pub fn contradictions<'a>(
    sut: &SystemUnderTest,
    unclaimed: &Unclaimed,
    played: impl Iterator<Item = (&'a Plan, &'a CaseResult)> + Clone,
) -> Vec<String> {
    let shown = unclaimed.0.iter().map(|(name, says)| format!("{} does not claim `{name}`, and {says}", sut.name));
    let never = sut.capabilities.iter().flatten().filter_map(|name| {
        let with = played.clone().filter(|(plan, _)| plan.case.tags.contains(name));
        let decided: Vec<Verdict> = with.map(|(_, case)| case.verdict()).filter(|verdict| counts(*verdict)).collect();
        let never = !decided.is_empty() && decided.iter().all(|verdict| *verdict >= Verdict::Inconclusive);
        let scenarios = if decided.len() == 1 { "scenario" } else { "scenarios" };
        never.then(|| format!("{} claims `{name}`, and passed none of {} {scenarios} with it", sut.name, decided.len()))
    });
    shown.chain(never).collect()
}

/// Whether a case with that verdict says anything of the system.
fn counts(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::NotApplicable | Verdict::NotExercised | Verdict::Error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Endpoint, Finding, Party};
    use crate::script::live::visiting;
    use crate::trace::Seen;

    const FILE: &str = "name: Phone\nplays: im-client\nsip: 192.0.2.7:5060\n";

    fn system(capabilities: &str) -> SystemUnderTest {
        SystemUnderTest::parse("x.yaml", &format!("{FILE}{capabilities}")).unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    #[track_caller]
    fn check(capabilities: &str, from: &str, played: &[(&str, Verdict)], expected: &[&str]) {
        let sut = system(capabilities);
        let text = "SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\nAllow: INVITE, MESSAGE, UPDATE\r\nContent-Length: 0\r\n\r\n";
        let seen = Observation {
            at: crate::time::Time(0),
            packet: 1,
            src: from.parse().unwrap(),
            dst: "192.0.2.9:5060".parse().unwrap(),
            what: Seen::Datagram(text.into()),
        };
        let mut unclaimed = Unclaimed::default();
        let party = Party {
            name: "Alice".to_owned(),
            endpoints: vec![Endpoint { ip: sut.sip.ip(), port: None }],
            ..Party::default()
        };
        let cast = Cast { parties: vec![party], ..Cast::default() };
        unclaimed.look(&sut, &cast, &visiting(&sut, 2), &[seen]);
        let mut cases = Vec::new();
        for (tag, verdict) in played {
            let mut plan = visiting(&sut, 2);
            std::sync::Arc::make_mut(&mut plan.case).tags.push((*tag).to_owned());
            let findings = vec![Finding { verdict: *verdict, ..Finding::default() }];
            cases.push((plan, CaseResult { findings, ..CaseResult::default() }));
        }
        let found = contradictions(&sut, &unclaimed, cases.iter().map(|(plan, case)| (plan, case)));
        assert_eq!(found, expected);
    }

    #[test]
    fn claims_and_signs_are_compared() {
        let (here, there) = ("192.0.2.7:5060", "192.0.2.8:5060");
        check("", here, &[("files", Verdict::Fail)], &[]);
        check("capabilities: [pager, mid-session]\n", here, &[], &[]);
        check("capabilities: []\n", there, &[], &[]);
        let both = [
            "Phone does not claim `mid-session`, and it allows UPDATE",
            "Phone does not claim `pager`, and it allows MESSAGE",
        ];
        check("capabilities: [sessions]\n", here, &[], &both);
        let files = "capabilities: [files]\n";
        let (pass, fail, unsure) = (Verdict::Pass, Verdict::Fail, Verdict::Inconclusive);
        let never = ["Phone claims `files`, and passed none of 2 scenarios with it"];
        check(files, there, &[("files", fail), ("files", unsure), ("pager", pass)], &never);
        check(files, there, &[("files", fail), ("files", pass)], &[]);
        check(files, there, &[("files", Verdict::NotExercised)], &[]);
    }
}
