//! The records of a pcap or pcapng file: frames with a time and a link type. Knows nothing of what frames hold.

use std::io::Read;
use std::mem::take;
use std::ops::Range;

use pcap_file::Endianness;
use pcap_file::pcap::{PcapHeader, PcapParseError, PcapParser, PcapTsResolution};
use pcap_file::pcapng::blocks::interface_description::InterfaceTsResolution;
use pcap_file::pcapng::{PcapNgParseError, PcapNgParser};

use super::error::{CaptureError, Problem};
use super::source::Source;
use super::writer::{DECRYPTION_SECRETS, TLS_KEY_LOG};
use crate::time::Time;

/// One captured frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Record<'a> {
    pub at: Time,
    /// Its LINKTYPE_ value.
    pub linktype: u32,
    pub frame: &'a [u8],
}

/// The records of one file, in order.
pub(super) struct Records {
    source: Source,
    /// Length of the record handed out last; it leaves the window with the next one.
    used: usize,
    format: Format,
}

/// Octets of secrets that are taken from one file.
const MOST_SECRETS: usize = 64 << 20;

enum Format {
    Pcap(PcapParser),
    PcapNg(PcapNg),
}

struct PcapNg {
    parser: PcapNgParser,
    /// Those of the current section.
    interfaces: Vec<Interface>,
    /// The time of the last packet that had one, for packets that have none.
    last: Time,
    /// Lines of secrets that were met and not taken yet, and octets of all that were.
    secrets: String,
    secret_octets: usize,
}

/// What packets need of their interface's description.
struct Interface {
    linktype: u32,
    snaplen: u32,
    resolution: InterfaceTsResolution,
    /// Seconds to add to every time.
    offset: i64,
}

/// A record in the window; one that is no packet has no time, link type and place of a frame.
struct Found {
    length: usize,
    packet: Option<(Time, u32, Range<usize>)>,
}

/// Why a record cannot be told from the window.
enum Trouble {
    MoreNeeded,
    Damaged(String),
}

impl Records {
    /// Tells the format from the first octets.
    pub fn new(reader: impl Read + Send + 'static) -> Result<Records, CaptureError> {
        let mut source = Source::new(reader).map_err(|error| CaptureError::new(0, Problem::Io(error)))?;
        loop {
            match open(source.window()) {
                Ok((used, format)) => return Ok(Records { source, used, format }),
                Err(Trouble::MoreNeeded) if more(&mut source)? => {}
                Err(Trouble::MoreNeeded) if is_capture(source.window()) => {
                    return Err(CaptureError::new(0, Problem::Cut));
                }
                Err(Trouble::Damaged(what)) if is_capture(source.window()) => {
                    return Err(CaptureError::new(0, Problem::Damaged(what)));
                }
                Err(_) => return Err(CaptureError::new(0, Problem::NotACapture(looks_like(source.window())))),
            }
        }
    }

    /// The link type of the whole file, where the format knows one.
    pub fn linktype(&self) -> Option<u32> {
        match &self.format {
            Format::Pcap(parser) => Some(parser.header().datalink.into()),
            Format::PcapNg(_) => None,
        }
    }

    /// Secrets of connections that came before the frame handed out last, as a key log has them.
    pub fn take_secrets(&mut self) -> Option<String> {
        match &mut self.format {
            Format::PcapNg(file) if !file.secrets.is_empty() => Some(take(&mut file.secrets)),
            _ => None,
        }
    }

    /// The next frame; `None` at the end of the file.
    pub fn next(&mut self) -> Result<Option<Record<'_>>, CaptureError> {
        let (at, linktype, frame) = loop {
            self.source.consume(take(&mut self.used));
            match self.format.find(self.source.window()) {
                Ok(Found { length, packet }) => {
                    self.used = length;
                    if let Some(packet) = packet {
                        break packet;
                    }
                }
                Err(Trouble::MoreNeeded) if more(&mut self.source)? => {}
                Err(Trouble::MoreNeeded) if self.source.window().is_empty() => return Ok(None),
                Err(Trouble::MoreNeeded) => return Err(CaptureError::new(self.source.offset(), Problem::Cut)),
                Err(Trouble::Damaged(what)) => {
                    return Err(CaptureError::new(self.source.offset(), Problem::Damaged(what)));
                }
            }
        };
        let frame = self.source.window().get(frame).unwrap_or_default();
        Ok(Some(Record { at, linktype, frame }))
    }
}

