//! What others did to a case, so that what is missing in it need not be the fault of the party under test; and
//! findings that rest on octets nobody captured. Captures need this: there nobody arranged how peers behave.

use std::fmt;

use super::check::{Check, Row};
use super::expectation::Expectation;
use super::field::Field;
use super::finding::{Finding, Verdict};
use super::moment::Moment;
use super::reference::Reference;
use super::scene::Scene;
use super::subject::Subject;
use crate::trace::{Change, UnitId};

/// One thing that went wrong on the other side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// The invitation of the party under test got this final response, or none at all.
    Refused(u16),
    Unanswered,
    /// A chunk was answered with this status.
    MsrpRefused(u16),
    /// A REPORT says that the message failed.
    Failed(u16),
    /// The other side released the session before the message was whole.
    Released,
    /// The other side aborted the connection before the message was whole.
    Reset,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Refused(status) => write!(f, "the invitation was answered with {status}"),
            Trouble::Unanswered => f.write_str("the invitation got no final response"),
            Trouble::MsrpRefused(status) => write!(f, "a chunk was answered with {status}"),
            Trouble::Failed(code) => write!(f, "a REPORT told of the failure {code:03}"),
            Trouble::Released => f.write_str("the other side released the session before the message was whole"),
            Trouble::Reset => f.write_str("the other side aborted the connection before the message was whole"),
        }
    }
}

/// What went wrong for the party under test, in order of gravity.
pub fn troubles(scene: &Scene<'_>) -> Vec<Trouble> {
    let party = scene.cast.under_test.as_str();
    let mut found = Vec::new();
    let mut invitations = scene.trace.transactions().iter().filter(|t| {
        scene.sip(t.request).method() == "INVITE" && scene.is_initial(t.request) && scene.by(party, t.request)
    });
    // A challenged invitation is sent again: the last attempt counts (RFC 3261 §22.2).
    if let Some(last) = invitations.next_back() {
        match last.responses.iter().filter_map(|id| scene.sip(*id).status()).find(|s| *s >= 200) {
            Some(200..=299) => {}
            Some(status) => found.push(Trouble::Refused(status)),
            None => found.push(Trouble::Unanswered),
        }
    }
    let chunks = || {
        let to_party = scene.trace.units().filter(|(_, unit)| scene.cast.is_at(party, unit.dst));
        to_party.filter_map(|(_, unit)| unit.msrp())
    };
    // A relay asks for a password, or another time, as it should (RFC 4976 §5.1).
    let refused = |status: &u16| !matches!(status, 200 | 401 | 423);
    found.extend(chunks().filter_map(|m| m.head().status()).find(refused).map(Trouble::MsrpRefused));
    let reports = chunks().filter(|m| m.head().method() == "REPORT");
    found.extend(reports.filter_map(|m| Some(m.head().status_header()?.code)).find(|c| *c != 200).map(Trouble::Failed));
    let whole = scene.moment(&Moment::WholeMessageAcknowledged, party);
    let early = |id: &UnitId| whole.is_none_or(|whole| *id < whole);
    let bye = scene.trace.transactions().iter().map(|t| t.request).find(|id| scene.sip(*id).method() == "BYE");
    if bye.is_some_and(|id| early(&id) && !scene.by(party, id)) {
        found.push(Trouble::Released);
    }
    let reset = |(id, unit, change): (UnitId, &crate::trace::Unit, Change)| {
        change == Change::Reset && early(&id) && !scene.cast.is_at(party, unit.src)
    };
    if scene.trace.connections().any(reset) {
        found.push(Trouble::Reset);
    }
    found
}

/// Why findings of a case may prove nothing.
#[derive(Clone, Copy, Default)]
pub struct Doubts<'a> {
    /// The observer missed octets: withdraws what rests on MSRP octets, or on the absence of messages.
    pub lost: Option<&'a str>,
    /// The party under test may have had its reasons: withdraws complaints about its answer to an invitation, and about
    /// what that kept from happening.
    pub refused: Option<&'a dyn fmt::Display>,
    /// Methods that nobody asked the party under test for: withdraws complaints that it did not answer them.
    pub unasked: &'a [&'a str],
    /// Its user may have ended the session: withdraws complaints that it did.
    pub may_release: bool,
    /// What files are called, and which type they are of, in the scenario and not in the capture: withdraws what is said
    /// of attributes that are compared with it.
    pub unlike: &'a [&'a str],
}

