//! What an observer beside a link sees: datagrams, and TCP streams put in order.
//!
//! The virtual network, the sockets and the capture reader all speak this, so that nothing behind it
//! knows which stage it is in.

use std::net::SocketAddr;

use bytes::Bytes;

use crate::time::Time;

/// One thing seen on a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observation {
    pub at: Time,
    /// Number of the (first) packet in the capture file, from 1, as Wireshark counts.
    pub packet: u32,
    pub src: SocketAddr,
    pub dst: SocketAddr,
    pub what: Seen,
}

/// What was seen. For TCP, `src` and `dst` are those of the packet's sender and receiver, and `Data` of one
/// direction comes in stream order, each octet once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// A whole UDP datagram (IP fragments put together).
    Datagram(Bytes),
    /// `src` asks `dst` for a connection.
    Connecting,
    /// The connection that `src` asked for is up.
    Opened,
    /// `src` refuses the connection that `dst` asked for.
    Refused,
    /// The observer came when the connection was already up: the next octets may begin inside a message.
    Joined,
    /// Octets of the stream from `src` to `dst`.
    Data(Bytes),
    /// Octets of that stream that are sealed: records of TLS, which a capture file has in place of what is in them.
    Sealed(Bytes),
    /// What was in sealed octets that came before, up to and with those of the same packet.
    Inner(Bytes),
    /// What `src` showed in the handshake of TLS: its certificate and those that lead to its authority, in DER.
    Certificates(Vec<Bytes>),
    /// A secret of the connection, a line as SSLKEYLOGFILE has it: with it the sealed octets can be read.
    Secret(String),
    /// Octets of that stream that the observer missed: evidence lost, not an error of either party.
    Gap { octets: u64 },
    /// `src` sends nothing more.
    Finished,
    /// `src` aborted the connection.
    Reset,
}

impl Seen {
    /// The secret that it is.
    pub fn secret(&self) -> Option<&str> {
        match self {
            Seen::Secret(line) => Some(line),
            _ => None,
        }
    }

    /// The most octets of a stream that a capture file of ours puts into one packet.
    pub const SEGMENT: usize = 65_000;

    /// How many packets a capture file of ours has for this: the handshake is SYN, then SYN/ACK and ACK.
    pub fn packets(&self) -> u32 {
        match self {
            Seen::Opened => 2,
            Seen::Data(bytes) | Seen::Sealed(bytes) => {
                u32::try_from(bytes.len().div_ceil(Self::SEGMENT)).unwrap_or(u32::MAX)
            }
            Seen::Joined | Seen::Gap { .. } | Seen::Inner(_) | Seen::Certificates(_) | Seen::Secret(_) => 0,
            _ => 1,
        }
    }
}
