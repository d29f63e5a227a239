//! The shape of `results.json`, apart from the model so that the model may change without breaking readers.
//!
//! A message that many findings of a case cite is written once.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::octets::{Encoding, decode, encode};
use super::{Error, SCHEMA};
use crate::judge::finding::{self, CaseResult, Evidence, Fault, Place, Run, Verdict};
use crate::report::tally::Tally;
use crate::time::Time;
use crate::wire::Span;

type Text<'a> = Cow<'a, str>;

/// What tells the version.
#[derive(Deserialize)]
pub struct Head<'a> {
    pub schema: Text<'a>,
}

#[derive(Serialize, Deserialize)]
pub struct Results<'a> {
    schema: Text<'a>,
    tool: Text<'a>,
    stage: Text<'a>,
    #[serde(with = "decimal")]
    seed: u64,
    profile: Text<'a>,
    subject: Vec<Text<'a>>,
    interrupted: bool,
    #[serde(default)]
    not_played: usize,
    #[serde(default)]
    stale: Vec<Text<'a>>,
    #[serde(default)]
    contradictions: Vec<Text<'a>>,
    #[serde(skip_deserializing)]
    verdicts: IndexMap<&'static str, usize>,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Case<'a> {
    address: Text<'a>,
    spec: Text<'a>,
    subclause: Text<'a>,
    feature: Text<'a>,
    scenario: Text<'a>,
    #[serde(skip_deserializing)]
    verdict: Option<Verdict>,
    place: Place,
    duration_ns: u64,
    capture: Option<Text<'a>>,
    #[serde(default)]
    log: Option<Text<'a>>,
    #[serde(default)]
    repeats: u32,
    rerun: Text<'a>,
    findings: Vec<Finding<'a>>,
    messages: Vec<Message<'a>>,
    ladder: Ladder<'a>,
}

#[derive(Serialize, Deserialize)]
struct Finding<'a> {
    id: Text<'a>,
    requirement: Text<'a>,
    clause: Text<'a>,
    text: Text<'a>,
    verdict: Verdict,
    fault: Option<Fault>,
    subject: Text<'a>,
    expected: Vec<Text<'a>>,
    found: Option<Text<'a>>,
    reason: Text<'a>,
    place: Place,
    evidence: Option<Cited>,
    #[serde(default)]
    known: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Cited {
    /// Index into the messages of the case.
    message: usize,
    span: Option<Span>,
}

#[derive(PartialEq, Serialize, Deserialize)]
struct Message<'a> {
    packet: u32,
    #[serde(with = "seconds")]
    time: Time,
    message: Text<'a>,
    encoding: Encoding,
    octets: Text<'a>,
    cut: u64,
}

#[derive(Serialize, Deserialize)]
struct Ladder<'a> {
    lanes: Vec<Text<'a>>,
    arrows: Vec<Arrow<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Arrow<'a> {
    packet: u32,
    #[serde(with = "seconds")]
    time: Time,
    from: usize,
    to: usize,
    label: Text<'a>,
}

impl<'a> Results<'a> {
    pub fn of(run: &'a Run) -> Results<'a> {
        Results {
            schema: SCHEMA.into(),
            tool: concat!("imspec ", env!("CARGO_PKG_VERSION")).into(),
            stage: (&run.stage).into(),
            seed: run.seed,
            profile: (&run.profile).into(),
            subject: texts(&run.subject),
            interrupted: run.interrupted,
            not_played: run.not_played,
            stale: texts(&run.stale),
            contradictions: texts(&run.contradictions),
            verdicts: Tally::of_run(run).each().map(|(verdict, count)| (key(verdict), count)).collect(),
            cases: run.cases.iter().map(Case::of).collect(),
        }
    }

    pub fn into_run(self) -> Result<Run, Error> {
        Ok(Run {
            stage: self.stage.into_owned(),
            seed: self.seed,
            profile: self.profile.into_owned(),
            subject: owned(self.subject),
            cases: self.cases.into_iter().map(Case::into_result).collect::<Result<_, _>>()?,
            interrupted: self.interrupted,
            not_played: self.not_played,
            stale: owned(self.stale),
            contradictions: owned(self.contradictions),
        })
    }
}

impl<'a> Case<'a> {
    fn of(case: &'a CaseResult) -> Case<'a> {
        let mut messages = Vec::new();
        let findings = case.findings.iter().map(|finding| Finding::of(finding, &mut messages)).collect();
        let arrow = |arrow: &'a finding::Arrow| Arrow {
            packet: arrow.packet,
            time: arrow.at,
            from: arrow.from,
            to: arrow.to,
            label: (&arrow.label).into(),
        };
        Case {
            address: (&case.address).into(),
            spec: (&case.spec).into(),
            subclause: (&case.subclause).into(),
            feature: (&case.feature).into(),
            scenario: (&case.scenario).into(),
            verdict: Some(case.verdict()),
            place: case.place.clone(),
            duration_ns: case.duration_ns,
            capture: case.capture.as_ref().map(Text::from),
            log: case.log.as_ref().map(Text::from),
            repeats: case.repeats,
            rerun: (&case.rerun).into(),
            findings,
            messages,
            ladder: Ladder { lanes: texts(&case.ladder.lanes), arrows: case.ladder.arrows.iter().map(arrow).collect() },
        }
    }

