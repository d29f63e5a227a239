//! Whether what was found is what was expected, by the rules of the field's own specification.
//!
//! URIs compare by RFC 3261 §19.1.4 and RFC 4975 §6.1, tokens without regard to case, numbers as numbers:
//! never by substring.

use super::agreement;
use super::authentication;
use super::cast::Cast;
use super::clock;
use super::expectation::Expectation;
use super::field::Field;
use super::form;
use super::outcome::Outcome;
use super::read::{Value, read};
use super::received;
use super::reference::Reference;
use super::relay;
use super::scene::Scene;
use super::secured;
use crate::trace::UnitId;
use crate::wire::mime::{Cpim, MediaType};
use crate::wire::sip::{Name, NameAddr, Params, Warning};
use crate::wire::uri::Uri;
use crate::wire::{sdp, uri};

/// Judges one field of a SIP message that `party` sent.
pub fn judge(field: &Field, expectation: &Expectation, id: UnitId, party: &str, scene: &Scene<'_>) -> Outcome {
    if matches!(field, Field::Order | Field::SecondsAfter(_)) {
        return clock::order(field, expectation, id, party, scene);
    }
    match expectation {
        Expectation::IsAValidOffer => return agreement::offer(id, scene),
        Expectation::AnswersTheOffer => return agreement::answer(id, scene),
        Expectation::IsASubsetOfTheOffer => return agreement::subset(field, id, scene),
        Expectation::AnswersTheChallenge => {
            return match field {
                Field::Header(name @ (Name::Authorization | Name::ProxyAuthorization)) => {
                    authentication::judge(*name, id, scene)
                }
                _ => Outcome::Error(format!("{field} answers no challenge")),
            };
        }
        Expectation::AgreesWithTheRequest => return agreement::refresher(id, scene),
        Expectation::AreComplete => return form::mandatory_headers(id, scene),
        Expectation::IsWellFormed => return form::well_formed(field, id, scene),
        Expectation::Is(Reference::SameAs(source)) => return received::judge(field, source, true, id, party, scene),
        Expectation::IsNot(Reference::SameAs(source)) => {
            return received::judge(field, source, false, id, party, scene);
        }
        _ => {}
    }
    let values = read(field, id, scene);
    if let (Field::SdpFingerprint, Expectation::MatchesTheCertificate) = (field.plain(), expectation) {
        return secured::matches(&values, id, party, scene);
    }
    if (field.plain(), values.is_empty()) == (&Field::SdpFingerprintFunction, true) {
        return Outcome::Undecided("there is no fingerprint".into());
    }
    if let (Expectation::IsAbsentOr(reference), false) = (expectation, values.is_empty()) {
        return judge(field, &Expectation::Is(reference.clone()), id, party, scene);
    }
    if let (Field::ListedReplaces(_), true) = (field, values.is_empty()) {
        return agreement::replaces_outside(id, expectation, scene);
    }
    // Only this refusal says how long would be long enough (RFC 3261 §10.3 step 7).
    if *field == Field::Header(Name::MinExpires) && scene.sip(id).status().is_some_and(|status| status != 423) {
        return Outcome::Undecided("the answer is no 423".into());
    }
    // A response only repeats the Record-Route of its request (RFC 3261 §12.1.1).
    let repeats = *field == Field::Header(Name::RecordRoute) && *expectation == Expectation::IsPresent;
    if repeats && values.is_empty() && !asks_for_record_route(id, scene) {
        return Outcome::Undecided("the request has no Record-Route".into());
    }
    of_values(field, expectation, &values, party, scene)
}

