//! Foreign text and octets made safe and honest to show: what acts is escaped, what is invisible becomes visible.
//!
//! Knows no output format; HTML, XML and Markdown still escape their own characters.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::wire::Span;

/// The text on one line, with control, direction and invisible characters as `\n`, `\x1b`, `\u{202e}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| push_visible(&mut shown, c));
    Cow::Owned(shown)
}

/// [`visible`], of at most about `most` characters; says how many characters were left out.
pub fn brief(text: &str, most: usize) -> Cow<'_, str> {
    let Some((at, _)) = text.char_indices().nth(most) else { return visible(text) };
    let rest = text[at..].chars().count();
    Cow::Owned(format!("{}\u{2026} ({rest} more characters)", visible(&text[..at])))
}

/// The text cut to `columns` of a terminal, with an ellipsis where something is missing.
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut left = columns.saturating_sub(1);
    let fits = |c: &char| {
        let width = c.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    if columns > 0 {
        cut.push('\u{2026}');
    }
    Cow::Owned(cut)
}

/// True for characters that act on what shows them, or that nobody sees.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        // Noncharacters, which XML has no way to write.
        || matches!(c, '\u{fdd0}'..='\u{fdef}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// One line of a message, in pieces that are marked or not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// From 1.
    pub number: usize,
    pub pieces: Vec<Piece>,
}

/// Safe to show; see [`visible`]. Octets that are no UTF-8 stand as `\xff`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    pub text: String,
    pub marked: bool,
}

impl Line {
    pub fn marked(&self) -> bool {
        self.pieces.iter().any(|piece| piece.marked)
    }
}

/// A message line by line, with the octets of `mark` marked. A line end other than CRLF shows itself as `\n` or `\r`.
pub fn lines(octets: &[u8], mark: Option<Span>) -> Vec<Line> {
    let mark = mark.map_or(0..0, Span::range);
    let mut lines = Vec::new();
    let mut start = 0;
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        let plain = line.strip_suffix(b"\r\n").map_or(line.len(), <[u8]>::len);
        // A mark that rests on nothing but the line end would else be seen nowhere.
        let shown = if mark.start >= start + plain && mark.start < start + line.len() { line.len() } else { plain };
        let cut = |at: usize| at.saturating_sub(start).min(shown);
        let (from, to) = (cut(mark.start), cut(mark.end).max(cut(mark.start)));
        let pieces = [(0..from, false), (from..to, true), (to..shown, false)];
        let pieces = pieces.into_iter().filter(|(range, _)| !range.is_empty());
        let pieces = pieces.map(|(range, marked)| Piece { text: octets_visible(&line[range]), marked }).collect();
        lines.push(Line { number: lines.len() + 1, pieces });
        start += line.len();
    }
    lines
}

fn octets_visible(octets: &[u8]) -> String {
    let mut shown = String::with_capacity(octets.len());
    for chunk in octets.utf8_chunks() {
        chunk.valid().chars().for_each(|c| push_visible(&mut shown, c));
        for octet in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\x{octet:02x}");
        }
    }
    shown
}

fn push_visible(shown: &mut String, c: char) {
    let _ = match c {
        '\n' => shown.write_str("\\n"),
        '\r' => shown.write_str("\\r"),
        '\t' => shown.write_str("\\t"),
        c if !acts(c) => shown.write_char(c),
        c if c.is_ascii() => write!(shown, "\\x{:02x}", u32::from(c)),
        c => write!(shown, "\\u{{{:x}}}", u32::from(c)),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown_instead() {
        for (text, shown) in [
            ("plain", "plain"),
            ("a\r\n\tb", "a\\r\\n\\tb"),
            ("\u{1b}[31mred", "\\x1b[31mred"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\x7f"),
            ("sip:\u{202e}ecila", "sip:\\u{202e}ecila"),
            ("\u{feff}\u{2066}\u{200b}", "\\u{feff}\\u{2066}\\u{200b}"),
            ("\u{ffff}\u{1fffe}", "\\u{ffff}\\u{1fffe}"),
            ("\u{e9}\u{65e5}", "\u{e9}\u{65e5}"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(brief("12345", 5), "12345");
        assert_eq!(brief("123\u{e9}\n67", 4), "123\u{e9}\u{2026} (3 more characters)");
        for (columns, cut) in [
            (0, ""),
            (1, "\u{2026}"),
            (3, "\u{65e5}\u{2026}"),
            (4, "\u{65e5}\u{2026}"),
            (6, "\u{65e5}\u{672c}\u{8a9e}"),
        ] {
            assert_eq!(fit("\u{65e5}\u{672c}\u{8a9e}", columns), cut, "{columns}");
        }
    }

    #[track_caller]
    fn check(octets: &[u8], mark: std::ops::Range<usize>, expected: &[&str]) {
        let shown = |line: &Line| {
            let pieces = line.pieces.iter().map(|p| if p.marked { format!("<{}>", p.text) } else { p.text.clone() });
            pieces.collect::<String>()
        };
        let lines = lines(octets, Some(Span::new(mark)));
        assert_eq!(lines.iter().map(shown).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn messages_are_shown_line_by_line() {
        check(b"A: b\r\nC: d\r\n\r\n", 9..10, &["A: b", "C: <d>", ""]);
        check(b"A: b\r\nC: d\r\n", 3..9, &["A: <b>", "<C: >d"]);
        check(b"A: b\nC: d\rE\r\n", 0..0, &["A: b\\n", "C: d\\rE"]);
        check(b"A: b\r\n", 4..6, &["A: b<\\r\\n>"]);
        check(b"\xff\x00\xc3\xa9", 1..4, &["\\xff<\\x00\u{e9}>"]);
        check(b"short", 90..99, &["short"]);
        check(b"", 0..1, &[]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_acts_survives(octets: Vec<u8>, start: u32, end: u32) {
            for line in lines(&octets, Some(Span { start: start % 64, end: end % 64 })) {
                proptest::prop_assert!(line.pieces.iter().all(|piece| !piece.text.contains(acts)));
            }
        }
    }
}
