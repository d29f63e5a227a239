//! The state of a scenario while its steps are lowered, and the helpers that steps share.

use std::sync::{Arc, Mutex};

use gherkin::Step;

use crate::judge::sense::{self, Mention, Nonsense};
use crate::judge::{Check, Expectation, Field, Level, Place, Reference, Requirement, Row, Subject};
use crate::script::catalogue::Catalogue;
use crate::script::diagnostic::Diagnostic;
use crate::script::feature::{Case, Features};
use crate::script::files::Files;
use crate::script::plan::{Plan, SERVERS};
use crate::script::suggest;

/// What all scenarios of a compilation share.
pub(super) struct Context {
    pub files: Files,
    pub catalogue: Catalogue,
    pub features: Features,
    pub diagnostics: Mutex<Vec<Diagnostic>>,
    pub plans: Mutex<Vec<Plan>>,
}

/// The scenario under way.
#[derive(Default, cucumber::World)]
pub struct World {
    pub(super) open: Option<Open>,
}

/// A plan being written.
pub(super) struct Open {
    pub context: Arc<Context>,
    pub plan: Plan,
    /// How often each requirement was checked so far, for ids that never renumber.
    counts: std::collections::HashMap<String, u32>,
}

// Cucumber prints a world when a step panics; a plan is no use to the reader then.
impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

impl World {
    pub(super) fn begin(&mut self, context: Arc<Context>, case: Arc<Case>) {
        let plan = Plan {
            case,
            people: Vec::new(),
            groups: Vec::new(),
            under_test: String::new(),
            ims: false,
            arrangements: Vec::new(),
            network: Vec::new(),
            acts: Vec::new(),
            checks: Vec::new(),
        };
        self.open = Some(Open { context, plan, counts: std::collections::HashMap::new() });
    }

    /// The plan being written. Scenarios begin with the `before` hook, so there is one in every step.
    pub(super) fn plan(&mut self) -> &mut Plan {
        &mut self.open().plan
    }

    fn open(&mut self) -> &mut Open {
        self.open.as_mut().expect("the before hook opens the plan")
    }

    /// Reports what is wrong with a line of the feature. The caret goes below what the message quotes.
    pub(super) fn complain(&mut self, line: u32, message: String, hint: Option<String>) {
        let open = self.open();
        let file = open.plan.case.place.file.clone();
        let text = open.context.files.get(&file).unwrap_or_default();
        let quoted = message.split(['\u{201c}', '\u{201d}']).nth(1).unwrap_or_default().to_owned();
        let diagnostic = Diagnostic::new(file, message).at_part(text, line as usize, &quoted).maybe_hint(hint);
        open.context.diagnostics.lock().expect("no thread panics with the lock").push(diagnostic);
    }

    /// The rows of a step's table below its heading, each with its line.
    pub(super) fn rows<const N: usize>(&mut self, step: &Step, heading: [&str; N]) -> Vec<(u32, [String; N])> {
        let line = line_of(step);
        let Some(table) = &step.table else {
            self.complain(line, format!("this step needs a table with the columns {}", heading.join(", ")), None);
            return Vec::new();
        };
        let known = table.rows.first().is_some_and(|first| first.iter().map(|c| c.trim()).eq(heading));
        if !known {
            self.complain(line, format!("the first row of the table must be | {} |", heading.join(" | ")), None);
            return Vec::new();
        }
        let lines = self.table_lines(line, table.rows.len());
        let mut rows = Vec::new();
        for (cells, line) in table.rows.iter().zip(lines).skip(1) {
            match <[String; N]>::try_from(cells.iter().map(|c| c.trim().to_owned()).collect::<Vec<_>>()) {
                Ok(cells) => rows.push((line, cells)),
                Err(_) => self.complain(line, format!("this row does not have {N} columns"), None),
            }
        }
        rows
    }

    /// The line of each row of the table of the step at `line`.
    fn table_lines(&mut self, line: u32, rows: usize) -> Vec<u32> {
        let case = &self.open().plan.case;
        let known = case.steps.iter().find(|s| s.line == line).and_then(|s| s.table.as_ref());
        match known {
            Some(table) => table.iter().map(|r| r.line).collect(),
            None => (0..rows).map(|i| line + 1 + i as u32).collect(),
        }
    }

