//! Conferences: going into one, and what makes it one for the client (IM 7.1.1.3, 7.1.1.4, 7.1.1.9, 7.1.1.10, 7.1.3.2.1,
//! 7.1.3.2.2, 7.1.3.3).

use super::content::Envelope;
use super::procedures::Happening;
use super::session::{self, Establishment};
use super::{ACCEPTS, ANONYMOUS, Call, Client, contact_has, send};
use crate::actors::act::{Act, Recipients};
use crate::stack::offer_answer::Local;
use crate::stack::ua::CallId;
use crate::time::Time;
use crate::wire::mime::{Cpim, Part};
use crate::wire::sip::Message;
use crate::wire::uri::{self, Scheme, Uri};

/// What the messages of a conference are wrapped in (RFC 7701 §5.2).
const WRAPPER: &str = "message/cpim";
/// Recipients of one private message at the most.
const MOST_PRIVATE: usize = 100;

/// A conference that a user is in, or was in.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Room {
    /// The IM Session Identity: the URI of the focus.
    pub identity: Option<String>,
    /// The IM Group Identity, where the conference has an address of its own.
    pub group: Option<String>,
    /// The user hides his identity.
    pub anonymous: bool,
}

impl Room {
    /// The conference that an INVITE of a focus invites to.
    pub fn of_invitation(message: &Message) -> Room {
        Room { identity: identity(message), ..Room::default() }
    }

    /// To of the messages for everybody (IM 7.1.3.2.1).
    fn address(&self) -> Option<&str> {
        self.group.as_deref().or(self.identity.as_deref())
    }

    /// Whether a URI is that of the conference itself. Its parameters say only how it is reached.
    fn is_named(&self, uri: &str) -> bool {
        let names = self.identity.iter().chain(&self.group);
        let ways = &["transport", "sessiontype", "session"];
        names.into_iter().any(|own| uri::same_ignoring_params(uri, own, ways))
    }

    /// Whether a message is for a participant of these addresses alone (IM 7.1.3.3).
    pub fn is_private(&self, message: &Cpim, own: &[&str]) -> bool {
        let mine = |to: &str| own.iter().any(|own| uri::same_ignoring_params(to, own, &["transport"]));
        !message.to().any(|to| self.is_named(to.uri)) && message.to().any(|to| mine(to.uri))
    }
}

/// The user invites several people (IM 7.1.1.3).
pub(super) fn confer(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Act(Act::Confer { to, anonymous }) = happening else { return };
    if !is_allowed(client, now, to.len()) {
        return;
    }
    let list = send::resource_list(&to);
    convene(client, now, list, anonymous);
}

/// Whether so many people may be invited; the user is told where they may not.
pub(super) fn is_allowed(client: &mut Client, now: Time, invited: usize) -> bool {
    let allowed = client.config.max_adhoc_group_size.is_none_or(|most| invited <= most);
    if client.config.switches.ignores_group_size {
        return true;
    }
    if !allowed {
        client.tell(now, "too-many-users", invited.to_string());
    }
    allowed
}

/// Has the conference factory make a conference of those on a list.
pub(super) fn convene(client: &mut Client, now: Time, list: Part, anonymous: bool) {
    let request_uri = client.config.exploder.clone();
    let room = Room { anonymous, ..Room::default() };
    session::establish(client, now, Establishment { request_uri, list: Some(list), room: Some(room) });
}

/// The user goes into a conference that has an address of its own (IM 7.1.1.4, 7.1.1.10).
pub(super) fn join(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Act(Act::Join { conference, anonymous }) = happening else { return };
    let room = Room { group: Some(conference.clone()), anonymous, ..Room::default() };
    session::establish(client, now, Establishment { request_uri: conference, list: None, room: Some(room) });
}

