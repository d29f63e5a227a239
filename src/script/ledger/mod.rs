//! The ledger: for each requirement which scenarios check it and what proves that the check can fail.
//! It plays nothing: whoever plays the defects fills it in.

mod exceptions;
mod markdown;

use std::collections::BTreeMap;

pub use self::exceptions::{Exception, Exceptions};
use super::catalogue::{Catalogue, Requirement};
use super::diagnostic::Diagnostic;
use super::files::Files;

/// All that the ledger says, before it is text.
#[derive(Clone, Debug)]
pub struct Ledger<'a> {
    pub catalogue: &'a Catalogue,
    /// Requirement to the addresses of the cases that check it.
    pub checks: BTreeMap<String, Vec<String>>,
    /// Requirement to the defects that were played to break it.
    pub trials: BTreeMap<String, Vec<Trial>>,
    pub exceptions: &'a Exceptions,
}

/// A defect that was played, and whether the check of the requirement failed as it must.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trial {
    /// What the defect does, for example `drop Supported from INVITE`.
    pub defect: String,
    /// True for a switch on the actor; most defects sit on its link.
    pub is_switch: bool,
    pub caught: bool,
}

/// How far a requirement has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing<'a> {
    /// A scenario checks it, and each defect was caught.
    Proven(&'a [Trial]),
    /// A scenario checks it, but lets a defect pass.
    Missed(&'a [Trial]),
    /// There is a reason why it is not proven.
    Excepted(&'a str),
    /// A scenario checks it, but nothing shows that the check can fail.
    Unproven,
    /// No scenario checks it.
    Unchecked,
}

impl<'a> Ledger<'a> {
    /// The addresses of the cases that check a requirement.
    pub fn checked_by(&self, id: &str) -> &[String] {
        self.checks.get(id).map_or(&[], Vec::as_slice)
    }

    pub fn standing(&self, requirement: &Requirement) -> Standing<'_> {
        let trials = self.trials.get(&requirement.id).map_or(&[][..], Vec::as_slice);
        let exception = self.exceptions.get(&requirement.id);
        match (self.checked_by(&requirement.id).is_empty(), trials, exception) {
            (false, [_, ..], _) if trials.iter().all(|t| t.caught) => Standing::Proven(trials),
            (false, [_, ..], _) => Standing::Missed(trials),
            (_, _, Some(exception)) => Standing::Excepted(&exception.reason),
            (false, [], None) => Standing::Unproven,
            (true, _, None) => Standing::Unchecked,
        }
    }

    /// Exceptions for what is checked and proven all the same; they have to go.
    pub fn needless_exceptions(&self, files: &Files) -> Vec<Diagnostic> {
        let proven = |id: &str| self.catalogue.get(id).is_some_and(|r| matches!(self.standing(r), Standing::Proven(_)));
        let needless = self.exceptions.iter().filter(|(id, _)| proven(id));
        needless
            .map(|(id, exception)| {
                let text = files.get(&exception.place.file).unwrap_or_default();
                Diagnostic::new(
                    &*exception.place.file,
                    format!("`{id}` is checked and proven, so it needs no exception"),
                )
                .at_part(text, exception.place.line as usize, id)
                .hint("delete the line")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standing_follows_from_checks_trials_and_exceptions() {
        let files = Files::embedded();
        let catalogue = Catalogue::load(&files).unwrap();
        let requirement = catalogue.get("IM-9-1").unwrap();
        let excepting =
            Files::from_texts([("features/im/requirements/exceptions.yaml", "# why\nIM-9-1: cannot be seen\n")]);
        let excepted = Exceptions::load(&excepting, &catalogue).unwrap();
        let none = Exceptions::default();
        let trial = |caught| Trial { defect: "say nothing".into(), is_switch: false, caught };
        let (caught, missed) = (vec![trial(true)], vec![trial(true), trial(false)]);
        for (checked, trials, exceptions, expected) in [
            (true, &caught, &none, Standing::Proven(&caught)),
            (true, &missed, &none, Standing::Missed(&missed)),
            (true, &vec![], &none, Standing::Unproven),
            (false, &vec![], &none, Standing::Unchecked),
            (false, &caught, &none, Standing::Unchecked),
            (false, &vec![], &excepted, Standing::Excepted("cannot be seen")),
            (true, &vec![], &excepted, Standing::Excepted("cannot be seen")),
            (true, &caught, &excepted, Standing::Proven(&caught)),
            (true, &missed, &excepted, Standing::Missed(&missed)),
        ] {
            let ledger = Ledger {
                catalogue: &catalogue,
                checks: checked.then(|| ("IM-9-1".into(), vec!["im/9/a".into()])).into_iter().collect(),
                trials: [("IM-9-1".to_owned(), trials.clone())].into(),
                exceptions,
            };
            assert_eq!(ledger.standing(requirement), expected);
            let needless = ledger.needless_exceptions(&excepting);
            let is_needless = matches!(expected, Standing::Proven(_)) && exceptions.get("IM-9-1").is_some();
            assert_eq!(needless.iter().map(|d| d.line).collect::<Vec<_>>(), if is_needless { vec![2] } else { vec![] });
        }
    }
}
