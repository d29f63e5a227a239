//! The plan of a case: what its steps lower to, and all that any stage needs to play or recognise it.
//!
//! It knows no protocol octets. Who stands behind a name is decided when the plan is carried out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::feature::Case;
use crate::actors::act::{Act, Intention, Kept, Sending};
use crate::judge::Check;
use crate::net::tamper::Tampering;

/// One scenario, lowered.
#[derive(Clone, Debug)]
pub struct Plan {
    pub case: Arc<Case>,
    pub people: Vec<Person>,
    pub groups: Vec<Group>,
    /// Whom the checks are about: the person whose client is under test, or a server by its name in [`SERVERS`].
    pub under_test: String,
    /// The SIP/IP core is a 3GPP IMS.
    pub ims: bool,
    pub arrangements: Vec<Arrangement>,
    pub network: Vec<Condition>,
    pub acts: Vec<Deed>,
    pub checks: Vec<Check>,
}

/// What steps call the servers, and what plans and casts call them.
pub const SERVERS: &[(&str, &str)] = &[
    ("Controlling Function", "conference"),
    ("conference server", "conference"),
    ("Participating Function", "participating"),
    ("deferred store", "deferred store"),
    ("history store", "history store"),
    ("SIP/IP core", "core"),
    ("MSRP relay", "relay"),
];

/// The roles of servers that can be under test, as features are tagged, each with what plans call its server.
pub const SERVER_ROLES: &[(&str, &str)] = &[
    ("controlling-function", "conference"),
    ("participating-function", "participating"),
    ("deferred-messaging-function", "deferred store"),
    ("history-function", "history store"),
];

/// What people call the server that plans call so.
pub fn called(party: &str) -> &str {
    match party {
        "conference" => "conference server",
        _ => SERVERS.iter().find(|(_, known)| *known == party).map_or(party, |(words, _)| words),
    }
}

/// A person with a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    pub name: String,
    pub client: Client,
}

/// The kind of client that a person has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Client {
    Im,
    Cpm,
}

/// A pre-defined group, or a session that goes on and is no IM session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub name: String,
    pub members: Vec<String>,
    pub is_session: bool,
}

/// How a person's client behaves other than its specification or its default has it.
#[derive(Clone, Debug)]
pub struct Arrangement {
    pub who: String,
    pub what: Arranged,
}

#[derive(Clone, Debug)]
pub enum Arranged {
    /// Answers an invitation with this status instead of accepting.
    Answers(u16),
    /// Rings and waits this long before it answers.
    Hesitates(Duration),
    Intends(Intention),
    Tampers(Tampering),
    /// Asks for, or answers with, this session interval in seconds and refresher.
    SessionTimer(u32, String),
    /// Lists these methods in Allow.
    Allows(Vec<String>),
    /// Opens the MSRP connection itself.
    Connects,
    /// Leaves the MSRP connection to the other side to close.
    KeepsConnection,
    /// Sends the delivery report (IMDN) for the message this long after the session ended.
    ReportsAfter(Duration),
    /// Takes no message over MSRP that has more octets than this.
    LargestMessage(u64),
    /// Adds this parameter to its Contact.
    ContactParameter(String),
    /// Holds as many messages for that person.
    Holds(u32, String),
    /// Serves that person, in the media path of his sessions or only in their signalling path.
    Serves(String, bool),
    /// Has that person's sessions recorded (`history=yes`).
    Records(String),
    /// Speaks SIP over TLS, whatever others do.
    SpeaksOverTls,
    /// Has not registered when the case begins.
    Offline,
    /// Treats that person so.
    Treats(String, Treatment),
    /// Gets from the SIP/IP core what is for this URI too.
    IsReachedAt(String),
    /// May invite at most so many people to an ad-hoc conference (MAX-ADHOC-GROUP-SIZE).
    LargestAdhocGroup(usize),
    /// Knows that every hop to any recipient is connection-oriented.
    ConnectionOriented,
    /// Reaches others through the MSRP relay.
    Relayed,
    /// The Controlling Function, or one of its groups, keeps to this rule.
    Keeps(Rule),
    /// The SIP/IP core asks everybody for his password.
    AsksForPasswords(Demand),
}

