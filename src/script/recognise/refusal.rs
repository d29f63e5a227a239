//! What a party refused for reasons that a capture does not tell.

use std::fmt;

/// What was refused, and with which status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    Invitation(u16),
    Message(u16),
    Modification(u16),
    Chunk(u16),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, status) = match self {
            Refusal::Invitation(status) => ("the invitation", status),
            Refusal::Message(status) => ("the message", status),
            Refusal::Modification(status) => ("a modification", status),
            Refusal::Chunk(status) => ("a chunk", status),
        };
        write!(f, "{what} was refused with {status}; a capture does not tell for whose reasons")
    }
}
