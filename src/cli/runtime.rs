//! The tokio runtime of a command.

use tokio::runtime::{Builder, Runtime};

use super::exit::Exit;
use super::failure::Failure;

/// A runtime; its one worker listens for signals while the thread of the command is at work.
pub fn new() -> Result<Runtime, Failure> {
    let built = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    built.map_err(|error| Failure::new(Exit::Harness, format!("cannot start: {error}")))
}
