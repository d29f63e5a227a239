//! What the Controlling Function of a plan is provisioned with: factories, groups, and the rules that a scenario gives it.

use std::net::SocketAddr;

use crate::actors::client::Kind;
use crate::actors::controlling::{Config, Group, OnAnonymous, Who};
use crate::script::home::Home;
use crate::script::plan::{self, Arranged, Client, Plan, Rule};
use crate::stack::IdSource;
use crate::stack::session_timer::{Refresher, SessionExpires};

/// Everything that the server of a plan knows. Where nothing else is said, everybody may do everything.
pub fn config(plan: &Plan, home: &Home, seed: u64) -> Config {
    let cpm = plan.people.iter().any(|p| p.client == Client::Cpm);
    let at = home.conference_server;
    let address = if cpm { home.controlling_function_uri() } else { home.conference_factory_uri() };
    let mut config = Config {
        factories: vec![home.conference_factory_uri(), home.controlling_function_uri()],
        groups: plan.groups.iter().filter_map(|g| group(plan, home, g)).collect(),
        feature_tag: if cpm { Kind::Cpm.feature_tag() } else { Kind::Im.feature_tag() },
        ims: plan.ims,
        ..Config::new(
            at,
            SocketAddr::new(at.ip(), home.msrp_port),
            home.core,
            &address,
            IdSource::new(seed, "conference"),
        )
    };
    for arrangement in plan.arrangements.iter().filter(|a| a.who == "conference") {
        match &arrangement.what {
            Arranged::Answers(status) => config.refuses = Some(*status),
            Arranged::SessionTimer(seconds, refresher) => {
                let refresher = if refresher == "uac" { Refresher::Uac } else { Refresher::Uas };
                config.session_interval = Some(*seconds);
                config.session_expires = Some(SessionExpires { seconds: *seconds, refresher: Some(refresher) });
            }
            Arranged::Allows(methods) => config.allows = Some(methods.clone()),
            Arranged::Keeps(rule) => keep(&mut config, home, rule),
            _ => {}
        }
    }
    config
}

fn keep(config: &mut Config, home: &Home, rule: &Rule) {
    match rule {
        Rule::Unknown => config.factories.clear(),
        Rule::Initiate(who) => config.may_use_factory = these(home, who),
        Rule::Room(most) => config.max_adhoc = *most,
        Rule::NoAnonymity => config.adhoc_anonymity = false,
        Rule::RemovesAnonymous => config.on_anonymous = OnAnonymous::Release,
        Rule::AnswersEarly => config.answers_early = true,
        Rule::UpdatesOthers => config.updates_others = true,
        Rule::Join(_) | Rule::Calls(..) | Rule::InvitesNobody => {}
    }
}

/// A group with its rules; none where it is another server's. Who has no members is a public conference.
fn group(plan: &Plan, home: &Home, written: &plan::Group) -> Option<Group> {
    let members: Vec<String> = written.members.iter().map(|name| home.address_of(name)).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let mut group = Group {
        invites_members: !members.is_empty(),
        may_initiate: Who::Anyone,
        may_join: Who::Anyone,
        allows_anonymity: true,
        ..Group::new(&home.address_of(&written.name), &members)
    };
    let rules = plan.arrangements.iter().filter(|a| a.who == written.name);
    for arrangement in rules {
        let Arranged::Keeps(rule) = &arrangement.what else { continue };
        match rule {
            Rule::Unknown => return None,
            Rule::Initiate(who) => group.may_initiate = these(home, who),
            Rule::Join(who) => group.may_join = these(home, who),
            Rule::Room(most) => group.max_participants = Some(*most),
            Rule::NoAnonymity => group.allows_anonymity = false,
            Rule::InvitesNobody => group.invites_members = false,
            Rule::Calls(who, name) => {
                let address = home.address_of(who);
                group.members.iter_mut().filter(|m| m.uri == address).for_each(|m| m.display_name = Some(name.clone()));
            }
            Rule::RemovesAnonymous | Rule::AnswersEarly | Rule::UpdatesOthers => {}
        }
    }
    Some(group)
}

fn these(home: &Home, who: &[String]) -> Who {
    Who::These(who.iter().map(|name| home.address_of(name)).collect())
}
