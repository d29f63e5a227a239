//! What is asked of the sending of a message over MSRP: of each chunk, and of all of them together.

use bytes::Bytes;

use super::compare::{of_values, resolve, same_path};
use super::expectation::Expectation;
use super::field::Field;
use super::form::flaws;
use super::held;
use super::outcome::Outcome;
use super::read::{Value, cpim_values};
use super::reference::Reference;
use super::scene::Scene;
use crate::trace::{Transfer, UnitId};
use crate::wire::mime::{Cpim, MediaType};
use crate::wire::{Span, msrp, uri};

/// The outcome of a row, and the chunk, response or REPORT that it rests on.
pub type Judged = (Outcome, Option<UnitId>);

/// Judges one field of a message on its way. `party` sends it, or receives it where the field is about answers.
pub fn judge(field: &Field, expectation: &Expectation, transfer: &Transfer, party: &str, scene: &Scene<'_>) -> Judged {
    let (outcome, at) = outright(field, expectation, transfer, party, scene);
    let may_be_cut_short = matches!(
        expectation,
        Expectation::CarryTheWholeMessage
            | Expectation::Is(Reference::Message)
            | Expectation::Acknowledge(_)
            | Expectation::CoverTheWholeMessage
    );
    match (outcome, scene.excuse()) {
        (Outcome::Broken { found: None, reason, .. }, Some(cause)) if may_be_cut_short => {
            (Outcome::Undecided(format!("{reason}, but {cause}")), at)
        }
        (outcome, _) => (outcome, at),
    }
}

/// The outcome without regard to what others did.
fn outright(field: &Field, expectation: &Expectation, transfer: &Transfer, party: &str, scene: &Scene<'_>) -> Judged {
    match (field, expectation) {
        (Field::MsrpHeader(name), _) => header(name, expectation, transfer, scene),
        (Field::Cpim(_) | Field::CpimMessage, _) => wrapped(field, expectation, transfer, party, scene),
        (Field::EndOfChunkAt(moment), _) => super::under_way::end(moment, expectation, transfer, party, scene),
        (Field::Chunks, Expectation::CarryTheWholeMessage) => carried(transfer, scene),
        (Field::Chunks, Expectation::FollowRfc4975) => rules(transfer, party, scene),
        (Field::Chunks, Expectation::KeepOneMessageId) => one_id(transfer, party, scene),
        (Field::Content, Expectation::Is(Reference::Message)) => content(transfer, scene),
        (Field::Content, Expectation::Is(reference)) => held::content(std::slice::from_ref(reference), transfer, scene),
        (Field::Content, Expectation::IsOneOf(references)) => held::content(references, transfer, scene),
        (Field::Total, Expectation::Is(Reference::SizeOfMessage)) => total(transfer, scene),
        (Field::Responses, Expectation::Acknowledge(status)) => responses(*status, transfer, scene),
        (Field::Responses, Expectation::IsAbsent) => no_responses(transfer, scene),
        (Field::Responses, Expectation::IsNot(Reference::Literal(status))) => other_responses(status, transfer, scene),
        (Field::Responses, Expectation::GoToThePreviousHop) => previous_hop(transfer, scene),
        (Field::SuccessReports, Expectation::TakeTheWholePathBack) => whole_path(transfer, party, scene),
        (Field::NextHop, _) => match transfer.chunks.first() {
            Some(first) => {
                let value = Value::new(scene.unit(*first).dst.to_string(), None);
                (of_values(field, expectation, &[value], party, scene), Some(*first))
            }
            None => (Outcome::Undecided("no chunk was seen".into()), None),
        },
        (Field::AnswersToReports, Expectation::IsAbsent) => no_answers(transfer, scene),
        (Field::SuccessReports, Expectation::CoverTheWholeMessage) => reports(transfer, scene),
        (Field::SuccessReports, Expectation::IsAbsent) => no_success(transfer, scene),
        (Field::Security, _) => match transfer.chunks.first() {
            Some(first) => (super::secured::judge_security(expectation, *first, party, scene), Some(*first)),
            None => (Outcome::Undecided("no chunk was seen".into()), None),
        },
        (Field::Order | Field::SecondsAfter(_), _) => match transfer.chunks.first() {
            Some(first) => (super::compare::judge(field, expectation, *first, party, scene), Some(*first)),
            None => (Outcome::Undecided("no chunk was seen".into()), None),
        },
        _ => {
            let text =
                format!("the expectation \u{201c}{expectation}\u{201d} says nothing about {field} of an MSRP message");
            (Outcome::Error(text), None)
        }
    }
}

