//! The servers of a service, from what its operator wrote.

use super::config::{Config, Role};
use crate::actors::Actor;
use crate::actors::controlling::{self, ControllingFunction};
use crate::actors::core::{self, Core};
use crate::stack::IdSource;
use crate::stack::digest::Account;

/// The server of that role; nothing where the file has no section for it. Chance comes from `seed`.
pub fn server(config: &Config, role: Role, seed: u64) -> Option<Actor> {
    let ids = IdSource::new(seed, role.word());
    match role {
        Role::Core => Some(Actor::Core(Box::new(Core::new(core_config(config, ids))))),
        Role::ControllingFunction => {
            let config = controlling_config(config, ids)?;
            Some(Actor::Controlling(Box::new(ControllingFunction::new(config))))
        }
    }
}

fn core_config(config: &Config, ids: IdSource) -> core::Config {
    let mut own = core::Config::new(config.core.sip, &config.domain, ids);
    if let Some(at) = config.sip(Role::ControllingFunction) {
        own.services.extend(config.controlling_uris().into_iter().map(|uri| (uri, at)));
    }
    own.subscribers = config.users.keys().map(|user| user.to_ascii_lowercase()).collect();
    own.ims = config.ims;
    let account = |(user, section): (&String, &super::config::User)| {
        section.password.clone().map(|password| Account { user: user.clone(), password })
    };
    own.accounts = config.users.iter().filter_map(account).collect();
    if let Some(digest) = &config.core.digest {
        own.algorithms = digest.iter().map(|digest| digest.algorithm()).collect();
    }
    own
}

fn controlling_config(config: &Config, ids: IdSource) -> Option<controlling::Config> {
    let section = config.controlling_function.as_ref()?;
    let msrp = config.msrp(Role::ControllingFunction)?;
    let factory = config.address_of(&section.factory);
    let mut own = controlling::Config::new(section.sip, msrp, config.core.sip, &factory, ids);
    own.factories.extend(section.cpm.iter().map(|name| config.address_of(name)));
    own.groups = config.group_documents();
    own.ims = config.ims;
    own.only_from_core = config.asks_for_passwords();
    own.adhoc_anonymity = section.adhoc_anonymity;
    own.max_adhoc = section.max_adhoc_group_size.unwrap_or(own.max_adhoc);
    Some(own)
}
