//! A case and its findings as the page shows them.

use super::evidence::EvidenceView;
use super::svg::Svg;
use super::{Budget, anchor, cited, class, shown};
use crate::judge::finding::{CaseResult, Finding, Verdict};
use crate::report::ladder::milliseconds;
use crate::report::tally::Tally;
use crate::report::text::brief;

/// The most characters of a paraphrase where the finding has one row.
const LONGEST_ROW: usize = 240;
/// Arrows of a ladder: of a case that passed, and of another one.
const ARROWS: (usize, usize) = (40, 200);

pub struct CaseView {
    pub anchor: String,
    pub address: String,
    pub scenario: String,
    pub class: &'static str,
    pub word: &'static str,
    pub open: bool,
    pub tally: String,
    pub place: String,
    pub duration: String,
    pub capture: Option<String>,
    pub log: Option<String>,
    pub repeats: u32,
    pub rerun: String,
    /// Those with something to tell, one block each.
    pub told: Vec<FindingView>,
    /// Those with one row each.
    pub rows: Vec<FindingView>,
    pub ladder: Option<Svg>,
}

pub struct FindingView {
    pub anchor: String,
    pub class: &'static str,
    pub word: &'static str,
    /// The requirement, with a number where a case checks it again.
    pub check: String,
    pub clause: String,
    pub text: String,
    pub subject: String,
    pub expected: Vec<String>,
    pub found: Option<String>,
    pub reason: String,
    pub known: Option<String>,
    pub fault: Option<&'static str>,
    pub place: String,
    pub packet: Option<u32>,
    pub message: Option<String>,
    pub evidence: Option<EvidenceView>,
    /// The message is unfolded from the start.
    pub open: bool,
}

impl CaseView {
    pub fn of(case: &CaseResult, budget: &mut Budget) -> CaseView {
        let verdict = case.verdict();
        let told = |finding: &&Finding| finding.verdict > Verdict::Pass;
        let open = matches!(verdict, Verdict::Fail | Verdict::Error) && budget.open > 0;
        budget.open -= usize::from(open);
        CaseView {
            anchor: anchor(&case.address),
            address: shown(&case.address),
            scenario: shown(&case.scenario),
            class: class(verdict),
            word: verdict.word(),
            open,
            tally: Tally::of(&case.findings).to_string(),
            place: format!("{}:{}", shown(&case.place.file), case.place.line),
            duration: milliseconds(std::time::Duration::from_nanos(case.duration_ns)),
            capture: case.capture.as_deref().map(shown),
            log: case.log.as_deref().map(shown),
            repeats: case.repeats,
            rerun: shown(&case.rerun),
            told: case.findings.iter().filter(told).map(|finding| FindingView::of(finding, budget)).collect(),
            rows: case.findings.iter().filter(|finding| !told(finding)).map(FindingView::row).collect(),
            ladder: ladder(case, verdict, budget),
        }
    }
}

impl FindingView {
    fn of(finding: &Finding, budget: &mut Budget) -> FindingView {
        let evidence = finding.evidence.as_ref().filter(|evidence| !evidence.octets.is_empty() && budget.messages > 0);
        budget.messages -= usize::from(evidence.is_some());
        FindingView { evidence: evidence.map(EvidenceView::of), ..FindingView::without_message(finding) }
    }

    fn row(finding: &Finding) -> FindingView {
        let text = brief(&finding.text, LONGEST_ROW).into_owned();
        FindingView { text, ..FindingView::without_message(finding) }
    }

    pub fn without_message(finding: &Finding) -> FindingView {
        let check = finding.id.rsplit_once('#').map_or(finding.requirement.as_str(), |(_, check)| check);
        FindingView {
            anchor: anchor(&finding.id),
            class: class(finding.verdict),
            word: finding.verdict.word(),
            check: shown(check),
            clause: shown(&finding.clause),
            text: shown(&finding.text),
            subject: shown(&finding.subject),
            expected: finding.expected.iter().map(|expected| shown(expected)).collect(),
            found: finding.found.as_deref().map(shown),
            reason: shown(&finding.reason),
            known: finding.known.as_deref().map(shown),
            fault: finding.fault.map(|fault| fault.words()),
            place: format!("{}:{}", shown(&finding.place.file), finding.place.line),
            packet: finding.evidence.as_ref().map(|evidence| evidence.packet),
            message: finding.evidence.as_ref().map(|evidence| shown(&evidence.message)),
            evidence: None,
            open: !finding.is_known() && matches!(finding.verdict, Verdict::Fail | Verdict::Error),
        }
    }
}

fn ladder(case: &CaseResult, verdict: Verdict, budget: &mut Budget) -> Option<Svg> {
    if verdict > Verdict::Pass {
        return Svg::of(&case.ladder, ARROWS.1, &cited(case));
    }
    let most = ARROWS.0.min(budget.arrows);
    budget.arrows -= most.min(case.ladder.arrows.len());
    Svg::of(&case.ladder, most, &cited(case))
}
