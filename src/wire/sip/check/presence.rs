//! Headers that must be there, and headers that must not be there twice; what start line and headers say
//! about each other (RFC 3261 §7.3.1, §8.1.1, §8.2.6).

use crate::wire::sip::message::{Message, Start};
use crate::wire::sip::name::Name;
use crate::wire::sip::view::NameAddr;
use crate::wire::uri::{Scheme, Uri};
use crate::wire::{Flaw, Span};

/// Headers whose value is not a list, so that a message has one at most.
const SINGLE: &[Name] = &[
    Name::CallId,
    Name::ContentDisposition,
    Name::ContentLength,
    Name::ContentType,
    Name::CSeq,
    Name::Date,
    Name::Event,
    Name::Expires,
    Name::From,
    Name::Join,
    Name::MaxForwards,
    Name::MimeVersion,
    Name::MinExpires,
    Name::MinSe,
    Name::Organization,
    Name::PCalledPartyId,
    Name::Priority,
    Name::Privacy,
    Name::RAck,
    Name::ReferredBy,
    Name::ReferTo,
    Name::Replaces,
    Name::ReplyTo,
    Name::RetryAfter,
    Name::RSeq,
    Name::Server,
    Name::SessionExpires,
    Name::SipETag,
    Name::SipIfMatch,
    Name::Subject,
    Name::SubscriptionState,
    Name::TargetDialog,
    Name::Timestamp,
    Name::To,
    Name::UserAgent,
];

pub(super) fn check(message: &Message, flaws: &mut Vec<Flaw>) {
    repeated(message, flaws);
    identities(message, Name::PAssertedIdentity, "RFC 3325 §9.1", flaws);
    identities(message, Name::PPreferredIdentity, "RFC 3325 §9.2", flaws);
    match message.start() {
        Start::Request { method, .. } => request(message, method, flaws),
        Start::Response { status, .. } => response(message, status, flaws),
        Start::Broken(_) => {}
    }
}

fn repeated(message: &Message, flaws: &mut Vec<Flaw>) {
    for name in SINGLE {
        for header in message.all(*name).skip(1) {
            flaws.push(Flaw::new(header.whole(), "RFC 3261 §7.3.1", format!("second {} header", name.text())));
        }
    }
}

/// One identity, or one SIP or SIPS URI and one tel URI.
fn identities(message: &Message, name: Name, clause: &'static str, flaws: &mut Vec<Flaw>) {
    let mut seen = Vec::new();
    for (span, value) in message.values(name) {
        let kind = match Uri::parse(NameAddr::parse(value).uri).scheme {
            Scheme::Sip | Scheme::Sips => Scheme::Sip,
            Scheme::Tel => Scheme::Tel,
            _ => {
                flaws.push(Flaw::new(span, clause, "identity is neither a SIP, a SIPS nor a tel URI"));
                continue;
            }
        };
        if seen.contains(&kind) {
            flaws.push(Flaw::new(span, clause, "second identity of the same kind"));
        } else {
            seen.push(kind);
        }
    }
}

fn request(message: &Message, method: Span, flaws: &mut Vec<Flaw>) {
    let clause = "RFC 3261 §8.1.1";
    for name in [Name::To, Name::From, Name::CSeq, Name::CallId, Name::MaxForwards, Name::Via] {
        need(message, name, clause, flaws);
    }
    if let Some((_, of_cseq)) = message.cseq()
        && of_cseq.as_bytes() != method.of(message.bytes())
        && let Some(span) = message.span_of(Name::CSeq)
    {
        flaws.push(Flaw::new(span, "RFC 3261 §8.1.1.5", "method of CSeq is not that of the request"));
    }
    need_tag(message, Name::From, "RFC 3261 §8.1.1.3", flaws);
    match method.of(message.bytes()) {
        b"INVITE" => one_contact(message, flaws),
        b"UPDATE" => need(message, Name::Contact, "RFC 3311 §5.1", flaws),
        b"SUBSCRIBE" => {
            one_contact(message, flaws);
            need(message, Name::Event, "RFC 6665 §8.2.1", flaws);
        }
        b"NOTIFY" => {
            need(message, Name::Event, "RFC 6665 §8.2.1", flaws);
            need(message, Name::SubscriptionState, "RFC 6665 §8.2.3", flaws);
        }
        b"REFER" => need(message, Name::ReferTo, "RFC 3515 §2.4.1", flaws),
        b"REGISTER" => address_of_record(message, flaws),
        _ => {}
    }
}

fn response(message: &Message, status: u16, flaws: &mut Vec<Flaw>) {
    for name in [Name::From, Name::CallId, Name::CSeq, Name::Via, Name::To] {
        need(message, name, "RFC 3261 §8.2.6.2", flaws);
    }
    if status > 100 {
        need_tag(message, Name::To, "RFC 3261 §8.2.6.2", flaws);
    }
    if (200..300).contains(&status) && message.method() == "INVITE" {
        need(message, Name::Contact, "RFC 3261 §12.1.1", flaws);
    }
}

fn need(message: &Message, name: Name, clause: &'static str, flaws: &mut Vec<Flaw>) {
    if message.header(name).is_none() {
        // What is missing lies nowhere; the end of the header section is where it could have been.
        let end = message.index().body;
        flaws.push(Flaw::new(Span::new(end..end), clause, format!("no {} header", name.text())));
    }
}

/// A request that can establish a dialog has exactly one Contact.
fn one_contact(message: &Message, flaws: &mut Vec<Flaw>) {
    need(message, Name::Contact, "RFC 3261 §8.1.1.8", flaws);
    if let Some((span, _)) = message.values(Name::Contact).nth(1) {
        flaws.push(Flaw::new(span, "RFC 3261 §8.1.1.8", "second Contact in a request that can establish a dialog"));
    }
}

fn need_tag(message: &Message, name: Name, clause: &'static str, flaws: &mut Vec<Flaw>) {
    // A value that is not UTF-8 is flagged for that, and reads as empty.
    let tagless = message.address(name).is_some_and(|a| !a.uri.is_empty() && a.tag().is_none());
    if tagless && let Some(span) = message.span_of(name) {
        flaws.push(Flaw::new(span, clause, format!("{} without a tag", name.text())));
    }
}

/// To of a REGISTER is a SIP or SIPS URI.
fn address_of_record(message: &Message, flaws: &mut Vec<Flaw>) {
    let foreign = message.to().is_some_and(|to| !matches!(Uri::parse(to.uri).scheme, Scheme::Sip | Scheme::Sips));
    if foreign && let Some(span) = message.span_of(Name::To) {
        flaws.push(Flaw::new(span, "RFC 3261 §10.2", "address of record is neither a SIP nor a SIPS URI"));
    }
}
