//! Feature parameters (RFC 3840 §9) and the headers that ask for them (RFC 3841 §9.2).

use super::params::Params;
use crate::wire::sip::{Message, Name};

/// Feature tags with their values, among the parameters of a Contact, Accept-Contact or Reject-Contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Features<'m>(pub Params<'m>);

/// One value of Accept-Contact or Reject-Contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AcceptContact<'m> {
    pub params: Params<'m>,
}

impl<'m> Features<'m> {
    /// Each feature tag with its value without quotes; `TRUE` where none is written (RFC 3840 §9).
    pub fn iter(self) -> impl Iterator<Item = (&'m str, &'m str)> {
        self.0.iter().filter(|(name, _)| is_feature_tag(name)).map(|(name, value)| {
            let value = super::params::unquote(value);
            (name, if value.is_empty() { "TRUE" } else { value })
        })
    }

    /// Whether the tag is there and not `FALSE`; tags compare without case (RFC 3841 §7.2.4).
    pub fn has(self, tag: &str) -> bool {
        self.get(tag).is_some_and(|value| !value.eq_ignore_ascii_case("FALSE"))
    }

    /// The value of a tag; a tag alone means `TRUE`.
    pub fn get(self, tag: &str) -> Option<&'m str> {
        self.iter().find(|(name, _)| name.eq_ignore_ascii_case(tag)).map(|(_, value)| value)
    }

    /// Whether `value` is one of the values of a tag (`a,b`), letters in any case.
    pub fn has_value(self, tag: &str, value: &str) -> bool {
        self.get(tag).is_some_and(|values| values.split(',').any(|v| v.trim().eq_ignore_ascii_case(value)))
    }
}

impl<'m> AcceptContact<'m> {
    /// Takes `*;feature;require;explicit`; what stands in place of the star is passed over.
    pub fn parse(value: &'m str) -> AcceptContact<'m> {
        AcceptContact { params: super::params::split_params(value).1 }
    }

    pub fn features(&self) -> Features<'m> {
        Features(self.params)
    }

    /// A target without these features must not be tried.
    pub fn require(&self) -> bool {
        self.params.has("require")
    }

    /// A target that does not name these features does not match fully.
    pub fn explicit(&self) -> bool {
        self.params.has("explicit")
    }
}

impl Message {
    /// Every value of Accept-Contact.
    pub fn accept_contacts(&self) -> impl Iterator<Item = AcceptContact<'_>> {
        self.values(Name::AcceptContact).map(|(_, value)| AcceptContact::parse(value))
    }

    /// Every value of Reject-Contact.
    pub fn reject_contacts(&self) -> impl Iterator<Item = AcceptContact<'_>> {
        self.values(Name::RejectContact).map(|(_, value)| AcceptContact::parse(value))
    }
}

/// Base tags stand alone, all others begin with `+` (RFC 3840 §9).
fn is_feature_tag(name: &str) -> bool {
    const BASE: [&str; 22] = [
        "actor",
        "application",
        "audio",
        "automata",
        "class",
        "control",
        "data",
        "description",
        "duplex",
        "events",
        "extensions",
        "isfocus",
        "language",
        "message",
        "methods",
        "mobility",
        "priority",
        "schemes",
        "text",
        "type",
        "video",
        "byeless",
    ];
    name.starts_with('+') || BASE.iter().any(|base| name.eq_ignore_ascii_case(base))
}

#[cfg(test)]
mod tests {
    use super::super::message_with;
    use super::*;

    #[test]
    fn a_tag_is_there_alone_or_true() {
        let tag = "+g.oma.sip-im";
        for (params, expected) in [
            (";+g.oma.sip-im", true),
            (";+G.OMA.SIP-IM", true),
            (";+g.oma.sip-im=\"TRUE\"", true),
            (";+g.oma.sip-im=\"FALSE\"", false),
            (";+g.oma.sip-im.large-message", false),
            (";g.oma.sip-im", false),
            (";x=\"+g.oma.sip-im\"", false),
            ("", false),
        ] {
            assert_eq!(Features(Params(params)).has(tag), expected, "{params}");
        }
    }

    #[test]
    fn features_stand_among_other_parameters() {
        let message = message_with(
            "Contact: <sip:a@b;isfocus>;isfocus;expires=3;+sip.instance=\"<urn:uuid:1>\";methods=\"INVITE,BYE\"",
        );
        let features = message.contact().map(|contact| contact.features()).unwrap_or_default();
        let all: Vec<_> = features.iter().collect();
        let expected = [("isfocus", "TRUE"), ("+sip.instance", "<urn:uuid:1>"), ("methods", "INVITE,BYE")];
        assert_eq!(all, expected);
        assert!(features.has_value("methods", "bye"));
        assert!(!features.has_value("methods", "INV"));
    }

    #[test]
    fn accept_contact_is_read() {
        let message = message_with("a: *;+g.oma.sip-im;require;explicit, *;audio\r\nReject-Contact: *;video");
        let all: Vec<_> = message
            .accept_contacts()
            .map(|a| (a.features().has("+g.oma.sip-im"), a.features().has("audio"), a.require(), a.explicit()))
            .collect();
        assert_eq!(all, [(true, false, true, true), (false, true, false, false)]);
        assert_eq!(message.reject_contacts().filter(|r| r.features().has("video")).count(), 1);
    }
}
