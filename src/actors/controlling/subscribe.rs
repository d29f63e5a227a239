//! Subscriptions to the conference event package: who gets one, and what they hear when (RFC 4575 §3, RFC 6665 §4.2).

use super::ControllingFunction;
use super::applicant::Applicant;
use super::conference::{Conference, Origin};
use super::config::Config;
use super::procedures::Happening;
use super::roster::CONFERENCE_INFO;
use crate::stack::ua::{Headers, SubscriptionId, UaEvent};
use crate::time::Time;
use crate::wire::mime::State;
use crate::wire::sip::{Message, Name};
use crate::wire::uri;

/// A SUBSCRIBE to something.
pub(super) fn subscription(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Request { tx, message, .. }) = happening else { return };
    let target = server.conference_at(message.request_uri().unwrap_or_default());
    let conference = target.and_then(|id| Some((id, server.conferences.get(&id)?)));
    let refusal = refusal(&server.config, &message, conference.map(|(_, conference)| conference));
    let (None, Some((id, conference))) = (&refusal, conference) else {
        let (status, headers) = refusal.unwrap_or((404, Headers::new()));
        return server.ua.respond(now, tx, status, headers, None);
    };
    let headers = vec![server.contact(conference)];
    let longest = server.config.subscription;
    let Some(subscription) = server.ua.accept_subscription(now, tx, longest, headers) else { return };
    server.subscriptions.insert(subscription, id);
    if let Some(conference) = server.conferences.get_mut(&id) {
        conference.roster.add(subscription);
    }
    server.tell_all(now, subscription, message.expires() != Some(0));
}

/// A subscriber refreshed, and hears everything again; or he has heard enough.
pub(super) fn resubscription(server: &mut ControllingFunction, now: Time, happening: Happening) {
    if let Happening::Ua(UaEvent::Resubscribed { subscription, expires, .. }) = happening {
        server.tell_all(now, subscription, expires > 0);
    }
}

/// A subscriber did not refresh.
pub(super) fn expired(server: &mut ControllingFunction, now: Time, happening: Happening) {
    if let Happening::Ua(UaEvent::SubscriptionExpired { subscription }) = happening {
        server.tell_all(now, subscription, false);
    }
}

/// A NOTIFY was answered: the next one may go.
pub(super) fn notified(server: &mut ControllingFunction, _: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Notified { subscription }) = happening else { return };
    let Some(id) = server.subscriptions.get(&subscription).copied() else { return };
    if let Some(conference) = server.conferences.get_mut(&id) {
        conference.roster.answered(subscription);
        server.news.insert(id);
    }
}

/// A subscriber does not know of his subscription any more.
pub(super) fn gone(server: &mut ControllingFunction, _: Time, happening: Happening) {
    let Happening::Ua(UaEvent::NotSubscribed { subscription, .. }) = happening else { return };
    let Some(id) = server.subscriptions.remove(&subscription) else { return };
    if let Some(conference) = server.conferences.get_mut(&id) {
        conference.roster.remove(subscription);
    }
    server.bury(id);
}

impl ControllingFunction {
    /// Sends a subscriber the whole document.
    fn tell_all(&mut self, now: Time, subscription: SubscriptionId, goes_on: bool) {
        let Some(id) = self.subscriptions.get(&subscription).copied() else { return };
        let state = if goes_on { "active" } else { "terminated;reason=timeout" };
        let Some(users) = self.conferences.get(&id).map(Conference::users) else { return };
        self.notify(now, id, subscription, state, (State::Full, users));
        self.bury(id);
    }
}

/// Why a subscription is refused.
fn refusal(config: &Config, message: &Message, conference: Option<&Conference>) -> Option<(u16, Headers)> {
    if message.event().is_none_or(|event| !event.package.eq_ignore_ascii_case("conference")) {
        return Some((489, vec![("Allow-Events".to_owned(), "conference".to_owned())]));
    }
    let Some(conference) = conference else { return Some((404, Headers::new())) };
    let applicant = Applicant::of(config, message);
    let known = applicant.address.unwrap_or_default();
    let belongs = match &conference.origin {
        Origin::AdHoc { users } => users.iter().any(|user| uri::same(user, &known)),
        Origin::Group { uri } => config.group(uri).is_some_and(|group| group.may_join.includes(&known, Some(group))),
    };
    if !belongs {
        return Some((403, Headers::new()));
    }
    let accepts = message.accepts().any(|kind| kind.covers(CONFERENCE_INFO));
    (message.header(Name::Accept).is_some() && !accepts).then(|| (406, Headers::new()))
}
