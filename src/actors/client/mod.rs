//! The client of a person: IM client and CPM client (IM 9, CPM 7.3.2).
//!
//! It joins a SIP user agent and an MSRP endpoint; what it does when is said by the table of procedures.

mod ask;
mod conference;
pub mod config;
mod content;
mod extend;
mod file;
mod media;
mod paged;
mod pager;
mod procedures;
mod receive;
mod relayed;
mod release;
mod retrieve;
mod send;
mod session;
mod subscribe;
mod transfer;
mod waiting;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub use config::{Config, Kind, Switches};

use super::act::{Act, Modification, Occasion, Sending, Told};
use crate::stack::digest::Account;
use crate::stack::msrp::{self, SessionId};
use crate::stack::offer_answer::{Local, Negotiation, Through};
use crate::stack::session_timer::Policy;
use crate::stack::ua::{
    CallId, Headers, OutRequest, Profile, Registration, RegistrationId, SubscriptionId, UaEvent, UserAgent,
};
use crate::stack::{Input, Layer, Node, Output, endpoint};
use crate::time::Time;
use crate::wire::sdp::Setup;
use crate::wire::sip::{Message, Name};
use conference::Room;
use media::{Medium, Outcome};
use procedures::Happening;
use relayed::Paths;
use subscribe::Roster;

