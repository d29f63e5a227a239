//! What a user agent remembers of one call.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::{Body, Headers, InviteRequest};
use crate::stack::dialog::{Dialog, DialogId};
use crate::stack::endpoint::TxId;
use crate::stack::session_timer::SessionTimer;
use crate::time::Time;
use crate::wire::sip::{Message, Name};

/// What an IMS client tells of its access in requests and responses of a dialog (RFC 7315 §5.4).
pub(super) const ACCESS_NETWORK: &str = "P-Access-Network-Info";
/// How many transactions a call remembers before it looks for those that have ended.
pub(super) const PRUNE_AT: usize = 16;
/// Dialogs that one forked INVITE may make; the rest is ignored.
pub(super) const MAX_FORKS: usize = 16;
/// How often a request is tried again with a larger interval, or after glare.
pub(super) const MAX_RETRIES: u32 = 4;

/// Where a call stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// The INVITE waits for its final response.
    Inviting,
    /// A 2xx went by.
    Established,
    /// A BYE of this side is on its way.
    Leaving,
}

#[derive(Debug)]
pub(super) struct Call {
    pub caller: bool,
    pub phase: Phase,
    /// The INVITE as its user gave it to the endpoint, or as it came.
    pub request: Arc<Message>,
    /// The transaction of the INVITE.
    pub invite: TxId,
    /// Caller: what to send again with a larger interval.
    pub again: Option<InviteRequest>,
    /// The dialog; of a caller, only when it is confirmed.
    pub dialog: Option<Dialog>,
    /// Caller: dialogs of provisional responses by To tag, until one is confirmed.
    pub early: BTreeMap<String, Dialog>,
    /// Contact and what else goes into every request of this side that refreshes the target.
    pub standing: Headers,
    /// Whether the caller gave up before the final response.
    pub cancelled: bool,
    /// Whether to send a BYE as soon as the ACK is there (RFC 3261 §15).
    pub bye_after_ack: bool,
    /// A 2xx of this side that is repeated until its ACK comes.
    pub unacknowledged: Option<Unacknowledged>,
    /// The INVITE of this side whose 2xx its user must acknowledge.
    pub awaiting_ack: Option<u32>,
    /// ACKs sent, by sequence number and To tag, for repeated 2xx.
    pub acks: VecDeque<(u32, String, Message)>,
    /// A re-INVITE or UPDATE of this side without final response.
    pub modifying: Option<Modifying>,
    /// A modification that met another one and is tried again then.
    pub later: Option<(Time, Modifying)>,
    /// A re-INVITE or UPDATE of the peer without final response.
    pub modified: Option<TxId>,
    pub session: Option<SessionTimer>,
    /// The largest Min-SE seen (RFC 4028 §7.4).
    pub min_se: Option<u32>,
    /// Whether the peer's Allow names UPDATE.
    pub peer_updates: bool,
    /// Credentials of the last INVITE of this side, which its ACK repeats (RFC 3261 §22.1).
    pub credentials: Headers,
    /// The session description this side sent last.
    pub described: Option<Body>,
    pub retries: u32,
    /// Transactions with a purpose in this call.
    pub transactions: Vec<TxId>,
    pub prune_at: usize,
    pub scheduled: Option<Time>,
}

/// A 2xx without ACK (RFC 3261 §13.3.1.4).
#[derive(Clone, Debug)]
pub(super) struct Unacknowledged {
    pub tx: TxId,
    pub response: Message,
    pub number: u32,
    pub interval: Duration,
    pub next: Time,
    pub give_up: Time,
}

/// A re-INVITE or UPDATE of this side.
#[derive(Clone, Debug)]
pub(super) struct Modifying {
    pub tx: TxId,
    pub method: &'static str,
    pub headers: Headers,
    pub body: Option<Body>,
    /// Sent for the session timer alone; its user learns only that it went well.
    pub refresh: bool,
    pub retries: u32,
}

impl Call {
    pub fn new(caller: bool, request: Arc<Message>, invite: TxId) -> Call {
        Call {
            caller,
            phase: Phase::Inviting,
            request,
            invite,
            again: None,
            dialog: None,
            early: BTreeMap::new(),
            standing: Headers::new(),
            credentials: Headers::new(),
            cancelled: false,
            bye_after_ack: false,
            unacknowledged: None,
            awaiting_ack: None,
            acks: VecDeque::new(),
            modifying: None,
            later: None,
            modified: None,
            session: None,
            min_se: None,
            peer_updates: false,
            described: None,
            retries: 0,
            transactions: Vec::new(),
            prune_at: PRUNE_AT,
            scheduled: None,
        }
    }

    pub fn next_timeout(&self) -> Option<Time> {
        let unacknowledged = self.unacknowledged.as_ref().map(|waiting| waiting.next.min(waiting.give_up));
        let later = self.later.as_ref().map(|(at, _)| *at);
        let session = self.session.filter(|_| self.phase == Phase::Established).map(|session| session.at);
        [unacknowledged, later, session].into_iter().flatten().min()
    }

    /// Takes over the peer's methods where a response tells them: those of the newest count.
    pub fn learn_methods(&mut self, response: &Message) {
        if response.header(Name::Allow).is_some() {
            self.peer_updates = response.has_token(Name::Allow, "UPDATE");
        }
    }

    /// The dialog of that identity, early or not.
    pub fn dialog_mut(&mut self, id: &DialogId) -> Option<&mut Dialog> {
        match &self.dialog {
            Some(dialog) if dialog.id == *id => self.dialog.as_mut(),
            _ => self.early.get_mut(&id.remote_tag),
        }
    }

    /// Keeps an ACK for the 2xx that come again.
    pub fn keep_ack(&mut self, number: u32, to_tag: String, ack: Message) {
        if self.acks.len() >= MAX_FORKS {
            self.acks.pop_front();
        }
        self.acks.push_back((number, to_tag, ack));
    }

    pub fn ack_for(&self, number: u32, to_tag: &str) -> Option<&Message> {
        self.acks.iter().find(|(n, tag, _)| *n == number && tag == to_tag).map(|(_, _, ack)| ack)
    }

    /// Keeps what must be the same in every target refresh request of this side.
    pub fn keep_standing(&mut self, headers: &Headers) {
        let kept = |name: &String| {
            ["Contact", "m", "Supported", "k", "Allow", "User-Agent", ACCESS_NETWORK]
                .iter()
                .any(|n| n.eq_ignore_ascii_case(name))
        };
        for (name, value) in headers.iter().filter(|(name, _)| kept(name)) {
            if !self.standing.iter().any(|(n, v)| n.eq_ignore_ascii_case(name) && v == value) {
                self.standing.push((name.clone(), value.clone()));
            }
        }
    }

    /// What of it tells of the access network: it goes into BYE and its response too.
    pub fn access(&self) -> Headers {
        self.standing.iter().filter(|(name, _)| name.eq_ignore_ascii_case(ACCESS_NETWORK)).cloned().collect()
    }
}
