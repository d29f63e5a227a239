//! A plain store for messages: the Deferred Messaging Function and the History Function as far as a client that
//! retrieves sees them (IM 12.4.1, 13.2.1.1).
//!
//! It answers correctly on the wire and no more: what it holds is given to it, and nothing is stored or deleted.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use crate::stack::msrp::{self, FailureReport, Outgoing, SessionConfig, SessionId};
use crate::stack::offer_answer::{Local, Negotiation, Role};
use crate::stack::session_timer::Policy;
use crate::stack::ua::{CallId, Headers, Profile, UaEvent, UserAgent};
use crate::stack::{IdSource, Input, Node, Output, endpoint};
use crate::time::Time;
use crate::wire::mime::{self, CpimBuilder, Part, ResourceLists};
use crate::wire::sdp::{Direction, Session};
use crate::wire::sip::Message;
use crate::wire::uri;

const METHODS: &[&str] = &["INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "OPTIONS"];
const ACCEPTS: &[&str] = &["message/cpim", "text/plain"];

/// What the server is provisioned with.
#[derive(Clone, Debug)]
pub struct Config {
    pub sip: SocketAddr,
    pub msrp: SocketAddr,
    pub core: SocketAddr,
    /// The URI that it answers for.
    pub address: String,
    pub feature_tag: &'static str,
    /// A request without a list is for everything. The History Function has no such request (IM 13.1.3 step 4).
    pub gives_all: bool,
    pub messages: Vec<Stored>,
    /// Refuses every invitation with this status.
    pub refuses: Option<u16>,
    /// Methods of Allow in place of its own.
    pub allows: Option<Vec<String>>,
    /// The longest session interval that it agrees to, in seconds.
    pub session_interval: Option<u32>,
    pub ids: IdSource,
}

/// A message that the store holds for somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// The URI by which a list names it.
    pub id: String,
    /// Address of whom it is for; nobody else gets it.
    pub owner: String,
    /// Address of who wrote it.
    pub from: String,
    pub text: String,
}

/// The server.
pub struct Store {
    config: Config,
    ua: UserAgent,
    msrp: msrp::Endpoint,
    retrievals: BTreeMap<CallId, Retrieval>,
}

/// A session in which somebody gets his messages.
struct Retrieval {
    negotiation: Negotiation,
    local: Local,
    session: SessionId,
    /// What is still to be sent, one after the other.
    rest: VecDeque<Outgoing>,
}

impl Store {
    pub fn new(mut config: Config) -> Store {
        let mut sip = endpoint::Config::new(config.sip, config.ids.fork("sip"));
        sip.outbound = Some(config.core);
        let msrp = msrp::Config::new(config.msrp, config.ids.fork("msrp"));
        let product = concat!("IM-serv/OMA1.0 imspec/", env!("CARGO_PKG_VERSION"));
        let mut session = Policy::default();
        if let Some(seconds) = config.session_interval {
            session.max = seconds;
        }
        let methods = || METHODS.iter().map(|m| (*m).to_owned()).collect();
        let profile = Profile {
            contact: format!("<sip:store-{}@{}>;automata;{}", config.ids.token(8), config.sip, config.feature_tag),
            allow: config.allows.clone().unwrap_or_else(methods),
            supported: vec!["timer".to_owned()],
            understood: vec!["recipient-list-invite".to_owned()],
            user_agent: Some(product.to_owned()),
            server: Some(product.to_owned()),
            session,
            forwards: false,
        };
        Store { ua: UserAgent::new(sip, profile), msrp: msrp::Endpoint::new(msrp), config, retrievals: BTreeMap::new() }
    }

    /// Ends every session: the server is about to go.
    pub fn shut_down(&mut self, now: Time) {
        self.ua.leave(now);
        self.settle(now);
    }

    pub fn is_busy(&self) -> bool {
        self.ua.calls().next().is_some()
    }

    fn settle(&mut self, now: Time) {
        loop {
            if let Some(event) = self.ua.poll_event() {
                self.sip(now, event);
            } else if let Some(event) = self.msrp.poll_event() {
                self.media(now, event);
            } else {
                return;
            }
        }
    }

    fn sip(&mut self, now: Time, event: UaEvent) {
        match event {
            UaEvent::Incoming { call, message, .. } => self.invited(now, call, &message),
            UaEvent::Modification { call, tx, message } => self.modified(now, call, tx, &message),
            UaEvent::Bye { call, .. }
            | UaEvent::Ended { call }
            | UaEvent::Cancelled { call }
            | UaEvent::Failed { call, .. } => self.ended(call),
            UaEvent::Request { tx, .. } => self.ua.respond(now, tx, 200, Headers::new(), None),
            _ => {}
        }
    }

    fn invited(&mut self, now: Time, id: CallId, message: &Message) {
        let answer = match self.selected(message) {
            Ok(rest) => self.answer(now, message, rest),
            Err(status) => Err(status),
        };
        match answer {
            Ok((retrieval, sdp)) => {
                self.retrievals.insert(id, retrieval);
                self.ua.answer(now, id, 200, Headers::new(), Some(("application/sdp".to_owned(), sdp)));
                self.next(now, id);
            }
            Err(status) => self.ua.answer(now, id, status, Headers::new(), None),
        }
    }

