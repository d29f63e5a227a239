//! `message/cpim` (RFC 3862): message headers with namespaces, around one MIME entity. Must not know who sends it how.

use bytes::Bytes;

use super::cpim_text::{self, Address};
use super::date;
use super::headers::{Headers, line_at};
use super::media_type::MediaType;
use super::{Part, imdn, note};
use crate::wire::{Flaw, Span};

/// The namespace of the headers of RFC 3862, which is the default one (RFC 3862 §6).
pub const CPIM_NS: &str = "urn:ietf:params:cpim-headers:";

/// More message headers than any message needs; what follows is left unread, with a flaw.
const MAX_HEADERS: usize = 200;
const KNOWN: [&str; 7] = ["From", "To", "cc", "DateTime", "Subject", "NS", "Require"];

/// A `message/cpim` body, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Cpim {
    /// The message headers, in order.
    pub headers: Vec<CpimHeader>,
    /// The content: its MIME headers and its octets.
    pub content: Part,
    pub flaws: Vec<Flaw>,
}

/// One message header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CpimHeader {
    /// The part of the name before the first dot, as written; empty where there is none.
    pub prefix: String,
    /// The name without prefix, as written. Names match letter by letter (RFC 3862 §2.2).
    pub name: String,
    /// The URI that the prefix, or the lack of one, stands for; None where the prefix was never declared.
    pub namespace: Option<String>,
    /// `;lang=…` and other parameters between colon and blank, as written (RFC 3862 §3.3).
    pub params: String,
    /// As written, without the line end. [`CpimHeader::text`] has the escapes resolved.
    pub value: String,
    /// Where the value lies.
    pub span: Span,
}

impl Cpim {
    /// Takes a body apart. Spans count octets of `bytes`.
    pub fn parse(bytes: &Bytes) -> Cpim {
        let mut reader = Reader { cpim: Cpim::default(), prefixes: Vec::new(), bare: false };
        let content = reader.message_headers(bytes);
        let mut cpim = reader.cpim;
        let (headers, start) = Headers::parse(bytes, content..bytes.len(), &mut cpim.flaws);
        if headers.get("Content-Type").is_none() {
            let what = "content without a Content-Type";
            cpim.flaws.push(Flaw::new(Span::new(content..start), "RFC 3862 §2.4", what));
        }
        cpim.content = Part {
            headers,
            body: bytes.slice(start..),
            span: Span::new(content..bytes.len()),
            body_span: Span::new(start..bytes.len()),
        };
        cpim
    }

    /// The first header of that name in the namespace `uri`.
    pub fn header_ns(&self, uri: &str, name: &str) -> Option<&CpimHeader> {
        self.all_ns(uri, name).next()
    }

    /// Every header of that name in the namespace `uri`, in order.
    pub fn all_ns(&self, uri: &str, name: &str) -> impl Iterator<Item = &CpimHeader> {
        self.headers.iter().filter(move |h| h.is(uri, name))
    }

    /// The first header of that name that RFC 3862 §4 defines.
    pub fn header(&self, name: &str) -> Option<&CpimHeader> {
        self.header_ns(CPIM_NS, name)
    }

    pub fn from(&self) -> Option<Address<'_>> {
        self.header("From").map(|h| Address::parse(&h.value))
    }

    /// The recipients in To headers.
    pub fn to(&self) -> impl Iterator<Item = Address<'_>> {
        self.all_ns(CPIM_NS, "To").map(|h| Address::parse(&h.value))
    }

    /// The recipients in cc headers. `CC`, as RFC 4975 §9.4 writes the name, is taken for `cc`.
    pub fn cc(&self) -> impl Iterator<Item = Address<'_>> {
        let cc = |h: &&CpimHeader| h.is(CPIM_NS, "cc") || h.is(CPIM_NS, "CC");
        self.headers.iter().filter(cc).map(|h| Address::parse(&h.value))
    }

    /// The value of DateTime, as written.
    pub fn date_time(&self) -> Option<&str> {
        self.header("DateTime").map(|h| h.value.as_str())
    }

    /// The text of the first Subject, escapes resolved.
    pub fn subject(&self) -> Option<String> {
        self.header("Subject").map(CpimHeader::text)
    }

    /// The header names that Require lists, as written.
    pub fn require(&self) -> impl Iterator<Item = &str> {
        self.all_ns(CPIM_NS, "Require").flat_map(|h| h.value.split(',')).map(str::trim).filter(|n| !n.is_empty())
    }

    pub fn content_type(&self) -> MediaType<'_> {
        self.content.content_type()
    }
}

impl CpimHeader {
    /// Whether this is the header `name` of the namespace `uri`.
    pub fn is(&self, uri: &str, name: &str) -> bool {
        self.name == name && self.namespace.as_deref() == Some(uri)
    }

    /// The value with its escapes resolved (RFC 3862 §2.3).
    pub fn text(&self) -> String {
        cpim_text::unescape(&self.value)
    }

    /// The value of a parameter, for example `lang`.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.split(';').filter_map(|p| p.split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v)
    }
}

struct Reader {
    cpim: Cpim,
    /// Declared prefixes, the default namespace under the empty one; later declarations count.
    prefixes: Vec<(String, String)>,
    bare: bool,
}

