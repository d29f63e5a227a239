//! The closed vocabulary of expectations: what a row's field should hold.
//!
//! It turns the words of a feature's table into an [`Expectation`]. How values compare is `compare.rs`.

use std::fmt;

use super::moment::Moment;
use super::reference::{REFERENCES, Reference, one_word};

/// What a field should hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expectation {
    Is(Reference),
    IsNot(Reference),
    IsOneOf(Vec<Reference>),
    /// Where there is one, it is that.
    IsAbsentOr(Reference),
    /// One of the values is that.
    Includes(Reference),
    HasOptionTag(String),
    HasFeatureTag(String),
    LacksFeatureTag(String),
    /// A parameter, with this value where one is named.
    HasParameter(String, Option<String>),
    /// One of the values of a list.
    HasValue(String),
    LacksValue(String),
    /// All of these stand in a list.
    Lists(Vec<String>),
    /// One of the product tokens has the form of a release, such as `IM-client/OMA1.0`.
    StatesRelease(String),
    /// One of the values warns with code 399 and this text (RFC 3261 §20.43); case does not matter.
    Warns(String),
    IsPresent,
    /// There is exactly one.
    StandsOnce,
    IsAbsent,
    AtLeast(u64),
    AtMost(u64),
    /// By the grammar of the field's own specification.
    IsWellFormed,
    /// All are there (mandatory headers).
    AreComplete,
    /// A decimal number.
    IsANumber,
    /// An offer by RFC 3264 and RFC 4975.
    IsAValidOffer,
    /// An answer to the offer by RFC 3264 and RFC 4975.
    AnswersTheOffer,
    /// Credentials answer the challenge that asked for them.
    AnswersTheChallenge,
    /// Fingerprints are those of the certificate that was shown (RFC 4975 §14.4).
    MatchesTheCertificate,
    /// Every value is one that the offer has too.
    IsASubsetOfTheOffer,
    /// The refresher that the request asked for, where it asked for one (RFC 4028 §9, table 2).
    AgreesWithTheRequest,
    /// Chunks carry every octet of the message once, with the flags of RFC 4975.
    CarryTheWholeMessage,
    /// Chunks keep to RFC 4975 (Message-ID, paths, Byte-Range, 2048-octet rule).
    FollowRfc4975,
    /// All content that the party sends has the Message-ID of the first.
    KeepOneMessageId,
    /// A response or report of that status for each chunk that is owed one.
    Acknowledge(u16),
    /// REPORTs of success cover every octet.
    CoverTheWholeMessage,
    /// Responses to SENDs are for the previous hop, and for nobody beyond it (RFC 4975 §7.2).
    GoToThePreviousHop,
    /// REPORTs go back by every hop of the message (RFC 4975 §7.1.2).
    TakeTheWholePathBack,
    /// A date: when that happened.
    IsTheTimeOf(Moment),
    /// A Replaces names the session that the one has with the other, as the one sees it.
    NamesSession(String, String),
    IsAfter(Moment),
    IsBefore(Moment),
}

/// The release formats of Appendix F and of CPM that User-Agent and Server state.
pub const RELEASES: &[(&str, &str)] = &[
    ("the IM client release", "IM-client/OMA"),
    ("the IM server release", "IM-serv/OMA"),
    ("the CPM client release", "CPM-client/OMA"),
];

const WHOLE: &[(&str, Expectation)] = &[
    ("is present", Expectation::IsPresent),
    ("stands once", Expectation::StandsOnce),
    ("is absent", Expectation::IsAbsent),
    ("is well-formed", Expectation::IsWellFormed),
    ("are complete", Expectation::AreComplete),
    ("is a number", Expectation::IsANumber),
    ("is a valid offer", Expectation::IsAValidOffer),
    ("answers the offer", Expectation::AnswersTheOffer),
    ("answers the challenge", Expectation::AnswersTheChallenge),
    ("matches the certificate", Expectation::MatchesTheCertificate),
    ("is a subset of the offer", Expectation::IsASubsetOfTheOffer),
    ("agrees with the request", Expectation::AgreesWithTheRequest),
    ("carry the whole message", Expectation::CarryTheWholeMessage),
    ("follow RFC 4975", Expectation::FollowRfc4975),
    ("keep one Message-ID", Expectation::KeepOneMessageId),
    ("cover the whole message", Expectation::CoverTheWholeMessage),
    ("go to the previous hop", Expectation::GoToThePreviousHop),
    ("take the whole path back", Expectation::TakeTheWholePathBack),
];

