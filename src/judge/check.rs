//! A check: a subject of the trace and the rows that are asked of it; judging gives a finding for each row.
//!
//! A row is judged on its own: one that fails stops nothing else.

use super::compare::{self, resolve};
use super::expectation::Expectation;
use super::field::Field;
use super::finding::{Evidence, Fault, Finding, Place, Verdict};
use super::moment::Moment;
use super::outcome::Outcome;
use super::read::Value;
use super::reference::Reference;
use super::repeats;
use super::requirement::{Level, Requirement};
use super::scene::Scene;
use super::subject::{Nth, Subject};
use super::{held, relay, secured, told, transfer};
use crate::trace::{Transfer, Unit, UnitId, What};
use crate::wire::Span;

/// The most octets of a message that go into a finding.
const EVIDENCE: usize = 16 << 10;

/// One row of a table, or the tag at the end of a step that has no table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Stable id of the finding, see [`Finding::id`].
    pub id: String,
    pub requirement: Requirement,
    /// What to look at; nothing where the step itself says all.
    pub ask: Option<(Field, Expectation)>,
    pub place: Place,
}

/// A subject with its rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    pub subject: Subject,
    pub rows: Vec<Row>,
}

impl Check {
    /// Whether it may rest on something that does not come: then that is to be waited for.
    pub fn is_about_absence(&self) -> bool {
        matches!(
            self.subject,
            Subject::NoRequest { .. }
                | Subject::Requests { .. }
                | Subject::Answers { .. }
                | Subject::NoChunk { .. }
                | Subject::NotTold { .. }
                | Subject::EveryInitialRequest { .. }
        )
    }

    /// Judges every row in this scene.
    pub fn judge(&self, scene: &Scene<'_>) -> Vec<Finding> {
        self.rows.iter().map(|row| self.row(row, scene)).collect()
    }

    /// Judges one of the rows as [`Check::judge`] does, but makes no words: for results of which nobody keeps more.
    pub fn verdict(&self, row: &Row, scene: &Scene<'_>) -> (Verdict, Option<Fault>) {
        verdict(&self.outcome(row, scene).0, row)
    }

    /// A finding for every row without a look at anything, for cases that could not be played.
    pub fn unjudged(&self, verdict: Verdict, fault: Option<Fault>, reason: &str) -> Vec<Finding> {
        let finding = |row: &Row| Finding { verdict, fault, reason: reason.to_owned(), ..self.blank(row) };
        self.rows.iter().map(finding).collect()
    }

    fn row(&self, row: &Row, scene: &Scene<'_>) -> Finding {
        let (outcome, at) = self.outcome(row, scene);
        let mut finding = self.blank(row);
        finding.expected = row.ask.as_ref().map_or_else(Vec::new, |(_, e)| expected(e, scene));
        let span = match &outcome {
            Outcome::Pass { span, .. }
            | Outcome::Broken { span, .. }
            | Outcome::Ambiguous { span, .. }
            | Outcome::AgainstRfc { span, .. } => *span,
            _ => None,
        };
        (finding.verdict, finding.fault) = verdict(&outcome, row);
        match outcome {
            Outcome::Pass { found, .. } => finding.found = found,
            Outcome::Broken { found, reason, .. }
            | Outcome::Ambiguous { found, reason, .. }
            | Outcome::AgainstRfc { found, reason, .. } => {
                finding.found = found;
                finding.reason = reason;
            }
            Outcome::Undecided(reason) | Outcome::NotObservable(reason) | Outcome::Error(reason) => {
                finding.reason = reason
            }
        }
        finding.evidence = at.map(|id| evidence(id, span, scene));
        finding
    }

    fn blank(&self, row: &Row) -> Finding {
        let subject = match &row.ask {
            Some((field, _)) => format!("{field} of {}", self.subject),
            None => self.subject.to_string(),
        };
        Finding {
            id: row.id.clone(),
            requirement: row.requirement.id.clone(),
            clause: row.requirement.clause.clone(),
            text: row.requirement.text.clone(),
            verdict: Verdict::Pass,
            fault: None,
            subject,
            expected: row.ask.iter().map(|(_, e)| e.to_string()).collect(),
            found: None,
            reason: String::new(),
            place: row.place.clone(),
            evidence: None,
            known: None,
        }
    }

