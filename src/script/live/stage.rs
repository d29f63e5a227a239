//! Our actors around a system under test, on real sockets.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::cable::LiveCable;
use super::occasions::Occasions;
use super::outfit::Outfit;
use super::programs::{Programs, user_of};
use super::rest::{self, Rest};
use super::sides::Sides;
use crate::actors::Actor;
use crate::actors::act::Act;
use crate::actors::client::{Client, Switches};
use crate::actors::edge::{self, Edge};
use crate::judge::{Cast, Endpoint};
use crate::net::tamper::TamperedLink;
use crate::net::{Live, NodeId, SocketError};
use crate::script::home::{Home, Protection};
use crate::script::plan::{Arranged, Plan, called};
use crate::script::simulate::build;
use crate::script::simulate::provision::servers;
use crate::script::sut::{Stimulus, SystemUnderTest, ThirdPartyCore, Transport};
use crate::stack::IdSource;
use crate::stack::digest::Account;
use crate::time::Time;
use crate::trace::UserEvent;

/// What had come at some time.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    seen: usize,
    told: usize,
}

/// Everybody of a plan but the system under test.
pub struct Stage<'a> {
    pub live: Live<Actor>,
    pub told: Vec<(Time, UserEvent)>,
    pub cast: Cast,
    /// Address of record of the system where it is a client.
    pub address: String,
    /// Where ports tell who is who: of how many connections that ours opened the cast knows the ports.
    known_ports: Option<usize>,
    core: NodeId,
    people: Vec<(String, NodeId)>,
    /// Those of them who do not register at the beginning.
    offline: Vec<String>,
    /// Everybody of ours, by the name that the cast has for him.
    nodes: Vec<(NodeId, String)>,
    /// In whose place the system plays.
    pub person: String,
    stop: &'a AtomicBool,
    occasions: Occasions,
    /// What is wrong with the certificates that the system showed for SIP.
    doubts: BTreeSet<String>,
}

/// How long our clients ring before their users take what is theirs to take: time enough for the system to be told what
/// its user does meanwhile.
const RINGS: Duration = Duration::from_millis(1500);
/// The same where the system has no user.
const RINGS_WITH_SERVER: Duration = Duration::from_millis(500);
/// The same where the user of the system is a person who is asked for it.
const RINGS_FOR_PEOPLE: Duration = Duration::from_secs(15);

