//! The program of a SIP/IP core: started, waited for, ended. Knows no case.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::script::live::process::Process;
use crate::script::live::programs::NoProgram;

/// A core that was started here.
pub struct Program(Process);

/// How often is looked whether it has said something.
const LOOK: Duration = Duration::from_millis(20);

impl Program {
    pub fn start(command: &[String]) -> Result<Program, NoProgram> {
        let process = Process::start(command, None);
        process.map(Program).map_err(|cause| NoProgram { command: command.to_vec(), cause })
    }

    /// Waits until it prints that text; says whether it did before it ended and within the limit.
    pub async fn says(&mut self, text: &str, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        while Instant::now() < until {
            while let Some(line) = self.0.line() {
                if line.contains(text) {
                    return true;
                }
            }
            if self.0.has_ended() {
                return false;
            }
            sleep(LOOK).await;
        }
        false
    }

    /// Whether it runs no more. What it printed meanwhile is heard, so that it never waits for a reader.
    pub fn has_ended(&mut self) -> bool {
        while self.0.line().is_some() {}
        self.0.has_ended()
    }

    /// How it ended, if it did not end well.
    pub fn failure(&mut self) -> Option<String> {
        self.0.failure().map(|how| format!("its program {how}"))
    }

    pub async fn end(self) {
        self.0.end().await;
    }
}
