//! What passes through in the sessions of users who have them recorded (`history=yes`), put together to whole messages.
//!
//! Nowhere is specified how the History Function comes by what it keeps (IM 13.3.1.2 contradicts 7.2.1.2): whoever runs
//! both takes it from here to there. What cannot be had whole, or is too much, is not recorded and is relayed all the
//! same.

use std::collections::{BTreeMap, VecDeque};

use bytes::{Bytes, BytesMut};

use super::b2bua::B2bua;
use super::bridge::{BridgeId, Side};
use crate::actors::store::{Class, Stored};
use crate::stack::IdSource;
use crate::stack::msrp::{Endpoint, Reassembly};
use crate::time::Time;
use crate::wire::mime::{Cpim, MediaType, date};
use crate::wire::msrp::{Flag, Message};
use crate::wire::uri;

/// Octets of messages that are not whole yet, of all sessions together.
const MOST_HELD: u64 = 64 << 20;
/// Messages that are put together at once, that wait to be taken, and that are remembered as recorded.
const MOST_MESSAGES: usize = 1_000;

/// Messages on their way through, and those that are whole.
#[derive(Default)]
pub(super) struct Recorder {
    open: BTreeMap<(BridgeId, Side, String), Reassembly>,
    held: u64,
    done: VecDeque<Stored>,
    /// Owner, author and Message-ID of what was recorded last: a session between two served users comes by twice.
    known: VecDeque<(String, String, String)>,
}

impl Recorder {
    pub fn take(&mut self) -> Vec<Stored> {
        self.done.drain(..).collect()
    }

    /// Forgets what was not whole when a session ended.
    pub fn forget(&mut self, id: BridgeId) {
        let held = &mut self.held;
        self.open.retain(|(bridge, ..), whole| {
            let stays = *bridge != id;
            *held -= if stays { 0 } else { whole.held() };
            stays
        });
    }

    /// Takes a chunk; gives the message where it is the one that was missing.
    fn put(&mut self, key: (BridgeId, Side, String), chunk: &Message) -> Option<Bytes> {
        let mut whole = match self.open.remove(&key) {
            Some(whole) => whole,
            None if self.open.len() < MOST_MESSAGES => Reassembly::default(),
            None => return None,
        };
        self.held -= whole.held();
        let (range, octets) = (chunk.head().byte_range(), chunk.octets());
        let start = range.map_or(1, |range| range.start);
        whole.put(start, chunk.body_bytes());
        match chunk.flag() {
            Flag::Aborted => return None,
            Flag::Last => whole.set_total(start.saturating_add(octets).saturating_sub(1)),
            Flag::More => range.and_then(|range| range.total).into_iter().for_each(|total| whole.set_total(total)),
        }
        if whole.is_whole() {
            let mut octets = BytesMut::new();
            whole.into_pieces().iter().for_each(|piece| octets.extend_from_slice(piece));
            return Some(octets.freeze());
        }
        if self.held + whole.held() <= MOST_HELD {
            self.held += whole.held();
            self.open.insert(key, whole);
        }
        None
    }

    fn add(&mut self, message: Stored, message_id: &str) {
        let known = (message.owner.clone(), message.from.clone(), message_id.to_owned());
        if self.known.contains(&known) || self.done.len() >= MOST_MESSAGES {
            return;
        }
        if self.known.len() >= MOST_MESSAGES {
            self.known.pop_front();
        }
        self.known.push_back(known);
        self.done.push_back(message);
    }
}

impl B2bua {
    /// A chunk goes through on its way from `side`.
    pub(super) fn record(&mut self, now: Time, id: BridgeId, side: Side, chunk: &Message) {
        let Some(bridge) = self.bridges.get(&id) else { return };
        // By the address that stores know a user by, however he was written here.
        let is_here = |user: &&String| bridge.parties.iter().any(|party| uri::same(user, party));
        let owners: Vec<String> = self.config.recorded.iter().filter(is_here).map(|u| u.to_ascii_lowercase()).collect();
        let head = chunk.head();
        let (Some(message_id), Some(kind)) = (head.message_id(), head.content_type()) else { return };
        if owners.is_empty() || head.method() != "SEND" {
            return;
        }
        let from = bridge.parties[usize::from(side == Side::Called)].clone();
        let Some(body) = self.recorder.put((id, side, message_id.to_owned()), chunk).filter(|body| !body.is_empty())
        else {
            return;
        };
        for owner in owners {
            let message = stored(&mut self.config.ids, now, owner, &from, kind, chunk, body.clone());
            self.recorder.add(message, message_id);
        }
    }
}

fn stored(
    ids: &mut IdSource,
    now: Time,
    owner: String,
    from: &str,
    kind: &str,
    chunk: &Message,
    body: Bytes,
) -> Stored {
    let token = ids.token(20);
    let cpim = MediaType::parse(kind).is("message/cpim").then(|| Cpim::parse(&body));
    let inner = cpim.as_ref().map_or_else(|| MediaType::parse(kind), Cpim::content_type);
    let domain = owner.rsplit('@').next().unwrap_or_default();
    Stored {
        id: format!("mid:{token}@{domain}"),
        message_id: token,
        from: from.to_owned(),
        date_time: date::to_rfc3339(now.0 / 1_000_000_000),
        subject: None,
        class: if inner.main().eq_ignore_ascii_case("text") { Class::Text } else { Class::Multimedia },
        headers: Endpoint::described(chunk),
        content_type: kind.to_owned(),
        owner,
        body,
    }
}
