//! What every system under test owes a run, whatever the texts say: it stays alive, and does not flood who talks to it. A
//! system that does not is a finding, and the run goes on.

use crate::judge::{Fault, Finding, Verdict};
use crate::script::plan::Plan;
use crate::script::sut::SystemUnderTest;

/// Stand where findings name their requirement: no text says it, everybody demands it.
pub const REQUIREMENTS: [&str; 2] = [ALIVE, FLOOD];
const ALIVE: &str = "alive";
const FLOOD: &str = "flood";

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
