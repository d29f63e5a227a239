//! What goes to stdout and stderr. A reader that has seen enough (`| head`) is no error.

use std::io::{self, Write as _};

use super::exit::Exit;
use super::failure::Failure;

/// Prints `text` on stdout, without styles where nobody wants them.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    forgive(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Prints a value as JSON on stdout.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure::new(Exit::Harness, e.to_string()))?;
    print(&(text + "\n"))
}

/// Says something on stderr. Where not even that can be written, there is nobody to tell.
pub fn say(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Takes a closed pipe for the end of the reader's interest.
pub fn forgive(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Harness, format!("stdout: {error}")))
        }
        _ => Ok(()),
    }
}
