//! Headers that are numbers: CSeq, Max-Forwards, Expires, Retry-After, RSeq, RAck.

use super::params::{Params, split_params};
use crate::wire::sip::{Message, Name};

/// A Retry-After (RFC 3261 §20.33).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetryAfter<'m> {
    /// In seconds.
    pub delta: u32,
    pub params: Params<'m>,
}

/// A RAck (RFC 3262 §7.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RAck<'m> {
    pub response: u32,
    pub cseq: u32,
    pub method: &'m str,
}

impl<'m> RetryAfter<'m> {
    /// Takes `seconds (comment);parameters`; the comment is passed over.
    pub fn parse(value: &'m str) -> Option<RetryAfter<'m>> {
        let (delta, params) = split_params(value);
        let delta = delta.split(|c: char| c == '(' || c.is_ascii_whitespace()).next()?;
        Some(RetryAfter { delta: delta.parse().ok()?, params })
    }
}

impl<'m> RAck<'m> {
    pub fn parse(value: &'m str) -> Option<RAck<'m>> {
        let mut words = value.split_ascii_whitespace();
        let response = words.next()?.parse().ok()?;
        Some(RAck { response, cseq: words.next()?.parse().ok()?, method: words.next()? })
    }
}

impl Message {
    /// Sequence number and method.
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let mut words = self.str(self.span_of(Name::CSeq)?).split_ascii_whitespace();
        Some((words.next()?.parse().ok()?, words.next()?))
    }

    pub fn max_forwards(&self) -> Option<u32> {
        self.number(Name::MaxForwards)
    }

    /// The Expires header, in seconds.
    pub fn expires(&self) -> Option<u32> {
        self.number(Name::Expires)
    }

    /// The Min-Expires header, in seconds.
    pub fn min_expires(&self) -> Option<u32> {
        self.number(Name::MinExpires)
    }

    pub fn rseq(&self) -> Option<u32> {
        self.number(Name::RSeq)
    }

    pub fn rack(&self) -> Option<RAck<'_>> {
        RAck::parse(self.str(self.span_of(Name::RAck)?))
    }

    pub fn retry_after(&self) -> Option<RetryAfter<'_>> {
        RetryAfter::parse(self.str(self.span_of(Name::RetryAfter)?))
    }

    /// The number that the first header of that name is.
    fn number(&self, name: Name) -> Option<u32> {
        self.str(self.span_of(name)?).parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::message_with;
    use super::*;

    #[test]
    fn cseq_is_read() {
        for (value, expected) in [
            ("1 INVITE", Some((1, "INVITE"))),
            ("0009\r\n  INVITE", Some((9, "INVITE"))),
            ("4294967295 X", Some((4_294_967_295, "X"))),
            ("36893488147419103232 REGISTER", None),
            ("1", None),
            ("INVITE 1", None),
            ("", None),
        ] {
            assert_eq!(message_with(&format!("CSeq: {value}")).cseq(), expected, "{value}");
        }
    }

    #[test]
    fn numbers_are_read() {
        let message = message_with(
            "Max-Forwards: 0068\r\nExpires: 3600\r\nMin-Expires: x\r\nRSeq: 7\r\nRAck: 7 1 INVITE\r\nRetry-After: 18 (busy);duration=5",
        );
        assert_eq!(message.max_forwards(), Some(68));
        assert_eq!(message.expires(), Some(3600));
        assert_eq!(message.min_expires(), None);
        assert_eq!(message.rseq(), Some(7));
        assert_eq!(message.rack(), Some(RAck { response: 7, cseq: 1, method: "INVITE" }));
        assert_eq!(message.retry_after(), Some(RetryAfter { delta: 18, params: Params(";duration=5") }));
        for value in ["", "1", "1 2", "a 2 B"] {
            assert_eq!(RAck::parse(value), None, "{value}");
        }
        assert_eq!(RetryAfter::parse("5(x)").map(|r| r.delta), Some(5));
        assert_eq!(RetryAfter::parse("(x)"), None);
    }
}