/// MIME headers describe the message and stand in its first chunk; the others are judged in every chunk.
fn header(name: &str, expectation: &Expectation, transfer: &Transfer, scene: &Scene<'_>) -> Judged {
    let first_only = name.starts_with("Content-") && name != "Content-Type";
    let chunks = if first_only { &transfer.chunks[..transfer.chunks.len().min(1)] } else { &transfer.chunks[..] };
    let mut last = (Outcome::Undecided("no chunk was seen".into()), None);
    for id in chunks {
        let head = scene.msrp(*id).head();
        let held = head.find(name);
        let outcome = match (&held, expectation) {
            (None, Expectation::IsAbsent) => Outcome::Pass { found: Some("absent".into()), span: None },
            (None, _) => Outcome::Broken { found: None, span: None, reason: format!("there is no {name}") },
            (Some(h), Expectation::IsPresent) => Outcome::Pass { found: Some(h.value().into()), span: Some(h.span()) },
            (Some(h), Expectation::Is(Reference::At(party))) => match super::compare::is_at(h.value(), party, scene) {
                None => Outcome::Undecided(format!("nobody in this case is {party}")),
                Some(true) => Outcome::Pass { found: Some(h.value().into()), span: Some(h.span()) },
                Some(false) => {
                    Outcome::Broken { found: Some(h.value().into()), span: Some(h.span()), reason: String::new() }
                }
            },
            (Some(h), Expectation::Is(reference)) => {
                let Some(wanted) = resolve(reference, scene) else {
                    return (Outcome::Undecided(format!("nothing in this case tells what {reference} is")), Some(*id));
                };
                let found = Some(h.value().to_owned());
                if same(name, h.value(), &wanted) {
                    Outcome::Pass { found, span: Some(h.span()) }
                } else {
                    Outcome::Broken { found, span: Some(h.span()), reason: String::new() }
                }
            }
            (Some(h), Expectation::IsNot(Reference::Literal(wanted))) if !same(name, h.value(), wanted) => {
                Outcome::Pass { found: Some(h.value().into()), span: Some(h.span()) }
            }
            (Some(h), Expectation::IsNot(_) | Expectation::IsAbsent) => {
                Outcome::Broken { found: Some(h.value().into()), span: Some(h.span()), reason: String::new() }
            }
            (Some(h), Expectation::HasParameter(parameter, wanted)) => {
                let held = MediaType::parse(h.value()).param(parameter).map(|v| v.into_owned());
                let good = held.as_ref().is_some_and(|v| wanted.as_ref().is_none_or(|w| v.eq_ignore_ascii_case(w)));
                let (found, span) = (Some(h.value().to_owned()), Some(h.span()));
                if good {
                    Outcome::Pass { found, span }
                } else {
                    Outcome::Broken { found, span, reason: format!("the parameter {parameter} is missing or another") }
                }
            }
            _ => Outcome::Error(format!(
                "the expectation \u{201c}{expectation}\u{201d} says nothing about an MSRP header"
            )),
        };
        let good = matches!(outcome, Outcome::Pass { .. });
        last = (outcome, Some(*id));
        if !good {
            break;
        }
    }
    last
}

fn same(name: &str, held: &str, wanted: &str) -> bool {
    match name {
        "Message-ID" => held == wanted,
        "To-Path" | "From-Path" => same_path(held, wanted),
        "Content-Type" => MediaType::parse(held).is(wanted),
        "Content-Disposition" => held.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted),
        "Content-Description" => held == wanted,
        _ => held.eq_ignore_ascii_case(wanted),
    }
}

