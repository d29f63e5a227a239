//! Judges one episode by every plan that it exercises.
//!
//! Plans share much: who is who, what peers did, rows. Each is looked at once an episode and remembered.

use std::path::Path;
use std::time::Duration;

use super::acts::done;
use super::arranged::{covers, happened};
use super::bind::{self, Sockets};
use super::facts::Facts;
use super::index::{Candidate, Index};
use super::story::Told;
use super::{case, message};
use crate::judge::spoilt::{Doubts, Trouble, troubles};
use crate::judge::{CaseResult, Cast, Check, Fault, Row, Scene, Stimulus, Verdict};
use crate::net::tamper;
use crate::script::plan::{Arranged, Arrangement, Plan};
use crate::trace::{Episode, Trace};

/// The verdict of a row, and whose fault it is.
pub type Brief = (Verdict, Option<Fault>);

/// What came of a plan in an episode.
pub struct Judged {
    /// The number of the plan.
    pub plan: usize,
    pub result: Result,
}

/// Words are made only for what is kept: they cost more than the judgement.
pub enum Result {
    Full(Box<CaseResult>),
    Brief(Vec<Brief>),
}

/// Judges an episode of the file `path`; with `full`, with words.
pub fn judge(index: &Index<'_>, known: &Cast, path: &Path, episode: Episode, full: bool) -> Vec<Judged> {
    let whence = case::Whence { path, packets: episode.packets };
    let lost = match (episode.gap, episode.overflow) {
        (true, _) => Some("the capture misses octets of a connection".to_owned()),
        (false, 0) => None,
        (false, n) => Some(format!("the episode is too long: {n} messages of it were not kept")),
    };
    let complete = episode.complete;
    let mut episode = episode;
    if let Some(earlier) = episode.earlier.take() {
        let mut out = Vec::new();
        if let Some(Told { facts, sockets, trace }) = Told::of(*earlier, episode, known) {
            let seen = Seen { index, whence, trace: &trace, complete, lost: lost.as_deref(), full };
            seen.of_its_kind(&facts, &sockets, known, &mut out);
        }
        return out;
    }
    let trace = episode.into_trace();
    let seen = Seen { index, whence, trace: &trace, complete, lost: lost.as_deref(), full };
    let mut out = Vec::new();
    seen.any_message(&mut out);
    if let Some(facts) = Facts::of(&trace, known) {
        seen.of_its_kind(&facts, &Sockets::of(&facts, &trace), known, &mut out);
    }
    out
}

/// An episode before it is known what happened in it.
struct Seen<'e> {
    index: &'e Index<'e>,
    whence: case::Whence<'e>,
    trace: &'e Trace,
    complete: bool,
    /// Why not all of it is there.
    lost: Option<&'e str>,
    full: bool,
}

