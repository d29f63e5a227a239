//! The subscriber's side of a subscription (RFC 6665 §4.1): SUBSCRIBE, its refresh and its end, and the NOTIFYs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::call::MAX_RETRIES;
use super::{Alarm, Headers, Purpose, UaEvent, UserAgent, headers};
use crate::stack::dialog::{Dialog, DialogId};
use crate::stack::endpoint::TxId;
use crate::time::Time;
use crate::wire::sip::{Builder, Message, Name, Params};

/// A subscription of either side. Numbers are not used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SubscriptionId(pub u64);

/// What to subscribe to.
#[derive(Clone, Debug, Default)]
pub struct Subscription {
    pub request_uri: String,
    /// From, without tag.
    pub from: String,
    pub to: String,
    /// The Event value.
    pub event: String,
    /// The expiration asked for, in seconds.
    pub expires: u32,
    /// All else; they go into every SUBSCRIBE, but for those that only choose the way and the target of the first.
    pub headers: Headers,
    /// Where to send the first SUBSCRIBE, against Route and outbound proxy.
    pub destination: Option<SocketAddr>,
}

/// A subscription and where it stands, on either side.
#[derive(Debug)]
pub(super) struct Usage {
    pub notifier: bool,
    pub wanted: Subscription,
    /// What its requests are found by. Without a remote tag until a NOTIFY or a 2xx made the dialog.
    pub key: DialogId,
    pub dialog: Option<Dialog>,
    /// The SUBSCRIBE that made it.
    pub request: Arc<Message>,
    pub pending: Option<TxId>,
    /// Notifier: when the subscription ends by itself.
    pub expiration: Time,
    pub scheduled: Option<Time>,
    pub retries: u32,
}

impl UserAgent {
    /// Subscribes, and again before the subscription ends. NOTIFYs come as [`UaEvent::Notify`].
    pub fn subscribe(&mut self, now: Time, mut wanted: Subscription) -> SubscriptionId {
        let call_id = self.ids.call_id(&self.endpoint.config().local.ip().to_string());
        wanted.from = headers::with_tag(&wanted.from, || self.ids.tag());
        let builder = Builder::request("SUBSCRIBE", &wanted.request_uri)
            .header("Max-Forwards", 70)
            .header("From", &wanted.from)
            .header("To", &wanted.to)
            .header("Call-ID", &call_id)
            .header("CSeq", "1 SUBSCRIBE");
        let message = self.finished(builder, &wanted, true);
        let local_tag = message.from().and_then(|from| from.tag()).unwrap_or_default().to_owned();
        let usage = Usage {
            notifier: false,
            key: DialogId { call_id, local_tag, remote_tag: String::new() },
            dialog: None,
            request: Arc::new(message.clone()),
            pending: None,
            expiration: now,
            scheduled: None,
            retries: 0,
            wanted,
        };
        let destination = usage.wanted.destination;
        let id = self.new_usage(usage);
        self.send_subscribe(now, id, message, destination);
        self.settle(now);
        id
    }

    /// Sends another SUBSCRIBE at once, which asks for the full state (RFC 6665 §4.1.2.3).
    pub fn resubscribe(&mut self, now: Time, id: SubscriptionId) {
        self.subscribe_again(now, id);
        self.settle(now);
    }

    /// Ends a subscription; its last NOTIFY is still to come.
    pub fn unsubscribe(&mut self, now: Time, id: SubscriptionId) {
        let Some(usage) = self.usages.get_mut(&id) else { return };
        usage.wanted.expires = 0;
        self.subscribe_again(now, id);
        self.settle(now);
    }

    fn subscribe_again(&mut self, now: Time, id: SubscriptionId) {
        self.schedule_usage(id, None);
        let Some(usage) = self.usages.get_mut(&id).filter(|usage| !usage.notifier) else { return };
        let Some(dialog) = &mut usage.dialog else { return };
        let builder = dialog.request("SUBSCRIBE");
        let wanted = usage.wanted.clone();
        let message = self.finished(builder, &wanted, false);
        self.send_subscribe(now, id, message, None);
    }

    fn finished(&self, builder: Builder, wanted: &Subscription, initial: bool) -> Message {
        let builder = builder.header("Event", &wanted.event).header("Expires", wanted.expires);
        // Within the dialog the way is known, and who is at its end (RFC 3261 §12.2.1.1).
        let once = |name: &str| ["Route", "Accept-Contact", "P-Preferred-Identity"].contains(&name);
        let own = wanted.headers.iter().filter(|(name, _)| initial || !once(name)).cloned().collect();
        self.profile.complete_request(headers::add(builder, &own), "SUBSCRIBE", true).build()
    }

    fn send_subscribe(&mut self, now: Time, id: SubscriptionId, message: Message, destination: Option<SocketAddr>) {
        let tx = self.send(now, message, destination);
        self.purposes.insert(tx, Purpose::Subscribe(id));
        if let Some(older) = self.usages.get_mut(&id).and_then(|usage| usage.pending.replace(tx)) {
            self.purposes.remove(&older);
        }
    }

