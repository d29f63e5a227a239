//! The stores for messages of the home network: the Deferred Messaging Function (IM 12.4) and the History Function
//! (IM 13.2).
//!
//! A store joins a SIP user agent, an MSRP endpoint and a [`Storage`]; what it does when is said by the table of
//! procedures of its kind.

mod config;
mod deliver;
mod give;
mod keep;
mod procedures;
mod retrieve;
mod storage;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use bytes::Bytes;

pub use config::{Config, Settings};
pub use storage::{Class, Memory, Storage, Stored, Unavailable};

use crate::actors::act::Kept;
use crate::stack::msrp::{self, SessionId};
use crate::stack::offer_answer::{Local, MediaPlan, Negotiation};
use crate::stack::session_timer::Policy;
use crate::stack::ua::{Body, CallId, Headers, Profile, SubscriptionId, UserAgent};
use crate::stack::{Input, Node, Output, endpoint};
use crate::time::Time;
use crate::wire::sdp::{Direction, Session};
use crate::wire::sip::{Message, Name};
use crate::wire::uri::{self, Uri};
use give::Giving;
use keep::Keeping;
use procedures::Happening;

const METHODS: &[&str] = &["INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "OPTIONS"];
/// What is taken outside of calls.
const TAKES: &[&str] = &["MESSAGE", "REGISTER", "SUBSCRIBE"];
/// Users whose registration is remembered.
const MOST_USERS: usize = 1_000_000;

/// A store.
pub struct Store {
    config: Config,
    storage: Box<dyn Storage>,
    ua: UserAgent,
    msrp: msrp::Endpoint,
    calls: BTreeMap<CallId, Call>,
    /// The call that an MSRP session belongs to.
    sessions: BTreeMap<SessionId, CallId>,
    /// The calls by which this store delivers, by owner.
    deliveries: BTreeMap<String, CallId>,
    /// Messages that are being sent, by id.
    under_way: BTreeSet<String>,
    /// Who wants to be told what waits for him, by subscription.
    subscribers: BTreeMap<SubscriptionId, String>,
    /// The same the other way round.
    subscriptions: BTreeSet<(String, SubscriptionId)>,
    /// Who has registered for messages, and until when.
    present: BTreeMap<String, Time>,
    /// What is to be done later.
    later: BTreeSet<(Time, CallId)>,
}

/// A call with its media.
struct Call {
    purpose: Purpose,
    negotiation: Negotiation,
    local: Local,
    plan: Option<MediaPlan>,
    session: Option<SessionId>,
    /// The BYE of this side was sent.
    leaving: bool,
}

/// What a call is for.
enum Purpose {
    /// Messages come in for a user who is not there.
    Keeping(Keeping),
    /// A user gets what is kept for him.
    Giving(Giving),
}

/// Something to be done when its time has come.
enum Later {
    /// Nothing has come in that call for too long.
    Silence(CallId),
}

impl Store {
    pub fn new(mut config: Config, storage: Box<dyn Storage>) -> Store {
        let mut sip = endpoint::Config::new(config.sip, config.ids.fork("sip"));
        sip.security = config.security.clone();
        sip.outbound = Some(config.core);
        sip.only_from = config.only_from_core.then_some(config.core);
        let mut msrp = msrp::Config::new(config.msrp, config.ids.fork("msrp"));
        msrp.layer = config.security.msrp_layer();
        msrp.confirms = true;
        let ua = UserAgent::new(sip, profile(&mut config));
        Store {
            ua,
            msrp: msrp::Endpoint::new(msrp),
            config,
            storage,
            calls: BTreeMap::new(),
            sessions: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            under_way: BTreeSet::new(),
            subscribers: BTreeMap::new(),
            subscriptions: BTreeSet::new(),
            present: BTreeMap::new(),
            later: BTreeSet::new(),
        }
    }

    /// Keeps what was recorded elsewhere. How the History Function comes by it is nowhere specified for the wire: IM
    /// 13.3.1.2 has it invite a conference factory, which joins no session that could be recorded.
    pub fn record(&mut self, message: &Stored) -> Result<(), Unavailable> {
        let known = self.storage.list(&message.owner)?;
        if let Some((oldest, _)) = known.first().filter(|_| known.len() >= keep::MOST_KEPT) {
            self.storage.delete(oldest)?;
        }
        self.storage.store(message)
    }

    /// How users are treated, to be changed: it counts from the next request on.
    pub fn set_users(&mut self, users: BTreeMap<String, Settings>) {
        self.config.users = users;
    }

    /// All that is kept for a user, the oldest first, without bodies: for the documents that tell him of it.
    pub fn kept(&self, owner: &str) -> Result<Vec<(Stored, usize)>, Unavailable> {
        let ids = self.storage.list(owner)?.into_iter();
        let mut all = Vec::new();
        for (id, _) in ids {
            let Some(mut message) = self.storage.get(&id)? else { continue };
            let octets = std::mem::take(&mut message.body).len();
            all.push((message, octets));
        }
        Ok(all)
    }

    /// Keeps messages elsewhere from now on: for who sets it up.
    pub fn keep_in(&mut self, storage: Box<dyn Storage>) {
        self.storage = storage;
    }

    /// Ends every session: the server is about to go. What was not acknowledged stays.
    pub fn shut_down(&mut self, now: Time) {
        self.ua.leave(now);
        self.settle(now);
    }

    pub fn is_busy(&self) -> bool {
        self.ua.calls().next().is_some()
    }

    /// Runs the procedure that answers to what happened.
    fn run(&mut self, now: Time, happening: Happening) {
        if let Some(procedure) = procedures::procedure(self, &happening) {
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

    /// Whether an address is that of a user whom this store serves.
    fn serves(&self, uri: &str) -> bool {
        let parsed = Uri::parse(uri);
        let ours = parsed.host.is_some_and(|host| host.to_string().eq_ignore_ascii_case(&self.config.domain));
        ours && parsed.user.is_some() && !self.is_own(uri)
    }

    /// Whether a Request-URI is one of the store's own.
    fn is_own(&self, uri: &str) -> bool {
        uri::same_ignoring_params(uri, &self.config.address, &["sessiontype", "session"])
    }

    /// The address of who makes a request, as far as it is known for sure (IM 5.2): on a 3GPP IMS what the core asserts
    /// (RFC 3325 §5), else From.
    fn originator(&self, request: &Message) -> Option<String> {
        // Of a SIP URI and a tel URI, which may stand there together (RFC 3325 §9.1), the store knows users by the first.
        let mut asserted = request.addresses(Name::PAssertedIdentity).filter_map(|identity| address(identity.uri));
        let asserted = asserted.next().filter(|_| self.is_from_core(request));
        let claimed = || request.from().filter(|_| !self.config.ims).and_then(|from| address(from.uri));
        asserted.or_else(claimed)
    }

    /// Whether the core handed a request over.
    fn is_from_core(&self, request: &Message) -> bool {
        let Some(via) = request.via() else { return false };
        let host = via.received().unwrap_or(via.host);
        host.trim_matches(['[', ']']).parse() == Ok::<IpAddr, _>(self.config.core.ip())
    }

    /// Headers of responses that belong to a session: on a 3GPP IMS, who answers (RFC 3325 §5), and what is charged for
    /// (RFC 7315 §4.6).
    fn response_headers(&self, request: &Message) -> Headers {
        let mut headers = self.identity();
        if let Some(vector) = request.header(Name::PChargingVector).filter(|_| self.config.ims) {
            let vector = format!("{};term-ioi={}", vector.text().trim(), self.config.domain);
            headers.push(("P-Charging-Vector".to_owned(), vector));
        }
        headers
    }

    /// The store's address as that of an authenticated originator (IM 5.2).
    fn identity(&self) -> Headers {
        let asserted =
            self.config.ims.then(|| ("P-Asserted-Identity".to_owned(), format!("<{}>", self.config.address)));
        asserted.into_iter().collect()
    }

    /// A Contact of its own for a call.
    fn contact(&mut self) -> (String, String) {
        ("Contact".to_owned(), contact(&mut self.config))
    }

    fn local(&mut self, direction: Direction, accepts: &[&str]) -> Local {
        let mut local = Local::new(self.config.msrp, self.config.ids.token(20), accepts).secured(&self.config.security);
        local.direction = direction;
        // Who answers may connect before his answer is here.
        self.msrp.expect(&local.uri());
        local
    }

    fn negotiation(&mut self) -> Negotiation {
        Negotiation::new("-", self.config.ids.next_u64())
    }

    /// Refuses an invitation.
    fn refuse(&mut self, now: Time, id: CallId, request: &Message, status: u16) {
        let headers = self.response_headers(request);
        self.ua.answer(now, id, status, headers, None);
    }

    /// Answers an invitation, and opens the session as it was negotiated. Where the offer is no use it is refused.
    fn accept(&mut self, now: Time, id: CallId, request: &Message, local: Local, purpose: Purpose) -> bool {
        let mut negotiation = self.negotiation();
        let wanted = local.direction;
        let (sdp, plan) = match negotiation.answer(&description(request), &local) {
            Ok(answer) if answer.plan.may_send || wanted != Direction::SendOnly => (answer.sdp, answer.plan),
            Ok(_) => {
                self.refuse(now, id, request, 488);
                return false;
            }
            Err(refusal) => {
                self.refuse(now, id, request, refusal.status());
                return false;
            }
        };
        let mut headers = self.response_headers(request);
        headers.push(self.contact());
        self.calls.insert(id, Call { purpose, negotiation, local, plan: None, session: None, leaving: false });
        self.open(now, id, plan);
        self.ua.answer(now, id, 200, headers, Some(described(sdp)));
        true
    }

    /// Opens the MSRP session of a call as it was negotiated.
    fn open(&mut self, now: Time, id: CallId, plan: MediaPlan) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let session = self.msrp.open(now, plan.session(&call.local));
        call.session = Some(session);
        call.plan = Some(plan);
        self.sessions.insert(session, id);
    }

    /// The call that a session belongs to.
    fn call_of(&self, session: SessionId) -> Option<CallId> {
        self.sessions.get(&session).copied()
    }

    /// Sends the BYE of a call, once.
    fn leave(&mut self, now: Time, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if !std::mem::replace(&mut call.leaving, true) {
            self.ua.bye(now, id);
        }
    }
}

/// The address of record in a URI, in one spelling: without parameters, in small letters, which the core does not tell
/// from others either.
fn address(uri: &str) -> Option<String> {
    let parsed = Uri::parse(uri);
    Some(format!("sip:{}@{}", parsed.user?, parsed.host?).to_ascii_lowercase())
}

/// The session description of a request; an empty one where there is none.
fn description(message: &Message) -> Session {
    Session::parse(message.body_of_type("application/sdp").map(|part| part.body).unwrap_or_default())
}

fn described(sdp: Bytes) -> Body {
    ("application/sdp".to_owned(), sdp)
}

fn contact(config: &mut Config) -> String {
    let user = format!("store-{}", config.ids.token(8));
    format!("<{}>;automata;{}", config.security.uri(&user, config.sip), config.feature_tag)
}

fn profile(config: &mut Config) -> Profile {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let product = concat!("IM-serv/OMA1.0 imspec/", env!("CARGO_PKG_VERSION"));
    let session = Policy { max: config.session_interval.unwrap_or(u32::MAX), ..Policy::default() };
    let defers = config.kept == Kept::Deferred;
    Profile {
        contact: contact(config),
        allow: config.allows.clone().unwrap_or_else(|| words(METHODS)),
        supported: vec!["timer".to_owned()],
        understood: vec!["recipient-list-invite".to_owned()],
        user_agent: Some(product.to_owned()),
        server: Some(product.to_owned()),
        session,
        takes: if defers { words(TAKES) } else { Vec::new() },
        dates: true,
        forwards: false,
    }
}

impl Node for Store {
    fn handle(&mut self, now: Time, input: Input) {
        if matches!(input, Input::Timer) {
            while let Some((_, call)) = self.later.first().copied().filter(|(at, _)| *at <= now) {
                self.later.pop_first();
                self.run(now, Happening::Time(Later::Silence(call)));
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