/// How passwords are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Demand {
    /// Bodies are protected too.
    pub integrity: bool,
    /// Who registers is told what to use next.
    pub next_nonce: bool,
}

/// A rule of the Controlling Function, or, where a group is named, of that group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rule {
    /// The factory is not allocated, or the group is another server's.
    Unknown,
    /// Only these people may use the factory, or initiate sessions of the group.
    Initiate(Vec<String>),
    /// Only these people may join sessions of the group.
    Join(Vec<String>),
    /// Users that an ad-hoc list may name, or participants that a session of the group may have.
    Room(usize),
    /// Nobody may be anonymous.
    NoAnonymity,
    /// Members of the group come by themselves, and are not invited.
    InvitesNobody,
    /// Who accepts anonymously where nobody may is removed, in place of being shown.
    RemovesAnonymous,
    /// The name that the group has for that person.
    Calls(String, String),
    /// The inviter gets his 200 before anybody has accepted.
    AnswersEarly,
    /// What one participant changes about the media is taken on to the others.
    UpdatesOthers,
}

/// How a store treats a person other than by default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Treatment {
    /// Deferred messages wait until they are asked for.
    DeliversNothing,
    /// The person is not allowed to retrieve deferred messages.
    LetsNotRetrieve,
    /// The operator's policy is against it.
    IsBarred,
}

/// A property of the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// Streams arrive one octet at a time.
    OneOctetSegments,
    /// Datagrams are lost with this probability, in percent.
    Loss(u8),
    /// MSRP goes over TLS, whatever it does elsewhere.
    MsrpOverTls,
}

/// Something that a person does, or a time that passes.
#[derive(Clone, Debug)]
pub enum Deed {
    Sends {
        who: String,
        to: Whom,
        size: u64,
        sending: Box<Sending>,
    },
    /// The person asks a store for messages by their numbers (from 1), or for all where there are none.
    Retrieves {
        who: String,
        kept: Kept,
        which: Vec<u32>,
    },
    /// What people do in sessions, each at the same moment. Addresses in the acts are names of people and groups still.
    Act(Vec<(String, Act)>),
    Waits(Duration),
}

impl Deed {
    /// Whether somebody comes, goes, or is told of what came while he was gone.
    pub fn is_about_presence(&self) -> bool {
        let presence = |act: &Act| matches!(act, Act::Register | Act::Unregister | Act::Watch);
        matches!(self, Deed::Act(acts) if acts.iter().any(|(_, act)| presence(act)))
    }
}

/// Who shall get a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whom {
    People(Vec<String>),
    Group(String),
    /// The participants of a session that goes on and is no IM session.
    Session(String),
}

/// A text of so many octets leaves no room for the rest of a request of pager mode.
const SMALL: u64 = 1300;

impl Plan {
    /// Whether a server is under test, and not somebody's client.
    pub fn tests_server(&self) -> bool {
        SERVERS.iter().any(|(_, party)| *party == self.under_test)
    }

    /// What people call whom the checks are about.
    pub fn tested(&self) -> String {
        match SERVERS.iter().find(|(_, party)| *party == self.under_test) {
            Some((words, _)) => format!("the {words}"),
            None => format!("{}'s client", self.under_test),
        }
    }

    /// Whether the first message goes by SIP MESSAGE (IM 8.1), as far as the plan itself tells.
    pub fn is_pager(&self) -> bool {
        let Some((who, to, size, sending)) = self.sends() else { return false };
        let cpm = self.people.iter().any(|p| p.name == who && p.client == Client::Cpm);
        let safe = self.arrangements.iter().any(|a| a.who == who && matches!(a.what, Arranged::ConnectionOriented));
        !cpm && sending.file.is_none()
            && (safe || size < SMALL || sending.request_octets.is_some() || matches!(to, Whom::Session(_)))
    }

