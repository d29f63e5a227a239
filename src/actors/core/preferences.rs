//! Which of the contacts of somebody a request goes to, by what the caller prefers and the contacts can do (RFC 3841 §7.2).
//!
//! It compares feature tags by the form of their values and knows the meaning of none.

use crate::wire::sip::{Features, Message, NameAddr};

/// Overall preference of the caller for a contact, of [`MOST`]; `None` where the contact must not be tried.
pub(super) fn score(message: &Message, contact: &NameAddr<'_>) -> Option<u32> {
    let features = contact.features();
    if features.iter().next().is_none() {
        // A contact that says nothing of itself is not asked (§7.2.3).
        return Some(MOST);
    }
    if message.reject_contacts().any(|rejected| is_rejected(rejected.features(), features)) {
        return None;
    }
    let (mut sum, mut count) = (0_u32, 0_u32);
    for wanted in message.accept_contacts() {
        if !matches(wanted.features(), features) {
            if wanted.require() {
                return None;
            }
            continue;
        }
        let terms: Vec<bool> = wanted.features().iter().map(|(tag, _)| features.get(tag).is_some()).collect();
        let named = terms.iter().filter(|named| **named).count();
        let full = named == terms.len();
        if !full && wanted.explicit() && wanted.require() {
            return None;
        }
        count += 1;
        if !full && wanted.explicit() {
            continue;
        }
        sum += MOST * u32::try_from(named).unwrap_or(0) / u32::try_from(terms.len().max(1)).unwrap_or(1);
    }
    Some(sum.checked_div(count).unwrap_or(0))
}

/// Whether a contact takes requests of that method, as far as it says (§7.2.2.1). It counts only for a request without
/// preferences of its own.
pub(super) fn takes_method(message: &Message, contact: &NameAddr<'_>) -> bool {
    let explicit = message.accept_contacts().next().is_some() || message.reject_contacts().next().is_some();
    explicit || contact.features().get("methods").is_none_or(|own| overlap(own, message.method()))
}

/// The score of a full match.
pub(super) const MOST: u32 = 1000;

/// A contact is rejected only where it names every tag of the predicate (§7.2.4).
fn is_rejected(rejected: Features<'_>, own: Features<'_>) -> bool {
    let mut terms = rejected.iter().peekable();
    terms.peek().is_some() && terms.all(|(tag, value)| own.get(tag).is_some_and(|own| overlap(own, value)))
}

/// A tag that the contact does not name may have any value (RFC 2533 §4.1).
fn matches(wanted: Features<'_>, own: Features<'_>) -> bool {
    wanted.iter().all(|(tag, value)| own.get(tag).is_none_or(|own| overlap(own, value)))
}

/// Whether two lists of values of a feature tag (RFC 3840 §9) have one in common.
fn overlap(a: &str, b: &str) -> bool {
    if a.starts_with('<') || b.starts_with('<') {
        return a == b;
    }
    let values = |list| -> Vec<Value<'_>> { str::split(list, ',').map(Value::parse).collect() };
    let (a, b) = (values(a), values(b));
    a.iter().any(|a| b.iter().any(|b| a.meets(b)))
}

#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Token(&'a str),
    /// Anything but this.
    Not(&'a str),
    /// A number between these.
    Number(f64, f64),
}

