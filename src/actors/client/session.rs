//! Sessions: inviting to one, messages in it, and its modification by either side (IM 7.1.1.2, 7.1.2.2, 7.1.3.2).

use bytes::Bytes;

use super::conference::{self, Room};
use super::procedures::Happening;
use super::send::{self, SESSION_EXPIRES};
use super::transfer::{self, News};
use super::{ACCEPTS, Call, Client, Later, Medium, Purpose, file};
use crate::actors::act::{Act, Offer};
use crate::stack::offer_answer::{Local, MediaPlan};
use crate::stack::ua::{Body, CallId, InviteRequest, UaEvent};
use crate::time::Time;
use crate::wire::mime::Part;
use crate::wire::sdp::{self, Media, Session};
use crate::wire::sip::Message;

/// A session that the user wants.
pub(super) struct Establishment {
    pub request_uri: String,
    /// Whom a conference factory shall invite.
    pub list: Option<Part>,
    /// The conference that it is, as far as it is known already.
    pub room: Option<Room>,
}

/// The user invites somebody (IM 7.1.1.2).
pub(super) fn invite(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Act(Act::Invite { to }) = happening else { return };
    establish(client, now, Establishment { request_uri: to, list: None, room: None });
}

/// Sends the INVITE for a session of either kind.
pub(super) fn establish(client: &mut Client, now: Time, wanted: Establishment) {
    let Establishment { request_uri, list, room } = wanted;
    let anonymous = room.as_ref().is_some_and(|room| room.anonymous);
    let mut local = client.local();
    if room.is_some() {
        conference::describe(&mut local);
    }
    let mut negotiation = client.negotiation();
    let sdp = negotiation.offer(&local);
    let mut headers = client.initial_headers(anonymous);
    if list.is_some() {
        headers.push(("Require".to_owned(), "recipient-list-invite".to_owned()));
    }
    let body = send::body_of_invite(client, sdp, list, Vec::new());
    let request = InviteRequest {
        to: format!("<{request_uri}>"),
        request_uri,
        from: client.from(anonymous),
        headers,
        body: Some(body),
        session_expires: Some(SESSION_EXPIRES),
        destination: None,
    };
    let id = client.ua.invite(now, request);
    client.calls.insert(id, Call { room, ..Call::new(Purpose::Session, negotiation, vec![Medium::new(0, local)]) });
}

/// The 200: the session is there, and the user plane is brought up.
pub(super) fn accepted(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Answered { call: id, message }) = happening else { return };
    let Some(call) = client.calls.get_mut(&id) else { return };
    match call.negotiation.conclude(&Session::parse(description(&message).unwrap_or_default())) {
        Ok(plan) => {
            client.open(now, id, vec![Some(plan)]);
            conference::entered(client, now, id, &message);
            client.tell(now, "session", message.to().map(|to| to.uri.to_owned()).unwrap_or_default());
        }
        // The answer is no use: the session is acknowledged and then ended (RFC 3261 §13.2.2.4).
        Err(_) => send::give_up(client, now, id, "no usable answer"),
    }
}

/// The user sends a message in the session (IM 7.1.3.2). Nothing is sent that the other side does not want.
pub(super) fn message(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Act(Act::Message(sending)) = happening else { return };
    let open = client.calls.iter().rfind(|(_, call)| call.is_session() && call.session().is_some() && !call.leaving);
    let Some((id, call)) = open else { return client.tell(now, "failed", "there is no session") };
    let (id, session, plan) = (*id, call.session(), call.media.first().and_then(|medium| medium.plan.clone()));
    for envelope in conference::envelopes(client, call, &sending.to) {
        let wraps = envelope.is_some();
        let body = send::outgoing(client, now, &sending, envelope);
        let wanted = plan.as_ref().is_some_and(|plan| {
            let fits = plan.max_size.is_none_or(|most| body.body.len() as u64 <= most);
            let types = &plan.peer_accept_types;
            let inner = if sending.content_type.is_empty() { "text/plain" } else { &sending.content_type };
            let inner = if sending.external.is_some() { "message/external-body" } else { inner };
            let known = |kind: &str| types.iter().any(|entry| sdp::accepts(entry, kind));
            let wrapped = !wraps || known(inner) || plan.peer_wrapped_types.iter().any(|e| sdp::accepts(e, inner));
            plan.may_send && fits && known(&body.content_type) && wrapped
        });
        let (true, Some(session)) = (wanted, session) else {
            client.tell(now, "failed", body.message_id);
            continue;
        };
        if let Some(call) = client.calls.get_mut(&id) {
            call.under_way += 1;
        }
        client.msrp.send(now, session, body);
    }
}