/// Beginnings that take words behind them, with an example of each.
const EXAMPLES: &[&str] = &[
    "is 488",
    "is Bob's address",
    "is Bob's path",
    "is Bob's latest path",
    "is Alice's relayed path",
    "is the way from Alice to Bob",
    "is the group Friends",
    "is the session Lunch",
    "is not 200",
    "is one of recvonly, inactive",
    "is absent or recvonly",
    "is at the Participating Function",
    "is at Bob's client",
    "is the same as in Alice's INVITE",
    "is the same as in Bob's 200 to the INVITE",
    "is not the same as in Alice's INVITE",
    "includes Bob's address",
    "includes at Bob's client",
    "has option tag timer",
    "has feature tag +g.oma.sip-im",
    "lacks feature tag +g.oma.sip-im",
    "has parameter refresher uac",
    "has value id",
    "lacks value id",
    "lists INVITE, ACK, CANCEL, BYE",
    "states the IM client release",
    "warns too many participants",
    "at least 90",
    "at most 45",
    "acknowledge with 200",
    "is the 2nd stored message",
    "is the date of the 2nd stored message",
    "is the 2nd file",
    "is the size of the 2nd file",
    "is the time of the INVITE",
    "names Bob's session with Alice",
    "is after the 200 to the INVITE",
    "is before the BYE",
];

impl Expectation {
    /// The expectation that `words` name, or nothing where no expectation reads so. Several blanks count as one: with two
    /// of them, *is  absent* would be the value *absent*.
    pub fn parse(words: &str) -> Option<Expectation> {
        let words = &*words.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((_, expectation)) = WHOLE.iter().find(|(text, _)| *text == words) {
            return Some(expectation.clone());
        }
        // What is said of several is said in the same words, so that *are absent* is no value either.
        if let Some(rest) = words.strip_prefix("are ") {
            return Expectation::parse(&format!("is {rest}"));
        }
        let after = |prefix: &str| words.strip_prefix(prefix).map(str::trim).filter(|s| !s.is_empty());
        if let Some(moment) = after("is after ") {
            return Moment::parse(moment).map(Expectation::IsAfter);
        }
        if let Some(moment) = after("is before ") {
            return Moment::parse(moment).map(Expectation::IsBefore);
        }
        if let Some(moment) = after("is the time of ") {
            return Moment::parse(moment).map(Expectation::IsTheTimeOf);
        }
        if let Some(list) = after("is one of ") {
            return Some(Expectation::IsOneOf(words_of(list)?.iter().map(|w| Reference::parse(w)).collect()));
        }
        if let Some(value) = after("is absent or ") {
            return Some(Expectation::IsAbsentOr(Reference::parse(value)));
        }
        if let Some(value) = after("is not ") {
            return Some(Expectation::IsNot(Reference::parse(value)));
        }
        if let Some(value) = after("is ") {
            return Some(Expectation::Is(Reference::parse(value)));
        }
        if let Some(value) = after("includes ") {
            return Some(Expectation::Includes(Reference::parse(value)));
        }
        if let Some(tag) = after("has option tag ") {
            return one_word(tag).map(Expectation::HasOptionTag);
        }
        if let Some(tag) = after("has feature tag ") {
            return one_word(tag).map(Expectation::HasFeatureTag);
        }
        if let Some(tag) = after("lacks feature tag ") {
            return one_word(tag).map(Expectation::LacksFeatureTag);
        }
        if let Some(rest) = after("has parameter ") {
            let (name, value) = match rest.split_once(' ') {
                Some((name, value)) => (name, Some(value.trim().to_owned())),
                None => (rest, None),
            };
            return Some(Expectation::HasParameter(name.to_owned(), value));
        }
        if let Some(value) = after("has value ") {
            return one_word(value).map(Expectation::HasValue);
        }
        if let Some(value) = after("lacks value ") {
            return one_word(value).map(Expectation::LacksValue);
        }
        if let Some(list) = after("lists ") {
            return words_of(list).map(Expectation::Lists);
        }
        if let Some(release) = after("states ") {
            let (_, product) = RELEASES.iter().find(|(name, _)| *name == release)?;
            return Some(Expectation::StatesRelease((*product).to_owned()));
        }
        if let Some(text) = after("warns ") {
            return Some(Expectation::Warns(text.to_owned()));
        }
        if let Some(number) = after("at least ") {
            return number.parse().ok().map(Expectation::AtLeast);
        }
        if let Some(number) = after("at most ") {
            return number.parse().ok().map(Expectation::AtMost);
        }
        if let Some((of, with)) = after("names ").and_then(|rest| rest.split_once("'s session with ")) {
            return Some(Expectation::NamesSession(one_word(of)?, one_word(with)?));
        }
        after("acknowledge with ").and_then(|n| n.parse().ok()).map(Expectation::Acknowledge)
    }

