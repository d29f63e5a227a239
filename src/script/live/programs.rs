//! The programs of a system under test while cases are played: started, stimulated, heard and ended.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;

use super::hook::Hook;
use super::log::Log;
use super::operator::{Console, Operator};
use super::process::{FAREWELL, Process};
use super::words::in_words;
use crate::actors::act::{Act, Recipients};
use crate::net::http::Url;
use crate::script::port;
use crate::script::sut::{Start, Stimulus, SystemUnderTest};
use crate::time::Time;
use crate::trace::UserEvent;

/// What runs of a system.
pub struct Programs<'a> {
    sut: &'a SystemUnderTest,
    /// What stands for what in all commands.
    values: Vec<(&'static str, String)>,
    operator: Operator,
    /// The system itself, where imspec starts it.
    system: Option<Process>,
    /// Commands that let it act.
    acting: Vec<Process>,
    hook: Option<Hook>,
    ready: bool,
    /// How a stimulus failed in this case.
    failure: Option<String>,
    /// What was complained about already.
    complaints: BTreeSet<String>,
    log: Log,
    /// A case was played already.
    used: bool,
}

/// A program that could not be started.
#[derive(Debug)]
pub struct NoProgram {
    pub command: Vec<String>,
    pub cause: io::Error,
}

/// Complaints about events that are shown; more say nothing new.
const MOST_COMPLAINTS: usize = 20;

impl<'a> Programs<'a> {
    /// `more` is what stands for what beside the usual.
    pub fn new(
        sut: &'a SystemUnderTest,
        core: SocketAddr,
        console: Console,
        more: Vec<(&'static str, String)>,
    ) -> Programs<'a> {
        let mut values =
            vec![("{core}", core.to_string()), ("{host}", sut.host()), ("{port}", sut.sip.port().to_string())];
        values.extend(more);
        let hook = match &sut.stimulus {
            Stimulus::Http(url) => Url::parse(&SystemUnderTest::fill_word(url, &values)).ok(),
            _ => None,
        };
        let hook = hook.map(|url| Hook::new(url, sut.answer_wait(), sut.reports_events));
        Programs {
            sut,
            values,
            operator: Operator::new(console),
            system: None,
            acting: Vec::new(),
            hook,
            ready: false,
            failure: None,
            complaints: BTreeSet::new(),
            log: Log::new(sut.log_file.clone()),
            used: false,
        }
    }

    /// A case begins: what failed before it is forgotten, and the system is set back. Says how that failed.
    pub async fn begin(&mut self) -> Option<String> {
        self.failure = None;
        self.forget();
        self.log.begin();
        let used = std::mem::replace(&mut self.used, true);
        let reset = self.sut.reset.as_ref().filter(|_| used)?;
        let command = SystemUnderTest::fill(reset, &self.values);
        Process::run(&command, self.sut.answer_wait()).await.map(|how| format!("it could not be set back: {how}"))
    }

    /// The command that tells whether the system is well, where there is one.
    pub fn health(&self) -> Option<Vec<String>> {
        self.sut.healthy.as_ref().map(|command| SystemUnderTest::fill(command, &self.values))
    }

    /// How the system crashed. One that is started for each case may be over with it.
    pub fn crash(&mut self) -> Option<String> {
        let should_go_on = !self.sut.start.as_ref().is_some_and(|start| start.each_case);
        let how = self.system.as_mut()?.crash(should_go_on)?;
        Some(format!("its program {how}"))
    }

    /// Waits a moment for what programs that have ended said last.
    pub async fn hear_out(&mut self) {
        for process in self.system.iter_mut().chain(&mut self.acting) {
            process.hear_out().await;
        }
    }

    /// Whether imspec started the system, and it runs.
    pub fn is_running(&mut self) -> bool {
        self.system.as_mut().is_some_and(|system| !system.has_ended())
    }

    /// What it printed since the case began, and wrote into its log file.
    pub fn log(&mut self) -> Vec<u8> {
        self.forget();
        self.log.end()
    }

    /// Starts the system where that is due; says whether it did.
    pub fn start(&mut self, user: &str) -> Result<bool, NoProgram> {
        let Some(start) = &self.sut.start else { return Ok(false) };
        if self.system.as_mut().is_some_and(|system| !system.has_ended()) {
            return Ok(false);
        }
        self.ready = false;
        self.system = Some(self.launch(&start.command, &[("{user}", user.to_owned())], None)?);
        Ok(true)
    }

    /// Notes what else went wrong in this case.
    pub fn note(&mut self, trouble: String) {
        self.failure.get_or_insert(trouble);
    }

    /// Whether the text has come that says that it is ready.
    pub fn is_ready(&self) -> bool {
        self.ready
    }

    /// Whether imspec started the system and it runs no more.
    pub fn has_ended(&mut self) -> bool {
        self.system.as_mut().is_some_and(Process::has_ended)
    }

