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

/// The plans of the scenarios with these addresses, in their order.
#[allow(dead_code, reason = "not every test binary takes some")]
pub async fn plans(addresses: &[&str]) -> Vec<Plan> {
    let words: Vec<String> = addresses.iter().map(|&address| address.to_owned()).collect();
    let chosen = Selection::parse(&words, None, None).unwrap();
    let mut plans = load(Files::embedded(), &chosen).await.unwrap_or_else(|wrong| panic!("{}", wrong[0])).plans;
    plans.sort_by_key(|plan| addresses.iter().position(|address| plan.case.address == **address));
    assert!(plans.iter().map(|plan| &plan.case.address).eq(addresses), "each address is that of one scenario");
    plans
}