/// Judges the values of a field that `party` sent, wherever they stood.
pub fn of_values(
    field: &Field,
    expectation: &Expectation,
    values: &[Value],
    party: &str,
    scene: &Scene<'_>,
) -> Outcome {
    match expectation {
        Expectation::IsPresent => match values.first() {
            Some(value) => Outcome::pass(value),
            None => Outcome::Broken { found: None, span: None, reason: format!("there is no {field}") },
        },
        Expectation::IsAbsentOr(reference) if !values.is_empty() => {
            of_values(field, &Expectation::Is(reference.clone()), values, party, scene)
        }
        Expectation::IsAbsentOr(_) => Outcome::Pass { found: Some("absent".into()), span: None },
        Expectation::IsAbsent => match values.first() {
            Some(value) => Outcome::broken(value, format!("there is a {field}")),
            None => Outcome::Pass { found: Some("absent".into()), span: None },
        },
        Expectation::IsNot(_) if values.is_empty() => {
            Outcome::Broken { found: None, span: None, reason: format!("there is no {field}") }
        }
        Expectation::IsNot(reference) => {
            let mut told = false;
            for value in values {
                match is(field, value, reference, scene) {
                    Some(true) => return Outcome::broken(value, String::new()),
                    Some(false) => told = true,
                    None => {}
                }
            }
            match told {
                true => Outcome::Pass { found: joined(values), span: None },
                false => Outcome::Undecided(format!("nothing in this case tells what {reference} is")),
            }
        }
        Expectation::LacksFeatureTag(tag) => match values.iter().find(|v| has_feature_tag(v, tag)) {
            Some(value) => Outcome::broken(value, format!("it has the feature tag {tag}")),
            None => Outcome::Pass { found: joined(values), span: None },
        },
        Expectation::LacksValue(word) => match values.iter().find(|v| value_is(field, v, word)) {
            Some(value) => Outcome::broken(value, format!("it has the value {word}")),
            None => Outcome::Pass { found: joined(values), span: None },
        },
        _ if values.is_empty() => Outcome::Broken { found: None, span: None, reason: format!("there is no {field}") },
        Expectation::StandsOnce => match values {
            [one] => Outcome::pass(one),
            [_, second, ..] => Outcome::broken(second, format!("there are {}", values.len())),
            [] => Outcome::Undecided(format!("there is no {field}")),
        },
        Expectation::Is(Reference::Recipients) => {
            all_of(values, &scene.stimulus.recipients, ("who the recipients are", "is no recipient"))
        }
        Expectation::Is(Reference::ChosenMessages) => {
            all_of(values, &scene.stimulus.chosen, ("which messages were chosen", "was not chosen"))
        }
        Expectation::IsTheTimeOf(moment) => clock::time_of(values, moment, party, scene),
        Expectation::Is(Reference::SizeOfMessage) => size(values, party, scene),
        Expectation::Is(reference) => one_of(field, values, std::slice::from_ref(reference), scene),
        Expectation::Includes(reference) if values.iter().all(|v| is(field, v, reference, scene).is_none()) => {
            Outcome::Undecided(format!("nothing in this case tells what {reference} is"))
        }
        Expectation::Includes(reference) => {
            some(values, |v| is(field, v, reference, scene) == Some(true), || format!("{reference} is not among them"))
        }
        Expectation::IsOneOf(references) => one_of(field, values, references, scene),
        Expectation::HasOptionTag(tag) => {
            some(values, |v| v.text.eq_ignore_ascii_case(tag), || format!("the option tag {tag} is missing"))
        }
        Expectation::HasFeatureTag(tag) => {
            some(values, |v| has_feature_tag(v, tag), || format!("the feature tag {tag} is missing"))
        }
        Expectation::HasParameter(name, wanted) => some(
            values,
            |v| {
                parameters(v).get(name).is_some_and(|held| wanted.as_ref().is_none_or(|w| held.eq_ignore_ascii_case(w)))
            },
            || match wanted {
                Some(wanted) => format!("the parameter {name} is not {wanted}"),
                None => format!("the parameter {name} is missing"),
            },
        ),
        Expectation::HasValue(word) => {
            some(values, |v| value_is(field, v, word), || format!("the value {word} is missing"))
        }
        Expectation::Lists(words) => {
            let missing = words.iter().find(|w| !values.iter().any(|v| v.text.eq_ignore_ascii_case(w)));
            match missing {
                Some(word) => Outcome::Broken {
                    found: joined(values),
                    span: values[0].span,
                    reason: format!("{word} is not listed"),
                },
                None => Outcome::Pass { found: joined(values), span: values[0].span },
            }
        }
        Expectation::StatesRelease(product) => {
            some(values, |v| states_release(&v.text, product), || format!("no product token of the form {product}1.0"))
        }
        Expectation::Warns(text) => {
            some(values, |v| warns(&v.text, text), || format!("no warning 399 says \u{201c}{text}\u{201d}"))
        }
        Expectation::AtLeast(least) => {
            some(values, |v| number(v).is_some_and(|n| n >= *least), || format!("it is not at least {least}"))
        }
        Expectation::AtMost(most) => {
            some(values, |v| number(v).is_some_and(|n| n <= *most), || format!("it is not at most {most}"))
        }
        Expectation::IsANumber => some(
            values,
            |v| !v.text.is_empty() && v.text.bytes().all(|b| b.is_ascii_digit()),
            || "it is not a decimal number".into(),
        ),
        Expectation::NamesSession(of, with) => agreement::replaces(values, of, with, scene),
        other => Outcome::Error(format!("the expectation \u{201c}{other}\u{201d} says nothing about {field}")),
    }
}

