//! Sending a large message: the invitation, what comes of it, and the transfer (IM 9.1.1.2, 9.4.2, CPM 7.3.2.1).

use std::time::Duration;

use bytes::Bytes;

use super::content::{self, Content, Envelope};
use super::procedures::Happening;
use super::{Call, Client, Kind, Later, Medium, Outcome, Purpose, contact_has, file, transfer};
use crate::actors::act::{FileForm, Occasion, Recipients, Sending};
use crate::stack::msrp::{self, FailureReport, Outgoing};
use crate::stack::offer_answer::{Local, MediaPlan};
use crate::stack::session_timer::{Refresher, SessionExpires};
use crate::stack::ua::{CallId, InviteRequest, UaEvent};
use crate::time::Time;
use crate::wire::mime::{self, Entry, Part, ResourceLists};
use crate::wire::sdp::{Direction, Session, accepts};

/// How long the success report may take after the last acknowledgement before the session ends without it.
pub(super) const REPORT_WAIT: Duration = Duration::from_secs(5);
/// What is asked for about the session timer (IM 9.1.1.1 step 7, 7.1.1.1): the client itself refreshes.
pub(super) const SESSION_EXPIRES: SessionExpires = SessionExpires { seconds: 1800, refresher: Some(Refresher::Uac) };

/// The user sends a message that is too large for pager mode.
pub(super) fn invite(client: &mut Client, now: Time, sending: Box<Sending>) {
    let (mut media, mut icons) = (Vec::new(), Vec::new());
    // One message, or one file, to a medium (RFC 5547 §8.2.3).
    let at_once = if sending.in_turn { 1 } else { usize::MAX };
    for (place, one) in sending.each().iter().take(at_once).enumerate() {
        let body = outgoing(client, now, one, None);
        let (local, icon) = described(client, one, &body);
        icons.extend(icon);
        media.push(Medium { body: Some(body), ..Medium::new(place, local) });
    }
    let mut negotiation = client.negotiation();
    let own: Vec<&Local> = media.iter().map(|medium| &medium.local).collect();
    let sdp = negotiation.offer_all(&own);
    let (request_uri, to) = target(client, &sending.to);
    let mut headers = client.initial_headers(sending.anonymous);
    let list = match &sending.to {
        Recipients::Several(list) => {
            headers.push(("Require".to_owned(), "recipient-list-invite".to_owned()));
            Some(resource_list(list))
        }
        _ => None,
    };
    let body_of_invite = Some(body_of_invite(client, sdp, list, icons));
    let from = client.from(sending.anonymous);
    let id = client.ua.invite(
        now,
        InviteRequest {
            request_uri,
            from,
            to,
            headers,
            body: body_of_invite,
            session_expires: Some(SESSION_EXPIRES),
            destination: None,
        },
    );
    let call = Call::new(Purpose::Sending(sending), negotiation, media);
    client.calls.insert(id, call);
}

/// This side of the medium that a message or file goes over, and the preview of the file.
pub(super) fn described(client: &mut Client, sending: &Sending, body: &Outgoing) -> (Local, Option<Part>) {
    let mut local = client.local();
    local.direction = Direction::SendOnly;
    // The size of a file is among its selectors.
    let selected = sending.file.as_ref().is_some_and(|file| file.form == FileForm::Rfc5547);
    if client.config.kind == Kind::Im && !selected {
        local.extra.push(("filesize".to_owned(), Some(body.body.len().to_string())));
    }
    let file = sending.file.as_ref();
    let icon =
        file.and_then(|own| file::describe(&mut local, own, sending, &body.content_type, &mut client.config.ids));
    (local, icon)
}

