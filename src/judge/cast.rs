//! Who is who in a trace: the people of a scenario, their addresses, and what is provisioned.
//!
//! A scenario, a system file or the recogniser of captures fills it; checks only look things up.

use std::net::{IpAddr, SocketAddr};

/// The people and servers of a case.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    pub parties: Vec<Party>,
    /// The party whose behaviour the checks are about.
    pub under_test: String,
    /// Conference-factory-URI of the home network.
    pub conference_factory: Option<String>,
    /// The CPM Controlling Function that is provisioned in clients.
    pub controlling_function: Option<String>,
    /// The URI of the Deferred Messaging Function that is provisioned in clients.
    pub deferred_store: Option<String>,
    /// The URI of the History Function that is provisioned in clients.
    pub history_store: Option<String>,
    /// Pre-defined groups: name and group identity.
    pub groups: Vec<(String, String)>,
    /// Those of public conferences, which no group is behind.
    pub public_conferences: Vec<String>,
    /// Where clients send their SIP.
    pub core: Option<SocketAddr>,
    /// The Service-Route that the core gives on registration.
    pub service_route: Option<String>,
    /// The URI of the MSRP relay that clients use.
    pub relay: Option<String>,
    /// Passwords by user, where it is known what they are.
    pub passwords: Vec<(String, String)>,
}

/// One person's client, or one server.
#[derive(Clone, Debug, Default)]
pub struct Party {
    /// For example `Alice`.
    pub name: String,
    /// For example `Alice's client`.
    pub role: String,
    /// Address of record, for example `sip:alice@home1.example`.
    pub address: String,
    pub endpoints: Vec<Endpoint>,
}

/// Where a party sends from: every port of an address, or one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Endpoint {
    pub ip: IpAddr,
    pub port: Option<u16>,
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Endpoint {
        Endpoint { ip: address.ip(), port: Some(address.port()) }
    }
}

impl Cast {
    pub fn party(&self, name: &str) -> Option<&Party> {
        self.parties.iter().find(|p| p.name == name)
    }

    /// The party that sends from `address`. A full address decides before one that names any port.
    pub fn at(&self, address: SocketAddr) -> Option<&Party> {
        let exact = |p: &&Party| p.endpoints.iter().any(|e| e.port == Some(address.port()) && e.ip == address.ip());
        let any = |p: &&Party| p.endpoints.iter().any(|e| e.port.is_none() && e.ip == address.ip());
        self.parties.iter().find(exact).or_else(|| self.parties.iter().find(any))
    }

    /// What people call the party at `address`; the address itself where nobody is known there.
    pub fn role_at(&self, address: SocketAddr) -> String {
        self.at(address).map_or_else(|| address.to_string(), |p| p.role.clone())
    }

    /// The group identity of a named group.
    pub fn group(&self, name: &str) -> Option<&str> {
        self.groups.iter().find(|(n, _)| n == name).map(|(_, uri)| uri.as_str())
    }

    pub fn is_at(&self, party: &str, address: SocketAddr) -> bool {
        self.at(address).is_some_and(|p| p.name == party)
    }

    /// Whether that party is on that host, and the port, where one is named, is nobody else's.
    pub fn is_on(&self, party: &Party, ip: IpAddr, port: Option<u16>) -> bool {
        let has = |party: &Party, port: Option<u16>| {
            party.endpoints.iter().any(|e| e.ip == ip && (port == e.port || port.is_none()))
        };
        let others = |p: &&Party| p.name != party.name && port.is_some() && has(p, port);
        has(party, None) && (has(party, port) || !self.parties.iter().any(|p| others(&p)))
    }

    /// Whether both addresses are those of one party; of one host, where nobody is known at one of them.
    pub fn is_same(&self, a: SocketAddr, b: SocketAddr) -> bool {
        match (self.at(a), self.at(b)) {
            (Some(one), Some(other)) => one.name == other.name,
            _ => a.ip() == b.ip(),
        }
    }
}
