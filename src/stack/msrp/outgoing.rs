//! Sending a message: chunks within a window, their responses and timers, and the reports about them.

use std::collections::VecDeque;

use bytes::Bytes;
use smallvec::SmallVec;

use super::running::Running;
use super::{Config, Event, Failure, FailureReport, Outgoing, Reassembly, SessionId};
use crate::stack::{IdSource, Pieces};
use crate::time::Time;
use crate::wire::msrp::{Builder, EndLine, Flag, safe_end_line};

/// Octets of content in a chunk that cannot be interrupted (RFC 4975 §5.1).
pub(super) const UNINTERRUPTED: usize = 2048;

/// A message on its way out.
pub(super) struct Transfer {
    pub message: Outgoing,
    /// Its place among the messages of its session, counted from 1.
    pub number: u64,
    /// It waits for its turn on the connection.
    pub listed: bool,
    /// The chunk whose end-line is still to come.
    pub(super) running: Option<Running>,
    /// Octets that wait to go out, in order.
    queue: VecDeque<Bytes>,
    /// How many those are.
    queued: usize,
    /// Octets of the message; none while nobody knows.
    total: Option<u64>,
    /// Octets that were given to the connection.
    next: usize,
    /// The octets come bit by bit.
    streamed: bool,
    /// Nothing more is added to the queue.
    complete: bool,
    /// Chunks without a response, in the order in which they went out. It lies in place: in a session with many messages
    /// under way all of them are looked at for each response and each deadline.
    open: SmallVec<[OpenChunk; 1]>,
    acknowledged: usize,
    reported: Reassembly,
    state: State,
}

/// A chunk that is owed a response.
struct OpenChunk {
    tid: String,
    octets: usize,
    /// Until when the response may come.
    until: Option<Time>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Chunks are still to go out.
    Sending,
    /// All went out; responses are awaited.
    Waiting,
    /// All is acknowledged; reports may come.
    Acknowledged,
    Delivered,
    Failed,
}

impl Transfer {
    pub fn new(message: Outgoing) -> Transfer {
        let mut transfer = Transfer::begun(message, None);
        let body = transfer.message.body.clone();
        transfer.reported.set_total(body.len() as u64);
        transfer.add([body], true);
        transfer.streamed = false;
        transfer
    }

    /// A message whose octets come bit by bit; how many, where it is known.
    pub fn begun(message: Outgoing, total: Option<u64>) -> Transfer {
        Transfer {
            message,
            number: 0,
            listed: false,
            running: None,
            queue: VecDeque::new(),
            queued: 0,
            total,
            next: 0,
            streamed: true,
            complete: false,
            open: SmallVec::new(),
            acknowledged: 0,
            reported: Reassembly::default(),
            state: State::Sending,
        }
    }

