//! Our own client, run as a program of its own, is put under test on real sockets through its file in `scenarios/sut`, as
//! a third party's would be: it passes everything, and what is wrong with it on purpose is found.

mod own_network;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use imspec::judge::{CaseResult, Verdict};
use imspec::net::capture::Format;
use imspec::script::defect::{self, Defect};
use imspec::script::feature::Selection;
use imspec::script::files::Files;
use imspec::script::live::{Ended, Options, live};
use imspec::script::load::{Loaded, load};
use imspec::script::plan::Plan;
use imspec::script::simulate::{Bug, play};
use imspec::script::sut::{Stimulus, SystemUnderTest};
use own_network::Place;

const SYSTEM: &str = include_str!("../scenarios/sut/own-client.yaml");
/// As many clients are played with at once, each in a network of its own: they mostly wait.
const AT_ONCE: usize = 24;
/// What takes longer is for [`what_takes_long_passes`].
const LONGEST: Duration = Duration::from_secs(20);
/// What takes still longer, such as a session of 18 minutes, is played in the simulated network alone.
const TOO_LONG: Duration = Duration::from_secs(200);

/// What is not decided, with the reason. Everything else passes.
const UNDECIDED: &[(&str, &str)] = &[];

async fn loaded() -> Loaded {
    load(Files::embedded(), &Selection::default()).await.unwrap_or_else(|wrong| panic!("{}", wrong[0]))
}

/// The system file as this test uses it: the program is the one that was just built, which plays that role and has these
/// defects.
fn system(place: &Place, plays: &str, defects: &[&str]) -> SystemUnderTest {
    let text = place.moved(SYSTEM).replace("plays: im-client", &format!("plays: {plays}"));
    let mut sut = SystemUnderTest::parse("own-client.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}"));
    let command = &mut sut.start.as_mut().unwrap().command;
    assert_eq!(command[0], "imspec");
    command[0] = env!("CARGO_BIN_EXE_imspec").to_owned();
    for words in defects {
        command.extend(["--defect".to_owned(), (*words).to_owned()]);
    }
    sut
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
        file: "own-client.yaml".to_owned(),
        prompt: |text| panic!("nobody is there to be told: {text}"),
        longest,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let home = place.home();
    let (run, ended) = runtime.block_on(live(plans, &home, sut, &options, &AtomicBool::new(false), &mut |_| {}));
    (run.cases, ended)
}

/// Has `AT_ONCE` workers take jobs until there are none left, each in a place of its own; gives what they made of them.
fn in_parallel<J: Send, R: Send>(jobs: Vec<J>, work: impl Fn(&Place, J) -> R + Sync) -> Vec<R> {
    let (jobs, made) = (Mutex::new(jobs), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(job) = jobs.lock().unwrap_or_else(PoisonError::into_inner).pop() else { return };
                    let result = work(&Place::next(), job);
                    made.lock().unwrap_or_else(PoisonError::into_inner).push(result);
                }
            });
        }
    });
    made.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// How long a plan takes in the simulated network, which is about how long it takes live.
fn takes(loaded: &Loaded, plan: &Plan) -> Duration {
    let (seen, _) = play(plan, &loaded.home, 1, &Bug::None);
    let (first, last) = (seen.observations.first(), seen.observations.last());
    first.zip(last).map_or(Duration::ZERO, |(first, last)| last.at.since(first.at))
}

