//! Building the actors of a plan and joining them to a virtual network.

use std::net::SocketAddr;
use std::time::Duration;

use super::provision::{provision, servers};
use crate::actors::Actor;
use crate::actors::act::{Act, Arrange, Intention, Kept, RelayAccount};
use crate::actors::client::{self, Client, Kind, Switches};
use crate::actors::core::{self, Core};
use crate::actors::provision::At;
use crate::actors::relay::{self, Relay};
use crate::net::tamper::{TamperedLink, Tampering};
use crate::net::{Conditions, Network, NodeId, Segments, Stopped};
use crate::script::home::{Home, one_above};
use crate::script::plan::{Arranged, Client as PlanClient, Condition, Plan, called};
use crate::script::whereabouts;
use crate::stack::digest::Account;
use crate::stack::{IdSource, Security};
use crate::time::Time;
use crate::trace::UserEvent;

/// How long a client rings before its user takes what is his to take.
const RINGS: Duration = Duration::from_secs(5);

/// How long the core lets an invitation ring: longer than any server that has to end one, so that it is not done for it.
const TIMER_C: Duration = Duration::from_secs(270);

/// What is wrong with the party under test, to see whether the checks notice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Bug {
    None,
    /// On its cable.
    Tampering(Vec<Tampering>),
    /// In what it remembers or decides.
    Switch(Switches),
}

/// The actors of a plan in their network.
pub struct Stage {
    pub network: Network<Actor>,
    pub told: Vec<(Time, UserEvent)>,
    /// The node of each person.
    people: Vec<(String, NodeId)>,
}

impl Stage {
    /// Builds everybody whom the plan needs. Chance comes from `seed` and the address of the case.
    pub fn new(plan: &Plan, home: &Home, seed: u64, bug: &Bug) -> Stage {
        let seed = seed ^ fnv(&plan.case.address);
        let mut network = Network::new(seed, Time::SIMULATION_START);
        network.set_default_conditions(conditions(plan));
        let core = network.add("SIP/IP core", &[home.core.ip()], core(plan, home, seed, std::iter::empty()));
        certify(&mut network, core, home, "core");
        plug(&mut network, core, changes(plan, home, "core", bug));
        for name in servers(plan) {
            let (Some(at), Some(server)) = (home.server(name), server(plan, home, name, seed)) else { continue };
            let id = network.add(called(name), &[at.ip()], server);
            certify(&mut network, id, home, name);
            plug(&mut network, id, changes(plan, home, name, bug));
        }
        let mut people = Vec::new();
        for (nth, name) in plan.names().into_iter().enumerate() {
            let mine = name == plan.under_test;
            let switches = match bug {
                Bug::Switch(switches) if mine => *switches,
                _ => Switches::default(),
            };
            let config = client_config(plan, home, nth, name, seed, switches);
            let id = network.add(name, &[home.client_sip(nth).ip()], Actor::Client(Box::new(Client::new(config))));
            certify(&mut network, id, home, name);
            plug(&mut network, id, changes(plan, home, name, bug));
            people.push((name.to_owned(), id));
        }
        Stage { network, told: Vec::new(), people }
    }

    /// The nodes of the people who are there.
    pub fn clients(&self) -> Vec<NodeId> {
        self.people.iter().map(|(_, id)| *id).collect()
    }

    pub fn client(&self, name: &str) -> Option<NodeId> {
        self.people.iter().find(|(n, _)| n == name).map(|(_, id)| *id)
    }

    pub fn act(&mut self, id: NodeId, act: Act) {
        let now = self.network.now();
        self.network.node_mut(id).act(now, act);
        self.network.kick(id);
        self.listen();
    }

    /// Runs the network, and notes what users are told.
    pub fn run(&mut self, until: Time, stop: impl FnMut(&Network<Actor>) -> bool) -> Stopped {
        let stopped = self.network.run(until, stop);
        self.listen();
        stopped
    }

    fn listen(&mut self) {
        for (name, id) in &self.people {
            for (at, told) in self.network.node_mut(*id).told() {
                self.told.push((at, UserEvent { party: name.clone(), name: told.event, about: told.about }));
            }
        }
        self.told.sort_by_key(|(at, _)| *at);
    }
}

/// Every node of the network; the core and the server come first.
pub fn all_of(network: &Network<Actor>) -> impl Iterator<Item = NodeId> {
    (0..network.names().len()).map(NodeId)
}