impl Format {
    /// The record that `window` begins with.
    fn find(&mut self, window: &[u8]) -> Result<Found, Trouble> {
        match self {
            Format::Pcap(parser) => {
                let (rest, packet) = parser.next_raw_packet(window)?;
                let header = parser.header();
                let length = window.len() - rest.len();
                let packet = (pcap_time(&header, packet.ts_sec, packet.ts_frac), header.datalink.into(), 16..length);
                Ok(Found { length, packet: Some(packet) })
            }
            Format::PcapNg(file) => file.find(window),
        }
    }
}

impl PcapNg {
    fn find(&mut self, window: &[u8]) -> Result<Found, Trouble> {
        let (rest, block) = self.parser.next_raw_block(window)?;
        let length = window.len() - rest.len();
        match block.type_ {
            SECTION_HEADER => self.interfaces.clear(),
            INTERFACE_DESCRIPTION => {
                self.interfaces.extend(self.parser.interfaces().last().map(|described| Interface {
                    linktype: described.linktype.into(),
                    snaplen: described.snaplen,
                    resolution: described.ts_resolution(),
                    offset: described.ts_offset(),
                }))
            }
            ENHANCED_PACKET | PACKET | SIMPLE_PACKET => {
                let body = Body { octets: &block.body, big: self.parser.section().endianness == Endianness::Big };
                let packet = body
                    .packet(block.type_, &self.interfaces, self.last)
                    .ok_or_else(|| Trouble::Damaged("a packet block contradicts itself".into()))?;
                self.last = packet.0;
                return Ok(Found { length, packet: Some(packet) });
            }
            DECRYPTION_SECRETS => {
                let body = Body { octets: &block.body, big: self.parser.section().endianness == Endianness::Big };
                let text = body.secrets().filter(|text| self.secret_octets + text.len() <= MOST_SECRETS);
                if let Some(text) = text {
                    self.secret_octets += text.len();
                    self.secrets.push_str(&String::from_utf8_lossy(text));
                    self.secrets.push('\n');
                }
            }
            _ => {}
        }
        Ok(Found { length, packet: None })
    }
}

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// The body of a pcapng block.
struct Body<'a> {
    octets: &'a [u8],
    big: bool,
}

impl Body<'_> {
    /// Time, link type and place (behind the block's 8 octets of header) of the frame in a packet block; `None` when
    /// its lengths do not fit or its interface was not described.
    fn packet(&self, kind: u32, interfaces: &[Interface], last: Time) -> Option<(Time, u32, Range<usize>)> {
        let (interface, ticks, start, captured) = match kind {
            SIMPLE_PACKET => {
                let whole = self.u32(0)?;
                let limit = match interfaces.first()?.snaplen {
                    0 => u32::MAX,
                    limit => limit,
                };
                (0, None, 4, whole.min(limit).min(u32::try_from(self.octets.len() - 4).ok()?))
            }
            kind => {
                let interface = if kind == PACKET { self.u16(0)?.into() } else { self.u32(0)? };
                let ticks = u64::from(self.u32(4)?) << 32 | u64::from(self.u32(8)?);
                (interface, Some(ticks), 20, self.u32(12)?)
            }
        };
        let interface = interfaces.get(usize::try_from(interface).ok()?)?;
        let end = usize::try_from(captured).ok()?.checked_add(start).filter(|end| *end <= self.octets.len())?;
        let at = ticks.map_or(last, |ticks| pcapng_time(ticks, interface.resolution, interface.offset));
        Some((at, interface.linktype, start + 8..end + 8))
    }

    /// The secrets of TLS in a block of secrets; nothing where it has those of something else.
    fn secrets(&self) -> Option<&[u8]> {
        let length = usize::try_from(self.u32(4)?).ok()?;
        (self.u32(0)? == TLS_KEY_LOG).then_some(self.octets.get(8..)?.get(..length)?)
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let octets = *self.octets.get(at..)?.first_chunk()?;
        Some(if self.big { u16::from_be_bytes(octets) } else { u16::from_le_bytes(octets) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let octets = *self.octets.get(at..)?.first_chunk()?;
        Some(if self.big { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) })
    }
}

fn pcap_time(header: &PcapHeader, seconds: u32, fraction: u32) -> Time {
    let nanoseconds = match header.ts_resolution {
        PcapTsResolution::MicroSecond => u64::from(fraction) * 1000,
        PcapTsResolution::NanoSecond => fraction.into(),
    };
    Time(u64::from(seconds) * 1_000_000_000 + nanoseconds)
}

