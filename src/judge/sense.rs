//! Whether a row means something: its field is one of what is looked at, its expectation one that this field can meet, and
//! the value that it writes out one that the field can hold.
//!
//! Words that name no reference are meant literally, so a slip of the pen is a value that nothing ever has: a row that
//! fails for ever, or, behind `is not`, one that cannot fail. It must not know files, people or how a row is judged.

use super::expectation::Expectation;
use super::field::Field;
use super::moment::Moment;
use super::reference::Reference;
use super::subject::Subject;
use crate::wire::mime::date;
use crate::wire::sip::{METHODS, Name};
use crate::wire::uri::Uri;

/// What is wrong with a row whose field and expectation are words of the vocabulary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Nonsense {
    /// The words of the row that it lies in.
    pub words: String,
    /// What is said about them, as it goes on behind them.
    pub what: String,
    /// What would be right.
    pub hint: Option<String>,
}

/// What keeps a row from ever being decided, or from ever failing; nothing where it means something.
pub fn nonsense(subject: &Subject, field: &Field, expectation: &Expectation) -> Option<Nonsense> {
    if !has(subject, field) {
        let what = format!("is nothing that {subject} has");
        return Some(Nonsense { words: field.to_string(), what, hint: None });
    }
    if !suits(field, expectation) {
        let what = format!("says nothing about {field}");
        return Some(Nonsense { words: expectation.to_string(), what, hint: suitable(field).map(str::to_owned) });
    }
    let unfit = |reference: &Reference| match reference {
        Reference::Literal(text) => misread(field, text),
        _ => None,
    };
    match expectation {
        Expectation::Is(one) | Expectation::IsNot(one) | Expectation::IsAbsentOr(one) | Expectation::Includes(one) => {
            unfit(one)
        }
        Expectation::IsOneOf(several) => several.iter().find_map(unfit),
        Expectation::Lists(words) if *field == Field::Header(Name::Allow) => {
            words.iter().find_map(|word| written(Form::Method, word))
        }
        Expectation::Lists(words) => words.iter().find_map(|word| written(Form::Word, word)),
        Expectation::HasParameter(name, _) => written(Form::Word, name.as_str()),
        Expectation::Acknowledge(status) => written(Form::Status, &status.to_string()),
        _ => None,
    }
}

/// Somebody whom a row names, and whom its scenario must have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mention {
    Person(String),
    Group(String),
    Session(String),
    /// As rows call it, such as *the SIP/IP core*.
    Server(String),
}

/// Everybody whom the field and the expectation of a row name.
pub fn mentions(field: &Field, expectation: &Expectation) -> Vec<Mention> {
    let of_field = match field {
        Field::ListedReplaces(person) | Field::UserStatus(person) => vec![person.clone()],
        Field::SecondsAfter(moment) | Field::EndOfChunkAt(moment) => of_moment(moment).into_iter().collect(),
        _ => Vec::new(),
    };
    let of_field = of_field.into_iter().map(Mention::Person);
    let references = match expectation {
        Expectation::Is(one) | Expectation::IsNot(one) | Expectation::IsAbsentOr(one) | Expectation::Includes(one) => {
            std::slice::from_ref(one)
        }
        Expectation::IsOneOf(several) => several,
        _ => &[],
    };
    let people = match expectation {
        Expectation::IsTheTimeOf(moment) | Expectation::IsAfter(moment) | Expectation::IsBefore(moment) => {
            of_moment(moment).into_iter().collect()
        }
        Expectation::NamesSession(of, with) => vec![of.clone(), with.clone()],
        _ => Vec::new(),
    };
    let ends = references.iter().flat_map(|reference| match reference {
        Reference::Way(from, to) => vec![from.clone(), to.clone()],
        _ => Vec::new(),
    });
    let referred = references.iter().filter_map(|reference| match reference {
        Reference::Address(name)
        | Reference::Path(name)
        | Reference::LatestPath(name)
        | Reference::RelayedPath(name) => Some(Mention::Person(name.clone())),
        Reference::SameAs(received) => Some(Mention::Person(received.person.clone())),
        Reference::Group(name) => Some(Mention::Group(name.clone())),
        Reference::Session(name) => Some(Mention::Session(name.clone())),
        Reference::At(party) => Some(match party.strip_suffix("'s client") {
            Some(person) => Mention::Person(person.to_owned()),
            None => Mention::Server(party.clone()),
        }),
        _ => None,
    });
    of_field.chain(people.into_iter().chain(ends).map(Mention::Person)).chain(referred).collect()
}

