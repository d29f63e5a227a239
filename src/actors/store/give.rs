//! What is kept goes out: one message after the other, each until it is acknowledged, and a BYE behind the last.

use std::collections::{BTreeSet, VecDeque};

use bytes::{BufMut, Bytes, BytesMut};

use super::procedures::Happening;
use super::{Purpose, Store, Stored, described, description, waiting};
use crate::actors::act::Kept;
use crate::stack::msrp::{self, Failure, FailureReport, Outgoing};
use crate::stack::offer_answer::MediaPlan;
use crate::stack::ua::{CallId, Headers, UaEvent};
use crate::time::Time;
use crate::wire::mime::{Cpim, CpimBuilder, MediaType, Part};
use crate::wire::sdp::accepts;

/// What a store names in its descriptions where it only sends.
pub(super) const OFFERS: &[&str] = &["message/cpim", "text/plain"];
const CPIM: &str = "message/cpim";

/// Messages on their way to their owner.
pub(super) struct Giving {
    pub owner: String,
    /// What is still to be sent, by id.
    rest: VecDeque<String>,
    /// What is being sent, by id.
    under_way: Option<String>,
    /// What was sent or passed over, by id.
    tried: BTreeSet<String>,
    /// The store began it, and gives all there is, what comes meanwhile too.
    pushed: bool,
}

impl Giving {
    pub fn new(owner: String, rest: VecDeque<String>, pushed: bool) -> Giving {
        Giving { owner, rest, under_way: None, tried: BTreeSet::new(), pushed }
    }
}

/// Sends the next message, or ends the session after the last one.
pub(super) fn next(store: &mut Store, now: Time, id: CallId) {
    while let Some(message) = take(store, id) {
        // Nobody gets a message twice because he asks for it while it comes of itself.
        let twice = store.config.kept == Kept::Deferred && store.under_way.contains(&message);
        let stored = store.storage.get(&message).ok().flatten().filter(|_| !twice);
        let Some(call) = store.calls.get_mut(&id) else { return };
        let outgoing = stored.zip(call.plan.as_ref()).and_then(|(stored, plan)| outgoing(&stored, plan));
        let (Some(outgoing), Some(session)) = (outgoing, call.session) else { continue };
        if let Purpose::Giving(giving) = &mut call.purpose {
            store.under_way.insert(message.clone());
            giving.under_way = Some(message);
        }
        return store.msrp.send(now, session, outgoing);
    }
    store.leave(now, id);
}

/// The id of the next message of a call; where the store pushes, what came meanwhile is taken too.
fn take(store: &mut Store, id: CallId) -> Option<String> {
    let Purpose::Giving(giving) = &mut store.calls.get_mut(&id)?.purpose else { return None };
    if let Some(done) = giving.under_way.take() {
        store.under_way.remove(&done);
    }
    if giving.rest.is_empty() && giving.pushed {
        let waiting = store.storage.list(&giving.owner).unwrap_or_default().into_iter().map(|(id, _)| id);
        giving.rest = waiting.filter(|id| !giving.tried.contains(id)).collect();
    }
    let next = giving.rest.pop_front()?;
    giving.tried.insert(next.clone());
    Some(next)
}

/// What a call is sending.
fn given(call: &super::Call) -> Option<&String> {
    match &call.purpose {
        Purpose::Giving(giving) => giving.under_way.as_ref(),
        Purpose::Keeping(_) => None,
    }
}

/// A message got through: a deferred one is kept no longer.
pub(super) fn acknowledged(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Acknowledged { session, .. }) = happening else { return };
    let Some(id) = store.call_of(session) else { return };
    let Some(call) = store.calls.get(&id) else { return };
    if let (Kept::Deferred, Some(message)) = (store.config.kept, given(call).cloned()) {
        // Where it cannot be deleted it will come again; its recipient knows it by its Message-ID.
        drop(store.storage.delete(&message));
    }
    next(store, now, id);
}

/// A message did not get through. It stays; where the connection lives, the others have their turn.
pub(super) fn failed(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Failed { session, why, .. }) = happening else { return };
    let Some(id) = store.call_of(session) else { return };
    match why {
        Failure::Refused(400 | 403 | 413 | 415) => next(store, now, id),
        _ => store.leave(now, id),
    }
}

/// The connection is gone, and with it the session.
pub(super) fn lost(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Lost { session, .. }) = happening else { return };
    if let Some(id) = store.call_of(session) {
        store.leave(now, id);
    }
}

