//! Exceptions: requirements that no defect can prove, each with the reason. A reason is data, not a comment.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::judge::finding::Place;
use crate::script::catalogue::{Catalogue, EXCEPTIONS, requirement_file};
use crate::script::diagnostic::Diagnostic;
use crate::script::files::Files;
use crate::script::yaml;

/// Every exception, by requirement.
#[derive(Clone, Debug, Default)]
pub struct Exceptions(BTreeMap<String, Exception>);

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exception {
    pub reason: String,
    pub place: Place,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Reasons {
    #[serde(deserialize_with = "yaml::unique_keys")]
    by_id: IndexMap<String, String>,
}

impl Exceptions {
    /// Reads `features/<spec>/requirements/exceptions.yaml`, a mapping of requirement to reason.
    pub fn load(files: &Files, catalogue: &Catalogue) -> Result<Exceptions, Vec<Diagnostic>> {
        let mut exceptions = BTreeMap::new();
        let mut wrong = Vec::new();
        for (path, text) in files.iter() {
            let Some((spec, EXCEPTIONS)) = requirement_file(path) else { continue };
            match yaml::from_str::<Reasons>(path, text) {
                Ok(reasons) => {
                    for (id, reason) in reasons.by_id {
                        let line = line_of(text, &id);
                        if let Err((message, hint)) = accept(spec, &id, &reason, catalogue) {
                            wrong.push(Diagnostic::new(path, message).at_part(text, line, &id).maybe_hint(hint));
                        }
                        let place = Place { file: path.to_owned(), line: u32::try_from(line).unwrap_or(u32::MAX) };
                        exceptions.insert(id, Exception { reason: reason.trim().to_owned(), place });
                    }
                }
                Err(diagnostic) => wrong.push(diagnostic),
            }
        }
        if wrong.is_empty() { Ok(Exceptions(exceptions)) } else { Err(wrong) }
    }

    pub fn get(&self, id: &str) -> Option<&Exception> {
        self.0.get(id)
    }

    /// By requirement, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Exception)> {
        self.0.iter().map(|(id, exception)| (id.as_str(), exception))
    }
}

/// Errors: what is wrong, and a hint.
fn accept(spec: &str, id: &str, reason: &str, catalogue: &Catalogue) -> Result<(), (String, Option<String>)> {
    match catalogue.get(id) {
        None => Err((format!("there is no requirement `{id}` in the catalogue"), catalogue.hint(id))),
        Some(requirement) if !requirement.specification().eq_ignore_ascii_case(spec) => {
            Err((format!("`{id}` is no requirement of `{spec}`"), None))
        }
        Some(_) if reason.trim().is_empty() => Err((format!("the exception for `{id}` gives no reason"), None)),
        Some(_) => Ok(()),
    }
}

/// The line that begins with the key `id`, from 1.
fn line_of(text: &str, id: &str) -> usize {
    let key = |line: &str| {
        line.trim_start_matches(['"', '\'']).strip_prefix(id).is_some_and(|l| l.starts_with(['"', '\'', ':', ' ']))
    };
    text.lines().position(key).map_or(1, |n| n + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[(u32, &str)]) {
        let catalogue = Catalogue::load(&Files::embedded()).unwrap();
        let wrong = Exceptions::load(&Files::from_texts([(path, text)]), &catalogue).err().unwrap_or_default();
        assert_eq!(wrong.iter().map(|d| (d.line, d.message.as_str())).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_exception_names_a_requirement_of_its_folder_and_a_reason() {
        const PATH: &str = "features/im/requirements/exceptions.yaml";
        check(PATH, "IM-9-1: why\n\"IM-9-2.1\": >\n  because\n  of it\n", &[]);
        check(PATH, "IM-9-1: why\nIM-9-77: why\n", &[(2, "there is no requirement `IM-9-77` in the catalogue")]);
        check(PATH, "IM-9-1: ''\n", &[(1, "the exception for `IM-9-1` gives no reason")]);
        check(PATH, "IM-9-1: a\nIM-9-1: b\n", &[(1, "`IM-9-1` comes twice")]);
        check(
            "features/cpm/requirements/exceptions.yaml",
            "IM-9-1: a\n",
            &[(1, "`IM-9-1` is no requirement of `cpm`")],
        );
        check("features/im/exceptions.yaml", "IM-9-77: not read, it lies elsewhere\n", &[]);
    }

    #[test]
    fn the_exceptions_of_the_tree_are_sound() {
        let files = Files::embedded();
        let catalogue = Catalogue::load(&files).unwrap();
        if let Err(wrong) = Exceptions::load(&files, &catalogue) {
            panic!("{}", wrong[0]);
        }
    }
}
