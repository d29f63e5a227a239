//! What the user of `imspec judge` says of the network that was captured: addresses that no packet tells the meaning of.

use clap::Args;

use crate::judge::Cast;

/// Addresses that clients of the network are provisioned with.
#[derive(Debug, Default, Args)]
pub struct Network {
    /// The conference factory of the captured network
    #[arg(long, value_name = "URI")]
    conference_factory: Option<String>,
    /// A pre-defined group of that network; may be given again
    #[arg(long = "group", value_name = "URI")]
    groups: Vec<String>,
    /// A public conference there; may be given again
    #[arg(long = "public-conference", value_name = "URI")]
    public_conferences: Vec<String>,
    /// The store for deferred messages there
    #[arg(long, value_name = "URI")]
    deferred_store: Option<String>,
    /// The store for the history there
    #[arg(long, value_name = "URI")]
    history_store: Option<String>,
    /// The MSRP relay that clients there use
    #[arg(long, value_name = "URI")]
    msrp_relay: Option<String>,
}

impl Network {
    /// What is known so, before anybody was seen.
    pub fn known(self) -> Cast {
        Cast {
            conference_factory: self.conference_factory,
            groups: self.groups.into_iter().map(|group| (group.clone(), group)).collect(),
            public_conferences: self.public_conferences,
            deferred_store: self.deferred_store,
            history_store: self.history_store,
            relay: self.msrp_relay,
            ..Cast::default()
        }
    }
}
