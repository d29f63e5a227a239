//! What every system under test owes a run, whatever a scenario is about: it stays alive, does not flood who talks to it, and
//! shows certificates that can be believed. A system that does not is a finding, and the run goes on.

use crate::judge::{Fault, Finding, Verdict};
use crate::script::plan::Plan;
use crate::script::sut::{SystemUnderTest, ThirdPartyCore};

/// Stand where findings name their requirement: they are none of a scenario's.
pub const REQUIREMENTS: [&str; 3] = [ALIVE, FLOOD, CERTIFICATE];
const ALIVE: &str = "alive";
const FLOOD: &str = "flood";
const CERTIFICATE: &str = "certificate";

/// The finding that the system was lost in a case; `how` says how that is known.
pub fn lost(plan: &Plan, sut: &SystemUnderTest, how: String) -> Finding {
    let demand = ("A system goes on running whatever it is sent.", "it runs and takes SIP");
    finding(plan, &sut.name, ALIVE, demand, how)
}

/// The finding that the SIP/IP core of somebody else was lost in a case. Where it is not under test itself, it is nobody's
/// failure, and the case is undecided.
pub fn lost_core(plan: &Plan, core: &ThirdPartyCore, how: String) -> Finding {
    let demand = ("A SIP/IP core goes on running whatever it is sent.", "it runs and takes SIP");
    let finding = finding(plan, &core.name, ALIVE, demand, how.clone());
    if core.plays.is_some() {
        return finding;
    }
    let reason = format!("{}, which everything goes through, was lost: {how}", core.name);
    Finding { verdict: Verdict::Inconclusive, fault: Some(Fault::Network), reason, ..finding }
}

/// What is missing in a case in which the core in between was lost says nothing.
pub fn excuse(findings: &mut [Finding], core: &ThirdPartyCore) {
    if core.plays.is_some() {
        return;
    }
    for finding in findings.iter_mut().filter(|finding| finding.verdict > Verdict::Pass) {
        (finding.verdict, finding.fault) = (Verdict::Inconclusive, Some(Fault::Network));
        finding.reason = format!("{}, which everything goes through, was lost", core.name);
    }
}

/// The finding that more came from the system in a case than is kept, which is `most` octets.
pub fn flood(plan: &Plan, sut: &SystemUnderTest, most: u64) -> Finding {
    let demand = ("A system sends what its peers can take.", "messages and not a flood");
    finding(plan, &sut.name, FLOOD, demand, format!("more than {most} octets"))
}

/// The finding that who connects to the system over TLS, or is connected to by it, cannot believe what it shows for SIP;
/// nothing where nothing is wrong with that.
pub fn certificate<'d>(plan: &Plan, whose: &str, wrong: impl Iterator<Item = &'d str>) -> Option<Finding> {
    let wrong = wrong.collect::<Vec<_>>().join("; ");
    let text = "A system shows a certificate that is good now, that an authority vouches for which its peers believe, and, where \
                it is connected to, that is for its address or for its domain.";
    let finding = |wrong| finding(plan, whose, CERTIFICATE, (text, "a certificate that can be believed"), wrong);
    let clause = "RFC 5922 7, RFC 5280 6".to_owned();
    (!wrong.is_empty()).then(|| Finding { clause, ..finding(wrong) })
}

fn finding(plan: &Plan, whose: &str, name: &str, (text, expected): (&str, &str), found: String) -> Finding {
    Finding {
        id: format!("{}#{name}", plan.case.address),
        requirement: name.to_owned(),
        clause: "conduct".to_owned(),
        text: text.to_owned(),
        verdict: Verdict::Fail,
        fault: Some(Fault::SystemUnderTest),
        subject: format!("{whose} in the scenario"),
        expected: vec![expected.to_owned()],
        found: Some(found),
        place: plan.case.place.clone(),
        ..Finding::default()
    }
}
