//! Which of the messages that leave a node a tampering is meant for, in words.

use std::fmt;

use crate::wire::sip::METHODS;
use crate::wire::{msrp, sip};

/// A choice among the messages that leave a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selector {
    pub which: Which,
    pub kind: Kind,
}

/// Which of the messages of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    Every,
    /// The nth of the kind, from 1.
    Nth(u32),
    /// The nth and all after it.
    From(u32),
    /// The MSRP chunk that ends its message, with the flag `$` or `#`.
    Last,
}

/// The kind of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A SIP request of this method.
    Request(String),
    /// A SIP response: status (nothing for any) and the method it answers.
    Response(Option<u16>, String),
    /// Any initial SIP request but REGISTER.
    InitialRequest,
    /// An MSRP request of this method that carries content or reports on it.
    MsrpRequest(String),
    /// An MSRP response of this status.
    MsrpResponse(u16),
}

impl Selector {
    /// Reads `INVITE`, `200 to INVITE`, `response to BYE`, `MSRP SEND`, `MSRP 200`, `initial request`, with
    /// `first`, `2nd`, `last` or `from the 3rd` before it where not every one is meant.
    pub fn parse(words: &str) -> Option<Selector> {
        let words = words.trim();
        let (which, rest) = match words.split_once(' ') {
            Some(("every", rest)) => (Which::Every, rest),
            Some(("first", rest)) => (Which::Nth(1), rest),
            Some(("last", rest)) => (Which::Last, rest),
            Some(("from", rest)) => {
                let (number, rest) = rest.strip_prefix("the ")?.split_once(' ')?;
                (Which::From(ordinal(number)?), rest)
            }
            Some((number, rest)) if ordinal(number).is_some() => (Which::Nth(ordinal(number)?), rest),
            _ => (Which::Every, words),
        };
        Some(Selector { which, kind: Kind::parse(rest)? })
    }
}

impl Kind {
    /// Whether a SIP message is of the kind.
    pub fn is_sip(&self, message: &sip::Message) -> bool {
        match self {
            Kind::Request(method) => message.is_request() && message.method() == method,
            Kind::Response(status, method) => {
                message.is_response()
                    && message.method() == method
                    && status.is_none_or(|status| message.status() == Some(status))
            }
            Kind::InitialRequest => {
                message.is_request()
                    && !matches!(message.method(), "REGISTER" | "ACK" | "CANCEL")
                    && message.to().is_some_and(|to| to.tag().is_none())
            }
            Kind::MsrpRequest(_) | Kind::MsrpResponse(_) => false,
        }
    }

    /// Whether an MSRP message is of the kind. The empty SEND that only binds a connection is not counted.
    pub fn is_msrp(&self, message: &msrp::Message) -> bool {
        let head = message.head();
        match self {
            Kind::MsrpRequest(method) => {
                let binding = method == "SEND" && message.body().is_none();
                head.is_request() && head.method() == method && !binding
            }
            Kind::MsrpResponse(status) => head.status() == Some(*status),
            _ => false,
        }
    }

    fn parse(words: &str) -> Option<Kind> {
        if words == "initial request" {
            return Some(Kind::InitialRequest);
        }
        if let Some(rest) = words.strip_prefix("MSRP ") {
            return match rest.parse() {
                Ok(status) => Some(Kind::MsrpResponse(status)),
                Err(_) => known(rest, &MSRP_METHODS).map(Kind::MsrpRequest),
            };
        }
        match words.split_once(" to ") {
            Some(("response", of)) => Some(Kind::Response(None, known(of, &METHODS)?)),
            Some((status, of)) => Some(Kind::Response(Some(status.parse().ok()?), known(of, &METHODS)?)),
            None => known(words, &METHODS).map(Kind::Request),
        }
    }
}

impl Which {
    /// Whether the `count`th message of the kind (from 1), `last` or not, is meant.
    pub fn picks(self, count: u32, last: bool) -> bool {
        match self {
            Which::Every => true,
            Which::Nth(n) => count == n,
            Which::From(n) => count >= n,
            Which::Last => last,
        }
    }
}

/// Of RFC 4975, RFC 4976 (AUTH) and RFC 7701 (NICKNAME).
const MSRP_METHODS: [&str; 4] = ["SEND", "REPORT", "AUTH", "NICKNAME"];

/// A misspelled method would select nothing for ever, and nobody would notice.
fn known(word: &str, methods: &[&str]) -> Option<String> {
    methods.contains(&word).then(|| word.to_owned())
}

fn ordinal(word: &str) -> Option<u32> {
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end))?;
    digits.parse().ok().filter(|n| *n > 0)
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.which {
            Which::Every => {}
            Which::Nth(n) => write!(f, "{n}{} ", ending(n))?,
            Which::From(n) => write!(f, "from the {n}{} ", ending(n))?,
            Which::Last => f.write_str("last ")?,
        }
        match &self.kind {
            Kind::Request(method) => f.write_str(method),
            Kind::Response(None, method) => write!(f, "response to {method}"),
            Kind::Response(Some(status), method) => write!(f, "{status} to {method}"),
            Kind::InitialRequest => f.write_str("initial request"),
            Kind::MsrpRequest(method) => write!(f, "MSRP {method}"),
            Kind::MsrpResponse(status) => write!(f, "MSRP {status}"),
        }
    }
}

fn ending(n: u32) -> &'static str {
    match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_print_as_they_parse() {
        for words in [
            "INVITE",
            "200 to INVITE",
            "response to BYE",
            "initial request",
            "MSRP SEND",
            "3rd MSRP SEND",
            "last MSRP SEND",
            "from the 2nd MSRP 200",
            "1st INVITE",
        ] {
            assert_eq!(Selector::parse(words).map(|s| s.to_string()).as_deref(), Some(words));
        }
        assert_eq!(Selector::parse("first INVITE"), Selector::parse("1st INVITE"));
        assert_eq!(Selector::parse("every INVITE"), Selector::parse("INVITE"));
    }

    #[test]
    fn other_words_select_nothing() {
        for words in ["", "invite", "0th INVITE", "MSRP", "x to INVITE", "from INVITE"] {
            assert_eq!(Selector::parse(words), None, "{words}");
        }
    }
}
