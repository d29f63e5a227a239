//! A cursor over one header value, and the basic rules of RFC 3261 §25.1 that all headers are made of.

use std::borrow::Cow;

use crate::wire::sip::message::number;
use crate::wire::uri::Uri;
use crate::wire::{Flaw, Span};

/// A header value being read from left to right.
pub(super) struct Scan<'a, 'f> {
    text: &'a [u8],
    at: usize,
    /// Where `text` begins in the message.
    base: usize,
    /// The grammar that the value follows.
    clause: &'static str,
    flaws: &'f mut Vec<Flaw>,
}

/// Why the value cannot be read any further.
pub(super) struct Wrong {
    span: Span,
    what: Cow<'static, str>,
}

pub(super) type Read<T = ()> = Result<T, Wrong>;

/// One `name=value` behind a semicolon.
#[derive(Clone, Copy)]
pub(super) struct Param<'a> {
    pub name: &'a [u8],
    pub value: Option<&'a [u8]>,
    /// Where it lies in the message.
    pub span: Span,
}

impl Param<'_> {
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether there is a value and it is a token.
    pub fn has_token(&self) -> bool {
        self.value.is_some_and(|value| !value.is_empty() && value.iter().copied().all(is_token))
    }

    /// Whether there is a value and it is a number up to `max`.
    pub fn has_number(&self, max: usize) -> bool {
        self.value.and_then(number).is_some_and(|n| n <= max)
    }
}

/// The greatest number of seconds (RFC 3261 §20.19).
pub(super) const MAX_SECONDS: usize = u32::MAX as usize;

impl<'a, 'f> Scan<'a, 'f> {
    pub fn new(bytes: &'a [u8], span: Span, clause: &'static str, flaws: &'f mut Vec<Flaw>) -> Scan<'a, 'f> {
        Scan { text: span.of(bytes), at: 0, base: span.start as usize, clause, flaws }
    }

    /// Notes what stopped the reading.
    pub fn stopped(&mut self, wrong: Wrong) {
        self.flaws.push(Flaw::new(wrong.span, self.clause, wrong.what));
    }

    /// Notes a flaw that does not stop the reading.
    pub fn flaw(&mut self, span: Span, clause: &'static str, what: impl Into<Cow<'static, str>>) {
        self.flaws.push(Flaw::new(span, clause, what));
    }

    /// The octets not yet read.
    pub fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    pub fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Where reading stands, as an offset for [`Scan::since`].
    pub fn mark(&self) -> usize {
        self.at
    }

    /// What was read since `mark`, as a span of the message.
    pub fn since(&self, mark: usize) -> Span {
        Span::new(self.base + mark..self.base + self.at)
    }

    /// The next octets, as a span of the message.
    pub fn ahead(&self, octets: usize) -> Span {
        let end = (self.at + octets).min(self.text.len());
        Span::new(self.base + self.at..self.base + end)
    }

    /// An error at the next octet.
    pub fn wrong<T>(&self, what: impl Into<Cow<'static, str>>) -> Read<T> {
        self.wrong_at(self.ahead(1), what)
    }

    /// An error at `span`.
    pub fn wrong_at<T>(&self, span: Span, what: impl Into<Cow<'static, str>>) -> Read<T> {
        Err(Wrong { span, what: what.into() })
    }

    /// SWS: passes over blanks and folds; tells whether there were any.
    pub fn blanks(&mut self) -> bool {
        let mark = self.at;
        self.take(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        self.at > mark
    }

    /// LWS: at least one blank.
    pub fn need_blank(&mut self) -> Read {
        if self.blanks() { Ok(()) } else { self.wrong("a blank is missing") }
    }

    /// Passes over as many octets as `good` allows.
    pub fn take(&mut self, good: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|b| !good(*b)).unwrap_or(rest.len());
        self.skip(length)
    }

