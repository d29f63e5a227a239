//! Modifying a session by re-INVITE (RFC 3261 §14) or UPDATE (RFC 3311), and refreshing it (RFC 4028 §10).

use std::sync::Arc;
use std::time::Duration;

use super::call::{MAX_RETRIES, Modifying, Phase};
use super::{Body, CallId, Failure, Headers, Purpose, UaEvent, UserAgent, headers};
use crate::stack::endpoint::TxId;
use crate::stack::session_timer::{Offer, Refresher, SMALLEST, SessionExpires, SessionTimer, min_se};
use crate::time::Time;
use crate::wire::sip::Message;

impl UserAgent {
    /// Sends a re-INVITE; `None` while another modification of either side has no final response yet (RFC 3261
    /// §14.1). Without a body the 2xx holds the offer, and [`UserAgent::ack`] the answer.
    pub fn reinvite(&mut self, now: Time, id: CallId, headers: Headers, body: Option<Body>) -> Option<TxId> {
        self.modify(now, id, "INVITE", headers, body)
    }

    /// Whether a 2xx of this side still waits for its ACK: until then it must not send a re-INVITE (RFC 3261 §14.1).
    pub fn awaits_ack(&self, id: CallId) -> bool {
        self.calls.get(&id).is_some_and(|call| call.unacknowledged.is_some())
    }

    /// Sends an UPDATE; `None` as for [`UserAgent::reinvite`].
    pub fn update(&mut self, now: Time, id: CallId, headers: Headers, body: Option<Body>) -> Option<TxId> {
        self.modify(now, id, "UPDATE", headers, body)
    }

    /// Gives up a re-INVITE of this side that has no final response yet. What comes of it is told all the same.
    pub fn cancel_modification(&mut self, now: Time, tx: TxId) {
        self.endpoint.cancel(now, tx);
        self.settle(now);
    }

    fn modify(
        &mut self,
        now: Time,
        id: CallId,
        method: &'static str,
        headers: Headers,
        body: Option<Body>,
    ) -> Option<TxId> {
        let call = self.calls.get(&id)?;
        let busy = call.modifying.is_some() || call.modified.is_some() || call.unacknowledged.is_some();
        if call.phase != Phase::Established || busy || call.awaiting_ack.is_some() {
            return None;
        }
        let modifying = Modifying { tx: TxId(0), method, headers, body, refresh: false, retries: 0 };
        let tx = self.send_modification(now, id, modifying);
        self.settle(now);
        tx
    }

    /// Sends a session refresh request: UPDATE where the peer allows it, else a re-INVITE with the last description.
    pub(super) fn refresh(&mut self, now: Time, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.modifying.is_some() || call.modified.is_some() || call.unacknowledged.is_some() {
            // What is under way refreshes the session too (RFC 4028 §7.2).
            return;
        }
        let (method, body) = if call.peer_updates { ("UPDATE", None) } else { ("INVITE", call.described.clone()) };
        let modifying = Modifying { tx: TxId(0), method, headers: Headers::new(), body, refresh: true, retries: 0 };
        self.send_modification(now, id, modifying);
    }

    /// Sends a modification once more, when its back-off is over.
    pub(super) fn modify_again(&mut self, now: Time, id: CallId, modifying: Modifying) {
        let busy = self.calls.get(&id).is_none_or(|call| call.phase != Phase::Established || call.modified.is_some());
        if !busy {
            self.send_modification(now, id, modifying);
        } else if let Some(call) = self.calls.get_mut(&id).filter(|call| call.phase == Phase::Established) {
            // The peer's own attempt is still open; it gets its time.
            call.later = Some((now + Duration::from_secs(1), modifying));
        }
    }

    fn send_modification(&mut self, now: Time, id: CallId, mut modifying: Modifying) -> Option<TxId> {
        let call = self.calls.get_mut(&id)?;
        let dialog = call.dialog.as_mut()?;
        let mut builder = headers::add(dialog.request(modifying.method), &modifying.headers);
        for (name, value) in &call.standing {
            if builder.get(name).is_none() {
                builder = builder.header(name, value);
            }
        }
        if let Some(session) = call.session
            && builder.get("Session-Expires").is_none()
        {
            let refresher = Some(if session.refreshing { Refresher::Uac } else { Refresher::Uas });
            let seconds = session.seconds.max(call.min_se.unwrap_or(SMALLEST));
            builder = builder.header("Session-Expires", SessionExpires { seconds, refresher });
        }
        if let Some(minimum) = call.min_se.filter(|_| builder.get("Min-SE").is_none()) {
            builder = builder.header("Min-SE", minimum);
        }
        let builder = self.profile.complete_request(builder, modifying.method, true);
        if modifying.body.is_some() {
            call.described = modifying.body.clone();
        }
        let message = headers::with_body(builder, modifying.body.clone()).build();
        let tx = self.send(now, message, None);
        modifying.tx = tx;
        self.calls.get_mut(&id)?.modifying = Some(modifying);
        self.engage(id, tx, Purpose::Modify(id));
        Some(tx)
    }

