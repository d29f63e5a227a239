//! Reads a capture file as observations. Knows no protocol above UDP and TCP.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::error::{CaptureError, Problem};
use super::fragments::Fragments;
use super::ip::{self, Packet, be16};
use super::link::Link;
use super::record::Records;
use super::tcp::{Connections, Repeats, Segment, Sink};
use super::tls::Unsealer;
use crate::time::Time;
use crate::trace::{Observation, Seen};

/// The ending of the file beside a capture that has the secrets of its connections, and how much of it is read.
pub const KEYS: &str = "keys";
const LARGEST_KEYS: u64 = 64 << 20;

/// Streams the observations of a capture file. Memory grows with open TCP connections, not with the file.
///
/// Octets that came early are handed out when the hole before them is filled or given up: then `at` is the time of the
/// packet that released them, and `packet` the one that carried them. So `at` follows the file's order, `packet` nearly.
pub struct CaptureReader {
    records: Records,
    path: Option<PathBuf>,
    decoder: Decoder,
    unsealer: Unsealer,
    /// How the file ended, once it did.
    end: Option<Result<(), CaptureError>>,
}

/// What a file held besides observations.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Statistics {
    /// Packets in the file.
    pub packets: u32,
    /// Packets that are neither UDP nor TCP over IP.
    pub foreign: u64,
    /// Packets whose IP, UDP or TCP header is broken.
    pub malformed: u64,
    /// UDP datagrams left out because the capture has only their beginning.
    pub shortened: u64,
    /// Fragmented IP packets given up because parts never came.
    pub incomplete: u64,
    /// TCP retransmissions and overlaps.
    pub repeats: Repeats,
    /// Connections that TLS secures, and those of them of which not everything could be read, for want of secrets mostly.
    pub sealed: u64,
    pub unread: u64,
}

impl CaptureReader {
    /// Opens the file `path`: pcap or pcapng, or either packed with gzip.
    ///
    /// # Errors
    /// The file cannot be opened, is no capture, or has a link-layer type that is not supported.
    pub fn open(path: impl AsRef<Path>) -> Result<CaptureReader, CaptureError> {
        let path = path.as_ref();
        let reader = File::open(path)
            .map_err(|error| CaptureError::new(0, Problem::Io(error)))
            .and_then(CaptureReader::from_reader)
            .map_err(|error| error.in_file(path))?;
        let mut reader = CaptureReader { path: Some(path.to_owned()), ..reader };
        // Where a capture of ours has no place for secrets, they lie beside it.
        if let Ok(file) = File::open(path.with_extension(KEYS)) {
            let mut text = String::new();
            let read = file.take(LARGEST_KEYS).read_to_string(&mut text);
            read.map_err(|error| CaptureError::new(0, Problem::Io(error)).in_file(&path.with_extension(KEYS)))?;
            reader.learn(&text);
        }
        Ok(reader)
    }

    /// Reads a capture from anywhere.
    ///
    /// # Errors
    /// As [`CaptureReader::open`].
    pub fn from_reader(reader: impl Read + Send + 'static) -> Result<CaptureReader, CaptureError> {
        let records = Records::new(reader)?;
        if let Some(linktype) = records.linktype().filter(|linktype| Link::of(*linktype).is_none()) {
            return Err(CaptureError::new(0, Problem::UnsupportedLink(linktype & 0xffff)));
        }
        Ok(CaptureReader { records, path: None, decoder: Decoder::default(), unsealer: Unsealer::default(), end: None })
    }

    /// Takes secrets of connections, lines as SSLKEYLOGFILE has them. What they open is handed out behind what is sealed.
    pub fn learn(&mut self, secrets: &str) {
        self.unsealer.secrets.learn(secrets);
    }

    /// Reads on until there is something to append to `out`; `false` at the end of the file.
    ///
    /// # Errors
    /// The file cannot be read any further; everything before was handed out. Said once, then the file is at its end.
    pub fn next(&mut self, out: &mut Vec<Observation>) -> Result<bool, CaptureError> {
        let before = out.len();
        while self.end.is_none() {
            match self.records.next() {
                Ok(Some(record)) => self.decoder.take(record.at, record.linktype, record.frame, out),
                Ok(None) => {
                    self.decoder.finish(out);
                    self.end = Some(self.decoder.verdict());
                }
                Err(error) => {
                    self.decoder.finish(out);
                    self.end = Some(Err(error));
                }
            }
            if let Some(secrets) = self.records.take_secrets() {
                self.unsealer.secrets.learn(&secrets);
            }
            self.unsealer.pass(out, before);
            if self.end.is_some() {
                self.unsealer.finish();
            }
            if out.len() > before {
                return Ok(true);
            }
        }
        match self.end.replace(Ok(())) {
            Some(Err(error)) => Err(match &self.path {
                Some(path) => error.in_file(path),
                None => error,
            }),
            _ => Ok(false),
        }
    }

