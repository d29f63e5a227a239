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
mod tests {
    use super::*;
    use crate::judge::Nth;

    fn request() -> Subject {
        Subject::Request { party: "Alice".to_owned(), method: "INVITE".to_owned(), to: None, nth: Nth::FIRST }
    }

    fn sending() -> Subject {
        Subject::Sends { party: "Alice".to_owned(), to: None, nth: Nth::FIRST }
    }

    #[track_caller]
    fn said(subject: &Subject, field: &str, expectation: &str) -> Option<Nonsense> {
        let parsed = Expectation::parse(expectation).unwrap_or_else(|| panic!("{expectation} does not parse"));
        nonsense(subject, &Field::parse(field).unwrap_or_else(|| panic!("{field} does not parse")), &parsed)
    }

    #[test]
    fn values_that_a_field_never_holds_are_nonsense() {
        for (field, expectation, words, what) in [
            ("status", "is between 400, 499", "between 400, 499", "is no status"),
            ("status", "is not 40", "40", "is no status"),
            ("status", "is one of 200, 2o2", "2o2", "is no status"),
            ("status", "is absent or 700", "700", "is no status"),
            ("method", "is INVIET", "INVIET", "is no method"),
            ("Request-URI", "is Bob's adress", "Bob's adress", "is no URI"),
            ("To URI", "is bob", "bob", "is no URI"),
            ("resource list", "includes Bob", "Bob", "is no URI"),
            ("SDP direction", "is sendnoly", "sendnoly", "is no direction"),
            ("SDP direction of the 2nd medium", "is one of recvonly, off", "off", "is no direction"),
            ("SDP port", "is not zero", "zero", "is no number"),
            ("size", "is 20 kB", "20 kB", "is no number"),
            ("SDP attribute filesize", "is the sise of the message", "the sise of the message", "is no number"),
            ("Max-Forwards", "is -1", "-1", "is no number"),
            ("Expires", "is 99999999999999999999", "99999999999999999999", "is no number"),
            ("next hop", "is the SIP core", "the SIP core", "is no address with a port"),
            ("transport", "is one of TCP, TPC", "TPC", "is no transport protocol"),
            ("CPIM DateTime", "is yesterday", "yesterday", "is no date in the form of RFC 3339"),
            ("From tag", "is a b", "a b", "is no single word"),
            ("body", "is empty", "empty", "cannot be what a whole message or body is"),
            ("Subject", "is the same as in Alices INVITE", "the same as in Alices INVITE", READS),
            ("Subject", "is at Bobs client", "at Bobs client", READS),
            ("Subject", "is Bob's adress", "Bob's adress", READS),
            ("Allow", "lists INVITE, AKC", "AKC", "is no method"),
            ("Supported", "lists timer 100rel", "timer 100rel", "is no single word"),
        ] {
            let found =
                said(&request(), field, expectation).unwrap_or_else(|| panic!("{field} {expectation}: nothing"));
            assert_eq!((&*found.words, &*found.what), (words, what), "{field} {expectation}");
        }
        for (field, expectation, words) in [
            ("responses", "is not 20", "20"),
            ("responses", "acknowledge with 20", "20"),
            ("end of the chunk under way at the MSRP 413", "is not %", "%"),
            ("MSRP To-Path", "is Alice's paht", "Alice's paht"),
        ] {
            let found =
                said(&sending(), field, expectation).unwrap_or_else(|| panic!("{field} {expectation}: nothing"));
            assert_eq!(found.words, words, "{field} {expectation}");
        }
        let between = said(&request(), "status", "is between 400, 499").and_then(|found| found.hint);
        assert_eq!(between.as_deref(), Some("a range is two rows: `at least 400`, `at most 499`"));
    }

    const READS: &str = "reads like a reference, and there is none of these words";

    #[test]
    fn expectations_that_say_nothing_about_a_field_are_nonsense() {
        for (subject, field, expectation) in [
            (request(), "status", "is well-formed"),
            (request(), "status", "is after the BYE"),
            (request(), "order", "is 3"),
            (request(), "seconds after the BYE", "is 3"),
            (request(), "Request-URI", "at least 5"),
            (request(), "To", "are complete"),
            (request(), "Contact", "answers the challenge"),
            (request(), "Expires", "agrees with the request"),
            (request(), "body", "is a valid offer"),
            (request(), "part text/plain", "is well-formed"),
            (request(), "Subject", "is the time of the INVITE"),
            (request(), "To", "names Bob's session with Alice"),
            (sending(), "chunks", "is present"),
            (sending(), "content", "is present"),
            (sending(), "total size", "is 7"),
            (sending(), "responses", "is 200"),
            (sending(), "success reports", "is present"),
            (sending(), "answers to reports", "is present"),
            (sending(), "MSRP Byte-Range", "at least 5"),
            // What the message looked at does not have.
            (sending(), "Request-URI", "is present"),
            (request(), "MSRP To-Path", "is present"),
            (Subject::Opens { party: "Alice".to_owned() }, "status", "is 200"),
        ] {
            assert!(said(&subject, field, expectation).is_some(), "{subject}: {field} {expectation}");
        }
    }

    #[test]
    fn rows_that_mean_something_are_left_alone() {
        for (field, expectation) in [
            ("status", "is one of 200, 400"),
            ("status", "at least 400"),
            ("Subject", "is Minutes of today"),
            ("From display name", "is The boss"),
            ("SDP attribute filename", "is one of minutes.txt, \"minutes.txt\""),
            ("Request-URI", "is sip:bob@home1.example"),
            ("Request-URI", "is tel:+123"),
            ("Contact", "includes sip:alice@work.example"),
            ("SDP path", "is not Alice's path"),
            ("CPIM From", "is Alice's address"),
            ("Session-Expires", "at least 90"),
            ("Event", "is presence"),
            ("next hop", "is 192.0.2.1:5060"),
        ] {
            assert_eq!(said(&request(), field, expectation), None, "{field} {expectation}");
        }
    }

    #[test]
    fn everybody_whom_a_row_names_is_found() {
        #[track_caller]
        fn check(field: &str, expectation: &str, expected: &[Mention]) {
            let expectation = Expectation::parse(expectation).expect("known words");
            assert_eq!(mentions(&Field::parse(field).expect("known words"), &expectation), expected);
        }
        let [bob, carol] = ["Bob", "Carol"].map(|name| Mention::Person(name.to_owned()));
        check("CPIM To", "is one of Bob's address, Carol's address", &[bob.clone(), carol.clone()]);
        check("CPIM To", "is the group Friends", &[Mention::Group("Friends".to_owned())]);
        check("Request-URI", "is the session Lunch", &[Mention::Session("Lunch".to_owned())]);
        check("Contact URI", "is at the SIP/IP core", &[Mention::Server("the SIP/IP core".to_owned())]);
        check("Contact URI", "is at Bob's client", std::slice::from_ref(&bob));
        check("Subject", "is the same as in Bob's INVITE", std::slice::from_ref(&bob));
        check("conference-info status of Bob", "is connected", std::slice::from_ref(&bob));
        check("seconds after Bob's INVITE", "at most 2", std::slice::from_ref(&bob));
        check("order", "is after Carol's 200 to the INVITE", std::slice::from_ref(&carol));
        check("resource list Replaces of Bob", "names Bob's session with Carol", &[bob.clone(), bob, carol]);
    }
}
