//! The stages that carry what nodes do, and the files that keep it: a virtual network, real sockets, captures.
//!
//! Real sockets and the wall clock live here alone; nothing here knows a role.

pub mod capture;
pub mod certificates;
pub mod documents;
pub mod http;
pub mod link;
pub mod random;
pub mod recorder;
pub mod sockets;
pub mod store;
pub mod tamper;
pub mod virtual_net;

pub use link::Link;
pub use sockets::{Credentials, Live, SocketError, Verify};
pub use virtual_net::{Conditions, Network, Segments};

/// A host of a stage, numbered in the order of adding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub usize);

/// Why a run of a stage came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// Nothing is under way and no node waits for a time. Real sockets never know this.
    Idle,
    /// The caller's condition holds.
    Condition,
    /// The time that the caller gave is over.
    TimeUp,
    /// The nodes do work without end and time does not get on: a fault of ours. Real time always gets on.
    Livelock,
}
