//! A server under test: the URIs that it answers for, and what it is provisioned with where nobody can change that.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{SystemUnderTest, Transport};
use crate::actors::provision::{Controlling, Keeping, Participating, Provision};
use crate::script::home::Home;
use crate::script::plan::{Plan, SERVER_ROLES};
use crate::script::simulate::provision::{provision, usual};

/// The URIs of a server. What is missing is that of the home network.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Uris {
    /// The Conference-factory-URI.
    pub conference_factory: Option<String>,
    /// The URI of a CPM Controlling Function.
    pub controlling_function: Option<String>,
    /// Where deferred messages are retrieved.
    pub deferred_messages: Option<String>,
    /// Where history is retrieved.
    pub history: Option<String>,
    /// Group identities, by the names that scenarios have for the groups.
    pub groups: BTreeMap<String, String>,
}

impl Uris {
    /// Has the home network answer at these.
    pub(super) fn put_into(&self, home: &mut Home) {
        let Uris { conference_factory, controlling_function, deferred_messages, history, groups } = self;
        for (own, given) in [
            (&mut home.conference_factory, conference_factory),
            (&mut home.controlling_function, controlling_function),
            (&mut home.deferred_messages, deferred_messages),
            (&mut home.history, history),
        ] {
            if let Some(given) = given {
                own.clone_from(given);
            }
        }
        home.groups.extend(groups.clone());
    }
}

impl SystemUnderTest {
    /// What plans call the server that it plays; nothing where it is somebody's client.
    pub fn server(&self) -> Option<&'static str> {
        SERVER_ROLES.iter().find(|(role, _)| *role == self.plays).map(|(_, party)| *party)
    }

    /// The home network with this system in it.
    pub fn home(&self, home: &Home) -> Home {
        let mut home = self.secured(home.clone());
        match self.server() {
            Some("conference") => home.conference_server = self.sip,
            Some("participating") => home.participating_function = self.sip,
            Some("deferred store") => home.deferred_store = self.sip,
            Some("history store") => home.history_store = self.sip,
            _ => {}
        }
        self.uris.put_into(&mut home);
        home
    }

    /// Whether it is, without being told, what a plan needs it to be: as its file says, else with factories that anybody
    /// may use, and with nothing else.
    pub fn is_provisioned_for(&self, plan: &Plan, home: &Home) -> bool {
        let has = self.provisioned.clone().or_else(|| usual(&self.plays, home));
        let needs = provision(plan, home, &plan.under_test);
        let named: Vec<String> = plan.groups.iter().map(|group| home.address_of(&group.name)).collect();
        has.zip(needs).is_some_and(|(has, needs)| suffices(has, needs, &named))
    }

    /// What is wrong with what is said of a server, or with what is said of a client as if it were one: the key, what, and
    /// what would be right.
    pub(super) fn wrong_for_its_part(&self) -> Option<(&'static str, String, &'static str)> {
        let servers = "only a server has them: a system that plays controlling-function, participating-function, \
                       deferred-messaging-function or history-function";
        let clients = "leave it out where a server is under test";
        if self.server().is_none() {
            let misplaced = [("uris", self.uris != Uris::default()), ("provisioned", self.provisioned.is_some())];
            let (key, _) = misplaced.into_iter().find(|(_, is)| *is)?;
            return Some((key, format!("{} is no server", self.plays), servers));
        }
        let misplaced = [
            ("client", self.client.is_some()),
            ("address", self.address.is_some()),
            ("registers", self.registers),
            ("reports-events", self.reports_events),
        ];
        if let Some((key, _)) = misplaced.into_iter().find(|(_, is)| *is) {
            return Some((key, format!("`{key}` is for clients"), clients));
        }
        if self.transport == Transport::Tcp {
            let message = "the core chooses the transport to a server".to_owned();
            return Some((
                "transport",
                message,
                "it takes UDP, and TCP for what is large (RFC 3261 18.1.1), or TLS alone",
            ));
        }
        let other = self.provisioned.as_ref().filter(|provisioned| provisioned.plays() != self.plays)?;
        let message = format!("it plays {}, and is provisioned as {}", self.plays, other.plays());
        Some(("provisioned", message, "`plays` in it is that of the file"))
    }
}

/// Whether what is there is what is needed. Groups that no scenario names may be there too.
fn suffices(has: Provision, needs: Provision, named: &[String]) -> bool {
    match (has, needs) {
        (Provision::ControllingFunction(mut has), Provision::ControllingFunction(mut needs)) => {
            if has.address.is_empty() {
                has.address.clone_from(&needs.address);
            }
            has.groups.retain(|group| named.contains(&group.uri));
            has.groups.sort_by(|a, b| a.uri.cmp(&b.uri));
            needs.groups.sort_by(|a, b| a.uri.cmp(&b.uri));
            // A factory that no client of the scenario uses changes nothing.
            let served = has.factories.contains(&needs.address) == needs.factories.contains(&needs.address);
            let rest = |known: Controlling| Controlling { factories: Vec::new(), ..known };
            served && rest(has) == rest(needs)
        }
        (Provision::ParticipatingFunction(has), Provision::ParticipatingFunction(needs)) => {
            let serves = |has: &[String], needs: &[String]| needs.iter().all(|who| has.contains(who));
            let rest = |known: &Participating| (known.in_media_path, known.allow.clone(), known.session_interval);
            serves(&has.serves, &needs.serves) && rest(&has) == rest(&needs) && has.recorded == needs.recorded
        }
        (Provision::DeferredMessagingFunction(has), Provision::DeferredMessagingFunction(needs))
        | (Provision::HistoryFunction(has), Provision::HistoryFunction(needs)) => {
            let rest = |known: Keeping| Keeping { address: String::new(), ..known };
            rest(has) == rest(needs)
        }
        _ => false,
    }
}
