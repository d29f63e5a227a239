//! What a simulated host is to a network: inputs in, outputs out, time an argument.
//!
//! Every stage drives the same [`Node`]: the virtual network and the sockets alike hand it one
//! [`Input`], then drain [`Node::poll`] until it gives nothing more.

use std::net::SocketAddr;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::time::Time;

/// One TCP connection as its node knows it. A node numbers those it opens; the network numbers those it
/// accepts for the node (top bit set), so the two never collide.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Conn(pub u64);

impl Conn {
    /// Set in the number of a connection that the node accepted.
    pub const ACCEPTED: u64 = 1 << 63;
}

/// What lies between a stream of a node and TCP.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Layer {
    #[default]
    Plain,
    /// TLS. Who the peer is follows from who issued its certificate.
    Tls,
    /// TLS with any certificate: the node compares its fingerprint with one that it knows (RFC 8122 §6).
    TlsByFingerprint,
}

/// The octets of one protocol message, in order, without a copy of its payload.
pub type Pieces = SmallVec<[Bytes; 3]>;

/// What happens to a node.
#[derive(Clone, Debug)]
pub enum Input {
    Datagram {
        local: SocketAddr,
        remote: SocketAddr,
        bytes: Bytes,
    },
    /// A peer connected to an address the node listens on. `certificate` is the one that it showed, in DER, where the stream
    /// is secured and it showed one.
    Accepted {
        conn: Conn,
        local: SocketAddr,
        remote: SocketAddr,
        certificate: Option<Bytes>,
    },
    /// A connection the node asked for is up. Of `certificate` the same holds.
    Connected {
        conn: Conn,
        local: SocketAddr,
        remote: SocketAddr,
        certificate: Option<Bytes>,
    },
    /// A connection the node asked for did not come about.
    ConnectFailed {
        conn: Conn,
    },
    Received {
        conn: Conn,
        bytes: Bytes,
    },
    /// The octets given to the network with `Send` for this connection have all left.
    Drained {
        conn: Conn,
    },
    /// The peer closed (or, with `reset`, aborted) the connection. Nothing follows on it.
    Closed {
        conn: Conn,
        reset: bool,
    },
    /// The time that [`Node::next_timeout`] named has come.
    Timer,
}

/// What a node does.
#[derive(Clone, Debug)]
pub enum Output {
    Datagram {
        local: SocketAddr,
        remote: SocketAddr,
        bytes: Bytes,
    },
    /// Accept TCP connections on this address (repeating it changes nothing).
    Listen {
        local: SocketAddr,
        layer: Layer,
    },
    /// Connect from any port of `local`'s address.
    Connect {
        conn: Conn,
        local: SocketAddr,
        remote: SocketAddr,
        layer: Layer,
    },
    /// One whole protocol message (a SIP message, or one MSRP chunk with start, body and end-line), or the next octets of an
    /// MSRP chunk that goes out piece by piece: its head comes first and whole, its end-line last and whole.
    Send {
        conn: Conn,
        pieces: Pieces,
    },
    /// Close after what was sent has left.
    Close {
        conn: Conn,
    },
    /// Abort at once.
    Reset {
        conn: Conn,
    },
    /// Abort at once: the peer is not who it should be by its certificate.
    Distrust {
        conn: Conn,
        why: &'static str,
    },
}

/// A host with a protocol stack.
pub trait Node {
    /// Takes one input. Outputs wait for [`Node::poll`].
    fn handle(&mut self, now: Time, input: Input);
    /// The next output, until there is none.
    fn poll(&mut self) -> Option<Output>;
    /// When the node wants [`Input::Timer`] at the latest.
    fn next_timeout(&self) -> Option<Time>;
}
