//! From an IP packet to what it carries. Checksums are not looked at: captures taken on the sending host often have none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
pub(super) fn skip_extensions(mut next: u8, mut rest: &[u8]) -> Option<(u8, &[u8], Option<Fragment>)> {
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
