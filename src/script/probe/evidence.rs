//! What is asked of a system, and what came back. It concludes nothing.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::actors::act::{Act, File, FileForm, Recipients, Sending};
use crate::script::case::text;
use crate::script::live::{LiveError, Options, Place, Visit, outfit};
use crate::script::plan::Client;
use crate::script::sut::signs::{feature_tag, has_feature};
use crate::script::sut::{Stimulus, SystemUnderTest};
use crate::wire::sip::Message;

/// What clients of ours ask of it, one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// A message of pager mode.
    Page,
    /// An invitation to a large message.
    LargeMessage,
    /// An invitation to a session.
    Session,
    /// The offer of a file.
    File,
    /// An invitation of a Conference-factory-URI to a conference of our people.
    Conference,
}

/// What came of a question.
#[derive(Clone, Debug)]
pub enum Outcome {
    Took(Arc<Message>),
    /// With a status by which it says that it cannot.
    Refused(Arc<Message>),
    /// In words: a status that its user or the network chose, or no answer.
    Undecided(String),
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    pub options: Option<Arc<Message>>,
    /// The first REGISTER that came from it.
    pub register: Option<Arc<Message>>,
    pub outcomes: Vec<(Question, Outcome)>,
    /// The first request that came when it was told to send something.
    pub began: Option<Arc<Message>>,
    /// Nothing came when it was told to send something: what is known of the reason.
    pub deaf: Option<String>,
    /// Everything that came from it.
    pub said: Vec<Arc<Message>>,
}

/// Octets of a message that does not fit into pager mode.
const LARGE: u64 = 2000;
/// Statuses that are about what the system can do, not about what its user wants (RFC 3261 §21).
const INABILITY: &[u16] = &[405, 406, 415, 416, 420, 421, 488, 493, 501, 505, 606];

impl Question {
    pub fn words(self) -> &'static str {
        match self {
            Question::Page => "MESSAGE",
            Question::LargeMessage => "INVITE to a large message",
            Question::Session => "INVITE to a session",
            Question::File => "INVITE to a file",
            Question::Conference => "INVITE to a conference",
        }
    }

    fn method(self) -> &'static str {
        if self == Question::Page { "MESSAGE" } else { "INVITE" }
    }

    /// Those that a system can be asked without harm.
    fn all(sut: &SystemUnderTest) -> &'static [Question] {
        match sut.plays.as_str() {
            "controlling-function" => &[Question::Conference],
            _ if sut.server().is_some() => &[],
            "cpm-client" => &[Question::LargeMessage],
            _ if sut.client == Some(Client::Cpm) => &[Question::LargeMessage],
            _ => &[Question::Page, Question::LargeMessage, Question::Session, Question::File],
        }
    }

    fn act(self, visit: &Visit<'_>) -> Act {
        let to = Recipients::One(visit.address().to_owned());
        let send = |text: String, file| Act::Send(Box::new(Sending { to, text, file, ..Sending::default() }));
        match self {
            Question::Page => send(text(60), None),
            Question::LargeMessage => send(text(LARGE), None),
            Question::Session => Act::Invite { to: visit.address().to_owned() },
            Question::File => {
                let (name, form) = ("imspec.txt".to_owned(), FileForm::Rfc5547);
                send(text(60), Some(File { name, form, ..File::default() }))
            }
            Question::Conference => Act::Confer { to: vec![visit.person(1), visit.person(2)], anonymous: false },
        }
    }
}

impl Evidence {
    pub fn outcome(&self, question: Question) -> Option<&Outcome> {
        self.outcomes.iter().find(|(asked, _)| *asked == question).map(|(_, outcome)| outcome)
    }

    pub fn is_answered(&self) -> bool {
        !self.said.is_empty()
    }

    /// The kind of client that its feature tags name, where they name one alone.
    pub fn kind(&self) -> Option<Client> {
        let has = |kind| self.said.iter().any(|message| has_feature(message, feature_tag(kind)));
        match (has(Client::Im), has(Client::Cpm)) {
            (true, false) => Some(Client::Im),
            (false, true) => Some(Client::Cpm),
            _ => None,
        }
    }
}

/// Visits the system and asks everything.
pub async fn gather(place: &Place, options: &Options, stop: &AtomicBool) -> Result<Evidence, LiveError> {
    let outfit = outfit(place)?;
    let mut visit = Visit::new(place, options, stop, &outfit).await?;
    let asked = ask(&place.sut, &mut visit).await;
    let said = visit.heard().iter().filter(|heard| heard.from_system).map(|heard| heard.message.clone()).collect();
    visit.end().await?;
    Ok(Evidence { said, ..asked? })
}

async fn ask(sut: &SystemUnderTest, visit: &mut Visit<'_>) -> Result<Evidence, LiveError> {
    let mut evidence = Evidence::default();
    visit.start().await?;
    if sut.arranges {
        visit.arrange().await?;
    }
    visit.gather().await?;
    if sut.registers {
        visit.register().await?;
    }
    evidence.options = visit.ask(0).await?.map(|answer| answer.message);
    for question in Question::all(sut) {
        if visit.is_interrupted() {
            break;
        }
        visit.renew().await?;
        let answer = visit.act(question.act(visit), question.method()).await?;
        let outcome = match answer {
            None => Outcome::Undecided(format!("no final answer to {}", question.words())),
            Some(answer) => outcome(*question, answer.message),
        };
        evidence.outcomes.push((*question, outcome));
        visit.part().await?;
    }
    if matches!(sut.stimulus, Stimulus::Command(_) | Stimulus::Http(_))
        && sut.server().is_none()
        && !visit.is_interrupted()
    {
        let to = Recipients::One(visit.person(0));
        let send = Act::Send(Box::new(Sending { to, text: text(60), ..Sending::default() }));
        evidence.began = visit.tell(&send).await?;
        if evidence.began.is_none() {
            evidence.deaf = Some(visit.failure().unwrap_or_else(|| "it was told to send a message".to_owned()));
        }
    }
    let register = visit
        .heard()
        .iter()
        .find(|heard| heard.from_system && heard.message.status().is_none() && heard.message.method() == "REGISTER");
    evidence.register = register.map(|heard| heard.message.clone());
    Ok(evidence)
}

fn outcome(question: Question, message: Arc<Message>) -> Outcome {
    match message.status().unwrap_or_default() {
        200..=299 => Outcome::Took(message),
        status if INABILITY.contains(&status) => Outcome::Refused(message),
        status => Outcome::Undecided(format!("it answered {} with {status}", question.words())),
    }
}
