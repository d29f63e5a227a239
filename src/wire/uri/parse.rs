//! Taking a URI apart. Whatever was written ends up in some part; what is wrong with it is said elsewhere.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The schemes whose parts are known here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scheme {
    /// RFC 3261 §19.1
    Sip,
    /// RFC 3261 §19.1
    Sips,
    /// RFC 3966
    Tel,
    /// RFC 4975 §6
    Msrp,
    /// RFC 4975 §6
    Msrps,
    /// RFC 2392: a body part by its Content-ID
    Cid,
    /// RFC 2392: a message by its Message-ID
    Mid,
    /// Any other, or none at all.
    Other,
}

/// The host of a URI.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Host<'a> {
    /// Anything that is no address, as written.
    Name(&'a str),
    V4(Ipv4Addr),
    /// Written in square brackets.
    V6(Ipv6Addr),
}

/// A parameter, or a header of a SIP URI. Both are as written, escapes included.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Param<'a> {
    pub name: &'a str,
    /// `None` where there is no `=`.
    pub value: Option<&'a str>,
}

/// A URI and its parts, as written: escapes are not decoded (see [`super::unescape`]).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Uri<'a> {
    /// The whole URI.
    pub text: &'a str,
    pub scheme: Scheme,
    /// SIP and MSRP: the user. tel: the number, visual separators included.
    pub user: Option<&'a str>,
    pub password: Option<&'a str>,
    /// SIP and MSRP only.
    pub host: Option<Host<'a>>,
    /// `None` also where what stands there is no port number; then there is a flaw.
    pub port: Option<u16>,
    /// MSRP: the session-id, without its slash. cid, mid and others: all behind the scheme.
    pub path: Option<&'a str>,
    pub(super) host_text: &'a str,
    pub(super) port_text: Option<&'a str>,
    pub(super) params_text: &'a str,
    pub(super) headers_text: &'a str,
}

impl<'a> Uri<'a> {
    pub fn parse(text: &'a str) -> Uri<'a> {
        let (scheme, rest) = split_scheme(text);
        let bare = Uri {
            text,
            scheme,
            user: None,
            password: None,
            host: None,
            port: None,
            path: None,
            host_text: "",
            port_text: None,
            params_text: "",
            headers_text: "",
        };
        match scheme {
            Scheme::Sip | Scheme::Sips => bare.sip(rest),
            Scheme::Tel => {
                let (number, params_text) = split_before(rest, &[';']);
                Uri { user: Some(number), params_text, ..bare }
            }
            Scheme::Msrp | Scheme::Msrps => bare.msrp(rest),
            Scheme::Cid | Scheme::Mid | Scheme::Other => Uri { path: Some(rest), ..bare },
        }
    }

    /// URI parameters in the order of the URI.
    pub fn params(&self) -> impl Iterator<Item = Param<'a>> + use<'a> {
        pairs(self.params_text, ';')
    }

    /// The value of a parameter, `""` where it has none; names in any case (RFC 3261 §19.1.4).
    pub fn param(&self, name: &str) -> Option<&'a str> {
        self.params().find(|p| p.name.eq_ignore_ascii_case(name)).map(|p| p.value.unwrap_or_default())
    }

    /// The headers behind `?` of a SIP URI, in order.
    pub fn headers(&self) -> impl Iterator<Item = Param<'a>> + use<'a> {
        pairs(self.headers_text, '&')
    }

