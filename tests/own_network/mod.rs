//! What live tests share: a home network that no other test of any process uses, and the run of one scenario in it.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use imspec::judge::CaseResult;
use imspec::net::capture::Format;
use imspec::net::tamper::Tampering;
use imspec::script::Again;
use imspec::script::feature::Selection;
use imspec::script::files::Files;
use imspec::script::home::{self, Home};
use imspec::script::live::{self, Console, LiveError, Options, live};
use imspec::script::load::{Loaded, load};
use imspec::script::plan::{Arranged, Plan};
use imspec::script::simulate::{Bug, play};
use imspec::script::sut::SystemUnderTest;
use imspec::script::yaml;

/// A part of 127.0.0.0/8 that no other test of any process uses, as long as it is held.
pub struct Place {
    number: u8,
    prefix: String,
    first: u8,
}

/// The last octets of the addresses that scenarios and system files name are lower.
const BLOCK: u8 = 64;
/// Places of a process.
const PLACES: u8 = 32;

static TAKEN: (Mutex<u32>, Condvar) = (Mutex::new(0), Condvar::new());

impl Place {
    /// The next one that is free; waits for it.
    pub fn next() -> Place {
        let (taken, freed) = &TAKEN;
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let number = loop {
            match (0..PLACES).find(|number| *taken & (1 << number) == 0) {
                Some(number) => break number,
                None => taken = freed.wait(taken).unwrap_or_else(PoisonError::into_inner),
            }
        };
        *taken |= 1 << number;
        let [low, high, ..] = std::process::id().to_le_bytes();
        Place { number, prefix: format!("127.{}.{low}.", high % 31 * 8 + number % 8 + 1), first: number / 8 * BLOCK }
    }

    /// A text with every address 127.0.0.x in it moved into this place.
    pub fn moved(&self, text: &str) -> String {
        let mut parts = text.split("127.0.0.");
        let mut moved = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let last: u8 = part[..digits].parse().unwrap();
            assert!(last < BLOCK, "127.0.0.{last} has no room in a place");
            moved += &format!("{}{}{}", self.prefix, self.first + last, &part[digits..]);
        }
        moved
    }

    /// A plan with the addresses that its peers' changes name moved into this place.
    #[allow(dead_code, reason = "not every test binary moves plans")]
    pub fn moved_plan(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        for arrangement in &mut plan.arrangements {
            if let Arranged::Tampers(tampering) = &mut arrangement.what {
                let (message, change) = (tampering.selector.to_string(), self.moved(&tampering.change.to_string()));
                let read = Tampering::parse(&message, &change).unwrap_or_else(|_| panic!("{message}: {change}"));
                *tampering = Tampering { way: tampering.way, ..read };
            }
        }
        plan
    }

    /// The home network of the scenarios, moved into this place.
    pub fn home(&self) -> Home {
        yaml::from_str(home::PATH, &self.moved(Files::embedded().get(home::PATH).unwrap())).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *TAKEN.0.lock().unwrap_or_else(PoisonError::into_inner) &= !(1 << self.number);
        TAKEN.1.notify_one();
    }
}

/// Has so many workers take jobs until there are none left, each in a place of its own; gives what they made of them.
#[allow(dead_code, reason = "not every test binary plays many scenarios")]
pub fn in_parallel<J: Send, R: Send>(at_once: usize, jobs: Vec<J>, work: impl Fn(&Place, J) -> R + Sync) -> Vec<R> {
    let (jobs, made) = (Mutex::new(jobs), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..at_once {
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
#[allow(dead_code, reason = "not every test binary plays many scenarios")]
pub fn takes(loaded: &Loaded, plan: &Plan) -> Duration {
    let (seen, _) = play(plan, &loaded.home, 1, &Bug::None);
    let (first, last) = (seen.observations.first(), seen.observations.last());
    first.zip(last).map_or(Duration::ZERO, |(first, last)| last.at.since(first.at))
}

/// One scenario in a network of its own.
#[allow(dead_code, reason = "not every test binary plays single scenarios")]
pub struct Network {
    pub plan: Plan,
    pub home: Home,
    place: Place,
    folder: tempfile::TempDir,
}

#[allow(dead_code, reason = "not every test binary plays single scenarios")]
impl Network {
    pub async fn new(address: &str) -> Network {
        let place = Place::next();
        let home = place.home();
        let files = Files::embedded();
        let chosen = Selection::parse(&[address.to_owned()], None, None).unwrap();
        let loaded = load(files, &chosen).await.unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let [plan] = loaded.plans.try_into().unwrap_or_else(|_| panic!("{address} is not one scenario"));
        Network { plan, home, place, folder: tempfile::tempdir().unwrap() }
    }

    /// Plays the scenario with the system that the text describes, its addresses moved into this network.
    pub async fn play(&self, system: &str, prompt: fn(&str)) -> Result<CaseResult, LiveError> {
        let system = format!("{}\nanswer-wait: 3\n", self.place.moved(system));
        let sut = SystemUnderTest::parse("system.yaml", &system).unwrap();
        let options = Options {
            seed: 1,
            captures: Some(self.folder.path().to_owned()),
            format: Format::PcapNg,
            profile: "im".to_owned(),
            file: "system.yaml".to_owned(),
            console: Console { show: prompt, confirm: || false },
            longest: None,
            again: Again::default(),
        };
        let plans = std::slice::from_ref(&self.plan);
        let places = [live::Place::new(self.home.clone(), sut)];
        let go_on = &mut |_: &CaseResult| ControlFlow::Continue(());
        let (mut run, ended) = live(plans, &places, &options, &AtomicBool::new(false), go_on).await;
        ended.map(|()| run.cases.remove(0)).map_err(|ended| ended.error)
    }

    /// The address of a host of this network by its last number.
    #[allow(dead_code, reason = "not every test binary has hosts of its own")]
    pub fn host(&self, number: u8) -> std::net::IpAddr {
        self.place.moved(&format!("127.0.0.{number}")).parse().unwrap()
    }

    /// Octets of the capture of a case.
    #[allow(dead_code, reason = "not every test binary looks at captures")]
    pub fn capture(&self, case: &CaseResult) -> Vec<u8> {
        std::fs::read(self.folder.path().join(case.capture.as_deref().unwrap())).unwrap()
    }
}
