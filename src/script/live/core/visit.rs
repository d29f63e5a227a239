//! A visit to a SIP/IP core outside of any scenario: it is started, clients of ours register there in good ways and in bad
//! ones, and ask for it and for each other.
//!
//! It must not know what is concluded from what is heard.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::keeper::Keeper;
use super::troupe::Troupe;
use crate::actors::act::{Act, Kept};

use crate::net::sockets::{Reach, Trouble, opened};
use crate::script::home::Home;
use crate::script::live::outfit::Outfit;
use crate::script::live::place::CorePlace;
use crate::script::live::visit::{Ear, PEOPLE, nothing_with};
use crate::script::live::{Answer, Heard, LiveError};
use crate::script::plan::{Arranged, Arrangement, Client, Plan};
use crate::script::sut::{ThirdPartyCore, Transport};

/// A core that is visited.
pub struct CoreVisit<'a> {
    plan: Plan,
    /// As clients have it.
    home: Home,
    place: &'a CorePlace,
    outfit: &'a Outfit,
    keeper: Keeper<'a>,
    stop: &'a AtomicBool,
    troupe: Option<Troupe>,
    ear: Ear,
    troubles: Vec<Trouble>,
}

/// What our clients answer with where the core asks for a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    Right,
    Wrong,
    Nothing,
}

/// How a registration went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Registered {
    Taken,
    /// With the status of the last answer.
    Refused(u16),
    Unanswered,
}

/// How long a registration, or the answer to a request, may take.
const PATIENCE: Duration = Duration::from_secs(5);

