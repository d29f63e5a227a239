//! The notifier's side of a subscription (RFC 6665 §4.2): what a SUBSCRIBE makes, its refresh, and NOTIFY.

use std::sync::Arc;
use std::time::Duration;

use super::subscribe::{Subscription, SubscriptionId, Usage};
use super::{Body, Headers, Purpose, UaEvent, UserAgent, headers};
use crate::stack::dialog::{Dialog, DialogId};
use crate::stack::endpoint::TxId;
use crate::time::Time;
use crate::wire::sip::{Message, Name};

/// The expiration of a SUBSCRIBE that asks for none, in seconds.
const DEFAULT_EXPIRES: u32 = 3600;

impl UserAgent {
    /// Accepts a SUBSCRIBE that came as [`UaEvent::Request`], for at most `longest` seconds, with 200. Its user sends
    /// the first NOTIFY at once ([`UserAgent::notify`]). `None` where the transaction is gone.
    pub fn accept_subscription(
        &mut self,
        now: Time,
        tx: TxId,
        longest: u32,
        headers: Headers,
    ) -> Option<SubscriptionId> {
        let request = self.endpoint.request(tx)?.clone();
        let mut dialog = Dialog::uas(&request, &self.ids.tag());
        dialog.confirmed = true;
        let expires = asked(&request).min(longest);
        let wanted = Subscription {
            event: request.header(Name::Event).map(|event| event.text().into_owned()).unwrap_or_default(),
            expires,
            headers,
            ..Subscription::default()
        };
        let usage = Usage {
            notifier: true,
            key: dialog.id.clone(),
            dialog: Some(dialog),
            request: request.clone(),
            pending: None,
            expiration: now,
            scheduled: None,
            retries: 0,
            wanted,
        };
        let id = self.new_usage(usage);
        self.purposes.remove(&tx);
        self.grant(now, id, tx, &request, expires);
        self.settle(now);
        Some(id)
    }

    /// Sends a NOTIFY. `state` is the Subscription-State: `active` and `pending` get the time that is left, and with
    /// `terminated` (and its parameters) the subscription is gone.
    pub fn notify(
        &mut self,
        now: Time,
        id: SubscriptionId,
        state: &str,
        headers: Headers,
        body: Option<Body>,
    ) -> Option<TxId> {
        let usage = self.usages.get_mut(&id).filter(|usage| usage.notifier)?;
        let left = usage.expiration.since(now).as_secs();
        let ended = state.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("terminated"));
        let state = if ended { state.to_owned() } else { format!("{state};expires={left}") };
        let builder = usage.dialog.as_mut()?.request("NOTIFY");
        let builder = builder.header("Event", &usage.wanted.event).header("Subscription-State", state);
        let builder = headers::add(headers::add(builder, &usage.wanted.headers), &headers);
        let builder = self.profile.complete_request(builder, "NOTIFY", true);
        let tx = self.send(now, headers::with_body(builder, body).build(), None);
        self.purposes.insert(tx, Purpose::Notify(id));
        if ended {
            self.forget_usage(id);
        }
        self.settle(now);
        Some(tx)
    }

    /// The final response to a NOTIFY, or none: what the subscriber does not know is over (RFC 6665 §4.2.2).
    pub(super) fn notify_result(&mut self, id: SubscriptionId, tx: TxId, message: Option<Arc<Message>>) {
        self.purposes.remove(&tx);
        let status = message.as_ref().and_then(|message| message.status()).unwrap_or(408);
        if !self.usages.contains_key(&id) {
            return;
        }
        if matches!(status, 404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501 | 604) {
            self.not_subscribed(id, message);
        } else {
            self.events.push_back(UaEvent::Notified { subscription: id });
        }
    }

    /// A request within the dialog of a subscription.
    pub(super) fn take_in_subscription(&mut self, now: Time, id: SubscriptionId, tx: TxId, message: Arc<Message>) {
        let Some(usage) = self.usages.get_mut(&id) else { return };
        if !usage.dialog.as_mut().is_none_or(|dialog| dialog.take_sequence(&message)) {
            return self.reply(now, tx, 500, Headers::new(), None);
        }
        match (message.method(), usage.notifier) {
            ("NOTIFY", false) => self.take_notify(now, id, tx, message),
            ("SUBSCRIBE", true) => {
                let expires = asked(&message).min(usage.wanted.expires.max(1));
                if let Some(dialog) = &mut usage.dialog {
                    dialog.refresh_target(&message);
                }
                self.grant(now, id, tx, &message, expires);
                self.events.push_back(UaEvent::Resubscribed { subscription: id, expires, message });
            }
            _ => self.reply(now, tx, 481, Headers::new(), None),
        }
    }

    /// The subscription that a request of the peer belongs to.
    pub(super) fn subscription_of(&self, dialog: &DialogId) -> Option<SubscriptionId> {
        let pending = || DialogId { remote_tag: String::new(), ..dialog.clone() };
        self.usage_dialogs.get(dialog).or_else(|| self.usage_dialogs.get(&pending())).copied()
    }

    fn grant(&mut self, now: Time, id: SubscriptionId, tx: TxId, request: &Message, expires: u32) {
        let Some(usage) = self.usages.get_mut(&id) else { return };
        usage.expiration = now + Duration::from_secs(u64::from(expires));
        let at = (expires > 0).then_some(usage.expiration);
        let local = usage.dialog.as_ref().map(|dialog| dialog.addresses().0.to_owned()).unwrap_or_default();
        let own = usage.wanted.headers.clone();
        self.schedule_usage(id, at);
        let Some(mut builder) = self.endpoint.response(tx, 200) else { return };
        for route in request.all(Name::RecordRoute) {
            builder = builder.header("Record-Route", route.text());
        }
        let builder = headers::add(builder.set("To", local).header("Expires", expires), &own);
        let builder = self.profile.complete_response(builder, "SUBSCRIBE", 200, true);
        self.endpoint.respond(now, tx, headers::reachable(builder.build(), request));
    }
}

/// The expiration that a SUBSCRIBE asks for.
fn asked(request: &Message) -> u32 {
    let header = request.header(Name::Expires);
    header.and_then(|header| header.text().trim().parse().ok()).unwrap_or(DEFAULT_EXPIRES)
}
