//! A large message to a list or a group: one way, from one sender to all who accept, sooner or later, and then the
//! session is over (IM 9.3.1.1, 9.3.2.1).

use std::time::Duration;

use super::conference::{Conference, ConferenceId, Kept, ParticipantId, Purpose, Standing};
use super::config::Reports;
use super::procedures::Happening;
use super::switch;
use super::{ControllingFunction, Later};
use crate::stack::msrp::{self, Outgoing};
use crate::stack::ua::CallId;
use crate::time::Time;
use crate::wire::msrp::{Flag, Message};

/// How long a recipient's session may last after the sender left.
const LINGER: Duration = Duration::from_secs(30);

/// Takes a chunk of the message; the status of its response.
pub(super) fn chunk(
    server: &mut ControllingFunction,
    now: Time,
    id: ConferenceId,
    who: ParticipantId,
    chunk: &Message,
) -> u16 {
    let own_id = server.ids.token(20);
    let Some(conference) = server.conferences.get_mut(&id) else { return 481 };
    if who != conference.inviter {
        return 403;
    }
    let head = chunk.head();
    let their_id = head.message_id().unwrap_or_default();
    if chunk.flag() == Flag::Aborted {
        broken(server, id, who);
        return 200;
    }
    let Some(sender) = conference.participants.get_mut(&who) else { return 481 };
    if sender.finished.iter().any(|known| known == their_id) {
        return 200;
    }
    let started = conference.kept.is_some();
    let kept = conference.kept.get_or_insert_with(|| Kept::new(own_id, their_id, chunk));
    // There is one message in the session.
    if kept.their_id != their_id {
        return 413;
    }
    let fresh = kept.take(chunk);
    let whole = kept.is_whole();
    if whole {
        kept.whole = true;
        sender.finished.push_back(their_id.to_owned());
    }
    let message_id = kept.message_id.clone();
    let recipients: Vec<ParticipantId> =
        conference.connected().map(|(other, _)| other).filter(|other| *other != who).collect();
    for recipient in recipients {
        if !started {
            begin(server, id, recipient);
        }
        let session = server.participant(id, recipient).and_then(|p| p.session);
        if let Some(session) = session {
            server.msrp.feed(now, session, &message_id, fresh.iter().cloned(), whole);
        }
    }
    report(server, id);
    200
}

/// Gives a recipient who accepts what came before he did.
pub(super) fn catch_up(server: &mut ControllingFunction, now: Time, id: ConferenceId, who: ParticipantId) {
    let Some(conference) = server.conferences.get(&id).filter(|c| c.purpose == Purpose::LargeMessage) else { return };
    let Some(kept) = &conference.kept else { return };
    let (message_id, pieces, whole) = (kept.message_id.clone(), kept.pieces.clone(), kept.whole);
    begin(server, id, who);
    if let Some(session) = server.participant(id, who).and_then(|p| p.session) {
        server.msrp.feed(now, session, &message_id, pieces, whole);
    }
}

/// A recipient has the whole message: his session is over. In a conference it goes on.
pub(super) fn acknowledged(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Acknowledged { session, .. }) = happening else { return };
    let Some((id, who)) = server.sessions.get(&session).copied() else { return };
    let Some(participant) = server.participant(id, who) else { return };
    participant.under_way = participant.under_way.saturating_sub(1);
    let Some(conference) = server.conferences.get_mut(&id).filter(|c| c.purpose == Purpose::LargeMessage) else {
        return;
    };
    if let Some(kept) = &mut conference.kept {
        kept.delivered += 1;
    }
    server.expel(now, id, who, "departed");
    report(server, id);
}

/// The message did not get through to a recipient; the others are served.
pub(super) fn failed(server: &mut ControllingFunction, now: Time, id: ConferenceId, who: ParticipantId) {
    server.expel(now, id, who, "failed");
    report(server, id);
}

/// A participant has no connection any more: a recipient has nothing to wait for.
pub(super) fn lost(server: &mut ControllingFunction, now: Time, id: ConferenceId, who: ParticipantId) {
    let Some(conference) = server.conferences.get(&id).filter(|c| c.purpose == Purpose::LargeMessage) else { return };
    if who != conference.inviter {
        failed(server, now, id, who);
    }
}