    /// What the case's first message is sent to whom.
    pub fn sends(&self) -> Option<(&str, &Whom, u64, &Sending)> {
        self.acts.iter().find_map(|deed| match deed {
            Deed::Sends { who, to, size, sending } => Some((who.as_str(), to, *size, sending.as_ref())),
            Deed::Retrieves { .. } | Deed::Act(_) | Deed::Waits(_) => None,
        })
    }

    /// What people do in sessions, in order.
    pub fn in_sessions(&self) -> impl Iterator<Item = (&str, &Act)> {
        let acts = self.acts.iter().filter_map(|deed| match deed {
            Deed::Act(acts) => Some(acts),
            _ => None,
        });
        acts.flatten().map(|(who, act)| (who.as_str(), act))
    }

    /// The case's first message in a session, and who sends it.
    pub fn says(&self) -> Option<(&str, &Sending)> {
        self.in_sessions().find_map(|(who, act)| match act {
            Act::Message(sending) => Some((who, &**sending)),
            _ => None,
        })
    }

    /// Whom the Participating Function serves, and whether it stays in the media path; none where it has no part.
    pub fn participation(&self) -> Option<(Vec<&str>, bool)> {
        let served = self.arrangements.iter().filter_map(|a| match &a.what {
            Arranged::Serves(who, in_media_path) => Some((who.as_str(), *in_media_path)),
            _ => None,
        });
        let served: Vec<(&str, bool)> = served.collect();
        let in_media_path = served.first()?.1;
        Some((served.into_iter().map(|(who, _)| who).collect(), in_media_path))
    }

    /// The stores that the plan has to do with.
    pub fn stores(&self) -> BTreeSet<Kept> {
        let asked = |kept: Kept| {
            let retrieves = |deed: &Deed| matches!(deed, Deed::Retrieves { kept: other, .. } if *other == kept);
            self.acts.iter().any(retrieves)
        };
        let records = self.arrangements.iter().any(|a| matches!(a.what, Arranged::Records(_)));
        let arranged = |kept: Kept| self.arrangements.iter().any(|a| a.who == kept.store());
        let concerns = |kept: &Kept| {
            self.under_test == kept.store() || asked(*kept) || arranged(*kept) || records && *kept == Kept::History
        };
        [Kept::Deferred, Kept::History].into_iter().filter(concerns).collect()
    }

    /// Whether MSRP goes over TLS, whatever the network is like.
    pub fn secures_msrp(&self) -> bool {
        self.network.contains(&Condition::MsrpOverTls)
    }

    /// How the SIP/IP core asks for passwords, where it does.
    pub fn demand(&self) -> Option<Demand> {
        self.arrangements.iter().find_map(|a| match a.what {
            Arranged::AsksForPasswords(demand) => Some(demand),
            _ => None,
        })
    }

    /// For whom the MSRP relay acts.
    pub fn relayed(&self) -> impl Iterator<Item = &str> {
        self.arrangements.iter().filter(|a| matches!(a.what, Arranged::Relayed)).map(|a| a.who.as_str())
    }

    /// Whether a person's client speaks SIP over TLS, whatever others do.
    pub fn speaks_over_tls(&self, name: &str) -> bool {
        self.arrangements.iter().any(|a| a.who == name && matches!(a.what, Arranged::SpeaksOverTls))
    }

    /// Whether somebody speaks SIP over TLS, whatever others do.
    pub fn mixes_transports(&self) -> bool {
        self.arrangements.iter().any(|a| matches!(a.what, Arranged::SpeaksOverTls))
    }

    /// Whether a person has not registered when the case begins.
    pub fn is_offline(&self, name: &str) -> bool {
        self.arrangements.iter().any(|a| a.who == name && matches!(a.what, Arranged::Offline))
    }

    /// The names of everybody that the plan names as person or member, in order of first mention.
    pub fn names(&self) -> Vec<&str> {
        let people = self.people.iter().map(|p| p.name.as_str());
        let members = self.groups.iter().flat_map(|g| g.members.iter().map(String::as_str));
        let mut names = Vec::new();
        for name in people.chain(members) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}
