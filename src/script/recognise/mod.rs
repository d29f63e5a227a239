//! The capture stage: finds in files of strangers what scenarios are about, and judges it by the same checks.
//!
//! An act is recognised by what it must leave on the wire. What cannot be recognised is not exercised, never passed.

mod arranged;
mod bind;
mod case;
mod facts;
mod message;
mod pipeline;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::plan::{Arranged, Arrangement, Client, Plan, Whom};
use crate::judge::{CaseResult, Cast, Check, Moment, Run, Scene, Stimulus, Verdict, spoilt};
use crate::net::capture::{CaptureError, CaptureReader};
use crate::net::tamper;
use crate::trace::{Episode, Trace};
use arranged::{covers, happened};
use bind::Sockets;
use facts::{Facts, Kind};

/// What the user knows of the network that was captured, and how much is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Provisioned addresses; its parties are not used. What is missing leaves the rows on it inconclusive.
    pub known: Cast,
    /// Results kept in the run. Those beyond are counted, and the caller is told their addresses and verdicts.
    pub most_cases: usize,
    /// Once true, no more packets are read, and what was seen until then is judged.
    pub stop: Arc<AtomicBool>,
}

impl Default for Options {
    fn default() -> Options {
        Options { known: Cast::default(), most_cases: 10_000, stop: Arc::default() }
    }
}

/// What came of judging captures.
#[derive(Debug)]
pub struct Judgement {
    pub run: Run,
    /// Episodes (calls, transactions, sessions) that the files hold.
    pub episodes: u64,
    pub packets: u64,
    /// Files that could not be read to their end. What lies before was judged.
    pub errors: Vec<CaptureError>,
    /// Results that were left out of the run because there are too many.
    pub left_out: u64,
}

/// Judges every episode of `files` by every plan that it exercises; `on_case` gets each result at once, but of one
/// that is not kept only the address and the verdicts.
///
/// # Errors
/// A file that is no capture or cannot be opened; then nothing was judged.
pub fn judge(
    plans: &[Plan],
    files: &[PathBuf],
    options: &Options,
    on_case: &mut dyn FnMut(&CaseResult),
) -> Result<Judgement, CaptureError> {
    let mut readers = Vec::new();
    for path in files {
        readers.push((path, CaptureReader::open(path)?));
    }
    let mut judge = Judge::new(plans, files, options, on_case);
    for (path, reader) in readers {
        judge.file(path, reader);
    }
    Ok(judge.finish())
}

struct Judge<'a> {
    plans: &'a [Plan],
    /// Plans by what an episode must be to exercise them.
    index: BTreeMap<(Kind, bool), Vec<usize>>,
    /// Those about every message over MSRP.
    any_message: Vec<usize>,
    options: &'a Options,
    on_case: &'a mut dyn FnMut(&CaseResult),
    exercised: Vec<bool>,
    out: Judgement,
}

