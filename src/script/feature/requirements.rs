//! Which requirements a case names: in the column `requirement` of its tables, or in brackets behind a step.

use std::collections::HashSet;

use super::case::Case;
use crate::script::catalogue::Catalogue;
use crate::script::diagnostic::Diagnostic;
use crate::script::files::Files;

/// A requirement named by a step of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    pub id: String,
    pub line: u32,
}

impl Case {
    /// In the order of the file; a requirement named twice comes twice.
    pub fn requirements(&self) -> Vec<Named> {
        let mut named = Vec::new();
        for step in &self.steps {
            named.extend(in_brackets(&step.text).map(|id| Named { id: id.to_owned(), line: step.line }));
            for (line, [ids]) in step.rows(["requirement"]) {
                named.extend(split(ids).map(|id| Named { id: id.to_owned(), line }));
            }
        }
        named
    }
}

/// A diagnostic for each place where `cases` name what the catalogue does not hold.
pub fn unknown_requirements(files: &Files, cases: &[Case], catalogue: &Catalogue) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    let mut wrong = Vec::new();
    for case in cases {
        for Named { id, line } in case.requirements() {
            // The rows of an outline share their steps.
            if catalogue.get(&id).is_none() && seen.insert((case.place.file.clone(), line, id.clone())) {
                let text = files.get(&case.place.file).unwrap_or_default();
                let message = format!("there is no requirement `{id}` in the catalogue");
                wrong.push(
                    Diagnostic::new(&*case.place.file, message)
                        .at_part(text, line as usize, &id)
                        .maybe_hint(catalogue.hint(&id)),
                );
            }
        }
    }
    wrong
}

/// The ids of `… [IM-9-2.2, IM-9-2.3]` at the end of a step.
fn in_brackets(text: &str) -> impl Iterator<Item = &str> {
    let inside = text.trim_end().strip_suffix(']').and_then(|text| text.rsplit_once('[')).map(|(_, inside)| inside);
    split(inside.unwrap_or_default())
}

fn split(ids: &str) -> impl Iterator<Item = &str> {
    ids.split(',').map(str::trim).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::feature::Features;

    #[test]
    fn every_unknown_id_is_shown_once_where_it_stands() {
        let text = "Feature: 9 Large\n  Scenario Outline: Sizes\n    When it is <n> long [IM-9-1, IM-9-99]\n    Then x where\n\
                    \x20     | field | requirement  |\n      | To    | IM-9.1.1.2-5aa |\n\
                    \x20   Examples:\n      | n |\n      | 1 |\n      | 2 |\n";
        let path = "features/im/09/9-large.feature";
        let real = Files::embedded();
        let catalogue = Catalogue::load(&real).unwrap();
        let files = Files::from_texts([(path, text)]);
        let features = Features::load(&files).unwrap();
        let wrong = unknown_requirements(&files, features.cases(), &catalogue);
        let shown: Vec<_> = wrong.iter().map(|d| (d.line, d.column, d.hint.as_deref().unwrap_or_default())).collect();
        assert_eq!(shown.len(), 2, "{wrong:?}");
        assert_eq!((shown[0].0, shown[0].1), (3, 34));
        assert_eq!(shown[1], (6, 17, "did you mean `IM-9.1.1.2-5a`?"));
    }

    #[test]
    fn the_features_name_only_what_is_in_the_catalogue() {
        let files = Files::embedded();
        let catalogue = Catalogue::load(&files).unwrap();
        let features = Features::load(&files).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
        let wrong = unknown_requirements(&files, features.cases(), &catalogue);
        assert!(wrong.is_empty(), "{}", wrong[0]);
    }
}
