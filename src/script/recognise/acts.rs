//! What a plan's people do: which kind of episode shows it, and whether it was done in one.
//!
//! A further kind of episode is a variant of [`Kind`], how facts tell it, and one function in [`KINDS`].

use std::time::Duration;

use super::conference;
use super::documents::{self, Step};
use super::facts::{Kind, Target};
use super::files;
use super::said::Said;
use super::story::Story;
use crate::actors::act::{Act, Modification, Offer};
use crate::judge::{Check, Scene, Subject};
use crate::script::plan::{Arranged, Client, Deed, Plan, Whom};
use crate::trace::UnitId;
use crate::wire::sip::Message;

/// What begins the episodes that may exercise a plan.
pub struct Trigger<'p> {
    pub kind: Kind,
    /// Whether the client that begins it is a CPM client.
    pub cpm: bool,
    /// Who begins it.
    pub who: &'p str,
    /// The people, or the store, that it is for; nobody where a group is.
    pub to: Vec<&'p str>,
}

/// The folder of the features taken from the change request.
const CHANGE_REQUEST: &str = "imcr";
/// The folder of those taken from the text that came after it.
const NEWER: &str = "im";

/// Whether the plans of the change request are among those that captures may exercise: it is an older text of the same
/// procedures, and who keeps to the newer one owes it nothing. Who chose it alone means it.
pub fn is_change_request_meant(plans: &[Plan]) -> bool {
    !plans.iter().any(|plan| plan.case.spec == NEWER)
}

/// What must begin an episode for it to exercise the plan; nothing for plans that captures do not exercise.
pub fn trigger(plan: &Plan, change_request: bool) -> Option<Trigger<'_>> {
    let superseded = plan.case.spec == CHANGE_REQUEST && !change_request;
    if is_about_any_message(plan) || superseded || plan.tests_server() {
        return None;
    }
    KINDS.iter().find_map(|kind| kind(plan))
}

/// Whether a plan speaks of every message over MSRP.
pub fn is_about_any_message(plan: &Plan) -> bool {
    plan.case.tags.iter().any(|tag| tag == "any-message")
}

const KINDS: &[fn(&Plan) -> Option<Trigger<'_>>] =
    &[large, pager, session, conference::trigger, conference::story, retrieval];

fn large(plan: &Plan) -> Option<Trigger<'_>> {
    let (who, to, ..) = plan.sends()?;
    let alone = plan.in_sessions().next().is_none();
    let about_files = files::is_about(plan);
    // Who is refused and asks again may do so in a call of its own: one call does not tell.
    let refused = plan.arrangements.iter().any(|a| matches!(a.what, Arranged::Answers(_)));
    let again = |check: &Check| matches!(&check.subject, Subject::Request { method, nth, .. } if method == "INVITE" && *nth != FIRST);
    let asks_again = refused && plan.checks.iter().any(again);
    let kind: fn(Target) -> Kind = match (about_files, asks_again) {
        (true, true) if files::is_offered_again(plan) => |_| Kind::Story(Story::OfferedAgain),
        (_, true) => return None,
        (true, false) => Kind::Files,
        (false, false) => Kind::Large,
    };
    (alone && !plan.is_pager()).then(|| sent(plan, who, to, kind))
}

fn pager(plan: &Plan) -> Option<Trigger<'_>> {
    let (who, to, _, sending) = plan.sends()?;
    // What has too many octets goes by another way.
    let fits = sending.request_octets.is_none_or(|octets| octets <= LIMIT);
    let trigger = Some(sent(plan, who, to, Kind::Pager)).filter(|_| fits && plan.is_pager() && plan.acts.len() == 1)?;
    let to_tested = trigger.kind.is_for_one() && trigger.to.contains(&plan.under_test.as_str());
    // A message and its response are all of an episode: reports and what comes later have Call-IDs of their own.
    let shown = |check: &Check| match &check.subject {
        Subject::Request { party, method, nth, .. } => party == who && method == "MESSAGE" && *nth == FIRST,
        Subject::Answer { party, method, nth, .. } => party != who && method == "MESSAGE" && *nth == FIRST,
        Subject::NoRequest { party, .. } | Subject::EveryInitialRequest { party } => party == who,
        Subject::Told { .. } | Subject::NotTold { .. } => true,
        _ => false,
    };
    ((who == plan.under_test || to_tested) && plan.checks.iter().all(shown)).then_some(trigger)
}