    fn outcome(&self, row: &Row, scene: &Scene<'_>) -> transfer::Judged {
        match &self.subject {
            Subject::Request { party, method, to, nth } => {
                let found = nth.of(scene.requests_to(party, method, to.as_deref()));
                self.of_message(row, found, party, scene, || {
                    format!("{} sent no {nth}{method}{}", role(party, scene), to_whom(to))
                })
            }
            Subject::Auth { party, nth } => match (nth.of(relay::auths(party, scene)), &row.ask) {
                (Some(id), Some((field, expectation))) => {
                    (relay::judge(field, expectation, id, party, scene), Some(id))
                }
                (Some(id), None) => (Outcome::Pass { found: Some("sent".into()), span: None }, Some(id)),
                (None, _) => {
                    (self.nothing(row, party, scene, format!("{} sent no {nth}AUTH", role(party, scene))), None)
                }
            },
            Subject::Refresh { party } => {
                let first = scene.refreshes(party).next();
                self.of_message(row, first, party, scene, || {
                    format!("{} did not refresh the session", role(party, scene))
                })
            }
            Subject::EveryInitialRequest { party } => {
                let mut last = (Outcome::Undecided("no initial request was seen".into()), None);
                for id in scene.all_requests(party).filter(|id| scene.is_initial(*id)) {
                    last = self.of_message(row, Some(id), party, scene, String::new);
                    if !matches!(last.0, Outcome::Pass { .. }) {
                        break;
                    }
                }
                last
            }
            Subject::NoRequest { party, method, to, after } => {
                let sent: Vec<UnitId> = scene.requests_to(party, method, to.as_deref()).collect();
                absent(&sent, after.as_ref(), party, scene, &format!("it sent a {method}"))
            }
            Subject::Requests { party, method, to, times } => {
                let sent: Vec<UnitId> = scene.requests_to(party, method, to.as_deref()).collect();
                counted(&sent, *times, scene)
            }
            Subject::Answer { party, method, of, nth, status } => {
                let wanted = |id: &UnitId| match status {
                    Some(status) => scene.sip(*id).status() == Some(*status),
                    None => scene.sip(*id).status().is_some_and(|s| s >= 200),
                };
                if !scene.is_asked(party, method, of.as_deref()) {
                    return (Outcome::Undecided(format!("no {method} came to {}", role(party, scene))), None);
                }
                let challenge = matches!(status, Some(401 | 407));
                let answers = scene.responses_of(party, method, of.as_deref(), *nth, challenge);
                let found = answers.iter().copied().find(wanted);
                self.of_message(row, found, party, scene, || match status {
                    Some(status) => format!("{} did not answer the {nth}{method} with {status}", role(party, scene)),
                    None => format!("{} gave the {nth}{method} no final response", role(party, scene)),
                })
            }
            Subject::Answers { party, method, of, status, times } => {
                let challenge = matches!(status, 401 | 407);
                let answers = scene.responses_of(party, method, of.as_deref(), Nth::FIRST, challenge).iter().copied();
                let sent = answers.filter(|id| scene.sip(*id).status() == Some(*status)).collect();
                let sent = repeats::without(sent, scene);
                counted(&sent, *times, scene)
            }
            Subject::Sends { party, to, nth } => {
                let found = nth.of(scene.transfers_between(Some(party), to.as_deref()));
                self.of_transfer(row, party, found, ("sent", scene))
            }
            Subject::Receives { party, from, nth } => {
                let found = nth.of(scene.transfers_between(from.as_deref(), Some(party)));
                self.of_transfer(row, party, found, ("got", scene))
            }
            Subject::Messages { party, to, times } => {
                let sent = scene.transfers_between(Some(party), to.as_deref());
                let sent: Vec<UnitId> = sent.filter_map(|t| t.chunks.first().copied()).collect();
                counted(&sent, *times, scene)
            }
            Subject::Gives { party, to, which } => {
                held::given(which, scene.transfers_between(Some(party), to.as_deref()), scene)
            }
            Subject::NoAcknowledgement { party, after } => {
                let acknowledged = scene.acknowledgements(party);
                absent(&acknowledged, after.as_ref(), party, scene, "it acknowledged a chunk")
            }
            Subject::NoChunk { party, to, after } => {
                let sent = scene.transfers_between(Some(party), to.as_deref());
                let chunks: Vec<UnitId> = sent.flat_map(|t| t.chunks.iter().copied()).collect();
                absent(&chunks, after.as_ref(), party, scene, "it sent a chunk")
            }
            Subject::Opens { party } if scene.opened_by(party).is_none() && scene.is_to_wait(party) => {
                (Outcome::Undecided("by the answer it is the other side that connects".into()), None)
            }
            Subject::Opens { party }
                if scene.opened_by(party).is_none() && relay::auths(party, scene).next().is_some() =>
            {
                (Outcome::Undecided("the connection to its relay was there before".into()), None)
            }
            Subject::Opens { party } => self.of_event(row, scene.opened_by(party), party, scene, || {
                format!("{} opened no MSRP connection", role(party, scene))
            }),
            Subject::OpensNone { party } if scene.is_to_connect(party) => {
                (Outcome::Undecided("by the answer it is this side that connects".into()), None)
            }
            Subject::OpensNone { party } => {
                let opened: Vec<UnitId> = scene.opened_by(party).into_iter().collect();
                absent(&opened, None, party, scene, "it opened an MSRP connection")
            }
            Subject::Closes { party } => {
                let closed = scene.closed_by(party);
                self.of_event(row, closed, party, scene, || {
                    format!("{} did not close the MSRP connection", role(party, scene))
                })
            }
            Subject::Told { party, event } => {
                if !scene.events_reported {
                    return told::unseen();
                }
                self.of_event(row, told::first(party, event, scene), party, scene, || {
                    format!("{party}'s user was not told \u{201c}{event}\u{201d}")
                })
            }
            Subject::NotTold { party, event, when } => told::not_told(party, event, when, scene),
            Subject::ToldWhoTakesPart { party, people } => told::who_takes_part(party, people, scene),
        }
    }

