//! What the servers of a service go by while it runs: from the operator's file, and from what users wrote into their
//! documents. It must not know where documents are kept.

use std::collections::BTreeMap;

use super::config::Config;
use crate::actors::store::Settings;
use crate::actors::xdms::ServiceSettings;

/// The policies at a moment.
#[derive(Clone, Default, Debug)]
pub(super) struct Policies {
    /// How the Deferred Messaging Function treats users, by address.
    pub deferred: BTreeMap<String, Settings>,
    /// Addresses of the users whose sessions are recorded.
    pub recorded: Vec<String>,
}

impl Policies {
    /// Those of the operator's file, with what users set for themselves.
    pub fn of(config: &Config, settings: &[(String, ServiceSettings)]) -> Policies {
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
        let participating = config.participating();
        for (user, own) in settings {
            if let Some(offline_delivery) = own.offline_delivery {
                policies.deferred.insert(user.clone(), Settings { offline_delivery, ..Settings::default() });
            }
            let named = |address: &String| address.eq_ignore_ascii_case(user);
            match own.history {
                Some(true) => policies.recorded.extend(participating.iter().filter(|known| named(known)).cloned()),
                Some(false) => policies.recorded.retain(|known| !named(known)),
                None => {}
            }
        }
        policies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_set_counts_for_more_than_the_file() {
        let text = "domain: a.example\ncore: {sip: 127.0.0.2:5060}\nusers:\n  alice: {participating: true, history: true, \
                    offline-delivery: false}\n  bob: {participating: true}\n  carol: {}\n";
        let config = Config::parse("serve.yaml", text).unwrap();
        #[track_caller]
        fn check(config: &Config, own: &[(&str, Option<bool>, Option<bool>)], recorded: &[&str], told: &[&str]) {
            let settings: Vec<_> = own
                .iter()
                .map(|(user, offline_delivery, history)| {
                    let own = ServiceSettings { offline_delivery: *offline_delivery, history: *history };
                    (format!("sip:{user}@a.example"), own)
                })
                .collect();
            let policies = Policies::of(config, &settings);
            let of = |users: &[&str]| users.iter().map(|user| format!("sip:{user}@a.example")).collect::<Vec<_>>();
            assert_eq!(policies.recorded, of(recorded), "{own:?}");
            let waits = policies.deferred.iter().filter(|(_, settings)| !settings.offline_delivery);
            assert_eq!(waits.map(|(user, _)| user.clone()).collect::<Vec<_>>(), of(told), "{own:?}");
        }
        check(&config, &[], &["alice"], &["alice"]);
        check(&config, &[("alice", Some(true), Some(false))], &[], &[]);
        check(&config, &[("bob", Some(false), Some(true))], &["alice", "bob"], &["alice", "bob"]);
        check(&config, &[("carol", None, Some(true))], &["alice"], &["alice"]);
    }
}
