//! User-Agent and Server (RFC 3261 §20.35, §20.41).

use crate::wire::sip::{Message, Name};

/// One product token, for example `IM-client/OMA1.0`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Product<'m> {
    pub name: &'m str,
    /// Empty where there is none.
    pub version: &'m str,
}

impl Message {
    /// The products of User-Agent or Server in their order; comments are passed over.
    pub fn products(&self, name: Name) -> impl Iterator<Item = Product<'_>> {
        let value = self.span_of(name).map_or("", |span| self.str(span));
        let mut rest = value;
        std::iter::from_fn(move || {
            loop {
                rest = rest.trim_start();
                if rest.starts_with('(') {
                    rest = behind_comment(rest);
                    continue;
                }
                if rest.is_empty() {
                    return None;
                }
                let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '(').unwrap_or(rest.len());
                let (word, tail) = rest.split_at(end);
                rest = tail;
                let (name, version) = word.split_once('/').unwrap_or((word, ""));
                return Some(Product { name, version });
            }
        })
    }
}

fn behind_comment(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return &text[at + 1..],
            b')' => depth -= 1,
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::super::message_with;
    use super::*;

    #[test]
    fn products_are_read() {
        for (value, expected) in [
            ("IM-client/OMA1.0 doubango/v0.0.0", vec![("IM-client", "OMA1.0"), ("doubango", "v0.0.0")]),
            ("Softphone Beta1.5", vec![("Softphone", ""), ("Beta1.5", "")]),
            ("x/1 (a (b) \\) c) y(z)", vec![("x", "1"), ("y", "")]),
            ("(x", vec![]),
            ("", vec![]),
        ] {
            let message = message_with(&format!("User-Agent: {value}"));
            let found: Vec<_> = message.products(Name::UserAgent).map(|p| (p.name, p.version)).collect();
            assert_eq!(found, expected, "{value}");
        }
        assert_eq!(message_with("User-Agent: x").products(Name::Server).count(), 0);
    }
}
