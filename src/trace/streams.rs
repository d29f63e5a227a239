//! From observations to units: datagrams and streams taken for SIP or MSRP by what they hold.
//!
//! SIP is found on any port by its start line; MSRP by its first octets, and, where the observer came in
//! the middle, at the next chunk that begins a line. Nothing is judged here.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use hashbrown::{HashMap, HashSet};

use super::observation::{Observation, Seen};
use super::unit::{Change, Transport, Unit, What};
use crate::time::Time;
use crate::wire::{msrp, sip};

/// Streams remembered at once; of more, the one that was silent longest is forgotten.
const MOST_STREAMS: usize = 65_536;
/// A larger certificate is nobody's.
const LARGEST_CERTIFICATE: usize = 1 << 16;
/// Octets looked at before a stream is taken for neither SIP nor MSRP.
const UNDECIDED: usize = 64;
/// Octets kept of the body of one chunk; of a longer one only the length is known.
const KEPT: u64 = 64 << 20;

/// Takes all traffic of a link apart. Memory is bounded by what open messages hold.
#[derive(Default)]
pub struct Streams {
    directions: HashMap<(SocketAddr, SocketAddr), Direction>,
    /// Connections that TLS secures, by both ends, the lower first.
    secured: HashSet<(SocketAddr, SocketAddr)>,
    /// Counts up; the stream with the lowest mark was silent longest.
    clock: u64,
}

/// One direction of a TCP connection.
struct Direction {
    protocol: Protocol,
    /// Where the message under way began.
    begun: Option<(Time, u32)>,
    mark: u64,
}

enum Protocol {
    Unknown(BytesMut),
    Sip(Box<sip::StreamDecoder>),
    Msrp(Box<msrp::Decoder>, Box<msrp::Assembler>),
    /// Neither; what comes is handed on as it is.
    Other,
}

impl Streams {
    /// Takes one observation and hands every unit that it completes to `give`.
    pub fn take(&mut self, seen: Observation, mut give: impl FnMut(Unit)) {
        let Observation { at, packet, src, dst, what } = seen;
        let unit = |what| Unit { at, begun: at, packet, src, dst, what };
        match what {
            Seen::Datagram(bytes) => give(unit(datagram(bytes))),
            Seen::Data(bytes) | Seen::Inner(bytes) => self.data(at, packet, src, dst, bytes, &mut give),
            Seen::Sealed(_) => {
                if self.secured.len() >= MOST_STREAMS {
                    self.secured.clear();
                }
                if self.secured.insert((src.min(dst), src.max(dst))) {
                    give(unit(What::Connection(Change::Secured)));
                }
            }
            Seen::Certificates(chain) => {
                // A slice would hold on to the whole handshake.
                if let Some(own) = chain.first().filter(|own| own.len() <= LARGEST_CERTIFICATE) {
                    give(unit(What::Certificate(Bytes::copy_from_slice(own))));
                }
            }
            Seen::Secret(_) => {}
            Seen::Connecting => {
                self.secured.remove(&(src.min(dst), src.max(dst)));
                self.directions.remove(&(src, dst));
                self.directions.remove(&(dst, src));
                give(unit(What::Connection(Change::Connecting)));
            }
            Seen::Opened => give(unit(What::Connection(Change::Opened))),
            Seen::Refused => give(unit(What::Connection(Change::Refused))),
            Seen::Joined => {
                let direction = self.direction(src, dst);
                direction.protocol = Protocol::Msrp(Box::new(msrp::Decoder::out_of_step()), assembler());
            }
            Seen::Gap { .. } => {
                if let Some(direction) = self.directions.get_mut(&(src, dst)) {
                    direction.lose_step();
                }
                give(unit(What::Connection(Change::Gap)));
            }
            Seen::Finished | Seen::Reset => {
                if let Some(mut direction) = self.directions.remove(&(src, dst)) {
                    direction.end(at, packet, src, dst, &mut give);
                }
                let reset = matches!(what, Seen::Reset);
                if reset {
                    self.directions.remove(&(dst, src));
                }
                give(unit(What::Connection(if reset { Change::Reset } else { Change::Finished })));
            }
        }
    }

    fn data(
        &mut self,
        at: Time,
        packet: u32,
        src: SocketAddr,
        dst: SocketAddr,
        bytes: Bytes,
        give: &mut impl FnMut(Unit),
    ) {
        let direction = self.direction(src, dst);
        let mut give = |what, begun: (Time, u32)| {
            give(Unit { at, begun: begun.0, packet: begun.1, src, dst, what });
        };
        direction.feed(bytes, (at, packet), &mut give);
    }

    fn direction(&mut self, src: SocketAddr, dst: SocketAddr) -> &mut Direction {
        self.clock += 1;
        if self.directions.len() >= MOST_STREAMS && !self.directions.contains_key(&(src, dst)) {
            let oldest = self.directions.iter().min_by_key(|(_, d)| d.mark).map(|(key, _)| *key);
            if let Some(key) = oldest {
                self.directions.remove(&key);
            }
        }
        let direction = self.directions.entry((src, dst)).or_insert_with(Direction::new);
        direction.mark = self.clock;
        direction
    }
}

