//! Whether a peer of the capture behaved as a scenario would have arranged it.
//!
//! A tampering is recognised where making it would change nothing any more.

use std::time::Duration;

use memchr::memmem;

use super::conference::is_unwelcome;
use super::documents::{self, Step};
use super::facts::{self, Facts};
use super::files;
use crate::actors::act::Act;
use crate::judge::spoilt::Trouble;
use crate::judge::{Moment, Scene};
use crate::net::tamper::{Change, Kind, Selector, Tampering, Which, change_msrp, change_sip};
use crate::script::plan::{Arranged, Arrangement, Treatment};
use crate::script::whereabouts;
use crate::trace::{self, UnitId, What};
use crate::wire::msrp;
use crate::wire::sdp::{Session, Setup};
use crate::wire::sip::{Message, Name, Refresher};

/// Whether the arrangement can be seen in the scene.
pub fn happened(arrangement: &Arrangement, facts: &Facts, scene: &Scene<'_>) -> bool {
    let who = arrangement.who.as_str();
    // What a party says of itself when the session is made: in its invitation, or in its acceptance.
    let accepted = facts.answer.filter(|_| facts.status.is_some_and(|s| s < 300));
    let own = [Some(facts.request), accepted].into_iter().flatten().find(|id| who_wrote(who, *id, facts, scene));
    let own = own.map(|id| scene.sip(id));
    match &arrangement.what {
        Arranged::Answers(status) => facts.status == Some(*status),
        Arranged::Hesitates(time) => facts.answer.is_some_and(|id| passed(facts.request, id, scene) >= *time),
        Arranged::Intends(intention) => intended(&intention.act, who, facts, scene),
        Arranged::Tampers(tampering) => {
            tampered(tampering, who, scene)
                && (!matches!(facts.kind, facts::Kind::Conference(_) | facts::Kind::Story(_))
                    || is_unwelcome(tampering, scene))
        }
        Arranged::SessionTimer(seconds, refresher) => own.and_then(|m| m.session_expires()).is_some_and(|timer| {
            let role = if refresher == "uac" { Refresher::Uac } else { Refresher::Uas };
            timer.delta == *seconds && timer.refresher() == Some(role)
        }),
        Arranged::Allows(methods) => own.is_some_and(|m| {
            let listed: Vec<&str> = m.values(Name::Allow).map(|(_, v)| v).collect();
            listed.len() == methods.len() && methods.iter().all(|method| listed.contains(&method.as_str()))
        }),
        Arranged::ContactParameter(parameter) => own.and_then(|m| m.contact()).is_some_and(|contact| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            contact.params.get(name).is_some_and(|v| v.trim_matches('"') == value.trim_matches('"'))
        }),
        Arranged::Connects => own.and_then(|m| m.body_of_type("application/sdp")).is_some_and(|part| {
            let media = Session::parse(part.body);
            media.msrp_media().is_some_and(|media| media.setup() == Some(Setup::Active))
        }),
        Arranged::KeepsConnection => outlasted(who, scene),
        Arranged::LargestMessage(_) => candidates(&Kind::MsrpResponse(413), who, scene).next().is_some(),
        // What a store holds shows in what it answers; whether it would deliver unasked has no part in a retrieval.
        Arranged::Holds(..) | Arranged::Treats(_, Treatment::DeliversNothing) => true,
        Arranged::ConnectionOriented => facts.is_large_on_streams(),
        Arranged::Relayed => own.and_then(|m| m.body_of_type("application/sdp")).is_some_and(|part| {
            let media = Session::parse(part.body);
            media.msrp_media().is_some_and(|media| media.path().nth(1).is_some())
        }),
        // What does not happen cannot be told from what was not captured; words that are new are not known here.
        _ => false,
    }
}

