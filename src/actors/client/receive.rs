//! Receiving: what an invitation is, the answer to it, and what comes over MSRP (IM 9.2.2).

use super::conference::{self, Room};
use super::file::Announced;
use super::procedures::Happening;
use super::{Call, Client, Later, Medium, Outcome, Purpose, contact_has, file, paged, transfer};
use crate::actors::act::{Act, Occasion};
use crate::stack::msrp::{self, Received};
use crate::stack::offer_answer::{Local, usable};
use crate::stack::ua::{CallId, UaEvent};
use crate::time::Time;
use crate::wire::mime::{self, Cpim, MediaType};
use crate::wire::sdp::{Direction, Media, Session};
use crate::wire::sip::{Message, NameAddr};

/// What an offer asks for (IM 9.2.2 step 2). The more specific kind is looked for first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    LargeMessage,
    FileTransfer,
    /// From the store for deferred messages: one way, but of no stated size.
    Deferred,
    Session,
}

/// The most files of one invitation that are looked at; a peer may offer as many as a message has lines.
const MOST_FILES: usize = 64;

/// An invitation that waits for the user.
pub(super) struct Invitation {
    offer: Session,
    /// This side of each medium of the offer that he may take, or nothing.
    own: Vec<Option<Medium>>,
}

/// An invitation came.
pub(super) fn invitation(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Incoming { call: id, message, replaces }) = happening else { return };
    let headers = client.response_headers();
    if let Some(status) = client.config.refuses {
        return client.ua.answer(now, id, status, headers, None);
    }
    let offer = Session::parse(message.body_of_type("application/sdp").map(|p| p.body).unwrap_or_default());
    let kind = classify(&offer, contact_has(&message, "automata"));
    let room = (kind == Kind::Session && conference::invites(&message)).then(|| Room::of_invitation(&message));
    let own = media(client, &offer, kind, room.is_some());
    let negotiation = client.negotiation();
    // An offer that nobody could use is refused before anybody is asked.
    if let Err(refusal) = negotiation.clone().answer_each(&offer, &locals(&own)) {
        return client.ua.answer(now, id, refusal.status(), headers, None);
    }
    let about = message.from().map(|f| f.uri.to_owned()).unwrap_or_default();
    let purpose =
        if matches!(kind, Kind::LargeMessage | Kind::Deferred) { Purpose::Receiving } else { Purpose::Asking };
    let asking = matches!(purpose, Purpose::Asking);
    let event = match kind {
        Kind::LargeMessage | Kind::Deferred => "large-message",
        Kind::FileTransfer => "file-transfer",
        Kind::Session => "session-invitation",
    };
    client.calls.insert(id, Call { room, ..Call::new(purpose, negotiation, Vec::new()) });
    client.invitations.insert(id, Invitation { offer, own });
    if let Some(replaced) = replaces {
        // The user took the session that this one is in place of (RFC 3891 §3).
        accept(client, now, id, &[]);
        return client.leave(now, replaced);
    }
    client.tell(now, event, about);
    if asking {
        client.ua.answer(now, id, 180, headers, None);
        client.postpone(now + client.config.rings, Later::Accept(id));
        client.intend(now, Occasion::Invited);
    } else {
        accept(client, now, id, &[]);
    }
}

/// How many MSRP sessions an invitation may come to.
pub(super) fn sessions_of(invitation: &Message) -> usize {
    let offer = Session::parse(invitation.body_of_type("application/sdp").map(|p| p.body).unwrap_or_default());
    match classify(&offer, contact_has(invitation, "automata")) {
        Kind::FileTransfer => offer.media().count().min(MOST_FILES),
        _ => 1,
    }
}

/// This side of each medium of an offer that the user may take: of files each, of all else the first.
fn media(client: &mut Client, offer: &Session, kind: Kind, in_room: bool) -> Vec<Option<Medium>> {
    let secured = client.config.security.msrp.is_some();
    let first = offer.media().position(|media| usable(&media, secured));
    let (mut own, mut taken) = (Vec::new(), 0);
    for (place, offered) in offer.media().enumerate() {
        let eligible = match kind {
            Kind::FileTransfer => {
                kind_of(&offered, false) == kind && file::has_its_range(&offered) && taken < MOST_FILES
            }
            _ => Some(place) == first,
        };
        taken += usize::from(eligible);
        own.push(eligible.then(|| {
            let mut local = client.local();
            if kind != Kind::Session {
                local.direction = Direction::RecvOnly;
            }
            if kind == Kind::FileTransfer {
                file::repeat(&mut local, &offered);
            }
            if in_room {
                conference::describe(&mut local);
            }
            let announced = (kind != Kind::Session).then(|| Announced::by(&offered));
            Medium { announced, ..Medium::new(place, local) }
        }));
    }
    own
}