    /// What the request is for, in the order in which it is held (IM 12.4.1, 13.2.1.1); else the status that refuses it.
    fn selected(&self, message: &Message) -> Result<Vec<Stored>, u16> {
        if let Some(status) = self.config.refuses {
            return Err(status);
        }
        let target = message.request_uri().unwrap_or_default();
        if !uri::same_ignoring_params(target, &self.config.address, &["sessiontype", "session"]) {
            return Err(404);
        }
        let offer = description(message);
        if offer.msrp_media().is_some_and(|media| media.direction() != Direction::RecvOnly) {
            return Err(403);
        }
        let list = message.body_of_type("application/resource-lists+xml").map(|part| ResourceLists::parse(&part.body));
        if list.is_none() && !self.config.gives_all {
            return Err(400);
        }
        let owner = message.from().map(|from| from.uri.to_owned()).unwrap_or_default();
        let asked = |stored: &&Stored| {
            let listed = list.as_ref().is_none_or(|list| list.uris().any(|id| uri::same(id, &stored.id)));
            listed && uri::same(&stored.owner, &owner)
        };
        Ok(self.config.messages.iter().filter(asked).cloned().collect())
    }

    fn answer(&mut self, now: Time, message: &Message, rest: Vec<Stored>) -> Result<(Retrieval, bytes::Bytes), u16> {
        let mut local = Local::new(self.config.msrp, self.config.ids.token(20), ACCEPTS);
        local.direction = Direction::SendOnly;
        let mut negotiation = Negotiation::new("-", self.config.ids.next_u64());
        let answer = negotiation.answer(&description(message), &local).map_err(|refusal| refusal.status())?;
        let session = self.msrp.open(
            now,
            SessionConfig {
                local_path: local.uri(),
                remote_path: answer.plan.remote_path.clone(),
                connect: answer.plan.next_hop.filter(|_| answer.plan.role == Role::Active),
                accept_types: local.accept_types.clone(),
                may_receive: false,
                switched: false,
            },
        );
        let rest = rest.iter().map(|stored| self.outgoing(now, stored)).collect();
        Ok((Retrieval { negotiation, local, session, rest }, answer.sdp))
    }

    /// A stored message as it goes over MSRP: in a wrapper that says who wrote it (RFC 3862).
    fn outgoing(&mut self, now: Time, stored: &Stored) -> Outgoing {
        let body = CpimBuilder::new(Part::new("text/plain", stored.text.clone().into_bytes()))
            .from(&stored.from)
            .to(&stored.owner)
            .date_time(&mime::date::to_rfc3339(now.0 / 1_000_000_000))
            .build();
        Outgoing {
            message_id: self.config.ids.token(20),
            headers: Vec::new(),
            content_type: "message/cpim".to_owned(),
            body,
            success_report: false,
            failure_report: FailureReport::Yes,
        }
    }

    /// Sends the next message, or ends the session after the last one.
    fn next(&mut self, now: Time, id: CallId) {
        let Some(retrieval) = self.retrievals.get_mut(&id) else { return };
        match retrieval.rest.pop_front() {
            Some(message) => self.msrp.send(now, retrieval.session, message),
            None => self.ua.bye(now, id),
        }
    }

    fn media(&mut self, now: Time, event: msrp::Event) {
        let (msrp::Event::Acknowledged { session, .. } | msrp::Event::Failed { session, .. }) = event else { return };
        if let Some(id) = self.retrievals.iter().find(|(_, r)| r.session == session).map(|(id, _)| *id) {
            self.next(now, id);
        }
    }

    fn modified(&mut self, now: Time, call: CallId, tx: endpoint::TxId, message: &Message) {
        let Some(retrieval) = self.retrievals.get_mut(&call) else {
            return self.ua.respond(now, tx, 481, Headers::new(), None);
        };
        match retrieval.negotiation.answer(&description(message), &retrieval.local) {
            Ok(answer) => {
                self.ua.respond(now, tx, 200, Headers::new(), Some(("application/sdp".to_owned(), answer.sdp)));
            }
            Err(refusal) => self.ua.respond(now, tx, refusal.status(), Headers::new(), None),
        }
    }

    fn ended(&mut self, id: CallId) {
        if let Some(retrieval) = self.retrievals.remove(&id) {
            self.msrp.close(retrieval.session);
        }
    }
}

/// The session description of a request; an empty one where there is none.
fn description(message: &Message) -> Session {
    Session::parse(message.body_of_type("application/sdp").map(|part| part.body).unwrap_or_default())
}

impl Node for Store {
    fn handle(&mut self, now: Time, input: Input) {
        if matches!(input, Input::Timer) {
            self.ua.handle(now, Input::Timer);
            self.msrp.handle(now, Input::Timer);
        } else if !self.msrp.handle(now, input.clone()) {
            self.ua.handle(now, input);
        }
        self.settle(now);
    }

    fn poll(&mut self) -> Option<Output> {
        self.ua.poll().or_else(|| self.msrp.poll())
    }

    fn next_timeout(&self) -> Option<Time> {
        [self.ua.next_timeout(), self.msrp.next_timeout()].into_iter().flatten().min()
    }
}
