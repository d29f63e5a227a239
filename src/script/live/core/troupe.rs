//! All clients and servers of a plan on real sockets, around a SIP/IP core of somebody else.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::actors::Actor;
use crate::actors::act::{Act, Occasion};
use crate::actors::client::{self, Client, Switches};
use crate::net::tamper::{TamperedLink, Tampering};
use crate::net::{Live, NodeId, SocketError};
use crate::script::home::{Home, Protection};
use crate::script::live::cable::LiveCable;
use crate::script::live::outfit::Outfit;
use crate::script::live::rest::{self, Rest};
use crate::script::plan::{Arranged, Plan, called};
use crate::script::simulate::build;
use crate::script::simulate::provision::servers;
use crate::script::sut::{ThirdPartyCore, Transport};
use crate::time::Time;
use crate::trace::UserEvent;

/// Everybody of a plan but the core.
pub struct Troupe {
    pub live: Live<Actor>,
    pub told: Vec<(Time, UserEvent)>,
    people: Vec<(String, NodeId)>,
    nodes: Vec<NodeId>,
}

/// How long clients ring before their users take what is theirs to take.
const RINGS: Duration = Duration::from_millis(500);
/// How much later MSRP leaves where something is to happen in the middle of it: a loopback is quicker than any hand.
const PACE: Duration = Duration::from_millis(30);
/// How long an address of ours may still be in use by what ends just now.
const RELEASE: Duration = Duration::from_secs(1);
/// How long farewells may take.
const FAREWELL: Duration = Duration::from_secs(2);

impl Troupe {
    /// Builds them. The clock goes into the seed: a core that goes on running would take the same Call-IDs for repeats.
    pub fn new(
        plan: &Plan,
        home: &Home,
        core: &ThirdPartyCore,
        outfit: &Outfit,
        seed: u64,
    ) -> Result<Troupe, SocketError> {
        let [clients, servers_home] = [core.home(home), core.home_of_servers(home)];
        let mut live = Live::new();
        let seed = seed ^ live.now().0;
        let (mut nodes, mut people) = (Vec::new(), Vec::new());
        // Over TLS nobody listens for datagrams.
        let add = |live: &mut Live<Actor>, home: &Home, called: &str, name: &str, at: SocketAddr, actor: Actor| {
            let datagrams = (home.sip_security == Protection::None).then_some(at);
            live.add_secured(called, datagrams.as_slice(), outfit.credentials(name).as_ref(), actor)
        };
        for name in servers(plan).filter(|name| core.leaves_to_us(name)) {
            let home = &servers_home;
            let (Some(at), Some(server)) = (home.server(name), build::server(plan, home, name, seed)) else { continue };
            let id = add(&mut live, home, called(name), name, at, server)?;
            plug(&mut live, plan, home, name, id, seed);
            nodes.push(id);
        }
        for (nth, name) in plan.names().into_iter().enumerate() {
            let home = &clients;
            let mut config = build::client_config(plan, home, nth, name, seed, Switches::default());
            if !plan.arrangements.iter().any(|a| a.who == name && matches!(a.what, Arranged::Hesitates(_))) {
                config.rings = RINGS;
            }
            let config = outfitted(config, core, name);
            let sip = home.client_sip(nth);
            let id = add(&mut live, home, name, name, sip, Actor::Client(Box::new(Client::new(config))))?;
            plug(&mut live, plan, home, name, id, seed);
            people.push((name.to_owned(), id));
            nodes.push(id);
        }
        Ok(Troupe { live, told: Vec::new(), people, nodes })
    }

    /// The same; an address of ours that is in use by what ends just now is waited for a moment.
    pub async fn staged(
        plan: &Plan,
        home: &Home,
        core: &ThirdPartyCore,
        outfit: &Outfit,
        seed: u64,
    ) -> Result<Troupe, SocketError> {
        let until = Instant::now() + RELEASE;
        loop {
            match Troupe::new(plan, home, core, outfit, seed) {
                Err(error) if error.is_in_use() && Instant::now() < until => tokio::time::sleep(RELEASE / 50).await,
                built => return built,
            }
        }
    }

    /// Has the client of a user ask for somebody, by a request of at least so many octets.
    pub fn ask(&mut self, name: &str, uri: &str, octets: usize) {
        let Some((_, id)) = self.people.iter().find(|(n, _)| n == name) else { return };
        let now = self.live.now();
        if let Actor::Client(client) = self.live.node_mut(*id) {
            client.ask(now, uri, octets);
        }
        self.live.kick(*id);
    }

    /// Whether a user has registered.
    pub fn is_registered(&self, name: &str) -> bool {
        self.people.iter().any(|(n, id)| n == name && self.live.node(*id).is_registered())
    }

    /// Lets a user act.
    pub fn act(&mut self, name: &str, act: Act) {
        let Some((_, id)) = self.people.iter().find(|(n, _)| n == name) else { return };
        let now = self.live.now();
        self.live.node_mut(*id).act(now, act);
        self.live.kick(*id);
    }

