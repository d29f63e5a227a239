//! The end of a session, by either side (IM 9.1.3, CPM 7.3.2.2, RFC 3261 §15).

use super::procedures::Happening;
use super::{Client, Later, Outcome, Purpose};
use crate::stack::ua::{CallId, UaEvent};
use crate::time::Time;

impl Client {
    /// Sends the BYE of a call, once.
    pub(super) fn leave(&mut self, now: Time, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if !std::mem::replace(&mut call.leaving, true) {
            self.ua.bye(now, id);
        }
    }

    /// Ends everything that goes on: the client is switched off.
    pub fn hang_up(&mut self, now: Time) {
        let ids: Vec<CallId> = self.calls.keys().copied().collect();
        for id in ids {
            match self.calls.get(&id).is_some_and(|call| call.session().is_some()) {
                true => self.leave(now, id),
                false => self.ua.cancel(now, id),
            }
        }
        self.invitations.clear();
        self.later.clear();
        self.settle(now);
    }

    /// Frees the media of a call that is gone, and forgets it.
    fn free(&mut self, now: Time, id: CallId) {
        let Some(call) = self.calls.remove(&id) else { return };
        if !self.config.switches.keeps_connection {
            call.media.iter().filter_map(|medium| medium.session).for_each(|session| self.msrp.close(session));
        }
        self.unsubscribe(now, id);
        self.invitations.remove(&id);
        let of_call = |what: &Later| matches!(what, Later::Accept(other) | Later::Release(other) if *other == id);
        self.later.retain(|(_, what)| !of_call(what));
        if call.media.iter().any(|medium| medium.outcome == Outcome::Open && medium.session.is_some()) {
            match call.purpose {
                Purpose::Sending(_) if !call.leaving => self.tell(now, "failed", "the session ended"),
                Purpose::Receiving | Purpose::Retrieving if call.chunks > 0 => {
                    self.tell(now, "incomplete", "the session ended")
                }
                _ => {}
            }
        }
        if call.under_way > 0 {
            self.tell(now, "failed", "the session ended");
        }
        if let Some((_, message)) = self.reports.remove(&id)
            && let Some(after) = self.config.reports_after
        {
            self.postpone(now + after, Later::Report(message));
        }
    }
}

/// The user ends the session.
pub(super) fn by_user(client: &mut Client, now: Time, _: Happening) {
    if let Some(id) = client.calls.keys().next_back().copied() {
        client.leave(now, id);
    }
}

/// The user gives an invitation up.
pub(super) fn cancel(client: &mut Client, now: Time, _: Happening) {
    if let Some(id) = client.calls.keys().next_back().copied() {
        client.ua.cancel(now, id);
    }
}

/// The peer ended the session; the user agent has answered.
pub(super) fn left(client: &mut Client, now: Time, happening: Happening) {
    if let Happening::Ua(UaEvent::Bye { call, .. }) = happening {
        client.free(now, call);
    }
}

/// The BYE of this side came to its end, or there was no session after all.
pub(super) fn over(client: &mut Client, now: Time, happening: Happening) {
    if let Happening::Ua(UaEvent::Ended { call } | UaEvent::Cancelled { call } | UaEvent::Failed { call, .. }) =
        happening
    {
        client.free(now, call);
    }
}

/// The success report is overdue: the session ends without it.
pub(super) fn overdue(client: &mut Client, now: Time, happening: Happening) {
    if let Happening::Time(Later::Release(id)) = happening {
        client.leave(now, id);
    }
}
