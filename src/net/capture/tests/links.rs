//! From link layer to datagram: headers of links, VLANs, IP with options, extension headers and fragments.

use super::files::*;
use super::{check, read};

#[test]
fn every_link_type() {
    let packet = udp4(b"a");
    let sll = |protocol: u16| [vec![0; 14], protocol.to_be_bytes().to_vec(), packet.clone()].concat();
    let sll2 = [0x0800_u16.to_be_bytes().to_vec(), vec![0; 18], packet.clone()].concat();
    let six = udp6(b"a");
    let cases: [(&str, u32, Vec<u8>); 17] = [
        ("Ethernet", 1, ethernet(&[], &packet)),
        ("Ethernet, IPv6", 1, ethernet(&[], &six)),
        ("Ethernet, padded", 1, [ethernet(&[], &packet), vec![0; 17]].concat()),
        ("Ethernet, frame check sequence of 4 octets", 0x5400_0001, [ethernet(&[], &packet), vec![9; 4]].concat()),
        ("VLAN", 1, ethernet(&[(0x8100, 7)], &packet)),
        ("VLAN in VLAN", 1, ethernet(&[(0x88a8, 7), (0x8100, 8)], &packet)),
        ("cooked", 113, sll(0x0800)),
        ("cooked, VLAN", 113, [sll(0x8100)[..16].to_vec(), ethernet(&[], &packet)[10..].to_vec()].concat()),
        ("cooked v2", 276, sll2),
        ("Null, little-endian", 0, [vec![2, 0, 0, 0], packet.clone()].concat()),
        ("Null, big-endian, IPv6", 0, [vec![0, 0, 0, 30], six.clone()].concat()),
        ("Loopback", 108, [vec![0, 0, 0, 2], packet.clone()].concat()),
        ("raw", 101, packet.clone()),
        ("raw, IPv6", 101, six.clone()),
        ("raw of BSD", 12, packet.clone()),
        ("IPv4", 228, packet.clone()),
        ("IPv6", 229, six),
    ];
    for (name, linktype, frame) in cases {
        check(name, Classic { linktype, ..ETHERNET }.file(&[frame]), &["1 1>2 datagram a"]);
    }
}

#[test]
fn what_is_no_udp_or_tcp_is_counted() {
    let arp = [vec![2; 12], vec![8, 6], vec![0; 28]].concat();
    let mut icmp = udp4(b"a");
    icmp[9] = 1;
    let mut broken = udp4(b"a");
    broken[25] = 200; // UDP length beyond the packet
    let mut header = udp4(b"a");
    header[0] = 0x43;
    let frames = [arp, ethernet(&[], &icmp), ethernet(&[], &broken), ethernet(&[], &header), vec![]];
    let outcome = read(ETHERNET.file(&frames));
    assert!(outcome.seen.is_empty());
    let counted = outcome.statistics;
    assert_eq!((counted.packets, counted.foreign, counted.malformed), (5, 3, 2));
}

#[test]
fn lengths_left_zero_by_offload() {
    let mut packet = udp4(b"abc");
    packet[2..4].fill(0);
    check("IPv4 total length", RAW.file(&[packet.clone()]), &["1 1>2 datagram abc"]);
    packet[24..26].fill(0);
    check("UDP length, too", RAW.file(&[packet]), &["1 1>2 datagram abc"]);
}

#[test]
fn extension_headers_are_taken_off() {
    let plain = udp6(b"a");
    for (name, kind, header) in [
        ("Hop-by-Hop", 0, vec![17, 0, 1, 4, 0, 0, 0, 0]),
        ("Destination Options, long", 60, [vec![17, 1, 1, 12], vec![0; 12]].concat()),
        ("Authentication", 51, [vec![17, 4], vec![0; 22]].concat()),
        ("an atomic fragment", 44, vec![17, 0, 0, 0, 0, 0, 0, 1]),
    ] {
        let mut packet = [plain[..40].to_vec(), header.clone(), plain[40..].to_vec()].concat();
        packet[6] = kind;
        packet[5] += header.len() as u8;
        check(name, RAW.file(&[packet]), &["1 1>2 datagram a"]);
    }
}

#[test]
fn fragments_are_put_together() {
    let four = fragments4(&udp4(b"0123456789abcdefghijklmnopqrstuvwxyz"), 7, 16);
    let six = fragments6(&udp6(b"0123456789abcdefghijklmnopqrstuvwxyz"), 16);
    let whole = "1 1>2 datagram 0123456789abcdefghijklmnopqrstuvwxyz";
    let pick =
        |parts: &[Vec<u8>], order: &[usize]| RAW.file(&order.iter().map(|n| parts[*n].clone()).collect::<Vec<_>>());
    for (name, parts) in [("IPv4", &four), ("IPv6", &six)] {
        assert_eq!(parts.len(), 3);
        check(name, pick(parts, &[0, 1, 2]), &[whole]);
        check(name, pick(parts, &[2, 0, 1]), &[whole]);
        check(name, pick(parts, &[1, 1, 2, 2, 0]), &[whole]);
        check(name, pick(parts, &[0, 2]), &[]);
    }
    let other = fragments4(&udp4(b"ANOTHER PACKET THAT COMES BETWEEN..."), 8, 16);
    let mixed = [&four[0], &other[0], &four[1], &other[1], &other[2], &four[2]].map(Clone::clone);
    check("interleaved", RAW.file(&mixed), &["2 1>2 datagram ANOTHER PACKET THAT COMES BETWEEN...", whole]);
    let mut liar = four[1].clone();
    liar[20..36].fill(b'!');
    check("what came first wins", RAW.file(&[four[0].clone(), four[1].clone(), liar, four[2].clone()]), &[whole]);
}

#[test]
fn fragments_that_never_complete_are_given_up() {
    let lonely: Vec<Vec<u8>> =
        (0..600).map(|id| fragments4(&udp4(b"0123456789abcdefghijklmnopqrstuvwxyz"), id, 16).remove(0)).collect();
    assert_eq!(read(RAW.file(&lonely)).statistics.incomplete, 600);
}

/// The packet in fragments of `size` octets of payload.
fn fragments4(packet: &[u8], id: u16, size: usize) -> Vec<Vec<u8>> {
    let pieces: Vec<&[u8]> = packet[20..].chunks(size).collect();
    let fragment = |(index, piece): (usize, &&[u8])| {
        let more = if index + 1 < pieces.len() { 0x2000 } else { 0 };
        let mut fragment = [&packet[..20], *piece].concat();
        fragment[2..4].copy_from_slice(&((20 + piece.len()) as u16).to_be_bytes());
        fragment[4..6].copy_from_slice(&id.to_be_bytes());
        fragment[6..8].copy_from_slice(&(more | (index * size / 8) as u16).to_be_bytes());
        fragment
    };
    pieces.iter().enumerate().map(fragment).collect()
}

fn fragments6(packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let pieces: Vec<&[u8]> = packet[40..].chunks(size).collect();
    let fragment = |(index, piece): (usize, &&[u8])| {
        let place = (index * size) as u16 | u16::from(index + 1 < pieces.len());
        let header = [vec![packet[6], 0], place.to_be_bytes().to_vec(), vec![0, 0, 0, 9]].concat();
        let mut fragment = [&packet[..40], &header, *piece].concat();
        fragment[4..6].copy_from_slice(&((8 + piece.len()) as u16).to_be_bytes());
        fragment[6] = 44;
        fragment
    };
    pieces.iter().enumerate().map(fragment).collect()
}
