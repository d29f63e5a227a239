//! Writes observations as a capture file that opens in Wireshark. The same input gives the same octets: no clock, nothing
//! of this host.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pcap_file::pcap::{PcapHeader, PcapTsResolution, PcapWriteError, PcapWriter, RawPcapPacket};
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use pcap_file::pcapng::blocks::name_resolution::{Ipv4Record, Ipv6Record, NameResolutionBlock, Record};
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::blocks::unknown::UnknownBlock;
use pcap_file::pcapng::{PcapNgWriteError, PcapNgWriter};
use pcap_file::{DataLink, Endianness};

use super::error::{CaptureError, Problem};
use super::frames::{Frames, Impossible};
use crate::time::Time;
use crate::trace::Observation;

/// The form of a capture file.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Format {
    /// With names and comments.
    #[default]
    PcapNg,
    /// The classic form, nanosecond variant; without names and comments.
    Pcap,
}

/// A capture file that grows by observations.
pub struct CaptureWriter<W: Write> {
    file: Out<W>,
    frames: Frames,
    path: Option<PathBuf>,
    written: u64,
}

enum Out<W: Write> {
    PcapNg(PcapNgWriter<W>),
    Pcap(PcapWriter<W>),
}

impl CaptureWriter<BufWriter<File>> {
    /// Creates (or empties) the file `path`; `names` are what Wireshark shows for addresses.
    ///
    /// # Errors
    /// The operating system's, with the path.
    pub fn create(
        path: impl AsRef<Path>,
        format: Format,
        names: &[(IpAddr, String)],
    ) -> Result<CaptureWriter<BufWriter<File>>, CaptureError> {
        let path = path.as_ref();
        let writer = File::create(path)
            .map_err(|error| CaptureError::new(0, Problem::Io(error)))
            .and_then(|file| CaptureWriter::new(BufWriter::with_capacity(BUFFER, file), format, names))
            .map_err(|error| error.in_file(path))?;
        Ok(CaptureWriter { path: Some(path.to_owned()), ..writer })
    }
}

const BUFFER: usize = 64 << 10;

impl<W: Write> CaptureWriter<W> {
    /// Writes to `out`, which should be buffered.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(out: W, format: Format, names: &[(IpAddr, String)]) -> Result<CaptureWriter<W>, CaptureError> {
        let file = match format {
            Format::PcapNg => pcapng(out, names).map(Out::PcapNg),
            Format::Pcap => pcap(out).map(Out::Pcap),
        };
        match file {
            Ok(file) => Ok(CaptureWriter { file, frames: Frames::default(), path: None, written: 0 }),
            Err(error) => Err(CaptureError::new(0, Problem::Io(error))),
        }
    }

    /// Writes the secrets of connections, lines as SSLKEYLOGFILE has them, so that Wireshark and imspec read what is sealed
    /// in the packets behind. The classic form has no place for them.
    ///
    /// # Errors
    /// Those of the writer below.
    pub fn secrets<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> Result<(), CaptureError> {
        let Out::PcapNg(writer) = &mut self.file else { return Ok(()) };
        let text: String = lines.into_iter().flat_map(|line| [line, "\n"]).collect();
        if text.is_empty() {
            return Ok(());
        }
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let mut body = [TLS_KEY_LOG.to_le_bytes(), length.to_le_bytes()].concat();
        body.extend_from_slice(text.as_bytes());
        body.resize(body.len().next_multiple_of(4), 0);
        let block = UnknownBlock::new(DECRYPTION_SECRETS, 0, &body);
        match writer.write_pcapng_block(block) {
            Ok(octets) => self.written += octets as u64,
            Err(error) => return Err(self.error(Problem::Io(ng_into_io(error)))),
        }
        Ok(())
    }

    /// Writes the packets of `observation` ([`Seen::packets`] tells how many); `comment` goes to the first.
    ///
    /// # Errors
    /// The disk is full, say; or no packet can carry the observation (then nothing was written).
    ///
    /// [`Seen::packets`]: crate::trace::Seen::packets
    pub fn write(&mut self, observation: &Observation, comment: Option<&str>) -> Result<(), CaptureError> {
        let frames = match self.frames.of(observation) {
            Ok(frames) => frames,
            Err(Impossible::MixedFamilies) => return Err(self.error(Problem::Unwritable(MIXED))),
            Err(Impossible::TooLong) => return Err(self.error(Problem::Unwritable(TOO_LONG))),
        };
        let mut comment = comment;
        for frame in frames {
            match self.file.packet(observation.at, &frame, comment.take()) {
                Ok(octets) => self.written += octets as u64,
                Err(error) => return Err(self.error(Problem::Io(error))),
            }
        }
        Ok(())
    }

    /// Writes what is still buffered, and gives back where everything went.
    ///
    /// # Errors
    /// Those of the writer below.
    pub fn finish(mut self) -> Result<W, CaptureError> {
        let flushed = match &mut self.file {
            Out::PcapNg(writer) => writer.get_mut().flush(),
            Out::Pcap(writer) => writer.flush().map_err(into_io),
        };
        if let Err(error) = flushed {
            return Err(self.error(Problem::Io(error)));
        }
        Ok(match self.file {
            Out::PcapNg(writer) => writer.into_inner(),
            Out::Pcap(writer) => writer.into_inner(),
        })
    }

    fn error(&self, problem: Problem) -> CaptureError {
        let error = CaptureError::new(self.written, problem);
        match &self.path {
            Some(path) => error.in_file(path),
            None => error,
        }
    }
}