/// Whether a message is a request, or answers one that has a Record-Route.
fn asks_for_record_route(id: UnitId, scene: &Scene<'_>) -> bool {
    let request = scene.sip(id).is_response().then(|| scene.trace.request_of(id)).flatten();
    request.is_none_or(|request| scene.sip(request).header(Name::RecordRoute).is_some())
}

fn some(values: &[Value], holds: impl Fn(&Value) -> bool, reason: impl Fn() -> String) -> Outcome {
    match values.iter().find(|v| holds(v)) {
        Some(value) => Outcome::pass(value),
        None => Outcome::Broken { found: joined(values), span: values.first().and_then(|v| v.span), reason: reason() },
    }
}

/// Single-valued comparison: every value there is must be one of the alternatives.
fn one_of(field: &Field, values: &[Value], references: &[Reference], scene: &Scene<'_>) -> Outcome {
    for value in values {
        let mut known = false;
        let mut hit = false;
        for reference in references {
            match is(field, value, reference, scene) {
                Some(same) => {
                    known = true;
                    hit |= same;
                }
                None => continue,
            }
        }
        if !known {
            return Outcome::Undecided(format!("nothing in this case tells what {} is", references[0]));
        }
        if !hit {
            return Outcome::broken(value, String::new());
        }
    }
    Outcome::Pass { found: joined(values), span: values.first().and_then(|v| v.span) }
}

/// Whether two paths have the same URIs in the same order.
pub fn same_path(a: &str, b: &str) -> bool {
    let (a, b) = (a.split_ascii_whitespace(), b.split_ascii_whitespace());
    a.clone().count() == b.clone().count() && a.zip(b).all(|(a, b)| uri::same(a, b))
}

/// Whether a value is what the reference stands for; nothing where the case does not tell what that is.
fn is(field: &Field, value: &Value, reference: &Reference, scene: &Scene<'_>) -> Option<bool> {
    let text = value.text.as_str();
    match reference {
        Reference::Literal(wanted) => Some(literal(field, text, wanted)),
        Reference::SizeOfMessage | Reference::SameAs(_) | Reference::File(_) => None,
        Reference::At(party) => is_at(text, party, scene),
        Reference::MessageId | Reference::SizeOfFile(_) => resolve(reference, scene).map(|wanted| text == wanted),
        Reference::StoredDate(_) => resolve(reference, scene).map(|wanted| clock::same_instant(text, &wanted)),
        Reference::Core => scene.cast.core.map(|core| text.parse() == Ok(core)),
        Reference::Path(_) | Reference::LatestPath(_) => {
            resolve(reference, scene).map(|wanted| uri::same(text, &wanted))
        }
        Reference::Relay | Reference::RelayedPath(_) | Reference::Way(..) => {
            resolve(reference, scene).map(|wanted| same_path(text, &wanted))
        }
        Reference::ConferenceFactory
        | Reference::ControllingFunction
        | Reference::DeferredStore
        | Reference::HistoryStore
        | Reference::Group(_) => {
            let wanted = resolve(reference, scene)?;
            let text = if text.contains('<') { NameAddr::parse(text).uri } else { text };
            Some(uri::same_ignoring_params(text, &wanted, &["sessiontype", "session"]))
        }
        _ => {
            let wanted = resolve(reference, scene)?;
            // A header field without brackets ends the URI at its own parameters; all else is a URI as it stands.
            let named = matches!(field.plain(), Field::Header(_) | Field::Cpim(_));
            let text = if named { NameAddr::parse(text).uri } else { text };
            Some(uri::same(text, &wanted))
        }
    }
}

