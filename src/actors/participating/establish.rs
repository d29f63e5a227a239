//! Setting a session up (IM 6.1.2.2.2): the invitation and its responses from one leg to the other.

use super::b2bua::B2bua;
use super::bridge::{Bridge, BridgeId, Exchange, Leg, Side};
use super::procedures::Happening;
use super::{body, carry, media};
use crate::stack::endpoint::{TxId, resolve};
use crate::stack::offer_answer::{Local, MediaPlan, Refusal};
use crate::stack::ua::{CallId, Failure, Headers, InviteRequest, UaEvent};
use crate::time::Time;
use crate::wire::sdp::Session;
use crate::wire::sip::{Message, Name, NameAddr};
use crate::wire::uri;

/// An initial INVITE: a new one goes to the other side (step 1).
pub(super) fn invited(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Incoming { call, message, .. }) = happening else { return };
    if carry::hops(&message) == 0 {
        return b2bua.ua.answer(now, call, 483, Headers::new(), None);
    }
    let caller = b2bua.new_leg(call);
    let offer = body::description(&message);
    if let Some(refusal) = offer.as_ref().and_then(|offer| b2bua.cannot_pass_on(&caller, offer)) {
        return b2bua.ua.answer(now, call, refusal.status(), Headers::new(), None);
    }
    let mut called = b2bua.new_leg(call);
    let own = b2bua.local(&called);
    // Who answers may connect before his answer is here.
    b2bua.msrp.expect(&own.uri());
    let said = offer.as_ref().and_then(|offer| offer.msrp_media().map(|media| body::said_by(&media, own.clone())));
    let sdp = called.negotiation.offer(&said.unwrap_or(own));
    let mut headers = b2bua.carried(&message);
    b2bua.map_headers(&mut headers);
    headers.push(("Contact".to_owned(), b2bua.contact_for(&message)));
    let content = b2bua.map_list(body::with_description(&message, sdp));
    called.call = b2bua.ua.invite(
        now,
        InviteRequest {
            request_uri: message.request_uri().unwrap_or_default().to_owned(),
            from: carry::untagged(&message, Name::From),
            to: carry::untagged(&message, Name::To),
            headers,
            body: Some(content),
            session_expires: None,
            destination: None,
        },
    );
    let client = if b2bua.serves_sender_of(&message) { Side::Caller } else { Side::Called };
    let sender = message.addresses(Name::PAssertedIdentity).next().or_else(|| message.from());
    let parties = [sender.map_or("", |sender| sender.uri), message.request_uri().unwrap_or_default()];
    let id = b2bua.join(Bridge::new(caller, called, client, parties.map(str::to_owned)));
    b2bua.ring(now, id);
}

/// A provisional response goes on. An answer in it would not be reliable, so it has no body (RFC 3261 §13.2.1).
pub(super) fn ringing(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Provisional { call, message }) = happening else { return };
    let Some((id, Side::Called)) = b2bua.bridge_of(call) else { return };
    b2bua.ring(now, id);
    b2bua.pass_on_response(now, id, &message, None);
}

/// The other side accepted: so does this function, with a path of its own (on 200, steps 1 to 6).
pub(super) fn accepted(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Answered { call, message }) = happening else { return };
    let Some((id, Side::Called)) = b2bua.bridge_of(call) else { return };
    b2bua.stop_ringing(id);
    let answer = body::description(&message).unwrap_or_else(|| Session::parse(bytes::Bytes::new()));
    let Some(bridge) = b2bua.bridges.get_mut(&id) else { return };
    let Ok(plan) = bridge.leg_mut(Side::Called).negotiation.conclude(&answer) else {
        // The session is acknowledged, and ended as it cannot be used (RFC 3261 §13.2.2.4).
        return b2bua.fail(now, id, 502);
    };
    super::history::begin(b2bua, now, id);
    match b2bua.answer_caller(id, &answer) {
        Ok((sdp, theirs)) => {
            if let Some(bridge) = b2bua.bridges.get_mut(&id) {
                bridge.leg_mut(Side::Called).agree(plan);
                match theirs {
                    Some(theirs) => bridge.leg_mut(Side::Caller).agree(theirs),
                    None => bridge.exchange = Some(Exchange::Answer { from: Side::Caller, theirs: None }),
                }
                bridge.established = true;
            }
            media::bring_up(b2bua, now, id);
            b2bua.pass_on_response(now, id, &message, Some(sdp));
        }
        Err(refusal) => b2bua.fail(now, id, refusal.status()),
    }
}

/// Any other final response goes on as it is.
pub(super) fn refused(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Rejected { call, message }) = happening else { return };
    let Some((id, Side::Called)) = b2bua.bridge_of(call) else { return };
    b2bua.pass_on_response(now, id, &message, None);
    b2bua.part(id);
}

/// No response at all (RFC 3261 §8.1.3.1, and §16.9 for what cannot be reached).
pub(super) fn unanswered(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Failed { call, why }) = happening else { return };
    let Some((id, _)) = b2bua.bridge_of(call) else { return };
    b2bua.fail(now, id, status_of(why));
}

/// The called side rings for ever: it is cancelled, as by a proxy (RFC 3261 §16.8).
pub(super) fn rang_too_long(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::RangTooLong(id) = happening else { return };
    b2bua.stop_ringing(id);
    b2bua.fail(now, id, 408);
}

