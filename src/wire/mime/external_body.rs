//! `message/external-body` (RFC 2046 §5.2.3) as SIP uses it for content indirection (RFC 4483). Fetches nothing.

use bytes::Bytes;

use super::date;
use super::headers::Headers;
use super::multipart::Part;
use crate::wire::{Flaw, Span};

/// A body that says where the content is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExternalBody {
    /// As written; empty where the parameter is missing. `URL` for content indirection.
    pub access_type: String,
    /// Without the white space that long URLs may be broken with.
    pub url: Option<String>,
    /// Until when the URL is good, as written: an RFC 1123 date in GMT (RFC 4483 §5.7).
    pub expiration: Option<String>,
    /// Octets of the content.
    pub size: Option<u64>,
    /// SHA-1 of the content in hexadecimal digits, as written (RFC 4483 §5.12).
    pub hash: Option<String>,
    /// The header fields of the content: Content-Type, Content-Disposition, Content-ID, …
    pub headers: Headers,
    pub flaws: Vec<Flaw>,
}

impl ExternalBody {
    /// Reads a part of that media type. Spans count octets of what the part was taken from.
    pub fn parse(part: &Part) -> ExternalBody {
        let media_type = part.content_type();
        let param = |name: &str| media_type.param(name).map(|v| v.into_owned());
        let mut flaws = Vec::new();
        let (headers, _) = Headers::parse(&part.body, 0..part.body.len(), &mut flaws);
        let mut body = ExternalBody {
            access_type: param("access-type").unwrap_or_default(),
            url: param("URL").map(|url| url.split_ascii_whitespace().collect()),
            expiration: param("expiration"),
            hash: param("hash"),
            headers,
            flaws,
            ..ExternalBody::default()
        };
        body.shift(part.body_span.start);
        let size = param("size");
        body.size = size.as_deref().and_then(|s| s.parse().ok());
        let place = part.headers.find("Content-Type").map_or(part.span, |h| h.span);
        body.judge_params(place, size.is_some());
        body.judge_headers(part.body_span);
        body
    }

    /// The part that says this. An empty access-type is left out, like every absent parameter.
    pub fn write(&self) -> Part {
        let mut value = "message/external-body".to_owned();
        let size = self.size.map(|s| s.to_string());
        let access_type = (!self.access_type.is_empty()).then_some(&self.access_type);
        let params = [
            ("access-type", access_type),
            ("URL", self.url.as_ref()),
            ("expiration", self.expiration.as_ref()),
            ("size", size.as_ref()),
            ("hash", self.hash.as_ref()),
        ];
        for (name, text) in params.into_iter().filter_map(|(n, t)| Some((n, t?))) {
            match name {
                "size" | "hash" => value.push_str(&format!(";{name}={text}")),
                _ => value.push_str(&format!(";{name}=\"{text}\"")),
            }
        }
        let mut body = Vec::new();
        self.headers.write(&mut body);
        body.extend_from_slice(b"\r\n");
        Part::new(&value, Bytes::from(body))
    }

    fn judge_params(&mut self, place: Span, has_size: bool) {
        let url = self.access_type.eq_ignore_ascii_case("URL");
        let expiration = self.expiration.as_deref();
        let found = [
            (self.access_type.is_empty(), "RFC 2046 §5.2.3.1", "no access-type parameter"),
            (url && self.url.as_deref().unwrap_or_default().is_empty(), "RFC 4483 §5.4", "no URL parameter"),
            (url && expiration.is_none(), "RFC 4483 §5.7", "no expiration parameter"),
            (
                expiration.is_some_and(|e| date::rfc1123_seconds(e).is_none()),
                "RFC 4483 §5.7",
                "expiration is not an RFC 1123 date in GMT",
            ),
            (has_size && self.size.is_none(), "RFC 4483 §5.9", "size is not a number of octets"),
            (self.hash.as_deref().is_some_and(|h| !is_sha1(h)), "RFC 4483 §5.12", "hash is not a SHA-1 in hexadecimal"),
        ];
        self.push(place, found);
    }

    fn judge_headers(&mut self, place: Span) {
        let lacks = |name: &str| self.headers.get(name).is_none();
        let found = [
            (lacks("Content-Disposition"), "RFC 4483 §5.10", "indirect content without a Content-Disposition"),
            (lacks("Content-ID"), "RFC 2046 §5.2.3", "indirect content without a Content-ID"),
        ];
        self.push(place, found);
    }

