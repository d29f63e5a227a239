//! What tests take out of the data tree that is in the binary: all of it, or the plans of some scenarios.

use imspec::script::feature::Selection;
use imspec::script::files::Files;
use imspec::script::load::{Loaded, load};
use imspec::script::plan::Plan;

/// All of it.
#[allow(dead_code, reason = "not every test binary takes all")]
pub async fn loaded() -> Loaded {
    load(Files::embedded(), &Selection::default()).await.unwrap_or_else(|wrong| panic!("{}", wrong[0]))
}

/// The plans of the scenarios with these addresses, in their order; one that is named twice is there twice.
#[allow(dead_code, reason = "not every test binary takes some")]
pub async fn plans(addresses: &[&str]) -> Vec<Plan> {
    let words: Vec<String> = addresses.iter().map(|&address| address.to_owned()).collect();
    let chosen = Selection::parse(&words, None, None).unwrap();
    let known = load(Files::embedded(), &chosen).await.unwrap_or_else(|wrong| panic!("{}", wrong[0])).plans;
    let of = |address: &&str| known.iter().find(|plan| plan.case.address == *address).cloned();
    addresses.iter().map(|address| of(address).unwrap_or_else(|| panic!("{address} is no scenario"))).collect()
}
