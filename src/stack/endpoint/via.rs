//! Via: what a client puts on top, what a server notes in it, and where a response goes (RFC 3261 §18, RFC 3581).

use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

use super::next_hop::Protocol;
use crate::wire::sip::{Message, Name, Via};
use crate::wire::uri::Host;

/// The port of a sent-by that names none.
pub const DEFAULT_PORT: u16 = 5060;
/// The same over TLS.
pub const TLS_PORT: u16 = 5061;

/// A Via value of this host.
pub(super) fn value(protocol: Protocol, local: SocketAddr, branch: &str) -> String {
    format!("SIP/2.0/{} {local};branch={branch};rport", protocol.word())
}

/// The top Via with `received` and `rport` as a request from `remote` must carry them on; `None` where nothing changes.
pub(super) fn noted(message: &Message, remote: SocketAddr) -> Option<String> {
    let (_, value) = message.values(Name::Via).next()?;
    let via = Via::parse(value)?;
    let asked = via.params.has("rport");
    if !asked && !via.params.has("received") && ip(via.host) == Some(remote.ip()) {
        return None;
    }
    let mut noted = value.split(';').next().unwrap_or_default().trim().to_owned();
    for (name, value) in via.params.iter() {
        let _ = match (name, value) {
            (name, _) if name.eq_ignore_ascii_case("received") || name.eq_ignore_ascii_case("rport") => Ok(()),
            (name, "") => write!(noted, ";{name}"),
            (name, value) => write!(noted, ";{name}={value}"),
        };
    }
    let _ = write!(noted, ";received={}", remote.ip());
    if asked {
        let _ = write!(noted, ";rport={}", remote.port());
    }
    Some(noted)
}

/// Where the response to a request from `remote` goes over UDP, or over a new connection (RFC 3261 §18.2.2, RFC 3581 §4).
pub(super) fn reply_address(via: &Via<'_>, remote: SocketAddr, reliable: bool) -> SocketAddr {
    let port = via.port.unwrap_or(default_port(via));
    if reliable {
        return SocketAddr::new(remote.ip(), port);
    }
    if let Some(group) = via.params.get("maddr").and_then(ip) {
        return SocketAddr::new(group, port);
    }
    if via.params.has("rport") { remote } else { SocketAddr::new(remote.ip(), port) }
}

/// Whether the sent-by is this host's, as that of a response's top Via must be (RFC 3261 §18.1.2).
pub(super) fn is_ours(via: &Via<'_>, local: SocketAddr) -> bool {
    ip(via.host) == Some(local.ip()) && via.port.unwrap_or(default_port(via)) == local.port()
}

fn default_port(via: &Via<'_>) -> u16 {
    if via.transport.eq_ignore_ascii_case(Protocol::Tls.word()) { TLS_PORT } else { DEFAULT_PORT }
}

fn ip(host: &str) -> Option<IpAddr> {
    Host::parse(host).ip().or_else(|| host.parse().ok())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn request(via: &str) -> Message {
        Message::parse(Bytes::from(format!("OPTIONS sip:b SIP/2.0\r\nVia: {via}, SIP/2.0/UDP other\r\n\r\n")))
    }

    #[test]
    fn received_and_rport_are_noted_where_they_must_be() {
        let remote: SocketAddr = "192.0.2.7:4444".parse().expect("an address");
        let table = [
            ("SIP/2.0/UDP 192.0.2.7;branch=x", None),
            ("SIP/2.0/UDP host.example;branch=x", Some("SIP/2.0/UDP host.example;branch=x;received=192.0.2.7")),
            (
                "SIP/2.0/UDP 192.0.2.7;rport;branch=x",
                Some("SIP/2.0/UDP 192.0.2.7;branch=x;received=192.0.2.7;rport=4444"),
            ),
            (
                "SIP/2.0/UDP 192.0.2.7;branch=x;received=9.9.9.9",
                Some("SIP/2.0/UDP 192.0.2.7;branch=x;received=192.0.2.7"),
            ),
        ];
        for (via, expected) in table {
            assert_eq!(noted(&request(via), remote).as_deref(), expected, "{via}");
        }
    }

    #[test]
    fn responses_go_where_rfc_3261_18_2_2_sends_them() {
        let remote: SocketAddr = "192.0.2.7:4444".parse().expect("an address");
        let table = [
            ("SIP/2.0/UDP h;branch=x", false, "192.0.2.7:5060"),
            ("SIP/2.0/UDP h:5070;branch=x", false, "192.0.2.7:5070"),
            ("SIP/2.0/UDP h:5070;branch=x;rport", false, "192.0.2.7:4444"),
            ("SIP/2.0/UDP h:5070;maddr=224.0.1.75", false, "224.0.1.75:5070"),
            ("SIP/2.0/TCP h:5070;branch=x;rport", true, "192.0.2.7:5070"),
            ("SIP/2.0/TLS h;branch=x", true, "192.0.2.7:5061"),
        ];
        for (via, reliable, expected) in table {
            let via = Via::parse(via).expect("a Via");
            assert_eq!(reply_address(&via, remote, reliable).to_string(), expected, "{via:?}");
        }
    }

    #[test]
    fn a_via_of_ours_is_recognised() {
        for local in ["192.0.2.1:5060", "[2001:db8::1]:5070"] {
            let local: SocketAddr = local.parse().expect("an address");
            let text = value(Protocol::Tcp, local, "z9hG4bKa");
            let via = Via::parse(&text).expect("a Via");
            assert!(is_ours(&via, local), "{text}");
            assert_eq!((via.transport, via.branch()), ("TCP", Some("z9hG4bKa")));
            assert!(!is_ours(&via, "192.0.2.9:5060".parse().expect("an address")));
        }
    }
}
