//! The user who has his sessions recorded (IM 6.1.2.2.2 on 200 step 3): the History Function is invited before he hears
//! that his session is there.
//!
//! The texts leave open what the request is and what comes of it (the chapter that they name does not exist, and
//! 13.3.1.2 contradicts 7.2.1.2). Here it is an INVITE to the History Function in the user's name, with an offer to
//! send, and a session that lasts as long as the user's. A refusal costs the user his record and nothing else.

use super::b2bua::{B2bua, call_in};
use super::bridge::{BridgeId, Side};
use super::procedures::Happening;
use crate::stack::offer_answer::Local;
use crate::stack::ua::{Headers, InviteRequest, UaEvent};
use crate::time::Time;
use crate::wire::sdp::Direction;
use crate::wire::sip::{Message, Name};
use crate::wire::uri;

/// Invites the History Function, where the user's setting and an asserted identity ask for it.
pub(super) fn begin(b2bua: &mut B2bua, now: Time, id: BridgeId) {
    let Some(bridge) = b2bua.bridges.get(&id) else { return };
    let Some(invite) = b2bua.ua.invite_of(bridge.leg(Side::Caller).call).cloned() else { return };
    let Some(user) = b2bua.recorded(&invite) else { return };
    let mut leg = b2bua.new_leg(bridge.leg(Side::Caller).call);
    let own = Local { direction: Direction::SendOnly, ..b2bua.local(&leg) };
    let headers =
        [("Accept-Contact", format!("*;{}", b2bua.config.feature_tag)), ("P-Asserted-Identity", format!("<{user}>"))];
    let mut headers: Headers = headers.map(|(name, value)| (name.to_owned(), value)).into();
    // The core must not take it for a new session of the user, which would be recorded in its turn.
    headers.extend(b2bua.carried(&invite).into_iter().filter(|(name, _)| name == Name::Route.text()));
    let request = InviteRequest {
        request_uri: b2bua.config.history.clone(),
        from: format!("<{user}>"),
        to: format!("<{}>", b2bua.config.history),
        headers,
        body: Some(("application/sdp".to_owned(), leg.negotiation.offer(&own))),
        session_expires: None,
        destination: None,
    };
    let call = b2bua.ua.invite(now, request);
    b2bua.recordings.insert(call, id);
    if let Some(bridge) = b2bua.bridges.get_mut(&id) {
        bridge.recording = Some(call);
    }
}

/// Whether an event is about the session with the History Function.
pub(super) fn is_of(b2bua: &B2bua, event: &UaEvent) -> bool {
    call_in(event).is_some_and(|call| b2bua.recordings.contains_key(&call))
}

/// What comes of the invitation: only its end matters.
pub(super) fn answered(b2bua: &mut B2bua, _: Time, happening: Happening) {
    let Happening::Ua(event) = happening else { return };
    let over = matches!(
        event,
        UaEvent::Rejected { .. }
            | UaEvent::Failed { .. }
            | UaEvent::Bye { .. }
            | UaEvent::Ended { .. }
            | UaEvent::Cancelled { .. }
    );
    let gone = call_in(&event).filter(|_| over).and_then(|call| b2bua.recordings.remove(&call));
    if let Some(bridge) = gone.and_then(|id| b2bua.bridges.get_mut(&id)) {
        bridge.recording = None;
    }
}

impl B2bua {
    /// The identity asserted of the sender, where he has his sessions recorded.
    fn recorded(&self, invite: &Message) -> Option<String> {
        let mut asserted = invite.addresses(Name::PAssertedIdentity).map(|identity| identity.uri);
        asserted.find(|identity| self.config.recorded.iter().any(|user| uri::same(user, identity))).map(str::to_owned)
    }
}
