//! Paths through the MSRP relays that act on behalf of the client (RFC 4976 §5.1). Whatever takes MSRP sessions waits until the
//! relays have given a path for each; each path is used for one session.
//!
//! It must not know what a session is for, only how many of them something takes.

use std::collections::VecDeque;

use super::procedures::Happening;
use super::{Client, pager, receive, transfer};
use crate::actors::act::{Act, Offer};
use crate::stack::msrp;
use crate::stack::offer_answer::Through;
use crate::stack::ua::UaEvent;
use crate::time::Time;

/// The paths that the relays gave, and what waits for more.
#[derive(Default)]
pub(super) struct Paths {
    ready: VecDeque<Ready>,
    /// Own session-ids for which a path is asked.
    asked: VecDeque<String>,
    waiting: VecDeque<(usize, Happening)>,
}

/// A path that no session has yet.
#[derive(Clone)]
struct Ready {
    session_id: String,
    use_path: Vec<String>,
    /// It holds no longer.
    until: Time,
}

/// What happens that waits at the most.
const MOST_WAITING: usize = 1000;

impl Paths {
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

impl Client {
    /// Hands back what can be done at once, and keeps what has to wait for paths.
    pub(super) fn with_paths(&mut self, now: Time, happening: Happening) -> Option<Happening> {
        if self.config.relays.is_none() {
            return Some(happening);
        }
        let count = self.takes_sessions(now, &happening);
        self.paths.ready.retain(|ready| ready.until > now);
        if count == 0 || !self.paths.is_waiting() && self.paths.ready.len() >= count {
            return Some(happening);
        }
        if self.paths.waiting.len() >= MOST_WAITING {
            self.without_path(now, happening);
            return None;
        }
        self.paths.waiting.push_back((count, happening));
        self.ask_for_paths(now);
        None
    }

    /// The session-id of the next session, and its way through the relays.
    pub(super) fn next_session(&mut self) -> (String, Option<Through>) {
        let relay = self.config.relays.as_ref().map(|relays| relays.at);
        let next = self.paths.ready.pop_front();
        if self.config.switches.reuses_paths {
            self.paths.ready.extend(next.clone());
        }
        match (relay, next) {
            (Some(relay), Some(Ready { session_id, use_path, .. })) => (session_id, Some(Through { use_path, relay })),
            _ => (self.config.ids.token(20), None),
        }
    }

    fn ask_for_paths(&mut self, now: Time) {
        let wanted: usize = self.paths.waiting.iter().map(|(count, _)| count).sum();
        for _ in self.paths.ready.len() + self.paths.asked.len()..wanted {
            let session_id = self.config.ids.token(20);
            let own = self.local_with(session_id.clone(), None).uri();
            self.paths.asked.push_back(session_id);
            self.msrp.authorise(now, own);
        }
    }

    /// How many MSRP sessions something takes.
    fn takes_sessions(&mut self, now: Time, happening: &Happening) -> usize {
        match happening {
            Happening::Act(Act::Send(sending)) if pager::is_large(self, now, sending) => {
                if sending.in_turn {
                    1
                } else {
                    1 + sending.also.len()
                }
            }
            Happening::Act(
                Act::Invite { .. }
                | Act::Confer { .. }
                | Act::Join { .. }
                | Act::Rejoin
                | Act::Extend { .. }
                | Act::Retrieve { .. },
            ) => 1,
            Happening::Act(Act::Modify(how)) if how.offer == Offer::NewPath => {
                self.calls.values().find(|call| call.session().is_some()).map_or(0, |call| call.media.len())
            }
            Happening::Ua(UaEvent::Incoming { message, .. }) if self.config.refuses.is_none() => {
                receive::sessions_of(message)
            }
            Happening::Ua(UaEvent::Modification { call, message, .. }) => {
                self.calls.get(call).map_or(0, |call| transfer::begun_anew(call, message))
            }
            Happening::Msrp(msrp::Event::Delivered { session, .. }) => {
                let call = self.call_of(*session).and_then(|id| self.calls.get(&id));
                usize::from(call.is_some_and(transfer::has_next))
            }
            _ => 0,
        }
    }

    /// There will be no path for this.
    fn without_path(&mut self, now: Time, happening: Happening) {
        match happening {
            Happening::Ua(UaEvent::Incoming { call, .. }) => {
                let headers = self.response_headers();
                self.ua.answer(now, call, 480, headers, None);
            }
            Happening::Ua(UaEvent::Modification { tx, .. }) => {
                let headers = self.response_headers();
                self.ua.respond(now, tx, 488, headers, None);
            }
            _ => self.tell(now, "failed", "no MSRP relay gives a path"),
        }
    }
}

/// A relay gave a path, or gives none: what waited longest gets its turn.
pub(super) fn authorised(client: &mut Client, now: Time, happening: Happening) {
    client.paths.asked.pop_front().into_iter().for_each(|session_id| match &happening {
        Happening::Msrp(msrp::Event::Authorised { use_path, valid, .. }) => {
            let use_path = use_path.clone();
            client.paths.ready.push_back(Ready { session_id, use_path, until: now + *valid });
        }
        _ => {
            if let Some((_, waited)) = client.paths.waiting.pop_front() {
                client.without_path(now, waited);
            }
        }
    });
    while let Some((_, happening)) = client
        .paths
        .waiting
        .front()
        .is_some_and(|(count, _)| *count <= client.paths.ready.len())
        .then(|| client.paths.waiting.pop_front())
        .flatten()
    {
        client.perform(now, happening);
    }
}

/// The relay is gone, and no path of it holds any more.
pub(super) fn lost(client: &mut Client, _: Time, _: Happening) {
    client.paths.ready.clear();
}
