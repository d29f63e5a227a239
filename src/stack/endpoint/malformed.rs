//! What no transaction user can work with (RFC 3261 §8.1.1, §8.2, §18.3). Everything else is theirs to judge.

use crate::wire::sip::{Message, Name, Start};

/// The status and the reason that a request must be refused with, whatever it asks for.
pub(super) fn request(message: &Message) -> Option<(u16, &'static str)> {
    if let Start::Request { version, .. } = message.start()
        && !message.str(version).eq_ignore_ascii_case("SIP/2.0")
    {
        return Some((505, "the version is not SIP/2.0"));
    }
    let mandatory = [
        (Name::From, "From is missing"),
        (Name::To, "To is missing"),
        (Name::CallId, "Call-ID is missing"),
        (Name::CSeq, "CSeq is missing"),
    ];
    for (name, why) in mandatory {
        if message.header(name).is_none() {
            return Some((400, why));
        }
    }
    match message.cseq() {
        None => return Some((400, "CSeq cannot be read")),
        Some((_, method)) if method != message.method() => return Some((400, "CSeq names another method")),
        Some(_) => {}
    }
    if short_body(message) {
        return Some((400, "the body is shorter than Content-Length"));
    }
    None
}

/// Whether a response must be discarded.
pub(super) fn response(message: &Message) -> bool {
    message.cseq().is_none() || !matches!(message.status(), Some(100..=699)) || short_body(message)
}

fn short_body(message: &Message) -> bool {
    let announced = message.header(Name::ContentLength).and_then(|header| header.text().parse::<usize>().ok());
    announced.is_some_and(|octets| octets > message.body_span().len())
}
