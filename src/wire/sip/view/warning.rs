//! Warning (RFC 3261 §20.43).

use super::params::unquote;
use crate::wire::sip::{Message, Name};

/// One Warning value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Warning<'m> {
    pub code: u16,
    /// Host and port, or pseudonym, of the server that warns.
    pub agent: &'m str,
    /// The text without its quotes.
    pub text: &'m str,
}

impl<'m> Warning<'m> {
    /// Takes `code agent "text"` apart; `None` where one of the three is missing or the text has no quotes.
    pub fn parse(value: &'m str) -> Option<Warning<'m>> {
        let (code, rest) = value.trim().split_once(' ')?;
        let (agent, text) = rest.trim_start().split_once(' ')?;
        let text = text.trim();
        let quoted = text.len() >= 2 && text.starts_with('"') && text.ends_with('"');
        quoted.then_some(())?;
        Some(Warning { code: code.parse().ok()?, agent, text: unquote(text) })
    }
}

impl Message {
    /// Every Warning value that can be read.
    pub fn warnings(&self) -> impl Iterator<Item = Warning<'_>> {
        self.values(Name::Warning).filter_map(|(_, value)| Warning::parse(value))
    }
}

#[cfg(test)]
mod tests {
    use super::super::message_with;

    #[test]
    fn warnings_are_read() {
        for (value, expected) in [
            ("399 im.example.org \"Too many participants\"", vec![(399, "im.example.org", "Too many participants")]),
            ("307 isi.edu \"a, b\", 301 x:5060 \"c\"", vec![(307, "isi.edu", "a, b"), (301, "x:5060", "c")]),
            ("Too many participants", vec![]),
            ("399 host text", vec![]),
            ("399 \"text\"", vec![]),
            ("", vec![]),
        ] {
            let message = message_with(&format!("Warning: {value}"));
            let found: Vec<_> = message.warnings().map(|w| (w.code, w.agent, w.text)).collect();
            assert_eq!(found, expected, "{value}");
        }
    }
}
