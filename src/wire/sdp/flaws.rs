//! What breaks the syntax of a session description, and by which clause.

use std::borrow::Cow;

use super::file::selectors;
use super::media::{Attribute, Direction, accepts, number, words};
use super::session::{Line, Session};
use crate::wire::{Flaw, Span};

/// Flaws beyond these are not told.
pub(super) const MAX_FLAWS: usize = 100;
const RFC: &str = "RFC 4566 §5";
const GRAMMAR: &str = "RFC 4566 §9";
const FILE: &str = "RFC 5547 §6";

pub(super) fn of(session: &Session) -> Vec<Flaw> {
    let mut found = Found { bytes: session.bytes(), flaws: Vec::new() };
    found.line_ends(session);
    found.order(session);
    for line in session.lines() {
        if found.flaws.len() >= MAX_FLAWS {
            break;
        }
        found.line(line);
        // What is no text reads as empty; more about it would be noise.
        if std::str::from_utf8(line.span.of(found.bytes)).is_ok() {
            found.value(line);
        }
    }
    found.flaws.truncate(MAX_FLAWS);
    found.flaws
}

/// Where a type stands in the session section or in a media section (RFC 4566 §5); `None` where it may not stand.
pub(super) fn order(kind: char, in_media: bool) -> Option<usize> {
    let list = if in_media { "micbka" } else { "vosiuepcbtzka" };
    // A repetition stands with its time.
    list.find(if kind == 'r' { 't' } else { kind })
}

struct Found<'s> {
    bytes: &'s [u8],
    flaws: Vec<Flaw>,
}

