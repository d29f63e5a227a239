//! The MSRP switch: what comes from one participant goes chunk by chunk to those whom it is for (RFC 7701 §6, IM 7.1.3.2,
//! 7.1.3.3). Nothing is copied, nobody waits for the slowest, and what waits for somebody is bounded.

use bytes::{Bytes, BytesMut};

use super::conference::{Conference, ConferenceId, Participant, ParticipantId, Purpose};
use super::procedures::Happening;
use super::{ControllingFunction, Later, large, nickname};
use crate::stack::msrp::{self, Failure, FailureReport, Outgoing, Reassembly, SessionId};
use crate::time::Time;
use crate::wire::mime::Cpim;
use crate::wire::msrp::{Flag, Message};
use crate::wire::sdp::accepts;

/// Messages of one participant that may come in at once.
const MOST_RUNNING: usize = 16;
/// Messages of a participant that are known again when they come once more.
const REMEMBERED: usize = 64;
/// The most octets that the headers of a wrapper may have.
const WRAPPER: usize = 16 * 1024;

/// A message that is coming in.
pub(super) struct Running {
    /// The Message-ID towards the recipients.
    message_id: String,
    /// The number of the first octet that has not come.
    next: u64,
    /// Octets that came before their turn.
    ahead: Reassembly,
    total: Option<u64>,
    phase: Phase,
    /// When it is given up unless more comes.
    deadline: Time,
}

enum Phase {
    /// The headers of the wrapper are not whole yet.
    Heading { first: Box<Message>, pieces: Vec<Bytes> },
    /// It goes on to them.
    Going(Vec<(ParticipantId, SessionId)>),
    /// It was refused; so is what still comes of it.
    Refused(u16),
}

/// An MSRP request of a participant.
pub(super) fn request(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Request { session, request }) = happening else { return };
    let Some((id, who)) = server.sessions.get(&session).copied() else { return };
    match request.head().method() {
        "SEND" => {
            let one_message = server.conferences.get(&id).is_some_and(|c| c.purpose == Purpose::LargeMessage);
            let status = match one_message {
                true => large::chunk(server, now, id, who, &request),
                false => chunk(server, now, id, who, &request),
            };
            server.msrp.respond(session, request.head(), status);
            if status == 200 {
                report(server, id, who, session, &request);
            }
        }
        "NICKNAME" => {
            let status = nickname::nickname(server, id, who, request.head());
            server.msrp.respond(session, request.head(), status);
        }
        _ => server.msrp.respond(session, request.head(), 501),
    }
}

/// Takes a chunk; the status of its response.
fn chunk(server: &mut ControllingFunction, now: Time, id: ConferenceId, who: ParticipantId, chunk: &Message) -> u16 {
    let message_id = chunk.head().message_id().unwrap_or_default().to_owned();
    let key = (who, message_id);
    if chunk.flag() == Flag::Aborted {
        server.break_off(id, &key);
        return 200;
    }
    let own_id = server.ids.token(20);
    let deadline = now + server.config.chunk_timer;
    let most_ahead = server.config.backlog as u64;
    let Some(conference) = server.conferences.get_mut(&id) else { return 481 };
    let Some(sender) = conference.participants.get(&who) else { return 481 };
    // What comes again after it was whole is acknowledged, and nobody gets it twice (RFC 4975 §5.4).
    if sender.finished.contains(&key.1) {
        return 200;
    }
    if !conference.running.contains_key(&key) {
        if conference.running.keys().filter(|(sender, _)| *sender == who).count() >= MOST_RUNNING {
            return 413;
        }
        conference.running.insert(key.clone(), Running::new(own_id, chunk, deadline));
        server.later.insert((deadline, Later::Chunk(id, who, key.1.clone())));
    }
    let Some(running) = conference.running.get_mut(&key) else { return 481 };
    running.deadline = deadline;
    let pieces = running.take(chunk);
    if running.ahead.held() > most_ahead {
        server.break_off(id, &key);
        return 413;
    }
    let last = running.is_whole();
    let status = server.distribute(now, id, &key, pieces, last);
    if last {
        server.finish(id, &key);
    }
    status
}

