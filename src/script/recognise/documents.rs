//! What the notifications of a conference tell one after the other (RFC 4575 §4.6): what became of a document's order, and
//! who left. It knows no plan, and no document but through the rules that a subscriber has to keep to.

use std::net::SocketAddr;
use std::time::Duration;

use crate::judge::Scene;
use crate::net::tamper::{Change, Kind, Tampering};
use crate::trace::{Trace, Transaction, UnitId};
use crate::wire::mime::{ConferenceInfo, Endpoint, Merged};

/// How long a client may take for what a document asks of it, before others end what it is about: 64 × T1.
const TAKES: Duration = Duration::from_secs(32);

/// A document that does not simply follow the one before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// One or more before it were not sent.
    Missed,
    /// Its version is not above the last.
    Late,
    /// It says that the conference is gone.
    Gone,
}

impl Step {
    /// What a tampering makes of a document, where it is about that.
    pub fn of(tampering: &Tampering) -> Option<Step> {
        let (Kind::Request(method), Change::Replace(old, new)) = (&tampering.selector.kind, &tampering.change) else {
            return None;
        };
        let version = |text: &str| text.strip_prefix("version=\"")?.strip_suffix('"')?.parse::<u32>().ok();
        match (version(old), version(new)) {
            _ if method != "NOTIFY" => None,
            (Some(old), Some(new)) => Some(if new > old { Step::Missed } else { Step::Late }),
            _ => (new == "state=\"deleted\"").then_some(Step::Gone),
        }
    }
}

/// A notification with a document, as it came to the party under test.
struct Notice {
    id: UnitId,
    sequence: Option<u32>,
    document: ConferenceInfo,
    /// The subscription goes on.
    goes_on: bool,
    /// The party took it.
    taken: bool,
}

/// The notifications that came to the sockets that `is_own` names.
fn notices(trace: &Trace, is_own: impl Fn(SocketAddr) -> bool) -> Vec<Notice> {
    let came = trace.transactions().iter().filter(|t| is_own(trace.unit(t.request).dst));
    let notice = |t: &Transaction| {
        let message = trace.sip(t.request)?;
        let part =
            (message.method() == "NOTIFY").then(|| message.body_of_type("application/conference-info+xml"))??;
        Some(Notice {
            id: t.request,
            sequence: message.cseq().map(|(number, _)| number),
            document: ConferenceInfo::parse(&part.body),
            goes_on: message.subscription_state().is_some_and(|state| !state.is("terminated")),
            taken: t.responses.iter().find_map(|id| trace.sip(*id)?.status()).is_some_and(|s| (200..300).contains(&s)),
        })
    };
    came.filter_map(notice).collect()
}

/// The notification whose document is the first that does not simply follow, where it is such a one, and where a capture
/// tells beyond doubt that the party under test had to act on it, and was left the time.
pub fn first(step: Step, scene: &Scene<'_>) -> Option<UnitId> {
    let mut known = None;
    let mut last: Option<u32> = None;
    for notice in notices(scene.trace, |at| scene.cast.is_at(&scene.cast.under_test, at)) {
        let merged = ConferenceInfo::merge(&mut known, &notice.document);
        let found = match merged {
            Merged::Applied => {
                last = notice.sequence;
                continue;
            }
            Merged::Missed => Step::Missed,
            Merged::Stale => Step::Late,
            Merged::Ended => Step::Gone,
        };
        // Without the whole there is nothing to miss a part of; and where requests are missing too, the observer may have
        // missed what the client got.
        let follows = last.is_some_and(|last| notice.sequence == last.checked_add(1));
        let sound = notice.document.flaws.is_empty() && notice.taken && notice.goes_on;
        let meant = found == step && follows && sound && (step == Step::Late || is_acted_on(step, notice.id, scene));
        return meant.then_some(notice.id);
    }
    None
}

/// Whether nothing but the document explains what the party did, or did not do, about its subscription.
fn is_acted_on(step: Step, notice: UnitId, scene: &Scene<'_>) -> bool {
    let requests: Vec<UnitId> = scene.requests(&scene.cast.under_test, "SUBSCRIBE").collect();
    let second = requests.get(1).copied();
    if requests.first().is_none_or(|first| *first > notice) || second.is_some_and(|id| id < notice) {
        return false;
    }
    let until = scene.unit(notice).at + TAKES;
    let soon = |id: UnitId| scene.unit(id).begun <= until;
    // That its user wants to hear no more is his business; and what comes late, comes for another reason.
    let ends = |id: UnitId| scene.sip(id).expires() == Some(0);
    let tells = |id: UnitId| match step {
        Step::Missed => ends(id) != soon(id),
        Step::Late | Step::Gone => soon(id),
    };
    if !second.is_none_or(tells) {
        return false;
    }
    let in_time = |id: UnitId| soon(id) && second.is_none_or(|second| id < second);
    let released = |id: UnitId| scene.sip(id).method() == "BYE" && in_time(id);
    !scene.trace.transactions().iter().any(|t| released(t.request))
}

/// Those who are gone by what notifications tell, each with the notification that is the first to tell it, in that order.
pub fn departures(trace: &Trace, is_own: impl Fn(SocketAddr) -> bool) -> Vec<(String, UnitId)> {
    let mut gone: Vec<(String, UnitId)> = Vec::new();
    let mut known: Option<ConferenceInfo> = None;
    for Notice { id, mut document, .. } in notices(trace, is_own) {
        // Whatever its order, it tells what is so by now.
        let last = known.as_ref().and_then(|known| known.version);
        document.version = last.map_or(document.version, |last| Some(last.saturating_add(1)));
        let before: Vec<String> = present(&known).map(str::to_owned).collect();
        ConferenceInfo::merge(&mut known, &document);
        let left = before.into_iter().filter(|entity| !present(&known).any(|other| other == entity));
        gone.extend(left.map(|entity| (entity, id)));
    }
    gone
}

/// Who takes part, be it that he is on hold.
fn present(known: &Option<ConferenceInfo>) -> impl Iterator<Item = &str> {
    let is_in = |endpoint: &Endpoint| endpoint.status.as_deref().is_some_and(|status| status != "disconnected");
    let users = known.iter().flat_map(|known| known.users());
    users.filter(move |user| user.endpoints.iter().any(is_in)).map(|user| user.entity.as_str())
}

#[cfg(test)]
#[path = "documents_tests.rs"]
mod tests;