fn locals(own: &[Option<Medium>]) -> Vec<Option<&Local>> {
    own.iter().map(|medium| medium.as_ref().map(|medium| &medium.local)).collect()
}

/// The user takes an invitation.
pub(super) fn taken(client: &mut Client, now: Time, happening: Happening) {
    if let Happening::Time(Later::Accept(id)) = happening {
        accept(client, now, id, &[]);
    }
}

/// The user takes the invitation that waits, or of its files some.
pub(super) fn accept_waiting(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Act(Act::Accept { only }) = happening else { return };
    if let Some(id) = client.invitations.keys().next().copied() {
        client.later.retain(|(_, what)| !matches!(what, Later::Accept(other) if *other == id));
        accept(client, now, id, &only);
    }
}

/// The user turns the invitation down that waits.
pub(super) fn decline(client: &mut Client, now: Time, _: Happening) {
    if let Some((id, _)) = client.invitations.pop_first() {
        client.later.retain(|(_, what)| !matches!(what, Later::Accept(other) if *other == id));
        client.calls.remove(&id);
        let headers = client.response_headers();
        client.ua.answer(now, id, 603, headers, None);
    }
}

/// Takes an invitation; of several media those with these numbers, counted from 1, or all where none is given.
fn accept(client: &mut Client, now: Time, id: CallId, only: &[u32]) {
    let Some(Invitation { offer, mut own }) = client.invitations.remove(&id) else { return };
    for (number, medium) in (1..).zip(own.iter_mut().filter(|medium| medium.is_some())) {
        if !only.is_empty() && !only.contains(&number) {
            *medium = None;
        }
    }
    let Some(call) = client.calls.get_mut(&id) else { return };
    let answers = match call.negotiation.answer_each(&offer, &locals(&own)) {
        Ok(answers) => answers,
        // Nothing of it is wanted.
        Err(_) => {
            client.calls.remove(&id);
            let headers = client.response_headers();
            return client.ua.answer(now, id, 603, headers, None);
        }
    };
    let (media, plans) =
        own.into_iter().zip(answers.plans).filter_map(|(own, plan)| own.map(|own| (own, plan))).unzip();
    call.media = media;
    client.open(now, id, plans);
    let sdp = answers.sdp;
    if let Some(room) = client.calls.get(&id).and_then(|call| call.room.clone()) {
        client.last_conference = Some(room);
    }
    let headers = client.response_headers();
    client.ua.answer(now, id, 200, headers, Some(("application/sdp".to_owned(), sdp)));
}

/// A chunk came in.
pub(super) fn chunk_received(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::ChunkReceived { session, .. }) = happening else { return };
    if let Some(id) = client.call_of(session) {
        client.count_chunk(now, id, Occasion::ChunksReceived);
    }
}

/// A message is there, whole.
pub(super) fn received(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Received { session, message }) = happening else { return };
    let Some(id) = client.call_of(session) else { return };
    let announced = client.calls.get_mut(&id).and_then(|call| {
        let medium = call.medium(session)?;
        medium.outcome = Outcome::Settled;
        medium.announced.clone()
    });
    let on_demand = message.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("Content-Disposition") && mime::Disposition::parse(value).is("attachment")
    });
    let wrapped = wrapped_in_conference(client, id, &message);
    let private = wrapped.as_ref().is_some_and(|cpim| is_private(client, id, cpim));
    let outer = MediaType::parse(&message.content_type);
    let external = wrapped.as_ref().map_or(outer, Cpim::content_type).is("message/external-body");
    if announced.is_some_and(|announced| !announced.is(&message)) {
        client.tell(now, "mismatch", &message.message_id);
    } else if private {
        client.tell(now, "private-message", &message.message_id);
    } else if external && !client.config.switches.drops_external_content {
        client.tell(now, "stored", &message.message_id);
    } else if on_demand {
        client.tell(now, "message-to-open", &message.message_id);
    } else {
        client.tell(now, "message", &message.message_id);
    }
    owe_report(client, now, id, &message);
}

