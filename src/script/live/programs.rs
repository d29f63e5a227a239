//! The programs of a system under test while cases are played: started, stimulated, heard and ended.

use std::io;

use super::process::Process;
use crate::actors::act::{Act, Kept, Recipients, Sending, Told};
use crate::script::sut::{Start, Stimulus, SystemUnderTest};
use crate::time::Time;
use crate::trace::UserEvent;

/// What runs of a system.
pub struct Programs<'a> {
    sut: &'a SystemUnderTest,
    /// What stands for what in all commands.
    values: Vec<(&'static str, String)>,
    /// The system itself, where imspec starts it.
    system: Option<Process>,
    /// Commands that let it act.
    acting: Vec<Process>,
    ready: bool,
}

/// A program that could not be started.
#[derive(Debug)]
pub struct NoProgram {
    pub command: Vec<String>,
    pub cause: io::Error,
}

impl<'a> Programs<'a> {
    pub fn new(sut: &'a SystemUnderTest, core: std::net::SocketAddr) -> Programs<'a> {
        let values = vec![
            ("{core}", core.to_string()),
            ("{host}", sut.sip.ip().to_string()),
            ("{port}", sut.sip.port().to_string()),
        ];
        Programs { sut, values, system: None, acting: Vec::new(), ready: false }
    }

    /// Starts the system where that is due; says whether it did.
    pub fn start(&mut self, user: &str) -> Result<bool, NoProgram> {
        let Some(start) = self.sut.start.as_ref().filter(|_| self.system.is_none()) else { return Ok(false) };
        self.ready = false;
        self.system = Some(self.launch(&start.command, &[("{user}", user.to_owned())], None)?);
        Ok(true)
    }

    /// Whether the text has come that says that it is ready.
    pub fn is_ready(&self) -> bool {
        self.ready
    }

    /// Lets the user of the system act.
    pub fn act(&mut self, user: &str, act: &Act, prompt: fn(&str)) -> Result<(), NoProgram> {
        match &self.sut.stimulus {
            Stimulus::None => {}
            Stimulus::Prompt => prompt(&in_words(user, act)),
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
                let json = serde_json::to_string(act).unwrap_or_default();
                let process = self.launch(command, &values, Some(json))?;
                self.acting.push(process);
            }
        }
        Ok(())
    }

    /// Hears what the programs print, and notes what the user of the system is told.
    pub fn listen(&mut self, now: Time, party: &str, told: &mut Vec<(Time, UserEvent)>) {
        let text = self.sut.start.as_ref().and_then(|start| start.ready_text.as_deref());
        for process in self.system.iter_mut().chain(&mut self.acting) {
            while let Some(line) = process.line() {
                self.ready |= text.is_some_and(|text| line.contains(text));
                if let Some(Told { event, about }) =
                    self.sut.reports_events.then(|| serde_json::from_str(&line).ok()).flatten()
                {
                    told.push((now, UserEvent { party: party.to_owned(), name: event, about }));
                }
            }
        }
    }

