//! Tampering: what a node's own cable does to the messages that leave the node or reach it.
//!
//! Invalid behaviour of peers in features and the defects that prove checks are said in the same words: a
//! [`Selector`] for the message and a [`Change`]. Actors stay clean. It must not know roles or verdicts.

mod bits;
mod change;
mod in_msrp;
mod in_sip;
mod link;
mod selector;

pub use change::Change;
pub use in_msrp::change as change_msrp;
pub use in_sip::change as change_sip;
pub use link::TamperedLink;
pub use selector::{Kind, Selector, Which};

/// One change to the messages that a selector picks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tampering {
    pub selector: Selector,
    pub change: Change,
    pub way: Way,
}

/// Which way the messages go that are tampered with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// What the node sends: the change shows on the wire.
    Leaving,
    /// What the node hears: the wire shows what was sent, and the node acts as if it were something else.
    Arriving,
}

impl Tampering {
    /// Reads the two columns of a table; the error names the column that cannot be read.
    pub fn parse(message: &str, change: &str) -> Result<Tampering, Unread> {
        let selector = Selector::parse(message).ok_or(Unread::Message)?;
        let change = Change::parse(change).ok_or(Unread::Change)?;
        Ok(Tampering { selector, change, way: Way::Leaving })
    }
}

/// Which half of a tampering has no known words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unread {
    Message,
    Change,
}