    /// Adds octets at the end, with `last` the last ones. What failed takes no more.
    pub fn add(&mut self, pieces: impl IntoIterator<Item = Bytes>, last: bool) {
        if self.state != State::Sending || self.complete {
            return;
        }
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            self.queued += piece.len();
            self.queue.push_back(piece);
        }
        self.complete = last;
        if last {
            self.total = Some((self.next + self.queued) as u64);
        }
    }

    /// Octets that wait to go out.
    pub fn queued(&self) -> usize {
        self.queued
    }

    /// Whether messages behind this one may overtake it while it has nothing to send.
    pub fn is_streamed(&self) -> bool {
        self.streamed
    }

    pub fn is_sending(&self) -> bool {
        self.state == State::Sending
    }

    /// Whether nothing more is expected but reports.
    pub fn is_settled(&self) -> bool {
        matches!(self.state, State::Acknowledged | State::Delivered | State::Failed)
    }

    /// Whether nothing more is expected at all, but that the peer may still say that it failed.
    pub fn is_done(&self) -> bool {
        self.is_settled() && (self.state != State::Acknowledged || !self.message.success_report)
    }

    /// When the first response is overdue, or the connection has stood still too long in a chunk.
    pub fn deadline(&self) -> Option<Time> {
        let running = self.running.as_ref().filter(|_| self.is_sending()).and_then(|running| running.until);
        self.open.iter().filter_map(|chunk| chunk.until).chain(running).min()
    }

    /// Octets of content in a chunk of this message.
    pub(super) fn chunk_size(&self, config: &Config) -> usize {
        self.message.chunk.unwrap_or(config.chunk).max(1)
    }

    /// Whether its chunks are written piece by piece, in turn with others. One that is known to fit into a chunk that need
    /// not be interrupted is not.
    pub fn is_interruptible(&self, config: &Config) -> bool {
        self.chunk_size(config) > UNINTERRUPTED && self.total.is_none_or(|total| total > UNINTERRUPTED as u64)
    }

    /// Whether a chunk may begin: there is something to send, and the window lets it out.
    pub(super) fn may_begin(&self, config: &Config) -> bool {
        self.state == State::Sending && self.open.len() < config.window.max(1) && (self.queued > 0 || self.complete)
    }

    /// The next chunk, where the window lets one out.
    pub fn chunk(&mut self, session: &Head<'_>, config: &mut Config, now: Time) -> Option<Pieces> {
        if !self.may_begin(config) {
            return None;
        }
        let body = self.take(self.chunk_size(config).min(UNINTERRUPTED));
        let end = self.next + octets_of(&body);
        let (tid, _) = fresh_line(&mut config.ids, &body);
        let builder = self.head(session, &tid, &end.to_string());
        let flag = if self.is_out() { Flag::Last } else { Flag::More };
        let pieces = builder.segments(body).flag(flag).pieces();
        let until = self.until(config, now);
        self.began(&tid, end - self.next, until);
        self.next = end;
        Some(pieces)
    }

    /// The head of a chunk that begins with the next octet.
    pub(super) fn head(&self, session: &Head<'_>, tid: &str, range_end: &str) -> Builder {
        let mut builder = self.send(session, tid, range_end);
        if self.next == 0 {
            for (name, value) in &self.message.headers {
                builder = builder.header(name, value);
            }
        }
        builder.header("Content-Type", &self.message.content_type)
    }

    /// A SEND about what begins with the next octet, up to the headers that describe content.
    fn send(&self, session: &Head<'_>, tid: &str, range_end: &str) -> Builder {
        let total = self.written_total();
        session
            .request(tid, "SEND")
            .header("Message-ID", &self.message.message_id)
            .header("Byte-Range", format!("{}-{range_end}/{total}", self.next + 1))
            .header("Success-Report", if self.message.success_report { "yes" } else { "no" })
            .header("Failure-Report", self.message.failure_report.word())
    }

    /// Until when the response may come to what is sent now. Without responses the window is counted by what the
    /// connection still holds.
    pub(super) fn until(&self, config: &Config, now: Time) -> Option<Time> {
        (self.message.failure_report == FailureReport::Yes).then(|| now + config.response_timeout)
    }

    /// Notes a chunk of so many octets that has been written, or will be at once, to its end.
    pub(super) fn began(&mut self, tid: &str, octets: usize, until: Option<Time>) {
        self.open.push(OpenChunk { tid: tid.to_owned(), octets, until });
        if self.is_out() {
            self.state = State::Waiting;
        }
    }

    /// Notes octets that were given to the connection.
    pub(super) fn gave(&mut self, octets: usize) {
        self.next += octets;
    }

    /// Whether nothing is left to be written.
    pub(super) fn is_out(&self) -> bool {
        self.complete && self.queued == 0
    }

    /// Whether the message begins with what is written next.
    pub(super) fn is_untouched(&self) -> bool {
        self.next == 0
    }

    /// The message in one chunk, of which no response is awaited.
    pub fn in_one(message: &Outgoing, session: &Head<'_>, ids: &mut IdSource) -> Pieces {
        let total = message.body.len();
        let (tid, _) = fresh_line(ids, std::slice::from_ref(&message.body));
        let builder = session
            .request(&tid, "SEND")
            .header("Message-ID", &message.message_id)
            .header("Byte-Range", format!("1-{total}/{total}"));
        builder.body(&message.content_type, message.body.clone()).flag(Flag::Last).pieces()
    }

    /// The end of a message that is broken off between two chunks: a chunk of no octets with `#`. One that is running ends
    /// with `#` itself, when the connection is told that its message failed.
    pub fn abort(&mut self, session: &Head<'_>, ids: &mut IdSource) -> Option<Pieces> {
        let between = self.state == State::Sending && self.next > 0 && self.running.is_none();
        self.state = State::Failed;
        self.open.clear();
        self.let_go();
        if !between {
            return None;
        }
        let tid = fresh_id(ids);
        let builder = self.send(session, &tid, "*");
        Some(builder.body(&self.message.content_type, Bytes::new()).flag(Flag::Aborted).pieces())
    }

    /// Takes a response; false where it is for no chunk of this message.
    pub fn response(&mut self, tid: &str, status: u16, session: SessionId, events: &mut Vec<Event>) -> bool {
        let running = self.running.as_ref().is_some_and(|running| running.is(tid));
        let octets = match self.open.iter().position(|chunk| chunk.tid == tid) {
            Some(at) => self.open.remove(at).octets,
            None if running => 0,
            None => return false,
        };
        if status == 200 && running {
            // A chunk that is not all there yet cannot have been taken: what says so is no answer to it.
        } else if status == 200 {
            self.acknowledged += octets;
            self.advance(session, events);
        } else {
            self.fail(Failure::of(status), session, events);
        }
        true
    }

    /// All that was given to the connection has left. Where no response is asked for, that is as good as it gets.
    pub fn drained(&mut self, session: SessionId, events: &mut Vec<Event>) {
        if self.message.failure_report != FailureReport::Yes {
            self.acknowledged += self.open.drain(..).map(|chunk| chunk.octets).sum::<usize>();
            self.advance(session, events);
        }
    }

    fn advance(&mut self, session: SessionId, events: &mut Vec<Event>) {
        if self.state == State::Waiting && self.open.is_empty() && self.acknowledged >= self.next {
            self.state = State::Acknowledged;
            events.push(Event::Acknowledged { session, message_id: self.message.message_id.clone() });
            self.look_at_reports(session, events);
        }
    }

    /// Takes a REPORT about this message (RFC 4975 §7.3.2).
    pub fn report(&mut self, status: u16, range: (u64, u64), session: SessionId, events: &mut Vec<Event>) {
        if status != 200 {
            return self.fail(Failure::of(status), session, events);
        }
        let (start, end) = (range.0.max(1), range.1.min(self.message.body.len() as u64));
        if start <= end {
            self.reported.put(start, self.message.body.slice(start as usize - 1..end as usize));
        }
        self.look_at_reports(session, events);
    }

    fn look_at_reports(&mut self, session: SessionId, events: &mut Vec<Event>) {
        if self.state == State::Acknowledged && self.reported.is_whole() && self.message.success_report {
            self.state = State::Delivered;
            self.let_go();
            events.push(Event::Delivered { session, message_id: self.message.message_id.clone() });
        }
    }

    /// Fails where a response is overdue.
    pub fn timer(&mut self, now: Time, session: SessionId, events: &mut Vec<Event>) {
        if self.deadline().is_some_and(|at| at <= now) {
            self.fail(Failure::Timeout, session, events);
        }
    }

    /// Gives the message up: no further chunk goes out.
    pub fn fail(&mut self, why: Failure, session: SessionId, events: &mut Vec<Event>) {
        // What was acknowledged can still be reported as failed; what was delivered cannot.
        let settled = match why {
            Failure::Refused(_) | Failure::Timeout => matches!(self.state, State::Delivered | State::Failed),
            _ => self.is_settled(),
        };
        if !settled {
            events.push(Event::Failed { session, message_id: self.message.message_id.clone(), why });
            self.state = State::Failed;
            self.let_go();
        }
        self.open.clear();
    }

    /// Takes up to that many octets off the queue, without a copy.
    pub(super) fn take(&mut self, most: usize) -> Vec<Bytes> {
        let mut taken = Vec::new();
        let mut left = most;
        while let Some(piece) = self.queue.front_mut().filter(|_| left > 0) {
            let part = piece.split_to(left.min(piece.len()));
            if piece.is_empty() {
                self.queue.pop_front();
            }
            left -= part.len();
            taken.push(part);
        }
        self.queued -= most - left;
        taken
    }

    /// Puts what was taken last back in front.
    pub(super) fn put_back(&mut self, body: Vec<Bytes>) {
        self.queued += octets_of(&body);
        body.into_iter().rev().for_each(|piece| self.queue.push_front(piece));
    }

    fn written_total(&self) -> String {
        self.total.map_or("*".to_owned(), |total| total.to_string())
    }

    fn let_go(&mut self) {
        self.message.body = Bytes::new();
        self.queue.clear();
        self.queued = 0;
        self.reported = Reassembly::default();
    }
}

/// The paths that every request of a session begins with.
pub(super) struct Head<'s> {
    pub to_path: &'s str,
    pub from_path: &'s str,
}

impl Head<'_> {
    /// A request with its paths (RFC 4975 §7.1: To-Path first, then From-Path).
    pub fn request(&self, tid: &str, method: &str) -> Builder {
        Builder::request(tid, method).header("To-Path", self.to_path).header("From-Path", self.from_path)
    }
}

pub(super) fn octets_of(body: &[Bytes]) -> usize {
    body.iter().map(Bytes::len).sum()
}

/// A transaction identifier of 64 random bits and more, for a request without a body.
pub(super) fn fresh_id(ids: &mut IdSource) -> String {
    ids.token(16)
}

/// A transaction identifier whose end-line does not stand in a body, and what looks for it in what follows.
pub fn fresh_line(ids: &mut IdSource, body: &[Bytes]) -> (String, EndLine) {
    loop {
        let tid = fresh_id(ids);
        if let Some(line) = safe_end_line(&tid, body) {
            return (tid, line);
        }
    }
}
