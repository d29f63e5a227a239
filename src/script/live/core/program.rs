//! The program of a SIP/IP core: started, waited for, ended. Knows no case.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::net::sockets::{Reach, opened, reach};
use crate::script::home::Home;
use crate::script::live::LiveError;
use crate::script::live::process::Process;
use crate::script::live::programs::NoProgram;
use crate::script::sut::{ThirdPartyCore, Transport};

/// A core that was started here.
pub struct Program(Process);

/// How often is looked whether it has said something.
const LOOK: Duration = Duration::from_millis(20);

/// Starts a core where that is due, and waits until it is there.
pub async fn start(program: &mut Option<Program>, core: &ThirdPartyCore, home: &Home) -> Result<(), LiveError> {
    let (wait, tcp) = (core.answer_wait(), core.transport == Transport::Tcp);
    let unreachable = |why: &str| {
        let (name, address) = (core.name.clone(), core.sip);
        LiveError::Unreachable { name, address, wait, why: why.to_owned() }
    };
    let Some(start) = &core.start else {
        return match reach(core.sip, tcp, wait).await {
            Reach::Refused => Err(unreachable("nobody takes SIP there")),
            Reach::Open | Reach::Silent => Ok(()),
        };
    };
    if program.as_mut().is_some_and(|program| !program.has_ended()) {
        return Ok(());
    }
    let mut started = Program::start(&core.fill(&start.command, home))?;
    let there = match &start.ready_text {
        Some(text) => started.says(text, wait).await,
        None => opened(core.sip, tcp, wait).await == Reach::Open,
    };
    let death = started.failure();
    if !there || death.is_some() {
        started.end().await;
        return Err(unreachable(&death.unwrap_or_else(|| "it is not there".to_owned())));
    }
    *program = Some(started);
    Ok(())
}

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
