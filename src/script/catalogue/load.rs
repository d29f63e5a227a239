//! Reads the catalogue and holds its files to what they say of themselves. Gathers everything that is wrong.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use indexmap::IndexMap;

use super::{Catalogue, CatalogueFile, specification};
use crate::script::diagnostic::Diagnostic;
use crate::script::files::Files;
use crate::script::yaml;

/// The name of the files of exceptions, which lie beside those of the catalogue.
pub const EXCEPTIONS: &str = "exceptions.yaml";

impl Catalogue {
    /// Reads `features/<spec>/requirements/*.yaml`. Errors: all that is wrong, in the order of the files.
    pub fn load(files: &Files) -> Result<Catalogue, Vec<Diagnostic>> {
        let mut catalogue = Catalogue::default();
        let mut wrong = Vec::new();
        for (path, text) in files.iter() {
            let Some((spec, name)) = requirement_file(path) else { continue };
            if name == EXCEPTIONS {
                continue;
            }
            match yaml::from_str::<CatalogueFile>(path, text) {
                Ok(file) => {
                    let file = CatalogueFile { path: path.to_owned(), ..file };
                    wrong.extend(Verify { file: &file, text }.all(spec, name));
                    wrong.extend(catalogue.add(file, text));
                }
                Err(diagnostic) => wrong.push(diagnostic),
            }
        }
        if catalogue.files.is_empty() && wrong.is_empty() {
            let hint = "is this the right directory? imspec without one uses its own copy";
            wrong.push(Diagnostic::new("features", "holds no requirements/*.yaml").hint(hint));
        }
        if wrong.is_empty() { Ok(catalogue) } else { Err(wrong) }
    }

    fn add(&mut self, file: CatalogueFile, text: &str) -> Vec<Diagnostic> {
        let mut wrong = Vec::new();
        for (number, entry) in file.entries.iter().enumerate() {
            let place = (self.files.len(), number);
            if let Some((first, _)) = self.index.insert(entry.id.clone(), place) {
                let first = self.files.get(first).map_or(file.path.as_str(), |f| &f.path);
                let message = format!("requirement `{}` is already in {first}", entry.id);
                wrong.push(Diagnostic::new(&*file.path, message).at_part(
                    text,
                    last_line_of(text, &entry.id),
                    &entry.id,
                ));
            }
        }
        self.files.push(file);
        wrong
    }
}

/// Specification folder and file name, if the path is that of a file of requirements.
pub fn requirement_file(path: &str) -> Option<(&str, &str)> {
    let (spec, name) = path.strip_prefix("features/")?.split_once("/requirements/")?;
    (!spec.contains('/') && !name.contains('/') && name.ends_with(".yaml")).then_some((spec, name))
}

struct Verify<'a> {
    file: &'a CatalogueFile,
    text: &'a str,
}

