//! TCP connections put together from segments (RFC 9293). Knows packets and streams, not what the streams say.

mod connection;
mod stream;

use std::net::SocketAddr;

use connection::Connection;
use hashbrown::HashMap;

use super::ip::{be16, be32};
use crate::time::Time;
use crate::trace::{Observation, Seen};

/// One TCP segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Segment<'a> {
    pub seq: u32,
    pub ack: Option<u32>,
    pub syn: bool,
    pub fin: bool,
    pub rst: bool,
    pub payload: &'a [u8],
    /// Octets at the end of the payload that the capture does not have.
    pub missing: usize,
}

impl Segment<'_> {
    /// Ports and segment of a TCP packet (RFC 9293 §3.1).
    pub fn parse(bytes: &[u8], missing: usize) -> Option<(u16, u16, Segment<'_>)> {
        let flags = *bytes.get(13)?;
        let header = usize::from(bytes.get(12)? >> 4) * 4;
        if header < 20 {
            return None;
        }
        let segment = Segment {
            seq: be32(bytes, 4)?,
            ack: if flags & 0x10 != 0 { be32(bytes, 8) } else { None },
            syn: flags & 0x02 != 0,
            fin: flags & 0x01 != 0,
            rst: flags & 0x04 != 0,
            payload: bytes.get(header..)?,
            missing,
        };
        Some((be16(bytes, 0)?, be16(bytes, 2)?, segment))
    }
}

/// The packet that is being looked at, and where its observations go.
pub(super) struct Sink<'a> {
    pub at: Time,
    pub packet: u32,
    pub out: &'a mut Vec<Observation>,
}

impl Sink<'_> {
    fn put(&mut self, packet: u32, src: SocketAddr, dst: SocketAddr, what: Seen) {
        self.out.push(Observation { at: self.at, packet, src, dst, what });
    }
}

/// What streams had besides new octets in order.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Repeats {
    /// Octets that were seen again.
    pub octets: u64,
    /// Segments that repeated octets still at hand with another content; the first content was taken.
    pub contradictions: u64,
}

/// All connections of a capture.
#[derive(Default)]
pub(super) struct Connections {
    /// By the two ends, the lesser one first.
    table: HashMap<(SocketAddr, SocketAddr), Connection>,
    created: u64,
    /// Octets held back in all streams.
    held: usize,
    pub repeats: Repeats,
}

impl Connections {
    /// Connections remembered, closed ones included; beyond that the quarter longest idle is forgotten.
    const MOST: usize = 65_536;
    /// Octets held back in all streams together.
    const MOST_HELD: usize = 64 << 20;

    /// Takes one segment.
    pub fn take(&mut self, src: SocketAddr, dst: SocketAddr, segment: &Segment<'_>, sink: &mut Sink<'_>) {
        let key = if src <= dst { (src, dst) } else { (dst, src) };
        let connection = match self.table.get_mut(&key) {
            Some(connection) => connection,
            None => {
                self.make_room(sink);
                self.created += 1;
                self.table.entry(key).or_insert_with(|| Connection::new(key.0, key.1, self.created))
            }
        };
        let before = connection.held();
        connection.take(src, segment, sink, &mut self.repeats);
        if self.held - before + connection.held() > Self::MOST_HELD {
            connection.flush(sink);
        }
        self.held = self.held - before + connection.held();
    }

    /// Hands out what is still held back: no packet will come any more.
    pub fn finish(&mut self, sink: &mut Sink<'_>) {
        let mut rest: Vec<Connection> = self.table.drain().map(|(_, connection)| connection).collect();
        rest.sort_unstable_by_key(Connection::created);
        for mut connection in rest {
            connection.flush(sink);
        }
        self.held = 0;
    }

    fn make_room(&mut self, sink: &mut Sink<'_>) {
        if self.table.len() < Self::MOST {
            return;
        }
        let mut ages: Vec<u32> = self.table.values().map(Connection::last_packet).collect();
        let (_, limit, _) = ages.select_nth_unstable(Self::MOST / 4);
        let limit = *limit;
        let mut old: Vec<Connection> =
            self.table.extract_if(|_, connection| connection.last_packet() < limit).map(|(_, old)| old).collect();
        old.sort_unstable_by_key(Connection::created);
        for mut connection in old {
            self.held -= connection.held();
            connection.flush(sink);
        }
    }
}
