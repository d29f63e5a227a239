//! What every system under test owes a run, whatever a scenario is about: it stays alive, does not flood who talks to it, and
//! shows certificates that can be believed. A system that does not is a finding, and the run goes on.

use crate::judge::{Fault, Finding, Verdict};
use crate::script::plan::Plan;
use crate::script::sut::SystemUnderTest;

/// Stand where findings name their requirement: they are none of a scenario's.
pub const REQUIREMENTS: [&str; 3] = [ALIVE, FLOOD, CERTIFICATE];
const ALIVE: &str = "alive";
const FLOOD: &str = "flood";
const CERTIFICATE: &str = "certificate";

/// The finding that the system was lost in a case; `how` says how that is known.
pub fn lost(plan: &Plan, sut: &SystemUnderTest, how: String) -> Finding {
    let demand = ("A system goes on running whatever it is sent.", "it runs and takes SIP");
    finding(plan, sut, ALIVE, demand, how)
}

/// The finding that more came from the system in a case than is kept, which is `most` octets.
pub fn flood(plan: &Plan, sut: &SystemUnderTest, most: u64) -> Finding {
    let demand = ("A system sends what its peers can take.", "messages and not a flood");
    finding(plan, sut, FLOOD, demand, format!("more than {most} octets"))
}

/// The finding that who connects to the system over TLS, or is connected to by it, cannot believe what it shows for SIP;
/// nothing where nothing is wrong with that.
pub fn certificate<'d>(plan: &Plan, sut: &SystemUnderTest, wrong: impl Iterator<Item = &'d str>) -> Option<Finding> {
    let wrong = wrong.collect::<Vec<_>>().join("; ");
    let text = "A system shows a certificate that is good now, that an authority vouches for which its peers believe, and, where \
                it is connected to, that is for its address or for its domain.";
    let finding = |wrong| finding(plan, sut, CERTIFICATE, (text, "a certificate that can be believed"), wrong);
    let clause = "RFC 5922 7, RFC 5280 6".to_owned();
    (!wrong.is_empty()).then(|| Finding { clause, ..finding(wrong) })
}

fn finding(plan: &Plan, sut: &SystemUnderTest, name: &str, (text, expected): (&str, &str), found: String) -> Finding {
    Finding {
        id: format!("{}#{name}", plan.case.address),
        requirement: name.to_owned(),
        clause: "conduct".to_owned(),
        text: text.to_owned(),
        verdict: Verdict::Fail,
        fault: Some(Fault::SystemUnderTest),
        subject: format!("{} in the scenario", sut.name),
        expected: vec![expected.to_owned()],
        found: Some(found),
        place: plan.case.place.clone(),
        ..Finding::default()
    }
}
