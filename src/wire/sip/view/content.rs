//! What a body is: Content-Type, Accept and Content-Disposition (RFC 3261 §20.1, §20.11, §20.15).

use super::params::{Params, split_params};
use crate::wire::sip::{Message, Name};

/// A media type or range with its parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MediaType<'m> {
    pub kind: &'m str,
    pub subtype: &'m str,
    pub params: Params<'m>,
}

/// A Content-Disposition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Disposition<'m> {
    pub kind: &'m str,
    pub params: Params<'m>,
}

impl<'m> MediaType<'m> {
    /// Takes `type/subtype;parameters` apart.
    pub fn parse(value: &'m str) -> Option<MediaType<'m>> {
        let (range, params) = split_params(value);
        let (kind, subtype) = range.split_once('/')?;
        Some(MediaType { kind: kind.trim(), subtype: subtype.trim(), params })
    }

    /// Whether this is `kind/subtype`, letters in any case.
    pub fn is(&self, media_type: &str) -> bool {
        media_type
            .split_once('/')
            .is_some_and(|(k, s)| k.eq_ignore_ascii_case(self.kind) && s.eq_ignore_ascii_case(self.subtype))
    }

    /// Whether this range covers `media_type`, as `*/*`, `text/*` and `text/plain` cover `text/plain`.
    pub fn covers(&self, media_type: &str) -> bool {
        let Some((kind, subtype)) = media_type.split_once('/') else { return false };
        (self.kind == "*" || kind.eq_ignore_ascii_case(self.kind))
            && (self.subtype == "*" || subtype.eq_ignore_ascii_case(self.subtype))
    }
}

impl<'m> Disposition<'m> {
    pub fn parse(value: &'m str) -> Disposition<'m> {
        let (kind, params) = split_params(value);
        Disposition { kind, params }
    }

    /// Whether a receiver that does not understand the body may ignore it.
    pub fn handling_optional(&self) -> bool {
        self.params.get("handling").is_some_and(|handling| handling.eq_ignore_ascii_case("optional"))
    }
}

impl Message {
    /// The media type of the body without parameters, as written.
    pub fn content_type(&self) -> Option<&str> {
        Some(split_params(self.str(self.span_of(Name::ContentType)?)).0)
    }

    /// The media type of the body with its parameters.
    pub fn media_type(&self) -> Option<MediaType<'_>> {
        MediaType::parse(self.str(self.span_of(Name::ContentType)?))
    }

    pub fn disposition(&self) -> Option<Disposition<'_>> {
        self.span_of(Name::ContentDisposition).map(|span| Disposition::parse(self.str(span)))
    }

    /// Every media range of Accept.
    pub fn accepts(&self) -> impl Iterator<Item = MediaType<'_>> {
        self.values(Name::Accept).filter_map(|(_, value)| MediaType::parse(value))
    }
}

#[cfg(test)]
mod tests {
    use super::super::message_with;
    use super::*;

    #[test]
    fn a_content_type_is_read() {
        for (value, expected) in [
            ("application/sdp", Some(("application", "sdp", None))),
            ("multipart/mixed;boundary=\"a;b\"", Some(("multipart", "mixed", Some("a;b")))),
            ("Text / Plain ; Boundary = x", Some(("Text", "Plain", Some("x")))),
            ("text", None),
            ("", None),
        ] {
            let message = message_with(&format!("c: {value}"));
            let found = message.media_type().map(|m| (m.kind, m.subtype, m.params.get("boundary")));
            assert_eq!(found, expected, "{value}");
        }
        assert_eq!(message_with("c: text/plain ;charset=utf-8").content_type(), Some("text/plain"));
    }

    #[test]
    fn ranges_cover_types() {
        let message = message_with("Accept: application/SDP;q=0.5, text/*, x\r\nAccept: ");
        let covered = |media_type: &str| message.accepts().any(|range| range.covers(media_type));
        assert!(covered("application/sdp") && covered("text/plain"));
        assert!(!covered("application/cpim") && !covered("text"));
        assert!(MediaType::parse("*/*").is_some_and(|range| range.covers("a/b") && !range.is("a/b")));
        assert!(MediaType::parse("message/CPIM").is_some_and(|range| range.is("Message/cpim")));
    }

    #[test]
    fn a_disposition_is_read() {
        let message = message_with("Content-Disposition: recipient-list;handling=Optional");
        let found = message.disposition().map(|d| (d.kind, d.handling_optional()));
        assert_eq!(found, Some(("recipient-list", true)));
        assert_eq!(Disposition::parse("render"), Disposition { kind: "render", params: Params("") });
    }
}
