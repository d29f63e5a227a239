//! One client or one server alone on real sockets: acts come in, events go out. For people who build the other side, and
//! to be put under test as a program of its own. It must not know what its acts are for.

mod port;

use std::io::BufRead;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

pub use port::{Events, serve};

use super::defect;
use super::home::{Home, Protection};
use super::port::read_act;
use super::simulate::{Bug, build};
use crate::actors::Actor;
use crate::actors::act::{Act, Arrange, Provision, Told};
use crate::actors::client::{self, Client, Switches};
use crate::actors::provision::At;
use crate::net::tamper::{TamperedLink, Tampering};
use crate::net::{Credentials, Live, NodeId, SocketError};
use crate::stack::IdSource;

/// What is to be played.
#[derive(Clone, Debug)]
pub struct Options {
    /// Until an act sets it up anew.
    pub part: Part,
    pub sip: SocketAddr,
    pub msrp: SocketAddr,
    /// What it answers with where it is asked for a password.
    pub password: Option<String>,
    /// How long it rings before its user takes an invitation of his own accord; for ever without it.
    pub rings: Option<Duration>,
    pub misbehaviour: Misbehaviour,
    /// What it shows on secured streams and whom it believes; the home network says which are secured.
    pub credentials: Option<Credentials>,
}

/// Who is played, and how he is set up.
#[derive(Clone, Debug)]
pub enum Part {
    Client(Arrange),
    Server(Provision),
}

/// What the client or server does wrong.
#[derive(Clone, Default, Debug)]
pub struct Misbehaviour {
    tamperings: Vec<Tampering>,
    switches: Switches,
}

impl Misbehaviour {
    /// Reads bugs in the words of defects. The error says what is wrong, and what would be right where that is known.
    pub fn parse<'a>(bugs: impl IntoIterator<Item = &'a str>) -> Result<Misbehaviour, (String, Option<String>)> {
        let mut all = Misbehaviour::default();
        for words in bugs {
            match (defect::bug(words)?, words.trim().strip_prefix("switch ")) {
                (Bug::Tampering(more), _) => all.tamperings.extend(more),
                (_, Some(name)) => all.switches = all.switches.with(name.trim()).unwrap_or(all.switches),
                (_, None) => {}
            }
        }
        Ok(all)
    }

    /// The same for a server, which has no switches: all that it decides shows in what it sends.
    pub fn parse_for_server<'a>(
        bugs: impl IntoIterator<Item = &'a str>,
    ) -> Result<Misbehaviour, (String, Option<String>)> {
        Ok(Misbehaviour { tamperings: super::serve::bugs(bugs)?, switches: Switches::default() })
    }
}

impl Part {
    /// What an act makes of him; an error where the act is not for him.
    fn after(&self, act: &Act) -> Result<Option<Part>, String> {
        match (self, act) {
            (Part::Client(_), Act::Arrange(arrange)) => Ok(Some(Part::Client((**arrange).clone()))),
            (Part::Client(_), Act::Provision(_)) => Err("`provision` is for servers, and this is a client".to_owned()),
            (Part::Client(_), _) => Ok(None),
            (Part::Server(known), Act::Provision(next)) if known.plays() == next.plays() => {
                Ok(Some(Part::Server((**next).clone())))
            }
            (Part::Server(known), Act::Provision(next)) => {
                Err(format!("this plays {}, not {}", known.plays(), next.plays()))
            }
            (Part::Server(_), _) => Err("a server has no user: it takes `provision` only".to_owned()),
        }
    }
}

/// An act that somebody wants to be done, and whom to tell how it went.
pub struct Order {
    pub act: Act,
    pub done: oneshot::Sender<Result<(), String>>,
}

