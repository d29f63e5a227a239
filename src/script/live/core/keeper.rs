//! Keeps a SIP/IP core of somebody else running: it is started where that is due, and known to be lost where it is gone.
//! Knows no case.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::program::Program;
use crate::net::sockets::{Reach, opened, reach};
use crate::script::home::Home;
use crate::script::live::LiveError;
use crate::script::live::outfit::Outfit;
use crate::script::sut::{Start, ThirdPartyCore, Transport};

/// Who looks after a core.
pub struct Keeper<'a> {
    pub core: &'a ThirdPartyCore,
    /// The command that starts it, filled in.
    command: Vec<String>,
    program: Option<Program>,
    /// It did not come out of the last case alive.
    lost: bool,
}

/// How long a core that is not started here may take to say that nobody is there.
const GRACE: Duration = Duration::from_secs(1);

impl<'a> Keeper<'a> {
    /// `home` is the network as the core has it; `behind` the host of a server under test, and what leads there.
    pub fn new(
        core: &'a ThirdPartyCore,
        home: &Home,
        behind: Option<(IpAddr, SocketAddr)>,
        outfit: &Outfit,
    ) -> Keeper<'a> {
        let filled = |start: &Start| core.fill(&start.command, home, behind, &outfit.values_of_core());
        let command = core.start.as_ref().map(filled);
        Keeper { core, command: command.unwrap_or_default(), program: None, lost: false }
    }

    /// A case begins: starts it where that is due, and waits until it is there.
    pub async fn start(&mut self) -> Result<(), LiveError> {
        let (core, wait, tcp) = (self.core, self.core.answer_wait(), self.over_stream());
        let Some(start) = &core.start else {
            let there = match self.lost {
                true => opened(core.sip, tcp, wait).await == Reach::Open,
                false => reach(core.sip, tcp, wait).await != Reach::Refused,
            };
            self.lost = !there;
            return if there { Ok(()) } else { Err(self.unreachable("nobody takes SIP there")) };
        };
        if let Some(program) = &mut self.program
            && !program.has_ended()
        {
            program.begin();
            return Ok(());
        }
        // What it has left running may still have its address.
        self.end().await;
        let mut started = Program::start(&self.command)?;
        let there = match &start.ready_text {
            Some(text) => started.says(text, wait).await,
            None => started.opens(core.sip, tcp, wait).await,
        };
        let ended = started.has_ended();
        let death = started.failure();
        if !there || death.is_some() {
            started.end().await;
            let why =
                if ended { "its program ended by itself, and must stay in the foreground" } else { "it is not there" };
            return Err(self.unreachable(&death.unwrap_or_else(|| why.to_owned())));
        }
        self.program = Some(started);
        self.lost = false;
        Ok(())
    }

    /// Whether its program has ended, where it was started here.
    pub fn has_ended(&mut self) -> bool {
        self.program.as_mut().is_some_and(Program::has_ended)
    }

    /// How it is known after a case that it is lost; nothing where it is well. One that is started for each case may be over
    /// with it.
    pub async fn loss(&mut self) -> Option<String> {
        let how = match (&self.core.start, self.program.as_mut()) {
            (Some(start), Some(program)) => program.crash(!start.each_case).await,
            (Some(_), None) => None,
            (None, _) => {
                let gone = reach(self.core.sip, self.over_stream(), GRACE).await == Reach::Refused;
                gone.then(|| format!("nobody takes SIP at {} any more", self.core.sip))
            }
        };
        self.lost = how.is_some();
        how
    }

    /// What it printed in a case, where it was started here.
    pub fn log(&mut self) -> Vec<u8> {
        self.program.as_mut().map(Program::log).unwrap_or_default()
    }

    /// A case is over: ends what was started for it alone.
    pub async fn end_case(&mut self) {
        if self.core.start.as_ref().is_some_and(|start| start.each_case) {
            self.end().await;
        }
    }

    /// Ends what was started.
    pub async fn end(&mut self) {
        if let Some(program) = self.program.take() {
            program.end().await;
        }
    }

    fn over_stream(&self) -> bool {
        self.core.transport != Transport::Udp
    }

    fn unreachable(&self, why: &str) -> LiveError {
        let (name, address) = (self.core.name.clone(), self.core.sip);
        LiveError::Unreachable { name, address, wait: self.core.answer_wait(), why: why.to_owned() }
    }
}
