//! The table of the client's procedures: which clause, on what, which function.

use super::{
    Client, Later, Purpose, call_in, conference, extend, paged, pager, receive, relayed, release, retrieve, send,
    session, subscribe, waiting,
};
use crate::actors::act::{Act, Occasion};
use crate::stack::msrp;
use crate::stack::ua::UaEvent;
use crate::time::Time;

/// Something that a client has to answer to.
pub(super) enum Happening {
    Act(Act),
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
    pub run: fn(&mut Client, Time, Happening),
}

/// When a procedure is for what happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trigger {
    Register,
    Unregister,
    Registered,
    Watch,
    /// A NOTIFY tells what messages wait.
    Summarised,
    Send,
    Retrieve,
    Invite,
    Confer,
    Join,
    Rejoin,
    Extend,
    Subscribe,
    /// A NOTIFY of a subscription of this side.
    Notified,
    NotSubscribed,
    Accept,
    Decline,
    Message,
    Release,
    Cancel,
    Modify,
    Reset,
    Abort,
    ReportFailure,
    Intrude,
    Ringing,
    /// The 200 to an invitation to a message of this side.
    Accepted,
    /// The 200 of a store to an invitation of this side.
    StoreAccepted,
    /// The 200 to an invitation to a session.
    SessionAccepted,
    /// Any end of an invitation of this side but a 200.
    Refused,
    Invitation,
    /// The user takes an invitation that he was asked about.
    Taken,
    Modification,
    /// The ACK to a 2xx of this side.
    Confirmed,
    /// The final response to a modification by this side.
    Modified,
    /// The peer's BYE.
    Left,
    /// This side's BYE is done, or the invitation was cancelled.
    Over,
    Request,
    /// A response to a request outside of calls.
    Answered,
    /// A request outside of calls gets no response.
    Unanswered,
    ChunkSent,
    ChunkReceived,
    Acknowledged,
    Delivered,
    SendFailed,
    Received,
    Broken,
    ReportOverdue,
    /// The relays gave a path, or none.
    Authorised,
    PathsLost,
    ReportDue,
}

