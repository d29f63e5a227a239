//! The live stage: a third party's system plays one person of each plan on real sockets, our actors play everyone else.
//!
//! It must not know protocol octets, nor what a verdict rests on: it lets things happen and has them judged.

mod cable;
mod director;
mod error;
mod hook;
mod occasions;
mod operator;
mod playable;
mod process;
mod programs;
mod stage;
mod words;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use error::{Ended, LiveError};
pub use operator::Console;

use super::home::Home;
use super::plan::Plan;
use super::sut::SystemUnderTest;
use crate::judge::{CaseResult, Run};
use crate::net::capture::Format;
use director::Director;

/// How to play live.
#[derive(Clone, Debug)]
pub struct Options {
    /// Chance comes from it and from the clock.
    pub seed: u64,
    /// The folder for captures; none are written without.
    pub captures: Option<PathBuf>,
    pub format: Format,
    pub profile: String,
    /// The system file as the user knows it, for the command that plays a case again.
    pub file: String,
    pub console: Console,
    /// Cases that take longer are left out, by the time that they take in the simulated network.
    pub longest: Option<Duration>,
}

/// Plays every plan, and hands each case to `on_case` as soon as it is judged. `stop` ends the run at once; the case at
/// hand is judged as far as it came.
///
/// An error ends the run too: the system cannot be reached or started, an address cannot be had, a capture cannot be
/// written. What ran before it is in the run, and what is known of the case at hand.
pub async fn live(
    plans: &[Plan],
    home: &Home,
    sut: &SystemUnderTest,
    options: &Options,
    stop: &AtomicBool,
    on_case: &mut dyn FnMut(&CaseResult),
) -> (Run, Result<(), Ended>) {
    let mut run = Run {
        stage: "live".to_owned(),
        seed: options.seed,
        profile: options.profile.clone(),
        subject: vec![options.file.clone()],
        ..Run::default()
    };
    let mut director = Director::new(home, sut, options, stop);
    let mut outcome = Ok(());
    for plan in plans {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let (result, error) = director.case(plan).await;
        if error.is_none() || director.has_contact() {
            on_case(&result);
            run.cases.push(result);
        }
        if let Some(error) = error {
            outcome = Err(Ended { case: plan.case.address.clone(), error });
            break;
        }
    }
    director.end().await;
    run.interrupted = outcome.is_err() || stop.load(Ordering::Relaxed);
    (run, outcome)
}