impl<'a> Stage<'a> {
    /// Builds them. The same seed would give the same Call-IDs again, so that a system that goes on running took requests
    /// for repeats: the clock goes into it.
    pub fn new(
        plan: &Plan,
        sides: &Sides,
        sut: &SystemUnderTest,
        theirs: Option<&ThirdPartyCore>,
        outfit: &Outfit,
        seed: u64,
        stop: &'a AtomicBool,
    ) -> Result<Stage<'a>, SocketError> {
        let home = &sides.system;
        let person = plan.under_test.clone();
        let address = address_of(&person, plan, home, sut);
        let mut live = Live::new();
        let seed = seed ^ live.now().0;
        let mut core = build::core(plan, home, seed, own_account(plan, sut, &address).into_iter());
        if let (Actor::Core(core), false) = (&mut core, sut.registers || plan.tests_server()) {
            let transport = match sut.transport {
                Transport::Udp => "",
                Transport::Tcp => ";transport=tcp",
                Transport::Tls => ";transport=tls",
            };
            core.provision(user_of(&address), format!("sip:{}@{}{transport}", user_of(&address), sut.sip));
        }
        // Over TLS nobody listens for datagrams.
        let mut add = |home: &Home, called: &str, name: &str, at: SocketAddr, actor: Actor| {
            let datagrams = (home.sip_security == Protection::None).then_some(at);
            live.add_secured(called, datagrams.as_slice(), outfit.credentials(name).as_ref(), actor)
        };
        // Where the core is somebody else's, ours are around it, and the system behind its edge.
        let core = match theirs {
            Some(_) => add(home, "edge", "core", home.core, edge(sides, sut, seed))?,
            None => add(home, "SIP/IP core", "core", home.core, core)?,
        };
        let mut people = Vec::new();
        let mut tampered = vec![(core, "core")];
        let ours = |name: &&str| *name != person && theirs.is_none_or(|core| core.leaves_to_us(name));
        for name in servers(plan).filter(ours) {
            let home = &sides.servers;
            let (Some(at), Some(server)) = (home.server(name), build::server(plan, home, name, seed)) else { continue };
            let id = add(home, called(name), name, at, server)?;
            tampered.push((id, name));
        }
        for (nth, name) in plan.names().into_iter().enumerate().filter(|(_, name)| *name != person) {
            let home = &sides.clients;
            let mut config = build::client_config(plan, home, nth, name, seed, Switches::default());
            if !plan.arrangements.iter().any(|a| a.who == name && matches!(a.what, Arranged::Hesitates(_))) {
                config.rings = match sut.stimulus {
                    _ if plan.tests_server() => RINGS_WITH_SERVER,
                    Stimulus::Prompt => RINGS_FOR_PEOPLE,
                    _ => RINGS,
                };
            }
            if let Some(theirs) = theirs {
                config = super::core::outfitted(config, theirs, name);
            }
            let sip = home.client_sip(nth);
            let id = add(home, name, name, sip, Actor::Client(Box::new(Client::new(config))))?;
            tampered.push((id, name));
            people.push((name.to_owned(), id));
        }
        let nodes = tampered.iter().map(|(id, name)| (*id, (*name).to_owned())).collect();
        for (id, name) in tampered {
            let changes = build::tamperings(plan, home, name);
            let pace = super::core::pace(plan, name);
            // Its peers' links do already to what it sends and hears what the network does.
            let network = if id == core { &[] } else { plan.network.as_slice() };
            if !(changes.is_empty() && network.is_empty() && pace.is_zero()) {
                let cable = LiveCable::new(TamperedLink::new(changes), network, pace, seed ^ id.0 as u64);
                live.set_link(id, Box::new(cable));
            }
        }
        let cast = cast(plan, home, sut, theirs, &address);
        let told = Vec::new();
        let offline = plan.names().into_iter().filter(|name| plan.is_offline(name)).map(str::to_owned).collect();
        let occasions = Occasions::new(plan, sut);
        let known_ports = if home.is_one_host() { Some(0) } else { None };
        Ok(Stage {
            live,
            told,
            cast,
            address,
            known_ports,
            core,
            people,
            offline,
            nodes,
            person,
            stop,
            occasions,
            doubts: BTreeSet::new(),
        })
    }

    /// Lets one of our users act; nothing where nobody of ours has that name.
    pub fn act(&mut self, name: &str, act: Act) {
        let Some((_, id)) = self.people.iter().find(|(n, _)| n == name) else { return };
        let now = self.live.now();
        self.live.node_mut(*id).act(now, act);
        self.live.kick(*id);
    }

    /// Has the client of one of our users ask somebody what he can do, by a request of at least so many octets.
    pub fn ask(&mut self, name: &str, uri: &str, octets: usize) {
        let Some((_, id)) = self.people.iter().find(|(n, _)| n == name) else { return };
        let now = self.live.now();
        if let Actor::Client(client) = self.live.node_mut(*id) {
            client.ask(now, uri, octets);
        }
        self.live.kick(*id);
    }

    /// Lets our users register; says whether all could.
    pub async fn register(&mut self, programs: &mut Programs<'_>, limit: Duration) -> Result<bool, SocketError> {
        let mut people = self.people.clone();
        people.retain(|(name, _)| !self.offline.contains(name));
        for (_, id) in &people {
            let now = self.live.now();
            self.live.node_mut(*id).act(now, Act::Register);
            self.live.kick(*id);
        }
        let all = move |live: &Live<Actor>| people.iter().all(|(_, id)| live.node(*id).is_registered());
        self.run(programs, limit, all.clone()).await?;
        Ok(all(&self.live))
    }

    /// Runs until the system has registered; says whether it did.
    pub async fn await_registration(
        &mut self,
        programs: &mut Programs<'_>,
        limit: Duration,
    ) -> Result<bool, SocketError> {
        let (core, user) = (self.core, user_of(&self.address).to_owned());
        self.run(programs, limit, move |live| is_bound(live, core, &user)).await?;
        Ok(self.has_registered())
    }

    /// Whether the core knows where the system is.
    pub fn has_registered(&self) -> bool {
        is_bound(&self.live, self.core, user_of(&self.address))
    }

    /// Runs for `limit`, or until the condition holds or the run is interrupted. The user of the system does meanwhile what
    /// he does on occasion.
    pub async fn run(
        &mut self,
        programs: &mut Programs<'_>,
        limit: Duration,
        mut until: impl FnMut(&Live<Actor>) -> bool,
    ) -> Result<(), SocketError> {
        let Stage { live, told, person, stop, occasions, cast, address, known_ports, nodes, .. } = self;
        live.run(limit, |live| {
            if let Some(known) = known_ports {
                learn(cast, nodes, live.ports().get(*known..).unwrap_or_default());
                *known = live.ports().len();
            }
            programs.listen(live.now(), person, told);
            for act in occasions.look(live.now(), cast, live.observations()) {
                programs.act(user_of(address), &act);
            }
            stop.load(Ordering::Relaxed) || until(live)
        })
        .await?;
        for trouble in self.live.take_troubles() {
            programs.note(trouble.to_string());
        }
        let its = |remote| self.cast.is_at(&self.cast.under_test, remote);
        let doubts = self.live.take_doubts().into_iter().filter(|doubt| its(doubt.remote));
        self.doubts.extend(doubts.map(|doubt| doubt.what));
        for (name, id) in &self.people {
            for (at, event) in self.live.node_mut(*id).told() {
                self.told.push((at, UserEvent { party: name.clone(), name: event.event, about: event.about }));
            }
        }
        self.told.sort_by_key(|(at, _)| *at);
        Ok(())
    }

    /// What is wrong with the certificates that the system has shown for SIP, a sentence each.
    pub fn doubts(&self) -> impl Iterator<Item = &str> {
        self.doubts.iter().map(String::as_str)
    }

    /// What has come until now, to be compared with what comes later.
    pub fn mark(&self) -> Mark {
        Mark { seen: self.live.observations().len(), told: self.told_by_system() }
    }

    /// Runs until something comes from the system after the mark; says whether it did.
    pub async fn await_word(
        &mut self,
        programs: &mut Programs<'_>,
        limit: Duration,
        mark: Mark,
    ) -> Result<bool, SocketError> {
        let until = self.live.now() + limit;
        let (cast, person, mut scanned, mut heard) = (self.cast.clone(), self.person.clone(), mark.seen, false);
        loop {
            let left = until.since(self.live.now()).min(rest::LOOK);
            self.run(programs, left, |live| {
                let all = live.observations();
                let ours = |address| live.ports().iter().any(|(_, port)| *port == address);
                let its = |src| cast.is_at(&person, src) && !ours(src);
                heard |= all.get(scanned..).unwrap_or_default().iter().any(|o| its(o.src));
                scanned = all.len();
                heard
            })
            .await?;
            heard |= self.told_by_system() > mark.told;
            if heard || self.is_interrupted() || self.live.now() >= until || programs.failure().is_some() {
                return Ok(heard);
            }
        }
    }

    /// Runs until what began has come to rest.
    pub async fn settle(&mut self, programs: &mut Programs<'_>, limit: Duration) -> Result<(), SocketError> {
        let mut rest = Rest::within(&self.live, limit);
        while !rest.has_come(&self.live, self.is_busy()) && !self.is_interrupted() {
            self.run(programs, rest::LOOK, |_| false).await?;
        }
        Ok(())
    }

    /// Ends what our clients have with the system, so that the next case finds it at rest.
    pub async fn part(&mut self) -> Result<(), SocketError> {
        let people: Vec<NodeId> = self.people.iter().map(|(_, id)| *id).collect();
        super::core::hang_up(&mut self.live, &people, self.stop).await
    }

    /// Takes the registrations of our clients back at a core that goes on without them.
    pub async fn unregister(&mut self, limit: Duration) -> Result<(), SocketError> {
        let people: Vec<NodeId> = self.people.iter().map(|(_, id)| *id).collect();
        super::core::unregister(&mut self.live, &people, limit).await
    }

    fn told_by_system(&self) -> usize {
        self.told.iter().filter(|(_, event)| event.party == self.person).count()
    }

    pub fn is_interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether one of our actors is in the middle of something, or the user of the system is about to be told something.
    pub fn is_busy(&self) -> bool {
        self.occasions.are_pending() || self.nodes.iter().any(|(id, _)| self.live.node(*id).is_busy())
    }
}

