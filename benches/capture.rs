//! How fast capture files are read and written, beside what the file format alone costs (`records_alone`).

use std::net::SocketAddr;

use bytes::Bytes;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use imspec::net::capture::{CaptureReader, CaptureWriter, Format};
use imspec::time::Time;
use imspec::trace::{Observation, Seen};

const PACKETS: u32 = 50_000;
const PAYLOAD: usize = 700;

fn main() {
    divan::main();
}

#[divan::bench(args = [Format::Pcap, Format::PcapNg])]
fn read_udp(bencher: Bencher, format: Format) {
    read(bencher, udp(), format);
}

#[divan::bench(args = [Format::Pcap, Format::PcapNg])]
fn read_tcp(bencher: Bencher, format: Format) {
    read(bencher, tcp(), format);
}

#[divan::bench]
fn records_alone(bencher: Bencher) {
    let file = file(&udp(), Format::Pcap);
    bencher.counter(ItemsCount::new(PACKETS)).bench_local(|| {
        let mut reader = pcap_file::pcap::PcapReader::new(file).expect("a capture");
        while let Some(packet) = reader.next_raw_packet() {
            black_box(packet.expect("a packet"));
        }
    });
}

#[divan::bench(args = [Format::Pcap, Format::PcapNg])]
fn write_udp(bencher: Bencher, format: Format) {
    let seen = udp();
    bencher.counter(ItemsCount::new(PACKETS)).bench_local(|| {
        let mut writer = CaptureWriter::new(std::io::sink(), format, &[]).expect("a writer");
        for one in &seen {
            writer.write(one, None).expect("written");
        }
    });
}

fn read(bencher: Bencher, seen: Vec<Observation>, format: Format) {
    let file = file(&seen, format);
    bencher.counter(ItemsCount::new(PACKETS)).bench_local(|| {
        let mut reader = CaptureReader::from_reader(file).expect("a capture");
        let mut out = Vec::new();
        while reader.next(&mut out).expect("a whole file") {
            black_box(out.drain(..));
        }
        assert_eq!(reader.statistics().packets, PACKETS);
    });
}

/// Many users send datagrams to one server.
fn udp() -> Vec<Observation> {
    let server = SocketAddr::from(([192, 0, 2, 1], 5060));
    trace(|n| (SocketAddr::from(([10, 0, (n >> 8) as u8, n as u8], 5060)), server))
}

/// A thousand connections, joined when already up, take turns.
fn tcp() -> Vec<Observation> {
    let server = SocketAddr::from(([192, 0, 2, 1], 2855));
    let mut seen = trace(|n| (SocketAddr::from(([10, 0, 0, 1], 1024 + (n % 1000) as u16)), server));
    for one in &mut seen {
        one.what = Seen::Data(payload());
    }
    seen
}

fn trace(ends: impl Fn(u32) -> (SocketAddr, SocketAddr)) -> Vec<Observation> {
    let one = |n| {
        let (src, dst) = ends(n);
        Observation { at: Time(u64::from(n)), packet: n + 1, src, dst, what: Seen::Datagram(payload()) }
    };
    (0..PACKETS).map(one).collect()
}

fn payload() -> Bytes {
    Bytes::from_static(&[b'x'; PAYLOAD])
}

fn file(seen: &[Observation], format: Format) -> &'static [u8] {
    let mut writer = CaptureWriter::new(Vec::new(), format, &[]).expect("a writer");
    for one in seen {
        writer.write(one, None).expect("written");
    }
    writer.finish().expect("finished").leak()
}
