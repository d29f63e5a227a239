//! Files of both formats, in all their variants, whole and broken.

use std::io::Write;

use assert_matches::assert_matches;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::files::*;
use super::{check, read};
use crate::net::capture::{CaptureReader, Problem};
use crate::time::Time;

#[test]
fn classic_files_of_both_byte_orders_and_resolutions() {
    for (big, nanoseconds) in [(false, false), (false, true), (true, false), (true, true)] {
        let file =
            Classic { big, nanoseconds, linktype: 1 }.file(&[ethernet(&[], &udp4(b"a")), ethernet(&[], &udp4(b"b"))]);
        let name = format!("big {big}, nanoseconds {nanoseconds}");
        check(&name, file.clone(), &["1 1>2 datagram a", "2 1>2 datagram b"]);
        assert_eq!(read(file).seen[1].at, Time(2_500_000_000), "{name}");
    }
}

#[test]
fn time_of_a_pcapng_packet() {
    let one_tick_a_second: &[u8] = &[0];
    type Options<'a> = &'a [(u16, &'a [u8])];
    let cases: [(&str, Options, u64, u64); 7] = [
        ("microseconds unless said otherwise", &[], 2_500_000, 2_500_000_000),
        ("nanoseconds", &[(9, &[9])], 2_500_000_001, 2_500_000_001),
        ("seconds", &[(9, one_tick_a_second)], 7, 7_000_000_000),
        ("1/1024 s", &[(9, &[0x8a])], 1536, 1_500_000_000),
        ("an offset", &[(14, &10_i64.to_le_bytes())], 1_000_000, 11_000_000_000),
        ("a negative offset", &[(14, &(-1_i64).to_le_bytes())], 3_000_000, 2_000_000_000),
        ("before the epoch", &[(14, &i64::MIN.to_le_bytes())], 0, 0),
    ];
    for (name, options, ticks, expected) in cases {
        let file = [section(false), interface(false, 101, 0, options), enhanced(false, 0, ticks, &udp4(b"a"))].concat();
        let outcome = read(file);
        assert_eq!(outcome.seen.first().map(|one| one.at), Some(Time(expected)), "{name}");
    }
}

#[test]
fn blocks_of_pcapng() {
    type Case<'a> = (&'a str, Vec<Vec<u8>>, &'a [&'a str]);
    for big in [false, true] {
        let head = [section(big), interface(big, 101, 0, &[])].concat();
        let cut = [section(big), interface(big, 101, 30, &[])].concat();
        let odd = [block(big, 0x0bad, &[0; 8]), block(big, 0x1234_5678, b"unknown"), block(big, 5, &[0; 12])].concat();
        let packet = |payload| enhanced(big, 0, 1, &udp4(payload));
        let cases: [Case; 6] = [
            ("others are passed over", vec![head.clone(), odd, packet(b"a")], &["1 1>2 datagram a"]),
            (
                "two sections, numbering goes on, each with its own byte order",
                vec![
                    head.clone(),
                    packet(b"a"),
                    section(!big),
                    interface(!big, 1, 0, &[]),
                    enhanced(!big, 0, 1, &ethernet(&[], &udp4(b"b"))),
                ],
                &["1 1>2 datagram a", "2 1>2 datagram b"],
            ),
            (
                "two interfaces",
                vec![
                    head.clone(),
                    interface(big, 1, 0, &[]),
                    enhanced(big, 1, 1, &ethernet(&[], &udp4(b"a"))),
                    packet(b"b"),
                ],
                &["1 1>2 datagram a", "2 1>2 datagram b"],
            ),
            (
                "simple packets",
                vec![head.clone(), packet(b"a"), simple(big, 29, &udp4(b"b"))],
                &["1 1>2 datagram a", "2 1>2 datagram b"],
            ),
            ("simple packets cut by the snapshot length", vec![cut, simple(big, 31, &udp4(b"abc")[..30])], &[]),
            ("old packet blocks", vec![head.clone(), obsolete(big, 0, 1, &udp4(b"a"))], &["1 1>2 datagram a"]),
        ];
        for (name, blocks, expected) in cases {
            check(name, blocks.concat(), expected);
        }
    }
    let file = [section(false), interface(false, 101, 30, &[]), simple(false, 31, &udp4(b"abc")[..30])].concat();
    assert_eq!(read(file).statistics.shortened, 1);
}

#[test]
fn a_packet_without_time_has_that_of_the_one_before() {
    let file = [
        section(false),
        interface(false, 101, 0, &[]),
        enhanced(false, 0, 7, &udp4(b"a")),
        simple(false, 29, &udp4(b"b")),
    ];
    let outcome = read(file.concat());
    assert_eq!(outcome.seen.iter().map(|one| one.at).collect::<Vec<_>>(), [Time(7000), Time(7000)]);
}

#[test]
fn gzip_is_unpacked() {
    let plain = RAW.file(&[udp4(b"a")]);
    check("gzip", packed(&plain), &["1 1>2 datagram a"]);
}

