//! One media description: its `m=` line, and the attributes that MSRP knows.

use super::session::{Connection, Line, Session};
use crate::wire::Span;
use crate::wire::uri::Uri;

/// An `m=` line and all lines up to the next one (RFC 4566 §5.14).
#[derive(Clone, Copy, Debug)]
pub struct Media<'s> {
    /// For example `message`; empty where the line has none.
    pub media: &'s str,
    /// `None` where what stands there is no port number.
    pub port: Option<u16>,
    /// For example `TCP/MSRP`; empty where the line has none.
    pub protocol: &'s str,
    /// Where the value of the `m=` line lies.
    pub span: Span,
    formats: &'s str,
    session: &'s Session,
    start: usize,
    end: usize,
}

/// One `a=` line. Names and values are without blanks around them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attribute<'s> {
    pub name: &'s str,
    /// `None` where there is no colon.
    pub value: Option<&'s str>,
    /// Where name and value lie.
    pub span: Span,
}

/// The direction of a medium, seen by who wrote the description (RFC 3264 §5.1, RFC 4975 §8.9).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

/// Who connects (RFC 4145 §4, RFC 6135 §4.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Setup {
    Active,
    Passive,
    ActPass,
    HoldConn,
}

impl<'s> Media<'s> {
    pub(super) fn new(session: &'s Session, start: usize, end: usize) -> Media<'s> {
        let line = session.section(start, end).next();
        let value = line.map_or("", |l| l.value);
        let (media, rest) = first_word(value);
        let (port, rest) = first_word(rest);
        let (protocol, formats) = first_word(rest);
        let port = port.split_once('/').map_or(port, |(port, _)| port);
        Media {
            media,
            port: number(port),
            protocol,
            span: line.map_or(Span::default(), |l| l.span),
            formats,
            session,
            start,
            end,
        }
    }

    /// The format list of the `m=` line.
    pub fn formats(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        self.formats.split_ascii_whitespace()
    }

    /// All lines, the `m=` line first.
    pub fn lines(&self) -> impl Iterator<Item = Line<'s>> + use<'s> {
        self.session.section(self.start, self.end)
    }

    /// The attributes of this media description.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'s>> + use<'s> {
        self.lines().filter_map(Attribute::of)
    }

    /// The first attribute of that name of this media description. Names are case-significant (RFC 4566 §5).
    pub fn attribute(&self, name: &str) -> Option<Attribute<'s>> {
        self.attributes().find(|a| a.name == name)
    }

    /// The first attribute of that name here, else at session level, which is the default for all media (RFC 4566 §5).
    pub fn inherited(&self, name: &str) -> Option<Attribute<'s>> {
        self.attribute(name).or_else(|| self.session.attributes().find(|a| a.name == name))
    }

    /// The value of an attribute; `Some("")` for one without.
    pub fn value(&self, name: &str) -> Option<&'s str> {
        self.attribute(name).map(|a| a.value.unwrap_or_default())
    }

    /// The `c=` line of the media description, else of the session.
    pub fn connection(&self) -> Option<Connection<'s>> {
        self.lines().find_map(Connection::of).or_else(|| self.session.connection())
    }

    /// The direction that is written here, at media level. `a=SendOnly` is none: names are case-significant.
    pub fn explicit_direction(&self) -> Option<Direction> {
        self.attributes().find_map(|a| a.direction())
    }

    /// The direction that holds: written here, else at session level, else sendrecv (RFC 3264 §6.1).
    pub fn direction(&self) -> Direction {
        self.explicit_direction()
            .or_else(|| self.session.attributes().find_map(|a| a.direction()))
            .unwrap_or(Direction::SendRecv)
    }

    /// The `setup` attribute, of the medium or the session (RFC 4145 §4).
    pub fn setup(&self) -> Option<Setup> {
        self.inherited("setup").and_then(|a| Setup::parse(a.value?))
    }

    /// The URIs of the `path` attribute, next hop first, endpoint last (RFC 4975 §8.2).
    pub fn path(&self) -> impl Iterator<Item = Uri<'s>> + use<'s> {
        self.value("path").unwrap_or_default().split_ascii_whitespace().map(Uri::parse)
    }

    /// The media types of `accept-types`, in order of preference (RFC 4975 §8.6).
    pub fn accept_types(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        words(self.value("accept-types").unwrap_or_default())
    }

    /// The media types that are accepted inside containers only (RFC 4975 §8.6).
    pub fn accept_wrapped_types(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        words(self.value("accept-wrapped-types").unwrap_or_default())
    }

    /// The size of the largest message that is welcome, in octets (RFC 4975 §8.6).
    pub fn max_size(&self) -> Option<u64> {
        number(self.value("max-size")?)
    }

    /// Whether the connection may follow `c=` and `m=` rather than the path (RFC 6714 §5).
    pub fn msrp_cema(&self) -> bool {
        self.attribute("msrp-cema").is_some()
    }

    /// The tokens of the `chatroom` attribute (RFC 7701 §8); `Some` and empty where it has none.
    pub fn chatroom(&self) -> Option<impl Iterator<Item = &'s str> + use<'s>> {
        Some(self.value("chatroom")?.split_ascii_whitespace())
    }
}