/// The SIP/IP core of a plan. `own` are accounts in the place of those that the home network has.
pub fn core(plan: &Plan, home: &Home, seed: u64, own: impl Iterator<Item = Account>) -> Actor {
    let mut services = vec![
        (home.conference_factory_uri(), home.conference_server),
        (home.controlling_function_uri(), home.conference_server),
    ];
    services.extend([Kept::Deferred, Kept::History].map(|kept| (home.store_uri(kept), home.store(kept))));
    services.extend(other_uris(plan, home));
    let deferred = plan.stores().contains(&Kept::Deferred).then_some(Kept::Deferred);
    services.extend(plan.groups.iter().map(|g| (home.address_of(&g.name), home.conference_server)));
    let ids = IdSource::new(seed, "core");
    Actor::Core(Box::new(Core::new(core::Config {
        services,
        participating: plan
            .participation()
            .into_iter()
            .map(|(serves, _)| core::Participating {
                sip: home.participating_function,
                serves: serves.into_iter().map(|name| home.address_of(name)).collect(),
            })
            .collect(),
        told: deferred.map(|kept| (home.store_uri(kept), home.store(kept))).into_iter().collect(),
        subscribers: plan.names().iter().map(|name| name.to_ascii_lowercase()).collect(),
        deferred: deferred.map(|kept| home.store(kept)),
        timer_c: TIMER_C,
        ims: plan.ims,
        security: home.security("core"),
        beside: home.secured_core().filter(|_| plan.mixes_transports()),
        accounts: accounts(plan, home).into_iter().chain(own).collect(),
        integrity: plan.demand().is_some_and(|demand| demand.integrity),
        next_nonce: plan.demand().is_some_and(|demand| demand.next_nonce),
        ..core::Config::new(home.core, &home.domain, ids)
    })))
}

/// The passwords of everybody, where the core asks for them.
fn accounts(plan: &Plan, home: &Home) -> Vec<Account> {
    let account = |name: &str| {
        let password = home.password_of(plan, name)?;
        Some(Account { user: name.to_ascii_lowercase(), password })
    };
    plan.names().into_iter().filter_map(account).collect()
}

/// The server that plans call so, where it has a part in this one.
pub fn server(plan: &Plan, home: &Home, name: &str, seed: u64) -> Option<Actor> {
    let sip = home.server(name)?;
    if name == "relay" {
        return Some(relay(plan, home, seed));
    }
    let at = At { sip, msrp: home.msrp_of(sip), core: home.core, security: home.security(name) };
    Some(provision(plan, home, name)?.server(at, IdSource::new(seed, name)))
}

/// The MSRP relay of a plan, which everybody of the plan may use.
fn relay(plan: &Plan, home: &Home, seed: u64) -> Actor {
    let account = |name: &str| Account { user: name.to_ascii_lowercase(), password: home.usual_password_of(name) };
    let accounts = plan.names().into_iter().map(account).collect();
    let config = relay::Config::new(home.msrp_relay, &home.domain, accounts, IdSource::new(seed, "relay"));
    // Who a client is, its password tells, and not what it shows (RFC 4976 §9.2).
    let layer = home.security("relay").msrp_layer();
    Actor::Relay(Box::new(Relay::new(relay::Config { layer, ..config })))
}

/// Further URIs for which the core turns to a store, each with the store's address.
fn other_uris(plan: &Plan, home: &Home) -> Vec<(String, SocketAddr)> {
    let of = |kept: Kept| plan.arrangements.iter().filter(move |a| a.who == kept.store()).map(move |a| (kept, a));
    let all = [Kept::Deferred, Kept::History].into_iter().flat_map(of);
    all.filter_map(|(kept, arrangement)| match &arrangement.what {
        Arranged::IsReachedAt(uri) => Some((uri.clone(), home.store(kept))),
        _ => None,
    })
    .collect()
}

/// What the client of a person is provisioned with and arranged for.
pub fn client_config(
    plan: &Plan,
    home: &Home,
    nth: usize,
    name: &str,
    seed: u64,
    switches: Switches,
) -> client::Config {
    let arrange = arrange(plan, home, name, home.address_of(name));
    let sip = home.client_sip(nth);
    let config = provisioned(home, &arrange, sip, home.msrp_of(sip), IdSource::new(seed, name));
    let password = home.password_of(plan, name);
    let config = client::Config { switches, password, security: home.security(name), ..config }.arranged(&arrange);
    match home.secured_core().filter(|_| plan.speaks_over_tls(name)) {
        None => config,
        Some(core) => client::Config {
            sip: one_above(config.sip),
            core,
            security: Security { sip: true, ..config.security },
            ..config
        },
    }
}

