//! Whether what one message says agrees with another: an answer with its offer, a 2xx with the refresher that was asked
//! for, a Replaces with the dialog that it should name.

use super::compare::parameters;
use super::expectation::Expectation;
use super::field::Field;
use super::form::flaws;
use super::outcome::Outcome;
use super::read::{Value, read, session};
use super::scene::Scene;
use crate::trace::UnitId;
use crate::wire::sip::{DialogId, Name};
use crate::wire::{sdp, uri};

pub fn offer(id: UnitId, scene: &Scene<'_>) -> Outcome {
    match session(scene.sip(id)) {
        Some((sdp, base)) => flaws(sdp::offer_flaws(sdp), base, "an offer by RFC 3264 and RFC 4975"),
        None => Outcome::Broken { found: None, span: None, reason: "there is no session description".into() },
    }
}

pub fn answer(id: UnitId, scene: &Scene<'_>) -> Outcome {
    if scene.sip(id).status().is_some_and(|status| status >= 300) {
        return Outcome::Undecided("a refusal answers no offer".into());
    }
    let Some((answer, base)) = session(scene.sip(id)) else {
        return Outcome::Broken { found: None, span: None, reason: "there is no session description".into() };
    };
    let offer = scene.trace.request_of(id).and_then(|request| session(scene.sip(request)));
    match offer {
        Some((offer, _)) => flaws(sdp::answer_flaws(offer, answer), base, "an answer to the offer"),
        None => Outcome::Undecided("the offer was not seen".into()),
    }
}

/// Each word of the answer's values, against those of the offer; an entry such as `*` stands for all that it covers.
pub fn subset(field: &Field, id: UnitId, scene: &Scene<'_>) -> Outcome {
    let Some(request) = scene.trace.request_of(id) else {
        return Outcome::Undecided("the offer was not seen".into());
    };
    let values = read(field, id, scene);
    let Some(value) = values.first() else {
        return Outcome::Broken { found: None, span: None, reason: format!("there is no {field}") };
    };
    let offered = read(field, request, scene);
    let offered = || offered.iter().flat_map(|v| v.text.split_ascii_whitespace());
    let words = values.iter().flat_map(|v| v.text.split_ascii_whitespace());
    match words.clone().find(|word| !offered().any(|theirs| sdp::accepts(theirs, word))) {
        Some(word) => Outcome::broken(value, format!("the offer does not have {word}")),
        None if words.count() == 0 => Outcome::broken(value, "nothing of the offer is taken".into()),
        None => Outcome::pass(value),
    }
}

/// Who refreshes by the 2xx: the UAS may not override the choice of the UAC (RFC 4028 §9, table 2), although the OMA
/// text writes `uas` in any case.
pub fn refresher(id: UnitId, scene: &Scene<'_>) -> Outcome {
    let value = |id| read(&Field::Header(Name::SessionExpires), id, scene).into_iter().next();
    let chosen = |value: &Value| parameters(value).get("refresher").map(str::to_ascii_lowercase);
    let Some(own) = value(id) else {
        return Outcome::Broken { found: None, span: None, reason: "there is no Session-Expires".into() };
    };
    let Some(request) = scene.trace.request_of(id) else {
        return Outcome::Undecided("the request was not seen".into());
    };
    let asked = value(request).as_ref().and_then(chosen);
    match (asked.as_deref(), chosen(&own).as_deref()) {
        (Some(asked), Some(own_choice)) if asked == own_choice => Outcome::pass(&own),
        (None, Some("uac" | "uas")) => Outcome::pass(&own),
        (Some("uac"), Some("uas")) => Outcome::AgainstRfc {
            found: Some(own.text.clone()),
            span: own.span,
            reason: "the OMA text asks for uas, but the request chose uac, which RFC 4028 \u{00a7}9 lets stand".into(),
        },
        (Some(asked), _) => Outcome::broken(&own, format!("the request chose {asked}")),
        (None, _) => Outcome::broken(&own, "it names no refresher".into()),
    }
}

