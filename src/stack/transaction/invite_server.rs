//! INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1).

use std::sync::Arc;
use std::time::Duration;

use super::{Action, Actions, Event, State, Timers, due, soonest};
use crate::time::Time;
use crate::wire::sip::{Builder, Message};

/// Answers an INVITE: repeats failures until the ACK comes, leaves repeating a 2xx to its user.
#[derive(Debug)]
pub struct InviteServer {
    state: State,
    request: Arc<Message>,
    last: Option<Arc<Message>>,
    reliable: bool,
    timers: Timers,
    /// The interval timer G runs with.
    interval: Duration,
    /// Until when the user may stay silent before a 100 goes out.
    trying: Option<Time>,
    /// Timer G.
    resend: Option<Time>,
    /// Timer H.
    give_up: Option<Time>,
    /// Timer I when confirmed, timer L when accepted.
    linger: Option<Time>,
    actions: Actions,
}

impl InviteServer {
    /// The transaction that the arrival of `request` makes.
    pub fn new(now: Time, request: Arc<Message>, reliable: bool, timers: Timers) -> InviteServer {
        InviteServer {
            state: State::Proceeding,
            request,
            last: None,
            reliable,
            interval: timers.t1,
            trying: Some(now + timers.trying),
            resend: None,
            give_up: None,
            linger: None,
            timers,
            actions: Actions::new(),
        }
    }

    pub fn handle(&mut self, now: Time, event: Event) {
        match event {
            Event::Respond(response) => self.respond(now, response),
            Event::Retransmission if matches!(self.state, State::Proceeding | State::Completed) => {
                self.actions.extend(self.last.clone().map(Action::Send));
            }
            Event::Ack(ack) => self.ack(now, ack),
            Event::Timer => self.timer(now),
            // The state stays, so that retransmitted requests are still absorbed (RFC 6026 §7.1).
            Event::TransportError if self.state != State::Terminated => self.actions.push_back(Action::Failed),
            _ => {}
        }
    }

    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    pub fn next_timeout(&self) -> Option<Time> {
        soonest([self.trying, self.resend, self.give_up, self.linger])
    }

    pub fn state(&self) -> State {
        self.state
    }

    fn respond(&mut self, now: Time, response: Arc<Message>) {
        let status = response.status().unwrap_or(0);
        match (self.state, status) {
            (State::Proceeding, 100..=199) => self.last = Some(response.clone()),
            (State::Proceeding, 200..=299) => {
                self.state = State::Accepted;
                self.linger = Some(now + self.timers.give_up());
            }
            (State::Accepted, 200..=299) => {}
            (State::Proceeding, 300..=699) => {
                self.state = State::Completed;
                self.last = Some(response.clone());
                self.resend = (!self.reliable).then(|| now + self.timers.t1);
                self.give_up = Some(now + self.timers.give_up());
            }
            _ => return,
        }
        self.trying = None;
        self.actions.push_back(Action::Send(response));
    }

    fn ack(&mut self, now: Time, ack: Arc<Message>) {
        match self.state {
            State::Accepted => self.actions.push_back(Action::Pass(ack)),
            State::Completed if self.reliable => self.end(),
            State::Completed => {
                self.state = State::Confirmed;
                (self.resend, self.give_up) = (None, None);
                self.linger = Some(now + self.timers.t4);
            }
            _ => {}
        }
    }

    fn timer(&mut self, now: Time) {
        if due(self.linger, now) {
            self.end();
        } else if due(self.give_up, now) {
            self.actions.push_back(Action::Timeout);
            self.end();
        } else if due(self.trying, now) {
            let trying = Arc::new(Builder::response(&self.request, 100, "Trying").build());
            self.respond(now, trying);
        } else if due(self.resend, now) {
            self.actions.extend(self.last.clone().map(Action::Send));
            self.interval = self.timers.back_off(self.interval);
            self.resend = Some(now + self.interval);
        }
    }

    fn end(&mut self) {
        self.state = State::Terminated;
        (self.trying, self.resend, self.give_up, self.linger) = (None, None, None, None);
    }
}