/// The 200: keep what it says, and go to the user plane.
pub(super) fn accepted(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Answered { call: id, message }) = happening else { return };
    let Some(call) = client.calls.get_mut(&id) else { return };
    call.focus = contact_has(&message, "isfocus");
    call.automaton = contact_has(&message, "automata");
    let answer = message.body_of_type("application/sdp").map(|p| p.body).unwrap_or_default();
    let plans = call.negotiation.conclude_all(&Session::parse(answer)).into_iter().map(Result::ok);
    let mut plans: Vec<Option<MediaPlan>> = plans.collect();
    plans.resize(call.media.len(), None);
    let mut unwanted = Vec::new();
    for (medium, plan) in call.media.iter_mut().zip(&plans) {
        if let Some(body) = &medium.body
            && !plan.as_ref().is_some_and(|plan| takes(plan, body))
        {
            unwanted.push(body.message_id.clone());
            medium.outcome = Outcome::Settled;
        }
    }
    // The answer is no use: the session is acknowledged and then ended (RFC 3261 §13.2.2.4).
    if call.is(Outcome::Settled) {
        return give_up(client, now, id, "no usable answer");
    }
    client.open(now, id, plans);
    let media = client.calls.get(&id).map(|call| call.media.iter()).into_iter().flatten();
    let wanted: Vec<_> = media.filter_map(|medium| medium.session.zip(medium.body.clone())).collect();
    for (session, body) in wanted {
        client.msrp.send(now, session, body);
    }
    for message_id in unwanted {
        client.tell(now, "failed", message_id);
    }
}

/// Whether the other side wants what would go out over a medium.
fn takes(plan: &MediaPlan, body: &Outgoing) -> bool {
    let type_known = plan.peer_accept_types.iter().any(|entry| accepts(entry, &body.content_type));
    let fits = plan.max_size.is_none_or(|most| body.body.len() as u64 <= most);
    plan.may_send && type_known && fits
}

/// The invitation was refused, or nobody answered it.
pub(super) fn refused(client: &mut Client, now: Time, happening: Happening) {
    let (id, why) = match happening {
        Happening::Ua(UaEvent::Rejected { call, message }) => (call, message.status().unwrap_or_default().to_string()),
        Happening::Ua(UaEvent::Failed { call, .. }) => (call, "no answer".to_owned()),
        _ => return,
    };
    let call = client.calls.remove(&id);
    // Who does not know multipart bodies gets the offer once more, without the previews (RFC 5547 §8.8).
    if let Some(Call { purpose: Purpose::Sending(sending), .. }) = call
        && why == "415"
        && let Some(bare) = sending.without_previews()
    {
        return invite(client, now, Box::new(bare));
    }
    client.tell(now, "failed", why);
}

/// Every octet is acknowledged. The session ends now, or when the report is here that the other side owes.
pub(super) fn acknowledged(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Acknowledged { session, message_id }) = happening else { return };
    let Some(id) = client.call_of(session) else { return };
    let Some(call) = client.calls.get_mut(&id) else { return };
    call.note(session, Outcome::Acknowledged);
    if call.is_session() {
        call.under_way = call.under_way.saturating_sub(1);
        return;
    }
    let all = call.is(Outcome::Acknowledged);
    if client.config.switches.delivers_too_soon {
        client.tell(now, "delivered", message_id);
    }
    if all {
        client.postpone(now + REPORT_WAIT, Later::Release(id));
    }
}

/// Success reports cover the message.
pub(super) fn delivered(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Delivered { session, message_id }) = happening else { return };
    let Some(id) = client.call_of(session) else { return };
    let Some(call) = client.calls.get_mut(&id) else { return };
    call.note(session, Outcome::Settled);
    // An automaton has stored the message; whether it reaches the recipient, the delivery report will say.
    let goes_on = call.is_session() || !call.is(Outcome::Settled);
    let stored = call.automaton && matches!(&call.purpose, Purpose::Sending(message) if message.delivery_report);
    if !stored {
        client.tell(now, "delivered", message_id);
    }
    if !goes_on && !transfer::offer_next(client, now, id) {
        client.leave(now, id);
    }
}

/// The message did not get through.
pub(super) fn failed(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Failed { session, message_id, why }) = happening else { return };
    let Some(id) = client.call_of(session) else { return };
    let Some(call) = client.calls.get_mut(&id) else { return };
    call.note(session, Outcome::Settled);
    call.under_way = call.under_way.saturating_sub(1);
    let goes_on = call.is_session() || !call.is(Outcome::Settled);
    client.tell(now, "failed", message_id);
    if !goes_on && !transfer::awaits_end(client, now, id, why) {
        client.leave(now, id);
    }
}

/// A chunk went out.
pub(super) fn chunk_sent(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::ChunkSent { session, .. }) = happening else { return };
    let Some(id) = client.call_of(session) else { return };
    client.count_chunk(now, id, Occasion::ChunksSent);
    if client.config.switches.releases_early {
        client.leave(now, id);
    }
}

/// Aborts the MSRP connection.
pub(super) fn reset(client: &mut Client, _: Time, _: Happening) {
    if let Some(session) = client.calls.values().find_map(Call::session) {
        client.msrp.reset(session);
    }
}

