//! How a client is set up for a scenario: what differs from its default. Says nothing of why.

use serde::{Deserialize, Serialize};

use super::act::Intention;

/// How a client is set up. What went before is forgotten, as if it had been switched off and on again.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Arrange {
    /// Its address of record.
    pub address: String,
    pub client: Kind,
    /// The SIP/IP core is a 3GPP IMS.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ims: bool,
    /// What it does of its own accord.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub intentions: Vec<Intention>,
    /// Answers every invitation with this status, without a look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<u16>,
    /// How long it rings before its user takes an invitation that is his to take, in milliseconds. Without it the user
    /// does so when he is told to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rings: Option<u64>,
    /// The longest session interval that it agrees to, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_interval: Option<u32>,
    /// Methods of Allow in place of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// Parameters of Contact beyond the feature tag.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contact_parameters: Vec<String>,
    /// Opens the MSRP connection itself wherever the other side leaves the choice (RFC 6135 §4.2.2).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub connects: bool,
    /// Leaves the MSRP connection to the other side to close.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keeps_connection: bool,
    /// Sends the delivery report (IMDN) for a message this long after the session, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports_after: Option<u64>,
    /// The largest message that it takes over MSRP, in octets: of a longer one it wants no more (RFC 4975 §10.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_message: Option<u64>,
    /// MAX-ADHOC-GROUP-SIZE: how many people may be invited to an ad-hoc conference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_adhoc_group_size: Option<usize>,
    /// Every hop to any recipient is known to be connection-oriented, so pager mode has no limit of size (IM 8.1).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub connection_oriented: bool,
    /// The MSRP relay that acts on its behalf (RFC 4976).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay: Option<RelayAccount>,
}

/// Who a client is to its MSRP relay.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RelayAccount {
    /// The relay's own URI, with an address for its host, and a port.
    pub uri: String,
    pub user: String,
    pub password: String,
}

/// The two kinds of client (IM 9.1.1.1, CPM 7.3.2.1).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    #[default]
    Im,
    Cpm,
}
