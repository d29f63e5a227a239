//! A user with a raw user agent and MSRP endpoint: does what a test says, and writes down what it learns.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;

use crate::stack::msrp::{self, FailureReport, Outgoing, SessionConfig, SessionId};
use crate::stack::offer_answer::{Local, MediaPlan, Negotiation, Role};
use crate::stack::ua::{CallId, Headers, InviteRequest, OutRequest, Profile, Subscription, UaEvent, UserAgent};
use crate::stack::{Conn, IdSource, Input, Node, Output, endpoint};
use crate::time::Time;
use crate::wire::mime::{self, ConferenceInfo, CpimBuilder, Entry, Part, ResourceLists};
use crate::wire::msrp::{self as msrp_wire, Builder};
use crate::wire::sdp::{Direction, Session};
use crate::wire::sip::Message;

/// How a user answers an invitation.
#[derive(Clone)]
pub struct Manner {
    /// The final status; 0 for none at all.
    pub status: u16,
    pub rings: bool,
    pub headers: Headers,
}

/// A user.
pub struct Peer {
    pub name: String,
    pub manner: Manner,
    pub types: Vec<&'static str>,
    pub attributes: Vec<(&'static str, Option<&'static str>)>,
    pub direction: Direction,
    /// Takes content in, but never says so.
    pub mute: bool,
    pub heard: Vec<String>,
    /// Every INVITE, MESSAGE and response that came.
    pub came: Vec<Arc<Message>>,
    /// Identity of the session, once known.
    pub identity: String,
    pub call: Option<CallId>,
    pub session: Option<SessionId>,
    pub plan: Option<MediaPlan>,
    pub known: Option<ConferenceInfo>,
    pub ua: UserAgent,
    pub msrp: msrp::Endpoint,
    /// Statuses of responses to what the test itself wrote.
    pub statuses: Vec<u16>,
    /// The connection of its session, and what waits to be written there.
    conn: Option<Conn>,
    written: VecDeque<Output>,
    waiting: Option<(CallId, Bytes, MediaPlan)>,
    negotiation: Negotiation,
    local: Local,
    ids: IdSource,
    messages: u32,
}

pub const AT: &str = "home";

pub fn address(name: &str) -> String {
    format!("sip:{name}@{AT}")
}

impl Peer {
    pub fn new(name: &str, ip: [u8; 4], core: SocketAddr) -> Peer {
        let mut ids = IdSource::new(3, name);
        let sip = SocketAddr::from((ip, 5060));
        let media = SocketAddr::from((ip, 2855));
        let mut config = endpoint::Config::new(sip, ids.fork("sip"));
        config.outbound = Some(core);
        let methods = ["INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "MESSAGE", "NOTIFY", "SUBSCRIBE"];
        let profile = Profile {
            contact: format!("<sip:{name}@{sip}>;+g.oma.sip-im"),
            allow: methods.map(str::to_owned).into(),
            supported: vec!["timer".to_owned()],
            ..Profile::default()
        };
        Peer {
            name: name.to_owned(),
            manner: Manner { status: 200, rings: true, headers: Headers::new() },
            types: vec!["message/cpim", "text/plain"],
            attributes: vec![("chatroom", Some("nickname private-messages"))],
            direction: Direction::SendRecv,
            mute: false,
            heard: Vec::new(),
            came: Vec::new(),
            identity: String::new(),
            call: None,
            session: None,
            plan: None,
            known: None,
            ua: UserAgent::new(config, profile),
            msrp: msrp::Endpoint::new(msrp::Config::new(media, ids.fork("msrp"))),
            statuses: Vec::new(),
            conn: None,
            written: VecDeque::new(),
            waiting: None,
            negotiation: Negotiation::new("-", 1),
            local: Local::new(media, "", &[]),
            ids,
            messages: 0,
        }
    }

    /// What was heard since the last time.
    pub fn news(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard)
    }

    /// Invites to `target`: with a list of entries where there are any.
    pub fn invite(&mut self, now: Time, target: &str, entries: &[Entry], headers: Headers) {
        let (negotiation, local) = self.fresh();
        (self.negotiation, self.local) = (negotiation, local);
        let sdp = self.negotiation.offer(&self.local);
        self.invite_with(now, target, entries, headers, sdp);
    }

