//! Setting a session up: an ad-hoc one from a resource list, or that of a group whose members are invited; and what comes
//! of the invitations (IM 7.2.1.1, 7.2.1.2, 7.2.2.2, 9.3.1.1).

use super::admission::{self, Refusal};
use super::applicant::{self, Applicant};
use super::conference::{ConferenceId, Origin, ParticipantId, Purpose, SettingUp, Standing};
use super::config::{FinalPolicy, OnAnonymous};
use super::invite::{Invitation, Invitee};
use super::list::{self, Listed};
use super::procedures::Happening;
use super::{ControllingFunction, invite, join, large, media};
use crate::stack::ua::{CallId, UaEvent};
use crate::time::Time;
use crate::wire::sdp::{Direction, Session};
use crate::wire::sip::Message;
use crate::wire::uri;

/// An INVITE to a factory (IM 7.2.1.1; with a large message 9.3.1.1 step 1).
pub(super) fn ad_hoc(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Incoming { call, message, .. }) = happening else { return };
    if let Some(status) = server.config.refuses {
        return server.refuse(now, call, Refusal::of(status));
    }
    let applicant = Applicant::of(&server.config, &message);
    let list = list::list(&message);
    let users = list.as_ref().ok().map(|(users, _)| &users[..]);
    if let Err(refusal) = admission::ad_hoc(&server.config, &applicant, users) {
        return server.refuse(now, call, refusal);
    }
    let (mut users, history) = list.unwrap_or_default();
    let address = applicant.address.clone().unwrap_or_default();
    users.retain(|user| !uri::same(&user.uri, &address));
    let mut belonging: Vec<String> = users.iter().map(|user| user.uri.clone()).collect();
    belonging.push(address);
    let origin = Origin::AdHoc { users: belonging };
    let invitees = users.into_iter().map(|Listed { uri, replaces }| Invitee { uri, display_name: None, replaces });
    let invitation = Invitation { history, ..Invitation::of(&server.config, &applicant, None, &message) };
    server.set_up(now, call, applicant, origin, &invitation, invitees.collect());
}

/// An INVITE to a group (IM 7.2.1.2, 7.2.1.3; with a large message 9.3.1.1 step 2).
pub(super) fn pre_defined(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Incoming { call, message, .. }) = happening else { return };
    if let Some(status) = server.config.refuses {
        return server.refuse(now, call, Refusal::of(status));
    }
    let target = message.request_uri().unwrap_or_default();
    let Some(group) = server.config.group(target).cloned() else { return };
    let applicant = Applicant::of(&server.config, &message);
    let invites = group.invites_members && !server.active.contains_key(&group.uri) || applicant.sends_one_message;
    if !invites {
        return join::joining(server, now, call, &group, applicant);
    }
    if let Err(refusal) = admission::pre_defined(&server.config, &applicant, &group) {
        return server.refuse(now, call, refusal);
    }
    let invitation = Invitation::of(&server.config, &applicant, Some(&group), &message);
    let address = applicant.address.clone().unwrap_or_default();
    let others = group.members.iter().filter(|member| !uri::same(&member.uri, &address));
    let invitees = others.clone().map(|member| Invitee {
        uri: member.uri.clone(),
        display_name: member.display_name.clone(),
        replaces: None,
    });
    let origin = Origin::Group { uri: group.uri.clone() };
    if others.clone().next().is_none() && !applicant.sends_one_message {
        // A group that has nobody else to be invited.
        return join::joining(server, now, call, &group, applicant);
    }
    server.set_up(now, call, applicant, origin, &invitation, invitees.collect());
}

/// An INVITE to nothing that is here (IM 11.1).
pub(super) fn unknown(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Incoming { call, .. }) = happening else { return };
    let refusal = server.config.refuses.map_or(Refusal::NOT_FOUND, Refusal::of);
    server.refuse(now, call, refusal);
}

