//! What is run around a system under test: how it is started, stopped, set back, and asked whether it is well.

use serde::Deserialize;

/// How a system is started and stopped.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Start {
    /// Program and arguments, never a shell. See [`super::PLACEHOLDERS`].
    pub command: Vec<String>,
    /// Start it afresh for every case.
    #[serde(default)]
    pub each_case: bool,
    /// It is ready when it prints this text; without one, when `healthy` says so, or its SIP port answers.
    pub ready_text: Option<String>,
    /// Program and arguments that stop it; without them its process is ended.
    pub stop: Option<Vec<String>>,
}

impl super::SystemUnderTest {
    /// All commands of the file, with the keys that they stand at.
    pub fn commands(&self) -> impl Iterator<Item = (&'static str, &Vec<String>)> {
        let start = self.start.iter().flat_map(|start| std::iter::once(&start.command).chain(&start.stop));
        let stimulus = match &self.stimulus {
            super::Stimulus::Command(command) => Some(("stimulus", command)),
            _ => None,
        };
        let healthy = self.healthy.iter().map(|command| ("healthy", command));
        let reset = self.reset.iter().map(|command| ("reset", command));
        start.map(|command| ("command", command)).chain(stimulus).chain(healthy).chain(reset)
    }
}
