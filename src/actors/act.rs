//! Acts: what a user does with his client, from a closed list. Scripts lower to acts; clients perform them.
//!
//! The list is the schema of the stimulus port too: a client under test gets the same acts as JSON.

use serde::{Deserialize, Serialize};

pub use super::arrange::{Arrange, Kind, RelayAccount};
pub use super::provision::Provision;

/// One thing a user does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Act {
    /// Set the client up afresh for what comes. It is for who runs a client, not for the client.
    Arrange(Box<Arrange>),
    /// Set the server up afresh for what comes. It is for who runs a server.
    Provision(Box<Provision>),
    /// Switch the client on: register at the SIP/IP core.
    Register,
    /// Switch the client off: remove the registration.
    Unregister,
    /// Ask to be told how many messages wait in the store for deferred messages (RFC 3842).
    Watch,
    /// Send a message; the client chooses the mode by its size.
    Send(Box<Sending>),
    /// Ask a store of the home network for messages that it keeps: those of these URIs, or all where there are none.
    Retrieve { kept: Kept, ids: Vec<String> },
    /// Invite somebody, by his address, to a one-to-one session.
    Invite { to: String },
    /// Invite several people, by their addresses, to an ad-hoc conference.
    Confer {
        to: Vec<String>,
        #[serde(default)]
        anonymous: bool,
    },
    /// Take part in the conference that has this address: that of a pre-defined group, or a public one.
    Join {
        conference: String,
        #[serde(default)]
        anonymous: bool,
    },
    /// Get back into the conference that the user was in last.
    Rejoin,
    /// Make a conference of the one-to-one session, with these people in it too.
    Extend { to: Vec<String> },
    /// Ask to be told who takes part in the conference.
    Subscribe,
    /// Take the invitation that waits; of the files that it offers only those with these numbers, counted from 1, or all
    /// where there are none.
    Accept {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        only: Vec<u32>,
    },
    /// Turn the invitation down that waits.
    Decline,
    /// Send a message in the session. In a conference it is for everybody, or a private one for those it names.
    Message(Box<Sending>),
    /// End the session.
    Release,
    /// Give an invitation up that nobody has answered yet.
    Cancel,
    /// Ask for the session to be modified.
    Modify(Modification),
    /// Abort the MSRP connection.
    Reset,
    /// Break the message off that is being sent, or the file that comes.
    Abort,
    /// Report that what came of a message up to now failed, with this status (RFC 4975 §7.1.4).
    ReportFailure { status: u16 },
    /// Send a message of the session over a second connection, against RFC 4975 §5.4.
    Intrude,
}

/// How a session is to be modified.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Modification {
    /// By UPDATE in place of a re-INVITE.
    pub update: bool,
    /// What is offered.
    pub offer: Offer,
}

/// What a modification offers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offer {
    /// The media as they are.
    #[default]
    Same,
    /// The media at a new MSRP path.
    NewPath,
    /// Nothing: the other side is asked for an offer.
    None,
}

/// What a client does of its own accord when something happens. Scenarios arrange the behaviour of peers so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Intention {
    pub when: Occasion,
    pub act: Act,
}

/// When an intention is carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// As many chunks with content have come.
    ChunksReceived(u32),
    /// As many chunks with content were sent.
    ChunksSent(u32),
    /// A provisional response came to the invitation.
    Ringing,
    /// An invitation came that is the user's to take.
    Invited,
}

/// A message to be sent.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Sending {
    #[serde(skip_serializing_if = "Recipients::is_nobody")]
    pub to: Recipients,
    /// The message itself. Scripts make it from a size.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Media type of the text, `text/plain` where empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content_type: String,
    /// Hide the sender's identity.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
    /// Show the message only after an action of the recipient.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub on_action: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Send a pointer to content that lies at this URL in place of the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<String>,
    /// Ask for a delivery report (IMDN).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub delivery_report: bool,
    /// Failure-Report to ask for over MSRP: `yes`, `no` or `partial`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_report: Option<String>,
    /// Send it over MSRP in as few chunks as possible, which are interruptible then (RFC 4975 §7.1.1).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub few_chunks: bool,
    /// The message is a file: transfer it as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
    /// More files that are offered in the same invitation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<OneMore>,
    /// Offer each of the files only when the one before is through, over the same medium.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_turn: bool,
    /// Cut the text so that the request of pager mode that carries it has that many octets on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_octets: Option<u64>,
}

