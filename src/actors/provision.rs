//! What a server is provisioned with for a scenario: groups, rules, limits, policies and kept messages. A third party's
//! server is told so too, in the words of this schema. Says nothing of why.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::Actor;
use super::act::{Kept, Kind};
use super::controlling::{self, ControllingFunction, Group, OnAnonymous, Who};
use super::participating::{self, ParticipatingFunction};
use super::store::{self, Class, Memory, Settings, Store, Stored};
use crate::stack::session_timer::{Refresher, SessionExpires};
use crate::stack::{IdSource, Security};

/// Everything that a server knows, by the role that it plays. What went before is forgotten.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "plays", rename_all = "kebab-case")]
pub enum Provision {
    ControllingFunction(Controlling),
    ParticipatingFunction(Participating),
    DeferredMessagingFunction(Keeping),
    HistoryFunction(Keeping),
}

/// What a Controlling Function knows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Controlling {
    /// Its own identity.
    pub address: String,
    /// The service that it gives.
    pub service: Kind,
    /// The SIP/IP core is a 3GPP IMS.
    pub ims: bool,
    /// The Conference-factory-URIs that are allocated.
    pub factories: Vec<String>,
    pub may_use_factory: Who,
    /// MAX-ADHOC-GROUP-SIZE: users that one list may name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_adhoc_group_size: Option<usize>,
    /// Whether participants of ad-hoc sessions may be anonymous.
    pub adhoc_anonymity: bool,
    pub groups: Vec<Group>,
    /// What becomes of an invited user who accepts anonymously where nobody may be anonymous.
    pub on_anonymous: OnAnonymous,
    /// The inviter gets his 200 before anybody has accepted.
    pub answers_early: bool,
    /// What one participant changes about the media is taken on to the others.
    pub updates_others: bool,
    /// Refuses every invitation with this status, without a look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<u16>,
    /// Methods of Allow in place of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// The session interval that it asks for and agrees to, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_interval: Option<u32>,
    /// Who shall refresh the session, where it asks for an interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresher: Option<Side>,
}

/// A side of a session (RFC 4028 §3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Uac,
    Uas,
}

/// What a Participating Function knows.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Participating {
    /// Addresses of the users that it serves.
    pub serves: Vec<String>,
    /// It stays in the media path of their sessions; else only in the signalling path.
    pub in_media_path: bool,
    /// The URI of the History Function.
    pub history: String,
    /// Addresses of the users whose settings have `history=yes`.
    pub recorded: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// The longest session interval that it agrees to, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_interval: Option<u32>,
}

/// What a Deferred Messaging Function or a History Function knows.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Keeping {
    /// The URI that it answers for.
    pub address: String,
    /// The SIP/IP core is a 3GPP IMS.
    pub ims: bool,
    /// How users are treated, by their addresses; everybody else is treated as by default.
    pub users: BTreeMap<String, Settings>,
    /// What is kept already, the oldest first, and nothing else.
    pub messages: Vec<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// The longest session interval that it asks for and agrees to, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_interval: Option<u32>,
}

/// A message that is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Message {
    /// The URI by which lists name it.
    pub id: String,
    /// Its Message-ID over MSRP.
    pub message_id: String,
    /// Address of whom it is for.
    pub owner: String,
    /// Address of who wrote it.
    pub from: String,
    /// When it was written (RFC 3339).
    pub date_time: String,
    pub content_type: String,
    pub text: String,
}

/// Where a server is, and where the core is.
#[derive(Clone, Debug)]
pub struct At {
    pub sip: SocketAddr,
    pub msrp: SocketAddr,
    pub core: SocketAddr,
    pub security: Security,
}

impl Default for Controlling {
    fn default() -> Controlling {
        Controlling {
            address: String::new(),
            service: Kind::Im,
            ims: false,
            factories: Vec::new(),
            may_use_factory: Who::Anyone,
            max_adhoc_group_size: None,
            adhoc_anonymity: true,
            groups: Vec::new(),
            on_anonymous: OnAnonymous::Ignore,
            answers_early: false,
            updates_others: false,
            answers: None,
            allow: None,
            session_interval: None,
            refresher: None,
        }
    }
}

