//! Parameters behind a header value, and what all views share about quotes.

/// The `;name=value` parameters behind a header value, as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Params<'m>(pub &'m str);

impl<'m> Params<'m> {
    /// Name and value of each parameter; the value is `""` for a flag, quotes are kept.
    pub fn iter(self) -> impl Iterator<Item = (&'m str, &'m str)> {
        pairs(self.0, b';')
    }

    /// The value of a parameter, without quotes; `Some("")` for a flag.
    pub fn get(self, name: &str) -> Option<&'m str> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| unquote(v))
    }

    pub fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// The `name=value` pairs between separators; the value is `""` where there is none.
pub(super) fn pairs(text: &str, separator: u8) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches(|c: char| c == char::from(separator) || c.is_ascii_whitespace());
            if rest.is_empty() {
                return None;
            }
            let (one, tail) = rest.split_at(find_unquoted(rest, separator));
            rest = tail;
            let (name, value) = one.split_once('=').unwrap_or((one, ""));
            if !name.trim().is_empty() {
                return Some((name.trim(), value.trim()));
            }
        }
    })
}

/// Where the separator stands outside quotes; the end where it does not.
pub(super) fn find_unquoted(text: &str, separator: u8) -> usize {
    let bytes = text.as_bytes();
    let mut quoted = false;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b if b == separator && !quoted => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// The value in front of the first parameter, and the parameters.
pub(super) fn split_params(text: &str) -> (&str, Params<'_>) {
    let (value, params) = text.split_at(find_unquoted(text, b';'));
    (value.trim(), Params(params.trim()))
}

/// What stands between the quotes, escapes kept; the text itself where there are none.
pub(super) fn unquote(value: &str) -> &str {
    value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_taken_apart() {
        for (text, expected) in [
            ("", vec![]),
            (";;; ;", vec![]),
            (";a", vec![("a", "")]),
            ("a;b=c", vec![("a", ""), ("b", "c")]),
            (" ; a = b ;\r\n c", vec![("a", "b"), ("c", "")]),
            (";a=\"x;y\";b", vec![("a", "\"x;y\""), ("b", "")]),
            (";a=\"x\\\";y\";b=\"", vec![("a", "\"x\\\";y\""), ("b", "\"")]),
            (";=x;a==", vec![("a", "=")]),
        ] {
            assert_eq!(Params(text).iter().collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_parameter_is_found_in_any_case() {
        let params = Params(";Tag=x;lr;q=\"0.5\"");
        assert_eq!(params.get("tag"), Some("x"));
        assert_eq!(params.get("LR"), Some(""));
        assert_eq!(params.get("q"), Some("0.5"));
        assert_eq!(params.get("ta"), None);
        assert!(!params.has("x"));
    }
}
