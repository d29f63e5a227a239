//! What live tests share: a home network that no other test of any process uses, and the run of one scenario in it.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use imspec::judge::CaseResult;
use imspec::net::capture::Format;
use imspec::script::feature::Selection;
use imspec::script::files::Files;
use imspec::script::home::{self, Home};
use imspec::script::live::{LiveError, Options, live};
use imspec::script::load::load;
use imspec::script::plan::Plan;
use imspec::script::sut::SystemUnderTest;
use imspec::script::yaml;

/// One scenario in a network of its own.
pub struct Network {
    pub plan: Plan,
    pub home: Home,
    prefix: String,
    folder: tempfile::TempDir,
}

impl Network {
    pub async fn new(address: &str) -> Network {
        static NEXT: AtomicU8 = AtomicU8::new(0);
        let [low, high, ..] = std::process::id().to_le_bytes();
        let mine = NEXT.fetch_add(1, Ordering::Relaxed) % 8;
        let prefix = format!("127.{}.{low}.", high % 31 * 8 + mine + 1);
        let files = Files::embedded();
        let text = files.get(home::PATH).unwrap().replace("127.0.0.", &prefix);
        let home = yaml::from_str(home::PATH, &text).unwrap();
        let chosen = Selection::parse(&[address.to_owned()], None, None).unwrap();
        let loaded = load(files, &chosen).await.unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let [plan] = loaded.plans.try_into().unwrap_or_else(|_| panic!("{address} is not one scenario"));
        Network { plan, home, prefix, folder: tempfile::tempdir().unwrap() }
    }

    /// Plays the scenario with the system that the text describes, its addresses moved into this network.
    pub async fn play(&self, system: &str, prompt: fn(&str)) -> Result<CaseResult, LiveError> {
        let system = format!("{}\nanswer-wait: 3\n", system.replace("127.0.0.", &self.prefix));
        let sut = SystemUnderTest::parse("system.yaml", &system).unwrap();
        let options = Options {
            seed: 1,
            captures: Some(self.folder.path().to_owned()),
            format: Format::PcapNg,
            profile: "im".to_owned(),
            file: "system.yaml".to_owned(),
            prompt,
            longest: None,
        };
        let plans = std::slice::from_ref(&self.plan);
        let (mut run, ended) = live(plans, &self.home, &sut, &options, &AtomicBool::new(false), &mut |_| {}).await;
        ended.map(|()| run.cases.remove(0)).map_err(|ended| ended.error)
    }

    /// Octets of the capture of a case.
    #[allow(dead_code, reason = "not every test binary looks at captures")]
    pub fn capture(&self, case: &CaseResult) -> Vec<u8> {
        std::fs::read(self.folder.path().join(case.capture.as_deref().unwrap())).unwrap()
    }
}
