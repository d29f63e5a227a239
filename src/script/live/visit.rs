//! A visit to a system outside of any scenario: it is started and set up, registers, and clients of ours ask it things.
//!
//! It must not know what is concluded from what is heard.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::director::Director;
use super::outfit::Outfit;
use super::programs::user_of;
use super::queue::Player as _;
use super::stage::Stage;
use super::{CorePlace, LiveError, Options, Place};
use crate::actors::act::Act;
use crate::judge::Cast;
use crate::judge::finding::Place as Source;
use crate::net::sockets::{Reach, opened};
use crate::script::feature::Case;
use crate::script::plan::{Arranged, Arrangement, Client, Person, Plan};
use crate::script::sut::{SystemUnderTest, Transport};
use crate::time::Time;
use crate::trace::{self, Observation, Streams, What};
use crate::wire::sip::Message;

/// A system that is visited.
pub struct Visit<'a> {
    plan: Plan,
    director: Director<'a>,
    stage: Stage<'a>,
    ear: Ear,
}

/// A SIP message between the system and anybody.
#[derive(Clone, Debug)]
pub struct Heard {
    pub at: Time,
    pub from_system: bool,
    /// The other end.
    pub other: SocketAddr,
    pub tcp: bool,
    pub message: Arc<Message>,
}

/// The final answer of the system to a request of ours.
#[derive(Clone, Debug)]
pub struct Answer {
    pub message: Arc<Message>,
    /// Since the request left for the system.
    pub after: Duration,
    /// The request came to the system over TCP.
    pub tcp: bool,
}

impl Answer {
    pub fn status(&self) -> u16 {
        self.message.status().unwrap_or_default()
    }
}

/// Who may be somebody in a scenario, in the order of their clients' addresses.
pub const PEOPLE: &[&str] = &["Alice", "Bob", "Carol", "Dave"];
/// How long a machine may take to answer: nobody but a program has to do with it.
const MACHINE: Duration = Duration::from_secs(10);
/// How long our own registrations, and what comes after an answer, may take.
const SETTLING: Duration = Duration::from_secs(5);

