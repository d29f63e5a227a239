//! The SIP transport and transaction layers of one host (RFC 3261 §17, §18): what user agents and proxies stand on.
//!
//! It absorbs retransmissions, acknowledges failures, refuses what cannot be understood at all, and routes
//! responses. It knows no dialogs, and nothing of what a request means.

mod keys;
mod malformed;
mod next_hop;
mod records;
#[cfg(test)]
mod tests;
mod transport;
mod via;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use next_hop::{Protocol, resolve};
use records::{Path, Record, Records};
use transport::{Arrival, Flow, Transport};
pub use via::{DEFAULT_PORT, TLS_PORT};

use super::transaction::{Action, Client, Event, InviteClient, InviteServer, Server, State, Transaction};
use super::{IdSource, Input, Output, Security, edit, status};
use crate::stack::transaction::Timers;
use crate::time::Time;
use crate::wire::sip::{Builder, Message, Name};

/// What a host's SIP needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address of both the UDP socket and the TCP listener; it is what goes into Via.
    pub local: SocketAddr,
    /// How SIP is secured. Over TLS it goes over nothing else, and `local` is the address of the TLS listener.
    pub security: Security,
    /// Where TLS is spoken beside UDP and TCP at `local`, by who goes between those who speak the one and the other.
    pub beside: Option<SocketAddr>,
    /// Where requests go that have no Route: a UA's SIP/IP core.
    pub outbound: Option<SocketAddr>,
    /// The only host that requests outside of dialogs are taken from, where there is one: what it lets pass is believed,
    /// so nobody may come past it. Over UDP it is known by its address, over TCP by its host.
    pub only_from: Option<SocketAddr>,
    /// Addresses of host names (lower case, `host` or `host:port`), instead of DNS.
    pub names: BTreeMap<String, SocketAddr>,
    pub timers: Timers,
    /// Requests of more octets go over TCP (RFC 3261 §18.1.1: 1300); 0 means always, `usize::MAX` never for their size.
    pub tcp_above: usize,
    /// Whether a request that went over TCP for its size goes over UDP where no connection comes about.
    pub udp_fallback: bool,
    /// Number of the first connection opened here; another protocol of the same node counts from elsewhere.
    pub first_conn: u64,
    /// Transactions kept at most; what comes beyond is answered 503.
    pub max_transactions: usize,
    pub ids: IdSource,
}

impl Config {
    /// A host at `local` with the defaults of RFC 3261.
    pub fn new(local: SocketAddr, ids: IdSource) -> Config {
        Config {
            local,
            security: Security::default(),
            beside: None,
            outbound: None,
            only_from: None,
            names: BTreeMap::new(),
            timers: Timers::default(),
            tcp_above: 1300,
            udp_fallback: true,
            first_conn: 1,
            max_transactions: 500_000,
            ids,
        }
    }

    /// The address of this host by that protocol.
    pub fn at(&self, protocol: Protocol) -> SocketAddr {
        self.beside.filter(|_| protocol == Protocol::Tls).unwrap_or(self.local)
    }

    /// Whether an address is one of this host.
    pub fn is_own(&self, address: SocketAddr) -> bool {
        address == self.local || Some(address) == self.beside
    }

    fn is_own_via(&self, message: &Message) -> bool {
        message
            .via()
            .is_some_and(|via| [Some(self.local), self.beside].into_iter().flatten().any(|at| via::is_ours(&via, at)))
    }
}

/// A transaction of an endpoint. Numbers are not used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TxId(pub u64);

