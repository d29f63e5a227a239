//! Our own systems, each run as a program of its own and put under test on real sockets through its file in
//! `scenarios/sut`, as a third party's would be: what its scenarios give, and what its defects do.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use imspec::judge::{CaseResult, Verdict};
use imspec::net::capture::Format;
use imspec::script::Again;
use imspec::script::defect::{self, Defect};
use imspec::script::live::{self, Console, Ended, Options, live};
use imspec::script::plan::Plan;
use imspec::script::sut::SystemUnderTest;

use crate::own_network::{Place, in_parallel, takes};
use crate::tree::loaded;

/// As many systems are played with at once, each in a network of its own: they mostly wait.
const AT_ONCE: usize = 16;
/// So many cases are played once more, alone, before they count: two dozen programs on a machine that has other work too
/// may be late with an act that a person would be in time with. What fails alone fails.
const AGAIN: usize = 2;
/// What takes longer is left to tests that are ignored.
pub const LONGEST: Duration = Duration::from_secs(20);

/// A system of ours, by its file.
pub struct Own {
    pub file: &'static str,
    pub text: &'static str,
    /// The roles that it can play; the first one is in its file.
    pub roles: &'static [&'static str],
    /// Scenarios that are not decided, each with the reason. Everything else passes.
    pub undecided: &'static [(&'static str, &'static str)],
}

