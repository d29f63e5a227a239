//! The units of a trace: whole messages and the events of connections, each with its packet.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;

use crate::time::Time;
use crate::wire::{msrp, sip};

/// The number of a unit in its trace, in order of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnitId(pub u32);

/// One thing that crossed a link, taken for what it is.
#[derive(Clone, Debug)]
pub struct Unit {
    /// When its last octet was seen.
    pub at: Time,
    /// When its first octet was seen.
    pub begun: Time,
    /// The packet of its first octet, counted from 1.
    pub packet: u32,
    pub src: SocketAddr,
    pub dst: SocketAddr,
    pub what: What,
}

/// What a unit is.
#[derive(Clone, Debug)]
pub enum What {
    Sip {
        message: Arc<sip::Message>,
        transport: Transport,
    },
    Msrp(Arc<msrp::Message>),
    Connection(Change),
    /// What `src` showed in the handshake of TLS, in DER, without those that lead to its authority.
    Certificate(Bytes),
    /// A user was told something by his client. It crossed no link: only clients that report events have it.
    Event(UserEvent),
    /// Octets of no protocol known here.
    Other(Bytes),
}

/// The transport that carried a SIP message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Transport {
    Udp,
    Tcp,
}

/// What happened to a TCP connection; the unit's `src` did it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Change {
    Connecting,
    /// `src` is the side that asked for the connection.
    Opened,
    /// TLS begins on it; by `src`.
    Secured,
    Refused,
    Finished,
    Reset,
    /// The observer missed octets from `src`.
    Gap,
}

/// What a client told its user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserEvent {
    /// The person, as the scenario calls him.
    pub party: String,
    /// A name of the closed list that the stimulus port documents, for example `delivered`.
    pub name: String,
    /// The Message-ID, status or URI that the event is about; may be empty.
    pub about: String,
}

impl Unit {
    /// The SIP message, where it is one.
    pub fn sip(&self) -> Option<&sip::Message> {
        match &self.what {
            What::Sip { message, .. } => Some(message),
            _ => None,
        }
    }

    /// The certificate that was shown, in DER, where it is one.
    pub fn certificate(&self) -> Option<&Bytes> {
        match &self.what {
            What::Certificate(certificate) => Some(certificate),
            _ => None,
        }
    }

    /// The MSRP chunk, where it is one.
    pub fn msrp(&self) -> Option<&msrp::Message> {
        match &self.what {
            What::Msrp(message) => Some(message),
            _ => None,
        }
    }
}