/// A further file of an invitation.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct OneMore {
    pub file: File,
    pub text: String,
    /// Media type of the text, `text/plain` where empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content_type: String,
}

impl Sending {
    /// The messages or files that it is about, each for itself.
    pub fn each(&self) -> Vec<Sending> {
        let alone = Sending { also: Vec::new(), in_turn: false, ..self.clone() };
        let more = self.also.iter().map(|more| Sending {
            text: more.text.clone(),
            content_type: more.content_type.clone(),
            file: Some(more.file.clone()),
            ..alone.clone()
        });
        [alone.clone()].into_iter().chain(more).collect()
    }

    /// The same without any preview; nothing where there is none.
    pub fn without_previews(&self) -> Option<Sending> {
        let mut bare = self.clone();
        let files = bare.file.iter_mut().chain(bare.also.iter_mut().map(|more| &mut more.file));
        let previews: Vec<String> = files.filter_map(|file| file.preview.take()).collect();
        (!previews.is_empty()).then_some(bare)
    }
}

/// How the offer of a file describes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileForm {
    /// By the attributes of the draft that IMCR 6.1.3.3.3 cites.
    #[default]
    Draft,
    /// By those of RFC 5547.
    Rfc5547,
}

impl FileForm {
    fn is_default(&self) -> bool {
        *self == FileForm::default()
    }
}

/// A file that is sent (IMCR 6.1.3.3.3).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct File {
    pub name: String,
    /// How the recipient should handle it: `inline` or `attachment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// Show the recipient a preview before he takes the file, described so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    #[serde(skip_serializing_if = "FileForm::is_default")]
    pub form: FileForm,
}

/// Who shall get a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipients {
    One(String),
    Several(Vec<String>),
    /// A pre-defined group, by its group identity.
    Group(String),
    /// The participants of a session that goes on and is no IM session, by its SIP Session Identity.
    Session(String),
}

impl Recipients {
    /// Who acts in a session need not say to whom.
    fn is_nobody(&self) -> bool {
        *self == Recipients::default()
    }
}

impl Default for Recipients {
    fn default() -> Recipients {
        Recipients::Several(Vec::new())
    }
}

/// What stores of the home network keep for a user.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// Messages that came while he was away (IM 12).
    Deferred,
    /// Messages and conferences that were recorded (IM 13).
    History,
}

impl Kept {
    /// The kind in one word.
    pub fn word(self) -> &'static str {
        match self {
            Kept::Deferred => "deferred",
            Kept::History => "history",
        }
    }

    /// What people call the store.
    pub fn store(self) -> &'static str {
        match self {
            Kept::Deferred => "deferred store",
            Kept::History => "history store",
        }
    }
}

/// What a client tells its user. Names are those of [`crate::trace::UserEvent`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Told {
    /// One of [`EVENTS`].
    pub event: String,
    /// Message-ID, status or URI that it is about; may be empty.
    #[serde(default)]
    pub about: String,
}

/// Every event that a client may report, with what it means.
pub const EVENTS: &[(&str, &str)] = &[
    ("delivered", "the message reached the recipient"),
    ("failed", "the message could not be delivered"),
    ("large-message", "a large message comes in"),
    ("file-transfer", "a file is offered"),
    ("session-invitation", "somebody asks for an IM session"),
    ("session", "the session is there"),
    ("too-many-users", "there are more people than an ad-hoc conference may have"),
    ("participants", "who takes part in the conference has become known, or changed"),
    ("not-subscribed", "who takes part in the conference will not be told, or no longer"),
    ("message", "a message is there, whole"),
    ("private-message", "a message is there, whole, that is for this participant of the conference alone"),
    ("message-to-open", "a message is there that is shown only on demand"),
    ("incomplete", "a message broke off before it was whole"),
    ("waiting", "messages wait in the store for deferred messages"),
    ("stored", "a pointer to external content was kept"),
    ("mismatch", "a message is there that is not as it was announced"),
];
