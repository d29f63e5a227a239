//! The values of Content-Type and Content-Disposition. Lenient to read, strict to judge; must not know any body.

use std::borrow::Cow;

use crate::wire::sip::Params;

/// A media type with its parameters (RFC 2045 §5.1), as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MediaType<'a> {
    essence: &'a str,
    params: Params<'a>,
}

/// A Content-Disposition (RFC 2183 §2, RFC 3261 §20.11), as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Disposition<'a> {
    kind: &'a str,
    params: Params<'a>,
}

impl<'a> MediaType<'a> {
    /// Reads the value of a Content-Type, or one range of an Accept. Folds must have been joined.
    pub fn parse(value: &'a str) -> MediaType<'a> {
        let (essence, params) = split(value);
        MediaType { essence, params }
    }

    /// Type and subtype without parameters, as written.
    pub fn essence(self) -> &'a str {
        self.essence
    }

    /// The part before the slash; all of it where there is no slash.
    pub fn main(self) -> &'a str {
        self.essence.split('/').next().unwrap_or_default().trim()
    }

    /// The part behind the slash; empty where there is no slash.
    pub fn subtype(self) -> &'a str {
        self.essence.split_once('/').map_or("", |(_, sub)| sub.trim())
    }

    /// Whether this is `essence` (`type/subtype`), letters in any case, parameters left aside (RFC 2045 §5.1).
    pub fn is(self, essence: &str) -> bool {
        let other = MediaType::parse(essence);
        self.main().eq_ignore_ascii_case(other.main()) && self.subtype().eq_ignore_ascii_case(other.subtype())
    }

    /// Whether `range`, for example `*/*` or `image/*`, covers this type (RFC 3261 §20.1).
    pub fn in_range(self, range: &str) -> bool {
        let range = MediaType::parse(range);
        let star = |part: &str, own: &str| part == "*" || part.eq_ignore_ascii_case(own);
        star(range.main(), self.main()) && star(range.subtype(), self.subtype())
    }

    /// The value of a parameter, without quotes and escapes; its name in any case.
    pub fn param(self, name: &str) -> Option<Cow<'a, str>> {
        param(self.params, name)
    }

    /// Name and value of each parameter, values without quotes and escapes.
    pub fn params(self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        self.params.iter().map(|(name, value)| (name, plain(value)))
    }

    /// What is wrong with the value by the grammar of RFC 2045 §5.1, where anything is.
    pub fn fault(self) -> Option<&'static str> {
        if mediatype::MediaType::parse(self.essence).is_err() {
            return Some("media type is not type/subtype");
        }
        params_fault(self.params)
    }
}

impl<'a> Disposition<'a> {
    /// Reads the value of a Content-Disposition. Folds must have been joined.
    pub fn parse(value: &'a str) -> Disposition<'a> {
        let (kind, params) = split(value);
        Disposition { kind, params }
    }

    /// The disposition type, as written.
    pub fn kind(self) -> &'a str {
        self.kind
    }

    /// Whether the disposition type is `kind`, letters in any case.
    pub fn is(self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }

    /// The value of a parameter (`handling`, `filename`, `size`, …), without quotes and escapes.
    pub fn param(self, name: &str) -> Option<Cow<'a, str>> {
        param(self.params, name)
    }

    /// What is wrong with the value by the grammar of RFC 2183 §2, where anything is.
    pub fn fault(self) -> Option<&'static str> {
        if !is_token(self.kind) {
            return Some("disposition type is not a token");
        }
        params_fault(self.params)
    }
}

fn split(value: &str) -> (&str, Params<'_>) {
    let (head, params) = value.split_at(value.find(';').unwrap_or(value.len()));
    (head.trim(), Params(params.trim()))
}

fn param<'a>(params: Params<'a>, name: &str) -> Option<Cow<'a, str>> {
    params.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| plain(value))
}

fn plain(value: &str) -> Cow<'_, str> {
    let Some(inner) = value.strip_prefix('"') else { return Cow::Borrowed(value) };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        text.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    Cow::Owned(text)
}

/// The `mediatype` crate judges parameters by RFC 6838 names, which lack characters that RFC 2045 tokens have.
fn params_fault(params: Params<'_>) -> Option<&'static str> {
    params.iter().find_map(|(name, value)| {
        if !is_token(name) {
            return Some("parameter name is not a token");
        }
        if value.is_empty() {
            return Some("parameter without a value");
        }
        (!is_token(value) && !is_quoted(value)).then_some("parameter value is neither a token nor a quoted string")
    })
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&b))
}

fn is_quoted(value: &str) -> bool {
    let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) else { return false };
    let mut escaped = false;
    for c in inner.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return false,
            _ => {}
        }
    }
    !escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_media_type_is_read_as_written_and_compared_without_case() {
        let check = |value: &str, is: &str, name: &str, param: Option<&str>, fault: bool| {
            let media_type = MediaType::parse(value);
            assert!(media_type.is(is), "{value} is {is}");
            assert_eq!(media_type.param(name).as_deref(), param, "{value} ; {name}");
            assert_eq!(media_type.fault().is_some(), fault, "{value}: {:?}", media_type.fault());
        };
        check("text/plain", "TEXT/Plain", "charset", None, false);
        check("multipart/mixed ; Boundary=x", "multipart/mixed", "boundary", Some("x"), false);
        check(r#"multipart/mixed;boundary="a;\"b\\""#, "multipart/mixed", "boundary", Some(r#"a;"b\"#), false);
        check("multipart/mixed;boundary=a~b|c", "multipart/mixed", "boundary", Some("a~b|c"), false);
        check("message/external-body; ACCESS-TYPE=URL", "message/external-body", "access-type", Some("URL"), false);
        check("multipart/mixed;boundary=a:b", "multipart/mixed", "boundary", Some("a:b"), true);
        check("multipart/mixed;boundary=\"a", "multipart/mixed", "boundary", Some("a"), true);
        check("text/", "text/", "a", None, true);
        check("text", "text", "a", None, true);
        check("", "", "a", None, true);
    }

    #[test]
    fn a_range_covers_types() {
        let check = |range: &str, value: &str, covered: bool| {
            assert_eq!(MediaType::parse(value).in_range(range), covered, "{range} over {value}");
        };
        check("*/*", "text/plain", true);
        check("IMAGE/*", "image/png", true);
        check("image/*;q=0.5", "image/png;a=b", true);
        check("image/*", "text/plain", false);
        check("text/html", "text/plain", false);
    }

    #[test]
    fn a_disposition_has_kind_and_parameters() {
        let disposition = Disposition::parse("Recipient-List-History; handling=optional");
        assert!(disposition.is("recipient-list-history"));
        assert_eq!(disposition.param("Handling").as_deref(), Some("optional"));
        assert_eq!(disposition.fault(), None);
        assert!(Disposition::parse("a b; x").fault().is_some());
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(value in ".*") {
            let media_type = MediaType::parse(&value);
            let _ = (media_type.fault(), media_type.params().count(), Disposition::parse(&value).fault());
            prop_assert!(media_type.is(media_type.essence()));
        }

        #[test]
        fn a_quoted_value_comes_back(value in "[ -~]{1,20}") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let text = format!("multipart/mixed;boundary=\"{quoted}\";x=y");
            let media_type = MediaType::parse(&text);
            prop_assert_eq!(media_type.param("boundary"), Some(Cow::Borrowed(value.as_str())));
            prop_assert_eq!(media_type.param("x"), Some(Cow::Borrowed("y")));
            prop_assert_eq!(media_type.fault(), None);
        }
    }
}
