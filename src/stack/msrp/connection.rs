//! One TCP connection that carries MSRP: its decoder, and which sessions use it.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use super::SessionId;
use crate::wire::msrp::{Assembler, Decoder};

/// The octets of one chunk that are kept; a longer chunk is refused as too large by its length.
const CHUNK_KEPT: u64 = 64 << 20;

/// One connection.
pub(super) struct Connection {
    pub remote: SocketAddr,
    pub up: bool,
    /// Opened by this side, so that other sessions towards the same peer may share it (RFC 4975 §5.4).
    pub ours: bool,
    pub decoder: Decoder,
    pub assembler: Assembler,
    pub sessions: BTreeSet<SessionId>,
}

impl Connection {
    pub fn new(remote: SocketAddr, ours: bool) -> Connection {
        Connection {
            remote,
            up: !ours,
            ours,
            decoder: Decoder::new(),
            assembler: Assembler::new(CHUNK_KEPT),
            sessions: BTreeSet::new(),
        }
    }
}
