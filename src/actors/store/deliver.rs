//! A user has come back: what waits for him is sent to him, or he is told that it waits (IM 12.4.2.2).

use std::collections::VecDeque;
use std::time::Duration;

use super::procedures::Happening;
use super::{Call, Giving, MOST_USERS, Purpose, Store, address, described, give, waiting};
use crate::stack::session_timer::{Refresher, SessionExpires};
use crate::stack::ua::{Headers, InviteRequest, UaEvent};
use crate::time::Time;
use crate::wire::sdp::{Direction, Session};
use crate::wire::sip::{Message, Name};

/// The session interval that is asked for, in seconds; the store itself refreshes (IM 12.4.2.2 step vii).
const SESSION_INTERVAL: u32 = 1800;

/// The core tells of a registration, of its refresh, or of its end (3GPP TS 24.229 §5.4.1.7).
pub(super) fn registration(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Request { tx, message, .. }) = happening else { return };
    if !store.is_from_core(&message) {
        return store.ua.respond(now, tx, 403, Headers::new(), None);
    }
    let user = message.to().and_then(|to| address(to.uri)).filter(|user| store.serves(user));
    let Some(user) = user else { return store.ua.respond(now, tx, 404, Headers::new(), None) };
    let expires = message.header(Name::Expires).and_then(|header| header.text().trim().parse::<u32>().ok());
    let expires = expires.unwrap_or(3600);
    store.ua.respond(now, tx, 200, vec![("Expires".to_owned(), expires.to_string())], None);
    if expires == 0 {
        return gone(store, now, &user);
    }
    if !registers_for(&message, store.config.feature_tag) {
        return;
    }
    if store.present.len() < MOST_USERS || store.present.contains_key(&user) {
        store.present.insert(user.clone(), now + Duration::from_secs(expires.into()));
    }
    begin(store, now, &user);
}

/// Does with what waits for a user what his settings say. Where nothing waits, or it is on its way already, nothing.
pub(super) fn begin(store: &mut Store, now: Time, user: &str) {
    if store.storage.list(user).unwrap_or_default().is_empty() {
        return;
    }
    if !store.config.settings(user).offline_delivery {
        return waiting::notify(store, now, user);
    }
    if !store.deliveries.contains_key(user) {
        invite(store, now, user);
    }
}

/// IM 12.4.2.2 step b.
fn invite(store: &mut Store, now: Time, user: &str) {
    let local = store.local(Direction::SendOnly, give::OFFERS);
    let mut negotiation = store.negotiation();
    let sdp = negotiation.offer(&local);
    let mut headers = store.identity();
    headers.push(("Accept-Contact".to_owned(), format!("*;{}", store.config.feature_tag)));
    headers.push(store.contact());
    if store.config.ims {
        // To the S-CSCF, which knows where the user is; and marked for charging (3GPP TS 24.229 §5.7.3).
        let icid = store.config.ids.token(20);
        headers.push((
            "Route".to_owned(),
            format!("<sip:{}{};lr>", store.config.core, store.config.security.parameters()),
        ));
        let vector = format!("icid-value={icid};orig-ioi={}", store.config.domain);
        headers.push(("P-Charging-Vector".to_owned(), vector));
    }
    let seconds = store.config.session_interval.unwrap_or(SESSION_INTERVAL);
    let request = InviteRequest {
        request_uri: user.to_owned(),
        from: format!("<{}>", store.config.address),
        to: format!("<{user}>"),
        headers,
        body: Some(described(sdp)),
        session_expires: Some(SessionExpires { seconds, refresher: Some(Refresher::Uac) }),
        destination: None,
    };
    let id = store.ua.invite(now, request);
    let purpose = Purpose::Giving(Giving::new(user.to_owned(), VecDeque::new(), true));
    store.deliveries.insert(user.to_owned(), id);
    store.calls.insert(id, Call { purpose, negotiation, local, plan: None, session: None, leaving: false });
}

/// The 200 of the user's client.
pub(super) fn accepted(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Answered { call: id, message }) = happening else { return };
    let Some(call) = store.calls.get_mut(&id) else { return };
    let answer = message.body_of_type("application/sdp").map(|part| part.body).unwrap_or_default();
    match call.negotiation.conclude(&Session::parse(answer)).ok().filter(|plan| plan.may_send) {
        Some(plan) => {
            store.open(now, id, plan);
            give::next(store, now, id);
        }
        // The answer is no use: the session is acknowledged and then ended (RFC 3261 §13.2.2.4).
        None => store.leave(now, id),
    }
}

/// A user is not there any more. What has not reached him stays.
fn gone(store: &mut Store, now: Time, user: &str) {
    store.present.remove(user);
    let Some(id) = store.deliveries.get(user).copied() else { return };
    match store.calls.get(&id).is_some_and(|call| call.session.is_some()) {
        true => store.leave(now, id),
        false => store.ua.cancel(now, id),
    }
}

/// Whether the client's own REGISTER, inside that of the core, has a Contact with that feature tag. Where it is not
/// inside, the core tells of registrations that have it, and of no others (3GPP TS 24.229 §5.4.1.7A).
fn registers_for(notice: &Message, feature_tag: &str) -> bool {
    match notice.body_of_type("message/sip") {
        Some(part) => Message::parse(part.body).addresses(Name::Contact).any(|contact| contact.params.has(feature_tag)),
        None => true,
    }
}