impl Verify<'_> {
    fn all(&self, spec: &str, name: &str) -> Vec<Diagnostic> {
        let mut wrong = Vec::new();
        if self.file.file != name {
            wrong
                .push(self.complain("file:", format!("`file` says `{}`, the file is called `{name}`", self.file.file)));
        }
        self.count("entry_count:", "entries", self.file.entry_count, self.file.entries.len(), &mut wrong);
        let (counts, entries) = (&self.file.counts, &self.file.entries);
        self.tally(&counts.level, entries.iter().map(|e| e.level), &mut wrong);
        self.tally(&counts.actor, entries.iter().map(|e| e.actor), &mut wrong);
        self.tally(&counts.observable, entries.iter().map(|e| e.observable), &mut wrong);
        self.tally(&counts.direction, entries.iter().map(|e| e.direction), &mut wrong);
        self.subclauses(&mut wrong);
        for entry in entries {
            if !specification(&entry.id).eq_ignore_ascii_case(spec) {
                let message =
                    format!("requirement `{}` lies in the folder of another specification, `{spec}`", entry.id);
                wrong.push(self.complain(&entry.id, message));
            }
            if !entry.id.starts_with(&format!("{}-{}-", entry.specification(), entry.subclause)) {
                let message =
                    format!("requirement `{}` does not begin with its subclause, {}", entry.id, entry.subclause);
                wrong.push(self.complain(&entry.id, message));
            }
        }
        wrong
    }

    /// Each entry belongs to a listed subclause, and each subclause has as many as it says.
    fn subclauses(&self, wrong: &mut Vec<Diagnostic>) {
        let mut found: IndexMap<String, usize> = self.file.subclauses.iter().map(|s| (s.id.clone(), 0)).collect();
        for entry in &self.file.entries {
            match found.get_mut(&format!("{}-{}", entry.specification(), entry.subclause)) {
                Some(count) => *count += 1,
                None => {
                    let message =
                        format!("subclause {} of `{}` is not listed in `subclauses`", entry.subclause, entry.id);
                    wrong.push(self.complain(&entry.id, message));
                }
            }
        }
        for subclause in &self.file.subclauses {
            let actual = found.get(&subclause.id).copied().unwrap_or_default();
            self.count(&format!("\"{}\"", subclause.id), &subclause.id, subclause.entries, actual, wrong);
        }
    }

    fn tally<W>(&self, stated: &IndexMap<W, usize>, found: impl Iterator<Item = W>, wrong: &mut Vec<Diagnostic>)
    where
        W: Copy + Eq + Hash + Ord + Display,
    {
        let mut actual: HashMap<W, usize> = HashMap::new();
        found.for_each(|word| *actual.entry(word).or_default() += 1);
        let mut words: Vec<W> = stated.keys().chain(actual.keys()).copied().collect();
        words.sort();
        words.dedup();
        for word in words {
            let number = |map: Option<&usize>| map.copied().unwrap_or_default();
            self.count("counts:", &word.to_string(), number(stated.get(&word)), number(actual.get(&word)), wrong);
        }
    }

    fn count(&self, key: &str, what: &str, stated: usize, actual: usize, wrong: &mut Vec<Diagnostic>) {
        if stated != actual {
            wrong.push(self.complain(key, format!("says {stated} for {what}, but there are {actual}")));
        }
    }

    /// A diagnostic at the first line that holds `part`.
    fn complain(&self, part: &str, message: String) -> Diagnostic {
        let line = self.text.lines().position(|l| l.contains(part)).map_or(1, |n| n + 1);
        Diagnostic::new(&*self.file.path, message).at_part(self.text, line, part)
    }
}

