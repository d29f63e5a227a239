//! What breaks the syntax of a URI, and by which clause.

use std::borrow::Cow;

use super::compare::is_visual_separator;
use super::escape::bad_escape;
use super::parse::{Host, Param, Scheme, Uri, is_scheme};
use crate::wire::{Flaw, Span};

const SIP: &str = "RFC 3261 §25.1";
const TEL: &str = "RFC 3966 §3";
const MSRP: &str = "RFC 4975 §9";

impl Uri<'_> {
    /// What is wrong with the URI. Spans count from the start of its text.
    pub fn flaws(&self) -> Vec<Flaw> {
        let mut found = Found { text: self.text, flaws: Vec::new() };
        match self.scheme {
            Scheme::Sip | Scheme::Sips => found.sip(self),
            Scheme::Tel => found.tel(self),
            Scheme::Msrp | Scheme::Msrps => found.msrp(self),
            Scheme::Cid | Scheme::Mid | Scheme::Other => found.other(self),
        }
        found.flaws
    }
}

struct Found<'a> {
    text: &'a str,
    flaws: Vec<Flaw>,
}

impl<'a> Found<'a> {
    fn sip(&mut self, uri: &Uri<'a>) {
        if let Some(user) = uri.user {
            if user.is_empty() {
                self.add(user, "RFC 3261 §19.1.1", "no user in front of the @");
            }
            self.chars(user, "user", SIP, |c| is_unreserved(c) || b"&=+$,;?/".contains(&c));
        }
        if let Some(password) = uri.password {
            self.chars(password, "password", SIP, |c| is_unreserved(c) || b"&=+$,".contains(&c));
        }
        self.host_port(uri, SIP);
        let param_char = |c| is_unreserved(c) || b"[]/:&+$".contains(&c);
        self.pairs(uri.params_text, ';', "parameter", SIP, param_char);
        self.unique(uri, "RFC 3261 §19.1.1");
        let header_char = |c| is_unreserved(c) || b"[]/?:+$".contains(&c);
        self.pairs(uri.headers_text, '&', "header", SIP, header_char);
        for header in uri.headers().filter(|h| h.value.is_none()) {
            self.add(header.name, SIP, "header without =");
        }
        if let Some(ttl) = uri.param("ttl")
            && (!is_digits(ttl) || ttl.parse::<u8>().is_err())
        {
            self.add(ttl, SIP, "ttl is not a number up to 255");
        }
    }

    fn tel(&mut self, uri: &Uri<'a>) {
        let number = uri.user.unwrap_or_default();
        match number.strip_prefix('+') {
            Some(digits) => {
                if !digits.bytes().any(|c| c.is_ascii_digit()) {
                    self.add(number, TEL, "no digit in the number");
                }
                self.chars(digits, "number", TEL, |c| c.is_ascii_digit() || is_visual_separator(c));
            }
            None => {
                let digit = |c: u8| c.is_ascii_hexdigit() || matches!(c, b'*' | b'#');
                if !number.bytes().any(digit) {
                    self.add(number, TEL, "no digit in the number");
                }
                self.chars(number, "number", TEL, |c| digit(c) || is_visual_separator(c));
                if uri.param("phone-context").is_none() {
                    self.add(number, "RFC 3966 §5.1.5", "local number without phone-context");
                }
            }
        }
        // isub values may hold any reserved character (uric).
        let param_char = |c| is_unreserved(c) || b"[]/:&+$?@,=".contains(&c);
        self.pairs(uri.params_text, ';', "parameter", TEL, param_char);
        self.unique(uri, TEL);
        if uri.param("ext").is_some() && uri.param("isub").is_some() {
            self.add(uri.params_text, "RFC 3966 §5.3", "both ext and isub");
        }
        self.tel_order(uri);
    }

    /// ext or isub first, then phone-context, then the others in lexicographical order (RFC 3966 §3).
    fn tel_order(&mut self, uri: &Uri<'a>) {
        let rank = |name: &str| match name.to_ascii_lowercase() {
            name if name == "ext" || name == "isub" => (0, String::new()),
            name if name == "phone-context" => (1, name),
            name => (2, name),
        };
        if !uri.params().is_sorted_by_key(|p| rank(p.name)) {
            self.add(uri.params_text, TEL, "parameters out of order");
        }
    }

