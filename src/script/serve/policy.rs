//! What the servers of a service go by while it runs: from the operator's file, and from what users wrote into their
//! documents. It must not know where documents are kept.

use std::collections::BTreeMap;

use super::config::Config;
use crate::actors::store::Settings;

/// The policies at a moment.
#[derive(Clone, Default, Debug)]
pub(super) struct Policies {
    /// How the Deferred Messaging Function treats users, by address.
    pub deferred: BTreeMap<String, Settings>,
    /// Addresses of the users whose sessions are recorded.
    pub recorded: Vec<String>,
}

impl Policies {
    /// Those of the operator's file.
    pub fn of(config: &Config) -> Policies {
        let mut policies = Policies::default();
        for (name, user) in &config.users {
            let address = config.address_of(name);
            if user.history {
                policies.recorded.push(address.clone());
            }
            if let Some(offline_delivery) = user.offline_delivery {
                let settings = Settings { offline_delivery, ..Settings::default() };
                policies.deferred.insert(address.to_ascii_lowercase(), settings);
            }
        }
        policies
    }
}