/// Notes whose the ports are that connections of ours were opened from.
fn learn(cast: &mut Cast, nodes: &[(NodeId, String)], ports: &[(NodeId, SocketAddr)]) {
    for (id, port) in ports {
        let name = nodes.iter().find(|(node, _)| node == id).map(|(_, name)| name);
        if let Some(party) = cast.parties.iter_mut().find(|party| Some(&party.name) == name) {
            party.endpoints.push(Endpoint::from(*port));
        }
    }
}

/// Whether the core, or the edge before it, knows where that user is.
fn is_bound(live: &Live<Actor>, core: NodeId, user: &str) -> bool {
    match live.node(core) {
        Actor::Core(core) => core.has_binding(user),
        Actor::Edge(edge) => edge.is_registered(),
        _ => false,
    }
}

/// The edge between the system and a core of somebody else, which is to be found where it has its peers of that kind.
fn edge(sides: &Sides, sut: &SystemUnderTest, seed: u64) -> Actor {
    let ids = IdSource::new(seed, "edge");
    let core = if sut.server().is_some() { sides.servers.core } else { sides.clients.core };
    let (sip, security) = (sides.system.core, sides.system.security("core"));
    Actor::Edge(Box::new(Edge::new(edge::Config { sip, core, system: sut.sip, security, ids })))
}

