//! Why a command cannot give its result, said to the person who gave it: what, where, and what to do. Knows no command.

use std::fmt;

use super::exit::Exit;
use crate::report;
use crate::report::text::visible;
use crate::script::diagnostic::Diagnostic;

/// More messages than these are counted, not shown.
const MOST_MESSAGES: usize = 50;

/// One or more messages, and how the process ends after them.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    messages: Vec<String>,
}

impl Failure {
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { exit, messages: vec![message.into()] }
    }

    /// The command line makes no sense.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }

    pub fn hint(mut self, hint: &str) -> Failure {
        if let Some(last) = self.messages.last_mut() {
            last.push_str("\n      = ");
            last.push_str(hint);
        }
        self
    }

    /// Several at once, each for itself.
    pub fn all(exit: Exit, messages: Vec<String>) -> Failure {
        Failure { exit, messages }
    }
}

/// What is wrong with the files of authors.
impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Failure {
        Failure::all(Exit::Data, diagnostics.iter().map(Diagnostic::to_string).collect())
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Failure {
        Failure::from(vec![diagnostic])
    }
}

/// A report that cannot be written.
impl From<report::Error> for Failure {
    fn from(error: report::Error) -> Failure {
        Failure::new(Exit::Harness, error.to_string())
    }
}

/// The messages as stderr shows them; nothing in them acts on the terminal.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for message in self.messages.iter().take(MOST_MESSAGES) {
            let lines: Vec<_> = message.lines().map(visible).collect();
            writeln!(f, "error: {}", lines.join("\n"))?;
        }
        match self.messages.len() {
            0 | 1 => Ok(()),
            all if all > MOST_MESSAGES => writeln!(f, "{all} errors, the first {MOST_MESSAGES} of them shown"),
            all => writeln!(f, "{all} errors"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_shown_counted_and_tamed() {
        let one = Failure::usage("no \u{1b}[31mred").hint("none");
        assert_eq!(one.to_string(), "error: no \\x1b[31mred\n      = none\n");
        let many = Failure::all(Exit::Data, vec!["x".to_owned(); 60]).to_string();
        assert_eq!(many.lines().count(), MOST_MESSAGES + 1);
        assert!(many.ends_with("60 errors, the first 50 of them shown\n"), "{many}");
    }
}
