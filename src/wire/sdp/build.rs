//! Writing a session description: exactly the lines that were asked for, in that order.

use std::fmt::{Display, Write};
use std::net::IpAddr;

use bytes::Bytes;

use super::media::Direction;

/// A session description being written.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    text: String,
}

impl Builder {
    /// A description of no lines.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// A description with its first five lines: `v=0`, `o=` with that session id and version, `s=-`, `c=` and `t=`.
    pub fn session(username: &str, id: u64, version: u64, host: IpAddr, time: &str) -> Builder {
        let kind = if host.is_ipv4() { "IP4" } else { "IP6" };
        Builder::new()
            .line('v', 0)
            .line('o', format_args!("{username} {id} {version} IN {kind} {host}"))
            .line('s', '-')
            .line('c', format_args!("IN {kind} {host}"))
            .line('t', time)
    }

    /// Adds a line of any type.
    pub fn line(mut self, kind: char, value: impl Display) -> Builder {
        let _ = write!(self.text, "{kind}={value}\r\n");
        self
    }

    /// Adds an `m=` line, below which what follows belongs to that medium.
    pub fn media(self, media: &str, port: u16, protocol: &str, formats: &str) -> Builder {
        self.line('m', format_args!("{media} {port} {protocol} {formats}"))
    }

    /// Adds an attribute with a value.
    pub fn attribute(self, name: &str, value: impl Display) -> Builder {
        self.line('a', format_args!("{name}:{value}"))
    }

    /// Adds an attribute without a value.
    pub fn flag(self, name: &str) -> Builder {
        self.line('a', name)
    }

    pub fn direction(self, direction: Direction) -> Builder {
        self.flag(direction.name())
    }

    pub fn build(self) -> Bytes {
        self.text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sdp::Session;

    fn chat() -> Bytes {
        Builder::session("-", 7, 8, IpAddr::from([192, 0, 2, 1]), "0 0")
            .media("message", 2855, "TCP/MSRP", "*")
            .attribute("accept-types", "message/cpim text/plain")
            .attribute("path", "msrp://192.0.2.1:2855/s1;tcp")
            .attribute("file-selector", "name:\"a b.jpg\" type:image/jpeg size:4092")
            .flag("msrp-cema")
            .direction(Direction::SendOnly)
            .build()
    }

    #[test]
    fn what_was_asked_for_is_written() {
        let want = "v=0\r\no=- 7 8 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
                    m=message 2855 TCP/MSRP *\r\na=accept-types:message/cpim text/plain\r\n\
                    a=path:msrp://192.0.2.1:2855/s1;tcp\r\n\
                    a=file-selector:name:\"a b.jpg\" type:image/jpeg size:4092\r\na=msrp-cema\r\na=sendonly\r\n";
        assert_eq!(chat(), want);
        assert_eq!(Session::parse(chat()).flaws(), []);
    }

    #[test]
    fn another_parser_reads_the_same() {
        let bytes = chat();
        let oracle = sdp_types::Session::parse(&bytes).expect("sdp-types takes it");
        let ours = Session::parse(bytes.clone());
        let (media, theirs) = (ours.msrp_media().unwrap(), &oracle.medias[0]);
        assert_eq!((media.media, media.port, media.protocol), (&*theirs.media, Some(theirs.port), &*theirs.proto));
        let attributes: Vec<_> = media.attributes().map(|a| (a.name, a.value)).collect();
        let expected: Vec<_> = theirs.attributes.iter().map(|a| (&*a.attribute, a.value.as_deref())).collect();
        assert_eq!(attributes, expected);
        let mut written = Vec::new();
        oracle.write(&mut written).expect("a vector takes everything");
        assert_eq!(written, bytes);
    }

    #[test]
    fn addresses_name_their_type() {
        let text = Builder::session("alice", 1, 1, "2001:db8::1".parse().unwrap(), "0 0").build();
        let session = Session::parse(text);
        assert_eq!(session.origin().unwrap().addrtype, "IP6");
        assert_eq!(session.connection().unwrap().address, "2001:db8::1");
    }
}
