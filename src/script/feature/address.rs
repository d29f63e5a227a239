//! Addresses of cases: `<spec>/<subclause>/<scenario>`, made from names only, so that they never renumber.

/// The most characters of a slug.
pub const MAX_SLUG: usize = 80;

/// Where a feature file stands: its specification and subclause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stand {
    pub spec: String,
    pub subclause: String,
}

impl Stand {
    /// Reads `features/<spec>/…/<subclause>-<title>.feature`. Errors: what is wrong with the path.
    pub fn of_path(path: &str) -> Result<Stand, String> {
        let shape = || format!("`{path}` is not of the form features/<spec>/<chapter>/<subclause>-<title>.feature");
        let (spec, rest) = path.strip_prefix("features/").and_then(|p| p.split_once('/')).ok_or_else(shape)?;
        let name = rest.rsplit_once('/').map_or(rest, |(_, name)| name);
        let (subclause, _) = name.split_once('-').ok_or_else(shape)?;
        if !is_subclause(subclause) || slug(spec) != spec {
            return Err(shape());
        }
        Ok(Stand { spec: spec.to_owned(), subclause: subclause.to_owned() })
    }

    /// The address of a scenario; `example` is the first cell of its row of examples.
    pub fn address(&self, scenario: &str, example: Option<&str>) -> Result<String, String> {
        let mut address = format!("{}/{}", self.spec, self.subclause);
        for name in std::iter::once(scenario).chain(example) {
            let slug = slug(name);
            if slug.is_empty() {
                return Err(format!("`{name}` has no letter or digit to make an address of"));
            }
            if slug.len() > MAX_SLUG {
                return Err(format!("the name is too long for an address, more than {MAX_SLUG} letters"));
            }
            address.push('/');
            address.push_str(&slug);
        }
        Ok(address)
    }
}

/// The name in lower-case ASCII letters and digits, with single hyphens for all between them.
pub fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// Digits and letters between single dots: `9.1.1.2`, `E.6`.
fn is_subclause(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<(&str, &str)>) {
        let stand = Stand::of_path(path).ok();
        assert_eq!(stand.as_ref().map(|s| (s.spec.as_str(), s.subclause.as_str())), expected, "{path}");
    }

    #[test]
    fn a_path_says_specification_and_subclause() {
        check("features/im/09-large-message/9.1.1.2-establishment-of-a.feature", Some(("im", "9.1.1.2")));
        check("features/cpm/E.6-x.feature", Some(("cpm", "E.6")));
        check("features/im/a/b/7-x.feature", Some(("im", "7")));
        for path in [
            "features/9.1-x.feature",
            "features/im/x.feature",
            "features/im/9..1-x.feature",
            "features/IM/9-x.feature",
            "x",
        ] {
            check(path, None);
        }
    }

    #[test]
    fn names_become_slugs() {
        let stand = Stand { spec: "im".into(), subclause: "9.1".into() };
        for (name, example, expected) in [
            ("One recipient", None, Some("im/9.1/one-recipient")),
            ("  A  <size>-octet message, (late)! ", Some("1 300"), Some("im/9.1/a-size-octet-message-late/1-300")),
            ("¿?", None, None),
            ("x", Some("--"), None),
        ] {
            assert_eq!(stand.address(name, example).ok().as_deref(), expected, "{name}");
        }
        assert!(stand.address(&"x".repeat(MAX_SLUG), None).is_ok());
        assert!(stand.address(&"x".repeat(MAX_SLUG + 1), None).is_err());
    }
}