/// The text that a reference stands for in this case.
pub fn resolve(reference: &Reference, scene: &Scene<'_>) -> Option<String> {
    let cast: &Cast = scene.cast;
    match reference {
        Reference::Literal(text) => Some(text.clone()),
        Reference::Address(name) => cast.party(name).map(|p| p.address.clone()),
        Reference::MessageId => scene.trace.units().find_map(|(_, unit)| {
            let part = unit.sip()?.body_of_type("message/cpim")?;
            let cpim = Cpim::parse(&part.body);
            cpim.disposition_notification().next()?;
            cpim.message_id().map(str::to_owned)
        }),
        Reference::Session(name) => cast.group(name).map(str::to_owned),
        Reference::Group(name) => cast.group(name).map(str::to_owned),
        Reference::ConferenceFactory => cast.conference_factory.clone(),
        Reference::ControllingFunction => cast.controlling_function.clone(),
        Reference::DeferredStore => cast.deferred_store.clone(),
        Reference::HistoryStore => cast.history_store.clone(),
        Reference::ServiceRoute => cast.service_route.clone(),
        Reference::Core => cast.core.map(|a| a.to_string()),
        Reference::SizeOfMessage => scene.stimulus.size.map(|n| n.to_string()),
        Reference::HashOfMessage => {
            scene.stimulus.content.as_ref().map(|content| format!("sha-1:{}", sdp::sha1_of(content)))
        }
        Reference::Description => scene.stimulus.description.clone(),
        Reference::Recipients => Some(scene.stimulus.recipients.join(", ")),
        Reference::ChosenMessages => Some(scene.stimulus.chosen.join(", ")),
        Reference::Message => scene.stimulus.size.map(|n| format!("the message of {n} octets")),
        Reference::RemoteTarget(nth) => scene.remote_target(*nth),
        Reference::OwnFrom => {
            let invite = scene.requests(&cast.under_test, "INVITE").next()?;
            scene.sip(invite).from().map(|from| from.uri.to_owned())
        }
        Reference::CallerTarget => scene.caller_target(&cast.under_test),
        Reference::Stored(nth) => {
            scene.stimulus.stored(*nth).map(|stored| String::from_utf8_lossy(&stored.content).into_owned())
        }
        Reference::StoredDate(nth) => scene.stimulus.stored(*nth).map(|stored| stored.date_time.clone()),
        Reference::SessionIdentity => scene.session_identity(),
        Reference::Path(name) => scene.path_of(name),
        Reference::LatestPath(name) => scene.latest_path_of(name),
        Reference::Relay => cast.relay.clone(),
        Reference::RelayedPath(name) => {
            let (path, own) = relay::first_path(name, scene)?;
            Some(path.into_iter().rev().chain([own]).collect::<Vec<_>>().join(" "))
        }
        Reference::Way(from, to) => {
            let path = relay::first_path(from, scene).map(|(path, _)| path).unwrap_or_default();
            Some(path.into_iter().chain([scene.whole_path_of(to)?]).collect::<Vec<_>>().join(" "))
        }
        Reference::SizeOfFile(nth) => scene.stimulus.file_size(*nth).map(|size| size.to_string()),
        Reference::SameAs(_) | Reference::At(_) | Reference::File(_) => None,
    }
}