impl<'a> Visit<'a> {
    /// Takes all addresses that a visit needs.
    pub async fn new(
        place: &'a Place,
        options: &'a Options,
        stop: &'a AtomicBool,
        outfit: &'a Outfit,
    ) -> Result<Visit<'a>, LiveError> {
        let director = Director::new(place, options, stop, outfit);
        let plan = visiting(&place.sut, 3);
        let stage = director.stage(&plan).await?;
        let ear = Ear::of(&stage.cast, &plan);
        Ok(Visit { plan, director, stage, ear })
    }

    /// Starts the system where its file says how, and waits until it is ready.
    pub async fn start(&mut self) -> Result<(), LiveError> {
        self.director.start_core().await?;
        self.director.start(&mut self.stage).await
    }

    /// Starts it afresh where its file says that each case wants that.
    pub async fn renew(&mut self) -> Result<(), LiveError> {
        if self.director.sut.start.as_ref().is_some_and(|start| start.each_case) {
            self.director.programs.end(false).await;
            self.director.start(&mut self.stage).await?;
        }
        Ok(())
    }

    /// Waits until somebody has its SIP port; gives what is known of it at the end.
    pub async fn opened(&mut self, limit: Duration) -> Result<Reach, LiveError> {
        let (address, tcp) = (self.director.sut.sip, self.director.sut.transport != Transport::Udp);
        // It may want to register before that.
        tokio::select! {
            reached = opened(address, tcp, limit) => Ok(reached),
            ran = self.stage.run(&mut self.director.programs, limit * 2, |_| false) => {
                ran?;
                Ok(Reach::Silent)
            }
        }
    }

    /// Has it set up for a visit; says how that failed.
    pub async fn arrange(&mut self) -> Result<Option<String>, LiveError> {
        if self.director.arrange(&self.plan, &mut self.stage).await? {
            return Ok(None);
        }
        Ok(Some(self.failure().unwrap_or_else(|| "it did not say that it was done".to_owned())))
    }

    /// How its stimulus or a program of it failed.
    pub fn failure(&mut self) -> Option<String> {
        self.director.programs.failure()
    }

    /// What is wrong with the certificates that it has shown for SIP.
    pub fn doubts(&self) -> impl Iterator<Item = &str> {
        self.stage.doubts()
    }

    /// Lets our own people register; says whether all could.
    pub async fn gather(&mut self) -> Result<bool, LiveError> {
        Ok(self.stage.register(&mut self.director.programs, SETTLING).await?)
    }

    /// Tells the system to register; says whether the core then knows where it is.
    pub async fn register(&mut self) -> Result<bool, LiveError> {
        self.director.programs.act(user_of(&self.stage.address), &Act::Register);
        let wait = self.director.sut.answer_wait();
        let bound = self.stage.await_registration(&mut self.director.programs, wait).await?;
        self.settle().await?;
        Ok(bound)
    }

    /// Asks the system what it can do, by a request of at least so many octets.
    pub async fn ask(&mut self, octets: usize) -> Result<Option<Answer>, LiveError> {
        let uri = self.uri();
        let peer = self.peer();
        let mark = self.mark();
        self.stage.ask(peer, &uri, octets);
        self.answer(mark, "OPTIONS", self.director.sut.answer_wait().min(MACHINE)).await
    }

    /// Lets one of our clients do something that is a request to the system of that method; gives its final answer. What
    /// comes of it goes on until [`Visit::part`].
    pub async fn act(&mut self, act: Act, method: &str) -> Result<Option<Answer>, LiveError> {
        let mark = self.mark();
        let peer = self.peer();
        self.stage.act(peer, act);
        let answer = self.answer(mark, method, self.director.sut.answer_wait()).await?;
        match answer {
            Some(_) => self.settle().await?,
            None if method == "INVITE" => self.stage.act(peer, Act::Cancel),
            None => {}
        }
        Ok(answer)
    }

    /// Ends what our clients have with the system.
    pub async fn part(&mut self) -> Result<(), LiveError> {
        Ok(self.stage.part().await?)
    }

    /// Has the user of the system do something; gives the first request outside of dialogs, but REGISTER, that comes of it.
    pub async fn tell(&mut self, act: &Act) -> Result<Option<Arc<Message>>, LiveError> {
        let mark = self.mark();
        self.director.programs.act(user_of(&self.stage.address), act);
        let wait = self.director.sut.answer_wait();
        let begins = |heard: &Heard| {
            heard.from_system
                && heard.message.status().is_none()
                && !["REGISTER", "ACK"].contains(&heard.message.method())
        };
        self.hear(wait, |heard| heard[mark..].iter().any(begins)).await?;
        self.settle().await?;
        Ok(self.ear.heard[mark..].iter().find(|heard| begins(heard)).map(|heard| heard.message.clone()))
    }

    /// All that went between the system and others until now.
    pub fn heard(&mut self) -> &[Heard] {
        self.mark();
        &self.ear.heard
    }

    /// The address of record of the system where it is a client.
    pub fn address(&self) -> &str {
        &self.stage.address
    }

    /// The address of record of one of our people, by his place among those who are not the system.
    pub fn person(&self, nth: usize) -> String {
        let ours: Vec<&str> = self.plan.names().into_iter().filter(|name| *name != self.plan.under_test).collect();
        self.director.sides.system.address_of(ours.get(nth).copied().unwrap_or_default())
    }

    pub fn is_interrupted(&self) -> bool {
        self.stage.is_interrupted()
    }

    /// Ends what was started.
    pub async fn end(mut self) -> Result<(), LiveError> {
        let parted = self.stage.part().await;
        self.director.end().await;
        Ok(parted?)
    }

    /// The first of our people, whose client asks.
    fn peer(&self) -> &'static str {
        PEOPLE.iter().find(|name| **name != self.plan.under_test).copied().unwrap_or_default()
    }

    /// Where the system is asked: at its address of record once the core knows where it is, else where it takes SIP.
    fn uri(&self) -> String {
        let (sut, user) = (self.director.sut, user_of(&self.stage.address));
        let transport = match sut.transport {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
        };
        match (self.plan.tests_server(), self.stage.has_registered()) {
            (true, _) => format!("sip:{}", sut.sip),
            (false, true) => self.stage.address.clone(),
            (false, false) => format!("sip:{user}@{}{transport}", sut.sip),
        }
    }

    fn mark(&mut self) -> usize {
        self.ear.take(self.stage.live.observations());
        self.ear.heard.len()
    }

    /// Runs until the system answers a request of that method that came to it after the mark.
    async fn answer(&mut self, mark: usize, method: &str, limit: Duration) -> Result<Option<Answer>, LiveError> {
        self.hear(limit, |heard| answer_in(&heard[mark..], method).is_some()).await?;
        Ok(answer_in(&self.ear.heard[mark..], method))
    }

    async fn settle(&mut self) -> Result<(), LiveError> {
        self.stage.settle(&mut self.director.programs, SETTLING).await?;
        self.mark();
        Ok(())
    }

    async fn hear(&mut self, limit: Duration, mut until: impl FnMut(&[Heard]) -> bool) -> Result<(), LiveError> {
        let Visit { stage, director, ear, .. } = self;
        stage
            .run(&mut director.programs, limit, |live| {
                ear.take(live.observations());
                until(&ear.heard)
            })
            .await?;
        Ok(())
    }
}

