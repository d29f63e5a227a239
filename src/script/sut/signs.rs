//! Signs: what a single message of a system says of its capabilities, without anybody having asked for it.
//!
//! That there is no sign of a capability says nothing.

use super::SystemUnderTest;
use crate::actors::act::Kind;
use crate::script::plan::Client;
use crate::wire::sdp::Session;
use crate::wire::sip::{Message, Name};

/// A sign of a capability.
pub struct Sign {
    pub capability: &'static str,
    /// What a message that has it says, as a sentence about the system.
    pub says: &'static str,
    pub is_in: fn(&Message) -> bool,
}

/// All of them.
pub const SIGNS: &[Sign] = &[
    Sign {
        capability: "mid-session",
        says: "it supports session timers (option tag timer)",
        is_in: |message| names(message, Name::Supported, "timer"),
    },
    Sign {
        capability: "mid-session",
        says: "it allows UPDATE",
        is_in: |message| names(message, Name::Allow, "UPDATE"),
    },
    Sign {
        capability: "ims",
        says: "it names its access network",
        is_in: |message| message.header(Name::PAccessNetworkInfo).is_some(),
    },
    Sign { capability: "pager", says: "it allows MESSAGE", is_in: |message| names(message, Name::Allow, "MESSAGE") },
    Sign {
        capability: "large-messages",
        says: "its Contact has +g.oma.sip-im.large-message",
        is_in: |message| has_feature(message, feature_tag(Client::Cpm)),
    },
    Sign {
        capability: "conferences",
        says: "it takes conference-info",
        is_in: |message| {
            names(message, Name::Accept, "application/conference-info+xml")
                || names(message, Name::AllowEvents, "conference")
        },
    },
    Sign {
        capability: "private-messages",
        says: "its chatroom attribute names private messages (RFC 7701 §8)",
        is_in: |message| {
            let named = |session: Session| {
                let mut words = session.media().filter_map(|media| media.chatroom()).flatten();
                words.any(|word| word == "private-messages")
            };
            description(message).is_some_and(named)
        },
    },
    Sign {
        capability: "relays",
        says: "its MSRP path leads through a relay",
        is_in: |message| description(message).is_some_and(|sdp| sdp.media().any(|media| media.path().nth(1).is_some())),
    },
    Sign {
        capability: "deferred-messages",
        says: "it takes message summaries",
        is_in: |message| {
            names(message, Name::Accept, "application/simple-message-summary")
                || names(message, Name::AllowEvents, "message-summary")
        },
    },
];

impl SystemUnderTest {
    /// Whether it claims a capability: its file says so, or has no list.
    pub fn claims(&self, capability: &str) -> bool {
        self.capabilities.as_ref().is_none_or(|names| names.iter().any(|name| name == capability))
    }
}

/// The first sign of a capability in these messages.
pub fn sign_of<'m>(capability: &str, messages: impl Iterator<Item = &'m Message> + Clone) -> Option<&'static Sign> {
    let mut signs = SIGNS.iter().filter(|sign| sign.capability == capability);
    signs.find(|sign| messages.clone().any(sign.is_in))
}

/// The session description in a message.
pub fn description(message: &Message) -> Option<Session> {
    message.body_of_type("application/sdp").map(|part| Session::parse(part.body))
}

/// Whether a Contact has a feature tag.
pub fn has_feature(message: &Message, tag: &str) -> bool {
    message.addresses(Name::Contact).any(|contact| contact.params.has(tag))
}

/// The feature tag of a kind of client (IM Appendix E, CPM 7.3.2.1).
pub fn feature_tag(kind: Client) -> &'static str {
    match kind {
        Client::Im => Kind::Im.feature_tag(),
        Client::Cpm => Kind::Cpm.feature_tag(),
    }
}

/// Whether one of the values of a header is that word, whatever its parameters.
fn names(message: &Message, header: Name, word: &str) -> bool {
    let own = |value: &str| value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(word);
    message.values(header).any(|(_, value)| own(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::sut::CAPABILITIES;

    #[test]
    fn signs_are_found() {
        assert!(SIGNS.iter().all(|sign| CAPABILITIES.iter().any(|(name, _)| *name == sign.capability)));
        #[track_caller]
        fn check(headers: &str, capability: &str, says: Option<&str>) {
            let message = Message::parse(format!("SIP/2.0 200 OK\r\n{headers}\r\n\r\n").into());
            let found = sign_of(capability, [&message].into_iter()).map(|sign| sign.says);
            assert_eq!(found, says, "{headers}");
        }
        check("Supported: 100rel, timer", "mid-session", Some("it supports session timers (option tag timer)"));
        check("Allow: INVITE, UPDATE", "mid-session", Some("it allows UPDATE"));
        check("Allow: INVITE, MESSAGE", "pager", Some("it allows MESSAGE"));
        check("Allow: INVITE", "pager", None);
        check("Accept: application/conference-info+xml;q=0.5", "conferences", Some("it takes conference-info"));
        check("Contact: <sip:a@b>;+g.oma.sip-im", "large-messages", None);
        let tag = "its Contact has +g.oma.sip-im.large-message";
        check("Contact: <sip:a@b>;+g.oma.sip-im.large-message", "large-messages", Some(tag));
        check("P-Access-Network-Info: IEEE-802.11", "ims", Some("it names its access network"));
        check("Allow: MESSAGE", "history", None);
    }
}
