//! What a service is: its domain, its servers with their addresses, its users and groups, from one file that an operator
//! writes (`scenarios/serve.yaml` is an example). It must not know how anything is played.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::error::ServeError;
pub use super::role::Role;
use crate::actors::act::Kept;
use crate::actors::controlling::{self, Group, Member};
use crate::script::diagnostic::Diagnostic;
use crate::script::yaml;
use crate::stack::digest::Algorithm;

/// A service.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Domain of all addresses of record.
    pub domain: String,
    /// It is a 3GPP IMS: identities are asserted, and registration gives a Service-Route.
    #[serde(default)]
    pub ims: bool,
    /// The folder where what must last is kept, seen from the folder of the file; without, it is kept in memory.
    pub store: Option<PathBuf>,
    /// What goes over TLS, and how; without, nothing does.
    pub tls: Option<super::secure::Tls>,
    pub core: CoreSection,
    pub controlling_function: Option<ControllingSection>,
    pub deferred_messaging_function: Option<StoreSection>,
    pub history_function: Option<StoreSection>,
    pub participating_function: Option<ParticipatingSection>,
    pub msrp_relay: Option<RelaySection>,
    pub xdms: Option<XdmsSection>,
    /// By the user part of the address of record.
    #[serde(default, deserialize_with = "yaml::unique_keys")]
    pub users: IndexMap<String, User>,
    /// By the user part of the group identity.
    #[serde(default, deserialize_with = "yaml::unique_keys")]
    pub groups: IndexMap<String, GroupSection>,
}

/// The SIP/IP core. Every server needs its address, wherever it runs.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CoreSection {
    pub sip: SocketAddr,
    /// How passwords are asked for, the best first: SHA-256, MD5.
    pub digest: Option<Vec<Digest>>,
}

/// The MSRP relay (RFC 4976). Users ask it for paths with the passwords that the core knows them by.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RelaySection {
    pub msrp: SocketAddr,
    /// For how many seconds it gives a path to who does not say.
    pub expires: Option<u32>,
}

/// An algorithm of digest authentication.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub enum Digest {
    #[serde(rename = "MD5")]
    Md5,
    #[serde(rename = "SHA-256")]
    Sha256,
}

/// The Controlling Function.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ControllingSection {
    pub sip: SocketAddr,
    /// Where it takes MSRP, if that is not port 2855 of the same host.
    pub msrp: Option<SocketAddr>,
    /// User part of the Conference-factory-URI.
    #[serde(default = "factory")]
    pub factory: String,
    /// User part of the URI of a CPM Controlling Function.
    pub cpm: Option<String>,
    /// MAX-ADHOC-GROUP-SIZE: users that one list may name.
    pub max_adhoc_group_size: Option<usize>,
    /// Whether participants of ad-hoc sessions may be anonymous.
    #[serde(default = "yes")]
    pub adhoc_anonymity: bool,
}

/// A store for messages: the Deferred Messaging Function or the History Function.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StoreSection {
    pub sip: SocketAddr,
    /// Where it takes MSRP, if that is not port 2855 of the same host.
    pub msrp: Option<SocketAddr>,
    /// User part of the URI where users retrieve what it keeps, if that is not `Deferred` or `history`.
    pub address: Option<String>,
}

/// The Participating Function.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ParticipatingSection {
    pub sip: SocketAddr,
    /// Where it takes MSRP, if that is not port 2855 of the same host.
    pub msrp: Option<SocketAddr>,
    /// Whether it stays in the media path of sessions; else it is a proxy, and records nothing.
    #[serde(default = "yes")]
    pub media_path: bool,
}

/// The XDM server.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct XdmsSection {
    pub http: SocketAddr,
    /// Who may read and write the documents of everybody.
    pub operator: Option<Operator>,
}

/// The operator of the service.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Operator {
    pub user: String,
    pub password: String,
}

/// A user.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct User {
    /// Where one user has a password, everybody of the domain is asked for his.
    pub password: Option<String>,
    /// Sessions of his go through the Participating Function.
    #[serde(default)]
    pub participating: bool,
    /// His sessions are recorded; for that they must go through the Participating Function.
    #[serde(default)]
    pub history: bool,
    /// Whether deferred messages are sent to him when he registers, or he fetches them; if he says nothing else himself.
    #[serde(default)]
    pub offline_delivery: Option<bool>,
}