/// What is heard of the system.
pub(super) struct Ear {
    cast: Cast,
    /// What plans call the system.
    system: String,
    streams: Streams,
    scanned: usize,
    pub(super) heard: Vec<Heard>,
}

impl Ear {
    pub(super) fn of(cast: &Cast, plan: &Plan) -> Ear {
        let (cast, system) = (cast.clone(), plan.under_test.clone());
        Ear { cast, system, streams: Streams::default(), scanned: 0, heard: Vec::new() }
    }

    pub(super) fn take(&mut self, seen: &[Observation]) {
        let fresh = seen.get(self.scanned..).unwrap_or_default();
        self.scanned = seen.len();
        let (cast, system, heard) = (&self.cast, &self.system, &mut self.heard);
        for observation in fresh {
            self.streams.take(observation.clone(), |unit| {
                let from_system = cast.is_at(system, unit.src);
                if let What::Sip { message, transport } = unit.what
                    && (from_system || cast.is_at(system, unit.dst))
                {
                    let other = if from_system { unit.dst } else { unit.src };
                    heard.push(Heard {
                        at: unit.at,
                        from_system,
                        other,
                        tcp: transport == trace::Transport::Tcp,
                        message,
                    });
                }
            });
        }
    }
}

/// The SIP messages that the system sent in a plan.
pub fn said(cast: &Cast, plan: &Plan, seen: &[Observation]) -> Vec<Arc<Message>> {
    let mut ear = Ear::of(cast, plan);
    ear.take(seen);
    ear.heard.into_iter().filter(|heard| heard.from_system).map(|heard| heard.message).collect()
}

/// The final answer of the system to the last request of that method.
fn answer_in(heard: &[Heard], method: &str) -> Option<Answer> {
    let is_final = |heard: &&Heard| {
        heard.from_system
            && heard.message.status() >= Some(200)
            && heard.message.cseq().is_some_and(|(_, m)| m == method)
    };
    let answer = heard.iter().find(is_final)?;
    let asked = |h: &&Heard| {
        !h.from_system
            && h.message.method() == method
            && h.message.status().is_none()
            && h.message.call_id() == answer.message.call_id()
    };
    let request = heard.iter().find(asked)?;
    // A request that went out again over another transport came by that one.
    let tcp = heard.iter().rfind(asked)?.tcp;
    Some(Answer { message: answer.message.clone(), after: answer.at.since(request.at), tcp })
}

