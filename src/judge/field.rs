//! The closed vocabulary of fields: what of a message a row looks at.
//!
//! It turns the words of a feature's table into a [`Field`] and knows how each is written. What a field
//! of a message *holds* is `read.rs`; what it should hold is `expectation.rs`.

use std::fmt;

use super::moment::Moment;
use super::reference::{Ordinal, ordinal};
use crate::wire::sip::Name;

/// What a row looks at. One variant may stand for a family, such as every SIP header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Field {
    /// The method of a request.
    Method,
    RequestUri,
    /// A parameter of the Request-URI.
    RequestUriParameter(String),
    Status,
    /// Where a request was sent: the address of the next hop.
    NextHop,
    /// The octets of the message.
    Size,
    /// The transport protocol that carried the message.
    Transport,
    /// What lies between a message, or a connection, and TCP: `TLS`, or `none`.
    Security,
    /// A SIP header by its full name.
    Header(Name),
    /// The URI inside the first value of an address header, for example `Contact URI`.
    UriOf(Name),
    /// The display name in the first value of an address header.
    DisplayName(Name),
    /// The tag parameter of From or To.
    TagOf(Name),
    ViaBranch,
    /// All headers that the method must have.
    MandatoryHeaders,
    /// The SIP message as a whole.
    Message,
    /// The body as a whole, taken apart as MIME.
    Body,
    /// The part of the body that has this media type.
    BodyPart(String),
    /// The disposition of the part of the body that has this media type.
    BodyPartDisposition(String),
    /// The addresses in the entries of the resource list.
    ResourceList,
    /// The Replaces in the entry of that person (RFC 3261 §19.1.1, RFC 3891).
    ListedReplaces(String),
    /// The CPIM wrapper as a whole.
    CpimMessage,
    /// A header of the CPIM wrapper (RFC 3862, RFC 5438), by its name without prefix.
    Cpim(String),
    /// An element of the notification in the CPIM wrapper (RFC 5438 §11).
    Imdn(String),
    /// What a notification of the conference event package says of the conference (RFC 4575 §5).
    ConferenceInfo(String),
    /// The status of that person's endpoints in such a notification.
    UserStatus(String),
    /// A line of a message summary (RFC 3842 §5.2), by its name.
    MessageSummary(String),
    /// The session description as a whole.
    Sdp,
    SdpMedia,
    SdpProtocol,
    SdpFormat,
    SdpPort,
    SdpPath,
    /// The schemes of the URIs in the path.
    SdpPathScheme,
    /// The fingerprints of certificates that hold for the medium (RFC 8122 §5).
    SdpFingerprint,
    /// The hash functions that they name.
    SdpFingerprintFunction,
    SdpDirection,
    /// One of these fields as it is in the nth medium (from 1) of the session description, of whatever kind. Without
    /// such words the first MSRP session is meant.
    OfMedium(u32, Box<Field>),
    /// How many `m=` lines the session description has.
    SdpMediaLines,
    /// How many media of the session description have a port other than 0.
    SdpMediaInUse,
    /// The text of the `i=` line of the medium.
    SdpInformation,
    SdpAttribute(String),
    /// What the `file-selector` of a medium says of the file (RFC 5547 §6), by the name of the selector.
    SdpFile(String),
    /// When the message came, as seen from some moment.
    Order,
    /// Seconds from a moment to this message.
    SecondsAfter(Moment),
    /// An MSRP header; in the sending of a message it is looked at in every chunk.
    MsrpHeader(String),
    /// The chunks of a message as a whole: Byte-Ranges, continuation flags, Message-ID.
    Chunks,
    /// The continuation flag with which the chunk ends that is under way at some moment.
    EndOfChunkAt(Moment),
    /// The octets that the chunks carry.
    Content,
    /// The total of the Byte-Range.
    Total,
    /// How a party of the trace answered each chunk.
    Responses,
    /// The success REPORTs for a message.
    SuccessReports,
    /// How the sender of a message answered the REPORTs about it.
    AnswersToReports,
}

