//! Why sockets could not be used, with what a person can do about it.

use std::fmt;
use std::io;
use std::net::SocketAddr;

/// What keeps a live run from going on.
#[derive(Debug)]
pub enum SocketError {
    /// A node cannot have an address that it needs.
    Bind { node: String, transport: &'static str, address: SocketAddr, source: io::Error },
    /// A node cannot show or believe what it is to.
    Credentials { node: String, why: String },
    /// Third parties sent more octets than a run keeps.
    Flood { most: u64 },
}

impl SocketError {
    /// Whether somebody else has the address.
    pub fn is_in_use(&self) -> bool {
        matches!(self, SocketError::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse)
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            SocketError::Bind { source, .. } => match source.kind() {
                io::ErrorKind::AddrInUse => Some("port in use: end the program that has it, or choose another port"),
                io::ErrorKind::AddrNotAvailable => Some("no interface of this machine has this address"),
                io::ErrorKind::PermissionDenied => Some("ports below 1024 need a privilege: choose another port"),
                _ => None,
            },
            SocketError::Credentials { .. } => None,
            SocketError::Flood { .. } => Some("play fewer cases at once, or find out why the peer sends so much"),
        }
    }
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SocketError::Bind { node, transport, address, source } => {
                write!(f, "{node} cannot have {transport} {address}: {source}")?;
            }
            SocketError::Credentials { node, why } => write!(f, "{node} cannot secure its streams: {why}")?,
            SocketError::Flood { most } => write!(f, "more than {most} octets came from outside")?,
        }
        match self.hint() {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SocketError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SocketError::Bind { source, .. } => Some(source),
            SocketError::Credentials { .. } | SocketError::Flood { .. } => None,
        }
    }
}
