//! The command line: words in, one call into the floors below, output and an exit code out. Decides nothing itself.

mod args;
mod command;
mod conclude;
mod exit;
mod failure;
mod folders;
mod known;
mod network;
mod output;
mod runtime;
mod visit;

use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Cli, Color};
use self::exit::Exit;

/// Runs the command line of the process and gives its exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is no reason to complain, and there is no other place to do it.
            let _ = error.print();
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Passed };
            return exit.into();
        }
    };
    colour(cli.color);
    match command::run(cli.command) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::say(&failure.to_string());
            failure.exit.into()
        }
    }
}

fn colour(when: Color) {
    match when {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}