fn of_moment(moment: &Moment) -> Option<String> {
    match moment {
        Moment::Received(received) => Some(received.person.clone()),
        _ => None,
    }
}

/// Whether what is looked at has such a field at all.
fn has(subject: &Subject, field: &Field) -> bool {
    let in_time = matches!(field, Field::Order | Field::SecondsAfter(_));
    let of_transfer = matches!(
        field,
        Field::MsrpHeader(_)
            | Field::Chunks
            | Field::EndOfChunkAt(_)
            | Field::Content
            | Field::Total
            | Field::Responses
            | Field::SuccessReports
            | Field::AnswersToReports
    );
    match subject {
        Subject::Sends { .. } | Subject::Receives { .. } => {
            in_time
                || of_transfer
                || matches!(field, Field::Cpim(_) | Field::CpimMessage | Field::NextHop | Field::Security)
        }
        Subject::Auth { .. } => in_time || matches!(field, Field::MsrpHeader(_) | Field::Security),
        Subject::Opens { .. } => in_time || matches!(field, Field::NextHop | Field::Security),
        Subject::Closes { .. } => in_time,
        _ => !of_transfer,
    }
}

/// Whether an expectation says something about a field, so that it is judged and is no error of ours.
fn suits(field: &Field, expectation: &Expectation) -> bool {
    use Expectation as E;
    let plain = field.plain();
    let exists = matches!(expectation, E::IsPresent | E::IsAbsent);
    match plain {
        Field::Order => return matches!(expectation, E::IsAfter(_) | E::IsBefore(_)),
        Field::SecondsAfter(_) => return matches!(expectation, E::AtLeast(_) | E::AtMost(_)),
        Field::MandatoryHeaders => return matches!(expectation, E::AreComplete),
        Field::Chunks => {
            return matches!(expectation, E::CarryTheWholeMessage | E::FollowRfc4975 | E::KeepOneMessageId);
        }
        Field::Content => return matches!(expectation, E::Is(_) | E::IsOneOf(_)),
        Field::Total => return matches!(expectation, E::Is(Reference::SizeOfMessage)),
        Field::Responses => {
            return matches!(
                expectation,
                E::Acknowledge(_) | E::GoToThePreviousHop | E::IsAbsent | E::IsNot(Reference::Literal(_))
            );
        }
        Field::SuccessReports => {
            return matches!(expectation, E::CoverTheWholeMessage | E::TakeTheWholePathBack | E::IsAbsent);
        }
        Field::AnswersToReports => return matches!(expectation, E::IsAbsent),
        Field::EndOfChunkAt(_) => {
            return matches!(expectation, E::Is(Reference::Literal(_)) | E::IsNot(Reference::Literal(_)));
        }
        Field::MsrpHeader(name) => {
            let compared = matches!(expectation, E::Is(_) | E::IsNot(Reference::Literal(_)) | E::HasParameter(..));
            let proven = name == "Authorization" && *expectation == E::AnswersTheChallenge;
            return exists || compared || proven;
        }
        _ => {}
    }
    match expectation {
        E::IsWellFormed => match plain {
            Field::BodyPart(kind) => FORMS.contains(&kind.as_str()),
            field => {
                matches!(
                    field,
                    Field::ViaBranch
                        | Field::CpimMessage
                        | Field::Message
                        | Field::Body
                        | Field::Sdp
                        | Field::SdpFingerprint
                )
            }
        },
        E::IsAValidOffer | E::AnswersTheOffer => *plain == Field::Sdp,
        E::AnswersTheChallenge => {
            matches!(plain, Field::Header(Name::Authorization | Name::ProxyAuthorization))
        }
        E::AgreesWithTheRequest => *plain == Field::Header(Name::SessionExpires),
        E::IsTheTimeOf(_) => *plain == Field::Header(Name::Date) || form(plain) == Form::Instant,
        E::NamesSession(..) => matches!(plain, Field::ListedReplaces(_)),
        E::AtLeast(_) | E::AtMost(_) => {
            matches!(form(plain), Form::Number | Form::Status) || matches!(plain, Field::Header(_))
        }
        E::AreComplete
        | E::CarryTheWholeMessage
        | E::FollowRfc4975
        | E::KeepOneMessageId
        | E::Acknowledge(_)
        | E::CoverTheWholeMessage
        | E::GoToThePreviousHop
        | E::TakeTheWholePathBack
        | E::IsAfter(_)
        | E::IsBefore(_) => false,
        _ => true,
    }
}

