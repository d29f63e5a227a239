//! From the text of one feature file to the feature that cucumber runs and to its cases.

use cucumber::feature::Ext as _;
use gherkin::{GherkinEnv, StepType};
use indexmap::IndexSet;

use super::address::Stand;
use super::case::{Case, DocString, Row, Step, StepKind};
use super::syntax;
use crate::judge::finding::Place;
use crate::script::diagnostic::Diagnostic;

/// Reads the file at `path` (in the data tree). Errors: everything that is wrong with it.
pub fn feature(path: &str, text: &str) -> Result<(gherkin::Feature, Vec<Case>), Vec<Diagnostic>> {
    let wrong = syntax::check(path, text);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let written = gherkin::Feature::parse(text, GherkinEnv::default()).map_err(|e| vec![unreadable(path, text, &e)])?;
    let source = Source { path, lines: Lines::of(text), text };
    let (stand, title) = source.stand(&written).map_err(|d| vec![d])?;
    let unexpanded = gherkin::Feature { path: Some(path.into()), ..written.clone() };
    let mut feature = unexpanded.expand_examples().map_err(|e| vec![source.placeholder(&e)])?;

    let top = Frame {
        source: &source,
        stand: &stand,
        title: &title,
        tags: written.tags.clone(),
        background: source.background(written.background.as_ref()),
    };
    let mut outcome = top.cases(&written.scenarios, &mut feature.scenarios);
    for (written, expanded) in written.rules.iter().zip(&mut feature.rules) {
        outcome.extend(top.within(written).cases(&written.scenarios, &mut expanded.scenarios));
    }
    if outcome.is_empty() {
        outcome.push(Err(Diagnostic::new(path, "holds no scenario")));
    }
    let (mut cases, mut wrong) = (Vec::new(), Vec::new());
    for one in outcome {
        match one {
            Ok(case) => cases.push(case),
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    cases.sort_by_key(|case: &Case| case.place.line);
    if wrong.is_empty() { Ok((feature, cases)) } else { Err(wrong) }
}

/// What scenarios have from the feature, or from the rule, that they stand in.
struct Frame<'a> {
    source: &'a Source<'a>,
    stand: &'a Stand,
    title: &'a str,
    tags: Vec<String>,
    background: Vec<Step>,
}

impl<'a> Frame<'a> {
    /// That of a rule in this feature.
    fn within(&self, rule: &gherkin::Rule) -> Frame<'a> {
        let background = self.background.iter().cloned().chain(self.source.background(rule.background.as_ref()));
        Frame { tags: [&self.tags[..], &rule.tags].concat(), background: background.collect(), ..*self }
    }

    /// A case for each scenario and each row of examples. Gives `expanded`, which is `written` with outlines expanded, the
    /// lines of those rows.
    fn cases(
        &self,
        written: &[gherkin::Scenario],
        expanded: &mut [gherkin::Scenario],
    ) -> Vec<Result<Case, Diagnostic>> {
        let mut outcome = Vec::new();
        let mut expanded = expanded.iter_mut();
        for scenario in written {
            let heading = scenario.position.line;
            let complain = |message: &str| Err(self.source.complain(heading, format!("`{}` {message}", scenario.name)));
            if scenario.steps.is_empty() {
                outcome.push(complain("has no steps"));
            }
            let examples = self.source.examples(scenario);
            if examples.is_empty() && scenario.keyword == "Scenario Outline" {
                outcome.push(complain("is an outline, but has no rows of examples"));
            }
            let single = scenario.examples.is_empty().then_some((heading, None));
            for ((line, example), one) in single.into_iter().chain(examples).zip(&mut expanded) {
                one.position.line = line;
                outcome.push(self.case(scenario, one, line, example.as_deref()));
            }
        }
        outcome
    }

    fn case(
        &self,
        written: &gherkin::Scenario,
        expanded: &gherkin::Scenario,
        line: usize,
        example: Option<&str>,
    ) -> Result<Case, Diagnostic> {
        let address =
            self.stand.address(&written.name, example).map_err(|message| self.source.complain(line, message))?;
        let tags: IndexSet<&String> = self.tags.iter().chain(&expanded.tags).collect();
        let own = expanded.steps.iter().map(|step| self.source.step(step));
        Ok(Case {
            address,
            spec: self.stand.spec.clone(),
            subclause: self.stand.subclause.clone(),
            feature: self.title.to_owned(),
            scenario: expanded.name.clone(),
            tags: tags.into_iter().cloned().collect(),
            place: Place { file: self.source.path.to_owned(), line: clip(line) },
            steps: self.background.iter().cloned().chain(own).collect(),
        })
    }
}