/// Whether an address or a URI is on the host of that party; nothing where the case has no such party.
pub fn is_at(text: &str, role: &str, scene: &Scene<'_>) -> Option<bool> {
    let party = scene.cast.parties.iter().find(|party| party.role == role)?;
    let socket = text.parse().ok().map(|address: std::net::SocketAddr| (address.ip(), Some(address.port())));
    let uri = Uri::parse(NameAddr::parse(text).uri);
    let host = || uri.host.and_then(|host| host.ip()).map(|ip| (ip, uri.port));
    Some(socket.or_else(host).is_some_and(|(ip, port)| scene.cast.is_on(party, ip, port)))
}

fn literal(field: &Field, text: &str, wanted: &str) -> bool {
    match field.plain() {
        // Case-significant by their own specifications (RFC 3261 §7.1, RFC 4566 §5).
        Field::Method | Field::SdpDirection | Field::SdpAttribute(_) | Field::SdpMedia | Field::SdpProtocol => {
            text == wanted
        }
        // A file name is what its owner wrote.
        Field::SdpFile(name) if name == "name" => text == wanted,
        Field::Header(Name::ContentType) => MediaType::parse(text).is(wanted),
        Field::RequestUri | Field::UriOf(_) => uri::same(text, wanted),
        // An address that is asked for by its URI alone.
        Field::Header(Name::Contact) if !wanted.contains('<') => uri::same(NameAddr::parse(text).uri, wanted),
        Field::Cpim(name) if matches!(name.as_str(), "From" | "To" | "cc") => {
            uri::same(NameAddr::parse(text).uri, wanted)
        }
        Field::Cpim(name) if name == "DateTime" => clock::same_instant(text, wanted),
        Field::BodyPartDisposition(_) | Field::Header(Name::ContentDisposition) => {
            text.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
        }
        _ => text.eq_ignore_ascii_case(wanted),
    }
}

/// Whether one of the values of a list is `word`; Privacy separates its values by semicolons (RFC 3323 §4.2).
fn value_is(field: &Field, value: &Value, word: &str) -> bool {
    let separator = if matches!(field, Field::Header(Name::Privacy)) { ';' } else { ' ' };
    value.text.split(separator).any(|v| v.trim().eq_ignore_ascii_case(word))
}

/// A feature tag among the parameters (RFC 3840 §9): a flag, or its long form `="TRUE"`; case does not matter.
fn has_feature_tag(value: &Value, tag: &str) -> bool {
    parameters(value).get(tag).is_some_and(|v| v.is_empty() || v.eq_ignore_ascii_case("TRUE"))
}

/// The header parameters of a value, whether it is an address, `*` or a token.
pub fn parameters(value: &Value) -> Params<'_> {
    let text = value.text.as_str();
    if text.contains('<') || text.starts_with("sip") || text.starts_with("tel:") {
        return NameAddr::parse(text).params;
    }
    Params(text.find(';').map_or("", |i| &text[i..]))
}

/// Whether one of the product tokens is `product` with a version `digits.digits` (Appendix F).
fn states_release(text: &str, product: &str) -> bool {
    text.split_ascii_whitespace().filter_map(|token| token.strip_prefix(product)).any(|version| {
        let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        version.split_once('.').is_some_and(|(major, minor)| all_digits(major) && all_digits(minor))
    })
}

/// A warning of code 399 with that text, whatever its case and the blanks around it.
fn warns(value: &str, text: &str) -> bool {
    Warning::parse(value).is_some_and(|w| w.code == 399 && w.text.trim().eq_ignore_ascii_case(text))
}

/// The number that a value begins with: delta-seconds with parameters behind them count too.
fn number(value: &Value) -> Option<u64> {
    value.text.split(';').next()?.trim().parse().ok()
}

