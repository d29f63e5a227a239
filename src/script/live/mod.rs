//! The live stage: a third party's system plays one person of each plan on real sockets, our actors play everyone else.
//!
//! It must not know protocol octets, nor what a verdict rests on: it lets things happen and has them judged.

mod cable;
mod error;
mod process;
mod programs;
mod stage;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use error::LiveError;

use super::case::{self, Judged, Seen};
use super::home::Home;
use super::plan::{Deed, Plan};
use super::sut::{Stimulus, SystemUnderTest, Transport};
use crate::actors::act::Act;
use crate::judge::{CaseResult, Finding, Run, Verdict};
use crate::net::capture::Format;
use crate::net::sockets::{Reach, opened, reach};
use programs::{Programs, user_of};
use stage::Stage;

/// How to play live.
#[derive(Clone, Debug)]
pub struct Options {
    /// Chance comes from it and from the clock.
    pub seed: u64,
    /// The folder for captures; none are written without.
    pub captures: Option<PathBuf>,
    pub format: Format,
    pub profile: String,
    /// The system file as the user knows it, for the command that plays a case again.
    pub file: String,
    /// Shows the operator what to do.
    pub prompt: fn(&str),
}

/// How long our own registrations may take.
const REGISTRATION: Duration = Duration::from_secs(5);
/// How often is asked whether a case is over.
const LOOK: Duration = Duration::from_millis(200);
/// How long somebody may be busy while nothing is seen: refreshes of a session come after less.
const QUIET: Duration = Duration::from_secs(70);
/// How long an act in a session is given before the next: our own clients ring for half of it.
const SETTLING: Duration = Duration::from_secs(10);
/// How long is waited at the most for what is missing when nobody is busy.
const AFTERMATH: Duration = Duration::from_secs(10);
/// The longest that a case goes on after its acts.
const LONGEST: Duration = Duration::from_secs(600);