/// The user asks for the session to be modified.
pub(super) fn modify(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Act(Act::Modify(how)) = happening else { return };
    let Some((id, call)) = client.calls.iter().find(|(_, c)| c.session().is_some()) else { return };
    let (id, media) = (*id, call.media.len());
    let fresh: Vec<_> = match how.offer {
        Offer::NewPath => (0..media).map(|_| client.next_session()).collect(),
        Offer::Same | Offer::None => Vec::new(),
    };
    let Some(call) = client.calls.get_mut(&id) else { return };
    let mut before = Vec::new();
    for (medium, fresh) in call.media.iter_mut().zip(fresh) {
        let (session_id, through) = fresh;
        before.push((
            std::mem::replace(&mut medium.local.session_id, session_id),
            std::mem::replace(&mut medium.local.through, through),
        ));
    }
    // Who answers may use the new path before his answer is here.
    if how.offer == Offer::NewPath {
        call.media.iter().for_each(|medium| client.msrp.expect(&medium.local.uri()));
    }
    let body = (how.offer != Offer::None).then(|| described(offer_again(call)));
    let headers = client.response_headers();
    let sent = match how.update {
        true => client.ua.update(now, id, headers, body),
        false => client.ua.reinvite(now, id, headers, body),
    };
    let Some(call) = client.calls.get_mut(&id) else { return };
    call.modifying = sent.is_some();
    if sent.is_none() {
        call.negotiation.withdraw();
        for (medium, before) in call.media.iter_mut().zip(before) {
            (medium.local.session_id, medium.local.through) = before;
        }
        // MSRP may be quicker than the ACK through the core.
        call.wanted = client.ua.awaits_ack(id).then_some(how);
    }
}

/// The final response to a modification by this side. What was refused leaves the session as it was (RFC 3261 §14.1).
pub(super) fn modified(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::ModificationResult { call: id, message, .. }) = happening else { return };
    let Some(call) = client.calls.get_mut(&id) else { return };
    call.modifying = false;
    let good = message.status().is_some_and(|status| status < 300);
    if call.negotiation.is_offering() {
        if !good {
            call.negotiation.withdraw();
            // A file that nobody takes, or one that is not to come any more.
            if call.media.iter().any(|medium| medium.anew || medium.local.closed) {
                client.leave(now, id);
            }
            return;
        }
        conclude(client, now, id, &message);
    } else if good && message.method() == "INVITE" {
        // The 2xx holds the offer, and the ACK the answer (RFC 3261 §13.2.1).
        let offer = Session::parse(description(&message).unwrap_or_default());
        let places: Vec<usize> = call.media.iter().map(|medium| medium.place).collect();
        let own: Vec<Option<Local>> = call.media.iter().map(|medium| Some(medium.local.clone())).collect();
        match call.negotiation.answer_each(&offer, &placed(&places, &own)) {
            Ok(answers) => {
                client.ua.ack(now, id, Some(described(answers.sdp)));
                client.adopt(now, id, of_places(&places, answers.plans));
            }
            Err(_) => {
                client.ua.ack(now, id, None);
                client.leave(now, id);
            }
        }
    }
}

/// A re-INVITE or UPDATE of the peer: what of it can be had is taken, else it is refused with 488 and all stays as it
/// is (IM 7.1.2.2).
pub(super) fn modification(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Modification { call: id, tx, message }) = happening else { return };
    let headers = client.response_headers();
    let keeps_media = client.config.switches.keeps_media;
    let Some(call) = client.calls.get_mut(&id) else { return client.ua.respond(now, tx, 481, headers, None) };
    let Some(offer) = description(&message) else {
        let sdp = offer_again(call);
        return client.ua.respond(now, tx, 200, headers, Some(described(sdp)));
    };
    let offer = Session::parse(offer);
    match transfer::news(call, &offer) {
        News::None => {}
        News::Busy => return client.ua.respond(now, tx, 488, headers, None),
        News::Another => transfer::renew(client, now, id, &offer),
    }
    let Some(call) = client.calls.get_mut(&id) else { return };
    let places: Vec<usize> = call.media.iter().map(|medium| medium.place).collect();
    let changed =
        |medium: &Medium| Local { accept_types: common_types(offer.media().nth(medium.place)), ..medium.local.clone() };
    let contradicted = |medium: &Medium| {
        offer.media().nth(medium.place).is_some_and(|offered| file::contradicts(&medium.local, &offered))
    };
    let own: Vec<Option<Local>> = call.media.iter().map(|m| (!contradicted(m)).then(|| changed(m))).collect();
    match call.negotiation.answer_each(&offer, &placed(&places, &own)) {
        Ok(answers) => {
            for (medium, own) in call.media.iter_mut().zip(own) {
                medium.local = own.unwrap_or_else(|| medium.local.clone());
            }
            if !keeps_media {
                client.adopt(now, id, of_places(&places, answers.plans));
            }
            client.ua.respond(now, tx, 200, headers, Some(described(answers.sdp)));
        }
        Err(refusal) => {
            let aborted = own.iter().any(Option::is_none);
            client.ua.respond(now, tx, refusal.status(), headers, None);
            if aborted {
                client.leave(now, id);
            }
        }
    }
}