/// Whether the arrangement itself makes for that trouble, so that it excuses nothing.
pub fn covers(arrangement: &Arrangement, trouble: Trouble) -> bool {
    match (&arrangement.what, trouble) {
        (Arranged::LargestMessage(_), Trouble::MsrpRefused(413)) => true,
        (Arranged::Answers(_), Trouble::Refused(_) | Trouble::Unanswered) => true,
        (Arranged::Tampers(tampering), trouble) => match (&tampering.selector.kind, trouble) {
            (Kind::Response(_, method), Trouble::Refused(_) | Trouble::Unanswered) => method == "INVITE",
            (Kind::MsrpResponse(_), Trouble::MsrpRefused(_)) => true,
            (Kind::MsrpRequest(method), Trouble::Failed(_)) => method == "REPORT",
            _ => false,
        },
        (Arranged::Intends(intention), trouble) => match intention.act {
            Act::Release => trouble == Trouble::Released,
            Act::Reset => matches!(trouble, Trouble::Reset | Trouble::Released),
            Act::ReportFailure { .. } => matches!(trouble, Trouble::Failed(_)),
            Act::Cancel => matches!(trouble, Trouble::Refused(487) | Trouble::Unanswered),
            Act::Decline => matches!(trouble, Trouble::Refused(_)),
            _ => false,
        },
        _ => false,
    }
}

/// Whether the other side was the first to close the MSRP connection. Where nobody is seen to close it, the capture may
/// only be too short.
fn outlasted(who: &str, scene: &Scene<'_>) -> bool {
    let ends = |change| matches!(change, trace::Change::Finished | trace::Change::Reset);
    let first = scene.trace.connections().find(|(_, _, change)| ends(*change));
    first.is_some_and(|(_, unit, _)| !scene.cast.is_at(who, unit.src))
}

/// The invitation is its sender's, whatever hop it was seen on; the acceptance is the other side's.
fn who_wrote(who: &str, id: UnitId, facts: &Facts, scene: &Scene<'_>) -> bool {
    let sends = scene.by(who, facts.request);
    if id == facts.request { sends } else { !sends }
}

fn intended(act: &Act, who: &str, facts: &Facts, scene: &Scene<'_>) -> bool {
    let party = &scene.cast.under_test;
    let first = scene.moment(&Moment::FirstChunk, party);
    let whole = scene.moment(&Moment::WholeMessageAcknowledged, party);
    let midway = |id: UnitId| first.is_some_and(|f| f < id) && whole.is_none_or(|w| id < w);
    let mut requests = scene.all_requests(who);
    match act {
        Act::Release => requests.any(|id| scene.sip(id).method() == "BYE" && midway(id)),
        // It may leave before the first chunk and come after it.
        Act::Modify(_) => {
            let by_other = |id: UnitId| who != party && scene.cast.is_at(party, scene.unit(id).dst);
            let again = |id: UnitId| scene.sip(id).method() == "INVITE" && !scene.is_initial(id) && midway(id);
            let sent = |id: UnitId| scene.by(who, id) || by_other(id);
            scene.trace.transactions().iter().any(|t| sent(t.request) && again(t.request))
        }
        Act::Cancel => requests.any(|id| scene.sip(id).method() == "CANCEL"),
        Act::Accept { .. } => facts.status.is_some_and(|s| s < 300),
        // What a user declares is told by 603 alone (RFC 3261 §21.6.2); other refusals may be his client's.
        Act::Decline => facts.status == Some(603),
        Act::Reset => scene
            .trace
            .connections()
            .any(|(id, unit, change)| change == trace::Change::Reset && scene.cast.is_at(who, unit.src) && midway(id)),
        Act::ReportFailure { status } => scene.moment(&Moment::FailureReport, party).is_some_and(|id| {
            let stated = scene.msrp(id).head().status_header().map(|s| s.code);
            stated == Some(*status) && scene.by(who, id) && midway(id)
        }),
        Act::Abort if matches!(facts.kind, facts::Kind::Files(_)) && !scene.by(who, facts.request) => {
            requests.any(|id| !scene.is_initial(id) && files::is_end_of_transfer(scene.sip(id)) && midway(id))
        }
        Act::Abort => chunks(who, scene).any(|(_, m)| m.head().is_request() && m.flag() == msrp::Flag::Aborted),
        _ => false,
    }
}

fn tampered(tampering: &Tampering, who: &str, scene: &Scene<'_>) -> bool {
    // A document tells by those before it what it is.
    if let Some(step) = Step::of(tampering) {
        return documents::first(step, scene).is_some();
    }
    let Tampering { selector, change, way: _ } = tampering;
    match change {
        Change::Swallow => swallowed(selector, who, scene),
        Change::Delay(time) => {
            let delayed = |id: UnitId| cause(id, scene).is_some_and(|from| passed(from, id, scene) >= *time);
            picked(selector.which, candidates(&selector.kind, who, scene).map(delayed))
        }
        Change::SetStatus(status, _) => {
            let kind = match &selector.kind {
                Kind::Response(_, method) => Kind::Response(Some(*status), method.clone()),
                Kind::MsrpResponse(_) => Kind::MsrpResponse(*status),
                _ => return false,
            };
            // Of every response that the selector means, none is left as it was.
            let untouched = selector.which == Which::Every && candidates(&selector.kind, who, scene).next().is_some();
            !untouched && candidates(&kind, who, scene).next().is_some()
        }
        _ => picked(selector.which, candidates(&selector.kind, who, scene).map(|id| is_fixed(change, id, scene))),
    }
}

