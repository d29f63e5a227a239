//! Modifying the media of a participant: by himself (IM 7.2.1.5), and by the server (IM 7.2.2.6).

use super::conference::{ConferenceId, ParticipantId, Purpose, Standing};
use super::procedures::Happening;
use super::{ControllingFunction, applicant, join, media, setup};
use crate::stack::offer_answer::{Local, MediaPlan};
use crate::stack::ua::UaEvent;
use crate::time::Time;
use crate::wire::sdp::Session;

/// A re-INVITE or UPDATE of a participant: taken out of what he offers, or refused with all as it was.
pub(super) fn modification(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Modification { call, tx, message }) = happening else { return };
    let Some((id, who)) = server.at_call(call) else { return server.ua.respond(now, tx, 481, Vec::new(), None) };
    let Some(conference) = server.conferences.get(&id) else { return };
    let headers = server.response_headers(conference, Some(&message));
    // Nobody is invited by a list in a modification (RFC 5366 §5.1).
    if message.body_of_type("application/resource-lists+xml").is_some() {
        let unsupported = vec![("Unsupported".to_owned(), "recipient-list-invite".to_owned())];
        return server.ua.respond(now, tx, 420, unsupported, None);
    }
    let Some(participant) = server.participant(id, who) else { return };
    let Some(offer) = setup::description(&message) else {
        let sdp = participant.negotiation.offer(&participant.local);
        let body = Some(("application/sdp".to_owned(), sdp));
        return server.ua.respond(now, tx, 200, headers, body);
    };
    let mut local = participant.local.clone();
    let offered: Vec<String> = offer.msrp_media().iter().flat_map(|m| m.accept_types()).map(str::to_owned).collect();
    local.accept_types = media::common(offered, &local.accept_types);
    match participant.negotiation.answer(&offer, &local) {
        Ok(answer) => {
            participant.takes_private = applicant::takes_private(&offer);
            if let Some(contact) = message.contact() {
                participant.contact = contact.uri.to_owned();
            }
            let types = local.accept_types.clone();
            server.adopt(now, id, who, local, &answer.plan);
            let body = Some(("application/sdp".to_owned(), answer.sdp));
            server.ua.respond(now, tx, 200, headers, body);
            server.update_others(now, id, who, types, &offer);
        }
        Err(refusal) => server.ua.respond(now, tx, refusal.status(), headers, None),
    }
}

/// The ACK to a 2xx: where that held the offer, the ACK holds the answer.
pub(super) fn confirmed(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Confirmed { call, message }) = happening else { return };
    let Some((id, who)) = server.at_call(call) else { return };
    let Some(participant) = server.participant(id, who).filter(|p| p.negotiation.is_offering()) else { return };
    // An offer of the server's own that is on its way waits for its own answer.
    if participant.modifying.is_some() {
        return;
    }
    let answer = setup::description(&message).unwrap_or_else(|| Session::parse(Default::default()));
    match participant.negotiation.conclude(&answer) {
        Ok(plan) => {
            let local = participant.local.clone();
            server.adopt(now, id, who, local, &plan);
        }
        Err(_) => {
            server.expel(now, id, who, "failed");
            server.look_at_end(now, id);
        }
    }
}

/// The final response to a modification by the server: only with a 2xx something changes (IM 7.2.2.6).
pub(super) fn modified(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::ModificationResult { call, message, .. }) = happening else { return };
    let Some((id, who)) = server.at_call(call) else { return };
    let Some(participant) = server.participant(id, who) else { return };
    let Some(local) = participant.modifying.take() else { return };
    if message.status().is_none_or(|status| status >= 300) {
        return participant.negotiation.withdraw();
    }
    let answer = setup::description(&message).unwrap_or_else(|| Session::parse(Default::default()));
    match participant.negotiation.conclude(&answer) {
        Ok(plan) => server.adopt(now, id, who, local, &plan),
        Err(_) => {
            server.expel(now, id, who, "failed");
            server.look_at_end(now, id);
        }
    }
}

impl ControllingFunction {
    /// Asks a participant for the media of the conference as they are now: by UPDATE where he takes it (IM 7.2.2.6).
    fn modify(&mut self, now: Time, id: ConferenceId, who: ParticipantId) {
        let Some(conference) = self.conferences.get_mut(&id) else { return };
        let Some(before) = conference.participants.get(&who).map(|p| p.local.clone()) else { return };
        let local = media::towards(&self.config, conference, before.session_id, before.direction);
        let Some(participant) = conference.participants.get_mut(&who) else { return };
        let connected = participant.standing == Standing::Connected && !participant.negotiation.is_offering();
        if !connected {
            return;
        }
        let (call, sdp) = (participant.call, participant.negotiation.offer(&local));
        participant.modifying = Some(local);
        let contact = vec![self.contact(&self.conferences[&id])];
        let body = Some(("application/sdp".to_owned(), sdp));
        let sent = match self.ua.peer_updates(call) {
            true => self.ua.update(now, call, contact, body),
            false => self.ua.reinvite(now, call, contact, body),
        };
        if let (None, Some(participant)) = (sent, self.participant(id, who)) {
            participant.negotiation.withdraw();
            participant.modifying = None;
        }
    }

    /// Takes on to the others what one participant changed, where that is the policy (IM 7.2.1.5 NOTE).
    fn update_others(&mut self, now: Time, id: ConferenceId, who: ParticipantId, types: Vec<String>, offer: &Session) {
        if !self.config.updates_others {
            return;
        }
        let Some(conference) = self.conferences.get_mut(&id).filter(|c| c.purpose == Purpose::Chat) else { return };
        let before = conference.media.clone();
        conference.media.types = types;
        if let Some(theirs) =
            offer.msrp_media().map(|m| m.accept_wrapped_types().map(str::to_owned).collect::<Vec<_>>())
            && !theirs.is_empty()
        {
            conference.media.wrapped = media::common(theirs, &conference.media.wrapped);
        }
        if before.types == conference.media.types && before.wrapped == conference.media.wrapped {
            return;
        }
        let others: Vec<ParticipantId> = conference.connected().map(|(other, _)| other).filter(|o| *o != who).collect();
        for other in others {
            self.modify(now, id, other);
        }
    }

    /// Goes over to what was agreed on anew.
    fn adopt(&mut self, now: Time, id: ConferenceId, who: ParticipantId, local: Local, plan: &MediaPlan) {
        let Some(conference) = self.conferences.get_mut(&id) else { return };
        let Some(participant) = conference.participants.get_mut(&who) else { return };
        participant.local = local;
        participant.plan = Some(plan.clone());
        match participant.session {
            Some(session) => {
                let config = join::session_config(&participant.local, plan, &conference.media.types);
                self.msrp.modify(now, session, config);
            }
            None => self.open(now, id, who, plan),
        }
    }
}
