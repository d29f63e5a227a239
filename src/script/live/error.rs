//! Why a live run ended early, where, and what to do about it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::programs::NoProgram;
use crate::net::SocketError;
use crate::script::case::WriteError;

/// The end of a run before its last case.
#[derive(Debug)]
pub struct Ended {
    /// The address of the case at hand.
    pub case: String,
    pub error: LiveError,
}

/// Why a live run ended early.
#[derive(Debug)]
pub enum LiveError {
    /// The system cannot be reached, or no more.
    Unreachable { name: String, address: SocketAddr, wait: Duration, why: String },
    /// The system has an address that one of our actors has.
    Address { name: String, ip: IpAddr, role: String },
    /// A program of the system file cannot be started.
    Command { command: Vec<String>, cause: std::io::Error },
    /// Our actors cannot have their addresses, or were flooded.
    Socket(SocketError),
    /// What TLS needs cannot be read, made or written.
    Certificates(String),
    /// A capture could not be written.
    Capture(WriteError),
}

impl LiveError {
    /// What to do about it, where that is known and not said yet.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            LiveError::Unreachable { .. } => {
                Some("see whether it runs and takes SIP there; `answer-wait` in its file says how long is waited")
            }
            LiveError::Command { .. } => Some(
                "a command is a program, found in PATH or by its path from this folder, and its arguments; no shell",
            ),
            LiveError::Address { .. } | LiveError::Socket(_) | LiveError::Certificates(_) | LiveError::Capture(_) => {
                None
            }
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.case, self.error)
    }
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
            LiveError::Certificates(why) => write!(f, "no streams can be secured: {why}"),
            LiveError::Capture(error) => write!(f, "the capture could not be written: {error}"),
        }
    }
}

impl std::error::Error for Ended {}
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
