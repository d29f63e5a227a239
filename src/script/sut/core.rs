//! A SIP/IP core of somebody else, with which our actors play: where it is, who its users are and what it does, from the
//! file of `--core`.
//!
//! It knows what people write about a core, not how a case is played through it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::tls::Wrong;
use super::{LONGEST_WAIT, Start, SystemUnderTest, Tls, Transport, Uris};
use crate::actors::act::{Act, Kept};
use crate::judge::{Cast, Endpoint};
use crate::script::diagnostic::Diagnostic;
use crate::script::home::{Home, Protection};
use crate::script::plan::{Arranged, Deed, Demand, Plan};
use crate::script::{suggest, yaml};

/// A SIP/IP core of somebody else.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ThirdPartyCore {
    /// What reports call it.
    pub name: String,
    /// Only what is asked of the core itself is played where the file says `plays: sip-core`, as a system file does.
    pub plays: Option<Plays>,
    /// Where it takes SIP.
    pub sip: SocketAddr,
    /// What our clients speak to it; our servers too, but that UDP and TCP are one to them (RFC 3261 §18.1.1).
    #[serde(default)]
    pub transport: Transport,
    /// Where it takes SIP of our servers over UDP and TCP, where only what clients say goes over TLS.
    pub server_side: Option<SocketAddr>,
    /// How it is known, and our actors to it, where something goes over TLS.
    pub tls: Option<Tls>,
    /// The domain of its users, if it is not that of the home network.
    pub domain: Option<String>,
    /// The password of everybody, with the user part of the address of record for `{user}`. Without it, and without
    /// `passwords`, nobody gives one.
    pub password: Option<String>,
    /// Passwords of single users, by the user part of their addresses.
    #[serde(default)]
    pub passwords: BTreeMap<String, String>,
    /// What it does beyond registering and forwarding, from [`SERVICES`]; without the list, everything.
    pub does: Option<Vec<String>>,
    /// The Service-Route that it gives on registration (RFC 3608), if it gives one; `{core}` is filled in.
    pub service_route: Option<String>,
    /// What lies between our MSRP and TCP, and that of its MSRP relay.
    #[serde(default)]
    pub msrp_security: Protection,
    /// Where its MSRP relay is, if it has one; without it ours is played.
    pub msrp_relay: Option<SocketAddr>,
    /// The URIs that it leads to our servers, where they are not those of the home network.
    #[serde(default)]
    pub uris: Uris,
    /// How it is started, if it does not run already. See [`PLACEHOLDERS`].
    pub start: Option<Start>,
    /// How long it may take to start, in seconds; without it 10.
    pub answer_wait: Option<u32>,
}

/// The only role that a core plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub enum Plays {
    #[serde(rename = "sip-core")]
    SipCore,
}

/// What a core may do beyond registering and forwarding, and what that is for.
pub const SERVICES: &[(&str, &str)] = &[
    ("asserted-identity", "says who a request is from (RFC 3325)"),
    ("groups", "leads requests for groups to the conference server"),
    ("deferred-messages", "leads what is for somebody who is not there to the Deferred Messaging Function"),
    ("third-party-registration", "tells the Deferred Messaging Function who has registered"),
    ("application-servers", "leads sessions through the Participating Function of its users"),
];

/// What stands for something else in the arguments of its commands.
pub const PLACEHOLDERS: &[(&str, &str)] = &[
    ("{core}", "host and port of its SIP"),
    ("{host}", "host of its SIP"),
    ("{port}", "port of its SIP"),
    ("{domain}", "domain of its users"),
    ("{relay}", "host and port of its MSRP relay"),
    ("{conference}", "host and port of the conference server"),
    ("{participating}", "host and port of the Participating Function"),
    ("{deferred}", "host and port of the Deferred Messaging Function"),
    ("{history}", "host and port of the History Function"),
    ("{servers}", "host and port where it takes SIP of servers: `server-side`, else `sip`"),
    ("{system}", "host of the server under test; else that of the conference server"),
    ("{edge}", "host and port where requests for that host go, so that they can be seen"),
    ("{ca}", "file with the certificate of the authority of our actors, where TLS is used"),
    ("{certificate}", "file with a certificate for the core, which that authority has issued"),
    ("{key}", "file with its key"),
];

