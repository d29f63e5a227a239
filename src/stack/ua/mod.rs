//! A user agent core (RFC 3261 §8, §12 to §15): calls, modifications, and requests outside of calls.
//!
//! It does by itself only what every user agent must do in the same way: ACK, repeating a 2xx, 481, 420, 405,
//! glare, crossing CANCEL and BYE, session timers. What a request means, and what its headers and bodies say, is
//! its user's; it knows no media and no application.

mod authenticate;
mod call;
mod event;
mod headers;
mod in_dialog;
mod incoming;
mod modify;
mod notify;
mod outgoing;
mod refuse;
mod register;
mod replaces;
mod subscribe;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use authenticate::Sent;
use call::Call;
pub use event::{Body, Failure, Headers, InviteRequest, OutRequest, UaEvent};
pub use headers::Profile;
use register::Binding;
pub use register::{Registration, RegistrationId};
use subscribe::Usage;
pub use subscribe::{Subscription, SubscriptionId};

use super::dialog::{Dialog, DialogId};
use super::digest::{Account, Protection};
use super::endpoint::{Config, Endpoint, SipEvent, TxId};
use super::{IdSource, Input, Output};
use crate::time::Time;
use crate::wire::sip::{Builder, Message};

/// Ended dialogs that are remembered.
const MAX_ENDED: usize = 64;

/// A call of a user agent: an INVITE of either direction and what comes of it. Numbers are not used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CallId(pub u64);

/// The user agent of one host.
#[derive(Debug)]
pub struct UserAgent {
    pub profile: Profile,
    /// Who it is where it is asked for a password (RFC 3261 §22); without, challenges are failures like others.
    pub account: Option<Account>,
    endpoint: Endpoint,
    ids: IdSource,
    calls: BTreeMap<CallId, Call>,
    next_call: u64,
    dialogs: HashMap<DialogId, CallId>,
    /// Dialogs that ended lately, for a Replaces that comes too late.
    ended: VecDeque<DialogId>,
    purposes: HashMap<TxId, Purpose>,
    /// Requests that may still be challenged, by their first transactions; and those of the transactions that followed.
    sent: HashMap<TxId, Sent>,
    firsts: HashMap<TxId, TxId>,
    /// Realms that have asked for a password.
    protections: Vec<Protection>,
    /// How long credentials were at the most, without their URI.
    longest_credentials: usize,
    bindings: BTreeMap<RegistrationId, Binding>,
    next_binding: u64,
    usages: BTreeMap<SubscriptionId, Usage>,
    usage_dialogs: HashMap<DialogId, SubscriptionId>,
    next_usage: u64,
    deadlines: BTreeSet<(Time, Alarm)>,
    events: VecDeque<UaEvent>,
    /// What the endpoint has is being taken already; so no input makes this nest.
    settling: bool,
}

/// Who is woken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Alarm {
    Call(CallId),
    Registration(RegistrationId),
    Subscription(SubscriptionId),
}

/// What a transaction is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Purpose {
    /// The first INVITE of a call, of either direction.
    Invite(CallId),
    /// A re-INVITE or UPDATE, of either direction.
    Modify(CallId),
    /// A BYE of this side.
    Bye(CallId),
    /// A REGISTER of this side.
    Register(RegistrationId),
    /// A SUBSCRIBE of this side.
    Subscribe(SubscriptionId),
    /// A NOTIFY of this side.
    Notify(SubscriptionId),
    /// Any other request, of either direction.
    Other(Option<CallId>),
}

impl UserAgent {
    pub fn new(mut config: Config, profile: Profile) -> UserAgent {
        let ids = config.ids.fork("ua");
        UserAgent {
            profile,
            account: None,
            endpoint: Endpoint::new(config),
            ids,
            calls: BTreeMap::new(),
            next_call: 0,
            dialogs: HashMap::new(),
            ended: VecDeque::new(),
            purposes: HashMap::new(),
            sent: HashMap::new(),
            firsts: HashMap::new(),
            protections: Vec::new(),
            longest_credentials: 0,
            bindings: BTreeMap::new(),
            next_binding: 0,
            usages: BTreeMap::new(),
            usage_dialogs: HashMap::new(),
            next_usage: 0,
            deadlines: BTreeSet::new(),
            events: VecDeque::new(),
            settling: false,
        }
    }

    /// Takes an input; `false` where it is none of this user agent's. [`Input::Timer`] is everybody's.
    pub fn handle(&mut self, now: Time, input: Input) -> bool {
        let timer = matches!(input, Input::Timer);
        let mine = self.endpoint.handle(now, input);
        self.settle(now);
        while timer && let Some((_, alarm)) = self.deadlines.first().copied().filter(|(at, _)| *at <= now) {
            match alarm {
                Alarm::Call(call) => self.wake(now, call),
                Alarm::Registration(id) => self.register_again(now, id),
                Alarm::Subscription(id) => self.wake_usage(now, id),
            }
            self.settle(now);
        }
        mine
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.endpoint.poll()
    }

    pub fn poll_event(&mut self) -> Option<UaEvent> {
        self.events.pop_front()
    }