/// Saturates at the epoch and in 2554.
fn pcapng_time(ticks: u64, resolution: InterfaceTsResolution, offset: i64) -> Time {
    let exponent = resolution.resolution().into();
    let nanoseconds = if resolution.is_bin() {
        let wide = u128::from(ticks) * 1_000_000_000;
        u64::try_from(wide.checked_shr(exponent).unwrap_or(0)).unwrap_or(u64::MAX)
    } else {
        ticks.saturating_mul(10_u64.saturating_pow(9_u32.saturating_sub(exponent)))
    };
    let shift = offset.unsigned_abs().saturating_mul(1_000_000_000);
    Time(if offset < 0 { nanoseconds.saturating_sub(shift) } else { nanoseconds.saturating_add(shift) })
}

/// Widens the window, if a record may be that large.
fn more(source: &mut Source) -> Result<bool, CaptureError> {
    if source.window().len() > Source::MAX_RECORD {
        return Err(CaptureError::new(source.offset(), Problem::Damaged(TOO_LARGE.into())));
    }
    source.fill().map_err(|error| CaptureError::new(source.offset(), Problem::Io(error)))
}

const TOO_LARGE: &str = "a record claims to have more than 16 MiB";

impl From<PcapParseError> for Trouble {
    fn from(error: PcapParseError) -> Trouble {
        match error {
            PcapParseError::IncompleteBuffer(needed, _) if needed <= Source::MAX_RECORD => Trouble::MoreNeeded,
            PcapParseError::IncompleteBuffer(..) => Trouble::Damaged(TOO_LARGE.into()),
            PcapParseError::Validation(error) => Trouble::Damaged(error.to_string()),
        }
    }
}

impl From<PcapNgParseError> for Trouble {
    fn from(error: PcapNgParseError) -> Trouble {
        match error {
            PcapNgParseError::IncompleteBuffer(needed, _) if needed <= Source::MAX_RECORD => Trouble::MoreNeeded,
            PcapNgParseError::IncompleteBuffer(..) => Trouble::Damaged(TOO_LARGE.into()),
            PcapNgParseError::InvalidFormat(error) => Trouble::Damaged(error.to_string()),
            PcapNgParseError::BlockConversion(error) => Trouble::Damaged(error.to_string()),
            PcapNgParseError::StateUpdate(error) => Trouble::Damaged(error.to_string()),
        }
    }
}

/// The format of the file that begins with `window`, and how long its header is.
fn open(window: &[u8]) -> Result<(usize, Format), Trouble> {
    if window.len() < 4 {
        return Err(Trouble::MoreNeeded);
    }
    if window.starts_with(&PCAPNG) {
        let (rest, parser) = PcapNgParser::new(window)?;
        return Ok((
            window.len() - rest.len(),
            Format::PcapNg(PcapNg {
                parser,
                interfaces: vec![],
                last: Time(0),
                secrets: String::new(),
                secret_octets: 0,
            }),
        ));
    }
    let (rest, parser) = PcapParser::new(window)?;
    Ok((window.len() - rest.len(), Format::Pcap(parser)))
}

const PCAPNG: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// The first octets are those of a format that is read here.
fn is_capture(window: &[u8]) -> bool {
    const PCAP: [[u8; 4]; 4] =
        [[0xa1, 0xb2, 0xc3, 0xd4], [0xa1, 0xb2, 0x3c, 0x4d], [0xd4, 0xc3, 0xb2, 0xa1], [0x4d, 0x3c, 0xb2, 0xa1]];
    window.starts_with(&PCAPNG) || PCAP.iter().any(|magic| window.starts_with(magic))
}

/// Advice for a file that is no capture, by its first octets.
fn looks_like(window: &[u8]) -> &'static str {
    const KNOWN: [(&[u8], &str); 7] = [
        (&[0x28, 0xb5, 0x2f, 0xfd], "it is compressed with zstd: unpack it first"),
        (&[0xfd, b'7', b'z', b'X', b'Z'], "it is compressed with xz: unpack it first"),
        (b"BZh", "it is compressed with bzip2: unpack it first"),
        (b"PK\x03\x04", "it is a zip archive: unpack it first"),
        (b"snoop\0", "it is a snoop file: convert it with `editcap -F pcapng`"),
        (&[0x34, 0xcd, 0xb2, 0xa1], "it is a modified pcap: convert it with `editcap -F pcapng`"),
        (&[0xa1, 0xb2, 0xcd, 0x34], "it is a modified pcap: convert it with `editcap -F pcapng`"),
    ];
    if window.is_empty() {
        return "it is empty";
    }
    KNOWN
        .iter()
        .find(|(magic, _)| window.starts_with(magic))
        .map_or("record one with tcpdump, dumpcap or Wireshark", |(_, hint)| hint)
}