    /// What was met so far.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            incomplete: self.decoder.fragments.dropped,
            repeats: self.decoder.connections.repeats,
            sealed: self.unsealer.sealed,
            unread: self.unsealer.unread,
            ..self.decoder.statistics
        }
    }
}

/// From frames to observations.
#[derive(Default)]
struct Decoder {
    statistics: Statistics,
    fragments: Fragments,
    connections: Connections,
    last: Time,
    /// A link type of this file that is not supported.
    unsupported: Option<u32>,
    /// Some frame had a link type that is supported.
    supported: bool,
}

impl Decoder {
    fn take(&mut self, at: Time, linktype: u32, frame: &[u8], out: &mut Vec<Observation>) {
        self.statistics.packets = self.statistics.packets.saturating_add(1);
        self.last = at;
        let mut sink = Sink { at, packet: self.statistics.packets, out };
        let Some(link) = Link::of(linktype) else {
            self.unsupported = Some(linktype & 0xffff);
            self.statistics.foreign += 1;
            return;
        };
        self.supported = true;
        let Some(bytes) = link.packet(frame) else {
            self.statistics.foreign += 1;
            return;
        };
        let Some(packet) = Packet::parse(bytes) else {
            self.statistics.malformed += 1;
            return;
        };
        let Some(fragment) = packet.fragment else {
            return self.transport(&packet, &mut sink);
        };
        if let Some(whole) = self.fragments.add(&packet, fragment, at, sink.packet) {
            sink.packet = whole.packet;
            let packet =
                Packet { protocol: whole.protocol, payload: &whole.payload, missing: 0, fragment: None, ..packet };
            self.transport(&packet, &mut sink);
        }
    }

    fn transport(&mut self, packet: &Packet<'_>, sink: &mut Sink<'_>) {
        let understood = match packet.protocol {
            ip::UDP => self.udp(packet, sink),
            ip::TCP => self.tcp(packet, sink),
            _ => {
                self.statistics.foreign += 1;
                return;
            }
        };
        if understood.is_none() {
            self.statistics.malformed += 1;
        }
    }

    /// RFC 768; the length may be zero after segmentation offload.
    fn udp(&mut self, packet: &Packet<'_>, sink: &mut Sink<'_>) -> Option<()> {
        let bytes = packet.payload;
        let (src, dst, length) = (be16(bytes, 0)?, be16(bytes, 2)?, usize::from(be16(bytes, 4)?));
        let length = if length == 0 { bytes.len() + packet.missing } else { length };
        let promised = length.checked_sub(8)?;
        let rest = bytes.get(8..)?;
        match rest.get(..promised) {
            Some(payload) => sink.out.push(Observation {
                at: sink.at,
                packet: sink.packet,
                src: SocketAddr::new(packet.src, src),
                dst: SocketAddr::new(packet.dst, dst),
                what: Seen::Datagram(Bytes::copy_from_slice(payload)),
            }),
            None if packet.missing > 0 => self.statistics.shortened += 1,
            None => return None,
        }
        Some(())
    }

    fn tcp(&mut self, packet: &Packet<'_>, sink: &mut Sink<'_>) -> Option<()> {
        let (src, dst, segment) = Segment::parse(packet.payload, packet.missing)?;
        let (src, dst) = (SocketAddr::new(packet.src, src), SocketAddr::new(packet.dst, dst));
        self.connections.take(src, dst, &segment, sink);
        Some(())
    }

    /// Hands out what waits for more packets.
    fn finish(&mut self, out: &mut Vec<Observation>) {
        self.fragments.finish();
        self.connections.finish(&mut Sink { at: self.last, packet: self.statistics.packets, out });
    }

    /// Whether the file, read to its end, could be understood at all.
    fn verdict(&self) -> Result<(), CaptureError> {
        match self.unsupported {
            Some(linktype) if !self.supported => Err(CaptureError::new(0, Problem::UnsupportedLink(linktype))),
            _ => Ok(()),
        }
    }
}
