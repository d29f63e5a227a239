//! imspec: conformance test harness and simulator for OMA SIMPLE IM and the CPM large message.
//!
//! The floors, lowest first; a module uses only what stands on a lower floor (`tests/layers.rs` holds it to that):
//!
//! | floor | module | holds |
//! | --- | --- | --- |
//! | 0 | [`time`], [`wire`] | the type of time; bytes and what they say |
//! | 1 | [`stack`], [`trace`] | protocol machines without I/O; the timeline that everything crosses |
//! | 2 | [`actors`], [`judge`] | the roles that make a trace; the checks that read one |
//! | 3 | [`net`] | virtual network, sockets, capture files |
//! | 4 | [`script`] | features, YAML, the run of a case |
//! | 5 | [`report`] | what people and machines read afterwards |
//! | 6 | [`cli`] | the command line |
//!
//! How to work with it: [`manual`].

pub mod actors;
pub mod cli;
pub mod judge;
pub mod manual;
pub mod net;
pub mod report;
pub mod script;
pub mod stack;
pub mod time;
pub mod trace;
pub mod wire;
