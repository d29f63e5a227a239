//! The chunk that is under way when something happens, and how it ends (RFC 4975 §7.1, §7.3.2, §10.5).

use super::expectation::Expectation;
use super::moment::Moment;
use super::outcome::Outcome;
use super::reference::Reference;
use super::scene::Scene;
use super::transfer::Judged;
use crate::trace::{Transfer, UnitId};
use crate::wire::msrp::Flag;

/// Judges the flag of the chunk that had begun at a moment, and had not ended. A sender whose chunks are short, or who had
/// given all of a chunk away before he could know, has none that he could have ended otherwise.
pub fn end(moment: &Moment, expectation: &Expectation, transfer: &Transfer, party: &str, scene: &Scene<'_>) -> Judged {
    let (wanted, is) = match expectation {
        Expectation::Is(Reference::Literal(flag)) => (flag, true),
        Expectation::IsNot(Reference::Literal(flag)) => (flag, false),
        _ => {
            let text = format!("the expectation \u{201c}{expectation}\u{201d} says nothing about the end of a chunk");
            return (Outcome::Error(text), None);
        }
    };
    let Some(at) = scene.moment(moment, party) else {
        return (Outcome::Undecided(format!("{moment} never came")), None);
    };
    let came = scene.unit(at).at;
    let mut chunks = transfer.chunks.iter().map(|id| (*id, scene.unit(*id)));
    let Some((id, unit)) = chunks.find(|(_, unit)| unit.begun <= came && unit.at > came) else {
        return (Outcome::Undecided(format!("no chunk was under way at {moment}")), Some(at));
    };
    let flag = scene.msrp(id).flag();
    let found = Some(flag.as_char().to_string());
    if (flag.as_char().to_string() == *wanted) == is {
        return (Outcome::Pass { found, span: None }, Some(id));
    }
    if unit.at.since(came) <= scene.in_flight() && may_have_ended_anyway(id, transfer, scene) {
        return (Outcome::Undecided(format!("the chunk ended before its sender could know of {moment}")), Some(id));
    }
    (Outcome::Broken { found, span: None, reason: format!("the chunk was under way at {moment}") }, Some(id))
}

/// Whether a chunk had another reason to end than that its message failed: the message ended, something else had to go out
/// on the connection, or the sender's chunks are all of that size.
fn may_have_ended_anyway(id: UnitId, transfer: &Transfer, scene: &Scene<'_>) -> bool {
    let (unit, chunk) = (scene.unit(id), scene.msrp(id));
    let made_room = || {
        scene.trace.units().any(|(other, next)| {
            other > id
                && (next.src, next.dst) == (unit.src, unit.dst)
                && next.msrp().is_some()
                && next.begun.since(unit.at) <= scene.in_flight()
        })
    };
    let regular = || transfer.chunks.iter().any(|other| *other != id && scene.msrp(*other).octets() == chunk.octets());
    match chunk.flag() {
        Flag::Last => true,
        Flag::More => made_room() || regular(),
        Flag::Aborted => false,
    }
}
