//! What `imspec doctor` found, a line each for people.

use anstyle::{AnsiColor, Style};

use super::terminal::style::paint;
use super::text::visible;
use crate::script::doctor::{Item, Standing};

/// An item, and below it what to do about it.
pub fn line(item: &Item) -> String {
    let word = format!("{:<11}", item.standing.word());
    let mut text = format!("{} {:<14} {}\n", paint(style(item.standing), &word), item.what, shown(&item.said));
    for hint in item.hint.iter().flat_map(|hint| hint.lines()) {
        text.push_str(&format!("{:27}= {}\n", "", visible(hint)));
    }
    text
}

/// Text with more lines stands below itself.
fn shown(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(visible).collect();
    lines.join(&format!("\n{:27}", ""))
}

fn style(standing: Standing) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match standing {
        Standing::Ok => colour(AnsiColor::Green),
        Standing::Warning => colour(AnsiColor::Yellow),
        Standing::Wrong => colour(AnsiColor::Red).bold(),
        Standing::CannotTell => colour(AnsiColor::Cyan),
    }
}
