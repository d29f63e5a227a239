//! From an IP packet to what it carries, fragments put together. Checksums are not looked at: captures taken on the
//! sending host often have none.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use crate::time::Time;

pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;

/// One IP packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Packet<'a> {
    pub src: IpAddr,
    pub dst: IpAddr,
    pub protocol: u8,
    pub payload: &'a [u8],
    /// Octets of the payload that the capture does not have (its snapshot length was shorter).
    pub missing: usize,
    pub fragment: Option<Fragment>,
}

/// Which part of a larger packet this is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Fragment {
    pub id: u32,
    pub offset: usize,
    pub more: bool,
}

impl Packet<'_> {
    /// Reads the headers; `None` when they are broken.
    pub fn parse(bytes: &[u8]) -> Option<Packet<'_>> {
        match bytes.first()? >> 4 {
            4 => parse_v4(bytes),
            6 => parse_v6(bytes),
            _ => None,
        }
    }
}

/// RFC 791 §3.1.
fn parse_v4(bytes: &[u8]) -> Option<Packet<'_>> {
    let header = usize::from(bytes.first()? & 0x0f) * 4;
    if header < 20 {
        return None;
    }
    let total = usize::from(be16(bytes, 2)?);
    let flags = be16(bytes, 6)?;
    let fragment =
        Fragment { id: be16(bytes, 4)?.into(), offset: usize::from(flags & 0x1fff) * 8, more: flags & 0x2000 != 0 };
    // Segmentation offload leaves the length zero: then it is what was captured.
    let total = if total == 0 { bytes.len() } else { total };
    let promised = total.checked_sub(header)?;
    let rest = bytes.get(header..)?;
    let payload = rest.get(..promised).unwrap_or(rest);
    Some(Packet {
        src: IpAddr::V4(Ipv4Addr::from(array::<4>(bytes, 12)?)),
        dst: IpAddr::V4(Ipv4Addr::from(array::<4>(bytes, 16)?)),
        protocol: *bytes.get(9)?,
        payload,
        missing: promised - payload.len(),
        fragment: (fragment.more || fragment.offset > 0).then_some(fragment),
    })
}

/// RFC 8200 §3.
fn parse_v6(bytes: &[u8]) -> Option<Packet<'_>> {
    let promised = usize::from(be16(bytes, 4)?);
    let rest = bytes.get(40..)?;
    let promised = if promised == 0 { rest.len() } else { promised };
    let payload = rest.get(..promised).unwrap_or(rest);
    let missing = promised - payload.len();
    let (protocol, payload, fragment) = skip_extensions(*bytes.get(6)?, payload)?;
    Some(Packet {
        src: IpAddr::V6(Ipv6Addr::from(array::<16>(bytes, 8)?)),
        dst: IpAddr::V6(Ipv6Addr::from(array::<16>(bytes, 24)?)),
        protocol,
        payload,
        missing,
        fragment,
    })
}

/// Takes off extension headers (RFC 8200 §4) up to the first that fragments.
fn skip_extensions(mut next: u8, mut rest: &[u8]) -> Option<(u8, &[u8], Option<Fragment>)> {
    const MOST: usize = 16;
    for _ in 0..MOST {
        let length = match next {
            // Hop-by-Hop, Routing, Destination Options, Mobility, HIP, Shim6
            0 | 43 | 60 | 135 | 139 | 140 => usize::from(*rest.get(1)?) * 8 + 8,
            51 => usize::from(*rest.get(1)?) * 4 + 8, // Authentication Header, RFC 4302 §2.2
            44 => {
                let place = be16(rest, 2)?;
                let fragment = Fragment { id: be32(rest, 4)?, offset: usize::from(place & !7), more: place & 1 != 0 };
                next = *rest.first()?;
                rest = rest.get(8..)?;
                if fragment.more || fragment.offset > 0 {
                    return Some((next, rest, Some(fragment)));
                }
                continue;
            }
            _ => return Some((next, rest, None)),
        };
        next = *rest.first()?;
        rest = rest.get(length..)?;
    }
    None
}

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

/// The 16-bit number at `at`, network byte order.
pub(super) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    array::<2>(bytes, at).map(u16::from_be_bytes)
}

/// The 32-bit number at `at`, network byte order.
pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    array::<4>(bytes, at).map(u32::from_be_bytes)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}
