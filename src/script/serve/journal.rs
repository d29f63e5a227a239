//! What happens in a service, in lines that a person reads: who registered, which session came about, whose message went
//! where. It reads what crosses the links and shows no payload.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use crate::stack::status;
use crate::time::Time;
use crate::trace::{Observation, Streams, Unit, What};
use crate::wire::mime::date;
use crate::wire::uri::Uri;
use crate::wire::{msrp, sip};

/// Follows the traffic of a service.
#[derive(Default)]
pub struct Journal {
    streams: Streams,
    /// What is asked and not answered yet, by Call-ID and CSeq: what a line says of it.
    asked: HashMap<String, Option<Asked>>,
    /// The keys of `asked`, the oldest first.
    order: VecDeque<String>,
    /// The addresses of the servers, with what people call them.
    names: Vec<(SocketAddr, String)>,
    lines: Vec<String>,
}

/// A request that waits for its final response.
struct Asked {
    method: String,
    from: String,
    to: String,
    contact: Option<String>,
    expires: Option<u32>,
    /// It began nothing, but is about something that goes on.
    within: bool,
}

/// Requests remembered at once; of more, the oldest are forgotten.
const MOST_ASKED: usize = 50_000;
/// Characters of a part of a line.
const WIDEST: usize = 100;

impl Journal {
    /// The journal of servers at these addresses.
    pub fn new(names: Vec<(SocketAddr, String)>) -> Journal {
        Journal { names, ..Journal::default() }
    }

    /// Takes what was seen; gives the lines that tell of it.
    pub fn take(&mut self, seen: Vec<Observation>) -> Vec<String> {
        let mut units = Vec::new();
        for observation in seen {
            self.streams.take(observation, |unit| units.push(unit));
        }
        for unit in &units {
            self.unit(unit);
        }
        std::mem::take(&mut self.lines)
    }

    /// Notes what crossed no link of a server.
    pub fn note(&mut self, at: Time, text: &str) {
        self.line(at, text);
    }

    fn unit(&mut self, unit: &Unit) {
        match &unit.what {
            What::Sip { message, .. } if message.is_request() => self.request(message),
            What::Sip { message, .. } if message.is_response() => self.response(unit.at, message),
            What::Msrp(message) => self.chunk(unit, message),
            _ => {}
        }
    }

