//! The Controlling IM Function: the focus of ad-hoc sessions, group sessions and public conferences with its MSRP
//! switch, and the exploder of messages to lists and groups (IM 7.2, 9.3; RFC 4579, 4575, 7701, 5365, 5366).
//!
//! It joins a SIP user agent and an MSRP endpoint; what it does when is said by the table of procedures.

mod admission;
mod applicant;
mod conference;
pub mod config;
mod invite;
mod join;
mod large;
mod leave;
mod list;
mod media;
mod modify;
mod nickname;
mod pager;
mod procedures;
mod roster;
mod setup;
mod subscribe;
mod switch;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use config::{Config, Ends, FinalPolicy, Group, Member, OnAnonymous, Reports, Who};

use crate::stack::msrp::{self, SessionId};
use crate::stack::offer_answer::Negotiation;
use crate::stack::session_timer::Policy;
use crate::stack::ua::{CallId, Headers, Profile, SubscriptionId, UserAgent};
use crate::stack::{IdSource, Input, Node, Output, endpoint};
use crate::time::Time;
use crate::wire::sip::Message;
use conference::{Conference, ConferenceId, Participant, ParticipantId, Purpose};
use procedures::Happening;

const METHODS: &[&str] = &["INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "MESSAGE", "OPTIONS", "SUBSCRIBE", "NOTIFY"];
const RELEASE: &str = concat!("IM-serv/OMA1.0 imspec/", env!("CARGO_PKG_VERSION"));

/// The server.
pub struct ControllingFunction {
    config: Config,
    ua: UserAgent,
    msrp: msrp::Endpoint,
    conferences: BTreeMap<ConferenceId, Conference>,
    next_conference: u64,
    next_participant: u64,
    /// Conferences by the user part of their identity.
    identities: BTreeMap<String, ConferenceId>,
    /// The sessions of groups that go on, by group identity.
    active: BTreeMap<String, ConferenceId>,
    calls: BTreeMap<CallId, (ConferenceId, ParticipantId)>,
    sessions: BTreeMap<SessionId, (ConferenceId, ParticipantId)>,
    subscriptions: BTreeMap<SubscriptionId, ConferenceId>,
    /// Conferences whose subscribers have not heard of everything yet.
    news: BTreeSet<ConferenceId>,
    /// What is to be done later, in order of time.
    later: BTreeSet<(Time, Later)>,
    ids: IdSource,
}

/// Something to be done when its time has come.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Later {
    /// The next chunk of a message is overdue.
    Chunk(ConferenceId, ParticipantId, String),
    /// A recipient of a large message waits for it in vain.
    Deliver(CallId),
}

impl ControllingFunction {
    pub fn new(mut config: Config) -> ControllingFunction {
        let mut sip = endpoint::Config::new(config.sip, config.ids.fork("sip"));
        sip.security = config.security.clone();
        sip.outbound = Some(config.core);
        sip.only_from = config.only_from_core.then_some(config.core);
        let mut msrp = msrp::Config::new(config.msrp, config.ids.fork("msrp"));
        msrp.layer = config.security.msrp_layer();
        msrp.max_message = config.max_message;
        ControllingFunction {
            ua: UserAgent::new(sip, profile(&config)),
            msrp: msrp::Endpoint::new(msrp),
            conferences: BTreeMap::new(),
            next_conference: 0,
            next_participant: 0,
            identities: BTreeMap::new(),
            active: BTreeMap::new(),
            calls: BTreeMap::new(),
            sessions: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            news: BTreeSet::new(),
            later: BTreeSet::new(),
            ids: config.ids.fork("controlling"),
            config,
        }
    }

    /// What is provisioned, to be changed: groups, rules, limits and policy count from the next request on.
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// Whether something is under way: a call that is made, modified or ended, or a message. A session that only waits
    /// for its users is not.
    pub fn is_busy(&self) -> bool {
        let rests = |call: CallId| {
            let (conference, participant) = self.calls.get(&call)?;
            let conference = self.conferences.get(conference)?;
            Some(conference.purpose == Purpose::Chat && conference.participants.get(participant)?.rests())
        };
        self.ua.calls().any(|call| rests(call) != Some(true))
            || self.conferences.values().any(|c| !c.running.is_empty())
    }

