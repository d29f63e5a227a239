//! What the Controlling Function is provisioned with: factories, groups with their rules, limits and local policy.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::stack::session_timer::SessionExpires;
use crate::stack::{IdSource, Security};
use crate::wire::uri;

/// Who may do something.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    #[default]
    Anyone,
    /// The members of the group.
    Members,
    /// These addresses.
    These(Vec<String>),
    /// Those of any of these.
    OneOf(Vec<Who>),
    Nobody,
}

/// A pre-defined IM group as its document in the XDMS has it.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Group {
    /// The IM Group Identity.
    pub uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    pub members: Vec<Member>,
    /// `<invite-members>`: its session begins with an invitation of all members. Without it is a chat group, which
    /// members join by themselves; where anyone may, it is a public conference.
    pub invites_members: bool,
    /// `<max-participant-count>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_participants: Option<usize>,
    /// `<allow-initiate-conference>` (IM 7.2.2.3).
    pub may_initiate: Who,
    /// `<join-handling>` (IM 7.2.2.9).
    pub may_join: Who,
    /// `<allow-anonymity>`.
    pub allows_anonymity: bool,
}

/// A member of a group.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Member {
    pub uri: String,
    /// The nick name that the group gives him.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// Which of the failures that came from all invited users the inviter gets (IM 7.2.1.1, 7.2.1.2).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum FinalPolicy {
    #[default]
    Lowest,
    Highest,
    Last,
}

/// What becomes of an invited user who accepts anonymously where nobody may (IM 7.2.2.2 on 200, step 3).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnAnonymous {
    /// He stays, and his identity is shown.
    #[default]
    Ignore,
    /// He is removed at once.
    Release,
}

/// When a session ends, beyond the end of a session of two by either of them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Ends {
    #[default]
    LastLeaves,
    /// One participant alone is no session.
    OneIsLeft,
    InviterLeaves,
}

/// When the sender of a large message hears of its success.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Reports {
    /// When the Controlling Function has all of it.
    #[default]
    OnReceipt,
    /// When every recipient has taken or refused it, and one has taken it.
    OnDelivery,
}

/// What the server is provisioned with.
#[derive(Clone, Debug)]
pub struct Config {
    pub sip: SocketAddr,
    pub msrp: SocketAddr,
    pub core: SocketAddr,
    /// How it secures its streams, and everybody in its network.
    pub security: Security,
    /// Whether it takes requests that begin something from the core alone, which knows who sends them.
    pub only_from_core: bool,
    /// Its own identity.
    pub address: String,
    /// The Conference-factory-URIs that are allocated.
    pub factories: Vec<String>,
    /// Who may use them.
    pub may_use_factory: Who,
    /// MAX-ADHOC-GROUP-SIZE: users that one list may name.
    pub max_adhoc: usize,
    /// Whether participants of ad-hoc sessions may be anonymous.
    pub adhoc_anonymity: bool,
    pub groups: Vec<Group>,
    /// The feature tags that it names.
    pub feature_tag: &'static str,
    /// The SIP/IP core is a 3GPP IMS: who has no P-Asserted-Identity is not known.
    pub ims: bool,
    /// Refuses every invitation with this status, without a look at it.
    pub refuses: Option<u16>,
    /// Media types that it takes and gives on.
    pub accepts: Vec<String>,
    /// Private messages and nicknames in conferences (RFC 7701 §6.2, §7), and nicknames that nobody may have.
    pub private_messages: bool,
    pub nicknames: bool,
    pub reserved_nicknames: Vec<String>,
    pub final_policy: FinalPolicy,
    pub on_anonymous: OnAnonymous,
    pub ends: Ends,
    pub reports: Reports,
    /// Answers the inviter before anybody has accepted.
    pub answers_early: bool,
    /// Takes what one participant changes about the media on to the others (IM 7.2.1.5 NOTE).
    pub updates_others: bool,
    /// Methods of Allow in place of its own.
    pub allows: Option<Vec<String>>,
    /// What is asked for about the session timer when users are invited.
    pub session_expires: Option<SessionExpires>,
    /// The longest session interval that it agrees to, in seconds.
    pub session_interval: Option<u32>,
    /// The longest subscription, in seconds.
    pub subscription: u32,
    /// How long the next chunk of a message may take (RFC 7701 §6.1).
    pub chunk_timer: Duration,
    /// Octets that may wait for a participant who is slow; one who makes more wait is removed.
    pub backlog: usize,
    /// The largest message that is taken, in octets.
    pub max_message: u64,
    pub ids: IdSource,
}

