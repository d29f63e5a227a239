//! The lexical rules of CPIM headers: names, addresses, escapes (RFC 3862 §2.3, §3.6). Must not know single headers.

use std::fmt::Write;

/// `Formal-name <URI>` (RFC 3862 §4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address<'a> {
    /// As written, without quotes; escapes are still there. Empty where there is none.
    pub display: &'a str,
    pub uri: &'a str,
    /// Whether the URI stood in angle brackets, as it must.
    pub bracketed: bool,
}

impl<'a> Address<'a> {
    pub fn parse(value: &'a str) -> Address<'a> {
        let value = value.trim();
        // A URI holds no `<`; a quoted name may.
        match value.strip_suffix('>').and_then(|v| v.rsplit_once('<')) {
            Some((display, uri)) => {
                let display = display.trim();
                let display = display.strip_prefix('"').and_then(|d| d.strip_suffix('"')).unwrap_or(display);
                Address { display, uri: uri.trim(), bracketed: true }
            }
            None => Address { display: "", uri: value.trim_matches(['<', '>']), bracketed: false },
        }
    }
}

/// Whether every character may stand in a header name or a prefix (RFC 3862 §3.6 NAMECHAR).
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_name_char)
}

/// Whether this is a Token (RFC 3862 §3.6), as a Message-ID has to be.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| is_name_char(b) || b == b'.' || b >= 0x80)
}

/// `text` as a header value (RFC 3862 §2.3.1): backslashes and control characters become escapes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c.is_ascii_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// `value` with its escapes resolved (RFC 3862 §2.3). An unknown escape stands for its character; a last lone backslash
/// is dropped; a `\u` that is no character becomes U+FFFD.
pub fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        let Some(c) = chars.next() else { return out };
        rest = chars.as_str();
        match c {
            'b' => out.push('\u{8}'),
            't' => out.push('\t'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            'u' => match rest.get(..4).filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit())) {
                Some(hex) => {
                    out.push(u32::from_str_radix(hex, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'));
                    rest = &rest[4..];
                }
                None => out.push('u'),
            },
            c => out.push(c),
        }
    }
    out.push_str(rest);
    out
}

fn is_name_char(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-^_`|~".contains(&b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses() {
        let check = |value: &str, display: &str, uri: &str, bracketed: bool| {
            assert_eq!(Address::parse(value), Address { display, uri, bracketed }, "{value}");
        };
        check("<im:tigger@100akerwood.com>", "", "im:tigger@100akerwood.com", true);
        check("Winnie the Pooh <im:pooh@100akerwood.com>", "Winnie the Pooh", "im:pooh@100akerwood.com", true);
        check("\"a <b> c\" <sip:x>", "a <b> c", "sip:x", true);
        check("sip:a@b", "", "sip:a@b", false);
        check("<sip:a@b", "", "sip:a@b", false);
        check("", "", "", false);
    }

    #[test]
    fn escapes_are_resolved() {
        let check = |value: &str, text: &str| assert_eq!(unescape(value), text, "{value}");
        check(r#"\\\"\'\b\t\n\r"#, "\\\"'\u{8}\t\n\r");
        check(r"\u00e9\u00E9x", "ééx");
        check(r"\ud800 \u12 \q \", "\u{fffd} u12 q ");
    }

    proptest! {
        #[test]
        fn any_value_can_be_read(value in ".*") {
            let _ = (unescape(&value), Address::parse(&value), is_token(&value));
        }

        #[test]
        fn escaped_text_comes_back(text in "[\\x00-\\x7f\u{e9}]*") {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains(|c: char| c.is_ascii_control()));
            prop_assert_eq!(unescape(&escaped), text);
        }
    }
}