/// What came of a message is reported as failed.
pub(super) fn report_failure(client: &mut Client, _: Time, happening: Happening) {
    let Happening::Act(Act::ReportFailure { status }) = happening else { return };
    if let Some(session) = client.calls.values().find_map(Call::session) {
        client.msrp.report_failure(session, status);
    }
}

/// The wrapper of a message of a conference.
fn wrapped_in_conference(client: &Client, id: CallId, message: &Received) -> Option<Cpim> {
    let in_room = client.calls.get(&id).is_some_and(|call| call.room.is_some());
    let wrapped = in_room && MediaType::parse(&message.content_type).is("message/cpim");
    wrapped.then(|| Cpim::parse(&message.content()))
}

/// Whether a message of a conference is for its recipient alone, under his address or that which the conference knows.
fn is_private(client: &Client, id: CallId, cpim: &Cpim) -> bool {
    let Some(room) = client.calls.get(&id).and_then(|call| call.room.as_ref()) else { return false };
    let known = client.ua.dialog(id).map(|dialog| NameAddr::parse(dialog.addresses().0).uri);
    let own: Vec<&str> = known.into_iter().chain([client.config.address.as_str()]).collect();
    room.is_private(cpim, &own)
}

/// The peer broke a message off: what came of it is no message.
pub(super) fn broken(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Broken { session, message_id }) = happening else { return };
    let id = client.call_of(session);
    if let Some(medium) = id.and_then(|id| client.calls.get_mut(&id)).and_then(|call| call.medium(session)) {
        // He knows who broke it off himself.
        let known = medium.local.closed && medium.outcome == Outcome::Settled;
        medium.outcome = Outcome::Settled;
        if known {
            return;
        }
    }
    client.tell(now, "incomplete", message_id);
    if let Some(id) = id {
        transfer::broken(client, now, id);
    }
}

/// The kind of session that an offer asks for.
fn classify(offer: &Session, automaton: bool) -> Kind {
    offer.msrp_media().map_or(Kind::Session, |media| kind_of(&media, automaton))
}

/// What a medium of an offer is for.
fn kind_of(media: &Media<'_>, automaton: bool) -> Kind {
    let one_way = media.explicit_direction() == Some(Direction::SendOnly);
    // `filelength` is what the text calls the attribute in places.
    let sized = media.filesize().is_some() || media.value("filelength").is_some();
    let file = media.filename().is_some() && media.filetype().is_some() && sized;
    match () {
        () if file || media.file_selector().is_some() => Kind::FileTransfer,
        () if one_way && sized => Kind::LargeMessage,
        () if one_way && automaton => Kind::Deferred,
        () => Kind::Session,
    }
}

/// Notes the delivery report that a message asks for (RFC 5438 §7.2.1), if this client is arranged to send one.
fn owe_report(client: &mut Client, now: Time, id: CallId, message: &Received) {
    if client.config.reports_after.is_none() || !MediaType::parse(&message.content_type).is("message/cpim") {
        return;
    }
    if let Some(request) = paged::delivery_report(client, now, &Cpim::parse(&message.content())) {
        client.reports.insert(id, (now, Box::new(request)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attributes: &str, automaton: bool, expected: Kind) {
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
             a=accept-types:text/plain\r\na=path:msrp://127.0.0.1:2855/s;tcp\r\n{attributes}"
        );
        assert_eq!(classify(&Session::parse(sdp.into()), automaton), expected, "{attributes}");
    }

    #[test]
    fn offers_are_told_apart_the_more_specific_first() {
        check("a=sendonly\r\na=filesize:7\r\n", false, Kind::LargeMessage);
        check("a=sendonly\r\na=filelength:7\r\n", false, Kind::LargeMessage);
        check("a=sendonly\r\na=filename:x\r\na=filetype:text/plain\r\na=filesize:7\r\n", false, Kind::FileTransfer);
        check("a=sendonly\r\na=file-selector:name:\"x\" size:7\r\n", false, Kind::FileTransfer);
        check("a=sendrecv\r\na=filesize:7\r\n", false, Kind::Session);
        check("a=filesize:7\r\n", false, Kind::Session);
        check("a=SendOnly\r\na=filesize:7\r\n", false, Kind::Session);
        check("a=sendonly\r\n", false, Kind::Session);
        check("a=sendonly\r\n", true, Kind::Deferred);
        check("", false, Kind::Session);
    }
}