/// An invited user's client rings: the first time, the inviter hears it.
pub(super) fn ringing(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Provisional { call, message }) = happening else { return };
    let Some((id, who)) = server.at_call(call).filter(|_| message.status() == Some(180)) else { return };
    let Some(participant) = server.participant(id, who).filter(|p| p.standing == Standing::Pending) else { return };
    participant.standing = Standing::Alerting;
    server.changed(id, who);
    let Some(conference) = server.conferences.get_mut(&id) else { return };
    let Some(setting_up) = conference.setting_up.as_mut().filter(|setting_up| !setting_up.rung) else { return };
    setting_up.rung = true;
    let conference = &server.conferences[&id];
    if let Some(inviter) = conference.participants.get(&conference.inviter) {
        let headers = server.response_headers(conference, server.ua.invite_of(inviter.call).map(|m| &**m));
        server.ua.answer(now, inviter.call, 180, headers, None);
    }
}

/// An invited user accepts.
pub(super) fn accepted(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Answered { call, message }) = happening else { return };
    let Some((id, who)) = server.at_call(call) else { return server.ua.bye(now, call) };
    let answer = Session::parse(message.body_of_type("application/sdp").map(|p| p.body).unwrap_or_default());
    let Some(participant) = server.participant(id, who) else { return };
    let Ok(plan) = participant.negotiation.conclude(&answer) else {
        // Nothing that a session could be had with: it is acknowledged and ended (RFC 3261 §13.2.2.4).
        server.expel(now, id, who, "failed");
        return server.lost_invitee(now, id, 488);
    };
    participant.contact = message.contact().map(|c| c.uri.to_owned()).unwrap_or_default();
    participant.takes_private = applicant::takes_private(&answer);
    if message.has_privacy("id") {
        if server.allows_anonymity(id) {
            server.name_anonymous(id, who);
        } else if server.config.on_anonymous == OnAnonymous::Release {
            server.expel(now, id, who, "booted");
            return server.lost_invitee(now, id, 403);
        }
    }
    let Some(conference) = server.conferences.get_mut(&id) else { return };
    conference.joined = true;
    if conference.setting_up.is_some() {
        media::agree(&mut conference.media, &server.config, &answer, conference.purpose);
    }
    server.open(now, id, who, &plan);
    server.accept_inviter(now, id);
    large::catch_up(server, now, id, who);
}

/// An invited user does not come.
pub(super) fn failed(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let (call, status) = match happening {
        Happening::Ua(UaEvent::Rejected { call, message }) => (call, message.status().unwrap_or(480)),
        Happening::Ua(UaEvent::Failed { call, .. }) => (call, 408),
        _ => return,
    };
    let Some((id, who)) = server.at_call(call) else { return };
    let how = if matches!(status, 486 | 600 | 603) { "busy" } else { "failed" };
    let invited = server.participant(id, who).is_some_and(|p| !p.dialed_in && p.session.is_none());
    server.forget(now, id, who, how);
    match invited {
        true => server.lost_invitee(now, id, status),
        false => server.look_at_end(now, id),
    }
}

impl ControllingFunction {
    /// Refuses an invitation.
    pub(super) fn refuse(&mut self, now: Time, call: CallId, refusal: Refusal) {
        let warning = refusal.warning.map(|text| {
            let value = format!("399 {} \"{text}\"", uri::Host::from(self.config.sip.ip()));
            ("Warning".to_owned(), value)
        });
        self.ua.answer(now, call, refusal.status, warning.into_iter().collect(), None);
    }

    /// Makes a conference, and invites.
    fn set_up(
        &mut self,
        now: Time,
        call: CallId,
        applicant: Applicant,
        origin: Origin,
        invitation: &Invitation,
        invitees: Vec<Invitee>,
    ) {
        if invitees.is_empty() {
            return self.refuse(now, call, Refusal::of(480));
        }
        let purpose = if applicant.sends_one_message { Purpose::LargeMessage } else { Purpose::Chat };
        let media = media::of_offer(&self.config, &applicant.offer);
        let id = self.new_conference(origin, purpose, media);
        let inviter = self.dial_in(id, call, &applicant);
        if let Some(conference) = self.conferences.get_mut(&id) {
            conference.inviter = inviter;
            conference.of_two = invitees.len() == 1;
            conference.setting_up = Some(SettingUp::default());
            conference.charging.clone_from(&invitation.charging);
        }
        for invitee in invitees {
            invite::invite(self, now, id, invitation, invitee);
        }
        if self.config.answers_early {
            self.accept_inviter(now, id);
        }
    }

