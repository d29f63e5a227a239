//! Files on their way: one after the other over the same medium, and the end of a transfer that nobody wants any more
//! (RFC 5547 §8.4, §8.6).

use super::file::{self, Announced};
use super::send::{self, REPORT_WAIT};
use super::{Call, Client, Later, Medium, Outcome, Purpose, session};
use crate::actors::act::{FileForm, Sending};
use crate::stack::msrp::Failure;
use crate::stack::ua::CallId;
use crate::time::Time;
use crate::wire::sdp::{Direction, Session};
use crate::wire::sip::Message;

/// How much of an offer concerns the transfers of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum News {
    None,
    /// Another file is offered over a medium that is still in use, which must not be (RFC 5547 §8.7).
    Busy,
    /// Another file is offered over a medium that is free.
    Another,
}

/// What the offer of a modification says of files that come.
pub(super) fn news(call: &Call, offer: &Session) -> News {
    let offered = |medium: &&Medium| {
        offer.media().nth(medium.place).is_some_and(|offered| file::begins_anew(&medium.local, &offered))
    };
    let anew: Vec<Outcome> = call.media.iter().filter(offered).map(|medium| medium.outcome).collect();
    match anew[..] {
        [] => News::None,
        _ if anew.contains(&Outcome::Open) => News::Busy,
        _ => News::Another,
    }
}

/// Makes the media ready over which other files are offered: each is an MSRP session of its own (RFC 5547 §8.7).
pub(super) fn renew(client: &mut Client, now: Time, id: CallId, offer: &Session) {
    let Some(count) = client.calls.get(&id).map(|call| call.media.len()) else { return };
    let fresh: Vec<_> = (0..count).map(|_| client.local()).collect();
    let Some(call) = client.calls.get_mut(&id) else { return };
    for (medium, mut local) in call.media.iter_mut().zip(fresh) {
        let Some(offered) = offer.media().nth(medium.place) else { continue };
        if !file::begins_anew(&medium.local, &offered) {
            continue;
        }
        local.direction = Direction::RecvOnly;
        file::repeat(&mut local, &offered);
        if let Some(over) = medium.session.take() {
            client.msrp.close(over);
        }
        *medium = Medium { announced: Some(Announced::by(&offered)), anew: true, ..Medium::new(medium.place, local) };
    }
    client.tell(now, "file-transfer", "");
}

/// How many MSRP sessions a modification by the peer takes: one for each file that it offers over a medium of before.
pub(super) fn begun_anew(call: &Call, modification: &Message) -> usize {
    let offer = modification.body_of_type("application/sdp").map(|part| Session::parse(part.body));
    let another = offer.is_some_and(|offer| matches!(news(call, &offer), News::Another));
    if another { call.media.len() } else { 0 }
}

/// Whether a further file waits for the one before it.
pub(super) fn has_next(call: &Call) -> bool {
    matches!(&call.purpose, Purpose::Sending(sending) if sending.in_turn && !sending.also.is_empty())
}

/// Offers the next of the files that go one after the other, where there is one; says whether there was.
pub(super) fn offer_next(client: &mut Client, now: Time, id: CallId) -> bool {
    let Some(next) = client.calls.get_mut(&id).and_then(next_of) else { return false };
    let body = send::outgoing(client, now, &next, None);
    let (local, _) = send::described(client, &next, &body);
    let Some(call) = client.calls.get_mut(&id) else { return false };
    let Some(medium) = call.media.first_mut() else { return false };
    if let Some(over) = medium.session.take() {
        client.msrp.close(over);
    }
    *medium = Medium { body: Some(body), anew: true, ..Medium::new(medium.place, local) };
    offer(client, now, id)
}

/// The next file of a call, taken off those that wait.
fn next_of(call: &mut Call) -> Option<Sending> {
    let Purpose::Sending(sending) = &mut call.purpose else { return None };
    if !sending.in_turn || sending.also.is_empty() {
        return None;
    }
    let more = sending.also.remove(0);
    sending.file = Some(more.file);
    (sending.text, sending.content_type) = (more.text, more.content_type);
    Some(Sending { also: Vec::new(), ..(**sending).clone() })
}

/// The user wants no more of the file that comes. Its sender is told by 413, where he hears responses; then its medium is
/// closed (RFC 5547 §8.4).
pub(super) fn stop(client: &mut Client, now: Time, id: CallId) {
    let Some(call) = client.calls.get_mut(&id) else { return };
    let Some(medium) = call.media.iter_mut().find(|medium| medium.outcome == Outcome::Open) else { return };
    let Some(session) = medium.session else { return };
    medium.local.closed = true;
    if client.msrp.stop(session) {
        return;
    }
    medium.outcome = Outcome::Settled;
    client.tell(now, "incomplete", "");
    offer(client, now, id);
}

/// What comes of a file is no file: where it was this side that wants no more, the 413 is out, and its
/// medium is closed next (RFC 5547 §8.4).
pub(super) fn broken(client: &mut Client, now: Time, id: CallId) {
    if client.calls.get(&id).is_some_and(|call| call.media.iter().any(|medium| medium.local.closed)) {
        offer(client, now, id);
    }
}

/// Sends the re-INVITE; the session ends where that cannot be.
fn offer(client: &mut Client, now: Time, id: CallId) -> bool {
    let headers = client.response_headers();
    let Some(call) = client.calls.get_mut(&id) else { return false };
    let body = session::described(session::offer_again(call));
    let sent = client.ua.reinvite(now, id, headers, Some(body)).is_some();
    if let Some(call) = client.calls.get_mut(&id) {
        call.modifying = sent;
    }
    if !sent {
        client.leave(now, id);
    }
    true
}

/// Whether the sender of a file waits for the recipient to close its medium: he said that he wants no more.
pub(super) fn awaits_end(client: &mut Client, now: Time, id: CallId, why: Failure) -> bool {
    let Some(call) = client.calls.get(&id) else { return false };
    let by_rfc = |sending: &Sending| sending.file.as_ref().is_some_and(|file| file.form == FileForm::Rfc5547);
    let waits = why == Failure::Refused(413) && matches!(&call.purpose, Purpose::Sending(sending) if by_rfc(sending));
    if waits {
        client.postpone(now + REPORT_WAIT, Later::Release(id));
    }
    waits
}
