//! What is written is read again, and every time the same octets are written.

use std::io::{self, Write};
use std::net::SocketAddr;

use bytes::Bytes;
use proptest::prelude::*;

use super::read;
use crate::net::capture::{CaptureWriter, Format};
use crate::time::Time;
use crate::trace::{Observation, Seen};

/// Something of everything that packets can carry, on IPv4 and IPv6.
pub fn everything() -> Vec<Observation> {
    let mut trace = Trace::default();
    for host in ["192.0.2.", "[2001:db8::"] {
        let close = if host.starts_with('[') { "]" } else { "" };
        let at = |n: u32, port: u16| format!("{host}{n}{close}:{port}").parse::<SocketAddr>().unwrap();
        let (alice, bob, carol) = (at(1, 5060), at(2, 5060), at(3, 2855));
        trace.add(alice, bob, Seen::Datagram(Bytes::from_static(b"MESSAGE sip:bob@example.com SIP/2.0\r\n\r\n")));
        trace.add(alice, bob, Seen::Datagram(Bytes::new()));
        trace.add(bob, alice, Seen::Datagram(Bytes::from(vec![b'x'; 65_487])));
        trace.add(alice, carol, Seen::Connecting);
        trace.add(carol, alice, Seen::Refused);
        for _ in 0..2 {
            trace.add(bob, carol, Seen::Connecting);
            trace.add(bob, carol, Seen::Opened);
            trace.add(bob, carol, Seen::Data(Bytes::from_static(b"MSRP a786hjs2 SEND\r\n")));
            trace.add(carol, bob, Seen::Data(Bytes::from_static(b"MSRP a786hjs2 200 OK\r\n")));
            trace.add(bob, carol, Seen::Data(Bytes::from(vec![b'y'; 150_000])));
            trace.add(carol, bob, Seen::Finished);
            trace.add(bob, carol, Seen::Data(Bytes::from_static(b"still")));
            trace.add(bob, carol, Seen::Finished);
        }
        trace.add(carol, alice, Seen::Connecting);
        trace.add(carol, alice, Seen::Opened);
        trace.add(alice, carol, Seen::Data(Bytes::from_static(b"first word by the one who was called")));
        trace.add(carol, alice, Seen::Reset);
    }
    trace.seen
}

#[derive(Default)]
struct Trace {
    seen: Vec<Observation>,
    packets: u32,
}

impl Trace {
    fn add(&mut self, src: SocketAddr, dst: SocketAddr, what: Seen) {
        let at = Time(Time::SIMULATION_START.0 + 1_234_567 * u64::from(self.packets));
        let packet = self.packets + 1;
        self.packets += what.packets();
        self.seen.push(Observation { at, packet, src, dst, what });
    }
}

/// The file of these observations.
pub fn written(seen: &[Observation], format: Format) -> Vec<u8> {
    let names = [
        ("192.0.2.1".parse().unwrap(), "alice".to_owned()),
        ("2001:db8::1".parse().unwrap(), "alice six".to_owned()),
        ("192.0.2.9".parse().unwrap(), String::new()),
    ];
    let mut writer = CaptureWriter::new(Vec::new(), format, &names).unwrap();
    for (index, one) in seen.iter().enumerate() {
        let comment = format!("observation {index}");
        writer.write(one, Some(&comment)).unwrap();
    }
    writer.finish().unwrap()
}

/// Pieces of one message put together again: a packet carries no more than [`Seen::SEGMENT`] octets.
fn joined(seen: Vec<Observation>) -> Vec<Observation> {
    let mut out: Vec<Observation> = Vec::new();
    for one in seen {
        match (out.last_mut(), &one.what) {
            (Some(Observation { what: Seen::Data(before), src, .. }), Seen::Data(octets))
                if before.len() % Seen::SEGMENT == 0 && *src == one.src =>
            {
                *before = [&before[..], octets].concat().into();
            }
            _ => out.push(one),
        }
    }
    out
}