/// Those who do not pass as they should, in words.
fn complaints(cases: &[CaseResult]) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let expected = UNDECIDED.iter().find(|(address, _)| case.address == *address);
        for finding in &case.findings {
            let undecided =
                matches!(finding.verdict, Verdict::Inconclusive | Verdict::NotExercised | Verdict::NotApplicable);
            let right = match expected {
                Some((_, reason)) => undecided && finding.reason.contains(reason),
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

/// Plays what is chosen of the clients' plans in parallel; a client goes on from one case to the next.
async fn check(chosen: impl Fn(Duration) -> bool, cases_a_client: usize) {
    let loaded = loaded().await;
    let mut jobs: BTreeMap<&str, Vec<(Duration, &Plan)>> = BTreeMap::new();
    for plan in &loaded.plans {
        let role = ["im-client", "cpm-client"].into_iter().find(|role| plan.case.tags.iter().any(|tag| tag == role));
        let (Some(role), takes) = (role, takes(&loaded, plan)) else { continue };
        if chosen(takes) {
            jobs.entry(role).or_default().push((takes, plan));
        }
    }
    let mut shares = Vec::new();
    for (role, mut plans) in jobs {
        plans.sort_by_key(|(takes, _)| *takes);
        // Each share has long ones and short ones.
        let count = plans.len().div_ceil(cases_a_client);
        shares.extend((0..count).map(|nth| {
            let share: Vec<Plan> = plans.iter().skip(nth).step_by(count).map(|(_, plan)| (*plan).clone()).collect();
            (role, share)
        }));
    }
    let expected: usize = shares.iter().map(|(_, share)| share.len()).sum();
    assert!(expected > 0);
    let played = in_parallel(shares, |place, (role, share)| {
        let (cases, ended) = play_live(&share, place, &system(place, role, &[]), None);
        ended.unwrap_or_else(|ended| panic!("{ended}"));
        cases
    });
    let cases: Vec<CaseResult> = played.into_iter().flatten().collect();
    assert_eq!(cases.len(), expected);
    let wrong = complaints(&cases);
    assert!(wrong.is_empty(), "{} of {expected} cases\n{}", wrong.len(), wrong.join("\n"));
}

/// The driver script tells it what its user does, as a vendor's own would.
#[tokio::test]
async fn a_driver_script_tells_it() {
    const CASES: &[&str] =
        &["im/8.1.1/one-recipient", "im/7.1.1.2/invitation", "im/9.1.1.2/one-recipient", "im/7.1.1.3/several-people"];
    let python = std::process::Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no python3 to run the driver script");
        return;
    }
    let loaded = loaded().await;
    let plans: Vec<Plan> =
        loaded.plans.into_iter().filter(|plan| CASES.contains(&plan.case.address.as_str())).collect();
    assert_eq!(plans.len(), CASES.len());
    let place = Place::next();
    let mut sut = system(&place, "im-client", &[]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/sut/drive.py");
    let command = ["python3", script, "http://{host}:8021/"];
    sut.stimulus = Stimulus::Command(command.map(str::to_owned).to_vec());
    let (cases, ended) = std::thread::spawn(move || play_live(&plans, &place, &sut, None)).join().unwrap();
    ended.unwrap_or_else(|ended| panic!("{ended}"));
    let wrong = complaints(&cases);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn everything_passes() {
    check(|takes| takes <= LONGEST, 12).await;
}

/// Two and a half minutes of waiting for timers.
#[tokio::test]
#[ignore = "waits for timers of up to 140 s"]
async fn what_takes_long_passes() {
    check(|takes| takes > LONGEST && takes <= TOO_LONG, 1).await;
}

/// Plays defects, each with a client that has it, and demands what `prove` demands in the simulated network.
async fn check_defects(chosen: impl Fn(&Defect) -> bool) {
    let loaded = loaded().await;
    let defects =
        defect::load(&loaded.files, &loaded.catalogue, &loaded.features).unwrap_or_else(|w| panic!("{}", w[0]));
    let jobs: Vec<(&Defect, &Plan, &str)> = defects
        .iter()
        .filter(|defect| chosen(defect))
        .filter_map(|defect| {
            let plan = loaded.plans.iter().find(|plan| plan.case.address == defect.case)?;
            let role =
                ["im-client", "cpm-client"].into_iter().find(|role| plan.case.tags.iter().any(|tag| tag == role))?;
            (takes(&loaded, plan) <= LONGEST).then_some((defect, plan, role))
        })
        .collect();
    assert!(jobs.len() >= 6, "{} defects", jobs.len());
    let wrong: Vec<String> = in_parallel(jobs, |place, (defect, plan, role)| {
        let sut = system(place, role, &[&defect.words]);
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
        missed.into_iter().chain(overreached).collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is sent, what is heard and what is decided wrongly, in every mode and by either side.
#[tokio::test]
async fn what_is_wrong_is_found() {
    const CHOSEN: &[&str] = &[
        "IM-9.1.1.2-5a",
        "IM-9.2.2-7.1",
        "IM-9.4.2-close.1",
        "IM-7.1.1.2-2",
        "IM-7.1.2.2-2",
        "IM-8.1-2.2",
        "IM-12.1.1-intro.3",
        "RFC3428-7-5",
        "RFC5438-7.2.1-1",
        "CPM-7.3.2.2-200",
    ];
    check_defects(|defect| CHOSEN.contains(&defect.requirement.as_str())).await;
}

#[tokio::test]
#[ignore = "plays every defect: minutes"]
async fn whatever_is_wrong_is_found() {
    check_defects(|_| true).await;
}
