//! The simulated stage: plays plans in a seeded virtual network, in virtual time.

pub(super) mod build;
pub mod provision;

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use build::{Bug, Stage};

use super::again::{Again, OnCase, together};
use super::case::{self, Judged, Seen};
use super::home::Home;
use super::plan::{Deed, Plan};
use crate::actors::act::Act;
use crate::judge::{CaseResult, Run};
use crate::net::Stopped;
use crate::net::capture::Format;

/// How long registration may take.
const REGISTRATION: Duration = Duration::from_secs(40);
/// The longest that a case goes on after its acts.
const LONGEST: Duration = Duration::from_secs(600);
/// How long an act in a session may take.
const SETTLING: Duration = Duration::from_secs(60);
/// Time between one act in a session and the next, for what is still on its way.
const BREATH: Duration = Duration::from_millis(500);
/// How long the network is watched when everybody is done, for what comes late.
const AFTERMATH: Duration = Duration::from_secs(35);

/// How to simulate.
#[derive(Clone, Debug)]
pub struct Options {
    /// All chance comes from it: the same seed gives the same captures, whatever else is selected.
    pub seed: u64,
    /// The folder for captures; none are written without.
    pub captures: Option<PathBuf>,
    pub format: Format,
    pub profile: String,
    /// How often cases are played; each time with another seed.
    pub again: Again,
}

impl Default for Options {
    fn default() -> Options {
        let again = Again::default();
        Options { seed: 1, captures: None, format: Format::PcapNg, profile: "im".to_owned(), again }
    }
}

/// Why a run ended early.
#[derive(Debug)]
pub enum SimulateError {
    /// A capture could not be written.
    Capture(case::WriteError),
}

impl fmt::Display for SimulateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SimulateError::Capture(error) => write!(f, "the capture could not be written: {error}"),
        }
    }
}

impl std::error::Error for SimulateError {}

/// Plays every plan, and hands each case to `on_case` as soon as it is judged, which says whether to go on. `stop` ends
/// the run after the case at hand. So does an error; what ran before it is in the run.
pub fn simulate(
    plans: &[Plan],
    home: &Home,
    options: &Options,
    stop: &AtomicBool,
    on_case: &mut OnCase<'_>,
) -> (Run, Result<(), SimulateError>) {
    let mut run =
        Run { stage: "simulated".to_owned(), seed: options.seed, profile: options.profile.clone(), ..Run::default() };
    let home = &home.spread();
    for (nth, plan) in plans.iter().enumerate() {
        if stop.load(Ordering::Relaxed) {
            run.interrupted = true;
            break;
        }
        match attempts(plan, home, options) {
            Ok(result) => {
                let next = result.as_ref().map_or(ControlFlow::Continue(()), &mut *on_case);
                run.cases.extend(result);
                if next.is_break() {
                    run.not_played = plans.len() - nth - 1;
                    break;
                }
            }
            Err(error) => {
                run.interrupted = true;
                return (run, Err(error));
            }
        }
    }
    (run, Ok(()))
}

/// Plays a case as often as is asked for.
fn attempts(plan: &Plan, home: &Home, options: &Options) -> Result<Option<CaseResult>, SimulateError> {
    let mut attempts = Vec::new();
    while options.again.wants(&attempts) {
        attempts.push(one(plan, home, options, attempts.len())?);
    }
    Ok(together(attempts))
}

fn one(plan: &Plan, home: &Home, options: &Options, nth: usize) -> Result<CaseResult, SimulateError> {
    let seed = options.seed.wrapping_add(nth as u64);
    let (seen, judged) = play(plan, home, seed, &Bug::None);
    let cast = home.cast(plan);
    let mut capture = None;
    if let Some(dir) = &options.captures {
        let name = case::capture_name(&plan.case.address, nth, options.format);
        case::write_capture(dir, &name, options.format, &cast, &seen, &judged.findings)
            .map_err(SimulateError::Capture)?;
        capture = Some(name);
    }
    let rerun = format!("imspec run {} --seed {}", plan.case.address, seed);
    Ok(case::result(plan, &cast, judged, capture, rerun))
}

/// Runs the network until what an act began has come to rest, so that the next act finds its session.
fn settle(stage: &mut Stage) {
    let limit = stage.network.now() + SETTLING;
    stage.run(limit, |network| build::all_of(network).all(|id| !network.node(id).is_busy()));
    let breath = stage.network.now() + BREATH;
    stage.run(breath, |_| false);
}

/// Plays one plan, with a bug in the client under test or without, and judges it.
pub fn play(plan: &Plan, home: &Home, seed: u64, bug: &Bug) -> (Seen, Judged) {
    let home = &home.spread().of_plan(plan);
    let mut stage = Stage::new(plan, home, seed, bug);
    let present: Vec<_> = plan.names().into_iter().filter(|name| !plan.is_offline(name)).collect();
    let present: Vec<_> = present.into_iter().filter_map(|name| stage.client(name)).collect();
    for client in &present {
        stage.act(*client, Act::Register);
    }
    let limit = stage.network.now() + REGISTRATION;
    stage.run(limit, |network| present.iter().all(|id| network.node(*id).is_registered()));
    for (deed, before) in plan.acts.iter().zip([None].into_iter().chain(plan.acts.iter().map(Some))) {
        // Who comes or goes does so when what was sent has arrived somewhere.
        if matches!(before, Some(Deed::Sends { .. } | Deed::Retrieves { .. })) && deed.is_about_presence() {
            settle(&mut stage);
        }
        match deed {
            Deed::Sends { who, to, size, sending } => {
                let Some(id) = stage.client(who) else { continue };
                let sending = case::sending(to, *size, sending, |name| home.address_of(name));
                stage.act(id, Act::Send(Box::new(sending)));
            }
            Deed::Retrieves { who, kept, which } => {
                let Some(id) = stage.client(who) else { continue };
                stage.act(id, Act::Retrieve { kept: *kept, ids: case::ids(home, *kept, which) });
            }
            Deed::Act(acts) => {
                for (who, act) in acts {
                    let Some(id) = stage.client(who) else { continue };
                    stage.act(id, case::addressed(act, |name| home.address_of(name)));
                }
                settle(&mut stage);
            }
            Deed::Waits(time) => {
                let until = stage.network.now() + *time;
                stage.run(until, |_| false);
            }
        }
    }
    let limit = stage.network.now() + LONGEST;
    let stopped = stage.run(limit, |network| build::all_of(network).all(|id| !network.node(id).is_busy()));
    let aftermath = stage.network.now() + AFTERMATH;
    stage.run(aftermath, |_| false);
    let seen = Seen {
        observations: stage.network.take_observations(),
        told: std::mem::take(&mut stage.told),
        events_reported: true,
        complete: stopped != Stopped::Livelock,
        latitude: Duration::ZERO,
    };
    let stimulus = case::stimulus(plan, home, |name| home.address_of(name));
    let judged = case::judge(plan, &home.cast(plan), &stimulus, &seen);
    (seen, judged)
}