impl Provision {
    /// Every role, by its name.
    pub const ROLES: &[&str] =
        &["controlling-function", "participating-function", "deferred-messaging-function", "history-function"];

    /// The role that is provisioned.
    pub fn plays(&self) -> &'static str {
        let nth = match self {
            Provision::ControllingFunction(_) => 0,
            Provision::ParticipatingFunction(_) => 1,
            Provision::DeferredMessagingFunction(_) => 2,
            Provision::HistoryFunction(_) => 3,
        };
        Provision::ROLES[nth]
    }

    /// Our server that is provisioned so.
    pub fn server(&self, at: At, ids: IdSource) -> Actor {
        match self {
            Provision::ControllingFunction(known) => {
                Actor::Controlling(Box::new(ControllingFunction::new(known.config(at, ids))))
            }
            Provision::ParticipatingFunction(known) => {
                Actor::Participating(Box::new(ParticipatingFunction::new(known.config(at, ids))))
            }
            Provision::DeferredMessagingFunction(known) => known.store(Kept::Deferred, at, ids),
            Provision::HistoryFunction(known) => known.store(Kept::History, at, ids),
        }
    }
}

impl Controlling {
    fn config(&self, at: At, ids: IdSource) -> controlling::Config {
        let usual = controlling::Config::new(at.sip, at.msrp, at.core, &self.address, ids);
        let side = |side| if side == Side::Uac { Refresher::Uac } else { Refresher::Uas };
        let asked = self.session_interval.zip(self.refresher);
        controlling::Config {
            factories: self.factories.clone(),
            may_use_factory: self.may_use_factory.clone(),
            max_adhoc: self.max_adhoc_group_size.unwrap_or(usual.max_adhoc),
            adhoc_anonymity: self.adhoc_anonymity,
            groups: self.groups.clone(),
            feature_tag: self.service.feature_tag(),
            ims: self.ims,
            refuses: self.answers,
            on_anonymous: self.on_anonymous,
            answers_early: self.answers_early,
            updates_others: self.updates_others,
            allows: self.allow.clone(),
            session_expires: asked.map(|(seconds, by)| SessionExpires { seconds, refresher: Some(side(by)) }),
            session_interval: self.session_interval,
            security: at.security,
            ..usual
        }
    }
}

impl Participating {
    fn config(&self, at: At, ids: IdSource) -> participating::Config {
        participating::Config {
            sip: at.sip,
            msrp: at.msrp,
            core: at.core,
            security: at.security,
            only_from_core: false,
            serves: self.serves.clone(),
            in_media_path: self.in_media_path,
            feature_tag: Kind::Im.feature_tag(),
            history: self.history.clone(),
            recorded: self.recorded.clone(),
            allows: self.allow.clone(),
            session_interval: self.session_interval,
            ids,
        }
    }
}

impl Keeping {
    fn store(&self, kept: Kept, at: At, ids: IdSource) -> Actor {
        let config = store::Config {
            ims: self.ims,
            users: self.users.clone(),
            refuses: self.answers,
            allows: self.allow.clone(),
            session_interval: self.session_interval,
            security: at.security,
            ..store::Config::new(kept, (at.sip, at.msrp), at.core, &self.address, ids)
        };
        let memory = Memory::new(self.messages.iter().map(Message::stored));
        Actor::Store(Box::new(Store::new(config, Box::new(memory))))
    }
}

impl Message {
    /// The message as a store of ours has it.
    pub fn stored(&self) -> Stored {
        Stored {
            id: self.id.clone(),
            message_id: self.message_id.clone(),
            owner: self.owner.clone(),
            from: self.from.clone(),
            date_time: self.date_time.clone(),
            subject: None,
            class: Class::Text,
            headers: Vec::new(),
            content_type: self.content_type.clone(),
            body: self.text.clone().into(),
        }
    }
}
