//! Typed views of header values. A view is lenient; what is wrong with a value is the parser's to flag.

use super::message::Message;
use super::name::Name;
use crate::wire::Span;

/// A name-addr or addr-spec with header parameters (RFC 3261 §20.10).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NameAddr<'m> {
    /// The display name as written, quotes included; empty where there is none.
    pub display: &'m str,
    pub uri: &'m str,
    pub params: Params<'m>,
}

/// The `;name=value` parameters behind a header value, as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Params<'m>(pub &'m str);

/// One Via value (RFC 3261 §20.42).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Via<'m> {
    pub transport: &'m str,
    /// Host without brackets.
    pub host: &'m str,
    pub port: Option<u16>,
    pub params: Params<'m>,
}

impl<'m> NameAddr<'m> {
    pub fn parse(value: &'m str) -> NameAddr<'m> {
        let value = value.trim();
        let quote_end = if value.starts_with('"') { closing_quote(value) } else { 0 };
        if let Some(open) = value[quote_end..].find('<').map(|i| i + quote_end) {
            let display = value[..open].trim();
            let rest = &value[open + 1..];
            let close = rest.find('>').unwrap_or(rest.len());
            let params = rest.get(close + 1..).unwrap_or_default().trim();
            return NameAddr { display, uri: rest[..close].trim(), params: Params(params) };
        }
        let end = value.find(';').unwrap_or(value.len());
        NameAddr { display: "", uri: value[..end].trim(), params: Params(value[end..].trim()) }
    }

    /// The `tag` parameter.
    pub fn tag(&self) -> Option<&'m str> {
        self.params.get("tag")
    }
}

impl<'m> Params<'m> {
    /// Name and value of each parameter; the value is `""` for a flag, quotes are kept.
    pub fn iter(self) -> impl Iterator<Item = (&'m str, &'m str)> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            loop {
                rest = rest.trim_start_matches([';', ' ', '\t', '\r', '\n']);
                if rest.is_empty() {
                    return None;
                }
                let end = param_end(rest);
                let (one, tail) = rest.split_at(end);
                rest = tail;
                let (name, value) = one.split_once('=').unwrap_or((one, ""));
                if !name.trim().is_empty() {
                    return Some((name.trim(), value.trim()));
                }
            }
        })
    }

    /// The value of a parameter, without quotes; `Some("")` for a flag.
    pub fn get(self, name: &str) -> Option<&'m str> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| unquote(v))
    }

    pub fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl<'m> Via<'m> {
    pub fn parse(value: &'m str) -> Option<Via<'m>> {
        let (sent, params) = value.split_at(value.find(';').unwrap_or(value.len()));
        let (protocol, by) = sent.trim().split_once([' ', '\t'])?;
        // Blanks are legal around the slashes; then the last word is the host.
        let by = by.rsplit([' ', '\t']).next().unwrap_or(by).trim();
        let transport = protocol.rsplit('/').next().unwrap_or_default();
        let (host, port) = split_host_port(by);
        Some(Via { transport, host, port, params: Params(params) })
    }

    pub fn branch(&self) -> Option<&'m str> {
        self.params.get("branch")
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

    pub fn from(&self) -> Option<NameAddr<'_>> {
        self.address(Name::From)
    }

    pub fn to(&self) -> Option<NameAddr<'_>> {
        self.address(Name::To)
    }

    /// The first Contact.
    pub fn contact(&self) -> Option<NameAddr<'_>> {
        self.addresses(Name::Contact).next()
    }

    /// The first value of an address header, taken whole where it has no comma.
    pub fn address(&self, name: Name) -> Option<NameAddr<'_>> {
        self.addresses(name).next()
    }

    /// Every value of a header made of addresses (Contact, Route, Record-Route, P-Asserted-Identity, …).
    pub fn addresses(&self, name: Name) -> impl Iterator<Item = NameAddr<'_>> {
        self.values(name).map(|(_, v)| NameAddr::parse(v))
    }

    /// Sequence number and method.
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let span = self.header(Name::CSeq)?.span();
        let (number, method) = self.str(span).split_once([' ', '\t'])?;
        Some((number.parse().ok()?, method.trim()))
    }

    pub fn call_id(&self) -> &str {
        self.header(Name::CallId).map_or("", |h| self.str(h.span()))
    }

    /// The media type of the body without parameters, as written.
    pub fn content_type(&self) -> Option<&str> {
        let value = self.str(self.header(Name::ContentType)?.span());
        Some(value.split(';').next().unwrap_or_default().trim())
    }

    /// Where the first value of `name` lies.
    pub fn span_of(&self, name: Name) -> Option<Span> {
        self.header(name).map(|h| h.span())
    }
}

fn closing_quote(value: &str) -> usize {
    let bytes = value.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'"' => return at + 1,
            _ => {}
        }
        at += 1;
    }
    value.len()
}

fn param_end(rest: &str) -> usize {
    let mut quoted = false;
    let mut escaped = false;
    for (i, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => return i,
            _ => {}
        }
    }
    rest.len()
}

fn unquote(value: &str) -> &str {
    value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value)
}

fn split_host_port(text: &str) -> (&str, Option<u16>) {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, tail) = rest.split_once(']').unwrap_or((rest, ""));
        return (host, tail.strip_prefix(':').and_then(|p| p.trim().parse().ok()));
    }
    match text.split_once(':') {
        Some((host, port)) => (host.trim(), port.trim().parse().ok()),
        None => (text, None),
    }
}
