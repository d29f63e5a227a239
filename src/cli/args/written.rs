//! Every command line that the README, the manual and the help write down is one that the program takes. A test only.

use clap::{CommandFactory as _, Parser as _};

use super::Cli;

const PAGES: &[(&str, &str)] = &[
    ("README.md", include_str!("../../../README.md")),
    ("add-a-check.md", include_str!("../../manual/add-a-check.md")),
    ("add-a-procedure.md", include_str!("../../manual/add-a-procedure.md")),
    ("architecture.md", include_str!("../../manual/architecture.md")),
    ("ci.md", include_str!("../../manual/ci.md")),
    ("read-a-failure.md", include_str!("../../manual/read-a-failure.md")),
    ("results.md", include_str!("../../manual/results.md")),
    ("serve.md", include_str!("../../manual/serve.md")),
    ("stimulus.md", include_str!("../../manual/stimulus.md")),
    ("test-your-server.md", include_str!("../../manual/test-your-server.md")),
];

/// What shells and CI servers put in place of these, in the order in which they are looked for.
const FILLED: &[(&str, &str)] = &[
    ("${{ matrix.shard }}", "1/4"),
    ("\"$PART\"", "part-1-4"),
    ("$(for p in part-*; do echo \"--merge $p/reports\"; done)", "--merge part-1/reports --merge part-2/reports"),
    ("$((JOB_COMPLETION_INDEX + 1))", "1"),
    ("$JOB_COMPLETION_INDEX", "0"),
    ("$CI_NODE_INDEX/$CI_NODE_TOTAL", "1/4"),
];

/// What stands before a command: a prompt, and the keys of CI servers.
const BEFORE: &[&str] = &["$ ", "- run: ", "- ", "steps { sh '", "command: [sh, -c, '"];

#[test]
fn every_command_line_of_the_pages_is_taken() {
    let mut lines = 0;
    for (page, text) in PAGES {
        for line in blocks(text) {
            lines += usize::from(check(page, &line));
        }
    }
    assert!(lines >= 60, "only {lines} command lines were found");
}

#[test]
fn every_example_of_the_help_is_taken() {
    let mut lines = 0;
    for command in Cli::command().get_subcommands() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in help.lines() {
            lines += usize::from(check(command.get_name(), line));
        }
    }
    assert!(lines >= 30, "only {lines} examples were found");
}

/// The lines of all fenced blocks, continued ones joined.
fn blocks(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let (mut within, mut continued) = (false, false);
    for line in text.lines() {
        if line.starts_with("```") {
            within = !within;
            continue;
        }
        if !within {
            continue;
        }
        let (part, goes_on) = line.strip_suffix('\\').map_or((line, false), |part| (part, true));
        match lines.last_mut().filter(|_| continued) {
            Some(last) => last.push_str(part.trim_start()),
            None => lines.push(part.to_owned()),
        }
        continued = goes_on;
    }
    lines
}

/// Parses a line that is a command of this program; false where it is none.
#[track_caller]
fn check(page: &str, line: &str) -> bool {
    let mut command = line.trim();
    let mut quoted = false;
    for before in BEFORE {
        if let Some(rest) = command.strip_prefix(before) {
            (command, quoted) = (rest, before.ends_with('\''));
            break;
        }
    }
    if !command.starts_with("imspec ") {
        return false;
    }
    let command = if quoted { command.split('\'').next().unwrap_or_default() } else { command };
    let filled = FILLED.iter().fold(command.to_owned(), |text, (from, to)| text.replace(from, to));
    if let Err(error) = Cli::try_parse_from(words(&filled)) {
        panic!("{page}: {line}\n{error}");
    }
    true
}

/// The words of a command as a shell takes them apart, up to a comment, a pipe, or the column of what is said about it.
fn words(command: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut quote = None;
    let mut blanks = 0;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') => {
                blanks += 1;
                if blanks == 1 {
                    words.push(String::new());
                }
                continue;
            }
            (None, '#' | '|' | '>') if blanks > 0 => break,
            (None, _) if blanks > 1 => break,
            (_, c) => words.last_mut().expect("there is one").push(c),
        }
        blanks = 0;
    }
    words.retain(|word| !word.is_empty());
    words
}