/// Whether a Replaces names the session that `of` has with `with`, as `of` sees it: the to-tag is his own (RFC 3891 §3).
pub fn replaces(values: &[Value], of: &str, with: &str, scene: &Scene<'_>) -> Outcome {
    let Some(value) = values.first() else {
        return Outcome::Broken { found: None, span: None, reason: "there is no Replaces".into() };
    };
    let Some((call_id, own_tag, other_tag)) = session_between(of, with, scene) else {
        return Outcome::Undecided(format!("no session of {of} with {with} was seen"));
    };
    let named = DialogId::parse(&value.text);
    let wrong = match () {
        () if named.call_id != call_id => format!("the Call-ID of the session is {call_id}"),
        () if named.to_tag() != Some(&own_tag) => format!("the tag of {of}, which is the to-tag, is {own_tag}"),
        () if named.from_tag() != Some(&other_tag) => {
            format!("the tag of {with}, which is the from-tag, is {other_tag}")
        }
        () => return Outcome::pass(value),
    };
    Outcome::broken(value, wrong)
}

/// A Replaces in the INVITE itself, and not in an entry of its list. The text does not say where it belongs; but an INVITE
/// for a factory asks that to replace a dialog which it does not have (RFC 3891 §3).
pub fn replaces_outside(id: UnitId, expectation: &Expectation, scene: &Scene<'_>) -> Outcome {
    let Some(value) = read(&Field::Header(Name::Replaces), id, scene).into_iter().next() else {
        return Outcome::Broken { found: None, span: None, reason: "no entry of the list has a Replaces".into() };
    };
    let outcome = match expectation {
        Expectation::NamesSession(of, with) => replaces(std::slice::from_ref(&value), of, with, scene),
        _ => Outcome::pass(&value),
    };
    match outcome {
        Outcome::Pass { found, span } => Outcome::AgainstRfc {
            found,
            span,
            reason: "it stands in the INVITE itself, whose recipient has no such dialog (RFC 3891 \u{00a7}3)".into(),
        },
        other => other,
    }
}

