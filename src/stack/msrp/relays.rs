//! Paths through the relays that act on behalf of this host: AUTH requests, the challenges to them, and what comes of it
//! (RFC 4976 §5.1). Which session takes which path is the user's.
//!
//! AUTH requests cannot be pipelined (RFC 4976 §9.1): one path is asked for after the other, and of each path one relay after
//! the other, the nearest first.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::outgoing::fresh_id;
use super::{Event, Failure};
use crate::stack::digest::{Account, Asked, Info, Protection};
use crate::stack::{Conn, Layer, Output};
use crate::time::Time;
use crate::wire::msrp::{Builder, Head};
use crate::wire::sip::Name;
use crate::wire::uri::{Scheme, Uri};

/// The relays that act on behalf of a host.
#[derive(Clone, Debug)]
pub struct Relays {
    /// Their MSRP URIs, the nearest first.
    pub uris: Vec<String>,
    /// Where the nearest one is.
    pub at: SocketAddr,
    /// Who the host's user is to them.
    pub account: Account,
    /// For how many seconds a path is asked for; without it the relays choose.
    pub expires: Option<u32>,
}

impl Relays {
    /// What lies under the connection to the nearest, for a host whose MSRP has that one under it.
    fn layer(&self, own: Layer) -> Layer {
        let secured = self.uris.first().is_some_and(|uri| Uri::parse(uri).scheme == Scheme::Msrps);
        if secured && own != Layer::Plain { Layer::Tls } else { Layer::Plain }
    }
}

/// What goes on with the relays.
#[derive(Default)]
pub(super) struct Asking {
    /// The connection to the nearest relay.
    conn: Option<Conn>,
    /// What each relay asked for a password with.
    realms: Vec<Option<Protection>>,
    current: Option<Request>,
    /// The own URIs that paths are wanted to.
    waiting: VecDeque<String>,
}

/// A path that is being asked for.
struct Request {
    local_path: String,
    /// What the relays before gave, the nearest first.
    use_path: Vec<String>,
    /// The shortest that one of them gave its URI for.
    valid: u32,
    /// Which relay is asked.
    relay: usize,
    expires: Option<u32>,
    /// The transaction, and until when its response may come; none before the AUTH is sent.
    open: Option<(String, Time)>,
    /// How often this relay has refused.
    refusals: u8,
}

/// Refusals of a relay that are answered: a challenge, one with a fresh nonce, and a time that it does not like.
const MOST_REFUSALS: u8 = 3;
/// URIs of a Use-Path that are taken.
const MOST_URIS: usize = 16;
/// How long a path holds whose relay does not say (RFC 4976 §6.3 has it say).
const UNSAID: u32 = 900;

impl Endpoint {
    /// Asks the relays of this host for a path to an own URI. [`Event::Authorised`] or [`Event::Unauthorised`] comes of it.
    pub fn authorise(&mut self, now: Time, local_path: String) {
        self.asking.waiting.push_back(local_path);
        self.ask(now);
    }

    /// Ends the connection to the nearest relay, unless a session uses it.
    pub fn leave_relays(&mut self) {
        let Some(conn) = self.asking.conn else { return };
        if self.connections.get(&conn).is_none_or(|connection| connection.sessions.is_empty()) {
            self.outputs.push_back(Output::Close { conn });
            self.lose(conn, false);
        }
    }

    /// Whether a connection is the one to the nearest relay, which stays up when no session uses it (RFC 4976 §5.4).
    pub(super) fn is_to_relay(&self, conn: Conn) -> bool {
        self.asking.conn == Some(conn)
    }

    /// Sends the next AUTH where there is one to send.
    pub(super) fn ask(&mut self, now: Time) {
        let Some(relays) = self.config.relays.clone() else {
            for local_path in std::mem::take(&mut self.asking.waiting) {
                self.events.push_back(Event::Unauthorised { local_path, why: Failure::ConnectionLost });
            }
            return;
        };
        if self.asking.current.is_none() {
            let Some(local_path) = self.asking.waiting.pop_front() else { return };
            let (valid, expires) = (u32::MAX, relays.expires);
            self.asking.current =
                Some(Request { local_path, use_path: Vec::new(), valid, relay: 0, expires, open: None, refusals: 0 });
        }
        let conn = match self.asking.conn {
            Some(conn) => conn,
            None => {
                let conn = self.dial(relays.at, relays.layer(self.config.layer));
                self.asking.conn = Some(conn);
                conn
            }
        };
        if !self.connections.get(&conn).is_some_and(|connection| connection.up) {
            return;
        }
        let asking = &mut self.asking;
        let Some(request) = asking.current.as_mut().filter(|request| request.open.is_none()) else { return };
        let Some(uri) = relays.uris.get(request.relay) else { return };
        asking.realms.resize_with(relays.uris.len(), || None);
        let asked = Asked { method: "AUTH", uri, body: b"" };
        let ids = &mut self.config.ids;
        let known = asking.realms[request.relay].as_mut();
        let credentials = known.and_then(|known| known.credentials(&asked, &relays.account, ids));
        let tid = fresh_id(ids);
        let path = request.use_path.iter().map(String::as_str).chain([uri.as_str()]).collect::<Vec<_>>();
        let auth = Builder::request(&tid, "AUTH")
            .header("To-Path", path.join(" "))
            .header("From-Path", &request.local_path)
            .maybe("Authorization", credentials)
            .maybe("Expires", request.expires);
        request.open = Some((tid, now + self.config.response_timeout));
        self.put(conn, auth.pieces());
    }