    fn of_message(
        &self,
        row: &Row,
        id: Option<UnitId>,
        party: &str,
        scene: &Scene<'_>,
        missing: impl Fn() -> String,
    ) -> transfer::Judged {
        match (id, &row.ask) {
            (Some(id), Some((field, expectation))) => (compare::judge(field, expectation, id, party, scene), Some(id)),
            (Some(id), None) => (Outcome::Pass { found: Some("sent".into()), span: None }, Some(id)),
            (None, _) => (self.nothing(row, party, scene, missing()), None),
        }
    }

    fn of_event(
        &self,
        row: &Row,
        id: Option<UnitId>,
        party: &str,
        scene: &Scene<'_>,
        missing: impl Fn() -> String,
    ) -> transfer::Judged {
        match (id, &row.ask) {
            (Some(id), Some((field @ (Field::Order | Field::SecondsAfter(_)), expectation))) => {
                (compare::judge(field, expectation, id, party, scene), Some(id))
            }
            (Some(id), Some((Field::NextHop, expectation))) => {
                let value = Value::new(scene.unit(id).dst.to_string(), None);
                (compare::of_values(&Field::NextHop, expectation, &[value], party, scene), Some(id))
            }
            (Some(id), Some((Field::Security, expectation))) => {
                (secured::judge_security(expectation, id, party, scene), Some(id))
            }
            (Some(_), Some((field, _))) => (Outcome::Error(format!("{} has no {field}", self.subject)), None),
            (Some(id), None) => (Outcome::Pass { found: Some("seen".into()), span: None }, Some(id)),
            (None, _) => (self.nothing(row, party, scene, missing()), None),
        }
    }