/// What the system answers with where the core asks for a password.
fn own_account(plan: &Plan, sut: &SystemUnderTest, address: &str) -> Option<Account> {
    let user = user_of(address).to_ascii_lowercase();
    let password = plan.demand().and(sut.password.as_ref())?.replace("{user}", &user);
    Some(Account { user, password })
}

/// A person's address of record, which for the system is its own.
pub fn address_of(name: &str, plan: &Plan, home: &Home, sut: &SystemUnderTest) -> String {
    match &sut.address {
        Some(address) if name == plan.under_test => address.clone(),
        _ => home.address_of(name),
    }
}

/// Everybody of a plan, with the system where its file says that it is.
pub fn cast(plan: &Plan, home: &Home, sut: &SystemUnderTest, theirs: Option<&ThirdPartyCore>, address: &str) -> Cast {
    let mut cast = home.cast(plan);
    if let Some(theirs) = theirs {
        cast = theirs.cast(cast, plan);
    }
    if let Some(party) = cast.parties.iter_mut().find(|party| party.name == plan.under_test) {
        if !plan.tests_server() {
            party.address = address.to_owned();
        }
        party.endpoints = vec![Endpoint { ip: sut.sip.ip(), port: None }];
        if let Some(own) = own_account(plan, sut, address) {
            cast.passwords.retain(|(user, _)| *user != own.user);
            cast.passwords.push((own.user, own.password));
        }
        if sut.msrp_host() != sut.sip.ip() {
            party.endpoints.push(Endpoint { ip: sut.msrp_host(), port: None });
        }
    }
    cast
}
