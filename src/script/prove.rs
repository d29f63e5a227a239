//! Proving the checks: each defect is played, and the row of its requirement must fail, and no other.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::defect::{self, Defect};
use super::diagnostic::Diagnostic;
use super::ledger::Trial;
use super::load::Loaded;
use super::simulate::{Bug, play};
use crate::judge::{Finding, Verdict};

/// What came of playing the defects.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// How many were played.
    pub defects: usize,
    /// By requirement.
    pub trials: BTreeMap<String, Vec<Trial>>,
    /// Defects that no check noticed, a sentence each.
    pub missed: Vec<String>,
    /// Checks that failed although the defect does not touch their requirement, a sentence each.
    pub overreached: Vec<String>,
    pub interrupted: bool,
}

/// Plays every defect of the selected cases.
///
/// Errors: what is wrong with the files of defects.
pub fn prove(
    loaded: &Loaded,
    stop: &AtomicBool,
    on_trial: &mut dyn FnMut(&Defect, bool),
) -> Result<Proof, Vec<Diagnostic>> {
    let defects = defect::load(&loaded.files, &loaded.catalogue, &loaded.features)?;
    let mut proof = Proof::default();
    for defect in &defects {
        let Some(plan) = loaded.plans.iter().find(|p| p.case.address == defect.case) else { continue };
        if stop.load(Ordering::Relaxed) {
            proof.interrupted = true;
            break;
        }
        let (_, judged) = play(plan, &loaded.home, 1, &defect.bug);
        proof.defects += 1;
        let caught = judged.findings.iter().any(|f| f.requirement == defect.requirement && is_broken(f));
        if !caught {
            proof.missed.push(format!(
                "{}:{}: no row of {} in {} notices that it {}",
                defect.file, defect.line, defect.requirement, defect.case, defect.words
            ));
        }
        let mut others: Vec<&Finding> =
            judged.findings.iter().filter(|f| is_broken(f) && !touches(defect, f)).collect();
        others.dedup_by(|a, b| a.requirement == b.requirement);
        for finding in others {
            proof.overreached.push(format!(
                "{}:{}: {} fails too when it {}: {} ({})",
                defect.file,
                defect.line,
                finding.requirement,
                defect.words,
                if finding.reason.is_empty() { "expected and found differ" } else { &finding.reason },
                finding.subject
            ));
        }
        on_trial(defect, caught);
        proof.trials.entry(defect.requirement.clone()).or_default().push(Trial {
            defect: defect.words.clone(),
            is_switch: matches!(defect.bug, Bug::Switch(_)),
            caught,
        });
    }
    Ok(proof)
}

fn is_broken(finding: &Finding) -> bool {
    matches!(finding.verdict, Verdict::Fail | Verdict::Warning | Verdict::Error)
}

fn touches(defect: &Defect, finding: &Finding) -> bool {
    finding.requirement == defect.requirement || defect.also.contains(&finding.requirement)
}
