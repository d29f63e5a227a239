//! The course of a case: the system is there, everybody registers, users act, and what comes of it is waited for.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::claims::Unclaimed;
use super::core::keeper::Keeper;
use super::excuse::{LATEST, excuse, our_trouble, spoil};
use super::outfit::Outfit;
use super::process::Process;
use super::programs::{Programs, user_of};
use super::queue::Player;
use super::sides::Sides;
use super::stage::{self, Mark, Stage};
use super::{LiveError, Options, Place, conduct, playable};
use crate::actors::act::Act;
use crate::judge::{CaseResult, Check, Verdict};
use crate::net::SocketError;
use crate::net::sockets::{Reach, opened, reach};
use crate::script::case::{self, Judged, Seen};
use crate::script::plan::{Deed, Plan};
use crate::script::simulate::build;
use crate::script::simulate::provision::provision;
use crate::script::sut::{Stimulus, SystemUnderTest, ThirdPartyCore, Transport};

/// How long our own registrations may take.
const REGISTRATION: Duration = Duration::from_secs(5);
/// How long an address of ours may still be in use by what ends just now.
const RELEASE: Duration = Duration::from_secs(1);
/// How often is asked whether a case is over.
const LOOK: Duration = Duration::from_millis(200);
/// How long is watched where something must not come.
const GRACE: Duration = Duration::from_secs(1);
/// How long somebody may be busy while nothing is seen: refreshes of a session come after less.
const QUIET: Duration = Duration::from_secs(70);
/// How long an act in a session may take to come to rest.
const SETTLING: Duration = Duration::from_secs(40);
/// How long is waited at the most for what is missing when nobody is busy.
const AFTERMATH: Duration = Duration::from_secs(10);
/// The longest that a case goes on after its acts.
const LONGEST: Duration = Duration::from_secs(600);
/// A system of which nothing comes in so many cases, one after the other, is gone.
const MOST_SILENT: u32 = 10;

/// Plays one case after the other.
pub struct Director<'a> {
    place: &'a Place,
    pub(super) sides: Sides,
    pub(super) sut: &'a SystemUnderTest,
    /// Looks after the core, where it is somebody else's.
    theirs: Option<Keeper<'a>>,
    options: &'a Options,
    stop: &'a AtomicBool,
    pub(super) programs: Programs<'a>,
    outfit: &'a Outfit,
    /// Something has come from the system.
    contacted: bool,
    unclaimed: Unclaimed,
    /// In how many cases nothing has come since.
    silent: u32,
    /// It did not come out of the last case alive.
    lost: bool,
    /// It was there when the case began. A program that a stimulus starts comes and goes with each act.
    met: bool,
}

/// How far a case got.
enum Course {
    Played,
    /// The reason why what is missing is nobody's fault.
    Spoilt(String),
}

