//! Replaces of a dialog that the function stands in (RFC 3891): who writes it knows the dialog of his leg, who reads it
//! that of the other. So its identifiers are those of the other leg when it has gone by.

use bytes::Bytes;

use super::b2bua::B2bua;
use crate::stack::dialog::DialogId;
use crate::stack::ua::{Body, Headers};
use crate::wire::mime::ResourceLists;
use crate::wire::sip::{Name, Params};
use crate::wire::uri::{Uri, escape_header, unescape};

impl B2bua {
    /// The value of a Replaces as the far end of the dialog knows it; nothing where this function is not in it.
    fn as_known_there(&self, value: &str) -> Option<String> {
        let (call_id, rest) = value.split_at(value.find(';').unwrap_or(value.len()));
        let params = Params(rest);
        // To-tag and from-tag are those of who gets the request (RFC 3891 §3): for him this function stands.
        let named = DialogId {
            call_id: call_id.trim().to_owned(),
            local_tag: params.get("to-tag")?.to_owned(),
            remote_tag: params.get("from-tag")?.to_owned(),
        };
        let far = self.ua.dialog(self.opposite(self.ua.call_in(&named)?)?)?;
        let DialogId { call_id, local_tag, remote_tag } = &far.id;
        let mut mapped = format!("{call_id};to-tag={remote_tag};from-tag={local_tag}");
        for (name, value) in params.iter().filter(|(name, _)| !["to-tag", "from-tag"].contains(name)) {
            mapped.push(';');
            mapped.push_str(name);
            if !value.is_empty() {
                mapped.push('=');
                mapped.push_str(value);
            }
        }
        Some(mapped)
    }

    /// Maps the Replaces among the headers of a request.
    pub(super) fn map_headers(&self, headers: &mut Headers) {
        for (_, value) in headers.iter_mut().filter(|(name, _)| name == Name::Replaces.text()) {
            if let Some(mapped) = self.as_known_there(value) {
                *value = mapped;
            }
        }
    }

    /// Maps the Replaces in the URIs of a list of recipients: what the Controlling Function is to put into the INVITE to
    /// one of them (IM 7.1.1.6 step 8).
    pub(super) fn map_list(&self, body: Body) -> Body {
        let (kind, octets) = body;
        let lists = ResourceLists::parse(&self.list_in(&kind, &octets));
        let mut text = octets;
        for uri in lists.uris() {
            let Some(escaped) = Uri::parse(uri).header("Replaces") else { continue };
            let Some(mapped) = self.as_known_there(&unescape(escaped)) else { continue };
            text = replaced(&text, escaped.as_bytes(), escape_header(&mapped).as_bytes());
        }
        (kind, text)
    }

    fn list_in(&self, kind: &str, octets: &Bytes) -> Bytes {
        let mut parts = crate::wire::mime::bodies(kind, octets).into_iter();
        let list = parts.find(|part| part.content_type().is("application/resource-lists+xml"));
        list.map(|part| part.body).unwrap_or_default()
    }
}

/// The octets with `old` replaced wherever it stands. Dialog identifiers are long and random: they stand nowhere else.
fn replaced(octets: &Bytes, old: &[u8], new: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(octets.len() + new.len());
    let mut at = 0;
    for found in memchr::memmem::find_iter(octets, old) {
        out.extend_from_slice(&octets[at..found]);
        out.extend_from_slice(new);
        at = found + old.len();
    }
    out.extend_from_slice(&octets[at..]);
    out.into()
}
