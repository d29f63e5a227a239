//! The tables of procedures of the two stores: which clause, on what, which function.

use super::{Later, Purpose, Store, deliver, give, keep, retrieve, waiting};
use crate::actors::act::Kept;
use crate::stack::msrp;
use crate::stack::ua::UaEvent;
use crate::time::Time;
use crate::wire::sip::Message;

/// Something that a store has to answer to.
pub(super) enum Happening {
    Ua(UaEvent),
    Msrp(msrp::Event),
    Time(Later),
}

/// One procedure.
pub(super) struct Procedure {
    /// Where it is written.
    #[expect(dead_code, reason = "the clause is for the reader of the table")]
    pub clause: &'static str,
    pub trigger: Trigger,
    pub run: fn(&mut Store, Time, Happening),
}

/// When a procedure is for what happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trigger {
    /// An invitation of somebody who wants what is kept.
    Asked,
    /// An invitation for a user who is not there.
    Invitation,
    /// A MESSAGE for a user who is not there.
    Page,
    /// The core tells of a registration, or of its end.
    Registration,
    Subscription,
    Resubscription,
    Unsubscribed,
    /// Another request: it is good as it is.
    Request,
    /// The 200 to an invitation of this side.
    Accepted,
    Modification,
    /// The session is over, or never was.
    Over,
    ChunkReceived,
    Received,
    Acknowledged,
    SendFailed,
    /// The connection is gone.
    Lost,
    /// Nothing has come for too long.
    Silence,
}

/// The Deferred Messaging Function. The first whose trigger fits is run.
const DEFERRED: &[Procedure] = &[
    Procedure { clause: "IM 12.4.1", trigger: Trigger::Asked, run: retrieve::deferred },
    Procedure { clause: "IM 12.4.2.1", trigger: Trigger::Invitation, run: keep::invited },
    Procedure { clause: "IM 12.4.2.1", trigger: Trigger::Page, run: keep::paged },
    Procedure { clause: "IM 12.4.2.1", trigger: Trigger::ChunkReceived, run: keep::chunk_received },
    Procedure { clause: "IM 12.4.2.1", trigger: Trigger::Received, run: keep::received },
    Procedure { clause: "IM 12.4.2.1", trigger: Trigger::Silence, run: keep::silence },
    Procedure { clause: "IM 12.4.2.2", trigger: Trigger::Registration, run: deliver::registration },
    Procedure { clause: "IM 12.4.2.2 on 200", trigger: Trigger::Accepted, run: deliver::accepted },
    Procedure { clause: "IM 12.4.2.6, RFC 3842", trigger: Trigger::Subscription, run: waiting::subscription },
    Procedure { clause: "RFC 6665 4.2.1.4", trigger: Trigger::Resubscription, run: waiting::resubscription },
    Procedure { clause: "RFC 6665 4.2.2", trigger: Trigger::Unsubscribed, run: waiting::unsubscribed },
    Procedure { clause: "RFC 4975 7.1.1", trigger: Trigger::Acknowledged, run: give::acknowledged },
    Procedure { clause: "RFC 4975 7.1.1", trigger: Trigger::SendFailed, run: give::failed },
    Procedure { clause: "RFC 4975 5.4", trigger: Trigger::Lost, run: give::lost },
    Procedure { clause: "RFC 3261 14.2", trigger: Trigger::Modification, run: give::modification },
    Procedure { clause: "RFC 3261 15", trigger: Trigger::Over, run: give::over },
    Procedure { clause: "RFC 3261 8.2", trigger: Trigger::Request, run: give::other },
];

/// The History Function. The first whose trigger fits is run.
const HISTORY: &[Procedure] = &[
    Procedure { clause: "IM 13.2.1.1", trigger: Trigger::Asked, run: retrieve::history },
    Procedure { clause: "RFC 4975 7.1.1", trigger: Trigger::Acknowledged, run: give::acknowledged },
    Procedure { clause: "RFC 4975 7.1.1", trigger: Trigger::SendFailed, run: give::failed },
    Procedure { clause: "RFC 4975 5.4", trigger: Trigger::Lost, run: give::lost },
    Procedure { clause: "RFC 3261 14.2", trigger: Trigger::Modification, run: give::modification },
    Procedure { clause: "RFC 3261 15", trigger: Trigger::Over, run: give::over },
    Procedure { clause: "RFC 3261 8.2", trigger: Trigger::Request, run: give::other },
];

/// The procedure that answers to what happened, if there is one.
pub(super) fn procedure(store: &Store, happening: &Happening) -> Option<&'static Procedure> {
    let trigger = trigger_of(store, happening)?;
    let table = match store.config.kept {
        Kept::Deferred => DEFERRED,
        Kept::History => HISTORY,
    };
    table.iter().find(|procedure| procedure.trigger == trigger)
}

fn trigger_of(store: &Store, happening: &Happening) -> Option<Trigger> {
    // What is for one of the users is for one who is not there: the core hands over nothing else.
    let for_user = |message: &Message| {
        store.config.kept == Kept::Deferred && message.request_uri().is_some_and(|uri| store.serves(uri))
    };
    Some(match happening {
        Happening::Ua(event) => match event {
            UaEvent::Incoming { message, .. } if for_user(message) => Trigger::Invitation,
            UaEvent::Incoming { .. } => Trigger::Asked,
            UaEvent::Answered { .. } => Trigger::Accepted,
            UaEvent::Modification { .. } => Trigger::Modification,
            UaEvent::Rejected { .. }
            | UaEvent::Bye { .. }
            | UaEvent::Ended { .. }
            | UaEvent::Cancelled { .. }
            | UaEvent::Failed { .. } => Trigger::Over,
            UaEvent::Request { message, call: None, .. } => match message.method() {
                "MESSAGE" if for_user(message) => Trigger::Page,
                "REGISTER" => Trigger::Registration,
                "SUBSCRIBE" => Trigger::Subscription,
                _ => Trigger::Request,
            },
            UaEvent::Request { .. } => Trigger::Request,
            UaEvent::Resubscribed { .. } => Trigger::Resubscription,
            UaEvent::NotSubscribed { .. } | UaEvent::SubscriptionExpired { .. } => Trigger::Unsubscribed,
            _ => return None,
        },
        Happening::Msrp(event) => match event {
            msrp::Event::ChunkReceived { .. } => Trigger::ChunkReceived,
            msrp::Event::Received { .. } => Trigger::Received,
            msrp::Event::Acknowledged { .. } => Trigger::Acknowledged,
            msrp::Event::Failed { .. } => Trigger::SendFailed,
            msrp::Event::Lost { .. } => Trigger::Lost,
            _ => return None,
        },
        Happening::Time(Later::Silence(call)) => match store.calls.get(call).map(|call| &call.purpose) {
            Some(Purpose::Keeping(_)) => Trigger::Silence,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trigger_stands_in_one_row() {
        for table in [DEFERRED, HISTORY] {
            for (i, row) in table.iter().enumerate() {
                assert!(table[..i].iter().all(|other| other.trigger != row.trigger), "{:?} twice", row.trigger);
            }
        }
    }
}