    fn msrp(&mut self, uri: &Uri<'a>) {
        let rest = uri.text.split_once(':').map_or("", |(_, rest)| rest);
        if !rest.starts_with("//") {
            self.add(rest, MSRP, "no // behind the scheme");
        }
        if let Some(user) = uri.user {
            self.chars(user, "user", MSRP, |c| is_unreserved(c) || b"&=+$,;".contains(&c));
        }
        if let Some(password) = uri.password {
            self.add(password, "RFC 4975 §6", "password in the userinfo part");
        }
        self.host_port(uri, MSRP);
        if uri.host.and_then(Host::ip).is_some() && uri.port_text.is_none() {
            self.add(uri.host_text, "RFC 4975 §6", "IP address without a port");
        }
        if let Some(session) = uri.path {
            if session.is_empty() {
                self.add(session, MSRP, "empty session-id");
            }
            let good = |c: u8| c.is_ascii_alphanumeric() || b"-._~+=/".contains(&c);
            if let Some(at) = session.bytes().position(|c| !good(c)) {
                self.add(char_at(session, at), MSRP, "character not allowed in the session-id");
            }
        }
        match uri.transport() {
            None => self.add(uri.text, MSRP, "no transport parameter"),
            Some(transport) if !transport.bytes().all(|c| c.is_ascii_alphanumeric()) => {
                self.add(transport, MSRP, "transport is not made of letters and digits");
            }
            Some(_) => {}
        }
        if let Some(Param { value: Some(value), .. }) = uri.params().next() {
            self.add(value, MSRP, "transport parameter with a value");
        }
        self.pairs(uri.params_text, ';', "parameter", MSRP, is_token);
    }

    fn other(&mut self, uri: &Uri<'a>) {
        if !uri.text.split_once(':').is_some_and(|(name, _)| is_scheme(name)) {
            self.add(uri.text, "RFC 3986 §3.1", "no scheme");
        }
        let path = uri.path.unwrap_or_default();
        self.chars(path, "URI", "RFC 3986 §2", |c| is_unreserved(c) || b":/?#[]@$&+,;=".contains(&c));
        if matches!(uri.scheme, Scheme::Cid | Scheme::Mid) && path.is_empty() {
            self.add(path, "RFC 2392 §2", "no content-id or message-id");
        }
    }

    fn host_port(&mut self, uri: &Uri<'a>, clause: &'static str) {
        if let Some(Host::Name(name)) = uri.host
            && !is_hostname(name)
        {
            self.add(name, clause, if name.is_empty() { "no host" } else { "neither a host name nor an address" });
        }
        if let Some(port) = uri.port_text
            && uri.port.is_none()
        {
            self.add(port, clause, "not a port number");
        }
    }

    /// Flags empty pairs, and characters in names and values that `good` does not know.
    fn pairs(&mut self, list: &'a str, sep: char, part: &str, clause: &'static str, good: impl Fn(u8) -> bool + Copy) {
        let Some(list) = list.get(1..) else { return };
        for pair in list.split(sep) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if name.is_empty() {
                self.add(pair, clause, format!("{part} without a name"));
            }
            self.chars(name, part, clause, good);
            self.chars(value, part, clause, good);
        }
    }

    fn unique(&mut self, uri: &Uri<'a>, clause: &'static str) {
        let mut names: Vec<(String, &str)> = uri.params().map(|p| (p.name.to_ascii_lowercase(), p.name)).collect();
        names.sort();
        for twice in names.windows(2).filter(|two| two[0].0 == two[1].0) {
            self.add(twice[1].1, clause, format!("parameter {} appears twice", twice[1].0));
        }
    }

    fn chars(&mut self, text: &'a str, part: &str, clause: &'static str, good: impl Fn(u8) -> bool) {
        if let Some(at) = bad_escape(text) {
            self.add(char_at(text, at), clause, format!("% without two hexadecimal digits in the {part}"));
        }
        if let Some(at) = text.bytes().position(|c| c != b'%' && !good(c)) {
            self.add(char_at(text, at), clause, format!("character not allowed in the {part}"));
        }
    }

    /// Adds a flaw at `part`, which is a slice of the URI's text.
    fn add(&mut self, part: &str, clause: &'static str, what: impl Into<Cow<'static, str>>) {
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len());
        self.flaws.push(Flaw::new(Span::new(start..start + part.len()), clause, what));
    }
}

/// The character that starts at `at`.
fn char_at(text: &str, at: usize) -> &str {
    let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
    &text[at..end]
}

/// RFC 3261 §25.1, the same as in RFC 2396 §2.3.
fn is_unreserved(c: u8) -> bool {
    c.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&c)
}

/// RFC 4975 §9
fn is_token(c: u8) -> bool {
    matches!(c, 0x21 | 0x23..=0x27 | 0x2A..=0x2B | 0x2D..=0x2E | 0x30..=0x39 | 0x41..=0x5A | 0x5E..=0x7E)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
}