    /// Invites with that description.
    pub fn invite_with(&mut self, now: Time, target: &str, entries: &[Entry], headers: Headers, sdp: Bytes) {
        let mut body = ("application/sdp".to_owned(), sdp.clone());
        if !entries.is_empty() {
            let list = Part::new("application/resource-lists+xml", ResourceLists::write(entries));
            let parts = [Part::new("application/sdp", sdp), list.disposition("recipient-list")];
            body = ("multipart/mixed;boundary=b".to_owned(), mime::write("b", &parts));
        }
        let request = InviteRequest {
            request_uri: target.to_owned(),
            from: format!("\"{}\" <{}>", self.name.to_uppercase(), address(&self.name)),
            to: format!("<{target}>"),
            headers,
            body: Some(body),
            ..InviteRequest::default()
        };
        self.call = Some(self.ua.invite(now, request));
    }

    /// Takes the invitation that rings.
    pub fn accept(&mut self, now: Time) {
        let Some((call, sdp, plan)) = self.waiting.take() else { return };
        self.open(now, &plan);
        let headers = self.manner.headers.clone();
        self.ua.answer(now, call, 200, headers, Some(("application/sdp".to_owned(), sdp)));
    }

    pub fn refuse(&mut self, now: Time, status: u16) {
        let Some((call, ..)) = self.waiting.take() else { return };
        self.ua.answer(now, call, status, Headers::new(), None);
    }

    pub fn leave(&mut self, now: Time) {
        if let Some(call) = self.call {
            self.ua.bye(now, call);
        }
    }

    pub fn cancel(&mut self, now: Time) {
        if let Some(call) = self.call {
            self.ua.cancel(now, call);
        }
    }

    /// Modifies the session to what it is set to now.
    pub fn modify(&mut self, now: Time, update: bool) {
        let Some(call) = self.call else { return };
        self.local.accept_types = self.types.iter().map(|kind| (*kind).to_owned()).collect();
        self.local.direction = self.direction;
        let body = Some(("application/sdp".to_owned(), self.negotiation.offer(&self.local)));
        match update {
            true => self.ua.update(now, call, Headers::new(), body),
            false => self.ua.reinvite(now, call, Headers::new(), body),
        };
    }

    /// Takes its attributes over into the description of the session that goes on.
    pub fn renew(&mut self) {
        self.local.extra = self.attributes.iter().map(|(n, v)| ((*n).to_owned(), v.map(str::to_owned))).collect();
    }

    pub fn subscribe(&mut self, now: Time, target: &str, event: &str, accept: &str, expires: u32) {
        let headers = if accept.is_empty() { Headers::new() } else { vec![("Accept".to_owned(), accept.to_owned())] };
        let wanted = Subscription {
            request_uri: target.to_owned(),
            from: format!("<{}>", address(&self.name)),
            to: format!("<{target}>"),
            event: event.to_owned(),
            expires,
            headers,
            ..Subscription::default()
        };
        self.ua.subscribe(now, wanted);
    }

    /// Sends a text in a wrapper.
    pub fn say(&mut self, now: Time, from: &str, to: &[&str], text: &str) {
        let part = Part::new("text/plain", text.to_owned());
        let builder = to.iter().fold(CpimBuilder::new(part).from(from), |builder, to| builder.to(to));
        self.send(now, "message/cpim", builder.build());
    }

    /// Sends a text to everybody.
    pub fn say_all(&mut self, now: Time, text: &str) {
        let (own, to) = (address(&self.name), self.identity.clone());
        self.say(now, &own, &[&to], text);
    }

    /// Sends content of that type.
    pub fn send(&mut self, now: Time, content_type: &str, body: Bytes) {
        let Some(session) = self.session else { return };
        self.messages += 1;
        let message = Outgoing {
            message_id: format!("{}-{}", self.name, self.messages),
            headers: Vec::new(),
            content_type: content_type.to_owned(),
            body,
            success_report: true,
            failure_report: FailureReport::Yes,
            chunk: None,
        };
        self.msrp.send(now, session, message);
    }

    pub fn own_path(&self) -> String {
        self.local.uri()
    }

    /// Asks for a nickname, as the header's value has it.
    pub fn nickname(&mut self, now: Time, value: &str) {
        let path = self.plan.as_ref().map(|plan| plan.remote_path.join(" ")).unwrap_or_default();
        let request = Builder::request("nickname1", "NICKNAME")
            .header("To-Path", path)
            .header("From-Path", self.own_path())
            .header("Use-Nickname", value)
            .build();
        self.write(now, &request);
    }

