//! A plain conference factory: takes a large message for a list or a group, and gives it to each recipient.
//!
//! It answers correctly on the wire and no more. The procedures of the Controlling Function are not here.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::stack::msrp::{self, FailureReport, Outgoing, SessionConfig, SessionId};
use crate::stack::offer_answer::{Local, MediaPlan, Negotiation, Role};
use crate::stack::ua::{CallId, Headers, InviteRequest, OutRequest, Profile, UaEvent, UserAgent};
use crate::stack::{IdSource, Input, Node, Output, endpoint};
use crate::time::Time;
use crate::wire::mime::ResourceLists;
use crate::wire::sdp::{Direction, Session};
use crate::wire::sip;
use crate::wire::uri;

/// Recipients of one message.
const MOST_RECIPIENTS: usize = 1000;
/// How long a recipient's session may last after the sender left.
const LINGER: Duration = Duration::from_secs(30);
const METHODS: &[&str] = &["INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "MESSAGE", "OPTIONS"];
const ACCEPTS: &[&str] = &["message/cpim", "text/plain", "text/html", "message/external-body"];

/// What the server is provisioned with.
#[derive(Clone, Debug)]
pub struct Config {
    pub sip: SocketAddr,
    pub msrp: SocketAddr,
    pub core: SocketAddr,
    /// Its own identity in From.
    pub address: String,
    /// Group identities with the addresses of their members.
    pub groups: Vec<(String, Vec<String>)>,
    /// The feature tags that it names.
    pub feature_tag: &'static str,
    /// Refuses every invitation with this status.
    pub refuses: Option<u16>,
    pub ids: IdSource,
}

/// The server.
pub struct ConferenceServer {
    config: Config,
    ua: UserAgent,
    msrp: msrp::Endpoint,
    conferences: BTreeMap<CallId, Conference>,
    legs: BTreeMap<CallId, Leg>,
    /// When a recipient's session is ended for lack of a message.
    deadlines: Vec<(Time, CallId)>,
}

/// One message with its sender.
struct Conference {
    offer: Session,
    session: Option<SessionId>,
    plan: Option<MediaPlan>,
    answered: bool,
    waiting: usize,
    last_status: u16,
    message: Option<Message>,
}

/// The message, whole.
#[derive(Clone)]
struct Message {
    content_type: String,
    headers: Vec<(String, String)>,
    body: Bytes,
}

/// One recipient.
struct Leg {
    conference: CallId,
    negotiation: Negotiation,
    local: Local,
    session: Option<SessionId>,
    sent: bool,
}

impl ConferenceServer {
    pub fn new(mut config: Config) -> ConferenceServer {
        let mut sip = endpoint::Config::new(config.sip, config.ids.fork("sip"));
        sip.outbound = Some(config.core);
        let msrp = msrp::Config::new(config.msrp, config.ids.fork("msrp"));
        let user = config.address.strip_prefix("sip:").and_then(|a| a.split('@').next()).unwrap_or_default();
        let profile = Profile {
            contact: format!("<sip:{user}-{}@{}>;isfocus;{}", config.ids.token(8), config.sip, config.feature_tag),
            allow: METHODS.iter().map(|m| (*m).to_owned()).collect(),
            supported: vec!["timer".to_owned()],
            understood: vec!["recipient-list-invite".to_owned(), "recipient-list-message".to_owned()],
            user_agent: Some(concat!("IM-serv/OMA1.0 imspec/", env!("CARGO_PKG_VERSION")).to_owned()),
            server: Some(concat!("IM-serv/OMA1.0 imspec/", env!("CARGO_PKG_VERSION")).to_owned()),
            ..Profile::default()
        };
        ConferenceServer {
            ua: UserAgent::new(sip, profile),
            msrp: msrp::Endpoint::new(msrp),
            config,
            conferences: BTreeMap::new(),
            legs: BTreeMap::new(),
            deadlines: Vec::new(),
        }
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
            UaEvent::Answered { call, message } => self.recipient_answered(now, call, &message),
            UaEvent::Rejected { call, message } => self.recipient_lost(now, call, message.status().unwrap_or(480)),
            UaEvent::Failed { call, .. } | UaEvent::Cancelled { call } => self.recipient_lost(now, call, 408),
            UaEvent::Bye { call, .. } | UaEvent::Ended { call } => self.ended(now, call),
            UaEvent::Modification { call, tx, message } => self.modified(now, call, tx, &message),
            UaEvent::Request { tx, message, .. } if message.method() == "MESSAGE" => self.page(now, tx, &message),
            UaEvent::Request { tx, .. } => self.ua.respond(now, tx, 200, Headers::new(), None),
            _ => {}
        }
    }

    /// The addresses that a request is for: the members of a group or the entries of its list, without the sender.
    fn recipients(&self, message: &sip::Message) -> Option<Vec<String>> {
        let target = message.request_uri().unwrap_or_default();
        let group = self.config.groups.iter().find(|(g, _)| uri::same_ignoring_params(target, g, &["sessiontype"]));
        let all: Vec<String> = match (group, message.body_of_type("application/resource-lists+xml")) {
            (Some((_, members)), _) => members.clone(),
            (None, Some(part)) => ResourceLists::parse(&part.body).uris().map(str::to_owned).collect(),
            (None, None) => return None,
        };
        let sender = message.from().map(|f| f.uri.to_owned()).unwrap_or_default();
        let mut recipients: Vec<String> = Vec::new();
        for uri in all.into_iter().take(MOST_RECIPIENTS) {
            if !uri::same(&uri, &sender) && !recipients.iter().any(|known| uri::same(known, &uri)) {
                recipients.push(uri);
            }
        }
        Some(recipients)
    }

    /// A message of pager mode: accepted, and given to each recipient by a MESSAGE of its own (RFC 5365 §7).
    fn page(&mut self, now: Time, tx: endpoint::TxId, message: &sip::Message) {
        let recipients = self.recipients(message).unwrap_or_default();
        let mut bodies = message.bodies();
        bodies.retain(|part| !part.content_type().is("application/resource-lists+xml"));
        let [body] = &bodies[..] else { return self.ua.respond(now, tx, 415, Headers::new(), None) };
        if recipients.is_empty() {
            return self.ua.respond(now, tx, 404, Headers::new(), None);
        }
        self.ua.respond(now, tx, 202, Headers::new(), None);
        let content_type = body.headers.get("Content-Type").unwrap_or("text/plain").to_owned();
        let sender = message.from().map(|f| f.uri.to_owned()).unwrap_or_default();
        for recipient in recipients {
            let request = OutRequest {
                method: "MESSAGE".to_owned(),
                to: format!("<{recipient}>"),
                request_uri: recipient,
                from: format!("<{sender}>"),
                headers: vec![("Accept-Contact".to_owned(), format!("*;{}", self.config.feature_tag))],
                body: Some((content_type.clone(), body.body.clone())),
                destination: None,
            };
            self.ua.request(now, request);
        }
    }

    fn invited(&mut self, now: Time, id: CallId, message: &sip::Message) {
        let refuse = |server: &mut Self, status| server.ua.answer(now, id, status, Headers::new(), None);
        if let Some(status) = self.config.refuses {
            return refuse(self, status);
        }
        let Some(recipients) = self.recipients(message) else { return refuse(self, 404) };
        let sender = message.from().map(|f| f.uri.to_owned()).unwrap_or_default();
        let offer = Session::parse(message.body_of_type("application/sdp").map(|p| p.body).unwrap_or_default());
        let acceptable = self.negotiation().answer(&offer, &self.own(Direction::RecvOnly)).map_err(|r| r.status());
        if let Err(status) = acceptable {
            return refuse(self, status);
        }
        let waiting = recipients.len();
        let conference =
            Conference { offer, session: None, plan: None, answered: false, waiting, last_status: 480, message: None };
        self.conferences.insert(id, conference);
        for recipient in recipients {
            self.invite(now, id, &recipient, &sender);
        }
    }

    fn invite(&mut self, now: Time, conference: CallId, recipient: &str, sender: &str) {
        let Some(parent) = self.conferences.get(&conference) else { return };
        let size = parent.offer.msrp_media().and_then(|m| m.value("filesize").map(str::to_owned));
        let mut local = self.own(Direction::SendOnly);
        local.extra.extend(size.map(|size| ("filesize".to_owned(), Some(size))));
        let mut negotiation = self.negotiation();
        let sdp = negotiation.offer(&local);
        let headers = vec![("Accept-Contact".to_owned(), format!("*;{}", self.config.feature_tag))];
        let call = self.ua.invite(
            now,
            InviteRequest {
                request_uri: recipient.to_owned(),
                from: format!("<{sender}>"),
                to: format!("<{recipient}>"),
                headers,
                body: Some(("application/sdp".to_owned(), sdp)),
                session_expires: None,
                destination: None,
            },
        );
        self.legs.insert(call, Leg { conference, negotiation, local, session: None, sent: false });
    }

    fn recipient_answered(&mut self, now: Time, id: CallId, message: &sip::Message) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let conference = leg.conference;
        let answer = message.body_of_type("application/sdp").map(|p| p.body).unwrap_or_default();
        let Ok(plan) = leg.negotiation.conclude(&Session::parse(answer)) else {
            self.ua.bye(now, id);
            return self.recipient_lost(now, id, 488);
        };
        let own = leg.local.uri();
        leg.session = Some(open(&mut self.msrp, now, own, &plan, false));
        self.accept(now, conference);
        self.pass_on(now, conference);
    }

    /// The first recipient that accepts makes the sender's 200 (IM 7.2.1.2).
    fn accept(&mut self, now: Time, id: CallId) {
        let local = self.own(Direction::RecvOnly);
        let mut negotiation = self.negotiation();
        let Some(conference) = self.conferences.get_mut(&id).filter(|c| !c.answered) else { return };
        conference.answered = true;
        match negotiation.answer(&conference.offer, &local) {
            Ok(answer) => {
                conference.session = Some(open(&mut self.msrp, now, local.uri(), &answer.plan, true));
                conference.plan = Some(answer.plan);
                self.ua.answer(now, id, 200, Headers::new(), Some(("application/sdp".to_owned(), answer.sdp)));
            }
            Err(refusal) => self.ua.answer(now, id, refusal.status(), Headers::new(), None),
        }
    }

    fn recipient_lost(&mut self, now: Time, id: CallId, status: u16) {
        let Some(leg) = self.legs.remove(&id) else {
            self.conferences.remove(&id);
            return;
        };
        let Some(conference) = self.conferences.get_mut(&leg.conference) else { return };
        conference.waiting = conference.waiting.saturating_sub(1);
        conference.last_status = status;
        if conference.waiting == 0 && !conference.answered {
            let status = conference.last_status;
            self.ua.answer(now, leg.conference, status, Headers::new(), None);
            self.conferences.remove(&leg.conference);
        }
    }

    fn media(&mut self, now: Time, event: msrp::Event) {
        match event {
            msrp::Event::Received { session, message } => {
                let found = self.conferences.iter_mut().find(|(_, c)| c.session == Some(session));
                let Some((id, conference)) = found else { return };
                let id = *id;
                let body = message.content();
                conference.message =
                    Some(Message { content_type: message.content_type, headers: message.headers, body });
                self.pass_on(now, id);
            }
            msrp::Event::Acknowledged { session, .. } | msrp::Event::Failed { session, .. } => {
                if let Some(id) = self.legs.iter().find(|(_, l)| l.session == Some(session)).map(|(id, _)| *id) {
                    self.ua.bye(now, id);
                }
            }
            _ => {}
        }
    }

    /// Gives the message to every recipient that is there and does not have it yet.
    fn pass_on(&mut self, now: Time, conference: CallId) {
        let Some(Message { content_type, headers, body }) =
            self.conferences.get(&conference).and_then(|c| c.message.clone())
        else {
            return;
        };
        for leg in self.legs.values_mut().filter(|l| l.conference == conference && !l.sent) {
            let Some(session) = leg.session else { continue };
            leg.sent = true;
            let message = Outgoing {
                message_id: self.config.ids.token(20),
                headers: headers.iter().filter(|(n, _)| n.starts_with("Content-")).cloned().collect(),
                content_type: content_type.clone(),
                body: body.clone(),
                success_report: false,
                failure_report: FailureReport::Yes,
            };
            self.msrp.send(now, session, message);
        }
    }

    fn modified(&mut self, now: Time, call: CallId, tx: endpoint::TxId, message: &sip::Message) {
        let Some(leg) = self.legs.get_mut(&call) else {
            return self.ua.respond(now, tx, 488, Headers::new(), None);
        };
        let offer = Session::parse(message.body_of_type("application/sdp").map(|p| p.body).unwrap_or_default());
        match leg.negotiation.answer(&offer, &leg.local) {
            Ok(answer) => {
                self.ua.respond(now, tx, 200, Headers::new(), Some(("application/sdp".to_owned(), answer.sdp)));
            }
            Err(refusal) => self.ua.respond(now, tx, refusal.status(), Headers::new(), None),
        }
    }

    fn ended(&mut self, now: Time, id: CallId) {
        if let Some(leg) = self.legs.remove(&id) {
            if let Some(session) = leg.session {
                self.msrp.close(session);
            }
            return;
        }
        let Some(conference) = self.conferences.remove(&id) else { return };
        if let Some(session) = conference.session {
            self.msrp.close(session);
        }
        // Recipients that have the message leave by themselves; the others have nothing to wait for.
        for (leg, _) in self.legs.iter().filter(|(_, l)| l.conference == id) {
            self.deadlines.push((now + LINGER, *leg));
        }
        if conference.message.is_none() {
            let legs: Vec<CallId> = self.legs.iter().filter(|(_, l)| l.conference == id).map(|(leg, _)| *leg).collect();
            for leg in legs {
                self.ua.bye(now, leg);
            }
        }
    }

    fn own(&mut self, direction: Direction) -> Local {
        let session = self.config.ids.token(20);
        let mut local = Local::new(self.config.msrp, session, ACCEPTS);
        local.direction = direction;
        local
    }

    fn negotiation(&mut self) -> Negotiation {
        let id = self.config.ids.next_u64();
        Negotiation::new("-", id)
    }
}

fn open(endpoint: &mut msrp::Endpoint, now: Time, own: String, plan: &MediaPlan, receives: bool) -> SessionId {
    endpoint.open(
        now,
        SessionConfig {
            local_path: own,
            remote_path: plan.remote_path.clone(),
            connect: plan.next_hop.filter(|_| plan.role == Role::Active),
            accept_types: ACCEPTS.iter().map(|t| (*t).to_owned()).collect(),
            may_receive: receives,
            switched: false,
        },
    )
}

impl Node for ConferenceServer {
    fn handle(&mut self, now: Time, input: Input) {
        if matches!(input, Input::Timer) {
            let due: Vec<CallId> = self.deadlines.iter().filter(|(at, _)| *at <= now).map(|(_, id)| *id).collect();
            self.deadlines.retain(|(at, _)| *at > now);
            for id in due {
                self.ua.bye(now, id);
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
        let deadline = self.deadlines.iter().map(|(at, _)| *at).min();
        [deadline, self.ua.next_timeout(), self.msrp.next_timeout()].into_iter().flatten().min()
    }
}