    /// The first time that a request is seen counts; it comes again on its next hop.
    fn request(&mut self, message: &sip::Message) {
        let method = message.method();
        if matches!(method, "ACK" | "CANCEL" | "NOTIFY" | "OPTIONS") {
            return;
        }
        let key = key(message);
        if self.asked.contains_key(&key) {
            return;
        }
        // The core tells a server who has registered, in its own name (3GPP TS 24.229 §5.4.1.7).
        if method == "REGISTER" && message.from().is_some_and(|from| Uri::parse(from.uri).user.is_none()) {
            return;
        }
        let address = |address: Option<sip::NameAddr<'_>>| short(address.map_or("", |address| address.uri));
        let contact = message.contact();
        let by_contact = contact.as_ref().and_then(|c| c.params.get("expires"));
        let expires = message.header(sip::Name::Expires).map(|header| header.text().into_owned());
        let asked = Asked {
            method: method.to_owned(),
            from: address(message.from()),
            to: match method {
                "REGISTER" => address(message.to()),
                _ => short(message.request_uri().unwrap_or_default()),
            },
            expires: by_contact.or(expires.as_deref()).and_then(|text| text.trim().parse().ok()),
            contact: contact.map(|contact| short(contact.uri)),
            within: message.to().is_some_and(|to| to.tag().is_some()),
        };
        while self.order.len() >= MOST_ASKED
            && let Some(oldest) = self.order.pop_front()
        {
            self.asked.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.asked.insert(key, Some(asked));
    }

    fn response(&mut self, at: Time, message: &sip::Message) {
        let status = message.status().unwrap_or(0);
        if status < 200 {
            return;
        }
        // The key stays until it is the oldest, or the next hop of the response would be news again.
        let Some(asked) = self.asked.get_mut(&key(message)).and_then(Option::take) else { return };
        let Asked { method, from, to, .. } = &asked;
        let line = match (method.as_str(), status) {
            // Not the end of it: the request comes again.
            (_, 401 | 407 | 422 | 423) => return,
            ("BYE", _) => format!("ended         session of {from} with {to}"),
            (_, 300..) => {
                let reason = status::reason(status);
                format!("refused       {method} of {from} to {to}: {status} {reason}")
            }
            ("REGISTER", _) => match (asked.expires, asked.contact.as_deref()) {
                (Some(0), Some(_)) => format!("unregistered  {to}"),
                (_, Some(contact)) => format!("registered    {to} at {contact}"),
                (_, None) => return,
            },
            ("UPDATE", _) => return,
            ("INVITE", _) if asked.within => format!("modified      session of {from} with {to}"),
            ("INVITE", _) => format!("session       of {from} with {to}"),
            ("MESSAGE", _) => format!("message       of {from} to {to}: {status}"),
            (method, _) => format!("{:<13} of {from} to {to}: {status}", method.to_ascii_lowercase()),
        };
        self.line(at, &line);
    }

    /// A message over MSRP is told of when its last chunk came.
    fn chunk(&mut self, unit: &Unit, message: &msrp::Message) {
        let head = message.head();
        let octets = head.byte_range().and_then(|range| range.total).unwrap_or(message.octets());
        if head.method() != "SEND" || message.flag() != msrp::Flag::Last || octets == 0 {
            return;
        }
        let (from, to) = (self.name(unit.src), self.name(unit.dst));
        self.line(unit.at, &format!("relayed       {octets} octets from {from} to {to}"));
    }

    fn name(&self, address: SocketAddr) -> String {
        match self.names.iter().find(|(own, _)| *own == address) {
            Some((_, name)) => name.clone(),
            None => address.to_string(),
        }
    }

    fn line(&mut self, at: Time, text: &str) {
        let stamp = date::to_rfc3339(at.0 / 1_000_000_000);
        let clock = stamp.get(11..19).unwrap_or_default();
        let millis = at.0 / 1_000_000 % 1000;
        self.lines.push(format!("{clock}.{millis:03}  {text}"));
    }
}

/// What requests and responses have in common on every hop.
fn key(message: &sip::Message) -> String {
    let (number, method) = message.cseq().unwrap_or((0, ""));
    let tag = message.from().and_then(|from| from.tag()).unwrap_or_default();
    format!("{} {tag} {number} {method}", message.call_id())
}

/// A URI as it stands in a line: without scheme and parameters, and never so that it acts on a terminal.
fn short(uri: &str) -> String {
    let bare = uri.split_once(':').map_or(uri, |(_, rest)| rest).split([';', '?']).next().unwrap_or_default();
    bare.chars().filter(|c| !c.is_control()).take(WIDEST).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::trace::Seen;

    fn at(address: &str) -> SocketAddr {
        address.parse().unwrap()
    }

    /// The lines that a request and its response give, both seen on two hops.
    #[track_caller]
    fn check(start: &str, headers: &str, status: u16, expected: &[&str]) {
        let mut journal = Journal::new(Vec::new());
        let method = start.split(' ').next().unwrap();
        let from = if headers.starts_with("From:") { "X: y" } else { "From: <sip:alice@a.example>;tag=1" };
        let rest =
            format!("Via: SIP/2.0/UDP x;branch=z9hG4bK1\r\n{from}\r\nCall-ID: c\r\nCSeq: 3 {method}\r\n{headers}\r\n");
        let request = format!("{start} SIP/2.0\r\n{rest}");
        let response = format!("SIP/2.0 {status} Whatever\r\n{rest}");
        let seen = [&request, &request, &response, &response].map(|text| Observation {
            at: Time::SIMULATION_START,
            packet: 1,
            src: at("192.0.2.1:5060"),
            dst: at("192.0.2.2:5060"),
            what: Seen::Datagram(Bytes::from(text.clone())),
        });
        let lines: Vec<String> = journal.take(seen.into());
        assert_eq!(lines, expected.iter().map(|line| format!("00:00:00.000  {line}")).collect::<Vec<_>>());
    }

    #[test]
    fn every_request_gives_one_line() {
        let alice = "To: <sip:alice@a.example>\r\nContact: <sip:alice@192.0.2.1:5062;x=y>\r\n";
        let registered = ["registered    alice@a.example at alice@192.0.2.1:5062"];
        check("REGISTER sip:a.example", &format!("{alice}Expires: 60\r\n"), 200, &registered);
        check("REGISTER sip:a.example", &format!("{alice}Expires: 0\r\n"), 200, &["unregistered  alice@a.example"]);
        check("REGISTER sip:a.example", alice, 401, &[]);
        let refused = ["refused       REGISTER of alice@a.example to alice@a.example: 403 Forbidden"];
        check("REGISTER sip:a.example", alice, 403, &refused);
        let core = "From: <sip:192.0.2.9;lr>;tag=2\r\nTo: <sip:alice@a.example>\r\nContact: <sip:192.0.2.9>\r\n";
        check("REGISTER sip:store@a.example", core, 200, &registered[..0]);
        let bob = "sip:bob@a.example;sessiontype=adhoc";
        check(&format!("INVITE {bob}"), "To: <sip:bob@x>\r\n", 180, &[]);
        check(
            &format!("INVITE {bob}"),
            "To: <sip:bob@x>\r\n",
            200,
            &["session       of alice@a.example with bob@a.example"],
        );
        check(
            &format!("INVITE {bob}"),
            "To: <sip:bob@x>;tag=7\r\n",
            200,
            &["modified      session of alice@a.example with bob@a.example"],
        );
        check(
            &format!("BYE {bob}"),
            "To: <sip:bob@x>;tag=7\r\n",
            481,
            &["ended         session of alice@a.example with bob@a.example"],
        );
        check(
            &format!("MESSAGE {bob}"),
            "To: <sip:bob@x>\r\n",
            202,
            &["message       of alice@a.example to bob@a.example: 202"],
        );
        check(
            &format!("SUBSCRIBE {bob}"),
            "To: <sip:bob@x>\r\n",
            200,
            &["subscribe     of alice@a.example to bob@a.example: 200"],
        );
        check(&format!("ACK {bob}"), "To: <sip:bob@x>\r\n", 200, &[]);
        check("OPTIONS sip:\u{1b}[31m", "To: <sip:bob@x>\r\n", 200, &[]);
    }

    #[test]
    fn messages_over_msrp_are_told_of_once_and_by_size() {
        let server = at("192.0.2.2:2855");
        let mut journal = Journal::new(vec![(server, "the conference server".to_owned())]);
        let chunk = |range: &str, flag: char| {
            format!(
                "MSRP d93k SEND\r\nTo-Path: msrp://b:2855/s;tcp\r\nFrom-Path: msrp://a:9/t;tcp\r\nMessage-ID: 7\r\n\
                 Byte-Range: {range}\r\nContent-Type: text/plain\r\n\r\nHello\r\n-------d93k{flag}\r\n"
            )
        };
        let seen = |text: String| Observation {
            at: Time::SIMULATION_START,
            packet: 1,
            src: at("192.0.2.1:40000"),
            dst: server,
            what: Seen::Data(Bytes::from(text)),
        };
        let lines = journal.take(vec![seen(chunk("1-5/10", '+')), seen(chunk("6-10/10", '$'))]);
        assert_eq!(lines, ["00:00:00.000  relayed       10 octets from 192.0.2.1:40000 to the conference server"]);
    }
}
