//! What waits in the store for deferred messages: the subscription to its summary (IM 12.4.2.6, RFC 3842).

use super::Client;
use super::procedures::Happening;
use crate::stack::ua::{Subscription, UaEvent};
use crate::time::Time;
use crate::wire::sip::Name;

const PACKAGE: &str = "message-summary";
const SUMMARY: &str = "application/simple-message-summary";
/// For how long the client subscribes, in seconds (RFC 3842 §3.4 leaves it open).
const EXPIRES: u32 = 3600;

/// The user wants to be told what waits for him.
pub(super) fn ask(client: &mut Client, now: Time, _: Happening) {
    let store = client.config.deferred_store.clone();
    let mut headers = client.initial_headers(false);
    headers.push(("Accept".to_owned(), SUMMARY.to_owned()));
    let wanted = Subscription {
        to: format!("<{store}>"),
        request_uri: store,
        from: client.from(false),
        event: PACKAGE.to_owned(),
        expires: EXPIRES,
        headers,
        destination: None,
    };
    client.watching = Some(client.ua.subscribe(now, wanted));
}

/// A NOTIFY came.
pub(super) fn notified(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Notify { tx, message, .. }) = happening else { return };
    let event = message.header(Name::Event).map(|event| event.text().into_owned()).unwrap_or_default();
    let known = event.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(PACKAGE);
    let summary = message.body_of_type(SUMMARY).map(|part| part.text().to_ascii_lowercase());
    let status = match &summary {
        _ if !known => 489,
        None if !message.body().is_empty() => 415,
        _ => 200,
    };
    let headers = client.response_headers();
    client.ua.respond(now, tx, status, headers, None);
    let waits = |text: &str| {
        let (name, value) = text.lines().next().and_then(|line| line.split_once(':')).unwrap_or_default();
        name.trim() == "messages-waiting" && value.trim() == "yes"
    };
    if summary.is_some_and(|text| waits(&text)) {
        client.tell(now, "waiting", message.from().map(|from| from.uri.to_owned()).unwrap_or_default());
    }
}
