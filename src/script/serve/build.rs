//! The servers of a service, from what its operator wrote.

use super::config::{Config, Role, User};
use super::error::ServeError;
use crate::actors::Actor;
use crate::actors::act::Kept;
use crate::actors::client::Kind;
use crate::actors::controlling::{self, ControllingFunction};
use crate::actors::core::{self, Core};
use crate::actors::participating::{self, ParticipatingFunction};
use crate::actors::relay::{self, Relay};
use crate::actors::store::{self, Memory, Storage, Store};
use crate::net::store::Durable;
use crate::stack::digest::Account;
use crate::stack::{IdSource, Security};

/// The server of that role; nothing where the file has no section for it, or it takes neither SIP nor MSRP. Chance comes from `seed`.
///
/// Errors: what was kept cannot be had.
pub fn server(config: &Config, role: Role, seed: u64, security: &Security) -> Result<Option<Actor>, ServeError> {
    let ids = IdSource::new(seed, role.word());
    Ok(match role {
        Role::Core => Some(Actor::Core(Box::new(Core::new(core_config(config, ids, security))))),
        Role::ControllingFunction => controlling_config(config, ids, security)
            .map(|config| Actor::Controlling(Box::new(ControllingFunction::new(config)))),
        Role::DeferredMessagingFunction => store(config, role, Kept::Deferred, (ids, security))?,
        Role::HistoryFunction => store(config, role, Kept::History, (ids, security))?,
        Role::ParticipatingFunction => participating_config(config, ids, security)
            .map(|config| Actor::Participating(Box::new(ParticipatingFunction::new(config)))),
        Role::MsrpRelay => config.msrp_relay.as_ref().map(|section| {
            let own = relay::Config::new(section.msrp, &config.domain, accounts(config), ids);
            Actor::Relay(Box::new(Relay::new(relay::Config {
                // Who a client is, its password tells, and not what it shows (RFC 4976 §9.2).
                layer: security.msrp_layer(),
                expires: section.expires.unwrap_or(own.expires),
                ..own
            })))
        }),
        Role::Xdms => None,
    })
}

/// Those whom the service asks for passwords.
pub fn accounts(config: &Config) -> Vec<Account> {
    let account = |(user, section): (&String, &User)| {
        section.password.clone().map(|password| Account { user: user.clone(), password })
    };
    config.users.iter().filter_map(account).collect()
}

fn core_config(config: &Config, ids: IdSource, security: &Security) -> core::Config {
    let mut own = core::Config::new(config.core.sip, &config.domain, ids);
    own.security = security.clone();
    if let Some(at) = config.sip(Role::ControllingFunction) {
        own.services.extend(config.controlling_uris().into_iter().map(|uri| (uri, at)));
    }
    for (kept, role) in [(Kept::Deferred, Role::DeferredMessagingFunction), (Kept::History, Role::HistoryFunction)] {
        own.services.extend(config.store_uri(kept).zip(config.sip(role)));
    }
    own.told = config.store_uri(Kept::Deferred).zip(config.sip(Role::DeferredMessagingFunction)).into_iter().collect();
    own.deferred = config.sip(Role::DeferredMessagingFunction);
    if let Some(sip) = config.sip(Role::ParticipatingFunction) {
        own.participating.push(core::Participating { sip, serves: config.participating() });
    }
    own.subscribers = config.users.keys().map(|user| user.to_ascii_lowercase()).collect();
    own.ims = config.ims;
    own.accounts = accounts(config);
    if let Some(digest) = &config.core.digest {
        own.algorithms = digest.iter().map(|digest| digest.algorithm()).collect();
    }
    own
}

fn controlling_config(config: &Config, ids: IdSource, security: &Security) -> Option<controlling::Config> {
    let section = config.controlling_function.as_ref()?;
    let msrp = config.msrp(Role::ControllingFunction)?;
    let factory = config.address_of(&section.factory);
    let mut own = controlling::Config::new(section.sip, msrp, config.core.sip, &factory, ids);
    own.factories.extend(section.cpm.iter().map(|name| config.address_of(name)));
    own.security = security.clone();
    own.groups = config.group_documents();
    own.ims = config.ims;
    own.only_from_core = config.asks_for_passwords();
    own.adhoc_anonymity = section.adhoc_anonymity;
    own.max_adhoc = section.max_adhoc_group_size.unwrap_or(own.max_adhoc);
    Some(own)
}

fn store(
    config: &Config,
    role: Role,
    kept: Kept,
    (ids, security): (IdSource, &Security),
) -> Result<Option<Actor>, ServeError> {
    let (Some(section), Some(msrp), Some(address)) =
        (config.store_section(kept), config.msrp(role), config.store_uri(kept))
    else {
        return Ok(None);
    };
    let mut own = store::Config::new(kept, (section.sip, msrp), config.core.sip, &address, ids);
    own.domain = config.domain.clone();
    own.security = security.clone();
    own.ims = config.ims;
    own.only_from_core = config.asks_for_passwords();
    let storage: Box<dyn Storage> = match config.file(kept.word())? {
        Some(path) => Box::new(Durable::open(&path).map_err(|error| ServeError::store(&path, error))?),
        None => Box::new(Memory::default()),
    };
    Ok(Some(Actor::Store(Box::new(Store::new(own, storage)))))
}

fn participating_config(config: &Config, ids: IdSource, security: &Security) -> Option<participating::Config> {
    let section = config.participating_function.as_ref()?;
    Some(participating::Config {
        sip: section.sip,
        msrp: config.msrp(Role::ParticipatingFunction).unwrap_or(section.sip),
        core: config.core.sip,
        security: security.clone(),
        only_from_core: config.asks_for_passwords(),
        serves: config.participating(),
        in_media_path: section.media_path,
        feature_tag: Kind::Im.feature_tag(),
        history: config.store_uri(Kept::History).unwrap_or_default(),
        recorded: Vec::new(),
        allows: None,
        session_interval: None,
        ids,
    })
}
