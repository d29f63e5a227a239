//! The system under test of a live run: what it is, where it is and how it is made to act, from `scenarios/sut/*.yaml`.
//!
//! It knows what people write about a system, not how a case is played with it.

mod core;
mod hooks;
pub mod keys;
mod server;
pub mod signs;
mod template;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::diagnostic::Diagnostic;
use super::home::Protection;
use super::plan::{Client, Plan};
use super::{suggest, yaml};
use crate::actors::provision::Provision;
use crate::net::http::Url;
use crate::wire::uri::Host;
pub use core::{PLACEHOLDERS as CORE_PLACEHOLDERS, SERVICES as CORE_SERVICES, ThirdPartyCore};
pub use hooks::Start;
pub use server::Uris;
pub use template::Template;
pub use tls::Tls;

/// A system under test.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SystemUnderTest {
    /// What reports call it.
    pub name: String,
    /// Its version, for baselines that hold for some versions only.
    pub version: Option<String>,
    /// In whose place it plays: a person such as `Alice`, or a role such as `im-client` or `controlling-function`, which is
    /// that of whoever is under test in the scenarios of that role.
    pub plays: String,
    /// The kind of client that it is; without it, the kind that the scenario asks for.
    #[serde(default, with = "client")]
    pub client: Option<Client>,
    /// Where it takes SIP.
    pub sip: SocketAddr,
    #[serde(default)]
    pub transport: Transport,
    /// What lies between its MSRP and TCP.
    #[serde(default)]
    pub msrp_security: Protection,
    /// How it is known, and our actors to it, where something goes over TLS.
    pub tls: Option<Tls>,
    /// The host that its MSRP comes from, if it is not that of `sip`.
    pub msrp: Option<IpAddr>,
    /// Its address of record in the home domain, if it is not that of the person in whose place it plays.
    pub address: Option<String>,
    /// What it answers with where the core asks for a password, with the user part of its address, which is its user name,
    /// for `{user}`.
    pub password: Option<String>,
    /// It registers at the SIP/IP core in every case. Without that the core knows it from the start.
    #[serde(default)]
    pub registers: bool,
    /// How it is started, if it does not run already.
    pub start: Option<Start>,
    /// Program and arguments that end well where the system is well: asked until it is when it is started, and once
    /// after each case. Without them its SIP port is looked at.
    pub healthy: Option<Vec<String>>,
    /// Program and arguments that set it back to where it was when it was started, run before each case but the first.
    pub reset: Option<Vec<String>>,
    /// A file that it writes: what comes to it during a case is kept with the case.
    pub log_file: Option<PathBuf>,
    /// How its user is made to act.
    #[serde(default, with = "serde_yaml::with::singleton_map")]
    pub stimulus: Stimulus,
    /// What it claims to do, from [`CAPABILITIES`]; without the list, everything.
    pub capabilities: Option<Vec<String>>,
    /// How many people its user may invite to a conference, where it knows a limit (MAX-ADHOC-GROUP-SIZE).
    pub max_adhoc_group_size: Option<usize>,
    /// How long it may take to act or answer, in seconds; without it [`SystemUnderTest::answer_wait`] says.
    pub answer_wait: Option<u32>,
    /// It says what its user is told, one JSON object a line: `{"event": "delivered", "about": ""}`. The programs print
    /// it; a hook answers it.
    #[serde(default)]
    pub reports_events: bool,
    /// It can be told how to behave in a scenario: each begins with the act `arrange`, or with `provision` for a server.
    #[serde(default)]
    pub arranges: bool,
    /// The URIs that a server answers for, where they are not those of the home network.
    #[serde(default)]
    pub uris: Uris,
    /// What a server is provisioned with that cannot be told, in the words of the act `provision`.
    pub provisioned: Option<Provision>,
}

/// The transport of its SIP.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    #[default]
    Udp,
    Tcp,
    Tls,
}

/// How the user of the system is made to act.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stimulus {
    /// Not at all: scenarios where it must act are not played.
    #[default]
    None,
    /// The operator is told what to do.
    Prompt,
    /// Program and arguments, run for every act, with the act as JSON on its standard input. See [`PLACEHOLDERS`].
    Command(Vec<String>),
    /// A URL on its test port, to which every act is posted as JSON. `{host}`, `{port}` and `{core}` are filled in.
    Http(String),
}