    pub(super) fn modify_response(&mut self, now: Time, id: CallId, tx: TxId, message: Arc<Message>) {
        let status = message.status().unwrap_or(0);
        let number = message.cseq().map_or(0, |(number, _)| number);
        let forwards = self.profile.forwards;
        let Some(call) = self.calls.get_mut(&id) else { return };
        if status < 200 {
            return;
        }
        let Some(modifying) = call.modifying.take_if(|modifying| modifying.tx == tx) else {
            // A 2xx that came again wants its ACK again (RFC 3261 §13.2.2.4).
            let tag = call.dialog.as_ref().map_or("", |dialog| &dialog.id.remote_tag);
            if let Some(ack) = call.ack_for(number, tag).cloned() {
                self.endpoint.send_ack(ack, None);
            }
            return;
        };
        let own = !forwards || modifying.refresh;
        match status {
            200..=299 => self.modified_well(now, id, tx, modifying, message),
            491 if own && modifying.retries < MAX_RETRIES => self.back_off(now, id, modifying),
            422 if own && modifying.retries < MAX_RETRIES && min_se(&message).is_some() => {
                call.min_se = call.min_se.max(min_se(&message));
                let retries = modifying.retries + 1;
                // What the user gave for the interval was too small.
                let mut modifying = Modifying { retries, ..modifying };
                modifying.headers.retain(|(name, _)| !["Session-Expires", "x", "Min-SE"].contains(&name.as_str()));
                self.send_modification(now, id, modifying);
            }
            _ => {
                if !modifying.refresh {
                    self.events.push_back(UaEvent::ModificationResult { call: id, tx, message });
                }
                if matches!(status, 408 | 481) {
                    self.bye(now, id);
                }
            }
        }
        self.reschedule(id);
    }

    fn modified_well(&mut self, now: Time, id: CallId, tx: TxId, modifying: Modifying, message: Arc<Message>) {
        let supported = self.profile.session.supported;
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(dialog) = &mut call.dialog else { return };
        dialog.refresh_target(&message);
        call.learn_methods(&message);
        if supported {
            call.session = SessionExpires::of(&message).map(|expires| SessionTimer::start(now, expires, true));
        }
        if modifying.method == "INVITE" {
            call.awaiting_ack = message.cseq().map(|(number, _)| number);
            if modifying.body.is_some() || modifying.refresh {
                self.ack(now, id, None);
            }
        }
        self.events.push_back(match modifying.refresh {
            true => UaEvent::Refreshed { call: id },
            false => UaEvent::ModificationResult { call: id, tx, message },
        });
    }

    /// Tries again after 491: 2.1 to 4 s for the owner of the Call-ID, up to 2 s for the other (RFC 3261 §14.1).
    fn back_off(&mut self, now: Time, id: CallId, modifying: Modifying) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let tens = if call.caller { 210 + self.ids.below(191) } else { self.ids.below(201) };
        let retries = modifying.retries + 1;
        call.later = Some((now + Duration::from_millis(tens * 10), Modifying { retries, ..modifying }));
    }

    pub(super) fn modify_failed(&mut self, now: Time, id: CallId, tx: TxId, why: Failure) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(modifying) = call.modifying.take_if(|modifying| modifying.tx == tx) else { return };
        if !modifying.refresh {
            self.events.push_back(UaEvent::RequestFailed { tx, call: Some(id), why });
        }
        // No response at all counts as 408, and that ends the dialog (RFC 3261 §12.2.1.2, §14.1).
        self.bye(now, id);
    }

    pub(super) fn take_modification(&mut self, now: Time, id: CallId, tx: TxId, message: Arc<Message>) {
        let Some(call) = self.calls.get(&id) else { return };
        let invite = message.method() == "INVITE";
        let offers = !message.body().is_empty();
        let own_invite = call.caller && call.phase == Phase::Inviting;
        let theirs = call.modified.is_some() || (!call.caller && call.phase == Phase::Inviting);
        if call.phase == Phase::Leaving {
            return self.reply(now, tx, 487, Headers::new(), None);
        }
        if theirs && (invite || offers || call.modified.is_some()) {
            // RFC 3261 §14.2, RFC 3311 §5.2: one after the other.
            let retry = self.ids.below(11).to_string();
            return self.reply(now, tx, 500, vec![("Retry-After".to_owned(), retry)], None);
        }
        let mine = call.modifying.as_ref().is_some_and(|own| own.body.is_some() || own.method == "INVITE");
        if (mine || own_invite) && (invite || offers) {
            return self.reply(now, tx, 491, Headers::new(), None);
        }
        if let Offer::TooSmall(minimum) = self.profile.session.judge(&message) {
            return self.reply(now, tx, 422, vec![("Min-SE".to_owned(), minimum.to_string())], None);
        }
        self.engage(id, tx, Purpose::Modify(id));
        if let Some(call) = self.calls.get_mut(&id) {
            call.modified = Some(tx);
        }
        if !invite && !offers {
            self.answer_modification(now, id, tx, 200, Headers::new(), None);
            self.events.push_back(UaEvent::Refreshed { call: id });
        } else {
            self.events.push_back(UaEvent::Modification { call: id, tx, message });
        }
    }

    pub(super) fn answer_modification(
        &mut self,
        now: Time,
        id: CallId,
        tx: TxId,
        status: u16,
        headers: Headers,
        body: Option<Body>,
    ) {
        let Some(request) = self.endpoint.request(tx).cloned() else { return };
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.modified == Some(tx)) else { return };
        if (200..300).contains(&status) {
            if let Some(dialog) = &mut call.dialog {
                dialog.refresh_target(&request);
            }
            if let Some(body) = &body {
                call.described = Some(body.clone());
            }
        }
        let Some(response) = self.call_response(now, id, tx, status, &headers, body) else { return };
        self.endpoint.respond(now, tx, response.clone());
        if status >= 200
            && let Some(call) = self.calls.get_mut(&id)
        {
            call.modified = None;
            if status < 300 && request.method() == "INVITE" {
                self.await_ack(now, id, tx, response);
            }
        }
        self.reschedule(id);
    }
}