impl Reader {
    /// Reads up to and with the blank line; gives where the content starts.
    fn message_headers(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            let line = line_at(bytes, at..bytes.len());
            if line.bare && !self.bare {
                self.bare = true;
                self.flaw(Span::new(at..line.next), "RFC 3862 §2.2", "message header line without CRLF");
            }
            let span = Span::new(line.text.clone());
            let text = span.of(bytes);
            if text.is_empty() {
                return line.next;
            }
            let content = text.get(..8).is_some_and(|n| n.eq_ignore_ascii_case(b"Content-"));
            if content || self.cpim.headers.len() >= MAX_HEADERS {
                self.flaw(span, "RFC 3862 §2", "no blank line between the message headers and the content");
                return at;
            }
            self.header(text, span);
            at = line.next;
        }
        self.flaw(Span::new(bytes.len()..bytes.len()), "RFC 3862 §2", "no blank line behind the message headers");
        bytes.len()
    }

    fn header(&mut self, line: &[u8], span: Span) {
        let text = String::from_utf8_lossy(line);
        if std::str::from_utf8(line).is_err() {
            self.flaw(span, "RFC 3862 §2.2", "message header is not UTF-8");
        }
        if text.contains(|c: char| c.is_ascii_control()) {
            self.flaw(span, "RFC 3862 §2.2", "message header with a control character");
        }
        if text.trim() != text {
            self.flaw(span, "RFC 3862 §2.2", "white space at the beginning or end of a message header");
        }
        let Some((full, rest)) = text.split_once(':') else {
            self.flaw(span, "RFC 3862 §3", "message header without a colon");
            return;
        };
        let full = full.trim();
        let (prefix, name) = full.split_once('.').unwrap_or(("", full));
        if !cpim_text::is_name(name) || !(prefix.is_empty() || cpim_text::is_name(prefix)) || full.starts_with('.') {
            self.flaw(span, "RFC 3862 §3.1", format!("{full} is not a header name"));
        }
        let (params, value) = if rest.starts_with(';') {
            rest.split_once(' ').unwrap_or((rest, ""))
        } else {
            rest.strip_prefix(' ').map_or_else(|| ("", rest), |value| ("", value))
        };
        if !rest[params.len()..].starts_with(' ') || value.starts_with(' ') {
            self.flaw(span, "RFC 3862 §2.2", "not exactly one blank behind the colon of a message header");
        }
        let value = value.trim();
        let end = span.start as usize + line.trim_ascii_end().len();
        let header = CpimHeader {
            prefix: prefix.to_owned(),
            name: name.to_owned(),
            namespace: self.namespace(prefix),
            params: params.to_owned(),
            value: value.to_owned(),
            span: Span::new(end.saturating_sub(value.len()).max(span.start as usize)..end),
        };
        self.judge(&header);
        self.cpim.headers.push(header);
    }

    fn namespace(&self, prefix: &str) -> Option<String> {
        let declared = self.prefixes.iter().rev().find(|(p, _)| p == prefix).map(|(_, uri)| uri.clone());
        declared.or_else(|| prefix.is_empty().then(|| CPIM_NS.to_owned()))
    }

    fn judge(&mut self, header: &CpimHeader) {
        let span = header.span;
        let name = header.name.as_str();
        let own = header.namespace.as_deref() == Some(CPIM_NS);
        // NS has to stay readable after the default namespace was changed.
        if name == "NS" && (own || header.prefix.is_empty()) {
            self.declare(header);
            return;
        }
        match &header.namespace {
            None => self.flaw(span, "RFC 3862 §3.4", format!("prefix {} was not declared", header.prefix)),
            Some(uri) if uri == imdn::CPIM_IMDN_NS => {
                if let Some(what) = imdn::header_fault(name, &header.value) {
                    self.flaw(span, "RFC 5438 §10", what);
                }
            }
            Some(_) if !own => {}
            Some(_) => match name {
                "From" | "To" | "cc" | "CC" => {
                    if !Address::parse(&header.value).bracketed {
                        self.flaw(span, "RFC 3862 §4.1", format!("{name} without angle brackets around the URI"));
                    }
                }
                "DateTime" if date::rfc3339_seconds(&header.value).is_none() => {
                    self.flaw(span, "RFC 3862 §4.4", "DateTime is not an RFC 3339 date-time");
                }
                _ => {
                    if let Some(right) = KNOWN.iter().find(|k| **k != name && k.eq_ignore_ascii_case(name)) {
                        self.flaw(span, "RFC 3862 §2.2", format!("header {name} is spelled {right}"));
                    }
                }
            },
        }
    }

    fn declare(&mut self, header: &CpimHeader) {
        let address = Address::parse(&header.value);
        if !address.bracketed || !(address.display.is_empty() || cpim_text::is_name(address.display)) {
            self.flaw(header.span, "RFC 3862 §4.6", "NS is not a prefix and a URI in angle brackets");
        }
        self.prefixes.push((address.display.to_owned(), address.uri.to_owned()));
    }

    fn flaw(&mut self, span: Span, clause: &'static str, what: impl Into<std::borrow::Cow<'static, str>>) {
        note(&mut self.cpim.flaws, Flaw::new(span, clause, what));
    }
}

#[cfg(test)]
#[path = "cpim_tests.rs"]
mod tests;
