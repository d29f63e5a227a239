//! The home network of a simulated or live case: domain, addresses and what is provisioned, from `scenarios/home.yaml`.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use bytes::Bytes;
use serde::Deserialize;

use super::diagnostic::Diagnostic;
use super::files::Files;
use super::plan::{Client, Plan, SERVERS};
use super::yaml;
use crate::actors::act::Kept;
use crate::judge::{Cast, Endpoint, Party};
use crate::net::certificates::Authority;
use crate::stack::{Fingerprint, Security};

/// Where the home network of the scenarios is described.
pub const PATH: &str = "scenarios/home.yaml";

/// The home network.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Home {
    /// Domain of all addresses of record.
    pub domain: String,
    /// The password of everybody, with the user part of the address of record for `{user}`.
    #[serde(default = "usual_password")]
    pub password: String,
    /// SIP address of the SIP/IP core.
    pub core: SocketAddr,
    /// SIP address of the conference factory and of the CPM Controlling Function.
    pub conference_server: SocketAddr,
    /// User part of the Conference-factory-URI; this and the others may be whole URIs of another domain.
    pub conference_factory: String,
    /// User part of the URI of the CPM Controlling Function.
    pub controlling_function: String,
    /// SIP address of the Deferred Messaging Function.
    pub deferred_store: SocketAddr,
    /// User part of its URI.
    pub deferred_messages: String,
    /// SIP address of the History Function.
    pub history_store: SocketAddr,
    /// User part of its URI.
    pub history: String,
    /// SIP address of the Participating Function.
    pub participating_function: SocketAddr,
    /// MSRP address of the MSRP relay.
    pub msrp_relay: SocketAddr,
    /// Address of the first person's client; each further person's is one higher. Where it is that of the core, everybody is
    /// on one host, and ports tell who is who: each further client's are one higher.
    pub first_client: IpAddr,
    /// SIP port of clients.
    pub sip_port: u16,
    /// MSRP port of clients and servers. On one host, how much higher it is than `sip_port` holds for everybody.
    pub msrp_port: u16,
    /// What lies between SIP and TCP for everybody. With TLS, all ports of SIP are those of TLS.
    #[serde(default)]
    pub sip_security: Protection,
    /// What lies between MSRP and TCP for everybody.
    #[serde(default)]
    pub msrp_security: Protection,
    /// Addresses of groups that do not follow from their names.
    #[serde(default)]
    pub groups: BTreeMap<String, String>,
    /// The certificates of people and servers in DER, where they have real ones.
    #[serde(skip)]
    pub certificates: BTreeMap<String, Bytes>,
}

/// What lies between a protocol and TCP.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    #[default]
    None,
    Tls,
}

/// The same address with the next port, as 5061 is above 5060 (RFC 3261 §19.1.2).
pub fn one_above(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port().wrapping_add(1))
}

fn usual_password() -> String {
    "{user}-secret".to_owned()
}

impl Home {
    /// The password of a person, where the core of the plan asks for one.
    pub fn password_of(&self, plan: &Plan, name: &str) -> Option<String> {
        plan.demand().map(|_| self.usual_password_of(name))
    }

    /// The password that a person has wherever he is asked for one.
    pub fn usual_password_of(&self, name: &str) -> String {
        self.password.replace("{user}", &name.to_ascii_lowercase())
    }

    /// Reads `scenarios/home.yaml`.
    pub fn load(files: &Files) -> Result<Home, Diagnostic> {
        let text = files.get(PATH).ok_or_else(|| Diagnostic::new(PATH, "the file is missing"))?;
        yaml::from_str(PATH, text)
    }

    /// Reads the text of a file of the user's in its place.
    pub fn parse(path: &Path, text: &str) -> Result<Home, Diagnostic> {
        yaml::from_str(&path.display().to_string(), text)
    }

    /// The address of record of a person, or the identity of a group.
    pub fn address_of(&self, name: &str) -> String {
        self.groups.get(name).cloned().unwrap_or_else(|| self.uri_of(&name.to_ascii_lowercase()))
    }

    fn uri_of(&self, user: &str) -> String {
        if user.contains(':') { user.to_owned() } else { format!("sip:{user}@{}", self.domain) }
    }

    pub fn conference_factory_uri(&self) -> String {
        self.uri_of(&self.conference_factory)
    }

    pub fn controlling_function_uri(&self) -> String {
        self.uri_of(&self.controlling_function)
    }

    /// The URI where messages of that kind are retrieved.
    pub fn store_uri(&self, kept: Kept) -> String {
        let user = match kept {
            Kept::Deferred => &self.deferred_messages,
            Kept::History => &self.history,
        };
        self.uri_of(user)
    }

