//! From a frame to the IP packet in it. Knows no IP beyond the version nibble.

use super::ip::{be16, be32};

/// A link-layer header that we can take off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Link {
    Ethernet,
    /// Linux cooked capture v1: packet type, ARPHRD type, address, protocol; 16 octets.
    Sll,
    /// Linux cooked capture v2: protocol first; 20 octets.
    Sll2,
    /// An address family in the byte order of some host; 4 octets.
    Null,
    Raw,
}

impl Link {
    /// The link of a LINKTYPE_ value; bits above the low 16 tell the length of the frame check sequence.
    pub fn of(linktype: u32) -> Option<Link> {
        match linktype & 0xffff {
            0 | 108 => Some(Link::Null),
            1 => Some(Link::Ethernet),
            12 | 14 | 101 | 228 | 229 => Some(Link::Raw),
            113 => Some(Link::Sll),
            276 => Some(Link::Sll2),
            _ => None,
        }
    }

    /// The IP packet in `frame`, with whatever padding follows it. `None` when it carries something else.
    pub fn packet(self, frame: &[u8]) -> Option<&[u8]> {
        match self {
            Link::Ethernet => after_tags(be16(frame, 12)?, frame.get(14..)?),
            Link::Sll => after_tags(be16(frame, 14)?, frame.get(16..)?),
            Link::Sll2 => after_tags(be16(frame, 0)?, frame.get(20..)?),
            // Families differ between systems (IPv6 is 10, 24, 28 or 30): look at the packet instead.
            Link::Null => be32(frame, 0).filter(|f| *f < 0x100 || f.swap_bytes() < 0x100).and(frame.get(4..)),
            Link::Raw => Some(frame),
        }
        .filter(|packet| matches!(packet.first(), Some(0x40..=0x6f)))
    }
}

/// Takes off VLAN tags (IEEE 802.1Q, 802.1ad and their vendors' forerunners).
fn after_tags(mut ethertype: u16, mut rest: &[u8]) -> Option<&[u8]> {
    for _ in 0..4 {
        match ethertype {
            0x0800 | 0x86dd => return Some(rest),
            0x8100 | 0x88a8 | 0x9100 | 0x9200 => {
                ethertype = be16(rest, 2)?;
                rest = rest.get(4..)?;
            }
            _ => return None,
        }
    }
    matches!(ethertype, 0x0800 | 0x86dd).then_some(rest)
}
