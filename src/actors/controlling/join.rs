//! Joining a session that goes on, or a chat group, and rejoining by the identity of a session (IM 7.2.1.3, 7.2.1.4);
//! and how conferences and participants come about.

use std::collections::BTreeMap;

use super::ControllingFunction;
use super::admission::{self, Refusal};
use super::applicant::Applicant;
use super::conference::{Conference, ConferenceId, Media, Origin, Participant, ParticipantId, Purpose, Standing};
use super::config::Group;
use super::media;
use super::procedures::Happening;
use super::roster::Roster;
use crate::stack::msrp::SessionConfig;
use crate::stack::offer_answer::{Local, MediaPlan};
use crate::stack::ua::{CallId, UaEvent};
use crate::time::Time;
use crate::wire::uri::Uri;

/// Somebody wants to join the session of a group (IM 7.2.1.3). That of a chat group begins with its first participant.
pub(super) fn joining(server: &mut ControllingFunction, now: Time, call: CallId, group: &Group, applicant: Applicant) {
    let active = server.active.get(&group.uri).copied();
    let conference = active.and_then(|id| server.conferences.get(&id));
    if let Err(refusal) = admission::joining(&server.config, &applicant, group, conference) {
        return server.refuse(now, call, refusal);
    }
    let id = match active {
        Some(id) => id,
        None => {
            let origin = Origin::Group { uri: group.uri.clone() };
            let media = media::of_config(&server.config);
            server.new_conference(origin, Purpose::Chat, media)
        }
    };
    let who = server.enter(now, id, call, &applicant);
    if let (None, Some(conference)) = (active, server.conferences.get_mut(&id)) {
        conference.inviter = who;
        conference.joined = true;
    }
}

/// Somebody comes back by the identity of a session (IM 7.2.1.4).
pub(super) fn rejoining(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Incoming { call, message, .. }) = happening else { return };
    if let Some(status) = server.config.refuses {
        return server.refuse(now, call, Refusal::of(status));
    }
    let Some(id) = server.conference_at(message.request_uri().unwrap_or_default()) else { return };
    let applicant = Applicant::of(&server.config, &message);
    let Some(conference) = server.conferences.get(&id) else { return };
    if let Err(refusal) = admission::rejoining(&server.config, &applicant, conference) {
        return server.refuse(now, call, refusal);
    }
    server.enter(now, id, call, &applicant);
}

impl ControllingFunction {
    /// The conference that has that identity.
    pub(super) fn conference_at(&self, target: &str) -> Option<ConferenceId> {
        let id = *self.identities.get(Uri::parse(target).user?)?;
        let same = |conference: &Conference| crate::wire::uri::same(&conference.identity, target);
        self.conferences.get(&id).filter(|conference| same(conference)).map(|_| id)
    }

    /// A conference that nobody is in yet, with an identity of its own.
    pub(super) fn new_conference(&mut self, origin: Origin, purpose: Purpose, media: Media) -> ConferenceId {
        self.next_conference += 1;
        let id = ConferenceId(self.next_conference);
        let user = format!("session-{}", self.ids.token(12));
        let identity = self.config.security.uri(&user, self.config.sip);
        self.identities.insert(user, id);
        if let (Origin::Group { uri }, Purpose::Chat) = (&origin, purpose) {
            self.active.insert(uri.clone(), id);
        }
        let conference = Conference {
            identity,
            origin,
            purpose,
            of_two: false,
            joined: false,
            over: false,
            inviter: ParticipantId(0),
            participants: BTreeMap::new(),
            setting_up: None,
            media,
            charging: Vec::new(),
            roster: Roster::default(),
            running: BTreeMap::new(),
            kept: None,
            anonymous: 0,
        };
        self.conferences.insert(id, conference);
        id
    }

    /// Adds a participant.
    pub(super) fn add(&mut self, id: ConferenceId, participant: Participant) -> ParticipantId {
        self.next_participant += 1;
        let who = ParticipantId(self.next_participant);
        self.calls.insert(participant.call, (id, who));
        if let Some(conference) = self.conferences.get_mut(&id) {
            conference.participants.insert(who, participant);
        }
        who
    }

    /// Adds somebody whose INVITE waits for its final response.
    pub(super) fn dial_in(&mut self, id: ConferenceId, call: CallId, applicant: &Applicant) -> ParticipantId {
        let negotiation = self.negotiation();
        let address = applicant.address.clone().unwrap_or_default();
        let group = match &self.conferences[&id].origin {
            Origin::Group { uri } => self.config.group(uri),
            Origin::AdHoc { .. } => None,
        };
        let given = group.and_then(|group| group.member(&address)).and_then(|member| member.display_name.clone());
        let participant = Participant {
            alias: applicant.alias.clone(),
            display_name: given.or_else(|| applicant.display_name.clone()),
            contact: applicant.contact.clone(),
            takes_private: applicant.takes_private,
            negotiation,
            ..Participant::new(address, call, true)
        };
        let who = self.add(id, participant);
        if applicant.anonymous {
            self.name_anonymous(id, who);
        }
        who
    }

    /// Lets somebody in at once. Who comes back from the same device leaves his old session for the new one.
    fn enter(&mut self, now: Time, id: ConferenceId, call: CallId, applicant: &Applicant) -> ParticipantId {
        let who = self.dial_in(id, call, applicant);
        let old: Vec<ParticipantId> = self.conferences[&id]
            .connected()
            .filter(|(_, p)| p.contact == applicant.contact && Some(&p.address) == applicant.address.as_ref())
            .map(|(old, _)| old)
            .collect();
        self.take_in(now, id, who, &applicant.offer);
        for old in old {
            self.expel(now, id, old, "departed");
        }
        who
    }

    /// Opens the media of a participant as agreed; he is in the session.
    pub(super) fn open(&mut self, now: Time, id: ConferenceId, who: ParticipantId, plan: &MediaPlan) {
        let Some(conference) = self.conferences.get_mut(&id) else { return };
        let Some(participant) = conference.participants.get_mut(&who) else { return };
        let session = self.msrp.open(now, session_config(&participant.local, plan, &conference.media.types));
        participant.session = Some(session);
        participant.plan = Some(plan.clone());
        participant.standing = Standing::Connected;
        self.sessions.insert(session, (id, who));
        self.changed(id, who);
    }

    /// Gives a participant the URI that stands for him (RFC 4575 §5.6).
    pub(super) fn name_anonymous(&mut self, id: ConferenceId, who: ParticipantId) {
        let Some(conference) = self.conferences.get_mut(&id) else { return };
        conference.anonymous += 1;
        let name = format!("sip:anonymous{}@anonymous.invalid", conference.anonymous);
        if let Some(participant) = conference.participants.get_mut(&who) {
            participant.anonymous = Some(name);
        }
    }

    /// Whether participants of a conference may be anonymous.
    pub(super) fn allows_anonymity(&self, id: ConferenceId) -> bool {
        match self.conferences.get(&id).map(|c| &c.origin) {
            Some(Origin::Group { uri }) => self.config.group(uri).is_some_and(|group| group.allows_anonymity),
            _ => self.config.adhoc_anonymity,
        }
    }
}

/// An MSRP session as it was negotiated, for what the conference takes. Requests are taken one by one.
pub(super) fn session_config(local: &Local, plan: &MediaPlan, types: &[String]) -> SessionConfig {
    SessionConfig { accept_types: types.to_vec(), switched: true, ..plan.session(local) }
}