/// What the transaction user learns.
#[derive(Clone, Debug)]
pub enum SipEvent {
    /// A new request, answered with [`Endpoint::respond`]. Its top Via carries `received` and `rport`.
    Request {
        tx: TxId,
        message: Arc<Message>,
        remote: SocketAddr,
    },
    /// A CANCEL, and the INVITE transaction it is for where there is one. It wants an answer of its own.
    Cancel {
        tx: TxId,
        target: Option<TxId>,
        message: Arc<Message>,
    },
    /// An ACK that is not for a failure answered here.
    Ack {
        message: Arc<Message>,
    },
    Response {
        tx: TxId,
        message: Arc<Message>,
    },
    /// Client: no final response in time. Server: no ACK for a failure.
    Timeout {
        tx: TxId,
    },
    /// The message could not be sent, or there is nowhere to send it.
    TransportFailed {
        tx: TxId,
    },
    /// A response that no transaction waits for. It must not be forwarded (RFC 6026 §7.3).
    Stray {
        message: Arc<Message>,
    },
}

/// SIP of one host: transport and transactions.
#[derive(Debug)]
pub struct Endpoint {
    config: Config,
    ids: IdSource,
    transport: Transport,
    records: Records,
    /// Peers that refused a connection; requests to them stay on UDP.
    refuses_tcp: HashSet<SocketAddr>,
    events: VecDeque<SipEvent>,
}

