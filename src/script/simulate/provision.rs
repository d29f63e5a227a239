//! What the servers of a plan are provisioned with: by the home network, and by the scenario.

use crate::actors::act::{Kept, Kind};
use crate::actors::controlling::{Group, OnAnonymous, Who};
use crate::actors::provision::{Controlling, Keeping, Participating, Provision, Side};
use crate::script::home::Home;
use crate::script::plan::{self, Arranged, Client, Plan, Rule, Treatment};
use crate::script::stored::stored;

/// The servers that a plan needs, by what plans call them.
pub fn servers(plan: &Plan) -> impl Iterator<Item = &'static str> {
    let participating = plan.participation().map(|_| "participating");
    let relay = plan.relayed().next().map(|_| "relay");
    let stores = plan.stores().into_iter().map(Kept::store);
    std::iter::once("conference").chain(stores).chain(participating).chain(relay)
}

/// What the server that plans call so knows; nothing where it has no part in this one.
pub fn provision(plan: &Plan, home: &Home, server: &str) -> Option<Provision> {
    match server {
        "conference" => Some(Provision::ControllingFunction(controlling(plan, home))),
        "participating" => Some(Provision::ParticipatingFunction(participating(plan, home)?)),
        "deferred store" => Some(Provision::DeferredMessagingFunction(keeping(plan, home, Kept::Deferred))),
        "history store" => Some(Provision::HistoryFunction(keeping(plan, home, Kept::History))),
        _ => None,
    }
}

/// The servers that can be under test, as they are where no scenario says anything.
pub fn usual(plays: &str, home: &Home) -> Option<Provision> {
    let keeping = |kept| Keeping { address: home.store_uri(kept), ..Keeping::default() };
    match plays {
        "controlling-function" => Some(Provision::ControllingFunction(factories(home, Kind::Im))),
        "participating-function" => Some(Provision::ParticipatingFunction(Participating {
            history: home.store_uri(Kept::History),
            ..Participating::default()
        })),
        "deferred-messaging-function" => Some(Provision::DeferredMessagingFunction(keeping(Kept::Deferred))),
        "history-function" => Some(Provision::HistoryFunction(keeping(Kept::History))),
        _ => None,
    }
}

fn factories(home: &Home, service: Kind) -> Controlling {
    let address = if service == Kind::Cpm { home.controlling_function_uri() } else { home.conference_factory_uri() };
    let factories = vec![home.conference_factory_uri(), home.controlling_function_uri()];
    Controlling { address, service, factories, ..Controlling::default() }
}

/// Where nothing else is said, everybody may do everything.
fn controlling(plan: &Plan, home: &Home) -> Controlling {
    let cpm = plan.people.iter().any(|p| p.client == Client::Cpm);
    let mut known = factories(home, if cpm { Kind::Cpm } else { Kind::Im });
    known.ims = plan.ims;
    known.groups = plan.groups.iter().filter_map(|g| group(plan, home, g)).collect();
    for arrangement in plan.arrangements.iter().filter(|a| a.who == "conference") {
        match &arrangement.what {
            Arranged::Answers(status) => known.answers = Some(*status),
            Arranged::SessionTimer(seconds, refresher) => {
                known.session_interval = Some(*seconds);
                known.refresher = Some(if refresher == "uac" { Side::Uac } else { Side::Uas });
            }
            Arranged::Allows(methods) => known.allow = Some(methods.clone()),
            Arranged::Keeps(rule) => keep(&mut known, home, rule),
            _ => {}
        }
    }
    known
}

fn keep(known: &mut Controlling, home: &Home, rule: &Rule) {
    match rule {
        Rule::Unknown => known.factories.clear(),
        Rule::Initiate(who) => known.may_use_factory = these(home, who),
        Rule::Room(most) => known.max_adhoc_group_size = Some(*most),
        Rule::NoAnonymity => known.adhoc_anonymity = false,
        Rule::RemovesAnonymous => known.on_anonymous = OnAnonymous::Release,
        Rule::AnswersEarly => known.answers_early = true,
        Rule::UpdatesOthers => known.updates_others = true,
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

fn participating(plan: &Plan, home: &Home) -> Option<Participating> {
    let (serves, in_media_path) = plan.participation()?;
    let mut known = Participating {
        serves: serves.into_iter().map(|name| home.address_of(name)).collect(),
        in_media_path,
        history: home.store_uri(Kept::History),
        ..Participating::default()
    };
    for arrangement in plan.arrangements.iter().filter(|a| a.who == "participating") {
        match &arrangement.what {
            Arranged::SessionTimer(seconds, _) => known.session_interval = Some(*seconds),
            Arranged::Allows(methods) => known.allow = Some(methods.clone()),
            Arranged::Records(who) => known.recorded.push(home.address_of(who)),
            _ => {}
        }
    }
    Some(known)
}

fn keeping(plan: &Plan, home: &Home, kept: Kept) -> Keeping {
    let mut known = Keeping {
        address: home.store_uri(kept),
        ims: plan.ims,
        messages: stored(plan, home, kept),
        ..Keeping::default()
    };
    for arrangement in plan.arrangements.iter().filter(|a| a.who == kept.store()) {
        match &arrangement.what {
            Arranged::Answers(status) => known.answers = Some(*status),
            Arranged::SessionTimer(seconds, _) => known.session_interval = Some(*seconds),
            Arranged::Allows(methods) => known.allow = Some(methods.clone()),
            Arranged::Treats(name, treatment) => {
                let settings = known.users.entry(home.address_of(name)).or_default();
                match treatment {
                    Treatment::DeliversNothing => settings.offline_delivery = false,
                    Treatment::LetsNotRetrieve => settings.may_retrieve = false,
                    Treatment::IsBarred => settings.meets_policy = false,
                }
            }
            _ => {}
        }
    }
    known
}