/// Of a message that is whole, success is reported by the server itself (RFC 7701 §6.3).
fn report(server: &mut ControllingFunction, id: ConferenceId, who: ParticipantId, session: SessionId, chunk: &Message) {
    let Some(conference) = server.conferences.get(&id).filter(|c| c.purpose == Purpose::Chat) else { return };
    let message_id = chunk.head().message_id().unwrap_or_default();
    let whole = conference.participants.get(&who).is_some_and(|p| p.finished.iter().any(|known| known == message_id));
    if whole && chunk.flag() == Flag::Last {
        let start = chunk.head().byte_range().map_or(1, |range| range.start);
        let octets = start.saturating_add(chunk.octets()).saturating_sub(1);
        server.msrp.report(session, chunk.head(), octets, 200);
    }
}

/// The next chunk did not come in time (RFC 7701 §6.1).
pub(super) fn overdue(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Time(Later::Chunk(id, who, message_id)) = happening else { return };
    let key = (who, message_id);
    let Some(running) = server.conferences.get(&id).and_then(|c| c.running.get(&key)) else { return };
    if running.deadline > now {
        server.later.insert((running.deadline, Later::Chunk(id, who, key.1)));
    } else {
        server.break_off(id, &key);
    }
}

/// A message cannot be had whole.
pub(super) fn broken(server: &mut ControllingFunction, _: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Broken { session, message_id }) = happening else { return };
    let Some((id, who)) = server.sessions.get(&session).copied() else { return };
    large::broken(server, id, who);
    server.break_off(id, &(who, message_id));
}

/// A message did not get through to a participant. Who does not answer any more is removed (RFC 7701 §6.4).
pub(super) fn failed(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Failed { session, message_id, why }) = happening else { return };
    let Some((id, who)) = server.sessions.get(&session).copied() else { return };
    let Some(conference) = server.conferences.get_mut(&id) else { return };
    for running in conference.running.values_mut().filter(|running| running.message_id == message_id) {
        running.leave_out(who);
    }
    if let Some(participant) = conference.participants.get_mut(&who) {
        participant.under_way = participant.under_way.saturating_sub(1);
    }
    if conference.purpose == Purpose::LargeMessage {
        large::failed(server, now, id, who);
    } else if matches!(why, Failure::Timeout | Failure::Refused(481 | 506)) {
        server.expel(now, id, who, "booted");
        server.look_at_end(now, id);
    }
}

/// A participant has no connection any more. His dialog lives, and with an offer of his there may be another one.
pub(super) fn lost(server: &mut ControllingFunction, now: Time, happening: Happening) {
    let Happening::Msrp(msrp::Event::Lost { session, .. }) = happening else { return };
    let Some((id, who)) = server.sessions.get(&session).copied() else { return };
    server.release(now, id, who);
    large::lost(server, now, id, who);
}

/// What a participant was sending is broken off towards all who were getting it.
pub(super) fn fall_silent(server: &mut ControllingFunction, _: Time, id: ConferenceId, who: ParticipantId) {
    let Some(conference) = server.conferences.get(&id) else { return };
    let mine: Vec<_> = conference.running.keys().filter(|(sender, _)| *sender == who).cloned().collect();
    for key in mine {
        server.break_off(id, &key);
    }
    large::broken(server, id, who);
}

/// Nothing more goes to a participant.
pub(super) fn fall_deaf(server: &mut ControllingFunction, id: ConferenceId, who: ParticipantId) {
    let Some(conference) = server.conferences.get_mut(&id) else { return };
    for running in conference.running.values_mut() {
        running.leave_out(who);
    }
    if let Some(participant) = conference.participants.get_mut(&who) {
        participant.under_way = 0;
    }
}