const PLAIN: &[(&str, Field)] = &[
    ("method", Field::Method),
    ("Request-URI", Field::RequestUri),
    ("status", Field::Status),
    ("next hop", Field::NextHop),
    ("size", Field::Size),
    ("transport", Field::Transport),
    ("security", Field::Security),
    ("Contact URI", Field::UriOf(Name::Contact)),
    ("To URI", Field::UriOf(Name::To)),
    ("From URI", Field::UriOf(Name::From)),
    ("P-Asserted-Identity URI", Field::UriOf(Name::PAssertedIdentity)),
    ("P-Preferred-Identity URI", Field::UriOf(Name::PPreferredIdentity)),
    ("Route URI", Field::UriOf(Name::Route)),
    ("Record-Route URI", Field::UriOf(Name::RecordRoute)),
    ("Service-Route URI", Field::UriOf(Name::ServiceRoute)),
    ("From display name", Field::DisplayName(Name::From)),
    ("P-Asserted-Identity display name", Field::DisplayName(Name::PAssertedIdentity)),
    ("To tag", Field::TagOf(Name::To)),
    ("From tag", Field::TagOf(Name::From)),
    ("Via branch", Field::ViaBranch),
    ("mandatory headers", Field::MandatoryHeaders),
    ("message", Field::Message),
    ("body", Field::Body),
    ("resource list", Field::ResourceList),
    ("CPIM message", Field::CpimMessage),
    ("SDP", Field::Sdp),
    ("SDP media", Field::SdpMedia),
    ("SDP protocol", Field::SdpProtocol),
    ("SDP format", Field::SdpFormat),
    ("SDP port", Field::SdpPort),
    ("SDP path", Field::SdpPath),
    ("SDP path scheme", Field::SdpPathScheme),
    ("SDP fingerprint", Field::SdpFingerprint),
    ("SDP fingerprint function", Field::SdpFingerprintFunction),
    ("SDP direction", Field::SdpDirection),
    ("SDP media in use", Field::SdpMediaInUse),
    ("SDP media lines", Field::SdpMediaLines),
    ("SDP information", Field::SdpInformation),
    ("order", Field::Order),
    ("chunks", Field::Chunks),
    ("content", Field::Content),
    ("total size", Field::Total),
    ("responses", Field::Responses),
    ("success reports", Field::SuccessReports),
    ("answers to reports", Field::AnswersToReports),
];

/// Words that take a name behind them, with an example of each.
const FAMILIES: &[(&str, &str)] = &[
    ("Request-URI parameter ", "Request-URI parameter sessiontype"),
    ("disposition of part ", "disposition of part application/resource-lists+xml"),
    ("part ", "part application/sdp"),
    ("SDP attribute ", "SDP attribute filesize"),
    ("SDP file ", "SDP file size"),
    ("SDP ", "SDP port of the 2nd medium"),
    ("SDP attribute ", "SDP attribute filesize of the 2nd medium"),
    ("resource list Replaces of ", "resource list Replaces of Bob"),
    ("CPIM ", "CPIM Message-ID"),
    ("IMDN ", "IMDN status"),
    ("conference-info status of ", "conference-info status of Bob"),
    ("conference-info ", "conference-info version"),
    ("message-summary ", "message-summary Messages-Waiting"),
    ("message-summary ", "message-summary new messages"),
    ("MSRP ", "MSRP Success-Report"),
    ("seconds after ", "seconds after the ACK"),
    ("end of the chunk under way at ", "end of the chunk under way at the MSRP 413"),
];

/// MSRP headers and MIME headers that may stand in a chunk.
const MSRP_HEADERS: &[&str] = &[
    "To-Path",
    "From-Path",
    "Message-ID",
    "Success-Report",
    "Failure-Report",
    "Byte-Range",
    "Status",
    "Content-Type",
    "Content-Disposition",
    "Content-Description",
    "Content-ID",
    "Authorization",
    "Expires",
];