impl ThirdPartyCore {
    /// Reads the text of a file; `file` names it in the diagnostic.
    pub fn parse(file: &str, text: &str) -> Result<ThirdPartyCore, Diagnostic> {
        let mut core: ThirdPartyCore = yaml::from_str(file, text)?;
        let folder = Path::new(file).parent().unwrap_or(Path::new(""));
        core.tls = core.tls.map(|tls| tls.seen_from(folder));
        let wrong = |key: &str, message: String| {
            let line = text.lines().position(|line| line.trim_start().starts_with(key)).map_or(0, |n| n + 1);
            let diagnostic = Diagnostic::new(file, message);
            if line == 0 { diagnostic } else { diagnostic.at_part(text, line, "") }
        };
        let known: Vec<&str> = SERVICES.iter().map(|(name, _)| *name).collect();
        if let Some(word) = core.does.iter().flatten().find(|word| !known.contains(&word.as_str())) {
            let all = format!("one of {}", known.join(", "));
            let hint = match suggest::nearest(word, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? ({all})"),
                None => all,
            };
            return Err(wrong("does", format!("a core does no `{word}` here")).hint(hint));
        }
        if core.start.iter().any(|start| start.command.first().is_none_or(String::is_empty)) {
            let message = "a command has no program".to_owned();
            return Err(wrong("command", message).hint("write [program, argument, ...]"));
        }
        if let Some((key, message, hint)) = core.wrong_about_tls() {
            return Err(wrong(key, message).hint(hint));
        }
        if core.answer_wait.is_some_and(|wait| !(1..=LONGEST_WAIT).contains(&wait)) {
            return Err(wrong("answer-wait", format!("answer-wait is not from 1 to {LONGEST_WAIT} seconds")));
        }
        Ok(core)
    }

    /// How long it may take to start.
    pub fn answer_wait(&self) -> Duration {
        Duration::from_secs(self.answer_wait.unwrap_or(10).into())
    }

    fn wrong_about_tls(&self) -> Option<Wrong> {
        let secured = self.transport == Transport::Tls;
        if let (Some(_), false) = (self.server_side, secured) {
            let message = "servers find it where clients do, unless these speak TLS".to_owned();
            return Some(("server-side", message, "leave it out, or write `transport: tls`"));
        }
        let tls = self.tls.as_ref()?;
        if !secured {
            return Some(("tls", "nothing goes over TLS".to_owned(), "write `transport: tls`"));
        }
        tls.wrong(secured)
    }

    /// Whether our servers speak TLS to it.
    pub fn secures_servers(&self) -> bool {
        self.transport == Transport::Tls && self.server_side.is_none()
    }

    /// The home network with this core in it, as clients have it.
    pub fn home(&self, home: &Home) -> Home {
        let home = if self.transport == Transport::Tls { home.clone().over_tls() } else { home.clone() };
        self.within(Home { core: self.sip, ..home })
    }

    /// The same as servers have it.
    pub fn home_of_servers(&self, home: &Home) -> Home {
        match self.server_side {
            Some(core) => self.within(Home { core, ..home.clone() }),
            None => self.home(home),
        }
    }

    fn within(&self, mut home: Home) -> Home {
        if let Some(domain) = &self.domain {
            home.domain.clone_from(domain);
        }
        if let Some(rule) = &self.password {
            home.password.clone_from(rule);
        }
        if let Some(relay) = self.msrp_relay {
            home.msrp_relay = relay;
        }
        if self.msrp_security != Protection::None {
            home.msrp_security = self.msrp_security;
        }
        self.uris.put_into(&mut home);
        home
    }

    /// Whether we play the server that plans call so, where it has a part.
    pub fn leaves_to_us(&self, server: &str) -> bool {
        server != "relay" || self.msrp_relay.is_none()
    }

