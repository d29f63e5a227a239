//! What is wrong with a file that an author wrote: where, the line itself, and what would be right. Knows no file format.

use std::fmt;

use serde::Serialize;

/// The most characters of a line that a snippet shows.
const SNIPPET: usize = 160;

/// One thing wrong with an author's file. Lines and columns count from 1; 0 where the place is not known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Diagnostic {
    /// Path as the author knows it, for example `features/im/09-large-message/9.1.1.2-establishment.feature`.
    pub file: String,
    pub line: u32,
    /// In characters.
    pub column: u32,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    pub snippet: Option<Snippet>,
}

/// The offending line, cut to a readable width, and where the caret goes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Snippet {
    pub text: String,
    /// Characters of `text` before the caret.
    pub caret: usize,
}

impl Diagnostic {
    /// A diagnostic for the whole of `file`.
    pub fn new(file: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { file: file.into(), line: 0, column: 0, message: message.into(), hint: None, snippet: None }
    }

    /// Puts it at `line` and `column` (both from 1) of `text`, and takes the snippet from there.
    pub fn at(mut self, text: &str, line: usize, column: usize) -> Diagnostic {
        self.line = u32::try_from(line).unwrap_or(u32::MAX);
        self.column = u32::try_from(column).unwrap_or(u32::MAX);
        self.snippet = line.checked_sub(1).and_then(|n| text.lines().nth(n)).map(|l| Snippet::cut(l, column));
        self
    }

    /// Puts it at `line` of `text`, below the first `part` of that line, or its first visible character.
    pub fn at_part(self, text: &str, line: usize, part: &str) -> Diagnostic {
        let content = line.checked_sub(1).and_then(|n| text.lines().nth(n)).unwrap_or_default();
        let indent = content.len() - content.trim_start().len();
        let offset = content.find(part).filter(|_| !part.is_empty()).unwrap_or(indent);
        self.at(text, line, content[..offset].chars().count() + 1)
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the hint where there is one.
    pub fn maybe_hint(mut self, hint: Option<String>) -> Diagnostic {
        self.hint = hint.or(self.hint);
        self
    }
}

impl Snippet {
    fn cut(line: &str, column: usize) -> Snippet {
        let before = column.saturating_sub(1);
        let skipped = if before < SNIPPET { 0 } else { before - SNIPPET / 2 };
        let text = line.chars().skip(skipped).take(SNIPPET).map(|c| if c.is_control() { ' ' } else { c }).collect();
        Snippet { text, caret: before - skipped }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}: {}", self.file, self.message)?,
            (line, 0) => write!(f, "{}:{line}: {}", self.file, self.message)?,
            (line, column) => write!(f, "{}:{line}:{column}: {}", self.file, self.message)?,
        }
        if let Some(snippet) = &self.snippet {
            write!(f, "\n{:>5} | {}", self.line, snippet.text.trim_end())?;
            write!(f, "\n{:>5} | {:caret$}^", "", "", caret = snippet.caret)?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n      = {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(diagnostic: Diagnostic, shown: &str) {
        assert_eq!(diagnostic.to_string(), shown);
    }

    #[test]
    fn shows_place_line_caret_and_hint() {
        let text = "one\n  two three\n";
        check(Diagnostic::new("a.yaml", "no such thing"), "a.yaml: no such thing");
        check(
            Diagnostic::new("a.yaml", "unknown word").at(text, 2, 7).hint("say four"),
            "a.yaml:2:7: unknown word\n    2 |   two three\n      |       ^\n      = say four",
        );
        check(
            Diagnostic::new("a.yaml", "bad").at_part(text, 2, "two"),
            "a.yaml:2:3: bad\n    2 |   two three\n      |   ^",
        );
        check(
            Diagnostic::new("a.yaml", "bad").at_part(text, 2, "absent"),
            "a.yaml:2:3: bad\n    2 |   two three\n      |   ^",
        );
    }

    #[test]
    fn places_outside_the_text_have_no_snippet() {
        for line in [0, 9] {
            assert_eq!(Diagnostic::new("a", "b").at("one\n", line, 1).snippet, None);
            assert_eq!(Diagnostic::new("a", "b").at_part("one\n", line, "x").snippet, None);
        }
    }

    #[test]
    fn a_long_or_wild_line_is_cut_and_tamed() {
        let line = format!("{}\u{1b}here{}", "x".repeat(5000), "y".repeat(5000));
        let snippet = Diagnostic::new("a", "b").at(&line, 1, 5002).snippet.unwrap();
        assert_eq!(snippet.text.chars().count(), SNIPPET);
        assert_eq!(snippet.text.chars().skip(snippet.caret).take(4).collect::<String>(), "here");
        assert!(!snippet.text.contains('\u{1b}'));
    }
}