/// CPIM headers of RFC 3862 and RFC 5438.
const CPIM_HEADERS: &[&str] = &["From", "To", "cc", "DateTime", "Subject", "Message-ID", "Disposition-Notification"];
/// What a conference-info document says of the conference as a whole.
const CONFERENCE_INFO: &[&str] = &["entity", "state", "version", "user-count", "maximum-user-count"];
/// Selectors of a file (RFC 5547 §6).
const FILE_SELECTORS: &[&str] = &["name", "type", "size", "hash"];
/// Elements of a notification.
const IMDN_ELEMENTS: &[&str] = &["message-id", "datetime", "status"];

impl Field {
    /// The field that `words` name, or nothing where no field is called so.
    pub fn parse(words: &str) -> Option<Field> {
        if let Some((_, field)) = PLAIN.iter().find(|(name, _)| *name == words) {
            return Some(field.clone());
        }
        if let Some((inner, nth)) = words.strip_suffix(" medium").and_then(|words| words.rsplit_once(" of the ")) {
            let nth = ordinal(nth)?;
            return Field::parse(inner)
                .filter(Field::is_of_a_medium)
                .map(|field| Field::OfMedium(nth, Box::new(field)));
        }
        let after = |prefix: &str| words.strip_prefix(prefix).map(str::trim).filter(|s| !s.is_empty());
        if let Some(name) = after("Request-URI parameter ") {
            return Some(Field::RequestUriParameter(name.to_owned()));
        }
        if let Some(name) = after("disposition of part ") {
            return Some(Field::BodyPartDisposition(name.to_owned()));
        }
        if let Some(name) = after("part ") {
            return Some(Field::BodyPart(name.to_owned()));
        }
        if let Some(name) = after("SDP file ") {
            return FILE_SELECTORS.contains(&name).then(|| Field::SdpFile(name.to_owned()));
        }
        if let Some(name) = after("SDP attribute ") {
            return Some(Field::SdpAttribute(name.to_owned()));
        }
        if let Some(moment) = after("seconds after ") {
            return Moment::parse(moment).map(Field::SecondsAfter);
        }
        if let Some(moment) = after("end of the chunk under way at ") {
            return Moment::parse(moment).map(Field::EndOfChunkAt);
        }
        if let Some(name) = after("MSRP ") {
            return MSRP_HEADERS.contains(&name).then(|| Field::MsrpHeader(name.to_owned()));
        }
        if let Some(person) = after("conference-info status of ") {
            return Some(Field::UserStatus(person.to_owned()));
        }
        if let Some(name) = after("conference-info ") {
            return CONFERENCE_INFO.contains(&name).then(|| Field::ConferenceInfo(name.to_owned()));
        }
        if let Some(person) = after("resource list Replaces of ") {
            return Some(Field::ListedReplaces(person.to_owned()));
        }
        if let Some(name) = after("message-summary ") {
            return Some(Field::MessageSummary(name.to_owned()));
        }
        if let Some(name) = after("CPIM ") {
            return CPIM_HEADERS.contains(&name).then(|| Field::Cpim(name.to_owned()));
        }
        if let Some(name) = after("IMDN ") {
            return IMDN_ELEMENTS.contains(&name).then(|| Field::Imdn(name.to_owned()));
        }
        Name::ALL.iter().copied().find(|n| n.text() == words).map(Field::Header)
    }

    /// The field itself, whichever medium it is of.
    pub fn plain(&self) -> &Field {
        match self {
            Field::OfMedium(_, field) => field,
            field => field,
        }
    }