/// What a system may claim, with what it means. Scenarios carry them as tags.
pub const CAPABILITIES: &[(&str, &str)] = &[
    ("originating", "begins: sends, invites, retrieves"),
    ("terminating", "takes what others begin"),
    ("mid-session", "refreshes and modifies sessions"),
    ("ims", "is a client of a 3GPP IMS"),
    ("pager", "sends and receives messages in pager mode"),
    ("large-messages", "sends and receives large messages"),
    ("sessions", "takes part in one-to-one sessions"),
    ("conferences", "takes part in conferences"),
    ("private-messages", "sends private messages in conferences"),
    ("deferred-messages", "retrieves deferred messages"),
    ("history", "retrieves history messages"),
    ("files", "sends and receives files"),
    ("relays", "reaches others through an MSRP relay"),
];

/// The roles that a system may play. Scenarios in which one of them is under test carry it as a tag.
const ROLES: &[&str] = &[
    "im-client",
    "cpm-client",
    "controlling-function",
    "deferred-messaging-function",
    "history-function",
    "participating-function",
    "sip-core",
];

/// Other tags of scenarios that say nothing about what a system can do.
const OTHER_TAGS: &[&str] = &["invalid", "inopportune", "timers", "any-message"];

/// Why a plan says nothing about any system in which one speaks SIP over TLS and others do not.
const MIXED: &str = "only in the simulated network some speak SIP over TLS and others do not";

/// What stands for something else in the arguments of commands.
pub const PLACEHOLDERS: &[(&str, &str)] = &[
    ("{core}", "host and port of the SIP/IP core"),
    ("{host}", "host of its SIP, an IPv6 address in brackets"),
    ("{port}", "port of its SIP"),
    ("{ca}", "file with the certificate of the authority of our actors, where TLS is used"),
    ("{certificate}", "file with a certificate for the system, which that authority has issued"),
    ("{key}", "file with its key"),
    ("{user}", "user part of its address of record"),
    ("{to}", "address of the first recipient of the message"),
    ("{to-user}", "user part of that"),
    ("{size}", "size of the message in bytes"),
];

/// The longest wait that makes sense, in seconds.
const LONGEST_WAIT: u32 = 600;

impl SystemUnderTest {
    /// The text of a file.
    pub fn read(path: &Path) -> Result<String, Diagnostic> {
        let name = path.display().to_string();
        let size = std::fs::metadata(path).map_err(|e| Diagnostic::new(&name, e.to_string()))?.len();
        if size > yaml::MAX_SIZE as u64 {
            return Err(Diagnostic::new(name, format!("is larger than {} octets", yaml::MAX_SIZE)));
        }
        std::fs::read_to_string(path).map_err(|e| Diagnostic::new(&name, e.to_string()))
    }

