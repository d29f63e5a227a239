//! What the commands that visit a system share.

use std::path::Path;

use super::output;
use crate::net::capture::Format;
use crate::script::Again;
use crate::script::live::{Console, Options};

/// A live run of nothing: no captures, and a person at the terminal.
pub fn options(file: &Path) -> Options {
    Options {
        seed: 1,
        captures: None,
        format: Format::PcapNg,
        profile: "all".to_owned(),
        file: file.display().to_string(),
        console: console(),
        longest: None,
        again: Again::default(),
    }
}

/// The person at the terminal.
pub fn console() -> Console {
    Console {
        show: |text| output::say(&format!("{text}\n")),
        confirm: || std::io::stdin().read_line(&mut String::new()).is_ok_and(|octets| octets > 0),
    }
}