impl Config {
    /// A server with no groups, where anyone may use the one factory.
    pub fn new(sip: SocketAddr, msrp: SocketAddr, core: SocketAddr, factory: &str, ids: IdSource) -> Config {
        Config {
            sip,
            msrp,
            core,
            security: Security::default(),
            only_from_core: false,
            address: factory.to_owned(),
            factories: vec![factory.to_owned()],
            may_use_factory: Who::Anyone,
            max_adhoc: 1000,
            adhoc_anonymity: true,
            groups: Vec::new(),
            feature_tag: "+g.oma.sip-im",
            ims: false,
            refuses: None,
            accepts: ACCEPTS.iter().map(|kind| (*kind).to_owned()).collect(),
            private_messages: true,
            nicknames: true,
            reserved_nicknames: Vec::new(),
            final_policy: FinalPolicy::default(),
            on_anonymous: OnAnonymous::default(),
            ends: Ends::default(),
            reports: Reports::default(),
            answers_early: false,
            updates_others: false,
            allows: None,
            session_expires: None,
            session_interval: None,
            subscription: 3600,
            chunk_timer: Duration::from_secs(540),
            backlog: 4 << 20,
            max_message: 64 << 20,
            ids,
        }
    }

    /// The group of that identity; what kind of session is meant does not count (IM E.2.1).
    pub fn group(&self, target: &str) -> Option<&Group> {
        self.groups.iter().find(|group| same_service(&group.uri, target))
    }

    pub fn is_factory(&self, target: &str) -> bool {
        self.factories.iter().any(|factory| same_service(factory, target))
    }
}

impl Group {
    /// A group that invites its members, who alone may initiate and join.
    pub fn new(uri: &str, members: &[&str]) -> Group {
        let member = |uri: &&str| Member { uri: (*uri).to_owned(), display_name: None };
        Group {
            uri: uri.to_owned(),
            members: members.iter().map(member).collect(),
            invites_members: true,
            may_initiate: Who::Members,
            may_join: Who::Members,
            ..Group::default()
        }
    }

    pub fn member(&self, address: &str) -> Option<&Member> {
        self.members.iter().find(|member| uri::same(&member.uri, address))
    }
}

impl Who {
    /// Whether somebody is among them.
    pub fn includes(&self, address: &str, group: Option<&Group>) -> bool {
        match self {
            Who::Anyone => true,
            Who::Members => group.is_some_and(|group| group.member(address).is_some()),
            Who::These(addresses) => addresses.iter().any(|known| uri::same(known, address)),
            Who::OneOf(several) => several.iter().any(|who| who.includes(address, group)),
            Who::Nobody => false,
        }
    }
}

const ACCEPTS: &[&str] = &["message/cpim", "text/plain", "text/html", "message/external-body"];

/// Whether two URIs name the same service, whatever kind of session a client asks for.
fn same_service(a: &str, b: &str) -> bool {
    uri::same_ignoring_params(a, b, &["sessiontype", "session"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(who: Who, address: &str, expected: bool) {
        let group = Group::new("sip:team@h", &["sip:bob@h"]);
        assert_eq!(who.includes(address, Some(&group)), expected, "{who:?} {address}");
    }

    #[test]
    fn rules_name_who_may() {
        check(Who::Anyone, "sip:eve@h", true);
        check(Who::Nobody, "sip:bob@h", false);
        check(Who::Members, "sip:bob@H", true);
        check(Who::Members, "sip:eve@h", false);
        check(Who::These(vec!["sip:eve@h".to_owned()]), "sip:eve@h", true);
        check(Who::These(vec!["sip:eve@h".to_owned()]), "sip:bob@h", false);
        check(Who::OneOf(vec![Who::Nobody, Who::Members]), "sip:bob@h", true);
        check(Who::OneOf(Vec::new()), "sip:bob@h", false);
    }
}
