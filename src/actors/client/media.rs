//! The media of a call: each is an MSRP session of its own, with what goes or comes over it. Most calls have one; files
//! that are offered together have one each (RFC 5547 §8.2.3).
//!
//! It must not know what a call is for.

use crate::stack::msrp::{Outgoing, SessionId};
use crate::stack::offer_answer::{Local, MediaPlan};
use crate::stack::ua::CallId;
use crate::time::Time;

use super::{Client, Purpose};

/// A medium of a call.
pub(super) struct Medium {
    /// Which `m=` line it is, from 0. Lines keep their places (RFC 3264 §8).
    pub place: usize,
    pub local: Local,
    /// What was agreed on; nothing before the first exchange is over.
    pub plan: Option<MediaPlan>,
    pub session: Option<SessionId>,
    /// What goes out over it, where it is for one message.
    pub body: Option<Outgoing>,
    /// The size of what comes in, as it was announced.
    pub announced: Option<u64>,
    pub outcome: Outcome,
}

/// How far the message of a medium got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    Open,
    Acknowledged,
    Settled,
}

impl Medium {
    /// Before anything came of it.
    pub fn new(place: usize, local: Local) -> Medium {
        Medium { place, local, plan: None, session: None, body: None, announced: None, outcome: Outcome::Open }
    }
}

impl Client {
    /// Opens the MSRP sessions of a call as they were negotiated, but for media that are settled without one. A medium
    /// without a plan was rejected, and is gone.
    pub(super) fn open(&mut self, now: Time, id: CallId, plans: Vec<Option<MediaPlan>>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let mut plans = plans.into_iter();
        call.media.retain_mut(|medium| {
            medium.plan = plans.next().flatten();
            let Some(plan) = &medium.plan else { return false };
            if medium.outcome == Outcome::Open {
                medium.session = Some(self.msrp.open(now, plan.session(&medium.local)));
            }
            true
        });
    }

    /// Goes over to what was agreed on anew; a medium without a plan was closed, and what was to go out over it with it.
    pub(super) fn adopt(&mut self, now: Time, id: CallId, plans: Vec<Option<MediaPlan>>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (mut plans, mut lost) = (plans.into_iter(), Vec::new());
        call.media.retain_mut(|medium| {
            medium.plan = plans.next().flatten();
            match (&medium.plan, medium.session) {
                (Some(plan), Some(session)) => self.msrp.modify(now, session, plan.session(&medium.local)),
                (None, Some(session)) => {
                    self.msrp.close(session);
                    lost.extend(medium.body.take().filter(|_| medium.outcome == Outcome::Open));
                }
                (_, None) => {}
            }
            medium.plan.is_some()
        });
        let done = matches!(call.purpose, Purpose::Sending(_)) && call.is(Outcome::Settled);
        for body in lost {
            self.tell(now, "failed", body.message_id);
        }
        if done {
            self.leave(now, id);
        }
    }
}