    fn of_transfer(
        &self,
        row: &Row,
        party: &str,
        found: Option<&Transfer>,
        (verb, scene): (&str, &Scene<'_>),
    ) -> transfer::Judged {
        let missing = || format!("{} {verb} no message over MSRP", role(party, scene));
        match (found, &row.ask) {
            (Some(found), Some((field, expectation))) => transfer::judge(field, expectation, found, party, scene),
            (Some(found), None) => {
                (Outcome::Pass { found: Some("seen".into()), span: None }, found.chunks.first().copied())
            }
            (None, _) => (self.nothing(row, party, scene, missing()), None),
        }
    }

    /// The subject never came. That breaks rows that demand it; the others have nothing to look at.
    fn nothing(&self, row: &Row, _party: &str, scene: &Scene<'_>, reason: String) -> Outcome {
        if let Some(cause) = scene.spoilt {
            return Outcome::Undecided(format!("{reason}, but {cause}"));
        }
        if !scene.complete {
            return Outcome::Undecided(format!("{reason} while the trace lasted"));
        }
        match &row.ask {
            Some((field, _)) if !field.demands_existence() => Outcome::Undecided(reason),
            _ => Outcome::Broken { found: None, span: None, reason },
        }
    }
}

/// What an outcome means for the party under test, by how binding the requirement of the row is.
fn verdict(outcome: &Outcome, row: &Row) -> (Verdict, Option<Fault>) {
    match outcome {
        Outcome::Pass { .. } => (Verdict::Pass, None),
        Outcome::Broken { .. } if row.requirement.level == Level::Shall => {
            (Verdict::Fail, Some(Fault::SystemUnderTest))
        }
        Outcome::Broken { .. } => (Verdict::Warning, Some(Fault::SystemUnderTest)),
        Outcome::Ambiguous { .. } => (Verdict::Warning, Some(Fault::AmbiguousText)),
        Outcome::AgainstRfc { .. } => (Verdict::Warning, Some(Fault::TextAgainstRfc)),
        Outcome::Undecided(_) => (Verdict::Inconclusive, None),
        Outcome::NotObservable(_) => (Verdict::NotApplicable, None),
        Outcome::Error(_) => (Verdict::Error, Some(Fault::Harness)),
    }
}

/// Nothing of the kind after the moment; what was under way when the moment came is forgiven.
fn absent(ids: &[UnitId], after: Option<&Moment>, party: &str, scene: &Scene<'_>, what: &str) -> transfer::Judged {
    let from = match after {
        None => None,
        Some(moment) => match scene.moment(moment, party) {
            Some(id) => Some(id),
            None => return (Outcome::Undecided(format!("{moment} never came")), None),
        },
    };
    let late = |id: &&UnitId| {
        from.is_none_or(|f| **id > f && scene.unit(**id).begun.since(scene.unit(f).at) > scene.in_flight())
    };
    match ids.iter().find(late) {
        Some(id) => {
            let found = Some(format!("packet {}", scene.unit(*id).packet));
            (Outcome::Broken { found, span: None, reason: what.to_owned() }, Some(*id))
        }
        None if !scene.complete => (Outcome::Undecided("none came while the trace lasted".into()), None),
        None => (Outcome::Pass { found: Some("none".into()), span: None }, None),
    }
}

/// As many as there should be; of too many, the first that is one too many is shown.
fn counted(ids: &[UnitId], times: u32, scene: &Scene<'_>) -> transfer::Judged {
    let times = times as usize;
    let found = Some(ids.len().to_string());
    match scene.excuse() {
        Some(cause) if ids.len() < times => {
            (Outcome::Undecided(format!("only {} came, but {cause}", ids.len())), ids.last().copied())
        }
        _ if ids.len() == times => (Outcome::Pass { found, span: None }, ids.last().copied()),
        _ => (Outcome::Broken { found, span: None, reason: String::new() }, ids.get(times).or(ids.last()).copied()),
    }
}

fn to_whom(to: &Option<String>) -> String {
    to.as_ref().map_or_else(String::new, |to| format!(" to {to}"))
}

fn role(party: &str, scene: &Scene<'_>) -> String {
    scene.cast.party(party).map_or_else(|| party.to_owned(), |p| p.role.clone())
}

/// The expectation in words, with what its reference stands for in this case.
fn expected(expectation: &Expectation, scene: &Scene<'_>) -> Vec<String> {
    let shown = |reference: &Reference| match (reference, resolve(reference, scene)) {
        (Reference::Literal(text), _) => text.clone(),
        (_, Some(text)) => format!("{text} ({reference})"),
        (_, None) => reference.to_string(),
    };
    match expectation {
        Expectation::Is(reference) => vec![shown(reference)],
        Expectation::IsOneOf(references) => references.iter().map(shown).collect(),
        other => vec![other.to_string()],
    }
}

fn evidence(id: UnitId, span: Option<Span>, scene: &Scene<'_>) -> Evidence {
    let unit = scene.unit(id);
    let octets = octets(unit);
    let kept = octets.len().min(EVIDENCE);
    Evidence {
        packet: unit.packet,
        at: unit.begun,
        message: describe(unit, scene),
        cut: (octets.len() - kept) as u64,
        octets: octets.slice(..kept),
        span: span.filter(|s| s.end as usize <= kept && !s.is_empty()),
    }
}

fn octets(unit: &Unit) -> bytes::Bytes {
    match &unit.what {
        What::Sip { message, .. } => message.bytes().clone(),
        What::Msrp(message) => {
            let mut joined = bytes::BytesMut::new();
            for piece in message.pieces() {
                joined.extend_from_slice(&piece[..piece.len().min(EVIDENCE.saturating_sub(joined.len()))]);
            }
            joined.freeze()
        }
        What::Other(bytes) => bytes.clone(),
        What::Connection(_) | What::Certificate(_) | What::Event(_) => bytes::Bytes::new(),
    }
}

/// For example `INVITE from Alice's client to the SIP/IP core`.
fn describe(unit: &Unit, scene: &Scene<'_>) -> String {
    let what = super::ladder::label(unit);
    match &unit.what {
        What::Event(event) => format!("{}'s user is told \u{201c}{}\u{201d}", event.party, event.name),
        _ => format!("{what} from {} to {}", scene.cast.role_at(unit.src), scene.cast.role_at(unit.dst)),
    }
}
