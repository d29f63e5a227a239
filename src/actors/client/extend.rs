//! A one-to-one session becomes a conference: asking for it, and the invitation that replaces the session at the other
//! side (IM 7.1.1.6, RFC 3891).

use super::procedures::Happening;
use super::{Client, conference};
use crate::actors::act::Act;
use crate::stack::dialog::Dialog;
use crate::time::Time;
use crate::wire::mime::{Entry, Part, ResourceLists};
use crate::wire::sip::NameAddr;
use crate::wire::uri;

/// The user wants more people in his one-to-one session. The peer is on their list too; his entry says which dialog the
/// invitation of the conference is to replace.
pub(super) fn extend(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Act(Act::Extend { to }) = happening else { return };
    let session = client.calls.iter().rfind(|(_, call)| call.is_session() && call.session().is_some() && !call.leaving);
    let dialog = session.filter(|(_, call)| call.room.is_none()).and_then(|(id, _)| client.ua.dialog(*id));
    let Some(peer) = dialog.map(replacing) else {
        return client.tell(now, "failed", "there is no one-to-one session");
    };
    if !conference::is_allowed(client, now, to.len() + 1) {
        return;
    }
    let entries: Vec<Entry> = std::iter::once(peer).chain(to).map(Entry::new).collect();
    let list =
        Part::new("application/resource-lists+xml", ResourceLists::write(&entries)).disposition("recipient-list");
    conference::convene(client, now, list, false);
}

/// The peer's address, with the Replaces that shall be in his invitation: the tags are those of his own view, in which
/// the local one is his (RFC 3891 §3).
fn replacing(dialog: &Dialog) -> String {
    let (_, remote) = dialog.addresses();
    let id = &dialog.id;
    let replaces = format!("{};to-tag={};from-tag={}", id.call_id, id.remote_tag, id.local_tag);
    // What the peer wrote behind `?` of his own address is not for others.
    let address = NameAddr::parse(remote).uri.split('?').next().unwrap_or_default();
    format!("{address}?Replaces={}", uri::escape_header(&replaces))
}
