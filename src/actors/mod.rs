//! The roles that make a trace: clients and servers as nodes of a network.
//!
//! A role is a state plus a table of procedures (clause, trigger, function). Actors do what their
//! specification says and nothing else; wrong behaviour comes from outside, on their links.

pub mod act;