/// What the home network calls who is played here.
pub const OWN: &str = "own";
/// How long farewells may take.
const FAREWELL: Duration = Duration::from_secs(3);
/// How often is looked whether to stop when nothing happens.
const LOOK: Duration = Duration::from_millis(50);
/// A phone that nobody takes off rings so long.
const FOR_EVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Plays the part until nobody can give orders any more or `stop` says so; then ends its sessions. `ready` is called once
/// it has its sockets; `complain` hears what went wrong on secured streams.
///
/// Errors: an address that it cannot have, or a flood from outside.
pub async fn play(
    home: &Home,
    options: &Options,
    mut orders: mpsc::Receiver<Order>,
    stop: &AtomicBool,
    ready: impl FnOnce(),
    tell: &mut dyn FnMut(&Told),
    complain: &dyn Fn(&str),
) -> Result<(), SocketError> {
    let mut player = Player::new(home, options, &options.part)?;
    ready();
    while !stop.load(Ordering::Relaxed) {
        tokio::select! {
            ran = player.step() => ran?,
            order = orders.recv() => match order {
                Some(Order { act, done }) => {
                    let told = match options.part.after(&act) {
                        Ok(Some(part)) => {
                            // Its sockets go first: the next one wants them.
                            drop(player);
                            let (next, told) = match Player::new(home, options, &part) {
                                Ok(next) => (next, Ok(())),
                                Err(error) => (Player::new(home, options, &options.part)?, Err(error.to_string())),
                            };
                            player = next;
                            told
                        }
                        Ok(None) => {
                            player.act(act);
                            Ok(())
                        }
                        Err(wrong) => Err(wrong),
                    };
                    let _ = done.send(told); // Who asked may be gone.
                }
                None => break,
            },
        }
        player.tell(tell, complain);
    }
    player.hang_up().await?;
    player.tell(tell, complain);
    Ok(())
}

/// Reads acts, one a line, and orders them one after the other, until the input or the part is over. What is no act is
/// complained about.
pub fn read(input: impl BufRead, orders: &mpsc::Sender<Order>, complain: impl Fn(&str)) {
    for line in input.lines().map_while(Result::ok).filter(|line| !line.trim().is_empty()) {
        let act = match read_act(&line) {
            Ok(act) => act,
            Err(wrong) => {
                complain(&wrong);
                continue;
            }
        };
        let (done, told) = oneshot::channel();
        if orders.blocking_send(Order { act, done }).is_err() {
            return;
        }
        if let Ok(Err(wrong)) = told.blocking_recv() {
            complain(&wrong);
        }
    }
}

/// The actor on its sockets.
struct Player {
    live: Live<Actor>,
    id: NodeId,
}

impl Player {
    fn new(home: &Home, options: &Options, part: &Part) -> Result<Player, SocketError> {
        let mut live = Live::new();
        let ids = |name: &str| IdSource::new(live.now().0, name);
        let (name, actor) = match part {
            Part::Client(arrange) => {
                let provisioned = build::provisioned(home, arrange, options.sip, options.msrp, ids(&arrange.address));
                let rings = options.rings.unwrap_or(FOR_EVER);
                let switches = options.misbehaviour.switches;
                let own = client::Config {
                    rings,
                    switches,
                    password: options.password.clone(),
                    security: home.security(OWN),
                    ..provisioned
                };
                let config = own.arranged(arrange);
                ("client", Actor::Client(Box::new(Client::new(config))))
            }
            Part::Server(known) => {
                let at = At { sip: options.sip, msrp: options.msrp, core: home.core, security: home.security(OWN) };
                (known.plays(), known.server(at, ids(known.plays())))
            }
        };
        let datagrams = if home.sip_security == Protection::None { &[options.sip][..] } else { &[] };
        let id = live.add_secured(name, datagrams, options.credentials.as_ref(), actor)?;
        if !options.misbehaviour.tamperings.is_empty() {
            live.set_link(id, Box::new(TamperedLink::new(options.misbehaviour.tamperings.clone())));
        }
        Ok(Player { live, id })
    }

    fn act(&mut self, act: Act) {
        let now = self.live.now();
        self.live.node_mut(self.id).act(now, act);
        self.live.kick(self.id);
    }

