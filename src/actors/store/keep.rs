//! What comes for a user who is not there is kept for him (IM 12.4.2.1): messages in a session, and those of pager mode.

use std::time::Duration;

use super::procedures::Happening;
use super::{Class, Later, Purpose, Store, Stored, address, deliver, waiting};
use crate::stack::msrp::{self, Received};
use crate::stack::ua::UaEvent;
use crate::time::Time;
use crate::wire::mime::{Cpim, Part, date};
use crate::wire::sdp::Direction;
use crate::wire::sip::{Message, Name};

/// What a store takes: it need not understand what it keeps.
const ACCEPTS: &[&str] = &["message/cpim", "*"];
/// Messages that are kept for one user.
pub(super) const MOST_KEPT: usize = 1_000;
/// How long nothing may come before the session is ended.
const SILENCE: Duration = Duration::from_secs(20);
/// Who hides his identity (RFC 3323 §4.1.1.3).
const ANONYMOUS: &str = "sip:anonymous@anonymous.invalid";

/// What is known of the messages of a session before they come.
pub(super) struct Keeping {
    envelope: Envelope,
    /// Until when something must come.
    pub until: Time,
}

/// What a request says of its message beyond the message itself (IM 12.4.2.1 step 2).
#[derive(Clone)]
struct Envelope {
    owner: String,
    from: String,
    date_time: String,
    subject: Option<String>,
}

/// An invitation: the store takes what the user would get.
pub(super) fn invited(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Incoming { call: id, message, .. }) = happening else { return };
    let envelope = match store.config.refuses {
        Some(status) => return store.refuse(now, id, &message, status),
        None => envelope(&message, now),
    };
    let Some(envelope) = envelope else { return store.refuse(now, id, &message, 404) };
    if !has_room(store, &envelope.owner) {
        return store.refuse(now, id, &message, 480);
    }
    let local = store.local(Direction::RecvOnly, ACCEPTS);
    let until = now + SILENCE;
    if store.accept(now, id, &message, local, Purpose::Keeping(Keeping { envelope, until })) {
        store.later.insert((until, id));
    }
}

/// A MESSAGE: kept, which is not yet delivered (RFC 3428 §7).
pub(super) fn paged(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Request { tx, message, .. }) = happening else { return };
    let headers = store.identity();
    let body = message.bodies().into_iter().find(|part| !part.content_type().is("application/resource-lists+xml"));
    let status = match (envelope(&message, now), body) {
        (None, _) => 404,
        (_, None) => 400,
        (Some(envelope), Some(_)) if !has_room(store, &envelope.owner) => 480,
        (Some(envelope), Some(body)) => {
            let owner = envelope.owner.clone();
            match keep(store, envelope, body, true) {
                true => {
                    store.ua.respond(now, tx, 202, headers, None);
                    return kept(store, now, &owner);
                }
                false => 480,
            }
        }
    };
    store.ua.respond(now, tx, status, headers, None);
}

/// A chunk came: the sender is alive.
pub(super) fn chunk_received(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::ChunkReceived { session, .. }) = happening else { return };
    let Some(id) = store.call_of(session) else { return };
    if let Some(Purpose::Keeping(keeping)) = store.calls.get_mut(&id).map(|call| &mut call.purpose) {
        store.later.remove(&(keeping.until, id));
        keeping.until = now + SILENCE;
        store.later.insert((keeping.until, id));
    }
}

/// A message is there, whole. Its sender learns of it only when it is safe. What broke off before never comes here.
pub(super) fn received(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Received { session, message }) = happening else { return };
    let envelope = match store.call_of(session).and_then(|id| store.calls.get(&id)).map(|call| &call.purpose) {
        Some(Purpose::Keeping(keeping)) => Some(keeping.envelope.clone()),
        _ => None,
    };
    let owner = envelope.as_ref().map(|envelope| envelope.owner.clone());
    let message_id = message.message_id.clone();
    let good = envelope
        .is_some_and(|envelope| has_room(store, &envelope.owner) && keep(store, envelope, part(message), false));
    // RFC 4975 §10.5: the sender need not go on.
    store.msrp.confirm(session, &message_id, if good { 200 } else { 413 });
    if let Some(owner) = owner.filter(|_| good) {
        kept(store, now, &owner);
    }
}

/// Nothing came for too long: the session is ended.
pub(super) fn silence(store: &mut Store, now: Time, happening: Happening) {
    if let Happening::Time(Later::Silence(id)) = happening {
        store.leave(now, id);
    }
}

/// What a request says of the message that it brings or announces.
fn envelope(request: &Message, now: Time) -> Option<Envelope> {
    let said = request.header(Name::Date).and_then(|header| date::rfc1123_seconds(header.text().trim()));
    let seconds = said.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(now.0 / 1_000_000_000);
    let privacy =
        request.all(Name::Privacy).map(|header| header.text().to_ascii_lowercase()).collect::<Vec<_>>().join(";");
    let hides = privacy.split([';', ',']).any(|value| matches!(value.trim(), "id" | "user" | "header"));
    let from = request.from().map(|from| from.uri.to_owned()).filter(|_| !hides);
    Some(Envelope {
        owner: address(request.request_uri()?)?,
        from: from.unwrap_or_else(|| ANONYMOUS.to_owned()),
        date_time: date::to_rfc3339(seconds),
        subject: request.header(Name::Subject).map(|header| header.text().trim().to_owned()),
    })
}

/// Whether one more message may be kept for a user.
fn has_room(store: &Store, owner: &str) -> bool {
    store.storage.list(owner).is_ok_and(|kept| kept.len() < MOST_KEPT)
}

/// Keeps a message; says whether it is safe. What its own wrapper says of its time counts for more than the request.
fn keep(store: &mut Store, envelope: Envelope, part: Part, paged: bool) -> bool {
    let token = store.config.ids.token(20);
    let cpim = part.content_type().is("message/cpim").then(|| Cpim::parse(&part.body));
    let inner = cpim.as_ref().map_or_else(|| part.content_type(), Cpim::content_type);
    let class = match inner.main() {
        _ if paged => Class::Pager,
        main if main.eq_ignore_ascii_case("text") => Class::Text,
        _ => Class::Multimedia,
    };
    let written = cpim.as_ref().and_then(|cpim| cpim.date_time().map(str::to_owned));
    let headers = part.headers.iter().filter(|header| !header.name.eq_ignore_ascii_case("Content-Type"));
    let stored = Stored {
        id: format!("mid:{token}@{}", store.config.domain),
        message_id: token,
        owner: envelope.owner,
        from: envelope.from,
        date_time: written.unwrap_or(envelope.date_time),
        subject: envelope.subject,
        class,
        headers: headers.map(|header| (header.name.clone(), header.value.clone())).collect(),
        content_type: part.headers.get("Content-Type").unwrap_or("text/plain").to_owned(),
        body: part.body.clone(),
    };
    store.storage.store(&stored).is_ok()
}

/// Something more is kept for a user. Where he came back meanwhile he gets it, or is told.
fn kept(store: &mut Store, now: Time, owner: &str) {
    waiting::notify(store, now, owner);
    if store.present.get(owner).is_some_and(|until| *until > now) {
        deliver::begin(store, now, owner);
    }
}

/// A message as the part of a body that it was.
fn part(message: Received) -> Part {
    let body = message.content();
    let content = |name: &str| name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("Content-"));
    let headers = message.headers.into_iter().filter(|(name, _)| content(name));
    headers.fold(Part::new(&message.content_type, body), |part, (name, value)| part.header(&name, value))
}