/// Every octet from the first to the total, `+` on all chunks but the last and `$` on that (RFC 4975 §7.1).
fn carried(transfer: &Transfer, scene: &Scene<'_>) -> Judged {
    let Some(total) = scene.total(transfer) else {
        return broken(transfer.chunks.last().copied(), "the message was never ended with $".into());
    };
    let mut held: Vec<(u64, u64)> = Vec::with_capacity(transfer.chunks.len());
    for id in &transfer.chunks {
        let chunk = scene.msrp(*id);
        let start = chunk.head().byte_range().map_or(1, |r| r.start);
        held.push((start, start.saturating_add(chunk.octets())));
    }
    held.sort_unstable();
    let mut next = 1;
    for (start, end) in held {
        if start > next {
            return broken(None, format!("octets {next} to {} of {total} are missing", start - 1));
        }
        next = next.max(end);
    }
    if next <= total {
        return broken(None, format!("octets {next} to {total} of {total} are missing"));
    }
    let last = scene.last_chunk(transfer);
    let ended = last.is_some_and(|id| scene.msrp(id).flag() == msrp::Flag::Last);
    if !ended {
        return broken(last, "no chunk ends with $".into());
    }
    let early = transfer.chunks.iter().find(|id| Some(**id) != last && scene.msrp(**id).flag() != msrp::Flag::More);
    if let Some(id) = early {
        return broken(Some(*id), "a chunk that is not the last does not end with +".into());
    }
    let found = format!("{total} octets in {} chunks", transfer.chunks.len());
    (Outcome::Pass { found: Some(found), span: None }, last)
}

/// RFC 4975 §7.1: one Message-ID, one total, the negotiated paths, fresh transaction ids, and each chunk's own form.
fn rules(transfer: &Transfer, party: &str, scene: &Scene<'_>) -> Judged {
    // A message of its own begins with its first octet; what begins later is a chunk of this one.
    let others = scene.trace.transfers().iter().find(|t| {
        let first = t.chunks.first().copied();
        let begins = first.and_then(|id| scene.msrp(id).head().byte_range()).is_none_or(|r| r.start <= 1);
        t.message_id != transfer.message_id && !begins && first.is_some_and(|id| same_session(id, transfer, scene))
    });
    if let Some(id) = others.and_then(|t| t.chunks.first()) {
        return broken(Some(*id), "chunks of the message have different Message-IDs".into());
    }
    let (own, remote) = (scene.paths_of(party), scene.peer_paths(party));
    // The medium whose session it is; what belongs to none is held against the first.
    let first = transfer.chunks.first().and_then(|id| scene.msrp(*id).head().from_path().next_back());
    let is_it = |path: &Option<String>| path.as_ref().zip(first).is_some_and(|(path, first)| uri::same(path, first));
    let place = own.iter().position(is_it).or_else(|| own.iter().position(Option::is_some)).unwrap_or_default();
    let (own, remote) = (own.get(place).cloned().flatten(), remote.get(place).cloned().flatten());
    let mut total = None;
    let mut seen = std::collections::HashSet::new();
    for id in &transfer.chunks {
        let chunk = scene.msrp(*id);
        let head = chunk.head();
        let found = chunk.flaws();
        if !found.is_empty() {
            return (flaws(found, Span::default(), ""), Some(*id));
        }
        let stated = head.byte_range().and_then(|r| r.total);
        if let (Some(before), Some(now)) = (total, stated)
            && before != now
        {
            return broken(Some(*id), format!("the total of the Byte-Range changed from {before} to {now}"));
        }
        total = total.or(stated);
        if !seen.insert(head.transaction_id()) {
            return broken(Some(*id), format!("the transaction id {} was used before", head.transaction_id()));
        }
        for (name, path, wanted) in
            [("To-Path", head.to_path().next_back(), &remote), ("From-Path", head.from_path().next_back(), &own)]
        {
            if let (Some(path), Some(wanted)) = (path, wanted)
                && !uri::same(path, wanted)
            {
                return broken(Some(*id), format!("{name} is {path}, and the session description says {wanted}"));
            }
        }
    }
    (Outcome::Pass { found: Some(format!("{} chunks by RFC 4975", transfer.chunks.len())), span: None }, None)
}

