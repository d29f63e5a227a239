//! Protocol machines without sockets, clock or `async`: one input, then drain.

pub mod ids;
pub mod node;
pub mod transaction;

pub use ids::IdSource;
pub use node::{Conn, Input, Node, Output, Pieces};