impl<'a> Value<'a> {
    fn parse(text: &'a str) -> Value<'a> {
        let text = text.trim();
        if let Some(token) = text.strip_prefix('!') {
            return Value::Not(token);
        }
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let range = text.strip_prefix('#').and_then(|range| match range.as_bytes() {
            [b'>', b'=', ..] => Some((number(&range[2..])?, f64::INFINITY)),
            [b'<', b'=', ..] => Some((f64::NEG_INFINITY, number(&range[2..])?)),
            [b'=', ..] => number(&range[1..]).map(|only| (only, only)),
            _ => range.split_once(':').and_then(|(low, high)| Some((number(low)?, number(high)?))),
        });
        range.map_or(Value::Token(text), |(low, high)| Value::Number(low, high))
    }

    fn meets(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Value::Token(a), Value::Token(b)) => a.eq_ignore_ascii_case(b),
            (Value::Token(a), Value::Not(b)) | (Value::Not(b), Value::Token(a)) => !a.eq_ignore_ascii_case(b),
            (Value::Not(_), Value::Not(_)) => true,
            (Value::Number(low, high), Value::Number(from, to)) => low <= to && from <= high,
            (Value::Number(..), _) | (_, Value::Number(..)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sip::Builder;

    #[test]
    fn contacts_are_scored_as_rfc_3841_has_it() {
        #[track_caller]
        fn check(preferences: &[(&str, &str)], contact: &str, expected: Option<u32>) {
            let builder = Builder::request("INVITE", "sip:b@c");
            let message = preferences.iter().fold(builder, |b, (name, value)| b.header(name, *value)).build();
            assert_eq!(score(&message, &NameAddr::parse(contact)), expected, "{preferences:?} {contact}");
        }
        let accept = |value| [("Accept-Contact", value)];
        check(&[], "<sip:a>;audio", Some(0));
        check(&accept("*;+g.oma.sip-im"), "<sip:a>", Some(MOST));
        check(&accept("*;+g.oma.sip-im"), "<sip:a>;+g.oma.sip-im", Some(MOST));
        check(&accept("*;+g.oma.sip-im"), "<sip:a>;audio", Some(0));
        check(&accept("*;+g.oma.sip-im;require"), "<sip:a>;audio", Some(0));
        check(&accept("*;+g.oma.sip-im;require;explicit"), "<sip:a>;audio", None);
        check(&accept("*;+g.oma.sip-im;explicit"), "<sip:a>;audio", Some(0));
        check(&accept("*;+g.oma.sip-im;require"), "<sip:a>;+g.oma.sip-im=\"FALSE\"", None);
        check(&accept("*;+g.oma.sip-im;audio"), "<sip:a>;+g.oma.sip-im", Some(MOST / 2));
        check(&accept("*;audio, *;video"), "<sip:a>;audio;video=\"FALSE\"", Some(MOST));
        check(&accept("*;mobility=\"fixed\";require"), "<sip:a>;mobility=\"mobile\"", None);
        check(&accept("*;mobility=\"!fixed\";require"), "<sip:a>;mobility=\"mobile,fixed\"", Some(MOST));
        check(&accept("*;+x=\"#>=4\";require"), "<sip:a>;+x=\"#1:5\"", Some(MOST));
        check(&accept("*;+x=\"#>=4\";require"), "<sip:a>;+x=\"#=3\"", None);
        check(&accept("*;+x=\"<a>\";require"), "<sip:a>;+x=\"<A>\"", None);
        check(&[("Reject-Contact", "*;automata")], "<sip:a>;automata", None);
        check(&[("Reject-Contact", "*;automata;audio")], "<sip:a>;automata", Some(0));
        check(&[("Reject-Contact", "*;automata")], "<sip:a>;automata=\"FALSE\"", Some(0));
        check(&[("Reject-Contact", "*")], "<sip:a>;automata", Some(0));
    }

    #[test]
    fn methods_count_where_nothing_else_is_preferred() {
        for (preferences, contact, expected) in [
            (None, "<sip:a>;methods=\"INVITE,BYE\"", true),
            (None, "<sip:a>;methods=\"MESSAGE\"", false),
            (None, "<sip:a>", true),
            (Some("*;audio"), "<sip:a>;methods=\"MESSAGE\"", true),
        ] {
            let message = Builder::request("INVITE", "sip:b@c").maybe("Accept-Contact", preferences).build();
            assert_eq!(takes_method(&message, &NameAddr::parse(contact)), expected, "{preferences:?} {contact}");
        }
    }
}
