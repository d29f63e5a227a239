//! A store whose process dies: no message is lost, and none is given twice but the one that was on its way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use imspec::actors::Actor;
use imspec::actors::act::Act;
use imspec::actors::store::Storage;
use imspec::net::NodeId;
use imspec::net::store::Durable;
use imspec::script::feature::Selection;
use imspec::script::files::Files;
use imspec::script::home::Home;
use imspec::script::load::load;
use imspec::script::plan::Plan;
use imspec::script::simulate::{Bug, Stage};
use imspec::script::stored::stored;
use imspec::time::Time;
use imspec::trace::{Observation, Seen};

const DELIVERY: &str = "im/12.4.2.2/everything-in-one-session";
const KEEPING: &str = "im/12.4.2.1/a-large-message";
/// What tells the test binary that it is the process that dies.
const CHILD: &str = "IMSPEC_TEST_DIES_WITH";

/// A scenario by its address; reading the features takes longer than all the rest.
fn scenario(address: &str) -> (Plan, Home) {
    static KNOWN: Mutex<BTreeMap<String, (Plan, Home)>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    known.entry(address.to_owned()).or_insert_with(|| read(address)).clone()
}

fn read(address: &str) -> (Plan, Home) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let chosen = Selection::parse(&[address.to_owned()], None, None).unwrap();
    let loaded = runtime.block_on(load(Files::embedded(), &chosen)).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
    let [plan] = loaded.plans.try_into().unwrap_or_else(|_| panic!("{address} is not one scenario"));
    (plan, loaded.home)
}

/// A scenario with the store's messages in a file.
struct Play {
    stage: Stage,
    plan: Plan,
    home: Home,
}

impl Play {
    fn new(address: &str, path: &Path) -> Play {
        let (plan, home) = scenario(address);
        let mut stage = Stage::new(&plan, &home, 1, &Bug::None);
        let storage = Durable::open(path).unwrap();
        let ids = (0..stage.network.names().len()).map(NodeId);
        let store = ids.into_iter().find(|id| matches!(stage.network.node(*id), Actor::Store(_))).unwrap();
        let Actor::Store(actor) = stage.network.node_mut(store) else { unreachable!() };
        actor.keep_in(Box::new(storage));
        Play { stage, plan, home }
    }

    fn act(&mut self, name: &str, act: Act) {
        let id = self.stage.client(name).unwrap();
        self.stage.act(id, act);
    }

    /// Lets one thing happen; false where nothing is left to happen for a while.
    fn step(&mut self) -> bool {
        let mut asked = 0;
        let until = self.stage.network.now() + Duration::from_secs(60);
        self.stage.run(until, |_| {
            asked += 1;
            asked > 1
        });
        self.stage.network.now() < until
    }

    fn run(&mut self) {
        while self.step() {}
    }

    /// How many MSRP messages with that text were seen.
    fn saw(&self, text: &str) -> usize {
        let holds = |seen: &Observation| match &seen.what {
            Seen::Data(octets) => octets.starts_with(b"MSRP ") && String::from_utf8_lossy(octets).contains(text),
            _ => false,
        };
        self.stage.network.observations().iter().filter(|seen| holds(seen)).count()
    }

    /// What a user was told of that kind, in order.
    fn told(&self, name: &str, event: &str) -> Vec<String> {
        let told = self.stage.told.iter().map(|(_, told): &(Time, _)| told);
        told.filter(|told| told.party == name && told.name == event).map(|told| told.about.clone()).collect()
    }
}

/// Puts the messages that the scenario's store holds into a file.
fn fill(address: &str, path: &Path) -> Vec<String> {
    let (plan, home) = scenario(address);
    let mut storage = Durable::open(path).unwrap();
    let messages = plan.stores().into_iter().flat_map(|kept| stored(&plan, &home, kept));
    messages
        .map(|message| {
            storage.store(&message.stored()).unwrap();
            message.message_id
        })
        .collect()
}

