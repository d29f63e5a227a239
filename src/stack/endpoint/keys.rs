//! What a message is matched to its transaction by (RFC 3261 §17.1.3, §17.2.3, §8.2.2.2).

use std::fmt::Write;

use crate::wire::sip::{Message, Name};

const COOKIE: &str = "z9hG4bK";

/// The client transaction of a request sent here, or of its response: branch and CSeq method.
pub(super) fn client(message: &Message) -> String {
    let via = message.via();
    let branch = via.as_ref().and_then(|via| via.branch()).unwrap_or_default();
    let method = message.cseq().map_or("", |(_, method)| method);
    format!("{branch} {method}")
}

/// The server transaction of a request with the method `method`; an ACK has that of its INVITE.
pub(super) fn server(message: &Message, method: &str) -> String {
    let method = if method == "ACK" { "INVITE" } else { method };
    let Some(via) = message.via() else { return String::new() };
    match via.branch() {
        Some(branch) if branch.get(..COOKIE.len()).is_some_and(|c| c.eq_ignore_ascii_case(COOKIE)) => {
            format!("{branch} {}:{} {method}", via.host.to_ascii_lowercase(), via.port.unwrap_or(0))
        }
        _ => {
            // A client of RFC 2543 makes no branch that is worth anything.
            let tag = |address: Option<crate::wire::sip::NameAddr<'_>>| {
                address.and_then(|address| address.tag()).unwrap_or_default().to_owned()
            };
            let number = message.cseq().map_or(0, |(number, _)| number);
            let mut key = format!("2543 {method} {number} {} {}", message.call_id(), tag(message.from()));
            let _ = write!(key, " {}", message.request_uri().unwrap_or_default());
            let _ = write!(key, " {}", message.values(Name::Via).next().map_or("", |(_, via)| via));
            if method != "INVITE" {
                let _ = write!(key, " {}", tag(message.to()));
            }
            key
        }
    }
}

/// What two requests that forked and met again have in common; `None` inside a dialog and for CANCEL.
pub(super) fn merged(message: &Message) -> Option<String> {
    if message.method() == "CANCEL" || message.to().is_some_and(|to| to.tag().is_some()) {
        return None;
    }
    let tag = message.from().and_then(|from| from.tag()).unwrap_or_default().to_owned();
    let (number, method) = message.cseq()?;
    Some(format!("{} {tag} {number} {method}", message.call_id()))
}