    /// The URI of the MSRP relay (RFC 4976 §5.1).
    pub fn relay_uri(&self) -> String {
        let scheme = if self.msrp_security == Protection::Tls { "msrps" } else { "msrp" };
        format!("{scheme}://{};tcp", self.msrp_relay)
    }

    /// Where the server is that plans call so; nothing where it is none of the home network's.
    pub fn server(&self, name: &str) -> Option<SocketAddr> {
        match name {
            "core" => Some(self.core),
            "conference" => Some(self.conference_server),
            "participating" => Some(self.participating_function),
            "relay" => Some(self.msrp_relay),
            _ => [Kept::Deferred, Kept::History]
                .into_iter()
                .find(|kept| kept.store() == name)
                .map(|kept| self.store(kept)),
        }
    }

    /// Where the store for messages of that kind is.
    pub fn store(&self, kept: Kept) -> SocketAddr {
        match kept {
            Kept::Deferred => self.deferred_store,
            Kept::History => self.history_store,
        }
    }

    /// The URI by which a list names the nth message (from 1) that a store holds.
    pub fn stored_id(&self, kept: Kept, nth: u32) -> String {
        format!("mid:{}-{nth}@{}", kept.word(), self.domain)
    }

    /// What the core gives as Service-Route on registration, to who speaks TLS where others do not, or to anybody else.
    pub fn service_route(&self, over_tls: bool) -> String {
        match self.secured_core().filter(|_| over_tls) {
            Some(core) => format!("sip:{core};transport=tls;lr"),
            None => {
                let transport = if self.sip_security == Protection::Tls { ";transport=tls" } else { "" };
                format!("sip:{}{transport};lr", self.core)
            }
        }
    }

    /// What a person's client, or a server, shows on secured streams: what it has, or else one that is the same in every
    /// simulation.
    pub fn certificate(&self, name: &str) -> Bytes {
        self.certificates.get(name).cloned().unwrap_or_else(|| self.simulated_certificate(name))
    }

    /// A certificate of the authority of simulations: for a server's address and its domain, or for a person.
    fn simulated_certificate(&self, name: &str) -> Bytes {
        let domain = format!("sip:{}", self.domain);
        let person = self.address_of(name);
        let issued = Authority::of_simulations().and_then(|authority| match self.server(name) {
            Some(at) => authority.issue_again(name, &[at.ip()], &[&domain, &self.domain]),
            // Not every address can stand in a certificate.
            None => authority.issue_again(name, &[], &[&person]).or_else(|_| authority.issue_again(name, &[], &[])),
        });
        issued.expect("a fixed key signs").chain.swap_remove(0)
    }

    /// The network as a plan has it: secured where the plan says so, and then with a certificate for everybody in it.
    #[must_use]
    pub fn of_plan(&self, plan: &Plan) -> Home {
        let mut home = self.clone();
        if plan.secures_msrp() {
            home.msrp_security = Protection::Tls;
        }
        if home.is_secured() || plan.mixes_transports() {
            let everybody = plan.names().into_iter().chain(SERVERS.iter().map(|(_, name)| *name));
            home.certificates = everybody.map(|name| (name.to_owned(), home.certificate(name))).collect();
        }
        home
    }

    /// Whether anything goes over TLS.
    pub fn is_secured(&self) -> bool {
        self.sip_security == Protection::Tls || self.msrp_security == Protection::Tls
    }

    /// How a person's client, or a server, secures its streams.
    pub fn security(&self, name: &str) -> Security {
        let secured = self.msrp_security == Protection::Tls;
        Security {
            sip: self.sip_security == Protection::Tls,
            msrp: secured.then(|| Fingerprint::of(&self.certificate(name))),
        }
    }

    /// Where the core speaks TLS beside UDP and TCP, where somebody speaks it to it; nothing where everybody does.
    pub fn secured_core(&self) -> Option<SocketAddr> {
        (self.sip_security == Protection::None).then(|| one_above(self.core))
    }

    /// The same network with its SIP over TLS: on the ports one above, as 5061 is above 5060 (RFC 3261 §19.1.2).
    #[must_use]
    pub fn over_tls(mut self) -> Home {
        if self.sip_security == Protection::None {
            for server in [
                &mut self.core,
                &mut self.conference_server,
                &mut self.deferred_store,
                &mut self.history_store,
                &mut self.participating_function,
            ] {
                server.set_port(server.port().wrapping_add(1));
            }
            self.sip_port = self.sip_port.wrapping_add(1);
            if self.is_one_host() {
                self.msrp_port = self.msrp_port.wrapping_add(1);
            }
            self.sip_security = Protection::Tls;
        }
        self
    }

    /// Whether everybody is on one host, so that ports tell who is who.
    pub fn is_one_host(&self) -> bool {
        self.first_client == self.core.ip()
    }

