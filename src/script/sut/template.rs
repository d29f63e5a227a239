//! A system file for people to fill in: every key that is for its part, those that may be left out as comments.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::keys::{KEYS, Key, REQUIRED};
use super::{CAPABILITIES, PLACEHOLDERS, Transport};
use crate::script::plan::SERVER_ROLES;

/// What is known of the system already.
#[derive(Clone, Debug)]
pub struct Template {
    pub name: String,
    pub plays: String,
    pub sip: SocketAddr,
    pub transport: Transport,
}

impl Template {
    /// The text of the file. A line that begins with `# ` and a word explains; `#` before anything else keeps a key out,
    /// so that taking these `#` away puts all keys in.
    pub fn text(&self) -> String {
        let server = SERVER_ROLES.iter().any(|(role, _)| *role == self.plays);
        let mut text = HEAD.to_owned();
        for (name, meaning) in PLACEHOLDERS {
            let _ = writeln!(text, "#   {name:<13} {meaning}"); // Writing to a String cannot fail.
        }
        for key in KEYS.iter().filter(|key| key.under.is_empty() && key.of.fits(server)) {
            let chosen = key.name == "transport" && self.transport != Transport::default();
            let _ = write!(text, "\n# {}\n", key.says);
            let out = if REQUIRED.contains(&key.name) || chosen { "" } else { "#" };
            let _ = writeln!(text, "{out}{}:{}", key.name, self.value(key));
            for sub in KEYS.iter().filter(|sub| sub.under == key.name && sub.of.fits(server)) {
                let _ = writeln!(text, "{out}  # {}\n{out}  {}:{}", sub.says, sub.name, self.value(sub));
            }
            for (name, meaning) in CAPABILITIES.iter().filter(|_| key.name == "capabilities") {
                let _ = writeln!(text, "{out}  # {meaning}\n{out}  - {name}");
            }
        }
        text
    }

    /// What follows the colon.
    fn value(&self, key: &Key) -> String {
        let value = match key.name {
            "name" => quoted(&self.name),
            "plays" => quoted(&self.plays),
            "sip" => quoted(&self.sip.to_string()),
            "transport" if self.transport == Transport::Tcp => "tcp".to_owned(),
            "transport" if self.transport == Transport::Tls => "tls".to_owned(),
            _ => key.example.replace("{plays}}", &format!("{}}}", self.plays)),
        };
        if value.is_empty() { value } else { format!(" {value}") }
    }
}

const HEAD: &str = "\
# A system under test. `imspec doctor FILE` says whether it can be played with, `imspec probe FILE` what it can do, and
# `imspec run --sut FILE` plays. Take the # away before the keys that you need. In commands and URLs are filled in:
";

/// A scalar that YAML takes for the same text, whatever is in it.
fn quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.ends_with(' ')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || " -_.".contains(c))
        && text.parse::<f64>().is_err()
        && !["true", "false", "null", "yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str());
    // JSON is YAML too.
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::certificates::Authority;
    use crate::script::sut::{Stimulus, SystemUnderTest};

    fn template(plays: &str) -> Template {
        let sip = "127.0.0.21:5060".parse().unwrap();
        Template { name: "My system".to_owned(), plays: plays.to_owned(), sip, transport: Transport::Udp }
    }

    /// The text with everything in it that is kept out.
    fn whole(text: &str) -> String {
        let explains = |line: &str| line.strip_prefix("# ").is_some_and(|rest| !rest.starts_with(' '));
        let body = text.split_once("\n\n").map_or(text, |(_, body)| body);
        let lines = body.lines().map(|line| if explains(line) { line } else { line.strip_prefix('#').unwrap_or(line) });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_is_written_loads_at_once_and_with_all_keys_in() {
        // The files that it names are looked at when it is read.
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let authority = Authority::kept(&at("ca.pem"), &at("ca-key.pem")).unwrap();
        authority.issue("ours", &[], &["home1.example"]).unwrap().write(&at("ours.pem"), &at("ours-key.pem")).unwrap();
        let file = at("system.yaml").display().to_string();
        let roles = SERVER_ROLES.iter().map(|(role, _)| *role);
        for plays in roles.chain(["im-client", "cpm-client", "Alice"]) {
            let written = template(plays);
            let text = written.text();
            let short = SystemUnderTest::parse("system.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
            assert_eq!((short.plays.as_str(), short.stimulus), (plays, Stimulus::None));
            let all = whole(&text);
            let long = SystemUnderTest::parse(&file, &all).unwrap_or_else(|wrong| panic!("{wrong}\n{all}"));
            assert_eq!(long.capabilities.map(|all| all.len()), Some(CAPABILITIES.len()));
            let mapping: serde_json::Value = serde_yaml::from_str(&all).unwrap();
            for key in KEYS {
                let pointer = match key.under {
                    "" => format!("/{}", key.name),
                    under => format!("/{under}/{}", key.name),
                };
                let fits = key.of.fits(SERVER_ROLES.iter().any(|(role, _)| *role == plays));
                assert_eq!(mapping.pointer(&pointer).is_some(), fits, "{plays}: {pointer}\n{all}");
            }
        }
    }

    #[test]
    fn what_is_known_is_filled_in() {
        let name = "Phone: \"4\" # beta".to_owned();
        let known = Template { name: name.clone(), transport: Transport::Tcp, ..template("im-client") };
        let known = Template { sip: "[::1]:5070".parse().unwrap(), ..known };
        let sut = SystemUnderTest::parse("system.yaml", &known.text()).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!((sut.name, sut.transport, sut.sip), (name, Transport::Tcp, known.sip));
        for text in ["7", "no", "1e3", "", "x: y", "- x"] {
            let sut = Template { name: text.to_owned(), ..template("Alice") }.text();
            assert_eq!(SystemUnderTest::parse("system.yaml", &sut).unwrap_or_else(|w| panic!("{w}")).name, text);
        }
    }
}
