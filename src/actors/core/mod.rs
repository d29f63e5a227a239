//! The SIP/IP core: registrar with feature tags, and a proxy that stays in the path (RFC 3261 §10, §16).

mod identity;
mod location;
mod participation;
mod preferences;
#[cfg(test)]
mod tests;
mod third_party;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use identity::user_of;
use location::{Location, Outcome};
pub use participation::Participating;
use participation::Served;
use third_party::Notice;

use crate::stack::digest::{Account, Algorithm, Guard, Judgement};
use crate::stack::endpoint::{self, TxId};
use crate::stack::proxy::{Forward, Proxy, ProxyEvent};
use crate::stack::transaction::Timers;
use crate::stack::{IdSource, Input, Node, Output, Security, security};
use crate::time::Time;
use crate::wire::sip::{Builder, Message, Name};
use crate::wire::uri::{self, Host, Scheme, Uri};

/// What the core is provisioned with.
#[derive(Clone, Debug)]
pub struct Config {
    pub sip: SocketAddr,
    /// How it secures its streams, and everybody in its network.
    pub security: Security,
    /// Where it speaks TLS beside UDP and TCP at `sip`.
    pub beside: Option<SocketAddr>,
    /// The domain that it is responsible for.
    pub domain: String,
    /// URIs that servers answer for, each with the server's address.
    pub services: Vec<(String, SocketAddr)>,
    /// Services that learn of each registration, by URI and address.
    pub told: Vec<(String, SocketAddr)>,
    /// User parts of those who may register.
    pub subscribers: BTreeSet<String>,
    /// Servers that sessions of their users go through.
    pub participating: Vec<Participating>,
    /// Where invitations and messages go whose recipient is not there: to the Deferred Messaging Function.
    pub deferred: Option<SocketAddr>,
    /// How long an invitation may ring (RFC 3261 §16.6 step 11: timer C).
    pub timer_c: Duration,
    /// The core is a 3GPP IMS: it gives a Service-Route and asserts identities.
    pub ims: bool,
    /// Passwords of those who must give one; without any, nobody is asked.
    pub accounts: Vec<Account>,
    /// What passwords are asked for with, the best first (RFC 8760 §2.3).
    pub algorithms: Vec<Algorithm>,
    /// Bodies are protected by passwords too (`auth-int`).
    pub integrity: bool,
    /// Who registers learns what to use next (RFC 2617 §3.2.3).
    pub next_nonce: bool,
    pub ids: IdSource,
}

impl Config {
    /// A core with nothing but its domain.
    pub fn new(sip: SocketAddr, domain: &str, ids: IdSource) -> Config {
        Config {
            sip,
            security: Security::default(),
            beside: None,
            domain: domain.to_owned(),
            services: Vec::new(),
            told: Vec::new(),
            subscribers: BTreeSet::new(),
            participating: Vec::new(),
            deferred: None,
            timer_c: Timers::default().c,
            ims: false,
            accounts: Vec::new(),
            algorithms: vec![Algorithm::Sha256, Algorithm::Md5],
            integrity: false,
            next_nonce: false,
            ids,
        }
    }
}

/// The core.
pub struct Core {
    config: Config,
    proxy: Proxy,
    location: Location,
    /// The services by the user part of their URIs.
    services: BTreeMap<String, Vec<(String, SocketAddr)>>,
    /// Addresses of the servers of this network.
    trusted: BTreeSet<SocketAddr>,
    guard: Option<Guard>,
}

/// How a request came.
struct Way {
    /// The Route that led here.
    route: Option<String>,
    /// Another one leads on.
    leads_on: bool,
}

/// Parameters that say what is asked of a service, not which one it is (IM Appendix E).
const SESSION_TYPES: &[&str] = &["sessiontype", "session"];

impl Core {
    pub fn new(mut config: Config) -> Core {
        let mut sip = endpoint::Config::new(config.sip, config.ids.fork("sip"));
        sip.security = config.security.clone();
        sip.beside = config.beside;
        sip.timers.c = config.timer_c;
        let guard = (!config.accounts.is_empty()).then(|| {
            let (accounts, algorithms) = (config.accounts.clone(), config.algorithms.clone());
            let mut guard = Guard::new(&config.domain, accounts, algorithms, config.ids.fork("guard"));
            guard.integrity = config.integrity;
            guard
        });
        let mut core = Core {
            proxy: Proxy::new(sip, Vec::new()),
            location: Location::default(),
            services: BTreeMap::new(),
            trusted: config
                .told
                .iter()
                .map(|(_, address)| *address)
                .chain(config.deferred)
                .chain(config.participating.iter().map(|function| function.sip))
                .collect(),
            guard,
            config,
        };
        core.proxy.asks = core.guard.is_some();
        for (uri, address) in std::mem::take(&mut core.config.services) {
            core.serve(&uri, address);
        }
        core
    }

