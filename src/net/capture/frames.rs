//! The frames that would have carried an observation, as Ethernet, IP and UDP or TCP. Knows no file format.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use etherparse::err::packet::BuildVecWriteError;
use etherparse::{IpHeaders, PacketBuilder, PacketBuilderStep, TcpHeader, TcpOptionElement};

use crate::trace::{Observation, Seen};

/// Why an observation has no frames.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Impossible {
    /// One address is IPv4 and the other IPv6.
    MixedFamilies,
    /// A datagram beyond what IP can carry.
    TooLong,
}

/// Makes frames, with the sequence numbers of each TCP connection in mind.
#[derive(Default)]
pub(super) struct Frames {
    /// By the two ends, the lesser one first.
    connections: HashMap<(SocketAddr, SocketAddr), Numbers>,
    opened: u32,
}

/// Where a connection's two ends are (the lesser address first).
#[derive(Clone, Copy)]
struct Numbers {
    /// The sequence number of the octet that the end sends next.
    next: [u32; 2],
    finished: [bool; 2],
}

impl Frames {
    /// The frames of `observation`, as many as [`Seen::packets`] says.
    pub fn of(&mut self, observation: &Observation) -> Result<Vec<Vec<u8>>, Impossible> {
        let (src, dst) = (observation.src, observation.dst);
        Ok(match &observation.what {
            Seen::Datagram(payload) => {
                let builder = ip(src, dst)?.udp(src.port(), dst.port());
                let mut frame = Vec::with_capacity(builder.size(payload.len()));
                builder.write_to_vec(&mut frame, payload)?;
                vec![frame]
            }
            Seen::Connecting => {
                self.begin(src, dst);
                vec![self.segment(src, dst, SYN, &[])?]
            }
            Seen::Opened => vec![self.segment(dst, src, SYN_ACK, &[])?, self.segment(src, dst, ACK, &[])?],
            Seen::Data(octets) | Seen::Sealed(octets) => {
                let mut pieces = octets.chunks(Seen::SEGMENT).peekable();
                let mut frames = Vec::with_capacity(1);
                while let Some(piece) = pieces.next() {
                    let flags = if pieces.peek().is_none() { PSH_ACK } else { ACK };
                    frames.push(self.segment(src, dst, flags, piece)?);
                }
                frames
            }
            Seen::Gap { octets } => {
                // Sequence numbers count modulo 2^32.
                let missed = (*octets & u64::from(u32::MAX)) as u32;
                let (numbers, side) = self.numbers(src, dst);
                numbers.next[side] = numbers.next[side].wrapping_add(missed);
                vec![]
            }
            Seen::Joined | Seen::Inner(_) | Seen::Certificates(_) | Seen::Secret(_) => vec![],
            Seen::Refused => vec![self.segment(src, dst, RST_ACK, &[])?],
            Seen::Finished => vec![self.segment(src, dst, FIN_ACK, &[])?],
            Seen::Reset => vec![self.segment(src, dst, RST_ACK, &[])?],
        })
    }

    /// Numbers for a new connection. Those of the next one on the same addresses differ, so that nobody takes its SYN
    /// for a repetition.
    fn begin(&mut self, src: SocketAddr, dst: SocketAddr) {
        self.opened = self.opened.wrapping_add(1);
        let first = self.opened.wrapping_mul(1_000_000);
        self.connections.insert(ends(src, dst).0, Numbers { next: [first; 2], finished: [false; 2] });
    }

    /// The numbers of the connection, and which of them is `src`'s. One that was never opened begins in mid-stream.
    fn numbers(&mut self, src: SocketAddr, dst: SocketAddr) -> (&mut Numbers, usize) {
        let (key, side) = ends(src, dst);
        if !self.connections.contains_key(&key) {
            self.begin(src, dst);
        }
        let fallback = Numbers { next: [0; 2], finished: [false; 2] };
        (self.connections.entry(key).or_insert(fallback), side)
    }

    fn segment(
        &mut self,
        src: SocketAddr,
        dst: SocketAddr,
        flags: Flags,
        payload: &[u8],
    ) -> Result<Vec<u8>, Impossible> {
        let (numbers, side) = self.numbers(src, dst);
        let mut header = TcpHeader::new(src.port(), dst.port(), numbers.next[side], u16::MAX);
        if flags.ack {
            header.ack = true;
            header.acknowledgment_number = numbers.next[1 - side];
        }
        (header.syn, header.psh, header.fin, header.rst) = (flags.syn, flags.psh, flags.fin, flags.rst);
        if flags.syn {
            // A window of 1 GiB: nobody waits for acknowledgements that no observation tells of.
            let options = [TcpOptionElement::MaximumSegmentSize(u16::MAX), TcpOptionElement::WindowScale(14)];
            header.set_options(&options).map_err(|_| Impossible::TooLong)?;
        }
        let builder = ip(src, dst)?.tcp_header(header);
        let mut frame = Vec::with_capacity(builder.size(payload.len()));
        builder.write_to_vec(&mut frame, payload)?;
        let counted = payload.len() as u32 + u32::from(flags.syn) + u32::from(flags.fin);
        numbers.next[side] = numbers.next[side].wrapping_add(counted);
        numbers.finished[side] |= flags.fin;
        if flags.rst || numbers.finished == [true; 2] {
            self.connections.remove(&ends(src, dst).0);
        }
        Ok(frame)
    }
}

#[derive(Clone, Copy)]
struct Flags {
    syn: bool,
    ack: bool,
    psh: bool,
    fin: bool,
    rst: bool,
}

const ACK: Flags = Flags { syn: false, ack: true, psh: false, fin: false, rst: false };
const SYN: Flags = Flags { syn: true, ack: false, ..ACK };
const SYN_ACK: Flags = Flags { syn: true, ..ACK };
const PSH_ACK: Flags = Flags { psh: true, ..ACK };
const FIN_ACK: Flags = Flags { fin: true, ..ACK };
const RST_ACK: Flags = Flags { rst: true, ..ACK };

impl From<BuildVecWriteError> for Impossible {
    fn from(_: BuildVecWriteError) -> Impossible {
        Impossible::TooLong
    }
}

/// The connection's key, and which place `src` has in it.
fn ends(src: SocketAddr, dst: SocketAddr) -> ((SocketAddr, SocketAddr), usize) {
    if src <= dst { ((src, dst), 0) } else { ((dst, src), 1) }
}

fn ip(src: SocketAddr, dst: SocketAddr) -> Result<PacketBuilderStep<IpHeaders>, Impossible> {
    let link = PacketBuilder::ethernet2(hardware(src.ip()), hardware(dst.ip()));
    match (src.ip(), dst.ip()) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => Ok(link.ipv4(src.octets(), dst.octets(), HOPS)),
        (IpAddr::V6(src), IpAddr::V6(dst)) => Ok(link.ipv6(src.octets(), dst.octets(), HOPS)),
        _ => Err(Impossible::MixedFamilies),
    }
}

const HOPS: u8 = 64;

/// A locally administered MAC address that shows the end of the IP address.
fn hardware(address: IpAddr) -> [u8; 6] {
    let [a, b, c, d] = match address {
        IpAddr::V4(address) => address.octets(),
        IpAddr::V6(address) => {
            let [.., a, b, c, d] = address.octets();
            [a, b, c, d]
        }
    };
    [0x02, 0, a, b, c, d]
}
