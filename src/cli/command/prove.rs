//! `imspec prove`: plays every defect, and demands that the check of its requirement fails and no other does.

use super::{choose, files};
use crate::cli::args::Prove;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{output, runtime};
use crate::script::prove::{Proof, prove};

pub fn run(words: Prove) -> Result<Exit, Failure> {
    let runtime = runtime::new()?;
    let loaded = choose(&runtime, files(words.tree.features)?, &words.choice)?;
    let stop = runtime::stop_flag(&runtime, runtime::REPORTED);
    let proof = prove(&loaded, &stop, &mut |defect, caught| {
        if words.verbose {
            let word = if caught { "caught" } else { "missed" };
            output::say(&format!("{word}  {}  {}: {}\n", defect.requirement, defect.case, defect.words));
        }
    })?;
    output::print(&told(&proof))?;
    Ok(exit(&proof))
}

fn exit(proof: &Proof) -> Exit {
    match proof {
        _ if proof.interrupted => Exit::Interrupted,
        _ if !proof.missed.is_empty() || !proof.overreached.is_empty() => Exit::Failed,
        // Nothing was played, so nothing is proven.
        _ if proof.defects == 0 => Exit::Inconclusive,
        _ => Exit::Passed,
    }
}

fn told(proof: &Proof) -> String {
    let mut text = String::new();
    for (title, sentences) in [("missed", &proof.missed), ("too much", &proof.overreached)] {
        sentences.iter().for_each(|sentence| text.push_str(&format!("{title}: {sentence}\n")));
    }
    let caught = proof.trials.values().flatten().filter(|trial| trial.caught).count();
    let (requirements, missed, over) = (proof.trials.len(), proof.missed.len(), proof.overreached.len());
    text + &format!(
        "{} defects for {requirements} requirements: {caught} caught, {missed} missed; {over} checks failed that should not\n",
        proof.defects
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_decides_how_the_command_ends() {
        let proof = |defects, missed: &[&str], overreached: &[&str], interrupted| Proof {
            defects,
            missed: missed.iter().map(ToString::to_string).collect(),
            overreached: overreached.iter().map(ToString::to_string).collect(),
            interrupted,
            ..Proof::default()
        };
        for (proof, expected, told_too) in [
            (proof(2, &[], &[], false), Exit::Passed, "2 defects for 0 requirements"),
            (proof(2, &["x"], &[], false), Exit::Failed, "missed: x\n"),
            (proof(2, &[], &["y"], false), Exit::Failed, "too much: y\n"),
            (proof(1, &["x"], &[], true), Exit::Interrupted, "1 missed"),
            (proof(0, &[], &[], false), Exit::Inconclusive, "0 defects"),
        ] {
            assert_eq!(exit(&proof), expected);
            assert!(told(&proof).contains(told_too), "{}", told(&proof));
        }
    }
}
