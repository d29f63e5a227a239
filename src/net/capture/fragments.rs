//! IP packets put together from their fragments, with bounds on what may wait. Knows nothing above IP.

use std::net::IpAddr;
use std::time::Duration;

use hashbrown::HashMap;

use super::ip::{Fragment, Packet, skip_extensions};
use crate::time::Time;

/// A packet put together from its fragments.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Reassembled {
    pub protocol: u8,
    pub payload: Vec<u8>,
    /// Number of the packet with the fragment that was seen first.
    pub packet: u32,
}

/// Packets of which some fragments are still missing. The octets that came first win.
#[derive(Default)]
pub(super) struct Fragments {
    waiting: HashMap<(IpAddr, IpAddr, u8, u32), Waiting>,
    /// Packets given up because fragments stayed away.
    pub dropped: u64,
}

struct Waiting {
    since: Time,
    packet: u32,
    parts: Vec<(usize, Vec<u8>)>,
    held: usize,
    end: Option<usize>,
}

impl Fragments {
    const MOST: usize = 256;
    const MOST_PARTS: usize = 512;
    const LARGEST: usize = 65_535;
    /// RFC 8200 §4.5 gives up after a minute; RFC 1122 §3.3.2 after one to two.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// Adds a fragment of `whole`; gives the packet when that was the last one missing.
    pub fn add(&mut self, whole: &Packet<'_>, fragment: Fragment, at: Time, packet: u32) -> Option<Reassembled> {
        self.make_room(at);
        let key = (whole.src, whole.dst, whole.protocol, fragment.id);
        let waiting = self.waiting.entry(key).or_insert_with(|| Waiting {
            since: at,
            packet,
            parts: Vec::new(),
            held: 0,
            end: None,
        });
        let end = fragment.offset + whole.payload.len();
        if whole.missing > 0
            || end > Self::LARGEST
            || waiting.parts.len() >= Self::MOST_PARTS
            || waiting.held > 2 * Self::LARGEST
        {
            self.waiting.remove(&key);
            self.dropped += 1;
            return None;
        }
        if !fragment.more && waiting.end.is_none() {
            waiting.end = Some(end);
        }
        waiting.held += whole.payload.len();
        waiting.parts.push((fragment.offset, whole.payload.to_vec()));
        let payload = waiting.whole()?;
        let packet = waiting.packet;
        self.waiting.remove(&key);
        let protocol = whole.protocol;
        let (protocol, payload) = match (whole.src, skip_extensions(protocol, &payload)) {
            (IpAddr::V6(_), Some((inner, rest, None))) => (inner, rest.to_vec()),
            _ => (protocol, payload),
        };
        Some(Reassembled { protocol, payload, packet })
    }

    /// Gives up everything: no packet will come any more.
    pub fn finish(&mut self) {
        self.dropped += self.waiting.drain().count() as u64;
    }

    /// Gives up what waited too long, and the oldest when there is too much.
    fn make_room(&mut self, at: Time) {
        if self.waiting.len() < Self::MOST {
            return;
        }
        let before = self.waiting.len();
        self.waiting.retain(|_, waiting| at.since(waiting.since) < Self::PATIENCE);
        while self.waiting.len() >= Self::MOST {
            let oldest = self.waiting.iter().min_by_key(|(_, waiting)| waiting.packet).map(|(key, _)| *key);
            let Some(key) = oldest else { break };
            self.waiting.remove(&key);
        }
        self.dropped += (before - self.waiting.len()) as u64;
    }
}

impl Waiting {
    /// The payload, once it has no hole.
    fn whole(&self) -> Option<Vec<u8>> {
        let end = self.end.filter(|end| *end <= self.held)?;
        let mut payload = vec![0; end];
        let mut filled = vec![false; end / 8 + 1];
        // Offsets are multiples of 8, so that a fragment fills whole units of 8 (the last one the rest).
        for (offset, part) in &self.parts {
            for (index, unit) in part.chunks(8).enumerate() {
                let at = offset + index * 8;
                let (Some(flag), Some(room)) = (filled.get_mut(at / 8), payload.get_mut(at..)) else { break };
                let n = unit.len().min(room.len());
                let complete = n == 8 || at + n == end;
                if !*flag && complete {
                    room[..n].copy_from_slice(&unit[..n]);
                    *flag = true;
                }
            }
        }
        filled.iter().take(end.div_ceil(8)).all(|flag| *flag).then_some(payload)
    }
}
