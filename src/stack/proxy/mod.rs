//! A transaction-stateful proxy (RFC 3261 §16): what a SIP/IP core stands on.
//!
//! It checks, routes, forwards to one target or to several, relays responses, cancels, and forwards what belongs to a dialog
//! by its Route. Where a request that makes a dialog or stands alone goes, and who may send it, is its user's to say.

mod context;
#[cfg(test)]
mod fork_tests;
mod routing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use context::{Context, Failure};

use super::endpoint::{Config, Endpoint, Protocol, SipEvent, TxId};
use super::security::{as_sips, demands_sips};
use super::{IdSource, Input, Output, edit};
use crate::time::Time;
use crate::wire::sip::{Message, Name};

/// How to forward a request.
#[derive(Clone, Debug, Default)]
pub struct Forward {
    /// The target (RFC 3261 §16.5); the Request-URI stays without one.
    pub request_uri: Option<String>,
    /// Route values to visit first, in order, before those that are there.
    pub route: Vec<String>,
    /// Where to send it; without, its topmost Route or its Request-URI says so.
    pub destination: Option<SocketAddr>,
    /// Whether this proxy stays in the path of the dialog (RFC 3261 §16.6 step 4).
    pub record_route: bool,
    /// Headers whose lines go, by name.
    pub remove: Vec<Name>,
    /// Header lines to add, behind all others.
    pub add: Vec<(String, String)>,
    /// A 2xx goes back with this proxy as the first Service-Route (RFC 3608 §6.2).
    pub service_route: bool,
}

/// What the proxy's user learns.
#[derive(Clone, Debug)]
pub enum ProxyEvent {
    /// A request that no Route leads on, or about which this proxy [asks](Proxy::asks): [`Proxy::forward`] or
    /// [`Proxy::respond`]. A Route for this proxy is removed already (it is in `route`), and Max-Forwards counted down.
    Request {
        tx: TxId,
        message: Arc<Message>,
        route: Option<String>,
        /// A Route of the sender leads on from here.
        leads_on: bool,
        remote: SocketAddr,
    },
    /// A response on its way back to the client of `tx`, as it was forwarded.
    Response { tx: TxId, message: Arc<Message> },
    /// The request was cancelled before its user said where it goes; it is answered with 487.
    Cancelled { tx: TxId },
}

/// The proxy of one host.
#[derive(Debug)]
pub struct Proxy {
    endpoint: Endpoint,
    ids: IdSource,
    /// The URI that this proxy writes into Record-Route, and the one for TLS where that is spoken beside.
    uri: String,
    secured_uri: String,
    /// Whether this proxy stays in the path of dialogs whose first request its Route leads on.
    pub records: bool,
    /// Whether its user is asked about requests outside of dialogs even where a Route leads on: who writes one must not
    /// get past what the user demands of senders.
    pub asks: bool,
    /// Option tags of Proxy-Require that are understood.
    understood: Vec<String>,
    /// What was forwarded: server to client transaction, and back.
    contexts: HashMap<TxId, Context>,
    servers: HashMap<TxId, TxId>,
    /// Requests that wait for their user, as they were given to it.
    waiting: HashMap<TxId, Arc<Message>>,
    /// Timer C by server transaction.
    timers: BTreeSet<(Time, TxId)>,
    events: VecDeque<ProxyEvent>,
    /// What the endpoint has is being taken already; so no input makes this nest.
    settling: bool,
}

impl Proxy {
    /// The proxy at the address of `config`; `understood` are the option tags a Proxy-Require may name.
    pub fn new(mut config: Config, understood: Vec<String>) -> Proxy {
        let ids = config.ids.fork("proxy");
        Proxy {
            uri: format!("sip:{}{};lr", config.local, config.security.parameters()),
            secured_uri: match config.beside {
                Some(beside) => format!("sip:{beside};transport=tls;lr"),
                None => format!("sip:{}{};lr", config.local, config.security.parameters()),
            },
            endpoint: Endpoint::new(config),
            ids,
            records: false,
            asks: false,
            understood,
            contexts: HashMap::new(),
            servers: HashMap::new(),
            waiting: HashMap::new(),
            timers: BTreeSet::new(),
            events: VecDeque::new(),
            settling: false,
        }
    }