impl<'a> Judge<'a> {
    fn new(
        plans: &'a [Plan],
        files: &[PathBuf],
        options: &'a Options,
        on_case: &'a mut dyn FnMut(&CaseResult),
    ) -> Judge<'a> {
        let mut index: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        let any_message = (0..plans.len()).filter(|at| is_about_any_message(&plans[*at])).collect();
        for (at, plan) in plans.iter().enumerate() {
            if let Some(need) = need(plan) {
                index.entry(need).or_default().push(at);
            }
        }
        let run = Run {
            stage: "capture".into(),
            seed: 0,
            profile: String::new(),
            subject: files.iter().map(|f| f.display().to_string()).collect(),
            cases: Vec::new(),
            interrupted: false,
            stale: Vec::new(),
        };
        let out = Judgement { run, episodes: 0, packets: 0, errors: Vec::new(), left_out: 0 };
        Judge { plans, index, any_message, options, on_case, exercised: vec![false; plans.len()], out }
    }

    fn file(&mut self, path: &Path, reader: CaptureReader) {
        let stop = Arc::clone(&self.options.stop);
        let read = pipeline::run(reader, &stop, |episode| self.episode(path, episode));
        self.out.episodes += read.episodes;
        self.out.packets += u64::from(read.packets);
        self.out.errors.extend(read.errors);
        self.out.run.interrupted |= read.interrupted;
    }

    fn episode(&mut self, path: &Path, episode: Episode) {
        let whence = case::Whence { path, packets: episode.packets };
        let complete = episode.complete;
        let lost = match (episode.gap, episode.overflow) {
            (true, _) => Some("the capture misses octets of a connection".to_owned()),
            (false, 0) => None,
            (false, n) => Some(format!("the episode is too long: {n} messages of it were not kept")),
        };
        let trace = episode.into_trace();
        self.any_message(&trace, &whence, complete, lost.as_deref());
        let Some(facts) = Facts::of(&trace, &self.options.known) else { return };
        let sockets = Sockets::of(&facts, &trace);
        let stimulus = bind::stimulus(&facts, &trace);
        let plans = self.plans;
        let clients = [(false, facts.im), (true, facts.cpm)].into_iter().filter(|(_, tagged)| *tagged);
        for (cpm, _) in clients {
            let candidates = self.index.get(&(facts.kind, cpm)).cloned();
            for at in candidates.unwrap_or_default() {
                let plan = &plans[at];
                let sender_tested = plan.sends().is_some_and(|(who, ..)| who == plan.under_test);
                let tested_seen = if sender_tested { facts.sender_seen } else { facts.recipient_seen };
                if !tested_seen || !shows(plan, &facts) || plan.arrangements.iter().any(|a| denies(a, &facts)) {
                    continue;
                }
                let Some(cast) = bind::cast(plan, &facts, &sockets, &self.options.known) else { continue };
                let mut scene = Scene {
                    trace: &trace,
                    cast: &cast,
                    stimulus: &stimulus,
                    complete,
                    spoilt: None,
                    events_reported: false,
                };
                if !plan.arrangements.iter().all(|a| paces(a) || happened(a, &facts, &scene)) {
                    continue;
                }
                let trouble = spoilt::troubles(&scene).into_iter();
                let mut trouble = trouble.filter(|t| !plan.arrangements.iter().any(|a| covers(a, *t)));
                scene.spoilt = lost.clone().or_else(|| trouble.next().map(|t| t.to_string()));
                self.exercised[at] = true;
                let excuse = if sender_tested { None } else { refused_by_choice(plan, &facts, &scene) };
                self.case(plan, &scene, &whence, lost.as_deref(), excuse.as_deref());
            }
        }
    }

    /// Plans about every message over MSRP, whatever session it is in.
    fn any_message(&mut self, trace: &Trace, whence: &case::Whence<'_>, complete: bool, lost: Option<&str>) {
        let plans = self.plans;
        for at in self.any_message.clone() {
            let plan = &plans[at];
            for transfer in trace.transfers().iter().filter(|t| message::exercises(plan, t, trace)) {
                let Some(cast) = message::cast(plan, transfer, trace) else { continue };
                let scene = Scene {
                    trace: &message::alone(transfer, trace),
                    cast: &cast,
                    stimulus: &Stimulus::default(),
                    complete,
                    spoilt: lost.map(str::to_owned),
                    events_reported: false,
                };
                self.exercised[at] = true;
                self.case(plan, &scene, whence, lost, None);
            }
        }
    }

    /// Judges one case. Words are made only for what is kept: they cost more than the judgement.
    fn case(
        &mut self,
        plan: &Plan,
        scene: &Scene<'_>,
        whence: &case::Whence<'_>,
        lost: Option<&str>,
        excuse: Option<&str>,
    ) {
        let kept = self.out.run.cases.len() < self.options.most_cases;
        let mut findings = Vec::new();
        for check in &plan.checks {
            let mut judged = if kept { check.judge(scene) } else { check.verdicts(scene) };
            if let Some(why) = lost {
                spoilt::withhold(check, &mut judged, why);
            }
            if let Some(why) = excuse {
                spoilt::excuse(check, &mut judged, why);
            }
            findings.extend(judged);
        }
        if kept {
            let case = case::recognised(plan, findings, scene, whence);
            (self.on_case)(&case);
            self.out.run.cases.push(case);
        } else {
            (self.on_case)(&case::brief(plan, findings));
            self.out.left_out += 1;
        }
    }

    /// Says of every plan that nobody exercised that it was not.
    fn finish(mut self) -> Judgement {
        let exercised = std::mem::take(&mut self.exercised);
        for (plan, _) in self.plans.iter().zip(exercised).filter(|(_, exercised)| !exercised) {
            let unjudged = |check: &Check| check.unjudged(Verdict::NotExercised, None, NOT_EXERCISED);
            let case = case::of(plan, plan.checks.iter().flat_map(unjudged).collect());
            (self.on_case)(&case);
            self.out.run.cases.push(case);
        }
        self.out
    }
}