/// A request of pager mode has no more octets than these, unless no hop uses datagrams (RFC 3428 §8).
pub const LIMIT: u64 = 1300;
const FIRST: crate::judge::Nth = crate::judge::Nth::FIRST;

fn sent<'p>(plan: &'p Plan, who: &'p str, to: &'p Whom, kind: fn(Target) -> Kind) -> Trigger<'p> {
    let (target, to) = match to {
        Whom::People(names) if names.len() == 1 => (Target::One, names.as_slice()),
        Whom::People(names) => (Target::Several, names.as_slice()),
        Whom::Group(_) | Whom::Session(_) => (Target::Group, &[][..]),
    };
    let cpm = plan.people.iter().any(|p| p.name == who && p.client == Client::Cpm);
    Trigger { kind: kind(target), cpm, who, to: to.iter().map(String::as_str).collect() }
}

fn session(plan: &Plan) -> Option<Trigger<'_>> {
    let mut acts = plan.in_sessions();
    let Some((who, Act::Invite { to })) = acts.next() else { return None };
    let known = |act: &Act| {
        matches!(act, Act::Message(_) | Act::Release | Act::Modify(_) | Act::Cancel | Act::Accept { .. } | Act::Decline)
    };
    let nothing_else = acts.all(|(_, act)| known(act)) && plan.sends().is_none() && plan.stores().is_empty();
    nothing_else.then(|| Trigger { kind: Kind::Session, cpm: false, who, to: vec![to] })
}

fn retrieval(plan: &Plan) -> Option<Trigger<'_>> {
    match &plan.acts[..] {
        [Deed::Retrieves { who, kept, .. }] => {
            Some(Trigger { kind: Kind::Retrieval(*kept), cpm: false, who, to: vec![kept.store()] })
        }
        _ => None,
    }
}

/// Whether everything that people do after the beginning can be seen, in that order.
pub fn done(plan: &Plan, kind: Kind, scene: &Scene<'_>) -> bool {
    let mut latest = UnitId(0);
    let mut waited = Duration::ZERO;
    for deed in &plan.acts {
        match deed {
            Deed::Waits(time) if matches!(kind, Kind::Story(_)) => {
                if !lasts(latest, *time, scene) {
                    return false;
                }
            }
            Deed::Waits(time) => waited += *time,
            Deed::Retrieves { which, .. } if !named(which, scene) => return false,
            Deed::Act(acts) => {
                let before = latest;
                for (who, act) in acts {
                    match did(plan, kind, (who, act), before, scene) {
                        Did::No => return false,
                        Did::At(id) if id < before => return false,
                        Did::At(id) => latest = latest.max(id),
                        Did::Unseen => {}
                    }
                }
                if let [(one, act), (other, _)] = &acts[..]
                    && !crossed(one, other, act, scene)
                {
                    return false;
                }
            }
            Deed::Sends { who, sending, .. } if sending.in_turn && !files::came_one_after_the_other(who, scene) => {
                return false;
            }
            Deed::Retrieves { .. } | Deed::Sends { .. } => {}
        }
    }
    let begun = scene.trace.units().next().map(|(_, unit)| unit.begun);
    let ended = scene.trace.units().next_back().map(|(_, unit)| unit.at);
    begun.zip(ended).is_some_and(|(begun, ended)| ended.since(begun) >= waited)
}

