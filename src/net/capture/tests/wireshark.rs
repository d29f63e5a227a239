//! Wireshark as the outside witness of the files written here. Without tshark on this host these tests say so and pass.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;

use super::round_trip::{everything, written};
use crate::net::capture::{CaptureReader, Format};
use crate::time::Time;
use crate::trace::{Observation, Seen};

#[test]
fn wireshark_finds_nothing_wrong() {
    for format in [Format::PcapNg, Format::Pcap] {
        let file = saved(&written(&everything(), format));
        let wrong = "_ws.malformed || ip.checksum.status == Bad || udp.checksum.status == Bad || \
                     tcp.checksum.status == Bad || (tcp.analysis.flags && !tcp.analysis.reused_ports)";
        let Some(lines) = tshark(file.path(), &["-Y", wrong]) else { return };
        assert_eq!(lines, [""; 0], "{format:?}");
    }
}

#[test]
fn wireshark_counts_shows_and_names_what_was_written() {
    let seen = everything();
    let file = saved(&written(&seen, Format::PcapNg));
    let fields = ["-N", "n", "-T", "fields", "-e", "frame.number", "-e", "frame.comment", "-e", "ip.src_host"];
    let Some(lines) = tshark(file.path(), &fields) else { return };
    assert_eq!(lines.len() as u32, seen.iter().map(|one| one.what.packets()).sum::<u32>());
    assert_eq!(lines[0], "1\tobservation 0\talice");
}

#[test]
fn wireshark_dissects_sip_and_msrp() {
    let (alice, bob): (SocketAddr, SocketAddr) = ("192.0.2.1:5060".parse().unwrap(), "192.0.2.2:5060".parse().unwrap());
    let (one, two): (SocketAddr, SocketAddr) = ("192.0.2.1:40000".parse().unwrap(), "192.0.2.2:2855".parse().unwrap());
    let sip =
        b"OPTIONS sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n";
    let send = b"MSRP a786hjs2 SEND\r\nTo-Path: msrp://192.0.2.2:2855/b;tcp\r\nFrom-Path: msrp://192.0.2.1:40000/a;tcp\r\n\
                 Message-ID: 87652491\r\nByte-Range: 1-2/2\r\nContent-Type: text/plain\r\n\r\nHi\r\n-------a786hjs2$\r\n";
    let steps = [
        (alice, bob, Seen::Datagram(Bytes::from_static(sip))),
        (one, two, Seen::Connecting),
        (one, two, Seen::Opened),
        (one, two, Seen::Data(Bytes::from_static(send))),
        (one, two, Seen::Finished),
        (two, one, Seen::Finished),
    ];
    let seen: Vec<Observation> = steps
        .into_iter()
        .map(|(src, dst, what)| Observation { at: Time::SIMULATION_START, packet: 0, src, dst, what })
        .collect();
    let file = saved(&written(&seen, Format::PcapNg));
    let protocols = ["--enable-heuristic", "msrp_tcp", "-Y", "sip || msrp", "-T", "fields", "-e", "frame.protocols"];
    let Some(lines) = tshark(file.path(), &protocols) else { return };
    assert_eq!(lines, ["eth:ethertype:ip:udp:sip", "eth:ethertype:ip:tcp:msrp:data-text-lines"]);
}

#[test]
fn reference_captures_written_again_stay_clean() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/reference");
    for name in
        ["sipsimple-file-transfer-via-kamailio.pcapng", "opensips-msrp-ua-chat.pcapng", "msrplib-300k-chunked.pcapng"]
    {
        let mut reader = CaptureReader::open(folder.join(name)).unwrap();
        let mut seen = Vec::new();
        while reader.next(&mut seen).unwrap() {}
        let file = saved(&written(&seen, Format::PcapNg));
        let Some(lines) = tshark(file.path(), &["-Y", "_ws.malformed || tcp.analysis.flags"]) else { return };
        assert_eq!(lines, [""; 0], "{name}");
    }
}

fn saved(file: &[u8]) -> tempfile::NamedTempFile {
    let saved = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(saved.path(), file).unwrap();
    saved
}

/// What tshark prints about a file; `None` when it is not installed.
fn tshark(path: &Path, arguments: &[&str]) -> Option<Vec<String>> {
    let check = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"];
    match Command::new("tshark").args(check).arg("-r").arg(path).args(arguments).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("tshark is not installed: not tested");
            None
        }
        Err(error) => panic!("tshark: {error}"),
    }
}