/// What the client takes in MSRP content.
pub(super) const ACCEPTS: &[&str] = &["message/cpim", "text/plain", "text/html", "message/external-body"];
const METHODS: &[&str] = &["INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "MESSAGE", "NOTIFY", "OPTIONS"];

/// A client.
pub struct Client {
    config: Config,
    ua: UserAgent,
    msrp: msrp::Endpoint,
    /// Paths through the relays that act on its behalf.
    paths: Paths,
    calls: BTreeMap<CallId, Call>,
    /// Messages of pager mode that are on their way, and those that wait for them.
    pager: pager::Pager,
    /// Messages that were sent asking for a delivery report, by their IMDN Message-ID.
    awaiting_report: BTreeSet<String>,
    /// Invitations that wait for the user to take them.
    invitations: BTreeMap<CallId, receive::Invitation>,
    /// The conference that the user was in last.
    last_conference: Option<Room>,
    /// By which the user is told what messages wait.
    watching: Option<SubscriptionId>,
    /// What the user asked to be told of conferences.
    rosters: BTreeMap<SubscriptionId, Roster>,
    /// Delivery reports that are owed when a call is over, and since when.
    reports: BTreeMap<CallId, (Time, Box<OutRequest>)>,
    /// What is to be done later, in order of time.
    later: VecDeque<(Time, Later)>,
    service_route: Vec<String>,
    registration: Option<RegistrationId>,
    registered: bool,
    told: Vec<(Time, Told)>,
}

/// A call with its media.
struct Call {
    purpose: Purpose,
    negotiation: Negotiation,
    /// Those that there are, in the order of their `m=` lines.
    media: Vec<Medium>,
    /// The 200 said that the peer is a focus: its acceptance is not the recipient's.
    focus: bool,
    /// The 200 said that the peer is an automaton, such as the store for deferred messages.
    automaton: bool,
    chunks: u32,
    /// The BYE of this side was sent.
    leaving: bool,
    /// Messages of this side that are not acknowledged yet, in a session for more than one.
    under_way: u32,
    /// A modification by this side waits for its final response.
    modifying: bool,
    /// A modification that the user wants, and that waits for an ACK.
    wanted: Option<Modification>,
    /// The conference that the session is part of.
    room: Option<Room>,
}

impl Call {
    /// Before anything came of it.
    fn new(purpose: Purpose, negotiation: Negotiation, media: Vec<Medium>) -> Call {
        Call {
            purpose,
            negotiation,
            media,
            focus: false,
            automaton: false,
            chunks: 0,
            leaving: false,
            under_way: 0,
            modifying: false,
            wanted: None,
            room: None,
        }
    }

    /// Whether this is a session that lasts until a user ends it.
    fn is_session(&self) -> bool {
        matches!(self.purpose, Purpose::Asking | Purpose::Session)
    }

    /// The first of its MSRP sessions, where it has any yet.
    fn session(&self) -> Option<SessionId> {
        self.media.iter().find_map(|medium| medium.session)
    }

    /// Its medium with that MSRP session.
    fn medium(&mut self, session: SessionId) -> Option<&mut Medium> {
        self.media.iter_mut().find(|medium| medium.session == Some(session))
    }

    /// Notes how far the message of a medium got.
    fn note(&mut self, session: SessionId, outcome: Outcome) {
        if let Some(medium) = self.medium(session) {
            medium.outcome = outcome;
        }
    }

    /// Whether each medium got at least that far.
    fn is(&self, outcome: Outcome) -> bool {
        self.media.iter().all(|medium| medium.outcome == outcome || medium.outcome == Outcome::Settled)
    }

    fn is_at_rest(&self) -> bool {
        self.is_session() && self.session().is_some() && !self.leaving && !self.modifying && self.under_way == 0
    }
}

/// What a call is for.
enum Purpose {
    /// Something goes out that the user sent.
    Sending(Box<Sending>),
    /// Messages come in that the user asked a store for.
    Retrieving,
    /// A large message comes in.
    Receiving,
    /// An ordinary session or a file that the user is asked for, and has until it is released.
    Asking,
    /// A one-to-one session that the user invited to, or a conference that he went into.
    Session,
}

/// Something to be done when its time has come.
enum Later {
    /// The user takes an invitation.
    Accept(CallId),
    /// The success report did not come in time; the session ends without it.
    Release(CallId),
    /// Send a delivery report.
    Report(Box<OutRequest>),
}

impl Client {
    pub fn new(mut config: Config) -> Client {
        let mut sip = endpoint::Config::new(config.sip, config.ids.fork("sip"));
        sip.security = config.security.clone();
        sip.outbound = Some(config.core);
        if config.switches.trusts_datagrams {
            sip.tcp_above = usize::MAX;
        }
        if config.over_tcp {
            sip.tcp_above = 0;
            sip.udp_fallback = false;
        }
        let mut msrp = msrp::Config::new(config.msrp, config.ids.fork("msrp"));
        msrp.layer = if config.switches.speaks_plainly { Layer::Plain } else { config.security.msrp_layer() };
        msrp.relays = config.relays.clone();
        msrp.max_message = config.largest_message.unwrap_or(msrp.max_message);
        let mut ua = UserAgent::new(sip, profile(&config));
        ua.account = config.password.clone().map(|password| Account { user: user_of(&config).to_owned(), password });
        Client {
            ua,
            msrp: msrp::Endpoint::new(msrp),
            paths: Paths::default(),
            config,
            calls: BTreeMap::new(),
            pager: pager::Pager::default(),
            awaiting_report: BTreeSet::new(),
            invitations: BTreeMap::new(),
            last_conference: None,
            watching: None,
            rosters: BTreeMap::new(),
            reports: BTreeMap::new(),
            later: VecDeque::new(),
            service_route: Vec::new(),
            registration: None,
            registered: false,
            told: Vec::new(),
        }
    }

    /// Lets the user do something.
    pub fn act(&mut self, now: Time, act: Act) {
        self.run(now, Happening::Act(act));
        self.settle(now);
    }

    pub fn take_told(&mut self) -> Vec<(Time, Told)> {
        std::mem::take(&mut self.told)
    }

    pub fn is_registered(&self) -> bool {
        self.registered
    }

    /// Whether something is under way: a call that is made, modified, used or ended, or what is to be done later. A
    /// session that only waits for its users is not.
    pub fn is_busy(&self) -> bool {
        let rests = |id| self.calls.get(&id).is_some_and(Call::is_at_rest);
        !self.later.is_empty()
            || self.pager.is_busy()
            || self.paths.is_waiting()
            || self.ua.calls().any(|id| !rests(id))
    }

    /// Whether there is a call, be it only asked for.
    pub fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Runs the procedure that answers to what happened.
    fn run(&mut self, now: Time, happening: Happening) {
        if let Some(happening) = self.with_paths(now, happening) {
            self.perform(now, happening);
        }
    }

    fn perform(&mut self, now: Time, happening: Happening) {
        if let Some(procedure) = procedures::TABLE.iter().find(|p| p.trigger.fits(self, &happening)) {
            (procedure.run)(self, now, happening);
        }
    }

    /// Takes what user agent and MSRP endpoint have, until they have nothing more.
    fn settle(&mut self, now: Time) {
        loop {
            if let Some(event) = self.ua.poll_event() {
                self.run(now, Happening::Ua(event));
            } else if let Some(event) = self.msrp.poll_event() {
                self.run(now, Happening::Msrp(event));
            } else {
                return;
            }
        }
    }

    fn tell(&mut self, now: Time, event: &str, about: impl Into<String>) {
        if !self.config.switches.tells_nothing {
            self.told.push((now, Told { event: event.to_owned(), about: about.into() }));
        }
    }

    fn postpone(&mut self, at: Time, what: Later) {
        let index = self.later.partition_point(|(other, _)| *other <= at);
        self.later.insert(index, (at, what));
    }

    /// The call that a session belongs to.
    fn call_of(&self, session: SessionId) -> Option<CallId> {
        let has = |call: &Call| call.media.iter().any(|medium| medium.session == Some(session));
        self.calls.iter().find(|(_, call)| has(call)).map(|(id, _)| *id)
    }

    /// Counts a chunk and carries out the intentions that wait for that many.
    fn count_chunk(&mut self, now: Time, id: CallId, occasion: fn(u32) -> Occasion) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.chunks += 1;
        let reached = occasion(call.chunks);
        self.intend(now, reached);
    }

    fn intend(&mut self, now: Time, reached: Occasion) {
        let due: Vec<Act> =
            self.config.intentions.iter().filter(|i| i.when == reached).map(|i| i.act.clone()).collect();
        for act in due {
            self.run(now, Happening::Act(act));
        }
    }

    /// Headers of an initial request (IM 9.1.1.1, CPM 7.3.2.1).
    fn initial_headers(&self, anonymous: bool) -> Headers {
        let mut headers: Headers = Vec::new();
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
        for route in &self.service_route {
            add("Route", route.clone());
        }
        add("Accept-Contact", format!("*;{}", self.config.kind.feature_tag()));
        if anonymous {
            add("Privacy", "id".to_owned());
        }
        if self.config.ims {
            add("P-Preferred-Identity", format!("<{}>", self.config.address));
            add("P-Access-Network-Info", ACCESS.to_owned());
        }
        headers
    }

    /// From of an initial request.
    fn from(&self, anonymous: bool) -> String {
        match anonymous {
            true => format!("\"Anonymous\" <{ANONYMOUS}>"),
            false => format!("<{}>", self.config.address),
        }
    }

    /// Headers of responses on a 3GPP IMS.
    fn response_headers(&self) -> Headers {
        let ims = self.config.ims.then(|| ("P-Access-Network-Info".to_owned(), ACCESS.to_owned()));
        ims.into_iter().collect()
    }

    fn local(&mut self) -> Local {
        let (session, through) = self.next_session();
        let local = self.local_with(session, through);
        // Who answers may connect before his answer is here.
        self.msrp.expect(&local.uri());
        local
    }

    fn local_with(&self, session: String, through: Option<Through>) -> Local {
        let mut local = Local::new(self.config.msrp, session, ACCEPTS).secured(&self.config.security);
        local.through = through;
        if self.config.connects {
            local.setup = Some(Setup::Active);
        }
        local
    }

    fn negotiation(&mut self) -> Negotiation {
        let id = self.config.ids.next_u64();
        Negotiation::new("-", id)
    }

    fn contact(&self) -> String {
        contact(&self.config)
    }

    /// Registers, or renews the registration that there is.
    fn register(&mut self, now: Time) {
        let contact = self.contact();
        if let Some(registration) = self.registration {
            return self.ua.reregister(now, registration, contact);
        }
        let registration = Registration {
            registrar: self.config.registrar.clone(),
            address_of_record: format!("<{}>", self.config.address),
            contact,
            expires: 3600,
            headers: self.response_headers(),
            destination: None,
        };
        self.registration = Some(self.ua.register(now, registration));
    }

    fn unregister(&mut self, now: Time) {
        if let Some(registration) = self.registration.take() {
            self.ua.unregister(now, registration);
            self.msrp.leave_relays();
        }
    }

    fn registered(&mut self, message: &Message, expires: u32) {
        self.registered = expires > 0;
        self.service_route = message.addresses(Name::ServiceRoute).map(|a| format!("<{}>", a.uri)).collect();
    }
}

