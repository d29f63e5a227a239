//! Modifying a session (IM 6.1.2.2.4 by the client, 6.1.3.2.2 towards it): the offer is looked at, goes on, and its
//! answer comes back. Until then everything stays as it was.

use bytes::Bytes;

use super::b2bua::B2bua;
use super::bridge::{BridgeId, Exchange, Side};
use super::procedures::Happening;
use super::{body, carry, establish, media};
use crate::stack::endpoint::TxId;
use crate::stack::offer_answer::{Local, Refusal};
use crate::stack::ua::{Headers, UaEvent};
use crate::time::Time;
use crate::wire::sdp::{self, Direction, Media, Session};
use crate::wire::sip::Message;

/// A re-INVITE or UPDATE of one side.
pub(super) fn asked(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Modification { call, tx, message }) = happening else { return };
    let Some((id, from)) = b2bua.bridge_of(call) else { return };
    let refuse = |b2bua: &mut B2bua, status| b2bua.ua.respond(now, tx, status, Headers::new(), None);
    if carry::hops(&message) == 0 {
        return refuse(b2bua, 483);
    }
    let offer = body::description(&message);
    if let Some(status) = offer.as_ref().and_then(|offer| b2bua.unacceptable(id, from, offer)) {
        return refuse(b2bua, status);
    }
    match b2bua.pass_on_modification(now, id, from, &message, offer.as_ref()) {
        Some(out) => {
            let Some(bridge) = b2bua.bridges.get_mut(&id) else { return };
            bridge.exchange = Some(Exchange::Modification { from, tx, offer, out, given_up: false });
        }
        // The other side is being modified itself (RFC 3261 §14.2).
        None => refuse(b2bua, 491),
    }
}

/// The other side's final response.
pub(super) fn answered(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::ModificationResult { call, tx: result, message }) = happening else { return };
    let Some((id, to)) = b2bua.bridge_of(call) else { return };
    let Some(bridge) = b2bua.bridges.get_mut(&id) else { return };
    let known = |exchange: &mut Exchange| matches!(exchange, Exchange::Modification { out, .. } if *out == result);
    let Some(Exchange::Modification { from, tx, offer, given_up, .. }) = bridge.exchange.take_if(known) else { return };
    let status = message.status().unwrap_or(500);
    if status >= 300 {
        bridge.leg_mut(to).negotiation.withdraw();
        return b2bua.ua.respond(now, tx, status, carry::of_response(&message), body::unchanged(&message));
    }
    let said = body::description(&message).unwrap_or_else(|| Session::parse(Bytes::new()));
    if given_up {
        return b2bua.keep_apart(now, id, to, offer.is_some(), &said);
    }
    let done = match offer {
        Some(offer) => b2bua.conclude(now, id, from, &offer, &said),
        None => b2bua.offer_back(id, from, said),
    };
    match done {
        Ok(sdp) => {
            let mut headers = carry::of_response(&message);
            headers.push(("Contact".to_owned(), b2bua.contact_for(&message)));
            b2bua.ua.respond(now, tx, status, headers, Some(body::with_description(&message, sdp)));
        }
        Err(refusal) => b2bua.ua.respond(now, tx, refusal.status(), Headers::new(), None),
    }
}

/// The other side never answered; its user agent ends that dialog.
pub(super) fn unanswered(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::RequestFailed { call: Some(call), why, .. }) = happening else { return };
    let Some((id, to)) = b2bua.bridge_of(call) else { return };
    let Some(bridge) = b2bua.bridges.get_mut(&id) else { return };
    bridge.leg_mut(to).negotiation.withdraw();
    if let Some(Exchange::Modification { tx, .. }) = bridge.exchange.take() {
        b2bua.ua.respond(now, tx, establish::status_of(why), Headers::new(), None);
    }
}

/// The side that asked gave up: so does this one. What the other side answers all the same holds there.
pub(super) fn cancelled(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::ModificationCancelled { call, tx: gone }) = happening else { return };
    let Some((id, _)) = b2bua.bridge_of(call) else { return };
    let Some(bridge) = b2bua.bridges.get_mut(&id) else { return };
    if let Some(Exchange::Modification { tx, out, given_up, .. }) = &mut bridge.exchange
        && *tx == gone
    {
        *given_up = true;
        b2bua.ua.cancel_modification(now, *out);
    }
}

/// The ACK for a 2xx, which holds the answer where the request had no offer (RFC 3264 §5).
pub(super) fn confirmed(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Confirmed { call, message }) = happening else { return };
    let Some((id, side)) = b2bua.bridge_of(call) else { return };
    let Some(bridge) = b2bua.bridges.get_mut(&id) else { return };
    let waits = |exchange: &mut Exchange| matches!(exchange, Exchange::Answer { from, .. } if *from == side);
    let Some(Exchange::Answer { theirs, .. }) = bridge.exchange.take_if(waits) else { return };
    let answer = body::description(&message).unwrap_or_else(|| Session::parse(Bytes::new()));
    let plan = bridge.leg_mut(side).negotiation.conclude(&answer);
    let good = plan.is_ok();
    if let Ok(plan) = plan {
        bridge.leg_mut(side).agree(plan);
    }
    if let Some(theirs) = theirs {
        let own = b2bua.said_on(id, side.other(), answer.msrp_media().as_ref());
        b2bua.answer_in_ack(now, id, side.other(), &theirs, own);
    }
    media::bring_up(b2bua, now, id);
    if !good {
        b2bua.ua.bye(now, call);
        super::release::end(b2bua, now, id, side);
    }
}

