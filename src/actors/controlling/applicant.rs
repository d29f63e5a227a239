//! Who asks for what in an INVITE: identity, anonymity and offer.

use super::config::Config;
use crate::wire::sdp::{Direction, Session};
use crate::wire::sip::{Message, Name, NameAddr};
use crate::wire::uri::{Scheme, Uri};

/// The sender of a request that asks for a session or for delivery.
pub(super) struct Applicant {
    /// The Authenticated Originator's IM Address; none where nobody vouches for one.
    pub address: Option<String>,
    /// From as written, without tag.
    pub from: String,
    pub display_name: Option<String>,
    /// The URI in From.
    pub alias: String,
    /// Asks for anonymity (RFC 3323, RFC 3325).
    pub anonymous: bool,
    /// The remote target.
    pub contact: String,
    pub is_focus: bool,
    pub offer: Session,
    /// Whether the offer is for one message in one direction (IM 9.1.1.2).
    pub sends_one_message: bool,
    /// Whether private messages may be sent to him.
    pub takes_private: bool,
}

impl Applicant {
    pub fn of(config: &Config, message: &Message) -> Applicant {
        let from = message.from();
        let alias = from.map(|f| f.uri.to_owned()).unwrap_or_default();
        let asserted = asserted(message);
        let vouched = asserted.map(|a| a.uri.to_owned());
        let contact = message.contact();
        // The text speaks of the URI of Contact; RFC 3840 has it as a parameter of the header.
        let is_focus = contact.is_some_and(|c| c.params.has("isfocus") || Uri::parse(c.uri).param("isfocus").is_some());
        let offer = Session::parse(message.body_of_type("application/sdp").map(|p| p.body).unwrap_or_default());
        let one_way = offer.msrp_media().is_some_and(|m| m.explicit_direction() == Some(Direction::SendOnly));
        Applicant {
            address: if config.ims { vouched } else { vouched.or_else(|| Some(alias.clone())) },
            display_name: asserted.and_then(|a| display_name(&a)).or_else(|| from.and_then(|f| display_name(&f))),
            from: from.map(|f| name_addr(f.display, f.uri)).unwrap_or_default(),
            anonymous: message.has_privacy("id"),
            contact: contact.map(|c| c.uri.to_owned()).unwrap_or_default(),
            is_focus,
            sends_one_message: one_way,
            takes_private: takes_private(&offer),
            offer,
            alias,
        }
    }
}

/// The identity that the core vouches for: a SIP URI before others (RFC 3325 §9.1).
fn asserted(message: &Message) -> Option<NameAddr<'_>> {
    let all: Vec<NameAddr<'_>> = message.addresses(Name::PAssertedIdentity).collect();
    let sip = all.iter().find(|a| matches!(Uri::parse(a.uri).scheme, Scheme::Sip | Scheme::Sips));
    sip.or(all.first()).copied()
}

/// The display name of an address without its quotes.
pub(super) fn display_name(address: &NameAddr<'_>) -> Option<String> {
    let name = address.display.trim().trim_matches('"');
    (!name.is_empty()).then(|| name.to_owned())
}

/// An address with its display name, quoted.
pub(super) fn named(display_name: Option<&str>, uri: &str) -> String {
    match display_name {
        Some(name) => format!("\"{}\" <{uri}>", name.replace(['"', '\\', '\r', '\n'], "")),
        None => format!("<{uri}>"),
    }
}

fn name_addr(display: &str, uri: &str) -> String {
    if display.is_empty() { format!("<{uri}>") } else { format!("{display} <{uri}>") }
}

/// Whether the chatroom attribute of a description names private messages (RFC 7701 §8).
pub(super) fn takes_private(description: &Session) -> bool {
    let media = description.msrp_media();
    media.and_then(|m| m.chatroom().map(|mut words| words.any(|word| word == "private-messages"))).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sip::Builder;

    fn check_identity(ims: bool, headers: &[(&str, &str)], expected: Option<&str>) {
        let at = "192.0.2.9:1".parse().expect("an address");
        let ids = crate::stack::IdSource::new(1, "x");
        let config = Config { ims, ..Config::new(at, at, at, "sip:f@h", ids) };
        let builder = Builder::request("INVITE", "sip:f@h").header("From", "\"Al\" <sip:alice@h>;tag=1");
        let message = headers.iter().fold(builder, |b, (name, value)| b.header(name, *value)).build();
        assert_eq!(Applicant::of(&config, &message).address.as_deref(), expected, "{headers:?}");
    }

    #[test]
    fn on_an_ims_only_an_asserted_identity_counts() {
        check_identity(false, &[], Some("sip:alice@h"));
        check_identity(true, &[], None);
        let pai = ("P-Asserted-Identity", "<tel:+1>, \"Bob\" <sip:bob@h>");
        check_identity(true, &[pai], Some("sip:bob@h"));
        check_identity(false, &[pai], Some("sip:bob@h"));
        check_identity(true, &[("P-Asserted-Identity", "<tel:+1>")], Some("tel:+1"));
    }
}
