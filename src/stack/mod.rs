//! Protocol machines without sockets, clock or `async`: one input, then drain.

pub mod certificate;
pub mod dialog;
pub mod digest;
pub mod edit;
pub mod endpoint;
pub mod fingerprint;
pub mod ids;
pub mod msrp;
pub mod node;
pub mod offer_answer;
pub mod proxy;
#[cfg(test)]
pub(crate) mod pump;
pub mod security;
pub mod session_timer;
pub mod status;
pub mod transaction;
pub mod ua;

pub use fingerprint::Fingerprint;
pub use ids::IdSource;
pub use node::{Conn, Input, Layer, Node, Output, Pieces};
pub use security::Security;