/// A pre-defined group.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GroupSection {
    pub display_name: Option<String>,
    /// User parts, or URIs of other domains.
    pub members: Vec<String>,
    /// The nick names that the group gives to members.
    #[serde(default, deserialize_with = "yaml::unique_keys")]
    pub nicknames: IndexMap<String, String>,
    /// Its session begins with an invitation of all members; without, they join by themselves.
    #[serde(default = "yes")]
    pub invite_members: bool,
    pub max_participants: Option<usize>,
    #[serde(default)]
    pub allow_anonymity: bool,
    /// Who may begin a session, and who may join one.
    #[serde(default)]
    pub initiate: Who,
    #[serde(default)]
    pub join: Who,
}

/// Who may do something: `anyone`, `members`, `nobody`, or a list.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Who {
    Anyone,
    #[default]
    Members,
    Nobody,
    These(Vec<String>),
}

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Who, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected anyone, members, nobody, or a list of users")]
        enum Written {
            Word(String),
            List(Vec<String>),
        }
        match Written::deserialize(deserializer)? {
            Written::List(users) => Ok(Who::These(users)),
            Written::Word(word) => match word.as_str() {
                "anyone" => Ok(Who::Anyone),
                "members" => Ok(Who::Members),
                "nobody" => Ok(Who::Nobody),
                _ => Err(D::Error::custom(format!("`{word}` is none of anyone, members, nobody, nor a list"))),
            },
        }
    }
}

fn yes() -> bool {
    true
}

fn factory() -> String {
    "conference-factory".to_owned()
}

/// The port of MSRP (RFC 4975 §15.4).
const MSRP_PORT: u16 = 2855;

