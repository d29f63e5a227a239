//! The features: every `.feature` file as cucumber needs it, and flat, as cases with addresses that never renumber.
//! Knows Gherkin and where files lie; knows no step, field or expectation.

mod address;
mod case;
mod parse;
mod requirements;
mod selection;
mod syntax;

use std::collections::{BTreeMap, HashMap};

use cucumber::cli;
use futures::stream;

pub use self::case::{Case, DocString, Row, Step, StepKind};
pub use self::requirements::{Named, unknown_requirements};
pub use self::selection::{Selection, Shard};
use super::diagnostic::Diagnostic;
use super::files::Files;

/// Features and their cases, in the order of the files and of the scenarios in them.
#[derive(Clone, Debug, Default)]
pub struct Features {
    /// With outlines expanded; the position of an expanded scenario is that of its row of examples.
    features: Vec<gherkin::Feature>,
    cases: Vec<Case>,
    /// File and line of a scenario to its case.
    places: HashMap<(String, u32), usize>,
}

impl Features {
    /// Reads every `features/**/*.feature`. Errors: all that is wrong with them, in the order of the files.
    pub fn load(files: &Files) -> Result<Features, Vec<Diagnostic>> {
        let mut features = Features::default();
        let mut wrong = Vec::new();
        for (path, text) in files.iter().filter(|(path, _)| path.starts_with("features/") && path.ends_with(".feature"))
        {
            match parse::feature(path, text) {
                Ok((feature, cases)) => {
                    features.features.push(feature);
                    features.cases.extend(cases);
                }
                Err(diagnostics) => wrong.extend(diagnostics),
            }
        }
        wrong.extend(duplicates(files, &features.cases));
        features.index();
        if wrong.is_empty() { Ok(features) } else { Err(wrong) }
    }

    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The features as cucumber runs them.
    pub fn features(&self) -> &[gherkin::Feature] {
        &self.features
    }

    pub fn get(&self, address: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.address == address)
    }

    /// The case that a scenario given by cucumber belongs to.
    pub fn case_of(&self, feature: &gherkin::Feature, scenario: &gherkin::Scenario) -> Option<&Case> {
        let file = feature.path.as_ref()?.to_str()?.to_owned();
        let line = u32::try_from(scenario.position.line).ok()?;
        self.places.get(&(file, line)).and_then(|&n| self.cases.get(n))
    }

    /// Those that `selection` chooses. Errors: a sentence for each address in it that chooses nothing here.
    pub fn select(&self, selection: &Selection) -> Result<Features, Vec<String>> {
        let unknown = selection.unknown(self.cases.iter().map(|case| case.address.as_str()));
        if unknown.is_empty() {
            Ok(self.filter(|case| selection.matches(&case.address, &case.tags)))
        } else {
            Err(unknown)
        }
    }

    /// The cases that `keep` says yes to, and their features.
    pub fn filter(&self, keep: impl Fn(&Case) -> bool) -> Features {
        let keeps = |feature: &gherkin::Feature, scenario: &gherkin::Scenario| {
            self.case_of(feature, scenario).is_some_and(&keep)
        };
        let mut chosen = Features { features: self.features.clone(), ..Features::default() };
        for (feature, whole) in chosen.features.iter_mut().zip(&self.features) {
            feature.scenarios.retain(|scenario| keeps(whole, scenario));
            feature.rules.iter_mut().for_each(|rule| rule.scenarios.retain(|scenario| keeps(whole, scenario)));
            feature.rules.retain(|rule| !rule.scenarios.is_empty());
        }
        chosen.features.retain(|feature| !feature.scenarios.is_empty() || !feature.rules.is_empty());
        chosen.cases = self.cases.iter().filter(|case| keep(case)).cloned().collect();
        chosen.index();
        chosen
    }

    /// The addresses of the cases that name each requirement, in the order of the cases.
    pub fn checks(&self) -> BTreeMap<String, Vec<String>> {
        let mut checks: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for case in &self.cases {
            for named in case.requirements() {
                let addresses = checks.entry(named.id).or_default();
                if addresses.last() != Some(&case.address) {
                    addresses.push(case.address.clone());
                }
            }
        }
        checks
    }

    fn index(&mut self) {
        let place = |(n, case): (usize, &Case)| ((case.place.file.clone(), case.place.line), n);
        self.places = self.cases.iter().enumerate().map(place).collect();
    }
}

/// Gives cucumber the features that were read already; it needs no input of its own.
impl<I> cucumber::Parser<I> for Features {
    type Cli = cli::Empty;
    type Output = stream::Iter<std::vec::IntoIter<cucumber::parser::Result<gherkin::Feature>>>;

