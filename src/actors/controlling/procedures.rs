//! The table of the Controlling Function's procedures: which clause, on what, which function.

use super::{ControllingFunction, Later, join, large, leave, modify, pager, setup, subscribe, switch};
use crate::stack::msrp;
use crate::stack::ua::UaEvent;
use crate::time::Time;

/// Something that the server has to answer to.
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
    pub run: fn(&mut ControllingFunction, Time, Happening),
}

/// When a procedure is for what happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trigger {
    /// An INVITE to a factory.
    AdHoc,
    /// An INVITE to a group.
    PreDefined,
    /// An INVITE to the identity of a session.
    Rejoining,
    /// An INVITE to nothing that is here.
    Unknown,
    /// A provisional response of an invited user.
    Ringing,
    /// The 200 of an invited user.
    Accepted,
    /// Any end of an invitation but a 200.
    Failed,
    /// The inviter gave up.
    Cancelled,
    /// A BYE of a participant, or the end of this side's.
    Left,
    Modification,
    /// The ACK to a 2xx of this side.
    Confirmed,
    /// The final response to a modification by this side.
    Modified,
    Message,
    Subscription,
    Resubscription,
    SubscriptionExpired,
    Notified,
    /// A subscription is gone.
    NotSubscribed,
    /// Any other request.
    Request,
    /// A chunk, or another MSRP request.
    MsrpRequest,
    /// A message is not to be had whole.
    Broken,
    Acknowledged,
    SendFailed,
    ConnectionLost,
    ChunkOverdue,
    DeliveryOverdue,
}

/// The procedures. The first whose trigger fits is run.
pub(super) const TABLE: &[Procedure] = &[
    Procedure { clause: "IM 7.2.1.1, 9.3.1.1", trigger: Trigger::AdHoc, run: setup::ad_hoc },
    Procedure { clause: "IM 7.2.1.2, 7.2.1.3, 9.3.1.1", trigger: Trigger::PreDefined, run: setup::pre_defined },
    Procedure { clause: "IM 7.2.1.4", trigger: Trigger::Rejoining, run: join::rejoining },
    Procedure { clause: "IM 11.1, 7.2.1.2 step 1", trigger: Trigger::Unknown, run: setup::unknown },
    Procedure { clause: "IM 7.2.1.1, 7.2.1.2, 7.2.2.2 on 180", trigger: Trigger::Ringing, run: setup::ringing },
    Procedure {
        clause: "IM 7.2.1.1, 7.2.1.2, 7.2.2.2, 9.3.2.1 on 200",
        trigger: Trigger::Accepted,
        run: setup::accepted,
    },
    Procedure { clause: "IM 7.2.1.1, 7.2.1.2 on 4xx-6xx", trigger: Trigger::Failed, run: setup::failed },
    Procedure { clause: "RFC 3261 9.2", trigger: Trigger::Cancelled, run: leave::cancelled },
    Procedure { clause: "IM 7.2.1.9, RFC 7701 5.3", trigger: Trigger::Left, run: leave::left },
    Procedure { clause: "IM 7.2.1.5", trigger: Trigger::Modification, run: modify::modification },
    Procedure { clause: "RFC 3264 5, RFC 3261 13.2.1", trigger: Trigger::Confirmed, run: modify::confirmed },
    Procedure { clause: "IM 7.2.2.6 on 200", trigger: Trigger::Modified, run: modify::modified },
    Procedure { clause: "RFC 5365 7", trigger: Trigger::Message, run: pager::message },
    Procedure { clause: "RFC 4575 3, IM 7.2.2.10", trigger: Trigger::Subscription, run: subscribe::subscription },
    Procedure { clause: "RFC 6665 4.2.1", trigger: Trigger::Resubscription, run: subscribe::resubscription },
    Procedure { clause: "RFC 6665 4.2.3", trigger: Trigger::SubscriptionExpired, run: subscribe::expired },
    Procedure { clause: "RFC 4575 3.9", trigger: Trigger::Notified, run: subscribe::notified },
    Procedure { clause: "RFC 6665 4.2.2", trigger: Trigger::NotSubscribed, run: subscribe::gone },
    Procedure { clause: "RFC 3261 8.2", trigger: Trigger::Request, run: pager::other },
    Procedure { clause: "RFC 7701 6, 7", trigger: Trigger::MsrpRequest, run: switch::request },
    Procedure { clause: "RFC 4975 7.3.1", trigger: Trigger::Broken, run: switch::broken },
    Procedure { clause: "IM 9.3.2.1 editor's note", trigger: Trigger::Acknowledged, run: large::acknowledged },
    Procedure { clause: "RFC 7701 6.4", trigger: Trigger::SendFailed, run: switch::failed },
    Procedure { clause: "RFC 4975 5.4", trigger: Trigger::ConnectionLost, run: switch::lost },
    Procedure { clause: "RFC 7701 6.1", trigger: Trigger::ChunkOverdue, run: switch::overdue },
    Procedure { clause: "IM 9.3.2.1 editor's note", trigger: Trigger::DeliveryOverdue, run: large::overdue },
];

impl Trigger {
    /// Whether a procedure with this trigger is for what happened.
    pub fn fits(self, server: &ControllingFunction, happening: &Happening) -> bool {
        trigger_of(server, happening) == Some(self)
    }
}

fn trigger_of(server: &ControllingFunction, happening: &Happening) -> Option<Trigger> {
    Some(match happening {
        Happening::Ua(event) => match event {
            UaEvent::Incoming { message, .. } => {
                let target = message.request_uri().unwrap_or_default();
                match () {
                    () if server.conference_at(target).is_some() => Trigger::Rejoining,
                    () if server.config.is_factory(target) => Trigger::AdHoc,
                    () if server.config.group(target).is_some() => Trigger::PreDefined,
                    () => Trigger::Unknown,
                }
            }
            UaEvent::Provisional { .. } => Trigger::Ringing,
            UaEvent::Answered { .. } => Trigger::Accepted,
            UaEvent::Rejected { .. } | UaEvent::Failed { .. } => Trigger::Failed,
            UaEvent::Cancelled { .. } => Trigger::Cancelled,
            UaEvent::Bye { .. } | UaEvent::Ended { .. } => Trigger::Left,
            UaEvent::Modification { .. } => Trigger::Modification,
            UaEvent::Confirmed { .. } => Trigger::Confirmed,
            UaEvent::ModificationResult { .. } => Trigger::Modified,
            UaEvent::Request { message, call: None, .. } if message.method() == "MESSAGE" => Trigger::Message,
            UaEvent::Request { message, call: None, .. } if message.method() == "SUBSCRIBE" => Trigger::Subscription,
            UaEvent::Request { .. } => Trigger::Request,
            UaEvent::Resubscribed { .. } => Trigger::Resubscription,
            UaEvent::SubscriptionExpired { .. } => Trigger::SubscriptionExpired,
            UaEvent::Notified { .. } => Trigger::Notified,
            UaEvent::NotSubscribed { .. } => Trigger::NotSubscribed,
            _ => return None,
        },
        Happening::Msrp(event) => match event {
            msrp::Event::Request { .. } => Trigger::MsrpRequest,
            msrp::Event::Broken { .. } => Trigger::Broken,
            msrp::Event::Acknowledged { .. } => Trigger::Acknowledged,
            msrp::Event::Failed { .. } => Trigger::SendFailed,
            msrp::Event::Lost { .. } => Trigger::ConnectionLost,
            _ => return None,
        },
        Happening::Time(later) => match later {
            Later::Chunk(..) => Trigger::ChunkOverdue,
            Later::Deliver(_) => Trigger::DeliveryOverdue,
        },
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