/// What a home network provisions a client with that has these sockets, before it is arranged for anything.
pub fn provisioned(home: &Home, arrange: &Arrange, sip: SocketAddr, msrp: SocketAddr, ids: IdSource) -> client::Config {
    let exploder = match arrange.client {
        Kind::Im => home.conference_factory_uri(),
        Kind::Cpm => home.controlling_function_uri(),
    };
    client::Config {
        kind: arrange.client,
        deferred_store: home.store_uri(Kept::Deferred),
        history_store: home.store_uri(Kept::History),
        rings: RINGS,
        ..client::Config::new(&arrange.address, &home.domain, &exploder, [sip, msrp, home.core], ids)
    }
}

/// How the client of a person with this address of record is set up for a plan.
pub fn arrange(plan: &Plan, home: &Home, name: &str, address: String) -> Arrange {
    let client = match plan.people.iter().find(|p| p.name == name).map(|p| p.client) {
        Some(PlanClient::Cpm) => Kind::Cpm,
        _ => Kind::Im,
    };
    let mut arrange = Arrange { address, client, ims: plan.ims, ..Arrange::default() };
    let millis = |time: &Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    for arrangement in plan.arrangements.iter().filter(|a| a.who == name) {
        match &arrangement.what {
            Arranged::Answers(status) => arrange.answers = Some(*status),
            Arranged::Hesitates(time) => arrange.rings = Some(millis(time)),
            Arranged::Intends(intention) => arrange.intentions.push(Intention::clone(intention)),
            Arranged::SessionTimer(seconds, _) => arrange.session_interval = Some(*seconds),
            Arranged::Allows(methods) => arrange.allow = Some(methods.clone()),
            Arranged::ContactParameter(parameter) => arrange.contact_parameters.push(parameter.clone()),
            Arranged::Connects => arrange.connects = true,
            Arranged::KeepsConnection => arrange.keeps_connection = true,
            Arranged::ReportsAfter(time) => arrange.reports_after = Some(millis(time)),
            Arranged::LargestMessage(most) => arrange.largest_message = Some(*most),
            Arranged::LargestAdhocGroup(most) => arrange.max_adhoc_group_size = Some(*most),
            Arranged::ConnectionOriented => arrange.connection_oriented = true,
            Arranged::Relayed => {
                let (user, password) = (name.to_ascii_lowercase(), home.usual_password_of(name));
                arrange.relay = Some(RelayAccount { uri: home.relay_uri(), user, password });
            }
            Arranged::Tampers(_)
            | Arranged::AsksForPasswords(_)
            | Arranged::Keeps(_)
            | Arranged::Holds(..)
            | Arranged::Serves(..)
            | Arranged::Records(_)
            | Arranged::Offline
            | Arranged::SpeaksOverTls
            | Arranged::Treats(..)
            | Arranged::IsReachedAt(_) => {}
        }
    }
    arrange
}

/// What a person's cable does by arrangement.
pub fn tamperings(plan: &Plan, home: &Home, who: &str) -> Vec<Tampering> {
    let mine = plan.arrangements.iter().filter(|a| a.who == who);
    mine.filter_map(|a| match &a.what {
        Arranged::Tampers(tampering) => Some(whereabouts::in_network(tampering, plan, home)),
        _ => None,
    })
    .collect()
}

/// What the cable of a party does: by arrangement, and where it is under test by the bug.
fn changes(plan: &Plan, home: &Home, who: &str, bug: &Bug) -> Vec<Tampering> {
    let mut changes = tamperings(plan, home, who);
    if let (Bug::Tampering(more), true) = (bug, plan.under_test == who) {
        changes.extend(more.iter().map(|tampering| whereabouts::in_network(tampering, plan, home)));
    }
    changes
}

/// Gives a host what it shows, where there is anything to be shown on.
fn certify(network: &mut Network<Actor>, id: NodeId, home: &Home, name: &str) {
    if !home.certificates.is_empty() {
        network.certify(id, home.certificate(name));
    }
}

fn plug(network: &mut Network<Actor>, id: NodeId, changes: Vec<Tampering>) {
    if !changes.is_empty() {
        network.set_link(id, Box::new(TamperedLink::new(changes)));
    }
}

fn conditions(plan: &Plan) -> Conditions {
    let mut conditions = Conditions::default();
    for condition in &plan.network {
        match condition {
            Condition::OneOctetSegments => conditions.segments = Segments::Of(1),
            Condition::Loss(percent) => conditions.loss = f64::from(*percent) / 100.0,
            Condition::MsrpOverTls => {}
        }
    }
    conditions
}

/// FNV-1a: the same for a case on every machine and in every version.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
