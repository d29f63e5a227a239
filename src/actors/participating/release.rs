//! The end of a session on one leg is its end on the other; and what else is said within its dialogs.

use super::b2bua::B2bua;
use super::bridge::{BridgeId, Exchange, Side};
use super::procedures::Happening;
use super::{body, carry, establish};
use crate::stack::endpoint::TxId;
use crate::stack::ua::{CallId, Headers, UaEvent};
use crate::time::Time;

/// Requests within the dialogs of one session that may wait for their answers.
const MOST_WAITING: usize = 64;

/// One side has left, has given its invitation up, or its dialog is over for another reason.
pub(super) fn left(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(event) = happening else { return };
    let Some((id, side)) = super::b2bua::call_in(&event).and_then(|call| b2bua.bridge_of(call)) else { return };
    end(b2bua, now, id, side);
}

/// Ends a session on the other side of `gone` too: with CANCEL, BYE or a refusal, as it stands there.
pub(super) fn end(b2bua: &mut B2bua, now: Time, id: BridgeId, gone: Side) {
    let Some(bridge) = b2bua.part(id) else { return };
    let call = bridge.leg(gone.other()).call;
    // What that side asked for gets no other answer any more (RFC 3261 §15.1.2).
    if let Some(Exchange::Modification { tx, from, .. }) = &bridge.exchange
        && *from != gone
    {
        b2bua.ua.respond(now, *tx, 487, Headers::new(), None);
    }
    b2bua.ua.bye(now, call);
    if let Some(recording) = bridge.recording {
        b2bua.ua.bye(now, recording);
    }
}

/// Any other request within the dialog goes on within the other one.
pub(super) fn passed_on(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Request { tx, call: Some(call), message }) = happening else { return };
    let Some((id, side)) = b2bua.bridge_of(call) else { return };
    if carry::hops(&message) == 0 {
        return b2bua.ua.respond(now, tx, 483, Headers::new(), None);
    }
    let headers = b2bua.carried(&message);
    let Some(bridge) = b2bua.bridges.get_mut(&id).filter(|bridge| bridge.waiting.len() < MOST_WAITING) else {
        return b2bua.ua.respond(now, tx, 503, Headers::new(), None);
    };
    let other = bridge.leg(side.other()).call;
    match b2bua.ua.request_within(now, other, message.method(), headers, body::unchanged(&message)) {
        Some(out) => bridge.waiting.push((out, tx)),
        None => b2bua.ua.respond(now, tx, 480, Headers::new(), None),
    }
}

/// The answer to such a request goes back.
pub(super) fn answered(b2bua: &mut B2bua, now: Time, happening: Happening) {
    match happening {
        Happening::Ua(UaEvent::Response { call: Some(call), tx: out, message }) => {
            let status = message.status().unwrap_or(500);
            let Some(tx) = b2bua.waiting(call, out, status >= 200) else { return };
            b2bua.ua.respond(now, tx, status, carry::of_response(&message), body::unchanged(&message));
        }
        Happening::Ua(UaEvent::RequestFailed { call: Some(call), tx: out, why }) => {
            let Some(tx) = b2bua.waiting(call, out, true) else { return };
            b2bua.ua.respond(now, tx, establish::status_of(why), Headers::new(), None);
        }
        _ => {}
    }
}

/// A request that belongs to no session of a user: only whether this function is there can be asked.
pub(super) fn outside(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Request { tx, message, .. }) = happening else { return };
    let status = if message.method() == "OPTIONS" { 200 } else { 481 };
    b2bua.ua.respond(now, tx, status, Headers::new(), None);
}

impl B2bua {
    /// The request that is answered as `out`, which went on within `call`, is; with `over` that was its last answer.
    fn waiting(&mut self, call: CallId, out: TxId, over: bool) -> Option<TxId> {
        let (id, _) = self.bridge_of(call)?;
        let waiting = &mut self.bridges.get_mut(&id)?.waiting;
        let at = waiting.iter().position(|(known, _)| *known == out)?;
        let (_, tx) = if over { waiting.swap_remove(at) } else { waiting[at] };
        Some(tx)
    }
}