#[test]
fn what_is_written_is_read_again() {
    let seen = everything();
    for format in [Format::PcapNg, Format::Pcap] {
        let outcome = read(written(&seen, format));
        assert!(outcome.error.is_none());
        assert_eq!(outcome.statistics.packets, seen.iter().map(|one| one.what.packets()).sum::<u32>());
        let got = joined(outcome.seen);
        assert_eq!(got.len(), seen.len(), "{format:?}");
        for (got, expected) in got.iter().zip(&seen) {
            assert_eq!(got, expected, "{format:?}");
        }
    }
}

#[test]
fn the_same_observations_give_the_same_octets() {
    for format in [Format::PcapNg, Format::Pcap] {
        assert!(written(&everything(), format) == written(&everything(), format));
    }
}

#[test]
fn a_gap_and_a_stream_joined_late_survive() {
    let mut trace = Trace::default();
    let (one, two) = ("192.0.2.1:1".parse().unwrap(), "192.0.2.2:2".parse().unwrap());
    trace.add(one, two, Seen::Joined);
    trace.add(one, two, Seen::Data(Bytes::from_static(b"a")));
    trace.add(one, two, Seen::Gap { octets: 7 });
    trace.add(one, two, Seen::Data(Bytes::from_static(b"b")));
    trace.add(two, one, Seen::Reset);
    assert_eq!(
        read(written(&trace.seen, Format::PcapNg)).seen.iter().map(|one| &one.what).collect::<Vec<_>>(),
        trace.seen.iter().map(|one| &one.what).collect::<Vec<_>>()
    );
}

#[test]
fn what_no_packet_can_carry_is_refused() {
    let mut writer = CaptureWriter::new(Vec::new(), Format::PcapNg, &[]).unwrap();
    let mut trace = Trace::default();
    trace.add("192.0.2.1:1".parse().unwrap(), "[::1]:1".parse().unwrap(), Seen::Connecting);
    trace.add("192.0.2.1:1".parse().unwrap(), "192.0.2.2:1".parse().unwrap(), Seen::Datagram(vec![0; 65_508].into()));
    for (one, expected) in trace.seen.iter().zip(["IPv4 and the other IPv6", "longer than IP can carry"]) {
        let error = writer.write(one, None).expect_err("refused").to_string();
        assert!(error.ends_with(expected), "{error}");
    }
}

#[test]
fn a_full_disk_is_said_with_the_path() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    assert!(
        CaptureWriter::new(Full, Format::Pcap, &[]).err().is_some_and(|error| error.to_string() == "no storage space")
    );
    let missing = CaptureWriter::create("no/such/folder/a.pcapng", Format::PcapNg, &[]).err().expect("no folder");
    assert!(missing.to_string().starts_with("no/such/folder/a.pcapng: "), "{missing}");
    if cfg!(target_os = "linux") {
        let mut writer = CaptureWriter::create("/dev/full", Format::PcapNg, &[]).unwrap();
        let error = everything().iter().find_map(|one| writer.write(one, None).err()).expect("the disk is full");
        assert!(error.to_string().starts_with("/dev/full: "), "{error}");
    }
}

proptest! {
    /// Streams that go both ways at once come back whole, however large the pieces.
    #[test]
    fn streams_come_back(pieces in proptest::collection::vec((any::<bool>(), 0_usize..140_000), 0..12)) {
        let (one, two): (SocketAddr, SocketAddr) = ("192.0.2.2:1".parse().unwrap(), "192.0.2.1:2".parse().unwrap());
        let mut trace = Trace::default();
        trace.add(one, two, Seen::Connecting);
        trace.add(one, two, Seen::Opened);
        let mut sent = [0_usize; 2];
        for (forth, length) in pieces {
            let (src, dst) = if forth { (one, two) } else { (two, one) };
            trace.add(src, dst, Seen::Data(vec![b'z'; length].into()));
            sent[usize::from(forth)] += length;
        }
        let mut got = [0_usize; 2];
        for seen in read(written(&trace.seen, Format::Pcap)).seen {
            match seen.what {
                Seen::Data(octets) => got[usize::from(seen.src == one)] += octets.len(),
                Seen::Connecting | Seen::Opened => {}
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert_eq!(got, sent);
    }
}
