//! The four transactions of RFC 3261 §17, with the Accepted state of RFC 6026 and the limits of RFC 4320.
//!
//! A machine gets one [`Event`], is drained with `poll`, and says when it wants [`Event::Timer`]. It knows neither
//! addresses nor connections, only whether its transport is reliable.

mod ack;
mod client;
mod invite_client;
mod invite_server;
mod server;
#[cfg(test)]
mod tests;
mod timers;

use std::collections::VecDeque;
use std::sync::Arc;

pub use client::Client;
pub use invite_client::InviteClient;
pub use invite_server::InviteServer;
pub use server::Server;
pub use timers::Timers;

use crate::time::Time;
use crate::wire::sip::Message;

/// What happens to a transaction. A machine ignores the events that its kind cannot have.
#[derive(Clone, Debug)]
pub enum Event {
    /// Client: a response came from the network.
    Response(Arc<Message>),
    /// Server: the request came again.
    Retransmission,
    /// INVITE server: an ACK came for this transaction.
    Ack(Arc<Message>),
    /// Server: the transaction user wants this response sent.
    Respond(Arc<Message>),
    /// The time that `next_timeout` named has come.
    Timer,
    /// What was given to the transport could not be sent.
    TransportError,
}

/// What a transaction wants done.
#[derive(Clone, Debug)]
pub enum Action {
    /// Give this to the transport.
    Send(Arc<Message>),
    /// Give this response (client) or ACK (INVITE server) to the transaction user.
    Pass(Arc<Message>),
    /// Tell the transaction user that the peer did not answer (timer B, F) or acknowledge (timer H).
    Timeout,
    /// Tell the transaction user that the transport failed.
    Failed,
}

/// The states of all four machines (RFC 3261 figures 5 to 8, RFC 6026 figures 5 and 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// INVITE client: sent, nothing came back.
    Calling,
    /// Non-INVITE: sent (client) or received (server), no response yet.
    Trying,
    /// Provisional responses only so far.
    Proceeding,
    /// INVITE: a 2xx went by; more of them may.
    Accepted,
    /// A final response went by; the machine absorbs retransmissions.
    Completed,
    /// INVITE server: the ACK came; the machine absorbs its retransmissions.
    Confirmed,
    Terminated,
}

/// A transaction of any kind.
#[derive(Debug)]
pub enum Transaction {
    InviteClient(InviteClient),
    Client(Client),
    InviteServer(InviteServer),
    Server(Server),
}

macro_rules! each {
    ($self:expr, $machine:ident => $call:expr) => {
        match $self {
            Transaction::InviteClient($machine) => $call,
            Transaction::Client($machine) => $call,
            Transaction::InviteServer($machine) => $call,
            Transaction::Server($machine) => $call,
        }
    };
}

impl Transaction {
    pub fn handle(&mut self, now: Time, event: Event) {
        each!(self, machine => machine.handle(now, event))
    }

    /// The next action, until there is none.
    pub fn poll(&mut self) -> Option<Action> {
        each!(self, machine => machine.poll())
    }

    /// When the machine wants [`Event::Timer`] at the latest.
    pub fn next_timeout(&self) -> Option<Time> {
        each!(self, machine => machine.next_timeout())
    }

    pub fn state(&self) -> State {
        each!(self, machine => machine.state())
    }
}

type Actions = VecDeque<Action>;

/// The sooner of the timers that run.
fn soonest(timers: impl IntoIterator<Item = Option<Time>>) -> Option<Time> {
    timers.into_iter().flatten().min()
}

/// Whether a timer runs and its time has come.
fn due(timer: Option<Time>, now: Time) -> bool {
    timer.is_some_and(|at| at <= now)
}
