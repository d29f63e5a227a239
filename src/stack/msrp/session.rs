//! The state of one session: its paths, its connection, what it sends and what it receives.

use std::collections::{BTreeMap, VecDeque};

use super::incoming::Incoming;
use super::outgoing::Transfer;
use super::relayed::Relayed;
use super::{Event, Failure, SessionConfig, SessionId};
use crate::stack::Conn;
use crate::time::Time;
use crate::wire::msrp::Head;
use crate::wire::uri;

/// Messages remembered that nothing more is expected for but late REPORTs, and messages that came whole, to know them again.
const REMEMBERED: usize = 64;

/// One session.
pub(super) struct Session {
    pub id: SessionId,
    pub config: SessionConfig,
    pub conn: Option<Conn>,
    /// Connections that were opened for the session beside its own.
    pub strays: Vec<Conn>,
    /// Why nothing is sent any more: the connection is gone, or the peer says that the session is.
    pub over: Option<Failure>,
    /// The first SEND, by which the other side learns whose connection it is, went out.
    pub introduced: bool,
    /// The transaction of that SEND, where it had nothing to say but that.
    pub introduction: Option<String>,
    /// What is sent on for another session.
    pub relayed: Relayed,
    /// What is being sent, in order; the first that is not all out yet is at work.
    pub sending: VecDeque<Transfer>,
    /// Messages that were queued so far.
    queued: u64,
    /// Messages that came in part, by Message-ID.
    pub receiving: BTreeMap<String, Incoming>,
    /// Nothing more of what comes is wanted.
    pub stopped: bool,
    /// Messages that came in part and are refused now, by a response that has not left yet.
    pub refused: Vec<String>,
    /// Messages that came whole, and how many octets they had; the oldest first.
    pub received: VecDeque<(String, u64)>,
    /// Chunks that made their messages whole and wait for the user, each with the octets to report as received.
    pub unconfirmed: Vec<(Head, Option<u64>)>,
    /// When the endpoint looks after it.
    pub scheduled: Option<Time>,
}

impl Session {
    pub fn new(id: SessionId, config: SessionConfig) -> Session {
        Session {
            id,
            config,
            conn: None,
            strays: Vec::new(),
            over: None,
            introduced: false,
            introduction: None,
            relayed: Relayed::default(),
            sending: VecDeque::new(),
            queued: 0,
            receiving: BTreeMap::new(),
            stopped: false,
            refused: Vec::new(),
            received: VecDeque::new(),
            unconfirmed: Vec::new(),
            scheduled: None,
        }
    }

    /// Queues a message; one that cannot be sent any more fails at once.
    pub fn queue(&mut self, mut transfer: Transfer) -> Option<Event> {
        if let Some(why) = self.over {
            return Some(Event::Failed { session: self.id, message_id: transfer.message.message_id, why });
        }
        let settled = self.sending.iter().filter(|t| t.is_settled()).count();
        if settled >= REMEMBERED
            && let Some(oldest) = self.sending.iter().position(Transfer::is_settled)
        {
            self.sending.remove(oldest);
        }
        // Of what came in one burst more is done than one at a time would take away again.
        let mut extra = settled.saturating_sub(REMEMBERED);
        if extra > 0 {
            self.sending.retain(|transfer| {
                let goes = extra > 0 && transfer.is_done();
                extra -= usize::from(goes);
                !goes
            });
        }
        self.queued += 1;
        transfer.number = self.queued;
        self.sending.push_back(transfer);
        None
    }

    /// A message that was queued, by its number.
    pub fn numbered(&mut self, number: u64) -> Option<&mut Transfer> {
        self.sending.iter_mut().find(|transfer| transfer.number == number)
    }

    /// Ends all sending: what is not settled has failed.
    pub fn give_up(&mut self, why: Failure, events: &mut Vec<Event>) {
        self.over.get_or_insert(why);
        let id = self.id;
        for transfer in self.sending.iter_mut().filter(|t| !t.is_settled()) {
            transfer.fail(why, id, events);
        }
    }

    /// What was refused is broken off as soon as its sender was told, or cannot be told any more.
    pub fn break_off_refused(&mut self) -> impl Iterator<Item = Event> + use<> {
        let session = self.id;
        std::mem::take(&mut self.refused).into_iter().map(move |message_id| Event::Broken { session, message_id })
    }

    /// Notes a message that came whole.
    pub fn remember(&mut self, message_id: String, octets: u64) {
        if self.received.len() >= REMEMBERED {
            self.received.pop_front();
        }
        self.received.push_back((message_id, octets));
    }

    /// How many octets the message of that Message-ID had, where it came whole.
    pub fn has_received(&self, message_id: &str) -> Option<u64> {
        self.received.iter().find(|(known, _)| known == message_id).map(|(_, octets)| *octets)
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
