//! What people ask about the catalogue and the cases: `explain` a requirement, `list` the cases. Prints nothing.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::catalogue::{Catalogue, Requirement};
use super::feature::Case;

/// A requirement with all that is known of it. Its `Display` is the text for people.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation<'a> {
    pub requirement: &'a Requirement,
    /// For example `IM 9.1.1.2`.
    pub clause: String,
    /// Title of the subclause.
    pub title: &'a str,
    /// Addresses of the cases that check it.
    pub checked_by: Vec<String>,
}

/// One case, for lists.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Listed<'a> {
    pub address: &'a str,
    pub spec: &'a str,
    pub subclause: &'a str,
    pub feature: &'a str,
    pub scenario: &'a str,
    pub tags: &'a [String],
    pub file: &'a str,
    pub line: u32,
    /// How many requirements it names.
    pub requirements: usize,
    /// How many checks it makes of them.
    pub checks: usize,
}

/// Explains a requirement by its id or by the id of a finding (`im/9.1.1.2/one-recipient#IM-9.1.1.2-2`).
/// Errors: a sentence that says what was meant perhaps. `checks` is from `Features::checks`.
pub fn explain<'a>(
    catalogue: &'a Catalogue,
    checks: &BTreeMap<String, Vec<String>>,
    id: &str,
) -> Result<Explanation<'a>, String> {
    let wanted = id.rsplit_once('#').map_or(id, |(_, requirement)| requirement).trim();
    // The finding of a second check of a requirement has a number behind the id.
    let first = wanted.rsplit_once('.').filter(|_| wanted != id).and_then(|(first, _)| catalogue.get(first));
    let Some(requirement) = catalogue.get(wanted).or(first) else {
        let hint = catalogue.hint(wanted).map(|hint| format!(": {hint}"));
        return Err(format!("there is no requirement `{wanted}`{}", hint.unwrap_or_default()));
    };
    let subclause = catalogue.subclause(requirement.specification(), &requirement.subclause);
    Ok(Explanation {
        requirement,
        clause: requirement.clause(),
        title: subclause.map_or("", |s| &s.title),
        checked_by: checks.get(&requirement.id).cloned().unwrap_or_default(),
    })
}

/// The cases for a list, in their order.
pub fn list(cases: &[Case]) -> Vec<Listed<'_>> {
    cases
        .iter()
        .map(|case| {
            let mut ids: Vec<String> = case.requirements().into_iter().map(|named| named.id).collect();
            let checks = ids.len();
            ids.sort();
            ids.dedup();
            Listed {
                address: &case.address,
                spec: &case.spec,
                subclause: &case.subclause,
                feature: &case.feature,
                scenario: &case.scenario,
                tags: &case.tags,
                file: &case.place.file,
                line: case.place.line,
                requirements: ids.len(),
                checks,
            }
        })
        .collect()
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let r = self.requirement;
        writeln!(f, "{} ({} {})", r.id, self.clause, self.title)?;
        writeln!(f, "{} for the {}, {}, to be seen in {}\n", r.level, r.actor, r.direction, r.observable)?;
        writeln!(f, "  {}\n", r.requirement)?;
        let conflicts = r.conflicts.as_ref().map(|text| match r.conflict_ids.as_slice() {
            [] => text.clone(),
            ids => format!("{text} ({})", ids.join(", ")),
        });
        let lines = [
            ("trigger", Some(r.trigger.clone())),
            ("applies when", r.applies_when.clone()),
            ("probe", r.probe.clone()),
            ("check", Some(r.check.clone())),
            ("violation", Some(r.violation.clone())),
            ("defect in", r.defect_in.map(|side| side.to_string())),
            ("conflicts", conflicts),
            ("rests on", Some(r.refs.join(", "))),
            ("source", Some(r.source.join(", "))),
            ("also in", Some(r.also.join(", "))),
        ];
        for (name, text) in lines.iter().filter_map(|(name, text)| Some((name, text.as_ref()?))) {
            if !text.is_empty() {
                writeln!(f, "{name:<13} {text}")?;
            }
        }
        match self.checked_by.split_first() {
            None => writeln!(f, "{:<13} no scenario", "checked by"),
            Some((first, rest)) => {
                writeln!(f, "{:<13} {first}", "checked by")?;
                rest.iter().try_for_each(|address| writeln!(f, "{:<13} {address}", ""))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::feature::Features;
    use crate::script::files::Files;

    #[test]
    fn explains_by_requirement_and_by_finding() {
        let catalogue = Catalogue::load(&Files::embedded()).unwrap();
        let checks = BTreeMap::from([("IM-8.1-2.1".to_owned(), vec!["im/8.1/a".to_owned(), "im/8.1/b".to_owned()])]);
        for (id, expected) in [
            ("IM-8.1-2.1", Ok("IM-8.1-2.1")),
            ("im/8.1/a#IM-8.1-2.1", Ok("IM-8.1-2.1")),
            ("im/8.1/a#IM-8.1-2.1.2", Ok("IM-8.1-2.1")),
            ("im/8.1/a#IM-8.1-2.2", Ok("IM-8.1-2.2")),
            ("IM-8.1-2.1.2", Err("there is no requirement `IM-8.1-2.1.2`: did you mean `IM-8.1-2.1`?")),
            ("nothing", Err("there is no requirement `nothing`")),
        ] {
            let explained = explain(&catalogue, &checks, id).map(|e| e.requirement.id.as_str());
            assert_eq!(explained.map_err(|e| e.to_string()), expected.map_err(str::to_owned), "{id}");
        }
        let text = explain(&catalogue, &checks, "IM-8.1-2.1").unwrap().to_string();
        for line in [
            "SHALL for the im-client, originating, to be seen in wire-sip",
            "applies when  cfg.e2e_connection_oriented == true",
            "rests on      RFC 3428",
            "checked by    im/8.1/a",
            "              im/8.1/b",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\nis not in\n{text}");
        }
        assert!(text.starts_with("IM-8.1-2.1 (IM 8.1 Originating Client Procedures"), "{text}");
        assert!(text.contains(" (C-03)\n"), "{text}");
        assert!(!text.contains("probe"), "{text}");
        assert!(
            explain(&catalogue, &BTreeMap::new(), "IM-9-1")
                .unwrap()
                .to_string()
                .ends_with("checked by    no scenario\n")
        );
    }

    #[test]
    fn lists_cases_with_their_counts() {
        let text = "@a\nFeature: 8.1 Choice\n  Scenario: Small\n    When x [IM-8.1-1]\n    Then y\n      | requirement |\n      | IM-8.1-1 |\n      | IM-9-1 |\n";
        let features = Features::load(&Files::from_texts([("features/im/08/8.1-choice.feature", text)])).unwrap();
        let listed = list(features.cases());
        assert_eq!(
            listed,
            [Listed {
                address: "im/8.1/small",
                spec: "im",
                subclause: "8.1",
                feature: "Choice",
                scenario: "Small",
                tags: &["a".to_owned()],
                file: "features/im/08/8.1-choice.feature",
                line: 3,
                requirements: 2,
                checks: 3,
            }]
        );
    }
}