/// The block that has secrets, and the kind of secrets that TLS has (draft-ietf-opsawg-pcapng, Decryption Secrets Block).
pub(super) const DECRYPTION_SECRETS: u32 = 10;
pub(super) const TLS_KEY_LOG: u32 = 0x544c_534b;
const MIXED: &str = "one address is IPv4 and the other IPv6";
const TOO_LONG: &str = "a datagram is longer than IP can carry";
const NOTE: &str = "Written by imspec: frames made from what its actors exchanged, not sniffed from a network.";
/// The largest frame there can be, as Wireshark sees it.
const SNAPLEN: u32 = 262_144;

impl<W: Write> Out<W> {
    fn packet(&mut self, at: Time, frame: &[u8], comment: Option<&str>) -> io::Result<usize> {
        let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
        match self {
            Out::PcapNg(writer) => {
                let comment = comment.map(|text| CommonOption::Comment(Cow::Borrowed(clip(text))));
                writer
                    .write_pcapng_block(EnhancedPacketBlock {
                        interface_id: 0,
                        timestamp: Duration::from_nanos(at.0),
                        original_len: length,
                        data: Cow::Borrowed(frame),
                        options: comment.map(EnhancedPacketOption::Common).into_iter().collect(),
                    })
                    .map_err(ng_into_io)
            }
            Out::Pcap(writer) => writer
                .write_raw_packet(&RawPcapPacket {
                    // The format ends in 2106.
                    ts_sec: u32::try_from(at.0 / 1_000_000_000).unwrap_or(u32::MAX),
                    ts_frac: (at.0 % 1_000_000_000) as u32,
                    incl_len: length,
                    orig_len: length,
                    data: Cow::Borrowed(frame),
                })
                .map_err(into_io),
        }
    }
}

fn pcap<W: Write>(out: W) -> io::Result<PcapWriter<W>> {
    let header = PcapHeader {
        snaplen: SNAPLEN,
        datalink: DataLink::ETHERNET,
        ts_resolution: PcapTsResolution::NanoSecond,
        endianness: Endianness::Little,
        ..PcapHeader::default()
    };
    PcapWriter::with_header(out, header).map_err(into_io)
}

fn pcapng<W: Write>(out: W, names: &[(IpAddr, String)]) -> io::Result<PcapNgWriter<W>> {
    let section = SectionHeaderBlock {
        endianness: Endianness::Little,
        options: vec![
            SectionHeaderOption::Common(CommonOption::Comment(Cow::Borrowed(NOTE))),
            SectionHeaderOption::UserApplication(Cow::Borrowed("imspec")),
        ],
        ..SectionHeaderBlock::default()
    };
    let interface = InterfaceDescriptionBlock {
        linktype: DataLink::ETHERNET,
        snaplen: SNAPLEN,
        options: vec![
            InterfaceDescriptionOption::IfName(Cow::Borrowed("imspec")),
            InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO),
        ],
    };
    let mut writer = PcapNgWriter::with_section_header(out, section).map_err(ng_into_io)?;
    writer.write_pcapng_block(interface).map_err(ng_into_io)?;
    let records: Vec<Record<'_>> = names.iter().filter_map(|(address, name)| record(*address, name)).collect();
    if !records.is_empty() {
        writer.write_pcapng_block(NameResolutionBlock { records, options: vec![] }).map_err(ng_into_io)?;
    }
    Ok(writer)
}

/// A name without the NUL that would end it; an empty one names nobody.
fn record(address: IpAddr, name: &str) -> Option<Record<'_>> {
    let name = clip(name.split('\0').next().filter(|name| !name.is_empty())?);
    let names = vec![Cow::Borrowed(name)];
    Some(match address {
        IpAddr::V4(ip_addr) => Record::Ipv4(Ipv4Record { ip_addr, names }),
        IpAddr::V6(ip_addr) => Record::Ipv6(Ipv6Record { ip_addr, names }),
    })
}

/// As much of `text` as a length of 16 bits allows.
fn clip(text: &str) -> &str {
    &text[..text.floor_char_boundary(65_000)]
}

fn into_io(error: PcapWriteError) -> io::Error {
    match error {
        PcapWriteError::Io(error) | PcapWriteError::FieldWriteFailed(_, error) => error,
        error => io::Error::other(error),
    }
}

fn ng_into_io(error: PcapNgWriteError) -> io::Error {
    match error {
        PcapNgWriteError::Io(error) => error,
        error => io::Error::other(error),
    }
}
