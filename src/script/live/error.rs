//! Why a live run ended early.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::programs::NoProgram;
use crate::net::SocketError;
use crate::script::case::WriteError;

/// Why a live run ended early.
#[derive(Debug)]
pub enum LiveError {
    /// The very first contact with the system failed.
    Unreachable { name: String, address: SocketAddr, wait: Duration, why: String },
    /// The system has an address that one of our actors has.
    Address { name: String, ip: IpAddr, role: String },
    /// A program of the system file cannot be started.
    Command { command: Vec<String>, cause: std::io::Error },
    /// Our actors cannot have their addresses, or were flooded.
    Socket(SocketError),
    /// A capture could not be written.
    Capture(WriteError),
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LiveError::Unreachable { name, address, wait, why } => {
                write!(f, "{name} at {address} cannot be reached: {why} within {} s", wait.as_secs())
            }
            LiveError::Address { name, ip, role } => {
                write!(f, "{name} has the address {ip}, which {role} has; give it one of its own")
            }
            LiveError::Command { command, cause } => write!(f, "cannot start {}: {cause}", command.join(" ")),
            LiveError::Socket(error) => write!(f, "{error}"),
            LiveError::Capture(error) => write!(f, "the capture could not be written: {error}"),
        }
    }
}

impl std::error::Error for LiveError {}

impl From<SocketError> for LiveError {
    fn from(error: SocketError) -> LiveError {
        LiveError::Socket(error)
    }
}

impl From<NoProgram> for LiveError {
    fn from(error: NoProgram) -> LiveError {
        LiveError::Command { command: error.command, cause: error.cause }
    }
}