impl<'a> Director<'a> {
    pub fn new(place: &'a Place, options: &'a Options, stop: &'a AtomicBool, outfit: &'a Outfit) -> Director<'a> {
        let sut = &place.sut;
        let sides = Sides::of(place, outfit);
        let programs = Programs::new(sut, sides.system.core, options.console, outfit.values());
        let theirs = place.core.as_ref().map(|core| Keeper::new(core, &sides.core, sides.behind, outfit));
        Director {
            place,
            sides,
            sut,
            theirs,
            options,
            stop,
            programs,
            outfit,
            contacted: false,
            unclaimed: Unclaimed::default(),
            silent: 0,
            lost: false,
            met: false,
        }
    }

    /// What it has shown until now and does not claim.
    pub fn unclaimed(&mut self) -> Unclaimed {
        std::mem::take(&mut self.unclaimed)
    }

    /// Plays a case for the nth time (from 0); gives what is known of it, and why the run cannot go on after it.
    async fn play_case(&mut self, plan: &Plan, nth: usize) -> (CaseResult, Option<LiveError>) {
        if let Some((verdict, reason)) = playable::unplayable(plan, &self.sides.system, self.sut, self.options.longest)
        {
            return (self.unplayed(plan, verdict, &reason), None);
        }
        if let Some((verdict, reason)) =
            self.theirs().and_then(|theirs| playable::unplayable_through(plan, theirs, self.sut))
        {
            return (self.unplayed(plan, verdict, &reason), None);
        }
        if let Err(error) = self.start_core().await {
            return (self.unplayed(plan, Verdict::Inconclusive, &error.to_string()), Some(error));
        }
        let mut stage = match self.stage(plan).await {
            Ok(stage) => stage,
            Err(error) => return (self.unplayed(plan, Verdict::Inconclusive, &error.to_string()), Some(error)),
        };
        let reset = self.programs.begin().await;
        let mut flood = None;
        let (course, mut error) = match self.play(plan, &mut stage).await {
            Ok(course) => (course, None),
            Err(LiveError::Socket(SocketError::Flood { most })) => {
                flood = Some(most);
                (Course::Spoilt("nobody could read all that came".to_owned()), None)
            }
            Err(error) => (Course::Spoilt(error.to_string()), Some(error)),
        };
        let course = reset.map_or(course, Course::Spoilt);
        self.programs.hear_out().await;
        let trouble = self.programs.failure();
        let seen = Seen {
            observations: stage.live.take_observations(),
            told: std::mem::take(&mut stage.told),
            events_reported: self.sut.reports_events || plan.tests_server(),
            complete: !stage.is_interrupted(),
            latitude: LATEST,
        };
        self.unclaimed.look(self.sut, &stage.cast, plan, &seen.observations);
        if error.is_none() && flood.is_none() && self.remembers() {
            error = stage.part().await.err().map(LiveError::from);
        }
        if error.is_none() && self.theirs.is_some() {
            error = stage.unregister(REGISTRATION).await.err().map(LiveError::from);
        }
        let lost_core = match &mut self.theirs {
            Some(theirs) if error.is_none() && !stage.is_interrupted() => theirs.loss().await,
            _ => None,
        };
        let lost = if stage.is_interrupted() || error.is_some() { None } else { self.loss().await };
        self.lost = lost.is_some();
        self.programs.end(false).await;
        let mut core_log = Vec::new();
        if let Some(theirs) = &mut self.theirs {
            core_log = theirs.log();
            theirs.end_case().await;
        }
        let log = self.programs.log();
        let mut judged = self.judge(plan, &stage, &seen);
        if let Some(trouble) = our_trouble(&mut stage.live) {
            excuse(plan, &mut judged.findings, &trouble);
        }
        for finding in judged.findings.iter_mut().filter(|finding| finding.verdict > Verdict::Pass) {
            match (&course, &trouble) {
                (Course::Spoilt(reason), _) => spoil(finding, reason),
                (Course::Played, Some(trouble)) if finding.reason.is_empty() => finding.reason.clone_from(trouble),
                (Course::Played, Some(trouble)) => finding.reason = format!("{}; {trouble}", finding.reason),
                (Course::Played, None) => {}
            }
        }
        if let (Some(how), Some(theirs)) = (lost_core, self.theirs()) {
            conduct::excuse(&mut judged.findings, theirs);
            judged.findings.push(conduct::lost_core(plan, theirs, how));
        }
        judged.findings.extend(lost.map(|how| conduct::lost(plan, self.sut, how)));
        judged.findings.extend(conduct::certificate(plan, &self.sut.name, stage.doubts()));
        judged.findings.extend(flood.map(|most| conduct::flood(plan, self.sut, most)));
        let (mut capture, mut logged) = (None, None);
        if let Some(dir) = &self.options.captures {
            let name = case::capture_name(&plan.case.address, nth, self.options.format);
            match case::write_capture(dir, &name, self.options.format, &stage.cast, &seen, &judged.findings) {
                Ok(()) => capture = Some(name),
                Err(failed) => error = error.or(Some(LiveError::Capture(failed))),
            }
            let names = [case::log_name, case::core_log_name].map(|name| name(&plan.case.address, nth));
            for (name, log) in names.into_iter().zip([log, core_log]) {
                match case::write_log(dir, &name, &log) {
                    Ok(written) => logged = logged.or(written.then_some(name)),
                    Err(failed) => error = error.or(Some(LiveError::Capture(failed))),
                }
            }
        }
        let result = case::result(plan, &stage.cast, judged, capture, self.rerun(plan));
        (CaseResult { log: logged, ..result }, error)
    }

    /// The core, where it is somebody else's.
    fn theirs(&self) -> Option<&'a ThirdPartyCore> {
        self.theirs.as_ref().map(|keeper| keeper.core)
    }

    /// Starts the core where it is somebody else's and that is due.
    pub(super) async fn start_core(&mut self) -> Result<(), LiveError> {
        match &mut self.theirs {
            Some(theirs) => theirs.start().await,
            None => Ok(()),
        }
    }

    /// Our actors, each at its address. One in use is waited for a moment: a program that another thread is about to
    /// start has all our sockets between its `fork` and its `exec`, those that the case before closed among them.
    pub(super) async fn stage(&self, plan: &Plan) -> Result<Stage<'a>, LiveError> {
        playable::has_own_addresses(plan, &self.sides.system, self.sut)?;
        let until = Instant::now() + RELEASE;
        loop {
            match Stage::new(plan, &self.sides, self.sut, self.theirs(), self.outfit, self.options.seed, self.stop) {
                Err(error) if error.is_in_use() && Instant::now() < until => tokio::time::sleep(RELEASE / 50).await,
                staged => return Ok(staged?),
            }
        }
    }

    async fn play(&mut self, plan: &Plan, stage: &mut Stage<'_>) -> Result<Course, LiveError> {
        let wait = self.sut.answer_wait();
        self.start(stage).await?;
        if self.sut.arranges && !self.arrange(plan, stage).await? && !stage.is_interrupted() {
            return self.silence("it was not set up").await;
        }
        if self.sut.arranges && !self.contacted && plan.tests_server() {
            // A server speaks only when it is spoken to: who was set up, and has its socket, is there.
            self.contacted = !self.is_gone().await;
        }
        self.programs.forget();
        if !stage.register(&mut self.programs, REGISTRATION).await? {
            return Ok(Course::Spoilt("our own clients could not register".to_owned()));
        }
        if self.sut.registers && !plan.is_offline(&plan.under_test) {
            self.programs.act(user_of(&stage.address), &Act::Register);
            if !stage.await_registration(&mut self.programs, wait).await? && !stage.is_interrupted() {
                return self.silence("it did not register").await;
            }
            self.contacted = true;
            // The core knows of it before it does.
            stage.settle(&mut self.programs, REGISTRATION).await?;
        }
        let begun = stage.mark();
        let mut under_way = false;
        for deed in &plan.acts {
            if stage.is_interrupted() {
                break;
            }
            // Who comes or goes does so when what was sent has arrived somewhere.
            if under_way && deed.is_about_presence() {
                stage.settle(&mut self.programs, SETTLING).await?;
            }
            under_way = matches!(deed, Deed::Sends { .. } | Deed::Retrieves { .. });
            let address_of = |name: &str| stage::address_of(name, plan, &self.sides.system, self.sut);
            let acts: Vec<(&str, Act)> = match deed {
                Deed::Sends { who, to, size, sending } => {
                    vec![(who, Act::Send(Box::new(case::sending(to, *size, sending, address_of))))]
                }
                Deed::Retrieves { who, kept, which } => {
                    vec![(who, Act::Retrieve { kept: *kept, ids: case::ids(&self.sides.system, *kept, which) })]
                }
                Deed::Act(acts) => {
                    acts.iter().map(|(who, act)| (who.as_str(), case::addressed(act, address_of))).collect()
                }
                Deed::Waits(time) => {
                    stage.run(&mut self.programs, *time, |_| false).await?;
                    continue;
                }
            };
            if !self.perform(plan, stage, acts).await? && !stage.is_interrupted() && self.programs.failure().is_some() {
                return self.silence("nothing came from it").await;
            }
            if matches!(deed, Deed::Act(_)) {
                stage.settle(&mut self.programs, SETTLING).await?;
            }
        }
        if !stage.await_word(&mut self.programs, wait, begun).await? && !stage.is_interrupted() {
            return self.silence("nothing came from it").await;
        }
        (self.contacted, self.silent) = (true, 0);
        self.finish(plan, stage).await
    }

    /// Lets users act: that of the system under test by its stimulus, any other at our own client. Where they act at the
    /// same moment, ours do so when the system begins. Says whether something came of what the system was told.
    async fn perform(&mut self, plan: &Plan, stage: &mut Stage<'_>, acts: Vec<(&str, Act)>) -> Result<bool, LiveError> {
        let (its, ours): (Vec<_>, Vec<_>) = acts.into_iter().partition(|(who, _)| *who == plan.under_test);
        let mark: Mark = stage.mark();
        let told = !its.is_empty();
        for (_, act) in its {
            self.programs.act(user_of(&stage.address), &act);
        }
        // A moment more, so that a hook that gave no answer in time is known to be one.
        let wait = self.sut.answer_wait() + LOOK;
        let heard = !told || stage.await_word(&mut self.programs, wait, mark).await?;
        for (who, act) in ours {
            stage.act(who, act);
        }
        Ok(heard)
    }

    /// Has the system set up as the plan needs it; says whether it was.
    pub(super) async fn arrange(&mut self, plan: &Plan, stage: &mut Stage<'_>) -> Result<bool, LiveError> {
        let act = match provision(plan, &self.sides.system, &plan.under_test) {
            Some(provision) => Act::Provision(Box::new(provision)),
            None => {
                let (home, address) = (&self.sides.system, stage.address.clone());
                Act::Arrange(Box::new(build::arrange(plan, home, &plan.under_test, address)))
            }
        };
        self.programs.act(user_of(&stage.address), &act);
        let until = stage.live.now() + self.sut.answer_wait();
        while !self.programs.is_idle() && stage.live.now() < until && !stage.is_interrupted() {
            stage.run(&mut self.programs, LOOK / 20, |_| false).await?;
        }
        Ok(self.programs.is_idle() && self.programs.failure().is_none())
    }

    /// Starts the system where that is due, and waits until it is there.
    pub(super) async fn start(&mut self, stage: &mut Stage<'_>) -> Result<(), LiveError> {
        let (address, tcp, wait) = (self.sut.sip, self.sut.transport != Transport::Udp, self.sut.answer_wait());
        let comes_with_acts = self.sut.start.is_none() && matches!(self.sut.stimulus, Stimulus::Command(_));
        self.met = !comes_with_acts || !self.is_gone().await;
        let started = self.programs.start(user_of(&stage.address))?;
        let text = self.sut.start.as_ref().is_some_and(|start| start.ready_text.is_some());
        let there = if started && text {
            let until = stage.live.now() + wait;
            while !self.programs.is_ready() && stage.live.now() < until && !stage.is_interrupted() {
                if self.programs.has_ended() {
                    break;
                }
                stage.run(&mut self.programs, LOOK / 20, |_| false).await?;
            }
            self.programs.is_ready() || stage.is_interrupted()
        } else if started && let Some(command) = self.programs.health() {
            tokio::select! {
                well = is_well(&command, wait) => well,
                ran = stage.run(&mut self.programs, wait * 2, |_| false) => { ran?; stage.is_interrupted() }
            }
        } else if started {
            // The system may want to register before its port answers, so our actors are at work meanwhile.
            tokio::select! {
                reached = opened(address, tcp, wait) => reached == Reach::Open,
                ran = stage.run(&mut self.programs, wait * 2, |_| false) => { ran?; stage.is_interrupted() }
            }
        } else if self.lost {
            opened(address, tcp, wait).await == Reach::Open
        } else if !self.contacted && self.sut.stimulus == Stimulus::None {
            reach(address, tcp, wait.min(AFTERMATH)).await != Reach::Refused
        } else {
            true
        };
        self.programs.hear_out().await;
        match (there, self.programs.death()) {
            (true, _) => Ok(()),
            (false, Some(death)) => Err(self.unreachable(&format!("it is not there; {death}"))),
            (false, None) => Err(self.unreachable("it is not there")),
        }
    }

    /// Runs until nobody is busy and the checks have what they need, or too much time has passed.
    async fn finish(&mut self, plan: &Plan, stage: &mut Stage<'_>) -> Result<Course, LiveError> {
        let begun = stage.live.now();
        let aftermath = self.sut.answer_wait().min(AFTERMATH);
        let patience = if plan.checks.iter().any(Check::is_about_absence) { GRACE.min(aftermath) } else { LOOK };
        let (mut seen, mut last) = (stage.live.observations().len(), begun);
        loop {
            stage.run(&mut self.programs, LOOK, |_| false).await?;
            let now = stage.live.now();
            let count = stage.live.observations().len();
            if count != seen {
                (seen, last) = (count, now);
            }
            let quiet = now.since(last);
            let over = match stage.is_busy() {
                true => quiet >= QUIET,
                false => quiet >= patience && (quiet >= aftermath || self.is_satisfied(plan, stage)),
            };
            // With the core gone, nothing more can come.
            let cut = self.theirs.as_mut().is_some_and(Keeper::has_ended);
            if over || cut || stage.is_interrupted() {
                return Ok(Course::Played);
            }
            if now.since(begun) >= LONGEST {
                let reason = format!("it was not over {} s after the last act", LONGEST.as_secs());
                return Ok(Course::Spoilt(reason));
            }
        }
    }

    fn is_satisfied(&self, plan: &Plan, stage: &Stage<'_>) -> bool {
        let seen = Seen {
            observations: stage.live.observations().to_vec(),
            told: stage.told.clone(),
            events_reported: self.sut.reports_events || plan.tests_server(),
            complete: true,
            latitude: LATEST,
        };
        self.judge(plan, stage, &seen).findings.iter().all(|finding| finding.verdict <= Verdict::Pass)
    }

    fn judge(&self, plan: &Plan, stage: &Stage<'_>, seen: &Seen) -> Judged {
        let stimulus = case::stimulus(plan, &self.sides.system, |name| {
            stage::address_of(name, plan, &self.sides.system, self.sut)
        });
        case::judge(plan, &stage.cast, &stimulus, seen)
    }

    /// The system keeps silent. At first contact the run ends, and when it is gone; else the case goes on to its findings.
    async fn silence(&mut self, what: &str) -> Result<Course, LiveError> {
        self.silent += 1;
        self.programs.hear_out().await;
        let failure = self.programs.failure();
        let why = failure.as_ref().map_or_else(|| what.to_owned(), |failure| format!("{what}; {failure}"));
        if self.silent >= MOST_SILENT {
            return Err(self.unreachable(&format!("{why}, in {} scenarios in a row", self.silent)));
        }
        if !self.contacted || (self.sut.start.is_none() && self.is_gone().await) {
            return Err(self.unreachable(&why));
        }
        Ok(if failure.is_some() { Course::Spoilt(why) } else { Course::Played })
    }

    /// How it is known that the system is lost after a case; nothing where it is well.
    async fn loss(&mut self) -> Option<String> {
        if let Some(how) = self.programs.crash() {
            return Some(how);
        }
        if self.sut.start.as_ref().is_some_and(|start| start.each_case) {
            return None; // It may be over with the case.
        }
        if let Some(command) = self.programs.health() {
            return Process::run(&command, self.sut.answer_wait()).await;
        }
        let gone = self.contacted && self.met && !self.programs.is_running() && self.is_gone().await;
        gone.then(|| format!("nobody takes SIP at {} any more", self.sut.sip))
    }

    /// Whether the host of the system says that nobody takes SIP there any more.
    async fn is_gone(&self) -> bool {
        reach(self.sut.sip, self.sut.transport != Transport::Udp, GRACE).await == Reach::Refused
    }

    /// Whether the system goes into the next case with what it has of this one.
    fn remembers(&self) -> bool {
        !self.sut.arranges && !self.sut.start.as_ref().is_some_and(|start| start.each_case)
    }

    fn unreachable(&self, why: &str) -> LiveError {
        let wait = self.sut.answer_wait();
        LiveError::Unreachable { name: self.sut.name.clone(), address: self.sut.sip, wait, why: why.to_owned() }
    }

    /// The result of a case of which nothing was played.
    fn unplayed(&self, plan: &Plan, verdict: Verdict, reason: &str) -> CaseResult {
        let address = stage::address_of(&plan.under_test, plan, &self.sides.system, self.sut);
        let cast = stage::cast(plan, &self.sides.system, self.sut, self.theirs(), &address);
        let stimulus = case::stimulus(plan, &self.sides.system, |name| name.to_owned());
        let mut judged = case::judge(plan, &cast, &stimulus, &Seen::default());
        judged.findings = plan.checks.iter().flat_map(|check| check.unjudged(verdict, None, reason)).collect();
        case::result(plan, &cast, judged, None, self.rerun(plan))
    }

    fn rerun(&self, plan: &Plan) -> String {
        let through = self.theirs.as_ref().map(|_| format!(" --core {}", self.place.core_file)).unwrap_or_default();
        format!("imspec run {} --sut {}{through}", plan.case.address, self.options.file)
    }
}

impl Player for Director<'_> {
    /// Of a system from which nothing has ever come a failed case tells nothing.
    async fn case(&mut self, plan: &Plan, nth: usize) -> (Option<CaseResult>, Option<LiveError>) {
        let (result, error) = self.play_case(plan, nth).await;
        ((error.is_none() || self.contacted).then_some(result), error)
    }

    async fn end(&mut self) {
        self.programs.end(true).await;
        if let Some(theirs) = &mut self.theirs {
            theirs.end().await;
        }
    }
}

/// Asks the command again and again until it says that the system is well; whether it did within `limit`.
async fn is_well(command: &[String], limit: Duration) -> bool {
    let until = Instant::now() + limit;
    while Process::run(command, limit).await.is_some() {
        if Instant::now() >= until {
            return false;
        }
        tokio::time::sleep(LOOK / 4).await;
    }
    true
}