    /// Writes a request as it is on the connection of the session.
    pub fn write(&mut self, _: Time, request: &msrp_wire::Message) {
        let conn = self.conn.expect("a connection");
        self.written.push_back(Output::Send { conn, pieces: request.pieces() });
    }

    pub fn page(&mut self, now: Time, target: &str, headers: Headers, content_type: &str, body: Bytes) {
        let request = OutRequest {
            method: "MESSAGE".to_owned(),
            request_uri: target.to_owned(),
            from: format!("<{}>", address(&self.name)),
            to: format!("<{target}>"),
            headers,
            body: Some((content_type.to_owned(), body)),
            destination: None,
        };
        self.ua.request(now, request);
    }

    fn fresh(&mut self) -> (Negotiation, Local) {
        let listen = self.msrp.config().listen;
        let mut local = Local::new(listen, self.ids.token(12), &self.types);
        local.direction = self.direction;
        local.extra = self.attributes.iter().map(|(n, v)| ((*n).to_owned(), v.map(str::to_owned))).collect();
        (Negotiation::new("-", 7), local)
    }

    fn open(&mut self, now: Time, plan: &MediaPlan) {
        let config = SessionConfig {
            local_path: self.local.uri(),
            remote_path: plan.remote_path.clone(),
            fingerprints: Vec::new(),
            connect: plan.next_hop.filter(|_| plan.role == Role::Active && !self.mute),
            speaks_first: plan.role == Role::Active && !self.mute,
            accept_types: vec!["*".to_owned()],
            may_receive: plan.may_receive,
            switched: self.mute,
        };
        self.plan = Some(plan.clone());
        self.session = Some(self.msrp.open(now, config));
    }

    fn settle(&mut self, now: Time) {
        loop {
            if let Some(event) = self.ua.poll_event() {
                self.sip(now, event);
            } else if let Some(event) = self.msrp.poll_event() {
                self.media(event);
            } else {
                return;
            }
        }
    }

    fn hear(&mut self, what: impl Into<String>) {
        self.heard.push(what.into());
    }

    fn sip(&mut self, now: Time, event: UaEvent) {
        let description =
            |m: &Message| Session::parse(m.body_of_type("application/sdp").map(|p| p.body).unwrap_or_default());
        match event {
            UaEvent::Incoming { call, message, .. } => {
                self.came.push(message.clone());
                self.call = Some(call);
                self.identity = message.contact().map(|c| c.uri.to_owned()).unwrap_or_default();
                let from = message.from().map(|f| f.uri.to_owned()).unwrap_or_default();
                self.hear(format!("invited by {from}"));
                let (mut negotiation, local) = self.fresh();
                let answer = negotiation.answer(&description(&message), &local).expect("an offer that can be answered");
                (self.negotiation, self.local) = (negotiation, local);
                self.waiting = Some((call, answer.sdp, answer.plan));
                if self.manner.rings {
                    self.ua.answer(now, call, 180, Headers::new(), None);
                }
                match self.manner.status {
                    0 => {}
                    200 => self.accept(now),
                    status => self.refuse(now, status),
                }
            }
            UaEvent::Provisional { message, .. } => {
                self.hear(message.status().unwrap_or_default().to_string());
                self.came.push(message);
            }
            UaEvent::Answered { message, .. } => {
                self.hear("200");
                self.identity = message.contact().map(|c| c.uri.to_owned()).unwrap_or_default();
                self.came.push(message.clone());
                match self.negotiation.conclude(&description(&message)) {
                    Ok(plan) => self.open(now, &plan),
                    Err(problem) => self.hear(format!("{problem:?}")),
                }
            }
            UaEvent::Rejected { message, .. } => {
                let warning = message.warnings().next().map(|w| format!(" {} {}", w.code, w.text)).unwrap_or_default();
                self.hear(format!("{}{warning}", message.status().unwrap_or_default()));
                self.came.push(message);
            }
            UaEvent::Modification { call, tx, message } => {
                self.hear(message.method());
                self.came.push(message.clone());
                if self.manner.status == 488 {
                    return self.ua.respond(now, tx, 488, Headers::new(), None);
                }
                let Ok(answer) = self.negotiation.answer(&description(&message), &self.local) else {
                    return self.hear("an offer that cannot be answered");
                };
                let _ = call;
                self.ua.respond(now, tx, 200, Headers::new(), Some(("application/sdp".to_owned(), answer.sdp)));
            }
            UaEvent::ModificationResult { message, .. } => {
                let status = message.status().unwrap_or_default();
                self.hear(format!("{status}"));
                self.came.push(message.clone());
                if status == 200 {
                    self.plan = self.negotiation.conclude(&description(&message)).ok();
                } else {
                    self.negotiation.withdraw();
                }
            }
            UaEvent::Bye { call, .. } => {
                self.hear("bye");
                self.close(call);
            }
            UaEvent::Ended { call } => self.close(call),
            UaEvent::Cancelled { .. } => self.hear("cancelled"),
            UaEvent::Request { tx, message, .. } => {
                self.hear(format!("{} {}", message.method(), String::from_utf8_lossy(&message.body()).escape_debug()));
                self.came.push(message);
                self.ua.respond(now, tx, 200, Headers::new(), None);
            }
            UaEvent::Response { message, .. } => {
                self.hear(message.status().unwrap_or_default().to_string());
                self.came.push(message);
            }
            UaEvent::Notify { tx, message, .. } => {
                self.ua.respond(now, tx, 200, Headers::new(), None);
                let info = ConferenceInfo::parse(&message.body());
                assert_eq!(info.flaws, [], "{:?}", message.body());
                ConferenceInfo::merge(&mut self.known, &info);
                self.hear(said(&info));
                self.came.push(message);
            }
            UaEvent::NotSubscribed { message: Some(message), .. } => {
                self.hear(message.status().unwrap_or_default().to_string());
                self.came.push(message);
            }
            _ => {}
        }
    }

