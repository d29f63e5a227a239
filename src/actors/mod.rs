//! The roles that make a trace: clients and servers as nodes of a network.
//!
//! A role is a state plus a table of procedures (clause, trigger, function). Actors do what their
//! specification says and nothing else; wrong behaviour comes from outside, on their links.

pub mod act;
pub mod arrange;
pub mod client;
pub mod controlling;
pub mod core;
pub mod edge;
pub mod participating;
pub mod provision;
pub mod relay;
pub mod store;
pub mod xdms;

use act::{Act, Told};
use client::Client;
use controlling::ControllingFunction;
use core::Core;
use edge::Edge;
use participating::ParticipatingFunction;
use relay::Relay;
use store::Store;

use crate::stack::{Input, Node, Output};
use crate::time::Time;

/// Any actor, as one type that a network can hold.
pub enum Actor {
    Client(Box<Client>),
    Core(Box<Core>),
    Edge(Box<Edge>),
    Controlling(Box<ControllingFunction>),
    Participating(Box<ParticipatingFunction>),
    Store(Box<Store>),
    Relay(Box<Relay>),
}

impl Actor {
    /// Lets the actor's user do something. Servers have no users.
    pub fn act(&mut self, now: Time, act: Act) {
        if let Actor::Client(client) = self {
            client.act(now, act);
        }
    }

    /// What users were told since the last time.
    pub fn told(&mut self) -> Vec<(Time, Told)> {
        match self {
            Actor::Client(client) => client.take_told(),
            _ => Vec::new(),
        }
    }

    /// Whether the actor is in the middle of something that will go on by itself.
    pub fn is_busy(&self) -> bool {
        match self {
            Actor::Client(client) => client.is_busy(),
            Actor::Core(_) | Actor::Edge(_) => false,
            Actor::Controlling(server) => server.is_busy(),
            Actor::Participating(function) => function.is_busy(),
            Actor::Store(store) => store.is_busy(),
            Actor::Relay(relay) => relay.is_busy(),
        }
    }

    /// Ends what sessions the actor has: it is about to go.
    pub fn shut_down(&mut self, now: Time) {
        match self {
            Actor::Client(client) => client.act(now, Act::Release),
            Actor::Core(_) | Actor::Edge(_) | Actor::Relay(_) => {}
            Actor::Controlling(server) => server.shut_down(now),
            Actor::Participating(function) => function.shut_down(now),
            Actor::Store(store) => store.shut_down(now),
        }
    }

    /// Whether no session is left.
    pub fn is_over(&self) -> bool {
        match self {
            Actor::Client(client) => !client.is_busy(),
            Actor::Core(_) | Actor::Edge(_) | Actor::Relay(_) => true,
            Actor::Controlling(server) => server.is_over(),
            Actor::Participating(function) => function.is_over(),
            Actor::Store(store) => !store.is_busy(),
        }
    }

    /// Whether a client is registered.
    pub fn is_registered(&self) -> bool {
        match self {
            Actor::Client(client) => client.is_registered(),
            _ => true,
        }
    }
}

impl Node for Actor {
    fn handle(&mut self, now: Time, input: Input) {
        match self {
            Actor::Client(client) => client.handle(now, input),
            Actor::Core(core) => core.handle(now, input),
            Actor::Edge(edge) => edge.handle(now, input),
            Actor::Controlling(server) => server.handle(now, input),
            Actor::Participating(function) => function.handle(now, input),
            Actor::Store(store) => store.handle(now, input),
            Actor::Relay(relay) => relay.handle(now, input),
        }
    }

    fn poll(&mut self) -> Option<Output> {
        match self {
            Actor::Client(client) => client.poll(),
            Actor::Core(core) => core.poll(),
            Actor::Edge(edge) => edge.poll(),
            Actor::Controlling(server) => server.poll(),
            Actor::Participating(function) => function.poll(),
            Actor::Store(store) => store.poll(),
            Actor::Relay(relay) => relay.poll(),
        }
    }

    fn next_timeout(&self) -> Option<Time> {
        match self {
            Actor::Client(client) => client.next_timeout(),
            Actor::Core(core) => core.next_timeout(),
            Actor::Edge(edge) => edge.next_timeout(),
            Actor::Controlling(server) => server.next_timeout(),
            Actor::Participating(function) => function.next_timeout(),
            Actor::Store(store) => store.next_timeout(),
            Actor::Relay(relay) => relay.next_timeout(),
        }
    }
}
