//! Addresses with header parameters: From, To, Contact, Route and their kin (RFC 3261 §20.10).

use super::accept_contact::Features;
use super::params::{Params, find_unquoted, split_params};
use crate::wire::sip::{Message, Name};

/// A name-addr or addr-spec with header parameters (RFC 3261 §20.10).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NameAddr<'m> {
    /// The display name as written, quotes included; empty where there is none.
    pub display: &'m str,
    /// The URI as written; `*` for the Contact that stands for all (RFC 3261 §10.2.2).
    pub uri: &'m str,
    pub params: Params<'m>,
}

impl<'m> NameAddr<'m> {
    pub fn parse(value: &'m str) -> NameAddr<'m> {
        let value = value.trim();
        let angle = find_unquoted(value, b'<');
        if angle < value.len() {
            let rest = &value[angle + 1..];
            let close = rest.find('>').unwrap_or(rest.len());
            let params = rest.get(close + 1..).unwrap_or_default().trim();
            return NameAddr { display: value[..angle].trim(), uri: rest[..close].trim(), params: Params(params) };
        }
        let (uri, params) = split_params(value);
        NameAddr { display: "", uri, params }
    }

    /// The `tag` parameter.
    pub fn tag(&self) -> Option<&'m str> {
        self.params.get("tag")
    }

    /// The feature parameters of a Contact (RFC 3840 §9).
    pub fn features(&self) -> Features<'m> {
        Features(self.params)
    }

    /// Whether this is the Contact `*`.
    pub fn is_star(&self) -> bool {
        self.uri == "*"
    }
}

impl Message {
    pub fn from(&self) -> Option<NameAddr<'_>> {
        self.address(Name::From)
    }

    pub fn to(&self) -> Option<NameAddr<'_>> {
        self.address(Name::To)
    }

    /// The first Contact.
    pub fn contact(&self) -> Option<NameAddr<'_>> {
        self.address(Name::Contact)
    }

    /// The first value of an address header; a header that is no list is taken whole, commas or not.
    pub fn address(&self, name: Name) -> Option<NameAddr<'_>> {
        match name {
            Name::From | Name::To | Name::ReplyTo | Name::ReferTo | Name::ReferredBy | Name::PCalledPartyId => {
                self.header(name).map(|header| NameAddr::parse(self.str(header.span())))
            }
            _ => self.addresses(name).next(),
        }
    }

    /// Every value of a header made of addresses (Contact, Route, Record-Route, P-Asserted-Identity, …).
    pub fn addresses(&self, name: Name) -> impl Iterator<Item = NameAddr<'_>> {
        self.values(name).map(|(_, v)| NameAddr::parse(v))
    }
}

#[cfg(test)]
mod tests {
    use super::super::message_with;
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        for (value, display, uri, params) in [
            ("sip:a@b", "", "sip:a@b", ""),
            ("sip:a@b;tag=x", "", "sip:a@b", ";tag=x"),
            ("<sip:a@b;lr>;tag=x", "", "sip:a@b;lr", ";tag=x"),
            ("Alice <sip:a@b>", "Alice", "sip:a@b", ""),
            ("Alice B.<sip:a@b> ;q=0.1", "Alice B.", "sip:a@b", ";q=0.1"),
            ("\"A \\\" <x> \" < sip:a@b >", "\"A \\\" <x> \"", "sip:a@b", ""),
            ("<sip:a@b", "", "sip:a@b", ""),
            ("\"A <sip:a@b>", "", "\"A <sip:a@b>", ""),
            ("", "", "", ""),
            ("*", "", "*", ""),
            ("tel:+1;phone-context=x", "", "tel:+1", ";phone-context=x"),
        ] {
            let expected = NameAddr { display, uri, params: Params(params) };
            assert_eq!(NameAddr::parse(value), expected, "{value:?}");
        }
    }

    #[test]
    fn a_message_gives_its_addresses() {
        let message = message_with(
            "f: <sip:a@b>;tag=1\r\nTo: Bell, Alex <sip:c@d>;tag=2\r\nm: \"x, y\" <sip:e@f,g>, <tel:+1>\r\nContact: *",
        );
        assert_eq!(message.from().and_then(|a| a.tag()), Some("1"));
        assert_eq!(message.to().map(|a| (a.display, a.uri)), Some(("Bell, Alex", "sip:c@d")));
        let contacts: Vec<_> = message.addresses(Name::Contact).map(|a| a.uri).collect();
        assert_eq!(contacts, ["sip:e@f,g", "tel:+1", "*"]);
        assert_eq!(message.addresses(Name::Contact).filter(NameAddr::is_star).count(), 1);
        assert_eq!(message.address(Name::Route), None);
    }
}