impl Config {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<Config, Diagnostic> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| Diagnostic::new(&name, error.to_string()))?;
        Config::parse(&name, &text)
    }

    /// Reads the text of a file; `file` names it in the diagnostic.
    pub fn parse(file: &str, text: &str) -> Result<Config, Diagnostic> {
        let mut config: Config = yaml::from_str(file, text)?;
        if let (Some(store), Some(folder)) = (&config.store, Path::new(file).parent()) {
            config.store = Some(folder.join(store));
        }
        config.tls = config.tls.map(|tls| tls.of_file(file));
        config.check_users(file)?;
        if config.domain.is_empty() || config.domain.contains(['@', ':', '/', ' ']) {
            return Err(Diagnostic::new(file, format!("`{}` is no domain", config.domain)));
        }
        let addresses = config.addresses();
        for (nth, (role, address)) in addresses.iter().enumerate() {
            if let Some((other, _)) = addresses[..nth].iter().find(|(_, taken)| taken == address) {
                let message = format!("{role} has the address {address}, which {other} has");
                return Err(Diagnostic::new(file, message).hint("give each of them a port or a host of its own"));
            }
        }
        Ok(config)
    }

    /// SIP does not tell users of one core by the case of their letters, and nobody is a user and something else.
    fn check_users(&self, file: &str) -> Result<(), Diagnostic> {
        let of_users = self.users.keys().chain(self.groups.keys()).map(|name| self.address_of(name));
        let of_stores = [Kept::Deferred, Kept::History].into_iter().filter_map(|kept| self.store_uri(kept));
        let of_controlling = self.controlling_function.iter().flat_map(|section| {
            let names = std::iter::once(&section.factory).chain(&section.cpm);
            names.map(|name| self.address_of(name)).collect::<Vec<_>>()
        });
        let mut known = BTreeSet::new();
        for address in of_users.chain(of_stores).chain(of_controlling) {
            if !known.insert(address.to_ascii_lowercase()) {
                return Err(Diagnostic::new(file, format!("two have the address {address}")));
            }
        }
        let operator = self.xdms.as_ref().and_then(|section| section.operator.as_ref());
        if let Some(operator) = operator.filter(|operator| self.users.contains_key(&operator.user)) {
            return Err(Diagnostic::new(file, format!("the operator has the name of the user {}", operator.user)));
        }
        if self.msrp_relay.is_some() && !self.asks_for_passwords() {
            let message = "nobody could use the MSRP relay: no user has a password";
            return Err(Diagnostic::new(file, message).hint("give users a `password` (RFC 4976 9.1)"));
        }
        let recorded = self.users.iter().find(|(_, user)| user.history && !user.participating);
        if let Some((name, _)) = recorded {
            let message = format!("the sessions of {name} cannot be recorded");
            return Err(Diagnostic::new(file, message).hint("say `participating: true` of the user, too"));
        }
        Ok(())
    }

    /// The servers that the file has a section for.
    pub fn roles(&self) -> Vec<Role> {
        Role::ALL
            .iter()
            .copied()
            .filter(|role| self.sip(*role).or(self.msrp(*role)).or(self.http(*role)).is_some())
            .collect()
    }

    /// Where a server takes HTTP, if it does.
    pub fn http(&self, role: Role) -> Option<SocketAddr> {
        self.xdms.as_ref().filter(|_| role == Role::Xdms).map(|section| section.http)
    }

    /// The section of the store for messages of that kind.
    pub fn store_section(&self, kept: Kept) -> Option<&StoreSection> {
        match kept {
            Kept::Deferred => self.deferred_messaging_function.as_ref(),
            Kept::History => self.history_function.as_ref(),
        }
    }

    /// The URI where users retrieve messages of that kind.
    pub fn store_uri(&self, kept: Kept) -> Option<String> {
        let usual = match kept {
            Kept::Deferred => "Deferred",
            Kept::History => "history",
        };
        let section = self.store_section(kept)?;
        Some(self.address_of(section.address.as_deref().unwrap_or(usual)))
    }

    /// The file of that name in the folder where what must last is kept; nothing where it is kept in memory.
    ///
    /// Errors: the folder cannot be made.
    pub fn file(&self, name: &str) -> Result<Option<PathBuf>, ServeError> {
        let Some(folder) = &self.store else { return Ok(None) };
        std::fs::create_dir_all(folder).map_err(|error| ServeError::Store(folder.clone(), error.to_string()))?;
        Ok(Some(folder.join(format!("{name}.redb"))))
    }

    /// The addresses of the users of the Participating Function.
    pub fn participating(&self) -> Vec<String> {
        let served = self.users.iter().filter(|(_, user)| user.participating);
        served.map(|(name, _)| self.address_of(name)).collect()
    }

    /// Where a server takes SIP.
    pub fn sip(&self, role: Role) -> Option<SocketAddr> {
        match role {
            Role::Core => Some(self.core.sip),
            Role::ControllingFunction => self.controlling_function.as_ref().map(|section| section.sip),
            Role::DeferredMessagingFunction => self.deferred_messaging_function.as_ref().map(|section| section.sip),
            Role::HistoryFunction => self.history_function.as_ref().map(|section| section.sip),
            Role::ParticipatingFunction => self.participating_function.as_ref().map(|section| section.sip),
            Role::MsrpRelay | Role::Xdms => None,
        }
    }

    /// Where a server takes MSRP, if it does.
    pub fn msrp(&self, role: Role) -> Option<SocketAddr> {
        let (own, sip) = match role {
            Role::Core | Role::Xdms => return None,
            Role::MsrpRelay => return self.msrp_relay.as_ref().map(|section| section.msrp),
            Role::ControllingFunction => self.controlling_function.as_ref().map(|section| (section.msrp, section.sip)),
            Role::DeferredMessagingFunction => {
                self.deferred_messaging_function.as_ref().map(|section| (section.msrp, section.sip))
            }
            Role::HistoryFunction => self.history_function.as_ref().map(|section| (section.msrp, section.sip)),
            Role::ParticipatingFunction => {
                let section = self.participating_function.as_ref().filter(|section| section.media_path);
                section.map(|section| (section.msrp, section.sip))
            }
        }?;
        Some(own.unwrap_or(SocketAddr::new(sip.ip(), MSRP_PORT)))
    }

    /// Whether users are asked who they are. Servers then believe the core alone.
    pub fn asks_for_passwords(&self) -> bool {
        self.users.values().any(|user| user.password.is_some())
    }

    /// Everybody's addresses, with what people call them.
    pub fn addresses(&self) -> Vec<(String, SocketAddr)> {
        let of = |role: Role| {
            let sip = self.sip(role).map(|at| (format!("the {}", role.name()), at));
            let msrp = self.msrp(role).map(|at| (format!("the {}", role.name()), at));
            let http = self.http(role).map(|at| (format!("the {}", role.name()), at));
            sip.into_iter().chain(msrp).chain(http)
        };
        Role::ALL.iter().copied().flat_map(of).collect()
    }

    /// The address of record of a user or group; what is an address already stays as it is.
    pub fn address_of(&self, name: &str) -> String {
        if name.contains(':') { name.to_owned() } else { format!("sip:{name}@{}", self.domain) }
    }

    /// The groups as the Controlling Function has them.
    pub fn group_documents(&self) -> Vec<Group> {
        self.groups.iter().map(|(name, section)| self.group(name, section)).collect()
    }

    /// The URIs that the Controlling Function answers for.
    pub fn controlling_uris(&self) -> Vec<String> {
        let Some(section) = &self.controlling_function else { return Vec::new() };
        let names = std::iter::once(&section.factory).chain(&section.cpm).chain(self.groups.keys());
        names.map(|name| self.address_of(name)).collect()
    }

    fn group(&self, name: &str, section: &GroupSection) -> Group {
        let who = |who: &Who| match who {
            Who::Anyone => controlling::Who::Anyone,
            Who::Members => controlling::Who::Members,
            Who::Nobody => controlling::Who::Nobody,
            Who::These(users) => controlling::Who::These(users.iter().map(|user| self.address_of(user)).collect()),
        };
        let member =
            |name: &String| Member { uri: self.address_of(name), display_name: section.nicknames.get(name).cloned() };
        Group {
            uri: self.address_of(name),
            display_name: section.display_name.clone(),
            members: section.members.iter().map(member).collect(),
            invites_members: section.invite_members,
            max_participants: section.max_participants,
            may_initiate: who(&section.initiate),
            may_join: who(&section.join),
            allows_anonymity: section.allow_anonymity,
        }
    }
}