/// Whether what began with that unit went on for so long, and nobody released the session or took the subscription away.
fn lasts(since: UnitId, time: Duration, scene: &Scene<'_>) -> bool {
    let until = scene.unit(since).at + time;
    let later = || scene.trace.units().filter(|(id, _)| *id > since).map(|(_, unit)| unit);
    // One that ran out was not taken away (RFC 6665 §4.1.3).
    let is_end = |m: &Message| {
        let state = m.subscription_state().filter(|state| state.is("terminated"));
        m.method() == "BYE" || state.is_some_and(|s| !s.reason().is_some_and(|r| r.eq_ignore_ascii_case("timeout")))
    };
    let ended = later().find(|unit| unit.sip().is_some_and(is_end));
    // What is whole was watched until all of it was over; and what a subscriber is waited for may be there before.
    let refreshed = || scene.requests(&scene.cast.under_test, "SUBSCRIBE").any(|id| id > since);
    ended.is_none_or(|unit| unit.at >= until) && (scene.complete || refreshed() || later().any(|unit| unit.at >= until))
}

/// Whether an act was seen.
enum Did {
    No,
    At(UnitId),
    /// It need not leave anything on the wire.
    Unseen,
}

fn did(plan: &Plan, kind: Kind, (who, act): (&str, &Act), before: UnitId, scene: &Scene<'_>) -> Did {
    let seen = |id: Option<UnitId>| id.map_or(Did::No, Did::At);
    // Only in stories somebody does the same twice.
    let story = matches!(kind, Kind::Story(_));
    let after = |mut all: &mut dyn Iterator<Item = UnitId>| Iterator::find(&mut all, |id| !story || *id > before);
    match act {
        Act::Invite { .. } | Act::Confer { .. } | Act::Join { .. } => Did::Unseen,
        Act::Message(sending) => {
            let message = match kind {
                Kind::Conference(_) | Kind::Story(_) => conference::said(plan, who, sending, scene),
                _ => scene.transfer(who, false).filter(|t| Said::of_transfer(t, scene.trace).shows(sending)),
            };
            let in_conference = matches!(kind, Kind::Conference(_) | Kind::Story(_));
            // Where the user says something to see that it is not sent, nothing is.
            let looked_at = plan.checks.iter().any(|check| match &check.subject {
                Subject::Sends { party, .. } => party == who,
                Subject::Receives { party, .. } => party != who,
                Subject::Told { .. } | Subject::NotTold { .. } => in_conference && plan.under_test != who,
                _ => false,
            });
            if looked_at { seen(message.and_then(|t| t.chunks.first().copied())) } else { Did::Unseen }
        }
        Act::Release if matches!(kind, Kind::Story(Story::Subscribed(_))) && who != plan.under_test => {
            left(plan, who, scene).map_or(Did::Unseen, seen)
        }
        Act::Release => seen(after(&mut scene.requests(who, "BYE"))),
        Act::Subscribe if !conference::is_notified(plan, scene) => Did::No,
        Act::Subscribe => seen(after(&mut scene.requests(who, "SUBSCRIBE"))),
        // Each is a call of its own.
        Act::Rejoin => seen(after(&mut scene.requests(who, "INVITE").filter(|id| scene.is_initial(*id)))),
        Act::Extend { .. } => {
            let asker = if who == plan.under_test { who } else { conference::SERVER };
            seen(after(&mut scene.requests(asker, "INVITE").filter(|id| scene.is_initial(*id))))
        }
        Act::Cancel => seen(scene.requests(who, "CANCEL").next()),
        Act::Modify(modification) => seen(modified(who, *modification, scene)),
        _ => Did::No,
    }
}