impl ControllingFunction {
    /// Gives octets of a message to its recipients; who they are is found out as soon as that can be.
    fn distribute(
        &mut self,
        now: Time,
        id: ConferenceId,
        key: &(ParticipantId, String),
        mut pieces: Vec<Bytes>,
        last: bool,
    ) -> u16 {
        let Some(conference) = self.conferences.get_mut(&id) else { return 481 };
        let wrapped = conference.is_wrapped();
        let Some(running) = conference.running.get_mut(key) else { return 481 };
        if let Phase::Heading { first, pieces: held } = &mut running.phase {
            held.append(&mut pieces);
            if wrapped && !last && !is_headed(held) {
                return 200;
            }
            let (first, held) = (first.clone(), std::mem::take(held));
            let (total, message_id) = (running.total, running.message_id.clone());
            let addressed = match wrapped {
                true => self.addressed(id, key.0, &held),
                false => self.everybody(id, key.0, first.head().content_type().unwrap_or_default()),
            };
            pieces = held;
            let phase = match addressed {
                Ok(recipients) => {
                    for (who, session) in &recipients {
                        self.begin(id, *who, *session, &message_id, &first, total);
                    }
                    Phase::Going(recipients)
                }
                Err(status) => Phase::Refused(status),
            };
            if let Some(running) = self.conferences.get_mut(&id).and_then(|c| c.running.get_mut(key)) {
                running.phase = phase;
            }
        }
        let Some(running) = self.conferences.get(&id).and_then(|c| c.running.get(key)) else { return 481 };
        let (recipients, message_id) = match &running.phase {
            Phase::Going(recipients) => (recipients.clone(), running.message_id.clone()),
            Phase::Refused(status) => return *status,
            Phase::Heading { .. } => return 200,
        };
        for (who, session) in recipients {
            if self.msrp.backlog(session) > self.config.backlog {
                self.expel(now, id, who, "booted");
                self.look_at_end(now, id);
            } else {
                self.msrp.feed(now, session, &message_id, pieces.iter().cloned(), last);
            }
        }
        200
    }

    /// Begins a message towards a recipient. His reports are nobody's, so none are asked for (RFC 7701 §6.3).
    fn begin(
        &mut self,
        id: ConferenceId,
        who: ParticipantId,
        session: SessionId,
        message_id: &str,
        first: &Message,
        total: Option<u64>,
    ) {
        let message = outgoing(message_id, first);
        self.msrp.begin(session, message, total);
        if let Some(participant) = self.participant(id, who) {
            participant.under_way += 1;
        }
    }

    /// Whom a wrapped message is for, by its wrapper (RFC 7701 §6.1, §6.2); else the status that refuses it.
    fn addressed(
        &self,
        id: ConferenceId,
        from: ParticipantId,
        pieces: &[Bytes],
    ) -> Result<Vec<(ParticipantId, SessionId)>, u16> {
        let Some(conference) = self.conferences.get(&id) else { return Err(481) };
        let Some(sender) = conference.participants.get(&from) else { return Err(481) };
        let cpim = Cpim::parse(&joined(pieces));
        if !cpim.from().is_some_and(|address| sender.goes_by(address.uri)) {
            return Err(403);
        }
        let mut to = cpim.to();
        let (first, second) = (to.next(), to.next());
        if second.is_some() {
            return Err(403);
        }
        let to = first.map(|address| address.uri).unwrap_or_default();
        let content_type = cpim.content.headers.get("Content-Type").unwrap_or_default();
        if conference.is_at(to) {
            return self.everybody(id, from, content_type);
        }
        let sessions: Vec<(ParticipantId, &Participant)> =
            conference.connected().filter(|(who, p)| *who != from && p.is_known_as(to)).collect();
        match () {
            () if sessions.is_empty() => Err(404),
            () if !self.config.private_messages => Err(403),
            () if !sessions.iter().any(|(_, p)| p.takes_private) => Err(428),
            () => {
                let private = sessions.into_iter().filter(|(_, p)| p.takes_private);
                Ok(private.filter_map(|(who, p)| Some((who, p.session?))).collect())
            }
        }
    }

    /// All participants but the sender who take content of that type.
    fn everybody(
        &self,
        id: ConferenceId,
        from: ParticipantId,
        content_type: &str,
    ) -> Result<Vec<(ParticipantId, SessionId)>, u16> {
        let Some(conference) = self.conferences.get(&id) else { return Err(481) };
        let others = conference.connected().filter(|(who, p)| *who != from && takes(conference, p, content_type));
        Ok(others.filter_map(|(who, p)| Some((who, p.session?))).collect())
    }

    /// Breaks a message off towards all who were getting it.
    pub(super) fn break_off(&mut self, id: ConferenceId, key: &(ParticipantId, String)) {
        let Some(running) = self.conferences.get_mut(&id).and_then(|c| c.running.remove(key)) else { return };
        self.later.remove(&(running.deadline, Later::Chunk(id, key.0, key.1.clone())));
        if let Phase::Going(recipients) = &running.phase {
            for (_, session) in recipients {
                self.msrp.break_off(*session, &running.message_id);
            }
        }
    }

