//! What a tampering does to a message, in words.

use std::fmt;
use std::time::Duration;

/// One change to a message, or to whether and when it leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Never let it leave.
    Swallow,
    /// Send it again. A chunk of MSRP goes as another transaction then: there is no retransmission of one.
    SendTwice,
    Delay(Duration),
    /// Send it to another address than the node chose.
    SendTo(String),
    DropHeader(String),
    SetHeader(String, String),
    /// A second header of a name that may be there already.
    AddHeader(String, String),
    /// Move a header behind all others.
    PutHeaderLast(String),
    /// One value of a comma-separated header.
    DropValue {
        header: String,
        value: String,
    },
    DropParameter {
        header: String,
        parameter: String,
    },
    SetParameter {
        header: String,
        parameter: String,
        value: String,
    },
    /// The display name of an address header; none where it is empty.
    SetDisplayName {
        header: String,
        name: String,
    },
    SetMethod(String),
    SetRequestUri(String),
    SetRequestUriParameter(String, String),
    DropRequestUriParameter(String),
    SetStatus(u16, String),
    DropBody,
    /// Put this text in place of the body; `<CRLF>` in it is a line end.
    SetBody(String),
    DropPart(String),
    /// Leave out the closing delimiter of a multipart body.
    DropClosingDelimiter,
    /// Replace text in the body wherever it stands; `<CRLF>` in the new text is a line end.
    Replace(String, String),
    SetSdpDirection(String),
    DropSdpDirection,
    SetSdpAttribute(String, String),
    DropSdpAttribute(String),
    SetSdpPort(u16),
    SetSdpProtocol(String),
    SetSdpMedia(String),
    /// Offer the medium a second time, at a path of its own.
    RepeatSdpMedia,
    /// MSRP continuation flag: `$`, `+` or `#`.
    SetFlag(char),
    SetTransactionId(String),
    /// Give each message its own value of the header.
    MakeUnique(String),
    /// Begin the chunk that many octets earlier, with the octets that stand there.
    Overlap(usize),
    /// Replace the body's octets by as many others.
    Scramble,
    /// Leave out the end-line of a chunk.
    DropEndLine,
}

/// Beginnings of the changes, each with how it goes on; the first blank-separated words decide.
const FORMS: &[&str] = &[
    "swallow",
    "send twice",
    "delay 20 s",
    "send to 127.0.0.12:5060",
    "drop header Supported",
    "set header Supported to timer",
    "add header Contact to <sip:a@b.example>",
    "put header Content-Disposition last",
    "drop value timer from Supported",
    "drop parameter refresher from Session-Expires",
    "set parameter refresher of Session-Expires to uas",
    "set display name of From to Ally",
    "drop display name of From",
    "set method MESSAGE",
    "set Request-URI to sip:bob@home1.example",
    "set Request-URI parameter sessiontype to adhoc",
    "drop Request-URI parameter sessiontype",
    "set status 488 Not Acceptable Here",
    "drop body",
    "set body to hello",
    "drop part application/sdp",
    "drop closing delimiter",
    "replace sip:bob with sip:eve",
    "set SDP direction sendrecv",
    "drop SDP direction",
    "set SDP attribute filesize to 7",
    "drop SDP attribute path",
    "set SDP port 0",
    "set SDP protocol RTP/AVP",
    "set SDP media application",
    "repeat SDP media",
    "set flag #",
    "set transaction id zzzz",
    "make unique Message-ID",
    "overlap 512",
    "scramble",
    "drop end-line",
];

