//! Moments of a case that rows and steps refer to, such as *the 200 to the INVITE*.
//!
//! It holds the words only; finding a moment in a trace is `scene.rs`.

use std::fmt;

use super::received::Received;
use crate::wire::sip::METHODS;

/// A moment of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Moment {
    /// The first request of a method.
    Request(String),
    /// The first response of that status to a request of that method.
    Response(u16, String),
    /// The first message of that kind that the party received from that person.
    Received(Received),
    /// The first chunk of the message leaves.
    FirstChunk,
    /// The last chunk of the message leaves.
    LastChunk,
    /// The last chunk has its 200, or a success REPORT covers the message.
    LastChunkAcknowledged,
    /// Every octet of the message is acknowledged, by 200s or success REPORTs.
    WholeMessageAcknowledged,
    /// A success REPORT covers the last octet.
    SuccessReport,
    /// A REPORT says that the message, or a part of it, failed.
    FailureReport,
    /// An MSRP response of that status.
    MsrpResponse(u16),
    /// The MSRP connection is up.
    MsrpConnected,
    /// The MSRP connection was closed or reset by either side.
    MsrpClosed,
    /// What the act of the scenario was done with.
    Act,
}

const PLAIN: &[(&str, Moment)] = &[
    ("the first chunk", Moment::FirstChunk),
    ("the last chunk", Moment::LastChunk),
    ("the last chunk is acknowledged", Moment::LastChunkAcknowledged),
    ("the whole message is acknowledged", Moment::WholeMessageAcknowledged),
    ("the success report", Moment::SuccessReport),
    ("the failure report", Moment::FailureReport),
    ("the MSRP connection is up", Moment::MsrpConnected),
    ("the MSRP connection is closed", Moment::MsrpClosed),
    ("the user's act", Moment::Act),
];

impl Moment {
    /// The moment that `words` name.
    pub fn parse(words: &str) -> Option<Moment> {
        if let Some((_, moment)) = PLAIN.iter().find(|(name, _)| *name == words) {
            return Some(moment.clone());
        }
        if let Some(received) = Received::parse(words) {
            return Some(Moment::Received(received));
        }
        let rest = words.strip_prefix("the ")?;
        if let Some(status) = rest.strip_prefix("MSRP ") {
            return status_of(status).map(Moment::MsrpResponse);
        }
        if let Some((status, method)) = rest.split_once(" to the ") {
            return Some(Moment::Response(status_of(status)?, method_word(method)?));
        }
        method_word(rest).map(Moment::Request)
    }

    /// Examples of everything a moment may be, for messages and the manual.
    pub fn vocabulary() -> Vec<String> {
        let plain = PLAIN.iter().map(|(name, _)| (*name).to_owned());
        plain
            .chain(
                ["the INVITE", "the 200 to the INVITE", "Bob's INVITE", "Bob's 200 to the INVITE", "the MSRP 413"]
                    .map(str::to_owned),
            )
            .collect()
    }
}

/// Three digits, as SIP and MSRP have them (RFC 3261 §7.2, RFC 4975 §9).
pub(super) fn status_of(word: &str) -> Option<u16> {
    let digits = word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit());
    word.parse().ok().filter(|status| digits && *status >= 100)
}

fn method_word(word: &str) -> Option<String> {
    METHODS.contains(&word).then(|| word.to_owned())
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = PLAIN.iter().find(|(_, moment)| moment == self) {
            return f.write_str(name);
        }
        match self {
            Moment::Request(method) => write!(f, "the {method}"),
            Moment::Response(status, method) => write!(f, "the {status} to the {method}"),
            Moment::Received(received) => write!(f, "{received}"),
            Moment::MsrpResponse(status) => write!(f, "the MSRP {status}"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_prints_as_it_parses() {
        for words in Moment::vocabulary() {
            assert_eq!(Moment::parse(&words).map(|m| m.to_string()), Some(words));
        }
    }

    #[test]
    fn other_words_are_no_moment() {
        for words in
            ["lunch", "the invite", "the MSRP x", "the MSRP 20", "the 2x to the INVITE", "Bob's invite", "Bob's", "the"]
        {
            assert_eq!(Moment::parse(words), None, "{words}");
        }
    }
}