/// The user gets back into the conference that he was in last, by its IM Session Identity (IM 7.1.1.9).
pub(super) fn rejoin(client: &mut Client, now: Time, _: Happening) {
    let room = client.last_conference.clone();
    match room.and_then(|room| Some((room.identity.clone()?, room))) {
        Some((request_uri, room)) => {
            session::establish(client, now, Establishment { request_uri, list: None, room: Some(room) });
        }
        None => client.tell(now, "failed", "there is no conference to get back into"),
    }
}

/// The 200: the IM Session Identity in its Contact is kept. It says nothing about anybody else.
pub(super) fn entered(client: &mut Client, now: Time, id: CallId, message: &Message) {
    let Some(room) = client.calls.get_mut(&id).and_then(|call| call.room.as_mut()) else { return };
    if let Some(identity) = identity(message) {
        room.identity = Some(identity);
    }
    client.last_conference = Some(room.clone());
    if client.config.switches.trusts_invitations {
        client.tell(now, "participants", "everybody");
    }
}

/// The URI in Contact, where requests can be sent to it.
fn identity(message: &Message) -> Option<String> {
    let uri = message.contact()?.uri;
    matches!(Uri::parse(uri).scheme, Scheme::Sip | Scheme::Sips).then(|| uri.to_owned())
}

/// What the client says of itself towards a focus: all content comes wrapped, private messages too (RFC 7701 §5.2, §8).
pub(super) fn describe(local: &mut Local) {
    local.accept_types = vec![WRAPPER.to_owned()];
    local.wrapped_types = ACCEPTS.iter().filter(|own| **own != WRAPPER).map(|own| (*own).to_owned()).collect();
    local.extra.push(("chatroom".to_owned(), Some("private-messages".to_owned())));
}

/// Whether an INVITE comes from a focus.
pub(super) fn invites(message: &std::sync::Arc<Message>) -> bool {
    contact_has(message, "isfocus")
}

/// How a message of the user is addressed: once for everybody, once for each recipient of a private one, and without a
/// wrapper outside of conferences (IM 7.1.3.2.1, 7.1.3.2.2).
pub(super) fn envelopes(client: &Client, call: &Call, to: &Recipients) -> Vec<Option<Envelope>> {
    let Some(room) = &call.room else { return vec![None] };
    let from = if room.anonymous { ANONYMOUS } else { &client.config.address };
    let recipients: Vec<&str> = match to {
        Recipients::One(one) => vec![one],
        Recipients::Several(several) if !several.is_empty() => several.iter().map(String::as_str).collect(),
        _ => room.address().into_iter().collect(),
    };
    let envelope = |to: &str| Some(Envelope { from: from.to_owned(), to: to.to_owned() });
    recipients.into_iter().take(MOST_PRIVATE).map(envelope).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_private_when_it_is_for_this_user_and_not_for_the_conference() {
        let room = Room {
            identity: Some("sip:focus-1@192.0.2.9:5060".to_owned()),
            group: Some("sip:friends@home1.example".to_owned()),
            anonymous: false,
        };
        let own = ["sip:bob@home1.example", ANONYMOUS];
        for (to, expected) in [
            (&["sip:bob@home1.example"][..], true),
            (&["sip:bob@HOME1.example;transport=tcp"], true),
            (&["sip:bob@home1.example", "sip:carol@home1.example"], true),
            (&[ANONYMOUS], true),
            (&["sip:focus-1@192.0.2.9:5060;transport=tcp"], false),
            (&["sip:friends@home1.example"], false),
            (&["sip:friends@home1.example;sessiontype=pre-defined"], false),
            (&["sip:bob@home1.example", "sip:friends@home1.example"], false),
            (&["sip:Bob@home1.example"], false),
            (&["sip:unknown@home1.example"], false),
            (&[], false),
        ] {
            let headers: String = to.iter().map(|uri| format!("To: <{uri}>\r\n")).collect();
            let message = format!("From: <sip:alice@home1.example>\r\n{headers}\r\nContent-Type: text/plain\r\n\r\nHi");
            assert_eq!(room.is_private(&Cpim::parse(&message.into()), &own), expected, "{to:?}");
        }
    }
}
