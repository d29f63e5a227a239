//! The edge of the home network: a proxy between one system and a SIP/IP core of somebody else, as the P-CSCF of a 3GPP IMS
//! is. What the system and the core say to each other crosses it, and so it can be seen.
//!
//! It stays in the path by Path (RFC 3327 §5.2), Service-Route (RFC 3608 §6.2) and Record-Route, and decides nothing.

use std::net::SocketAddr;

use crate::stack::endpoint;
use crate::stack::proxy::{Forward, Proxy, ProxyEvent};
use crate::stack::{IdSource, Input, Node, Output};
use crate::time::Time;
use crate::wire::sip::{Message, Name};
use crate::wire::uri::Uri;

/// Where the edge and its neighbours are.
#[derive(Clone, Debug)]
pub struct Config {
    pub sip: SocketAddr,
    pub core: SocketAddr,
    /// Where a server takes what the core sends here and no contact says where it goes.
    pub system: SocketAddr,
    pub ids: IdSource,
}

/// The edge.
pub struct Edge {
    config: Config,
    proxy: Proxy,
    registered: bool,
}

impl Edge {
    pub fn new(mut config: Config) -> Edge {
        let sip = endpoint::Config::new(config.sip, config.ids.fork("sip"));
        let mut proxy = Proxy::new(sip, Vec::new());
        proxy.records = true;
        Edge { config, proxy, registered: false }
    }

    /// Whether the last registration of the system that the core took has a contact.
    pub fn is_registered(&self) -> bool {
        self.registered
    }

    fn settle(&mut self, now: Time) {
        while let Some(event) = self.proxy.poll_event() {
            match event {
                ProxyEvent::Request { tx, message, remote, .. } => {
                    let forward = self.forward(&message, remote);
                    self.proxy.forward(now, tx, forward);
                }
                ProxyEvent::Response { message, .. } => {
                    let taken = message.method() == "REGISTER" && matches!(message.status(), Some(200..=299));
                    if taken {
                        self.registered = message.contact().is_some();
                    }
                }
                ProxyEvent::Cancelled { .. } => {}
            }
        }
    }

    /// What no Route leads on goes to the other side.
    fn forward(&self, message: &Message, remote: SocketAddr) -> Forward {
        if remote.ip() == self.config.core.ip() {
            let target = message.request_uri().unwrap_or_default();
            let names_host = Uri::parse(target).host.is_some_and(|host| host.ip().is_some());
            let destination = (!names_host).then_some(self.config.system);
            return Forward { destination, record_route: begins(message), ..Forward::default() };
        }
        let mut forward = Forward { destination: Some(self.config.core), ..Forward::default() };
        if message.method() == "REGISTER" {
            forward.add.push(("Path".to_owned(), format!("<{}>", self.proxy.uri())));
            forward.service_route = true;
        } else {
            forward.record_route = begins(message);
        }
        forward
    }
}

/// Whether a request begins a dialog, as far as it tells.
fn begins(message: &Message) -> bool {
    message.header(Name::To).is_some() && message.to().is_some_and(|to| to.tag().is_none())
}

impl Node for Edge {
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
