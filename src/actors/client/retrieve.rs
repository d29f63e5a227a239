//! Retrieving messages that a server of the home network keeps: deferred messages and history (IM 12.1.1, 13.1.3).

use super::procedures::Happening;
use super::{Call, Client, Medium, Purpose, send};
use crate::actors::act::{Act, Kept};
use crate::stack::ua::{InviteRequest, UaEvent};
use crate::time::Time;
use crate::wire::sdp::{Direction, Session};

/// The user asks for messages. The chosen ones are named in a list; without a list all are asked for.
pub(super) fn ask(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Act(Act::Retrieve { kept, ids }) = happening else { return };
    let request_uri = match kept {
        Kept::Deferred => client.config.deferred_store.clone(),
        Kept::History => client.config.history_store.clone(),
    };
    let mut local = client.local();
    local.direction = Direction::RecvOnly;
    let mut negotiation = client.negotiation();
    let sdp = negotiation.offer(&local);
    let mut headers = client.initial_headers(false);
    let list = (!ids.is_empty() || client.config.switches.sends_empty_list).then(|| send::resource_list(&ids));
    if list.is_some() {
        headers.push(("Require".to_owned(), "recipient-list-invite".to_owned()));
    }
    let body = send::body_of_invite(client, sdp, list, Vec::new());
    let id = client.ua.invite(
        now,
        InviteRequest {
            to: format!("<{request_uri}>"),
            request_uri,
            from: format!("<{}>", client.config.address),
            headers,
            body: Some(body),
            session_expires: Some(send::SESSION_EXPIRES),
            destination: None,
        },
    );
    client.calls.insert(id, Call::new(Purpose::Retrieving, negotiation, vec![Medium::new(0, local)]));
}

/// The 200 of the store: its messages come over the session that it answers for.
pub(super) fn accepted(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Answered { call: id, message }) = happening else { return };
    let Some(call) = client.calls.get_mut(&id) else { return };
    let answer = message.body_of_type("application/sdp").map(|p| p.body).unwrap_or_default();
    match call.negotiation.conclude(&Session::parse(answer)).ok().filter(|plan| plan.may_receive) {
        Some(plan) => client.open(now, id, vec![Some(plan)]),
        None => send::give_up(client, now, id, "no usable answer"),
    }
}