impl Endpoint {
    pub fn new(mut config: Config) -> Endpoint {
        // A timer of no length would fire for ever.
        config.timers.t1 = config.timers.t1.max(Duration::from_millis(1));
        config.timers.t2 = config.timers.t2.max(config.timers.t1);
        Endpoint {
            ids: config.ids.clone(),
            transport: Transport::new(config.local, config.security.sip_layer(), config.beside, config.first_conn),
            records: Records::default(),
            refuses_tcp: HashSet::new(),
            events: VecDeque::new(),
            config,
        }
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Takes an input; `false` where it is none of this endpoint's. [`Input::Timer`] is everybody's.
    pub fn handle(&mut self, now: Time, input: Input) -> bool {
        let mine = match input {
            Input::Timer => {
                while let Some(tx) = self.records.due(now) {
                    self.drive(now, tx, Event::Timer);
                }
                false
            }
            other => self.transport.handle(&other),
        };
        self.settle(now);
        mine
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.transport.poll()
    }

    pub fn poll_event(&mut self) -> Option<SipEvent> {
        self.events.pop_front()
    }

    pub fn next_timeout(&self) -> Option<Time> {
        self.records.next_timeout()
    }

    /// How many transactions live.
    pub fn transactions(&self) -> usize {
        self.records.len()
    }

    /// The octets of a request with the Via that [`Endpoint::send_request`] puts on it.
    pub fn octets_with_via(&self, request: &Message) -> usize {
        let protocol = if self.config.security.sip { Protocol::Tls } else { Protocol::Udp };
        let via = via::value(protocol, self.config.at(protocol), &self.ids.clone().branch());
        request.bytes().len() + "Via: \r\n".len() + via.len()
    }

    /// Sends a request that has no Via of this host yet, to `destination` or the next hop it names itself.
    /// Everything that follows comes as events of the transaction.
    pub fn send_request(&mut self, now: Time, request: Message, destination: Option<SocketAddr>) -> TxId {
        let branch = self.ids.branch();
        let Some((remote, protocol)) = self.route(&request, destination) else {
            let tx = self.records.reserve();
            self.events.push_back(SipEvent::TransportFailed { tx });
            return tx;
        };
        let request = edit::prepend(&request, Name::Via, &via::value(protocol, self.config.at(protocol), &branch));
        let tx = self.records.reserve();
        self.start_client(now, tx, request, Path { remote, protocol });
        tx
    }

    /// Sends the ACK for a 2xx, which is no transaction, and gives it back as sent: pass that again to repeat it.
    pub fn send_ack(&mut self, ack: Message, destination: Option<SocketAddr>) -> Message {
        let has_via = self.config.is_own_via(&ack);
        let Some((remote, protocol)) = self.route(&ack, destination) else { return ack };
        let ack = if has_via {
            ack
        } else {
            let branch = self.ids.branch();
            edit::prepend(&ack, Name::Via, &via::value(protocol, self.config.at(protocol), &branch))
        };
        self.transmit(Path { remote, protocol }, &ack, None);
        ack
    }

    /// Gives a response to a server transaction. A 2xx for an INVITE may be given again to repeat it (RFC 6026 §7.1).
    pub fn respond(&mut self, now: Time, tx: TxId, response: Message) {
        self.drive(now, tx, Event::Respond(Arc::new(response)));
    }

    /// A response for the request of a server transaction, without To tag; `None` where the transaction is gone.
    pub fn response(&self, tx: TxId, code: u16) -> Option<Builder> {
        Some(Builder::response(self.request(tx)?, code, status::reason(code)))
    }

    /// The request of a transaction that still lives.
    pub fn request(&self, tx: TxId) -> Option<&Arc<Message>> {
        Some(&self.records.get(tx)?.request)
    }

    /// Whether a request without To tag also came another way, as RFC 3261 §8.2.2.2 has a UAS answer with 482.
    pub fn is_merged(&self, tx: TxId) -> bool {
        self.records.get(tx).is_some_and(|record| record.merged)
    }

    /// Cancels an INVITE: at once, or when its first provisional response comes (RFC 3261 §9.1). `None` where it is
    /// too late; then its final response is on the way or here. The transaction returned may never come to be.
    pub fn cancel(&mut self, now: Time, tx: TxId) -> Option<TxId> {
        let cancel = self.records.reserve();
        let record = self.records.get_mut(tx)?;
        match record.machine.state() {
            State::Calling if record.cancel.is_none() => record.cancel = Some(cancel),
            State::Proceeding if record.cancel.is_none() => {
                record.cancel = Some(cancel);
                self.send_cancel(now, tx, cancel);
            }
            _ => return None,
        }
        Some(cancel)
    }

    /// The next hop and transport of a request, with the octets of a Via counted in.
    pub fn route(&self, request: &Message, destination: Option<SocketAddr>) -> Option<(SocketAddr, Protocol)> {
        let (remote, asked) = match destination {
            Some(remote) => (remote, None),
            None => next_hop::of(request, self.config.outbound, &self.config.names)?,
        };
        let octets = request.bytes().len() + 80;
        let protocol = match asked {
            _ if self.config.security.sip => Protocol::Tls,
            // Nobody is spoken to without TLS who is to be spoken to over it (RFC 3261 §26.2.2).
            Some(Protocol::Tls) if self.config.beside.is_none() => return None,
            Some(protocol) => protocol,
            None if octets > self.config.tcp_above && !self.refuses_tcp.contains(&remote) => Protocol::Tcp,
            None => Protocol::Udp,
        };
        Some((remote, protocol))
    }

    fn start_client(&mut self, now: Time, tx: TxId, request: Message, path: Path) {
        let request = Arc::new(request);
        let timers = self.config.timers;
        let reliable = path.protocol.is_reliable();
        let machine = match request.method() {
            "INVITE" => Transaction::InviteClient(InviteClient::new(now, request.clone(), reliable, timers)),
            _ => Transaction::Client(Client::new(now, request.clone(), reliable, timers)),
        };
        let key = keys::client(&request);
        self.records.insert(tx, Record::client(machine, request, key, path));
        self.drain(tx);
    }

    fn send_cancel(&mut self, now: Time, invite: TxId, cancel: TxId) {
        let Some(record) = self.records.get_mut(invite) else { return };
        if let Transaction::InviteClient(machine) = &mut record.machine {
            machine.cancelled(now);
        }
        let request = record.request.clone();
        let path = record.path;
        let number = request.cseq().map_or(0, |(number, _)| number);
        let mut builder = Builder::request("CANCEL", request.request_uri().unwrap_or_default());
        builder = builder.maybe("Via", request.values(Name::Via).next().map(|(_, via)| via));
        for name in [Name::Route, Name::MaxForwards, Name::From, Name::To, Name::CallId] {
            for header in request.all(name) {
                builder = builder.header(name.text(), header.text());
            }
        }
        let message = builder.header("CSeq", format!("{number} CANCEL")).build();
        self.start_client(now, cancel, message, path);
        self.records.reschedule(invite);
    }

    /// Takes what the transport layer has, until it has nothing more.
    fn settle(&mut self, now: Time) {
        while let Some(arrival) = self.transport.poll_arrival() {
            match arrival {
                Arrival::Message { message, flow } if message.is_request() => self.take_request(now, message, flow),
                Arrival::Message { message, .. } if message.is_response() => self.take_response(now, message),
                Arrival::Message { .. } => {}
                Arrival::Failed { tx } => self.undelivered(now, tx),
            }
        }
    }

    fn take_request(&mut self, now: Time, message: Message, flow: Flow) {
        let Some(via) = message.via() else { return };
        let reliable = flow.conn.is_some();
        let reply = via::reply_address(&via, flow.remote, reliable);
        let message = match via::noted(&message, flow.remote) {
            Some(value) => edit::replace_top(&message, Name::Via, &value),
            None => message,
        };
        let method = message.method().to_owned();
        let key = keys::server(&message, &method);
        if let Some(tx) = self.records.server(&key) {
            let event = if method == "ACK" { Event::Ack(Arc::new(message)) } else { Event::Retransmission };
            return self.drive(now, tx, event);
        }
        let fault = malformed::request(&message).or_else(|| self.comes_past(&message, flow));
        let message = Arc::new(message);
        if method == "ACK" {
            if fault.is_none() {
                self.events.push_back(SipEvent::Ack { message });
            }
            return;
        }
        let protocol = match reliable {
            true if flow.secured => Protocol::Tls,
            true => Protocol::Tcp,
            false => Protocol::Udp,
        };
        let path = Path { remote: reply, protocol };
        if self.records.len() >= self.config.max_transactions {
            let busy = Builder::response(&message, 503, status::reason(503)).header("Retry-After", 5).build();
            return self.transmit_response(path, flow.conn, &busy, None);
        }
        let timers = self.config.timers;
        let machine = match method.as_str() {
            "INVITE" => Transaction::InviteServer(InviteServer::new(now, message.clone(), reliable, timers)),
            _ => Transaction::Server(Server::new(now, message.clone(), reliable, timers)),
        };
        let tx = self.records.reserve();
        let merge = keys::merged(&message);
        self.records.insert(tx, Record::server(machine, message.clone(), key, merge, path, flow.conn));
        match fault {
            Some((code, why)) => {
                let to = message.header(Name::To).map(|to| to.text().into_owned());
                let tagged =
                    to.map(|to| if to.contains(";tag=") { to } else { format!("{to};tag={}", self.ids.tag()) });
                let mut refusal = Builder::response(&message, code, status::reason(code));
                if let Some(to) = tagged {
                    refusal = refusal.set("To", to);
                }
                let warning = format!("399 {} \"{why}\"", self.config.local);
                self.respond(now, tx, refusal.header("Warning", warning).build());
            }
            None if method == "CANCEL" => {
                let target = self.records.server(&keys::server(&message, "INVITE"));
                self.events.push_back(SipEvent::Cancel { tx, target, message });
            }
            None => self.events.push_back(SipEvent::Request { tx, message, remote: flow.remote }),
        }
    }

    /// Why a request is refused that did not come by way of the only host that it may come from.
    fn comes_past(&self, message: &Message, flow: Flow) -> Option<(u16, &'static str)> {
        let only = self.config.only_from?;
        let begins = message.method() != "CANCEL" && message.to().is_none_or(|to| to.tag().is_none());
        let host = if flow.conn.is_some() { flow.remote.ip() == only.ip() } else { flow.remote == only };
        (begins && !host).then_some((403, "requests are taken from the core alone"))
    }

    fn take_response(&mut self, now: Time, message: Message) {
        if !self.config.is_own_via(&message) || malformed::response(&message) {
            return;
        }
        let message = Arc::new(message);
        let Some(tx) = self.records.client(&keys::client(&message)) else {
            self.events.push_back(SipEvent::Stray { message });
            return;
        };
        let was_calling = self.records.get(tx).is_some_and(|record| record.machine.state() == State::Calling);
        self.drive(now, tx, Event::Response(message));
        let waiting = self.records.get(tx).filter(|record| record.machine.state() == State::Proceeding);
        if let Some(cancel) = waiting.and_then(|record| record.cancel).filter(|_| was_calling) {
            self.send_cancel(now, tx, cancel);
        }
    }

    /// What was sent for `tx` over a connection did not leave: a request may go over UDP instead (RFC 3261 §18.1.1).
    fn undelivered(&mut self, now: Time, tx: TxId) {
        let Some(record) = self.records.get(tx) else { return };
        let remote = record.path.remote;
        let explicit = next_hop::of(&record.request, self.config.outbound, &self.config.names)
            .is_some_and(|(_, protocol)| protocol == Some(Protocol::Tcp))
            || record.path.protocol == Protocol::Tls;
        let fits = record.request.bytes().len() < 65_000;
        if !record.is_client() || !self.config.udp_fallback || explicit || !fits {
            return self.drive(now, tx, Event::TransportError);
        }
        if self.refuses_tcp.len() < 4096 {
            self.refuses_tcp.insert(remote);
        }
        let Some((record, branch)) = self.records.remove(tx).map(|record| {
            let branch = record.request.via().and_then(|via| via.branch()).unwrap_or_default().to_owned();
            (record, branch)
        }) else {
            return;
        };
        let value = via::value(Protocol::Udp, self.config.local, &branch);
        let request = edit::replace_top(&record.request, Name::Via, &value);
        self.start_client(now, tx, request, Path { remote, protocol: Protocol::Udp });
        if let Some(retried) = self.records.get_mut(tx) {
            retried.cancel = record.cancel;
        }
    }

    fn drive(&mut self, now: Time, tx: TxId, event: Event) {
        if let Some(record) = self.records.get_mut(tx) {
            record.machine.handle(now, event);
            self.drain(tx);
        }
    }

    /// Does what a machine wants done, and forgets it where it has ended.
    fn drain(&mut self, tx: TxId) {
        while let Some(action) = self.records.get_mut(tx).and_then(|record| record.machine.poll()) {
            let Some(record) = self.records.get(tx) else { return };
            match action {
                Action::Send(message) if record.is_client() => {
                    let path = record.path;
                    self.transmit(path, &message, Some(tx));
                }
                Action::Send(message) => {
                    let (path, conn) = (record.path, record.conn);
                    self.transmit_response(path, conn, &message, Some(tx));
                }
                Action::Pass(message) if record.is_client() => {
                    self.events.push_back(SipEvent::Response { tx, message });
                }
                Action::Pass(message) => self.events.push_back(SipEvent::Ack { message }),
                Action::Timeout => self.events.push_back(SipEvent::Timeout { tx }),
                Action::Failed => self.events.push_back(SipEvent::TransportFailed { tx }),
            }
        }
        if self.records.get(tx).is_some_and(|record| record.machine.state() == State::Terminated) {
            self.records.remove(tx);
        } else {
            self.records.reschedule(tx);
        }
    }

    fn transmit(&mut self, path: Path, message: &Message, tx: Option<TxId>) {
        let bytes = message.bytes().clone();
        match path.protocol {
            Protocol::Udp => self.transport.send_datagram(path.remote, bytes),
            protocol => self.transport.send_stream(path.remote, protocol == Protocol::Tls, bytes, tx),
        }
    }

    fn transmit_response(&mut self, path: Path, conn: Option<crate::stack::Conn>, message: &Message, tx: Option<TxId>) {
        let sent = conn.is_some_and(|conn| self.transport.send_on(conn, message.bytes().clone(), tx));
        if !sent {
            self.transmit(path, message, tx);
        }
    }
}