    fn parse(self, _input: I, _cli: cli::Empty) -> Self::Output {
        stream::iter(self.features.into_iter().map(Ok).collect::<Vec<_>>())
    }
}

fn duplicates(files: &Files, cases: &[Case]) -> Vec<Diagnostic> {
    let mut first: HashMap<&str, &Case> = HashMap::new();
    let mut wrong = Vec::new();
    for case in cases {
        if let Some(other) = first.insert(&case.address, case) {
            let message =
                format!("address `{}` belongs to {}:{} already", case.address, other.place.file, other.place.line);
            let text = files.get(&case.place.file).unwrap_or_default();
            let hint = "give the scenario, or the first cell of the example, another name";
            wrong.push(
                Diagnostic::new(&*case.place.file, message).at_part(text, case.place.line as usize, "").hint(hint),
            );
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;

    fn tree() -> Files {
        Files::from_texts([
            (
                "features/im/08/8.1-choice.feature",
                "@im-client\nFeature: 8.1 Choice\n  Background:\n    Given Bob [IM-0]\n  Scenario: Small\n    When x\n\
                 \x20 @slow\n  Scenario: Big\n    Then y where\n      | requirement | field |\n      | IM-1 | To |\n      | IM-1 | From |\n",
            ),
            (
                "features/im/07/7.2.1-x.feature",
                "Feature: 7.2.1 Group\n  Rule: One\n    Scenario: Alone\n      When x [IM-1]\n  Rule: Two\n    Scenario: Other\n      When y\n",
            ),
        ])
    }

    fn addresses(features: &Features) -> Vec<&str> {
        features.cases().iter().map(|case| case.address.as_str()).collect()
    }

    #[test]
    fn cases_are_listed_found_and_chosen() {
        let all = Features::load(&tree()).unwrap();
        assert_eq!(addresses(&all), ["im/7.2.1/alone", "im/7.2.1/other", "im/8.1/small", "im/8.1/big"]);
        assert_eq!(all.get("im/8.1/big").unwrap().tags, ["im-client", "slow"]);
        let selection = Selection::parse(&["im/7.2.1/other".into(), "im/8".into()], Some("not @slow"), None).unwrap();
        let chosen = all.select(&selection).unwrap();
        assert_eq!(addresses(&chosen), ["im/7.2.1/other", "im/8.1/small"]);
        assert_eq!(chosen.features().len(), 2);
        let wrong = all.select(&Selection::parse(&["im/8.1/bog".into()], None, None).unwrap()).unwrap_err();
        assert_eq!(wrong, ["no scenario has the address `im/8.1/bog`: did you mean `im/8.1/big`?"]);
    }

    #[test]
    fn cucumber_gets_exactly_the_chosen_scenarios() {
        let all = Features::load(&tree()).unwrap();
        let chosen = all.filter(|case| case.scenario != "Small" && case.scenario != "Alone");
        let parsed = cucumber::Parser::<()>::parse(chosen.clone(), (), cli::Empty);
        let features: Vec<gherkin::Feature> = futures::executor::block_on(parsed.map(Result::unwrap).collect());
        let found: Vec<_> = features
            .iter()
            .flat_map(|f| f.rules.iter().flat_map(|r| &r.scenarios).chain(&f.scenarios).map(move |s| (f, s)))
            .map(|(f, s)| chosen.case_of(f, s).unwrap().address.as_str())
            .collect();
        assert_eq!(found, ["im/7.2.1/other", "im/8.1/big"]);
    }

    #[test]
    fn says_which_cases_check_a_requirement() {
        let checks = Features::load(&tree()).unwrap().checks();
        assert_eq!(checks["IM-1"], ["im/7.2.1/alone", "im/8.1/big"]);
        assert_eq!(checks["IM-0"], ["im/8.1/small", "im/8.1/big"]);
    }

    #[test]
    fn two_cases_never_share_an_address() {
        let text = "Feature: 8.1 A\n  Scenario: One two\n    When x\n  Scenario: one-two\n    When x\n";
        let wrong = Features::load(&Files::from_texts([("features/im/08/8.1-a.feature", text)])).unwrap_err();
        assert_eq!(wrong.len(), 1);
        assert_eq!((wrong[0].line, wrong[0].column), (4, 3));
        assert_eq!(wrong[0].message, "address `im/8.1/one-two` belongs to features/im/08/8.1-a.feature:2 already");
    }
}
