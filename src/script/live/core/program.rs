//! The program of a SIP/IP core: started, heard, ended. Knows no case.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::net::sockets::{Reach, reach};
use crate::script::live::log::Log;
use crate::script::live::process::Process;
use crate::script::live::programs::NoProgram;

/// A core that was started here.
pub struct Program {
    process: Process,
    log: Log,
}

/// How often is looked whether it has said something.
const LOOK: Duration = Duration::from_millis(20);
/// How long its host may take to say that nobody is at an address.
const ANSWER: Duration = Duration::from_millis(50);

impl Program {
    pub fn start(command: &[String]) -> Result<Program, NoProgram> {
        let process = Process::start(command, None);
        process
            .map(|process| Program { process, log: Log::default() })
            .map_err(|cause| NoProgram { command: command.to_vec(), cause })
    }

    /// A case begins.
    pub fn begin(&mut self) {
        self.hear(|_| ());
        self.log.begin();
    }

    /// What it printed since the case began.
    pub fn log(&mut self) -> Vec<u8> {
        self.hear(|_| ());
        self.log.end()
    }

    fn hear(&mut self, mut each: impl FnMut(&str)) {
        while let Some(line) = self.process.line() {
            self.log.line(&line);
            each(&line);
        }
    }

    /// Waits until it prints that text; says whether it did before it ended and within the limit.
    pub async fn says(&mut self, text: &str, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        while Instant::now() < until {
            let mut said = false;
            self.hear(|line| said |= line.contains(text));
            if said || self.process.has_ended() {
                return said;
            }
            sleep(LOOK).await;
        }
        false
    }

    /// Waits until it has its socket; says whether it has before it ended and within the limit.
    pub async fn opens(&mut self, at: SocketAddr, tcp: bool, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        while Instant::now() < until && !self.has_ended() {
            if reach(at, tcp, ANSWER).await == Reach::Open {
                return true;
            }
            sleep(LOOK).await;
        }
        false
    }

    /// Whether it runs no more. What it printed meanwhile is heard, so that it never waits for a reader.
    pub fn has_ended(&mut self) -> bool {
        self.hear(|_| ());
        self.process.has_ended()
    }

    /// How it ended, if it did not end well.
    pub fn failure(&mut self) -> Option<String> {
        self.process.failure().map(|how| format!("its program {how}"))
    }

    /// How it crashed: by a signal; or, where it should go on, in any way at all.
    pub async fn crash(&mut self, should_go_on: bool) -> Option<String> {
        self.process.hear_out().await;
        self.process.crash(should_go_on).map(|how| format!("its program {how}"))
    }

    pub async fn end(self) {
        self.process.end().await;
    }
}
