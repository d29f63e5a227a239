//! The user plane (IM 6.1.2.2.4 on 200 step 2): what comes over MSRP on one leg goes on over the other, chunk by chunk.

use super::b2bua::B2bua;
use super::bridge::{BridgeId, Side};
use super::procedures::Happening;
use crate::stack::msrp::{self, SessionConfig};
use crate::stack::offer_answer::Role;
use crate::time::Time;

/// What comes in a session is for the other one: chunks as they are, REPORTs too, so that both ends hear of the same
/// messages. The response is that of the far end.
pub(super) fn relay(b2bua: &mut B2bua, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Request { session, request }) = happening else { return };
    let near = b2bua.bridge_over(session);
    let far = near.and_then(|(id, side)| b2bua.bridges.get(&id)?.leg(side.other()).session);
    if let Some((id, side)) = near {
        b2bua.record(now, id, side, &request);
    }
    // RFC 4975 §10.8: whom it is for has no session any more.
    let sent = far.is_some_and(|far| b2bua.msrp.relay(now, session, far, &request));
    if !sent {
        b2bua.msrp.respond(session, request.head(), 481);
    }
}

/// A lost connection is lost on both sides. The dialogs stay, and may agree on another one (RFC 4975 §5.4).
pub(super) fn lost(b2bua: &mut B2bua, _: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Lost { session, .. }) = happening else { return };
    let Some((id, _)) = b2bua.bridge_over(session) else { return };
    for side in [Side::Caller, Side::Called] {
        b2bua.engage(id, side, None);
    }
}

/// Puts what was agreed into effect on both legs: opens their sessions, or changes those that are there.
pub(super) fn bring_up(b2bua: &mut B2bua, now: Time, id: BridgeId) {
    for side in [Side::Caller, Side::Called] {
        let Some(bridge) = b2bua.bridges.get(&id) else { return };
        let leg = bridge.leg(side);
        let Some(plan) = &leg.plan else { continue };
        // What may come on this leg is what the other end takes: that is what was said here.
        let taken = bridge.leg(side.other()).plan.as_ref();
        let accepts = taken.map_or_else(|| vec!["*".to_owned()], |other| other.peer_accept_types.clone());
        let config = SessionConfig {
            local_path: b2bua.local(leg).uri(),
            remote_path: plan.remote_path.clone(),
            fingerprints: plan.fingerprints.clone(),
            connect: plan.next_hop.filter(|_| plan.role == Role::Active),
            speaks_first: plan.role == Role::Active,
            accept_types: accepts,
            may_receive: plan.may_receive,
            switched: true,
        };
        match leg.session.filter(|_| !leg.moves) {
            Some(session) => b2bua.msrp.modify(now, session, config),
            None => {
                b2bua.engage(id, side, None);
                let session = b2bua.msrp.open(now, config);
                b2bua.engage(id, side, Some(session));
            }
        }
        if let Some(bridge) = b2bua.bridges.get_mut(&id) {
            bridge.leg_mut(side).moves = false;
        }
    }
}