    /// A message came whole.
    fn finish(&mut self, id: ConferenceId, key: &(ParticipantId, String)) {
        let Some(conference) = self.conferences.get_mut(&id) else { return };
        let Some(running) = conference.running.remove(key) else { return };
        self.later.remove(&(running.deadline, Later::Chunk(id, key.0, key.1.clone())));
        if matches!(running.phase, Phase::Refused(_)) {
            return;
        }
        if let Some(sender) = conference.participants.get_mut(&key.0) {
            if sender.finished.len() >= REMEMBERED {
                sender.finished.pop_front();
            }
            sender.finished.push_back(key.1.clone());
        }
    }
}

impl Running {
    fn new(message_id: String, first: &Message, deadline: Time) -> Running {
        Running {
            message_id,
            next: 1,
            ahead: Reassembly::default(),
            total: first.head().byte_range().and_then(|range| range.total),
            phase: Phase::Heading { first: Box::new(first.clone()), pieces: Vec::new() },
            deadline,
        }
    }

    /// Takes the octets of a chunk; gives those whose turn it is.
    fn take(&mut self, chunk: &Message) -> Vec<Bytes> {
        let start = chunk.head().byte_range().map_or(1, |range| range.start);
        if let Phase::Heading { first, .. } = &mut self.phase
            && start == 1
        {
            **first = chunk.clone();
        }
        if chunk.flag() == Flag::Last {
            self.total = Some(start.saturating_add(chunk.octets()).saturating_sub(1));
        }
        in_turn(&mut self.ahead, &mut self.next, start, chunk)
    }

    fn is_whole(&self) -> bool {
        self.total.is_some_and(|total| self.next > total)
    }

    fn leave_out(&mut self, who: ParticipantId) {
        if let Phase::Going(recipients) = &mut self.phase {
            recipients.retain(|(other, _)| *other != who);
        }
    }
}

/// Takes the octets of a chunk that begins at `start`; gives those whose turn it is, from number `next` on.
pub(super) fn in_turn(ahead: &mut Reassembly, next: &mut u64, start: u64, chunk: &Message) -> Vec<Bytes> {
    let mut at = start;
    for piece in chunk.body().into_iter().flatten() {
        // What has gone on already cannot be changed any more.
        let known = usize::try_from(next.saturating_sub(at)).unwrap_or(usize::MAX).min(piece.len());
        ahead.put(at.saturating_add(known as u64), piece.slice(known..));
        at = at.saturating_add(piece.len() as u64);
    }
    let pieces = ahead.take_from(*next);
    *next += pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
    pieces
}

/// A message towards a recipient, like the one that came in (RFC 7701 §6.1: content is not changed).
pub(super) fn outgoing(message_id: &str, first: &Message) -> Outgoing {
    let head = first.head();
    let failure_report = head.failure_report().and_then(FailureReport::parse).unwrap_or(FailureReport::Yes);
    Outgoing {
        message_id: message_id.to_owned(),
        headers: msrp::Endpoint::described(first)
            .into_iter()
            .filter(|(name, _)| name.starts_with("Content-"))
            .collect(),
        content_type: head.content_type().unwrap_or_default().to_owned(),
        body: Bytes::new(),
        success_report: false,
        failure_report,
        chunk: None,
    }
}

/// Whether a participant takes content of that type, within a wrapper where the conference has one.
fn takes(conference: &Conference, participant: &Participant, content_type: &str) -> bool {
    let Some(plan) = participant.plan.as_ref().filter(|plan| plan.may_send) else { return false };
    let top = |kind: &str| plan.peer_accept_types.iter().any(|entry| accepts(entry, kind));
    if !conference.is_wrapped() {
        return top(content_type);
    }
    let wrapped = &plan.peer_wrapped_types;
    let inner = wrapped.is_empty() || content_type.is_empty();
    top("message/cpim") && (inner || top(content_type) || wrapped.iter().any(|entry| accepts(entry, content_type)))
}

/// Whether the headers of the wrapper and of its content have come, or too many octets for that.
fn is_headed(pieces: &[Bytes]) -> bool {
    let front = joined(pieces);
    let mut ends = memchr::memmem::find_iter(&front, b"\r\n\r\n");
    front.len() >= WRAPPER || ends.nth(1).is_some()
}

/// The first octets of a message in one piece.
fn joined(pieces: &[Bytes]) -> Bytes {
    let mut front = BytesMut::new();
    for piece in pieces {
        let left = WRAPPER - front.len();
        front.extend_from_slice(&piece[..piece.len().min(left)]);
    }
    front.freeze()
}