/// The number of the last line with `id: "…"`, from 1.
fn last_line_of(text: &str, id: &str) -> usize {
    let quoted = format!("id: \"{id}\"");
    text.lines().enumerate().filter(|(_, l)| l.contains(&quoted)).last().map_or(1, |(n, _)| n + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::catalogue::{Actor, DefectIn, Level, Observable};

    const PATH: &str = "features/im/requirements/im-x.yaml";

    fn real() -> Catalogue {
        Catalogue::load(&Files::embedded()).unwrap_or_else(|wrong| panic!("{}", wrong[0]))
    }

    #[test]
    fn the_catalogue_is_whole() {
        let catalogue = real();
        let from_oma = |file: &&CatalogueFile| !file.path.starts_with("features/rfc");
        let counts: Vec<_> =
            catalogue.files().iter().filter(from_oma).map(|f| (f.path.as_str(), f.entries.len())).collect();
        assert_eq!(
            counts,
            [
                ("features/cpm/requirements/cpm-large-message.yaml", 32),
                ("features/im/requirements/im-controlling.yaml", 134),
                ("features/im/requirements/im-deferred.yaml", 63),
                ("features/im/requirements/im-history.yaml", 40),
                ("features/im/requirements/im-large-message.yaml", 93),
                ("features/im/requirements/im-pager-mode.yaml", 29),
                ("features/im/requirements/im-participating.yaml", 55),
                ("features/im/requirements/im-session-client.yaml", 105),
                ("features/imcr/requirements/im-pager-session.yaml", 35),
            ]
        );
        let oma: Vec<_> = catalogue.files().iter().filter(from_oma).flat_map(|f| &f.entries).collect();
        assert_eq!(oma.len(), 586);
        assert_eq!(oma.iter().filter(|r| r.level.is_binding()).count(), 512);
        assert_eq!(oma.iter().filter(|r| r.observable.is_on_the_wire()).count(), 527);
        assert_eq!(oma.iter().filter(|r| r.defect_in == Some(DefectIn::Peer)).count(), 8);
    }

    #[test]
    fn finds_by_id_and_by_subclause() {
        let catalogue = real();
        let r = catalogue.get("IM-9.1.1.2-2").unwrap();
        assert_eq!((r.level, r.actor, r.observable), (Level::Shall, Actor::ImClient, Observable::WireSip));
        assert_eq!((r.specification(), r.clause()), ("IM", "IM 9.1.1.2".to_owned()));
        assert!(catalogue.get("IM-9.1.1.2-99").is_none());
        assert_eq!(catalogue.of_subclause("im", "9.1.1.2").count(), 27);
        assert_eq!(catalogue.of_subclause("imcr", "9.1.1.2").count(), 0);
        assert_eq!(catalogue.subclause("im", "8.1.1").unwrap().title, "Sending SIP MESSAGE for Pager Mode");
        assert_eq!(catalogue.hint("IM-9.1.1.2-5aa").as_deref(), Some("did you mean `IM-9.1.1.2-5a`?"));
    }

    /// A file with the given number in `entry_count` and the given ids, each in subclause 9.
    fn file(entry_count: usize, ids: &[&str]) -> String {
        let n = ids.len();
        let head = format!(
            "file: im-x.yaml\ntitle: X\nseeds: []\nentry_count: {entry_count}\n\
             counts: {{level: {{SHALL: {n}}}, actor: {{im-client: {n}}}, observable: {{wire-sip: {n}}}, direction: {{originating: {n}}}}}\n\
             subclauses:\n- {{id: \"IM-9\", title: T, seeds: [], actor: im-client, direction: originating, entries: {n}}}\nentries:\n"
        );
        let entries = ids.iter().map(|id| {
            format!(
                "- id: \"{id}\"\n  subclause: \"9\"\n  source: []\n  lines: []\n  level: SHALL\n  actor: im-client\n  direction: originating\n\
                 \x20 trigger: t\n  requirement: r\n  observable: wire-sip\n  check: c\n  violation: v\n  refs: [8.1]\n"
            )
        });
        head + &entries.collect::<String>()
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[(u32, &str)]) {
        let wrong = Catalogue::load(&Files::from_texts([(path, text)])).err().unwrap_or_default();
        let shown: Vec<_> = wrong.iter().map(|d| (d.line, d.message.as_str())).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_file_must_be_what_it_says() {
        check(PATH, &file(1, &["IM-9-1"]), &[]);
        check(PATH, &file(2, &["IM-9-1"]), &[(4, "says 2 for entries, but there are 1")]);
        check(
            PATH,
            &file(2, &["IM-9-1", "IM-9-1"]),
            &[(22, "requirement `IM-9-1` is already in features/im/requirements/im-x.yaml")],
        );
        check(PATH, &file(1, &["IM-8-1"]), &[(9, "requirement `IM-8-1` does not begin with its subclause, 9")]);
        check(
            "features/cpm/requirements/im-x.yaml",
            &file(1, &["IM-9-1"]),
            &[(9, "requirement `IM-9-1` lies in the folder of another specification, `cpm`")],
        );
        let may = file(1, &["IM-9-1"]).replace("level: SHALL", "level: MAY");
        check(PATH, &may, &[(5, "says 1 for SHALL, but there are 0"), (5, "says 0 for MAY, but there are 1")]);
        let other = file(1, &["IM-9-1"]).replace("subclause: \"9\"", "subclause: \"9-1\"");
        assert_eq!(Catalogue::load(&Files::from_texts([(PATH, &*other)])).unwrap_err().len(), 3);
        check(
            PATH,
            &file(1, &["IM-9-1"]).replace("level: SHALL", "level: SHAL"),
            &[(13, "entries[0].level: unknown variant `SHAL`")],
        );
        check("features/im/im-x.yaml", "a: b", &[(0, "holds no requirements/*.yaml")]);
    }
}
