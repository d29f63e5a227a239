//! Non-INVITE client transaction (RFC 3261 §17.1.2).

use std::sync::Arc;
use std::time::Duration;

use super::{Action, Actions, Event, State, Timers, due, soonest};
use crate::time::Time;
use crate::wire::sip::Message;

/// Sends a request and passes on its provisional responses and one final one.
#[derive(Debug)]
pub struct Client {
    state: State,
    request: Arc<Message>,
    reliable: bool,
    timers: Timers,
    /// The interval timer E runs with.
    interval: Duration,
    /// Timer E.
    resend: Option<Time>,
    /// Timer F.
    give_up: Option<Time>,
    /// Timer K.
    linger: Option<Time>,
    actions: Actions,
}

impl Client {
    /// Sends `request`; over a `reliable` transport only once.
    pub fn new(now: Time, request: Arc<Message>, reliable: bool, timers: Timers) -> Client {
        Client {
            state: State::Trying,
            actions: [Action::Send(request.clone())].into(),
            request,
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
            Event::TransportError if matches!(self.state, State::Trying | State::Proceeding) => {
                self.actions.push_back(Action::Failed);
                self.end();
            }
            _ => {}
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
        if !matches!(self.state, State::Trying | State::Proceeding) {
            return;
        }
        match response.status() {
            Some(100..=199) => self.state = State::Proceeding,
            Some(200..=699) if self.reliable => self.end(),
            Some(200..=699) => {
                self.state = State::Completed;
                (self.resend, self.give_up) = (None, None);
                self.linger = Some(now + self.timers.t4);
            }
            _ => return,
        }
        self.actions.push_back(Action::Pass(response));
    }

    fn timer(&mut self, now: Time) {
        if due(self.linger, now) {
            self.end();
        } else if due(self.give_up, now) {
            self.actions.push_back(Action::Timeout);
            self.end();
        } else if due(self.resend, now) {
            self.actions.push_back(Action::Send(self.request.clone()));
            let proceeding = self.state == State::Proceeding;
            self.interval = if proceeding { self.timers.t2 } else { self.timers.back_off(self.interval) };
            self.resend = Some(now + self.interval);
        }
    }

    fn end(&mut self) {
        self.state = State::Terminated;
        (self.resend, self.give_up, self.linger) = (None, None, None);
    }
}