    /// Whether each medium of a session description has one.
    fn is_of_a_medium(&self) -> bool {
        matches!(
            self,
            Field::SdpMedia
                | Field::SdpProtocol
                | Field::SdpFormat
                | Field::SdpPort
                | Field::SdpPath
                | Field::SdpPathScheme
                | Field::SdpFingerprint
                | Field::SdpFingerprintFunction
                | Field::SdpDirection
                | Field::SdpInformation
                | Field::SdpAttribute(_)
                | Field::SdpFile(_)
        )
    }

    /// Everything a row may name, for lint's "did you mean" and the manual.
    pub fn vocabulary() -> Vec<String> {
        let plain = PLAIN.iter().map(|(name, _)| (*name).to_owned());
        let families = FAMILIES.iter().map(|(_, example)| (*example).to_owned());
        let msrp = MSRP_HEADERS.iter().map(|name| format!("MSRP {name}"));
        let sip = Name::ALL.iter().map(|name| name.text().to_owned());
        let cpim = CPIM_HEADERS.iter().map(|name| format!("CPIM {name}"));
        let imdn = IMDN_ELEMENTS.iter().map(|name| format!("IMDN {name}"));
        let file = FILE_SELECTORS.iter().map(|name| format!("SDP file {name}"));
        let info = CONFERENCE_INFO.iter().map(|name| format!("conference-info {name}"));
        plain.chain(families).chain(file).chain(info).chain(msrp).chain(cpim).chain(imdn).chain(sip).collect()
    }

    /// Whether a row on this field fails, rather than being undecided, when the message it speaks of never came.
    pub fn demands_existence(&self) -> bool {
        matches!(
            self,
            Field::Method
                | Field::Status
                | Field::Order
                | Field::SecondsAfter(_)
                | Field::Chunks
                | Field::Content
                | Field::Responses
                | Field::SuccessReports
        )
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = PLAIN.iter().find(|(_, field)| field == self) {
            return f.write_str(name);
        }
        match self {
            Field::RequestUriParameter(name) => write!(f, "Request-URI parameter {name}"),
            Field::BodyPart(kind) => write!(f, "part {kind}"),
            Field::BodyPartDisposition(kind) => write!(f, "disposition of part {kind}"),
            Field::SdpAttribute(name) => write!(f, "SDP attribute {name}"),
            Field::SdpFile(name) => write!(f, "SDP file {name}"),
            Field::OfMedium(nth, field) => write!(f, "{field} of the {} medium", Ordinal(*nth)),
            Field::SecondsAfter(moment) => write!(f, "seconds after {moment}"),
            Field::EndOfChunkAt(moment) => write!(f, "end of the chunk under way at {moment}"),
            Field::MsrpHeader(name) => write!(f, "MSRP {name}"),
            Field::ConferenceInfo(name) => write!(f, "conference-info {name}"),
            Field::UserStatus(person) => write!(f, "conference-info status of {person}"),
            Field::ListedReplaces(person) => write!(f, "resource list Replaces of {person}"),
            Field::MessageSummary(name) => write!(f, "message-summary {name}"),
            Field::Cpim(name) => write!(f, "CPIM {name}"),
            Field::Imdn(name) => write!(f, "IMDN {name}"),
            Field::Header(name) => f.write_str(name.text()),
            Field::UriOf(name) => write!(f, "{} URI", name.text()),
            Field::TagOf(name) => write!(f, "{} tag", name.text()),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_vocabulary_parses_and_prints_as_itself() {
        for words in Field::vocabulary() {
            let field = Field::parse(&words).unwrap_or_else(|| panic!("{words} does not parse"));
            assert_eq!(field.to_string(), words);
        }
    }

    #[test]
    fn what_is_not_in_the_vocabulary_is_no_field() {
        for words in [
            "",
            "Acept-Contact",
            "SDP attribute ",
            "MSRP Foo",
            "request-uri",
            "seconds after lunch",
            "Contact of the 2nd medium",
            "SDP port of the 0th medium",
        ] {
            assert_eq!(Field::parse(words), None, "{words}");
        }
    }
}
