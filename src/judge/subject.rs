//! What the rows of a check look at: a message that a party sends, its answer, a transfer, a connection, a user's event.
//!
//! It names things only; finding them in a trace is `scene.rs`, judging them `check.rs`.

use std::fmt;

use super::moment::Moment;
use super::reference::Ordinal;

/// Which of several messages of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nth {
    /// The first is 1.
    Number(u32),
    Last,
}

impl Nth {
    pub const FIRST: Nth = Nth::Number(1);

    /// That one of the messages.
    pub fn of<T>(self, mut all: impl Iterator<Item = T>) -> Option<T> {
        match self {
            Nth::Number(n) => all.nth(n.max(1) as usize - 1),
            Nth::Last => all.last(),
        }
    }
}

/// What the rows look at. A party is a person (his client) or a server, by the name that the cast has for it; `to` and
/// `of` name the person at the other end where it matters which.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A request of that method that the party sends.
    Request { party: String, method: String, to: Option<String>, nth: Nth },
    /// An AUTH by which the party asks its MSRP relay for a path (RFC 4976 §5.1).
    Auth { party: String, nth: Nth },
    /// The first request within a dialog that refreshes or changes the session: re-INVITE or UPDATE.
    Refresh { party: String },
    /// Every initial request of the party but REGISTER.
    EveryInitialRequest { party: String },
    /// That the party sends no request of that method, at all or after a moment.
    NoRequest { party: String, method: String, to: Option<String>, after: Option<Moment> },
    /// That the party sends so many requests of that method, repeats of the transport left out.
    Requests { party: String, method: String, to: Option<String>, times: u32 },
    /// The party's response to a request of that method that it received: the final one, or the first of that status.
    Answer { party: String, method: String, of: Option<String>, nth: Nth, status: Option<u16> },
    /// That the party sends so many responses of that status to a request of that method, repeats left out.
    Answers { party: String, method: String, of: Option<String>, status: u16, times: u32 },
    /// The message that the party sends over MSRP.
    Sends { party: String, to: Option<String>, nth: Nth },
    /// The message that the party receives over MSRP, and how it answers.
    Receives { party: String, from: Option<String>, nth: Nth },
    /// That the party sends so many messages over MSRP.
    Messages { party: String, to: Option<String>, times: u32 },
    /// That what the party sends over MSRP are these of the messages that it held, by number from 1, each once, and no others.
    Gives { party: String, to: Option<String>, which: Vec<u32> },
    /// That the party acknowledges no chunk, at all or after a moment.
    NoAcknowledgement { party: String, after: Option<Moment> },
    /// That the party sends no chunk, at all or after a moment.
    NoChunk { party: String, to: Option<String>, after: Option<Moment> },
    /// The MSRP connection that the party opens.
    Opens { party: String },
    /// That the party opens no MSRP connection.
    OpensNone { party: String },
    /// The party's closing of the MSRP connection.
    Closes { party: String },
    /// What the party's user is told.
    Told { party: String, event: String },
    /// That the party's user is not told that then.
    NotTold { party: String, event: String, when: When },
    /// That the party's user is told at last that these people take part in the conference, and nobody else.
    ToldWhoTakesPart { party: String, people: Vec<String> },
}

/// The time that something must not happen in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum When {
    Ever,
    Before(Moment),
    After(Moment),
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Ever => Ok(()),
            When::Before(moment) => write!(f, " before {moment}"),
            When::After(moment) => write!(f, " after {moment}"),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Request { party, method, to, nth } => write!(f, "{party}'s {nth}{method}{}", With(" to ", to)),
            Subject::Auth { party, nth } => write!(f, "{party}'s {nth}AUTH"),
            Subject::Refresh { party } => write!(f, "{party}'s refresh of the session"),
            Subject::EveryInitialRequest { party } => write!(f, "every initial request of {party}'s client"),
            Subject::NoRequest { party, method, to, after } => {
                write!(f, "no {method} from {party}{}{}", With(" to ", to), With(" after ", after))
            }
            Subject::Requests { party, method, to, times } => {
                write!(f, "{times} {method} from {party}{}", With(" to ", to))
            }
            Subject::Answer { party, method, of, nth, status } => {
                write!(f, "{party}'s {}answer to the {nth}{method}{}", Status(*status), With(" of ", of))
            }
            Subject::Answers { party, method, of, status, times } => {
                write!(f, "{times} answers {status} of {party} to the {method}{}", With(" of ", of))
            }
            Subject::Sends { party, to, nth } => write!(f, "{party}'s {nth}message over MSRP{}", With(" to ", to)),
            Subject::Receives { party, from, nth } => {
                write!(f, "the {nth}message to {party} over MSRP{}", With(" from ", from))
            }
            Subject::Messages { party, to, times } => {
                write!(f, "{times} messages over MSRP from {party}{}", With(" to ", to))
            }
            Subject::Gives { party, to, .. } => write!(f, "the stored messages from {party}{}", With(" to ", to)),
            Subject::NoAcknowledgement { party, after } => {
                write!(f, "no acknowledgement of a chunk from {party}{}", With(" after ", after))
            }
            Subject::NoChunk { party, to, after } => {
                write!(f, "no chunk from {party}{}{}", With(" to ", to), With(" after ", after))
            }
            Subject::Opens { party } => write!(f, "{party}'s MSRP connection"),
            Subject::OpensNone { party } => write!(f, "no MSRP connection from {party}"),
            Subject::Closes { party } => write!(f, "{party}'s closing of the MSRP connection"),
            Subject::Told { party, event } => write!(f, "{party}'s user being told \u{201c}{event}\u{201d}"),
            Subject::NotTold { party, event, when } => {
                write!(f, "{party}'s user not being told \u{201c}{event}\u{201d}{when}")
            }
            Subject::ToldWhoTakesPart { party, people } => {
                write!(f, "{party}'s user being told that {} take part", people.join(", "))
            }
        }
    }
}

/// Nothing for the first one: what is meant then goes without saying.
impl fmt::Display for Nth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Nth::Number(1) => Ok(()),
            Nth::Number(2) => f.write_str("other "),
            Nth::Number(n) => write!(f, "{} ", Ordinal(*n)),
            Nth::Last => f.write_str("last "),
        }
    }
}

/// A word with what stands before it; nothing where there is no word.
struct With<'a, T>(&'a str, &'a Option<T>);

impl<T: fmt::Display> fmt::Display for With<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(word) => write!(f, "{}{word}", self.0),
            None => Ok(()),
        }
    }
}

struct Status(Option<u16>);

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |status| write!(f, "{status} "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_one_of_several() {
        let all = [10, 20, 30];
        for (nth, expected) in
            [(Nth::FIRST, Some(10)), (Nth::Number(3), Some(30)), (Nth::Number(4), None), (Nth::Last, Some(30))]
        {
            assert_eq!(nth.of(all.into_iter()), expected, "{nth:?}");
        }
    }
}