    fn push<const N: usize>(&mut self, place: Span, found: [(bool, &'static str, &'static str); N]) {
        let wrong = found.into_iter().filter(|(wrong, ..)| *wrong);
        self.flaws.extend(wrong.map(|(_, clause, what)| Flaw::new(place, clause, what)));
    }

    fn shift(&mut self, by: u32) {
        let shift = |span: &mut Span| {
            span.start = span.start.saturating_add(by);
            span.end = span.end.saturating_add(by);
        };
        self.headers.0.iter_mut().for_each(|h| shift(&mut h.span));
        self.flaws.iter_mut().for_each(|f| shift(&mut f.span));
    }
}

fn is_sha1(hash: &str) -> bool {
    hash.len() == 40 && hash.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::mime::{bodies, write};

    const FULL: &str = "access-type=\"URL\";URL=\"http://a.example/b\";expiration=\"Sat, 20 Jun 2002 12:00:00 GMT\"";
    const INNER: &str = "Content-Type: image/png\r\nContent-Disposition: render\r\nContent-ID: <1@a>\r\n";

    fn check(params: &str, inner: &str, clauses: &[&str]) -> ExternalBody {
        let part = Part::new(&format!("message/external-body;{params}"), Bytes::copy_from_slice(inner.as_bytes()));
        let body = ExternalBody::parse(&part);
        assert_eq!(body.flaws.iter().map(|f| f.clause).collect::<Vec<_>>(), clauses, "{params}: {:?}", body.flaws);
        body
    }

    #[test]
    fn indirect_content_is_read() {
        let hash = "0123456789abcdefABCD0123456789abcdef0123";
        let body = check(&format!("{FULL};SIZE=231;hash={hash}"), INNER, &[]);
        assert_eq!(body.access_type, "URL");
        assert_eq!(body.url.as_deref(), Some("http://a.example/b"));
        assert_eq!(body.size, Some(231));
        assert_eq!(body.hash.as_deref(), Some(hash));
        assert!(body.headers.content_type().is("image/png"));
        let broken = check(&FULL.replace("a.example", "a.ex ample"), INNER, &[]);
        assert_eq!(broken.url.as_deref(), Some("http://a.example/b"));
    }

    #[test]
    fn what_is_wrong_becomes_a_flaw() {
        check("", INNER, &["RFC 2046 §5.2.3.1"]);
        check("access-type=local-file;name=x", INNER, &[]);
        check("access-type=URL", INNER, &["RFC 4483 §5.4", "RFC 4483 §5.7"]);
        // The example of RFC 4483 §5.7: "June" is no month of RFC 1123.
        check(&FULL.replace("20 Jun", "24 June"), INNER, &["RFC 4483 §5.7"]);
        check(&format!("{FULL};size=big"), INNER, &["RFC 4483 §5.9"]);
        check(&format!("{FULL};hash=10AB568E91245681AC1B"), INNER, &["RFC 4483 §5.12"]);
        check(FULL, "Content-Type: image/png\r\n", &["RFC 4483 §5.10", "RFC 2046 §5.2.3"]);
    }

    #[test]
    fn spans_lie_in_the_message_the_part_came_from() {
        let part = Part::new("message/external-body;access-type=URL", INNER.as_bytes());
        let message = write("b", &[Part::new("text/plain", "before"), part]);
        let parts = bodies("multipart/mixed;boundary=b", &message);
        let body = ExternalBody::parse(&parts[1]);
        assert_eq!(body.headers.find("content-id").map(|h| h.span.of(&message)), Some(&b"<1@a>"[..]));
        assert!(body.flaws[0].span.of(&message).starts_with(b"message/external-body"));
    }

    proptest! {
        #[test]
        fn any_part_can_be_parsed(value in ".*", octets in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = ExternalBody::parse(&Part::new(&value, octets));
        }

        #[test]
        fn what_is_written_comes_back(path in "[a-z/]{1,20}", size in prop::option::of(any::<u64>())) {
            let mut body = ExternalBody {
                access_type: "URL".to_owned(),
                url: Some(format!("https://a.example/{path}")),
                expiration: Some(date::to_rfc1123(1_800_000_000)),
                size,
                ..ExternalBody::default()
            };
            body.headers.push("Content-Disposition", "render");
            body.headers.push("Content-ID", "<1@a>");
            let mut read = ExternalBody::parse(&body.write());
            read.headers.0.iter_mut().for_each(|h| h.span = Span::default());
            prop_assert_eq!(read, body);
        }
    }
}
