//! Small grammars of RFC 4975 §9: predicates over texts. Knows no messages.

/// `ident`: 4 to 32 characters, the first a letter or digit.
pub fn is_ident(text: &[u8]) -> bool {
    matches!(text.len(), 4..=32)
        && text[0].is_ascii_alphanumeric()
        && text.iter().all(|b| b.is_ascii_alphanumeric() || b".-+%=".contains(b))
}

/// `token`: one character or more.
pub fn is_token(text: &[u8]) -> bool {
    !text.is_empty()
        && text.iter().all(
            |b| matches!(b, 0x21 | 0x23..=0x27 | 0x2a | 0x2b | 0x2d | 0x2e | 0x30..=0x39 | 0x41..=0x5a | 0x5e..=0x7e),
        )
}

/// `hname`: a letter, then token characters.
pub fn is_header_name(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic) && is_token(text)
}

/// `utf8text`: UTF-8 without control characters other than HTAB.
pub fn is_utf8text(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok() && text.iter().all(|b| matches!(b, b'\t' | 0x20..=0x7e | 0x80..))
}

/// `other-method`: capital letters.
pub fn is_method(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_uppercase)
}

/// Digits only, as a number; `None` where it does not fit 64 bits.
pub fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// `3DIGIT`.
pub fn three_digits(text: &str) -> Option<u16> {
    if text.len() != 3 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// `media-type`: type, subtype and parameters.
pub fn is_media_type(value: &str) -> bool {
    let (media, params) = value.split_at(value.find(';').unwrap_or(value.len()));
    let Some((kind, subtype)) = media.trim_end().split_once('/') else { return false };
    is_token(kind.as_bytes()) && is_token(subtype.as_bytes()) && are_params(params)
}

/// `*( ";" gen-param )`, blanks around the semicolons let pass as MIME does.
fn are_params(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some(param) = rest.strip_prefix(';') {
        let param = param.trim_start();
        let name = param.find([';', '=', ' ']).unwrap_or(param.len());
        if !is_token(&param.as_bytes()[..name]) {
            return false;
        }
        rest = param[name..].trim_start();
        if let Some(value) = rest.strip_prefix('=') {
            let Some(end) = value_end(value) else { return false };
            rest = value[end..].trim_start();
        }
    }
    rest.is_empty()
}

/// Where a `pval` ends; `None` where it is neither a token nor a closed quoted-string.
fn value_end(value: &str) -> Option<usize> {
    let bytes = value.as_bytes();
    if bytes.first() != Some(&b'"') {
        let end = value.find([';', ' ']).unwrap_or(value.len());
        return is_token(&bytes[..end]).then_some(end);
    }
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'"' => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, holds: impl Fn(&str) -> bool, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(holds(text), "{name} should take {text:?}");
        }
        for text in bad {
            assert!(!holds(text), "{name} should refuse {text:?}");
        }
    }

    #[test]
    fn grammar() {
        let long = "a".repeat(32);
        let longer = "a".repeat(33);
        check(
            "ident",
            |t| is_ident(t.as_bytes()),
            &["a786", "0.-+%=", &long],
            &["", "abc", "-abc", "ab c", "ab_cd", &longer],
        );
        check(
            "media-type",
            is_media_type,
            &["text/plain", "message/cpim; charset=utf-8", "multipart/mixed;boundary=\"a;\\\" b\"", "text/plain ; a"],
            &[
                "",
                "text",
                "text/",
                "/plain",
                "text/plain;",
                "text/plain;=x",
                "text/plain;a=\"b",
                "te xt/plain",
                "text/plain;a=\"b\"c",
            ],
        );
        check(
            "number",
            |t| number(t).is_some(),
            &["0", "18446744073709551615"],
            &["", "+1", "-1", "1 ", "18446744073709551616"],
        );
        check("3DIGIT", |t| three_digits(t).is_some(), &["000", "200"], &["20", "2000", "+20", ""]);
        check("utf8text", |t| is_utf8text(t.as_bytes()), &["", "a\té"], &["a\u{7f}", "a\rb"]);
    }
}
