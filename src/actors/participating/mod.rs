//! The Participating Function (IM 6.1.2.2.2, 6.1.2.2.4, 6.1.3.2.2): between the client of a user that it serves and the
//! rest of the world.
//!
//! Where it stays in the media path it is a B2BUA with two dialogs and two MSRP sessions for each session of its user;
//! what it does when is said by the table of procedures. Otherwise it is a proxy that stays in the signalling path.

mod b2bua;
mod body;
mod bridge;
mod carry;
mod config;
mod establish;
mod history;
mod media;
mod modify;
mod procedures;
mod record;
mod release;
mod replaces;
#[cfg(test)]
mod tests;

use b2bua::B2bua;
pub use config::Config;

use crate::actors::store::Stored;
use crate::stack::endpoint::resolve;
use crate::stack::proxy::{Forward, Proxy, ProxyEvent};
use crate::stack::{Input, Node, Output, endpoint};
use crate::time::Time;
use crate::wire::sip::{Message, Name};

/// The function.
pub enum ParticipatingFunction {
    InMediaPath(Box<B2bua>),
    Signalling(Box<Proxy>),
}

impl ParticipatingFunction {
    pub fn new(mut config: Config) -> ParticipatingFunction {
        if config.in_media_path {
            return ParticipatingFunction::InMediaPath(Box::new(B2bua::new(config)));
        }
        let mut sip = endpoint::Config::new(config.sip, config.ids.fork("sip"));
        sip.security = config.security.clone();
        sip.outbound = Some(config.core);
        sip.only_from = config.only_from_core.then_some(config.core);
        let mut proxy = Proxy::new(sip, Vec::new());
        // It stays a proxy for the whole session, so that all of the session comes its way (IM 6.1.2.2.2 step 2).
        proxy.records = true;
        ParticipatingFunction::Signalling(Box::new(proxy))
    }

    /// Whether something is under way beside sessions that only wait for their users.
    pub fn is_busy(&self) -> bool {
        match self {
            ParticipatingFunction::InMediaPath(b2bua) => b2bua.is_busy(),
            ParticipatingFunction::Signalling(_) => false,
        }
    }

    /// Ends the sessions that go through it: it is about to go. Those that it only signals for are not its own.
    pub fn shut_down(&mut self, now: Time) {
        if let ParticipatingFunction::InMediaPath(b2bua) = self {
            b2bua.shut_down(now);
        }
    }

    /// What is provisioned, to be changed: users who are recorded count from the next message on.
    pub fn set_recorded(&mut self, users: Vec<String>) {
        if let ParticipatingFunction::InMediaPath(b2bua) = self {
            b2bua.config.recorded = users;
        }
    }

    /// What was recorded since the last time, for the History Function.
    pub fn take_records(&mut self) -> Vec<Stored> {
        match self {
            ParticipatingFunction::InMediaPath(b2bua) => b2bua.recorder.take(),
            ParticipatingFunction::Signalling(_) => Vec::new(),
        }
    }

    /// Whether no session of its own is left.
    pub fn is_over(&self) -> bool {
        match self {
            ParticipatingFunction::InMediaPath(b2bua) => b2bua.is_over(),
            ParticipatingFunction::Signalling(_) => true,
        }
    }
}

/// Whether a request ends at this proxy: no Route leads on, and its Request-URI is the proxy's own address.
fn is_for_itself(message: &Message, proxy: &Proxy) -> bool {
    let config = proxy.endpoint().config();
    let target = message.request_uri().and_then(|uri| resolve(uri, &config.names));
    message.header(Name::Route).is_none() && target.is_some_and(|(at, _)| at == config.local)
}

impl Node for ParticipatingFunction {
    fn handle(&mut self, now: Time, input: Input) {
        match self {
            ParticipatingFunction::InMediaPath(b2bua) => b2bua.handle(now, input),
            ParticipatingFunction::Signalling(proxy) => {
                proxy.handle(now, input);
                while let Some(event) = proxy.poll_event() {
                    let ProxyEvent::Request { tx, message, .. } = event else { continue };
                    match is_for_itself(&message, proxy) {
                        // Who sends a request here without a Route that leads on wants the core to find the target.
                        false => proxy.forward(now, tx, Forward { record_route: true, ..Forward::default() }),
                        // A proxy is asked what it can do (RFC 3261 §11), and nothing else.
                        true => proxy.refuse(now, tx, if message.method() == "OPTIONS" { 200 } else { 404 }),
                    }
                }
            }
        }
    }

    fn poll(&mut self) -> Option<Output> {
        match self {
            ParticipatingFunction::InMediaPath(b2bua) => b2bua.poll(),
            ParticipatingFunction::Signalling(proxy) => proxy.poll(),
        }
    }

    fn next_timeout(&self) -> Option<Time> {
        match self {
            ParticipatingFunction::InMediaPath(b2bua) => b2bua.next_timeout(),
            ParticipatingFunction::Signalling(proxy) => proxy.next_timeout(),
        }
    }
}
