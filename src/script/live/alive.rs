//! Whether the system under test came out of a case alive. A system that did not is a finding, and the run goes on.

use crate::judge::{Fault, Finding, Verdict};
use crate::script::plan::Plan;
use crate::script::sut::SystemUnderTest;

/// Stands where findings name their requirement: no text says it, everybody demands it.
pub const REQUIREMENT: &str = "alive";

/// The finding that the system was lost in a case; `how` says how that is known.
pub fn finding(plan: &Plan, sut: &SystemUnderTest, how: String) -> Finding {
    Finding {
        id: format!("{}#{REQUIREMENT}", plan.case.address),
        requirement: REQUIREMENT.to_owned(),
        clause: "liveness".to_owned(),
        text: "A system goes on running whatever it is sent.".to_owned(),
        verdict: Verdict::Fail,
        fault: Some(Fault::SystemUnderTest),
        subject: format!("{} after the scenario", sut.name),
        expected: vec!["it runs and takes SIP".to_owned()],
        found: Some(how),
        place: plan.case.place.clone(),
        ..Finding::default()
    }
}
