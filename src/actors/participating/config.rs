//! What a Participating Function is provisioned with.

use std::net::SocketAddr;

use crate::stack::{IdSource, Security};

/// What the function is provisioned with.
#[derive(Clone, Debug)]
pub struct Config {
    pub sip: SocketAddr,
    pub msrp: SocketAddr,
    pub core: SocketAddr,
    /// How it secures its streams, and everybody in its network.
    pub security: Security,
    /// Whether it takes requests that begin something from the core alone, which knows who sends them.
    pub only_from_core: bool,
    /// Addresses of the users that it serves.
    pub serves: Vec<String>,
    /// Whether it stays in the media path of their sessions, and so is a B2BUA; else it is a proxy (IM 6.1.2.2.2).
    pub in_media_path: bool,
    pub feature_tag: &'static str,
    /// The URI of the History Function.
    pub history: String,
    /// Addresses of the users who have their sessions recorded (`history=yes`).
    pub recorded: Vec<String>,
    /// Methods of Allow in place of its own.
    pub allows: Option<Vec<String>>,
    /// The longest session interval that it agrees to, in seconds.
    pub session_interval: Option<u32>,
    pub ids: IdSource,
}
