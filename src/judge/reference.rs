//! What a row may name in place of writing a value out, such as *Bob's address*.
//!
//! It holds the words only; what they stand for in a case is `compare.rs`.

use std::fmt;

use super::received::Received;

/// A value that a row names in place of writing it out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reference {
    Literal(String),
    /// A person's address of record, for example *Bob's address*.
    Address(String),
    /// The MSRP path in that person's session description.
    Path(String),
    /// What the MSRP relays gave that person first: the outermost of them first, and last the URI of his own that they gave it
    /// for.
    RelayedPath(String),
    /// The way from one person to another over MSRP: through what the relays that act for him gave him first, by the path that
    /// the other described.
    Way(String, String),
    /// The URI of the MSRP relay.
    Relay,
    /// The MSRP path in the last session description of that person.
    LatestPath(String),
    ConferenceFactory,
    ControllingFunction,
    /// The URI where deferred messages are retrieved.
    DeferredStore,
    /// The URI where history is retrieved.
    HistoryStore,
    Group(String),
    /// The SIP Session Identity of a session that goes on.
    Session(String),
    /// The IMDN Message-ID of the first message that asks for a notification.
    MessageId,
    /// All addresses that the act named.
    Recipients,
    /// The URIs of all stored messages that the act named.
    ChosenMessages,
    /// The size of the message that the act named, or, in a capture, that the chunks carry.
    SizeOfMessage,
    /// The message that the act named.
    Message,
    /// Its SHA-1 hash, as RFC 5547 writes it.
    HashOfMessage,
    /// The nth (from 1) of the files that the act named.
    File(u32),
    /// Its size in octets.
    SizeOfFile(u32),
    /// The URI in the Contact of the 200 to the INVITE, or to a later one.
    RemoteTarget(u32),
    /// The URI in the From of the first INVITE of the party under test.
    OwnFrom,
    /// The URI in the Contact of the first INVITE that the party under test got.
    CallerTarget,
    /// The nth message (from 1) that the store held before anything happened.
    Stored(u32),
    /// When that was written.
    StoredDate(u32),
    /// The identity that a conference has: the Contact of its focus in the first 2xx to an INVITE, or in its first INVITE.
    SessionIdentity,
    /// The next hop towards the SIP/IP core.
    Core,
    /// The Service-Route that the registration gave.
    ServiceRoute,
    /// The description that the act gave.
    Description,
    /// What the same field holds in a message that the party received.
    SameAs(Received),
    /// The host of a party, by what people call it.
    At(String),
}

pub(super) const REFERENCES: &[(&str, Reference)] = &[
    ("the conference factory", Reference::ConferenceFactory),
    ("the Controlling Function", Reference::ControllingFunction),
    ("the deferred store", Reference::DeferredStore),
    ("the history store", Reference::HistoryStore),
    ("the recipients", Reference::Recipients),
    ("the chosen messages", Reference::ChosenMessages),
    ("the Message-ID of the message", Reference::MessageId),
    ("the size of the message", Reference::SizeOfMessage),
    ("the message", Reference::Message),
    ("the SHA-1 hash of the message", Reference::HashOfMessage),
    ("the Contact of the 200 to the INVITE", Reference::RemoteTarget(1)),
    ("the Contact of the 200 to the 2nd INVITE", Reference::RemoteTarget(2)),
    ("the From of the INVITE", Reference::OwnFrom),
    ("the Contact of the INVITE", Reference::CallerTarget),
    ("the session identity", Reference::SessionIdentity),
    ("the SIP/IP core", Reference::Core),
    ("the Service-Route", Reference::ServiceRoute),
    ("the MSRP relay", Reference::Relay),
    ("the description", Reference::Description),
];

