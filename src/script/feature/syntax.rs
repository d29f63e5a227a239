//! Line by line through a feature file for what is wrong with it as Gherkin. The parser of the crate stops at the first fault,
//! names it one line late, and passes over some (a row with too many cells loses them); here each fault has its place.

use crate::script::diagnostic::Diagnostic;
use crate::script::suggest;

/// Longer files are refused: the parser's time grows with the square of their lines.
const MAX_LINES: usize = 2_000;

const HEADINGS: [&str; 6] = ["Feature", "Background", "Rule", "Scenario Outline", "Scenario", "Examples"];
const STEPS: [&str; 5] = ["Given", "When", "Then", "And", "But"];
/// Other words that the crate's parser takes for headings, so that prose must not begin with them either.
const OTHER_HEADINGS: [&str; 3] = ["Example", "Scenario Template", "Scenarios"];

/// Everything that is wrong with the text of the file at `path`.
pub fn check(path: &str, text: &str) -> Vec<Diagnostic> {
    let mut check =
        Check { path, text, part: Part::Top, table: None, quotes: None, seen: Seen::default(), wrong: Vec::new() };
    if text.lines().count() > MAX_LINES {
        return vec![Diagnostic::new(path, format!("is longer than {MAX_LINES} lines"))];
    }
    for (n, line) in text.lines().enumerate() {
        check.line(n + 1, line.trim());
    }
    check.end();
    check.wrong
}

/// The part of the file that a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Top,
    /// Below `Feature` or `Rule`.
    Prose,
    /// Below the heading of a scenario or background, before its first step.
    Intro,
    Steps,
    Examples,
}

#[derive(Default)]
struct Seen {
    feature: bool,
    scenario: bool,
    outline: bool,
}

struct Check<'a> {
    path: &'a str,
    text: &'a str,
    part: Part,
    /// Cells of the first row of the table that the last lines belong to.
    table: Option<usize>,
    /// The quotes that close the doc string, and the line that opened it.
    quotes: Option<(&'static str, usize)>,
    seen: Seen,
    wrong: Vec<Diagnostic>,
}