impl<'s> Attribute<'s> {
    /// The attribute of an `a=` line.
    pub fn of(line: Line<'s>) -> Option<Attribute<'s>> {
        if line.kind != Some('a') {
            return None;
        }
        let (name, value) = match line.value.split_once(':') {
            Some((name, value)) => (name, Some(value.trim_ascii())),
            None => (line.value, None),
        };
        Some(Attribute { name: name.trim_ascii(), value, span: line.span })
    }

    /// The direction, where the attribute is one.
    pub fn direction(&self) -> Option<Direction> {
        self.value.is_none().then(|| Direction::parse(self.name)).flatten()
    }
}

impl Direction {
    pub const ALL: [Direction; 4] =
        [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive];

    /// The direction of that name, in lower case.
    pub fn parse(name: &str) -> Option<Direction> {
        Direction::ALL.into_iter().find(|d| d.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    pub fn new(sends: bool, receives: bool) -> Direction {
        match (sends, receives) {
            (true, true) => Direction::SendRecv,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::RecvOnly,
            (false, false) => Direction::Inactive,
        }
    }

    pub fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    pub fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }

    /// The same seen from the other side.
    pub fn reversed(self) -> Direction {
        Direction::new(self.receives(), self.sends())
    }

    /// What of `self` is left beside a peer that wrote `other` (RFC 3264 §6.1).
    pub fn within(self, other: Direction) -> Direction {
        Direction::new(self.sends() && other.receives(), self.receives() && other.sends())
    }
}

impl Setup {
    pub const ALL: [Setup; 4] = [Setup::Active, Setup::Passive, Setup::ActPass, Setup::HoldConn];

    /// The value of that name, in any case (strings of ABNF, RFC 5234 §2.3).
    pub fn parse(name: &str) -> Option<Setup> {
        Setup::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(name))
    }

    pub fn name(self) -> &'static str {
        match self {
            Setup::Active => "active",
            Setup::Passive => "passive",
            Setup::ActPass => "actpass",
            Setup::HoldConn => "holdconn",
        }
    }
}

/// Whether an entry of `accept-types` allows a media type. Parameters on either side do not count (RFC 4975 §8.6).
pub fn accepts(entry: &str, media_type: &str) -> bool {
    let bare = |t: &'_ str| t.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (entry, media_type) = (bare(entry), bare(media_type));
    match entry.strip_suffix("/*") {
        _ if entry == "*" => true,
        Some(prefix) => media_type.split_once('/').is_some_and(|(main, _)| main == prefix),
        None => entry == media_type,
    }
}

/// The words of a text; blanks in double quotes do not end a word.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == ' ' && !quoted
    })
    .filter(|word| !word.is_empty())
}