    /// Leads requests for a URI to a server of this network, from now on.
    pub fn serve(&mut self, uri: &str, address: SocketAddr) {
        let known = self.services.entry(user_of(uri)).or_default();
        known.retain(|(other, _)| !uri::same(other, uri));
        known.push((uri.to_owned(), address));
        self.trusted.insert(address);
    }

    /// Leads requests for a URI nowhere any more.
    pub fn stop_serving(&mut self, uri: &str) {
        if let Some(known) = self.services.get_mut(&user_of(uri)) {
            known.retain(|(other, _)| !uri::same(other, uri));
        }
    }

    /// Binds an address of record, by its user part, to a contact that does not register.
    pub fn provision(&mut self, user: &str, contact: String) {
        self.location.provision(&user.to_ascii_lowercase(), &contact);
    }

    /// Whether a user, by the user part of the address of record, is registered.
    pub fn has_binding(&self, user: &str) -> bool {
        self.location.has(&user.to_ascii_lowercase())
    }

    /// How many users are registered.
    pub fn registered(&self) -> usize {
        self.location.len()
    }

    fn settle(&mut self, now: Time) {
        while let Some(event) = self.proxy.poll_event() {
            if let ProxyEvent::Request { tx, message, route, leads_on, remote } = event {
                let by = Way { route, leads_on };
                match message.method() {
                    "REGISTER" => self.register(now, tx, &message, remote),
                    _ => self.route(now, tx, &message, &by, remote),
                }
            }
        }
    }

    /// RFC 3261 §10.3.
    fn register(&mut self, now: Time, tx: TxId, message: &Arc<Message>, remote: SocketAddr) {
        let Some(user) = message.to().map(|to| user_of(to.uri)).filter(|user| !user.is_empty()) else {
            return self.proxy.refuse(now, tx, 400);
        };
        if !self.is_trusted(message, remote)
            && let Some(guard) = &mut self.guard
        {
            match guard.judge(now, message, Name::Authorization) {
                Judgement::Known(known) if self.may_register(message, &known) => {}
                Judgement::Known(_) => return self.proxy.refuse(now, tx, 403),
                Judgement::Challenge { stale } => return self.challenge(now, tx, 401, stale),
            }
        }
        let required: Vec<&str> = message.values(Name::Require).map(|(_, tag)| tag).collect();
        if !required.is_empty() {
            // §10.3 step 2: no extension to REGISTER is known here that a client could require.
            let response = self.proxy.endpoint().response(tx, 420);
            let Some(response) = response else { return };
            return self.proxy.respond(now, tx, response.header("Unsupported", required.join(", ")).build());
        }
        let outcome = match self.location.register(now, &user, message, identity::sender(message, remote)) {
            Ok(outcome) => outcome,
            Err(423) => {
                let Some(response) = self.proxy.endpoint().response(tx, 423) else { return };
                let shortest = response.header("Min-Expires", location::SHORTEST);
                return self.proxy.respond(now, tx, shortest.build());
            }
            Err(status) => return self.proxy.refuse(now, tx, status),
        };
        let Some(mut response) = self.proxy.endpoint().response(tx, 200) else { return };
        for contact in self.location.contacts(now, &user) {
            response = response.header("Contact", contact);
        }
        for (_, path) in message.values(Name::Path) {
            response = response.header("Path", path);
        }
        if let Some(guard) = self.guard.as_ref().filter(|_| self.config.next_nonce) {
            response = response.header("Authentication-Info", guard.next(now));
        }
        if self.config.ims {
            response = response.header("Service-Route", format!("<{}>", self.proxy.uri_towards(message)));
        }
        self.proxy.respond(now, tx, response.build());
        if let Outcome::Changed(expires) = outcome {
            self.tell(now, message, expires);
        }
    }

    /// Tells services of a registration that went well, or of its end.
    fn tell(&mut self, now: Time, request: &Message, expires: u32) {
        let Some(user) = request.to().map(|to| to.uri.to_owned()) else { return };
        for (service, address) in self.config.told.clone() {
            let core = self.proxy.uri().to_owned();
            let notice = Notice { service: &service, user: &user, core: &core, expires, request };
            let ids = self.proxy.ids();
            let told = third_party::register(&notice, &ids.call_id(&self.config.sip.ip().to_string()), &ids.tag());
            self.proxy.request(now, told, address);
        }
    }

    /// Asks for a password (RFC 3261 §22.2, §22.3).
    fn challenge(&mut self, now: Time, tx: TxId, status: u16, stale: bool) {
        let (Some(guard), Some(response)) = (&self.guard, self.proxy.endpoint().response(tx, status)) else { return };
        let name = if status == 401 { "WWW-Authenticate" } else { "Proxy-Authenticate" };
        let challenges = guard.challenges(now, stale);
        let response = challenges.iter().fold(response, |response, challenge| response.header(name, challenge));
        self.proxy.respond(now, tx, response.build());
    }