/// Where every message is meant, every one must show it; else one of them is enough: strangers do not count ours.
fn picked(which: Which, mut shows: impl Iterator<Item = bool>) -> bool {
    match which {
        Which::Every => shows.next().is_some_and(|first| first && shows.all(|s| s)),
        _ => shows.any(|s| s),
    }
}

/// Whether the change, made to a message that it could be made to, leaves it as it is.
fn is_fixed(change: &Change, id: UnitId, scene: &Scene<'_>) -> bool {
    let unit = scene.unit(id);
    if let Some(shows) = shows_address(change, unit) {
        return shows;
    }
    if let Some(message) = unit.sip() {
        // What is added would be added again.
        if let Change::AddHeader(name, value) = change {
            let mut headers = message.headers().filter(|h| h.spelling().eq_ignore_ascii_case(name));
            return headers.any(|h| h.text().trim() == value.trim());
        }
        return applies(change, message) && change_sip(message, change, 0).bytes() == message.bytes();
    }
    let Some(message) = unit.msrp() else { return false };
    applies_to_chunk(change, message) && change_msrp(message, change, None, 0).pieces() == message.pieces()
}

/// Whether a message has what a change writes that names an address by whose it is: where everybody is in the network of
/// a capture, nobody has said. Nothing where the change names none.
fn shows_address(change: &Change, unit: &trace::Unit) -> Option<bool> {
    let (Change::SetHeader(name, words) | Change::AddHeader(name, words) | Change::SetSdpAttribute(name, words)) =
        change
    else {
        return None;
    };
    whereabouts::named(words).next()?;
    let like = |text: &str| whereabouts::is_like(text.trim(), words);
    let described = |message: &Message| {
        let (session, _) = message.description()?;
        session.msrp_media()?.attribute(name)?.value.map(like)
    };
    Some(match (change, unit.sip(), unit.msrp()) {
        (Change::SetSdpAttribute(..), Some(message), _) => described(message).unwrap_or(false),
        (_, Some(message), _) => {
            message.headers().any(|header| header.spelling().eq_ignore_ascii_case(name) && like(&header.text()))
        }
        (_, None, Some(message)) => message.head().header(name).is_some_and(like),
        (_, None, None) => false,
    })
}

/// As [`applies`], for a chunk.
fn applies_to_chunk(change: &Change, chunk: &msrp::Message) -> bool {
    let head = chunk.head();
    match change {
        Change::DropHeader(name) => head.find(name).is_none(),
        Change::SetHeader(name, value) => head.header(name).is_some_and(|held| held == value.trim()),
        Change::SetFlag(flag) => msrp::Flag::of(*flag as u8).is_none_or(|flag| flag == chunk.flag()),
        Change::SetTransactionId(id) => head.transaction_id() == id,
        Change::DropBody => chunk.body().is_none(),
        _ => false,
    }
}