struct Source<'a> {
    path: &'a str,
    text: &'a str,
    lines: Lines,
}

impl Source<'_> {
    /// Where the file stands, and the title behind the number, which must be the file's.
    fn stand(&self, feature: &gherkin::Feature) -> Result<(Stand, String), Diagnostic> {
        let stand = Stand::of_path(self.path).map_err(|message| Diagnostic::new(self.path, message))?;
        match feature.name.split_once(' ') {
            Some((number, title)) if number == stand.subclause && !title.trim().is_empty() => {
                Ok((stand, title.trim().to_owned()))
            }
            _ => {
                let message =
                    format!("the title does not begin with {}, as the name of the file does", stand.subclause);
                let hint = format!("write `Feature: {} <title of the subclause>`", stand.subclause);
                let line = self.lines.at(feature.span.start);
                Err(Diagnostic::new(self.path, message).at_part(self.text, line, &feature.name).hint(hint))
            }
        }
    }

    fn background(&self, background: Option<&gherkin::Background>) -> Vec<Step> {
        background.into_iter().flat_map(|b| &b.steps).map(|step| self.step(step)).collect()
    }

    fn step(&self, step: &gherkin::Step) -> Step {
        Step {
            keyword: step.keyword.trim().to_owned(),
            kind: match step.ty {
                StepType::Given => StepKind::Given,
                StepType::When => StepKind::When,
                StepType::Then => StepKind::Then,
            },
            text: step.value.clone(),
            table: step.table.as_ref().map(|table| {
                let rows = self.row_lines(table).zip(&table.rows);
                rows.map(|(line, cells)| Row { line: clip(line), cells: cells.clone() }).collect()
            }),
            docstring: step.docstring.as_deref().map(DocString::normalise),
            line: clip(self.lines.at(step.span.start)),
        }
    }

    /// Line and first cell of each row of examples, in the order of the expansion.
    fn examples(&self, scenario: &gherkin::Scenario) -> Vec<(usize, Option<String>)> {
        let tables = scenario.examples.iter().filter_map(|examples| examples.table.as_ref());
        let rows = tables.flat_map(|table| self.row_lines(table).zip(&table.rows).skip(1));
        rows.map(|(line, cells)| (line, Some(cells.first().cloned().unwrap_or_default()))).collect()
    }

    /// The lines of a table's rows; comments and blank lines may stand between them.
    fn row_lines<'t>(&'t self, table: &gherkin::Table) -> impl Iterator<Item = usize> + use<'t> {
        let (first, last) = (self.lines.at(table.span.start), self.lines.at(table.span.end));
        let lines = self.text.lines().enumerate().skip(first - 1).take(last + 1 - first);
        lines.filter(|(_, line)| line.trim_start().starts_with('|')).map(|(n, _)| n + 1)
    }

    fn placeholder(&self, error: &cucumber::feature::ExpandExamplesError) -> Diagnostic {
        let placeholder = format!("<{}>", error.name);
        // The error names the step, but the placeholder may stand in the table or the text below it, or in the title.
        let lines = || self.text.lines().enumerate();
        let found =
            lines().skip(error.pos.line.saturating_sub(1)).chain(lines()).find(|(_, l)| l.contains(&placeholder));
        Diagnostic::new(self.path, format!("the examples have no column for `{placeholder}`"))
            .at_part(self.text, found.map_or(error.pos.line, |(n, _)| n + 1), &placeholder)
            .hint("in an outline everything between < and > is a placeholder")
    }

    fn complain(&self, line: usize, message: String) -> Diagnostic {
        Diagnostic::new(self.path, message).at_part(self.text, line, "")
    }
}

/// What `syntax::check` let pass and `gherkin` refuses; its place is often at the start of the line behind.
fn unreadable(path: &str, text: &str, error: &gherkin::ParseError) -> Diagnostic {
    let shown = error.to_string();
    let mut numbers = shown.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<usize>().ok());
    let (line, column) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(1));
    let line = if column == 1 { line.saturating_sub(1).max(1) } else { line };
    Diagnostic::new(path, "cannot be read as Gherkin from here on").at_part(text, line, "")
}

/// Octet offsets of line starts.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Lines {
        Lines(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// The number of the line that holds `offset`, from 1.
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|&start| start <= offset)
    }
}