impl Digest {
    pub fn algorithm(self) -> Algorithm {
        match self {
            Digest::Md5 => Algorithm::Md5,
            Digest::Sha256 => Algorithm::Sha256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: &str = "domain: a.example\ncore: {sip: 127.0.0.2:5060}\n";

    #[test]
    fn what_can_be_derived_need_not_be_written() {
        let config = Config::parse("serve.yaml", SHORT).unwrap();
        assert_eq!(config.roles(), [Role::Core]);
        let text =
            format!("{SHORT}controlling-function: {{sip: 127.0.0.3:5060}}\ngroups:\n  team: {{members: [bob]}}\n");
        let config = Config::parse("serve.yaml", &text).unwrap();
        assert_eq!(config.msrp(Role::ControllingFunction), "127.0.0.3:2855".parse().ok());
        assert_eq!(config.controlling_uris(), ["sip:conference-factory@a.example", "sip:team@a.example"]);
        assert_eq!(config.group_documents(), [Group::new("sip:team@a.example", &["sip:bob@a.example"])]);
    }

    #[test]
    fn the_example_has_every_server_and_paths_are_seen_from_the_file() {
        let text = include_str!("../../../scenarios/serve.yaml");
        let config = Config::parse("scenarios/serve.yaml", &text.replace("# store:", "store:")).unwrap();
        assert_eq!(config.roles(), Role::ALL);
        assert_eq!(config.store, Some(PathBuf::from("scenarios/kept")));
        assert!(config.asks_for_passwords());
        assert_eq!(config.store_uri(Kept::Deferred).as_deref(), Some("sip:Deferred@home1.example"));
        assert_eq!(config.participating(), ["sip:alice@home1.example"]);
    }

    #[test]
    fn slips_are_shown_with_what_would_be_right() {
        #[track_caller]
        fn check(more: &str, message: &str, hint: &str) {
            let shown = Config::parse("serve.yaml", &format!("{SHORT}{more}\n")).unwrap_err();
            assert!(shown.message.contains(message), "{shown}");
            assert!(shown.hint.as_deref().unwrap_or_default().contains(hint), "{shown}");
        }
        check("controling-function: {}", "unknown field `controling-function`", "did you mean `controlling-function`?");
        check("controlling-function: {sip: 127.0.0.2:5060}", "the address 127.0.0.2:5060, which", "of its own");
        check("groups: {team: {members: [], join: everyone}}", "none of anyone, members, nobody", "");
        check("groups: {team: {members: [], join: 7}}", "anyone, members, nobody", "");
        check("groups: {team: {members: []}, team: {members: []}}", "`team` comes twice", "");
        check("users: {bob: {pasword: x}}", "unknown field `pasword`", "did you mean `password`?");
        check("ims: maybe", "invalid type", "");
        check("users: {bob: {}, Bob: {}}", "two have the address sip:Bob@a.example", "");
        check("users: {bob: {}}\ngroups: {bob: {members: []}}", "two have the address", "");
        check("users: {Deferred: {}}\ndeferred-messaging-function: {sip: 127.0.0.4:5060}", "two have the address", "");
        check("users: {bob: {history: true}}", "cannot be recorded", "participating: true");
        let operator = "{http: 127.0.0.7:1, operator: {user: bob, password: x}}";
        check(&format!("users: {{bob: {{}}}}\nxdms: {operator}"), "the operator has the name", "");
        check("xdms: {http: 127.0.0.2:5060}", "the XDMS has the address 127.0.0.2:5060, which", "of its own");
        let shown = Config::parse("serve.yaml", &SHORT.replace("a.example", "sip:a.example")).unwrap_err();
        assert!(shown.message.contains("is no domain"), "{shown}");
    }
}