impl Found<'_> {
    fn add(&mut self, span: Span, clause: &'static str, what: impl Into<Cow<'static, str>>) {
        self.flaws.push(Flaw::new(span, clause, what));
    }

    /// One flaw for all lines: a sender that ends one line wrongly ends all of them so.
    fn line_ends(&mut self, session: &Session) {
        let odd = session.lines().find(|l| !l.whole.of(self.bytes).ends_with(b"\r\n"));
        if let Some(line) = odd {
            let ended = line.whole.of(self.bytes).ends_with(b"\n");
            self.add(line.whole, RFC, if ended { "line ends in LF, not CRLF" } else { "line does not end in CRLF" });
        }
    }

    fn order(&mut self, session: &Session) {
        for kind in ['v', 'o', 's', 't'] {
            if !session.session_lines().any(|l| l.kind == Some(kind)) {
                self.add(Span::default(), RFC, format!("no {kind}= line in the session section"));
            }
        }
        if session.connection().is_none() {
            let bare = session.media().filter(|m| m.connection().is_none()).map(|m| m.span);
            let bare: Vec<Span> = bare.take(MAX_FLAWS).collect();
            if session.media().next().is_none() {
                self.add(Span::default(), "RFC 4566 §5.7", "no c= line");
            }
            for span in bare {
                self.add(span, "RFC 4566 §5.7", "no c= line for the medium");
            }
        }
        let (mut in_media, mut last, mut directed) = (false, 'v', false);
        let mut seen = String::new();
        for line in session.lines() {
            let Some(kind) = line.kind else { continue };
            if kind == 'm' {
                (in_media, last, directed) = (true, 'm', false);
                seen.clear();
                continue;
            }
            if kind == 'a' && Attribute::of(line).is_some_and(|a| a.direction().is_some()) {
                if directed {
                    self.add(line.span, "RFC 4566 §6", "second direction attribute");
                }
                directed = true;
            }
            let Some(place) = order(kind, in_media) else {
                if order(kind, false).is_some() {
                    self.add(line.whole, RFC, format!("{kind}= line in a media section"));
                }
                continue;
            };
            if order(last, in_media).is_some_and(|last| place < last) {
                self.add(line.whole, RFC, format!("{kind}= line behind {last}= line"));
            }
            let once = "vosiuzk".contains(kind) || (kind == 'c' && !in_media);
            if once && seen.contains(kind) {
                self.add(line.whole, RFC, format!("second {kind}= line"));
            }
            if once {
                seen.push(kind);
            }
            last = kind;
        }
    }

    fn line(&mut self, line: Line<'_>) {
        let whole = line.whole.of(self.bytes);
        let text = whole.trim_ascii_end();
        let Some(kind) = line.kind else {
            let what = if text.is_empty() { "empty line" } else { "not of the form <type>=<value>" };
            return self.add(line.whole, RFC, what);
        };
        if order(kind, false).is_none() && kind != 'm' {
            self.add(line.whole, RFC, format!("unknown type {kind}"));
        }
        let content = whole.strip_suffix(b"\n").unwrap_or(whole);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        if content.iter().any(|c| matches!(c, 0 | b'\r')) {
            self.add(line.whole, GRAMMAR, "NUL or CR in the line");
        }
        let value = line.span.of(self.bytes);
        if std::str::from_utf8(value).is_err() {
            self.add(line.span, RFC, "value is not UTF-8");
        }
        let text_field = matches!(kind, 's' | 'i');
        if whole.get(1) != Some(&b'=') || (!text_field && matches!(whole.get(2), Some(b' ' | b'\t'))) {
            self.add(line.whole, RFC, "blank beside the =");
        }
        if !text_field && content.ends_with(b" ") && !value.is_empty() {
            self.add(line.whole, GRAMMAR, "blank at the end of the line");
        }
    }

    fn value(&mut self, line: Line<'_>) {
        match line.kind {
            Some('v') if line.value != "0" => self.add(line.span, "RFC 4566 §5.1", "protocol version is not 0"),
            Some('o') => self.origin(line),
            Some('s') if line.span.is_empty() => self.add(line.whole, "RFC 4566 §5.3", "empty session name"),
            Some('c') => self.connection(line),
            Some('t') => {
                let fields: Vec<&str> = line.value.split(' ').collect();
                if fields.len() != 2 || !fields.iter().all(|f| is_digits(f)) {
                    self.add(line.span, "RFC 4566 §5.9", "not a start time and a stop time");
                }
            }
            Some('m') => self.media(line),
            Some('a') => self.attribute(line),
            _ => {}
        }
    }

    fn origin(&mut self, line: Line<'_>) {
        let fields: Vec<&str> = line.value.split(' ').collect();
        let [_, id, version, nettype, addrtype, address] = fields[..] else {
            return self.add(line.span, "RFC 4566 §5.2", "not six fields with one blank between");
        };
        if !is_digits(id) || !is_digits(version) {
            self.add(line.span, "RFC 4566 §5.2", "session id or version is not a number");
        } else if number::<i64>(id).is_none() || number::<i64>(version).is_none() {
            self.add(line.span, "RFC 3264 §5", "session id or version does not fit 64 bits with sign");
        }
        self.address(line, "RFC 4566 §5.2", nettype, addrtype, address);
    }

    fn connection(&mut self, line: Line<'_>) {
        let fields: Vec<&str> = line.value.split(' ').collect();
        let [nettype, addrtype, address] = fields[..] else {
            return self.add(line.span, "RFC 4566 §5.7", "not three fields with one blank between");
        };
        // What is behind a slash is the scope of a multicast address.
        let address = address.split('/').next().unwrap_or_default();
        self.address(line, "RFC 4566 §5.7", nettype, addrtype, address);
    }

    fn address(&mut self, line: Line<'_>, clause: &'static str, nettype: &str, addrtype: &str, address: &str) {
        if nettype != "IN" {
            return self.add(line.span, clause, "network type is not IN");
        }
        let wrong = match addrtype {
            "IP4" => address.parse::<std::net::Ipv6Addr>().is_ok(),
            "IP6" => address.parse::<std::net::Ipv4Addr>().is_ok(),
            _ => return self.add(line.span, clause, "address type is neither IP4 nor IP6"),
        };
        if wrong || address.is_empty() || address.starts_with('[') {
            self.add(line.span, clause, format!("address is not of type {addrtype}"));
        }
    }

    fn media(&mut self, line: Line<'_>) {
        let fields: Vec<&str> = line.value.split(' ').collect();
        if fields.len() < 4 || fields.iter().any(|f| f.is_empty()) {
            return self.add(
                line.span,
                "RFC 4566 §5.14",
                "not media, port, protocol and format with one blank between",
            );
        }
        let (port, count) = fields[1].split_once('/').unwrap_or((fields[1], "1"));
        if number::<u16>(port).is_none() || number::<u32>(count).is_none() {
            self.add(line.span, "RFC 4566 §5.14", "not a port number");
        }
    }

    fn attribute(&mut self, line: Line<'_>) {
        let Some(attribute) = Attribute::of(line) else { return };
        let name = line.value.split(':').next().unwrap_or_default();
        if name != attribute.name {
            self.add(line.span, GRAMMAR, "blank in front of the colon");
        } else if name.is_empty() || !name.bytes().all(is_token) {
            self.add(line.span, GRAMMAR, "attribute name is not a token");
        }
        let lower = attribute.name.to_ascii_lowercase();
        if lower != attribute.name && Direction::parse(&lower).is_some() {
            self.add(line.span, RFC, "direction attribute not in lower case");
        }
        let value = attribute.value.unwrap_or_default();
        if let Some(clause) = clause_of(attribute.name) {
            if line.value.split_once(':').is_some_and(|(_, written)| written != value) {
                self.add(line.span, clause, "blank behind the colon");
            }
            if let Some(what) = wrong_value(attribute.name, value) {
                self.add(line.span, clause, what);
            }
        }
    }
}

