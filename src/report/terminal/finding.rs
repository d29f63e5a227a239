//! One finding on a terminal: in full with the place in the message, short, or in one line.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::style::{BOLD, DIM, of, paint, word};
use crate::judge::finding::{CaseResult, Evidence, Finding};
use crate::report::text::{Line, brief, fit, lines};

/// The most characters of one value of a peer.
const LONGEST: usize = 400;
/// Marked lines of a message beyond these are left out.
const MOST_LINES: usize = 4;
/// Columns before a value: two, the name, one.
const INDENT: usize = 14;

/// Everything that somebody needs to repair it.
pub fn full(case: &CaseResult, finding: &Finding, width: usize) -> String {
    let mut text = head(finding);
    let mut line = |name: &str, value: &str| push(&mut text, name, value, width);
    line(&finding.clause, &finding.text);
    line("looked at", &finding.subject);
    each_expected(finding, &mut line);
    if let Some(found) = &finding.found {
        line("found", found);
    }
    line("reason", &finding.reason);
    line("fault", finding.fault.map_or("", |fault| fault.words()));
    if let Some(evidence) = &finding.evidence {
        line("packet", &format!("{}: {}", evidence.packet, evidence.message));
    }
    line("capture", case.capture.as_deref().unwrap_or_default());
    line("log", case.log.as_deref().unwrap_or_default());
    if let Some(evidence) = &finding.evidence {
        excerpt(&mut text, evidence, width);
    }
    let mut line = |name: &str, value: &str| push(&mut text, name, value, width);
    line("place", &format!("{}:{}", finding.place.file, finding.place.line));
    line("again", &case.rerun);
    text.push('\n');
    text
}

/// What was broken, and how.
pub fn short(finding: &Finding, width: usize) -> String {
    let mut text = head(finding);
    let mut line = |name: &str, value: &str| push(&mut text, name, value, width);
    line(&finding.clause, &finding.text);
    each_expected(finding, &mut line);
    if let Some(found) = &finding.found {
        line("found", found);
    }
    line("reason", &finding.reason);
    text
}

/// Which check, and why.
pub fn line(finding: &Finding, width: usize) -> String {
    let mut text = head(finding);
    push(&mut text, "reason", &finding.reason, width);
    text
}

/// Which check, and why nobody need look into it again.
pub fn known(finding: &Finding, width: usize) -> String {
    let mut text = head(finding);
    push(&mut text, "known", finding.known.as_deref().unwrap_or_default(), width);
    text
}

fn head(finding: &Finding) -> String {
    format!("{} {}\n", word(finding.verdict), paint(BOLD, &brief(&finding.id, LONGEST)))
}

fn each_expected(finding: &Finding, line: &mut impl FnMut(&str, &str)) {
    for (n, expected) in finding.expected.iter().enumerate() {
        line(if n == 0 { "expected" } else { "or" }, expected);
    }
}

/// A named value, wrapped behind its name; nothing where the value is empty.
fn push(text: &mut String, name: &str, value: &str, width: usize) {
    if value.is_empty() {
        return;
    }
    let mut name = brief(name, LONGEST).into_owned();
    name.push_str(&" ".repeat((INDENT - 3).saturating_sub(name.width())));
    for (n, row) in wrap(&brief(value, LONGEST), width.saturating_sub(INDENT).max(20)).into_iter().enumerate() {
        let _ = if n == 0 {
            writeln!(text, "  {} {row}", paint(DIM, &name))
        } else {
            writeln!(text, "{}{row}", " ".repeat(INDENT))
        };
    }
}

/// Rows of at most `columns`, broken at spaces where there are any.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = String::new();
    for word in text.split_inclusive(' ') {
        if !row.is_empty() && row.width() + word.trim_end().width() > columns {
            rows.push(std::mem::take(&mut row));
        }
        row.push_str(word);
        while row.trim_end().width() > columns {
            let cut = fit(&row, columns + 1).chars().count().saturating_sub(1).max(1);
            let rest = row.chars().skip(cut).collect();
            rows.push(row.chars().take(cut).collect());
            row = rest;
        }
    }
    rows.push(row);
    rows.iter().map(|row| row.trim_end().to_owned()).collect()
}

/// The lines of the message that the verdict rests on, underlined as compilers do.
fn excerpt(text: &mut String, evidence: &Evidence, width: usize) {
    let lines = lines(&evidence.octets, evidence.span);
    let marked: Vec<&Line> = lines.iter().filter(|line| line.marked()).collect();
    for line in marked.iter().take(MOST_LINES) {
        let number = format!("{:>10} \u{2502} ", line.number);
        let (shown, under) = underlined(line, width.saturating_sub(INDENT).max(20));
        let _ = writeln!(text, "{}{shown}", paint(DIM, &number));
        let _ = writeln!(text, "{}{under}", paint(DIM, "           \u{2502} "));
    }
    if marked.len() > MOST_LINES {
        let _ = writeln!(text, "{}{} more lines", " ".repeat(INDENT), marked.len() - MOST_LINES);
    }
}

/// The line and the marks below it, both cut to `columns`.
fn underlined(line: &Line, columns: usize) -> (String, String) {
    let (mut shown, mut under) = (String::new(), String::new());
    let mut left = columns;
    for piece in &line.pieces {
        // What stands before the mark may be long; its end is what matters.
        let before = !piece.marked && under.is_empty();
        let room = if before { columns / 3 } else { left };
        let cut = if before { tail(&piece.text, room) } else { fit(&piece.text, room).into_owned() };
        let width = cut.width();
        left = left.saturating_sub(width);
        if piece.marked {
            let style = of(crate::judge::finding::Verdict::Fail);
            shown.push_str(&paint(style, &cut));
            under.push_str(&paint(style, &"^".repeat(width)));
        } else {
            shown.push_str(&cut);
            under.push_str(&" ".repeat(width));
        }
    }
    (shown, under.trim_end().to_owned())
}

/// The last `columns` of the text.
fn tail(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let backwards: String = text.chars().rev().collect();
    fit(&backwards, columns).chars().rev().collect()
}
