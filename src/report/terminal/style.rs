//! The colours of verdicts. No meaning rests on a colour alone: the word always stands there too.

use anstyle::{AnsiColor, Style};

use crate::judge::finding::Verdict;

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();

pub fn of(verdict: Verdict) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match verdict {
        Verdict::Pass => colour(AnsiColor::Green),
        Verdict::Fail => colour(AnsiColor::Red).bold(),
        Verdict::Error => colour(AnsiColor::Magenta).bold(),
        Verdict::Warning | Verdict::Flaky => colour(AnsiColor::Yellow),
        Verdict::Inconclusive => colour(AnsiColor::Cyan),
        Verdict::NotApplicable | Verdict::NotExercised => DIM,
    }
}

/// The word of a verdict in its colour.
pub fn word(verdict: Verdict) -> String {
    paint(of(verdict), verdict.word())
}

/// The text in that style; text of a peer must be made visible first.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