/// Who hides his identity (RFC 3323 §4.1.1.3).
const ANONYMOUS: &str = "sip:anonymous@anonymous.invalid";
/// A fixed access network: a simulated client has no radio (3GPP TS 24.229 §7.2A.4).
const ACCESS: &str = "IEEE-802.11;i-wlan-node-id=000000000000";

impl Node for Client {
    fn handle(&mut self, now: Time, input: Input) {
        if matches!(input, Input::Timer) {
            while self.later.front().is_some_and(|(at, _)| *at <= now) {
                if let Some((_, what)) = self.later.pop_front() {
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
        let endures = self.config.switches.endures_strangers;
        let kept = |output: &Output| !(endures && matches!(output, Output::Distrust { .. }));
        self.ua.poll().or_else(|| std::iter::from_fn(|| self.msrp.poll()).find(kept))
    }

    fn next_timeout(&self) -> Option<Time> {
        let later = self.later.front().map(|(at, _)| *at);
        [later, self.ua.next_timeout(), self.msrp.next_timeout()].into_iter().flatten().min()
    }
}

/// The user part of the address of record.
fn user_of(config: &Config) -> &str {
    let address = &config.address;
    let rest = address.strip_prefix("sip:").or_else(|| address.strip_prefix("sips:"));
    rest.and_then(|a| a.split('@').next()).unwrap_or_default()
}

fn contact(config: &Config) -> String {
    let user = user_of(config);
    let transport = if config.over_tcp { ";transport=tcp" } else { "" };
    let uri = config.security.uri(user, config.sip);
    let mut value = format!("<{uri}{transport}>;{}", config.kind.feature_tag());
    for parameter in &config.contact_parameters {
        value.push(';');
        value.push_str(parameter);
    }
    value
}

fn profile(config: &Config) -> Profile {
    let methods = || METHODS.iter().map(|m| (*m).to_owned()).collect();
    let mut session = Policy::default();
    if let Some(seconds) = config.session_interval {
        session.max = seconds;
    }
    Profile {
        contact: contact(config),
        allow: config.allows.clone().unwrap_or_else(methods),
        supported: vec!["timer".to_owned(), "replaces".to_owned()],
        understood: vec!["recipient-list-invite".to_owned()],
        user_agent: Some(config.kind.product().to_owned()),
        server: Some(config.kind.product().to_owned()),
        session,
        ..Profile::default()
    }
}

/// Whether the first Contact of a message has that feature parameter.
fn contact_has(message: &Message, parameter: &str) -> bool {
    message.contact().is_some_and(|c| c.params.has(parameter))
}

/// The call that an event of the user agent is about.
fn call_in(event: &UaEvent) -> Option<CallId> {
    match event {
        UaEvent::Incoming { call, .. }
        | UaEvent::Provisional { call, .. }
        | UaEvent::Answered { call, .. }
        | UaEvent::Rejected { call, .. }
        | UaEvent::Confirmed { call, .. }
        | UaEvent::Modification { call, .. }
        | UaEvent::ModificationResult { call, .. }
        | UaEvent::Bye { call, .. }
        | UaEvent::Ended { call }
        | UaEvent::Cancelled { call }
        | UaEvent::Failed { call, .. } => Some(*call),
        _ => None,
    }
}
