//! How participants leave, are removed, and how a session ends (IM 7.2.1.9, RFC 7701 §5.3).

use super::ControllingFunction;
use super::conference::{ConferenceId, Origin, ParticipantId, Purpose, Standing};
use super::config::Ends;
use super::procedures::Happening;
use super::{large, switch};
use crate::stack::ua::UaEvent;
use crate::time::Time;
use crate::wire::uri::Uri;

/// The inviter gives up before anybody has accepted, or an invitation of this side was cancelled.
pub(super) fn cancelled(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Cancelled { call }) = happening else { return };
    let Some((id, who)) = server.at_call(call) else { return };
    let gives_up = server.conferences.get(&id).is_some_and(|c| c.inviter == who && !c.joined);
    server.forget(now, id, who, "departed");
    match gives_up {
        true => server.end(now, id),
        false => server.look_at_end(now, id),
    }
}

/// A participant left, or was removed.
pub(super) fn left(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Bye { call, .. } | UaEvent::Ended { call }) = happening else { return };
    let Some((id, who)) = server.at_call(call) else { return };
    let sender = server.conferences.get(&id).is_some_and(|c| c.inviter == who);
    server.forget(now, id, who, "departed");
    if sender {
        server.linger(now, id);
    }
    server.look_at_end(now, id);
}

impl ControllingFunction {
    /// Removes a participant (IM 7.2.1.9): BYE, end of his media, and his being gone is told.
    pub(super) fn expel(&mut self, now: Time, id: ConferenceId, who: ParticipantId, how: &'static str) {
        let Some(participant) = self.participant(id, who).filter(|p| p.standing != Standing::Leaving) else { return };
        participant.standing = Standing::Leaving;
        participant.lost = Some(how);
        let call = participant.call;
        self.release(now, id, who);
        self.changed(id, who);
        self.ua.bye(now, call);
    }

    /// Forgets a participant whose call is gone.
    pub(super) fn forget(&mut self, now: Time, id: ConferenceId, who: ParticipantId, how: &'static str) {
        self.release(now, id, who);
        let Some(participant) = self.participant(id, who) else { return };
        let call = participant.call;
        if participant.lost.replace(participant.lost.unwrap_or(how)).is_none() {
            self.changed(id, who);
        }
        self.calls.remove(&call);
        if let Some(conference) = self.conferences.get_mut(&id) {
            conference.participants.remove(&who);
        }
    }

    /// Ends the media of a participant: what he was sending is broken off, and nothing more goes to him.
    pub(super) fn release(&mut self, now: Time, id: ConferenceId, who: ParticipantId) {
        let Some(session) = self.participant(id, who).and_then(|p| p.session.take()) else { return };
        switch::fall_silent(self, now, id, who);
        switch::fall_deaf(self, id, who);
        self.sessions.remove(&session);
        self.msrp.close(session);
    }

    /// Ends a session where its policy says so.
    pub(super) fn look_at_end(&mut self, now: Time, id: ConferenceId) {
        let policy = self.config.ends;
        let Some(conference) = self.conferences.get(&id) else { return };
        if conference.over {
            return self.bury(id);
        }
        if conference.setting_up.is_some() {
            return;
        }
        let inviter_left = !conference.participants.contains_key(&conference.inviter);
        let ends = match conference.purpose {
            Purpose::LargeMessage => large::is_over(conference),
            Purpose::Chat if conference.connected().next().is_none() => true,
            Purpose::Chat if conference.has_at_most_one_user() && !conference.is_inviting() => {
                conference.of_two || policy == Ends::OneIsLeft
            }
            Purpose::Chat => inviter_left && policy == Ends::InviterLeaves,
        };
        if ends {
            self.end(now, id);
        }
    }

    /// Ends a session: whoever is in it is removed, whoever was invited is not any more, and its identity is nobody's.
    pub(super) fn end(&mut self, now: Time, id: ConferenceId) {
        let Some(conference) = self.conferences.get_mut(&id).filter(|conference| !conference.over) else { return };
        conference.over = true;
        conference.setting_up = None;
        if let Some(user) = Uri::parse(&conference.identity).user {
            self.identities.remove(user);
        }
        if let Origin::Group { uri } = &conference.origin
            && self.active.get(uri) == Some(&id)
        {
            self.active.remove(uri);
        }
        self.news.insert(id);
        let all: Vec<_> =
            conference.participants.iter().map(|(who, p)| (*who, p.call, p.standing, p.dialed_in)).collect();
        for (who, call, standing, dialed_in) in all {
            match standing {
                Standing::Connected => self.expel(now, id, who, "departed"),
                Standing::Pending | Standing::Alerting if dialed_in => {
                    self.forget(now, id, who, "failed");
                    self.ua.answer(now, call, 480, Vec::new(), None);
                }
                Standing::Pending | Standing::Alerting => self.ua.cancel(now, call),
                Standing::Leaving => {}
            }
        }
        self.bury(id);
    }

    /// Forgets a conference that is over when its last call and its last subscription are gone.
    pub(super) fn bury(&mut self, id: ConferenceId) {
        let gone = |c: &super::Conference| c.over && c.participants.is_empty() && c.roster.is_empty();
        if self.conferences.get(&id).is_some_and(gone) {
            self.conferences.remove(&id);
            self.news.remove(&id);
        }
    }
}