/// Labels of letters, digits and inner hyphens; the last one starts with a letter (RFC 3261 §25.1).
fn is_hostname(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let label = |l: &str| {
        !l.is_empty()
            && l.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    name.split('.').all(label)
        && name.rsplit('.').next().is_some_and(|top| top.starts_with(|c: char| c.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `what` of each flaw with the octets it lies in.
    fn flaws(text: &str) -> Vec<String> {
        let flaws = Uri::parse(text).flaws();
        flaws.iter().map(|f| format!("{}: {}", String::from_utf8_lossy(f.span.of(text.as_bytes())), f.what)).collect()
    }

    #[test]
    fn sound_uris_have_no_flaw() {
        for text in [
            "sip:alice@atlanta.com",
            "sip:alice:secretword@atlanta.com;transport=tcp",
            "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:+1-212-555-1212:1234@gateway.com;user=phone",
            "sip:alice;day=tuesday@atlanta.com",
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:[2001:db8::1]:5060;lr",
            "sip:alice@atlanta.com.",
            "sip:alice@atlanta.com;maddr=239.255.255.1;ttl=15",
            "sip:user@host?Subject=foo&Call-Info=",
            "tel:+1-201-555-0123",
            "tel:7042;phone-context=example.com",
            "tel:863-1234;ext=5;phone-context=+1-914-555;a=b;c",
            "msrp://host.example.com:8493/asfd34;tcp",
            "msrps://u@[2001:db8::1]:2855/a/b+c=;tcp;x=y;z",
            "cid:foo4%25foo1@bar.net",
            "http://example.org/a?b=c#d",
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        ] {
            assert_eq!(flaws(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn flaws_are_found_where_they_are() {
        for (text, want) in [
            ("alice", "alice: no scheme"),
            ("sip:@h", ": no user in front of the @"),
            ("sip:a b@h", " : character not allowed in the user"),
            ("sip:a%4@h", "%: % without two hexadecimal digits in the user"),
            ("sip:a:b;c@h", ";: character not allowed in the password"),
            ("sip:", ": no host"),
            ("sip:a@b@h", "b@h: neither a host name nor an address"),
            ("sip:a@ho_st", "ho_st: neither a host name nor an address"),
            ("sip:a@300.0.0.1", "300.0.0.1: neither a host name nor an address"),
            ("sip:a@[::g]", "[::g]: neither a host name nor an address"),
            ("sip:a@h:x", "x: not a port number"),
            ("sip:a@h:+1", "+1: not a port number"),
            ("sip:a@h:65536", "65536: not a port number"),
            ("sip:a@h;;lr", ": parameter without a name"),
            ("sip:a@h;LR;lr", "lr: parameter lr appears twice"),
            ("sip:a@h;x=é", "é: character not allowed in the parameter"),
            ("sip:a@h;ttl=256", "256: ttl is not a number up to 255"),
            ("sip:a@h?b", "b: header without ="),
            ("tel:", ": no digit in the number"),
            ("tel:+1x", "x: character not allowed in the number"),
            ("tel:123", "123: local number without phone-context"),
            ("tel:+1;phone-context=a;ext=1", ";phone-context=a;ext=1: parameters out of order"),
            ("tel:+1;ext=1;isub=2", ";ext=1;isub=2: both ext and isub"),
            ("msrp:h:1/s;tcp", "h:1/s;tcp: no // behind the scheme"),
            ("msrp://u:p@h:1/s;tcp", "p: password in the userinfo part"),
            ("msrp://192.0.2.1/s;tcp", "192.0.2.1: IP address without a port"),
            ("msrp://h:1/;tcp", ": empty session-id"),
            ("msrp://h:1/a%20;tcp", "%: character not allowed in the session-id"),
            ("msrp://h:1/s", "msrp://h:1/s: no transport parameter"),
            ("msrp://h:1/s;tcp=1", "1: transport parameter with a value"),
            ("cid:", ": no content-id or message-id"),
            ("http://a b", " : character not allowed in the URI"),
        ] {
            assert!(flaws(text).contains(&want.to_owned()), "{text}: {:?}", flaws(text));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(scheme in "(sip|sips|tel|msrp|msrps|cid|x|):?(//)?", rest in "([a-c@:;=?&%/\\[\\].0-9é +-]|\\PC){0,60}") {
            let text = format!("{scheme}{rest}");
            let uri = Uri::parse(&text);
            for flaw in uri.flaws() {
                prop_assert!(text.get(flaw.span.range()).is_some(), "{flaw}");
            }
            prop_assert_eq!(uri.params().count() + uri.headers().count() <= text.len(), true);
            prop_assert!(super::super::same(&text, &text));
        }

        #[test]
        fn sameness_is_symmetric(a in "sip:(a@)?[hH%61](:1)?(;[aA](=[bB])?|;lr|;ttl=1){0,3}", b in "sip:(a@)?[hH%61](:1)?(;[aA](=[bB])?|;lr|;ttl=1){0,3}") {
            prop_assert_eq!(super::super::same(&a, &b), super::super::same(&b, &a));
        }
    }
}
