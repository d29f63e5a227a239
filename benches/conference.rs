//! What a large conference costs in the simulated network: 200 participants, each of whom sends 10 messages to all others.
//! Prints time, memory and what went over the wire: `cargo bench --bench conference`. Numbers behind `--` are others than
//! 200 and 10.

mod memory;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use imspec::actors::Actor;
use imspec::actors::act::{Act, Sending};
use imspec::actors::client::{self, Client};
use imspec::actors::controlling::{self, ControllingFunction, Group};
use imspec::actors::core::{self, Core};
use imspec::net::{Network, NodeId};
use imspec::stack::IdSource;
use imspec::time::Time;
use imspec::trace::Seen;
use memory::{peak, resident};

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DOMAIN: &str = "home1.example";
const FACTORY: &str = "sip:conference-factory@home1.example";
const GROUP: &str = "sip:everybody@home1.example";
const CORE: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 0, 2];
/// The longest that a step takes, in virtual time.
const LIMIT: Duration = Duration::from_secs(600);

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<u16>().ok());
    let (people, messages) = (numbers.next().unwrap_or(200), numbers.next().unwrap_or(10));
    let begun = Instant::now();
    let mut conference = Conference::new(people);
    conference.join();
    let (joined, before) = (begun.elapsed(), resident());
    let (delivered, took) = conference.talk(messages);
    let expected = u64::from(people) * u64::from(people - 1) * u64::from(messages);
    assert_eq!(delivered, expected, "messages that users were shown");
    let (octets, sent) = conference.traffic;
    println!("{people} participants joined in {:.2} s", joined.as_secs_f64());
    println!(
        "{messages} messages of each, {delivered} delivered in {:.2} s: {:.0} a second; {:.1} s of virtual time",
        took.as_secs_f64(),
        delivered as f64 / took.as_secs_f64(),
        conference.network.now().since(Time::SIMULATION_START).as_secs_f64()
    );
    println!("{sent} segments and datagrams of {} MiB on the wire", octets >> 20);
    println!("resident: {} MiB with all joined, {} MiB at the peak", before >> 20, peak() >> 20);
}

/// A group session with everybody in it.
struct Conference {
    network: Network<Actor>,
    people: Vec<NodeId>,
    /// Octets and packets seen.
    traffic: (u64, u64),
}

impl Conference {
    fn new(people: u16) -> Conference {
        let (core_at, server_at) = (at(CORE, 5060), at(SERVER, 5060));
        let mut network = Network::new(1, Time::SIMULATION_START);
        let services = [FACTORY, GROUP].map(|uri| (uri.to_owned(), server_at)).to_vec();
        let core = core::Config { services, ..core::Config::new(core_at, DOMAIN, IdSource::new(1, "core")) };
        network.add("SIP/IP core", &[CORE.into()], Actor::Core(Box::new(Core::new(core))));
        let ids = IdSource::new(1, "server");
        let mut config = controlling::Config::new(server_at, at(SERVER, 2855), core_at, FACTORY, ids);
        config.groups.push(Group { uri: GROUP.to_owned(), ..Group::default() });
        let server = ControllingFunction::new(config);
        network.add("Controlling Function", &[SERVER.into()], Actor::Controlling(Box::new(server)));
        let people = (0..people).map(|nth| {
            let (name, [high, low]) = (format!("user{nth}"), nth.to_be_bytes());
            let ip = [10, 1, high, low];
            let sockets = [at(ip, 5060), at(ip, 2855), core_at];
            let address = format!("sip:{name}@{DOMAIN}");
            let config = client::Config::new(&address, DOMAIN, FACTORY, sockets, IdSource::new(1, &name));
            network.add(&name, &[IpAddr::from(ip)], Actor::Client(Box::new(Client::new(config))))
        });
        let people = people.collect();
        Conference { network, people, traffic: (0, 0) }
    }

    /// Everybody registers and joins.
    fn join(&mut self) {
        let join = Act::Join { conference: GROUP.to_owned(), anonymous: false };
        for act in [Act::Register, join] {
            for id in self.people.clone() {
                self.act(id, act.clone());
            }
            self.rest();
        }
        let told = self.told();
        assert_eq!(told.get("session").copied().unwrap_or_default(), self.people.len() as u64, "{told:?}");
    }

    /// Everybody sends so many messages, all at the same time; gives how many were shown to users, and the time it took.
    fn talk(&mut self, messages: u16) -> (u64, Duration) {
        let begun = Instant::now();
        let mut shown = 0;
        for nth in 0..messages {
            let text = format!("This is message {nth} of mine, as long as what people write in a chat usually is.");
            for id in self.people.clone() {
                self.act(id, Act::Message(Box::new(Sending { text: text.clone(), ..Sending::default() })));
            }
            self.rest();
            shown += self.told().get("message").copied().unwrap_or_default();
        }
        (shown, begun.elapsed())
    }

    fn act(&mut self, id: NodeId, act: Act) {
        let now = self.network.now();
        self.network.node_mut(id).act(now, act);
        self.network.kick(id);
    }

    /// Lets the network run until nothing is under way.
    fn rest(&mut self) {
        let breath = Duration::from_secs(2);
        let until = self.network.now() + LIMIT;
        loop {
            let next = self.network.now() + breath;
            self.network.run(next, |_| false);
            let seen = self.network.take_observations();
            for one in &seen {
                if let Seen::Datagram(octets) | Seen::Data(octets) = &one.what {
                    self.traffic.0 += octets.len() as u64;
                    self.traffic.1 += 1;
                }
            }
            if seen.is_empty() {
                return;
            }
            assert!(self.network.now() < until, "it does not come to rest");
        }
    }

    /// What users were told since the last time, by its kind.
    fn told(&mut self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for id in self.people.clone() {
            for (_, told) in self.network.node_mut(id).told() {
                *counts.entry(told.event).or_default() += 1;
            }
        }
        counts
    }
}

fn at(ip: [u8; 4], port: u16) -> SocketAddr {
    (ip, port).into()
}