/// What is sent again, in a session that replaces one that failed, keeps its Message-ID (RFC 4975 §5.4).
fn one_id(transfer: &Transfer, party: &str, scene: &Scene<'_>) -> Judged {
    let other = scene.transfers_between(Some(party), None).find(|t| t.message_id != transfer.message_id);
    match other.and_then(|t| t.chunks.first()) {
        Some(id) => broken(Some(*id), "content was sent with another Message-ID".into()),
        None => (Outcome::Pass { found: Some(transfer.message_id.to_string()), span: None }, None),
    }
}

fn same_session(id: UnitId, transfer: &Transfer, scene: &Scene<'_>) -> bool {
    let Some(first) = transfer.chunks.first() else { return false };
    let from = |id: UnitId| scene.msrp(id).head().from_path().next_back().map(str::to_owned);
    let to = |id: UnitId| scene.msrp(id).head().to_path().next_back().map(str::to_owned);
    from(id) == from(*first) && to(id) == to(*first)
}

/// The wrapper of the message, as far as its first chunk holds it.
fn wrapped(field: &Field, expectation: &Expectation, transfer: &Transfer, party: &str, scene: &Scene<'_>) -> Judged {
    let first = transfer.chunks.first().copied();
    let found = first.filter(|id| is_wrapped(*id, scene)).map(|id| Cpim::parse(&scene.msrp(id).body_bytes()));
    let values = match (&found, field) {
        (Some(cpim), Field::Cpim(name)) => cpim_values(cpim, name, 0),
        (Some(_), _) => vec![Value::new("message/cpim", None)],
        (None, _) => Vec::new(),
    };
    // The octets count from the beginning of the body, and not of the chunk.
    let values: Vec<Value> = values.into_iter().map(|value| Value { span: None, ..value }).collect();
    let outcome = match (expectation, found) {
        (Expectation::IsWellFormed, Some(cpim)) => flaws(cpim.flaws, Span::default(), "well-formed by RFC 3862"),
        (Expectation::IsWellFormed, None) => {
            Outcome::Broken { found: None, span: None, reason: "the message has no CPIM wrapper".into() }
        }
        _ => of_values(field, expectation, &values, party, scene),
    };
    (outcome, first)
}

fn is_wrapped(id: UnitId, scene: &Scene<'_>) -> bool {
    scene.msrp(id).head().content_type().is_some_and(|kind| MediaType::parse(kind).is("message/cpim"))
}

/// What is in the wrapper of a whole message.
fn inner(transfer: &Transfer, scene: &Scene<'_>) -> Option<Bytes> {
    transfer.chunks.first().filter(|id| is_wrapped(**id, scene))?;
    let mut octets = Vec::new();
    for id in &transfer.chunks {
        let chunk = scene.msrp(*id);
        let at = chunk.head().byte_range().map_or(0, |r| r.start.saturating_sub(1)) as usize;
        // Only what was really sent may grow this: chunks that leave a gap do not count.
        if at <= octets.len() {
            octets.truncate(at);
            octets.extend_from_slice(&chunk.body_bytes());
        }
    }
    Some(Cpim::parse(&octets.into()).content.body)
}

