//! The calling side of a call (RFC 3261 §13.2, §9.1): INVITE, its responses and forks, ACK, CANCEL.

use std::sync::Arc;

use super::call::{Call, MAX_FORKS, MAX_RETRIES, Phase};
use super::{Body, CallId, Failure, InviteRequest, Purpose, UaEvent, UserAgent, headers};
use crate::stack::dialog::{Dialog, DialogId};
use crate::stack::endpoint::TxId;
use crate::stack::session_timer::{SessionExpires, SessionTimer, min_se};
use crate::time::Time;
use crate::wire::sip::{Builder, Message};

impl UserAgent {
    /// Sends an INVITE. The events of the call say what comes of it.
    pub fn invite(&mut self, now: Time, mut request: InviteRequest) -> CallId {
        if headers::find(&request.headers, "Call-ID").is_none() {
            let call_id = self.ids.call_id(&self.endpoint.config().local.ip().to_string());
            request.headers.push(("Call-ID".to_owned(), call_id));
        }
        request.from = headers::with_tag(&request.from, || self.ids.tag());
        let (message, tx) = self.send_invite(now, &request, 1, None);
        let mut call = Call::new(true, message, tx);
        call.keep_standing(&request.headers);
        call.described = request.body.clone();
        call.again = Some(request);
        let id = self.new_call(call);
        self.engage(id, tx, Purpose::Invite(id));
        self.settle(now);
        id
    }

    /// Gives up a call that is not established: CANCEL by its caller, 487 by the called side. An established one is
    /// ended with BYE.
    pub fn cancel(&mut self, now: Time, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.phase != Phase::Inviting {
            return self.bye(now, id);
        }
        if !call.caller {
            return self.answer(now, id, 487, Vec::new(), None);
        }
        call.cancelled = true;
        let first = call.invite;
        let tx = self.current(first);
        self.endpoint.cancel(now, tx);
        self.settle(now);
    }

    /// Acknowledges a 2xx whose INVITE had no body, and gives the answer to its offer.
    pub fn ack(&mut self, now: Time, id: CallId, body: Option<Body>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(dialog) = &call.dialog else { return };
        if body.is_some() {
            call.described = body.clone();
        }
        let number = call.awaiting_ack.take().unwrap_or(dialog.local_seq());
        let tag = dialog.id.remote_tag.clone();
        let ack = headers::add(dialog.ack(number), &call.credentials);
        let ack = self.profile.complete_request(ack, "ACK", false);
        let ack = self.endpoint.send_ack(headers::with_body(ack, body).build(), None);
        call.keep_ack(number, tag, ack);
        self.settle(now);
    }

    fn send_invite(
        &mut self,
        now: Time,
        request: &InviteRequest,
        number: u32,
        min_se: Option<u32>,
    ) -> (Arc<Message>, TxId) {
        let expires = request.session_expires.map(|asked| SessionExpires {
            seconds: asked.seconds.max(min_se.unwrap_or(0)),
            refresher: asked.refresher,
        });
        let builder = Builder::request("INVITE", &request.request_uri)
            .header("Max-Forwards", 70)
            .header("From", &request.from)
            .header("To", &request.to)
            .header("Call-ID", "")
            .header("CSeq", format!("{number} INVITE"));
        let builder = headers::add(builder, &request.headers).maybe("Session-Expires", expires).maybe("Min-SE", min_se);
        let builder = self.profile.complete_request(builder, "INVITE", true);
        let message = headers::demanding(headers::with_body(builder, request.body.clone()).build());
        let tx = self.send(now, message.clone(), request.destination);
        (Arc::new(message), tx)
    }

    pub(super) fn invite_response(&mut self, now: Time, id: CallId, message: Arc<Message>) {
        match message.status() {
            Some(101..=199) => self.provisional(id, message),
            Some(200..=299) => self.accepted(now, id, message),
            Some(422) if self.larger_interval(now, id, &message) => {}
            _ => {
                let cancelled = self.calls.get(&id).is_some_and(|call| call.cancelled);
                self.forget(id);
                self.events.push_back(match cancelled {
                    true => UaEvent::Cancelled { call: id },
                    false => UaEvent::Rejected { call: id, message },
                });
            }
        }
    }

