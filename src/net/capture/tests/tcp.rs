//! TCP connections and streams, from segments in every order.

use proptest::prelude::*;

use super::files::*;
use super::{check, lines, read};
use crate::trace::{Observation, Seen};

/// A segment of a connection from port 5 to port 6: `>` or `<`, flags, sequence and acknowledgement numbers, payload.
type Row = (char, &'static str, u32, u32, &'static str);

fn file(rows: &[Row]) -> Vec<u8> {
    let segment = |&(way, flags, seq, ack, payload): &Row| {
        tcp4(if way == '>' { (5, 6) } else { (6, 5) }, flags, seq, ack, payload.as_bytes())
    };
    RAW.file(&rows.iter().map(segment).collect::<Vec<_>>())
}

const SYN: Row = ('>', "S", 100, 0, "");
const SYN_ACK: Row = ('<', "SA", 500, 101, "");
const ACK: Row = ('>', "A", 101, 501, "");
const UP: [&str; 2] = ["1 5>6 connecting", "2 5>6 opened"];

#[test]
fn handshakes() {
    let cases: [(&str, &[Row], &[&str]); 11] = [
        ("in order", &[SYN, SYN_ACK, ACK], &UP),
        ("SYN and SYN/ACK repeated", &[SYN, SYN, SYN_ACK, SYN_ACK, ACK], &["1 5>6 connecting", "3 5>6 opened"]),
        ("ACK lost", &[SYN, SYN_ACK, ('>', "A", 101, 501, "a")], &[UP[0], UP[1], "3 5>6 data a"]),
        (
            "ACK lost, the other side speaks",
            &[SYN, SYN_ACK, ('<', "A", 501, 101, "b")],
            &[UP[0], UP[1], "3 6>5 data b"],
        ),
        ("SYN/ACK lost", &[SYN, ACK, ('<', "A", 501, 101, "b")], &["1 5>6 connecting", "2 5>6 opened", "3 6>5 data b"]),
        ("SYN lost", &[SYN_ACK, ACK, ('>', "A", 101, 501, "a")], &["1 5>6 opened", "3 5>6 data a"]),
        (
            "joined",
            &[('<', "A", 77, 9, "late"), ('>', "A", 9, 81, "a")],
            &["1 6>5 joined", "1 6>5 data late", "2 5>6 data a"],
        ),
        ("refused", &[SYN, ('<', "RA", 0, 101, ""), ('<', "RA", 0, 101, "")], &["1 5>6 connecting", "2 6>5 refused"]),
        ("given up", &[SYN, ('>', "R", 101, 0, "")], &["1 5>6 connecting", "2 5>6 reset"]),
        ("a reset of nothing", &[('<', "R", 1, 0, "")], &[]),
        (
            "data with the SYN",
            &[('>', "S", 100, 0, "early"), ('<', "SA", 500, 106, ""), ('>', "A", 106, 501, "")],
            &["1 5>6 connecting", "2 5>6 opened", "1 5>6 data early"],
        ),
    ];
    for (name, rows, expected) in cases {
        check(name, file(rows), expected);
    }
}

#[test]
fn ends() {
    let up = [SYN, SYN_ACK, ACK];
    let cases: [(&str, &[Row], &[&str]); 5] = [
        (
            "FIN from both, one repeated, last ACK",
            &[
                ('>', "FA", 101, 501, "bye"),
                ('<', "FA", 501, 105, ""),
                ('<', "FA", 501, 105, ""),
                ('>', "A", 105, 502, ""),
            ],
            &["4 5>6 data bye", "4 5>6 finished", "5 6>5 finished"],
        ),
        (
            "half closed",
            &[('>', "FA", 101, 501, ""), ('<', "A", 501, 102, "more")],
            &["4 5>6 finished", "5 6>5 data more"],
        ),
        ("nothing follows a FIN", &[('>', "FA", 101, 501, ""), ('>', "A", 102, 501, "x")], &["4 5>6 finished"]),
        ("RST, then stray data", &[('<', "RA", 501, 101, ""), ('>', "A", 101, 501, "x")], &["4 6>5 reset"]),
        (
            "RST after both FINs says nothing new",
            &[('>', "FA", 101, 501, ""), ('<', "FA", 501, 102, ""), ('>', "R", 102, 0, "")],
            &["4 5>6 finished", "5 6>5 finished"],
        ),
    ];
    for (name, rows, expected) in cases {
        check(name, file(&[&up, rows].concat()), &[&UP[..], expected].concat());
    }
}