impl Direction {
    fn new() -> Direction {
        Direction { protocol: Protocol::Unknown(BytesMut::new()), begun: None, mark: 0 }
    }

    fn feed(&mut self, bytes: Bytes, here: (Time, u32), give: &mut impl FnMut(What, (Time, u32))) {
        if bytes.is_empty() {
            return;
        }
        let begun = *self.begun.get_or_insert(here);
        match &mut self.protocol {
            Protocol::Unknown(held) => {
                held.extend_from_slice(&bytes);
                let Some(protocol) = recognise(held) else { return };
                let held = std::mem::take(held).freeze();
                self.protocol = protocol;
                // The octets held may have come in several segments; the message began with the first.
                self.begun = Some(begun);
                self.feed_known(held, here, give);
            }
            _ => self.feed_known(bytes, here, give),
        }
    }

    fn feed_known(&mut self, bytes: Bytes, here: (Time, u32), give: &mut impl FnMut(What, (Time, u32))) {
        let mut begun = self.begun.take().unwrap_or(here);
        let under_way = match &mut self.protocol {
            Protocol::Sip(decoder) => {
                decoder.push(bytes);
                while let Some(framed) = decoder.poll() {
                    match framed {
                        sip::Framed::Message(message) => {
                            give(What::Sip { message: Arc::new(message), transport: Transport::Tcp }, begun);
                        }
                        sip::Framed::KeepAlive => {}
                        sip::Framed::Broken { bytes, .. } => give(What::Other(bytes), begun),
                    }
                    begun = here;
                }
                !decoder.rest().is_empty()
            }
            Protocol::Msrp(decoder, assembler) => {
                decoder.push(bytes);
                while let Some(event) = decoder.poll() {
                    if let Some(message) = assembler.add(event) {
                        give(What::Msrp(Arc::new(message)), begun);
                        begun = here;
                    }
                }
                decoder.inside_chunk()
            }
            Protocol::Other => {
                give(What::Other(bytes), begun);
                false
            }
            // `feed` decides before it comes here.
            Protocol::Unknown(_) => false,
        };
        self.begun = under_way.then_some(begun);
    }

    /// Octets are missing: look for the next message that begins a line.
    fn lose_step(&mut self) {
        self.begun = None;
        self.protocol = match &self.protocol {
            Protocol::Msrp(..) => Protocol::Msrp(Box::new(msrp::Decoder::out_of_step()), assembler()),
            // A SIP stream has no mark to find the next message by; its next segment must begin one.
            _ => Protocol::Unknown(BytesMut::new()),
        };
    }

    /// The stream ended: what was not decided or not complete is handed on as it is.
    fn end(&mut self, at: Time, packet: u32, src: SocketAddr, dst: SocketAddr, give: &mut impl FnMut(Unit)) {
        let rest = match &mut self.protocol {
            Protocol::Unknown(held) => std::mem::take(held).freeze(),
            Protocol::Sip(decoder) => Bytes::copy_from_slice(decoder.rest()),
            _ => Bytes::new(),
        };
        if !rest.is_empty() {
            let (begun, packet) = self.begun.unwrap_or((at, packet));
            give(Unit { at, begun, packet, src, dst, what: What::Other(rest) });
        }
    }
}

fn assembler() -> Box<msrp::Assembler> {
    Box::new(msrp::Assembler::new(KEPT))
}

fn datagram(bytes: Bytes) -> What {
    // A keep-alive of CRLFs, or what STUN and others send, is no SIP message.
    if !looks_like_sip(&bytes) {
        return What::Other(bytes);
    }
    What::Sip { message: Arc::new(sip::Message::parse(bytes)), transport: Transport::Udp }
}

/// A Request-Line or Status-Line begins here: a token, a blank, and `SIP/` in the first line.
fn looks_like_sip(bytes: &[u8]) -> bool {
    let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    let bytes = &bytes[start..];
    if bytes.len() < 12 {
        return false;
    }
    if bytes[..4].eq_ignore_ascii_case(b"SIP/") {
        return true;
    }
    let line_end = memchr::memchr2(b'\r', b'\n', bytes).unwrap_or(bytes.len());
    let line = &bytes[..line_end];
    line[0].is_ascii_graphic()
        && memchr::memchr(b' ', line).is_some()
        && line.windows(4).rposition(|word| word == b"SIP/").is_some_and(|i| i > 0)
}

/// What a stream that begins with `held` speaks, as soon as that can be told.
fn recognise(held: &[u8]) -> Option<Protocol> {
    match msrp::looks_like_msrp(held) {
        Some(true) => Some(Protocol::Msrp(Box::new(msrp::Decoder::new()), assembler())),
        None => None,
        Some(false) => {
            let start = held.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(held.len());
            let text = &held[start..];
            let token = text.iter().take_while(|b| b.is_ascii_alphanumeric() || b"-.!%*_+`'~/".contains(b)).count();
            match text.get(token) {
                Some(b' ') if token > 0 => {
                    let http = memchr::memmem::find(&text[..text.len().min(1024)], b"HTTP/").is_some();
                    Some(if http { Protocol::Other } else { Protocol::Sip(Box::default()) })
                }
                Some(_) => Some(Protocol::Other),
                None if text.len() > UNDECIDED => Some(Protocol::Other),
                None => None,
            }
        }
    }
}
