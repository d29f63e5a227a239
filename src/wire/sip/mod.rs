//! SIP messages: kept bytes with an index of spans, typed views of header values, and a builder.
//!
//! [`Message::parse`] never fails. Re-serialising an untouched message is byte-exact, because the
//! message *is* its bytes. What is wrong with them is looked for only when [`Message::flaws`] asks, because
//! judging costs ten times what indexing does. [`StreamDecoder`] cuts messages out of a stream.
//! It must not know transactions, dialogs or OMA rules.

mod build;
mod check;
mod framing;
mod index;
mod message;
mod name;
mod rsip_bridge;
mod view;

pub use build::{Builder, IntoValue};
pub use framing::{Framed, Limits, StreamDecoder};
pub use message::{Header, Message, Start};
pub use name::Name;
pub use view::{
    AcceptContact, Challenge, Credentials, Date, DialogId, Disposition, Event, Features, MediaType, NameAddr, Params,
    Product, RAck, Reason, Refresher, RetryAfter, SessionTimer, SubscriptionState, Via, Warning,
};

/// The methods that RFCs define (RFC 3261 §27.4 and its registry).
pub const METHODS: [&str; 14] = [
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "REGISTER",
    "OPTIONS",
    "INFO",
    "PRACK",
    "UPDATE",
    "SUBSCRIBE",
    "NOTIFY",
    "REFER",
    "MESSAGE",
    "PUBLISH",
];