impl Check<'_> {
    fn line(&mut self, number: usize, line: &str) {
        if let Some((quotes, _)) = self.quotes {
            match line.find(quotes) {
                Some(0) if line.len() == quotes.len() => self.quotes = None,
                Some(_) => {
                    self.quotes = None;
                    let hint = "within the text write \\\"\\\"\\\", or put other quotes (```) around it";
                    self.complain(number, quotes, format!("the closing {quotes} does not stand alone")).hint =
                        Some(hint.into());
                }
                None => {}
            }
        } else if line.is_empty() {
        } else if let Some(comment) = line.strip_prefix('#') {
            self.comment(number, comment);
        } else if line.starts_with('|') {
            self.row(number, line);
        } else {
            self.table = None;
            self.other(number, line);
        }
    }

    fn other(&mut self, number: usize, line: &str) {
        if line.starts_with('@') {
            if let Some(word) = line.split_whitespace().find(|w| !w.starts_with('@') || w.len() == 1) {
                self.complain(number, word, format!("`{word}` among the tags does not begin with @"));
            }
        } else if let Some(quotes) = ["\"\"\"", "```"].into_iter().find(|quotes| line.starts_with(quotes)) {
            if self.part != Part::Steps {
                self.complain(number, quotes, "a doc string stands below a step only".into());
            }
            self.quotes = Some((quotes, number));
        } else if let Some(heading) =
            HEADINGS.into_iter().find(|h| line.strip_prefix(h).is_some_and(|l| l.starts_with(':')))
        {
            self.heading(number, heading, line);
        } else if let Some(step) = STEPS.into_iter().find(|step| line.split(' ').next() == Some(step)) {
            self.step(number, step, line);
        } else {
            self.prose(number, line);
        }
    }

    fn comment(&mut self, number: usize, comment: &str) {
        let language = comment.trim().strip_prefix("language").map(str::trim_start).and_then(|l| l.strip_prefix(':'));
        if let Some(language) = language.map(str::trim).filter(|language| *language != "en") {
            self.complain(number, language, "features are written in English".into());
        }
    }

    fn heading(&mut self, number: usize, heading: &str, line: &str) {
        let complaint = match heading {
            "Feature" if self.seen.feature => Some("a file holds one feature"),
            "Feature" => None,
            _ if !self.seen.feature => Some("`Feature:` has to come first"),
            "Background" if self.seen.scenario => Some("the background has to come before the scenarios"),
            "Examples" if !self.seen.outline => Some("examples stand below a scenario outline only"),
            _ => None,
        };
        if let Some(complaint) = complaint {
            self.complain(number, heading, complaint.into());
        }
        let needs_name = !matches!(heading, "Background" | "Examples");
        if needs_name && line[heading.len() + 1..].trim().is_empty() {
            self.complain(number, heading, format!("`{heading}:` has no name"));
        }
        self.part = match heading {
            "Feature" | "Rule" => Part::Prose,
            "Examples" => Part::Examples,
            _ => Part::Intro,
        };
        self.seen.feature |= heading == "Feature";
        self.seen.scenario = heading != "Rule" && (self.seen.scenario || heading.starts_with("Scenario"));
        self.seen.outline = heading == "Scenario Outline" || (heading == "Examples" && self.seen.outline);
    }

    fn step(&mut self, number: usize, step: &str, line: &str) {
        match self.part {
            // Prose may begin with any of these words.
            Part::Prose => {}
            Part::Intro | Part::Steps => {
                self.part = Part::Steps;
                if line.len() == step.len() {
                    self.complain(number, step, format!("`{step}` says nothing"));
                }
            }
            Part::Top | Part::Examples => {
                self.complain(number, step, "a step stands below a scenario or a background only".into());
            }
        }
    }

    fn row(&mut self, number: usize, line: &str) {
        if !matches!(self.part, Part::Steps | Part::Examples) {
            self.complain(number, line, "a table stands below a step or `Examples:` only".into());
            return;
        }
        match (cells(line), self.table) {
            (None, _) => {
                self.complain(number, line, "the row does not end with |".into());
            }
            (Some(cells), None) => self.table = Some(cells),
            (Some(cells), Some(first)) if cells != first => {
                let hint = "write \\| for a bar within a cell";
                self.complain(number, line, format!("the row has {cells} cells, the first one has {first}")).hint =
                    Some(hint.into());
            }
            _ => {}
        }
    }

    fn prose(&mut self, number: usize, line: &str) {
        let word = line.split([' ', ':']).next().unwrap_or_default();
        let heading = HEADINGS.iter().chain(&OTHER_HEADINGS).find(|heading| line.starts_with(*heading));
        match (self.part, heading) {
            (Part::Prose | Part::Intro, Some(heading)) => {
                let message = format!("the line begins with `{heading}`, which Gherkin takes for a heading");
                let hint = format!("write `{heading}: …` for a heading, or begin the sentence with another word");
                self.complain(number, heading, message).hint = Some(hint);
            }
            (Part::Prose | Part::Intro, None) if !line.contains(':') || near_heading(line).is_none() => {}
            (Part::Prose | Part::Intro, None) => {
                let hint = near_heading(line).map(|heading| format!("did you mean `{heading}:`?"));
                self.complain(number, word, format!("there is no heading `{word}:`")).hint = hint;
            }
            (part, _) => {
                let (expected, choices): (&str, Vec<&str>) = match part {
                    Part::Top => ("`Feature:`", vec!["Feature"]),
                    Part::Examples => ("a row of examples or a heading", HEADINGS.to_vec()),
                    _ => ("a step, a table, a doc string or a heading", [&STEPS[..], &HEADINGS].concat()),
                };
                let near = suggest::nearest(word, choices.iter().copied()).or(near_heading(line));
                let hint =
                    near.map_or_else(|| format!("one of {}", choices.join(", ")), |w| format!("did you mean `{w}`?"));
                self.complain(number, word, format!("expected {expected}, found `{word}`")).hint = Some(hint);
            }
        }
    }

    fn end(&mut self) {
        if let Some((quotes, opened)) = self.quotes {
            self.complain(opened, quotes, "the doc string is never closed".into());
        } else if !self.seen.feature && self.wrong.is_empty() {
            self.wrong.push(Diagnostic::new(self.path, "holds no feature"));
        }
    }

    fn complain(&mut self, line: usize, part: &str, message: String) -> &mut Diagnostic {
        let diagnostic = Diagnostic::new(self.path, message).at_part(self.text, line, part);
        self.wrong.push(diagnostic);
        let last = self.wrong.len() - 1;
        &mut self.wrong[last]
    }
}

/// The heading that the words before the colon look like.
fn near_heading(line: &str) -> Option<&'static str> {
    let (before, _) = line.split_once(':')?;
    suggest::nearest(before, HEADINGS)
}

