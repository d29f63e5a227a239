//! One end of a TLS connection: octets of the node in, records out, and back.

use std::collections::VecDeque;
use std::io::{Read, Write};

use bytes::Bytes;
use rustls::Connection;

use super::Asked;

/// The most octets in one record (RFC 8446 §5.1).
pub(super) const RECORD: usize = 1 << 14;
/// Octets of a certificate that are handed on; a larger one is nobody's.
const LARGEST_CERTIFICATE: usize = 1 << 16;
/// Certificates of a chain that are handed on.
const MOST_CERTIFICATES: usize = 16;

/// One end.
pub(in crate::net::sockets) struct Session {
    connection: Connection,
    /// Whether the peer wanted to see what this end has to show.
    asked: Asked,
    /// The node has been told that the connection is up.
    pub told: bool,
    /// The peer has said that it sends no more.
    pub peer_done: bool,
    /// Records that the system has not taken yet, each with the octets of the node that it holds.
    pub sealed: VecDeque<Sealed>,
}

/// A record, or the rest of one.
pub(in crate::net::sockets) struct Sealed {
    pub record: Bytes,
    pub inner: Option<Bytes>,
}

impl Session {
    pub fn new(mut connection: Connection, asked: Asked) -> Session {
        connection.set_buffer_limit(None);
        Session { connection, asked, told: false, peer_done: false, sealed: VecDeque::new() }
    }

    /// Whether octets of the node may go through.
    pub fn is_up(&self) -> bool {
        !self.connection.is_handshaking()
    }

    /// Whether nothing waits to leave.
    pub fn is_idle(&self) -> bool {
        self.sealed.is_empty()
    }

    /// What the peer showed, in DER: its certificate, and those that lead to its authority.
    pub fn certificates(&self) -> Vec<Bytes> {
        let shown = self.connection.peer_certificates().unwrap_or_default().iter().take(MOST_CERTIFICATES);
        let small = shown.take_while(|one| one.len() <= LARGEST_CERTIFICATE);
        small.map(|one| Bytes::copy_from_slice(one)).collect()
    }

    /// Whether this end showed what it has: who accepts always does, who connects does when he is asked.
    pub fn has_shown(&self) -> bool {
        matches!(self.connection, Connection::Server(_)) || self.asked.is_true()
    }

    /// Puts what the protocol itself has to say into the queue.
    pub fn flush(&mut self) {
        self.collect(None);
    }

    /// Makes a record of octets of the node, [`RECORD`] of them at the most.
    pub fn seal(&mut self, inner: Bytes) {
        // It writes into memory without a limit, so it takes all.
        let _ = self.connection.writer().write_all(&inner);
        self.collect(Some(inner));
    }

    /// Says that nothing more will come.
    pub fn finish(&mut self) {
        self.connection.send_close_notify();
        self.collect(None);
    }

    /// Takes octets from the peer; gives those of its node. What the protocol has to say to it is in the queue then, also
    /// where it fails.
    pub fn open(&mut self, mut octets: &[u8]) -> Result<Bytes, rustls::Error> {
        let mut inner = Vec::new();
        while !octets.is_empty() {
            // It reads from memory: an end or an error there is none, unless its own buffer is full.
            if !matches!(self.connection.read_tls(&mut octets), Ok(1..)) {
                break;
            }
            let processed = self.connection.process_new_packets();
            self.collect(None);
            let state = processed?;
            let waiting = state.plaintext_bytes_to_read();
            if waiting > 0 {
                let before = inner.len();
                inner.resize(before + waiting, 0);
                let read = self.connection.reader().read(&mut inner[before..]).unwrap_or(0);
                inner.truncate(before + read);
            }
            self.peer_done |= state.peer_has_closed();
        }
        Ok(inner.into())
    }

    fn collect(&mut self, inner: Option<Bytes>) {
        let mut record = Vec::new();
        while self.connection.wants_write() {
            if self.connection.write_tls(&mut record).is_err() {
                break;
            }
        }
        if !record.is_empty() {
            self.sealed.push_back(Sealed { record: record.into(), inner });
        }
    }
}