    /// What the user of that address answers with where the core asks for a password.
    pub fn password_of(&self, user: &str) -> Option<String> {
        let own = self.passwords.get(user).cloned();
        own.or_else(|| self.password.as_ref().map(|rule| rule.replace("{user}", user)))
    }

    /// The Service-Route that it gives, filled in.
    pub fn service_route(&self) -> Option<String> {
        self.service_route.as_ref().map(|route| route.replace("{core}", &self.sip.to_string()))
    }

    /// The arguments of a command of its file, filled in: where servers are, by the network that the core has; the host of
    /// the one under test, and what leads there; and `more`.
    pub fn fill(
        &self,
        command: &[String],
        home: &Home,
        behind: Option<(IpAddr, SocketAddr)>,
        more: &[(&'static str, String)],
    ) -> Vec<String> {
        let (system, edge) = behind.unwrap_or((home.conference_server.ip(), home.conference_server));
        let at = |address: SocketAddr| address.to_string();
        let values = [
            ("{core}", at(self.sip)),
            ("{host}", self.sip.ip().to_string()),
            ("{port}", self.sip.port().to_string()),
            ("{domain}", home.domain.clone()),
            ("{relay}", at(home.msrp_relay)),
            ("{conference}", at(home.conference_server)),
            ("{participating}", at(home.participating_function)),
            ("{deferred}", at(home.deferred_store)),
            ("{history}", at(home.history_store)),
            ("{system}", system.to_string()),
            ("{edge}", at(edge)),
            ("{servers}", at(self.server_side.unwrap_or(self.sip))),
        ];
        SystemUnderTest::fill(command, &[&values[..], more].concat())
    }

    /// Everybody of a plan as they are around this core. A system that is tested through it finds the edge where the home
    /// network has the core; both are the core to it.
    pub fn cast(&self, mut cast: Cast, plan: &Plan) -> Cast {
        let user = |name: &str| name.to_ascii_lowercase();
        let password = |name: &str| Some((user(name), self.password_of(&user(name))?));
        let own: Vec<(String, String)> = plan.names().into_iter().filter_map(password).collect();
        // What it asks nobody for may still be asked for by others, such as our MSRP relay.
        cast.passwords.retain(|(user, _)| !own.iter().any(|(known, _)| known == user));
        cast.passwords.extend(own);
        let through_edge = cast.core.is_some_and(|core| core != self.sip);
        if let Some(party) = cast.parties.iter_mut().find(|party| party.name == "core").filter(|_| through_edge) {
            party.endpoints.push(Endpoint { ip: self.sip.ip(), port: None });
        }
        if !through_edge {
            cast.service_route = self.service_route();
        }
        cast
    }

    fn does(&self, service: &str) -> bool {
        self.does.as_ref().is_none_or(|does| does.iter().any(|word| word == service))
    }

    /// Whether the text of a system file is about a core: `plays: sip-core`.
    pub fn is_described_by(text: &str) -> bool {
        #[derive(Deserialize)]
        struct Part {
            plays: Plays,
        }
        serde_yaml::from_str::<Part>(text).is_ok_and(|part| part.plays == Plays::SipCore)
    }

    /// Why a plan cannot be played through this core; nothing where it can.
    pub fn not_applicable(&self, plan: &Plan) -> Option<String> {
        if self.plays.is_some() && plan.under_test != "core" {
            return Some(format!("{} is under test here, and {} plays sip-core", plan.tested(), self.name));
        }
        let mine = plan.arrangements.iter().find(|arrangement| arrangement.who == "core");
        if mine.is_some_and(|arrangement| matches!(arrangement.what, Arranged::Tampers(_))) {
            return Some(format!("the core does something wrong here, and {} cannot be told to", self.name));
        }
        if plan.secures_msrp() && self.msrp_security == Protection::None {
            return Some(format!(
                "MSRP goes over TLS here, and the file of {} does not say so (`msrp-security: tls`)",
                self.name
            ));
        }
        if plan.mixes_transports() {
            return Some(format!("some speak TLS and others do not here, and {} is spoken to in one way", self.name));
        }
        if let Some(demand) = plan.demand() {
            if self.password.is_none() && self.passwords.is_empty() {
                return Some(format!("the core asks for passwords here, and the file of {} has none", self.name));
            }
            if demand != Demand::default() {
                return Some(format!("the core asks for passwords in a way that {} cannot be told", self.name));
            }
        }
        if plan.ims && self.service_route.is_none() {
            return Some(format!("the core is a 3GPP IMS here, and {} gives no Service-Route", self.name));
        }
        let (service, meaning) = needed(plan).find(|(service, _)| !self.does(service))?;
        Some(format!("{} does not claim that it {meaning} (`does: [{service}]`)", self.name))
    }
}

/// The services of a core that a plan needs.
fn needed(plan: &Plan) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let needs = |service: &str| match service {
        "asserted-identity" => plan.ims,
        "groups" => !plan.groups.is_empty(),
        "deferred-messages" | "third-party-registration" => {
            plan.stores().contains(&Kept::Deferred) && somebody_comes_or_goes(plan)
        }
        "application-servers" => plan.participation().is_some(),
        _ => false,
    };
    SERVICES.iter().filter(move |(service, _)| needs(service))
}

fn somebody_comes_or_goes(plan: &Plan) -> bool {
    let presence = |act: &Act| matches!(act, Act::Register | Act::Unregister);
    let comes = |deed: &Deed| matches!(deed, Deed::Act(acts) if acts.iter().any(|(_, act)| presence(act)));
    plan.names().iter().any(|name| plan.is_offline(name)) || plan.acts.iter().any(comes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "name: Core\nsip: 127.0.0.2:5060\n";

    #[test]
    fn what_is_wrong_in_a_file_is_said_with_its_line() {
        #[track_caller]
        fn check(more: &str, expected: &str) {
            let wrong = ThirdPartyCore::parse("core.yaml", &format!("{LEAST}{more}")).unwrap_err().to_string();
            assert!(wrong.contains(expected), "{wrong}");
        }
        check("does: [asserted-identities]\n", "did you mean `asserted-identity`?");
        check("start: {command: []}\n", "has no program");
        check("answer-wait: 0\n", "from 1 to");
        check("tls: {verify: false}\n", "write `transport: tls`");
        check("server-side: 127.0.0.2:5060\n", "servers find it where clients do");
        check("transport: tls\ntls: {key: key.pem}\n", "the key has no certificate");
        check("transport: tls\ntls: {ca: no-such-file.pem}\n", "no-such-file.pem");
        check("plays: im-client\n", "im-client");
        assert!(ThirdPartyCore::is_described_by("name: x\nplays: sip-core\n"));
        assert!(!ThirdPartyCore::is_described_by("name: x\nplays: im-client\n"));
    }

    #[test]
    fn every_placeholder_is_filled_in() {
        let home: Home = yaml::from_str("home", include_str!("../../../scenarios/home.yaml")).unwrap();
        let core = ThirdPartyCore::parse("core.yaml", LEAST).unwrap();
        let words: Vec<String> = PLACEHOLDERS.iter().map(|(name, _)| (*name).to_owned()).collect();
        let files = ["{ca}", "{certificate}", "{key}"].map(|word| (word, "file.pem".to_owned()));
        for (word, filled) in words.iter().zip(core.fill(&words, &home, None, &files)) {
            assert!(!filled.contains('{') && !filled.is_empty(), "{word}: {filled}");
        }
    }

    #[test]
    fn passwords_follow_the_rule_unless_one_is_given() {
        let text = format!("{LEAST}password: \"{{user}}-secret\"\npasswords: {{bob: word}}\n");
        let core = ThirdPartyCore::parse("core.yaml", &text).unwrap();
        assert_eq!(core.password_of("alice").as_deref(), Some("alice-secret"));
        assert_eq!(core.password_of("bob").as_deref(), Some("word"));
        let open = ThirdPartyCore::parse("core.yaml", LEAST).unwrap();
        assert_eq!(open.password_of("alice"), None);
    }
}
