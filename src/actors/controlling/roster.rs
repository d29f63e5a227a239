//! What subscribers of the conference event package know: the whole at first, and then what changed (RFC 4575,
//! IM 7.2.2.10).

use std::collections::BTreeMap;

use super::ControllingFunction;
use super::conference::{Conference, ConferenceId, Origin, Participant, ParticipantId, Standing};
use crate::stack::ua::SubscriptionId;
use crate::time::Time;
use crate::wire::mime::{ConferenceInfo, ConferenceState, Description, Endpoint, State, User, Users};

pub(super) const CONFERENCE_INFO: &str = "application/conference-info+xml";

/// The subscribers of one conference.
#[derive(Default)]
pub(super) struct Roster {
    subscribers: BTreeMap<SubscriptionId, Subscriber>,
}

/// One subscriber. He gets one NOTIFY at a time; what happens meanwhile waits, at most one entry a user.
#[derive(Default)]
struct Subscriber {
    version: u32,
    awaiting: bool,
    changes: BTreeMap<String, User>,
}

impl Roster {
    pub fn is_empty(&self) -> bool {
        self.subscribers.is_empty()
    }

    pub fn add(&mut self, id: SubscriptionId) {
        self.subscribers.insert(id, Subscriber::default());
    }

    pub fn remove(&mut self, id: SubscriptionId) {
        self.subscribers.remove(&id);
    }

    /// The last NOTIFY to a subscriber was answered.
    pub fn answered(&mut self, id: SubscriptionId) {
        if let Some(subscriber) = self.subscribers.get_mut(&id) {
            subscriber.awaiting = false;
        }
    }

    fn note(&mut self, user: &User) {
        for subscriber in self.subscribers.values_mut() {
            subscriber.changes.insert(user.entity.clone(), user.clone());
        }
    }
}

impl ControllingFunction {
    /// Notes that the state of a participant changed.
    pub(super) fn changed(&mut self, id: ConferenceId, who: ParticipantId) {
        let Some(conference) = self.conferences.get_mut(&id).filter(|c| !c.roster.is_empty()) else { return };
        let Some(key) = conference.participants.get(&who).map(|p| p.key().to_owned()) else { return };
        let user = user(conference, &key);
        conference.roster.note(&user);
        self.news.insert(id);
    }

    /// Tells every subscriber what he has not heard of and may be told now; when the session is over, that.
    pub(super) fn tell_subscribers(&mut self, now: Time, id: ConferenceId) {
        let Some(conference) = self.conferences.get(&id) else { return };
        let (over, users) = (conference.over, conference.users());
        let due = |s: &Subscriber| over || !s.awaiting && !s.changes.is_empty();
        let subscribers: Vec<SubscriptionId> =
            conference.roster.subscribers.iter().filter(|(_, s)| due(s)).map(|(id, _)| *id).collect();
        for subscriber in subscribers {
            match over {
                true => self.notify(now, id, subscriber, "terminated;reason=noresource", (State::Deleted, users)),
                false => self.notify(now, id, subscriber, "active", (State::Partial, users)),
            }
        }
        self.bury(id);
    }

    /// Sends one subscriber a NOTIFY with a document of that state, where so many users are connected. A subscription that
    /// it terminates is gone.
    pub(super) fn notify(
        &mut self,
        now: Time,
        id: ConferenceId,
        to: SubscriptionId,
        state: &str,
        (document, users): (State, usize),
    ) {
        let Some(conference) = self.conferences.get_mut(&id) else { return };
        let mut info = match document {
            State::Full => full(conference, users),
            _ => ConferenceInfo { entity: conference.identity.clone(), state: document, ..ConferenceInfo::default() },
        };
        let Some(subscriber) = conference.roster.subscribers.get_mut(&to) else { return };
        let changes = std::mem::take(&mut subscriber.changes);
        if document == State::Partial {
            let active = Some(ConferenceState { user_count: count(users), active: Some(users > 0), locked: None });
            info.conference_state = active;
            info.users = Some(Users { state: State::Partial, list: changes.into_values().collect() });
        }
        info.version = Some(subscriber.version);
        subscriber.version = subscriber.version.saturating_add(1);
        subscriber.awaiting = true;
        if state.starts_with("terminated") {
            conference.roster.remove(to);
            self.subscriptions.remove(&to);
        }
        let body = Some((CONFERENCE_INFO.to_owned(), info.write().into()));
        self.ua.notify(now, to, state, Vec::new(), body);
    }
}

/// All that there is to be said about a conference.
fn full(conference: &Conference, users: usize) -> ConferenceInfo {
    let mut keys: Vec<&str> = conference.participants.values().map(Participant::key).collect();
    keys.sort_unstable();
    keys.dedup();
    let title = match &conference.origin {
        Origin::Group { uri } => Some(uri.clone()),
        Origin::AdHoc { .. } => None,
    };
    ConferenceInfo {
        entity: conference.identity.clone(),
        state: State::Full,
        description: Some(Description { display_text: title, ..Description::default() }),
        conference_state: Some(ConferenceState { user_count: count(users), active: Some(users > 0), locked: None }),
        users: Some(Users { state: State::Full, list: keys.iter().map(|key| user(conference, key)).collect() }),
        ..ConferenceInfo::default()
    }
}

fn count(users: usize) -> Option<u32> {
    u32::try_from(users).ok()
}

/// A user with all sessions of his.
fn user(conference: &Conference, key: &str) -> User {
    let sessions: Vec<&Participant> = conference.participants.values().filter(|p| p.key() == key).collect();
    let name = |p: &&Participant| match (&p.nickname, &p.anonymous) {
        (Some(nickname), _) => Some(nickname.clone()),
        (None, Some(_)) => Some("Anonymous".to_owned()),
        (None, None) => p.display_name.clone(),
    };
    User {
        entity: key.to_owned(),
        state: State::Full,
        display_text: sessions.iter().find_map(name),
        roles: vec!["participant".to_owned()],
        endpoints: endpoints(&sessions),
    }
}

/// The sessions of one user. One that came in place of another from the same device stands for both.
fn endpoints(sessions: &[&Participant]) -> Vec<Endpoint> {
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for session in sessions {
        let endpoint = endpoint(session);
        match endpoints.iter_mut().find(|known| known.entity == endpoint.entity) {
            Some(known) if session.lost.is_none() => *known = endpoint,
            Some(_) => {}
            None => endpoints.push(endpoint),
        }
    }
    endpoints
}

fn endpoint(participant: &Participant) -> Endpoint {
    let dialed = if participant.dialed_in { "dialed-in" } else { "dialed-out" };
    let status = match participant.standing {
        _ if participant.lost.is_some() => "disconnected",
        Standing::Pending if participant.dialed_in => "dialing-in",
        Standing::Pending => "dialing-out",
        Standing::Alerting => "alerting",
        Standing::Connected => "connected",
        Standing::Leaving => "disconnecting",
    };
    // Where nobody has answered there is no device yet; that of an anonymous user would tell who he is.
    let known = participant.anonymous.is_none() && !participant.contact.is_empty();
    Endpoint {
        entity: if known { participant.contact.clone() } else { participant.key().to_owned() },
        state: State::Full,
        status: Some(status.to_owned()),
        joining_method: (status == "connected").then(|| dialed.to_owned()),
        disconnection_method: participant.lost.map(str::to_owned),
        ..Endpoint::default()
    }
}
