//! The message of a finding as the page shows it: line by line, the span marked.

use crate::judge::finding::Evidence;
use crate::report::text::{Line, lines};
use crate::wire::Span;

/// The most octets of one message.
const MOST: usize = 6 << 10;
/// Octets kept before the mark where a message does not fit.
const BEFORE: usize = 1 << 10;

pub struct EvidenceView {
    /// Octets left out before the lines.
    pub before: usize,
    pub lines: Vec<Line>,
    /// Octets left out behind the lines.
    pub behind: u64,
}

impl EvidenceView {
    pub fn of(evidence: &Evidence) -> EvidenceView {
        let octets = &evidence.octets[..];
        let mark = evidence.span.map_or(0..0, Span::range);
        let start = if mark.end > MOST { mark.start.saturating_sub(BEFORE).min(octets.len()) } else { 0 };
        let end = octets.len().min(start + MOST);
        let mark = Span::new(mark.start.saturating_sub(start)..mark.end.saturating_sub(start));
        EvidenceView {
            before: start,
            lines: lines(&octets[start..end], Some(mark)),
            behind: evidence.cut.saturating_add((octets.len() - end) as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    #[track_caller]
    fn check(span: Option<(u32, u32)>, cut: u64, before: usize, behind: u64, marked: usize) {
        let mut octets = vec![b'a'; 10_000];
        octets[9_000] = b'\n';
        let span = span.map(|(start, end)| Span { start, end });
        let evidence = Evidence { packet: 1, at: Time(0), message: String::new(), octets: octets.into(), cut, span };
        let view = EvidenceView::of(&evidence);
        let pieces = view.lines.iter().flat_map(|line| &line.pieces).filter(|piece| piece.marked);
        let found = pieces.map(|piece| piece.text.len()).sum::<usize>();
        assert_eq!((view.before, view.behind, found), (before, behind, marked));
    }

    #[test]
    fn the_mark_is_always_among_what_is_shown() {
        check(None, 0, 0, 10_000 - MOST as u64, 0);
        check(Some((10, 20)), 5, 0, 10_005 - MOST as u64, 10);
        check(Some((8_000, 8_100)), 5, 8_000 - BEFORE, 5, 100);
        check(Some((20_000, 30_000)), 0, 10_000, 0, 0);
        check(Some((9, 3)), 0, 0, 10_000 - MOST as u64, 0);
    }
}
