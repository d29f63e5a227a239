//! The tokio runtime of a command, and the flag that Ctrl-C sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::{Builder, Runtime};

use super::exit::Exit;
use super::failure::Failure;
use super::output;

/// A runtime; its one worker listens for signals while the thread of the command is at work.
pub fn new() -> Result<Runtime, Failure> {
    let built = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    built.map_err(|error| Failure::new(Exit::Harness, format!("cannot start: {error}")))
}

/// What is said at the first Ctrl-C of a run.
pub const REPORTED: &str = "the report of what ran follows; once more to end at once";

/// A flag that the first Ctrl-C (or SIGTERM) sets, and then says `words`. The second one ends the process at once.
pub fn stop_flag(runtime: &Runtime, words: &'static str) -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = flag.clone();
    runtime.spawn(async move {
        signal().await;
        set.store(true, Ordering::Relaxed);
        output::say(&format!("\ninterrupted: {words}\n"));
        signal().await;
        std::process::exit(Exit::Interrupted as i32);
    });
    flag
}

/// Waits for Ctrl-C or, where there is one, SIGTERM. Never returns where signals cannot be listened for.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                Ok(()) = tokio::signal::ctrl_c() => return,
                Some(()) = terminate.recv() => return,
                else => {}
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
