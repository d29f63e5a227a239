//! Where a request goes next (RFC 3261 §8.1.2, §12.2.1.1, §16.6 step 7), without DNS: addresses and configured names only.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::via::{DEFAULT_PORT, TLS_PORT};
use crate::wire::sip::{Message, Name};
use crate::wire::uri::{Host, Scheme, Uri};

/// A transport protocol below SIP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    Udp,
    Tcp,
    Tls,
}

impl Protocol {
    /// Whether what is sent arrives, and arrives once.
    pub fn is_reliable(self) -> bool {
        self != Protocol::Udp
    }

    /// The port of a sent-by or URI that names none (RFC 3261 §18.2.2, §19.1.2).
    pub fn default_port(self) -> u16 {
        if self == Protocol::Tls { TLS_PORT } else { DEFAULT_PORT }
    }

    /// As it is written in a Via.
    pub fn word(self) -> &'static str {
        match self {
            Protocol::Udp => "UDP",
            Protocol::Tcp => "TCP",
            Protocol::Tls => "TLS",
        }
    }
}

/// The address of `uri`'s host and the transport it asks for; `None` for a host that `names` does not hold.
///
/// A SIPS URI asks for TLS (RFC 3261 §19.1.1). A name is looked up as `host:port`, then as `host`; a port in the URI wins over that of the table's plain host.
pub fn resolve(uri: &str, names: &BTreeMap<String, SocketAddr>) -> Option<(SocketAddr, Option<Protocol>)> {
    let uri = Uri::parse(uri);
    let protocol = match uri.transport() {
        _ if uri.scheme == Scheme::Sips => Some(Protocol::Tls),
        Some(word) if word.eq_ignore_ascii_case("tls") => Some(Protocol::Tls),
        Some(word) if word.eq_ignore_ascii_case("tcp") => Some(Protocol::Tcp),
        Some(word) if word.eq_ignore_ascii_case("udp") => Some(Protocol::Udp),
        _ => None,
    };
    let default_port = protocol.map_or(DEFAULT_PORT, Protocol::default_port);
    let maddr = uri.param("maddr").map(Host::parse);
    let host = maddr.or(uri.host)?;
    let address = match (host, host.ip()) {
        (_, Some(ip)) => SocketAddr::new(ip, uri.port.unwrap_or(default_port)),
        (Host::Name(name), _) => {
            let name = name.to_ascii_lowercase();
            match uri.port {
                Some(port) => match names.get(&format!("{name}:{port}")) {
                    Some(address) => *address,
                    None => SocketAddr::new(names.get(&name)?.ip(), port),
                },
                None => *names.get(&name)?,
            }
        }
        _ => return None,
    };
    Some((address, protocol))
}

/// The next hop of `request`: its topmost Route; else the outbound proxy, which mid-dialog requests without
/// Route only use where their Request-URI cannot be resolved; else the Request-URI.
pub(super) fn of(
    request: &Message,
    outbound: Option<SocketAddr>,
    names: &BTreeMap<String, SocketAddr>,
) -> Option<(SocketAddr, Option<Protocol>)> {
    if let Some(route) = request.address(Name::Route) {
        return resolve(route.uri, names).or(outbound.map(|address| (address, None)));
    }
    let in_dialog = request.to().is_some_and(|to| to.tag().is_some());
    let target = || resolve(request.request_uri().unwrap_or_default(), names);
    match outbound {
        Some(address) if !in_dialog => Some((address, None)),
        Some(address) => target().or(Some((address, None))),
        None => target(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn names() -> BTreeMap<String, SocketAddr> {
        let pair = |name: &str, address: &str| (name.to_owned(), address.parse().expect("an address"));
        [pair("example.org", "192.0.2.50:5070"), pair("im.example.org:5080", "192.0.2.60:7000")].into()
    }

    #[test]
    fn a_uri_resolves_by_address_or_by_the_table() {
        let table = [
            ("sip:bob@192.0.2.1", Some("192.0.2.1:5060")),
            ("sip:bob@192.0.2.1:5062;transport=tcp", Some("192.0.2.1:5062")),
            ("sip:[2001:db8::1]:5062", Some("[2001:db8::1]:5062")),
            ("sips:bob@192.0.2.1", Some("192.0.2.1:5061")),
            ("sip:192.0.2.1;transport=tls", Some("192.0.2.1:5061")),
            ("sips:192.0.2.1:5071;transport=tcp", Some("192.0.2.1:5071")),
            ("sip:bob@Example.org", Some("192.0.2.50:5070")),
            ("sip:bob@example.org:5061", Some("192.0.2.50:5061")),
            ("sip:bob@im.example.org:5080", Some("192.0.2.60:7000")),
            ("sip:bob@elsewhere.example;maddr=192.0.2.9", Some("192.0.2.9:5060")),
            ("sip:bob@elsewhere.example", None),
            ("tel:+1234", None),
            ("", None),
        ];
        for (uri, expected) in table {
            assert_eq!(resolve(uri, &names()).map(|(a, _)| a.to_string()).as_deref(), expected, "{uri}");
        }
        let protocol = |uri| resolve(uri, &names()).and_then(|(_, protocol)| protocol);
        assert_eq!(protocol("sip:192.0.2.1;transport=TCP"), Some(Protocol::Tcp));
        assert_eq!(protocol("sips:192.0.2.1;transport=tcp"), Some(Protocol::Tls));
        assert_eq!(protocol("sip:192.0.2.1"), None);
    }

    #[test]
    fn route_comes_before_the_outbound_proxy_before_the_request_uri() {
        let outbound = "192.0.2.99:5060".parse().ok();
        let table = [
            ("To: <sip:b@x>\r\n", None, "192.0.2.1:5060"),
            ("To: <sip:b@x>\r\n", outbound, "192.0.2.99:5060"),
            ("To: <sip:b@x>;tag=t\r\n", outbound, "192.0.2.1:5060"),
            ("Route: <sip:192.0.2.7;lr>, <sip:192.0.2.8;lr>\r\nTo: <sip:b@x>\r\n", outbound, "192.0.2.7:5060"),
            ("Route: <sip:unknown.example;lr>\r\nTo: <sip:b@x>\r\n", outbound, "192.0.2.99:5060"),
        ];
        for (headers, outbound, expected) in table {
            let text = format!("BYE sip:bob@192.0.2.1 SIP/2.0\r\n{headers}\r\n");
            let (address, _) = of(&Message::parse(Bytes::from(text)), outbound, &names()).expect("a next hop");
            assert_eq!(address.to_string(), expected, "{headers}");
        }
    }
}
