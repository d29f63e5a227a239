//! The messages that stores of a plan hold before anything happens, for those who build them and those who judge.

use super::home::Home;
use super::plan::{Arranged, Plan};
use crate::actors::act::Kept;
use crate::actors::provision::Message;

/// What the store of that kind holds, in the order of its numbers from 1 on.
pub fn stored(plan: &Plan, home: &Home, kept: Kept) -> Vec<Message> {
    let held = plan.arrangements.iter().filter(|a| a.who == kept.store()).filter_map(|a| match &a.what {
        Arranged::Holds(count, owner) => Some((*count, owner)),
        _ => None,
    });
    let owners = held.flat_map(|(count, owner)| (0..count).map(move |_| owner));
    owners.zip(1..).map(|(owner, nth)| one(plan, home, kept, nth, owner)).collect()
}

/// Somebody else wrote it, an hour apart from the one before, on a day long gone.
fn one(plan: &Plan, home: &Home, kept: Kept, nth: u32, owner: &str) -> Message {
    let writer = plan.names().into_iter().find(|name| *name != owner).unwrap_or(owner);
    Message {
        id: home.stored_id(kept, nth),
        message_id: format!("{}-{nth}", kept.word()),
        owner: home.address_of(owner),
        from: home.address_of(writer),
        date_time: format!("2025-10-{:02}T{:02}:15:00Z", 1 + nth / 24 % 31, nth % 24),
        content_type: "text/plain".to_owned(),
        text: format!("Message {nth}"),
    }
}
