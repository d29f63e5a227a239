//! Octets in JSON: as text where they are readable text, else in hexadecimal.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::report::text::acts;

/// How the octets of a message are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8 without control characters but CR, LF and TAB.
    Text,
    /// Two lower-case digits an octet.
    Hex,
}

pub fn encode(octets: &[u8]) -> (Encoding, Cow<'_, str>) {
    let readable = |c: char| matches!(c, '\r' | '\n' | '\t') || !acts(c);
    match std::str::from_utf8(octets) {
        Ok(text) if text.chars().all(readable) => (Encoding::Text, Cow::Borrowed(text)),
        _ => (Encoding::Hex, Cow::Owned(hex(octets))),
    }
}

/// Nothing where the text is not in that encoding.
pub fn decode(encoding: Encoding, text: &str) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Text => Some(text.as_bytes().to_vec()),
        Encoding::Hex => {
            let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
            let pairs = text.as_bytes().chunks(2);
            pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
        }
    }
}

fn hex(octets: &[u8]) -> String {
    let digit = |n: u8| char::from(b"0123456789abcdef"[usize::from(n & 15)]);
    octets.iter().flat_map(|octet| [digit(octet >> 4), digit(*octet)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_text_where_people_can_read_them() {
        for (octets, encoding, text) in [
            (&b"OPTIONS sip:a SIP/2.0\r\n\r\n"[..], Encoding::Text, "OPTIONS sip:a SIP/2.0\r\n\r\n"),
            ("\u{e9}\t".as_bytes(), Encoding::Text, "\u{e9}\t"),
            (b"\xff\x00", Encoding::Hex, "ff00"),
            (b"\x1b[1m", Encoding::Hex, "1b5b316d"),
            (b"", Encoding::Text, ""),
        ] {
            assert_eq!(encode(octets), (encoding, text.into()));
            assert_eq!(decode(encoding, text).as_deref(), Some(octets));
        }
        for broken in ["f", "0g", "\u{e9}"] {
            assert_eq!(decode(Encoding::Hex, broken), None, "{broken}");
        }
    }

    proptest::proptest! {
        #[test]
        fn decoding_gives_the_octets_back(octets: Vec<u8>) {
            let (encoding, text) = encode(&octets);
            proptest::prop_assert_eq!(decode(encoding, &text), Some(octets));
        }
    }
}