    /// How one of them failed.
    pub fn failure(&mut self) -> Option<String> {
        self.system.iter_mut().chain(&mut self.acting).find_map(Process::failure)
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
            let _ = Process::run(&SystemUnderTest::fill(stop, &self.values)).await;
        }
        if let Some(process) = self.system.take() {
            process.end().await;
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

fn recipients(to: &Recipients) -> Vec<&str> {
    match to {
        Recipients::One(one) | Recipients::Group(one) | Recipients::Session(one) => vec![one],
        Recipients::Several(many) => many.iter().map(String::as_str).collect(),
    }
}

/// What the operator is asked to do.
fn in_words(user: &str, act: &Act) -> String {
    if let Act::Retrieve { ids, .. } = act
        && !ids.is_empty()
    {
        return format!("please let {user}'s client {}: {}", plain(act), ids.join(", "));
    }
    if let Act::Invite { to } = act {
        return format!("please let {user}'s client invite {to} to a session");
    }
    if let Act::Message(sending) = act {
        let to = recipients(&sending.to).join(", ");
        let private = if to.is_empty() { to } else { format!(", to {to} alone") };
        return format!("please let {user}'s client send in the session{private}: “{}”", sending.text);
    }
    match act {
        Act::Confer { to, anonymous } => {
            let how = if *anonymous { ", anonymously" } else { "" };
            return format!("please let {user}'s client invite {} to one conference{how}", to.join(", "));
        }
        Act::Join { conference, anonymous } => {
            let how = if *anonymous { ", anonymously" } else { "" };
            return format!("please let {user}'s client join the conference {conference}{how}");
        }
        Act::Extend { to } => {
            return format!("please let {user}'s client take {} into the session", to.join(", "));
        }
        _ => {}
    }
    let Act::Send(sending) = act else { return format!("please let {user}'s client {}", plain(act)) };
    let Sending { to, text, content_type, anonymous, on_action, description, external, delivery_report, file, .. } =
        &**sending;
    let mut words = format!("please let {user}'s client send {} bytes to {}", text.len(), recipients(to).join(", "));
    let mut add = |applies: bool, what: &str| {
        if applies {
            words.push_str(", ");
            words.push_str(what);
        }
    };
    let file = file.as_ref().map(|file| format!("as the file {}", file.name));
    add(file.is_some(), file.as_deref().unwrap_or_default());
    add(!content_type.is_empty(), content_type);
    add(*anonymous, "anonymously");
    add(*on_action, "to be opened by the recipient");
    add(*delivery_report, "with a delivery report");
    add(description.is_some(), &format!("described as “{}”", description.as_deref().unwrap_or_default()));
    add(external.is_some(), &format!("as a pointer to {}", external.as_deref().unwrap_or_default()));
    words
}

fn plain(act: &Act) -> &'static str {
    match act {
        Act::Arrange(_) => "be set up afresh",
        Act::Register => "register",
        Act::Send(_) => "send a message",
        Act::Retrieve { kept: Kept::Deferred, .. } => "retrieve deferred messages",
        Act::Retrieve { kept: Kept::History, .. } => "retrieve history",
        Act::Invite { .. } => "invite to a session",
        Act::Confer { .. } => "invite to a conference",
        Act::Join { .. } => "join a conference",
        Act::Rejoin => "go back into the last conference",
        Act::Extend { .. } => "take more people into the session",
        Act::Subscribe => "ask who takes part in the conference",
        Act::Accept => "take the invitation",
        Act::Decline => "turn the invitation down",
        Act::Message(_) => "send a message in the session",
        Act::Release => "end the session",
        Act::Cancel => "give the invitation up",
        Act::Modify(_) => "modify the session",
        Act::Reset => "abort the MSRP connection",
        Act::Abort => "break the message off",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_is_told_in_words() {
        #[track_caller]
        fn check(act: Act, expected: &str) {
            assert_eq!(in_words("alice", &act), expected);
        }
        check(Act::Register, "please let alice's client register");
        let all = Act::Retrieve { kept: Kept::Deferred, ids: Vec::new() };
        check(all, "please let alice's client retrieve deferred messages");
        let one = Act::Retrieve { kept: Kept::History, ids: vec!["mid:a@example.org".into()] };
        check(one, "please let alice's client retrieve history: mid:a@example.org");
        let invite = Act::Invite { to: "sip:bob@example.org".into() };
        check(invite, "please let alice's client invite sip:bob@example.org to a session");
        let message = Sending { text: "Hello".into(), ..Sending::default() };
        check(Act::Message(Box::new(message)), "please let alice's client send in the session: “Hello”");
        let people = || vec!["sip:bob@example.org".to_owned(), "sip:carol@example.org".to_owned()];
        let confer = Act::Confer { to: people(), anonymous: true };
        let words = "please let alice's client invite sip:bob@example.org, sip:carol@example.org to one conference, anonymously";
        check(confer, words);
        let join = Act::Join { conference: "sip:friends@example.org".into(), anonymous: false };
        check(join, "please let alice's client join the conference sip:friends@example.org");
        let extend = Act::Extend { to: people() };
        check(extend, "please let alice's client take sip:bob@example.org, sip:carol@example.org into the session");
        let private =
            Sending { text: "Hi".into(), to: Recipients::One("sip:bob@example.org".into()), ..Sending::default() };
        let words = "please let alice's client send in the session, to sip:bob@example.org alone: “Hi”";
        check(Act::Message(Box::new(private)), words);
        let to = Recipients::Several(vec!["sip:bob@example.org".into(), "sip:carol@example.org".into()]);
        let sending = Sending { to, text: "x".repeat(1500), anonymous: true, ..Sending::default() };
        let words =
            "please let alice's client send 1500 bytes to sip:bob@example.org, sip:carol@example.org, anonymously";
        check(Act::Send(Box::new(sending)), words);
    }

    #[test]
    fn users_are_found_in_addresses() {
        for (address, user) in [("sip:bob@example.org", "bob"), ("bob", "bob"), ("sip:example.org", "sip:example.org")]
        {
            assert_eq!(user_of(address), user);
        }
    }
}
