//! Did you mean: the nearest word of a closed list. Knows none of the lists.

/// Words longer than this are not compared.
const LONGEST: usize = 200;
/// The most choices that a hint lists.
const LISTED: usize = 24;

/// The choice nearest to `word`, if it is near enough to be what was meant.
pub fn nearest<'a>(word: &str, choices: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    let edits = |choice: &str| strsim::damerau_levenshtein(&word, &choice.to_lowercase());
    let allowed = (word.chars().count() / 3).max(1);
    choices
        .into_iter()
        .filter(|choice| choice.len() <= LONGEST)
        .map(|choice| (edits(choice), choice))
        .filter(|(edits, choice)| *edits <= allowed && *edits < choice.chars().count())
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, choice)| choice)
}

/// The choice that `word` is but for its case, or for one letter that is missing, too much, another or in the wrong place.
pub fn slip<'a>(word: &str, choices: &'a [String]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let near = |choice: &&String| {
        choice.len().abs_diff(word.len()) <= 4 && strsim::damerau_levenshtein(&word, &choice.to_lowercase()) <= 1
    };
    choices.iter().find(near).map(String::as_str)
}

/// A hint for an unknown `word`: the nearest choice, or all of them where none is near and the list is short.
pub fn hint<'a>(word: &str, choices: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let choices: Vec<&str> = choices.into_iter().collect();
    match nearest(word, choices.iter().copied()) {
        Some(choice) => Some(format!("did you mean `{choice}`?")),
        None if choices.is_empty() || choices.len() > LISTED => None,
        None => Some(format!("one of {}", list(&choices))),
    }
}

/// The choices in backticks, with commas between.
fn list(choices: &[&str]) -> String {
    choices.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [&str; 4] = ["Request-URI", "Accept-Contact", "Supported", "To"];

    #[test]
    fn a_slip_is_one_letter() {
        let choices = ["is absent".to_owned(), "is well-formed".to_owned()];
        for (word, expected) in [
            ("is abset", Some("is absent")),
            ("is absnet", Some("is absent")),
            ("is Absent", Some("is absent")),
            ("is wellformed", Some("is well-formed")),
            ("is presence", None),
            ("", None),
        ] {
            assert_eq!(slip(word, &choices), expected, "{word}");
        }
    }

    #[test]
    fn nearest_finds_slips_and_refuses_strangers() {
        for (word, expected) in [
            ("Requst-URI", Some("Request-URI")),
            ("request uri", Some("Request-URI")),
            ("accept-contcat", Some("Accept-Contact")),
            ("Suported", Some("Supported")),
            ("Tp", Some("To")),
            ("xy", None),
            ("", None),
            ("Session-Expires", None),
        ] {
            assert_eq!(nearest(word, FIELDS), expected, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), FIELDS), None);
    }

    #[test]
    fn hint_names_the_nearest_or_lists_a_short_list() {
        assert_eq!(hint("suported", FIELDS).as_deref(), Some("did you mean `Supported`?"));
        assert_eq!(hint("zzz", ["a1", "b2"]).as_deref(), Some("one of `a1`, `b2`"));
        assert_eq!(hint("zzz", []), None);
        assert_eq!(hint("zzz", std::iter::repeat_n("a long word", 99)), None);
    }
}
