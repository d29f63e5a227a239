//! What `imspec probe` found, for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::terminal::style::{BOLD, paint};
use super::text::visible;
use crate::script::probe::{Found, Shown};

/// The facts, the capabilities, what is proposed, and what contradicts the file.
pub fn render(found: &Found) -> String {
    let mut text = format!("{} plays {}\n", visible(&found.name), visible(&found.plays));
    // Writing to a String cannot fail.
    let mut heading = "";
    for fact in &found.facts {
        if heading != fact.from {
            heading = &fact.from;
            let _ = writeln!(text, "\n{}", paint(BOLD, &visible(heading)));
        }
        let _ = writeln!(text, "  {:<21} {}", visible(&fact.what), visible(&fact.value));
    }
    let _ = writeln!(text, "\n{}", paint(BOLD, found.key));
    let width = found.capabilities.iter().map(|capability| capability.name.len()).max().unwrap_or(0);
    for capability in &found.capabilities {
        let claimed = if capability.claimed { "claimed" } else { "not claimed" };
        let word = format!("{:<11}", capability.shown.word());
        let word = paint(style(capability.shown, capability.contradiction().is_some()), &word);
        let _ = writeln!(text, "  {:<width$} {claimed:<11}  {word}  {}", capability.name, visible(&capability.because));
    }
    let _ = writeln!(text, "\n{}\n  {}: [{}]", paint(BOLD, "proposed"), found.key, found.proposed.join(", "));
    match found.contradictions.is_empty() {
        true => text.push_str("\nnothing contradicts the file\n"),
        false => {
            let _ = writeln!(text, "\n{}", paint(BOLD, "contradictions"));
            for contradiction in &found.contradictions {
                let _ = writeln!(text, "  {}", visible(contradiction));
            }
        }
    }
    text
}

fn style(shown: Shown, contradicts: bool) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match shown {
        _ if contradicts => colour(AnsiColor::Red).bold(),
        Shown::Seen => colour(AnsiColor::Green),
        Shown::NotSeen => colour(AnsiColor::Yellow),
        Shown::CannotTell => colour(AnsiColor::Cyan),
    }
}
