//! The rules of RFC 4975 that the octets of one head or one chunk can break.

use super::head::Head;
use super::message::Message;
use crate::wire::Flaw;

pub fn head_flaws(_head: &Head) -> Vec<Flaw> {
    Vec::new()
}
pub fn message_flaws(message: &Message) -> Vec<Flaw> {
    message.head().flaws()
}