/// Whether the URIs are those wanted, in any order: none is missing, and none is there that should not be.
fn all_of(values: &[Value], wanted: &[String], (unknown, stranger): (&str, &str)) -> Outcome {
    if wanted.is_empty() {
        return Outcome::Undecided(format!("nothing in this case tells {unknown}"));
    }
    let missing = wanted.iter().find(|w| !values.iter().any(|v| uri::same(&v.text, w)));
    let extra = values.iter().find(|v| !wanted.iter().any(|w| uri::same(&v.text, w)));
    let span = values.first().and_then(|v| v.span);
    match (missing, extra) {
        (Some(uri), _) => Outcome::Broken { found: joined(values), span, reason: format!("{uri} is missing") },
        (None, Some(value)) => {
            Outcome::Broken { found: joined(values), span, reason: format!("{} {stranger}", value.text) }
        }
        (None, None) => Outcome::Pass { found: joined(values), span },
    }
}

/// The stated size against the Byte-Range total; equality with the content alone is left open by the text.
fn size(values: &[Value], party: &str, scene: &Scene<'_>) -> Outcome {
    let value = &values[0];
    let Some(stated) = number(value) else { return Outcome::broken(value, "it is not a decimal number".into()) };
    let carried = scene.transfer(party, false).and_then(|t| scene.total(t));
    match (carried, scene.stimulus.size) {
        (Some(total), _) if total == stated => Outcome::pass(value),
        (Some(total), Some(inner)) if inner == stated => Outcome::Ambiguous {
            found: Some(value.text.clone()),
            span: value.span,
            reason: format!("it is the size of the content without its wrapper; the chunks carry {total} octets"),
        },
        (Some(total), _) => Outcome::broken(value, format!("the chunks carry {total} octets")),
        (None, Some(wanted)) if wanted == stated => Outcome::pass(value),
        (None, Some(wanted)) => Outcome::broken(value, format!("the message has {wanted} octets")),
        (None, None) => Outcome::Undecided("no chunk was seen that tells the size of the message".into()),
    }
}

fn joined(values: &[Value]) -> Option<String> {
    let texts: Vec<&str> = values.iter().map(|v| v.text.as_str()).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Party, Stimulus};
    use crate::trace::Trace;

    #[test]
    fn parameters_belong_to_the_uri_where_it_stands_alone() {
        #[track_caller]
        fn check(field: &Field, text: &str, address: &str, expected: bool) {
            let bob = Party { name: "Bob".to_owned(), address: address.to_owned(), ..Party::default() };
            let (trace, stimulus) = (Trace::new(), Stimulus::default());
            let cast = Cast { parties: vec![bob], ..Cast::default() };
            let scene = Scene::of(&trace, &cast, &stimulus);
            let value = Value::new(text, None);
            let same = is(field, &value, &Reference::Address("Bob".to_owned()), &scene);
            assert_eq!(same, Some(expected), "{text} {address}");
        }
        let tcp = "sip:bob@192.0.2.1;transport=tcp";
        check(&Field::RequestUri, tcp, tcp, true);
        check(&Field::UriOf(Name::Contact), tcp, tcp, true);
        check(&Field::RequestUri, tcp, "sip:bob@192.0.2.1", false);
        check(&Field::Header(Name::From), "sip:bob@192.0.2.1;tag=x", "sip:bob@192.0.2.1", true);
    }

    #[test]
    fn what_nobody_knows_is_neither_there_nor_absent() {
        let (trace, cast, stimulus) = (Trace::new(), Cast::default(), Stimulus::default());
        let scene = Scene::of(&trace, &cast, &stimulus);
        let values = [Value::new("sip:bob@192.0.2.1", None)];
        for words in ["is not Bob's address", "is Bob's address", "includes Bob's address"] {
            let expectation = Expectation::parse(words).expect("known words");
            let outcome = of_values(&Field::RequestUri, &expectation, &values, "Alice", &scene);
            assert!(matches!(outcome, Outcome::Undecided(_)), "{words}: {outcome:?}");
        }
    }
}