fn content(transfer: &Transfer, scene: &Scene<'_>) -> Judged {
    let Some(wanted) = &scene.stimulus.content else {
        return (Outcome::Undecided("nothing in this case tells what the message was".into()), None);
    };
    if let Some(inner) = inner(transfer, scene) {
        return match inner == *wanted {
            true => {
                (Outcome::Pass { found: Some("the same octets".into()), span: None }, transfer.chunks.last().copied())
            }
            false => broken(transfer.chunks.first().copied(), "what is in the wrapper is not the message".into()),
        };
    }
    for id in &transfer.chunks {
        let chunk = scene.msrp(*id);
        let mut at = chunk.head().byte_range().map_or(0, |r| r.start.saturating_sub(1)) as usize;
        for piece in chunk.body().into_iter().flatten() {
            if wanted.get(at..at + piece.len()) != Some(&piece[..]) {
                return broken(Some(*id), format!("the octets from {} on are not those of the message", at + 1));
            }
            at += piece.len();
        }
    }
    let (complete, at) = carried(transfer, scene);
    if !matches!(complete, Outcome::Pass { .. }) {
        return (complete, at);
    }
    (Outcome::Pass { found: Some("the same octets".into()), span: None }, at)
}

fn total(transfer: &Transfer, scene: &Scene<'_>) -> Judged {
    let first = transfer.chunks.first().copied();
    match (scene.total(transfer), scene.stimulus.size) {
        (Some(found), Some(wanted)) if found == wanted => {
            (Outcome::Pass { found: Some(found.to_string()), span: None }, first)
        }
        (Some(found), Some(wanted)) => broken(first, format!("it is {found}; the message has {wanted} octets")),
        _ => (Outcome::Undecided("nothing in this case tells the size of the message".into()), first),
    }
}

/// Each chunk that is owed a response has one of that status (RFC 4975 §7.2).
fn responses(status: u16, transfer: &Transfer, scene: &Scene<'_>) -> Judged {
    let mut seen = None;
    for id in &transfer.chunks {
        let owed = scene.msrp(*id).head().failure_report().is_none_or(|v| v.eq_ignore_ascii_case("yes"));
        if !owed {
            continue;
        }
        let Some(response) = scene.trace.msrp_response(*id) else {
            return broken(Some(*id), "the chunk got no response".into());
        };
        seen = Some(response);
        let found = scene.msrp(response).head().status();
        if found != Some(status) {
            let found = found.map_or_else(String::new, |s| s.to_string());
            return (Outcome::Broken { found: Some(found), span: None, reason: String::new() }, Some(response));
        }
    }
    match seen {
        Some(_) => (Outcome::Pass { found: Some(format!("{status} to every chunk")), span: None }, seen),
        None => (Outcome::Undecided("no chunk asked for a response".into()), None),
    }
}

fn no_responses(transfer: &Transfer, scene: &Scene<'_>) -> Judged {
    match transfer.chunks.iter().find_map(|id| scene.trace.msrp_response(*id)) {
        Some(response) => broken(Some(response), "a response came".into()),
        None => (Outcome::Pass { found: Some("no response".into()), span: None }, None),
    }
}

/// Each response is for the previous hop alone (RFC 4975 §7.2).
fn previous_hop(transfer: &Transfer, scene: &Scene<'_>) -> Judged {
    let mut last = (Outcome::Undecided("no chunk was answered".into()), None);
    for chunk in &transfer.chunks {
        let Some(response) = scene.trace.msrp_response(*chunk) else { continue };
        let wanted = scene.msrp(*chunk).head().from_path().next().unwrap_or_default();
        last = goes_to(response, wanted, scene);
        if !matches!(last.0, Outcome::Pass { .. }) {
            break;
        }
    }
    last
}

/// Each REPORT of `party` takes every hop that the message took, in the order in which they come now (RFC 4975 §7.1.2).
fn whole_path(transfer: &Transfer, party: &str, scene: &Scene<'_>) -> Judged {
    let Some(first) = transfer.chunks.first() else { return (Outcome::Undecided("no chunk was seen".into()), None) };
    let wanted = scene.msrp(*first).head().header("From-Path").unwrap_or_default();
    let reports = scene.trace.units().filter(|(id, unit)| {
        let report = |message: &msrp::Message| {
            message.head().method() == "REPORT" && message.head().message_id() == Some(&*transfer.message_id)
        };
        scene.by(party, *id) && unit.msrp().is_some_and(report)
    });
    let mut last = (Outcome::Undecided("no REPORT came".into()), None);
    for (report, _) in reports {
        last = goes_to(report, wanted, scene);
        if !matches!(last.0, Outcome::Pass { .. }) {
            break;
        }
    }
    last
}

