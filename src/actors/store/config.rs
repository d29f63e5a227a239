//! What a store is provisioned with: where it is, whom it serves, and how it treats each of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::actors::act::Kept;
use crate::stack::{IdSource, Security};

/// What the server is provisioned with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The Deferred Messaging Function or the History Function.
    pub kept: Kept,
    pub sip: SocketAddr,
    pub msrp: SocketAddr,
    pub core: SocketAddr,
    /// How it secures its streams, and everybody in its network.
    pub security: Security,
    /// Whether it takes requests that begin something from the core alone, which knows who sends them.
    pub only_from_core: bool,
    /// The URI that it answers for.
    pub address: String,
    /// The domain whose users it serves.
    pub domain: String,
    pub feature_tag: &'static str,
    /// The SIP/IP core is a 3GPP IMS: it says who asks, and what is charged for is marked.
    pub ims: bool,
    /// How users are treated, by their addresses.
    pub users: BTreeMap<String, Settings>,
    /// How everybody else is treated.
    pub others: Settings,
    /// Refuses every invitation with this status.
    pub refuses: Option<u16>,
    /// Methods of Allow in place of its own.
    pub allows: Option<Vec<String>>,
    /// The longest session interval that it asks for and agrees to, in seconds.
    pub session_interval: Option<u32>,
    pub ids: IdSource,
}

impl Config {
    /// A store that treats everybody alike.
    pub fn new(
        kept: Kept,
        (sip, msrp): (SocketAddr, SocketAddr),
        core: SocketAddr,
        address: &str,
        ids: IdSource,
    ) -> Config {
        Config {
            kept,
            sip,
            msrp,
            core,
            security: Security::default(),
            only_from_core: false,
            address: address.to_owned(),
            domain: address.rsplit('@').next().unwrap_or_default().to_owned(),
            feature_tag: "+g.oma.sip-im",
            ims: false,
            users: BTreeMap::new(),
            others: Settings::default(),
            refuses: None,
            allows: None,
            session_interval: None,
            ids,
        }
    }

    /// How the user of that address is treated.
    pub(super) fn settings(&self, user: &str) -> Settings {
        self.users.get(user).copied().unwrap_or(self.others)
    }
}

/// How a user is treated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Settings {
    /// `<offline-delivery active>` of his service settings (IM Appendix E): what waits for him is sent when he
    /// registers. Else he is told that it waits.
    pub offline_delivery: bool,
    /// He may retrieve what the store has for him (IM 12.4.1 step 2).
    pub may_retrieve: bool,
    /// The operator's policies for the service and for him are met (IM 12.4.1 step 3).
    pub meets_policy: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { offline_delivery: true, may_retrieve: true, meets_policy: true }
    }
}
