//! One TCP connection that carries MSRP: its decoder, and which sessions use it.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;

use bytes::Bytes;

use super::SessionId;
use crate::stack::{Fingerprint, Pieces};
use crate::wire::msrp::{Assembler, Decoder, Head};

/// One connection.
pub(super) struct Connection {
    pub remote: SocketAddr,
    /// What the peer showed, in DER.
    pub certificate: Option<Bytes>,
    pub up: bool,
    /// Opened by this side, so that other sessions towards the same peer may share it (RFC 4975 §5.4).
    pub ours: bool,
    pub decoder: Decoder,
    pub assembler: Assembler,
    /// The chunk that is coming in.
    pub open: Option<Open>,
    pub sessions: BTreeSet<SessionId>,
    /// What goes out as soon as the connection is up.
    pub early: Vec<Pieces>,
    /// The message whose chunk has no end-line yet.
    pub running: Option<Turn>,
    /// Messages with interruptible chunks that have something to write, in the order of their turns.
    pub turns: VecDeque<Turn>,
    /// It has not yet taken all that it was given for the last turn.
    pub busy: bool,
}

/// A message that takes turns with others: its session, and its number there.
pub(super) type Turn = (SessionId, u64);

/// A chunk whose end-line has not come yet.
pub(super) struct Open {
    pub head: Head,
    pub octets: u64,
    /// It was refused already, so that its octets are not kept.
    pub refused: bool,
}

impl Connection {
    /// Whether who is at the other end may be the peer of a session with these fingerprints.
    pub fn is_of(&self, fingerprints: &[Fingerprint]) -> bool {
        let its = |certificate: &Bytes| Fingerprint::any_matches(fingerprints, certificate);
        fingerprints.is_empty() || self.certificate.as_ref().is_some_and(its)
    }

    /// A connection on which chunks of up to `most` octets are kept.
    pub fn new(remote: SocketAddr, ours: bool, most: u64) -> Connection {
        Connection {
            remote,
            certificate: None,
            up: !ours,
            ours,
            decoder: Decoder::new(),
            assembler: Assembler::new(most),
            open: None,
            sessions: BTreeSet::new(),
            early: Vec::new(),
            running: None,
            turns: VecDeque::new(),
            busy: false,
        }
    }
}
