//! What a SIP/IP core does, by where it leads what clients of ours ask: a proposal for `does` in its file, and where it
//! contradicts that.

use std::net::IpAddr;
use std::sync::atomic::AtomicBool;

use super::claims::{Capability, Shown};
use super::facts::{Fact, say};
use super::{Found, proposal};
use crate::actors::act::{Act, Recipients, Sending};
use crate::script::live::{CorePlace, CoreVisit, Heard, LiveError, PEOPLE, Registered, Word, outfit_of_core};
use crate::script::sut::{CORE_SERVICES, ThirdPartyCore};
use crate::wire::sip::Name;
use crate::wire::uri;

/// What was seen of a core.
#[derive(Default)]
struct Seen {
    facts: Vec<Fact>,
    answered: bool,
    registered: bool,
    /// What it gives as Service-Route on registration.
    service_route: Option<String>,
    /// Whether each service was seen, with what that rests on.
    services: Vec<(&'static str, bool, String)>,
}

/// Visits the core, with all our servers around it. Two users register, and one of them sends short messages: to the other,
/// to a group, and to somebody who is not there.
///
/// Errors: why it cannot be visited.
pub async fn probe_core(place: &CorePlace, stop: &AtomicBool) -> Result<Found, LiveError> {
    let outfit = outfit_of_core(place)?;
    let mut visit = CoreVisit::new(place, &outfit, true, stop);
    let seen = ask(&mut visit, &place.core).await;
    visit.end().await?;
    Ok(found(&place.core, seen?))
}

async fn ask(visit: &mut CoreVisit<'_>, core: &ThirdPartyCore) -> Result<Seen, LiveError> {
    let mut seen = Seen::default();
    visit.start().await?;
    visit.enter(Word::Right).await?;
    let itself = format!("sip:{}{}", core.sip, visit.home().security("core").parameters());
    if let Some(answer) = visit.ask(PEOPLE[0], &itself, 0).await? {
        say(&mut seen.facts, "answer to OPTIONS", &answer.message);
    }
    for name in &PEOPLE[..2] {
        seen.registered = visit.register(name).await? == Registered::Taken;
    }
    seen.answered = visit.heard().iter().any(|heard| heard.from_system);
    let taken = |heard: &&Heard| {
        heard.from_system && heard.message.method() == "REGISTER" && matches!(heard.message.status(), Some(200..=299))
    };
    if let Some(taken) = visit.heard().iter().find(taken) {
        say(&mut seen.facts, "answer to REGISTER", &taken.message);
        let route = taken.message.address(Name::ServiceRoute).map(|route| route.uri.to_owned());
        seen.facts.extend(route.iter().map(|route| {
            let (from, what) = ("answer to REGISTER".to_owned(), Name::ServiceRoute.text().to_owned());
            Fact { from, what, value: route.clone() }
        }));
        seen.service_route = route;
    }
    if !seen.registered || visit.is_interrupted() {
        return Ok(seen);
    }
    let [conference, deferred, participating] =
        ["conference", "deferred store", "participating"].map(|name| visit.server(name).map(|at| at.ip()));
    let [bob, carol, friends] = [PEOPLE[1], PEOPLE[2], "friends"].map(|name| visit.home().address_of(name));
    let third_party = came(visit.heard(), "REGISTER", deferred);
    let there = visit.host_of(PEOPLE[1]);
    let heard = visit.act(PEOPLE[0], message(&bob)).await?;
    let asserted =
        requests(heard, "MESSAGE", there).any(|heard| heard.message.header(Name::PAssertedIdentity).is_some());
    let through = came(heard, "MESSAGE", participating);
    let through =
        through || came(visit.act(PEOPLE[0], Act::Invite { to: bob.clone() }).await?, "INVITE", participating);
    let grouped = came(visit.act(PEOPLE[0], message(&friends)).await?, "MESSAGE", conference);
    let kept = came(visit.act(PEOPLE[0], message(&carol)).await?, "MESSAGE", deferred);
    for (service, is, yes, no) in [
        (
            "asserted-identity",
            asserted,
            "a MESSAGE came to Bob with P-Asserted-Identity",
            "a MESSAGE came to Bob without it",
        ),
        (
            "groups",
            grouped,
            "a MESSAGE to a group came to the conference server",
            "a MESSAGE to a group did not come to the conference server",
        ),
        (
            "deferred-messages",
            kept,
            "a MESSAGE to Carol, who is not there, came to the store",
            "a MESSAGE to Carol, who is not there, did not come to the store",
        ),
        ("third-party-registration", third_party, "a REGISTER came to the store", "no REGISTER came to the store"),
        (
            "application-servers",
            through,
            "a request came to the Participating Function",
            "nothing came to the Participating Function",
        ),
    ] {
        seen.services.push((service, is, if is { yes } else { no }.to_owned()));
    }
    Ok(seen)
}

fn message(to: &str) -> Act {
    let to = Recipients::One(to.to_owned());
    Act::Send(Box::new(Sending { to, text: "Hello".to_owned(), ..Sending::default() }))
}

/// The requests of that method that the core sent there.
fn requests<'h>(heard: &'h [Heard], method: &'h str, to: Option<IpAddr>) -> impl Iterator<Item = &'h Heard> {
    heard.iter().filter(move |heard| {
        let request = heard.from_system && heard.message.status().is_none() && heard.message.method() == method;
        request && Some(heard.other.ip()) == to
    })
}

fn came(heard: &[Heard], method: &str, to: Option<IpAddr>) -> bool {
    requests(heard, method, to).next().is_some()
}

fn found(core: &ThirdPartyCore, seen: Seen) -> Found {
    let capability = |(name, meaning): &(&'static str, &'static str)| {
        let claimed = core.does.as_ref().is_none_or(|does| does.iter().any(|word| word == name));
        let (shown, because) = match seen.services.iter().find(|(service, ..)| service == name) {
            Some((_, true, because)) => (Shown::Seen, because.clone()),
            Some((_, false, because)) => (Shown::NotSeen, because.clone()),
            None => (Shown::CannotTell, "our clients could not register".to_owned()),
        };
        Capability { name, meaning, claimed, shown, because }
    };
    let capabilities: Vec<Capability> = CORE_SERVICES.iter().map(capability).collect();
    let mut contradictions: Vec<String> = capabilities.iter().filter_map(Capability::contradiction).collect();
    contradictions.extend(route(core, &seen));
    Found {
        name: core.name.clone(),
        plays: "sip-core".to_owned(),
        key: "does",
        answered: seen.answered,
        facts: seen.facts,
        proposed: proposal(&capabilities),
        capabilities,
        contradictions,
    }
}

/// Where the Service-Route of its file is not the one that it gives.
fn route(core: &ThirdPartyCore, seen: &Seen) -> Option<String> {
    let said = core.service_route();
    match (&said, &seen.service_route) {
        _ if !seen.registered => None,
        (Some(said), None) => Some(format!("its file says `service-route: {said}`, and it gives none on registration")),
        (None, Some(given)) => Some(format!("it gives the Service-Route {given}, and its file has no `service-route`")),
        (Some(said), Some(given)) if !uri::same(said, given) => {
            Some(format!("its file says `service-route: {said}`, and it gives {given}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(more: &str, seen: Seen, expected: &[&str]) {
        let text = format!("name: Core\nsip: 192.0.2.9:5060\n{more}");
        let found = found(&ThirdPartyCore::parse("core.yaml", &text).unwrap(), seen);
        assert_eq!(found.contradictions, expected);
    }

    #[test]
    fn file_and_behaviour_are_compared() {
        let all = |is: bool| {
            let services = CORE_SERVICES.iter().map(|(name, _)| (*name, is, "that was looked at".to_owned())).collect();
            Seen { registered: true, services, ..Seen::default() }
        };
        check("", all(true), &[]);
        check("does: []\n", all(false), &[]);
        check("does: []\n", Seen::default(), &[]);
        check("does: [groups]\n", all(false), &["it claims `groups`, and that was looked at"]);
        let route = |given: &str| Seen { service_route: Some(given.to_owned()), ..all(true) };
        check("service-route: \"sip:{core};lr\"\n", route("sip:192.0.2.9:5060;lr"), &[]);
        let wrong = "it gives the Service-Route sip:192.0.2.9:5060;lr, and its file has no `service-route`";
        check("", route("sip:192.0.2.9:5060;lr"), &[wrong]);
        let wrong = "its file says `service-route: sip:192.0.2.9:5060;lr`, and it gives none on registration";
        check("service-route: \"sip:{core};lr\"\n", all(true), &[wrong]);
    }
}
