//! The called side of a call (RFC 3261 §13.3, §9.2, §15): INVITE, its answers, ACK, CANCEL.

use std::sync::Arc;

use super::call::{Call, Phase, Unacknowledged};
use super::{Body, CallId, Failure, Headers, Purpose, UaEvent, UserAgent, headers, refuse};
use crate::stack::dialog::{Dialog, DialogId};
use crate::stack::endpoint::TxId;
use crate::stack::session_timer::{Due, Offer, SessionExpires, SessionTimer, min_se};
use crate::time::Time;
use crate::wire::sip::{Builder, Message, Name};

impl UserAgent {
    /// Answers the INVITE of an incoming call: 1xx, 2xx (repeated until its ACK comes) or a failure, with which the
    /// call is gone. 100 is sent without being asked for.
    pub fn answer(&mut self, now: Time, id: CallId, status: u16, headers: Headers, body: Option<Body>) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| !call.caller && call.phase == Phase::Inviting) else {
            return;
        };
        let tx = call.invite;
        if let Some(body) = &body {
            call.described = Some(body.clone());
        }
        if status < 300 {
            call.keep_standing(&headers);
        }
        let Some(response) = self.call_response(now, id, tx, status, &headers, body) else { return };
        self.endpoint.respond(now, tx, response.clone());
        match status {
            200..=299 => {
                self.await_ack(now, id, tx, response);
                if let Some(call) = self.calls.get_mut(&id) {
                    call.phase = Phase::Established;
                    if let Some(dialog) = &mut call.dialog {
                        dialog.confirmed = true;
                    }
                }
                self.reschedule(id);
            }
            300.. => self.forget(id),
            _ => {}
        }
        self.settle(now);
    }

    /// A response of a call to its INVITE, or to a modification, with session timer and all that makes its dialog.
    pub(super) fn call_response(
        &mut self,
        now: Time,
        id: CallId,
        tx: TxId,
        status: u16,
        headers: &Headers,
        body: Option<Body>,
    ) -> Option<Message> {
        let request = self.endpoint.request(tx)?.clone();
        let call = self.calls.get_mut(&id)?;
        let mut builder = self.endpoint.response(tx, status)?;
        if status > 100
            && let Some(dialog) = &call.dialog
        {
            builder = builder.set("To", dialog.addresses().0);
        }
        if (101..300).contains(&status) {
            for route in request.all(Name::RecordRoute) {
                builder = builder.header("Record-Route", route.text());
            }
        }
        builder = headers::add(builder, headers);
        let good = (200..300).contains(&status);
        if good {
            builder = timed(builder, self.profile.session.judge(&request));
            call.min_se = call.min_se.max(min_se(&request));
        }
        let standing = call.standing.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("User-Agent"));
        for (name, value) in standing.filter(|_| (101..300).contains(&status)) {
            if builder.get(name).is_none() {
                builder = builder.header(name, value);
            }
        }
        let builder = self.profile.complete_response(builder, request.method(), status, true);
        let builder = self.profile.date(builder, status, now);
        let message = headers::reachable(headers::with_body(builder, body).build(), &request);
        if good && self.profile.session.supported {
            call.session = SessionExpires::of(&message).map(|expires| SessionTimer::start(now, expires, false));
        }
        Some(message)
    }

    /// Repeats a 2xx until its ACK comes (RFC 3261 §13.3.1.4).
    pub(super) fn await_ack(&mut self, now: Time, id: CallId, tx: TxId, response: Message) {
        let timers = self.endpoint.config().timers;
        let number = response.cseq().map_or(0, |(number, _)| number);
        if let Some(call) = self.calls.get_mut(&id) {
            call.unacknowledged = Some(Unacknowledged {
                tx,
                response,
                number,
                interval: timers.t1,
                next: now + timers.t1,
                give_up: now + timers.give_up(),
            });
        }
    }

    pub(super) fn take_request(&mut self, now: Time, tx: TxId, message: Arc<Message>) {
        let in_dialog = message.to().is_some_and(|to| to.tag().is_some());
        if in_dialog {
            return self.take_in_dialog(now, tx, message);
        }
        if let Some((status, headers)) = refuse::request(&self.profile, &message) {
            return self.reply(now, tx, status, headers, None);
        }
        if self.endpoint.is_merged(tx) {
            return self.reply(now, tx, 482, Headers::new(), None);
        }
        match message.method() {
            "INVITE" => self.take_invite(now, tx, message),
            "BYE" => self.reply(now, tx, 481, Headers::new(), None),
            _ => {
                self.purposes.insert(tx, Purpose::Other(None));
                self.events.push_back(UaEvent::Request { tx, call: None, message });
            }
        }
    }

    fn take_invite(&mut self, now: Time, tx: TxId, message: Arc<Message>) {
        if let Offer::TooSmall(minimum) = self.profile.session.judge(&message) {
            return self.reply(now, tx, 422, vec![("Min-SE".to_owned(), minimum.to_string())], None);
        }
        let replaces = match self.replaced(&message) {
            Ok(replaces) => replaces,
            Err(status) => return self.reply(now, tx, status, Headers::new(), None),
        };
        let dialog = Dialog::uas(&message, &self.ids.tag());
        let mut call = Call::new(false, message.clone(), tx);
        call.peer_updates = message.has_token(Name::Allow, "UPDATE");
        let key = dialog.id.clone();
        call.dialog = Some(dialog);
        let id = self.new_call(call);
        self.dialogs.insert(key, id);
        self.engage(id, tx, Purpose::Invite(id));
        self.events.push_back(UaEvent::Incoming { call: id, message, replaces });
    }

    /// A CANCEL is answered by itself; it ends an INVITE that waits (RFC 3261 §9.2).
    pub(super) fn take_cancel(&mut self, now: Time, tx: TxId, target: Option<TxId>) {
        let Some(target) = target else { return self.reply(now, tx, 481, Headers::new(), None) };
        let purpose = self.purposes.get(&target).copied();
        let tag = match purpose {
            Some(Purpose::Invite(id) | Purpose::Modify(id)) => {
                self.dialog(id).map(|dialog| dialog.id.local_tag.clone())
            }
            _ => None,
        };
        // The To tag of both responses should be the same.
        if let (Some(tag), Some(builder)) = (tag, self.endpoint.response(tx, 200)) {
            let to = headers::with_tag(builder.get("To").unwrap_or_default(), || tag);
            self.endpoint.respond(
                now,
                tx,
                self.profile.complete_response(builder.set("To", to), "CANCEL", 200, false).build(),
            );
        } else {
            self.reply(now, tx, 200, Headers::new(), None);
        }
        match purpose {
            Some(Purpose::Invite(id)) if self.calls.get(&id).is_some_and(|call| call.phase == Phase::Inviting) => {
                self.answer(now, id, 487, Headers::new(), None);
                self.events.push_back(UaEvent::Cancelled { call: id });
            }
            Some(Purpose::Modify(id)) if self.calls.get(&id).is_some_and(|call| call.modified == Some(target)) => {
                self.answer_modification(now, id, target, 487, Headers::new(), None);
                self.events.push_back(UaEvent::ModificationCancelled { call: id, tx: target });
            }
            _ => {}
        }
    }

    pub(super) fn take_ack(&mut self, now: Time, message: Arc<Message>) {
        let Some(id) = self.dialogs.get(&DialogId::of_request(&message)).copied() else { return };
        let Some(call) = self.calls.get_mut(&id) else { return };
        let number = message.cseq().map_or(0, |(number, _)| number);
        if call.unacknowledged.take_if(|waiting| waiting.number == number).is_none() {
            return;
        }
        let leave = call.bye_after_ack;
        self.events.push_back(UaEvent::Confirmed { call: id, message });
        self.reschedule(id);
        if leave {
            self.bye(now, id);
        }
    }

    /// Does what is due in a call.
    pub(super) fn wake(&mut self, now: Time, id: CallId) {
        let timers = self.endpoint.config().timers;
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some(waiting) = &mut call.unacknowledged {
            if now >= waiting.give_up {
                call.unacknowledged = None;
                self.send_bye(now, id);
                self.events.push_back(UaEvent::Failed { call: id, why: Failure::Timeout });
                return self.forget(id);
            }
            if now >= waiting.next {
                waiting.interval = timers.back_off(waiting.interval);
                waiting.next = now + waiting.interval;
                let (tx, response) = (waiting.tx, waiting.response.clone());
                self.endpoint.respond(now, tx, response);
            }
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some((_, modifying)) = call.later.take_if(|(at, _)| *at <= now) {
            self.modify_again(now, id, modifying);
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        match call.session.as_mut().filter(|_| call.phase == Phase::Established).and_then(|session| session.due(now)) {
            Some(Due::Refresh) => self.refresh(now, id),
            Some(Due::Bye) => {
                self.events.push_back(UaEvent::Expired { call: id });
                self.bye(now, id);
            }
            None => {}
        }
        self.reschedule(id);
    }
}

/// Adds what the called side agreed to about the session timer; an interval that its user gave stands.
fn timed(builder: Builder, offer: Offer) -> Builder {
    let Offer::Timed { expires, require } = offer else { return builder };
    let builder = match builder.get("Session-Expires") {
        Some("") => return builder,
        Some(_) => builder,
        None => builder.header("Session-Expires", expires),
    };
    match builder.get("Require").map(str::to_owned) {
        _ if !require => builder,
        Some(tags) if tags.split(',').any(|tag| tag.trim().eq_ignore_ascii_case("timer")) => builder,
        Some(tags) => builder.set("Require", format!("{tags}, timer")),
        None => builder.header("Require", "timer"),
    }
}