/// What a visit is secured with.
pub fn outfit(place: &Place) -> Result<Outfit, LiveError> {
    let plan = visiting(&place.sut, PEOPLE.len());
    Outfit::new(&[plan], &[place.around()], None).map_err(LiveError::Certificates)
}

/// A plan of nothing with this system, and with so many people.
pub fn visiting(sut: &SystemUnderTest, people: usize) -> Plan {
    let client = match sut.client {
        Some(client) => client,
        None if sut.plays == "cpm-client" => Client::Cpm,
        None => Client::Im,
    };
    let role = sut.plays.contains('-');
    let under_test = match sut.server() {
        Some(server) => server.to_owned(),
        None if role => PEOPLE[0].to_owned(),
        None => sut.plays.clone(),
    };
    let mut names: Vec<String> = PEOPLE.iter().take(people).map(|name| (*name).to_owned()).collect();
    if sut.server().is_none() && !names.contains(&under_test) {
        names.push(under_test.clone());
    }
    let serves = Arrangement { who: "participating".to_owned(), what: Arranged::Serves(PEOPLE[0].to_owned(), true) };
    let arrangements = if under_test == serves.who { vec![serves] } else { Vec::new() };
    nothing_with(&under_test, names, client, arrangements)
}

/// A plan of nothing, with these people and arrangements.
pub(super) fn nothing_with(
    under_test: &str,
    names: Vec<String>,
    client: Client,
    arrangements: Vec<Arrangement>,
) -> Plan {
    let case = Case {
        address: "visit".to_owned(),
        spec: String::new(),
        subclause: String::new(),
        feature: String::new(),
        scenario: String::new(),
        tags: Vec::new(),
        place: Source::default(),
        steps: Vec::new(),
    };
    Plan {
        case: Arc::new(case),
        people: names.into_iter().map(|name| Person { name, client }).collect(),
        groups: Vec::new(),
        arrangements,
        under_test: under_test.to_owned(),
        ims: false,
        network: Vec::new(),
        acts: Vec::new(),
        checks: Vec::new(),
    }
}

/// What a visit to a core is secured with.
pub fn outfit_of_core(place: &CorePlace) -> Result<Outfit, LiveError> {
    let names = PEOPLE.iter().map(|name| (*name).to_owned()).collect();
    let plan = nothing_with("core", names, Client::Im, Vec::new());
    Outfit::new(&[plan], &[place.around()], None).map_err(LiveError::Certificates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::feature::Selection;
    use crate::script::files::Files;
    use crate::script::load::load;

    #[tokio::test]
    async fn no_scenario_has_more_people() {
        let loaded =
            load(Files::embedded(), &Selection::default()).await.unwrap_or_else(|wrong| panic!("{}", wrong[0]));
        for plan in &loaded.plans {
            assert!(plan.names().len() <= PEOPLE.len(), "{}: {:?}", plan.case.address, plan.names());
        }
    }

    #[test]
    fn a_visit_has_the_system_in_its_place() {
        #[track_caller]
        fn check(lines: &str, under_test: &str, people: &[&str], client: Client) {
            let sut = SystemUnderTest::parse("x.yaml", &format!("name: x\nsip: 192.0.2.1:5060\n{lines}")).unwrap();
            let plan = visiting(&sut, 2);
            assert_eq!((plan.under_test.as_str(), plan.names()), (under_test, people.to_vec()));
            assert!(plan.people.iter().all(|person| person.client == client));
        }
        check("plays: im-client", "Alice", &["Alice", "Bob"], Client::Im);
        check("plays: cpm-client", "Alice", &["Alice", "Bob"], Client::Cpm);
        check("plays: Bob\nclient: cpm", "Bob", &["Alice", "Bob"], Client::Cpm);
        check("plays: Carol", "Carol", &["Alice", "Bob", "Carol"], Client::Im);
        check("plays: controlling-function", "conference", &["Alice", "Bob"], Client::Im);
    }
}
