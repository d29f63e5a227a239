//! The function in the media path: its user agent, its MSRP endpoint, and the sessions that it stands in.

use std::collections::{BTreeMap, BTreeSet};

use super::Config;
use super::bridge::{Bridge, BridgeId, Leg, Side};
use super::procedures::{self, Happening};
use super::record::Recorder;
use crate::stack::msrp::{self, SessionId};
use crate::stack::offer_answer::{Local, Negotiation};
use crate::stack::session_timer::Policy;
use crate::stack::ua::{CallId, Profile, UaEvent, UserAgent};
use crate::stack::{Input, Output, endpoint};
use crate::time::Time;

const METHODS: &[&str] = &["INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "OPTIONS", "INFO"];
/// Option tags that concern the far end, and mean nothing to who stands in between.
const PASSED_ON: &[&str] = &["replaces", "recipient-list-invite"];
/// What it says that it takes where nobody has said yet what the far end takes.
pub(super) const ACCEPTS: &[&str] = &["message/cpim", "text/plain"];

/// The function as a B2BUA.
pub struct B2bua {
    pub(super) config: Config,
    pub(super) ua: UserAgent,
    pub(super) msrp: msrp::Endpoint,
    pub(super) bridges: BTreeMap<BridgeId, Bridge>,
    next_bridge: u64,
    calls: BTreeMap<CallId, (BridgeId, Side)>,
    sessions: BTreeMap<SessionId, (BridgeId, Side)>,
    /// Sessions with the History Function, and what is recorded in them.
    pub(super) recordings: BTreeMap<CallId, BridgeId>,
    pub(super) recorder: Recorder,
    /// When a called side has rung too long.
    pub(super) ringing: BTreeSet<(Time, BridgeId)>,
}

impl B2bua {
    pub fn new(mut config: Config) -> B2bua {
        let mut sip = endpoint::Config::new(config.sip, config.ids.fork("sip"));
        sip.security = config.security.clone();
        sip.outbound = Some(config.core);
        sip.only_from = config.only_from_core.then_some(config.core);
        let mut msrp = msrp::Config::new(config.msrp, config.ids.fork("msrp"));
        msrp.layer = config.security.msrp_layer();
        let product = concat!("IM-serv/OMA1.0 imspec/", env!("CARGO_PKG_VERSION"));
        let mut session = Policy::default();
        if let Some(seconds) = config.session_interval {
            session.max = seconds;
        }
        let methods = || METHODS.iter().map(|m| (*m).to_owned()).collect();
        let user = format!("pf-{}", config.ids.token(8));
        let profile = Profile {
            contact: format!("<{}>;{}", config.security.uri(&user, config.sip), config.feature_tag),
            allow: config.allows.clone().unwrap_or_else(methods),
            supported: vec!["timer".to_owned()],
            understood: PASSED_ON.iter().map(|tag| (*tag).to_owned()).collect(),
            user_agent: Some(product.to_owned()),
            server: Some(product.to_owned()),
            session,
            forwards: true,
            ..Profile::default()
        };
        B2bua {
            ua: UserAgent::new(sip, profile),
            msrp: msrp::Endpoint::new(msrp),
            config,
            bridges: BTreeMap::new(),
            next_bridge: 0,
            calls: BTreeMap::new(),
            sessions: BTreeMap::new(),
            recordings: BTreeMap::new(),
            recorder: Recorder::default(),
            ringing: BTreeSet::new(),
        }
    }

    /// Whether a call is made, modified or ended; a session that only waits for its users does not count.
    pub fn is_busy(&self) -> bool {
        let rests = |call: CallId| match self.bridge_of(call) {
            Some((id, _)) => self.bridges.get(&id).is_some_and(Bridge::is_at_rest),
            None => self.recordings.contains_key(&call),
        };
        self.ua.calls().any(|call| !rests(call))
    }

    /// Ends every call.
    pub fn shut_down(&mut self, now: Time) {
        while let Some(id) = self.bridges.keys().next().copied() {
            let caller = self.bridges.get(&id).map(|bridge| bridge.leg(Side::Caller).call);
            super::release::end(self, now, id, Side::Caller);
            caller.into_iter().for_each(|call| self.ua.bye(now, call));
        }
        self.settle(now);
    }

    pub fn is_over(&self) -> bool {
        self.ua.calls().next().is_none()
    }

    pub fn handle(&mut self, now: Time, input: Input) {
        if matches!(input, Input::Timer) {
            self.ua.handle(now, Input::Timer);
            self.msrp.handle(now, Input::Timer);
            while let Some((_, id)) = self.ringing.first().copied().filter(|(at, _)| *at <= now) {
                self.run(now, Happening::RangTooLong(id));
            }
        } else if !self.msrp.handle(now, input.clone()) {
            self.ua.handle(now, input);
        }
        self.settle(now);
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.ua.poll().or_else(|| self.msrp.poll())
    }

    pub fn next_timeout(&self) -> Option<Time> {
        let ringing = self.ringing.first().map(|(at, _)| *at);
        [self.ua.next_timeout(), self.msrp.next_timeout(), ringing].into_iter().flatten().min()
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

    fn run(&mut self, now: Time, happening: Happening) {
        let trigger = procedures::trigger_of(self, &happening);
        if let Some(procedure) = procedures::TABLE.iter().find(|p| Some(p.trigger) == trigger) {
            (procedure.run)(self, now, happening);
        }
    }

    /// The session that a call is a leg of.
    pub(super) fn bridge_of(&self, call: CallId) -> Option<(BridgeId, Side)> {
        self.calls.get(&call).copied()
    }

    /// The session that an MSRP session is a leg of.
    pub(super) fn bridge_over(&self, session: SessionId) -> Option<(BridgeId, Side)> {
        self.sessions.get(&session).copied()
    }

    /// The call at the other end of the session that `call` is a leg of.
    pub(super) fn opposite(&self, call: CallId) -> Option<CallId> {
        let (id, side) = self.bridge_of(call)?;
        Some(self.bridges.get(&id)?.leg(side.other()).call)
    }

    /// Notes a session with its two calls.
    pub(super) fn join(&mut self, bridge: Bridge) -> BridgeId {
        self.next_bridge += 1;
        let id = BridgeId(self.next_bridge);
        for side in [Side::Caller, Side::Called] {
            self.calls.insert(bridge.leg(side).call, (id, side));
        }
        self.bridges.insert(id, bridge);
        id
    }

    /// Forgets a session and closes its media. What its calls still do is theirs.
    pub(super) fn part(&mut self, id: BridgeId) -> Option<Bridge> {
        let bridge = self.bridges.remove(&id)?;
        self.recorder.forget(id);
        for side in [Side::Caller, Side::Called] {
            let leg = bridge.leg(side);
            self.calls.remove(&leg.call);
            if let Some(session) = leg.session {
                self.sessions.remove(&session);
                self.msrp.close(session);
            }
        }
        if let Some(at) = bridge.rings_until {
            self.ringing.remove(&(at, id));
        }
        if let Some(recording) = bridge.recording {
            self.recordings.remove(&recording);
        }
        Some(bridge)
    }

    /// Notes which MSRP session is a leg's; the one before it is closed.
    pub(super) fn engage(&mut self, id: BridgeId, side: Side, session: Option<SessionId>) {
        let Some(bridge) = self.bridges.get_mut(&id) else { return };
        let before = std::mem::replace(&mut bridge.leg_mut(side).session, session);
        if let Some(before) = before {
            self.sessions.remove(&before);
            self.msrp.close(before);
        }
        if let Some(session) = session {
            self.sessions.insert(session, (id, side));
        }
    }

    /// A leg with nothing negotiated yet.
    pub(super) fn new_leg(&mut self, call: CallId) -> Leg {
        let ids = &mut self.config.ids;
        Leg::new(call, Negotiation::new("-", ids.next_u64()), ids.token(20))
    }

    /// The own side of a leg where nobody has said yet what the other leg takes.
    pub(super) fn local(&self, leg: &Leg) -> Local {
        Local::new(self.config.msrp, leg.token.clone(), ACCEPTS).secured(&self.config.security)
    }
}

/// The call that an event of the user agent is about.
pub(super) fn call_in(event: &UaEvent) -> Option<CallId> {
    match event {
        UaEvent::Incoming { call, .. }
        | UaEvent::Provisional { call, .. }
        | UaEvent::Answered { call, .. }
        | UaEvent::Rejected { call, .. }
        | UaEvent::Confirmed { call, .. }
        | UaEvent::Modification { call, .. }
        | UaEvent::ModificationCancelled { call, .. }
        | UaEvent::ModificationResult { call, .. }
        | UaEvent::Bye { call, .. }
        | UaEvent::Expired { call }
        | UaEvent::Ended { call }
        | UaEvent::Cancelled { call }
        | UaEvent::Failed { call, .. } => Some(*call),
        UaEvent::Request { call, .. } | UaEvent::Response { call, .. } | UaEvent::RequestFailed { call, .. } => *call,
        _ => None,
    }
}
