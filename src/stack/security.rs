//! How a host secures what it says: which of its streams are TLS, and how its URIs say so.

use std::net::SocketAddr;

use super::{Fingerprint, Layer};
use crate::wire::sip::{Message, Name};
use crate::wire::uri::{Scheme, Uri};

/// How a host secures its streams.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Security {
    /// SIP goes over TLS, and over nothing else (RFC 3261 §26.2.1).
    pub sip: bool,
    /// MSRP goes over TLS, with a certificate of this fingerprint (RFC 4975 §14.4).
    pub msrp: Option<Fingerprint>,
}

impl Security {
    /// What lies between SIP and TCP.
    pub fn sip_layer(&self) -> Layer {
        if self.sip { Layer::Tls } else { Layer::Plain }
    }

    /// What lies between MSRP and TCP.
    pub fn msrp_layer(&self) -> Layer {
        if self.msrp.is_some() { Layer::TlsByFingerprint } else { Layer::Plain }
    }

    /// The parameters of a SIP URI that lead to a socket of this host. `transport=tls` is out of use since RFC 3261
    /// §26.2.2, and still the only way to say that the last hop alone is secured (RFC 5630 §3.1.4).
    pub fn parameters(&self) -> &'static str {
        if self.sip { ";transport=tls" } else { "" }
    }

    /// The SIP URI of a user at a socket of this host.
    pub fn uri(&self, user: &str, at: SocketAddr) -> String {
        format!("sip:{user}@{at}{}", self.parameters())
    }
}

/// Whether a request demands that whoever takes part in it is reached over TLS on every hop: it is for a SIPS URI, or its
/// first Route is one (RFC 3261 §8.1.1.8, §12.1.1, §16.6 step 4).
pub fn demands_sips(request: &Message) -> bool {
    let route = request.address(Name::Route).map(|route| route.uri);
    let is_sips = |uri: &str| Uri::parse(uri).scheme == Scheme::Sips;
    request.request_uri().is_some_and(is_sips) || route.is_some_and(is_sips)
}

/// A SIP URI, or a value with one in brackets, as the SIPS URI that leads to the same socket: over TLS without its saying so.
pub fn as_sips(value: &str) -> String {
    let (before, uri) = value.split_once('<').map_or(("", value), |(before, rest)| (before, rest));
    let Some(rest) = uri.strip_prefix("sip:") else { return value.to_owned() };
    let bracket = if uri.len() < value.len() { "<" } else { "" };
    format!("{before}{bracket}sips:{}", rest.replacen(";transport=tls", "", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_say_how_to_get_there() {
        let at: SocketAddr = "[2001:db8::1]:5061".parse().expect("an address");
        let secure = Security { sip: true, msrp: None };
        assert_eq!(secure.uri("bob", at), "sip:bob@[2001:db8::1]:5061;transport=tls");
        assert_eq!(Security::default().uri("bob", at), "sip:bob@[2001:db8::1]:5061");
        for (value, sips) in [
            ("sip:a@192.0.2.1:5061;transport=tls;lr", "sips:a@192.0.2.1:5061;lr"),
            ("\"A\" <sip:a@h;transport=tls>;+g.oma.sip-im", "\"A\" <sips:a@h>;+g.oma.sip-im"),
            ("<sips:a@h>", "<sips:a@h>"),
            ("tel:+1", "tel:+1"),
        ] {
            assert_eq!(as_sips(value), sips);
        }
        assert_eq!((secure.sip_layer(), secure.msrp_layer()), (Layer::Tls, Layer::Plain));
    }
}
