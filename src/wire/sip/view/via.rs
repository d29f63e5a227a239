//! Via (RFC 3261 §20.42).

use super::params::{Params, split_params};
use crate::wire::sip::{Message, Name};

/// One Via value (RFC 3261 §20.42).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Via<'m> {
    pub transport: &'m str,
    /// Host without brackets.
    pub host: &'m str,
    pub port: Option<u16>,
    pub params: Params<'m>,
}

impl<'m> Via<'m> {
    /// Takes `SIP/2.0/UDP host:port;parameters` apart; blanks are legal around each slash and the colon.
    pub fn parse(value: &'m str) -> Option<Via<'m>> {
        let (sent, params) = split_params(value);
        let (_, rest) = sent.split_once('/')?;
        let (_, rest) = rest.split_once('/')?;
        let rest = rest.trim_start();
        let (transport, sent_by) = rest.split_at(rest.find(|c: char| c.is_ascii_whitespace())?);
        let (host, port) = split_host_port(sent_by.trim());
        Some(Via { transport, host, port, params })
    }

    pub fn branch(&self) -> Option<&'m str> {
        self.params.get("branch")
    }

    /// The `received` parameter, without the brackets that some put around an IPv6 address (RFC 5118 §4.5).
    pub fn received(&self) -> Option<&'m str> {
        let value = self.params.get("received")?;
        Some(value.strip_prefix('[').and_then(|v| v.strip_suffix(']')).unwrap_or(value))
    }

    /// The `rport` parameter (RFC 3581 §3): there without a value in a request, with a port in a response.
    pub fn rport(&self) -> Option<Option<u16>> {
        self.params.get("rport").map(|port| port.parse().ok())
    }
}

impl Message {
    /// The topmost Via.
    pub fn via(&self) -> Option<Via<'_>> {
        self.vias().next()
    }

    /// Every Via value, topmost first.
    pub fn vias(&self) -> impl Iterator<Item = Via<'_>> {
        self.values(Name::Via).filter_map(|(_, v)| Via::parse(v))
    }
}

fn split_host_port(text: &str) -> (&str, Option<u16>) {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, tail) = rest.split_once(']').unwrap_or((rest, ""));
        return (host, tail.trim().strip_prefix(':').and_then(|p| p.trim().parse().ok()));
    }
    match text.split_once(':') {
        Some((host, port)) => (host.trim(), port.trim().parse().ok()),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::message_with;
    use super::*;

    #[test]
    fn a_via_is_taken_apart() {
        for (value, expected) in [
            ("SIP/2.0/UDP host", Some(("UDP", "host", None, None))),
            ("SIP/2.0/TCP host:5070;branch=z9hG4bKx", Some(("TCP", "host", Some(5070), Some("z9hG4bKx")))),
            ("SIP / 2.0\r\n /TLS  host : 1 ; branch = y", Some(("TLS", "host", Some(1), Some("y")))),
            ("SIP/2.0/UDP [2001:db8::1]:6050;branch=y", Some(("UDP", "2001:db8::1", Some(6050), Some("y")))),
            ("SIP/2.0/UDP [2001:db8::1", Some(("UDP", "2001:db8::1", None, None))),
            ("SIP/2.0/UDP host:99999", Some(("UDP", "host", None, None))),
            ("SIP/2.0/UDP", None),
            ("SIP/2.0 host", None),
            ("", None),
        ] {
            let found = Via::parse(value).map(|via| (via.transport, via.host, via.port, via.branch()));
            assert_eq!(found, expected, "{value:?}");
        }
    }

    #[test]
    fn received_and_rport_are_read() {
        let via = |params| Via { transport: "UDP", host: "h", port: None, params: Params(params) };
        assert_eq!(via(";received=192.0.2.1;rport").received(), Some("192.0.2.1"));
        assert_eq!(via(";received=[::1]").received(), Some("::1"));
        assert_eq!(via(";rport").rport(), Some(None));
        assert_eq!(via(";rport=5").rport(), Some(Some(5)));
        assert_eq!(via("").rport(), None);
    }

    #[test]
    fn all_vias_of_all_lines_are_found() {
        let message = message_with("Via: SIP/2.0/UDP a;x=\"b,c\", SIP/2.0/UDP b\r\nv: SIP/2.0/UDP c");
        assert_eq!(message.vias().map(|via| via.host).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(message.via().map(|via| via.host), Some("a"));
    }
}