    /// No response came to the INVITE, or no ACK to the failure that was sent.
    pub(super) fn invite_failed(&mut self, now: Time, id: CallId, tx: TxId, why: Failure) {
        let Some(call) = self.calls.get(&id).filter(|call| call.invite == tx) else { return };
        if call.phase != Phase::Inviting {
            return;
        }
        let cancelled = call.cancelled;
        if !call.caller {
            // A response that could not be sent: the transaction lives on, and so does the call (RFC 6026 §7.1).
            return;
        }
        self.forget(id);
        self.events.push_back(if cancelled {
            UaEvent::Cancelled { call: id }
        } else {
            UaEvent::Failed { call: id, why }
        });
        self.settle(now);
    }

    fn provisional(&mut self, id: CallId, message: Arc<Message>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.phase != Phase::Inviting {
            return;
        }
        let tag = DialogId::of_response(&message).remote_tag;
        if !call.early.contains_key(&tag)
            && call.early.len() < MAX_FORKS
            && let Some(dialog) = Dialog::uac(&call.request, &message)
        {
            self.dialogs.insert(dialog.id.clone(), id);
            call.early.insert(tag, dialog);
        }
        call.learn_methods(&message);
        if !call.cancelled {
            self.events.push_back(UaEvent::Provisional { call: id, message });
        }
    }

    fn accepted(&mut self, now: Time, id: CallId, message: Arc<Message>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let tag = DialogId::of_response(&message).remote_tag;
        let number = message.cseq().map_or(0, |(number, _)| number);
        if let Some(ack) = call.ack_for(number, &tag).cloned() {
            self.endpoint.send_ack(ack, None);
            return;
        }
        let Some(dialog) = Dialog::uac(&call.request, &message) else { return };
        if call.phase != Phase::Inviting {
            let known = call.dialog.as_ref().is_some_and(|own| own.id == dialog.id);
            // The user of a known dialog has not acknowledged yet; any other is a fork that nobody wants.
            if !known && call.acks.len() < MAX_FORKS {
                self.refuse_fork(now, id, dialog, number);
            }
            return;
        }
        call.phase = Phase::Established;
        // A dialog that a provisional response made has gone on counting.
        let dialog = match call.early.remove(&tag) {
            Some(mut early) => {
                early.confirmed = true;
                early.take_response(&message);
                early
            }
            None => dialog,
        };
        for early in std::mem::take(&mut call.early).into_values() {
            self.dialogs.remove(&early.id);
        }
        self.dialogs.insert(dialog.id.clone(), id);
        call.dialog = Some(dialog);
        call.again = None;
        call.learn_methods(&message);
        if self.profile.session.supported {
            call.session = SessionExpires::of(&message).map(|expires| SessionTimer::start(now, expires, true));
        }
        let cancelled = call.cancelled;
        let has_body = !call.request.body().is_empty();
        call.awaiting_ack = Some(number);
        if has_body || cancelled {
            self.ack(now, id, None);
        }
        if cancelled {
            // CANCEL and 200 have crossed (RFC 3261 §9.1, §15).
            return self.bye(now, id);
        }
        self.events.push_back(UaEvent::Answered { call: id, message });
        self.reschedule(id);
    }

    /// Acknowledges the 2xx of another fork and ends its dialog (RFC 3261 §13.2.2.4).
    fn refuse_fork(&mut self, now: Time, id: CallId, mut dialog: Dialog, number: u32) {
        let ack = self.profile.complete_request(dialog.ack(number), "ACK", false).build();
        let ack = self.endpoint.send_ack(ack, None);
        let bye = self.profile.complete_request(dialog.request("BYE"), "BYE", false).build();
        self.endpoint.send_request(now, bye, None);
        if let Some(call) = self.calls.get_mut(&id) {
            call.keep_ack(number, dialog.id.remote_tag, ack);
        }
    }

    /// Tries again with the Min-SE of a 422 (RFC 4028 §7.3); `false` where that is no use.
    fn larger_interval(&mut self, now: Time, id: CallId, message: &Message) -> bool {
        let Some(call) = self.calls.get_mut(&id) else { return false };
        let (Some(minimum), Some(again)) = (min_se(message), call.again.clone()) else { return false };
        if self.profile.forwards || call.cancelled || call.retries >= MAX_RETRIES || again.session_expires.is_none() {
            return false;
        }
        call.retries += 1;
        let minimum = minimum.max(call.min_se.unwrap_or(0));
        call.min_se = Some(minimum);
        let number = call.request.cseq().map_or(1, |(number, _)| number).saturating_add(1);
        let (request, tx) = self.send_invite(now, &again, number, Some(minimum));
        if let Some(call) = self.calls.get_mut(&id) {
            (call.request, call.invite) = (request, tx);
        }
        self.engage(id, tx, Purpose::Invite(id));
        true
    }
}