/// Plays every plan, and hands each case to `on_case` as soon as it is judged. `stop` ends the run at once; the case at
/// hand is judged as far as it came.
///
/// An error ends the run, and what ran before it is in the run: the system cannot be reached or started, an address
/// cannot be had, a capture cannot be written.
pub async fn live(
    plans: &[Plan],
    home: &Home,
    sut: &SystemUnderTest,
    options: &Options,
    stop: &AtomicBool,
    on_case: &mut dyn FnMut(&CaseResult),
) -> (Run, Result<(), LiveError>) {
    let mut run = Run {
        stage: "live".to_owned(),
        seed: options.seed,
        profile: options.profile.clone(),
        subject: vec![options.file.clone()],
        ..Run::default()
    };
    let programs = Programs::new(sut, home.core);
    let mut director = Director { home, sut, options, stop, programs, contacted: false };
    let mut outcome = Ok(());
    for plan in plans {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        match director.case(plan).await {
            Ok(result) => {
                on_case(&result);
                run.cases.push(result);
            }
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    director.programs.end(true).await;
    run.interrupted = outcome.is_err() || stop.load(Ordering::Relaxed);
    (run, outcome)
}

/// Plays one case after the other.
struct Director<'a> {
    home: &'a Home,
    sut: &'a SystemUnderTest,
    options: &'a Options,
    stop: &'a AtomicBool,
    programs: Programs<'a>,
    /// Something has come from the system.
    contacted: bool,
}

/// How far a case got.
enum Course {
    Played,
    /// The reason why what is missing is nobody's fault.
    Spoilt(String),
}

impl Director<'_> {
    async fn case(&mut self, plan: &Plan) -> Result<CaseResult, LiveError> {
        if let Some((verdict, reason)) = self.unplayable(plan) {
            let address = stage::address_of(&plan.under_test, plan, self.home, self.sut);
            let cast = stage::cast(plan, self.home, self.sut, &address);
            let nothing = Seen { observations: Vec::new(), told: Vec::new(), events_reported: false, complete: false };
            let mut judged =
                case::judge(plan, &cast, &case::stimulus(plan, self.home, |name| name.to_owned()), &nothing);
            judged.findings = plan.checks.iter().flat_map(|c| c.unjudged(verdict, None, &reason)).collect();
            return Ok(case::result(plan, &cast, judged, None, self.rerun(plan)));
        }
        self.own_addresses(plan)?;
        let mut stage = Stage::new(plan, self.home, self.sut, self.options.seed, self.stop)?;
        let played = self.play(plan, &mut stage).await;
        self.programs.end(false).await;
        let course = played?;
        let seen = Seen {
            observations: stage.live.take_observations(),
            told: std::mem::take(&mut stage.told),
            events_reported: self.sut.reports_events,
            complete: !stage.is_interrupted(),
        };
        let mut judged = self.judge(plan, &stage, &seen);
        if let Course::Spoilt(reason) = course {
            for finding in judged.findings.iter_mut().filter(|f| f.verdict > Verdict::Pass) {
                *finding =
                    Finding { verdict: Verdict::Inconclusive, fault: None, reason: reason.clone(), ..finding.clone() };
            }
        }
        let mut capture = None;
        if let Some(dir) = &self.options.captures {
            let name = case::capture_name(&plan.case.address, self.options.format);
            case::write_capture(dir, &name, self.options.format, &stage.cast, &seen, &judged.findings)
                .map_err(LiveError::Capture)?;
            capture = Some(name);
        }
        Ok(case::result(plan, &stage.cast, judged, capture, self.rerun(plan)))
    }

    async fn play(&mut self, plan: &Plan, stage: &mut Stage<'_>) -> Result<Course, LiveError> {
        let wait = self.sut.answer_wait();
        self.start(stage).await?;
        if !stage.register(&mut self.programs, REGISTRATION).await? {
            return Ok(Course::Spoilt("our own clients could not register".to_owned()));
        }
        if self.sut.registers {
            self.programs.act(user_of(&stage.address), &Act::Register, self.options.prompt)?;
            if !stage.await_registration(&mut self.programs, wait).await? && !stage.is_interrupted() {
                return self.silence("it did not register");
            }
        }
        for deed in &plan.acts {
            match deed {
                Deed::Sends { who, to, size, sending } => {
                    let address_of = |name: &str| stage::address_of(name, plan, self.home, self.sut);
                    let act = Act::Send(Box::new(case::sending(to, *size, sending, address_of)));
                    self.let_act(plan, stage, who, act)?;
                }
                Deed::Act(acts) => {
                    for (who, act) in acts {
                        let address_of = |name: &str| stage::address_of(name, plan, self.home, self.sut);
                        self.let_act(plan, stage, who, case::addressed(act, address_of))?;
                    }
                    stage.run(&mut self.programs, SETTLING, |_| false).await?;
                }
                Deed::Retrieves { who, kept, which } => {
                    let act = Act::Retrieve { kept: *kept, ids: case::ids(self.home, *kept, which) };
                    self.let_act(plan, stage, who, act)?;
                }
                Deed::Waits(time) => stage.run(&mut self.programs, *time, |_| false).await?,
            }
        }
        if !stage.await_word(&mut self.programs, wait).await? && !stage.is_interrupted() {
            return self.silence("nothing came from it");
        }
        self.contacted = true;
        self.finish(plan, stage).await?;
        Ok(Course::Played)
    }

    /// Lets a user act: that of the system under test by its stimulus, any other at our own client.
    fn let_act(&mut self, plan: &Plan, stage: &mut Stage<'_>, who: &str, act: Act) -> Result<(), LiveError> {
        if who == plan.under_test {
            self.programs.act(user_of(&stage.address), &act, self.options.prompt)?;
        } else {
            stage.act(who, act);
        }
        Ok(())
    }

    /// Starts the system where that is due, and waits until it is there.
    async fn start(&mut self, stage: &mut Stage<'_>) -> Result<(), LiveError> {
        let (address, tcp, wait) = (self.sut.sip, self.sut.transport == Transport::Tcp, self.sut.answer_wait());
        let started = self.programs.start(user_of(&stage.address))?;
        let text = self.sut.start.as_ref().is_some_and(|start| start.ready_text.is_some());
        let there = if started && text {
            let until = stage.live.now() + wait;
            while !self.programs.is_ready() && stage.live.now() < until && !stage.is_interrupted() {
                stage.run(&mut self.programs, LOOK, |_| false).await?;
            }
            self.programs.is_ready()
        } else if started {
            // The system may want to register before its port answers, so our actors are at work meanwhile.
            tokio::select! {
                reached = opened(address, tcp, wait) => reached == Reach::Open,
                ran = stage.run(&mut self.programs, wait * 2, |_| false) => { ran?; stage.is_interrupted() }
            }
        } else if !self.contacted && self.sut.stimulus == Stimulus::None {
            reach(address, tcp, wait.min(AFTERMATH)).await != Reach::Refused
        } else {
            true
        };
        match there {
            true => Ok(()),
            false => Err(self.unreachable("it is not there")),
        }
    }

    /// Runs until nobody is busy and the checks have what they need, or too much time has passed.
    async fn finish(&mut self, plan: &Plan, stage: &mut Stage<'_>) -> Result<(), LiveError> {
        let begun = stage.live.now();
        let aftermath = self.sut.answer_wait().min(AFTERMATH);
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
                false => quiet >= LOOK && (quiet >= aftermath || self.is_satisfied(plan, stage)),
            };
            if over || stage.is_interrupted() || now.since(begun) >= LONGEST {
                return Ok(());
            }
        }
    }

    fn is_satisfied(&self, plan: &Plan, stage: &Stage<'_>) -> bool {
        let seen = Seen {
            observations: stage.live.observations().to_vec(),
            told: stage.told.clone(),
            events_reported: self.sut.reports_events,
            complete: true,
        };
        self.judge(plan, stage, &seen).findings.iter().all(|finding| finding.verdict <= Verdict::Pass)
    }

    fn judge(&self, plan: &Plan, stage: &Stage<'_>, seen: &Seen) -> Judged {
        let stimulus = case::stimulus(plan, self.home, |name| stage::address_of(name, plan, self.home, self.sut));
        case::judge(plan, &stage.cast, &stimulus, seen)
    }

    /// The system keeps silent: at first contact the run ends, later the case goes on to its findings.
    fn silence(&mut self, what: &str) -> Result<Course, LiveError> {
        match (self.contacted, self.programs.failure()) {
            (false, Some(failure)) => Err(self.unreachable(&format!("{what}; its command {failure}"))),
            (false, None) => Err(self.unreachable(what)),
            (true, Some(failure)) => Ok(Course::Spoilt(format!("{what}; its command {failure}"))),
            (true, None) => Ok(Course::Played),
        }
    }

    fn unreachable(&self, why: &str) -> LiveError {
        let wait = self.sut.answer_wait();
        LiveError::Unreachable { name: self.sut.name.clone(), address: self.sut.sip, wait, why: why.to_owned() }
    }

    /// Why a plan is not played with this system, and what its checks then give.
    fn unplayable(&self, plan: &Plan) -> Option<(Verdict, String)> {
        if let Some(reason) = self.sut.not_applicable(plan) {
            return Some((Verdict::NotApplicable, reason));
        }
        let under_test = plan.under_test.as_str();
        if plan.arrangements.iter().any(|arrangement| arrangement.who == under_test) {
            let reason = format!("nobody can arrange how {} behaves", self.sut.name);
            return Some((Verdict::NotExercised, reason));
        }
        let sized = |deed: &Deed| matches!(deed, Deed::Sends { who, sending, .. } if who == under_test && sending.request_octets.is_some());
        if plan.acts.iter().any(sized) {
            let reason = format!("nobody can tell how long a text {} needs for a request of that size", self.sut.name);
            return Some((Verdict::NotExercised, reason));
        }
        let by_it = |deed: &Deed| match deed {
            Deed::Sends { who, .. } | Deed::Retrieves { who, .. } => who == under_test,
            Deed::Act(acts) => acts.iter().any(|(who, _)| who == under_test),
            Deed::Waits(_) => false,
        };
        let acts = plan.acts.iter().any(by_it);
        let mute = acts && self.sut.stimulus == Stimulus::None;
        mute.then(|| {
            (Verdict::NotExercised, format!("{} must act here, and its file names no stimulus", self.sut.name))
        })
    }

    /// Refuses a system at an address of ours: nobody could tell who sent what.
    fn own_addresses(&self, plan: &Plan) -> Result<(), LiveError> {
        let ours = self.home.cast(plan).parties.into_iter().filter(|party| party.name != plan.under_test);
        for party in ours {
            let taken = |ip| party.endpoints.iter().any(|endpoint| endpoint.ip == ip);
            if let Some(ip) = [self.sut.sip.ip(), self.sut.msrp_host()].into_iter().find(|ip| taken(*ip)) {
                return Err(LiveError::Address { name: self.sut.name.clone(), ip, role: party.role });
            }
        }
        Ok(())
    }

    fn rerun(&self, plan: &Plan) -> String {
        format!("imspec run {} --sut {}", plan.case.address, self.options.file)
    }
}
