//! Building the stores of a plan.

use std::net::SocketAddr;

use crate::actors::Actor;
use crate::actors::act::Kept;
use crate::actors::store::{Config, Memory, Store};
use crate::script::home::Home;
use crate::script::plan::{Arranged, Plan, Treatment};
use crate::script::stored::stored;
use crate::stack::IdSource;

/// The store of a plan for messages of that kind.
pub fn store(plan: &Plan, home: &Home, kept: Kept, seed: u64) -> Actor {
    let msrp = SocketAddr::new(home.store(kept).ip(), home.msrp_port);
    let ids = IdSource::new(seed, kept.store());
    let mut config = Config::new(kept, (home.store(kept), msrp), home.core, &home.store_uri(kept), ids);
    config.ims = plan.ims;
    for arrangement in plan.arrangements.iter().filter(|a| a.who == kept.store()) {
        match &arrangement.what {
            Arranged::Answers(status) => config.refuses = Some(*status),
            Arranged::SessionTimer(seconds, _) => config.session_interval = Some(*seconds),
            Arranged::Allows(methods) => config.allows = Some(methods.clone()),
            Arranged::Treats(name, treatment) => {
                let settings = config.users.entry(home.address_of(name)).or_default();
                match treatment {
                    Treatment::DeliversNothing => settings.offline_delivery = false,
                    Treatment::LetsNotRetrieve => settings.may_retrieve = false,
                    Treatment::IsBarred => settings.meets_policy = false,
                }
            }
            _ => {}
        }
    }
    Actor::Store(Box::new(Store::new(config, Box::new(Memory::new(stored(plan, home, kept))))))
}

/// Further URIs for which the core turns to a store, each with the store's address.
pub fn other_uris(plan: &Plan, home: &Home) -> Vec<(String, SocketAddr)> {
    let of = |kept: Kept| plan.arrangements.iter().filter(move |a| a.who == kept.store()).map(move |a| (kept, a));
    let all = [Kept::Deferred, Kept::History].into_iter().flat_map(of);
    all.filter_map(|(kept, arrangement)| match &arrangement.what {
        Arranged::IsReachedAt(uri) => Some((uri.clone(), home.store(kept))),
        _ => None,
    })
    .collect()
}