/// The procedures. The first whose trigger fits is run.
pub(super) const TABLE: &[Procedure] = &[
    Procedure { clause: "RFC 3261 10.2", trigger: Trigger::Register, run: |c, now, _| c.register(now) },
    Procedure { clause: "RFC 3261 10.2.2", trigger: Trigger::Unregister, run: |c, now, _| c.unregister(now) },
    Procedure { clause: "RFC 3608 5", trigger: Trigger::Registered, run: registered },
    Procedure { clause: "IM 12.4.2.6, RFC 3842 3", trigger: Trigger::Watch, run: waiting::ask },
    Procedure { clause: "RFC 3842 3.7", trigger: Trigger::Summarised, run: waiting::notified },
    Procedure { clause: "IM 8.1, 8.1.1, 9; CPM 7.3.2.1", trigger: Trigger::Send, run: pager::send },
    Procedure { clause: "IM 8.1.1 Note, RFC 3428 5", trigger: Trigger::Answered, run: pager::answered },
    Procedure { clause: "RFC 3261 8.1.3.1", trigger: Trigger::Unanswered, run: pager::unanswered },
    Procedure { clause: "IM 9.1.1.2, CPM 7.3.2.1 on 200", trigger: Trigger::Accepted, run: send::accepted },
    Procedure { clause: "RFC 3261 13.2.2.3", trigger: Trigger::Refused, run: send::refused },
    Procedure { clause: "IM 9.1.1.2 last step", trigger: Trigger::Acknowledged, run: send::acknowledged },
    Procedure { clause: "IM 9.1.1.2 on 200, step 3", trigger: Trigger::Delivered, run: send::delivered },
    Procedure { clause: "RFC 4975 7.1.1", trigger: Trigger::SendFailed, run: send::failed },
    Procedure { clause: "IM 9.1.1.2", trigger: Trigger::ReportOverdue, run: release::overdue },
    Procedure { clause: "IM 12.1.1, 13.1.3", trigger: Trigger::Retrieve, run: retrieve::ask },
    Procedure { clause: "IM 12.1.1, 13.1.3 on 200", trigger: Trigger::StoreAccepted, run: retrieve::accepted },
    Procedure { clause: "IM 9.2.2", trigger: Trigger::Invitation, run: receive::invitation },
    Procedure { clause: "IM 7.1.2.1", trigger: Trigger::Taken, run: receive::taken },
    Procedure { clause: "IM 9.2.2 step 6", trigger: Trigger::Received, run: receive::received },
    Procedure { clause: "RFC 4975 7.3.1, RFC 5547 8.4", trigger: Trigger::Broken, run: receive::broken },
    Procedure { clause: "RFC 3428 7, RFC 5438 7.1.2", trigger: Trigger::Request, run: paged::request },
    Procedure { clause: "RFC 5438 7.2.1", trigger: Trigger::ReportDue, run: paged::report },
    Procedure { clause: "IM 7.1.1.2", trigger: Trigger::Invite, run: session::invite },
    Procedure { clause: "IM 7.1.1.2 on 200", trigger: Trigger::SessionAccepted, run: session::accepted },
    Procedure { clause: "IM 7.1.1.3", trigger: Trigger::Confer, run: conference::confer },
    Procedure { clause: "IM 7.1.1.4, 7.1.1.10", trigger: Trigger::Join, run: conference::join },
    Procedure { clause: "IM 7.1.1.9", trigger: Trigger::Rejoin, run: conference::rejoin },
    Procedure { clause: "IM 7.1.1.6", trigger: Trigger::Extend, run: extend::extend },
    Procedure { clause: "IM 7.1.1.3 Note 2, RFC 4575 3", trigger: Trigger::Subscribe, run: subscribe::ask },
    Procedure { clause: "RFC 4575 4.4", trigger: Trigger::Notified, run: subscribe::notified },
    Procedure { clause: "RFC 6665 4.1.2.1", trigger: Trigger::NotSubscribed, run: subscribe::lost },
    Procedure { clause: "IM 7.1.2.1", trigger: Trigger::Accept, run: receive::accept_waiting },
    Procedure { clause: "RFC 3261 13.3.1.3", trigger: Trigger::Decline, run: receive::decline },
    Procedure { clause: "IM 7.1.3.2", trigger: Trigger::Message, run: session::message },
    Procedure { clause: "IM 7.1.2.2, RFC 3261 14.2", trigger: Trigger::Modification, run: session::modification },
    Procedure { clause: "RFC 3264 5, RFC 3261 13.2.1", trigger: Trigger::Confirmed, run: session::confirmed },
    Procedure { clause: "IM 9.1.3, CPM 7.3.2.2", trigger: Trigger::Release, run: release::by_user },
    Procedure { clause: "RFC 3261 15.1.2", trigger: Trigger::Left, run: release::left },
    Procedure { clause: "CPM 7.3.2.2 on 200", trigger: Trigger::Over, run: release::over },
    Procedure { clause: "RFC 3261 9.1", trigger: Trigger::Cancel, run: release::cancel },
    Procedure { clause: "RFC 3261 14.1, RFC 3311 5.1", trigger: Trigger::Modify, run: session::modify },
    Procedure { clause: "RFC 3261 14.1", trigger: Trigger::Modified, run: session::modified },
    Procedure { clause: "RFC 4976 5.1", trigger: Trigger::Authorised, run: relayed::authorised },
    Procedure { clause: "RFC 4976 6.3", trigger: Trigger::PathsLost, run: relayed::lost },
    Procedure { clause: "RFC 4975 5.4", trigger: Trigger::Reset, run: send::reset },
    Procedure { clause: "RFC 4975 7.1", trigger: Trigger::Abort, run: send::abort },
    Procedure { clause: "RFC 4975 7.1.4", trigger: Trigger::ReportFailure, run: receive::report_failure },
    Procedure { clause: "scenario", trigger: Trigger::Intrude, run: send::intrude },
    Procedure { clause: "scenario", trigger: Trigger::Ringing, run: |c, now, _| c.intend(now, Occasion::Ringing) },
    Procedure { clause: "scenario", trigger: Trigger::ChunkSent, run: send::chunk_sent },
    Procedure { clause: "scenario", trigger: Trigger::ChunkReceived, run: receive::chunk_received },
];

impl Trigger {
    /// Whether a procedure with this trigger is for what happened.
    pub fn fits(self, client: &Client, happening: &Happening) -> bool {
        trigger_of(client, happening) == Some(self)
    }
}

