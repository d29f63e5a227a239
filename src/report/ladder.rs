//! The message ladder of a case as text: one line an arrow, parties as columns, what was sent at the right.

use std::fmt::Write as _;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::text::{fit, visible};
use crate::judge::finding::{Arrow, Ladder};
use crate::time::Time;

/// Widest column of a party.
const WIDEST_LANE: usize = 20;
/// Narrowest column of a party; below it the parties are numbered and named in a legend.
const NARROWEST_LANE: usize = 9;
const NUMBERED_LANE: usize = 5;
/// Parties beyond these are left out.
const MOST_LANES: usize = 64;
/// Columns that the time and the packet number take.
const MARGIN: usize = 21;
/// Columns that the labels should have at least.
const LABEL: usize = 24;

/// The ladder in lines of at most `width` columns of a terminal (not below about 60 for two parties).
pub fn text(ladder: &Ladder, width: usize) -> String {
    let lanes: Vec<String> = ladder.lanes.iter().take(MOST_LANES).map(|name| visible(name).into_owned()).collect();
    let mut shown = String::new();
    if ladder.arrows.is_empty() {
        return "nothing was sent\n".to_owned();
    }
    let room = width.saturating_sub(MARGIN + LABEL) / lanes.len().max(1);
    let longest = lanes.iter().map(|name| name.width() + 2).max().unwrap_or_default();
    let numbered = room < NARROWEST_LANE;
    let lane = if numbered { NUMBERED_LANE } else { longest.clamp(NARROWEST_LANE, room.min(WIDEST_LANE)) };
    let heads: Vec<String> = if numbered { (1..=lanes.len()).map(|n| n.to_string()).collect() } else { lanes.clone() };
    if numbered {
        for (head, name) in heads.iter().zip(&lanes) {
            let _ = writeln!(shown, "{head:>4}  {}", fit(name, width.saturating_sub(6)));
        }
        shown.push('\n');
    }
    let columns: String = heads.iter().map(|head| centred(&fit(head, lane - 1), lane)).collect();
    let _ = writeln!(shown, "{:>11} {:>7}  {}", "ms", "packet", columns.trim_end());
    let start = origin(&ladder.arrows);
    for arrow in &ladder.arrows {
        let time = milliseconds(arrow.at.since(start));
        let line = shaft(arrow, lanes.len(), lane);
        let label = visible(&arrow.label);
        let label = fit(&label, width.saturating_sub(MARGIN + line.chars().count() + 2).max(8));
        let _ = writeln!(shown, "{time:>11} {:>7}  {line}  {label}", arrow.packet);
    }
    shown
}

/// The time of the first arrow.
pub(super) fn origin(arrows: &[Arrow]) -> Time {
    arrows.iter().map(|arrow| arrow.at).min().unwrap_or_default()
}

/// For example `1500.250`; microseconds are the finest that people compare.
pub(super) fn milliseconds(time: Duration) -> String {
    format!("{}.{:03}", time.as_millis(), time.subsec_micros() % 1000)
}

/// The life lines of `count` parties with the arrow across.
fn shaft(arrow: &Arrow, count: usize, lane: usize) -> String {
    let centre = |n: usize| n * lane + lane / 2;
    // Nothing stands behind the last life line.
    let mut cells = vec![' '; count.checked_sub(1).map_or(0, |last| centre(last) + 1)];
    (0..count).for_each(|n| cells[centre(n)] = '\u{2502}');
    if arrow.from >= count || arrow.to >= count {
        return cells.into_iter().collect();
    }
    let (from, to) = (centre(arrow.from), centre(arrow.to));
    if from == to {
        // A message to oneself.
        cells[from] = '\u{21ba}';
    } else {
        let (left, right) = (from.min(to), from.max(to));
        cells[left + 1..right].fill('\u{2500}');
        let head = if to > from { (right - 1, '>') } else { (left + 1, '<') };
        cells[head.0] = head.1;
    }
    cells.into_iter().collect()
}

fn centred(text: &str, columns: usize) -> String {
    // The life line stands at `columns / 2`, so the text leans that way.
    let left = (columns / 2).saturating_sub(text.width() / 2);
    let right = columns.saturating_sub(left + text.width());
    format!("{}{text}{}", " ".repeat(left), " ".repeat(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ladder(lanes: usize) -> Ladder {
        let arrow = |n: usize, from: usize, to: usize, label: &str| Arrow {
            packet: n as u32,
            at: Time(1_000_000_000 + n as u64 * 20_250_000),
            from,
            to,
            label: label.to_owned(),
        };
        let names = [
            "Alice's client",
            "SIP/IP core",
            "Bob's client",
            "\u{1b}[31m\u{65e5}\u{672c}\u{8a9e}\u{65e5}\u{672c}\u{8a9e}",
        ];
        Ladder {
            lanes: (0..lanes).map(|n| names[n % names.len()].to_owned()).collect(),
            arrows: vec![
                arrow(1, 0, 1, "INVITE sip:bob@home1.example"),
                arrow(2, 1, lanes - 1, "INVITE sip:bob@[2001:db8::9:255]:5060;transport=tcp;with=a;very=long;uri"),
                arrow(3, lanes - 1, 0, "MSRP SEND 1-2048/20000 +\r\n\u{202e}"),
                arrow(4, 1, 1, "TCP closes"),
                arrow(5, 0, 99, "to nobody"),
            ],
        }
    }

    #[track_caller]
    fn check(lanes: usize, width: usize) {
        let text = text(&ladder(lanes), width);
        assert!(text.lines().all(|line| line.width() <= width), "wider than {width}:\n{text}");
        assert!(!text.contains(|c| super::super::text::acts(c) && c != '\n'), "{text:?}");
        insta::assert_snapshot!(format!("ladder_{lanes}_lanes_{width}"), text);
    }

    #[test]
    fn a_ladder_fits_the_terminal() {
        check(3, 100);
        check(4, 80);
        check(9, 80);
    }

    #[test]
    fn a_ladder_of_nothing_says_so() {
        assert_eq!(text(&Ladder::default(), 80), "nothing was sent\n");
    }
}