/// Call-ID and tags (that of `of` first) of the first session between two people, as the party under test sees it.
fn session_between(of: &str, with: &str, scene: &Scene<'_>) -> Option<(String, String, String)> {
    let (own, other) = (&scene.cast.party(of)?.address, &scene.cast.party(with)?.address);
    scene.trace.transactions().iter().find_map(|transaction| {
        let request = scene.sip(transaction.request);
        let hop = scene.unit(transaction.request);
        let tested = &scene.cast.under_test;
        let seen = scene.cast.is_at(tested, hop.src) || scene.cast.is_at(tested, hop.dst);
        if request.method() != "INVITE" || !scene.is_initial(transaction.request) || !seen {
            return None;
        }
        let (from, to) = (request.from()?.uri, request.to()?.uri);
        // Who stands between the two has a dialog with each: what is meant is that with `of`.
        let between = tested != of && tested != with;
        let facing = if uri::same(to, own) { hop.src } else { hop.dst };
        if between && !scene.cast.is_at(tested, facing) {
            return None;
        }
        let good = |id: &&UnitId| scene.sip(**id).status().is_some_and(|status| (200..300).contains(&status));
        let accepted = scene.sip(*transaction.responses.iter().find(good)?);
        let (from_tag, to_tag) = (accepted.from()?.tag()?.to_owned(), accepted.to()?.tag()?.to_owned());
        let call_id = accepted.call_id().to_owned();
        match () {
            () if uri::same(from, own) && uri::same(to, other) => Some((call_id, from_tag, to_tag)),
            () if uri::same(from, other) && uri::same(to, own) => Some((call_id, to_tag, from_tag)),
            () => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::compare;
    use super::super::field::Field;
    use super::super::scene::Stimulus;
    use super::super::{Cast, Endpoint, Party};
    use super::*;
    use crate::time::Time;
    use crate::trace::{Trace, Transport, Unit, What};
    use crate::wire::mime::{Entry, ResourceLists};
    use crate::wire::sip::{Builder, Message};

    fn headers(builder: Builder, call_id: &str, to: &str) -> Builder {
        builder
            .header("Via", format!("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{call_id}"))
            .header("From", "<sip:alice@example.org>;tag=al")
            .header("To", to)
            .header("Call-ID", call_id)
            .header("CSeq", "1 INVITE")
    }

    /// A session of Alice with Bob, and then an INVITE to a factory with that entry and Replaces: what comes of the row.
    #[track_caller]
    fn check(entry: &str, replaces: Option<&str>, expectation: &str, expected: fn(&Outcome) -> bool) {
        let invite = Builder::request("INVITE", "sip:bob@example.org");
        let accepted = Message::parse(b"SIP/2.0 200 OK\r\n\r\n".as_slice().into());
        let accepted = Builder::from_message(&accepted);
        let list = ResourceLists::write(&[Entry::new(entry)]);
        let extending =
            headers(Builder::request("INVITE", "sip:factory@example.org"), "c2", "<sip:factory@example.org>")
                .maybe("Replaces", replaces)
                .body("application/resource-lists+xml", list);
        let messages = [
            (1, headers(invite, "c1", "<sip:bob@example.org>").build()),
            (2, headers(accepted, "c1", "<sip:bob@example.org>;tag=bo").build()),
            (1, extending.build()),
        ];
        let mut trace = Trace::new();
        let (at, mut last) = (Time(0), UnitId(0));
        for (from, message) in messages {
            let hosts = [1, 2].map(|host| std::net::SocketAddr::from(([192, 0, 2, host], 5060)));
            let (src, dst) = if from == 1 { (hosts[0], hosts[1]) } else { (hosts[1], hosts[0]) };
            let what = What::Sip { message: Arc::new(message), transport: Transport::Udp };
            last = trace.push(Unit { at, begun: at, packet: 1, src, dst, what });
        }
        let party = |name: &str, host: u8| Party {
            name: name.to_owned(),
            address: format!("sip:{}@example.org", name.to_lowercase()),
            endpoints: vec![Endpoint { ip: [192, 0, 2, host].into(), port: None }],
            ..Party::default()
        };
        let parties = vec![party("Alice", 1), party("Bob", 2)];
        let cast = Cast { parties, under_test: "Alice".to_owned(), ..Cast::default() };
        let stimulus = Stimulus::default();
        let scene = Scene::of(&trace, &cast, &stimulus);
        let field = Field::ListedReplaces("Bob".to_owned());
        let expectation = Expectation::parse(expectation).expect("known words");
        let outcome = compare::judge(&field, &expectation, last, "Alice", &scene);
        assert!(expected(&outcome), "{entry} {replaces:?}: {outcome:?}");
    }

    #[test]
    fn replaces_belongs_into_the_entry_and_has_the_tags_of_its_recipient() {
        let good = |outcome: &Outcome| matches!(outcome, Outcome::Pass { .. });
        let wrong = |outcome: &Outcome| matches!(outcome, Outcome::Broken { .. });
        let misplaced = |outcome: &Outcome| matches!(outcome, Outcome::AgainstRfc { .. });
        let (bob, named) = ("sip:bob@example.org", "names Bob's session with Alice");
        let entry = |replaces: &str| format!("{bob}?Replaces={}", uri::escape_header(replaces));
        check(&entry("c1;to-tag=bo;from-tag=al"), None, named, good);
        check(&entry("c1;from-tag=al;to-tag=bo"), None, named, good);
        check(&entry("c1;to-tag=al;from-tag=bo"), None, named, wrong);
        check(&entry("c9;to-tag=bo;from-tag=al"), None, named, wrong);
        check(&entry("c1;to-tag=bo"), None, "is present", good);
        check(bob, None, "is present", wrong);
        check(bob, Some("c1;to-tag=bo;from-tag=al"), "is present", misplaced);
        check(bob, Some("c1;to-tag=bo;from-tag=al"), named, misplaced);
        check(bob, Some("c1;to-tag=al;from-tag=bo"), named, wrong);
        check("sip:carol@example.org?Replaces=c1", None, "is present", wrong);
    }
}