    /// The URI of this proxy in Record-Route, for Service-Route and Path too.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The same for who sent that request: it comes back as it came.
    pub fn uri_towards(&self, request: &Message) -> &str {
        let over_tls = request.via().is_some_and(|via| via.transport.eq_ignore_ascii_case(Protocol::Tls.word()));
        if over_tls { &self.secured_uri } else { &self.uri }
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Takes an input; `false` where it is none of this proxy's. [`Input::Timer`] is everybody's.
    pub fn handle(&mut self, now: Time, input: Input) -> bool {
        let timer = matches!(input, Input::Timer);
        let mine = self.endpoint.handle(now, input);
        self.settle(now);
        while timer && let Some((_, tx)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timer_c(now, tx);
            self.settle(now);
        }
        mine
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.endpoint.poll()
    }

    pub fn poll_event(&mut self) -> Option<ProxyEvent> {
        self.events.pop_front()
    }

    pub fn next_timeout(&self) -> Option<Time> {
        let timer_c = self.timers.first().map(|(at, _)| *at);
        [timer_c, self.endpoint.next_timeout()].into_iter().flatten().min()
    }

    /// Forwards a request that came as [`ProxyEvent::Request`].
    pub fn forward(&mut self, now: Time, tx: TxId, forward: Forward) {
        self.fork(now, tx, vec![vec![forward]]);
    }

    /// Forwards a request to several targets: at the same moment to all of a group, and to the next group when all of the
    /// one before have failed (RFC 3261 §16.6, §16.7). The first who accepts ends the search.
    pub fn fork(&mut self, now: Time, tx: TxId, groups: Vec<Vec<Forward>>) {
        let Some(message) = self.waiting.get(&tx) else { return };
        let invite = message.method() == "INVITE";
        let mut rest: VecDeque<Vec<Forward>> = groups.into_iter().filter(|group| !group.is_empty()).collect();
        let Some(first) = rest.pop_front() else { return };
        self.contexts.insert(tx, Context::new(invite, rest));
        self.try_group(now, tx, first);
        self.settle(now);
    }

    fn try_group(&mut self, now: Time, tx: TxId, group: Vec<Forward>) {
        let Some(message) = self.waiting.get(&tx).cloned() else { return };
        let Some(context) = self.contexts.get_mut(&tx) else { return };
        if context.rest.is_empty() {
            self.waiting.remove(&tx);
        }
        let invite = context.invite;
        for forward in group {
            if let Some(context) = self.contexts.get_mut(&tx) {
                context.service_route |= forward.service_route;
            }
            let prepared = self.prepared(&message, &forward);
            let client = self.endpoint.send_request(now, prepared, forward.destination);
            self.servers.insert(client, tx);
            if let Some(context) = self.contexts.get_mut(&tx) {
                context.pending.push(client);
            }
        }
        if invite {
            self.set_timer_c(tx, Some(now + self.endpoint.config().timers.c));
        }
    }

    /// Answers a request itself, instead of forwarding it. The response has its To tag added where it has none.
    pub fn respond(&mut self, now: Time, tx: TxId, response: Message) {
        let tagged = match response.to() {
            Some(to) if to.tag().is_none() && response.status() != Some(100) => {
                let to = response.header(Name::To).map(|header| header.text().into_owned()).unwrap_or_default();
                edit::replace_line(&response, Name::To, &format!("{to};tag={}", self.ids.tag()))
            }
            _ => response,
        };
        if tagged.status().is_some_and(|status| status >= 200) {
            self.waiting.remove(&tx);
        }
        self.endpoint.respond(now, tx, tagged);
        self.settle(now);
    }

    /// Answers a request itself with a status and nothing else.
    pub fn refuse(&mut self, now: Time, tx: TxId, status: u16) {
        if let Some(builder) = self.endpoint.response(tx, status) {
            self.respond(now, tx, builder.build());
        }
    }

    /// Sends a request of this host itself. What is answered is nobody's to know.
    pub fn request(&mut self, now: Time, request: Message, destination: SocketAddr) {
        self.endpoint.send_request(now, request, Some(destination));
        self.settle(now);
    }

    /// Tags and Call-IDs for what the proxy's user writes itself.
    pub fn ids(&mut self) -> &mut IdSource {
        &mut self.ids
    }

    /// Takes what the endpoint has, until it has nothing more.
    fn settle(&mut self, now: Time) {
        if std::mem::replace(&mut self.settling, true) {
            return;
        }
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                SipEvent::Request { tx, message, remote } => self.take_request(now, tx, message, remote),
                SipEvent::Cancel { tx, target, .. } => self.take_cancel(now, tx, target),
                SipEvent::Ack { message } => self.take_ack(&message),
                SipEvent::Response { tx, message } => self.take_response(now, tx, &message),
                // The server transaction keeps a 408 back from all but an INVITE (RFC 4320 §4.2).
                SipEvent::Timeout { tx } => self.take_failure(now, tx, 408),
                // As if it were a 503, which is not forwarded (RFC 3261 §16.9, §16.7 step 6).
                SipEvent::TransportFailed { tx } => self.take_failure(now, tx, 500),
                SipEvent::Stray { .. } => {}
            }
        }
        self.settling = false;
    }

    fn take_request(&mut self, now: Time, tx: TxId, message: Arc<Message>, remote: SocketAddr) {
        if let Some(refusal) = routing::refusal(&message, &self.understood) {
            let Some(mut builder) = self.endpoint.response(tx, refusal.0) else { return };
            if !refusal.1.is_empty() {
                builder = builder.header("Unsupported", refusal.1);
            }
            return self.respond(now, tx, builder.build());
        }
        let (message, route) = routing::arrived(&message, &self.uri, self.endpoint.config());
        let message = Arc::new(message);
        let leads_on = routing::leads_on(&message, self.endpoint.config());
        self.waiting.insert(tx, message.clone());
        let first = message.to().is_none_or(|to| to.tag().is_none());
        if leads_on && !(self.asks && first) {
            let record_route = self.records && first && message.method() == "INVITE";
            self.forward(now, tx, Forward { record_route, ..Forward::default() });
        } else {
            self.events.push_back(ProxyEvent::Request { tx, message, route, leads_on, remote });
        }
    }

    /// The ACK for a 2xx is forwarded without any state (RFC 3261 §16.11, §17.1.1.3).
    fn take_ack(&mut self, message: &Message) {
        if routing::refusal(message, &self.understood).is_some() {
            return;
        }
        let (message, _) = routing::arrived(message, &self.uri, self.endpoint.config());
        if routing::leads_on(&message, self.endpoint.config()) {
            let message = self.prepared(&message, &Forward::default());
            self.endpoint.send_ack(message, None);
        }
    }

    fn take_response(&mut self, now: Time, client: TxId, message: &Message) {
        let Some(server) = self.servers.get(&client).copied() else { return };
        let status = message.status().unwrap_or(0);
        if status == 100 {
            return;
        }
        let forwarded = edit::remove_top(message, Name::Via);
        if forwarded.via().is_none() {
            return;
        }
        if status < 200 {
            // Every provisional response gives the called side more time (RFC 3261 §16.7 step 2).
            self.set_timer_c(server, Some(now + self.endpoint.config().timers.c));
            return self.pass_back(now, server, forwarded);
        }
        let asked = self.endpoint.request(server);
        let towards = asked.map_or(self.uri(), |request| self.uri_towards(request)).to_owned();
        let Some(context) = self.contexts.get_mut(&server) else { return };
        context.pending.retain(|pending| *pending != client);
        if status >= 300 {
            return self.branch_failed(now, server, client, Failure::Response(Box::new(forwarded)));
        }
        let forwarded = match context.service_route {
            true => edit::prepend(&forwarded, Name::ServiceRoute, &format!("<{towards}>")),
            false => forwarded,
        };
        // A 2xx to an INVITE comes again until its ACK is there; the context stays for it as long as its transaction.
        let again = context.invite;
        let first = !std::mem::replace(&mut context.accepted, true);
        context.rest.clear();
        let others = std::mem::take(&mut context.pending);
        self.waiting.remove(&server);
        self.set_timer_c(server, None);
        if again {
            for other in others {
                self.endpoint.cancel(now, other);
            }
        } else {
            self.contexts.remove(&server);
            self.servers.remove(&client);
            for other in others {
                self.servers.remove(&other);
            }
        }
        if first || again {
            self.pass_back(now, server, forwarded);
        }
        self.sweep();
    }

    fn pass_back(&mut self, now: Time, server: TxId, forwarded: Message) {
        self.events.push_back(ProxyEvent::Response { tx: server, message: Arc::new(forwarded.clone()) });
        self.endpoint.respond(now, server, forwarded);
    }

    fn take_failure(&mut self, now: Time, client: TxId, status: u16) {
        self.waiting.remove(&client);
        let Some(server) = self.servers.remove(&client) else { return };
        if let Some(context) = self.contexts.get_mut(&server) {
            context.pending.retain(|pending| *pending != client);
            self.branch_failed(now, server, client, Failure::Status(status));
        }
    }

    /// A branch came to nothing: the next are tried, or the best of all failures goes back.
    fn branch_failed(&mut self, now: Time, server: TxId, client: TxId, failure: Failure) {
        self.servers.remove(&client);
        let Some(context) = self.contexts.get_mut(&server) else { return };
        context.fail(failure);
        if context.is_decided() {
            for other in context.pending.clone() {
                self.endpoint.cancel(now, other);
            }
        }
        let Some(context) = self.contexts.get_mut(&server) else { return };
        if let Some(group) = context.next() {
            return self.try_group(now, server, group);
        }
        let Some(verdict) = context.verdict() else { return };
        self.waiting.remove(&server);
        self.set_timer_c(server, None);
        self.contexts.remove(&server);
        match verdict {
            Failure::Response(message) => self.pass_back(now, server, *message),
            Failure::Status(status) => self.refuse(now, server, status),
        }
        self.sweep();
    }

    /// A CANCEL is answered here, and another one follows the INVITE (RFC 3261 §16.10).
    fn take_cancel(&mut self, now: Time, tx: TxId, target: Option<TxId>) {
        let Some(target) = target else { return self.refuse(now, tx, 481) };
        self.refuse(now, tx, 200);
        if let Some(context) = self.contexts.get_mut(&target) {
            context.rest.clear();
            for client in context.pending.clone() {
                self.endpoint.cancel(now, client);
            }
        } else if self.waiting.contains_key(&target) {
            self.refuse(now, target, 487);
            self.events.push_back(ProxyEvent::Cancelled { tx: target });
        }
    }

    /// Timer C fired: the called side rang too long (RFC 3261 §16.8).
    fn timer_c(&mut self, now: Time, server: TxId) {
        self.set_timer_c(server, None);
        let Some(context) = self.contexts.get(&server) else { return };
        for client in context.pending.clone() {
            self.endpoint.cancel(now, client);
        }
    }

    fn set_timer_c(&mut self, server: TxId, at: Option<Time>) {
        let Some(context) = self.contexts.get_mut(&server).filter(|context| context.invite) else { return };
        if let Some(old) = std::mem::replace(&mut context.timer_c, at) {
            self.timers.remove(&(old, server));
        }
        self.timers.extend(at.map(|at| (at, server)));
    }

    /// The request as it leaves (RFC 3261 §16.6).
    fn prepared(&self, message: &Message, forward: &Forward) -> Message {
        let mut message = message.clone();
        if let Some(uri) = &forward.request_uri {
            message = edit::set_request_uri(&message, uri);
        }
        for name in &forward.remove {
            message = edit::remove_all(&message, *name);
        }
        for (name, value) in &forward.add {
            message = edit::append(&message, name, value);
        }
        if forward.record_route {
            message = edit::prepend(&message, Name::RecordRoute, &self.record(&message, self.uri_towards(&message)));
        }
        for route in forward.route.iter().rev() {
            message = edit::prepend(&message, Name::Route, route);
        }
        let mut message = routing::strict_next_hop(message);
        // Who goes between transports is reached by the one from this side and by the other from that (RFC 5658 §5).
        let protocol = self.endpoint.route(&message, forward.destination).map(|(_, protocol)| protocol);
        let onward = if protocol == Some(Protocol::Tls) { &self.secured_uri } else { &self.uri };
        if forward.record_route && onward != self.uri_towards(&message) {
            message = edit::prepend(&message, Name::RecordRoute, &self.record(&message, onward));
        }
        message
    }

    /// A Record-Route value with that URI of this proxy, as the request wants it.
    fn record(&self, request: &Message, uri: &str) -> String {
        format!("<{}>", if demands_sips(request) { as_sips(uri) } else { uri.to_owned() })
    }

    /// Forgets contexts whose transactions have ended, when there are many.
    fn sweep(&mut self) {
        let live = self.endpoint.transactions();
        if self.contexts.len() < 64 || self.contexts.len() < live * 2 {
            return;
        }
        let endpoint = &self.endpoint;
        self.servers.retain(|client, _| endpoint.request(*client).is_some());
        let used: std::collections::HashSet<TxId> = self.servers.values().copied().collect();
        self.contexts.retain(|server, _| used.contains(server) || endpoint.request(*server).is_some());
    }
}
