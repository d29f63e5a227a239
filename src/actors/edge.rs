//! The edge of the home network: a proxy between one system and a SIP/IP core of somebody else, as the P-CSCF of a 3GPP IMS
//! is. What the system and the core say to each other crosses it, and so it can be seen.
//!
//! It stays in the path by Path (RFC 3327 §5.2), Service-Route (RFC 3608 §6.2) and Record-Route, and decides nothing.

use std::net::SocketAddr;

use crate::stack::endpoint;
use crate::stack::proxy::{Forward, Proxy, ProxyEvent};
use crate::stack::{IdSource, Input, Node, Output, Security};
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
    /// How both sides are spoken to.
    pub security: Security,
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
        let mut sip = endpoint::Config::new(config.sip, config.ids.fork("sip"));
        sip.security = config.security.clone();
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const EDGE: &str = "192.0.2.2:5060";
    const CORE: &str = "192.0.2.9:5060";
    const SYSTEM: &str = "192.0.2.51:5060";

    fn at(address: &str) -> SocketAddr {
        address.parse().unwrap()
    }

    /// What leaves when this arrives from there, and where it goes.
    fn leaves(edge: &mut Edge, from: &str, message: &Message) -> Vec<(SocketAddr, Message)> {
        let input = Input::Datagram { local: at(EDGE), remote: at(from), bytes: message.bytes().clone() };
        edge.handle(Time::SIMULATION_START, input);
        let sent = std::iter::from_fn(|| edge.poll()).filter_map(|output| match output {
            Output::Datagram { remote, bytes, .. } => Some((remote, Message::parse(bytes))),
            _ => None,
        });
        sent.collect()
    }

    fn request(method: &str, target: &str, from: &str, more: &str) -> Message {
        let text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{method}\r\nMax-Forwards: 70\r\n\
             From: <sip:a@b.example>;tag=1\r\nTo: <sip:a@b.example>\r\nCall-ID: {method}\r\nCSeq: 1 {method}\r\n{more}\r\n"
        );
        Message::parse(Bytes::from(text))
    }

    fn edge() -> Edge {
        let ids = IdSource::new(1, "edge");
        Edge::new(Config { sip: at(EDGE), core: at(CORE), system: at(SYSTEM), security: Security::default(), ids })
    }

    #[test]
    fn it_stays_in_the_path_of_what_a_system_registers() {
        let mut edge = edge();
        let sent =
            leaves(&mut edge, SYSTEM, &request("REGISTER", "sip:b.example", SYSTEM, "Contact: <sip:a@192.0.2.51>\r\n"));
        let [(to, register)] = &sent[..] else { panic!("{sent:?}") };
        assert_eq!((*to, register.values(Name::Path).count(), edge.is_registered()), (at(CORE), 1, false));
        let text =
            String::from_utf8_lossy(register.bytes()).replacen("REGISTER sip:b.example SIP/2.0", "SIP/2.0 200 OK", 1);
        let ok = text.replacen("Call-ID", &format!("Service-Route: <sip:{CORE};lr>\r\nCall-ID"), 1);
        let sent = leaves(&mut edge, CORE, &Message::parse(Bytes::from(ok)));
        let [(to, ok)] = &sent[..] else { panic!("{sent:?}") };
        let routes: Vec<&str> = ok.values(Name::ServiceRoute).map(|(_, route)| route).collect();
        assert_eq!((*to, routes), (at(SYSTEM), vec![&*format!("<sip:{EDGE};lr>"), &*format!("<sip:{CORE};lr>")]));
        assert!(edge.is_registered());
    }

    #[test]
    fn what_no_route_leads_on_goes_to_the_other_side() {
        #[track_caller]
        fn check(from: &str, target: &str, to: &str) {
            let sent = leaves(&mut edge(), from, &request("MESSAGE", target, from, ""));
            let went: Vec<SocketAddr> = sent.iter().map(|(to, _)| *to).collect();
            assert_eq!(went, [at(to)], "{from} {target}");
            let recorded = sent[0].1.header(Name::RecordRoute).is_some_and(|line| line.text().contains(EDGE));
            assert!(recorded, "{sent:?}");
        }
        check(SYSTEM, "sip:bob@b.example", CORE);
        check(CORE, "sip:a@192.0.2.51:5060", SYSTEM);
        check(CORE, "sip:service@b.example", SYSTEM);
    }
}
