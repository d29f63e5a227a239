//! The Controlling Function among users, a core and a network in virtual time.

mod messages;
mod peer;
mod refusals;
mod sessions;
mod setup;
mod switch;

use std::time::Duration;

use peer::{Peer, address};

use super::{Config, ControllingFunction};
use crate::actors::core::{self, Core};
use crate::stack::pump::Pump;
use crate::stack::ua::Headers;
use crate::stack::{IdSource, Input, Node, Output};
use crate::time::Time;
use crate::wire::mime::Entry;

const FACTORY: &str = "sip:factory@home";
const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "eve"];

/// A host of the test's network.
enum Host {
    Server(Box<ControllingFunction>),
    Core(Box<Core>),
    Peer(Box<Peer>),
}

impl Node for Host {
    fn handle(&mut self, now: Time, input: Input) {
        match self {
            Host::Server(server) => server.handle(now, input),
            Host::Core(core) => core.handle(now, input),
            Host::Peer(peer) => peer.handle(now, input),
        }
    }

    fn poll(&mut self) -> Option<Output> {
        match self {
            Host::Server(server) => server.poll(),
            Host::Core(core) => core.poll(),
            Host::Peer(peer) => peer.poll(),
        }
    }

    fn next_timeout(&self) -> Option<Time> {
        match self {
            Host::Server(server) => server.next_timeout(),
            Host::Core(core) => core.next_timeout(),
            Host::Peer(peer) => peer.next_timeout(),
        }
    }
}

/// Server, core and users.
struct Stage {
    pump: Pump<Host>,
}

impl Stage {
    /// A network whose server is provisioned as `change` says.
    fn new(change: impl FnOnce(&mut Config)) -> Stage {
        let (core_at, server_at) = (at(250, 5060), at(200, 5060));
        let ids = IdSource::new(5, "server");
        let mut config = Config::new(server_at, at(200, 2855), core_at, FACTORY, ids);
        change(&mut config);
        let groups = config.groups.iter().map(|group| (group.uri.clone(), server_at));
        let services = groups.chain([(FACTORY.to_owned(), server_at)]).collect();
        let mut core = Core::new(core::Config {
            services,
            ims: config.ims,
            ..core::Config::new(core_at, "home", IdSource::new(5, "core"))
        });
        let mut hosts = Vec::new();
        for (nth, name) in NAMES.iter().enumerate() {
            let ip = [192, 0, 2, nth as u8 + 1];
            core.provision(name, format!("sip:{name}@{}", std::net::SocketAddr::from((ip, 5060))));
            hosts.push((at(nth as u8 + 1, 5060), Host::Peer(Box::new(Peer::new(name, ip, core_at)))));
        }
        hosts.push((server_at, Host::Server(Box::new(ControllingFunction::new(config)))));
        hosts.push((core_at, Host::Core(Box::new(core))));
        Stage { pump: Pump::new(hosts, 1) }
    }

    /// A user.
    fn peer(&mut self, name: &str) -> &mut Peer {
        match &mut self.pump.nodes[nth(name)].1 {
            Host::Peer(peer) => peer,
            _ => panic!("{name} is no user"),
        }
    }

    fn server(&mut self) -> &mut ControllingFunction {
        match &mut self.pump.nodes[NAMES.len()].1 {
            Host::Server(server) => server,
            _ => panic!("no server"),
        }
    }

    /// Lets a user do something, and the network a second for it.
    fn act<T>(&mut self, name: &str, act: impl FnOnce(&mut Peer, Time) -> T) -> T {
        let now = self.pump.now;
        let done = act(self.peer(name), now);
        self.run(1);
        done
    }

    fn run(&mut self, seconds: u64) {
        self.pump.run_for(Duration::from_secs(seconds));
    }

    /// What each of them heard since the last time.
    fn news(&mut self, names: &[&str]) -> Vec<String> {
        names.iter().map(|name| format!("{name}: {}", self.peer(name).news().join(", "))).collect()
    }

    /// Alice's ad-hoc session with the others, who accept.
    fn ad_hoc(&mut self, others: &[&str]) -> String {
        let list: Vec<Entry> = others.iter().map(|name| Entry::new(address(name))).collect();
        self.act("alice", |alice, now| alice.invite(now, FACTORY, &list, Headers::new()));
        for name in NAMES {
            self.peer(name).news();
        }
        self.peer("alice").identity.clone()
    }
}

fn nth(name: &str) -> usize {
    NAMES.iter().position(|known| *known == name).expect("a name of the cast")
}

fn at(host: u8, port: u16) -> std::net::SocketAddr {
    ([192, 0, 2, host], port).into()
}