/// Where the attributes of MSRP are defined.
fn clause_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "path" => "RFC 4975 §8.2",
        "accept-types" | "accept-wrapped-types" | "max-size" => "RFC 4975 §8.6",
        "setup" | "connection" => "RFC 4145 §4",
        "file-selector" | "file-transfer-id" | "file-disposition" | "file-date" | "file-icon" | "file-range" => FILE,
        "filesize" | "filename" | "filetype" | "disposition" | "icon" => "draft-garcia-mmusic-file-transfer-mech-00",
        "msrp-cema" => "RFC 6714 §5.2",
        "chatroom" => "RFC 7701 §8",
        _ => return None,
    })
}

/// What is wrong with the value of an attribute that [`clause_of`] knows. The path is looked at with the rules of MSRP.
fn wrong_value(name: &str, value: &str) -> Option<Cow<'static, str>> {
    let what = match name {
        "accept-types" | "accept-wrapped-types" => {
            let bad = words(value).find(|entry| !is_format_entry(entry))?;
            return Some(format!("{bad} is neither *, type/* nor a media type").into());
        }
        "max-size" | "filesize" if number::<u64>(value).is_none() || value.is_empty() => "not a number of octets",
        "setup" if super::media::Setup::parse(value).is_none() => "unknown role",
        "connection" if !matches!(value, "new" | "existing") => "neither new nor existing",
        "file-transfer-id" | "file-disposition" if value.is_empty() || !value.bytes().all(is_token) => "not a token",
        "file-icon" if !value.starts_with("cid:") => "not a cid URI",
        "file-range" if !is_range(value) => "not a first and a last octet, counted from 1",
        "file-selector" => return selectors(value).find_map(|(key, value)| wrong_selector(key, value)),
        "msrp-cema" if !value.is_empty() => "value where none is allowed",
        _ => return None,
    };
    Some(what.into())
}

fn wrong_selector(key: &str, value: &str) -> Option<Cow<'static, str>> {
    let good = match key {
        "name" => value.len() > 2 && value.starts_with('"') && value.ends_with('"'),
        "size" => is_digits(value) && !value.starts_with('0'),
        "type" => value.split_once('/').is_some_and(|(main, sub)| !main.is_empty() && !sub.is_empty()),
        "hash" => value.split_once(':').is_some_and(|(algorithm, hash)| !algorithm.is_empty() && is_hash(hash)),
        _ => return Some(format!("unknown selector {key}").into()),
    };
    (!good).then(|| format!("malformed selector {key}").into())
}

