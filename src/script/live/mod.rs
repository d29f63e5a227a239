//! The live stage: a third party's system plays one person of each plan on real sockets, our actors play everyone else.
//!
//! It must not know protocol octets, nor what a verdict rests on: it lets things happen and has them judged.

mod cable;
mod claims;
mod conduct;
mod core;
mod director;
mod error;
mod excuse;
mod hook;
mod log;
mod occasions;
mod operator;
mod outfit;
mod place;
mod playable;
mod process;
mod programs;
mod queue;
mod rest;
mod sides;
mod stage;
mod visit;
mod words;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use conduct::REQUIREMENTS as CONDUCT;
pub use core::{CoreOptions, CoreVisit, Registered, Word, through_core};
pub use error::{Ended, LiveError};
pub use operator::Console;
pub use place::{CorePlace, MOST as MOST_PLACES, Place};
pub use playable::has_own_addresses;
pub use programs::user_of;
pub use visit::{Answer, Heard, PEOPLE, Visit, outfit, outfit_of_core, visiting};

use super::again::{Again, OnCase};
use super::plan::Plan;
use crate::judge::Run;
use crate::net::capture::Format;
use claims::Unclaimed;
use director::Director;
use outfit::{Around, Outfit};
use queue::Played;

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
    /// How often cases are played.
    pub again: Again,
}

/// Plays every plan, each in one of the places, in all of them side by side; and hands each case to `on_case` as soon as it
/// is judged, which says whether to go on. `stop` ends the run at once; the cases at hand are judged as far as they came.
///
/// An error ends the run too: the system cannot be reached or started, an address cannot be had, a capture cannot be
/// written. What ran before it is in the run, and what is known of the cases at hand. The cases are in the order of the
/// plans.
pub async fn live(
    plans: &[Plan],
    places: &[Place],
    options: &Options,
    stop: &AtomicBool,
    on_case: &mut OnCase<'_>,
) -> (Run, Result<(), Ended>) {
    let around: Vec<Around<'_>> = places.iter().map(Place::around).collect();
    let outfit = match Outfit::new(plans, &around, options.captures.as_deref()) {
        Ok(outfit) => outfit,
        Err(why) => return unsecured(plans, blank(&options.file, options.seed, &options.profile), why),
    };
    let Some(Place { home, sut, .. }) = places.first() else {
        return (blank(&options.file, options.seed, &options.profile), Ok(()));
    };
    let mut directors: Vec<_> = places.iter().map(|place| Director::new(place, options, stop, &outfit)).collect();
    let played = queue::play(plans, home, &mut directors, &options.again, stop, on_case).await;
    let mut unclaimed = Unclaimed::default();
    directors.iter_mut().for_each(|director| unclaimed.join(director.unclaimed()));
    let cases = played.done.iter().map(|(nth, case)| (&plans[*nth], case));
    let contradictions = claims::contradictions(sut, &unclaimed, cases);
    let (run, outcome) = told(played, blank(&options.file, options.seed, &options.profile), stop);
    (Run { contradictions, ..run }, outcome)
}

/// What was played, as a run.
fn told(played: Played, blank: Run, stop: &AtomicBool) -> (Run, Result<(), Ended>) {
    let run = Run {
        interrupted: played.ended.is_some() || stop.load(Ordering::Relaxed),
        not_played: played.left,
        cases: played.done.into_iter().map(|(_, case)| case).collect(),
        ..blank
    };
    (run, played.ended.map_or(Ok(()), Err))
}

/// A run that cannot begin, because there are no certificates for it.
fn unsecured(plans: &[Plan], blank: Run, why: String) -> (Run, Result<(), Ended>) {
    let case = plans.first().map(|plan| plan.case.address.clone()).unwrap_or_default();
    (Run { interrupted: true, ..blank }, Err(Ended { case, error: LiveError::Certificates(why) }))
}

/// A run with that system file in which nothing was played yet.
pub fn blank(file: &str, seed: u64, profile: &str) -> Run {
    let subject = vec![file.to_owned()];
    Run { stage: "live".to_owned(), seed, profile: profile.to_owned(), subject, ..Run::default() }
}