/// Media types whose form is judged.
const FORMS: [&str; 4] =
    ["message/external-body", "application/conference-info+xml", "application/resource-lists+xml", "message/cpim"];

/// What can be said about a field of which little can be said.
fn suitable(field: &Field) -> Option<&'static str> {
    Some(match field {
        Field::Order => "for example `is after the 200 to the INVITE`",
        Field::SecondsAfter(_) => "for example `at most 45`",
        Field::MandatoryHeaders => "they `are complete`",
        Field::Chunks => "they `carry the whole message`, `follow RFC 4975` or `keep one Message-ID`",
        Field::Content => "for example `is the message`",
        Field::Total => "it `is the size of the message`",
        Field::Responses => "for example `acknowledge with 200`, `is not 413` or `is absent`",
        Field::SuccessReports => "they `cover the whole message`, or it `is absent`",
        Field::AnswersToReports => "it `is absent`",
        Field::EndOfChunkAt(_) => "it is `+`, `$` or `#`",
        _ => return None,
    })
}

/// What values of a field look like where a row writes one out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Status,
    Number,
    Method,
    Uri,
    Direction,
    Flag,
    Transport,
    Socket,
    /// A date in the form of RFC 3339.
    Instant,
    /// Anything without blanks.
    Word,
    /// Nothing that could be written out.
    Nothing,
    /// Whatever people write.
    Text,
}

fn form(field: &Field) -> Form {
    match field.plain() {
        Field::Status | Field::Responses => Form::Status,
        Field::Method => Form::Method,
        Field::RequestUri | Field::UriOf(_) | Field::ResourceList | Field::SdpPath => Form::Uri,
        Field::NextHop => Form::Socket,
        Field::Transport => Form::Transport,
        Field::Size | Field::SdpPort | Field::SdpMediaLines | Field::SdpMediaInUse | Field::Total => Form::Number,
        Field::ConferenceInfo(name) => match name.as_str() {
            "entity" => Form::Uri,
            "state" => Form::Word,
            _ => Form::Number,
        },
        Field::SdpFile(name) => match name.as_str() {
            "size" => Form::Number,
            "name" => Form::Text,
            _ => Form::Word,
        },
        Field::SdpAttribute(name) if matches!(name.as_str(), "filesize" | "max-size") => Form::Number,
        Field::SdpDirection => Form::Direction,
        Field::EndOfChunkAt(_) => Form::Flag,
        Field::Cpim(name) => match name.as_str() {
            "From" | "To" | "cc" => Form::Uri,
            "DateTime" => Form::Instant,
            _ => Form::Text,
        },
        Field::Imdn(name) if name == "datetime" => Form::Instant,
        Field::MsrpHeader(name) => match name.as_str() {
            "To-Path" | "From-Path" => Form::Uri,
            "Content-Description" | "Status" | "Authorization" => Form::Text,
            _ => Form::Word,
        },
        Field::Header(Name::Expires | Name::MinExpires | Name::MinSe | Name::MaxForwards | Name::ContentLength) => {
            Form::Number
        }
        Field::Header(Name::ContentType | Name::ContentDisposition | Name::Event | Name::CallId)
        | Field::RequestUriParameter(_)
        | Field::TagOf(_)
        | Field::ViaBranch
        | Field::BodyPartDisposition(_)
        | Field::Imdn(_)
        | Field::UserStatus(_)
        | Field::SdpMedia
        | Field::SdpProtocol => Form::Word,
        Field::Message | Field::Body | Field::BodyPart(_) | Field::Sdp | Field::CpimMessage => Form::Nothing,
        _ => Form::Text,
    }
}