impl B2bua {
    /// The status that refuses an offer, before anything goes on (IM 6.1.2.2.4 step 1, 6.1.3.2.2 step 2).
    fn unacceptable(&self, id: BridgeId, from: Side, offer: &Session) -> Option<u16> {
        let bridge = self.bridges.get(&id)?;
        if let Some(refusal) = self.cannot_pass_on(bridge.leg(from), offer) {
            return Some(refusal.status());
        }
        // What the client takes it has said. What anybody else takes now is his to say.
        let plan = bridge.leg(from.other()).plan.as_ref().filter(|_| bridge.client == from.other())?;
        let media = offer.msrp_media()?;
        let known = |theirs: &str| {
            plan.peer_accept_types.iter().any(|ours| sdp::accepts(theirs, ours) || sdp::accepts(ours, theirs))
        };
        (!media.accept_types().any(known)).then_some(488)
    }

    /// Sends the modification on within the other dialog: by UPDATE only where that side has said that it knows it.
    fn pass_on_modification(
        &mut self,
        now: Time,
        id: BridgeId,
        from: Side,
        message: &Message,
        offer: Option<&Session>,
    ) -> Option<TxId> {
        let mut headers = self.carried(message);
        headers.push(("Contact".to_owned(), self.contact_for(message)));
        let bridge = self.bridges.get(&id).filter(|bridge| bridge.is_at_rest())?;
        let leg = bridge.leg(from.other());
        let call = leg.call;
        let update = message.method() == "UPDATE" && self.ua.peer_updates(call);
        let content = match offer.and_then(Session::msrp_media) {
            Some(media) => {
                let own = body::said_by(&media, self.local(leg));
                let sdp = self.bridges.get_mut(&id)?.leg_mut(from.other()).negotiation.offer(&own);
                Some(body::with_description(message, sdp))
            }
            None => None,
        };
        let out = match update {
            true => self.ua.update(now, call, headers, content),
            false => self.ua.reinvite(now, call, headers, content),
        };
        if out.is_none()
            && let Some(bridge) = self.bridges.get_mut(&id)
        {
            bridge.leg_mut(from.other()).negotiation.withdraw();
        }
        out
    }

    /// Takes the answer of one side, answers the other with it, and puts both into effect.
    fn conclude(
        &mut self,
        now: Time,
        id: BridgeId,
        from: Side,
        offer: &Session,
        said: &Session,
    ) -> Result<Bytes, Refusal> {
        let own = self.said_on(id, from, said.msrp_media().as_ref()).ok_or(Refusal::NoMsrp)?;
        let Some(bridge) = self.bridges.get_mut(&id) else { return Err(Refusal::NoMsrp) };
        let plan = bridge.leg_mut(from.other()).negotiation.conclude(said).map_err(|_| Refusal::NoMsrp)?;
        let answer = bridge.leg_mut(from).negotiation.answer(offer, &own)?;
        bridge.leg_mut(from.other()).agree(plan);
        bridge.leg_mut(from).agree(answer.plan);
        media::bring_up(self, now, id);
        Ok(answer.sdp)
    }

    /// The other side's 2xx holds its offer: it goes to the side that asked for one, and its ACK will answer it.
    fn offer_back(&mut self, id: BridgeId, from: Side, said: Session) -> Result<Bytes, Refusal> {
        let own = self.said_on(id, from, said.msrp_media().as_ref()).ok_or(Refusal::NoMsrp)?;
        let Some(bridge) = self.bridges.get_mut(&id) else { return Err(Refusal::NoMsrp) };
        let sdp = bridge.leg_mut(from).negotiation.offer(&own);
        bridge.exchange = Some(Exchange::Answer { from, theirs: Some(said) });
        Ok(sdp)
    }

    /// The side `to` accepted what the other side had given up by then: it holds there, and nothing changes for the other.
    fn keep_apart(&mut self, now: Time, id: BridgeId, to: Side, offered: bool, said: &Session) {
        if !offered {
            let own = self.said_on(id, to, None);
            self.answer_in_ack(now, id, to, said, own);
        } else if let Some(bridge) = self.bridges.get_mut(&id)
            && let Ok(plan) = bridge.leg_mut(to).negotiation.conclude(said)
        {
            bridge.leg_mut(to).agree(plan);
        }
        media::bring_up(self, now, id);
    }

    /// What is said on a leg where the other one says that of its medium, or has said what holds there.
    fn said_on(&self, id: BridgeId, side: Side, media: Option<&Media<'_>>) -> Option<Local> {
        let bridge = self.bridges.get(&id)?;
        let own = self.local(bridge.leg(side));
        if let Some(media) = media {
            return Some(body::said_by(media, own));
        }
        let plan = bridge.leg(side.other()).plan.as_ref()?;
        Some(Local {
            accept_types: plan.peer_accept_types.clone(),
            wrapped_types: plan.peer_wrapped_types.clone(),
            direction: Direction::new(plan.may_receive, plan.may_send),
            max_size: plan.max_size,
            ..own
        })
    }

    /// Acknowledges a 2xx with the answer to the offer in it.
    fn answer_in_ack(&mut self, now: Time, id: BridgeId, side: Side, offer: &Session, own: Option<Local>) {
        let (Some(bridge), Some(own)) = (self.bridges.get_mut(&id), own) else { return };
        let call = bridge.leg(side).call;
        match bridge.leg_mut(side).negotiation.answer(offer, &own) {
            Ok(answer) => {
                self.ua.ack(now, call, Some(("application/sdp".to_owned(), answer.sdp)));
                bridge.leg_mut(side).agree(answer.plan);
            }
            Err(_) => self.ua.ack(now, call, None),
        }
    }
}