/// A number of decimal digits only.
pub(super) fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|c| c.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_ascii_start();
    text.split_once(' ').unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(media: &str) -> Session {
        Session::parse(format!("v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 h\r\nt=0 0\r\n{media}").into())
    }

    #[test]
    fn media_line_and_attributes() {
        let session = session(
            "m=message 7394 TCP/MSRP *\r\na=accept-types:message/cpim text/plain;x=\"a b\" *\r\n\
             a=accept-wrapped-types:image/*\r\na=path:msrp://r:1/a;tcp msrp://e:2/b;tcp\r\na=max-size:10000\r\n\
             a=setup:actpass\r\na=msrp-cema\r\na=chatroom:nickname private-messages\r\n",
        );
        assert_eq!(session.flaws(), []);
        let media = session.msrp_media().unwrap();
        assert_eq!((media.media, media.port, media.protocol), ("message", Some(7394), "TCP/MSRP"));
        assert_eq!(media.formats().collect::<Vec<_>>(), ["*"]);
        assert_eq!(media.accept_types().collect::<Vec<_>>(), ["message/cpim", "text/plain;x=\"a b\"", "*"]);
        assert_eq!(media.accept_wrapped_types().collect::<Vec<_>>(), ["image/*"]);
        assert_eq!(media.path().map(|u| u.port).collect::<Vec<_>>(), [Some(1), Some(2)]);
        assert_eq!(media.max_size(), Some(10_000));
        assert_eq!(media.setup(), Some(Setup::ActPass));
        assert!(media.msrp_cema());
        assert_eq!(media.chatroom().unwrap().collect::<Vec<_>>(), ["nickname", "private-messages"]);
        let span = media.attribute("max-size").unwrap().span;
        assert_eq!(span.of(session.bytes()), b"max-size:10000");
    }

    #[test]
    fn directions() {
        for (lines, explicit, effective) in [
            ("m=message 1 TCP/MSRP *\r\n", None, Direction::SendRecv),
            ("m=message 1 TCP/MSRP *\r\na=sendonly\r\n", Some(Direction::SendOnly), Direction::SendOnly),
            ("a=recvonly\r\nm=message 1 TCP/MSRP *\r\n", None, Direction::RecvOnly),
            ("a=recvonly\r\nm=message 1 TCP/MSRP *\r\na=inactive\r\n", Some(Direction::Inactive), Direction::Inactive),
            ("m=message 1 TCP/MSRP *\r\na=SendOnly\r\n", None, Direction::SendRecv),
            ("m=message 1 TCP/MSRP *\r\nm=audio 1 RTP/AVP 0\r\na=sendonly\r\n", None, Direction::SendRecv),
        ] {
            let session = session(lines);
            let media = session.msrp_media().unwrap();
            assert_eq!((media.explicit_direction(), media.direction()), (explicit, effective), "{lines}");
        }
    }

    #[test]
    fn what_is_left_of_a_direction() {
        use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
        for (own, offered, want) in [
            (SendRecv, SendOnly, RecvOnly),
            (SendRecv, RecvOnly, SendOnly),
            (SendRecv, Inactive, Inactive),
            (SendOnly, SendOnly, Inactive),
            (RecvOnly, SendRecv, RecvOnly),
            (SendRecv, SendRecv, SendRecv),
        ] {
            assert_eq!(own.within(offered), want, "{own:?} beside {offered:?}");
        }
    }

    #[test]
    fn accepted_types() {
        for (entry, media_type, want) in [
            ("*", "text/plain", true),
            ("text/*", "Text/HTML;charset=utf-8", true),
            ("text/*", "image/png", false),
            ("text/plain;charset=utf-8", "text/plain", true),
            ("TEXT/plain", "text/PLAIN ; x=y", true),
            ("text/plain", "text/plainer", false),
        ] {
            assert_eq!(accepts(entry, media_type), want, "{entry} and {media_type}");
        }
    }
}
