//! A user asks for what is kept for him: deferred messages (IM 12.4.1) and history (IM 13.2.1.1).

use std::collections::{BTreeSet, VecDeque};

use super::procedures::Happening;
use super::{Giving, Purpose, Store, description, give};
use crate::stack::ua::{CallId, UaEvent};
use crate::time::Time;
use crate::wire::mime::ResourceLists;
use crate::wire::sdp::Direction;
use crate::wire::sip::Message;
use crate::wire::uri;

/// Entries of a list that are looked at.
const MOST_ENTRIES: usize = 10_000;

/// An invitation for deferred messages. The first check that fails decides the response.
pub(super) fn deferred(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Incoming { call: id, message, .. }) = happening else { return };
    let owner = match may_ask(store, &message) {
        Ok(owner) => owner,
        Err(status) => return store.refuse(now, id, &message, status),
    };
    match listed(&message) {
        Ok(listed) => serve(store, now, id, &message, owner, listed),
        Err(status) => store.refuse(now, id, &message, status),
    }
}

/// An invitation for history. There is none without a list (IM 13.1.3 step 4).
pub(super) fn history(store: &mut Store, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Incoming { call: id, message, .. }) = happening else { return };
    let asked = may_ask(store, &message).and_then(|owner| Ok((owner, listed(&message)?.ok_or(400_u16)?)));
    match asked {
        Ok((owner, listed)) => serve(store, now, id, &message, owner, Some(listed)),
        Err(status) => store.refuse(now, id, &message, status),
    }
}

/// Who asks, if he may (IM 12.4.1 steps 2 to 5; IM 13.2.1.1 steps 1 and 4); else the status that refuses him.
fn may_ask(store: &Store, message: &Message) -> Result<String, u16> {
    if let Some(status) = store.config.refuses {
        return Err(status);
    }
    let owner = store.originator(message).ok_or(403_u16)?;
    let settings = store.config.settings(&owner);
    if !settings.may_retrieve || !settings.meets_policy {
        return Err(403);
    }
    if !store.is_own(message.request_uri().unwrap_or_default()) {
        return Err(404);
    }
    // What has no MSRP session at all is refused for that (RFC 3261 §21.4.26).
    let receives = description(message).msrp_media().is_none_or(|media| media.direction() == Direction::RecvOnly);
    if receives { Ok(owner) } else { Err(403) }
}

/// The URIs that the list of a request names; nothing where it has no list.
fn listed(message: &Message) -> Result<Option<Vec<String>>, u16> {
    let Some(part) = message.body_of_type("application/resource-lists+xml") else { return Ok(None) };
    let list = ResourceLists::parse(&part.body);
    if list.flaws.is_empty() { Ok(Some(list.uris().take(MOST_ENTRIES).map(str::to_owned).collect())) } else { Err(400) }
}

/// Gives the user what he asked for of his own, in the order of his list; what is not there is left out.
fn serve(store: &mut Store, now: Time, id: CallId, message: &Message, owner: String, listed: Option<Vec<String>>) {
    let own = store.storage.list(&owner).unwrap_or_default().into_iter().map(|(id, _)| id);
    let rest: VecDeque<String> = match listed {
        None => own.collect(),
        Some(listed) => {
            let own: Vec<String> = own.collect();
            let mut taken = BTreeSet::new();
            let found = listed.iter().filter_map(|asked| own.iter().find(|id| uri::same(id, asked)));
            found.filter(|id| taken.insert(*id)).cloned().collect()
        }
    };
    let local = store.local(Direction::SendOnly, give::OFFERS);
    if store.accept(now, id, message, local, Purpose::Giving(Giving::new(owner, rest, false))) {
        give::next(store, now, id);
    }
}