    /// The example that begins most like `words`, for words that begin as an expectation does and are none.
    pub fn example(words: &str) -> Option<&'static str> {
        let alike = |example: &&str| {
            let pairs = example.split_whitespace().zip(words.split_whitespace());
            pairs.take_while(|(a, b)| a == b).count()
        };
        EXAMPLES.iter().copied().rev().max_by_key(alike).filter(|example| alike(example) > 0)
    }

    /// What reads as a whole, without a value of the author's: an expectation that differs little from one of these is
    /// hardly a value.
    pub fn fixed() -> Vec<String> {
        let references = REFERENCES.iter().map(|(text, _)| format!("is {text}"));
        WHOLE.iter().map(|(text, _)| (*text).to_owned()).chain(references).collect()
    }

    /// Examples of everything an expectation may be, for lint's "did you mean" and the manual.
    pub fn vocabulary() -> Vec<String> {
        Expectation::fixed().into_iter().chain(EXAMPLES.iter().map(|e| (*e).to_owned())).collect()
    }
}

/// The words of a list; nothing where a comma has none before or behind it.
fn words_of(list: &str) -> Option<Vec<String>> {
    list.split(',').map(|word| Some(word.trim().to_owned()).filter(|word| !word.is_empty())).collect()
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((text, _)) = WHOLE.iter().find(|(_, expectation)| expectation == self) {
            return f.write_str(text);
        }
        match self {
            Expectation::Is(value) => write!(f, "is {value}"),
            Expectation::IsNot(value) => write!(f, "is not {value}"),
            Expectation::IsOneOf(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                write!(f, "is one of {}", values.join(", "))
            }
            Expectation::IsAbsentOr(value) => write!(f, "is absent or {value}"),
            Expectation::Includes(value) => write!(f, "includes {value}"),
            Expectation::HasOptionTag(tag) => write!(f, "has option tag {tag}"),
            Expectation::HasFeatureTag(tag) => write!(f, "has feature tag {tag}"),
            Expectation::LacksFeatureTag(tag) => write!(f, "lacks feature tag {tag}"),
            Expectation::HasParameter(name, None) => write!(f, "has parameter {name}"),
            Expectation::HasParameter(name, Some(value)) => write!(f, "has parameter {name} {value}"),
            Expectation::HasValue(value) => write!(f, "has value {value}"),
            Expectation::LacksValue(value) => write!(f, "lacks value {value}"),
            Expectation::Lists(values) => write!(f, "lists {}", values.join(", ")),
            Expectation::StatesRelease(product) => {
                let name = RELEASES.iter().find(|(_, p)| p == product).map_or("a release", |(name, _)| name);
                write!(f, "states {name}")
            }
            Expectation::Warns(text) => write!(f, "warns {text}"),
            Expectation::AtLeast(number) => write!(f, "at least {number}"),
            Expectation::AtMost(number) => write!(f, "at most {number}"),
            Expectation::Acknowledge(status) => write!(f, "acknowledge with {status}"),
            Expectation::IsTheTimeOf(moment) => write!(f, "is the time of {moment}"),
            Expectation::NamesSession(of, with) => write!(f, "names {of}'s session with {with}"),
            Expectation::IsAfter(moment) => write!(f, "is after {moment}"),
            Expectation::IsBefore(moment) => write!(f, "is before {moment}"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_vocabulary_parses_and_prints_as_itself() {
        for words in Expectation::vocabulary() {
            let parsed = Expectation::parse(&words).unwrap_or_else(|| panic!("{words} does not parse"));
            assert_eq!(parsed.to_string(), words);
        }
    }

    #[test]
    fn blanks_and_the_plural_make_no_other_expectation() {
        for (words, expected) in [
            ("is absent ", "is absent"),
            ("is   absent", "is absent"),
            ("are absent", "is absent"),
            ("are one of 200, 202", "is one of 200, 202"),
            ("is  one of 200, 202", "is one of 200, 202"),
            ("are the recipients", "is the recipients"),
            ("are complete", "are complete"),
        ] {
            assert_eq!(
                Expectation::parse(words).map(|parsed| parsed.to_string()).as_deref(),
                Some(expected),
                "{words}"
            );
        }
    }

    #[test]
    fn words_that_begin_as_an_expectation_have_an_example() {
        for (words, expected) in [
            ("at least many", Some("at least 90")),
            ("is one of ,", Some("is one of recvonly, inactive")),
            ("acknowledge with OK", Some("acknowledge with 200")),
            ("contains timer", None),
        ] {
            assert_eq!(Expectation::example(words), expected, "{words}");
        }
    }

    #[test]
    fn what_is_not_in_the_vocabulary_is_no_expectation() {
        for words in [
            "",
            "contains timer",
            "has option tag",
            "at least many",
            "at least -1",
            "at most 1.5",
            "at most 99999999999999999999",
            "is after lunch",
            "is after the 20 to the INVITE",
            "is before Bob's 2000 to the INVITE",
            "is after the MSRP 20",
            "is one of 200,,202",
            "is one of ,",
            "lists ,",
            "lists INVITE,",
            "states a release",
            "acknowledge with OK",
            "names Bob's session",
        ] {
            assert_eq!(Expectation::parse(words), None, "{words}");
        }
    }
}