/// The sender will send nothing more: what is not whole is broken off.
pub(super) fn broken(server: &mut ControllingFunction, id: ConferenceId, who: ParticipantId) {
    let Some(conference) = server.conferences.get_mut(&id) else { return };
    if who != conference.inviter {
        return;
    }
    let Some(kept) = conference.kept.take_if(|kept| !kept.whole) else { return };
    let sessions: Vec<_> = conference.participants.values().filter_map(|p| p.session).collect();
    for session in sessions {
        server.msrp.break_off(session, &kept.message_id);
    }
}

/// The sender left, and a recipient still waits for the message.
pub(super) fn overdue(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Time(Later::Deliver(call)) = happening else { return };
    if let Some((id, who)) = server.at_call(call) {
        server.expel(now, id, who, "departed");
        server.look_at_end(now, id);
    }
}

/// Whether the session of a large message is over: its sender is gone, and nobody is left whom it still goes to.
pub(super) fn is_over(conference: &Conference) -> bool {
    if conference.participants.contains_key(&conference.inviter) {
        return false;
    }
    let whole = conference.kept.as_ref().is_some_and(|kept| kept.whole);
    !whole || conference.participants.values().all(|p| p.standing == Standing::Leaving)
}

impl ControllingFunction {
    /// When the sender left, recipients get what is kept for a while yet.
    pub(super) fn linger(&mut self, now: Time, id: ConferenceId) {
        let Some(conference) = self.conferences.get(&id).filter(|c| c.purpose == Purpose::LargeMessage) else { return };
        let waiting: Vec<CallId> = conference.participants.values().map(|p| p.call).collect();
        self.later.extend(waiting.into_iter().map(|call| (now + LINGER, Later::Deliver(call))));
    }
}

/// Begins the message towards a recipient.
fn begin(server: &mut ControllingFunction, id: ConferenceId, who: ParticipantId) {
    let Some(conference) = server.conferences.get_mut(&id) else { return };
    let (Some(kept), Some(recipient)) = (&conference.kept, conference.participants.get_mut(&who)) else { return };
    let Some(session) = recipient.session else { return };
    recipient.under_way += 1;
    server.msrp.begin(session, kept.message.clone(), kept.total);
}

/// Reports success to the sender when its time has come.
fn report(server: &mut ControllingFunction, id: ConferenceId) {
    let policy = server.config.reports;
    let Some(conference) = server.conferences.get_mut(&id) else { return };
    let inviter = conference.inviter;
    let waits = |p: &super::Participant| p.standing != Standing::Leaving;
    let pending = conference.participants.iter().any(|(who, p)| *who != inviter && waits(p));
    let Some(kept) = conference.kept.as_mut().filter(|kept| kept.whole) else { return };
    let due = match policy {
        Reports::OnReceipt => true,
        Reports::OnDelivery => !pending && kept.delivered > 0,
    };
    let Some(head) = kept.report.take_if(|_| due) else { return };
    let octets = kept.total.unwrap_or_default();
    if let Some(session) = conference.participants.get(&inviter).and_then(|p| p.session) {
        server.msrp.report(session, &head, octets, 200);
    }
}

impl Kept {
    fn new(message_id: String, their_id: &str, first: &Message) -> Kept {
        let message: Outgoing = switch::outgoing(&message_id, first);
        Kept {
            their_id: their_id.to_owned(),
            message,
            message_id,
            next: 1,
            ahead: Default::default(),
            total: first.head().byte_range().and_then(|range| range.total),
            pieces: Vec::new(),
            whole: false,
            delivered: 0,
            report: None,
        }
    }

    /// Takes the octets of a chunk; gives those whose turn it is, and keeps them.
    fn take(&mut self, chunk: &Message) -> Vec<bytes::Bytes> {
        let start = chunk.head().byte_range().map_or(1, |range| range.start);
        if chunk.flag() == Flag::Last {
            self.total = Some(start.saturating_add(chunk.octets()).saturating_sub(1));
            self.report = Some(chunk.head().clone());
        }
        let fresh = switch::in_turn(&mut self.ahead, &mut self.next, start, chunk);
        self.pieces.extend(fresh.iter().cloned());
        fresh
    }

    fn is_whole(&self) -> bool {
        self.total.is_some_and(|total| self.next > total)
    }
}
