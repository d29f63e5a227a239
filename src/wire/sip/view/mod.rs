//! Typed views of header values. A view borrows, is lenient, and takes what it can get: what is wrong with a
//! value is said by [`Message::flaws`](super::Message::flaws).

mod accept_contact;
mod address;
mod auth;
mod content;
mod date;
mod dialog;
mod event;
mod numbers;
mod params;
mod product;
mod reason;
mod session_timer;
mod tokens;
mod via;
mod warning;

pub use accept_contact::{AcceptContact, Features};
pub use address::NameAddr;
pub use auth::{Challenge, Credentials};
pub use content::{Disposition, MediaType};
pub use date::Date;
pub use dialog::DialogId;
pub use event::{Event, SubscriptionState};
pub use numbers::{RAck, RetryAfter};
pub use params::Params;
pub use product::Product;
pub use reason::Reason;
pub use session_timer::{Refresher, SessionTimer};
pub use via::Via;
pub use warning::Warning;

/// A message with these headers, for the tests of views.
#[cfg(test)]
fn message_with(headers: &str) -> super::Message {
    super::Message::parse(format!("INVITE sip:bob@example.org SIP/2.0\r\n{headers}\r\n\r\n").into())
}
