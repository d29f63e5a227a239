//! The live stage with a SIP/IP core of somebody else in the middle: every client and server is ours, and all that they say
//! to each other in SIP goes through it.
//!
//! It must not know protocol octets, nor what a verdict rests on: it lets things happen and has them judged.

pub(super) mod keeper;
mod program;
mod troupe;
mod visit;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::excuse::{LATEST, excuse, our_trouble};
use super::outfit::{Around, Outfit};
use super::place::CorePlace;
use super::queue;
use super::{Ended, LiveError, blank, conduct, told, unsecured};
use crate::actors::act::Act;
use crate::judge::{CaseResult, Cast, Check, Fault, Finding, Run, Verdict};
use crate::net::capture::Format;
use crate::script::again::{Again, OnCase};
use crate::script::case::{self, Judged, Seen};
use crate::script::home::Home;
use crate::script::plan::{Deed, Plan};
use crate::script::sut::ThirdPartyCore;
use keeper::Keeper;
use troupe::Troupe;
pub(super) use troupe::{hang_up, outfitted, pace, unregister};
pub use visit::{CoreVisit, Registered, Word};

/// How to play.
#[derive(Clone, Debug)]
pub struct CoreOptions {
    /// Chance comes from it and from the clock.
    pub seed: u64,
    /// The folder for captures; none are written without.
    pub captures: Option<PathBuf>,
    pub format: Format,
    pub profile: String,
    /// The core file as the user knows it, for the command that plays a case again.
    pub file: String,
    /// How often cases are played.
    pub again: Again,
}

/// How long registrations may take.
const REGISTRATION: Duration = Duration::from_secs(5);
/// How often is asked whether a case is over.
const LOOK: Duration = Duration::from_millis(100);
/// How long is watched where something must not come.
const GRACE: Duration = Duration::from_secs(1);
/// How long an act may take to come to rest.
const SETTLING: Duration = Duration::from_secs(40);
/// How long is waited for what is missing when nobody is busy.
const AFTERMATH: Duration = Duration::from_secs(5);
/// How long somebody may be busy while nothing is seen: refreshes of a session come after less.
const QUIET: Duration = Duration::from_secs(70);
/// The longest that a case goes on after its acts.
const LONGEST: Duration = Duration::from_secs(600);

/// Plays every plan through the core, each in one of the places, in all of them side by side; and hands each case to
/// `on_case` as soon as it is judged, which says whether to go on. `stop` ends the run at once; the cases at hand are judged
/// as far as they came.
///
/// An error ends the run too: the core cannot be reached or started, an address cannot be had, a capture cannot be written.
/// What ran before it is in the run.
pub async fn through_core(
    plans: &[Plan],
    places: &[CorePlace],
    options: &CoreOptions,
    stop: &AtomicBool,
    on_case: &mut OnCase<'_>,
) -> (Run, Result<(), Ended>) {
    let blank = blank(&options.file, options.seed, &options.profile);
    let around: Vec<Around<'_>> = places.iter().map(CorePlace::around).collect();
    let outfit = match Outfit::new(plans, &around, options.captures.as_deref()) {
        Ok(outfit) => outfit,
        Err(why) => return unsecured(plans, blank, why),
    };
    let Some(CorePlace { home, .. }) = places.first() else { return (blank, Ok(())) };
    let mut players: Vec<_> = places.iter().map(|place| Player::new(place, options, stop, &outfit)).collect();
    let played = queue::play(plans, home, &mut players, &options.again, stop, on_case).await;
    told(played, blank, stop)
}

struct Player<'a> {
    place: &'a CorePlace,
    /// With the core in it, as clients have it.
    home: Home,
    core: &'a ThirdPartyCore,
    keeper: Keeper<'a>,
    options: &'a CoreOptions,
    stop: &'a AtomicBool,
    outfit: &'a Outfit,
}

impl queue::Player for Player<'_> {
    async fn case(&mut self, plan: &Plan, nth: usize) -> (Option<CaseResult>, Option<LiveError>) {
        match self.played(plan, nth).await {
            Ok(result) => (Some(result), None),
            Err(error) => (None, Some(error)),
        }
    }

    async fn end(&mut self) {
        self.keeper.end().await;
    }
}

