//! Protocol machines without sockets, clock or `async`: one input, then drain.

pub mod node;

pub use node::{Conn, Input, Node, Output, Pieces};