    fn route(&mut self, now: Time, tx: TxId, message: &Arc<Message>, by: &Way, remote: SocketAddr) {
        let target = message.request_uri().unwrap_or_default();
        let dialog = self.is_in_dialog(message);
        let mut forward = Forward { record_route: !dialog && !by.leads_on, ..Forward::default() };
        let trusted = self.is_trusted(message, remote);
        if !trusted {
            // Servers of this network believe what is asserted, so it is theirs and the core's to say (RFC 3325 §5).
            forward.remove.push(Name::PAssertedIdentity);
        }
        if !dialog && !trusted {
            let mut sender = None;
            if self.must_authenticate(message)
                && let Some(guard) = &mut self.guard
            {
                match guard.judge(now, message, Name::ProxyAuthorization) {
                    Judgement::Known(user) if !self.speaks_for_himself(message, &user) => {
                        return self.proxy.refuse(now, tx, 403);
                    }
                    Judgement::Known(user) => sender = Some(user),
                    Judgement::Challenge { stale } => return self.challenge(now, tx, 407, stale),
                }
                // They have served their purpose (RFC 3261 §22.3).
                forward.remove.push(Name::ProxyAuthorization);
            }
            if self.config.ims {
                self.assert_identity(message, remote, sender.as_deref(), &mut forward);
                self.charge(message, &mut forward);
            }
        }
        if by.leads_on {
            return self.proxy.forward(now, tx, forward);
        }
        let served = by.route.as_deref().filter(|_| trusted).and_then(Served::of);
        if !dialog && self.participate(message, !trusted, served, &mut forward) {
            return self.proxy.forward(now, tx, forward);
        }
        if let Some(address) = self.service(target) {
            forward.destination = Some(address);
            return self.proxy.forward(now, tx, forward);
        }
        let parsed = Uri::parse(target);
        let ours = parsed.host.is_some_and(|h| h.to_string().eq_ignore_ascii_case(&self.config.domain));
        if !ours {
            // Another host by its address, such as the remote target of a dialog; a foreign domain leads nowhere here.
            let reachable = parsed.host.is_some_and(|h| h.ip().is_some());
            return if reachable { self.proxy.forward(now, tx, forward) } else { self.proxy.refuse(now, tx, 404) };
        }
        let user = user_of(target);
        let targets = self.location.targets(&user, message);
        if !targets.is_empty() {
            if self.config.ims {
                self.withhold(message, &mut forward);
            }
            let sips = Uri::parse(target).scheme == Scheme::Sips;
            let to = |binding: &&location::Binding| Forward {
                // Who is asked for by a SIPS URI is reached over TLS to the last hop (RFC 3261 §26.2.2).
                request_uri: Some(match sips {
                    true => security::as_sips(binding.address().uri),
                    false => binding.address().uri.to_owned(),
                }),
                route: binding.path.clone(),
                ..forward.clone()
            };
            let groups = targets.iter().map(|group| group.iter().map(to).collect()).collect();
            return self.proxy.fork(now, tx, groups);
        }
        let known = self.location.knows(&user) || self.config.subscribers.contains(&user);
        let keepable = known && !dialog && matches!(message.method(), "INVITE" | "MESSAGE");
        // What the store itself sends it keeps already.
        let sender = identity::sender(message, remote);
        let store = self.config.deferred.filter(|store| keepable && *store != sender && !self.location.has(&user));
        if store.is_some() {
            forward.destination = store;
            return self.proxy.forward(now, tx, forward);
        }
        self.proxy.refuse(now, tx, if known { 480 } else { 404 });
    }

    /// The server that answers for a URI.
    fn service(&self, target: &str) -> Option<SocketAddr> {
        let known = self.services.get(&user_of(target))?;
        known.iter().find(|(own, _)| uri::same_ignoring_params(target, own, SESSION_TYPES)).map(|(_, address)| *address)
    }

    /// What is charged for is marked (RFC 7315 §4.6).
    fn charge(&mut self, message: &Message, forward: &mut Forward) {
        if message.header(Name::PChargingVector).is_none() {
            let icid = self.proxy.ids().token(20);
            let vector = format!("icid-value={icid};icid-generated-at={}", Host::from(self.config.sip.ip()));
            forward.add.push(("P-Charging-Vector".to_owned(), format!("{vector};orig-ioi={}", self.config.domain)));
        }
    }

    /// Takes out what has expired, and tells of those who are gone.
    fn expire(&mut self, now: Time) {
        for user in self.location.expire(now) {
            let uri = format!("sip:{user}@{}", self.config.domain);
            let ended = Builder::request("REGISTER", &format!("sip:{}", self.config.domain))
                .header("To", format!("<{uri}>"))
                .header("Expires", 0)
                .build();
            self.tell(now, &ended, 0);
        }
    }
}

impl Node for Core {
    fn handle(&mut self, now: Time, input: Input) {
        self.expire(now);
        self.proxy.handle(now, input);
        self.settle(now);
    }

    fn poll(&mut self) -> Option<Output> {
        self.proxy.poll()
    }

    fn next_timeout(&self) -> Option<Time> {
        [self.proxy.next_timeout(), self.location.next_expiry()].into_iter().flatten().min()
    }
}
