//! One record of a baseline: which checks, which verdict, why, whose, until when, for which versions.

use serde::Deserialize;

use super::day::Day;
use crate::judge::Verdict;

/// A known deviation.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    /// The id of a finding, the address of a scenario (or its beginning), or a requirement; `*` stands for anything.
    #[serde(rename = "match")]
    pub matches: String,
    #[serde(default)]
    pub verdict: Expected,
    /// Why it is so, for whoever reads the report.
    pub reason: String,
    pub owner: Option<String>,
    pub link: Option<String>,
    /// The last day on which it holds, `2027-03-31`.
    pub until: Option<Day>,
    /// Versions of the system that it holds for; all of them without.
    #[serde(default)]
    pub versions: Vec<String>,
}

/// The verdict that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    #[default]
    Fail,
    Warning,
    Flaky,
    Inconclusive,
}

impl Expected {
    pub fn verdict(self) -> Verdict {
        match self {
            Expected::Fail => Verdict::Fail,
            Expected::Warning => Verdict::Warning,
            Expected::Flaky => Verdict::Flaky,
            Expected::Inconclusive => Verdict::Inconclusive,
        }
    }
}

impl Entry {
    /// What is wrong with it, beyond what its types say.
    pub fn slip(&self) -> Option<String> {
        if self.matches.trim_matches('*').is_empty() {
            return Some("a pattern that fits everything knows nothing".to_owned());
        }
        self.reason.trim().is_empty().then(|| format!("{} has no reason", self.matches))
    }

    /// Whether it is about this check.
    pub fn fits(&self, finding: &str, requirement: &str) -> bool {
        let address = finding.split('#').next().unwrap_or_default();
        let begins = address.strip_prefix(&self.matches).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        begins || glob(&self.matches, finding) || glob(&self.matches, address) || glob(&self.matches, requirement)
    }

    /// Whether it holds for that version of the system. Of a system that names none, every entry does.
    pub fn holds_for(&self, version: Option<&str>) -> bool {
        self.versions.is_empty() || version.is_none_or(|version| self.versions.iter().any(|v| v == version))
    }

    /// For example `the server is old (owner: core team, https://example.org/1)`.
    pub fn words(&self) -> String {
        let owner = self.owner.as_ref().map(|owner| format!("owner: {owner}"));
        let more: Vec<&str> = owner.as_deref().into_iter().chain(self.link.as_deref()).collect();
        match more.is_empty() {
            true => self.reason.clone(),
            false => format!("{} ({})", self.reason, more.join(", ")),
        }
    }
}

/// Whether `text` has the form of `pattern`, where `*` stands for any characters. Linear in both: the last star is the
/// only one that is ever taken back.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            (p, t) = (at + 1, taken + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, fits) in [
            ("IM-9.2.2-3", "IM-9.2.2-3", true),
            ("IM-9.2.2-3", "IM-9.2.2-33", false),
            ("IM-9.2.2-*", "IM-9.2.2-33", true),
            ("im/*#IM-9*", "im/9.2.2/x#IM-9.2.2-3", true),
            ("*-3", "IM-9.2.2-3", true),
            ("*-3", "IM-9.2.2-3.1", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }
}
