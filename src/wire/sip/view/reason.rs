//! Reason (RFC 3326 §2).

use super::params::{Params, split_params};
use crate::wire::sip::{Message, Name};

/// One Reason value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reason<'m> {
    /// `SIP`, `Q.850` or another token.
    pub protocol: &'m str,
    pub params: Params<'m>,
}

impl<'m> Reason<'m> {
    pub fn parse(value: &'m str) -> Reason<'m> {
        let (protocol, params) = split_params(value);
        Reason { protocol, params }
    }

    pub fn cause(&self) -> Option<u32> {
        self.params.get("cause")?.parse().ok()
    }

    /// The text without its quotes.
    pub fn text(&self) -> Option<&'m str> {
        self.params.get("text")
    }
}

impl Message {
    /// Every value of Reason.
    pub fn reasons(&self) -> impl Iterator<Item = Reason<'_>> {
        self.values(Name::Reason).map(|(_, value)| Reason::parse(value))
    }
}

#[cfg(test)]
mod tests {
    use super::super::message_with;

    #[test]
    fn reasons_are_read() {
        let message = message_with("Reason: SIP ;cause=200 ;text=\"Call, done\", Q.850;cause=16;text=x\r\nReason: y");
        let found: Vec<_> = message.reasons().map(|r| (r.protocol, r.cause(), r.text())).collect();
        let expected = [("SIP", Some(200), Some("Call, done")), ("Q.850", Some(16), Some("x")), ("y", None, None)];
        assert_eq!(found, expected);
    }
}
