//! Challenges and credentials (RFC 3261 §20.7, §20.27, §20.28, §20.44).

use super::params::{pairs, unquote};
use crate::wire::sip::{Header, Message, Name};

/// A WWW-Authenticate or Proxy-Authenticate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Challenge<'m> {
    /// For example `Digest`.
    pub scheme: &'m str,
    params: &'m str,
}

/// An Authorization or Proxy-Authorization.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Credentials<'m> {
    /// For example `Digest`.
    pub scheme: &'m str,
    params: &'m str,
}

impl<'m> Challenge<'m> {
    pub fn parse(value: &'m str) -> Challenge<'m> {
        let (scheme, params) = split_scheme(value);
        Challenge { scheme, params }
    }

    /// A parameter without quotes: `realm`, `nonce`, `algorithm`, `qop`, `opaque`, `stale`, ….
    pub fn get(&self, name: &str) -> Option<&'m str> {
        find(self.params, name)
    }
}

impl<'m> Credentials<'m> {
    pub fn parse(value: &'m str) -> Credentials<'m> {
        let (scheme, params) = split_scheme(value);
        Credentials { scheme, params }
    }

    /// A parameter without quotes: `username`, `realm`, `nonce`, `uri`, `response`, `nc`, ….
    pub fn get(&self, name: &str) -> Option<&'m str> {
        find(self.params, name)
    }
}

impl Message {
    /// Every challenge under `name`: [`Name::WwwAuthenticate`] or [`Name::ProxyAuthenticate`].
    pub fn challenges(&self, name: Name) -> impl Iterator<Item = Challenge<'_>> {
        self.all(name).map(|header: Header<'_>| Challenge::parse(self.str(header.span())))
    }

    /// All credentials under `name`: [`Name::Authorization`] or [`Name::ProxyAuthorization`].
    pub fn credentials(&self, name: Name) -> impl Iterator<Item = Credentials<'_>> {
        self.all(name).map(|header: Header<'_>| Credentials::parse(self.str(header.span())))
    }
}

fn split_scheme(value: &str) -> (&str, &str) {
    let value = value.trim();
    value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len()))
}

fn find<'m>(params: &'m str, name: &str) -> Option<&'m str> {
    pairs(params, b',').find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| unquote(value))
}

#[cfg(test)]
mod tests {
    use super::super::message_with;
    use super::*;

    #[test]
    fn challenges_are_read() {
        let message = message_with(
            "WWW-Authenticate: Digest realm=\"a, b\",\r\n nonce=\"n=\", algorithm=AKAv1-MD5,qop=\"auth,auth-int\"\r\n\
             WWW-Authenticate: Other x=y\r\nWWW-Authenticate: Bare",
        );
        let found: Vec<_> = message
            .challenges(Name::WwwAuthenticate)
            .map(|c| (c.scheme, c.get("realm"), c.get("NONCE"), c.get("algorithm"), c.get("qop")))
            .collect();
        let digest = ("Digest", Some("a, b"), Some("n="), Some("AKAv1-MD5"), Some("auth,auth-int"));
        assert_eq!(found, [digest, ("Other", None, None, None, None), ("Bare", None, None, None, None)]);
    }

    #[test]
    fn credentials_are_read() {
        let message =
            message_with("Authorization: Digest username=\"bob\", uri=\"sip:a;b,c\", nc=00000001, response=\"\"");
        let found: Vec<_> = message
            .credentials(Name::Authorization)
            .map(|c| (c.get("username"), c.get("uri"), c.get("nc"), c.get("response")))
            .collect();
        assert_eq!(found, [(Some("bob"), Some("sip:a;b,c"), Some("00000001"), Some(""))]);
        assert_eq!(message.credentials(Name::ProxyAuthorization).count(), 0);
    }
}
