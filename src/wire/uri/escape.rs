//! Percent encoding (RFC 3986 §2.1). Knows no component and no scheme.

use std::borrow::Cow;

/// The text with every `%HH` decoded; what is not UTF-8 afterwards becomes a replacement character, and a `%`
/// without two hexadecimal digits stays.
pub fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let octets: Vec<u8> = octets(text.as_bytes()).map(|(octet, _)| octet).collect();
    Cow::Owned(String::from_utf8(octets).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
}

/// A header value as it may stand behind `?` of a SIP URI (RFC 3261 §25.1 `hvalue`): all but unreserved characters
/// become escapes.
pub fn escape_header(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-_.!~*()".contains(&octet) {
            out.push(octet as char);
        } else {
            out.extend(['%', hex(octet >> 4) as char, hex(octet & 15) as char]);
        }
    }
    out
}

/// A form in which two components are equal octet by octet when RFC 3261 §19.1.4 calls them equivalent: escapes
/// are decoded except those of reserved characters, and letters are lower case where `fold` says so.
pub(super) fn normal(text: &str, fold: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (octet, escaped) in octets(text.as_bytes()) {
        match octet {
            // `%` is kept escaped as well, or `%2541` would turn into `%41`.
            b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',' | b'%' if escaped => {
                out.extend_from_slice(&[b'%', hex(octet >> 4), hex(octet & 15)]);
            }
            octet if fold => out.push(octet.to_ascii_lowercase()),
            octet => out.push(octet),
        }
    }
    out
}

/// Where the first `%` without two hexadecimal digits behind it is.
pub(super) fn bad_escape(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let good =
        |i: usize| matches!(bytes.get(i + 1..i + 3), Some([a, b]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    memchr::memchr_iter(b'%', bytes).find(|&i| !good(i))
}

/// Each octet, with whether it was written as an escape.
fn octets(bytes: &[u8]) -> impl Iterator<Item = (u8, bool)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let first = *bytes.get(at)?;
        if let (b'%', Some([a, b])) = (first, bytes.get(at + 1..at + 3))
            && let (Some(high), Some(low)) = (digit(*a), digit(*b))
        {
            at += 3;
            return Some((high << 4 | low, true));
        }
        at += 1;
        Some((first, false))
    })
}

fn digit(c: u8) -> Option<u8> {
    (c as char).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

fn hex(nibble: u8) -> u8 {
    b"0123456789ABCDEF"[usize::from(nibble & 15)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_broken_ones_stay() {
        for (text, want) in [
            ("alice", "alice"),
            ("j%40s0n", "j@s0n"),
            ("%61lice%2f", "alice/"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%C3%A9", "é"),
            ("%ff", "\u{fffd}"),
        ] {
            assert_eq!(unescape(text), want, "{text}");
        }
    }

    #[test]
    fn broken_escapes_are_found() {
        for (text, want) in [("%41", None), ("a%4", Some(1)), ("%41%", Some(3)), ("%g0", Some(0)), ("", None)] {
            assert_eq!(bad_escape(text), want, "{text}");
        }
    }
}
