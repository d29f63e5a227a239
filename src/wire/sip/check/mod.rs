//! What is wrong with a message's bytes, by RFC 3261 and the RFCs of its headers.
//!
//! Runs when flaws are asked for, never while parsing. Judges grammar and what one message can show on its
//! own; it must not know transactions, dialogs or what a header is used for.

mod address;
mod length;
mod lines;
mod numbers;
mod presence;
mod rules;
mod scan;
mod start_line;
#[cfg(test)]
mod tests;
mod tokens;

use super::message::Message;
use crate::wire::Flaw;

/// Every flaw of `message`, in the order of its octets.
pub(super) fn flaws(message: &Message) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    lines::check(message, &mut flaws);
    start_line::check(message, &mut flaws);
    length::check(message, &mut flaws);
    presence::check(message, &mut flaws);
    rules::check(message, &mut flaws);
    flaws.sort_by_key(|flaw| flaw.span);
    flaws
}