    pub fn next_timeout(&self) -> Option<Time> {
        let call = self.deadlines.first().map(|(at, _)| *at);
        [call, self.endpoint.next_timeout()].into_iter().flatten().min()
    }

    /// The endpoint below.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Tags, Call-IDs and branches of this user agent, for what its user writes itself.
    pub fn ids(&mut self) -> &mut IdSource {
        &mut self.ids
    }

    /// The dialog of a call, or an early one of those there are; `None` before the first response with a To tag, or
    /// when the call is gone.
    pub fn dialog(&self, call: CallId) -> Option<&Dialog> {
        let call = self.calls.get(&call)?;
        call.dialog.as_ref().or_else(|| call.early.values().next())
    }

    /// The call that has that dialog, early or not.
    pub fn call_in(&self, dialog: &DialogId) -> Option<CallId> {
        self.dialogs.get(dialog).copied()
    }

    /// Whether the peer's Allow names UPDATE.
    pub fn peer_updates(&self, call: CallId) -> bool {
        self.calls.get(&call).is_some_and(|call| call.peer_updates)
    }

    /// The INVITE that made the call.
    pub fn invite_of(&self, call: CallId) -> Option<&Arc<Message>> {
        Some(&self.calls.get(&call)?.request)
    }

    /// The calls that are not gone.
    pub fn calls(&self) -> impl Iterator<Item = CallId> + '_ {
        self.calls.keys().copied()
    }

    /// Sends a request outside of any dialog.
    pub fn request(&mut self, now: Time, request: OutRequest) -> TxId {
        let destination = request.destination;
        let mut ids = self.ids.clone();
        let message = self.compose(request, &mut ids);
        self.ids = ids;
        let tx = self.send(now, message, destination);
        self.purposes.insert(tx, Purpose::Other(None));
        self.settle(now);
        tx
    }

    /// The octets that a request outside of any dialog would have on the wire if it were sent now; with the credentials
    /// that may be asked for, as far as they are known.
    pub fn octets_of(&self, request: OutRequest) -> usize {
        let credentials = self.octets_of_credentials(&request.request_uri);
        self.endpoint.octets_with_via(&self.compose(request, &mut self.ids.clone())) + credentials
    }

    /// Answers a request that came as [`UaEvent::Request`] or [`UaEvent::Modification`].
    pub fn respond(&mut self, now: Time, tx: TxId, status: u16, headers: Headers, body: Option<Body>) {
        match self.purposes.get(&tx) {
            Some(Purpose::Modify(call)) => self.answer_modification(now, *call, tx, status, headers, body),
            Some(Purpose::Invite(call)) => self.answer(now, *call, status, headers, body),
            _ => self.reply(now, tx, status, headers, body),
        }
        self.settle(now);
    }

    fn compose(&self, request: OutRequest, ids: &mut IdSource) -> Message {
        let call_id = ids.call_id(&self.endpoint.config().local.ip().to_string());
        let mut builder = Builder::request(&request.method, &request.request_uri)
            .header("Max-Forwards", 70)
            .header("From", headers::with_tag(&request.from, || ids.tag()))
            .header("To", &request.to)
            .header("Call-ID", call_id)
            .header("CSeq", format!("1 {}", request.method));
        builder = headers::add(builder, &request.headers);
        builder = self.profile.complete_request(builder, &request.method, false);
        headers::with_body(builder, request.body).build()
    }

    /// Takes what the endpoint has, until it has nothing more.
    fn settle(&mut self, now: Time) {
        if std::mem::replace(&mut self.settling, true) {
            return;
        }
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                SipEvent::Request { tx, message, .. } => self.take_request(now, tx, message),
                SipEvent::Cancel { tx, target, .. } => self.take_cancel(now, tx, target),
                SipEvent::Ack { message } => self.take_ack(now, message),
                SipEvent::Response { tx, message } => self.take_response(now, tx, message),
                SipEvent::Timeout { tx } => self.take_failure(now, tx, Failure::Timeout),
                SipEvent::TransportFailed { tx } => self.take_failure(now, tx, Failure::Transport),
                SipEvent::Stray { .. } => {}
            }
        }
        self.settling = false;
    }

    fn take_response(&mut self, now: Time, tx: TxId, message: Arc<Message>) {
        let status = message.status().unwrap_or(0);
        let Some(tx) = self.first(tx) else { return };
        if self.answer_challenge(now, tx, &message) {
            return;
        }
        if self.account.is_some() && (200..300).contains(&status) {
            self.learn_nonce(&message);
        }
        // A 2xx to an INVITE may come again; it goes with its call.
        if status >= 300 || status >= 200 && message.cseq().is_none_or(|(_, method)| method != "INVITE") {
            self.unsend(tx);
        }
        match self.purposes.get(&tx).copied() {
            _ if status == 100 => {}
            Some(Purpose::Invite(call)) => self.invite_response(now, call, message),
            Some(Purpose::Modify(call)) => self.modify_response(now, call, tx, message),
            Some(Purpose::Bye(call)) if status >= 200 => self.left(call),
            Some(Purpose::Register(id)) if status >= 200 => self.register_response(now, id, tx, message),
            Some(Purpose::Subscribe(id)) if status >= 200 => self.subscribe_response(now, id, tx, message),
            Some(Purpose::Notify(id)) if status >= 200 => self.notify_result(id, tx, Some(message)),
            Some(Purpose::Other(call)) => {
                if status >= 200 {
                    self.purposes.remove(&tx);
                }
                self.events.push_back(UaEvent::Response { tx, call, message });
                if let Some(call) = call.filter(|_| matches!(status, 408 | 481)) {
                    // Such a response to a request within a dialog says that the dialog is gone (RFC 3261 §12.2.1.2).
                    self.bye(now, call);
                }
            }
            _ => {}
        }
    }

    fn take_failure(&mut self, now: Time, tx: TxId, why: Failure) {
        let Some(tx) = self.first(tx) else { return };
        self.unsend(tx);
        match self.purposes.get(&tx).copied() {
            Some(Purpose::Invite(call)) => self.invite_failed(now, call, tx, why),
            Some(Purpose::Modify(call)) => self.modify_failed(now, call, tx, why),
            Some(Purpose::Bye(call)) => self.left(call),
            Some(Purpose::Register(id)) => self.register_failed(id, tx),
            Some(Purpose::Subscribe(id)) => {
                self.purposes.remove(&tx);
                self.not_subscribed(id, None);
            }
            Some(Purpose::Notify(id)) => self.notify_result(id, tx, None),
            Some(Purpose::Other(call)) => {
                self.purposes.remove(&tx);
                self.events.push_back(UaEvent::RequestFailed { tx, call, why });
            }
            None => {}
        }
    }

    /// The BYE of this side came to its end.
    fn left(&mut self, call: CallId) {
        let cancelled = self.calls.get(&call).is_some_and(|call| call.cancelled);
        self.forget(call);
        self.events.push_back(if cancelled { UaEvent::Cancelled { call } } else { UaEvent::Ended { call } });
    }

    fn new_call(&mut self, call: Call) -> CallId {
        self.next_call += 1;
        let id = CallId(self.next_call);
        self.calls.insert(id, call);
        id
    }

    /// Removes a call and all that leads to it.
    fn forget(&mut self, id: CallId) {
        let Some(call) = self.calls.remove(&id) else { return };
        for dialog in call.dialog.iter().chain(call.early.values()) {
            self.dialogs.remove(&dialog.id);
        }
        if let Some(dialog) = call.dialog.filter(|dialog| dialog.confirmed) {
            self.ended.push_back(dialog.id);
            if self.ended.len() > MAX_ENDED {
                self.ended.pop_front();
            }
        }
        for tx in &call.transactions {
            self.purposes.remove(tx);
            self.unsend(*tx);
        }
        if let Some(at) = call.scheduled {
            self.deadlines.remove(&(at, Alarm::Call(id)));
        }
    }

    /// Gives a transaction its purpose in a call, so that it goes with the call.
    fn engage(&mut self, id: CallId, tx: TxId, purpose: Purpose) {
        self.purposes.insert(tx, purpose);
        self.keep_credentials(id, tx);
        let Some(call) = self.calls.get(&id) else { return };
        let mut ended: Vec<TxId> = Vec::new();
        if call.transactions.len() >= call.prune_at {
            let over = |tx: &TxId| self.endpoint.request(self.current(*tx)).is_none();
            ended = call.transactions.iter().copied().filter(over).collect();
        }
        for tx in &ended {
            self.purposes.remove(tx);
            self.unsend(*tx);
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.transactions.len() >= call.prune_at {
            call.transactions.retain(|tx| !ended.contains(tx));
            call.prune_at = (call.transactions.len() * 2).max(call::PRUNE_AT);
        }
        call.transactions.push(tx);
    }

    /// Takes over when a call wants to be woken.
    fn reschedule(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let wanted = call.next_timeout();
        if wanted == call.scheduled {
            return;
        }
        if let Some(at) = std::mem::replace(&mut call.scheduled, wanted) {
            self.deadlines.remove(&(at, Alarm::Call(id)));
        }
        if let Some(at) = wanted {
            self.deadlines.insert((at, Alarm::Call(id)));
        }
    }

    /// Sends a response that leaves the call as it is.
    fn reply(&mut self, now: Time, tx: TxId, status: u16, headers: Headers, body: Option<Body>) {
        let Some(request) = self.endpoint.request(tx).cloned() else { return };
        let Some(builder) = self.endpoint.response(tx, status) else { return };
        let to = builder.get("To").unwrap_or_default().to_owned();
        let tagged = if status > 100 { headers::with_tag(&to, || self.ids.tag()) } else { to };
        let builder = headers::add(builder.set("To", tagged), &headers);
        let builder = self.profile.complete_response(builder, request.method(), status, false);
        let builder = self.profile.date(builder, status, now);
        if status >= 200 {
            self.purposes.remove(&tx);
        }
        self.endpoint.respond(now, tx, headers::with_body(builder, body).build());
    }
}
