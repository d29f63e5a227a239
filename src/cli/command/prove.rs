//! `imspec prove`: plays every defect, and demands that the check of its requirement fails and no other does.

use super::{choose, files};
use crate::cli::args::Prove;
use crate::cli::engine::{Proof, prove};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{output, runtime};

pub fn run(words: Prove) -> Result<Exit, Failure> {
    let runtime = runtime::new()?;
    let loaded = choose(&runtime, files(words.tree.features)?, &words.choice)?;
    let stop = runtime::stop_flag(&runtime);
    let proof = prove(&loaded, &stop)?;
    output::print(&told(&proof))?;
    Ok(
        match (stop.load(std::sync::atomic::Ordering::Relaxed), proof.missed.is_empty() && proof.overreached.is_empty())
        {
            (true, _) => Exit::Interrupted,
            (false, true) => Exit::Passed,
            (false, false) => Exit::Failed,
        },
    )
}

fn told(proof: &Proof) -> String {
    let mut text = String::new();
    for (title, sentences) in [("missed", &proof.missed), ("overreached", &proof.overreached)] {
        sentences.iter().for_each(|sentence| text.push_str(&format!("{title}: {sentence}\n")));
    }
    let caught = proof.trials.values().flatten().filter(|trial| trial.caught).count();
    let (requirements, missed, over) = (proof.trials.len(), proof.missed.len(), proof.overreached.len());
    text + &format!(
        "{} defects for {requirements} requirements: {caught} caught, {missed} missed, {over} overreached\n",
        proof.defects
    )
}
