//! The bodies of a SIP message (RFC 3261 §7.4, RFC 5621): the message's Content headers are those of the outermost body.

use super::headers::{Header, Headers};
use super::media_type::MediaType;
use super::multipart::{Part, flatten};
use crate::wire::sip::{Message, Name};

impl Message {
    /// Every body of the message, multiparts taken apart, in order; none where the message has no body.
    ///
    /// Spans count octets of the message. A single body has the message's Content-Type, Content-Disposition, … as its own.
    pub fn bodies(&self) -> Vec<Part> {
        if self.body_span().is_empty() {
            return Vec::new();
        }
        let headers = self.headers().filter_map(|header| {
            let name = match header.name() {
                Name::Other => header.spelling(),
                name => name.text(),
            };
            let content = name.get(..8).is_some_and(|n| n.eq_ignore_ascii_case("Content-"));
            content.then(|| Header { name: name.to_owned(), value: header.text().into_owned(), span: header.span() })
        });
        let span = self.body_span();
        let whole = Part { headers: Headers(headers.collect()), body: self.body(), span, body_span: span };
        flatten(whole, self.bytes())
    }

    /// The first body of that media type, in multiparts too.
    pub fn body_of_type(&self, media_type: &str) -> Option<Part> {
        // Most messages have one body and it is of another type: nothing need be taken apart to tell that.
        let written = self.header(Name::ContentType).map(|header| header.text());
        let outer = MediaType::parse(written.as_deref().unwrap_or("text/plain"));
        if self.body_span().is_empty() || !(outer.is(media_type) || outer.main().eq_ignore_ascii_case("multipart")) {
            return None;
        }
        self.bodies().into_iter().find(|part| part.content_type().is(media_type))
    }

    /// The first body of that disposition type, in multiparts too.
    pub fn body_of_disposition(&self, kind: &str) -> Option<Part> {
        self.bodies().into_iter().find(|part| part.headers.content_disposition().is_some_and(|d| d.is(kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::mime::write;
    use crate::wire::sip::Builder;

    #[test]
    fn one_body_has_the_headers_of_the_message() {
        let message = Builder::request("MESSAGE", "sip:a@b")
            .header("c", "text/plain;charset=utf-8")
            .header("Content-Disposition", "render")
            .octets("hello")
            .build();
        let bodies = message.bodies();
        assert_eq!(bodies.len(), 1);
        assert_eq!(bodies[0].content_type().param("charset").as_deref(), Some("utf-8"));
        assert_eq!(bodies[0].span, message.body_span());
        assert!(message.body_of_disposition("Render").is_some());
        assert!(message.body_of_type("text/html").is_none());
        assert!(Builder::status(200, "OK").build().bodies().is_empty());
    }

    #[test]
    fn parts_lie_within_the_message() {
        let parts = [Part::new("application/sdp", "v=0\r\n"), Part::new("text/plain", "hi").disposition("render")];
        let body = write("b", &parts);
        let message = Builder::request("INVITE", "sip:a@b").body("multipart/mixed;boundary=b", body).build();
        let sdp = message.body_of_type("application/sdp").expect("there");
        assert_eq!(sdp.body_span.of(message.bytes()), b"v=0\r\n");
        assert_eq!(&message.body_of_disposition("render").expect("there").body[..], b"hi");
    }
}
