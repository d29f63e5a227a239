//! Why a service cannot be started, or cannot go on.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::actors::store::Unavailable;
use crate::net::SocketError;

/// Why a service cannot be started, or cannot go on.
#[derive(Debug)]
pub enum ServeError {
    /// An address that a server cannot have, or a flood from outside.
    Socket(SocketError),
    /// An address where no HTTP can be taken.
    Http(SocketAddr, io::Error),
    /// What was kept cannot be had.
    Store(PathBuf, String),
}

impl ServeError {
    pub(super) fn store(path: &Path, error: Unavailable) -> ServeError {
        ServeError::Store(path.to_owned(), error.reason)
    }
}

impl From<SocketError> for ServeError {
    fn from(error: SocketError) -> ServeError {
        ServeError::Socket(error)
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Socket(error) => write!(f, "{error}"),
            ServeError::Http(at, error) => write!(f, "cannot listen for HTTP on {at}: {error}"),
            ServeError::Store(path, why) => write!(f, "{} cannot be used: {why}", path.display()),
        }
    }
}

impl std::error::Error for ServeError {}