fn clip(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "features/im/09-large/9.1-size.feature";

    const FULL: &str = r#"# Our own words.
@im-client
Feature: 9.1 Size of a message

  When it is large, the message
  travels over MSRP.

  Background:
    Given Alice's client

  # a remark
  @limit
  Scenario Outline: Message of <size> octets
    When she sends <size> octets [IM-9-1]
      """text/plain
      size <size>
        end
      """
    Then it is sent where
      | requirement | field |

      # between
      | IM-9-1      | <how> |
    But not

    Examples:
      | size | how |
      | 1299 | a\|b |
      # the limit
      | 1300 | x   |
    @big
    Examples: large
      | size | how |
      | 1301 | y   |

  Rule: Late
    Background:
      Given Bob is away
    Scenario: Alone
      When x
"#;

    fn read(text: &str) -> Vec<Case> {
        feature(PATH, text).unwrap_or_else(|wrong| panic!("{}", wrong[0])).1
    }

    #[test]
    fn a_feature_becomes_cases() {
        for text in [FULL.to_owned(), FULL.replace('\n', "\r\n"), FULL.trim_end().to_owned()] {
            let cases = read(&text);
            let shown: Vec<_> = cases.iter().map(|c| (c.address.as_str(), c.place.line, c.tags.join(" "))).collect();
            assert_eq!(
                shown,
                [
                    ("im/9.1/message-of-size-octets/1299", 28, "im-client limit".to_owned()),
                    ("im/9.1/message-of-size-octets/1300", 30, "im-client limit".to_owned()),
                    ("im/9.1/message-of-size-octets/1301", 34, "im-client limit big".to_owned()),
                    ("im/9.1/alone", 39, "im-client".to_owned()),
                ]
            );
            let case = &cases[0];
            assert_eq!(
                (case.feature.as_str(), case.scenario.as_str()),
                ("Size of a message", "Message of 1299 octets")
            );
            let steps: Vec<_> =
                case.steps.iter().map(|s| (s.line, s.keyword.as_str(), s.kind, s.text.as_str())).collect();
            assert_eq!(
                steps,
                [
                    (9, "Given", StepKind::Given, "Alice's client"),
                    (14, "When", StepKind::When, "she sends 1299 octets [IM-9-1]"),
                    (19, "Then", StepKind::Then, "it is sent where"),
                    (24, "But", StepKind::Then, "not"),
                ]
            );
            let doc = case.steps[1].docstring.as_ref().unwrap();
            assert_eq!((doc.media_type.as_deref(), doc.text()), (Some("text/plain"), "size 1299\n  end"));
            assert_eq!(case.steps[2].rows(["field", "requirement"]), [(23, ["a|b", "IM-9-1"])]);
            let late: Vec<_> = cases[3].steps.iter().map(|s| s.text.as_str()).collect();
            assert_eq!(late, ["Alice's client", "Bob is away", "x"]);
        }
    }

    #[track_caller]
    fn check(path: &str, text: &str, place: (u32, u32), message: &str) {
        let wrong = feature(path, text).unwrap_err();
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!((wrong[0].line, wrong[0].column), place, "{}", wrong[0]);
        assert!(wrong[0].message.contains(message), "{}", wrong[0]);
    }

    #[test]
    fn says_what_is_wrong_with_names_and_examples() {
        let plain = "Feature: 9.1 Size\n  Scenario: A\n    When x\n";
        check("features/im/9.2-x.feature", plain, (1, 10), "the title does not begin with 9.2");
        check("features/9.1.feature", plain, (0, 0), "is not of the form");
        check(PATH, "Feature: 9.1\n  Scenario: A\n    When x\n", (1, 10), "the title does not begin with 9.1");
        check(PATH, &plain.replace("A\n", "?\n"), (2, 3), "no letter or digit");
        check(PATH, &FULL.replace("| how |", "| who |"), (23, 23), "no column for `<how>`");
        let bare = "Feature: 9.1 Size\n  Scenario Outline: A\n    When x\n    Examples:\n      | n |\n";
        check(PATH, bare, (2, 3), "no rows of examples");
        check(PATH, "Feature: 9.1 Size\n  Scenario: A\n  Scenario: B\n    When x\n", (2, 3), "`A` has no steps");
        check(PATH, "Feature: 9.1 Size\n  Prose.\n", (0, 0), "holds no scenario");
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_cases_or_diagnostics(lines in proptest::collection::vec(
            "( {0,2}(Feature: 9\\.1 A|Scenario: B<n>|Scenario Outline: C|Examples:|Background:|Rule: D|Given x|When <n>|\\| a \\| b \\||\\| n \\||\"\"\"|@t|# c|text|)\r?)", 0..14)
        ) {
            if let Err(wrong) = feature(PATH, &lines.join("\n")) {
                proptest::prop_assert!(!wrong.is_empty());
            }
        }
    }
}
