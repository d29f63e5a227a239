//! What a client is provisioned with, and how its kind differs from the other.

use std::net::SocketAddr;
use std::time::Duration;

pub use crate::actors::act::Kind;
use crate::actors::act::{Arrange, Intention, RelayAccount};
use crate::stack::digest::Account;
use crate::stack::msrp::Relays;
use crate::stack::{IdSource, Security};
use crate::wire::uri::Uri;

impl Kind {
    /// The release in User-Agent: Appendix F for IM, and in its likeness for CPM, whose format is not settled.
    pub fn product(self) -> &'static str {
        match self {
            Kind::Im => concat!("IM-client/OMA1.0 imspec/", env!("CARGO_PKG_VERSION")),
            Kind::Cpm => concat!("CPM-client/OMA1.0 imspec/", env!("CARGO_PKG_VERSION")),
        }
    }

    /// The feature tag of Contact and Accept-Contact.
    pub fn feature_tag(self) -> &'static str {
        match self {
            Kind::Im => "+g.oma.sip-im",
            Kind::Cpm => "+g.oma.sip-im.large-message",
        }
    }
}

/// What a client is provisioned with, and how it is arranged to behave.
#[derive(Clone, Debug)]
pub struct Config {
    pub kind: Kind,
    /// Address of record.
    pub address: String,
    /// What it answers with where the network asks for a password (RFC 3261 §22).
    pub password: Option<String>,
    /// It speaks SIP over TCP alone, and says so in its Contact.
    pub over_tcp: bool,
    /// The registrar's domain as a URI.
    pub registrar: String,
    pub sip: SocketAddr,
    pub msrp: SocketAddr,
    /// The SIP/IP core.
    pub core: SocketAddr,
    /// How it secures its streams, and everybody in its network.
    pub security: Security,
    /// Where a message to several goes: the Conference-factory-URI, or the CPM Controlling Function.
    pub exploder: String,
    /// MAX-ADHOC-GROUP-SIZE: how many people may be invited to an ad-hoc conference, where that is limited.
    pub max_adhoc_group_size: Option<usize>,
    /// Where deferred messages are retrieved (IM 12.1.1).
    pub deferred_store: String,
    /// Where history is retrieved (IM 13.1.3).
    pub history_store: String,
    /// The SIP/IP core is a 3GPP IMS.
    pub ims: bool,
    /// Every hop to any recipient is known to be connection-oriented, so pager mode has no limit of size (IM 8.1).
    pub connection_oriented: bool,
    /// Answers every invitation with this status, without a look at it.
    pub refuses: Option<u16>,
    /// How long it rings before its user takes an invitation that is his to take.
    pub rings: Duration,
    /// The longest session interval that it agrees to, in seconds.
    pub session_interval: Option<u32>,
    /// Methods of Allow in place of its own.
    pub allows: Option<Vec<String>>,
    /// Opens the MSRP connection itself wherever the other side leaves the choice (RFC 6135 §4.2.2).
    pub connects: bool,
    /// Parameters of Contact beyond the feature tag.
    pub contact_parameters: Vec<String>,
    pub intentions: Vec<Intention>,
    /// When it sends a delivery report that was asked for, after the session.
    pub reports_after: Option<Duration>,
    /// The largest message that it takes over MSRP, in octets, where that is not the endpoint's own limit.
    pub largest_message: Option<u64>,
    /// The MSRP relays that act on its behalf (RFC 4976).
    pub relays: Option<Relays>,
    pub switches: Switches,
    pub ids: IdSource,
}

impl Config {
    /// A user's IM client with these sockets, in a home network of which it knows its core, its registrar's domain and
    /// where messages to several go. It answers at once, and is arranged for nothing.
    pub fn new(
        address: &str,
        domain: &str,
        exploder: &str,
        [sip, msrp, core]: [SocketAddr; 3],
        ids: IdSource,
    ) -> Config {
        Config {
            kind: Kind::Im,
            address: address.to_owned(),
            password: None,
            over_tcp: false,
            registrar: format!("sip:{domain}"),
            sip,
            msrp,
            core,
            security: Security::default(),
            exploder: exploder.to_owned(),
            max_adhoc_group_size: None,
            deferred_store: format!("sip:deferred@{domain}"),
            history_store: format!("sip:history@{domain}"),
            ims: false,
            connection_oriented: false,
            refuses: None,
            rings: Duration::ZERO,
            session_interval: None,
            allows: None,
            connects: false,
            contact_parameters: Vec::new(),
            intentions: Vec::new(),
            reports_after: None,
            largest_message: None,
            relays: None,
            switches: Switches::default(),
            ids,
        }
    }

