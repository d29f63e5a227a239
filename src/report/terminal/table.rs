//! The table of a run: a line for each subclause, a column for each verdict that occurs.

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Segment};
use tabled::settings::peaker::Priority;
use tabled::settings::style::HorizontalLine;
use tabled::settings::{Alignment, Padding, Style, Width};

use super::style::{BOLD, DIM, of, paint, word};
use crate::judge::finding::{Run, Verdict};
use crate::report::tally::{Tally, subclauses};
use crate::report::text::brief;

/// The most characters of a title.
const LONGEST: usize = 200;

pub fn render(run: &Run, width: usize) -> String {
    let total = Tally::of_run(run);
    let always = [Verdict::Pass, Verdict::Warning, Verdict::Fail];
    let shown = |verdict: &Verdict| always.contains(verdict) || total.get(*verdict) > 0;
    let verdicts: Vec<Verdict> = COLUMNS.into_iter().filter(shown).collect();

    let mut table = Builder::new();
    let heads = verdicts.iter().map(|verdict| head(*verdict).to_owned());
    let heads = ["subclause".to_owned(), "cases".to_owned()].into_iter().chain(heads).chain(["verdict".to_owned()]);
    table.push_record(heads.map(|head| paint(BOLD, &head)));
    for subclause in subclauses(run) {
        let name = brief(&subclause.name(), LONGEST).into_owned();
        let mut row = vec![format!("{name}  {}", brief(subclause.title, LONGEST)), subclause.cases.len().to_string()];
        row.extend(verdicts.iter().map(|verdict| count(*verdict, subclause.tally.get(*verdict))));
        row.push(word(subclause.verdict()));
        table.push_record(row);
    }
    let line = HorizontalLine::new('\u{2500}');
    let mut table = table.build();
    table
        .with(Style::empty().horizontals([(1, line)]))
        .modify(Segment::all(), Padding::new(0, 2, 0, 0))
        .modify(Columns::new(1..=verdicts.len() + 1), Alignment::right())
        // Without this priority the wrapping squeezes the narrow columns to nothing.
        .with(Width::wrap(width).keep_words(true).priority(Priority::max(true)));
    let mut text = String::new();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

const COLUMNS: [Verdict; 8] = [
    Verdict::Pass,
    Verdict::Warning,
    Verdict::Flaky,
    Verdict::Fail,
    Verdict::Inconclusive,
    Verdict::NotApplicable,
    Verdict::NotExercised,
    Verdict::Error,
];

fn head(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Warning => "warn",
        Verdict::Inconclusive => "inconcl.",
        Verdict::NotApplicable => "n.a.",
        Verdict::NotExercised => "not ex.",
        other => other.word(),
    }
}

fn count(verdict: Verdict, count: usize) -> String {
    if count == 0 { paint(DIM, "\u{b7}") } else { paint(of(verdict), &count.to_string()) }
}
