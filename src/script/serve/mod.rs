//! A whole service, or some of its servers, on real sockets for as long as somebody wants it: for people who build clients,
//! and as a system under test of its own. It must not know what the servers say.

pub mod build;
pub mod config;
mod documents;
mod error;
mod journal;
mod policy;
mod role;
mod secure;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use config::{Config, Role};
use documents::{Asking, Documents};
pub use error::ServeError;
use journal::Journal;
use policy::Policies;

use super::defect;
use super::simulate::Bug;
use crate::actors::Actor;
use crate::actors::act::Kept;
use crate::actors::controlling::Group;
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
    config: Config,
    documents: Option<Documents>,
    /// Addresses of the groups that the core leads to the Controlling Function.
    led: BTreeSet<String>,
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
    pub async fn new(config: &Config, roles: &[Role], bugs: &[Tampering]) -> Result<Service, ServeError> {
        let mut live = Live::new();
        // The same seed would give the same Call-IDs again, which peers that go on running take for repeats.
        let seed = live.now().0;
        let (security, credentials) = secure::outfit(config)?;
        let mut nodes = Vec::new();
        for role in roles {
            let actor = build::server(config, *role, seed, &security)?;
            let Some(actor) = actor else { continue };
            // Over TLS nobody listens for datagrams.
            let datagrams = config.sip(*role).filter(|_| !security.sip);
            let id = live.add_secured(role.name(), datagrams.as_slice(), credentials.as_ref(), actor)?;
            if !bugs.is_empty() {
                live.set_link(id, Box::new(TamperedLink::new(bugs.to_vec())));
            }
            nodes.push((*role, id));
        }
        let names = config.addresses().into_iter().map(|(name, address)| (address, name)).collect();
        let documents = match roles.contains(&Role::Xdms) {
            true => Documents::open(config, seed).await?,
            false => None,
        };
        let led = config.group_documents().into_iter().map(|group| group.uri).collect();
        let journal = Journal::new(names);
        let mut service = Service { live, nodes, journal, config: config.clone(), documents, led };
        service.apply();
        Ok(service)
    }

    /// Serves until `stop` says so, then ends all sessions; `tell` gets a line for everything that happens.
    ///
    /// Errors: an address that a server cannot have, or a flood from outside.
    pub async fn run(&mut self, stop: &AtomicBool, tell: &mut dyn FnMut(&str)) -> Result<(), ServeError> {
        while !stop.load(Ordering::Relaxed) {
            let asking = self.wait(stop).await?;
            self.record(tell);
            if let Some(asking) = asking {
                self.answer(asking);
            }
            self.tell(tell);
        }
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

    /// Lets the servers work for a moment, or until somebody asks for a document.
    async fn wait(&mut self, stop: &AtomicBool) -> Result<Option<Asking>, ServeError> {
        let Service { live, documents, .. } = self;
        let asking = async {
            match documents {
                Some(documents) => documents.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ran = live.run(LOOK, |_| stop.load(Ordering::Relaxed)) => {
                ran?;
                Ok(None)
            }
            asking = asking => Ok(Some(asking)),
        }
    }

    /// Answers who asks for a document. What changed counts before he hears of it.
    fn answer(&mut self, asking: Asking) {
        let Some(mut documents) = self.documents.take() else { return };
        let now = self.live.now();
        let listing = |kept: Kept, owner: &str| {
            let role = match kept {
                Kept::Deferred => Role::DeferredMessagingFunction,
                Kept::History => Role::HistoryFunction,
            };
            let id = self.nodes.iter().find(|(own, _)| *own == role).map(|(_, id)| *id)?;
            match self.live.node(id) {
                Actor::Store(store) => store.kept(owner).ok(),
                _ => None,
            }
        };
        let (verdict, changed, line) = documents.answer(now, &asking.question, &listing);
        self.documents = Some(documents);
        if changed {
            self.apply();
        }
        line.iter().for_each(|line| self.journal.note(now, line));
        asking.answer(verdict);
    }

    /// Has every server go by what the file and the documents say, from the next request on.
    fn apply(&mut self) {
        let settings = self.documents.as_ref().map(|documents| documents.xdms.settings()).unwrap_or_default();
        let policies = Policies::of(&self.config, &settings);
        if let Some(groups) = self.documents.as_ref().map(|documents| documents.xdms.groups()) {
            self.lead(&groups);
            if let Some(Actor::Controlling(server)) = self.node(Role::ControllingFunction) {
                server.config_mut().groups = groups;
            }
        }
        if let Some(Actor::Store(store)) = self.node(Role::DeferredMessagingFunction) {
            store.set_users(policies.deferred.clone());
        }
        // Where nobody keeps it, nothing is recorded.
        let recorded = self.node(Role::HistoryFunction).map(|_| policies.recorded.clone()).unwrap_or_default();
        if let Some(Actor::Participating(function)) = self.node(Role::ParticipatingFunction) {
            function.set_recorded(recorded);
        }
    }

    /// Has the core lead requests for these groups to the Controlling Function, and for no others.
    fn lead(&mut self, groups: &[Group]) {
        let Some(at) = self.config.sip(Role::ControllingFunction) else { return };
        let now: BTreeSet<String> = groups.iter().map(|group| group.uri.clone()).collect();
        let before = std::mem::replace(&mut self.led, now.clone());
        if let Some(Actor::Core(core)) = self.node(Role::Core) {
            before.difference(&now).for_each(|uri| core.stop_serving(uri));
            now.difference(&before).for_each(|uri| core.serve(uri, at));
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
        for trouble in self.live.take_troubles() {
            tell(&trouble.to_string());
        }
    }
}