    fn into_result(self) -> Result<CaseResult, Error> {
        let broken = || Error::Octets(self.address.clone().into_owned());
        let messages = self.messages.into_iter().map(|message| message.into_evidence().ok_or_else(broken));
        let messages = messages.collect::<Result<Vec<Evidence>, Error>>()?;
        let arrow = |arrow: Arrow<'_>| finding::Arrow {
            packet: arrow.packet,
            at: arrow.time,
            from: arrow.from,
            to: arrow.to,
            label: arrow.label.into_owned(),
        };
        Ok(CaseResult {
            address: self.address.into_owned(),
            spec: self.spec.into_owned(),
            subclause: self.subclause.into_owned(),
            feature: self.feature.into_owned(),
            scenario: self.scenario.into_owned(),
            place: self.place,
            duration_ns: self.duration_ns,
            findings: self.findings.into_iter().map(|f| f.into_finding(&messages)).collect::<Result<_, _>>()?,
            ladder: finding::Ladder {
                lanes: owned(self.ladder.lanes),
                arrows: self.ladder.arrows.into_iter().map(arrow).collect(),
            },
            capture: self.capture.map(Text::into_owned),
            log: self.log.map(Text::into_owned),
            repeats: self.repeats,
            rerun: self.rerun.into_owned(),
        })
    }
}

impl<'a> Finding<'a> {
    fn of(finding: &'a finding::Finding, messages: &mut Vec<Message<'a>>) -> Finding<'a> {
        let evidence = finding
            .evidence
            .as_ref()
            .map(|evidence| Cited { message: Message::of(evidence).index(messages), span: evidence.span });
        Finding {
            id: (&finding.id).into(),
            requirement: (&finding.requirement).into(),
            clause: (&finding.clause).into(),
            text: (&finding.text).into(),
            verdict: finding.verdict,
            fault: finding.fault,
            subject: (&finding.subject).into(),
            expected: texts(&finding.expected),
            found: finding.found.as_ref().map(Text::from),
            reason: (&finding.reason).into(),
            place: finding.place.clone(),
            evidence,
            known: finding.known.as_ref().map(Text::from),
        }
    }

    fn into_finding(self, messages: &[Evidence]) -> Result<finding::Finding, Error> {
        let evidence = match self.evidence {
            None => None,
            Some(Cited { message, span }) => match messages.get(message) {
                Some(evidence) => Some(Evidence { span, ..evidence.clone() }),
                None => return Err(Error::Evidence(self.id.into_owned())),
            },
        };
        Ok(finding::Finding {
            id: self.id.into_owned(),
            requirement: self.requirement.into_owned(),
            clause: self.clause.into_owned(),
            text: self.text.into_owned(),
            verdict: self.verdict,
            fault: self.fault,
            subject: self.subject.into_owned(),
            expected: owned(self.expected),
            found: self.found.map(Text::into_owned),
            reason: self.reason.into_owned(),
            place: self.place,
            evidence,
            known: self.known.map(Text::into_owned),
        })
    }
}

impl<'a> Message<'a> {
    fn of(evidence: &'a Evidence) -> Message<'a> {
        let (encoding, octets) = encode(&evidence.octets);
        let (packet, time, cut) = (evidence.packet, evidence.at, evidence.cut);
        Message { packet, time, message: (&evidence.message).into(), encoding, octets, cut }
    }

    /// Where it stands in `messages`, put there if it is new.
    fn index(self, messages: &mut Vec<Message<'a>>) -> usize {
        // Findings about one message follow each other, so it is mostly the last one.
        if let Some(at) = messages.iter().rposition(|message| *message == self) {
            return at;
        }
        messages.push(self);
        messages.len() - 1
    }

    fn into_evidence(self) -> Option<Evidence> {
        let octets = decode(self.encoding, &self.octets)?.into();
        let (packet, at, cut) = (self.packet, self.time, self.cut);
        Some(Evidence { packet, at, message: self.message.into_owned(), octets, cut, span: None })
    }
}

/// As serde writes the verdict, for example `not-applicable`.
fn key(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Warning => "warning",
        Verdict::Flaky => "flaky",
        Verdict::Inconclusive => "inconclusive",
        Verdict::NotApplicable => "not-applicable",
        Verdict::NotExercised => "not-exercised",
        Verdict::Error => "error",
    }
}

fn texts(texts: &[String]) -> Vec<Text<'_>> {
    texts.iter().map(Text::from).collect()
}

fn owned(texts: Vec<Text<'_>>) -> Vec<String> {
    texts.into_iter().map(Text::into_owned).collect()
}

/// Numbers as text: many readers of JSON lose the digits beyond 2^53.
mod decimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<u64, D::Error> {
        std::borrow::Cow::<str>::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// Time as text, in seconds with nine decimals, as Wireshark shows it.
mod seconds {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use crate::time::Time;

    const SECOND: u64 = 1_000_000_000;

    pub fn serialize<S: Serializer>(time: &Time, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}.{:09}", time.0 / SECOND, time.0 % SECOND))
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Time, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        parse(&text).ok_or_else(|| de::Error::custom(format!("{text:?} is no time in seconds with nine decimals")))
    }

    fn parse(text: &str) -> Option<Time> {
        let (seconds, nanos) = text.split_once('.')?;
        let nanos: u64 = Some(nanos).filter(|n| n.len() == 9)?.parse().ok()?;
        seconds.parse::<u64>().ok()?.checked_mul(SECOND)?.checked_add(nanos).map(Time)
    }
}
