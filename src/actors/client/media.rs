//! The media of a call: each is an MSRP session of its own, with what goes or comes over it. Most calls have one; files
//! that are offered together have one each (RFC 5547 §8.2.3).
//!
//! It must not know what a call is for.

use std::net::SocketAddr;

use crate::stack::msrp::{Outgoing, SessionConfig, SessionId};
use crate::stack::offer_answer::{Local, MediaPlan};
use crate::stack::ua::CallId;
use crate::time::Time;
use crate::wire::uri::Uri;

use super::file::Announced;
use super::send::REPORT_WAIT;
use super::{Client, Later, Purpose};

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
    /// What was announced of what comes in.
    pub announced: Option<Announced>,
    pub outcome: Outcome,
    /// Its MSRP session begins with the exchange that is under way, in a call that goes on.
    pub anew: bool,
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
        Medium {
            place,
            local,
            plan: None,
            session: None,
            body: None,
            announced: None,
            outcome: Outcome::Open,
            anew: false,
        }
    }
}

impl Client {
    /// Opens the MSRP sessions of a call as they were negotiated, but for media that are settled without one. A medium
    /// without a plan was rejected, and is gone.
    pub(super) fn open(&mut self, now: Time, id: CallId, plans: Vec<Option<MediaPlan>>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let past_relays = self.config.switches.goes_past_relays;
        let mut plans = plans.into_iter();
        call.media.retain_mut(|medium| {
            medium.plan = plans.next().flatten();
            let Some(plan) = &medium.plan else { return false };
            if medium.outcome == Outcome::Open {
                medium.session = Some(self.msrp.open(now, agreed(plan, &medium.local, past_relays)));
            }
            true
        });
    }

    /// Goes over to what was agreed on anew; a medium without a plan was closed, and what was to go out over it with it.
    pub(super) fn adopt(&mut self, now: Time, id: CallId, plans: Vec<Option<MediaPlan>>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let past_relays = self.config.switches.goes_past_relays;
        let (mut plans, mut lost, mut next) = (plans.into_iter(), Vec::new(), Vec::new());
        call.media.retain_mut(|medium| {
            medium.plan = plans.next().flatten();
            match (&medium.plan, medium.session) {
                (Some(plan), Some(session)) => self.msrp.modify(now, session, plan.session(&medium.local)),
                (Some(plan), None) if std::mem::take(&mut medium.anew) => {
                    let session = self.msrp.open(now, agreed(plan, &medium.local, past_relays));
                    medium.session = Some(session);
                    next.extend(medium.body.clone().map(|body| (session, body)));
                }
                (None, Some(session)) => {
                    // What is being sent is broken off before its medium is gone (RFC 5547 §8.4).
                    self.msrp.abort(session);
                    self.msrp.close(session);
                    lost.extend(medium.body.take().filter(|_| medium.outcome == Outcome::Open));
                }
                (_, None) => {}
            }
            medium.plan.is_some()
        });
        let done = matches!(call.purpose, Purpose::Sending(_)) && call.is(Outcome::Settled);
        for (session, body) in next {
            self.msrp.send(now, session, body);
        }
        for body in lost {
            self.tell(now, "failed", body.message_id);
        }
        if done {
            // The exchange that closed the last medium comes to its end first.
            self.postpone(now + REPORT_WAIT, Later::Release(id));
        }
    }
}

/// The MSRP session that was agreed on; with `past_relays` on a connection to the peer itself.
fn agreed(plan: &MediaPlan, local: &Local, past_relays: bool) -> SessionConfig {
    let session = plan.session(local);
    let peer = session.remote_path.last().map(|uri| Uri::parse(uri));
    let there = peer.and_then(|uri| Some(SocketAddr::from((uri.host?.ip()?, uri.port?))));
    let connect = if past_relays { session.connect.and(there) } else { session.connect };
    SessionConfig { connect, ..session }
}
