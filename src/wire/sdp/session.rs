//! The session description: its bytes, and where in them each line is.

use std::net::IpAddr;
use std::sync::OnceLock;

use bytes::Bytes;
use memchr::memchr;

use super::flaws;
use super::media::{Attribute, Media};
use crate::wire::{Flaw, Span};

/// Lines beyond these are kept as one line that nothing reads.
const MAX_LINES: usize = 4096;

/// One session description (RFC 4566), complete with every octet it came in.
#[derive(Clone, Debug)]
pub struct Session {
    bytes: Bytes,
    lines: Vec<Entry>,
    /// Found on demand: most readers want a line or two.
    flaws: OnceLock<Vec<Flaw>>,
    /// The flaws that it has as an offer.
    pub(super) offered: OnceLock<Vec<Flaw>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    kind: Option<char>,
    value: Span,
    /// The line end included.
    whole: Span,
}

/// One line `<type>=<value>`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line<'s> {
    /// The type letter; `None` for a line that is not of the form `<letter>=<value>`.
    pub kind: Option<char>,
    /// The value without blanks around it (but those of `s=` and `i=` are text); empty where it is not UTF-8.
    pub value: &'s str,
    /// Where the value lies.
    pub span: Span,
    /// Where the line lies, its line end included.
    pub whole: Span,
}

/// The fields of an `o=` line (RFC 4566 §5.2); missing ones are empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin<'s> {
    pub username: &'s str,
    pub id: &'s str,
    pub version: &'s str,
    pub nettype: &'s str,
    pub addrtype: &'s str,
    pub address: &'s str,
}

/// The fields of a `c=` line (RFC 4566 §5.7); missing ones are empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Connection<'s> {
    pub nettype: &'s str,
    pub addrtype: &'s str,
    pub address: &'s str,
    /// Where the value of the line lies.
    pub span: Span,
}

impl Session {
    /// Takes a body for a session description.
    pub fn parse(bytes: Bytes) -> Session {
        Session { lines: index(&bytes), bytes, flaws: OnceLock::new(), offered: OnceLock::new() }
    }

    /// The octets as they came; printing a description is printing these.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What breaks the syntax (RFC 4566, and the RFCs of the attributes known here).
    pub fn flaws(&self) -> &[Flaw] {
        self.flaws.get_or_init(|| flaws::of(self))
    }

    /// Every line in order.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = Line<'_>> + ExactSizeIterator {
        self.lines.iter().map(|entry| self.line(*entry))
    }

    /// The lines in front of the first `m=`.
    pub fn session_lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines().take_while(|l| l.kind != Some('m'))
    }

    /// The media descriptions in order.
    pub fn media(&self) -> impl Iterator<Item = Media<'_>> {
        let starts = self.lines.iter().enumerate().filter(|(_, e)| e.kind == Some('m')).map(|(i, _)| i);
        starts.map(|start| {
            let rest = &self.lines[start + 1..];
            let length = rest.iter().position(|e| e.kind == Some('m')).unwrap_or(rest.len());
            Media::new(self, start, start + 1 + length)
        })
    }

    /// The first `m=message`.
    pub fn msrp_media(&self) -> Option<Media<'_>> {
        self.media().find(|m| m.media == "message")
    }

    /// The first `o=` line.
    pub fn origin(&self) -> Option<Origin<'_>> {
        let mut fields = self.first('o')?.value.split_ascii_whitespace();
        let mut next = || fields.next().unwrap_or_default();
        Some(Origin {
            username: next(),
            id: next(),
            version: next(),
            nettype: next(),
            addrtype: next(),
            address: next(),
        })
    }

    /// The `c=` line in front of the first `m=`.
    pub fn connection(&self) -> Option<Connection<'_>> {
        self.session_lines().find_map(Connection::of)
    }

    /// The attributes in front of the first `m=`.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        self.session_lines().filter_map(Attribute::of)
    }

    /// The first line of that type.
    pub fn first(&self, kind: char) -> Option<Line<'_>> {
        self.lines().find(|l| l.kind == Some(kind))
    }

    pub(super) fn section(&self, start: usize, end: usize) -> impl Iterator<Item = Line<'_>> {
        self.lines[start..end].iter().map(|entry| self.line(*entry))
    }

    fn line(&self, entry: Entry) -> Line<'_> {
        let value = std::str::from_utf8(entry.value.of(&self.bytes)).unwrap_or_default();
        Line { kind: entry.kind, value, span: entry.value, whole: entry.whole }
    }
}

impl<'s> Connection<'s> {
    pub(super) fn of(line: Line<'s>) -> Option<Connection<'s>> {
        if line.kind != Some('c') {
            return None;
        }
        let mut fields = line.value.split_ascii_whitespace();
        let mut next = || fields.next().unwrap_or_default();
        Some(Connection { nettype: next(), addrtype: next(), address: next(), span: line.span })
    }

    /// The address, where it is not a name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.address.parse().ok()
    }
}

