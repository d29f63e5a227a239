//! What a system can do, by what it says of itself and how it takes what clients of ours ask: a proposal for its
//! `capabilities`, and where it contradicts its file.
//!
//! Nothing of it is a verdict: scenarios judge.

mod claims;
mod core;
mod evidence;
mod facts;

use std::sync::atomic::AtomicBool;

use serde::Serialize;

pub use claims::{Capability, Shown};
pub use core::probe_core;
use evidence::Evidence;
pub use facts::Fact;

use super::live::{LiveError, Options, Place};
use super::sut::signs::feature_tag;
use super::sut::{Stimulus, SystemUnderTest};

/// What was found out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Found {
    pub name: String,
    pub plays: String,
    /// The key of its file that claims what can be claimed.
    #[serde(skip)]
    pub key: &'static str,
    /// Whether anything came from it.
    pub answered: bool,
    pub facts: Vec<Fact>,
    /// Every capability that can be claimed.
    pub capabilities: Vec<Capability>,
    /// Those that its file should claim: what was seen, and what it claims and nobody could tell.
    pub proposed: Vec<String>,
    /// Where its file and its behaviour differ.
    pub contradictions: Vec<String>,
}

/// Visits the system and asks. Its user gets a short message, a longer one, an invitation and a small file.
///
/// Errors: why it cannot be visited.
pub async fn probe(place: &Place, options: &Options, stop: &AtomicBool) -> Result<Found, LiveError> {
    let evidence = evidence::gather(place, options, stop).await?;
    Ok(found(&place.sut, &evidence))
}

fn found(sut: &SystemUnderTest, evidence: &Evidence) -> Found {
    let capabilities = claims::all(sut, evidence);
    let proposed = proposal(&capabilities);
    let mut contradictions: Vec<String> = capabilities.iter().filter_map(Capability::contradiction).collect();
    contradictions.extend(others(sut, evidence));
    Found {
        name: sut.name.clone(),
        plays: sut.plays.clone(),
        key: "capabilities",
        answered: evidence.is_answered(),
        facts: facts::all(evidence),
        capabilities,
        proposed,
        contradictions,
    }
}

/// Those that a file should claim.
fn proposal(capabilities: &[Capability]) -> Vec<String> {
    let proposed = capabilities.iter().filter(|c| match c.shown {
        Shown::Seen => true,
        Shown::NotSeen => false,
        Shown::CannotTell => c.claimed,
    });
    proposed.map(|c| c.name.to_owned()).collect()
}

/// Contradictions of other keys than `capabilities`.
fn others(sut: &SystemUnderTest, evidence: &Evidence) -> Vec<String> {
    let mut contradictions = Vec::new();
    if sut.server().is_some() {
        return contradictions;
    }
    match (sut.registers, &evidence.register) {
        (true, None) => contradictions.push("its file says `registers: true`, and no REGISTER came from it".to_owned()),
        (false, Some(_)) => contradictions.push("its file does not say `registers: true`, and it registers".to_owned()),
        _ => {}
    }
    if let Some(seen) = evidence.kind()
        && let Some(said) = sut.client.or(if sut.plays == "cpm-client" { Some(CPM) } else { None })
        && seen != said
    {
        let word = |kind| if kind == CPM { "cpm" } else { "im" };
        let tag = feature_tag(seen);
        contradictions.push(format!("its file says `client: {}`, and its Contact has {tag} alone", word(said)));
    }
    if matches!(sut.stimulus, Stimulus::Command(_) | Stimulus::Http(_))
        && let Some(how) = &evidence.deaf
    {
        contradictions.push(format!("its file has a stimulus, and nothing came of it: {how}"));
    }
    contradictions
}

const CPM: super::plan::Client = super::plan::Client::Cpm;

#[cfg(test)]
mod tests;
