//! The ledger as the text of `reports/ledger.md`: one line a requirement, so that a change shows as one line of a diff.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Ledger, Standing, Trial};
use crate::script::catalogue::CatalogueFile;

const HEAD: &str = "# Ledger of requirements

One line for each requirement of the catalogue: the scenarios that check it, and the defect that proves the check (it fails when
the defect is played) or the reason why there is none. Made by `imspec ledger`; a test holds it to what is in the tree.

";

/// How many requirements of a file stand where.
#[derive(Clone, Copy, Default)]
struct Totals {
    all: usize,
    on_the_wire: usize,
    checked: usize,
    proven: usize,
    excepted: usize,
    open: usize,
}

impl Ledger<'_> {
    /// The whole text, the same for the same input.
    pub fn to_markdown(&self) -> String {
        let mut text = HEAD.to_owned();
        text += "| file | requirements | on the wire | checked | proven | excepted | open |\n";
        text += "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
        let mut sum = Totals::default();
        for file in self.catalogue.files() {
            let totals = self.totals(file);
            sum.add(totals);
            totals.write(&mut text, &file.file);
        }
        sum.write(&mut text, "all");
        let switches: BTreeSet<&str> =
            self.trials.values().flatten().filter(|t| t.is_switch).map(|t| t.defect.as_str()).collect();
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(text, "\nDefects that are switches on an actor, not on its link: {}.", switches.len());
        for file in self.catalogue.files() {
            let _ = writeln!(text, "\n## {}: {}\n", file.file, file.title);
            text += "| requirement | level | actor | checked by | proof |\n| --- | --- | --- | --- | --- |\n";
            for requirement in &file.entries {
                let checked_by = self.checked_by(&requirement.id).join(", ");
                let proof = cell(&self.standing(requirement).words());
                let _ = writeln!(
                    text,
                    "| {} | {} | {} | {} | {} |",
                    requirement.id,
                    requirement.level,
                    requirement.actor,
                    if checked_by.is_empty() { "-" } else { &checked_by },
                    proof
                );
            }
        }
        text
    }

    fn totals(&self, file: &CatalogueFile) -> Totals {
        let mut totals = Totals { all: file.entries.len(), ..Totals::default() };
        for requirement in &file.entries {
            totals.on_the_wire += usize::from(requirement.observable.is_on_the_wire());
            totals.checked += usize::from(!self.checked_by(&requirement.id).is_empty());
            match self.standing(requirement) {
                Standing::Proven(_) => totals.proven += 1,
                Standing::Excepted(_) => totals.excepted += 1,
                Standing::Missed(_) | Standing::Unproven | Standing::Unchecked => totals.open += 1,
            }
        }
        totals
    }
}

impl Totals {
    fn add(&mut self, other: Totals) {
        self.all += other.all;
        self.on_the_wire += other.on_the_wire;
        self.checked += other.checked;
        self.proven += other.proven;
        self.excepted += other.excepted;
        self.open += other.open;
    }

    fn write(self, text: &mut String, name: &str) {
        let Totals { all, on_the_wire, checked, proven, excepted, open } = self;
        let _ = writeln!(text, "| {name} | {all} | {on_the_wire} | {checked} | {proven} | {excepted} | {open} |");
    }
}

impl Standing<'_> {
    /// What the last column says.
    fn words(&self) -> String {
        let defects = |trials: &[Trial], caught: bool| {
            let chosen = trials.iter().filter(|t| t.caught == caught);
            chosen
                .map(|t| format!("{}{}", t.defect, if t.is_switch { " (switch)" } else { "" }))
                .collect::<Vec<_>>()
                .join("; ")
        };
        match self {
            Standing::Proven(trials) => format!("caught: {}", defects(trials, true)),
            Standing::Missed(trials) => format!("MISSED: {}", defects(trials, false)),
            Standing::Excepted(reason) => format!("none: {reason}"),
            Standing::Unproven => "open: no defect".to_owned(),
            Standing::Unchecked => "open: no scenario".to_owned(),
        }
    }
}

/// The text on one line, without bars of its own.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::catalogue::Catalogue;
    use crate::script::files::Files;
    use crate::script::ledger::Exceptions;

    #[test]
    fn one_line_a_requirement_and_totals() {
        let files = Files::embedded();
        let catalogue = Catalogue::load(&files).unwrap();
        let reason = "IM-9-2.1: \"no | bar\\nand one line\"\n";
        let exceptions =
            Exceptions::load(&Files::from_texts([("features/im/requirements/exceptions.yaml", reason)]), &catalogue)
                .unwrap();
        let trial = |defect: &str, is_switch, caught| Trial { defect: defect.into(), is_switch, caught };
        let checks =
            ["IM-9-1", "IM-9-2.2", "IM-8.1-1"].map(|id| (id.to_owned(), vec!["im/9/a".into(), "im/9/b".into()]));
        let ledger = Ledger {
            catalogue: &catalogue,
            checks: checks.into(),
            trials: [
                ("IM-9-1".to_owned(), vec![trial("drop INVITE", false, true), trial("go deaf", true, true)]),
                ("IM-9-2.2".to_owned(), vec![trial("BYE early", false, false)]),
            ]
            .into(),
            exceptions: &exceptions,
        };
        let text = ledger.to_markdown();
        assert_eq!(
            text.lines().filter(|l| ["| IM-", "| IMCR-", "| CPM-"].iter().any(|p| l.starts_with(p))).count(),
            586
        );
        let total = catalogue.entries().count();
        let seen = catalogue.entries().filter(|entry| entry.observable.is_on_the_wire()).count();
        let all = format!("| all | {total} | {seen} | 3 | 1 | 1 | {} |", total - 2);
        for line in [
            all.as_str(),
            "| im-large-message.yaml | 93 | 79 | 2 | 1 | 1 | 91 |",
            "Defects that are switches on an actor, not on its link: 1.",
            "| IM-9-1 | SHALL | im-client | im/9/a, im/9/b | caught: drop INVITE; go deaf (switch) |",
            "| IM-9-2.1 | SHALL | im-client | - | none: no \\| bar and one line |",
            "| IM-9-2.2 | SHALL | im-client | im/9/a, im/9/b | MISSED: BYE early |",
            "| IM-8.1-1 | SHALL | im-client | im/9/a, im/9/b | open: no defect |",
            "| IM-8.1-2.1 | SHALL | im-client | - | open: no scenario |",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\nis not in\n{text}");
        }
        let all = format!("| all | {} |", catalogue.entries().count());
        assert!(text.lines().any(|l| l.starts_with(&all)), "{all}\nis not in\n{text}");
        assert_eq!(text, ledger.to_markdown());
    }
}