/// Pairs of upper-case hexadecimal digits with colons between (RFC 5547 §6).
fn is_hash(text: &str) -> bool {
    text.split(':').all(|pair| pair.len() == 2 && pair.bytes().all(|c| matches!(c, b'0'..=b'9' | b'A'..=b'F')))
}

fn is_range(text: &str) -> bool {
    let Some((start, stop)) = text.split_once('-') else { return false };
    let start = number::<u64>(start).filter(|n| *n > 0);
    start.is_some_and(|start| stop == "*" || number::<u64>(stop).is_some_and(|stop| stop >= start))
}

/// RFC 4975 §8.6
fn is_format_entry(entry: &str) -> bool {
    let bare = entry.split(';').next().unwrap_or_default();
    let is_type = |text: &str| !text.is_empty() && text.bytes().all(is_token);
    accepts(entry, "?") || bare.split_once('/').is_some_and(|(main, sub)| is_type(main) && is_type(sub))
}

/// RFC 4566 §9
fn is_token(c: u8) -> bool {
    matches!(c, 0x21 | 0x23..=0x27 | 0x2A..=0x2B | 0x2D..=0x2E | 0x30..=0x39 | 0x41..=0x5A | 0x5E..=0x7E)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns= \r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=message 1 TCP/MSRP *\r\n";

    fn flaws(text: &str) -> Vec<String> {
        let session = Session::parse(text.to_owned().into());
        let at = |f: &Flaw| String::from_utf8_lossy(f.span.of(session.bytes())).trim_end().to_owned();
        session.flaws().iter().map(|f| format!("{}: {}", at(f), f.what)).collect()
    }

    /// Changes the sound description and wants exactly that one flaw.
    #[track_caller]
    fn check(from: &str, to: &str, want: &str) {
        assert!(SOUND.contains(from), "{from} is not there");
        assert_eq!(flaws(&SOUND.replacen(from, to, 1)), [want], "{from} replaced by {to}");
    }

    #[test]
    fn a_sound_description_has_no_flaw() {
        assert_eq!(flaws(SOUND), [""; 0]);
        let more = "a=accept-types:* text/* message/cpim;a=\"b c\"\r\na=filesize:1\r\na=setup:ACTIVE\r\na=file-range:1-*\r\n\
                    a=file-selector:name:\"a b\" size:1 type:a/b;c=\"d e\" hash:sha-1:0A:FF\r\na=file-icon:cid:x@y\r\na=chatroom\r\n";
        assert_eq!(flaws(&format!("{SOUND}{more}")), [""; 0]);
    }

    #[test]
    fn flaws_of_the_lines() {
        check("v=0\r\n", "", ": no v= line in the session section");
        check("o=- 1 1 IN IP4 192.0.2.1\r\n", "", ": no o= line in the session section");
        check("s= \r\n", "", ": no s= line in the session section");
        check("t=0 0\r\n", "", ": no t= line in the session section");
        check("c=IN IP4 192.0.2.1\r\n", "", "message 1 TCP/MSRP *: no c= line for the medium");
        check("t=0 0\r\n", "t=0 0\r\nb=AS:1\r\n", "b=AS:1: b= line behind t= line");
        check("t=0 0\r\n", "t=0 0\r\nu=http://h\r\n", "u=http://h: u= line behind t= line");
        check("s= \r\n", "s= \r\ns=-\r\n", "s=-: second s= line");
        check("*\r\n", "*\r\nt=0 0\r\n", "t=0 0: t= line in a media section");
        check("t=0", "t =0", "t =0 0: blank beside the =");
        check("t=0", "t= 0", "t= 0 0: blank beside the =");
        check("0 0\r\n", "0 0 \r\n", "t=0 0: blank at the end of the line");
        check("0 0\r\n", "0 0\n", "t=0 0: line ends in LF, not CRLF");
        check("*\r\n", "*", "m=message 1 TCP/MSRP *: line does not end in CRLF");
        check("*\r\n", "*\r\n\r\n", ": empty line");
        check("*\r\n", "*\r\nhello\r\n", "hello: not of the form <type>=<value>");
        check("*\r\n", "*\r\nx=1\r\n", "x=1: unknown type x");
        check("*\r\n", "*\r\nA=x\r\n", "A=x: unknown type A");
        check("s= ", "s=a\rb", "s=a\rb: NUL or CR in the line");
    }

    #[test]
    fn flaws_of_the_values() {
        check("v=0", "v=1", "1: protocol version is not 0");
        check("s= ", "s=", "s=: empty session name");
        check("- 1 1 IN", "- 1 IN", "- 1 IN IP4 192.0.2.1: not six fields with one blank between");
        check("- 1 1", "- x 1", "- x 1 IN IP4 192.0.2.1: session id or version is not a number");
        check(
            "- 1 1",
            "- 1 9223372036854775808",
            "- 1 9223372036854775808 IN IP4 192.0.2.1: session id or version does not fit 64 bits with sign",
        );
        check("c=IN IP4", "c=IN IP6", "IN IP6 192.0.2.1: address is not of type IP6");
        check("c=IN IP4", "c=in IP4", "in IP4 192.0.2.1: network type is not IN");
        check("c=IN IP4", "c=IN ip4", "IN ip4 192.0.2.1: address type is neither IP4 nor IP6");
        check("c=IN IP4", "c=IN  IP4", "IN  IP4 192.0.2.1: not three fields with one blank between");
        check("t=0 0", "t=0", "0: not a start time and a stop time");
        check(" *", "", "message 1 TCP/MSRP: not media, port, protocol and format with one blank between");
        check("message 1", "message 65536", "message 65536 TCP/MSRP *: not a port number");
    }

    #[test]
    fn flaws_of_the_attributes() {
        for (attributes, want) in [
            ("a=sendonly\r\na=recvonly", "recvonly: second direction attribute"),
            ("a=SendOnly", "SendOnly: direction attribute not in lower case"),
            ("a=path: msrp://h:1/s;tcp", "path: msrp://h:1/s;tcp: blank behind the colon"),
            ("a=filesize :5", "filesize :5: blank in front of the colon"),
            ("a=fi lesize:5", "fi lesize:5: attribute name is not a token"),
            ("a=filesize:-5", "filesize:-5: not a number of octets"),
            ("a=max-size:", "max-size:: not a number of octets"),
            (
                "a=accept-types:text/plain text",
                "accept-types:text/plain text: text is neither *, type/* nor a media type",
            ),
            ("a=setup:both", "setup:both: unknown role"),
            ("a=file-icon:http://h", "file-icon:http://h: not a cid URI"),
            ("a=file-range:0-5", "file-range:0-5: not a first and a last octet, counted from 1"),
            ("a=file-range:6-5", "file-range:6-5: not a first and a last octet, counted from 1"),
            ("a=file-transfer-id:", "file-transfer-id:: not a token"),
            ("a=file-selector:name:x", "file-selector:name:x: malformed selector name"),
            ("a=file-selector:hash:sha-1:0a", "file-selector:hash:sha-1:0a: malformed selector hash"),
            ("a=file-selector:size:01", "file-selector:size:01: malformed selector size"),
            ("a=file-selector:type:x", "file-selector:type:x: malformed selector type"),
            ("a=file-selector:colour:red", "file-selector:colour:red: unknown selector colour"),
            ("a=msrp-cema:1", "msrp-cema:1: value where none is allowed"),
        ] {
            assert_eq!(flaws(&format!("{SOUND}{attributes}\r\n")), [want], "{attributes}");
        }
    }

    #[test]
    fn octets_that_are_no_text_are_flagged() {
        let session = Session::parse([SOUND.as_bytes(), b"a=x:\xff\r\n"].concat().into());
        assert_eq!(session.flaws().iter().map(|f| &*f.what).collect::<Vec<_>>(), ["value is not UTF-8"]);
    }

    #[test]
    fn flaws_are_bounded() {
        assert_eq!(flaws(&"?\n".repeat(5000)).len(), MAX_FLAWS);
    }
}