    fn close(&mut self, call: CallId) {
        if let Some(session) = self.session.take_if(|_| self.call == Some(call)) {
            self.msrp.close(session);
        }
    }

    fn media(&mut self, event: msrp::Event) {
        match event {
            msrp::Event::Received { message, .. } => {
                let content = message.content();
                let text = match message.content_type.as_str() {
                    "message/cpim" => crate::wire::mime::Cpim::parse(&content).content.body,
                    _ => content,
                };
                match text.len() {
                    0..=60 => self.hear(format!("'{}'", String::from_utf8_lossy(&text))),
                    octets => self.hear(format!("{octets} octets, {}", sum(&text))),
                }
            }
            msrp::Event::Broken { .. } => self.hear("broken off"),
            msrp::Event::Delivered { .. } => self.hear("delivered"),
            msrp::Event::Failed { why: msrp::Failure::Refused(status), .. } => self.hear(format!("refused {status}")),
            msrp::Event::Failed { why, .. } => self.hear(format!("failed {why:?}")),
            _ => {}
        }
    }
}

/// A number that tells contents apart.
pub fn sum(octets: &[u8]) -> u32 {
    octets.iter().fold(7, |sum: u32, octet| sum.wrapping_mul(31).wrapping_add(u32::from(*octet)))
}

/// A conference document in words: state, version, and each user with the status of his sessions.
fn said(info: &ConferenceInfo) -> String {
    let users = info.users().map(|user| {
        let status: Vec<&str> = user.endpoints.iter().filter_map(|e| e.status.as_deref()).collect();
        let name = user.entity.strip_prefix("sip:").and_then(|e| e.split('@').next()).unwrap_or(&user.entity);
        format!(" {name}={}", status.join("+"))
    });
    format!("{} {}{}", info.state.text(), info.version.unwrap_or(99), users.collect::<String>())
}

impl Node for Peer {
    fn handle(&mut self, now: Time, input: Input) {
        if let Input::Received { conn, bytes } = &input
            && bytes.starts_with(b"MSRP ")
        {
            let response = msrp_wire::Message::parse(bytes.clone()).ok();
            let by_hand = response
                .as_ref()
                .map(|r| r.head())
                .filter(|head| ["chunk", "nickname"].iter().any(|own| head.transaction_id().starts_with(own)));
            self.statuses.extend(by_hand.and_then(|head| head.status()));
            self.conn = Some(*conn);
        }
        if matches!(input, Input::Timer) {
            self.ua.handle(now, Input::Timer);
            self.msrp.handle(now, Input::Timer);
        } else if !self.msrp.handle(now, input.clone()) {
            self.ua.handle(now, input);
        }
        self.settle(now);
    }

    fn poll(&mut self) -> Option<Output> {
        self.written.pop_front().or_else(|| self.ua.poll()).or_else(|| self.msrp.poll())
    }

    fn next_timeout(&self) -> Option<Time> {
        [self.ua.next_timeout(), self.msrp.next_timeout()].into_iter().flatten().min()
    }
}