    /// Sets up what an arrangement says, and leaves the rest as it is. The address of record is that of the client.
    #[must_use]
    pub fn arranged(self, arrange: &Arrange) -> Config {
        let mut switches = self.switches;
        switches.keeps_connection |= arrange.keeps_connection;
        Config {
            kind: arrange.client,
            ims: arrange.ims,
            connection_oriented: arrange.connection_oriented,
            refuses: arrange.answers,
            rings: arrange.rings.map_or(self.rings, Duration::from_millis),
            session_interval: arrange.session_interval,
            allows: arrange.allow.clone(),
            connects: arrange.connects,
            contact_parameters: arrange.contact_parameters.clone(),
            intentions: arrange.intentions.clone(),
            max_adhoc_group_size: arrange.max_adhoc_group_size.or(self.max_adhoc_group_size),
            largest_message: arrange.largest_message,
            relays: arrange.relay.as_ref().and_then(relays),
            reports_after: arrange.reports_after.map(Duration::from_millis),
            switches,
            ..self
        }
    }
}

/// The only relay of a client; nothing where its URI does not say where it is.
fn relays(account: &RelayAccount) -> Option<Relays> {
    let uri = Uri::parse(&account.uri);
    Some(Relays {
        at: SocketAddr::from((uri.host?.ip()?, uri.port?)),
        uris: vec![account.uri.clone()],
        account: Account { user: account.user.clone(), password: account.password.clone() },
        expires: None,
    })
}

/// Bugs that cannot be put on a client from outside, because they are in what it remembers or decides.
/// All off: the client does what its specification says.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Switches {
    /// Releases the session when its first chunk is acknowledged.
    pub releases_early: bool,
    /// Takes the acceptance of a message for its delivery.
    pub delivers_too_soon: bool,
    /// Throws pointers to external content away.
    pub drops_external_content: bool,
    /// Keeps silent towards its user.
    pub tells_nothing: bool,
    /// Leaves the MSRP connection open at the end of the session.
    pub keeps_connection: bool,
    /// Asks for all stored messages with an empty list.
    pub sends_empty_list: bool,
    /// Agrees to a modification of the media, and goes on as before.
    pub keeps_media: bool,
    /// Sends requests by datagram, whatever their size.
    pub trusts_datagrams: bool,
    /// Sends a message while another one to the same URI is pending.
    pub overlaps_messages: bool,
    /// Invites more people to an ad-hoc conference than it may.
    pub ignores_group_size: bool,
    /// Takes those who are invited to a conference for participants.
    pub trusts_invitations: bool,
    /// Uses one path through its MSRP relay for all sessions.
    pub reuses_paths: bool,
    /// Connects to its peer itself, whatever relays are on the way.
    pub goes_past_relays: bool,
    /// Opens its MSRP connections without TLS, whatever it agreed on.
    pub speaks_plainly: bool,
    /// Leaves the connection open to a peer that shows another certificate than that of its fingerprint.
    pub endures_strangers: bool,
}

impl Switches {
    /// Every switch by name, with what it does.
    pub const NAMES: &[(&str, &str)] = &[
        ("releases-early", "releases the session when its first chunk is acknowledged"),
        ("delivers-too-soon", "takes the acceptance of a message for its delivery"),
        ("drops-external-content", "throws pointers to external content away"),
        ("tells-nothing", "keeps silent towards its user"),
        ("keeps-connection", "leaves the MSRP connection open at the end of the session"),
        ("sends-empty-list", "asks for all stored messages with an empty list"),
        ("keeps-media", "agrees to a modification of the media, and goes on as before"),
        ("trusts-datagrams", "sends requests by datagram, whatever their size"),
        ("overlaps-messages", "sends a message while another one to the same URI is pending"),
        ("ignores-group-size", "invites more people to an ad-hoc conference than it may"),
        ("trusts-invitations", "takes those who are invited to a conference for participants"),
        ("reuses-paths", "uses one path through its MSRP relay for all sessions"),
        ("goes-past-relays", "connects to its peer itself, whatever relays are on the way"),
        (
            "endures-strangers",
            "leaves the connection open to a peer that shows another certificate than that of its fingerprint",
        ),
        ("speaks-plainly", "opens its MSRP connections without TLS, whatever it agreed on"),
    ];

    /// The switches with one turned on; nothing where there is none of that name.
    pub fn with(mut self, name: &str) -> Option<Switches> {
        let switch = match name {
            "releases-early" => &mut self.releases_early,
            "delivers-too-soon" => &mut self.delivers_too_soon,
            "drops-external-content" => &mut self.drops_external_content,
            "tells-nothing" => &mut self.tells_nothing,
            "keeps-connection" => &mut self.keeps_connection,
            "sends-empty-list" => &mut self.sends_empty_list,
            "keeps-media" => &mut self.keeps_media,
            "trusts-datagrams" => &mut self.trusts_datagrams,
            "overlaps-messages" => &mut self.overlaps_messages,
            "ignores-group-size" => &mut self.ignores_group_size,
            "trusts-invitations" => &mut self.trusts_invitations,
            "reuses-paths" => &mut self.reuses_paths,
            "goes-past-relays" => &mut self.goes_past_relays,
            "endures-strangers" => &mut self.endures_strangers,
            "speaks-plainly" => &mut self.speaks_plainly,
            _ => return None,
        };
        *switch = true;
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_has_its_name() {
        for (name, _) in Switches::NAMES {
            let on = Switches::default().with(name);
            assert!(on.is_some_and(|on| on != Switches::default()), "{name}");
        }
        assert_eq!(Switches::default().with("is-perfect"), None);
    }
}