/// Whether the change finds what it is about in the message, or else changes nothing for another reason; and, where
/// that can be told at a glance, whether what it would make is there already: to make it costs far more.
fn applies(change: &Change, message: &Message) -> bool {
    let has = |name: &str| message.header_named(name).is_some();
    let described = || message.description().is_some();
    let medium = || message.description().and_then(|(session, _)| session.msrp_media());
    let holds = |text: &str| memmem::find(message.body_span().of(message.bytes()), text.as_bytes()).is_some();
    match change {
        // A message is written with a Content-Length whoever drops it.
        Change::DropHeader(name) => !has(name) || Name::of(name.as_bytes()) == Name::ContentLength,
        Change::SetHeader(name, value) => {
            message.header_named(name).is_some_and(|header| header.text().trim() == value.trim())
        }
        Change::DropBody => message.body_span().is_empty(),
        Change::DropValue { header, value } => has(header) && !message.has_token(Name::of(header.as_bytes()), value),
        Change::DropParameter { header, parameter } => {
            message.header_named(header).is_some_and(|h| !h.text().split(';').skip(1).any(|p| names(p, parameter)))
        }
        Change::SetParameter { header, value, .. } => {
            message.header_named(header).is_some_and(|h| value == "-" || h.text().contains(value.as_str()))
        }
        Change::SetMethod(method) => message.is_request() && message.method() == method,
        Change::SetRequestUri(uri) => message.request_uri() == Some(uri.as_str()),
        Change::SetRequestUriParameter(..) | Change::DropRequestUriParameter(_) => message.is_request(),
        Change::DropPart(_) | Change::DropClosingDelimiter => {
            message.content_type().is_some_and(|t| t.to_ascii_lowercase().starts_with("multipart/"))
        }
        Change::Replace(old, new) => holds(new) && !holds(old),
        Change::SetSdpDirection(text) | Change::SetSdpAttribute(_, text) | Change::SetSdpProtocol(text) => {
            holds(text) && described()
        }
        Change::SetSdpPort(port) => holds(&port.to_string()) && described(),
        Change::DropSdpDirection => described() && medium().is_none_or(|m| m.explicit_direction().is_none()),
        Change::DropSdpAttribute(name) => described() && medium().is_none_or(|m| m.attribute(name).is_none()),
        // Made messages that differ each time, or that a stranger would not make, are not recognised.
        _ => false,
    }
}

/// Whether what stands between semicolons is that parameter.
fn names(text: &str, parameter: &str) -> bool {
    text.split(['=', '>']).next().is_some_and(|name| name.trim().eq_ignore_ascii_case(parameter))
}

/// None of the messages that are meant was sent, although what calls for them came.
fn swallowed(selector: &Selector, who: &str, scene: &Scene<'_>) -> bool {
    if selector.which != Which::Every || candidates(&selector.kind, who, scene).next().is_some() {
        return false;
    }
    let to_him = |id: UnitId| scene.cast.is_at(who, scene.unit(id).dst);
    match &selector.kind {
        Kind::Response(_, method) => {
            scene.trace.transactions().iter().any(|t| scene.sip(t.request).method() == method && to_him(t.request))
        }
        Kind::MsrpResponse(_) | Kind::MsrpRequest(_) => {
            let report = matches!(&selector.kind, Kind::MsrpRequest(method) if method == "REPORT");
            let asks = |m: &msrp::Message| !report || m.head().success_report() == Some("yes");
            let called = |(id, unit): (UnitId, &trace::Unit)| {
                to_him(id) && unit.msrp().is_some_and(|m| m.head().method() == "SEND" && m.body().is_some() && asks(m))
            };
            (report || matches!(selector.kind, Kind::MsrpResponse(_))) && scene.trace.units().any(called)
        }
        Kind::Request(_) | Kind::InitialRequest => false,
    }
}

/// The messages of a kind that `who` sent.
fn candidates<'s>(kind: &'s Kind, who: &'s str, scene: &'s Scene<'_>) -> impl Iterator<Item = UnitId> + 's {
    let of_kind = |unit: &trace::Unit| match &unit.what {
        What::Sip { message, .. } => kind.is_sip(message),
        What::Msrp(message) => kind.is_msrp(message),
        _ => false,
    };
    scene.trace.units().filter(move |(id, unit)| of_kind(unit) && scene.by(who, *id)).map(|(id, _)| id)
}

fn chunks<'s>(who: &'s str, scene: &'s Scene<'_>) -> impl Iterator<Item = (UnitId, &'s msrp::Message)> {
    scene.trace.units().filter(|(id, _)| scene.by(who, *id)).filter_map(|(id, unit)| Some((id, unit.msrp()?)))
}

/// What a response answers or a REPORT reports on.
fn cause(id: UnitId, scene: &Scene<'_>) -> Option<UnitId> {
    let unit = scene.unit(id);
    match unit.msrp() {
        None => scene.trace.request_of(id),
        Some(message) if message.head().is_response() => scene.trace.msrp_request(id),
        Some(_) => scene.trace.transfers().iter().find(|t| t.reports.contains(&id)).and_then(|t| scene.last_chunk(t)),
    }
}

fn passed(from: UnitId, to: UnitId, scene: &Scene<'_>) -> Duration {
    scene.unit(to).begun.since(scene.unit(from).at)
}
