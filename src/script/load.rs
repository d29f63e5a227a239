//! Everything a command needs of the files, read and checked once.

use super::catalogue::Catalogue;
use super::compile::compile;
use super::diagnostic::Diagnostic;
use super::feature::{Features, Selection};
use super::files::Files;
use super::home::Home;
use super::plan::Plan;
use crate::net::random::Random;

/// The data tree, read and lowered.
pub struct Loaded {
    pub files: Files,
    pub catalogue: Catalogue,
    /// All features, selected or not.
    pub features: Features,
    pub home: Home,
    /// The plans of the selected scenarios, in the order of the features.
    pub plans: Vec<Plan>,
}

/// Reads the data tree and lowers the scenarios that `selection` picks.
///
/// Errors: everything that is wrong in any of the files, each with its place.
pub async fn load(files: Files, selection: &Selection) -> Result<Loaded, Vec<Diagnostic>> {
    let mut wrong = Vec::new();
    let catalogue = Catalogue::load(&files).map_err(|more| wrong.extend(more)).ok();
    let features = Features::load(&files).map_err(|more| wrong.extend(more)).ok();
    let home = Home::load(&files).map_err(|one| wrong.push(one)).ok();
    let (Some(catalogue), Some(features), Some(home)) = (catalogue, features, home) else { return Err(wrong) };
    let selected = features.filter(|case| selection.matches(&case.address, &case.tags));
    let plans = compile(files.clone(), catalogue.clone(), selected).await?;
    Ok(Loaded { files, catalogue, features, home, plans })
}

impl Loaded {
    /// Puts the plans into an order that the seed gives, every order as likely as any other (Fisher and Yates).
    pub fn shuffle(&mut self, seed: u64) {
        let mut random = Random::new(seed);
        for last in (1..self.plans.len()).rev() {
            let other = random.below(last as u64 + 1);
            self.plans.swap(last, usize::try_from(other).unwrap_or(last));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_feature_lowers_to_a_plan() {
        let loaded = load(Files::embedded(), &Selection::default()).await;
        let loaded = loaded.unwrap_or_else(|wrong| {
            let all: Vec<String> = wrong.iter().map(ToString::to_string).collect();
            panic!("{}", all.join("\n\n"))
        });
        assert_eq!(loaded.plans.len(), loaded.features.cases().len());
        for plan in &loaded.plans {
            assert!(!plan.checks.is_empty(), "{} checks nothing", plan.case.address);
        }
    }
}
