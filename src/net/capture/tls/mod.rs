//! Reads what is sealed by TLS in a capture, where the capture or its user has the secrets (RFC 8446, RFC 5246). It believes
//! nobody and checks no certificate: a third party looks on.

mod connection;
mod keys;
mod records;
mod seal;
mod secrets;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;

use hashbrown::HashMap;

use crate::trace::{Observation, Seen};
use connection::Connection;
pub(in crate::net) use seal::Sealer;
pub(super) use secrets::Secrets;

/// Secured connections followed at once; further ones are not read.
const MOST: usize = 16_384;

/// Follows the secured connections of a capture.
#[derive(Default)]
pub(super) struct Unsealer {
    pub secrets: Secrets,
    /// By both ends, the lower first.
    connections: HashMap<(SocketAddr, SocketAddr), Connection>,
    /// How many there were, and how many of them could not be read, or not to their end.
    pub sealed: u64,
    pub unread: u64,
    scratch: Vec<Observation>,
}

impl Unsealer {
    /// Takes what was seen from `from` on: octets of secured connections are called so, and followed by what is in them.
    pub fn pass(&mut self, seen: &mut Vec<Observation>, from: usize) {
        let concerned = |one: &Observation| match &one.what {
            Seen::Data(octets) => !self.connections.is_empty() || begins(octets),
            _ => !self.connections.is_empty(),
        };
        if !seen[from..].iter().any(concerned) {
            return;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.extend(seen.drain(from..));
        scratch.drain(..).for_each(|one| self.take(one, seen));
        self.scratch = scratch;
    }

    /// Counts those that were still open at the end of the file.
    pub fn finish(&mut self) {
        self.unread += self.connections.drain().filter(|(_, connection)| connection.is_unread()).count() as u64;
    }

    fn take(&mut self, mut one: Observation, out: &mut Vec<Observation>) {
        let ends = (one.src.min(one.dst), one.src.max(one.dst));
        match &one.what {
            Seen::Data(octets) => {
                if !self.connections.contains_key(&ends) {
                    if !begins(octets) || self.connections.len() >= MOST {
                        return out.push(one);
                    }
                    self.sealed += 1;
                    self.connections.insert(ends, Connection::new(one.src));
                }
                let octets = octets.clone();
                let (at, packet, src, dst) = (one.at, one.packet, one.src, one.dst);
                one.what = Seen::Sealed(octets.clone());
                out.push(one);
                if let Some(connection) = self.connections.get_mut(&ends) {
                    connection.take(src, &octets, &self.secrets, |what| {
                        out.push(Observation { at, packet, src, dst, what });
                    });
                }
            }
            Seen::Gap { .. } => {
                if let Some(connection) = self.connections.get_mut(&ends) {
                    connection.lose(one.src);
                }
                out.push(one);
            }
            Seen::Connecting | Seen::Reset => {
                self.forget(&ends);
                out.push(one);
            }
            Seen::Finished => {
                if self.connections.get_mut(&ends).is_some_and(|connection| connection.finish(one.src)) {
                    self.forget(&ends);
                }
                out.push(one);
            }
            _ => out.push(one),
        }
    }

    fn forget(&mut self, ends: &(SocketAddr, SocketAddr)) {
        self.unread += u64::from(self.connections.remove(ends).is_some_and(|connection| connection.is_unread()));
    }
}

/// Whether a stream begins with a ClientHello in a record of TLS.
fn begins(octets: &[u8]) -> bool {
    matches!(octets, [22, 3, _, _, _, 1, ..])
}