/// A re-INVITE or UPDATE of the peer.
pub(super) fn modification(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Modification { call: id, tx, message }) = happening else { return };
    let headers = store.response_headers(&message);
    let Some(call) = store.calls.get_mut(&id) else { return store.ua.respond(now, tx, 481, headers, None) };
    if message.body_of_type("application/sdp").is_none() {
        let sdp = call.negotiation.offer(&call.local);
        return store.ua.respond(now, tx, 200, headers, Some(described(sdp)));
    }
    match call.negotiation.answer(&description(&message), &call.local) {
        Ok(answer) => {
            if let Some(session) = call.session {
                store.msrp.modify(now, session, answer.plan.session(&call.local));
            }
            call.plan = Some(answer.plan);
            store.ua.respond(now, tx, 200, headers, Some(described(answer.sdp)));
        }
        Err(refusal) => store.ua.respond(now, tx, refusal.status(), headers, None),
    }
}

/// The session is over, or never was.
pub(super) fn over(store: &mut Store, now: Time, happening: Happening) {
    let id = match happening {
        Happening::Ua(
            UaEvent::Bye { call, .. }
            | UaEvent::Ended { call }
            | UaEvent::Cancelled { call }
            | UaEvent::Rejected { call, .. }
            | UaEvent::Failed { call, .. },
        ) => call,
        _ => return,
    };
    let Some(call) = store.calls.remove(&id) else { return };
    if let Some(message) = given(&call) {
        store.under_way.remove(message);
    }
    if let Some(session) = call.session {
        store.sessions.remove(&session);
        store.msrp.close(session);
    }
    match call.purpose {
        Purpose::Keeping(keeping) => drop(store.later.remove(&(keeping.until, id))),
        Purpose::Giving(giving) => {
            if giving.pushed {
                store.deliveries.remove(&giving.owner);
            }
            if !giving.tried.is_empty() {
                waiting::notify(store, now, &giving.owner);
            }
        }
    }
}

/// A request that a store has no procedure for.
pub(super) fn other(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Request { tx, .. }) = happening else { return };
    store.ua.respond(now, tx, 200, Headers::new(), None);
}

/// A message as its recipient wants it: in a wrapper that says who wrote it when (RFC 3862), or else bare. Nothing where
/// he takes neither.
fn outgoing(stored: &Stored, plan: &MediaPlan) -> Option<Outgoing> {
    let takes = |kind: &str, octets: usize| {
        let fits = plan.max_size.is_none_or(|most| octets as u64 <= most);
        fits && plan.peer_accept_types.iter().any(|entry| accepts(entry, kind))
    };
    let (wrapped, bare) = (wrapped(stored), &stored.body);
    let (headers, content_type, body) = match () {
        () if takes(CPIM, wrapped.len()) => (Vec::new(), CPIM.to_owned(), wrapped),
        () if takes(&stored.content_type, bare.len()) => {
            (stored.headers.clone(), stored.content_type.clone(), bare.clone())
        }
        () => return None,
    };
    Some(Outgoing {
        message_id: stored.message_id.clone(),
        headers,
        content_type,
        body,
        success_report: false,
        failure_report: FailureReport::Yes,
        chunk: None,
    })
}

/// The message in a CPIM wrapper: its own, with what is missing in it put in front, or a new one.
fn wrapped(stored: &Stored) -> Bytes {
    if MediaType::parse(&stored.content_type).is(CPIM) {
        let cpim = Cpim::parse(&stored.body);
        let mut octets = BytesMut::new();
        if cpim.from().is_none() {
            octets.put_slice(format!("From: <{}>\r\n", stored.from).as_bytes());
        }
        if cpim.date_time().is_none() {
            octets.put_slice(format!("DateTime: {}\r\n", stored.date_time).as_bytes());
        }
        if octets.is_empty() {
            return stored.body.clone();
        }
        octets.extend_from_slice(&stored.body);
        return octets.freeze();
    }
    let content = Part::new(&stored.content_type, stored.body.clone());
    let content = stored.headers.iter().fold(content, |part, (name, value)| part.header(name, value));
    let builder = CpimBuilder::new(content).from(&stored.from).to(&stored.owner).date_time(&stored.date_time);
    match &stored.subject {
        Some(subject) => builder.subject(subject).build(),
        None => builder.build(),
    }
}
