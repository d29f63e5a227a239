//! The home network of a place as each side has it. Where the SIP/IP core is somebody else's, the system is behind its edge,
//! and clients may find the core elsewhere than servers do.
//!
//! It must not know how a case is played.

use std::net::{IpAddr, SocketAddr};

use super::outfit::Outfit;
use super::place::Place;
use crate::script::home::Home;

/// One network, seen from four sides.
#[derive(Clone, Debug)]
pub struct Sides {
    /// As the system under test has it: the edge is the core to it.
    pub system: Home,
    /// As our clients have it.
    pub clients: Home,
    /// As our servers have it.
    pub servers: Home,
    /// As the core of somebody else has it: where its servers are. A server under test is behind the edge.
    pub core: Home,
    /// The host of a server under test, and the edge that leads there.
    pub behind: Option<(IpAddr, SocketAddr)>,
}

impl Sides {
    /// Those of a place, with the certificates of everybody.
    pub fn of(place: &Place, outfit: &Outfit) -> Sides {
        let Place { home, sut, core, .. } = place;
        let mut system = outfit.dress(sut.home(home));
        // A relay of somebody else is everybody's.
        if let Some(relay) = core.as_ref().and_then(|core| core.msrp_relay) {
            system.msrp_relay = relay;
        }
        if let Some(rule) = core.as_ref().and_then(|core| core.password.as_ref()) {
            system.password.clone_from(rule);
        }
        let Some(theirs) = core else {
            let [clients, servers, core] = [(); 3].map(|()| system.clone());
            return Sides { system, clients, servers, core, behind: None };
        };
        let clients = theirs.home(&system);
        // What goes over TLS between a client under test and the edge need not on the other side of the core.
        let behind = match sut.server() {
            Some(_) => system.clone(),
            None => outfit.dress(Home { msrp_security: system.msrp_security, ..home.clone() }),
        };
        let servers = theirs.home_of_servers(&behind);
        let mut core = servers.clone();
        let edge = system.core;
        match sut.server() {
            Some("conference") => core.conference_server = edge,
            Some("participating") => core.participating_function = edge,
            Some("deferred store") => core.deferred_store = edge,
            Some("history store") => core.history_store = edge,
            _ => {}
        }
        let behind = sut.server().map(|_| (sut.sip.ip(), edge));
        Sides { system, clients, servers, core, behind }
    }
}