/// The folder of the features taken from it.
const CHANGE_REQUEST: &str = "imcr";

/// Whether a plan speaks of every message over MSRP.
fn is_about_any_message(plan: &Plan) -> bool {
    plan.case.tags.iter().any(|tag| tag == "any-message")
}

const NOT_EXERCISED: &str = "nothing of the kind was recognised in the capture";

/// What an episode must be to exercise the plan at all.
fn need(plan: &Plan) -> Option<(Kind, bool)> {
    // The change request is an older text of the same procedures: who keeps to the newer one owes it nothing.
    if is_about_any_message(plan) || plan.case.spec == CHANGE_REQUEST || plan.tests_server() {
        return None;
    }
    // Messages of pager mode and files are not looked for in captures yet.
    let (who, to, ..) = plan.sends().filter(|(_, _, _, sending)| !plan.is_pager() && sending.file.is_none())?;
    let kind = match to {
        Whom::People(names) if names.len() == 1 => Kind::One,
        Whom::People(_) => Kind::Several,
        Whom::Group(_) | Whom::Session(_) => Kind::Group,
    };
    let client = plan.people.iter().find(|p| p.name == who).map(|p| p.client)?;
    Some((kind, client == Client::Cpm))
}

/// Whether the status alone tells that an arrangement was not made, before anybody is cast.
fn denies(arrangement: &Arrangement, facts: &Facts) -> bool {
    matches!(arrangement.what, Arranged::Answers(status) if facts.status != Some(status))
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

/// Why the recipient's refusal proves nothing: a capture does not tell what its user wanted, whether its client was
/// free, or who refused in its place.
fn refused_by_choice(plan: &Plan, facts: &Facts, scene: &Scene<'_>) -> Option<String> {
    const UNTOLD: &str = "a capture does not tell for whose reasons";
    let provoked = plan.arrangements.iter().any(|a| match &a.what {
        Arranged::Tampers(t) => t.selector.kind == tamper::Kind::Request("INVITE".to_owned()),
        _ => false,
    });
    // Statuses that speak of the offer itself (RFC 3261 §21.4.1, §21.4.13, §21.4.26, §21.6.4).
    let of_the_offer = |status| provoked && matches!(status, 400 | 415 | 488 | 606);
    if let Some(status) = facts.status.filter(|status| *status >= 300 && !of_the_offer(*status)) {
        return Some(format!("the invitation was refused with {status}; {UNTOLD}"));
    }
    // RFC 4975 §10.5: the recipient wants no more of the message.
    let stopped = scene.moment(&Moment::MsrpResponse(413), &plan.under_test)?;
    scene.by(&plan.under_test, stopped).then(|| format!("a chunk was refused with 413; {UNTOLD}"))
}

/// Whether what the user asked for beside the message itself can be seen. Its size does not matter.
fn shows(plan: &Plan, facts: &Facts) -> bool {
    let Some((_, _, _, sending)) = plan.sends() else { return false };
    let typed =
        |kind: &str| facts.content_type.as_deref().is_some_and(|t| crate::wire::mime::MediaType::parse(t).is(kind));
    let focus = |a: &Arrangement| matches!(&a.what, Arranged::ContactParameter(p) if p == "isfocus");
    let one = need(plan).is_some_and(|(kind, _)| kind == Kind::One);
    (!plan.ims || facts.ims)
        && (!(one && facts.focus) || plan.arrangements.iter().any(focus))
        && (!sending.anonymous || facts.anonymous)
        && (!sending.on_action || facts.on_action)
        && (sending.description.is_none() || facts.description.is_some())
        && (sending.external.is_none() || typed("message/external-body"))
        && (sending.content_type.is_empty() || typed(&sending.content_type))
        && (!sending.delivery_report || facts.delivery_report)
        && sending.failure_report.as_ref().is_none_or(|v| facts.failure_report.as_ref() == Some(v))
}
