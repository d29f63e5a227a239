//! What a UAS core refuses before its user sees it (RFC 3261 §8.2).

use super::Headers;
use super::headers::Profile;
use crate::wire::sip::{METHODS, Message, Name};
use crate::wire::uri::{Scheme, Uri};

/// The status and headers that a request must be refused with, whatever its dialog.
pub(super) fn request(profile: &Profile, message: &Message) -> Option<(u16, Headers)> {
    let method = message.method();
    if !profile.allows(method) && method != "BYE" {
        // A method that some RFC defines is only not allowed; any other is unknown.
        let status = if METHODS.contains(&method) { 405 } else { 501 };
        return Some((status, Headers::new()));
    }
    let uri = message.request_uri().unwrap_or_default();
    let known = matches!(Uri::parse(uri).scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel);
    if !known && !["im:", "pres:", "urn:"].iter().any(|scheme| starts(uri, scheme)) {
        return Some((416, Headers::new()));
    }
    let unsupported: Vec<&str> =
        message.values(Name::Require).map(|(_, tag)| tag).filter(|tag| !profile.understands(tag)).collect();
    if !unsupported.is_empty() {
        return Some((420, vec![("Unsupported".to_owned(), unsupported.join(", "))]));
    }
    // Without a Contact there is nobody that the requests of a dialog could go to (RFC 3261 §8.1.1.8).
    if method == "INVITE" && message.contact().is_none_or(|contact| contact.uri.is_empty()) {
        return Some((400, Headers::new()));
    }
    // Only an INVITE replaces a dialog (RFC 3891 §3).
    if method != "INVITE" && profile.understands("replaces") && message.header(Name::Replaces).is_some() {
        return Some((400, Headers::new()));
    }
    None
}

fn starts(uri: &str, scheme: &str) -> bool {
    uri.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sip::Builder;

    #[test]
    fn the_order_and_the_reasons_are_those_of_rfc_3261_8_2() {
        let profile = Profile {
            allow: ["INVITE", "MESSAGE"].map(str::to_owned).into(),
            supported: vec!["timer".to_owned()],
            understood: vec!["recipient-list-invite".to_owned()],
            ..Profile::default()
        };
        let table = [
            ("MESSAGE", "sip:b", "", None),
            ("MESSAGE", "im:b@example.org", "", None),
            ("MESSAGE", "nobody:b", "", Some(416)),
            ("MESSAGE", "sip:b", "timer, Recipient-List-Invite", None),
            ("MESSAGE", "sip:b", "timer, 100rel", Some(420)),
            ("NOTIFY", "sip:b", "100rel", Some(405)),
            ("FROBNICATE", "sip:b", "", Some(501)),
            ("BYE", "sip:b", "", None),
            ("INVITE", "sip:b", "", Some(400)),
        ];
        for (method, uri, require, expected) in table {
            let message =
                Builder::request(method, uri).maybe("Require", Some(require).filter(|r| !r.is_empty())).build();
            let refusal = request(&profile, &message);
            assert_eq!(refusal.as_ref().map(|(status, _)| *status), expected, "{method} {uri} {require}");
            if expected == Some(420) {
                assert_eq!(refusal.map(|(_, headers)| headers[0].1.clone()).as_deref(), Some("100rel"));
            }
        }
    }

    #[test]
    fn replaces_stands_in_no_other_request_than_invite() {
        for (understood, method, expected) in
            [(true, "MESSAGE", Some(400)), (true, "BYE", Some(400)), (false, "MESSAGE", None)]
        {
            let supported = if understood { vec!["replaces".to_owned()] } else { Vec::new() };
            let allow = vec!["MESSAGE".to_owned()];
            let profile = Profile { allow, supported, ..Profile::default() };
            let message = Builder::request(method, "sip:b").header("Replaces", "c;to-tag=1;from-tag=2").build();
            assert_eq!(request(&profile, &message).map(|(status, _)| status), expected, "{method} {understood}");
        }
    }
}
