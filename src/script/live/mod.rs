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
mod stage;
mod visit;
mod words;

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;

pub use conduct::REQUIREMENTS as CONDUCT;
pub use core::{CoreOptions, through_core};
pub use error::{Ended, LiveError};
pub use operator::Console;
pub use place::{MOST as MOST_PLACES, Place};
pub use playable::has_own_addresses;
pub use programs::user_of;
pub use visit::{Answer, Heard, PEOPLE, Visit, outfit, visiting};

use super::again::{Again, OnCase, together};
use super::plan::Plan;
use crate::judge::{CaseResult, Run};
use crate::net::capture::Format;
use claims::Unclaimed;
use director::Director;
use outfit::Outfit;

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
    let outfit = match Outfit::new(plans, places, options.captures.as_deref()) {
        Ok(outfit) => outfit,
        Err(why) => {
            let case = plans.first().map(|plan| plan.case.address.clone()).unwrap_or_default();
            let run = Run { interrupted: true, ..blank(&options.file, options.seed, &options.profile) };
            return (run, Err(Ended { case, error: LiveError::Certificates(why) }));
        }
    };
    let queue = Queue {
        plans,
        outfit: &outfit,
        order: order(plans, places),
        next: Cell::new(0),
        closed: Cell::new(false),
        done: RefCell::default(),
        ended: RefCell::default(),
        on_case: RefCell::new(on_case),
        unclaimed: RefCell::default(),
        stop,
    };
    join_all(places.iter().map(|place| queue.play_in(place, options))).await;
    let mut done = queue.done.into_inner();
    done.sort_by_key(|(nth, _)| *nth);
    let outcome = queue.ended.into_inner().map_or(Ok(()), Err);
    let interrupted = outcome.is_err() || stop.load(Ordering::Relaxed);
    let played = done.iter().map(|(nth, case)| (&plans[*nth], case));
    let unclaimed = queue.unclaimed.into_inner();
    let contradictions = places.first().map(|place| claims::contradictions(&place.sut, &unclaimed, played));
    let run = Run {
        contradictions: contradictions.unwrap_or_default(),
        not_played: if interrupted { 0 } else { plans.len() - queue.next.get() },
        cases: done.into_iter().map(|(_, case)| case).collect(),
        interrupted,
        ..blank(&options.file, options.seed, &options.profile)
    };
    (run, outcome)
}

/// A run with that system file in which nothing was played yet.
pub fn blank(file: &str, seed: u64, profile: &str) -> Run {
    let subject = vec![file.to_owned()];
    Run { stage: "live".to_owned(), seed, profile: profile.to_owned(), subject, ..Run::default() }
}

/// The cases that wait, and the results of those that are done. One thread has it: places play in turns.
struct Queue<'a, 'f, 'c> {
    plans: &'a [Plan],
    outfit: &'a Outfit,
    /// Indices of the plans as they are taken.
    order: Vec<usize>,
    next: Cell<usize>,
    /// Nothing more is taken.
    closed: Cell<bool>,
    done: RefCell<Vec<(usize, CaseResult)>>,
    ended: RefCell<Option<Ended>>,
    on_case: RefCell<&'f mut OnCase<'c>>,
    /// What the systems show and do not claim.
    unclaimed: RefCell<Unclaimed>,
    stop: &'a AtomicBool,
}

impl Queue<'_, '_, '_> {
    /// Plays what waits, one case after the other, until there is nothing left.
    async fn play_in(&self, place: &Place, options: &Options) {
        let mut director = Director::new(place, options, self.stop, self.outfit);
        while let Some(nth) = self.take() {
            let plan = place.moved(&self.plans[nth]);
            let mut attempts = Vec::new();
            let mut error = None;
            while error.is_none() && !self.stop.load(Ordering::Relaxed) && options.again.wants(&attempts) {
                let (result, failed) = director.case(&plan, attempts.len()).await;
                if failed.is_none() || director.has_contact() {
                    attempts.push(result);
                }
                error = failed;
                if attempts.is_empty() {
                    break;
                }
            }
            if let Some(result) = together(attempts) {
                if (self.on_case.borrow_mut())(&result).is_break() {
                    self.closed.set(true);
                }
                self.done.borrow_mut().push((nth, result));
            }
            if let Some(error) = error {
                self.closed.set(true);
                self.ended.borrow_mut().get_or_insert(Ended { case: plan.case.address.clone(), error });
            }
        }
        self.unclaimed.borrow_mut().join(director.unclaimed());
        director.end().await;
    }

    fn take(&self) -> Option<usize> {
        if self.closed.get() || self.stop.load(Ordering::Relaxed) {
            return None;
        }
        let nth = self.order.get(self.next.get()).copied()?;
        self.next.set(self.next.get() + 1);
        Some(nth)
    }
}

/// In which order plans are taken: side by side, those that take long come first, so that nobody waits for one at the end.
fn order(plans: &[Plan], places: &[Place]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..plans.len()).collect();
    if let (Some(first), true) = (places.first(), places.len() > 1) {
        order.sort_by_cached_key(|nth| std::cmp::Reverse(playable::takes(&plans[*nth], &first.home)));
    }
    order
}
