//! `imspec init`: a system file for people to fill in.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::cli::args::Init;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::script::sut::{SystemUnderTest, Template};

pub fn run(words: &Init) -> Result<Exit, Failure> {
    let known = Template {
        name: words.name.clone(),
        plays: words.plays.clone(),
        sip: words.sip,
        transport: words.transport.transport(),
    };
    let text = known.text();
    // What it is asked to play may not go with the rest; better said now than by the next command.
    SystemUnderTest::parse(&words.file.display().to_string(), &text).map_err(|wrong| {
        let failure = Failure::usage(format!("{} with these options: {}", words.plays, wrong.message));
        wrong.hint.iter().fold(failure, |failure, hint| failure.hint(hint))
    })?;
    if words.file == Path::new("-") {
        output::print(&text)?;
        return Ok(Exit::Passed);
    }
    write(&words.file, &text, words.force)?;
    let file = words.file.display();
    output::say(&format!("{file} is written; fill it in, then: imspec doctor {file}\n"));
    Ok(Exit::Passed)
}

fn write(file: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    match force {
        true => options.write(true).create(true).truncate(true),
        false => options.write(true).create_new(true),
    };
    let written = options.open(file).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::usage(format!("{} is there already", file.display())).hint("--force overwrites it")
        }
        _ => Failure::new(Exit::Harness, format!("{}: {error}", file.display())),
    })
}
