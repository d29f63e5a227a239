//! The state of one session: its paths, its connection, what it sends and what it receives.

use std::collections::{BTreeMap, VecDeque};

use super::incoming::Incoming;
use super::outgoing::Transfer;
use super::{SessionConfig, SessionId};
use crate::stack::Conn;
use crate::wire::uri;

/// One session.
pub(super) struct Session {
    pub id: SessionId,
    pub config: SessionConfig,
    pub conn: Option<Conn>,
    /// The connection was there and is gone; nothing is sent any more.
    pub lost: bool,
    /// The first SEND, by which the other side learns whose connection it is, went out.
    pub introduced: bool,
    /// What is being sent, in order; the first that is not all out yet is at work.
    pub sending: VecDeque<Transfer>,
    /// Messages that came in part, by Message-ID.
    pub receiving: BTreeMap<String, Incoming>,
}

impl Session {
    pub fn new(id: SessionId, config: SessionConfig) -> Session {
        Session {
            id,
            config,
            conn: None,
            lost: false,
            introduced: false,
            sending: VecDeque::new(),
            receiving: BTreeMap::new(),
        }
    }

    /// Whether content of that type may come.
    pub fn accepts(&self, content_type: &str) -> bool {
        self.config.accept_types.iter().any(|entry| crate::wire::sdp::accepts(entry, content_type))
    }

    /// Whether a To-Path is this session's (RFC 4975 §7.3: exactly one URI, equal by §6.1).
    pub fn is_at<'p>(&self, mut path: impl Iterator<Item = &'p str>) -> bool {
        path.next().is_some_and(|first| uri::same(first, &self.config.local_path)) && path.next().is_none()
    }

    /// The whole path towards the peer.
    pub fn to_path(&self) -> String {
        self.config.remote_path.join(" ")
    }
}