/// Where the subscriber is told that one more of the others is gone than had left before that person; nothing where the plan
/// is about a notification that is not as it should be, which is what shows it.
fn left(plan: &Plan, who: &str, scene: &Scene<'_>) -> Option<Option<UnitId>> {
    if plan.arrangements.iter().any(|a| matches!(&a.what, Arranged::Tampers(t) if Step::of(t).is_some())) {
        return None;
    }
    let tested = plan.under_test.as_str();
    let mut leaving = plan.in_sessions().filter(|(by, act)| **act == Act::Release && *by != tested);
    let place = leaving.position(|(by, _)| by == who)?;
    let gone = documents::departures(scene.trace, |at| scene.cast.is_at(tested, at));
    Some(gone.get(place).map(|(_, id)| *id))
}

/// The first modification of the session by that party, where it is such a one, and no other one was accepted later.
fn modified(who: &str, wanted: Modification, scene: &Scene<'_>) -> Option<UnitId> {
    let mut all = scene.refreshes(who).filter(|id| {
        // An UPDATE without a description only refreshes the session (RFC 4028 §7.4).
        scene.sip(*id).method() == "INVITE" || scene.sip(*id).description().is_some()
    });
    let first = all.next()?;
    let good = |id: &UnitId| scene.sip(*id).status().is_some_and(|s| (200..300).contains(&s));
    let accepted = |id: UnitId| scene.trace.transaction(id).is_some_and(|t| t.responses.iter().any(good));
    if accepted(first) && all.any(accepted) {
        return None;
    }
    let message = scene.sip(first);
    let path = |id| {
        let (session, _) = scene.sip(id).description()?;
        Some(session.msrp_media()?.path().last()?.text.to_owned())
    };
    let moved = || path(first).is_some_and(|new| scene.path_of(who).is_some_and(|old| old != new));
    let offered = match wanted.offer {
        Offer::Same => message.description().is_some() && !moved(),
        Offer::NewPath => moved(),
        Offer::None => message.description().is_none(),
    };
    ((message.method() == "UPDATE") == wanted.update && offered).then_some(first)
}

/// Whether both sent the request of the act before that of the other one came.
fn crossed(one: &str, other: &str, act: &Act, scene: &Scene<'_>) -> bool {
    let method = if *act == Act::Release { "BYE" } else { "INVITE" };
    let meant = |id: &UnitId| scene.sip(*id).method() == method && !scene.is_initial(*id);
    let sent = |who: &str| scene.all_requests(who).find(|id| meant(id));
    let came = |who: &str| {
        let requests = scene.trace.transactions().iter().map(|t| t.request);
        requests.filter(|id| scene.cast.is_at(who, scene.unit(*id).dst)).find(|id| meant(id))
    };
    let early = |who: &str| sent(who).zip(came(who)).is_some_and(|(sent, came)| sent < came);
    early(one) && early(other)
}

/// Whether as many messages of a store were asked for as the user chose: none are named where he wants all.
fn named(which: &[u32], scene: &Scene<'_>) -> bool {
    let invite = scene.trace.transactions().iter().map(|t| t.request).find(|id| scene.sip(*id).method() == "INVITE");
    let list = invite.and_then(|id| scene.sip(id).body_of_type("application/resource-lists+xml"));
    let entries = list.map_or(0, |part| crate::wire::mime::ResourceLists::parse(&part.body).uris().count());
    match which.len() {
        0 | 1 => entries == which.len(),
        _ => entries > 1,
    }
}

/// Whether an act of the plan is that somebody else than the party under test releases the session.
pub fn peer_releases(plan: &Plan) -> bool {
    plan.in_sessions().any(|(who, act)| *act == Act::Release && who != plan.under_test)
}

/// Whether an act of the plan is that the party under test releases the session.
pub fn tested_releases(plan: &Plan) -> bool {
    plan.in_sessions().any(|(who, act)| *act == Act::Release && who == plan.under_test)
}

/// Whether acts of the plan meet each other.
pub fn acts_cross(plan: &Plan) -> bool {
    plan.acts.iter().any(|deed| matches!(deed, Deed::Act(acts) if acts.len() > 1))
}