    /// The first user who accepts makes the inviter's 200 (IM 7.2.1.1, 7.2.1.2 on 200).
    pub(super) fn accept_inviter(&mut self, now: Time, id: ConferenceId) {
        let Some(conference) = self.conferences.get_mut(&id) else { return };
        if conference.setting_up.take().is_some() {
            media::wrap(&mut conference.media, conference.purpose);
            let (inviter, offer) = (conference.inviter, conference.media.offer.clone());
            self.take_in(now, id, inviter, &offer);
        }
    }

    /// Answers the INVITE of a participant with 200, and opens his media.
    pub(super) fn take_in(&mut self, now: Time, id: ConferenceId, who: ParticipantId, offer: &Session) {
        let session_id = self.ids.token(20);
        let Some(conference) = self.conferences.get_mut(&id) else { return };
        let direction = match conference.purpose {
            Purpose::LargeMessage => Direction::RecvOnly,
            Purpose::Chat => Direction::SendRecv,
        };
        let local = media::towards(&self.config, conference, session_id, direction);
        let Some(participant) = conference.participants.get_mut(&who) else { return };
        let (call, answer) = (participant.call, participant.negotiation.answer(offer, &local));
        participant.local = local;
        let request = self.ua.invite_of(call).cloned();
        let headers = self.response_headers(&self.conferences[&id], request.as_deref());
        match answer {
            Ok(answer) => {
                let body = Some(("application/sdp".to_owned(), answer.sdp));
                self.open(now, id, who, &answer.plan);
                self.ua.answer(now, call, 200, headers, body);
            }
            Err(refusal) => {
                self.forget(now, id, who, "failed");
                self.ua.answer(now, call, refusal.status(), headers, None);
                self.look_at_end(now, id);
            }
        }
    }

    /// One invited user less. When all have failed, the inviter gets one of their failures, or is removed where he has
    /// his 200 already (IM 7.2.1.1 on 4xx, steps 1 and 2).
    pub(super) fn lost_invitee(&mut self, now: Time, id: ConferenceId, status: u16) {
        let policy = self.config.final_policy;
        let Some(conference) = self.conferences.get_mut(&id) else { return };
        let inviter = conference.inviter;
        let inviting = conference.is_inviting();
        if let Some(setting_up) = &mut conference.setting_up {
            setting_up.failures.push(status);
            if inviting {
                return;
            }
            let status = choose(policy, &setting_up.failures);
            conference.setting_up = None;
            if let Some(call) = conference.participants.get(&inviter).map(|p| p.call) {
                self.forget(now, id, inviter, "failed");
                self.ua.answer(now, call, status, Vec::new(), None);
            }
            return self.end(now, id);
        }
        if !inviting && !conference.joined {
            self.expel(now, id, inviter, "booted");
            return self.end(now, id);
        }
        self.look_at_end(now, id);
    }
}

/// The failure that the inviter gets; redirections are none (IM 7.2.1.1: other than 2xx or 3xx).
fn choose(policy: FinalPolicy, failures: &[u16]) -> u16 {
    let mut failures = failures.iter().copied().filter(|status| *status >= 400);
    let chosen = match policy {
        FinalPolicy::Lowest => failures.min(),
        FinalPolicy::Highest => failures.max(),
        FinalPolicy::Last => failures.next_back(),
    };
    chosen.unwrap_or(480)
}

/// What a message carries as its session description.
pub(super) fn description(message: &Message) -> Option<Session> {
    message.body_of_type("application/sdp").map(|part| Session::parse(part.body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: FinalPolicy, failures: &[u16], expected: u16) {
        assert_eq!(choose(policy, failures), expected, "{policy:?} {failures:?}");
    }

    #[test]
    fn the_inviter_gets_one_of_the_failures() {
        check(FinalPolicy::Lowest, &[486, 404, 603], 404);
        check(FinalPolicy::Highest, &[486, 603, 404], 603);
        check(FinalPolicy::Last, &[486, 603, 404], 404);
        check(FinalPolicy::Lowest, &[302, 486], 486);
        check(FinalPolicy::Last, &[486, 302], 486);
        check(FinalPolicy::Lowest, &[302], 480);
    }
}