#[test]
fn streams() {
    let up = [SYN, SYN_ACK, ACK];
    let cases: [(&str, &[Row], &[&str]); 9] = [
        (
            "out of order",
            &[('>', "A", 103, 501, "cd"), ('>', "A", 101, 501, "ab"), ('>', "A", 105, 501, "e")],
            &["5 5>6 data ab", "4 5>6 data cd", "6 5>6 data e"],
        ),
        ("repeated", &[('>', "A", 101, 501, "ab"), ('>', "A", 101, 501, "ab")], &["4 5>6 data ab"]),
        (
            "repeated and more",
            &[('>', "A", 101, 501, "ab"), ('>', "A", 101, 501, "abc")],
            &["4 5>6 data ab", "5 5>6 data c"],
        ),
        (
            "keep-alive",
            &[('>', "A", 101, 501, "ab"), ('>', "A", 102, 501, "b"), ('<', "A", 501, 103, "")],
            &["4 5>6 data ab"],
        ),
        (
            "overlap: what came first wins",
            &[('>', "A", 103, 501, "cd"), ('>', "A", 102, 501, "xxxx"), ('>', "A", 101, 501, "a")],
            &["6 5>6 data a", "5 5>6 data x", "4 5>6 data cd", "5 5>6 data x"],
        ),
        (
            "lost, and acknowledged with the FIN",
            &[('>', "FA", 104, 501, "d"), ('<', "A", 501, 106, "")],
            &["4 5>6 gap 3", "4 5>6 data d", "4 5>6 finished"],
        ),
        (
            "lost until the reset",
            &[('>', "A", 104, 501, "d"), ('<', "R", 501, 0, "")],
            &["4 5>6 gap 3", "4 5>6 data d", "5 6>5 reset"],
        ),
        (
            "lost until the port is used again",
            &[('>', "A", 104, 501, "d"), ('>', "S", 9000, 0, "")],
            &["4 5>6 gap 3", "4 5>6 data d", "5 5>6 connecting"],
        ),
        ("lost at the very end, yet acknowledged", &[('<', "A", 501, 111, "b")], &["4 6>5 data b", "4 5>6 gap 10"]),
    ];
    for (name, rows, expected) in cases {
        check(name, file(&[&up, rows].concat()), &[&UP[..], expected].concat());
    }
}

#[test]
fn sequence_numbers_wrap() {
    let rows = [
        ('>', "S", u32::MAX - 2, 0, ""),
        ('<', "SA", u32::MAX, u32::MAX - 1, ""),
        ('>', "A", 1, 0, "cde"),
        ('<', "A", 0, 1, "xy"),
        ('>', "A", u32::MAX - 1, 0, "ab!"),
        ('>', "A", 4, 2, "f"),
    ];
    let expected =
        ["1 5>6 connecting", "2 5>6 opened", "4 6>5 data xy", "5 5>6 data ab!", "3 5>6 data cde", "6 5>6 data f"];
    check("wrap", file(&rows), &expected);
}

#[test]
fn a_hole_that_the_receiver_does_not_have_is_not_held_against_the_capture() {
    let mut rows = vec![SYN, SYN_ACK, ACK, ('>', "A", 102, 501, "b")];
    let waiting = rows.len();
    // Duplicate acknowledgements do not wear out the patience; those of lost octets do.
    rows.extend([('<', "A", 501, 101, ""); 200]);
    assert_eq!(read(file(&rows)).seen.len(), UP.len() + 2);
    assert_eq!(read(file(&rows)).seen[UP.len()].at.0 / 1_000_000_000, rows.len() as u64, "only at the end of the file");
    rows.truncate(waiting);
    rows.extend([('<', "A", 501, 103, ""); 200]);
    let outcome = read(file(&rows));
    assert_eq!(lines(&outcome.seen)[UP.len()..], ["4 5>6 gap 1", "4 5>6 data b"]);
    assert!(outcome.seen[UP.len()].at.0 / 1_000_000_000 < 100, "{:?}", outcome.seen[UP.len()].at);
}

