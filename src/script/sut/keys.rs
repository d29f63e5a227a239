//! What each key of a system file is for, said once: files are written from it, and tests hold it to the types.
//!
//! It must not know what a key does to a run.

/// A key of the format.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    /// The key that it stands under; empty at the top.
    pub under: &'static str,
    pub of: Of,
    /// A value that loads, in YAML; empty where keys stand under it. `{plays}` is what the system plays.
    pub example: &'static str,
    /// One line of explanation.
    pub says: &'static str,
}

/// Whose file may have a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    Everybody,
    Clients,
    Servers,
}

impl Of {
    pub fn fits(self, server: bool) -> bool {
        match self {
            Of::Everybody => true,
            Of::Clients => !server,
            Of::Servers => server,
        }
    }
}

const fn key(name: &'static str, of: Of, example: &'static str, says: &'static str) -> Key {
    Key { name, under: "", of, example, says }
}

const fn sub(under: &'static str, name: &'static str, of: Of, example: &'static str, says: &'static str) -> Key {
    Key { name, under, of, example, says }
}

/// Keys that every file has.
pub const REQUIRED: &[&str] = &["name", "plays", "sip"];

/// All keys, in the order in which a file is best read; those under another one follow it.
pub const KEYS: &[Key] = &[
    key("name", Of::Everybody, "", "What reports call it."),
    key("version", Of::Everybody, "\"1.0\"", "Its version, for baselines that hold for some versions only."),
    key(
        "plays",
        Of::Everybody,
        "",
        "In whose place it plays: a role as in the tags of scenarios, or a person such as Alice.",
    ),
    key(
        "client",
        Of::Clients,
        "im",
        "The kind of client that it is: im or cpm. Without it, the kind that a scenario asks for.",
    ),
    key("sip", Of::Everybody, "", "Where it takes SIP. No actor of scenarios/home.yaml may have this address."),
    key(
        "transport",
        Of::Everybody,
        "udp",
        "The transport of its SIP: udp, tcp or tls. Between udp and tcp the core chooses for a server.",
    ),
    key("msrp-security", Of::Everybody, "tls", "What lies between its MSRP and TCP: none or tls."),
    key(
        "tls",
        Of::Everybody,
        "",
        "How it is known, and our actors to it, where something goes over TLS. Paths are relative to this file.",
    ),
    sub(
        "tls",
        "ca",
        Of::Everybody,
        "ca.pem",
        "The authorities that are believed. Without it, one is made for the run: {ca} in commands.",
    ),
    sub(
        "tls",
        "certificate",
        Of::Everybody,
        "ours.pem",
        "What our actors show. Without it, the authority of the run issues certificates for all.",
    ),
    sub("tls", "key", Of::Everybody, "ours-key.pem", "The key of that certificate."),
    sub(
        "tls",
        "verify",
        Of::Everybody,
        "true",
        "Its certificate must be of an authority that is believed, for its address or the home domain.",
    ),
    sub("tls", "mutual", Of::Everybody, "true", "It must show a certificate where it connects, too."),
    key("msrp", Of::Everybody, "127.0.0.23", "The host that its MSRP comes from, if it is not that of sip."),
    key(
        "address",
        Of::Clients,
        "sip:alice@home1.example",
        "Its address of record, if it is not that of the person in whose place it plays.",
    ),
    key(
        "password",
        Of::Clients,
        "secret",
        "Its answer where the core asks for one; its user name is that of its address.",
    ),
    key(
        "registers",
        Of::Clients,
        "true",
        "It registers at the SIP/IP core in every case. Without that the core knows it from the start.",
    ),
    key(
        "start",
        Of::Everybody,
        "",
        "How it is started, if it does not run already. Commands are programs with arguments, never a shell.",
    ),
    sub(
        "start",
        "command",
        Of::Everybody,
        "[system, --sip, \"{host}:{port}\", --proxy, \"{core}\"]",
        "Program and arguments.",
    ),
    sub("start", "each-case", Of::Everybody, "false", "Start it afresh for every case."),
    sub(
        "start",
        "ready-text",
        Of::Everybody,
        "ready",
        "It is ready when it prints this. Without it, when healthy says so, or its SIP port answers.",
    ),
    sub("start", "stop", Of::Everybody, "[system, --stop]", "What stops it. Without it, its process is ended."),
    key(
        "healthy",
        Of::Everybody,
        "[system, --status]",
        "A command that ends well where it is well: asked when it was started, and after each case.",
    ),
    key(
        "reset",
        Of::Everybody,
        "[system, --reset]",
        "A command that sets it back, run before each case but the first.",
    ),
    key(
        "log-file",
        Of::Everybody,
        "system.log",
        "A file that it writes: what comes to it during a case is kept with the case.",
    ),
    key(
        "stimulus",
        Of::Everybody,
        "{http: \"http://{host}:8021/\"}",
        "How it is made to act: none, prompt, {command: [program, argument]} or {http: URL}; page `stimulus` of the manual.",
    ),
    key(
        "arranges",
        Of::Everybody,
        "true",
        "It can be told how to behave in a scenario: by the act arrange, or provision for a server.",
    ),
    key(
        "reports-events",
        Of::Clients,
        "true",
        "It says what its user is told, one JSON object a line: the programs print it, a hook answers it.",
    ),
    key(
        "capabilities",
        Of::Everybody,
        "",
        "What it claims to do; scenarios of the rest are not applicable. Without the list, everything.",
    ),
    key(
        "max-adhoc-group-size",
        Of::Clients,
        "2",
        "How many people its user may invite to a conference, where it knows a limit.",
    ),
    key("answer-wait", Of::Everybody, "10", "How long it may take to act or answer, in seconds."),
    key("uris", Of::Servers, "", "The URIs that it answers for, where they are not those of scenarios/home.yaml."),
    sub(
        "uris",
        "conference-factory",
        Of::Servers,
        "sip:conference-factory@home1.example",
        "The Conference-factory-URI.",
    ),
    sub(
        "uris",
        "controlling-function",
        Of::Servers,
        "sip:controlling-function@home1.example",
        "The URI of a CPM Controlling Function.",
    ),
    sub(
        "uris",
        "deferred-messages",
        Of::Servers,
        "sip:Deferred@home1.example",
        "Where deferred messages are retrieved.",
    ),
    sub("uris", "history", Of::Servers, "sip:history@home1.example", "Where history is retrieved."),
    sub(
        "uris",
        "groups",
        Of::Servers,
        "{Friends: \"sip:friends@home1.example\"}",
        "Group identities, by the names that scenarios have for the groups.",
    ),
    key(
        "provisioned",
        Of::Servers,
        "{plays: {plays}}",
        "What it is provisioned with where nobody can change that, in the words of the act provision.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::script::sut::SystemUnderTest;

    /// What the types themselves say that may stand there.
    fn known(text: &str) -> BTreeSet<String> {
        let wrong = SystemUnderTest::parse("x.yaml", text).unwrap_err();
        let hint = wrong.hint.unwrap_or_default();
        let all = hint.rsplit("one of ").next().unwrap_or_default().trim_end_matches(')');
        all.split(", ").map(str::to_owned).collect()
    }

    #[test]
    fn every_key_of_the_format_is_explained() {
        #[track_caller]
        fn check(under: &str, text: &str) {
            let ours: BTreeSet<String> =
                KEYS.iter().filter(|key| key.under == under).map(|key| key.name.to_owned()).collect();
            assert_eq!(ours, known(text), "under `{under}`");
        }
        check("", "zzz: 1\n");
        check("start", "start: {zzz: 1}\n");
        check("uris", "uris: {zzz: 1}\n");
        check("tls", "tls: {zzz: 1}\n");
        assert!(KEYS.iter().all(|key| !key.says.contains('\n') && key.says.ends_with('.') && key.says.len() < 120));
    }
}
