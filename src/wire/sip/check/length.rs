//! Content-Length and what it promises (RFC 3261 §18.3, §20.14).

use crate::wire::sip::index::Line;
use crate::wire::sip::message::{Message, Origin, number};
use crate::wire::sip::name::Name;
use crate::wire::{Flaw, Span};

pub(super) fn check(message: &Message, flaws: &mut Vec<Flaw>) {
    let bytes = message.bytes();
    let index = message.index();
    let held = bytes.len() - index.body;
    let mut first: Option<&Line> = None;
    for line in index.named(Name::ContentLength) {
        let Some(length) = number(line.value.of(bytes)) else {
            flaws.push(Flaw::new(line.value, "RFC 3261 §20.14", "Content-Length is not a number of octets"));
            continue;
        };
        if length > held && first.is_none() {
            let what = format!("Content-Length is {length}, but only {held} octets follow the headers");
            flaws.push(Flaw::new(line.value, "RFC 3261 §18.3", what));
        }
        first = first.or(Some(line));
    }
    if message.origin() == Origin::Stream && index.named(Name::ContentLength).next().is_none() {
        let span = Span::new(index.body..index.body);
        flaws.push(Flaw::new(span, "RFC 3261 §20.14", "no Content-Length in a message on a stream"));
    }
}
