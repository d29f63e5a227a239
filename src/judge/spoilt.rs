//! What others did to a case, so that what is missing in it need not be the fault of the party under test; and
//! findings that rest on octets nobody captured. Captures need this: there nobody arranged how peers behave.

use std::fmt;

use super::check::Check;
use super::expectation::Expectation;
use super::field::Field;
use super::finding::{Finding, Verdict};
use super::moment::Moment;
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
    found.extend(chunks().filter_map(|m| m.head().status()).find(|s| *s != 200).map(Trouble::MsrpRefused));
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

/// Withdraws complaints about the answer to an invitation, and about what it kept from happening.
pub fn excuse(check: &Check, findings: &mut [Finding], why: &str) {
    let concerned = !matches!(
        &check.subject,
        Subject::NoRequest { .. }
            | Subject::NoChunk { .. }
            | Subject::NoAcknowledgement { .. }
            | Subject::OpensNone { .. }
    );
    for finding in findings.iter_mut().filter(|f| concerned && f.complains()) {
        withdraw(finding, why);
    }
}

/// Withdraws what rests on MSRP octets, or on the absence of messages, where the observer missed octets.
pub fn withhold(check: &Check, findings: &mut [Finding], why: &str) {
    for (row, finding) in check.rows.iter().zip(findings) {
        let rests = match &check.subject {
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
        };
        if rests && (finding.verdict == Verdict::Pass || finding.complains()) {
            withdraw(finding, why);
        }
    }
}

fn withdraw(finding: &mut Finding, why: &str) {
    finding.verdict = Verdict::Inconclusive;
    finding.fault = None;
    finding.reason = why.to_owned();
}

/// Whether a row compares with a moment, or a value, that only the chunks tell.
fn in_msrp(field: &Field, expectation: &Expectation) -> bool {
    let told = |moment: &Moment| !matches!(moment, Moment::Request(_) | Moment::Response(..) | Moment::Act);
    match (field, expectation) {
        (Field::SecondsAfter(moment), _) | (_, Expectation::IsAfter(moment) | Expectation::IsBefore(moment)) => {
            told(moment)
        }
        (_, Expectation::Is(super::expectation::Reference::SizeOfMessage)) => true,
        _ => false,
    }
}
