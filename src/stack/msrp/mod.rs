//! MSRP sessions of one host (RFC 4975): connections, chunking, responses, reports, timers. No sockets, no clock.
//!
//! An [`Endpoint`] owns the listening address and all sessions. What a message means, and when a session
//! is opened or closed, is its user's; it knows no SIP and no SDP.

mod connection;
mod endpoint;
mod expected;
mod incoming;
mod outgoing;
mod reassembly;
mod receive;
mod relayed;
mod relays;
mod running;
mod session;
mod switched;
#[cfg(test)]
mod tests;
mod turns;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

pub use endpoint::Endpoint;
pub use incoming::{comment, response_to, wants_response};
pub use outgoing::fresh_line;
pub use reassembly::Reassembly;
pub use relays::Relays;

use crate::stack::{Fingerprint, IdSource, Layer};
use crate::wire::msrp::Message;

/// A session of an endpoint. Numbers are not used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionId(pub u64);

/// What a host's MSRP needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where peers connect to, and from whose address this host connects.
    pub listen: SocketAddr,
    /// What lies between MSRP and TCP.
    pub layer: Layer,
    /// Octets of content in a chunk, where a message does not say otherwise. More than 2048 makes chunks interruptible, with
    /// `*` as range-end (RFC 4975 §7.1.1): they are written piece by piece, as the connection takes them.
    pub chunk: usize,
    /// Octets of an interruptible chunk that the connection gets at once; 2048 at least.
    pub piece: usize,
    /// Chunks of a message that may wait for their response, so that a refusal can still stop the rest.
    pub window: usize,
    /// How long a response may take after the last octet of a chunk (RFC 4975 §7.1.1).
    pub response_timeout: Duration,
    /// The largest message that is taken, in octets.
    pub max_message: u64,
    /// A message that came whole waits for its user, who says with [`Endpoint::confirm`] what its last chunk is answered.
    pub confirms: bool,
    /// Number of the first connection opened here; another protocol of the same node counts from elsewhere.
    pub first_conn: u64,
    /// The relays that act on behalf of this host (RFC 4976).
    pub relays: Option<Relays>,
    pub ids: IdSource,
}

impl Config {
    /// A host at `listen` with the defaults of RFC 4975.
    pub fn new(listen: SocketAddr, ids: IdSource) -> Config {
        Config {
            listen,
            layer: Layer::Plain,
            chunk: 2048,
            piece: 32 << 10,
            window: 4,
            response_timeout: Duration::from_secs(30),
            max_message: 64 << 20,
            confirms: false,
            first_conn: 1 << 32,
            relays: None,
            ids,
        }
    }
}

/// A session to be opened. Who connects, and where to, was negotiated.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// The MSRP URI of this side.
    pub local_path: String,
    /// The URIs towards the peer, nearest first; the last one is the peer.
    pub remote_path: Vec<String>,
    /// The address to connect to, or that of the connection that is there for it already; none where the peer connects.
    pub connect: Option<SocketAddr>,
    /// This side brings the session up, and so speaks first (RFC 4975 §5.4).
    pub speaks_first: bool,
    /// The fingerprints that the certificate of who is at the other end of the connection may have; empty where that is not
    /// secured (RFC 4975 §14.4).
    pub fingerprints: Vec<Fingerprint>,
    /// Media types that may come at top level: `*`, `type/*` or exact.
    pub accept_types: Vec<String>,
    /// Whether the peer may send content.
    pub may_receive: bool,
    /// Requests are handed over one by one, as they came, and answered by the user: a switch (RFC 7701 §6).
    pub switched: bool,
}

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub message_id: String,
    /// MIME headers that go into the first chunk, before Content-Type.
    pub headers: Vec<(String, String)>,
    pub content_type: String,
    pub body: Bytes,
    pub success_report: bool,
    pub failure_report: FailureReport,
    /// Octets of content in a chunk, where it is not [`Config::chunk`].
    pub chunk: Option<usize>,
}

/// The value of Failure-Report (RFC 4975 §7.1.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureReport {
    Yes,
    No,
    Partial,
}

impl FailureReport {
    pub fn parse(word: &str) -> Option<FailureReport> {
        [FailureReport::Yes, FailureReport::No, FailureReport::Partial]
            .into_iter()
            .find(|value| value.word().eq_ignore_ascii_case(word))
    }

    pub fn word(self) -> &'static str {
        match self {
            FailureReport::Yes => "yes",
            FailureReport::No => "no",
            FailureReport::Partial => "partial",
        }
    }
}

/// A message that came, whole.
#[derive(Clone, Debug)]
pub struct Received {
    pub message_id: String,
    /// All headers of its first chunk but paths, Message-ID and reports.
    pub headers: Vec<(String, String)>,
    pub content_type: String,
    /// The content, in order.
    pub body: Vec<Bytes>,
}

/// Why a message did not get through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// A response or REPORT of this status.
    Refused(u16),
    /// No response in time.
    Timeout,
    /// The connection failed, or never came about.
    ConnectionLost,
    /// This side broke it off, or closed the session.
    Aborted,
}

impl Failure {
    /// What an error status means to a sender (RFC 4975 §10.4: 408 is the same as no response in time).
    fn of(status: u16) -> Failure {
        if status == 408 { Failure::Timeout } else { Failure::Refused(status) }
    }
}

/// What the user of an endpoint learns.
#[derive(Clone, Debug)]
pub enum Event {
    /// The session has its connection.
    Connected {
        session: SessionId,
    },
    /// A chunk with content went out.
    ChunkSent {
        session: SessionId,
        message_id: String,
    },
    /// A chunk with content came in and was taken.
    ChunkReceived {
        session: SessionId,
        message_id: String,
    },
    /// Every octet has its 200, or, where no responses were asked for, has left.
    Acknowledged {
        session: SessionId,
        message_id: String,
    },
    /// Success REPORTs cover every octet.
    Delivered {
        session: SessionId,
        message_id: String,
    },
    Failed {
        session: SessionId,
        message_id: String,
        why: Failure,
    },
    Received {
        session: SessionId,
        message: Received,
    },
    /// A SEND with content that may come, or a request of another method, in a switched session. It waits for
    /// [`Endpoint::respond`] or [`Endpoint::relay`]; only a REPORT about what this side did not begin wants no answer.
    Request {
        session: SessionId,
        request: Box<Message>,
    },
    /// The peer broke a message off, what came of it is too large to go on, or the 413 that stops it
    /// ([`Endpoint::stop`]) has left.
    Broken {
        session: SessionId,
        message_id: String,
    },
    /// The relays gave a path: the URIs towards the relay farthest out, the nearest first (Use-Path, RFC 4976 §5.1).
    Authorised {
        local_path: String,
        use_path: Vec<String>,
        /// For how long it holds.
        valid: Duration,
    },
    /// A relay gave no path to this own URI.
    Unauthorised {
        local_path: String,
        why: Failure,
    },
    /// The paths that the relays gave hold no more.
    PathsLost,
    /// The connection is gone, or never came about. The session stays until it is closed.
    Lost {
        session: SessionId,
        reset: bool,
    },
}