/// Delivers what is in the file; what the user gets, by Message-ID.
fn deliver(path: &Path) -> Vec<String> {
    let mut play = Play::new(DELIVERY, path);
    play.act("Alice", Act::Register);
    play.run();
    play.told("Alice", "message")
}

fn waiting(path: &Path, owner: &str) -> usize {
    Durable::open(path).unwrap().list(owner).unwrap().len()
}

#[test]
fn wherever_a_delivery_dies_the_next_process_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages");
    let all = fill(DELIVERY, &path);
    let mut play = Play::new(DELIVERY, &path);
    play.act("Alice", Act::Register);
    // What the file holds, and what Alice has, after each event that changes one of them: what a process that is killed
    // there leaves behind.
    let mut cuts: Vec<(PathBuf, Vec<u8>, Vec<String>)> = Vec::new();
    loop {
        let (file, told) = (std::fs::read(&path).unwrap(), play.told("Alice", "message"));
        if cuts.last().is_none_or(|(_, before, had)| *before != file || *had != told) {
            let copy = folder.path().join(format!("cut-{}", cuts.len()));
            std::fs::write(&copy, &file).unwrap();
            cuts.push((copy, file, told));
        }
        if !play.step() {
            break;
        }
    }
    assert!(cuts.len() >= 7, "each message is got, and deleted: {} states", cuts.len());
    let alice = play.home.address_of("Alice");
    assert_eq!(play.plan.case.address, DELIVERY);
    for (copy, _, had) in &cuts {
        let before = waiting(copy, &alice);
        let got = deliver(copy);
        assert_eq!(got.len(), before, "{had:?}");
        assert_eq!(waiting(copy, &alice), 0, "{had:?}");
        let lost: Vec<&String> = all.iter().filter(|id| !had.contains(id) && !got.contains(id)).collect();
        assert!(lost.is_empty(), "{lost:?} lost after {had:?}");
        // Alice has it, but her 200 did not reach the store: by its Message-ID she knows it again.
        let twice: Vec<&String> = had.iter().filter(|id| got.contains(id)).collect();
        assert!(twice.len() <= 1 && twice.iter().all(|id| Some(*id) == had.last()), "{twice:?} again after {had:?}");
    }
}

#[test]
fn a_process_that_is_killed_in_mid_delivery_loses_and_repeats_nothing() {
    if let Some(path) = std::env::var_os(CHILD) {
        let mut play = Play::new(DELIVERY, Path::new(&path));
        play.act("Alice", Act::Register);
        // Until the second message is acknowledged, and the third is on its way.
        while play.saw("Content-Type: message/cpim") < 3 && play.step() {}
        // No destructor runs, as none does when a process is killed.
        std::process::abort();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages");
    let all = fill(DELIVERY, &path);
    let name = "a_process_that_is_killed_in_mid_delivery_loses_and_repeats_nothing";
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let died = child.args(["--exact", name]).env(CHILD, &path).output().unwrap();
    assert!(!died.status.success(), "it was to die");
    assert_eq!(deliver(&path), all[2..], "{}", String::from_utf8_lossy(&died.stderr));
}

#[test]
fn who_is_told_of_success_sent_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages");
    let mut play = Play::new(KEEPING, &path);
    let (plan, home) = scenario(KEEPING);
    play.act("Alice", Act::Register);
    play.run();
    let (_, to, size, sending) = plan.sends().unwrap();
    let sending = imspec::script::case::sending(to, size, sending, |name| home.address_of(name));
    play.act("Alice", Act::Send(Box::new(sending)));
    let copy = folder.path().join("copy");
    let (mut kept, mut promised) = (false, false);
    while play.step() {
        // Once the 200 to the last chunk or the report has left the store, the message is in the file.
        promised |= play.saw(" REPORT\r\n") > 0;
        std::fs::copy(&path, &copy).unwrap();
        kept = waiting(&copy, &home.address_of("Bob")) == 1;
        assert!(kept || !promised, "the sender was promised what is not kept");
        if promised {
            break;
        }
    }
    assert!(kept && promised);
}