/// How many cells a row has; none if it is not closed.
fn cells(line: &str) -> Option<usize> {
    let mut bars = 0;
    let mut closed = false;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        closed = character == '|';
        bars += usize::from(closed);
        if character == '\\' {
            characters.next();
        }
    }
    (closed && bars > 1).then(|| bars - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `body` stands below a feature and the heading of a scenario, from line 3 on.
    #[track_caller]
    fn check_steps(body: &str, expected: &[(u32, u32, &str, &str)]) {
        check_file(&format!("Feature: 9 A\n  Scenario: B\n{body}"), expected);
    }

    #[track_caller]
    fn check_file(text: &str, expected: &[(u32, u32, &str, &str)]) {
        let wrong = check("x.feature", text);
        let shown: Vec<_> = wrong
            .iter()
            .map(|d| (d.line, d.column, d.message.as_str(), d.hint.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn steps_tables_and_doc_strings() {
        check_steps(
            "    Given x\n      | a | b \\| c |\n      | 1 | |\n    And y\n      ```\n  any | thing\n      ```\n",
            &[],
        );
        check_steps(
            "    Given x\n    Whne y\n",
            &[(4, 5, "expected a step, a table, a doc string or a heading, found `Whne`", "did you mean `When`?")],
        );
        check_steps(
            "    Given x\n    Givenx\n",
            &[(4, 5, "expected a step, a table, a doc string or a heading, found `Givenx`", "did you mean `Given`?")],
        );
        check_steps("    Given\n", &[(3, 5, "`Given` says nothing", "")]);
        check_steps(
            "    Given x\n      | a | b |\n      | 1 | 2 | 3 |\n      | 4 | 5\n",
            &[
                (5, 7, "the row has 3 cells, the first one has 2", "write \\| for a bar within a cell"),
                (6, 7, "the row does not end with |", ""),
            ],
        );
        check_steps("    Given x\n      \"\"\"\n      text\n", &[(4, 7, "the doc string is never closed", "")]);
        check_steps("      | a |\n", &[(3, 7, "a table stands below a step or `Examples:` only", "")]);
        check_steps(
            "    Given x\n      \"\"\"\n      a \"\"\" b\n",
            &[(
                5,
                9,
                "the closing \"\"\" does not stand alone",
                "within the text write \\\"\\\"\\\", or put other quotes (```) around it",
            )],
        );
    }

    #[test]
    fn headings_and_prose() {
        check_file("", &[(0, 0, "holds no feature", "")]);
        check_file("Featur: 9 A\n", &[(1, 1, "expected `Feature:`, found `Featur`", "did you mean `Feature`?")]);
        check_file("Scenario: A\nGiven x\n", &[(1, 1, "`Feature:` has to come first", "")]);
        check_file("Feature: A\nFeature: B\n", &[(2, 1, "a file holds one feature", "")]);
        check_file("Feature: A\n  Given prose may begin so: yes\n  When it likes.\n", &[]);
        check_file(
            "Feature: A\n  Examples of prose.\n",
            &[(
                2,
                3,
                "the line begins with `Examples`, which Gherkin takes for a heading",
                "write `Examples: …` for a heading, or begin the sentence with another word",
            )],
        );
        check_file(
            "Feature: A\n  Scenaro: B\n",
            &[(2, 3, "there is no heading `Scenaro:`", "did you mean `Scenario:`?")],
        );
        check_file("Feature: A\n  @x y\n  Scenario: B\n", &[(2, 6, "`y` among the tags does not begin with @", "")]);
        check_file("# language: fr\nFeature: A\n", &[(1, 13, "features are written in English", "")]);
        check_steps(
            "    Given x\n  Background:\n    Given y\n",
            &[(4, 3, "the background has to come before the scenarios", "")],
        );
        check_steps(
            "    Given x\n  Examples:\n    | a |\n",
            &[(4, 3, "examples stand below a scenario outline only", "")],
        );
        check_steps("    Given x\n  Scenario:\n    Given y\n", &[(4, 3, "`Scenario:` has no name", "")]);
        check_steps(
            "    * x\n    Given y\n    * z\n",
            &[(
                5,
                5,
                "expected a step, a table, a doc string or a heading, found `*`",
                "one of Given, When, Then, And, But, Feature, Background, Rule, Scenario Outline, Scenario, Examples",
            )],
        );
        check_file(&"\n".repeat(MAX_LINES + 1), &[(0, 0, "is longer than 2000 lines", "")]);
    }
}