/// The ACK to a 2xx: where that held the offer, the ACK holds the answer. A modification that waited for it is asked for.
pub(super) fn confirmed(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Confirmed { call: id, message }) = happening else { return };
    let Some(call) = client.calls.get_mut(&id) else { return };
    if call.negotiation.is_offering() && !conclude(client, now, id, &message) {
        return;
    }
    if let Some(how) = client.calls.get_mut(&id).and_then(|call| call.wanted.take()) {
        modify(client, now, Happening::Act(Act::Modify(how)));
    }
}

/// Offers the media that the call has.
pub(super) fn offer_again(call: &mut Call) -> Bytes {
    let own: Vec<&Local> = call.media.iter().map(|medium| &medium.local).collect();
    call.negotiation.offer_all(&own)
}

/// Goes over to what the answer to an own offer says, or ends the session where that leaves no medium; says which.
fn conclude(client: &mut Client, now: Time, id: CallId, answer: &Message) -> bool {
    let Some(call) = client.calls.get_mut(&id) else { return false };
    let answer = Session::parse(description(answer).unwrap_or_default());
    let plans: Vec<Option<MediaPlan>> = call.negotiation.conclude_all(&answer).into_iter().map(Result::ok).collect();
    let good = plans.iter().any(Option::is_some);
    // Who had a transfer closed leaves the end of the session to its sender.
    let closed = call.media.iter().any(|medium| medium.local.closed);
    match good {
        true => client.adopt(now, id, plans),
        false if closed => client.postpone(now + send::REPORT_WAIT, Later::Release(id)),
        false => client.leave(now, id),
    }
    good
}

/// This side of the media, each at the place of its `m=` line.
fn placed<'a>(places: &[usize], own: &'a [Option<Local>]) -> Vec<Option<&'a Local>> {
    let lines = places.iter().max().map_or(0, |last| last + 1);
    (0..lines).map(|line| places.iter().position(|place| *place == line).and_then(|at| own[at].as_ref())).collect()
}

/// The plans of the media at these places.
fn of_places(places: &[usize], plans: Vec<Option<MediaPlan>>) -> Vec<Option<MediaPlan>> {
    places.iter().map(|place| plans.get(*place).cloned().flatten()).collect()
}

/// The media types that both sides know, by what the other one offers; all own ones where that is none of them.
fn common_types(offered: Option<Media<'_>>) -> Vec<String> {
    let own = || ACCEPTS.iter().map(|own| (*own).to_owned());
    let Some(media) = offered else { return own().collect() };
    let common: Vec<String> =
        own().filter(|own| media.accept_types().any(|theirs| sdp::accepts(theirs, own))).collect();
    if common.is_empty() { own().collect() } else { common }
}

pub(super) fn described(sdp: Bytes) -> Body {
    ("application/sdp".to_owned(), sdp)
}

fn description(message: &Message) -> Option<Bytes> {
    message.body_of_type("application/sdp").map(|part| part.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(offered: &str, expected: &[&str]) {
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
             a=accept-types:{offered}\r\na=path:msrp://127.0.0.1:2855/s;tcp\r\n"
        );
        assert_eq!(common_types(Session::parse(sdp.into()).media().next()), expected, "{offered}");
    }

    #[test]
    fn what_is_taken_of_an_offer_is_what_both_sides_know() {
        check("text/plain application/x-unseen", &["text/plain"]);
        check("text/* message/cpim", &["message/cpim", "text/plain", "text/html"]);
        check("*", ACCEPTS);
        check("application/x-unseen", ACCEPTS);
    }
}