    /// The value of a header behind `?`; names in any case.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers().find(|p| p.name.eq_ignore_ascii_case(name)).map(|p| p.value.unwrap_or_default())
    }

    /// SIP: the `transport` parameter. MSRP: the transport, which is the first parameter (RFC 4975 §9).
    pub fn transport(&self) -> Option<&'a str> {
        match self.scheme {
            Scheme::Msrp | Scheme::Msrps => self.params().next().map(|p| p.name),
            _ => self.param("transport"),
        }
    }

    fn sip(self, rest: &'a str) -> Uri<'a> {
        let (user, password, rest) = split_userinfo(rest);
        let (host_port, rest) = split_before(rest, &[';', '?']);
        let (params_text, headers_text) = split_before(rest, &['?']);
        Uri { user, password, params_text, headers_text, ..self.host_port(host_port) }
    }

    fn msrp(self, rest: &'a str) -> Uri<'a> {
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (authority, rest) = split_before(rest, &['/', ';']);
        let (path, params_text) = split_before(rest, &[';']);
        let (user, password, host_port) = split_userinfo(authority);
        Uri { user, password, path: path.strip_prefix('/'), params_text, ..self.host_port(host_port) }
    }

    fn host_port(self, text: &'a str) -> Uri<'a> {
        let bracket = if text.starts_with('[') { text.find(']').map_or(text.len(), |i| i + 1) } else { 0 };
        let end = text[bracket..].find(':').map_or(text.len(), |i| bracket + i);
        let (host_text, port) = text.split_at(end);
        let port_text = port.strip_prefix(':');
        Uri {
            host: Some(Host::parse(host_text)),
            port: port_text.filter(|p| p.bytes().all(|c| c.is_ascii_digit())).and_then(|p| p.parse().ok()),
            host_text,
            port_text,
            ..self
        }
    }
}

impl<'a> Host<'a> {
    /// Takes a name, an IPv4 address, or an IPv6 address in square brackets.
    pub fn parse(text: &'a str) -> Host<'a> {
        if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            return inner.parse().map_or(Host::Name(text), Host::V6);
        }
        text.parse().map_or(Host::Name(text), Host::V4)
    }

    /// The address, where the host is one.
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Host::Name(_) => None,
            Host::V4(ip) => Some(ip.into()),
            Host::V6(ip) => Some(ip.into()),
        }
    }

    /// Whether both are the same address, or the same name in any case. A name never equals an address.
    pub fn same(self, other: Host<'_>) -> bool {
        match (self, other) {
            (Host::Name(a), Host::Name(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => a.ip() == b.ip(),
        }
    }
}

impl From<IpAddr> for Host<'_> {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Host::V4(ip),
            IpAddr::V6(ip) => Host::V6(ip),
        }
    }
}

impl fmt::Display for Host<'_> {
    /// As in a URI: an IPv6 address in square brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::V4(ip) => ip.fmt(f),
            Host::V6(ip) => write!(f, "[{ip}]"),
        }
    }
}

impl fmt::Display for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// The scheme and what is behind its colon; all of the text where there is no scheme.
fn split_scheme(text: &str) -> (Scheme, &str) {
    const KNOWN: [(&str, Scheme); 7] = [
        ("sip", Scheme::Sip),
        ("sips", Scheme::Sips),
        ("tel", Scheme::Tel),
        ("msrp", Scheme::Msrp),
        ("msrps", Scheme::Msrps),
        ("cid", Scheme::Cid),
        ("mid", Scheme::Mid),
    ];
    match text.split_once(':') {
        Some((name, rest)) if is_scheme(name) => {
            let known = KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            (known.map_or(Scheme::Other, |(_, scheme)| *scheme), rest)
        }
        _ => (Scheme::Other, text),
    }
}

/// RFC 3986 §3.1
pub(super) fn is_scheme(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.'))
}

/// User, password, and what is behind the `@`. A user may hold `;`, `?` and `/`, so the `@` decides.
fn split_userinfo(text: &str) -> (Option<&str>, Option<&str>, &str) {
    let Some((info, rest)) = text.split_once('@') else { return (None, None, text) };
    match info.split_once(':') {
        Some((user, password)) => (Some(user), Some(password), rest),
        None => (Some(info), None, rest),
    }
}

