//! `report.html`: one file without scripts that needs no network and shows what peers sent as inert text.
//!
//! The template escapes every value; the page's own policy forbids whatever should slip through.

mod case;
mod evidence;
mod svg;

use std::collections::HashSet;

use askama::Template;

use self::case::{CaseView, FindingView};
use super::tally::{Tally, subclauses};
use super::text::brief;
use crate::judge::finding::{Run, Verdict};

/// Failures beyond these are not listed at the top.
const MOST_LISTED: usize = 200;
/// The most characters of a value of a peer.
const LONGEST: usize = 2_000;

/// The whole file.
pub fn to_string(run: &Run) -> askama::Result<String> {
    Page::of(run).render()
}

/// What the file still has room for, so that a run of a thousand cases opens in a browser.
struct Budget {
    /// Messages shown with findings.
    messages: usize,
    /// Arrows of the ladders of cases that passed.
    arrows: usize,
    /// Cases that are open from the start.
    open: usize,
}

#[derive(Template)]
#[template(path = "page.html", config = "src/report/html/askama.toml")]
struct Page {
    stage: String,
    seed: u64,
    profile: String,
    subject: Vec<String>,
    interrupted: bool,
    not_played: usize,
    stale: Vec<String>,
    contradictions: Vec<String>,
    cases: usize,
    findings: usize,
    counts: Vec<Count>,
    sections: Vec<Section>,
    listed: Vec<FindingView>,
    unlisted: usize,
    version: &'static str,
}

/// A verdict with the number of findings that have it.
struct Count {
    word: &'static str,
    class: &'static str,
    count: usize,
}

/// One subclause.
struct Section {
    anchor: String,
    name: String,
    title: String,
    class: &'static str,
    word: &'static str,
    counts: Vec<Count>,
    cases: Vec<CaseView>,
}

impl Page {
    fn of(run: &Run) -> Page {
        let tally = Tally::of_run(run);
        let mut budget = Budget { messages: 500, arrows: 20_000, open: 20 };
        let sections: Vec<Section> = subclauses(run)
            .into_iter()
            .map(|subclause| Section {
                anchor: anchor(&format!("{}/{}", subclause.spec, subclause.number)),
                name: shown(&subclause.name()),
                title: shown(subclause.title),
                class: class(subclause.verdict()),
                word: subclause.verdict().word(),
                counts: counts(&subclause.tally, &tally),
                cases: subclause.cases.iter().map(|case| CaseView::of(case, &mut budget)).collect(),
            })
            .collect();
        let grave = |verdict: Verdict| matches!(verdict, Verdict::Fail | Verdict::Error);
        let all = run.cases.iter().flat_map(|case| &case.findings).filter(|f| grave(f.verdict) && !f.is_known());
        let listed: Vec<FindingView> = all.clone().take(MOST_LISTED).map(FindingView::without_message).collect();
        Page {
            stage: shown(&run.stage),
            seed: run.seed,
            profile: shown(&run.profile),
            subject: run.subject.iter().map(|subject| shown(subject)).collect(),
            interrupted: run.interrupted,
            not_played: run.not_played,
            contradictions: run.contradictions.iter().take(MOST_LISTED).map(|sentence| shown(sentence)).collect(),
            stale: run.stale.iter().take(MOST_LISTED).map(|sentence| shown(sentence)).collect(),
            cases: run.cases.len(),
            findings: tally.total(),
            counts: counts(&tally, &tally),
            sections,
            unlisted: all.count() - listed.len(),
            listed,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// The counts of the verdicts that occur in the run.
fn counts(tally: &Tally, run: &Tally) -> Vec<Count> {
    let class = |verdict, count| if count == 0 { "zero" } else { class(verdict) };
    let occurs = tally.each().filter(|(verdict, _)| run.get(*verdict) > 0);
    occurs.map(|(verdict, count)| Count { word: verdict.word(), class: class(verdict, count), count }).collect()
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Warning => "warn",
        Verdict::Flaky => "flaky",
        Verdict::Inconclusive => "inc",
        Verdict::NotApplicable => "na",
        Verdict::NotExercised => "nex",
        Verdict::Error => "err",
    }
}

fn shown(text: &str) -> String {
    brief(text, LONGEST).into_owned()
}

/// A name that links can point to, the same in every run.
fn anchor(address: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._/".contains(c) { c } else { ':' };
    address.chars().map(plain).collect()
}

/// The packets that findings other than pass are about.
fn cited(case: &crate::judge::finding::CaseResult) -> HashSet<u32> {
    let grave = case.findings.iter().filter(|finding| finding.verdict > Verdict::Pass);
    grave.filter_map(|finding| finding.evidence.as_ref()).map(|evidence| evidence.packet).collect()
}
