//! The SIP/IP core: registrar with feature tags, and a proxy that stays in the path (RFC 3261 §10, §16).

mod third_party;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::stack::endpoint::{self, TxId};
use crate::stack::proxy::{Forward, Proxy, ProxyEvent};
use crate::stack::{IdSource, Input, Node, Output};
use crate::time::Time;
use crate::wire::sip::{Message, Name};
use crate::wire::uri::{self, Uri};
use third_party::Notice;

/// How long a binding lasts at the most, in seconds.
const LONGEST_BINDING: u32 = 7200;
/// Bindings that are kept at the most.
const MOST_BINDINGS: usize = 1_000_000;

/// What the core is provisioned with.
#[derive(Clone, Debug)]
pub struct Config {
    pub sip: SocketAddr,
    /// The domain that it is responsible for.
    pub domain: String,
    /// URIs that servers answer for, each with the server's address.
    pub services: Vec<(String, SocketAddr)>,
    /// Services that learn of each registration, by URI and address.
    pub told: Vec<(String, SocketAddr)>,
    /// User parts of those who may register.
    pub subscribers: BTreeSet<String>,
    /// Where invitations and messages go whose recipient is not there: to the Deferred Messaging Function.
    pub deferred: Option<SocketAddr>,
    /// The core is a 3GPP IMS: it gives a Service-Route and asserts identities.
    pub ims: bool,
    pub ids: IdSource,
}

/// The core.
pub struct Core {
    config: Config,
    proxy: Proxy,
    /// By user part of the address of record.
    bindings: BTreeMap<String, Binding>,
}

struct Binding {
    contact: String,
    until: Time,
}

impl Core {
    pub fn new(mut config: Config) -> Core {
        let sip = endpoint::Config::new(config.sip, config.ids.fork("sip"));
        Core { proxy: Proxy::new(sip, Vec::new()), config, bindings: BTreeMap::new() }
    }

    /// Binds an address of record, by its user part, to a contact that does not register.
    pub fn provision(&mut self, user: &str, contact: String) {
        self.bindings.insert(user.to_ascii_lowercase(), Binding { contact, until: Time(u64::MAX) });
    }

    /// Whether a user, by the user part of the address of record, has registered.
    pub fn has_binding(&self, user: &str) -> bool {
        self.bindings.contains_key(&user.to_ascii_lowercase())
    }

    fn settle(&mut self, now: Time) {
        while let Some(event) = self.proxy.poll_event() {
            if let ProxyEvent::Request { tx, message, remote } = event {
                match message.method() {
                    "REGISTER" => self.register(now, tx, &message),
                    _ => self.route(now, tx, &message, remote.ip()),
                }
            }
        }
    }

