//! The response context of a request that was forwarded (RFC 3261 §16.7): where it went, where it may still go, and the
//! best response so far.

use std::collections::VecDeque;

use super::Forward;
use crate::stack::endpoint::TxId;
use crate::time::Time;
use crate::wire::sip::Message;

/// A forwarded request, by its server transaction.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// Client transactions without a final response.
    pub pending: Vec<TxId>,
    /// Targets to be tried when all of these have failed, best group first.
    pub rest: VecDeque<Vec<Forward>>,
    /// The best failure that came, without the Via of this proxy; and 408 or 500 where nothing came.
    best: Option<Failure>,
    pub invite: bool,
    /// Somebody accepted, and that went back.
    pub accepted: bool,
    /// Somebody said that it is no use to try anybody.
    hopeless: bool,
    pub timer_c: Option<Time>,
    /// This proxy puts itself before what a 2xx has for Service-Route.
    pub service_route: bool,
}

/// Why a branch failed.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    Response(Box<Message>),
    /// This proxy's own word for what did not come.
    Status(u16),
}

impl Failure {
    fn status(&self) -> u16 {
        match self {
            Failure::Response(message) => message.status().unwrap_or(500),
            Failure::Status(status) => *status,
        }
    }

    /// Which failure is the one to forward: a 6xx, else the lowest class; of 4xx what the client can do something about
    /// (RFC 3261 §16.7 step 6).
    fn rank(&self) -> (u16, u16) {
        match self.status() {
            status @ 600.. => (0, status),
            status @ (401 | 407 | 415 | 420 | 484) => (status / 100, 0),
            status => (status / 100, status),
        }
    }
}

impl Context {
    /// A context with targets to be tried.
    pub fn new(invite: bool, rest: VecDeque<Vec<Forward>>) -> Context {
        Context { invite, rest, ..Context::default() }
    }

    /// Notes that a branch failed. Of equals the first stays.
    pub fn fail(&mut self, failure: Failure) {
        let better = self.best.as_ref().is_none_or(|best| failure.rank() < best.rank());
        self.hopeless |= failure.status() >= 600;
        if better {
            self.best = Some(failure);
        }
    }

    /// What to answer with, where every branch has failed and none is left to be tried.
    pub fn verdict(&mut self) -> Option<Failure> {
        let over = self.pending.is_empty() && (self.hopeless || self.rest.is_empty());
        if over && !self.accepted { self.best.take() } else { None }
    }

    /// The next targets, where all so far have failed.
    pub fn next(&mut self) -> Option<Vec<Forward>> {
        if self.is_decided() || !self.pending.is_empty() { None } else { self.rest.pop_front() }
    }

    /// Whether nobody else need be tried: those who were are told to stop.
    pub fn is_decided(&self) -> bool {
        self.accepted || self.hopeless
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_failure_is_the_one_of_rfc_3261_16_7() {
        #[track_caller]
        fn check(statuses: &[u16], expected: u16) {
            let mut context = Context::default();
            statuses.iter().for_each(|status| context.fail(Failure::Status(*status)));
            assert_eq!(context.verdict().map(|failure| failure.status()), Some(expected), "{statuses:?}");
        }
        check(&[486], 486);
        check(&[486, 480], 480);
        check(&[500, 486], 486);
        check(&[404, 407, 480], 407);
        check(&[486, 603], 603);
        check(&[302, 404], 302);
        check(&[408, 500], 408);
    }
}