/// A value that a row writes out and the field never holds.
fn misread(field: &Field, text: &str) -> Option<Nonsense> {
    let form = form(field);
    let between = text.strip_prefix("between ").and_then(|rest| {
        let (least, most) = rest.split_once(',').or_else(|| rest.split_once(" and "))?;
        Some(format!("a range is two rows: `at least {}`, `at most {}`", least.trim(), most.trim()))
    });
    let nonsense = written(form, text).or_else(|| reads_like_a_reference(text))?;
    Some(Nonsense { hint: between.or(nonsense.hint), ..nonsense })
}

/// What is wrong with a value of that form.
fn written(form: Form, text: &str) -> Option<Nonsense> {
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let (good, what, hint) = match form {
        Form::Status => (
            text.len() == 3 && number(text).is_some_and(|status| (100..=699).contains(&status)),
            "is no status",
            Some("a status has three digits, from 100 to 699"),
        ),
        Form::Number => (number(text).is_some(), "is no number", Some("whole numbers, without unit")),
        Form::Method => (METHODS.contains(&text), "is no method", None),
        Form::Uri => (
            Uri::parse(text).flaws().is_empty(),
            "is no URI",
            Some("for example `sip:bob@home1.example`, or `Bob's address`"),
        ),
        Form::Direction => (
            matches!(text, "sendrecv" | "sendonly" | "recvonly" | "inactive"),
            "is no direction",
            Some("one of `sendrecv`, `sendonly`, `recvonly`, `inactive`"),
        ),
        Form::Flag => (matches!(text, "+" | "$" | "#"), "ends no chunk", Some("one of `+`, `$`, `#`")),
        Form::Transport => (
            matches!(text, "UDP" | "TCP" | "TLS" | "SCTP"),
            "is no transport protocol",
            Some("one of `UDP`, `TCP`, `TLS`, `SCTP`"),
        ),
        Form::Socket => (
            text.parse::<std::net::SocketAddr>().is_ok(),
            "is no address with a port",
            Some("for example `192.0.2.1:5060`, or `the SIP/IP core`"),
        ),
        Form::Instant => (
            date::rfc3339_seconds(text).is_some(),
            "is no date in the form of RFC 3339",
            Some("for example `2025-12-31T08:30:00Z`"),
        ),
        Form::Word => (!text.contains(char::is_whitespace), "is no single word", None),
        Form::Nothing => (false, "cannot be what a whole message or body is", Some("name one of its fields")),
        Form::Text => (true, "", None),
    };
    let hint = || match form {
        Form::Method => Some(format!("one of {}", METHODS.join(", "))),
        _ => hint.map(str::to_owned),
    };
    (!good).then(|| Nonsense { words: text.to_owned(), what: what.to_owned(), hint: hint() })
}

/// Text that begins as references do, and is none.
fn reads_like_a_reference(text: &str) -> Option<Nonsense> {
    let first = text.split_whitespace().next().filter(|first| first.len() < text.len())?;
    let is_one = matches!(first, "the" | "at" | "between") || first.ends_with("'s");
    let what = "reads like a reference, and there is none of these words".to_owned();
    is_one.then(|| Nonsense { words: text.to_owned(), what, hint: None })
}

#[cfg(test)]
#[path = "sense_tests.rs"]
mod tests;