impl Change {
    /// The change that `words` name; see [`Change::vocabulary`].
    pub fn parse(words: &str) -> Option<Change> {
        let words = words.trim();
        let after = |prefix: &str| words.strip_prefix(prefix).map(str::trim).filter(|s| !s.is_empty());
        let pair = |text: &str, between: &str| {
            text.split_once(between).map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned()))
        };
        match words {
            "swallow" => return Some(Change::Swallow),
            "send twice" => return Some(Change::SendTwice),
            "drop body" => return Some(Change::DropBody),
            "drop closing delimiter" => return Some(Change::DropClosingDelimiter),
            "drop SDP direction" => return Some(Change::DropSdpDirection),
            "scramble" => return Some(Change::Scramble),
            "repeat SDP media" => return Some(Change::RepeatSdpMedia),
            "drop end-line" => return Some(Change::DropEndLine),
            _ => {}
        }
        if let Some(seconds) = after("delay ").and_then(|t| t.strip_suffix(" s")) {
            return seconds
                .parse()
                .ok()
                .filter(|s: &f64| *s >= 0.0 && *s < 1e6)
                .map(|s| Change::Delay(Duration::from_secs_f64(s)));
        }
        if let Some(address) = after("send to ") {
            return Some(Change::SendTo(address.to_owned()));
        }
        if let Some(rest) = after("drop Request-URI parameter ") {
            return Some(Change::DropRequestUriParameter(rest.to_owned()));
        }
        if let Some(rest) = after("set Request-URI parameter ") {
            return pair(rest, " to ").map(|(name, value)| Change::SetRequestUriParameter(name, value));
        }
        if let Some(uri) = after("set Request-URI to ") {
            return Some(Change::SetRequestUri(uri.to_owned()));
        }
        if let Some(name) = after("drop header ") {
            return Some(Change::DropHeader(name.to_owned()));
        }
        if let Some(text) = after("set body to ") {
            return Some(Change::SetBody(text.to_owned()));
        }
        if let Some(rest) = after("set header ") {
            return pair(rest, " to ").map(|(name, value)| Change::SetHeader(name, value));
        }
        if let Some(rest) = after("add header ") {
            return pair(rest, " to ").map(|(name, value)| Change::AddHeader(name, value));
        }
        if let Some(rest) = after("put header ") {
            let name = rest.strip_suffix(" last").map(str::trim).filter(|name| !name.is_empty())?;
            return Some(Change::PutHeaderLast(name.to_owned()));
        }
        if let Some(rest) = after("drop value ") {
            return pair(rest, " from ").map(|(value, header)| Change::DropValue { header, value });
        }
        if let Some(rest) = after("drop parameter ") {
            return pair(rest, " from ").map(|(parameter, header)| Change::DropParameter { header, parameter });
        }
        if let Some(rest) = after("set parameter ") {
            let (left, value) = pair(rest, " to ")?;
            return pair(&left, " of ").map(|(parameter, header)| Change::SetParameter { header, parameter, value });
        }
        if let Some(rest) = after("set display name of ") {
            return pair(rest, " to ").map(|(header, name)| Change::SetDisplayName { header, name });
        }
        if let Some(header) = after("drop display name of ") {
            return Some(Change::SetDisplayName { header: header.to_owned(), name: String::new() });
        }
        if let Some(method) = after("set method ") {
            return Some(Change::SetMethod(method.to_owned()));
        }
        if let Some(rest) = after("set status ") {
            let (status, reason) = rest.split_once(' ').unwrap_or((rest, "Changed"));
            return status.parse().ok().map(|status| Change::SetStatus(status, reason.to_owned()));
        }
        if let Some(kind) = after("drop part ") {
            return Some(Change::DropPart(kind.to_owned()));
        }
        if let Some(rest) = after("replace ") {
            return pair(rest, " with ").map(|(old, new)| Change::Replace(old, new));
        }
        if let Some(direction) = after("set SDP direction ") {
            return Some(Change::SetSdpDirection(direction.to_owned()));
        }
        if let Some(rest) = after("set SDP attribute ") {
            return pair(rest, " to ").map(|(name, value)| Change::SetSdpAttribute(name, value));
        }
        if let Some(name) = after("drop SDP attribute ") {
            return Some(Change::DropSdpAttribute(name.to_owned()));
        }
        if let Some(port) = after("set SDP port ") {
            return port.parse().ok().map(Change::SetSdpPort);
        }
        if let Some(protocol) = after("set SDP protocol ") {
            return Some(Change::SetSdpProtocol(protocol.to_owned()));
        }
        if let Some(media) = after("set SDP media ") {
            return Some(Change::SetSdpMedia(media.to_owned()));
        }
        if let Some(flag) = after("set flag ") {
            return flag.chars().next().filter(|c| "$+#".contains(*c)).map(Change::SetFlag);
        }
        if let Some(id) = after("set transaction id ") {
            return Some(Change::SetTransactionId(id.to_owned()));
        }
        if let Some(name) = after("make unique ") {
            return Some(Change::MakeUnique(name.to_owned()));
        }
        after("overlap ").and_then(|n| n.parse().ok()).map(Change::Overlap)
    }

    /// An example of every change, for lint's "did you mean" and the manual.
    pub fn vocabulary() -> &'static [&'static str] {
        FORMS
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Swallow => f.write_str("swallow"),
            Change::SendTwice => f.write_str("send twice"),
            Change::Delay(time) => write!(f, "delay {} s", time.as_secs_f64()),
            Change::SendTo(address) => write!(f, "send to {address}"),
            Change::DropHeader(name) => write!(f, "drop header {name}"),
            Change::SetHeader(name, value) => write!(f, "set header {name} to {value}"),
            Change::AddHeader(name, value) => write!(f, "add header {name} to {value}"),
            Change::PutHeaderLast(name) => write!(f, "put header {name} last"),
            Change::DropValue { header, value } => write!(f, "drop value {value} from {header}"),
            Change::DropParameter { header, parameter } => write!(f, "drop parameter {parameter} from {header}"),
            Change::SetParameter { header, parameter, value } => {
                write!(f, "set parameter {parameter} of {header} to {value}")
            }
            Change::SetDisplayName { header, name } if name.is_empty() => write!(f, "drop display name of {header}"),
            Change::SetDisplayName { header, name } => write!(f, "set display name of {header} to {name}"),
            Change::SetMethod(method) => write!(f, "set method {method}"),
            Change::SetRequestUri(uri) => write!(f, "set Request-URI to {uri}"),
            Change::SetRequestUriParameter(name, value) => write!(f, "set Request-URI parameter {name} to {value}"),
            Change::DropRequestUriParameter(name) => write!(f, "drop Request-URI parameter {name}"),
            Change::SetStatus(status, reason) => write!(f, "set status {status} {reason}"),
            Change::DropBody => f.write_str("drop body"),
            Change::SetBody(text) => write!(f, "set body to {text}"),
            Change::DropPart(kind) => write!(f, "drop part {kind}"),
            Change::DropClosingDelimiter => f.write_str("drop closing delimiter"),
            Change::Replace(old, new) => write!(f, "replace {old} with {new}"),
            Change::SetSdpDirection(direction) => write!(f, "set SDP direction {direction}"),
            Change::DropSdpDirection => f.write_str("drop SDP direction"),
            Change::SetSdpAttribute(name, value) => write!(f, "set SDP attribute {name} to {value}"),
            Change::DropSdpAttribute(name) => write!(f, "drop SDP attribute {name}"),
            Change::SetSdpPort(port) => write!(f, "set SDP port {port}"),
            Change::SetSdpProtocol(protocol) => write!(f, "set SDP protocol {protocol}"),
            Change::SetSdpMedia(media) => write!(f, "set SDP media {media}"),
            Change::RepeatSdpMedia => f.write_str("repeat SDP media"),
            Change::SetFlag(flag) => write!(f, "set flag {flag}"),
            Change::SetTransactionId(id) => write!(f, "set transaction id {id}"),
            Change::MakeUnique(name) => write!(f, "make unique {name}"),
            Change::Overlap(octets) => write!(f, "overlap {octets}"),
            Change::Scramble => f.write_str("scramble"),
            Change::DropEndLine => f.write_str("drop end-line"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_prints_as_it_parses() {
        for words in Change::vocabulary() {
            assert_eq!(Change::parse(words).map(|c| c.to_string()).as_deref(), Some(*words));
        }
    }

    #[test]
    fn other_words_change_nothing() {
        for words in ["", "drop", "drop header", "set header X", "delay long s", "set flag x", "delay 1e99 s"] {
            assert_eq!(Change::parse(words), None, "{words}");
        }
    }
}