impl<'a> CoreVisit<'a> {
    /// `servers` says whether all our servers are there, too.
    pub fn new(place: &'a CorePlace, outfit: &'a Outfit, servers: bool, stop: &'a AtomicBool) -> CoreVisit<'a> {
        let CorePlace { home, core, .. } = place;
        let keeper = Keeper::new(core, &core.home_of_servers(home), None, outfit);
        let home = core.home(home);
        let plan = visiting(&home, servers);
        let ear = Ear::of(&core.cast(home.cast(&plan), &plan), &plan);
        CoreVisit { plan, home, place, outfit, keeper, stop, troupe: None, ear, troubles: Vec::new() }
    }

    /// Starts it where its file says how, and waits until it is ready.
    pub async fn start(&mut self) -> Result<(), LiveError> {
        self.keeper.start().await
    }

    /// Waits until somebody has its SIP port; gives what is known of it at the end.
    pub async fn opened(&self, limit: Duration) -> Reach {
        opened(self.place.core.sip, self.place.core.transport != Transport::Udp, limit).await
    }

    /// Our people come, with such a word, and what was heard before is forgotten. Nobody registers yet.
    pub async fn enter(&mut self, word: Word) -> Result<(), LiveError> {
        self.leave().await?;
        let core = &self.place.core;
        let core = match word {
            Word::Right => core.clone(),
            Word::Wrong => ThirdPartyCore {
                password: Some("no-such-word".to_owned()),
                passwords: std::collections::BTreeMap::new(),
                ..core.clone()
            },
            Word::Nothing => {
                ThirdPartyCore { password: None, passwords: std::collections::BTreeMap::new(), ..core.clone() }
            }
        };
        self.ear = Ear::of(&self.place.core.cast(self.home.cast(&self.plan), &self.plan), &self.plan);
        self.troupe = Some(Troupe::staged(&self.plan, &self.place.home, &core, self.outfit, 1).await?);
        Ok(())
    }

    /// One of our people registers.
    pub async fn register(&mut self, name: &str) -> Result<Registered, LiveError> {
        let mark = self.mark();
        if let Some(troupe) = &mut self.troupe {
            troupe.act(name, Act::Register);
        }
        // A client that is asked again for what it gave already gives up.
        self.hear(PATIENCE, |heard| {
            answers(&heard[mark..], "REGISTER").any(|status| status >= 200 && status != 401 && status != 407)
        })
        .await?;
        let registered = self.troupe.as_ref().is_some_and(|troupe| troupe.is_registered(name));
        Ok(match answers(&self.ear.heard[mark..], "REGISTER").last() {
            _ if registered => Registered::Taken,
            Some(status) => Registered::Refused(status),
            None => Registered::Unanswered,
        })
    }

    /// One of our people asks for somebody, or for the core itself, by an OPTIONS of at least so many octets.
    pub async fn ask(&mut self, name: &str, uri: &str, octets: usize) -> Result<Option<Answer>, LiveError> {
        let mark = self.mark();
        if let Some(troupe) = &mut self.troupe {
            troupe.ask(name, uri, octets);
        }
        self.hear(PATIENCE, |heard| answer_in(&heard[mark..], "OPTIONS").is_some_and(|answer| !asks(answer.status())))
            .await?;
        Ok(answer_in(&self.ear.heard[mark..], "OPTIONS"))
    }

    /// One of our people does something, and what comes of it comes to rest. Gives what was heard of it.
    pub async fn act(&mut self, name: &str, act: Act) -> Result<&[Heard], LiveError> {
        let mark = self.mark();
        if let Some(troupe) = &mut self.troupe {
            troupe.act(name, act);
            troupe.settle(PATIENCE, self.stop).await?;
        }
        self.mark();
        Ok(&self.ear.heard[mark..])
    }

    /// Everything that went between the core and others since our people came.
    pub fn heard(&mut self) -> &[Heard] {
        self.mark();
        &self.ear.heard
    }

    /// What went wrong with TLS until now.
    pub fn troubles(&mut self) -> Vec<Trouble> {
        if let Some(troupe) = &mut self.troupe {
            self.troubles.extend(troupe.live.take_troubles());
            self.troubles.extend(troupe.live.take_doubts());
        }
        std::mem::take(&mut self.troubles)
    }

    /// The network as clients have it.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// The host of one of our people.
    pub fn host_of(&self, name: &str) -> Option<IpAddr> {
        let nth = self.plan.names().iter().position(|person| *person == name)?;
        Some(self.home.client_sip(nth).ip())
    }

    /// Where one of our servers is.
    pub fn server(&self, name: &str) -> Option<SocketAddr> {
        self.home.server(name)
    }

    pub fn is_interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// How it ended by itself, if it did.
    pub async fn loss(&mut self) -> Option<String> {
        self.keeper.loss().await
    }

    /// Our people go, and the core forgets them.
    pub async fn leave(&mut self) -> Result<(), LiveError> {
        if let Some(mut troupe) = self.troupe.take() {
            troupe.leave(PATIENCE, self.stop).await?;
            self.troubles.extend(troupe.live.take_troubles());
            self.troubles.extend(troupe.live.take_doubts());
        }
        Ok(())
    }

    /// Ends what was started.
    pub async fn end(mut self) -> Result<(), LiveError> {
        let left = self.leave().await;
        self.keeper.end().await;
        left
    }

    fn mark(&mut self) -> usize {
        if let Some(troupe) = &self.troupe {
            self.ear.take(troupe.live.observations());
        }
        self.ear.heard.len()
    }

    /// Runs until that was heard or the limit has passed.
    async fn hear(&mut self, limit: Duration, mut until: impl FnMut(&[Heard]) -> bool) -> Result<(), LiveError> {
        let CoreVisit { troupe: Some(troupe), ear, stop, .. } = self else { return Ok(()) };
        let end = troupe.live.now() + limit;
        while !stop.load(Ordering::Relaxed) && troupe.live.now() < end {
            troupe.run(LOOK, stop, |_| false).await?;
            ear.take(troupe.live.observations());
            let quiet = ear.heard.last().is_some_and(|last| troupe.live.now().since(last.at) >= QUIET);
            if until(&ear.heard)
                || quiet && ear.heard.last().is_some_and(|last| last.message.status().is_some_and(asks))
            {
                break;
            }
        }
        Ok(())
    }
}

/// How often is looked at what was heard.
const LOOK: Duration = Duration::from_millis(20);
/// Who gives no credentials in this time after he was asked has none.
const QUIET: Duration = Duration::from_millis(500);

/// Whether a status asks for credentials.
fn asks(status: u16) -> bool {
    matches!(status, 401 | 407)
}

/// The statuses of what the core answered to requests of that method.
fn answers<'h>(heard: &'h [Heard], method: &'h str) -> impl Iterator<Item = u16> + 'h {
    let its =
        heard.iter().filter(move |heard| heard.from_system && heard.message.cseq().is_some_and(|(_, of)| of == method));
    its.filter_map(|heard| heard.message.status()).filter(|status| *status >= 200)
}

/// The last final answer of the core to a request of that method, and when it was asked.
fn answer_in(heard: &[Heard], method: &str) -> Option<Answer> {
    let of = |heard: &&Heard| heard.message.cseq().is_some_and(|(_, of)| of == method);
    let answer = heard.iter().filter(of).rfind(|heard| heard.from_system && heard.message.status() >= Some(200))?;
    let same = |other: &&Heard| {
        !other.from_system && other.message.status().is_none() && other.message.cseq() == answer.message.cseq()
    };
    let request = heard.iter().filter(of).rfind(same)?;
    Some(Answer { message: answer.message.clone(), after: answer.at.since(request.at), tcp: request.tcp })
}

/// A plan of nothing around a core, with everybody who can be there.
fn visiting(home: &Home, servers: bool) -> Plan {
    let reached = |kept: Kept| {
        let what = Arranged::IsReachedAt(home.store_uri(kept));
        Arrangement { who: kept.store().to_owned(), what }
    };
    let mut arrangements = Vec::new();
    if servers {
        arrangements.extend([Kept::Deferred, Kept::History].map(reached));
        let serves = Arranged::Serves(PEOPLE[0].to_owned(), true);
        arrangements.push(Arrangement { who: "participating".to_owned(), what: serves });
    }
    let names = PEOPLE.iter().map(|name| (*name).to_owned()).collect();
    nothing_with("core", names, Client::Im, arrangements)
}