impl Seen<'_> {
    /// Plans about every message over MSRP, whatever session it is in.
    fn any_message(&self, out: &mut Vec<Judged>) {
        let transfers = self.trace.transfers();
        let mut alone: Vec<Option<Trace>> = transfers.iter().map(|_| None).collect();
        for number in self.index.any_message.iter().copied() {
            let plan = &self.index.plans[number];
            for (transfer, alone) in transfers.iter().zip(&mut alone) {
                if !message::exercises(plan, transfer, self.trace) {
                    continue;
                }
                let Some(cast) = message::cast(plan, transfer, self.trace) else { continue };
                let stimulus = Stimulus::default();
                let alone = alone.get_or_insert_with(|| message::alone(transfer, self.trace));
                let whole = Scene::of(alone, &cast, &stimulus);
                let scene = Scene { complete: self.complete, spoilt: self.lost, ..whole };
                let doubts = Doubts { lost: self.lost, ..Doubts::default() };
                let rows = plan.checks.iter().flat_map(|check| check.rows.iter().map(move |row| (check, row)));
                let verdicts = rows.map(|(check, row)| (check, row, check.verdict(row, &scene)));
                out.push(Judged { plan: number, result: self.result(plan, &scene, doubts, verdicts) });
            }
        }
    }

    /// Plans about what happened in the episode as a whole.
    fn of_its_kind(&self, facts: &Facts, sockets: &Sockets, known: &Cast, out: &mut Vec<Judged>) {
        let stimulus = bind::stimulus(facts, self.trace);
        let mut castings: Vec<Option<Casting>> = Vec::new();
        castings.resize_with(self.index.castings(), || None);
        let clients = [(false, facts.im), (true, facts.cpm)].into_iter().filter(|(_, tagged)| *tagged);
        for candidate in clients.flat_map(|(cpm, _)| self.index.candidates((facts.kind, cpm))) {
            if !candidate.may_be(facts) {
                continue;
            }
            let casting = castings[candidate.casting].get_or_insert_with(|| {
                let cast = bind::cast(candidate.plan, &candidate.trigger, facts, sockets, known);
                Casting { cast, memory: Memory::new(self.index.arrangements()) }
            });
            let Casting { cast, memory } = casting;
            let plain = Scene { complete: self.complete, ..Scene::of(self.trace, cast, &stimulus) };
            out.extend(self.candidate(candidate, facts, plain, memory));
        }
    }

    fn candidate(
        &self,
        candidate: &Candidate<'_>,
        facts: &Facts,
        plain: Scene<'_>,
        memory: &mut Memory,
    ) -> Option<Judged> {
        let arranged = |(number, arrangement): &(usize, &Arrangement)| {
            paces(arrangement) || memory.arranged(*number, || happened(arrangement, facts, &plain))
        };
        if !candidate.arrangements.iter().all(arranged) || !done(candidate.plan, facts.kind, &plain) {
            return None;
        }
        let released = |t| candidate.peer_releases && matches!(t, Trouble::Released | Trouble::Reset);
        let arranged = |t| candidate.plan.arrangements.iter().any(|a| covers(a, t));
        let trouble = memory.trouble(&plain, |t| released(t) || arranged(t));
        let spoilt = memory.spoilt(trouble.filter(|_| self.lost.is_none()), self.index.rows());
        let scene = Scene { spoilt: self.lost.or(spoilt.words.as_deref()), ..plain };
        let refusal = candidate.refused_by_choice(facts, &scene);
        let doubts = Doubts {
            lost: self.lost,
            refused: refusal.as_ref().map(|r| r as _),
            unasked: &candidate.unasked(&scene),
            unlike: &candidate.unlike(facts),
            may_release: candidate.may_release(facts),
        };
        let known = &mut spoilt.verdicts;
        let verdicts = candidate.rows.iter().map(|(number, check, row)| {
            (*check, *row, *known[*number].get_or_insert_with(|| check.verdict(row, &scene)))
        });
        Some(Judged { plan: candidate.number, result: self.result(candidate.plan, &scene, doubts, verdicts) })
    }

    fn result<'c>(
        &self,
        plan: &Plan,
        scene: &Scene<'_>,
        doubts: Doubts<'_>,
        verdicts: impl Iterator<Item = (&'c Check, &'c Row, Brief)>,
    ) -> Result {
        if !self.full {
            let withdrawn = |(check, row, brief): (&Check, &Row, Brief)| match doubts.about(check, row, brief.0) {
                Some(_) => (Verdict::Inconclusive, None),
                None => brief,
            };
            return Result::Brief(verdicts.map(withdrawn).collect());
        }
        let mut findings = Vec::new();
        for check in &plan.checks {
            let mut judged = check.judge(scene);
            doubts.withdraw(check, &mut judged);
            findings.extend(judged);
        }
        Result::Full(Box::new(case::recognised(plan, findings, scene, &self.whence)))
    }
}

/// The people of plans, and what was found out about them.
struct Casting {
    cast: Cast,
    memory: Memory,
}

struct Memory {
    /// By the number of the arrangement.
    arranged: Vec<Option<bool>>,
    troubles: Option<Vec<Trouble>>,
    spoilt: Vec<Spoilt>,
}

/// What is known of rows where that trouble spoilt the case.
struct Spoilt {
    trouble: Option<Trouble>,
    words: Option<String>,
    /// By the number of the row.
    verdicts: Vec<Option<Brief>>,
}

impl Memory {
    fn new(arrangements: usize) -> Memory {
        Memory { arranged: vec![None; arrangements], troubles: None, spoilt: Vec::new() }
    }

    fn arranged(&mut self, number: usize, look: impl FnOnce() -> bool) -> bool {
        *self.arranged[number].get_or_insert_with(look)
    }

    /// The gravest trouble that nothing covers.
    fn trouble(&mut self, scene: &Scene<'_>, is_covered: impl Fn(Trouble) -> bool) -> Option<Trouble> {
        let all = self.troubles.get_or_insert_with(|| troubles(scene));
        all.iter().copied().find(|trouble| !is_covered(*trouble))
    }

    fn spoilt(&mut self, trouble: Option<Trouble>, rows: usize) -> &mut Spoilt {
        let at = self.spoilt.iter().position(|spoilt| spoilt.trouble == trouble).unwrap_or_else(|| {
            let words = trouble.map(|trouble| trouble.to_string());
            self.spoilt.push(Spoilt { trouble, words, verdicts: vec![None; rows] });
            self.spoilt.len() - 1
        });
        &mut self.spoilt[at]
    }
}

/// Whether an arrangement only gives the other side time to be in the middle of something: a stranger needs none.
fn paces(arrangement: &Arrangement) -> bool {
    match &arrangement.what {
        Arranged::Tampers(tamper::Tampering { selector, change: tamper::Change::Delay(time), .. }) => {
            matches!(selector.kind, tamper::Kind::MsrpResponse(_)) && *time < PACING
        }
        _ => false,
    }
}

const PACING: Duration = Duration::from_secs(1);