fn trigger_of(client: &Client, happening: &Happening) -> Option<Trigger> {
    Some(match happening {
        Happening::Act(act) => match act {
            Act::Arrange(_) | Act::Provision(_) => return None,
            Act::Register => Trigger::Register,
            Act::Unregister => Trigger::Unregister,
            Act::Watch => Trigger::Watch,
            Act::Send(_) => Trigger::Send,
            Act::Retrieve { .. } => Trigger::Retrieve,
            Act::Invite { .. } => Trigger::Invite,
            Act::Confer { .. } => Trigger::Confer,
            Act::Join { .. } => Trigger::Join,
            Act::Rejoin => Trigger::Rejoin,
            Act::Extend { .. } => Trigger::Extend,
            Act::Subscribe => Trigger::Subscribe,
            Act::Accept { .. } => Trigger::Accept,
            Act::Decline => Trigger::Decline,
            Act::Message(_) => Trigger::Message,
            Act::Release => Trigger::Release,
            Act::Cancel => Trigger::Cancel,
            Act::Modify(_) => Trigger::Modify,
            Act::Reset => Trigger::Reset,
            Act::Abort => Trigger::Abort,
            Act::ReportFailure { .. } => Trigger::ReportFailure,
            Act::Intrude => Trigger::Intrude,
        },
        Happening::Ua(event) => {
            let call = call_in(event).and_then(|id| client.calls.get(&id));
            let sending = call.is_some_and(|c| matches!(c.purpose, Purpose::Sending(_)));
            let retrieving = call.is_some_and(|c| matches!(c.purpose, Purpose::Retrieving));
            let inviting = call.is_some_and(|c| matches!(c.purpose, Purpose::Session) && c.session().is_none());
            match event {
                UaEvent::Registered { .. } => Trigger::Registered,
                UaEvent::Incoming { .. } => Trigger::Invitation,
                UaEvent::Provisional { .. } => Trigger::Ringing,
                UaEvent::Answered { .. } if sending => Trigger::Accepted,
                UaEvent::Answered { .. } if retrieving => Trigger::StoreAccepted,
                UaEvent::Answered { .. } if inviting => Trigger::SessionAccepted,
                UaEvent::Rejected { .. } | UaEvent::Failed { .. } if sending || retrieving || inviting => {
                    Trigger::Refused
                }
                UaEvent::Modification { .. } => Trigger::Modification,
                UaEvent::Confirmed { .. } => Trigger::Confirmed,
                UaEvent::ModificationResult { .. } => Trigger::Modified,
                UaEvent::Bye { .. } => Trigger::Left,
                UaEvent::Ended { .. } | UaEvent::Cancelled { .. } | UaEvent::Failed { .. } => Trigger::Over,
                UaEvent::Notify { subscription, .. } if client.watching == Some(*subscription) => Trigger::Summarised,
                UaEvent::Notify { .. } => Trigger::Notified,
                UaEvent::NotSubscribed { .. } => Trigger::NotSubscribed,
                UaEvent::Request { .. } => Trigger::Request,
                UaEvent::Response { call: None, .. } => Trigger::Answered,
                UaEvent::RequestFailed { call: None, .. } => Trigger::Unanswered,
                _ => return None,
            }
        }
        Happening::Msrp(event) => match event {
            msrp::Event::ChunkSent { .. } => Trigger::ChunkSent,
            msrp::Event::ChunkReceived { .. } => Trigger::ChunkReceived,
            msrp::Event::Acknowledged { .. } => Trigger::Acknowledged,
            msrp::Event::Delivered { .. } => Trigger::Delivered,
            msrp::Event::Failed { .. } => Trigger::SendFailed,
            msrp::Event::Received { .. } => Trigger::Received,
            msrp::Event::Broken { .. } => Trigger::Broken,
            msrp::Event::Authorised { .. } | msrp::Event::Unauthorised { .. } => Trigger::Authorised,
            msrp::Event::PathsLost => Trigger::PathsLost,
            msrp::Event::Connected { .. } | msrp::Event::Lost { .. } | msrp::Event::Request { .. } => return None,
        },
        Happening::Time(later) => match later {
            Later::Accept(_) => Trigger::Taken,
            Later::Release(_) => Trigger::ReportOverdue,
            Later::Report(_) => Trigger::ReportDue,
        },
    })
}

fn registered(client: &mut Client, _: Time, happening: Happening) {
    if let Happening::Ua(UaEvent::Registered { message, expires, .. }) = happening {
        client.registered(&message, expires);
    }
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