    /// RFC 3261 §10.3.
    fn register(&mut self, now: Time, tx: TxId, message: &Arc<Message>) {
        let Some(user) = message.to().and_then(|to| Uri::parse(to.uri).user.map(str::to_ascii_lowercase)) else {
            return self.proxy.refuse(now, tx, 400);
        };
        let asked = message.header(Name::Expires).and_then(|h| h.text().trim().parse::<u32>().ok());
        let mut granted = None;
        for contact in message.addresses(Name::Contact) {
            let own = contact.params.get("expires").and_then(|e| e.parse::<u32>().ok());
            let expires = own.or(asked).unwrap_or(3600).min(LONGEST_BINDING);
            granted = Some(expires);
            if expires == 0 {
                self.bindings.remove(&user);
            } else if self.bindings.len() < MOST_BINDINGS || self.bindings.contains_key(&user) {
                let until = now + std::time::Duration::from_secs(expires.into());
                let contact = contact.uri.to_owned();
                self.bindings.insert(user.clone(), Binding { contact, until });
            }
        }
        let Some(mut response) = self.proxy.endpoint().response(tx, 200) else { return };
        for (_, value) in message.values(Name::Contact) {
            let expires = asked.unwrap_or(3600).min(LONGEST_BINDING);
            let value =
                if value.contains("expires=") { value.to_owned() } else { format!("{value};expires={expires}") };
            response = response.header("Contact", value);
        }
        if self.config.ims {
            response = response.header("Service-Route", format!("<{}>", self.proxy.uri()));
        }
        self.proxy.respond(now, tx, response.build());
        if let Some(expires) = granted {
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

    fn route(&mut self, now: Time, tx: TxId, message: &Arc<Message>, from: IpAddr) {
        let target = message.request_uri().unwrap_or_default();
        let dialog = message.to().is_some_and(|to| to.tag().is_some());
        let mut forward = Forward { record_route: !dialog, ..Forward::default() };
        // What a service says of who asks is trusted (RFC 3325 §5).
        let trusted = self.config.services.iter().any(|(_, address)| address.ip() == from);
        if self.config.ims && !dialog && !trusted {
            self.assert_identity(message, &mut forward);
            self.charge(message, &mut forward);
        }
        let service = self
            .config
            .services
            .iter()
            .find(|(known, _)| uri::same_ignoring_params(target, known, &["sessiontype", "session"]));
        if let Some((_, address)) = service {
            forward.destination = Some(*address);
            return self.proxy.forward(now, tx, forward);
        }
        let parsed = Uri::parse(target);
        let ours = parsed.host.is_some_and(|h| h.to_string().eq_ignore_ascii_case(&self.config.domain));
        if !ours {
            // Another host by its address, such as the remote target of a dialog; a foreign domain leads nowhere here.
            let reachable = parsed.host.is_some_and(|h| h.ip().is_some());
            return if reachable { self.proxy.forward(now, tx, forward) } else { self.proxy.refuse(now, tx, 404) };
        }
        let user = parsed.user.unwrap_or_default().to_ascii_lowercase();
        match self.bindings.get(&user) {
            Some(binding) if binding.until > now => {
                forward.request_uri = Some(binding.contact.clone());
                self.proxy.forward(now, tx, forward);
            }
            absent => {
                let known = absent.is_some() || self.config.subscribers.contains(&user);
                let keepable = known && !dialog && matches!(message.method(), "INVITE" | "MESSAGE");
                // What the store itself sends it keeps already.
                let store = self.config.deferred.filter(|store| keepable && store.ip() != from);
                if store.is_some() {
                    forward.destination = store;
                    return self.proxy.forward(now, tx, forward);
                }
                self.proxy.refuse(now, tx, if known { 480 } else { 404 });
            }
        }
    }

    /// What is charged for is marked (RFC 7315 §4.6).
    fn charge(&mut self, message: &Message, forward: &mut Forward) {
        if message.header(Name::PChargingVector).is_none() {
            let icid = self.proxy.ids().token(20);
            let vector = format!("icid-value={icid};icid-generated-at={}", self.config.sip.ip());
            forward.add.push(("P-Charging-Vector".to_owned(), format!("{vector};orig-ioi={}", self.config.domain)));
        }
    }

    /// The identity of a registered sender is asserted, and what it prefers is taken out (RFC 3325 §5).
    fn assert_identity(&self, message: &Message, forward: &mut Forward) {
        forward.remove = vec![Name::PPreferredIdentity, Name::PAssertedIdentity];
        let preferred = message.address(Name::PPreferredIdentity).or_else(|| message.from());
        if let Some(identity) = preferred {
            let user = Uri::parse(identity.uri).user.unwrap_or_default().to_ascii_lowercase();
            if self.bindings.contains_key(&user) {
                forward.add.push(("P-Asserted-Identity".to_owned(), format!("<{}>", identity.uri)));
            }
        }
    }
}

impl Node for Core {
    fn handle(&mut self, now: Time, input: Input) {
        self.proxy.handle(now, input);
        self.settle(now);
    }

    fn poll(&mut self) -> Option<Output> {
        self.proxy.poll()
    }

    fn next_timeout(&self) -> Option<Time> {
        self.proxy.next_timeout()
    }
}
