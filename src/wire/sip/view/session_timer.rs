//! Session-Expires and Min-SE (RFC 4028 §4, §5).

use super::params::{Params, split_params};
use crate::wire::sip::{Message, Name};

/// The value of Session-Expires or Min-SE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionTimer<'m> {
    /// In seconds.
    pub delta: u32,
    pub params: Params<'m>,
}

/// Who refreshes the session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refresher {
    Uac,
    Uas,
}

impl<'m> SessionTimer<'m> {
    pub fn parse(value: &'m str) -> Option<SessionTimer<'m>> {
        let (delta, params) = split_params(value);
        Some(SessionTimer { delta: delta.parse().ok()?, params })
    }

    /// The `refresher` parameter, where it names a role.
    pub fn refresher(&self) -> Option<Refresher> {
        match self.params.get("refresher")? {
            role if role.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
            role if role.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
            _ => None,
        }
    }
}

impl Message {
    pub fn session_expires(&self) -> Option<SessionTimer<'_>> {
        SessionTimer::parse(self.str(self.span_of(Name::SessionExpires)?))
    }

    pub fn min_se(&self) -> Option<SessionTimer<'_>> {
        SessionTimer::parse(self.str(self.span_of(Name::MinSe)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::message_with;
    use super::*;

    #[test]
    fn the_timer_is_read() {
        for (headers, expected) in [
            ("Session-Expires: 1800", Some((1800, None))),
            ("x: 90 ; Refresher = UAC", Some((90, Some(Refresher::Uac)))),
            ("x: 90;refresher=uas", Some((90, Some(Refresher::Uas)))),
            ("x: 90;refresher=me", Some((90, None))),
            ("x: 4294967296", None),
            ("x:", None),
            ("Min-SE: 90", None),
        ] {
            let message = message_with(headers);
            let found = message.session_expires().map(|timer| (timer.delta, timer.refresher()));
            assert_eq!(found, expected, "{headers}");
        }
        assert_eq!(message_with("Min-SE: 120;x").min_se().map(|timer| timer.delta), Some(120));
    }
}
