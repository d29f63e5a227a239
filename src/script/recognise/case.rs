//! The result of a plan that an episode exercised, and of one that none did.

use std::path::Path;

use bytes::Bytes;

use super::episode::Brief;
use crate::judge::finding::Ladder;
use crate::judge::ladder::ladder;
use crate::judge::{CaseResult, Finding, Scene, Verdict};
use crate::script::case::of;
use crate::script::plan::Plan;

/// Where an episode was captured.
pub struct Whence<'a> {
    pub path: &'a Path,
    /// Numbers of its first and last packet.
    pub packets: (u32, u32),
}

/// The result of an episode. What is good needs no octets to prove it.
pub fn recognised(plan: &Plan, mut findings: Vec<Finding>, scene: &Scene<'_>, whence: &Whence<'_>) -> CaseResult {
    for finding in findings.iter_mut().filter(|f| f.verdict == Verdict::Pass) {
        if let Some(evidence) = &mut finding.evidence {
            evidence.cut += evidence.octets.len() as u64;
            evidence.octets = Bytes::new();
            evidence.span = None;
        }
    }
    let wanting = findings.iter().any(|f| matches!(f.verdict, Verdict::Warning | Verdict::Fail | Verdict::Error));
    let (first, last) = whence.packets;
    let file = whence.path.display();
    let mut units = scene.trace.units();
    let begun = units.next().map(|(_, u)| u.begun);
    let ended = units.next_back().map(|(_, u)| u.at);
    let passed = begun.zip(ended).map_or(0, |(begun, ended)| ended.since(begun).as_nanos());
    CaseResult {
        duration_ns: u64::try_from(passed).unwrap_or(u64::MAX),
        ladder: if wanting { ladder(scene.trace, scene.cast) } else { Ladder::default() },
        capture: Some(format!("{file} packets {first}-{last}")),
        rerun: format!("imspec judge {file} --scenario {}", plan.case.address),
        ..of(plan, findings)
    }
}

/// Makes `brief` what is said of a result that is not kept: the case and its verdicts.
pub fn tell(brief: &mut CaseResult, plan: &Plan, verdicts: impl ExactSizeIterator<Item = Brief>) {
    brief.address.clone_from(&plan.case.address);
    brief.findings.resize_with(verdicts.len(), Finding::default);
    for (finding, (verdict, fault)) in brief.findings.iter_mut().zip(verdicts) {
        (finding.verdict, finding.fault) = (verdict, fault);
    }
}
