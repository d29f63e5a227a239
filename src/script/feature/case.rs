//! The flat model of a scenario: everything that a run, a list or a lint needs of it. Knows no step's meaning.

use serde::Serialize;

use crate::judge::finding::Place;

/// One scenario, or one row of examples of a scenario outline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// For example `im/9.1.1.2/one-recipient`; with a fourth part for a row of examples.
    pub address: String,
    /// First folder: `im`.
    pub spec: String,
    /// For example `9.1.1.2`.
    pub subclause: String,
    /// Title of the feature without the number.
    pub feature: String,
    pub scenario: String,
    /// Without `@`, from the feature down, each once.
    pub tags: Vec<String>,
    /// The heading of the scenario, or the row of examples.
    pub place: Place,
    /// The steps of the backgrounds first.
    pub steps: Vec<Step>,
}

/// One step, as written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The word in the file: `Given`, `And`…
    pub keyword: String,
    /// What `And` and `But` stand for.
    pub kind: StepKind,
    pub text: String,
    pub table: Option<Vec<Row>>,
    pub docstring: Option<DocString>,
    pub line: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum StepKind {
    Given,
    When,
    Then,
}

/// One row of a step's table; the first one holds the headings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub line: u32,
    pub cells: Vec<String>,
}

/// The text below a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocString {
    /// What follows the opening quotes: `application/sdp`.
    pub media_type: Option<String>,
    /// Lines end with LF, the last one with nothing.
    text: String,
}

impl Step {
    /// The rows below the headings, each as (line, cell of each heading in `columns`); cells of a missing column are empty.
    pub fn rows<const N: usize>(&self, columns: [&str; N]) -> Vec<(u32, [&str; N])> {
        let Some((head, rows)) = self.table.as_deref().and_then(|table| table.split_first()) else { return Vec::new() };
        let at = columns.map(|column| head.cells.iter().position(|cell| cell.eq_ignore_ascii_case(column)));
        let cell = |row: &'_ Row, n: Option<usize>| n.filter(|n| *n < row.cells.len());
        rows.iter().map(|row| (row.line, at.map(|n| cell(row, n).map_or("", |n| row.cells[n].as_str())))).collect()
    }
}

impl DocString {
    /// From what `gherkin` gives: it leaves the first line break, the media type and, below one, the indentation.
    pub fn normalise(raw: &str) -> DocString {
        let raw = raw.replace("\r\n", "\n");
        let (first, body) = raw.split_once('\n').unwrap_or((raw.as_str(), ""));
        let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
        let margin = body.lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or_default();
        let lines: Vec<&str> = body.split('\n').map(|line| line.get(margin..).unwrap_or_default()).collect();
        let text = lines.join("\n").replace("\\\"\\\"\\\"", "\"\"\"");
        // The line with the closing quotes is no part of the text.
        let text = match text.rsplit_once('\n') {
            Some((text, last)) if last.trim().is_empty() => text.to_owned(),
            _ if text.trim().is_empty() => String::new(),
            _ => text,
        };
        let media_type = Some(first.trim()).filter(|first| !first.is_empty()).map(str::to_owned);
        DocString { media_type, text }
    }

    /// Lines end with LF.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as protocols send it: lines end with CRLF.
    pub fn crlf(&self) -> String {
        self.text.replace('\n', "\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doc_strings_are_what_the_author_sees() {
        for (raw, media_type, text) in [
            ("\nv=0\ns=-\n", None, "v=0\ns=-"),
            ("\r\nv=0\r\ns=-\r\n", None, "v=0\ns=-"),
            ("application/sdp\n      v=0\n        s=-\n", Some("application/sdp"), "v=0\n  s=-"),
            ("text/plain\n      a\n\n      b\n\n      ", Some("text/plain"), "a\n\nb\n"),
            ("\nsay \\\"\\\"\\\"\n", None, "say \"\"\""),
            ("\n", None, ""),
            ("", None, ""),
            ("\n\n", None, ""),
            ("\nlast", None, "last"),
            ("\n \u{e9}\n  x\n", None, "\u{e9}\n x"),
        ] {
            let doc = DocString::normalise(raw);
            assert_eq!((doc.media_type.as_deref(), doc.text()), (media_type, text), "{raw:?}");
            assert_eq!(doc.crlf().replace("\r\n", "\n"), text);
        }
    }

    #[test]
    fn rows_are_read_by_the_names_of_their_columns() {
        let row = |line, cells: [&str; 2]| Row { line, cells: cells.map(str::to_owned).to_vec() };
        let mut step = Step {
            keyword: "Then".into(),
            kind: StepKind::Then,
            text: "x".into(),
            table: Some(vec![row(2, ["Field", "requirement"]), row(3, ["To", "IM-1"])]),
            docstring: None,
            line: 1,
        };
        assert_eq!(step.rows(["requirement", "field", "other"]), [(3, ["IM-1", "To", ""])]);
        step.table = None;
        assert!(step.rows(["requirement"]).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn normalising_never_panics(raw in "[a \t\r\n\"\\\\\u{e9}\u{3000}]{0,60}") {
            DocString::normalise(&raw);
        }
    }
}
