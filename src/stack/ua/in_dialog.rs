//! Requests within a dialog (RFC 3261 §12.2, §15): those of the peer, BYE, and those that mean nothing to the call.

use std::sync::Arc;

use super::call::Phase;
use super::{Body, CallId, Headers, Purpose, UaEvent, UserAgent, headers, refuse};
use crate::stack::dialog::DialogId;
use crate::stack::endpoint::TxId;
use crate::time::Time;
use crate::wire::sip::Message;

impl UserAgent {
    /// Ends a call: with BYE where it is established (the called side waits for the ACK first, RFC 3261 §15), else as
    /// [`UserAgent::cancel`] does, the called side with 480.
    pub fn bye(&mut self, now: Time, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        match call.phase {
            Phase::Inviting if call.caller => self.cancel(now, id),
            Phase::Inviting => self.answer(now, id, 480, Headers::new(), None),
            Phase::Established if call.unacknowledged.is_some() => call.bye_after_ack = true,
            Phase::Established => {
                if let Some(tx) = self.send_bye(now, id) {
                    self.engage(id, tx, Purpose::Bye(id));
                }
                if let Some(call) = self.calls.get_mut(&id) {
                    call.phase = Phase::Leaving;
                }
                self.reschedule(id);
                self.settle(now);
            }
            Phase::Leaving => {}
        }
    }

    /// Ends every call, each as [`UserAgent::bye`] does.
    pub fn leave(&mut self, now: Time) {
        for call in self.calls().collect::<Vec<CallId>>() {
            self.bye(now, call);
        }
    }

    /// Sends any other request within the dialog of a call (MESSAGE, INFO, OPTIONS, …).
    pub fn request_within(
        &mut self,
        now: Time,
        id: CallId,
        method: &str,
        headers: Headers,
        body: Option<Body>,
    ) -> Option<TxId> {
        let call = self.calls.get_mut(&id)?;
        let dialog = match &mut call.dialog {
            Some(dialog) => dialog,
            None => call.early.values_mut().next()?,
        };
        let builder = headers::add(dialog.request(method), &headers);
        let builder = self.profile.complete_request(builder, method, false);
        let tx = self.send(now, headers::with_body(builder, body).build(), None);
        self.engage(id, tx, Purpose::Other(Some(id)));
        self.settle(now);
        Some(tx)
    }

    pub(super) fn send_bye(&mut self, now: Time, id: CallId) -> Option<TxId> {
        let call = self.calls.get_mut(&id)?;
        let access = call.access();
        let bye = headers::add(call.dialog.as_mut()?.request("BYE"), &access);
        let bye = self.profile.complete_request(bye, "BYE", false).build();
        Some(self.send(now, bye, None))
    }

    pub(super) fn take_in_dialog(&mut self, now: Time, tx: TxId, message: Arc<Message>) {
        let dialog = DialogId::of_request(&message);
        let call = self.dialogs.get(&dialog).copied();
        let subscription = if call.is_none() { self.subscription_of(&dialog) } else { None };
        if call.is_none() && subscription.is_none() {
            return self.reply(now, tx, 481, Headers::new(), None);
        }
        if let Some((status, headers)) = refuse::request(&self.profile, &message) {
            return self.reply(now, tx, status, headers, None);
        }
        if let Some(subscription) = subscription {
            return self.take_in_subscription(now, subscription, tx, message);
        }
        let Some(id) = call else { return };
        let Some(call) = self.calls.get_mut(&id) else { return };
        if !call.dialog_mut(&dialog).is_some_and(|dialog| dialog.take_sequence(&message)) {
            return self.reply(now, tx, 500, Headers::new(), None);
        }
        match message.method() {
            "BYE" => self.take_bye(now, id, tx, message),
            "INVITE" | "UPDATE" => self.take_modification(now, id, tx, message),
            _ => {
                self.engage(id, tx, Purpose::Other(Some(id)));
                self.events.push_back(UaEvent::Request { tx, call: Some(id), message });
            }
        }
    }

    fn take_bye(&mut self, now: Time, id: CallId, tx: TxId, message: Arc<Message>) {
        let Some(call) = self.calls.get(&id) else { return self.reply(now, tx, 481, Headers::new(), None) };
        let access = call.access();
        self.reply(now, tx, 200, access, None);
        let Some(call) = self.calls.get(&id) else { return };
        let (phase, pending) = (call.phase, call.modified);
        // What still waits for an answer gets 487 (RFC 3261 §15.1.2).
        if let Some(pending) = pending {
            self.answer_modification(now, id, pending, 487, Headers::new(), None);
        }
        match phase {
            Phase::Inviting if self.calls.get(&id).is_some_and(|call| call.caller) => return,
            Phase::Inviting => self.answer(now, id, 487, Headers::new(), None),
            Phase::Established => {}
            // Both sides sent BYE: the end of this side's is what its user waits for.
            Phase::Leaving => return,
        }
        self.forget(id);
        self.events.push_back(UaEvent::Bye { call: id, message });
    }
}