const UNASKED: &str = "no such request came";
const UNLIKE: &str = "a capture does not tell which file its user chose";
const RELEASED: &str = "a capture does not tell whether its user ended the session";

impl<'a> Doubts<'a> {
    /// Why a finding of that verdict on the row proves nothing; it is inconclusive then.
    pub fn about(&self, check: &Check, row: &Row, verdict: Verdict) -> Option<&dyn fmt::Display> {
        let complains = matches!(verdict, Verdict::Warning | Verdict::Fail);
        if let Some(lost) = &self.lost
            && (complains || verdict == Verdict::Pass)
            && rests_on_octets(check, row)
        {
            return Some(lost);
        }
        if self.unlike.iter().any(|word| names(row, word)) {
            return Some(&UNLIKE);
        }
        match &check.subject {
            Subject::Answer { method, .. } if complains && self.unasked.contains(&method.as_str()) => {
                return Some(&UNASKED);
            }
            Subject::NoRequest { method, .. } if complains && self.may_release && method == "BYE" => {
                return Some(&RELEASED);
            }
            _ => {}
        }
        let concerned = !matches!(
            &check.subject,
            Subject::NoRequest { .. }
                | Subject::NoChunk { .. }
                | Subject::NoAcknowledgement { .. }
                | Subject::OpensNone { .. }
        );
        self.refused.filter(|_| complains && concerned)
    }

    /// Withdraws what proves nothing.
    pub fn withdraw(&self, check: &Check, findings: &mut [Finding]) {
        for (row, finding) in check.rows.iter().zip(findings) {
            if let Some(why) = self.about(check, row, finding.verdict) {
                finding.verdict = Verdict::Inconclusive;
                finding.fault = None;
                finding.reason = why.to_string();
            }
        }
    }
}

fn rests_on_octets(check: &Check, row: &Row) -> bool {
    match &check.subject {
        Subject::Sends { .. }
        | Subject::Receives { .. }
        | Subject::NoAcknowledgement { .. }
        | Subject::NoChunk { .. }
        | Subject::Messages { .. }
        | Subject::Gives { .. }
        | Subject::NoRequest { .. }
        | Subject::Opens { .. }
        | Subject::OpensNone { .. }
        | Subject::Closes { .. } => true,
        Subject::Told { .. } | Subject::NotTold { .. } | Subject::ToldWhoTakesPart { .. } => false,
        _ => row.ask.as_ref().is_some_and(|(field, expectation)| in_msrp(field, expectation)),
    }
}

/// Whether a row compares an attribute of a session description with something that has that word in it.
fn names(row: &Row, word: &str) -> bool {
    let says = |reference: &Reference| matches!(reference, Reference::Literal(text) if text.contains(word));
    let Some((field, expectation)) = &row.ask else { return false };
    matches!(field.plain(), Field::SdpAttribute(_) | Field::SdpFile(_))
        && match expectation {
            Expectation::Is(reference)
            | Expectation::IsNot(reference)
            | Expectation::IsAbsentOr(reference)
            | Expectation::Includes(reference) => says(reference),
            Expectation::IsOneOf(references) => references.iter().any(says),
            Expectation::HasValue(text) => text.contains(word),
            _ => false,
        }
}

/// Whether a row compares with a moment, or a value, that only the chunks tell.
fn in_msrp(field: &Field, expectation: &Expectation) -> bool {
    let told = |moment: &Moment| !matches!(moment, Moment::Request(_) | Moment::Response(..) | Moment::Act);
    match (field, expectation) {
        (Field::SecondsAfter(moment), _) | (_, Expectation::IsAfter(moment) | Expectation::IsBefore(moment)) => {
            told(moment)
        }
        (_, Expectation::Is(reference) | Expectation::IsAbsentOr(reference)) => {
            matches!(reference, Reference::SizeOfMessage | Reference::SizeOfFile(_))
        }
        _ => false,
    }
}
