//! Capture files made octet by octet, so that the tests need no writer of ours.

use etherparse::{PacketBuilder, TcpHeader};

/// Byte order and time unit of a classic pcap file.
#[derive(Clone, Copy)]
pub struct Classic {
    pub big: bool,
    pub nanoseconds: bool,
    pub linktype: u32,
}

pub const ETHERNET: Classic = Classic { big: false, nanoseconds: false, linktype: 1 };
pub const RAW: Classic = Classic { linktype: 101, ..ETHERNET };

impl Classic {
    /// A file with these frames, one per second, each half a second past it.
    pub fn file(self, frames: &[Vec<u8>]) -> Vec<u8> {
        let magic: u32 = if self.nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
        let half = if self.nanoseconds { 500_000_000 } else { 500_000 };
        let mut file = Vec::new();
        put(&mut file, self.big, &[magic]);
        file.extend(if self.big { [0, 2, 0, 4] } else { [2, 0, 4, 0] });
        put(&mut file, self.big, &[0, 0, 65_535, self.linktype]);
        for (index, frame) in frames.iter().enumerate() {
            let length = frame.len() as u32;
            put(&mut file, self.big, &[index as u32 + 1, half, length, length]);
            file.extend(frame);
        }
        file
    }
}

/// One pcapng block: body padded to 32 bits, lengths around it.
pub fn block(big: bool, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let total = padded as u32 + 12;
    let mut out = Vec::new();
    put(&mut out, big, &[kind, total]);
    out.extend(body);
    out.resize(8 + padded, 0);
    put(&mut out, big, &[total]);
    out
}

pub fn section(big: bool) -> Vec<u8> {
    let mut body = Vec::new();
    put(&mut body, big, &[0x1a2b_3c4d]);
    body.extend(if big { [0, 1, 0, 0] } else { [1, 0, 0, 0] });
    body.extend([0xff; 8]);
    block(big, 0x0a0d_0d0a, &body)
}

/// An interface description; each option is a code and a value.
pub fn interface(big: bool, linktype: u16, snaplen: u32, options: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    put16(&mut body, big, &[linktype, 0]);
    put(&mut body, big, &[snaplen]);
    for (code, value) in options {
        put16(&mut body, big, &[*code, value.len() as u16]);
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    if !options.is_empty() {
        body.extend([0; 4]);
    }
    block(big, 1, &body)
}

pub fn enhanced(big: bool, interface: u32, ticks: u64, frame: &[u8]) -> Vec<u8> {
    let length = frame.len() as u32;
    let mut body = Vec::new();
    put(&mut body, big, &[interface, (ticks >> 32) as u32, ticks as u32, length, length]);
    body.extend(frame);
    block(big, 6, &body)
}

pub fn simple(big: bool, whole: u32, captured: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    put(&mut body, big, &[whole]);
    body.extend(captured);
    block(big, 3, &body)
}

/// The Packet Block that pcapng had before the enhanced one.
pub fn obsolete(big: bool, interface: u16, ticks: u64, frame: &[u8]) -> Vec<u8> {
    let length = frame.len() as u32;
    let mut body = Vec::new();
    put16(&mut body, big, &[interface, 0]);
    put(&mut body, big, &[(ticks >> 32) as u32, ticks as u32, length, length]);
    body.extend(frame);
    block(big, 2, &body)
}

/// An IPv4 packet with a UDP datagram from port 1 to port 2.
pub fn udp4(payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    let builder = PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).udp(1, 2);
    builder.write_to_vec(&mut packet, payload).unwrap();
    packet
}

/// The same over IPv6.
pub fn udp6(payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    let builder = PacketBuilder::ipv6([1; 16], [2; 16], 64).udp(1, 2);
    builder.write_to_vec(&mut packet, payload).unwrap();
    packet
}

/// `packet` in an Ethernet frame, behind these tags (type, VLAN).
pub fn ethernet(tags: &[(u16, u16)], packet: &[u8]) -> Vec<u8> {
    let mut frame = vec![2; 12];
    for (kind, vlan) in tags {
        put16(&mut frame, true, &[*kind, *vlan]);
    }
    put16(&mut frame, true, &[if packet[0] >> 4 == 4 { 0x0800 } else { 0x86dd }]);
    frame.extend(packet);
    frame
}

/// An IPv4 packet with a TCP segment. `flags` are letters of S, A, F, R.
pub fn tcp4((src, dst): (u16, u16), flags: &str, seq: u32, ack: u32, payload: &[u8]) -> Vec<u8> {
    let mut header = TcpHeader::new(src, dst, seq, 1000);
    header.syn = flags.contains('S');
    header.ack = flags.contains('A');
    header.fin = flags.contains('F');
    header.rst = flags.contains('R');
    header.acknowledgment_number = ack;
    let mut packet = Vec::new();
    let builder = PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 1], 64).tcp_header(header);
    builder.write_to_vec(&mut packet, payload).unwrap();
    packet
}

pub fn put(out: &mut Vec<u8>, big: bool, words: &[u32]) {
    for word in words {
        out.extend(if big { word.to_be_bytes() } else { word.to_le_bytes() });
    }
}

pub fn put16(out: &mut Vec<u8>, big: bool, words: &[u16]) {
    for word in words {
        out.extend(if big { word.to_be_bytes() } else { word.to_le_bytes() });
    }
}