impl Reference {
    /// The reference that `words` name; words that name none are meant literally.
    pub fn parse(words: &str) -> Reference {
        if let Some((_, reference)) = REFERENCES.iter().find(|(text, _)| *text == words) {
            return reference.clone();
        }
        if let Some(name) = words.strip_suffix("'s address").and_then(one_word) {
            return Reference::Address(name);
        }
        if let Some(name) = words.strip_suffix("'s latest path").and_then(one_word) {
            return Reference::LatestPath(name);
        }
        if let Some(name) = words.strip_suffix("'s relayed path").and_then(one_word) {
            return Reference::RelayedPath(name);
        }
        let way = words.strip_prefix("the way from ").and_then(|words| words.split_once(" to "));
        if let Some((from, to)) = way.and_then(|(from, to)| one_word(from).zip(one_word(to))) {
            return Reference::Way(from, to);
        }
        if let Some(name) = words.strip_suffix("'s path").and_then(one_word) {
            return Reference::Path(name);
        }
        if let Some(nth) = words.strip_suffix(" file") {
            let size = nth.strip_prefix("the size of the ").and_then(ordinal).map(Reference::SizeOfFile);
            if let Some(reference) = size.or_else(|| nth.strip_prefix("the ").and_then(ordinal).map(Reference::File)) {
                return reference;
            }
        }
        if let Some(nth) = words.strip_suffix(" stored message") {
            let date = nth.strip_prefix("the date of the ").and_then(ordinal).map(Reference::StoredDate);
            if let Some(reference) = date.or_else(|| nth.strip_prefix("the ").and_then(ordinal).map(Reference::Stored))
            {
                return reference;
            }
        }
        if let Some(name) = words.strip_prefix("the group ").and_then(one_word) {
            return Reference::Group(name);
        }
        if let Some(name) = words.strip_prefix("the session ").and_then(one_word) {
            return Reference::Session(name);
        }
        if let Some(party) = words.strip_prefix("at the ") {
            return Reference::At(format!("the {party}"));
        }
        if let Some(client) = words.strip_prefix("at ").filter(|client| client.ends_with("'s client")) {
            return Reference::At(client.to_owned());
        }
        if let Some(received) = words.strip_prefix("the same as in ").and_then(Received::parse) {
            return Reference::SameAs(received);
        }
        Reference::Literal(words.to_owned())
    }
}

pub(super) fn one_word(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.to_owned())
}

/// The number from 1 in `1st`, `22nd`.
pub(super) fn ordinal(words: &str) -> Option<u32> {
    let nth = words.trim_end_matches(|c: char| c.is_ascii_lowercase()).parse().ok().filter(|nth| *nth > 0)?;
    (Ordinal(nth).to_string() == words).then_some(nth)
}

/// A number in a row: `1st`, `22nd`.
pub(super) struct Ordinal(pub u32);

impl fmt::Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = match (self.0 % 10, self.0 % 100) {
            (_, 11..=13) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        };
        write!(f, "{}{ending}", self.0)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((text, _)) = REFERENCES.iter().find(|(_, reference)| reference == self) {
            return f.write_str(text);
        }
        match self {
            Reference::Literal(text) => f.write_str(text),
            Reference::Address(name) => write!(f, "{name}'s address"),
            Reference::Path(name) => write!(f, "{name}'s path"),
            Reference::LatestPath(name) => write!(f, "{name}'s latest path"),
            Reference::RelayedPath(name) => write!(f, "{name}'s relayed path"),
            Reference::Way(from, to) => write!(f, "the way from {from} to {to}"),
            Reference::Group(name) => write!(f, "the group {name}"),
            Reference::Session(name) => write!(f, "the session {name}"),
            Reference::SameAs(received) => write!(f, "the same as in {received}"),
            Reference::At(party) => write!(f, "at {party}"),
            Reference::File(nth) => write!(f, "the {} file", Ordinal(*nth)),
            Reference::SizeOfFile(nth) => write!(f, "the size of the {} file", Ordinal(*nth)),
            Reference::Stored(nth) => write!(f, "the {} stored message", Ordinal(*nth)),
            Reference::StoredDate(nth) => write!(f, "the date of the {} stored message", Ordinal(*nth)),
            other => write!(f, "{other:?}"),
        }
    }
}