#[test]
fn every_cut_keeps_what_came_before() {
    let frames = [udp4(b"a"), tcp4((5, 6), "A", 10, 1, b"hello"), udp4(b"b")];
    let ng = [
        section(false),
        interface(false, 101, 0, &[]),
        enhanced(false, 0, 1, &frames[0]),
        enhanced(false, 0, 1, &frames[1]),
        enhanced(false, 0, 1, &frames[2]),
    ];
    let ng_ends: Vec<usize> = (2..=5).map(|n| ng[..n].concat().len()).collect();
    let classic_ends: Vec<usize> = (0..=3).map(|n| RAW.file(&frames[..n]).len()).collect();
    let counts = [0, 1, 3, 4]; // the TCP segment gives Joined and Data
    for (file, ends) in [(ng.concat(), ng_ends), (RAW.file(&frames), classic_ends)] {
        for length in ends[0]..file.len() {
            let whole = ends.iter().filter(|end| **end <= length).count() - 1;
            let outcome = read(&file[..length]);
            assert_eq!(outcome.seen.len(), counts[whole], "{length} octets");
            if ends.contains(&length) {
                assert!(outcome.error.is_none(), "{length} octets end with a record");
                continue;
            }
            let error = outcome.error.expect("the file is cut");
            assert!(error.is_cut(), "{length} octets: {error}");
            assert_eq!(error.offset, ends[whole] as u64, "{length} octets");
        }
    }
}

#[test]
fn a_cut_gzip_file_keeps_what_came_before() {
    // Noise, so that the second packet's octets are in the packed file's second half.
    let noise: Vec<u8> = (0..60_000_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
    let file = packed(&RAW.file(&[udp4(&noise[..30_000]), udp4(&noise[30_000..])]));
    let outcome = read(&file[..file.len() * 3 / 4]);
    assert_eq!(outcome.seen.len(), 1);
    assert!(outcome.error.is_some_and(|error| error.is_cut()));
}

#[test]
fn what_is_no_capture_is_said_with_advice() {
    let cases: [(&[u8], &str); 6] = [
        (b"", "not a pcap or pcapng file (it is empty)"),
        (b"x", "not a pcap or pcapng file (record one with tcpdump, dumpcap or Wireshark)"),
        (
            b"INVITE sip:bob@example.com SIP/2.0\r\n",
            "not a pcap or pcapng file (record one with tcpdump, dumpcap or Wireshark)",
        ),
        (
            b"\x28\xb5\x2f\xfd and so on and on and on",
            "not a pcap or pcapng file (it is compressed with zstd: unpack it first)",
        ),
        (
            b"\xd4\xc3\xb2\xa1",
            "cut in the middle of a record at octet 0 (everything before was read; was the file copied while the capture still ran?)",
        ),
        (
            b"\x0a\x0d\x0d\x0a\x1c\0\0\0garbage.................",
            "damaged at octet 0: Invalid magic number: 0x67617262 (everything before was read; `editcap` or `pcapfix` may save more)",
        ),
    ];
    for (file, expected) in cases {
        assert_eq!(read(file).error.map(|error| error.to_string()).as_deref(), Some(expected));
    }
}

#[test]
fn damage_is_told_with_its_place() {
    let mut classic = RAW.file(&[udp4(b"a")]);
    let offset = classic.len() as u64;
    put(&mut classic, false, &[1, 1, 0xffff_fff0, 0xffff_fff0]);
    let mut ng = [section(false), interface(false, 101, 0, &[]), enhanced(false, 0, 1, &udp4(b"a"))].concat();
    let ng_offset = ng.len() as u64;
    ng.extend(enhanced(false, 1, 1, &udp4(b"an interface that nobody described")));
    for (file, offset) in [(classic, offset), (ng, ng_offset)] {
        let outcome = read(file);
        assert_eq!(outcome.seen.len(), 1);
        let error = outcome.error.expect("damaged");
        assert_matches!(error.problem, Problem::Damaged(_));
        assert_eq!(error.offset, offset);
    }
}

#[test]
fn an_unsupported_link_is_named() {
    let usb = Classic { linktype: 220, ..ETHERNET }.file(&[vec![0; 64]]);
    let usb_ng = [section(false), interface(false, 220, 0, &[]), enhanced(false, 0, 1, &[0; 64])].concat();
    for file in [usb, usb_ng] {
        let error = read(file).error.expect("unsupported");
        assert_matches!(error.problem, Problem::UnsupportedLink(220));
        assert!(error.to_string().contains("supported are Ethernet"), "{error}");
    }
    let beside = [
        section(false),
        interface(false, 220, 0, &[]),
        interface(false, 101, 0, &[]),
        enhanced(false, 0, 1, &[0; 64]),
        enhanced(false, 1, 1, &udp4(b"a")),
    ];
    check("beside a supported one it is passed over", beside.concat(), &["2 1>2 datagram a"]);
}

#[test]
fn an_error_names_the_file() {
    let error = CaptureReader::open("no/such/file.pcap").err().expect("no such file");
    assert!(error.to_string().starts_with("no/such/file.pcap: "), "{error}");
}

fn packed(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}