/// Splits before the first of `ends`.
fn split_before<'a>(text: &'a str, ends: &[char]) -> (&'a str, &'a str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

/// The `name=value` pairs of a text that starts with its delimiter. Empty ones are left out here and flagged elsewhere.
fn pairs(text: &str, delimiter: char) -> impl Iterator<Item = Param<'_>> {
    text.get(1..).unwrap_or_default().split(delimiter).filter(|pair| !pair.is_empty()).map(|pair| {
        match pair.split_once('=') {
            Some((name, value)) => Param { name, value: Some(value) },
            None => Param { name: pair, value: None },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// user, password, host, port, path, params, headers
    fn parts(text: &str) -> String {
        let uri = Uri::parse(text);
        let list = |pairs: Vec<Param<'_>>| {
            pairs
                .iter()
                .map(|p| match p.value {
                    Some(value) => format!("{}={value}", p.name),
                    None => p.name.to_owned(),
                })
                .collect::<Vec<_>>()
                .join(" ")
        };
        format!(
            "{:?} {} {} {} {} {} [{}] [{}]",
            uri.scheme,
            uri.user.unwrap_or("-"),
            uri.password.unwrap_or("-"),
            uri.host.map_or("-".to_owned(), |h| h.to_string()),
            uri.port.map_or("-".to_owned(), |p| p.to_string()),
            uri.path.unwrap_or("-"),
            list(uri.params().collect()),
            list(uri.headers().collect()),
        )
    }

    #[test]
    fn parts_are_found() {
        // The SIP ones are the examples of RFC 3261 §19.1.3.
        for (text, want) in [
            ("sip:alice@atlanta.com", "Sip alice - atlanta.com - - [] []"),
            (
                "sip:alice:secretword@atlanta.com;transport=tcp",
                "Sip alice secretword atlanta.com - - [transport=tcp] []",
            ),
            (
                "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
                "Sips alice - atlanta.com - - [] [subject=project%20x priority=urgent]",
            ),
            (
                "sip:+1-212-555-1212:1234@gateway.com;user=phone",
                "Sip +1-212-555-1212 1234 gateway.com - - [user=phone] []",
            ),
            ("sip:alice@192.0.2.4", "Sip alice - 192.0.2.4 - - [] []"),
            (
                "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
                "Sip - - atlanta.com - - [method=REGISTER] [to=alice%40atlanta.com]",
            ),
            ("sip:alice;day=tuesday@atlanta.com", "Sip alice;day=tuesday - atlanta.com - - [] []"),
            ("SIP:[2001:db8::10]:5070;lr", "Sip - - [2001:db8::10] 5070 - [lr] []"),
            ("sip:a@b:70000", "Sip a - b - - [] []"),
            ("sip:", "Sip - -  - - [] []"),
            ("tel:+1-201-555-0123;ext=5", "Tel +1-201-555-0123 - - - - [ext=5] []"),
            ("msrp://atlanta.example.com:7654/jshA7we;tcp", "Msrp - - atlanta.example.com 7654 jshA7we [tcp] []"),
            ("msrps://u@[::1]:2855/a/b=;tcp;x=y", "Msrps u - [::1] 2855 a/b= [tcp x=y] []"),
            ("msrp:relay", "Msrp - - relay - - [] []"),
            ("cid:foo4%25foo1@bar.net", "Cid - - - - foo4%25foo1@bar.net [] []"),
            ("http://example.org/a;b?c", "Other - - - - //example.org/a;b?c [] []"),
            ("no scheme", "Other - - - - no scheme [] []"),
            ("", "Other - - - -  [] []"),
        ] {
            assert_eq!(parts(text), want, "{text}");
        }
    }

    #[test]
    fn parameters_and_headers_are_found_in_any_case() {
        let uri = Uri::parse("sip:factory@example.org;SessionType=adhoc;lr?Subject=x");
        assert_eq!(uri.param("sessiontype"), Some("adhoc"));
        assert_eq!(uri.param("lr"), Some(""));
        assert_eq!(uri.param("ttl"), None);
        assert_eq!(uri.header("subject"), Some("x"));
        assert_eq!(Uri::parse("msrp://h:1/s;TCP").transport(), Some("TCP"));
        assert_eq!(Uri::parse("sip:h;transport=udp").transport(), Some("udp"));
    }
}
