//! Inviting one user (IM 7.2.2.2, 9.3.2.1; RFC 5366 §5).

use super::ControllingFunction;
use super::applicant::{Applicant, named};
use super::conference::{ConferenceId, Participant, Purpose};
use super::config::{Config, Group};
use super::media;
use crate::stack::ua::{Body, Headers, InviteRequest};
use crate::time::Time;
use crate::wire::mime::{self, Entry, Part, ResourceLists};
use crate::wire::sdp::Direction;
use crate::wire::sip::{Message, Name};

/// What is the same in the invitations to all users of a session.
pub(super) struct Invitation {
    /// From, without tag.
    pub from: String,
    /// Of the INVITE that asks for the session, what goes on to everybody.
    pub headers: Headers,
    pub charging: Headers,
    /// Which users everybody may know of.
    pub history: Vec<Entry>,
}

/// A user to be invited.
pub(super) struct Invitee {
    pub uri: String,
    pub display_name: Option<String>,
    /// Value of Replaces.
    pub replaces: Option<String>,
}

impl Invitation {
    /// In the name of who asks: by the nick name that the group gives him, else by his own (step 2).
    pub fn of(config: &Config, applicant: &Applicant, group: Option<&Group>, message: &Message) -> Invitation {
        let address = applicant.address.as_deref().unwrap_or(&applicant.alias);
        let given = group.and_then(|group| group.member(address)).and_then(|member| member.display_name.as_deref());
        let name = given.or(applicant.display_name.as_deref());
        let hidden = applicant.anonymous && crate::wire::uri::same(&applicant.alias, address);
        let from = match (applicant.anonymous, hidden) {
            (true, true) => "\"Anonymous\" <sip:anonymous@anonymous.invalid>".to_owned(),
            (true, false) => applicant.from.clone(),
            (false, _) => named(name, &applicant.alias),
        };
        let mut headers = vec![("Accept-Contact".to_owned(), format!("*;{}", config.feature_tag))];
        if message.header(Name::PAssertedIdentity).is_some() {
            headers.push(("P-Asserted-Identity".to_owned(), named(name, address)));
        }
        let privacy = message.header(Name::Privacy).map(|header| header.text().into_owned());
        headers.extend(privacy.map(|value| ("Privacy".to_owned(), value)));
        let charging = super::charging(message);
        headers.extend(charging.iter().cloned());
        Invitation { from, headers, charging, history: Vec::new() }
    }
}

/// Sends the INVITE to one user.
pub(super) fn invite(
    server: &mut ControllingFunction,
    now: Time,
    id: ConferenceId,
    invitation: &Invitation,
    invitee: Invitee,
) {
    let mut negotiation = server.negotiation();
    let session_id = server.ids.token(20);
    let boundary = format!("imspec-{}", server.ids.token(16));
    let Some(conference) = server.conferences.get(&id) else { return };
    let offered = conference.media.offer.msrp_media().map_or(Direction::SendRecv, |m| m.direction());
    let direction = if conference.purpose == Purpose::LargeMessage { Direction::SendOnly } else { offered };
    let local = media::towards(&server.config, conference, session_id, direction);
    // Who answers may connect before his answer is here.
    server.msrp.expect(&local.uri());
    let sdp = negotiation.offer(&local);
    let mut headers = invitation.headers.clone();
    headers.push(server.contact(conference));
    headers.extend(invitee.replaces.map(|value| ("Replaces".to_owned(), value)));
    let request = InviteRequest {
        request_uri: invitee.uri.clone(),
        from: invitation.from.clone(),
        to: named(invitee.display_name.as_deref(), &invitee.uri),
        headers,
        body: Some(body(sdp, &invitation.history, &boundary)),
        session_expires: server.config.session_expires,
        destination: None,
    };
    let call = server.ua.invite(now, request);
    let participant = Participant {
        alias: invitee.uri.clone(),
        display_name: invitee.display_name,
        negotiation,
        local,
        ..Participant::new(invitee.uri, call, false)
    };
    let who = server.add(id, participant);
    server.changed(id, who);
}

/// The description, and beside it the history of the list where there is one (RFC 5366 §5).
fn body(sdp: bytes::Bytes, history: &[Entry], boundary: &str) -> Body {
    if history.is_empty() {
        return ("application/sdp".to_owned(), sdp);
    }
    let parts = [Part::new("application/sdp", sdp), self::history(history)];
    (format!("multipart/mixed;boundary=\"{boundary}\""), mime::write(boundary, &parts))
}

/// The history of a list as a body of its own.
pub(super) fn history(entries: &[Entry]) -> Part {
    Part::new("application/resource-lists+xml", ResourceLists::write(entries))
        .disposition("recipient-list-history;handling=optional")
}
