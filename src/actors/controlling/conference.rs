//! A conference and its participants: who they are, where they stand, and what was agreed with each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use bytes::Bytes;

use super::roster::Roster;
use super::switch::Running;
use crate::stack::msrp::{Outgoing, Reassembly, SessionId};
use crate::stack::offer_answer::{Local, MediaPlan, Negotiation};
use crate::stack::ua::CallId;
use crate::wire::msrp::Head;
use crate::wire::sdp::Session;
use crate::wire::uri;

/// A conference of the server. Numbers are not used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct ConferenceId(pub u64);

/// A participant, that is one session of one user. Numbers are not used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct ParticipantId(pub u64);

/// Where a conference comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    /// From a factory, with those who belong to it.
    AdHoc { users: Vec<String> },
    /// From a pre-defined group, by its identity.
    Group { uri: String },
}

/// What a conference is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// Everybody writes to everybody, for as long as they like.
    Chat,
    /// One message goes from one sender to all others, and that is all (IM 9.3).
    LargeMessage,
}

/// One conference.
pub(super) struct Conference {
    /// The IM Session Identity.
    pub identity: String,
    pub origin: Origin,
    pub purpose: Purpose,
    /// It began with two.
    pub of_two: bool,
    /// Somebody has accepted.
    pub joined: bool,
    /// It has ended, and only the last calls are not gone yet.
    pub over: bool,
    pub inviter: ParticipantId,
    pub participants: BTreeMap<ParticipantId, Participant>,
    /// The inviter waits for the final response.
    pub setting_up: Option<SettingUp>,
    pub media: Media,
    pub roster: Roster,
    /// Messages that are coming in, by sender and Message-ID.
    pub running: BTreeMap<(ParticipantId, String), Running>,
    /// Of a large message, all that came of it, for those who accept later.
    pub kept: Option<Kept>,
    /// Anonymous participants so far.
    pub anonymous: u32,
}

/// A set-up whose inviter waits.
#[derive(Default)]
pub(super) struct SettingUp {
    /// A 180 went to the inviter.
    pub rung: bool,
    /// Failures of invited users.
    pub failures: Vec<u16>,
}

/// What is written and agreed about the media of a conference.
#[derive(Clone)]
pub(super) struct Media {
    /// The inviter's offer; empty where nobody was invited.
    pub offer: Session,
    /// Media types at top level.
    pub types: Vec<String>,
    /// Media types within a wrapper.
    pub wrapped: Vec<String>,
    /// Further attributes of the inviter's media line.
    pub carried: Vec<(String, Option<String>)>,
}

/// A large message as it is kept.
pub(super) struct Kept {
    /// The sender's Message-ID, and that towards the recipients.
    pub their_id: String,
    pub message_id: String,
    pub message: Outgoing,
    /// The number of the first octet that has not come, and octets that came before their turn.
    pub next: u64,
    pub ahead: Reassembly,
    pub total: Option<u64>,
    pub pieces: Vec<Bytes>,
    pub whole: bool,
    /// Recipients who have it.
    pub delivered: usize,
    /// The chunk whose sender still has to hear of success.
    pub report: Option<Head>,
}

/// Where a participant stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// He was invited, or waits for his final response.
    Pending,
    Alerting,
    Connected,
    /// A BYE to him is on its way.
    Leaving,
}

/// One session of one user in a conference.
pub(super) struct Participant {
    /// The authenticated address.
    pub address: String,
    /// From or To of the dialog, which an anonymous user goes by.
    pub alias: String,
    pub display_name: Option<String>,
    /// The URI that stands for him where he is anonymous.
    pub anonymous: Option<String>,
    pub nickname: Option<String>,
    /// The remote target.
    pub contact: String,
    pub call: CallId,
    pub dialed_in: bool,
    pub standing: Standing,
    /// How he was lost, for the roster.
    pub lost: Option<&'static str>,
    pub negotiation: Negotiation,
    pub local: Local,
    pub plan: Option<MediaPlan>,
    pub session: Option<SessionId>,
    /// What his chatroom attribute names (RFC 7701 §8).
    pub takes_private: bool,
    /// Messages under way to him.
    pub under_way: usize,
    /// Messages of his that were taken whole; the oldest first.
    pub finished: VecDeque<String>,
    /// A modification by the server that waits for its response, with what holds afterwards.
    pub modifying: Option<Local>,
}

