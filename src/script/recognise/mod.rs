//! The capture stage: finds in files of strangers what scenarios are about, and judges it by the same checks.
//!
//! An act is recognised by what it must leave on the wire. What cannot be recognised is not exercised, never passed.

mod acts;
mod arranged;
mod bind;
mod case;
mod conference;
mod documents;
mod episode;
mod facts;
mod files;
mod index;
mod likely;
mod message;
mod pipeline;
mod refusal;
mod said;
mod stories;
mod story;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::plan::Plan;
use crate::judge::{CaseResult, Cast, Check, Run, Verdict};
use crate::net::capture::{CaptureError, CaptureReader};
use episode::{Judged, Result};
use index::Index;

/// Threads that judge, at most: reading feeds no more.
const MOST_JUDGES: usize = 8;

/// What the user knows of the network that was captured, and how much is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Provisioned addresses; its parties are not used. What is missing leaves the rows on it inconclusive.
    pub known: Cast,
    /// Results kept in the run. Those beyond are counted, and the caller is told their addresses and verdicts.
    pub most_cases: usize,
    /// Secrets of connections that TLS secures, lines as SSLKEYLOGFILE has them, beside those in the files.
    pub secrets: String,
    /// Once true, no more packets are read, and what was seen until then is judged.
    pub stop: Arc<AtomicBool>,
}

impl Default for Options {
    fn default() -> Options {
        Options { known: Cast::default(), most_cases: 10_000, secrets: String::new(), stop: Arc::default() }
    }
}

/// What came of judging captures.
#[derive(Debug)]
pub struct Judgement {
    pub run: Run,
    /// Episodes (calls, transactions, sessions) that the files hold.
    pub episodes: u64,
    pub packets: u64,
    /// Connections that TLS secures, and those of them of which not everything could be read.
    pub sealed: u64,
    pub unread: u64,
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
) -> std::result::Result<Judgement, CaptureError> {
    let mut readers = Vec::new();
    for path in files {
        let mut reader = CaptureReader::open(path)?;
        reader.learn(&options.secrets);
        readers.push((path, reader));
    }
    let mut judge = Judge::new(plans, files, options, on_case);
    for (path, reader) in readers {
        judge.file(path, reader);
    }
    Ok(judge.finish())
}

struct Judge<'a> {
    index: Index<'a>,
    options: &'a Options,
    on_case: &'a mut dyn FnMut(&CaseResult),
    exercised: Vec<bool>,
    /// As many results are kept as may be.
    full: AtomicBool,
    out: Judgement,
}

impl<'a> Judge<'a> {
    fn new(
        plans: &'a [Plan],
        files: &[PathBuf],
        options: &'a Options,
        on_case: &'a mut dyn FnMut(&CaseResult),
    ) -> Judge<'a> {
        let run = Run {
            not_played: 0,
            stage: "capture".into(),
            seed: 0,
            profile: String::new(),
            subject: files.iter().map(|f| f.display().to_string()).collect(),
            cases: Vec::new(),
            interrupted: false,
            stale: Vec::new(),
            contradictions: Vec::new(),
        };
        let out = Judgement { run, episodes: 0, packets: 0, sealed: 0, unread: 0, errors: Vec::new(), left_out: 0 };
        let full = AtomicBool::new(options.most_cases == 0);
        Judge { index: Index::of(plans), options, on_case, exercised: vec![false; plans.len()], full, out }
    }

    fn file(&mut self, path: &Path, reader: CaptureReader) {
        let Judge { index, options, on_case, exercised, full, out } = self;
        let (index, full, known) = (&*index, &*full, &options.known);
        // Results are gathered in order, so that once enough are kept none that is judged later will be.
        let judge = |episode| episode::judge(index, known, path, episode, !full.load(Ordering::Relaxed));
        let judges = thread::available_parallelism().map_or(1, |n| n.get().min(MOST_JUDGES));
        let mut brief = CaseResult::default();
        let take = |judged: Vec<Judged>| {
            for Judged { plan, result } in judged {
                exercised[plan] = true;
                let kept = out.run.cases.len() < options.most_cases;
                match result {
                    Result::Full(case) if kept => {
                        on_case(&case);
                        out.run.cases.push(*case);
                        full.store(out.run.cases.len() >= options.most_cases, Ordering::Relaxed);
                        continue;
                    }
                    Result::Full(case) => {
                        case::tell(&mut brief, &index.plans[plan], case.findings.iter().map(|f| (f.verdict, f.fault)))
                    }
                    Result::Brief(verdicts) => case::tell(&mut brief, &index.plans[plan], verdicts.into_iter()),
                }
                on_case(&brief);
                out.left_out += 1;
            }
        };
        let stores = known.deferred_store.is_some() || known.history_store.is_some();
        let read = pipeline::run(reader, &options.stop, |e| likely::likely(e, stores), vec![judge; judges], take);
        self.out.episodes += read.episodes;
        self.out.packets += u64::from(read.packets);
        self.out.sealed += read.sealed;
        self.out.unread += read.unread;
        self.out.errors.extend(read.errors);
        self.out.run.interrupted |= read.interrupted;
    }

    /// Says of every plan that nobody exercised that it was not.
    fn finish(mut self) -> Judgement {
        let exercised = std::mem::take(&mut self.exercised);
        for (plan, _) in self.index.plans.iter().zip(exercised).filter(|(_, exercised)| !exercised) {
            let unjudged = |check: &Check| check.unjudged(Verdict::NotExercised, None, NOT_EXERCISED);
            let case = super::case::of(plan, plan.checks.iter().flat_map(unjudged).collect());
            (self.on_case)(&case);
            self.out.run.cases.push(case);
        }
        self.out
    }
}

const NOT_EXERCISED: &str = "nothing of the kind was recognised in the capture";