    /// Lets the user of the system act.
    pub fn act(&mut self, user: &str, act: &Act) {
        match &self.sut.stimulus {
            Stimulus::None => {}
            Stimulus::Prompt => match act {
                Act::Provision(_) => self.operator.ask(&in_words(user, act)),
                _ => self.operator.tell(&in_words(user, act)),
            },
            Stimulus::Command(command) => {
                let mut values = vec![("{user}", user.to_owned())];
                if let Act::Send(sending) = act {
                    let to = recipients(&sending.to).first().map_or("", |to| to).to_owned();
                    values.push(("{to-user}", user_of(&to).to_owned()));
                    values.push(("{to}", to));
                    values.push(("{size}", sending.text.len().to_string()));
                }
                if let Act::Invite { to } | Act::Join { conference: to, .. } = act {
                    values.push(("{to-user}", user_of(to).to_owned()));
                    values.push(("{to}", to.clone()));
                }
                match self.launch(command, &values, Some(port::act_line(act))) {
                    Ok(process) => self.acting.push(process),
                    Err(NoProgram { command, cause }) => {
                        self.failure
                            .get_or_insert(format!("its command `{}` cannot be started: {cause}", command.join(" ")));
                    }
                }
            }
            Stimulus::Http(_) => {
                if let Some(hook) = &mut self.hook {
                    hook.post(port::act_line(act));
                }
            }
        }
    }

    /// Whether all that the system was told to do was taken, as far as that can be known.
    pub fn is_idle(&mut self) -> bool {
        self.operator.is_done()
            && self.hook.as_mut().is_none_or(|hook| hook.is_idle())
            && self.acting.iter_mut().all(Process::has_ended)
    }

    /// Hears what the programs print, and notes what the user of the system is told.
    pub fn listen(&mut self, now: Time, party: &str, told: &mut Vec<(Time, UserEvent)>) {
        let mut lines = Vec::new();
        for process in self.system.iter_mut().chain(&mut self.acting) {
            while let Some(line) = process.line() {
                self.log.line(&line);
                let text = self.sut.start.as_ref().and_then(|start| start.ready_text.as_deref());
                if text.is_some_and(|text| line.contains(text)) {
                    self.ready = true;
                } else {
                    lines.push(line);
                }
            }
        }
        if let Some(hook) = &mut self.hook {
            // What a system with a hook prints is for people.
            lines.clear();
            if self.sut.reports_events {
                hook.listen();
            }
            while let Some(line) = hook.line() {
                lines.push(line);
            }
            if let Some(failure) = hook.take_failure() {
                self.failure.get_or_insert(failure);
            }
        }
        if self.sut.reports_events {
            for line in lines {
                match port::read_event(&line) {
                    Ok(event) => {
                        told.push((now, UserEvent { party: party.to_owned(), name: event.event, about: event.about }));
                    }
                    Err(wrong) => self.complain(&line, &wrong),
                }
            }
        }
    }

    /// Hears what was said until now, and makes nothing of it: it belongs to an earlier case.
    pub fn forget(&mut self) {
        self.listen(Time(0), "", &mut Vec::new());
    }

    /// How a stimulus failed, or a program did.
    pub fn failure(&mut self) -> Option<String> {
        let acting = self.acting.iter_mut().find_map(Process::failure).map(|how| format!("its command {how}"));
        self.failure.clone().or(acting).or_else(|| self.operator.failure()).or_else(|| self.death())
    }

    /// How the system itself ended, if it did not end well.
    pub fn death(&mut self) -> Option<String> {
        self.system.as_mut().and_then(Process::failure).map(|how| format!("its program {how}"))
    }

    /// Ends what runs for a case alone, or everything.
    pub async fn end(&mut self, everything: bool) {
        for process in self.acting.drain(..) {
            process.end().await;
        }
        let Some(Start { each_case, stop, .. }) = &self.sut.start else { return };
        if !(everything || *each_case) {
            return;
        }
        if let (Some(stop), true) = (stop, self.system.is_some()) {
            // A command that cannot run leaves the system to be ended below.
            let _ = Process::run(&SystemUnderTest::fill(stop, &self.values), FAREWELL).await;
        }
        if let Some(process) = self.system.take() {
            process.end().await;
        }
    }

    /// Says once of each line that looks like an event and is none what is wrong with it.
    fn complain(&mut self, line: &str, wrong: &str) {
        let meant = self.hook.is_some() || line.contains("\"event\"");
        if meant && self.complaints.len() < MOST_COMPLAINTS && self.complaints.insert(wrong.to_owned()) {
            self.operator.tell(&format!("{}: {wrong}: {:.200}", self.sut.name, line.trim()));
        }
    }

    fn launch(
        &self,
        command: &[String],
        more: &[(&'static str, String)],
        input: Option<String>,
    ) -> Result<Process, NoProgram> {
        let values: Vec<_> = self.values.iter().chain(more).cloned().collect();
        let command = SystemUnderTest::fill(command, &values);
        Process::start(&command, input).map_err(|cause| NoProgram { command, cause })
    }
}

/// The user part of a SIP URI.
pub fn user_of(address: &str) -> &str {
    address.split_once(':').and_then(|(_, rest)| rest.split_once('@')).map_or(address, |(user, _)| user)
}

pub fn recipients(to: &Recipients) -> Vec<&str> {
    match to {
        Recipients::One(one) | Recipients::Group(one) | Recipients::Session(one) => vec![one],
        Recipients::Several(many) => many.iter().map(String::as_str).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_in_addresses() {
        for (address, user) in [("sip:bob@example.org", "bob"), ("bob", "bob"), ("sip:example.org", "sip:example.org")]
        {
            assert_eq!(user_of(address), user);
        }
    }
}
