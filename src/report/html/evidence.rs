//! The message of a finding as the page shows it: line by line, the span marked.

use crate::judge::finding::Evidence;
use crate::report::text::{Line, lines};
use crate::wire::Span;

/// The most octets of one message.
const MOST: usize = 6 << 10;
/// Octets kept before the mark where a message does not fit.
const BEFORE: usize = 1 << 10;

/// Lines shown around the marked ones, and in all where none is marked.
const AROUND: usize = 24;
const UNMARKED: usize = 40;

pub struct EvidenceView {
    /// Octets left out before the lines.
    pub before: usize,
    /// Lines to unfold, far before the marked ones.
    pub head: Vec<Line>,
    pub lines: Vec<Line>,
    /// Lines to unfold, far behind the marked ones.
    pub tail: Vec<Line>,
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
        let mut head = lines(&octets[start..end], Some(mark));
        let first = head.iter().position(Line::marked).unwrap_or_default().saturating_sub(AROUND);
        let last = head.iter().rposition(Line::marked).map_or(UNMARKED, |last| last + AROUND + 1);
        let tail = head.split_off(last.min(head.len()));
        let lines = head.split_off(first);
        EvidenceView {
            before: start,
            head,
            lines,
            tail,
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
    fn lines_far_from_the_mark_are_folded() {
        for (span, folded) in [(Some((50, 51)), (1, 49, 50)), (Some((0, 1)), (0, 25, 75)), (None, (0, 40, 60))] {
            let span = span.map(|(start, end)| Span { start, end });
            let octets = "a\n".repeat(100).into();
            let evidence = Evidence { packet: 1, at: Time(0), message: String::new(), octets, cut: 0, span };
            let view = EvidenceView::of(&evidence);
            assert_eq!((view.head.len(), view.lines.len(), view.tail.len()), folded, "{span:?}");
        }
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
