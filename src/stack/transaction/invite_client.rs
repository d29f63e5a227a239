//! INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2).

use std::sync::Arc;
use std::time::Duration;

use super::{Action, Actions, Event, State, Timers, ack, due, soonest};
use crate::time::Time;
use crate::wire::sip::Message;

/// Sends an INVITE, acknowledges failures, passes every 2xx on.
#[derive(Debug)]
pub struct InviteClient {
    state: State,
    request: Arc<Message>,
    ack: Option<Arc<Message>>,
    reliable: bool,
    timers: Timers,
    /// The interval timer A runs with.
    interval: Duration,
    /// Timer A.
    resend: Option<Time>,
    /// Timer B while calling, the patience of [`InviteClient::cancelled`] while proceeding.
    give_up: Option<Time>,
    /// Timer D when completed, timer M when accepted.
    linger: Option<Time>,
    actions: Actions,
}

impl InviteClient {
    /// Sends `request`; over a `reliable` transport only once.
    pub fn new(now: Time, request: Arc<Message>, reliable: bool, timers: Timers) -> InviteClient {
        InviteClient {
            state: State::Calling,
            actions: [Action::Send(request.clone())].into(),
            request,
            ack: None,
            reliable,
            interval: timers.t1,
            resend: (!reliable).then(|| now + timers.t1),
            give_up: Some(now + timers.give_up()),
            linger: None,
            timers,
        }
    }

    pub fn handle(&mut self, now: Time, event: Event) {
        match event {
            Event::Response(response) => self.response(now, response),
            Event::Timer => self.timer(now),
            Event::TransportError if matches!(self.state, State::Calling | State::Completed) => {
                self.actions.push_back(Action::Failed);
                self.end();
            }
            _ => {}
        }
    }

    /// A CANCEL was sent for this INVITE: without a final response within 64 × T1 it counts as cancelled (RFC 3261 §9.1).
    pub fn cancelled(&mut self, now: Time) {
        if self.state == State::Proceeding {
            self.give_up = Some(now + self.timers.give_up());
        }
    }

    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    pub fn next_timeout(&self) -> Option<Time> {
        soonest([self.resend, self.give_up, self.linger])
    }

    pub fn state(&self) -> State {
        self.state
    }

    fn response(&mut self, now: Time, response: Arc<Message>) {
        let status = response.status().unwrap_or(0);
        match (self.state, status) {
            (State::Calling | State::Proceeding, 100..=199) => {
                if self.state == State::Calling {
                    (self.resend, self.give_up) = (None, None);
                }
                self.state = State::Proceeding;
                self.actions.push_back(Action::Pass(response));
            }
            (State::Calling | State::Proceeding, 200..=299) => {
                self.state = State::Accepted;
                (self.resend, self.give_up) = (None, None);
                self.linger = Some(now + self.timers.give_up());
                self.actions.push_back(Action::Pass(response));
            }
            (State::Accepted, 200..=299) => self.actions.push_back(Action::Pass(response)),
            (State::Calling | State::Proceeding, 300..=699) => {
                let ack = Arc::new(ack::for_failure(&self.request, &response));
                self.ack = Some(ack.clone());
                self.actions.push_back(Action::Send(ack));
                self.actions.push_back(Action::Pass(response));
                (self.resend, self.give_up) = (None, None);
                if self.reliable {
                    self.end();
                } else {
                    self.state = State::Completed;
                    self.linger = Some(now + self.timers.d);
                }
            }
            (State::Completed, 300..=699) => self.actions.extend(self.ack.clone().map(Action::Send)),
            _ => {}
        }
    }

    fn timer(&mut self, now: Time) {
        if due(self.linger, now) {
            self.end();
        } else if due(self.give_up, now) {
            self.actions.push_back(Action::Timeout);
            self.end();
        } else if due(self.resend, now) {
            self.actions.push_back(Action::Send(self.request.clone()));
            self.interval *= 2;
            self.resend = Some(now + self.interval);
        }
    }

    fn end(&mut self) {
        self.state = State::Terminated;
        (self.resend, self.give_up, self.linger) = (None, None, None);
    }
}