/// What `read` says about the line that these octets are.
pub(super) fn with_line<T>(octets: &[u8], read: impl FnOnce(Line<'_>) -> T) -> T {
    let Entry { kind, value, whole } = entry(octets, 0, octets.len());
    let text = std::str::from_utf8(value.of(octets)).unwrap_or_default();
    read(Line { kind, value: text, span: value, whole })
}

fn index(bytes: &[u8]) -> Vec<Entry> {
    let mut lines = Vec::with_capacity(16);
    let mut at = 0;
    while at < bytes.len() {
        if lines.len() == MAX_LINES {
            let rest = Span::new(at..bytes.len());
            lines.push(Entry { kind: None, value: rest, whole: rest });
            break;
        }
        let next = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |i| at + i + 1);
        lines.push(entry(bytes, at, next));
        at = next;
    }
    lines
}

/// Blanks around the `=` are flagged elsewhere; here they do not hide what was meant.
fn entry(bytes: &[u8], start: usize, next: usize) -> Entry {
    let whole = Span::new(start..next);
    let mut end = next;
    while end > start && matches!(bytes[end - 1], b'\r' | b'\n') {
        end -= 1;
    }
    let blank = |at: usize| matches!(bytes[at], b' ' | b'\t');
    let broken = Entry { kind: None, value: Span::new(start..end), whole };
    let Some(equals) = memchr(b'=', &bytes[start..end]).map(|i| start + i) else { return broken };
    let [letter] = bytes[start..equals].trim_ascii() else { return broken };
    if !letter.is_ascii_alphabetic() {
        return broken;
    }
    let mut from = equals + 1;
    if !matches!(letter, b's' | b'i') {
        while from < end && blank(from) {
            from += 1;
        }
        while end > from && blank(end - 1) {
            end -= 1;
        }
    }
    Entry { kind: Some(char::from(*letter)), value: Span::new(from..end), whole }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_and_fields_are_found() {
        // The example of RFC 4566 §5.
        let text = "v=0\r\no=jdoe 2890844526 2890842807 IN IP4 10.47.16.5\r\ns=SDP Seminar\r\nc=IN IP4 224.2.17.12/127\r\n\
                    t=2873397496 2873404696\r\na=recvonly\r\nm=audio 49170 RTP/AVP 0\r\nm=video 51372 RTP/AVP 99\r\n\
                    c=IN IP6 2001:db8::1\r\na=rtpmap:99 h263-1998/90000\r\n";
        let session = Session::parse(text.into());
        assert_eq!(session.flaws(), []);
        let origin = session.origin().unwrap();
        assert_eq!(
            (origin.username, origin.id, origin.version, origin.nettype, origin.addrtype, origin.address),
            ("jdoe", "2890844526", "2890842807", "IN", "IP4", "10.47.16.5")
        );
        assert_eq!(session.connection().unwrap().address, "224.2.17.12/127");
        assert_eq!(session.attributes().map(|a| a.name).collect::<Vec<_>>(), ["recvonly"]);
        let media: Vec<_> = session.media().collect();
        assert_eq!(media.iter().map(|m| m.media).collect::<Vec<_>>(), ["audio", "video"]);
        assert_eq!(media[0].connection().unwrap().address, "224.2.17.12/127");
        assert_eq!(media[1].connection().unwrap().ip(), "2001:db8::1".parse().ok());
        assert!(session.msrp_media().is_none());
    }

    #[test]
    fn odd_lines_are_kept() {
        let session = Session::parse("v = 0\ns= \r\n=x\n\nab=c\na= x \n\u{e9}=1".into());
        let lines: Vec<_> = session.lines().map(|l| (l.kind, l.value)).collect();
        assert_eq!(
            lines,
            [
                (Some('v'), "0"),
                (Some('s'), " "),
                (None, "=x"),
                (None, ""),
                (None, "ab=c"),
                (Some('a'), "x"),
                (None, "\u{e9}=1")
            ]
        );
    }

    #[test]
    fn lines_beyond_the_bound_are_kept_as_one() {
        let text = "a=x\n".repeat(MAX_LINES + 10);
        let session = Session::parse(text.clone().into());
        assert_eq!(session.lines().len(), MAX_LINES + 1);
        assert_eq!(joined(&session), text.as_bytes());
    }

    fn joined(session: &Session) -> Vec<u8> {
        session.lines().flat_map(|l| l.whole.of(session.bytes()).to_vec()).collect()
    }

    proptest! {
        #[test]
        fn lines_joined_are_the_bytes(bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "([vosctma ]?=?[a-zA-Z:/*\" 0-9]{0,12}\r?\n){0,12}".prop_map(String::into_bytes),
            "(a=(path|setup|accept-types|file-selector|filesize|SendOnly|file-range):?[ a-z0-9:/\"%;-]{0,20}\r\n|m=message [0-9/]{0,6} TCP/MSRP \\*\r\n){0,9}"
                .prop_map(String::into_bytes),
        ]) {
            let session = Session::parse(bytes.clone().into());
            prop_assert_eq!(joined(&session), bytes.clone());
            let both = super::super::offer_flaws(&session).into_iter().chain(super::super::answer_flaws(&session, &session));
            for flaw in both {
                prop_assert!(flaw.span.range().end <= bytes.len() && flaw.span.start <= flaw.span.end, "{flaw}");
            }
            for media in session.media() {
                let _ = (media.file_selector(), media.file_range(), media.direction(), media.path().count());
            }
            prop_assert_eq!(&session.edit().finish()[..], &bytes[..]);
        }
    }
}