/// The status that tells of a failure further on.
pub(super) fn status_of(why: Failure) -> u16 {
    match why {
        Failure::Timeout => 408,
        Failure::Transport => 500,
    }
}

impl B2bua {
    /// Whether a call is the called side of a session that is not established.
    pub(super) fn is_inviting(&self, call: CallId) -> bool {
        let bridge = self.bridge_of(call).filter(|(_, side)| *side == Side::Called);
        bridge.and_then(|(id, _)| self.bridges.get(&id)).is_some_and(|bridge| !bridge.established)
    }

    /// Whether a request that went on within `call` is a modification that waits for its answer.
    pub(super) fn is_modifying(&self, call: CallId, tx: TxId) -> bool {
        let bridge = self.bridge_of(call).and_then(|(id, _)| self.bridges.get(&id));
        let exchange = bridge.and_then(|bridge| bridge.exchange.as_ref());
        exchange.is_some_and(|exchange| matches!(exchange, Exchange::Modification { out, .. } if *out == tx))
    }

    /// The headers of a request that go on with it.
    pub(super) fn carried(&self, message: &Message) -> Headers {
        let config = self.ua.endpoint().config();
        let own =
            |route: &str| resolve(NameAddr::parse(route).uri, &config.names).is_some_and(|(at, _)| at == config.local);
        carry::of_request(message, own)
    }

    pub(super) fn contact_for(&self, message: &Message) -> String {
        carry::contact(&self.ua.profile.contact, message)
    }

    /// Why an offer cannot go on: there is no MSRP in it that this function could stand in.
    pub(super) fn cannot_pass_on(&self, leg: &Leg, offer: &Session) -> Option<Refusal> {
        let own = self.local(leg);
        let own = match offer.msrp_media() {
            Some(media) => Local { accept_types: media.accept_types().map(str::to_owned).collect(), ..own },
            None => own,
        };
        leg.negotiation.clone().answer(offer, &own).err()
    }

    /// Answers the offer of the caller with what the called side said, or, where he made none, makes him one.
    fn answer_caller(&mut self, id: BridgeId, said: &Session) -> Result<(bytes::Bytes, Option<MediaPlan>), Refusal> {
        let Some(bridge) = self.bridges.get(&id) else { return Err(Refusal::NoMsrp) };
        let leg = bridge.leg(Side::Caller);
        let offer = self.ua.invite_of(leg.call).and_then(|invite| body::description(invite));
        let media = said.msrp_media().ok_or(Refusal::NoMsrp)?;
        let own = body::said_by(&media, self.local(leg));
        let Some(bridge) = self.bridges.get_mut(&id) else { return Err(Refusal::NoMsrp) };
        let negotiation = &mut bridge.leg_mut(Side::Caller).negotiation;
        match offer {
            Some(offer) => negotiation.answer(&offer, &own).map(|answer| (answer.sdp, Some(answer.plan))),
            None => Ok((negotiation.offer(&own), None)),
        }
    }

    /// Answers the caller as the called side answered.
    fn pass_on_response(&mut self, now: Time, id: BridgeId, message: &Message, sdp: Option<bytes::Bytes>) {
        let Some(bridge) = self.bridges.get(&id) else { return };
        let call = bridge.leg(Side::Caller).call;
        let status = message.status().unwrap_or(500);
        let mut headers = carry::of_response(message);
        if status < 300 {
            headers.push(("Contact".to_owned(), self.contact_for(message)));
        }
        let content = match sdp {
            Some(sdp) => Some(body::with_description(message, sdp)),
            None if status >= 300 => body::unchanged(message),
            None => None,
        };
        self.ua.answer(now, call, status, headers, content);
    }

    /// Ends a session that is not established with the caller: he gets that status, the called side CANCEL or BYE.
    fn fail(&mut self, now: Time, id: BridgeId, status: u16) {
        let Some(bridge) = self.part(id) else { return };
        self.ua.answer(now, bridge.leg(Side::Caller).call, status, Headers::new(), None);
        self.ua.bye(now, bridge.leg(Side::Called).call);
        if let Some(recording) = bridge.recording {
            self.ua.bye(now, recording);
        }
    }

    /// The called side rings: it has time C from now on.
    fn ring(&mut self, now: Time, id: BridgeId) {
        let until = now + self.ua.endpoint().config().timers.c;
        self.stop_ringing(id);
        if let Some(bridge) = self.bridges.get_mut(&id) {
            bridge.rings_until = Some(until);
            self.ringing.insert((until, id));
        }
    }

    fn stop_ringing(&mut self, id: BridgeId) {
        if let Some(at) = self.bridges.get_mut(&id).and_then(|bridge| bridge.rings_until.take()) {
            self.ringing.remove(&(at, id));
        }
    }

    /// Whether the request comes from a user whom this function serves; else it is for one.
    fn serves_sender_of(&self, message: &Message) -> bool {
        let asserted = message.addresses(Name::PAssertedIdentity);
        let from = message.from().into_iter();
        asserted.chain(from).any(|sender| self.config.serves.iter().any(|user| uri::same(user, sender.uri)))
    }
}