    /// Where the client of the nth person (from 0) of a case takes SIP.
    pub fn client_sip(&self, nth: usize) -> SocketAddr {
        let step = u16::try_from(nth).unwrap_or(u16::MAX);
        let ip = match self.first_client {
            ip if self.is_one_host() => return SocketAddr::new(ip, self.sip_port.wrapping_add(step)),
            IpAddr::V4(ip) => IpAddr::V4(u32::from(ip).wrapping_add(step.into()).into()),
            IpAddr::V6(ip) => IpAddr::V6(u128::from(ip).wrapping_add(step.into()).into()),
        };
        SocketAddr::new(ip, self.sip_port)
    }

    /// Where a client or server that takes SIP there takes MSRP.
    pub fn msrp_of(&self, sip: SocketAddr) -> SocketAddr {
        let apart = if self.is_one_host() { sip.port().wrapping_sub(self.sip_port) } else { 0 };
        SocketAddr::new(sip.ip(), self.msrp_port.wrapping_add(apart))
    }

    /// The same network with an address for everybody, which costs nothing where the network is simulated.
    pub fn spread(&self) -> Home {
        let mut home = self.clone();
        let host = |last: u8| match self.core.ip() {
            IpAddr::V4(_) => IpAddr::from([192, 0, 2, last]),
            IpAddr::V6(_) => IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last.into()]),
        };
        if self.is_one_host() {
            let servers = [
                &mut home.core,
                &mut home.conference_server,
                &mut home.deferred_store,
                &mut home.history_store,
                &mut home.participating_function,
                &mut home.msrp_relay,
            ];
            servers.into_iter().zip(2..).for_each(|(server, last)| server.set_ip(host(last)));
            home.first_client = host(11);
        }
        home
    }

    /// Where checks find who takes SIP there.
    fn endpoints(&self, sip: SocketAddr) -> Vec<Endpoint> {
        if !self.is_one_host() {
            return vec![Endpoint { ip: sip.ip(), port: None }];
        }
        [sip, self.msrp_of(sip)].map(Endpoint::from).to_vec()
    }

    /// Everybody of a plan at the addresses of this network, as the checks see them.
    pub fn cast(&self, plan: &Plan) -> Cast {
        let client = |(nth, name): (usize, &str)| Party {
            name: name.to_owned(),
            role: format!("{name}'s client"),
            address: self.address_of(name),
            endpoints: self.endpoints(self.client_sip(nth)),
        };
        let server = |name: &str, role: &str, address: SocketAddr| Party {
            name: name.to_owned(),
            role: role.to_owned(),
            address: String::new(),
            endpoints: self.endpoints(address),
        };
        let mut parties: Vec<Party> = plan.names().into_iter().enumerate().map(client).collect();
        parties.push(server("core", "the SIP/IP core", self.core));
        let conference = if plan.people.iter().any(|p| p.client == Client::Cpm) {
            "the Controlling Function"
        } else {
            "the conference factory"
        };
        parties.push(server("conference", conference, self.conference_server));
        if plan.participation().is_some() {
            parties.push(server("participating", "the Participating Function", self.participating_function));
        }
        if plan.relayed().next().is_some() {
            let at = self.msrp_relay;
            let endpoints = match self.is_one_host() {
                true => vec![at.into()],
                false => vec![Endpoint { ip: at.ip(), port: None }],
            };
            parties.push(Party {
                name: "relay".to_owned(),
                role: "the MSRP relay".to_owned(),
                endpoints,
                ..Party::default()
            });
        }
        for kept in plan.stores() {
            parties.push(server(kept.store(), &format!("the {}", kept.store()), self.store(kept)));
        }
        let public = plan.groups.iter().filter(|g| g.members.is_empty());
        Cast {
            parties,
            under_test: plan.under_test.clone(),
            conference_factory: Some(self.conference_factory_uri()),
            controlling_function: Some(self.controlling_function_uri()),
            deferred_store: Some(self.store_uri(Kept::Deferred)),
            history_store: Some(self.store_uri(Kept::History)),
            public_conferences: public.map(|g| self.address_of(&g.name)).collect(),
            groups: plan.groups.iter().map(|g| (g.name.clone(), self.address_of(&g.name))).collect(),
            core: Some(self.core),
            service_route: Some(self.service_route(plan.speaks_over_tls(&plan.under_test))),
            relay: Some(self.relay_uri()),
            passwords: plan
                .names()
                .into_iter()
                .filter(|name| plan.demand().is_some() || plan.relayed().any(|who| who == *name))
                .map(|name| (name.to_ascii_lowercase(), self.usual_password_of(name)))
                .collect(),
        }
    }
}