    /// Lowers a step with a table of rows to a check.
    pub(super) fn check_table(&mut self, step: &Step, subject: Subject) {
        let mut rows = Vec::new();
        for (line, [requirement, field, expectation]) in self.rows(step, ["requirement", "field", "expectation"]) {
            let parsed_field = Field::parse(&field);
            if parsed_field.is_none() {
                let hint = did_you_mean(&field, &Field::vocabulary());
                self.complain(line, format!("there is no field \u{201c}{field}\u{201d}"), hint);
            }
            let parsed = Expectation::parse(&expectation);
            if parsed.is_none() {
                let example = || Expectation::example(&expectation).map(|example| format!("for example `{example}`"));
                let hint = did_you_mean(&expectation, &Expectation::vocabulary()).or_else(example);
                self.complain(line, format!("there is no expectation \u{201c}{expectation}\u{201d}"), hint);
            }
            let row = self.row(line, &requirement);
            if let (Some(parsed_field), Some(parsed)) = (parsed_field, parsed) {
                self.means_something(line, &subject, (&parsed_field, &parsed), &expectation);
                rows.extend(row.map(|row| Row { ask: Some((parsed_field, parsed)), ..row }));
            }
        }
        self.plan().checks.push(Check { subject, rows });
    }

    /// Complains of a row that could never be decided, or never fail: of words that are a slip, and of people, groups and
    /// servers that this scenario does not have.
    fn means_something(&mut self, line: u32, subject: &Subject, ask: (&Field, &Expectation), words: &str) {
        let (field, expectation) = ask;
        if let Some(Nonsense { words: wrong, what, hint }) = sense::nonsense(subject, field, expectation) {
            // What is no value may be a slip of the words for one.
            let near = did_you_mean(words, &Expectation::vocabulary()).filter(|_| wrong.contains(' '));
            let hint = near.or(hint);
            return self.complain(line, format!("\u{201c}{wrong}\u{201d} {what}"), hint);
        }
        let literal = matches!(expectation, Expectation::Is(Reference::Literal(_)));
        if let Some(fixed) = suggest::slip(words, &Expectation::fixed()).filter(|_| literal) {
            let message = format!("\u{201c}{words}\u{201d} would be a value, and is hardly meant as one");
            return self.complain(line, message, Some(format!("did you mean `{fixed}`?")));
        }
        let plan = self.plan();
        let of_groups = |sessions: bool| plan.groups.iter().filter(move |g| g.is_session == sessions);
        let groups: Vec<String> = of_groups(false).map(|g| g.name.clone()).collect();
        let sessions: Vec<String> = of_groups(true).map(|g| g.name.clone()).collect();
        let people: Vec<String> = plan.names().into_iter().map(str::to_owned).collect();
        let servers: Vec<String> = SERVERS.iter().map(|(words, _)| format!("the {words}")).collect();
        for mention in sense::mentions(field, expectation) {
            let (name, known, what) = match mention {
                Mention::Person(name) => (name, &people, "nobody here is called"),
                Mention::Group(name) => (name, &groups, "no group here is called"),
                Mention::Session(name) => (name, &sessions, "no session here is called"),
                Mention::Server(name) => (name, &servers, "there is no server"),
            };
            if !known.contains(&name) {
                let listed = || (!known.is_empty()).then(|| format!("this scenario knows {}", known.join(", ")));
                let hint = did_you_mean(&name, known).or_else(listed);
                self.complain(line, format!("{what} \u{201c}{name}\u{201d}"), hint);
            }
        }
    }

    /// Lowers a step that ends in `[requirement]` to a check of one row.
    pub(super) fn check_tag(&mut self, step: &Step, subject: Subject, requirement: &str) {
        if let Some(row) = self.row(line_of(step), requirement) {
            self.plan().checks.push(Check { subject, rows: vec![row] });
        }
    }

    fn row(&mut self, line: u32, requirement: &str) -> Option<Row> {
        let open = self.open();
        let Some(entry) = open.context.catalogue.get(requirement) else {
            let hint = open.context.catalogue.hint(requirement);
            self.complain(line, format!("the catalogue has no requirement {requirement}"), hint);
            return None;
        };
        let known = Requirement {
            id: entry.id.clone(),
            level: if entry.level.is_binding() { Level::Shall } else { Level::Should },
            clause: entry.clause(),
            text: entry.requirement.clone(),
        };
        let count = open.counts.entry(requirement.to_owned()).or_default();
        *count += 1;
        let again = if *count > 1 { format!(".{count}") } else { String::new() };
        let id = format!("{}#{requirement}{again}", open.plan.case.address);
        let place = Place { file: open.plan.case.place.file.clone(), line };
        Some(Row { id, requirement: known, ask: None, place })
    }
}

/// The line of a step in its file, from 1.
pub(super) fn line_of(step: &Step) -> u32 {
    u32::try_from(step.position.line).unwrap_or(u32::MAX)
}

/// A hint for words that are not in a vocabulary.
pub(super) fn did_you_mean(word: &str, vocabulary: &[String]) -> Option<String> {
    suggest::hint(word, vocabulary.iter().map(String::as_str))
}