impl<'a> Player<'a> {
    fn new(place: &'a CorePlace, options: &'a CoreOptions, stop: &'a AtomicBool, outfit: &'a Outfit) -> Player<'a> {
        let CorePlace { home, core, .. } = place;
        let keeper = Keeper::new(core, &core.home_of_servers(home), None, outfit);
        Player { place, home: core.home(home), core, keeper, options, stop, outfit }
    }

    /// Plays a case for the nth time, from 0.
    async fn played(&mut self, plan: &Plan, nth: usize) -> Result<CaseResult, LiveError> {
        let cast = self.cast(plan);
        if let Some(reason) = self.core.not_applicable(plan) {
            return Ok(self.unplayed(plan, &cast, Verdict::NotApplicable, &reason));
        }
        self.keeper.start().await?;
        let mut troupe = Troupe::staged(plan, &self.place.home, self.core, self.outfit, self.options.seed).await?;
        let registered = self.play(plan, &mut troupe).await?;
        let seen = Seen {
            observations: troupe.live.take_observations(),
            told: std::mem::take(&mut troupe.told),
            events_reported: true,
            complete: !self.is_stopped(),
            latitude: LATEST,
        };
        let trouble = troupe.live.take_troubles().first().map(ToString::to_string);
        let doubts: Vec<String> = troupe.live.take_doubts().into_iter().map(|doubt| doubt.what).collect();
        troupe.leave(REGISTRATION, self.stop).await?;
        let lost = if self.is_stopped() { None } else { self.keeper.loss().await };
        let log = self.keeper.log();
        self.keeper.end_case().await;
        let spoilt = !registered && !self.is_stopped();
        let mut judged = if spoilt {
            let why = format!("{} did not let our clients register", self.core.name);
            self.unjudged(plan, &cast, Verdict::Inconclusive, &why)
        } else {
            self.judge(plan, &cast, &seen)
        };
        if let Some(ours) = our_trouble(&mut troupe.live) {
            excuse(plan, &mut judged.findings, &ours);
        }
        if let Some(trouble) = trouble {
            for finding in judged.findings.iter_mut().filter(|finding| finding.verdict > Verdict::Pass) {
                let before = if finding.reason.is_empty() { "" } else { "; " };
                finding.reason = format!("{}{before}{trouble}", finding.reason);
            }
        }
        let disbelieved = conduct::certificate(plan, &self.core.name, doubts.iter().map(String::as_str));
        judged.findings.extend(disbelieved.map(|finding| match self.core.plays {
            Some(_) => finding,
            None => Finding { verdict: Verdict::Inconclusive, fault: Some(Fault::Network), ..finding },
        }));
        if let Some(how) = lost {
            conduct::excuse(&mut judged.findings, self.core);
            judged.findings.push(conduct::lost_core(plan, self.core, how));
        }
        let capture = self.capture(plan, nth, &cast, &seen, &judged.findings)?;
        let log = self.keep_log(plan, nth, &log)?;
        Ok(CaseResult { log, ..case::result(plan, &cast, judged, capture, self.rerun(plan)) })
    }

    fn keep_log(&self, plan: &Plan, nth: usize, log: &[u8]) -> Result<Option<String>, LiveError> {
        let Some(dir) = &self.options.captures else { return Ok(None) };
        let name = case::core_log_name(&plan.case.address, nth);
        let written = case::write_log(dir, &name, log).map_err(LiveError::Capture)?;
        Ok(written.then_some(name))
    }

    fn capture(
        &self,
        plan: &Plan,
        nth: usize,
        cast: &Cast,
        seen: &Seen,
        findings: &[crate::judge::Finding],
    ) -> Result<Option<String>, LiveError> {
        let Some(dir) = &self.options.captures else { return Ok(None) };
        let name = case::capture_name(&plan.case.address, nth, self.options.format);
        case::write_capture(dir, &name, self.options.format, cast, seen, findings).map_err(LiveError::Capture)?;
        Ok(Some(name))
    }

    /// Lets everything happen; says whether everybody could register.
    async fn play(&mut self, plan: &Plan, troupe: &mut Troupe) -> Result<bool, LiveError> {
        if !troupe.register(plan, REGISTRATION, self.stop).await? {
            return Ok(false);
        }
        let mut under_way = false;
        for deed in &plan.acts {
            if self.is_stopped() {
                break;
            }
            // Who comes or goes does so when what was sent has arrived somewhere.
            if under_way && deed.is_about_presence() {
                troupe.settle(SETTLING, self.stop).await?;
            }
            under_way = matches!(deed, Deed::Sends { .. } | Deed::Retrieves { .. });
            let address_of = |name: &str| self.home.address_of(name);
            match deed {
                Deed::Sends { who, to, size, sending } => {
                    troupe.act(who, Act::Send(Box::new(case::sending(to, *size, sending, address_of))));
                }
                Deed::Retrieves { who, kept, which } => {
                    troupe.act(who, Act::Retrieve { kept: *kept, ids: case::ids(&self.home, *kept, which) });
                }
                Deed::Act(acts) => {
                    for (who, act) in acts {
                        troupe.act(who, case::addressed(act, address_of));
                    }
                    troupe.settle(SETTLING, self.stop).await?;
                }
                Deed::Waits(time) => troupe.run(*time, self.stop, |_| false).await?,
            }
        }
        self.finish(plan, troupe).await?;
        Ok(true)
    }

    /// Runs until nobody is busy and the checks have what they need, or too much time has passed.
    async fn finish(&mut self, plan: &Plan, troupe: &mut Troupe) -> Result<(), LiveError> {
        let cast = self.cast(plan);
        let begun = troupe.live.now();
        let patience = if plan.checks.iter().any(Check::is_about_absence) { GRACE } else { LOOK };
        let (mut count, mut last) = (troupe.live.observations().len(), begun);
        loop {
            troupe.run(LOOK, self.stop, |_| false).await?;
            let now = troupe.live.now();
            if troupe.live.observations().len() != count {
                (count, last) = (troupe.live.observations().len(), now);
            }
            let quiet = now.since(last);
            let over = match troupe.is_busy() {
                true => quiet >= QUIET,
                false => quiet >= patience && (quiet >= AFTERMATH || self.is_satisfied(plan, &cast, troupe)),
            };
            if over || self.is_stopped() || self.keeper.has_ended() || now.since(begun) >= LONGEST {
                return Ok(());
            }
        }
    }

    fn is_satisfied(&self, plan: &Plan, cast: &Cast, troupe: &Troupe) -> bool {
        let seen = Seen {
            observations: troupe.live.observations().to_vec(),
            told: troupe.told.clone(),
            events_reported: true,
            complete: true,
            latitude: LATEST,
        };
        self.judge(plan, cast, &seen).findings.iter().all(|finding| finding.verdict <= Verdict::Pass)
    }

    fn judge(&self, plan: &Plan, cast: &Cast, seen: &Seen) -> Judged {
        let stimulus = case::stimulus(plan, &self.home, |name| self.home.address_of(name));
        case::judge(plan, cast, &stimulus, seen)
    }

    /// Everybody of a plan, with what the core gives as Service-Route.
    fn cast(&self, plan: &Plan) -> Cast {
        self.core.cast(self.home.cast(plan), plan)
    }

    /// The result of a case of which nothing was played.
    fn unplayed(&self, plan: &Plan, cast: &Cast, verdict: Verdict, reason: &str) -> CaseResult {
        case::result(plan, cast, self.unjudged(plan, cast, verdict, reason), None, self.rerun(plan))
    }

    /// What its checks give where they are not asked.
    fn unjudged(&self, plan: &Plan, cast: &Cast, verdict: Verdict, reason: &str) -> Judged {
        let mut judged = self.judge(plan, cast, &Seen::default());
        judged.findings = plan.checks.iter().flat_map(|check| check.unjudged(verdict, None, reason)).collect();
        judged
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn rerun(&self, plan: &Plan) -> String {
        let word = if self.core.plays.is_some() { "--sut" } else { "--core" };
        format!("imspec run {} {word} {}", plan.case.address, self.options.file)
    }
}
