//! When something came: before or after a moment, and how long after it.

use super::expectation::Expectation;
use super::field::Field;
use super::outcome::Outcome;
use super::scene::Scene;
use crate::trace::UnitId;

/// Judges when a message of `party` came.
pub fn judge(field: &Field, expectation: &Expectation, id: UnitId, party: &str, scene: &Scene<'_>) -> Outcome {
    let unit = scene.unit(id);
    match (field, expectation) {
        (Field::Order, Expectation::IsAfter(moment)) => match scene.moment(moment, party) {
            Some(at) if at < id => {
                Outcome::Pass { found: Some(format!("after packet {}", scene.unit(at).packet)), span: None }
            }
            Some(at) => Outcome::Broken {
                found: Some(format!("packet {}, before packet {}", unit.packet, scene.unit(at).packet)),
                span: None,
                reason: format!("it came before {moment}"),
            },
            None => match scene.excuse() {
                Some(cause) => Outcome::Undecided(format!("{moment} never came, but {cause}")),
                None => Outcome::Broken {
                    found: Some(format!("packet {}", unit.packet)),
                    span: None,
                    reason: format!("it came although {moment} never did"),
                },
            },
        },
        (Field::Order, Expectation::IsBefore(moment)) => match scene.moment(moment, party) {
            Some(at) if at < id => Outcome::Broken {
                found: Some(format!("packet {}, after packet {}", unit.packet, scene.unit(at).packet)),
                span: None,
                reason: format!("it came after {moment}"),
            },
            _ => Outcome::Pass { found: Some(format!("packet {}", unit.packet)), span: None },
        },
        (Field::SecondsAfter(moment), Expectation::AtMost(_) | Expectation::AtLeast(_)) => {
            let Some(from) = scene.moment(moment, party) else {
                return Outcome::Undecided(format!("{moment} never came"));
            };
            let passed = unit.begun.since(scene.unit(from).at).as_secs_f64();
            let holds = match expectation {
                Expectation::AtMost(limit) => passed <= *limit as f64,
                Expectation::AtLeast(limit) => passed >= *limit as f64,
                _ => false,
            };
            let found = Some(format!("{passed:.3} s after {moment}"));
            if holds {
                Outcome::Pass { found, span: None }
            } else {
                Outcome::Broken { found, span: None, reason: String::new() }
            }
        }
        _ => Outcome::Error(format!("the expectation \u{201c}{expectation}\u{201d} says nothing about {field}")),
    }
}