/// A role, and whether it is played with MSRP over TLS.
type Part = (&'static str, bool);

impl Own {
    /// The system file as a test uses it: the program is the one that was just built, which plays that part and has these
    /// defects.
    fn system(&self, place: &Place, (plays, secured): Part, defects: &[&str]) -> SystemUnderTest {
        let mut text = place.moved(self.text).replace(self.roles[0], plays);
        if secured {
            text += "\nmsrp-security: tls\n";
        }
        let mut sut = SystemUnderTest::parse(self.file, &text).unwrap_or_else(|wrong| panic!("{wrong}"));
        let command = &mut sut.start.as_mut().unwrap().command;
        assert_eq!(command[0], "imspec");
        command[0] = env!("CARGO_BIN_EXE_imspec").to_owned();
        if secured {
            command.extend(["--msrp-security", "tls"].map(str::to_owned));
        }
        for words in defects {
            command.extend(["--defect".to_owned(), place.moved(words)]);
        }
        sut
    }

    /// Which of its parts is under test in a plan.
    fn part(&self, plan: &Plan) -> Option<Part> {
        let role = self.roles.iter().copied().find(|role| plan.case.tags.iter().any(|tag| tag == role))?;
        Some((role, plan.secures_msrp()))
    }

    /// Plays what is chosen of its plans in parallel; it goes on from one case to the next.
    pub async fn check(&self, chosen: impl Fn(Duration) -> bool, cases_a_system: usize) {
        let loaded = loaded().await;
        let mut jobs: BTreeMap<Part, Vec<(Duration, &Plan)>> = BTreeMap::new();
        for plan in &loaded.plans {
            let Some(part) = self.part(plan) else { continue };
            let takes = takes(&loaded, plan);
            if chosen(takes) {
                jobs.entry(part).or_default().push((takes, plan));
            }
        }
        let mut shares = Vec::new();
        for (part, mut plans) in jobs {
            plans.sort_by_key(|(takes, _)| *takes);
            // Each share has long ones and short ones.
            let count = plans.len().div_ceil(cases_a_system);
            shares.extend((0..count).map(|nth| {
                let share: Vec<Plan> = plans.iter().skip(nth).step_by(count).map(|(_, plan)| (*plan).clone()).collect();
                (part, share)
            }));
        }
        let expected: usize = shares.iter().map(|(_, share)| share.len()).sum();
        assert!(expected > 0);
        let played = in_parallel(AT_ONCE, shares, |place, (part, share)| {
            let (cases, ended) = play_live(&share, place, &self.system(place, part, &[]), None);
            ended.unwrap_or_else(|ended| panic!("{ended}"));
            cases
        });
        let cases: Vec<CaseResult> = played.into_iter().flatten().collect();
        assert_eq!(cases.len(), expected);
        let wrong = complaints(&cases, self.undecided);
        let failed: Vec<&CaseResult> =
            cases.iter().filter(|case| !complaints(std::slice::from_ref(case), self.undecided).is_empty()).collect();
        assert!(failed.len() <= AGAIN, "{} of {expected} cases\n{}", failed.len(), wrong.join("\n"));
        if failed.is_empty() {
            return;
        }
        eprintln!("played once more, alone:\n{}", wrong.join("\n"));
        let again: Vec<(Part, Vec<Plan>)> = failed
            .iter()
            .filter_map(|case| loaded.plans.iter().find(|plan| plan.case.address == case.address))
            .filter_map(|plan| Some((self.part(plan)?, vec![plan.clone()])))
            .collect();
        assert_eq!(again.len(), failed.len());
        for (part, plans) in again {
            let played = in_parallel(AT_ONCE, vec![plans], |place, plans| {
                let (cases, ended) = play_live(&plans, place, &self.system(place, part, &[]), None);
                ended.unwrap_or_else(|ended| panic!("{ended}"));
                cases
            });
            let still = complaints(&played.concat(), self.undecided);
            assert!(still.is_empty(), "twice\n{}", still.join("\n"));
        }
    }

    /// Plays single scenarios with the system after a change of its file.
    #[allow(dead_code, reason = "not every test binary changes its system file")]
    pub async fn check_with(&self, addresses: &[&str], change: impl FnOnce(&mut SystemUnderTest) + Send + 'static) {
        let plans = loaded().await.plans;
        let plans: Vec<Plan> =
            plans.into_iter().filter(|plan| addresses.contains(&plan.case.address.as_str())).collect();
        assert_eq!(plans.len(), addresses.len());
        let place = Place::next();
        let mut sut = self.system(&place, (self.roles[0], false), &[]);
        change(&mut sut);
        let played = std::thread::spawn(move || play_live(&plans, &place, &sut, None));
        let (cases, ended) = played.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        ended.unwrap_or_else(|ended| panic!("{ended}"));
        let wrong = complaints(&cases, self.undecided);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Plays defects, each with a system that has it, and demands what `prove` demands in the simulated network.
    pub async fn check_defects(&self, chosen: impl Fn(&Defect) -> bool) {
        let loaded = loaded().await;
        let defects =
            defect::load(&loaded.files, &loaded.catalogue, &loaded.features).unwrap_or_else(|w| panic!("{}", w[0]));
        let jobs: Vec<(&Defect, &Plan, Part)> = defects
            .iter()
            .filter(|defect| chosen(defect) && !names_a_certificate(defect))
            .filter_map(|defect| {
                let plan = loaded.plans.iter().find(|plan| plan.case.address == defect.case)?;
                let part = self.part(plan)?;
                (takes(&loaded, plan) <= LONGEST).then_some((defect, plan, part))
            })
            .collect();
        for role in self.roles {
            assert!(jobs.iter().any(|(_, _, (other, _))| other == role), "no defect of the {role} is played");
        }
        let attempt = |place: &Place, (defect, plan, part): (&Defect, &Plan, Part)| -> Vec<String> {
            let sut = self.system(place, part, &[&defect.words]);
            let (cases, ended) = play_live(std::slice::from_ref(plan), place, &sut, None);
            let what = format!("{} in {} ({})", defect.requirement, defect.case, defect.words);
            let findings: Vec<_> = cases.iter().flat_map(|case| &case.findings).collect();
            let broken = |verdict| matches!(verdict, Verdict::Fail | Verdict::Warning | Verdict::Error);
            let failed: BTreeSet<&str> =
                findings.iter().filter(|f| broken(f.verdict)).map(|f| f.requirement.as_str()).collect();
            let missed = (!failed.contains(defect.requirement.as_str()))
                .then(|| format!("{what}: not noticed, {ended:?}: {findings:#?}"));
            let touched = |id: &str| id == defect.requirement || defect.also.iter().any(|also| also == id);
            let others: Vec<&str> = failed.into_iter().filter(|id| !touched(id)).collect();
            let overreached = (!others.is_empty()).then(|| format!("{what}: {} fail too", others.join(", ")));
            missed.into_iter().chain(overreached).collect()
        };
        // A machine with other work to do may be late; what is wrong is wrong twice.
        let wrong: Vec<String> = in_parallel(AT_ONCE, jobs, |place, job| match attempt(place, job) {
            first if first.is_empty() => first,
            first => {
                eprintln!("played once more: {}", first.join("\n"));
                attempt(place, job)
            }
        })
        .into_iter()
        .flatten()
        .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// Whether a defect is about a certificate of the simulated network, which nobody has here.
fn names_a_certificate(defect: &Defect) -> bool {
    defect.words.contains("SDP attribute fingerprint to ")
}

/// Plays plans one after the other with one system.
fn play_live(
    plans: &[Plan],
    place: &Place,
    sut: &SystemUnderTest,
    longest: Option<Duration>,
) -> (Vec<CaseResult>, Result<(), Ended>) {
    let options = Options {
        seed: 1,
        captures: None,
        format: Format::PcapNg,
        profile: "all".to_owned(),
        file: sut.name.clone(),
        console: Console { show: |text| panic!("nobody is there to be told: {text}"), confirm: || false },
        longest,
        again: Again::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let places = [live::Place::new(place.home(), sut.clone())];
    let plans: Vec<Plan> = plans.iter().map(|plan| place.moved_plan(plan)).collect();
    let go_on = &mut |_: &CaseResult| ControlFlow::Continue(());
    let (run, ended) = runtime.block_on(live(&plans, &places, &options, &AtomicBool::new(false), go_on));
    (run.cases, ended)
}

/// Those who do not pass as they should, in words.
fn complaints(cases: &[CaseResult], undecided: &[(&str, &str)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let expected = undecided.iter().find(|(address, _)| case.address == *address);
        for finding in &case.findings {
            let open =
                matches!(finding.verdict, Verdict::Inconclusive | Verdict::NotExercised | Verdict::NotApplicable);
            let right = match expected {
                Some((_, reason)) => open && finding.reason.contains(reason),
                None => finding.verdict == Verdict::Pass,
            };
            if !right {
                let (verdict, id) = (finding.verdict.word(), &finding.id);
                wrong.push(format!("{verdict} {id}: {}: {} {:?}", finding.subject, finding.reason, finding.found));
            }
        }
    }
    wrong
}
