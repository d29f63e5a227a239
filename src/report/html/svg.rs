//! The ladder of a case as geometry for an inline SVG.

use std::collections::HashSet;

use crate::judge::finding::Ladder;
use crate::report::ladder::{milliseconds, origin};
use crate::report::text::{fit, visible};

/// Width of the columns of time and packet.
const MARGIN: usize = 136;
const TOP: usize = 44;
const ROW: usize = 28;
/// Width of one character of a label.
const CHARACTER: usize = 7;
/// Parties beyond these are left out.
const MOST_LANES: usize = 24;
/// Arrows shown on each side of one that a finding cites.
const AROUND: usize = 3;

pub struct Svg {
    pub width: usize,
    pub height: usize,
    /// Where the life lines end.
    pub bottom: usize,
    pub lanes: Vec<Lane>,
    pub rows: Vec<Row>,
}

pub struct Lane {
    pub x: usize,
    pub name: String,
    pub full: String,
}

pub enum Row {
    Arrow(Arrow),
    /// So many arrows are left out.
    Gap {
        y: usize,
        count: usize,
    },
}

pub struct Arrow {
    pub y: usize,
    pub time: String,
    pub packet: u32,
    pub from: usize,
    pub to: usize,
    /// Middle of the label.
    pub x: usize,
    pub label: String,
    pub full: String,
    /// A finding other than pass is about it.
    pub cited: bool,
}

impl Arrow {
    /// The tip of the arrow.
    pub fn tip(&self) -> String {
        let (x, y) = (self.to, self.y);
        // A message to oneself comes back from the right.
        let back = if self.to > self.from { x.saturating_sub(8) } else { x + 8 };
        format!("{x},{y} {back},{} {back},{}", y - 4, y + 4)
    }

    pub fn is_loop(&self) -> bool {
        self.from == self.to
    }
}

impl Svg {
    /// At most about `most` arrows: the first, the last and those around `cited` packets. Nothing where nothing was sent.
    pub fn of(ladder: &Ladder, most: usize, cited: &HashSet<u32>) -> Option<Svg> {
        if ladder.arrows.is_empty() || most == 0 {
            return None;
        }
        let count = ladder.lanes.len().min(MOST_LANES);
        let lane = (920 / count.max(1)).clamp(150, 300);
        let centre = |n: usize| MARGIN + n.min(count) * lane + lane / 2;
        let lanes = ladder.lanes.iter().take(count).enumerate().map(|(n, name)| {
            let full = visible(name).into_owned();
            Lane { x: centre(n), name: fit(&full, lane / CHARACTER - 1).into_owned(), full }
        });
        let start = origin(&ladder.arrows);
        let mut rows: Vec<Row> = Vec::new();
        for (n, arrow) in ladder.arrows.iter().enumerate() {
            let y = TOP + ROW * (rows.len() + 1);
            if !kept(ladder, n, most, cited) {
                match rows.last_mut() {
                    Some(Row::Gap { count, .. }) => *count += 1,
                    _ => rows.push(Row::Gap { y, count: 1 }),
                }
                continue;
            }
            let (from, to) = (centre(arrow.from), centre(arrow.to));
            let room = from.abs_diff(to).max(lane) / CHARACTER - 2;
            let full = visible(&arrow.label).into_owned();
            rows.push(Row::Arrow(Arrow {
                y,
                time: milliseconds(arrow.at.since(start)),
                packet: arrow.packet,
                from,
                to,
                x: (from + to) / 2,
                label: fit(&full, room).into_owned(),
                full,
                cited: cited.contains(&arrow.packet),
            }));
        }
        let bottom = TOP + ROW * (rows.len() + 1) - ROW / 2;
        let lanes = lanes.collect();
        Some(Svg { width: MARGIN + count.max(1) * lane, height: bottom + 4, bottom, lanes, rows })
    }
}

fn kept(ladder: &Ladder, n: usize, most: usize, cited: &HashSet<u32>) -> bool {
    let total = ladder.arrows.len();
    if total <= most || n < most / 2 || n >= total - most / 4 {
        return true;
    }
    let around = n.saturating_sub(AROUND)..(n + AROUND + 1).min(total);
    ladder.arrows[around].iter().any(|arrow| cited.contains(&arrow.packet))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::finding;
    use crate::time::Time;

    #[track_caller]
    fn check(arrows: usize, most: usize, cited: &[u32], expected: &[&str]) {
        let arrow = |n: usize| finding::Arrow { packet: n as u32, at: Time(0), from: 0, to: 9, label: String::new() };
        let ladder = Ladder { lanes: vec!["a".into()], arrows: (0..arrows).map(arrow).collect() };
        let svg = Svg::of(&ladder, most, &cited.iter().copied().collect());
        let show = |row: &Row| match row {
            Row::Arrow(arrow) => arrow.packet.to_string(),
            Row::Gap { count, .. } => format!("+{count}"),
        };
        let rows: Vec<String> = svg.map_or_else(Vec::new, |svg| svg.rows.iter().map(show).collect());
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_long_ladder_keeps_its_ends_and_what_findings_cite() {
        check(3, 4, &[], &["0", "1", "2"]);
        check(30, 4, &[], &["0", "1", "+27", "29"]);
        check(30, 4, &[10], &["0", "1", "+5", "7", "8", "9", "10", "11", "12", "13", "+15", "29"]);
        check(0, 4, &[], &[]);
        check(9, 0, &[], &[]);
    }
}