#[test]
fn what_waits_behind_a_hole_is_bounded() {
    let up = [tcp4((5, 6), "S", 100, 0, b""), tcp4((6, 5), "SA", 500, 101, b""), tcp4((5, 6), "A", 101, 501, b"")];
    let many = (0..1_002).map(|n| tcp4((5, 6), "A", 102 + n, 501, b"x"));
    let large = (0..20).map(|n| tcp4((5, 6), "A", 102 + n * 60_000, 501, &[b'x'; 60_000]));
    for (name, segments, held) in [("segments", many.collect::<Vec<_>>(), 1_001), ("octets", large.collect(), 18)] {
        let outcome = read(RAW.file(&[&up[..], &segments].concat()));
        let gap = outcome.seen.iter().find(|one| matches!(one.what, Seen::Gap { octets: 1 })).expect("a gap");
        assert_eq!(gap.at.0 / 1_000_000_000, held + 3, "{name}: given up with this packet");
        assert_eq!(outcome.seen.len(), UP.len() + 1 + segments.len(), "{name}: all octets follow");
    }
}

#[test]
fn what_waits_in_all_connections_together_is_bounded() {
    let mut frames = Vec::new();
    for port in 1000..2100 {
        frames.push(tcp4((port, 6), "A", 10, 1, b"x"));
        frames.push(tcp4((port, 6), "A", 12, 1, &[b'x'; 62_000]));
    }
    let end = frames.len() as u64;
    let seen = read(RAW.file(&frames)).seen;
    let early = |one: &&Observation| matches!(one.what, Seen::Gap { .. }) && one.at.0 / 1_000_000_000 < end;
    assert!(seen.iter().filter(early).count() > 10);
    assert_eq!(seen.iter().filter(|one| matches!(one.what, Seen::Data(_))).count(), frames.len());
}

#[test]
fn a_segment_cut_short_leaves_a_gap() {
    let mut frames = vec![
        tcp4((5, 6), "S", 100, 0, b""),
        tcp4((6, 5), "SA", 500, 101, b""),
        tcp4((5, 6), "A", 101, 501, b"0123456789"),
    ];
    frames[2].truncate(44);
    frames.push(tcp4((5, 6), "A", 111, 501, b"x"));
    let expected = [UP[0], UP[1], "3 5>6 data 0123", "4 5>6 gap 6", "4 5>6 data x"];
    check("cut", RAW.file(&frames), &expected);
}

#[test]
fn contradicting_overlaps_are_counted() {
    let rows = [SYN, SYN_ACK, ACK, ('>', "A", 103, 501, "cd"), ('>', "A", 103, 501, "cd"), ('>', "A", 103, 501, "xy")];
    let repeats = read(file(&rows)).statistics.repeats;
    assert_eq!((repeats.octets, repeats.contradictions), (4, 1));
}

#[test]
fn the_longest_idle_connections_are_forgotten() {
    let frames: Vec<Vec<u8>> = (0..66_000_u32)
        .map(|n| {
            let mut packet = tcp4((5, 6), "A", 10, 1, b"x");
            packet[12..16].copy_from_slice(&(n + 0x0a00_0000).to_be_bytes());
            packet
        })
        .collect();
    let first = [frames.clone(), vec![frames[0].clone()]].concat();
    assert_eq!(read(RAW.file(&first)).seen.len(), 2 * first.len(), "a forgotten connection is joined again");
    let last = [frames.clone(), vec![frames[65_999].clone()]].concat();
    assert_eq!(read(RAW.file(&last)).seen.len(), 2 * frames.len(), "a remembered one knows its octets");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Segments in any order, cut and repeated at will, give the same stream, each octet once.
    #[test]
    fn any_order_gives_the_same_stream(
        first in any::<u32>(),
        stream in proptest::collection::vec(any::<u8>(), 1..400),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 1_usize..60), 0..40),
        keys in proptest::collection::vec(any::<u64>(), 500),
    ) {
        let whole = (0..stream.len()).step_by(37).map(|at| (at, 37));
        let extra = cuts.iter().map(|(at, length)| (at.index(stream.len()), *length));
        let mut pieces: Vec<(usize, usize)> = whole.chain(extra).collect();
        let mut order = keys.iter();
        pieces.sort_by_cached_key(|_| order.next().copied().unwrap_or_default());
        let mut frames =
            vec![tcp4((5, 6), "S", first, 0, b""), tcp4((6, 5), "SA", 9, first.wrapping_add(1), b"")];
        for (at, length) in pieces {
            let seq = first.wrapping_add(1 + at as u32);
            frames.push(tcp4((5, 6), "A", seq, 10, &stream[at..stream.len().min(at + length)]));
        }
        let mut got = Vec::new();
        for one in read(RAW.file(&frames)).seen {
            match one.what {
                Seen::Data(octets) => got.extend(octets),
                Seen::Connecting | Seen::Opened => {}
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert_eq!(got, stream);
    }
}
