//! The table of procedures: what the function in the media path does when.

use super::b2bua::{B2bua, call_in};
use super::bridge::BridgeId;
use super::{establish, history, media, modify, release};
use crate::stack::msrp;
use crate::stack::ua::UaEvent;
use crate::time::Time;

/// Something that the function answers to.
pub(super) enum Happening {
    Ua(UaEvent),
    Msrp(msrp::Event),
    /// The called side of a session has rung too long.
    RangTooLong(BridgeId),
}

/// One procedure.
pub(super) struct Procedure {
    /// Where it is specified.
    #[expect(dead_code, reason = "for who reads the table")]
    pub clause: &'static str,
    pub trigger: Trigger,
    pub run: fn(&mut B2bua, Time, Happening),
}

/// What a procedure answers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trigger {
    Invitation,
    Ringing,
    Accepted,
    Refused,
    /// The called side gave no final response, or cannot be reached.
    Unanswered,
    RangTooLong,
    Confirmed,
    Modification,
    ModificationCancelled,
    Modified,
    NotModified,
    Left,
    /// What the user agent ended by itself: session timer, missing ACK, the end of its own BYE.
    Over,
    WithinDialog,
    ResponseWithinDialog,
    OutsideDialogs,
    /// The History Function answered the invitation to record.
    Recorded,
    Media,
    MediaLost,
}

pub(super) const TABLE: &[Procedure] = &[
    Procedure { clause: "IM 6.1.2.2.2 step 1", trigger: Trigger::Invitation, run: establish::invited },
    Procedure { clause: "RFC 3261 §13.3.1.1", trigger: Trigger::Ringing, run: establish::ringing },
    Procedure { clause: "IM 6.1.2.2.2 on 200", trigger: Trigger::Accepted, run: establish::accepted },
    Procedure { clause: "IM 6.1.2.2.2 on other finals", trigger: Trigger::Refused, run: establish::refused },
    Procedure { clause: "RFC 3261 §8.1.3.1", trigger: Trigger::Unanswered, run: establish::unanswered },
    Procedure { clause: "RFC 3261 §16.8", trigger: Trigger::RangTooLong, run: establish::rang_too_long },
    Procedure { clause: "RFC 3264 §5", trigger: Trigger::Confirmed, run: modify::confirmed },
    Procedure { clause: "IM 6.1.2.2.4, 6.1.3.2.2", trigger: Trigger::Modification, run: modify::asked },
    Procedure { clause: "RFC 3261 §9.2", trigger: Trigger::ModificationCancelled, run: modify::cancelled },
    Procedure { clause: "IM 6.1.2.2.4, 6.1.3.2.2", trigger: Trigger::Modified, run: modify::answered },
    Procedure { clause: "RFC 3261 §14.1", trigger: Trigger::NotModified, run: modify::unanswered },
    Procedure { clause: "RFC 3261 §15", trigger: Trigger::Left, run: release::left },
    Procedure { clause: "RFC 3261 §15, RFC 4028 §10", trigger: Trigger::Over, run: release::left },
    Procedure { clause: "RFC 3261 §12.2", trigger: Trigger::WithinDialog, run: release::passed_on },
    Procedure { clause: "RFC 3261 §12.2", trigger: Trigger::ResponseWithinDialog, run: release::answered },
    Procedure { clause: "RFC 3261 §11.2", trigger: Trigger::OutsideDialogs, run: release::outside },
    Procedure { clause: "IM 6.1.2.2.2 on 200 step 3", trigger: Trigger::Recorded, run: history::answered },
    Procedure { clause: "RFC 4975 §7", trigger: Trigger::Media, run: media::relay },
    Procedure { clause: "RFC 4975 §5.4", trigger: Trigger::MediaLost, run: media::lost },
];

/// What happened, as the table has it; nothing where nobody answers to it.
pub(super) fn trigger_of(b2bua: &B2bua, happening: &Happening) -> Option<Trigger> {
    let event = match happening {
        Happening::RangTooLong(_) => return Some(Trigger::RangTooLong),
        Happening::Msrp(msrp::Event::Request { .. }) => return Some(Trigger::Media),
        Happening::Msrp(msrp::Event::Lost { .. }) => return Some(Trigger::MediaLost),
        Happening::Msrp(_) => return None,
        Happening::Ua(event) => event,
    };
    let bridged = call_in(event).is_some_and(|call| b2bua.bridge_of(call).is_some());
    Some(match event {
        UaEvent::Incoming { .. } => Trigger::Invitation,
        UaEvent::Request { call: None, .. } => Trigger::OutsideDialogs,
        _ if !bridged => return history::is_of(b2bua, event).then_some(Trigger::Recorded),
        UaEvent::Provisional { .. } => Trigger::Ringing,
        UaEvent::Answered { .. } => Trigger::Accepted,
        UaEvent::Rejected { .. } => Trigger::Refused,
        UaEvent::Failed { call, .. } if b2bua.is_inviting(*call) => Trigger::Unanswered,
        UaEvent::Confirmed { .. } => Trigger::Confirmed,
        UaEvent::Modification { .. } => Trigger::Modification,
        UaEvent::ModificationCancelled { .. } => Trigger::ModificationCancelled,
        UaEvent::ModificationResult { .. } => Trigger::Modified,
        UaEvent::RequestFailed { call: Some(call), tx, .. } if b2bua.is_modifying(*call, *tx) => Trigger::NotModified,
        UaEvent::Bye { .. } => Trigger::Left,
        UaEvent::Ended { .. } | UaEvent::Cancelled { .. } | UaEvent::Failed { .. } => Trigger::Over,
        UaEvent::Request { .. } => Trigger::WithinDialog,
        UaEvent::Response { .. } | UaEvent::RequestFailed { .. } => Trigger::ResponseWithinDialog,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trigger_stands_in_one_row() {
        for (i, row) in TABLE.iter().enumerate() {
            assert!(TABLE[..i].iter().all(|other| other.trigger != row.trigger), "{:?} twice", row.trigger);
        }
    }
}