    pub(super) fn subscribe_response(&mut self, now: Time, id: SubscriptionId, tx: TxId, message: Arc<Message>) {
        self.purposes.remove(&tx);
        let Some(usage) = self.usages.get_mut(&id) else { return };
        usage.pending = None;
        let lifetime = |name| message.header(name).and_then(|header| header.text().trim().parse::<u32>().ok());
        match message.status() {
            Some(200..=299) => {
                usage.retries = 0;
                let expires = lifetime(Name::Expires).unwrap_or(usage.wanted.expires).min(usage.wanted.expires);
                match &mut usage.dialog {
                    Some(dialog) => dialog.refresh_target(&message),
                    None => {
                        let dialog = Dialog::uac(&usage.request, &message);
                        self.set_usage_dialog(id, dialog);
                    }
                }
                let wait = if expires == 0 { self.endpoint.config().timers.give_up() } else { before(expires) };
                self.schedule_usage(id, Some(now + wait));
                self.events.push_back(UaEvent::Subscribed { subscription: id, expires, message });
            }
            Some(423) if usage.retries < MAX_RETRIES && usage.dialog.is_some() => {
                usage.retries += 1;
                usage.wanted.expires = lifetime(Name::MinExpires).unwrap_or(0).max(usage.wanted.expires);
                self.subscribe_again(now, id);
            }
            _ => self.not_subscribed(id, Some(message)),
        }
    }

    pub(super) fn not_subscribed(&mut self, id: SubscriptionId, message: Option<Arc<Message>>) {
        self.forget_usage(id);
        self.events.push_back(UaEvent::NotSubscribed { subscription: id, message });
    }

    /// A NOTIFY of a subscription of this side; the first may come before the 2xx and make the dialog (RFC 6665 §4.1.2.4).
    pub(super) fn take_notify(&mut self, now: Time, id: SubscriptionId, tx: TxId, message: Arc<Message>) {
        let Some(usage) = self.usages.get_mut(&id) else { return };
        let Some((state, params)) = state_of(&message) else {
            return self.reply(now, tx, 400, Headers::new(), None);
        };
        if usage.dialog.is_none() {
            let number = usage.request.cseq().map_or(1, |(number, _)| number);
            let dialog = Dialog::uas(&message, &usage.key.local_tag.clone()).counting_from(number);
            self.set_usage_dialog(id, Some(dialog));
        } else if let Some(dialog) = &mut usage.dialog {
            dialog.refresh_target(&message);
        }
        let ended = state.eq_ignore_ascii_case("terminated");
        if ended {
            self.forget_usage(id);
        } else if let Some(expires) = params.get("expires").and_then(|text| text.parse().ok())
            && self.usages.get(&id).is_some_and(|usage| usage.wanted.expires > 0)
        {
            self.schedule_usage(id, Some(now + before(expires)));
        }
        self.purposes.insert(tx, Purpose::Other(None));
        self.events.push_back(UaEvent::Notify { subscription: id, tx, message, ended });
    }

    /// The time of a subscription has come: to be refreshed, or over.
    pub(super) fn wake_usage(&mut self, now: Time, id: SubscriptionId) {
        self.schedule_usage(id, None);
        let Some(usage) = self.usages.get(&id) else { return };
        if usage.notifier {
            self.events.push_back(UaEvent::SubscriptionExpired { subscription: id });
        } else if usage.wanted.expires == 0 || usage.dialog.is_none() {
            // The last NOTIFY never came.
            self.not_subscribed(id, None);
        } else {
            self.subscribe_again(now, id);
        }
    }

    pub(super) fn new_usage(&mut self, usage: Usage) -> SubscriptionId {
        self.next_usage += 1;
        let id = SubscriptionId(self.next_usage);
        self.usage_dialogs.insert(usage.key.clone(), id);
        self.usages.insert(id, usage);
        id
    }

    fn set_usage_dialog(&mut self, id: SubscriptionId, dialog: Option<Dialog>) {
        let (Some(usage), Some(dialog)) = (self.usages.get_mut(&id), dialog) else { return };
        self.usage_dialogs.remove(&usage.key);
        usage.key = dialog.id.clone();
        usage.dialog = Some(dialog);
        self.usage_dialogs.insert(usage.key.clone(), id);
    }

    pub(super) fn forget_usage(&mut self, id: SubscriptionId) {
        self.schedule_usage(id, None);
        if let Some(usage) = self.usages.remove(&id) {
            self.usage_dialogs.remove(&usage.key);
            if let Some(tx) = usage.pending {
                self.purposes.remove(&tx);
            }
        }
    }

    pub(super) fn schedule_usage(&mut self, id: SubscriptionId, at: Option<Time>) {
        let Some(usage) = self.usages.get_mut(&id) else { return };
        if let Some(old) = std::mem::replace(&mut usage.scheduled, at) {
            self.deadlines.remove(&(old, Alarm::Subscription(id)));
        }
        self.deadlines.extend(at.map(|at| (at, Alarm::Subscription(id))));
    }
}

/// When to refresh what lasts `expires` seconds: half of a short time, ten minutes before the end of a long one
/// (3GPP TS 24.229 §5.1.1.4).
pub(super) fn before(expires: u32) -> Duration {
    let seconds = if expires > 1200 { expires - 600 } else { (expires / 2).max(1) };
    Duration::from_secs(u64::from(seconds))
}

fn state_of(message: &Message) -> Option<(&str, Params<'_>)> {
    let (_, value) = message.values(Name::SubscriptionState).next()?;
    let (state, params) = value.split_at(value.find(';').unwrap_or(value.len()));
    Some((state.trim(), Params(params)))
}
