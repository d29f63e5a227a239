//! The SIP/IP core: registrar with feature tags, and a proxy that stays in the path (RFC 3261 §10, §16).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::stack::endpoint::{self, TxId};
use crate::stack::proxy::{Forward, Proxy, ProxyEvent};
use crate::stack::{IdSource, Input, Node, Output};
use crate::time::Time;
use crate::wire::sip::{Message, Name, NameAddr};
use crate::wire::uri::{self, Uri};

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
    /// Servers that sessions of their users go through.
    pub participating: Vec<Participating>,
    /// The core is a 3GPP IMS: it gives a Service-Route and asserts identities.
    pub ims: bool,
    pub ids: IdSource,
}

/// A server that sessions of its users go through, as their initial filter criteria say in a 3GPP IMS (TS 24.229 §5.4.3).
#[derive(Clone, Debug)]
pub struct Participating {
    pub sip: SocketAddr,
    /// Addresses of its users.
    pub serves: Vec<String>,
}

/// For which of the two users of a session a request goes through a server. It comes back by a Route with that word in
/// front of the core's address, so that it goes through none twice (TS 24.229 §5.4.3.2: original dialog identifier).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Served {
    Originating,
    Terminating,
}

impl Served {
    fn word(self) -> &'static str {
        match self {
            Served::Originating => "originating",
            Served::Terminating => "terminating",
        }
    }

    /// What the Route says by which a request came.
    fn of(route: &str) -> Option<Served> {
        let user = Uri::parse(NameAddr::parse(route).uri).user?;
        [Served::Originating, Served::Terminating].into_iter().find(|served| served.word() == user)
    }
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
            if let ProxyEvent::Request { tx, message, route, .. } = event {
                match message.method() {
                    "REGISTER" => self.register(now, tx, &message),
                    _ => self.route(now, tx, &message, route.as_deref().and_then(Served::of)),
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
        for contact in message.addresses(Name::Contact) {
            let own = contact.params.get("expires").and_then(|e| e.parse::<u32>().ok());
            let expires = own.or(asked).unwrap_or(3600).min(LONGEST_BINDING);
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
    }

    fn route(&mut self, now: Time, tx: TxId, message: &Arc<Message>, served: Option<Served>) {
        let target = message.request_uri().unwrap_or_default();
        let dialog = message.to().is_some_and(|to| to.tag().is_some());
        let mut forward = Forward { record_route: !dialog, ..Forward::default() };
        // Who was asserted keeps his identity on his way through a server that is trusted.
        if self.config.ims && !dialog && served.is_none() {
            self.assert_identity(message, &mut forward);
        }
        if !dialog && let Some((function, stage)) = self.function_for(message, served) {
            let back = self.proxy.uri().replacen("sip:", &format!("sip:{}@", stage.word()), 1);
            forward.route = vec![format!("<sip:{};lr>", function.sip), format!("<{back}>")];
            return self.proxy.forward(now, tx, forward);
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
            Some(_) => self.proxy.refuse(now, tx, 480),
            None => self.proxy.refuse(now, tx, 404),
        }
    }

    /// The server that an invitation goes through next: its sender's, then its recipient's.
    fn function_for(&self, message: &Message, served: Option<Served>) -> Option<(&Participating, Served)> {
        if message.method() != "INVITE" {
            return None;
        }
        let serving = |address: Option<&str>| {
            let serves =
                |function: &&Participating| address.is_some_and(|a| function.serves.iter().any(|u| uri::same(u, a)));
            self.config.participating.iter().find(serves)
        };
        let sender = message.address(Name::PPreferredIdentity).or_else(|| message.from()).map(|sender| sender.uri);
        let originating = || serving(sender).map(|function| (function, Served::Originating));
        let terminating = || serving(message.request_uri()).map(|function| (function, Served::Terminating));
        match served {
            None => originating().or_else(terminating),
            Some(Served::Originating) => terminating(),
            Some(Served::Terminating) => None,
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