/// Breaks the message off that is being sent, or the file that comes.
pub(super) fn abort(client: &mut Client, now: Time, _: Happening) {
    let comes = |call: &Call| {
        matches!(call.purpose, Purpose::Asking) && call.media.iter().any(|medium| medium.announced.is_some())
    };
    if let Some(id) = client.calls.iter().find(|(_, call)| comes(call)).map(|(id, _)| *id) {
        return transfer::stop(client, now, id);
    }
    if let Some(session) = client.calls.values().find_map(Call::session) {
        client.msrp.abort(session);
    }
}

/// Sends a message of the session over a second connection.
pub(super) fn intrude(client: &mut Client, now: Time, _: Happening) {
    if let Some(session) = client.calls.values().find_map(Call::session) {
        let stray = Sending { text: "Is this connection as good?".to_owned(), ..Sending::default() };
        let message = outgoing(client, now, &stray, None);
        client.msrp.intrude(session, message);
    }
}

/// Ends a session whose answer is no use.
pub(super) fn give_up(client: &mut Client, now: Time, id: CallId, why: &str) {
    client.tell(now, "failed", why);
    client.leave(now, id);
}

/// Request-URI and To of what carries or announces a message (IM 8.1.1 steps 4 to 8, 9.1.1.2 steps 2 to 4, CPM
/// 7.3.2.1 steps 7 to 9).
pub(super) fn target(client: &Client, to: &Recipients) -> (String, String) {
    let session_type = |uri: &str, kind: &str| match client.config.kind {
        Kind::Im => format!("{uri};sessiontype={kind}"),
        Kind::Cpm => uri.to_owned(),
    };
    match to {
        Recipients::One(uri) | Recipients::Session(uri) => (uri.clone(), format!("<{uri}>")),
        Recipients::Several(_) => {
            let exploder = &client.config.exploder;
            (session_type(exploder, "adhoc"), format!("<{exploder}>"))
        }
        Recipients::Group(uri) => (session_type(uri, "pre-defined"), format!("<{uri}>")),
    }
}

/// The list of the recipients of a request (RFC 5365 §6, RFC 5366 §3).
pub(super) fn resource_list(list: &[String]) -> Part {
    let entries: Vec<Entry> = list.iter().map(Entry::new).collect();
    Part::new("application/resource-lists+xml", ResourceLists::write(&entries)).disposition("recipient-list")
}

/// Session description, resource list and previews in one body (RFC 5366 §3); previews alone belong to the description
/// (RFC 5547 §8.8).
pub(super) fn body_of_invite(client: &mut Client, sdp: Bytes, list: Option<Part>, icons: Vec<Part>) -> (String, Bytes) {
    let kind = match (&list, &icons[..]) {
        (None, []) => return ("application/sdp".to_owned(), sdp),
        (None, _) => "related;type=\"application/sdp\"",
        (Some(_), _) => "mixed",
    };
    let described = [Some(Part::new("application/sdp", sdp)), list].into_iter().flatten();
    let parts: Vec<Part> = described.chain(icons).collect();
    let boundary = format!("imspec-{}", client.config.ids.token(16));
    (format!("multipart/{kind};boundary=\"{boundary}\""), mime::write(&boundary, &parts))
}

/// The message as it goes over MSRP (IM 9.4.2).
pub(super) fn outgoing(client: &mut Client, now: Time, sending: &Sending, envelope: Option<Envelope>) -> Outgoing {
    let message_id = client.config.ids.token(20);
    let Content { part, imdn_id } = content::of(client, now, sending, &message_id, envelope);
    client.awaiting_report.extend(imdn_id);
    let disposition = if sending.on_action { "attachment" } else { "render" };
    let mut headers = vec![("Content-Disposition".to_owned(), disposition.to_owned())];
    if let Some(description) = &sending.description {
        headers.push(("Content-Description".to_owned(), description.clone()));
    }
    let failure_report = sending.failure_report.as_deref().and_then(FailureReport::parse).unwrap_or(FailureReport::Yes);
    let content_type = part.headers.get("Content-Type").unwrap_or_default().to_owned();
    let chunk = sending.few_chunks.then_some(usize::MAX);
    Outgoing { message_id, headers, content_type, body: part.body, success_report: true, failure_report, chunk }
}
