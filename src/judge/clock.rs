//! Times: the order of messages, the seconds between them, and the dates that they state.

use super::expectation::Expectation;
use super::field::Field;
use super::moment::Moment;
use super::outcome::Outcome;
use super::read::Value;
use super::scene::Scene;
use crate::trace::UnitId;
use crate::wire::mime::date;

/// How far a stated date may be from the time of what it is the date of, in seconds: clocks are not one.
const TOLERANCE: i64 = 5;

/// When a message came, as seen from a moment.
pub fn order(field: &Field, expectation: &Expectation, id: UnitId, party: &str, scene: &Scene<'_>) -> Outcome {
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

/// Whether a stated date is the time of a moment, as far as clocks agree.
pub fn time_of(values: &[Value], moment: &Moment, party: &str, scene: &Scene<'_>) -> Outcome {
    let Some(at) = scene.moment(moment, party) else { return Outcome::Undecided(format!("{moment} never came")) };
    let Some(value) = values.first() else {
        return Outcome::Error("a date that is not there was compared".into());
    };
    let at = i64::try_from(scene.unit(at).begun.0 / 1_000_000_000).unwrap_or(i64::MAX);
    match seconds(&value.text) {
        Some(stated) if stated.abs_diff(at) <= TOLERANCE.unsigned_abs() => Outcome::pass(value),
        Some(stated) => Outcome::broken(value, format!("it is {} s after {moment}", stated.saturating_sub(at))),
        None => Outcome::broken(value, "it is no date".into()),
    }
}

/// Whether two texts are the same point in time.
pub fn same_instant(a: &str, b: &str) -> bool {
    seconds(a).is_some() && seconds(a) == seconds(b)
}

/// Seconds since 1970 of a date in the form of SIP (RFC 3261 §20.17) or of CPIM (RFC 3339).
fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    date::rfc1123_seconds(text).or_else(|| date::rfc3339_seconds(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_compared_as_times() {
        for (a, b, same) in [
            ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", true),
            ("Thu, 01 Jan 2026 00:00:00 GMT", "2026-01-01T00:00:00Z", true),
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", false),
            ("soon", "soon", false),
        ] {
            assert_eq!(same_instant(a, b), same, "{a} {b}");
        }
    }
}