    /// Passes over `octets`.
    pub fn skip(&mut self, octets: usize) -> &'a [u8] {
        let start = self.at;
        self.at = (start + octets).min(self.text.len());
        &self.text[start..self.at]
    }

    /// Passes over a separator with the blanks around it, if it comes next.
    pub fn eat(&mut self, separator: u8) -> bool {
        let mark = self.at;
        self.blanks();
        if self.peek() != Some(separator) {
            self.at = mark;
            return false;
        }
        self.at += 1;
        self.blanks();
        true
    }

    pub fn token(&mut self, what: &'static str) -> Read<&'a [u8]> {
        match self.take(is_token) {
            [] => self.wrong(format!("{what} expected")),
            token => Ok(token),
        }
    }

    /// A quoted-string, its quotes included.
    pub fn quoted(&mut self) -> Read<&'a [u8]> {
        let mark = self.at;
        if self.peek() != Some(b'"') {
            return self.wrong("quoted string expected");
        }
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' => return Ok(&self.text[mark..self.at]),
                b'\\' => self.at = (self.at + 1).min(self.text.len()),
                _ => {}
            }
        }
        self.wrong_at(self.since(mark), "quoted string without an end")
    }

    /// 1*DIGIT, up to `max`; greater ones are a flaw by `clause`.
    pub fn number(&mut self, max: usize, clause: &'static str) -> Read {
        let mark = self.at;
        let digits = self.take(|b| b.is_ascii_digit());
        if digits.is_empty() {
            return self.wrong("number expected");
        }
        if number(digits).is_none_or(|n| n > max) {
            self.flaw(self.since(mark), clause, format!("number greater than {max}"));
        }
        Ok(())
    }

    /// *(SEMI generic-param), each shown to `each`.
    pub fn params(&mut self, mut each: impl FnMut(&mut Self, Param<'a>)) -> Read {
        while self.eat(b';') {
            let param = self.param()?;
            each(self, param);
        }
        Ok(())
    }

    /// generic-param: a token, or token=value.
    pub fn param(&mut self) -> Read<Param<'a>> {
        let mark = self.at;
        let name = self.token("parameter")?;
        let value = if self.eat(b'=') { Some(self.gen_value(name)?) } else { None };
        Ok(Param { name, value, span: self.since(mark) })
    }

    /// The item, and more of it behind commas.
    pub fn list(&mut self, item: impl Fn(&mut Self) -> Read) -> Read {
        item(self)?;
        while self.eat(b',') {
            item(self)?;
        }
        Ok(())
    }

    /// A URI that ends before the next octet for which `ends` holds; its own flaws are noted.
    pub fn uri(&mut self, ends: impl Fn(u8) -> bool) -> &'a str {
        let mark = self.at;
        let text = self.take(|b| !ends(b));
        let trimmed = text.trim_ascii();
        if trimmed.len() < text.len() {
            self.flaw(self.since(mark), self.clause, "blanks around a URI");
        }
        // Octets that are not UTF-8 are told where lines are checked.
        let Ok(uri) = std::str::from_utf8(trimmed) else { return "" };
        let lead = text.len() - text.trim_ascii_start().len();
        self.uri_flaws(uri, mark + lead, 0);
        uri
    }

    /// host [":" port]
    pub fn host_port(&mut self, ends: impl Fn(u8) -> bool) -> Read {
        let mark = self.at;
        let text = self.take(|b| !ends(b));
        if text.is_empty() {
            return self.wrong("host expected");
        }
        let Ok(text) = std::str::from_utf8(text) else { return Ok(()) };
        if text.contains(['@', ';', '?']) {
            return self.wrong_at(self.since(mark), "host and port expected");
        }
        self.uri_flaws(&format!("sip:{text}"), mark, 4);
        Ok(())
    }

    /// gen-value = token / host / quoted-string, and what the Via parameter `received` may hold.
    fn gen_value(&mut self, name: &[u8]) -> Read<&'a [u8]> {
        if self.peek() == Some(b'"') {
            return self.quoted();
        }
        let mark = self.at;
        let value = self.take(|b| !matches!(b, b';' | b',' | b' ' | b'\t' | b'\r' | b'\n' | b'"'));
        let text = std::str::from_utf8(value).unwrap_or_default();
        let address = |text: &str| text.parse::<std::net::Ipv6Addr>().is_ok();
        let good = if name.eq_ignore_ascii_case(b"received") {
            text.parse::<std::net::IpAddr>().is_ok()
        } else {
            !value.is_empty() && value.iter().copied().all(is_token)
                || text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).is_some_and(address)
        };
        if good {
            return Ok(value);
        }
        self.wrong_at(self.since(mark), format!("bad value of parameter {}", String::from_utf8_lossy(name)))
    }

    /// Notes the flaws of `uri`, whose octet `skip` is octet `at` of this value.
    fn uri_flaws(&mut self, uri: &str, at: usize, skip: usize) {
        let base = self.base + at;
        for flaw in Uri::parse(uri).flaws() {
            let range = flaw.span.range();
            let shift = |n: usize| base + n.saturating_sub(skip);
            self.flaws.push(Flaw { span: Span::new(shift(range.start)..shift(range.end)), ..flaw });
        }
    }
}

/// Whether `token` may hold the octet.
pub(super) fn is_token(byte: u8) -> bool {
    TOKEN[usize::from(byte)]
}

static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        table[byte] = b.is_ascii_alphanumeric()
            || matches!(b, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~');
        byte += 1;
    }
    table
};

/// Whether `word` may hold the octet.
pub(super) fn is_word(byte: u8) -> bool {
    is_token(byte)
        || matches!(byte, b'(' | b')' | b'<' | b'>' | b':' | b'\\' | b'"' | b'/' | b'[' | b']' | b'?' | b'{' | b'}')
}

pub(super) fn is_end_of_item(byte: u8) -> bool {
    matches!(byte, b',' | b';' | b' ' | b'\t' | b'\r' | b'\n')
}