    /// Lets those register who are there at the beginning; says whether all could.
    pub async fn register(&mut self, plan: &Plan, limit: Duration, stop: &AtomicBool) -> Result<bool, SocketError> {
        let present = self.people.iter().filter(|(name, _)| !plan.is_offline(name));
        let present: Vec<(String, NodeId)> = present.cloned().collect();
        for (name, _) in &present {
            self.act(name, Act::Register);
        }
        let all = move |live: &Live<Actor>| present.iter().all(|(_, id)| live.node(*id).is_registered());
        self.run(limit, stop, all.clone()).await?;
        Ok(all(&self.live))
    }

    /// Runs for `limit`, or until the condition holds or the run is interrupted, and notes what users are told.
    pub async fn run(
        &mut self,
        limit: Duration,
        stop: &AtomicBool,
        until: impl Fn(&Live<Actor>) -> bool,
    ) -> Result<(), SocketError> {
        self.live.run(limit, |live| stop.load(Ordering::Relaxed) || until(live)).await?;
        for (name, id) in &self.people {
            for (at, event) in self.live.node_mut(*id).told() {
                self.told.push((at, UserEvent { party: name.clone(), name: event.event, about: event.about }));
            }
        }
        self.told.sort_by_key(|(at, _)| *at);
        Ok(())
    }

    /// Runs until what began has come to rest.
    pub async fn settle(&mut self, limit: Duration, stop: &AtomicBool) -> Result<(), SocketError> {
        let mut rest = Rest::within(&self.live, limit);
        while !rest.has_come(&self.live, self.is_busy()) && !stop.load(Ordering::Relaxed) {
            self.run(rest::LOOK, stop, |_| false).await?;
        }
        Ok(())
    }

    /// Ends what clients have under way, and takes their registrations back, so that the core forgets them.
    pub async fn leave(&mut self, limit: Duration, stop: &AtomicBool) -> Result<(), SocketError> {
        let people: Vec<NodeId> = self.people.iter().map(|(_, id)| *id).collect();
        hang_up(&mut self.live, &people, stop).await?;
        unregister(&mut self.live, &people, limit).await
    }

    /// Whether one of our actors is in the middle of something.
    pub fn is_busy(&self) -> bool {
        self.nodes.iter().any(|id| self.live.node(*id).is_busy())
    }
}

/// A client's configuration with what it needs at the core: its password, and the transport.
pub fn outfitted(config: client::Config, core: &ThirdPartyCore, name: &str) -> client::Config {
    let password = core.password_of(&name.to_ascii_lowercase());
    let mut relays = config.relays.clone();
    if let (Some(relays), Some(password)) = (&mut relays, password.as_ref().filter(|_| core.msrp_relay.is_some())) {
        relays.account.password.clone_from(password);
    }
    client::Config { password, relays, over_tcp: core.transport == Transport::Tcp, ..config }
}

/// Ends what clients have under way.
pub async fn hang_up(live: &mut Live<Actor>, people: &[NodeId], stop: &AtomicBool) -> Result<(), SocketError> {
    for id in people {
        live.take_link(*id);
        let now = live.now();
        if let Actor::Client(client) = live.node_mut(*id) {
            client.hang_up(now);
        }
        live.kick(*id);
    }
    let alone = |live: &Live<Actor>| {
        people.iter().all(|id| matches!(live.node(*id), Actor::Client(client) if !client.has_calls()))
    };
    live.run(FAREWELL, |live| stop.load(Ordering::Relaxed) || alone(live)).await?;
    Ok(())
}

/// Takes the registrations of clients back, so that the core forgets them. An interrupt does not spare it that.
pub async fn unregister(live: &mut Live<Actor>, people: &[NodeId], limit: Duration) -> Result<(), SocketError> {
    for id in people {
        // What a scenario registered for somebody beside his own contact goes too (RFC 3261 §10.2.2).
        let all = Tampering::parse("REGISTER", "set header Contact to *").ok();
        live.set_link(*id, Box::new(TamperedLink::new(all)));
        let now = live.now();
        live.node_mut(*id).act(now, Act::Unregister);
        live.kick(*id);
    }
    live.run(limit, |live| people.iter().all(|id| !live.node(*id).is_registered())).await?;
    Ok(())
}

/// How much later MSRP of a person leaves: where somebody means to do something in the middle of it, it has to last.
pub fn pace(plan: &Plan, name: &str) -> Duration {
    let in_transfer = |what: &Arranged| match what {
        Arranged::Intends(intention) => {
            matches!(intention.when, Occasion::ChunksReceived(_) | Occasion::ChunksSent(_))
        }
        _ => false,
    };
    let meddles = plan.arrangements.iter().any(|a| a.who == name && in_transfer(&a.what));
    if meddles { PACE } else { Duration::ZERO }
}

/// Gives somebody the cable that the plan has for him.
fn plug(live: &mut Live<Actor>, plan: &Plan, home: &Home, name: &str, id: NodeId, seed: u64) {
    let changes = build::tamperings(plan, home, name);
    let pace = pace(plan, name);
    if !(changes.is_empty() && plan.network.is_empty() && pace.is_zero()) {
        let cable = LiveCable::new(TamperedLink::new(changes), &plan.network, pace, seed ^ id.0 as u64);
        live.set_link(id, Box::new(cable));
    }
}
