//! Who takes part in a conference: the subscription to its event package, and what NOTIFYs tell (RFC 4575, RFC 6665 §4.1).

use super::procedures::Happening;
use super::{ANONYMOUS, Client};
use crate::stack::ua::{CallId, Subscription, SubscriptionId, UaEvent};
use crate::time::Time;
use crate::wire::mime::{ConferenceInfo, Merged};
use crate::wire::sip::Name;

/// The event package and its documents (RFC 4575 §3).
const PACKAGE: &str = "conference";
const DOCUMENT: &str = "application/conference-info+xml";
/// For how long the client subscribes, in seconds (RFC 4575 §3.4).
const EXPIRES: u32 = 3600;

/// What is known of the participants of a conference.
pub(super) struct Roster {
    /// The call by which the user takes part.
    call: CallId,
    info: Option<ConferenceInfo>,
    /// A document was missed, and the whole of it is asked for already.
    asking: bool,
}

/// The user wants to be told who takes part.
pub(super) fn ask(client: &mut Client, now: Time, _: Happening) {
    let room = client.calls.iter().rev().find_map(|(id, call)| Some((*id, call.room.clone()?)));
    let Some((call, focus, anonymous)) = room.and_then(|(id, room)| Some((id, room.identity?, room.anonymous))) else {
        return client.tell(now, "not-subscribed", "there is no conference");
    };
    if let Some(known) = client.rosters.iter().find(|(_, roster)| roster.call == call).map(|(id, _)| *id) {
        // He is subscribed already: the whole is what he wants to hear again.
        return client.ua.resubscribe(now, known);
    }
    let mut headers = client.initial_headers(anonymous);
    headers.push(("Accept".to_owned(), DOCUMENT.to_owned()));
    let from = if anonymous { ANONYMOUS } else { &client.config.address };
    let wanted = Subscription {
        to: format!("<{focus}>"),
        request_uri: focus,
        from: format!("<{from}>"),
        event: PACKAGE.to_owned(),
        expires: EXPIRES,
        headers,
        destination: None,
    };
    let subscription = client.ua.subscribe(now, wanted);
    client.rosters.insert(subscription, Roster { call, info: None, asking: false });
}

/// A NOTIFY came. What cannot be understood is refused and changes nothing.
pub(super) fn notified(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Notify { subscription, tx, message, ended }) = happening else { return };
    let event = message.header(Name::Event).map(|event| event.text().into_owned()).unwrap_or_default();
    let package = event.split(';').next().unwrap_or_default().trim();
    let document = message.body_of_type(DOCUMENT).map(|part| ConferenceInfo::parse(&part.body));
    let (status, more) = match &document {
        _ if !package.eq_ignore_ascii_case(PACKAGE) => (489, None),
        None if message.body().is_empty() => (200, None),
        None => (415, Some(("Accept".to_owned(), DOCUMENT.to_owned()))),
        Some(info) if !is_usable(info) => (400, None),
        Some(_) => (200, None),
    };
    let headers = client.response_headers().into_iter().chain(more).collect();
    client.ua.respond(now, tx, status, headers, None);
    if let (200, Some(document)) = (status, document) {
        take(client, now, subscription, &document);
    }
    if ended && client.rosters.remove(&subscription).is_some_and(|roster| client.calls.contains_key(&roster.call)) {
        client.tell(now, "not-subscribed", "the conference ended the subscription");
    }
}

/// The subscription is gone, or never was.
pub(super) fn lost(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::NotSubscribed { subscription, message }) = happening else { return };
    let Some(roster) = client.rosters.remove(&subscription) else { return };
    if client.calls.contains_key(&roster.call) {
        let why = message.and_then(|m| m.status()).map_or("no answer".to_owned(), |status| status.to_string());
        client.tell(now, "not-subscribed", why);
    }
}

impl Client {
    /// Ends the subscriptions of a call that is gone.
    pub(super) fn unsubscribe(&mut self, now: Time, call: CallId) {
        let of_call = self.rosters.iter().filter(|(_, roster)| roster.call == call).map(|(id, _)| *id);
        for subscription in of_call.collect::<Vec<SubscriptionId>>() {
            self.ua.unsubscribe(now, subscription);
        }
    }
}

/// A document that names its conference and its version (RFC 4575 §5.2) and is XML at all.
fn is_usable(info: &ConferenceInfo) -> bool {
    info.version.is_some() && !info.entity.is_empty()
}

/// Takes a document over. Where one was missed, the whole is asked for; of a conference that is gone nothing more is
/// wanted (RFC 4575 §4.6).
fn take(client: &mut Client, now: Time, subscription: SubscriptionId, document: &ConferenceInfo) {
    let Some(roster) = client.rosters.get_mut(&subscription) else { return };
    match ConferenceInfo::merge(&mut roster.info, document) {
        Merged::Applied => {
            roster.asking = false;
            let present = roster.info.iter().flat_map(|info| info.users()).filter(|user| user.has_status("connected"));
            let present: Vec<&str> = present.map(|user| user.entity.as_str()).collect();
            let present = present.join(", ");
            client.tell(now, "participants", present);
        }
        Merged::Missed if !std::mem::replace(&mut roster.asking, true) => client.ua.resubscribe(now, subscription),
        Merged::Missed | Merged::Stale => {}
        Merged::Ended => {
            client.tell(now, "participants", "");
            client.ua.unsubscribe(now, subscription);
        }
    }
}
