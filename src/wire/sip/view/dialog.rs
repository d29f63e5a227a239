//! Headers that name a dialog: Replaces (RFC 3891 §6.1), Join (RFC 3911 §7.1), Target-Dialog (RFC 4538 §7).

use super::params::{Params, split_params};
use crate::wire::sip::{Message, Name};

/// A dialog by its Call-ID and tags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DialogId<'m> {
    pub call_id: &'m str,
    pub params: Params<'m>,
}

impl<'m> DialogId<'m> {
    pub fn parse(value: &'m str) -> DialogId<'m> {
        let (call_id, params) = split_params(value);
        DialogId { call_id, params }
    }

    pub fn to_tag(&self) -> Option<&'m str> {
        self.params.get("to-tag")
    }

    pub fn from_tag(&self) -> Option<&'m str> {
        self.params.get("from-tag")
    }

    /// Only an early dialog may be replaced (RFC 3891 §6.1).
    pub fn early_only(&self) -> bool {
        self.params.has("early-only")
    }
}

impl Message {
    pub fn replaces(&self) -> Option<DialogId<'_>> {
        self.span_of(Name::Replaces).map(|span| DialogId::parse(self.str(span)))
    }

    pub fn join(&self) -> Option<DialogId<'_>> {
        self.span_of(Name::Join).map(|span| DialogId::parse(self.str(span)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::message_with;
    use super::*;

    #[test]
    fn a_dialog_is_named() {
        for (value, expected) in [
            (
                "98732@sip.example.com;from-tag=r33;to-tag=ff8",
                ("98732@sip.example.com", Some("ff8"), Some("r33"), false),
            ),
            ("12adf2f;to-tag=1;from-tag=2;early-only", ("12adf2f", Some("1"), Some("2"), true)),
            ("x", ("x", None, None, false)),
            ("", ("", None, None, false)),
        ] {
            let message = message_with(&format!("Replaces: {value}\r\nJoin: {value}"));
            let parts = |id: DialogId<'_>| (id.call_id.to_owned(), id.to_tag().map(str::to_owned), id.early_only());
            let found = message.replaces().map(|id| (id.call_id, id.to_tag(), id.from_tag(), id.early_only()));
            assert_eq!(found, Some(expected), "{value}");
            assert_eq!(message.join().map(parts), message.replaces().map(parts));
        }
        assert_eq!(message_with("Via: x").replaces(), None);
    }
}