    /// Ends every session: the server is about to go.
    pub fn shut_down(&mut self, now: Time) {
        self.ua.leave(now);
        self.settle(now);
    }

    /// Whether no session is left.
    pub fn is_over(&self) -> bool {
        self.ua.calls().next().is_none()
    }

    /// Runs the procedure that answers to what happened.
    fn run(&mut self, now: Time, happening: Happening) {
        if let Some(procedure) = procedures::TABLE.iter().find(|p| p.trigger.fits(self, &happening)) {
            (procedure.run)(self, now, happening);
        }
    }

    /// Takes what user agent and MSRP endpoint have, until they have nothing more; then subscribers hear the news.
    fn settle(&mut self, now: Time) {
        loop {
            if let Some(event) = self.ua.poll_event() {
                self.run(now, Happening::Ua(event));
            } else if let Some(event) = self.msrp.poll_event() {
                self.run(now, Happening::Msrp(event));
            } else if let Some(id) = self.news.pop_first() {
                self.tell_subscribers(now, id);
            } else {
                return;
            }
        }
    }

    /// A participant and his conference, by call.
    fn at_call(&mut self, call: CallId) -> Option<(ConferenceId, ParticipantId)> {
        self.calls.get(&call).copied()
    }

    fn participant(&mut self, id: ConferenceId, who: ParticipantId) -> Option<&mut Participant> {
        self.conferences.get_mut(&id)?.participants.get_mut(&who)
    }

    /// Contact of everything that belongs to a conference: its identity as a focus (RFC 4579 §5.1).
    fn contact(&self, conference: &Conference) -> (String, String) {
        ("Contact".to_owned(), format!("<{}>;isfocus;{}", conference.identity, self.config.feature_tag))
    }

    /// Headers of responses in a conference; on a 3GPP IMS with the server's identity, and charged as the request is
    /// (RFC 3325 §9.1, RFC 7315 §5.6).
    fn response_headers(&self, conference: &Conference, request: Option<&Message>) -> Headers {
        let mut headers = vec![self.contact(conference)];
        if self.config.ims {
            headers.push(("P-Asserted-Identity".to_owned(), format!("<{}>", self.config.address)));
            headers.extend(request.map(charging).unwrap_or_default());
        }
        headers
    }

    fn negotiation(&mut self) -> Negotiation {
        let id = self.ids.next_u64();
        Negotiation::new("-", id)
    }
}

impl Node for ControllingFunction {
    fn handle(&mut self, now: Time, input: Input) {
        if matches!(input, Input::Timer) {
            while self.later.first().is_some_and(|(at, _)| *at <= now) {
                if let Some((_, what)) = self.later.pop_first() {
                    self.run(now, Happening::Time(what));
                }
            }
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
        let later = self.later.first().map(|(at, _)| *at);
        [later, self.ua.next_timeout(), self.msrp.next_timeout()].into_iter().flatten().min()
    }
}

/// What a request says of charging, which is one for the whole session.
fn charging(request: &Message) -> Headers {
    let names = ["P-Charging-Vector", "P-Charging-Function-Addresses"];
    let header = |name: &&str| Some(((*name).to_owned(), request.header_named(name)?.text().into_owned()));
    names.iter().filter_map(header).collect()
}

fn profile(config: &Config) -> Profile {
    let user = config.address.strip_prefix("sip:").and_then(|a| a.split('@').next()).unwrap_or_default();
    let methods = || METHODS.iter().map(|m| (*m).to_owned()).collect();
    let mut session = Policy::default();
    if let Some(seconds) = config.session_interval {
        session.max = seconds;
    }
    Profile {
        contact: format!("<{}>;isfocus;{}", config.security.uri(user, config.sip), config.feature_tag),
        allow: config.allows.clone().unwrap_or_else(methods),
        supported: vec!["timer".to_owned()],
        understood: vec!["recipient-list-invite".to_owned(), "recipient-list-message".to_owned()],
        user_agent: Some(RELEASE.to_owned()),
        server: Some(RELEASE.to_owned()),
        session,
        ..Profile::default()
    }
}