    /// Reads the text of a file; `file` names it in the diagnostic.
    pub fn parse(file: &str, text: &str) -> Result<SystemUnderTest, Diagnostic> {
        let mut sut: SystemUnderTest = yaml::from_str(file, text).map_err(|wrong| match wrong.message.as_str() {
            "missing field `plays`" => wrong.hint("a SIP/IP core that is only in between is given with --core"),
            _ => wrong,
        })?;
        let folder = Path::new(file).parent().unwrap_or(Path::new(""));
        sut.tls = sut.tls.map(|tls| tls.seen_from(folder));
        let wrong = |key: &str, message: String| {
            let line = text.lines().position(|line| line.trim_start().starts_with(key)).map_or(0, |n| n + 1);
            let diagnostic = Diagnostic::new(file, message);
            if line == 0 { diagnostic } else { diagnostic.at_part(text, line, "") }
        };
        let known: Vec<&str> = CAPABILITIES.iter().map(|(name, _)| *name).collect();
        for claimed in sut.capabilities.iter().flatten() {
            if !known.contains(&claimed.as_str()) {
                let all = format!("one of {}", known.join(", "));
                let hint = match suggest::nearest(claimed, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`? ({all})"),
                    None => all,
                };
                return Err(wrong("capabilities", format!("there is no capability `{claimed}`")).hint(hint));
            }
        }
        // People have names that begin with a capital.
        if !sut.plays.starts_with(char::is_uppercase) && !ROLES.contains(&sut.plays.as_str()) {
            let all = format!("a person of the scenarios, such as Alice, or one of {}", ROLES.join(", "));
            let near = suggest::nearest(&sut.plays, ROLES.iter().copied());
            let hint = near.map_or_else(|| all.clone(), |near| format!("did you mean `{near}`? ({all})"));
            return Err(wrong("plays", format!("there is no role `{}`", sut.plays)).hint(hint));
        }
        if let Stimulus::Http(url) = &sut.stimulus {
            let values = ["{host}", "{core}"].map(|name| (name, sut.host()));
            let values = [&values[..], &[("{port}", sut.sip.port().to_string())]].concat();
            if let Err(message) = Url::parse(&SystemUnderTest::fill_word(url, &values)) {
                return Err(wrong("stimulus", message).hint("write for example {http: \"http://{host}:8021/\"}"));
            }
        }
        if let Some((key, message, hint)) = sut.wrong_for_its_part().or_else(|| sut.wrong_about_tls()) {
            return Err(wrong(key, message).hint(hint));
        }
        let told = sut.stimulus != Stimulus::None && (sut.stimulus != Stimulus::Prompt || sut.server().is_some());
        if sut.arranges && !told {
            let message = "what is arranged must be told to it".to_owned();
            return Err(
                wrong("arranges", message).hint("it needs `stimulus: {command: [...]}` or `stimulus: {http: ...}`")
            );
        }
        for (key, command) in sut.commands() {
            if command.first().is_none_or(String::is_empty) {
                return Err(wrong(key, "a command has no program".to_owned()).hint("write [program, argument, ...]"));
            }
        }
        if sut.answer_wait.is_some_and(|wait| !(1..=LONGEST_WAIT).contains(&wait)) {
            return Err(wrong("answer-wait", format!("answer-wait is not from 1 to {LONGEST_WAIT} seconds")));
        }
        Ok(sut)
    }

    /// How long it may take to act or answer: what the file says, else 10 seconds, or 120 with a person in between.
    pub fn answer_wait(&self) -> Duration {
        let usual = if self.stimulus == Stimulus::Prompt { 120 } else { 10 };
        Duration::from_secs(self.answer_wait.unwrap_or(usual).into())
    }

    /// The arguments of a command, with what stands in the braces of [`PLACEHOLDERS`] filled in.
    pub fn fill(command: &[String], values: &[(&str, String)]) -> Vec<String> {
        command.iter().map(|word| SystemUnderTest::fill_word(word, values)).collect()
    }

    /// One word, filled in likewise.
    pub fn fill_word(word: &str, values: &[(&str, String)]) -> String {
        values.iter().fold(word.to_owned(), |word, (name, value)| word.replace(name, value))
    }

    /// The host of its SIP as URIs have it.
    pub fn host(&self) -> String {
        Host::from(self.sip.ip()).to_string()
    }

    /// The host that its MSRP comes from.
    pub fn msrp_host(&self) -> IpAddr {
        self.msrp.unwrap_or(self.sip.ip())
    }

    /// Why a plan says nothing about this system; nothing where it does.
    pub fn not_applicable(&self, plan: &Plan) -> Option<String> {
        let tags = &plan.case.tags;
        if self.plays != plan.under_test && !tags.contains(&self.plays) {
            return Some(format!("{} is under test here, and {} plays {}", plan.tested(), self.name, self.plays));
        }
        let kind = plan.people.iter().find(|p| p.name == plan.under_test).map(|p| p.client);
        if self.client.is_some() && kind != self.client {
            return Some(format!("{} is another kind of client", self.name));
        }
        if plan.mixes_transports() {
            return Some(MIXED.to_owned());
        }
        if plan.secures_msrp() && self.msrp_security == Protection::None {
            return Some(format!("{} does not claim that it secures MSRP (`msrp-security: tls`)", self.name));
        }
        let claimed = self.capabilities.as_ref()?;
        let missing = tags.iter().find(|tag| {
            !ROLES.contains(&tag.as_str()) && !OTHER_TAGS.contains(&tag.as_str()) && !claimed.contains(tag)
        })?;
        let meaning = CAPABILITIES.iter().find(|(name, _)| name == missing).map_or("", |(_, meaning)| meaning);
        Some(format!("{} does not claim that it {meaning} (capability {missing})", self.name))
    }
}

/// `im` and `cpm` in files.
mod client {
    use serde::{Deserialize, Deserializer};

    use crate::script::plan::Client;

    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Im,
        Cpm,
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Client>, D::Error> {
        Ok(Some(match Word::deserialize(deserializer)? {
            Word::Im => Client::Im,
            Word::Cpm => Client::Cpm,
        }))
    }
}

#[cfg(test)]
mod tests;