    /// Runs until something happened, or for a moment.
    async fn step(&mut self) -> Result<(), SocketError> {
        let mut asked = 0;
        self.live
            .run(LOOK, |_| {
                asked += 1;
                asked > 1
            })
            .await?;
        Ok(())
    }

    /// Says what the user is told. What was seen on the wire is not kept: a client may run for ever.
    fn tell(&mut self, tell: &mut dyn FnMut(&Told), complain: &dyn Fn(&str)) {
        for trouble in self.live.take_troubles() {
            complain(&trouble.to_string());
        }
        self.live.take_observations();
        for (_, told) in self.live.node_mut(self.id).told() {
            tell(&told);
        }
    }

    /// Ends what goes on, as far as the other side lets it.
    async fn hang_up(&mut self) -> Result<(), SocketError> {
        let now = self.live.now();
        match self.live.node_mut(self.id) {
            Actor::Client(client) => client.hang_up(now),
            server => server.shut_down(now),
        }
        self.live.kick(self.id);
        let id = self.id;
        let over = |live: &Live<Actor>| match live.node(id) {
            Actor::Client(client) => !client.has_calls(),
            server => server.is_over(),
        };
        self.live.run(FAREWELL, over).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bugs_add_up() {
        let bugs = ["sends INVITE: drop header Allow", "switch keeps-media", "hears 200 to INVITE: swallow"];
        let all = Misbehaviour::parse(bugs).unwrap();
        assert_eq!((all.tamperings.len(), all.switches.keeps_media), (2, true));
        assert!(Misbehaviour::parse(["switch keep-media"]).is_err());
    }

    #[test]
    fn a_part_takes_what_is_for_it() {
        let act = |json| read_act(json).unwrap();
        let set_up = r#"{"act":"arrange","address":"sip:bob@a.example"}"#;
        let [history, groups] =
            ["history", "controlling"].map(|role| format!(r#"{{"act":"provision","plays":"{role}-function"}}"#));
        #[track_caller]
        fn check(part: &Part, act: &Act, changes: bool, wrong: &str) {
            match part.after(act) {
                Ok(next) => assert!(wrong.is_empty() && next.is_some() == changes, "{act:?}: {next:?}"),
                Err(said) => assert!(!wrong.is_empty() && said.contains(wrong), "{act:?}: {said}"),
            }
        }
        let client = Part::Client(Arrange::default());
        check(&client, &act(set_up), true, "");
        check(&client, &Act::Register, false, "");
        check(&client, &act(&history), false, "is for servers");
        let Act::Provision(known) = act(&history) else { panic!("{history}") };
        let server = Part::Server(*known);
        check(&server, &act(&history), true, "");
        check(&server, &act(&groups), false, "plays history-function, not controlling-function");
        check(&server, &Act::Register, false, "has no user");
        check(&server, &act(set_up), false, "has no user");
        assert!(Misbehaviour::parse_for_server(["switch keeps-media"]).is_err());
        assert!(Misbehaviour::parse_for_server(["sends BYE: swallow"]).is_ok_and(|all| all.tamperings.len() == 1));
    }

    #[tokio::test]
    async fn acts_are_read_until_there_are_no_more() {
        let (orders, mut ordered) = mpsc::channel(1);
        let input = "{\"act\":\"register\"}\n\nregister\n{\"act\":\"release\"}";
        let reading = tokio::task::spawn_blocking(move || {
            let complaints = std::cell::RefCell::new(Vec::new());
            read(input.as_bytes(), &orders, |wrong| complaints.borrow_mut().push(wrong.to_owned()));
            complaints.into_inner()
        });
        let mut acts = Vec::new();
        while let Some(Order { act, done }) = ordered.recv().await {
            done.send(if acts.is_empty() { Err("not now".to_owned()) } else { Ok(()) }).unwrap();
            acts.push(act);
        }
        assert_eq!(acts, [Act::Register, Act::Release]);
        let complaints = reading.await.unwrap();
        assert!(
            complaints.len() == 2 && complaints[0] == "not now" && complaints[1].contains("no act"),
            "{complaints:?}"
        );
    }
}
