//! A whole service, or some of its servers, on real sockets for as long as somebody wants it: for people who build clients,
//! and as a system under test of its own. It must not know what the servers say.

pub mod build;
pub mod config;
mod error;
mod journal;
mod policy;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use config::{Config, Role};
pub use error::ServeError;
use journal::Journal;
use policy::Policies;

use super::defect;
use super::simulate::Bug;
use crate::actors::Actor;
use crate::net::tamper::{TamperedLink, Tampering};
use crate::net::{Live, NodeId};

/// How long farewells may take.
const FAREWELL: Duration = Duration::from_secs(3);
/// How often what was seen is told, and how often is looked whether to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Servers at work.
pub struct Service {
    live: Live<Actor>,
    nodes: Vec<(Role, NodeId)>,
    journal: Journal,
}

/// Bugs in the words of defects, to be put on the cable of every server. The error says what is wrong, and what would be
/// right where that is known.
pub fn bugs<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Vec<Tampering>, (String, Option<String>)> {
    let mut all = Vec::new();
    for words in words {
        match defect::bug(words)? {
            Bug::Tampering(more) => all.extend(more),
            Bug::Switch(_) => {
                let hint = "say what its messages look like: `sends INVITE: drop header Supported`".to_owned();
                return Err((format!("`{words}` is for clients"), Some(hint)));
            }
            Bug::None => {}
        }
    }
    Ok(all)
}

impl Service {
    /// The servers of these roles with their sockets. Must be called within a tokio runtime.
    ///
    /// Errors: an address that a server cannot have, or what was kept cannot be had.
    pub fn new(config: &Config, roles: &[Role], bugs: &[Tampering]) -> Result<Service, ServeError> {
        let mut live = Live::new();
        // The same seed would give the same Call-IDs again, which peers that go on running take for repeats.
        let seed = live.now().0;
        let mut nodes = Vec::new();
        for role in roles {
            let (Some(actor), Some(sip)) = (build::server(config, *role, seed)?, config.sip(*role)) else { continue };
            let id = live.add(role.name(), &[sip], actor)?;
            if !bugs.is_empty() {
                live.set_link(id, Box::new(TamperedLink::new(bugs.to_vec())));
            }
            nodes.push((*role, id));
        }
        let names = config.addresses().into_iter().map(|(name, address)| (address, name)).collect();
        let mut service = Service { live, nodes, journal: Journal::new(names) };
        service.apply(&Policies::of(config));
        Ok(service)
    }

    /// Serves until `stop` says so, then ends all sessions; `tell` gets a line for everything that happens.
    ///
    /// Errors: an address that a server cannot have, or a flood from outside.
    pub async fn run(&mut self, stop: &AtomicBool, tell: &mut dyn FnMut(&str)) -> Result<(), ServeError> {
        while !stop.load(Ordering::Relaxed) {
            self.live.run(LOOK, |_| stop.load(Ordering::Relaxed)).await?;
            self.record(tell);
            self.tell(tell);
        }
        // Only then the core goes, which what the others still say passes through.
        for (_, id) in &self.nodes {
            let now = self.live.now();
            self.live.node_mut(*id).shut_down(now);
            self.live.kick(*id);
        }
        let nodes = self.nodes.clone();
        self.live.run(FAREWELL, |live| nodes.iter().all(|(_, id)| live.node(*id).is_over())).await?;
        self.record(tell);
        self.tell(tell);
        Ok(())
    }

    fn node(&mut self, role: Role) -> Option<&mut Actor> {
        let id = self.nodes.iter().find(|(own, _)| *own == role).map(|(_, id)| *id)?;
        Some(self.live.node_mut(id))
    }

    /// Has every server go by these policies from the next request on.
    fn apply(&mut self, policies: &Policies) {
        if let Some(Actor::Store(store)) = self.node(Role::DeferredMessagingFunction) {
            store.set_users(policies.deferred.clone());
        }
        // Where nobody keeps it, nothing is recorded.
        let recorded = self.node(Role::HistoryFunction).map(|_| policies.recorded.clone()).unwrap_or_default();
        if let Some(Actor::Participating(function)) = self.node(Role::ParticipatingFunction) {
            function.set_recorded(recorded);
        }
    }

    /// Takes what the Participating Function recorded over to the History Function.
    fn record(&mut self, tell: &mut dyn FnMut(&str)) {
        let Some(Actor::Participating(function)) = self.node(Role::ParticipatingFunction) else { return };
        let records = function.take_records();
        let Some(Actor::Store(history)) = self.node(Role::HistoryFunction) else { return };
        for record in records {
            if let Err(error) = history.record(&record) {
                tell(&format!("error: the History Function lost a message for {}: {error}", record.owner));
            }
        }
    }

    fn tell(&mut self, tell: &mut dyn FnMut(&str)) {
        for line in self.journal.take(self.live.take_observations()) {
            tell(&line);
        }
    }
}