fn goes_to(id: UnitId, wanted: &str, scene: &Scene<'_>) -> Judged {
    let held = scene.msrp(id).head().find("To-Path");
    let (found, span) = (held.map(|held| held.value().to_owned()), held.map(|held| held.span()));
    let outcome = match held.is_some_and(|held| same_path(held.value(), wanted)) {
        true => Outcome::Pass { found, span },
        false => Outcome::Broken { found, span, reason: format!("To-Path should be {wanted}") },
    };
    (outcome, Some(id))
}

/// No chunk has a response of that status.
fn other_responses(status: &str, transfer: &Transfer, scene: &Scene<'_>) -> Judged {
    let has = |id: &UnitId| scene.msrp(*id).head().status().is_some_and(|s| s.to_string() == status);
    match transfer.chunks.iter().filter_map(|id| scene.trace.msrp_response(*id)).find(has) {
        Some(response) => broken(Some(response), format!("a chunk was answered with {status}")),
        None => (Outcome::Pass { found: Some(format!("no {status}")), span: None }, None),
    }
}

/// A REPORT is never answered, by a response or by a REPORT (RFC 4975 §7.1.2).
fn no_answers(transfer: &Transfer, scene: &Scene<'_>) -> Judged {
    if transfer.reports.is_empty() {
        return (Outcome::Undecided("no REPORT came".into()), None);
    }
    match transfer.reports.iter().find_map(|id| scene.trace.msrp_response(*id)) {
        Some(response) => broken(Some(response), "a REPORT got a response".into()),
        None => (Outcome::Pass { found: Some("no response".into()), span: None }, transfer.reports.first().copied()),
    }
}

/// Success REPORTs reach every octet, at once or bit by bit (RFC 4975 §7.1.2).
fn reports(transfer: &Transfer, scene: &Scene<'_>) -> Judged {
    let Some(total) = scene.total(transfer) else {
        return (Outcome::Undecided("the message was never ended".into()), None);
    };
    let asked = |id: &UnitId| scene.msrp(*id).head().success_report().is_some_and(|v| v.eq_ignore_ascii_case("yes"));
    if !transfer.chunks.iter().any(asked) {
        return (Outcome::Undecided("no chunk asked for a REPORT of success".into()), None);
    }
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for id in &transfer.reports {
        let head = scene.msrp(*id).head();
        if head.status_header().is_some_and(|s| s.code == 200) {
            let range = head.byte_range();
            ranges.push(range.map_or((1, total), |r| (r.start, r.end.unwrap_or(total))));
        }
    }
    ranges.sort_unstable();
    let last = transfer.reports.last().copied();
    let covered = ranges.iter().fold(0, |upto, (start, end)| if *start <= upto + 1 { upto.max(*end) } else { upto });
    if ranges.is_empty() {
        return broken(None, "no REPORT of success came".into());
    }
    if covered < total {
        return broken(last, format!("REPORTs of success cover octets 1 to {covered} of {total}"));
    }
    (Outcome::Pass { found: Some(format!("1-{total}/{total}")), span: None }, last)
}

fn no_success(transfer: &Transfer, scene: &Scene<'_>) -> Judged {
    let success = |id: &&UnitId| scene.msrp(**id).head().status_header().is_some_and(|s| s.code == 200);
    match transfer.reports.iter().find(success) {
        Some(id) => broken(Some(*id), "a REPORT of success came".into()),
        None => (Outcome::Pass { found: Some("no REPORT of success".into()), span: None }, None),
    }
}

pub(super) fn broken(at: Option<UnitId>, reason: String) -> Judged {
    (Outcome::Broken { found: None, span: None, reason }, at)
}