    /// Takes a response; `false` where it is to none of these requests.
    pub(super) fn answered_by_relay(&mut self, now: Time, conn: Conn, head: &Head) -> bool {
        let mine = |request: &&mut Request| {
            request.open.as_ref().is_some_and(|(tid, _)| tid == head.transaction_id())
                && head.to_path().eq([request.local_path.as_str()])
        };
        let to_relay = self.is_to_relay(conn);
        let Some(request) = self.asking.current.as_mut().filter(|_| to_relay).filter(mine) else { return false };
        request.open = None;
        let (status, relay) = (head.status().unwrap_or_default(), request.relay);
        let goes_on = match status {
            200 => self.admitted(head),
            _ if request.refusals >= MOST_REFUSALS => false,
            401 => {
                request.refusals += 1;
                // The same credentials would be refused again, unless only their nonce was too old.
                let fresh = self.asking.realms[relay].is_none() || is_stale(head);
                self.asking.realms[relay] = challenge(head);
                fresh && self.asking.realms[relay].is_some()
            }
            423 => {
                request.refusals += 1;
                let before = request.expires;
                let bound = |name: &str| head.header(name).and_then(|value| value.trim().parse::<u32>().ok());
                request.expires = bound("Min-Expires").or(bound("Max-Expires"));
                request.expires.is_some() && request.expires != before
            }
            _ => false,
        };
        if !goes_on {
            self.unauthorised(if status == 200 { Failure::Refused(400) } else { Failure::of(status) });
        }
        self.ask(now);
        true
    }

    /// Takes the path of a 200; `false` where it has none.
    fn admitted(&mut self, head: &Head) -> bool {
        let Some(request) = self.asking.current.as_mut() else { return false };
        let path: Vec<String> =
            head.header("Use-Path").unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect();
        let is_path = |uri: &String| {
            let uri = Uri::parse(uri);
            matches!(uri.scheme, Scheme::Msrp | Scheme::Msrps) && uri.path.is_some() && uri.flaws().is_empty()
        };
        if path.is_empty() || path.len() > MOST_URIS || !path.iter().all(is_path) {
            return false;
        }
        let valid = head.header("Expires").and_then(|value| value.trim().parse().ok()).unwrap_or(UNSAID);
        request.valid = request.valid.min(valid);
        request.use_path = path;
        let next = head.header("Authentication-Info").and_then(|value| Info::parse(value).next_nonce);
        if let (Some(known), Some(next)) = (&mut self.asking.realms[request.relay], next) {
            known.renew(&next);
        }
        request.relay += 1;
        request.refusals = 0;
        let relays = self.config.relays.as_ref().map_or(0, |relays| relays.uris.len());
        if request.relay >= relays
            && let Some(Request { local_path, use_path, valid, .. }) = self.asking.current.take()
        {
            self.events.push_back(Event::Authorised { local_path, use_path, valid: Duration::from_secs(valid.into()) });
        }
        true
    }

    fn unauthorised(&mut self, why: Failure) {
        if let Some(request) = self.asking.current.take() {
            self.events.push_back(Event::Unauthorised { local_path: request.local_path, why });
        }
    }

    /// When an AUTH has waited long enough for its response.
    pub(super) fn asking_until(&self) -> Option<Time> {
        self.asking.current.as_ref()?.open.as_ref().map(|(_, until)| *until)
    }

    pub(super) fn asking_overdue(&mut self, now: Time) {
        if self.asking_until().is_some_and(|until| until <= now) {
            self.unauthorised(Failure::Timeout);
            self.ask(now);
        }
    }

    /// The connection to the nearest relay is gone, and with it every path (RFC 4976 §6.3). What waits for one waits in vain.
    pub(super) fn lost_relay(&mut self, conn: Conn) {
        if !self.is_to_relay(conn) {
            return;
        }
        self.asking.conn = None;
        // The next connection is another protection space, whose nonces count anew.
        self.asking.realms.clear();
        self.unauthorised(Failure::ConnectionLost);
        for local_path in std::mem::take(&mut self.asking.waiting) {
            self.events.push_back(Event::Unauthorised { local_path, why: Failure::ConnectionLost });
        }
        self.events.push_back(Event::PathsLost);
    }
}

/// The first challenge of a 401 that can be answered as RFC 4976 §9.1 asks for it: by Digest, and with a quality of protection
/// that is not `auth-int` alone.
fn challenge(head: &Head) -> Option<Protection> {
    let all = head.headers().filter(|header| header.name().eq_ignore_ascii_case("WWW-Authenticate"));
    let usable = |value: &&str| {
        let challenge = crate::wire::sip::Challenge::parse(value);
        challenge.scheme.eq_ignore_ascii_case("Digest")
            && challenge.get("qop").is_some_and(|offered| offered.split(',').any(|one| one.trim() == "auth"))
    };
    all.map(|header| header.value()).find(usable).map(|value| Protection::new(Name::Authorization, value))
}

fn is_stale(head: &Head) -> bool {
    let value = head.header("WWW-Authenticate").unwrap_or_default();
    crate::wire::sip::Challenge::parse(value).get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"))
}
