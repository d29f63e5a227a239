//! What users are told by their clients, where a trace has it.

use super::outcome::Outcome;
use super::scene::Scene;
use super::subject::When;
use super::transfer::Judged;
use crate::trace::UnitId;
use crate::wire::uri;

/// The outcome where users' events are not in the trace.
pub fn unseen() -> Judged {
    let reason = "what the user is told cannot be seen here: this client reports no events";
    (Outcome::NotObservable(reason.into()), None)
}

/// The first time that the user of `party` is told that.
pub fn first(party: &str, event: &str, scene: &Scene<'_>) -> Option<UnitId> {
    all(party, event, scene).next()
}

fn all<'s>(party: &'s str, event: &'s str, scene: &'s Scene<'_>) -> impl Iterator<Item = UnitId> + 's {
    scene.trace.events().filter(move |(_, told)| told.party == party && told.name == event).map(|(id, _)| id)
}

/// That the user is not told that, at all, before a moment or after one. What comes after nothing tells nothing.
pub fn not_told(party: &str, event: &str, when: &When, scene: &Scene<'_>) -> Judged {
    if !scene.events_reported {
        return unseen();
    }
    let (from, limit) = match when {
        When::Ever => (None, None),
        When::Before(moment) => (None, scene.moment(moment, party)),
        When::After(moment) => match scene.moment(moment, party) {
            Some(from) => (Some(from), None),
            None => return (Outcome::Undecided(format!("{moment} never came")), None),
        },
    };
    let within = |id: &UnitId| from.is_none_or(|from| from < *id) && limit.is_none_or(|limit| *id < limit);
    match all(party, event, scene).find(within) {
        Some(id) => {
            let found = Some(format!("told \u{201c}{event}\u{201d}"));
            (Outcome::Broken { found, span: None, reason: String::new() }, Some(id))
        }
        None => (Outcome::Pass { found: Some("not told".into()), span: None }, None),
    }
}

/// That the last thing the user is told of a conference is that these people take part, and nobody else.
pub fn who_takes_part(party: &str, people: &[String], scene: &Scene<'_>) -> Judged {
    if !scene.events_reported {
        return unseen();
    }
    let last = scene.trace.events().filter(|(_, told)| told.party == party && told.name == "participants").last();
    let Some((id, told)) = last else {
        let reason = format!("{party}'s user was not told who takes part");
        return (Outcome::Broken { found: None, span: None, reason }, None);
    };
    let known: Vec<&str> = told.about.split(", ").filter(|uri| !uri.is_empty()).collect();
    let wanted: Vec<&str> = people.iter().filter_map(|name| Some(scene.cast.party(name)?.address.as_str())).collect();
    let found = Some(told.about.clone());
    let missing = wanted.iter().find(|wanted| !known.iter().any(|known| uri::same(known, wanted)));
    let strange = known.iter().find(|known| !wanted.iter().any(|wanted| uri::same(known, wanted)));
    let outcome = match (missing, strange) {
        (Some(uri), _) => Outcome::Broken { found, span: None, reason: format!("{uri} is missing") },
        (None, Some(uri)) => Outcome::Broken { found, span: None, reason: format!("{uri} does not take part") },
        (None, None) => Outcome::Pass { found, span: None },
    };
    (outcome, Some(id))
}
