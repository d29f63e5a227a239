//! The servers that a service may have, and what files and people call them.

/// A server of the service, by the name that the catalogue of requirements gives it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    Core,
    ControllingFunction,
    DeferredMessagingFunction,
    HistoryFunction,
    ParticipatingFunction,
    MsrpRelay,
    Xdms,
}

impl Role {
    pub const ALL: &[Role] = &[
        Role::Core,
        Role::ControllingFunction,
        Role::DeferredMessagingFunction,
        Role::HistoryFunction,
        Role::ParticipatingFunction,
        Role::MsrpRelay,
        Role::Xdms,
    ];

    /// As it is written in files and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Role::Core => "core",
            Role::ControllingFunction => "controlling-function",
            Role::DeferredMessagingFunction => "deferred-messaging-function",
            Role::HistoryFunction => "history-function",
            Role::ParticipatingFunction => "participating-function",
            Role::MsrpRelay => "msrp-relay",
            Role::Xdms => "xdms",
        }
    }

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Role::Core => "SIP/IP core",
            Role::ControllingFunction => "Controlling Function",
            Role::DeferredMessagingFunction => "Deferred Messaging Function",
            Role::HistoryFunction => "History Function",
            Role::ParticipatingFunction => "Participating Function",
            Role::MsrpRelay => "MSRP relay",
            Role::Xdms => "XDMS",
        }
    }

    pub fn of(word: &str) -> Option<Role> {
        Role::ALL.iter().copied().find(|role| role.word() == word)
    }
}
