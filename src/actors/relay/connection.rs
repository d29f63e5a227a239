//! One connection of a relay: what comes in on it, what went out on it and waits for a response.

use std::collections::HashMap;
use std::net::SocketAddr;

use bytes::Bytes;

use super::route::Route;
use crate::stack::{Conn, Pieces};
use crate::time::Time;
use crate::wire::msrp::{Decoder, Head};

/// One connection.
pub(super) struct Connection {
    /// Where it was opened to, where this side opened it.
    pub leads_to: Option<SocketAddr>,
    pub up: bool,
    pub decoder: Decoder,
    pub incoming: Option<Incoming>,
    /// What goes out as soon as it is up.
    pub early: Vec<Pieces>,
    /// Octets given to it since it last had nothing left to write.
    pub octets: usize,
    /// Requests without a response, by transaction identifier.
    pub open: HashMap<String, Open>,
    /// When it is closed, unless something good has come of it by then.
    pub probation: Option<Time>,
    /// AUTH requests with wrong credentials.
    pub refusals: u8,
}

/// A chunk that is coming in.
pub(super) struct Incoming {
    pub head: Head,
    pub route: Route,
    /// Octets that were not forwarded yet.
    pub held: Vec<Bytes>,
    pub octets: usize,
    /// The place of the first of them in the message, counted from 1.
    pub start: u64,
}

/// A request that was forwarded.
pub(super) struct Open {
    /// Where it came from.
    pub from: Conn,
    /// As it came.
    pub head: Head,
    /// The place of its first octet and of its last.
    pub range: (u64, u64),
    /// When it has waited long enough.
    pub until: Option<Time>,
}

impl Connection {
    /// One that a peer opened.
    pub fn accepted(probation: Time) -> Connection {
        Connection { up: true, leads_to: None, probation: Some(probation), ..Connection::new() }
    }

    /// One that this side opens.
    pub fn to(remote: SocketAddr) -> Connection {
        Connection { leads_to: Some(remote), ..Connection::new() }
    }

    fn new() -> Connection {
        Connection {
            leads_to: None,
            up: false,
            decoder: Decoder::new(),
            incoming: None,
            early: Vec::new(),
            octets: 0,
            open: HashMap::new(),
            probation: None,
            refusals: 0,
        }
    }
}