impl Conference {
    /// The participants in the session.
    pub fn connected(&self) -> impl Iterator<Item = (ParticipantId, &Participant)> {
        self.participants.iter().filter(|(_, p)| p.standing == Standing::Connected).map(|(id, p)| (*id, p))
    }

    /// How many users are connected; several sessions of one user count once.
    pub fn users(&self) -> usize {
        self.connected().map(|(_, p)| p.key()).collect::<BTreeSet<_>>().len()
    }

    /// Whether nobody is connected, or only one user.
    pub fn has_at_most_one_user(&self) -> bool {
        let mut keys = self.connected().map(|(_, p)| p.key());
        keys.next().is_none_or(|first| keys.all(|key| key == first))
    }

    /// Whether invited users have still to answer.
    pub fn is_inviting(&self) -> bool {
        self.participants.values().any(|p| !p.dialed_in && matches!(p.standing, Standing::Pending | Standing::Alerting))
    }

    /// Whether a URI names the conference as a whole: its identity, or the group's (IM 7.1.3.2).
    pub fn is_at(&self, target: &str) -> bool {
        let group = match &self.origin {
            Origin::Group { uri } => uri::same_ignoring_params(uri, target, &["sessiontype", "session"]),
            Origin::AdHoc { .. } => false,
        };
        group || same_but_for_the_way(&self.identity, target)
    }

    /// Whether messages are wrapped in CPIM and nothing else (RFC 7701 §5.2).
    pub fn is_wrapped(&self) -> bool {
        self.purpose == Purpose::Chat && self.media.types.iter().any(|kind| kind == CPIM)
    }
}

pub(super) const CPIM: &str = "message/cpim";

/// Whether two URIs name the same, however it is reached: the example of RFC 7701 §9 has a transport in To.
fn same_but_for_the_way(own: &str, target: &str) -> bool {
    uri::same_ignoring_params(own, target, &["transport"])
}

impl Participant {
    /// Nothing known but who and by which call.
    pub fn new(address: String, call: CallId, dialed_in: bool) -> Participant {
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        Participant {
            address,
            alias: String::new(),
            display_name: None,
            anonymous: None,
            nickname: None,
            contact: String::new(),
            call,
            dialed_in,
            standing: Standing::Pending,
            lost: None,
            negotiation: Negotiation::new("-", 0),
            local: Local::new(nowhere, "", &[]),
            plan: None,
            session: None,
            takes_private: false,
            under_way: 0,
            finished: VecDeque::new(),
            modifying: None,
        }
    }

    /// What he is known by to others: his address, or the URI that stands for it.
    pub fn key(&self) -> &str {
        self.anonymous.as_deref().unwrap_or(&self.address)
    }

    /// Whether a URI is one that he may use as his own (RFC 7701 §6.1, IM 7.1.3.2).
    pub fn goes_by(&self, target: &str) -> bool {
        match &self.anonymous {
            Some(anonymous) => [anonymous, &self.alias].iter().any(|own| same_but_for_the_way(own, target)),
            None => same_but_for_the_way(&self.address, target),
        }
    }

    /// Whether a URI is the one by which others know him.
    pub fn is_known_as(&self, target: &str) -> bool {
        same_but_for_the_way(self.key(), target)
    }

    /// Whether nothing of him waits for the network.
    pub fn rests(&self) -> bool {
        self.standing == Standing::Connected
            && self.session.is_some()
            && self.under_way == 0
            && self.modifying.is_none()
    }
}
