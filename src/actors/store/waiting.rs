//! Message waiting: users subscribe to what waits for them, and are notified (IM 12.4.2.6, RFC 3842).
//!
//! Nobody is notified who did not subscribe: RFC 6665 §4.2.2 (and its appendix B.20) has no subscription without a
//! SUBSCRIBE any more.

use std::collections::BTreeMap;

use super::procedures::Happening;
use super::{Class, Store};
use crate::stack::ua::{Body, Headers, SubscriptionId, UaEvent};
use crate::time::Time;
use crate::wire::sip::Name;

const PACKAGE: &str = "message-summary";
/// The longest subscription, in seconds.
const LONGEST: u32 = 7200;
/// Subscriptions at once.
const MOST_SUBSCRIPTIONS: usize = 100_000;

/// Somebody wants to be told what waits for him. Nobody is told of another.
pub(super) fn subscription(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Request { tx, message, .. }) = happening else { return };
    let mut headers = store.response_headers(&message);
    let event = message.header(Name::Event).map(|event| event.text().into_owned()).unwrap_or_default();
    if !event.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(PACKAGE) {
        headers.push(("Allow-Events".to_owned(), PACKAGE.to_owned()));
        return store.ua.respond(now, tx, 489, headers, None);
    }
    let uri = message.request_uri().unwrap_or_default().to_owned();
    let owner = store.originator(&message);
    let (status, owner) = match owner {
        _ if store.subscribers.len() >= MOST_SUBSCRIPTIONS => (503, None),
        Some(owner) if store.is_own(&uri) || super::address(&uri).as_ref() == Some(&owner) => (200, Some(owner)),
        Some(_) if !store.serves(&uri) => (404, None),
        _ => (403, None),
    };
    let Some(owner) = owner.filter(|owner| store.config.settings(owner).may_retrieve) else {
        return store.ua.respond(now, tx, if status == 200 { 403 } else { status }, headers, None);
    };
    if let Some(id) = store.ua.accept_subscription(now, tx, LONGEST, headers) {
        store.subscriptions.insert((owner.clone(), id));
        store.subscribers.insert(id, owner);
        tell(store, now, id, "active");
    }
}

/// A subscriber asks again, or ends it.
pub(super) fn resubscription(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Resubscribed { subscription, expires, .. }) = happening else { return };
    tell(store, now, subscription, if expires == 0 { "terminated;reason=timeout" } else { "active" });
    if expires == 0 {
        forget(store, subscription);
    }
}

/// A subscription is over.
pub(super) fn unsubscribed(store: &mut Store, now: Time, happening: Happening) {
    match happening {
        Happening::Ua(UaEvent::SubscriptionExpired { subscription }) => {
            tell(store, now, subscription, "terminated;reason=timeout");
            forget(store, subscription);
        }
        Happening::Ua(UaEvent::NotSubscribed { subscription, .. }) => forget(store, subscription),
        _ => {}
    }
}

/// Notifies a user who has subscribed of what waits for him.
pub(super) fn notify(store: &mut Store, now: Time, user: &str) {
    let all = store.subscriptions.range((user.to_owned(), SubscriptionId(0))..);
    let own = all.take_while(|(owner, _)| owner == user).map(|(_, id)| *id);
    for id in own.collect::<Vec<SubscriptionId>>() {
        tell(store, now, id, "active");
    }
}

fn forget(store: &mut Store, id: SubscriptionId) {
    if let Some(owner) = store.subscribers.remove(&id) {
        store.subscriptions.remove(&(owner, id));
    }
}

fn tell(store: &mut Store, now: Time, id: SubscriptionId, state: &str) {
    let Some(owner) = store.subscribers.get(&id) else { return };
    let waiting = store.storage.list(owner).unwrap_or_default().into_iter().map(|(_, class)| class);
    let body = summary(&store.config.address, waiting);
    store.ua.notify(now, id, state, Headers::new(), Some(body));
}

/// The state in the format of RFC 3842 §5.2. All that waits is new: what was delivered is not kept.
fn summary(account: &str, waiting: impl Iterator<Item = Class>) -> Body {
    let mut counts: BTreeMap<Class, u32> = BTreeMap::new();
    for class in waiting {
        *counts.entry(class).or_default() += 1;
    }
    let any = if counts.is_empty() { "no" } else { "yes" };
    let mut text = format!("Messages-Waiting: {any}\r\nMessage-Account: {account}\r\n");
    for (class, count) in counts {
        text.push_str(&format!("{}: {count}/0\r\n", class.word()));
    }
    ("application/simple-message-summary".to_owned(), text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(waiting: &[Class], expected: &str) {
        let (kind, body) = summary("sip:Deferred@example.org", waiting.iter().copied());
        assert_eq!(kind, "application/simple-message-summary");
        assert_eq!(body, expected.replace('\n', "\r\n"), "{waiting:?}");
    }

    #[test]
    fn a_summary_counts_what_waits_by_its_class() {
        use Class::{Multimedia, Pager, Text};
        check(&[], "Messages-Waiting: no\nMessage-Account: sip:Deferred@example.org\n");
        check(
            &[Pager, Text, Text, Multimedia],
            "Messages-Waiting: yes\nMessage-Account: sip:Deferred@example.org\nText-Message: 2/0\n\
             Multimedia-Message: 1/0\nPager-Message: 1/0\n",
        );
    }
}
