//! Non-INVITE server transaction (RFC 3261 §17.2.2) with the limits of RFC 4320.

use std::sync::Arc;

use super::{Action, Actions, Event, State, Timers, due, soonest};
use crate::time::Time;
use crate::wire::sip::{Builder, Message};

/// Answers a request once and repeats that answer for every retransmission.
#[derive(Debug)]
pub struct Server {
    state: State,
    request: Arc<Message>,
    last: Option<Arc<Message>>,
    reliable: bool,
    timers: Timers,
    /// When a 100 is due, and before when none may go over an unreliable transport (RFC 4320 §4.1).
    late: Option<Time>,
    /// Timer J.
    linger: Option<Time>,
    /// When an answer can no longer reach the client, whose timer F has fired (RFC 4320 §4.2).
    too_late: Option<Time>,
    actions: Actions,
}

impl Server {
    /// The transaction that the arrival of `request` makes.
    pub fn new(now: Time, request: Arc<Message>, reliable: bool, timers: Timers) -> Server {
        Server {
            state: State::Trying,
            request,
            last: None,
            reliable,
            late: Some(now + timers.late()),
            linger: None,
            too_late: Some(now + timers.give_up()),
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
            Event::Timer => self.timer(now),
            Event::TransportError if matches!(self.state, State::Proceeding | State::Completed) => {
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
        soonest([self.late, self.too_late, self.linger])
    }

    pub fn state(&self) -> State {
        self.state
    }

    fn respond(&mut self, now: Time, response: Arc<Message>) {
        if !matches!(self.state, State::Trying | State::Proceeding) {
            return;
        }
        match response.status() {
            Some(100) if !self.reliable && self.late.is_some_and(|late| now < late) => return,
            Some(100) => self.state = State::Proceeding,
            // No provisional response but 100, and no 408: RFC 4320 §4.1 and §4.2.
            Some(101..=199 | 408) | None => return,
            Some(_) if self.reliable => self.end(),
            Some(_) => {
                self.state = State::Completed;
                self.too_late = None;
                self.linger = Some(now + self.timers.give_up());
            }
        }
        self.late = None;
        self.last = Some(response.clone());
        self.actions.push_back(Action::Send(response));
    }

    fn timer(&mut self, now: Time) {
        if due(self.linger, now) || due(self.too_late, now) {
            self.end();
        } else if due(self.late, now) {
            let trying = Arc::new(Builder::response(&self.request, 100, "Trying").build());
            self.respond(now, trying);
        }
    }

    fn end(&mut self) {
        self.state = State::Terminated;
        (self.late, self.too_late, self.linger) = (None, None, None);
    }
}
