//! Cases that are played in several places side by side: what waits, what is done, and when a run is over.
//!
//! It must not know who plays, nor what a verdict rests on.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;

use super::{Ended, LiveError, playable};
use crate::judge::CaseResult;
use crate::script::again::{Again, OnCase, together};
use crate::script::home::Home;
use crate::script::plan::Plan;

/// Who plays cases in one place, one after the other.
pub trait Player {
    /// Plays a case for the nth time (from 0): what is known of it, where that is worth telling, and why the run cannot go
    /// on after it.
    async fn case(&mut self, plan: &Plan, nth: usize) -> (Option<CaseResult>, Option<LiveError>);

    /// Ends what was started.
    async fn end(&mut self);
}

/// What came of the cases.
pub struct Played {
    /// Those that were played, each with the place of its plan, in the order of the plans.
    pub done: Vec<(usize, CaseResult)>,
    /// How many were not taken though nothing went wrong.
    pub left: usize,
    pub ended: Option<Ended>,
}

/// Has everybody take what waits until there is nothing left. Each case is given to `on_case` as soon as it is judged.
pub async fn play(
    plans: &[Plan],
    home: &Home,
    players: &mut [impl Player],
    again: &Again,
    stop: &AtomicBool,
    on_case: &mut OnCase<'_>,
) -> Played {
    let queue = Queue {
        plans,
        order: order(plans, home, players.len()),
        next: Cell::new(0),
        closed: Cell::new(false),
        done: RefCell::default(),
        ended: RefCell::default(),
        on_case: RefCell::new(on_case),
        again,
        stop,
    };
    join_all(players.iter_mut().map(|player| queue.serve(player))).await;
    let mut done = queue.done.into_inner();
    done.sort_by_key(|(nth, _)| *nth);
    let ended = queue.ended.into_inner();
    let interrupted = ended.is_some() || stop.load(Ordering::Relaxed);
    Played { done, left: if interrupted { 0 } else { plans.len() - queue.next.get() }, ended }
}

/// The cases that wait, and the results of those that are done. One thread has it: players take turns.
struct Queue<'a, 'f, 'c> {
    plans: &'a [Plan],
    /// Indices of the plans as they are taken.
    order: Vec<usize>,
    next: Cell<usize>,
    /// Nothing more is taken.
    closed: Cell<bool>,
    done: RefCell<Vec<(usize, CaseResult)>>,
    ended: RefCell<Option<Ended>>,
    on_case: RefCell<&'f mut OnCase<'c>>,
    again: &'a Again,
    stop: &'a AtomicBool,
}

impl Queue<'_, '_, '_> {
    /// Gives one what waits, one case after the other, until there is nothing left.
    async fn serve(&self, player: &mut impl Player) {
        while let Some(nth) = self.take() {
            let plan = &self.plans[nth];
            let mut attempts = Vec::new();
            let mut error = None;
            while error.is_none() && !self.stop.load(Ordering::Relaxed) && self.again.wants(&attempts) {
                let (result, failed) = player.case(plan, attempts.len()).await;
                let nothing = result.is_none();
                attempts.extend(result);
                error = failed;
                if nothing {
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
        player.end().await;
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
fn order(plans: &[Plan], home: &Home, places: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..plans.len()).collect();
    if places > 1 {
        order.sort_by_cached_key(|nth| std::cmp::Reverse(playable::takes(&plans[*nth], home)));
    }
    order
}
