//! Traffic made by hand: a large message from Alice to Bob over a SIP/IP core, as an observer beside the links sees it.
//!
//! Shared by tests and benchmarks. `alter` makes variants: it sees every message once and gives back what is sent.

use std::net::SocketAddr;

use bytes::Bytes;
use imspec::time::Time;
use imspec::trace::{Observation, Seen};

/// One large message.
pub struct Large<'a> {
    /// Tells it from others: Call-ID, tags, branches, ports and session-ids carry it.
    pub number: u32,
    pub at: Time,
    pub size: usize,
    /// Octets in a chunk.
    pub chunk: usize,
    /// Final response to the invitation.
    pub status: u16,
    /// Changes a message that its sender is about to send; `None` keeps it from leaving.
    pub alter: &'a dyn Fn(Side, String) -> Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Alice,
    Bob,
}

impl Large<'_> {
    pub const PLAIN: Large<'static> = Large {
        number: 1,
        at: Time::SIMULATION_START,
        size: 20_000,
        chunk: 2_048,
        status: 200,
        alter: &|_, text| Some(text),
    };

    /// Everything that crosses the links, in order.
    pub fn play(&self) -> Vec<Observation> {
        let mut link = Link { large: self, at: self.at, seen: Vec::new() };
        let body = link.offer();
        link.sip(Side::Alice, &self.request("INVITE", 1, false), "", &body);
        let accepted = self.status < 300;
        let answer = if accepted { link.answer() } else { String::new() };
        let final_response = if accepted { Bob::ACCEPTS } else { "" };
        link.sip(Side::Bob, &self.response(self.status, "INVITE", 1), final_response, &answer);
        link.sip(Side::Alice, &self.request("ACK", 1, true), "", "");
        if accepted {
            link.transfer();
            link.sip(Side::Alice, &self.request("BYE", 2, true), "", "");
            link.sip(Side::Bob, &self.response(200, "BYE", 2), "", "");
            link.tcp(Side::Alice, Seen::Finished);
            link.tcp(Side::Bob, Seen::Finished);
        }
        let mut packet = 1;
        for one in &mut link.seen {
            one.packet = packet;
            packet += one.what.packets();
        }
        link.seen
    }

    fn request(&self, method: &str, cseq: u32, within: bool) -> String {
        let n = self.number;
        let uri = if within && self.status < 300 { "sip:bob@127.0.0.12:5060" } else { "sip:bob@home1.example" };
        let tag = if within { format!(";tag=b{n}") } else { String::new() };
        let initial = match method {
            "INVITE" => {
                "Accept-Contact: *;+g.oma.sip-im\r\nContact: <sip:alice@127.0.0.11:5060>;+g.oma.sip-im\r\n\
                 User-Agent: IM-client/OMA1.0\r\nAllow: INVITE, ACK, CANCEL, BYE, UPDATE, MESSAGE\r\n\
                 Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\n"
            }
            _ => "",
        };
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.11:5060;branch=z9hG4bKa{n}{method}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:alice@home1.example>;tag=a{n}\r\nTo: <sip:bob@home1.example>{tag}\r\n\
             Call-ID: call{n}@127.0.0.11\r\nCSeq: {cseq} {method}\r\n{initial}"
        )
    }

    fn response(&self, status: u16, method: &str, cseq: u32) -> String {
        let n = self.number;
        format!(
            "SIP/2.0 {status} Reason\r\nVia: SIP/2.0/UDP 127.0.0.11:5060;branch=z9hG4bKa{n}{method}\r\n\
             From: <sip:alice@home1.example>;tag=a{n}\r\nTo: <sip:bob@home1.example>;tag=b{n}\r\n\
             Call-ID: call{n}@127.0.0.11\r\nCSeq: {cseq} {method}\r\n"
        )
    }

    fn path(&self, side: Side) -> String {
        match side {
            Side::Alice => format!("msrp://127.0.0.11:2855/a{};tcp", self.number),
            Side::Bob => format!("msrp://127.0.0.12:2855/b{};tcp", self.number),
        }
    }
}

struct Bob;

impl Bob {
    const ACCEPTS: &'static str = "Contact: <sip:bob@127.0.0.12:5060>;+g.oma.sip-im\r\n\
         Allow: INVITE, ACK, CANCEL, BYE, UPDATE\r\nSupported: timer\r\n";
}

struct Link<'a> {
    large: &'a Large<'a>,
    at: Time,
    seen: Vec<Observation>,
}

impl Link<'_> {
    fn offer(&self) -> String {
        self.description("127.0.0.11", Side::Alice, &format!("a=sendonly\r\na=filesize:{}\r\n", self.large.size))
    }

    fn answer(&self) -> String {
        self.description("127.0.0.12", Side::Bob, "a=recvonly\r\n")
    }

    fn description(&self, host: &str, side: Side, more: &str) -> String {
        let path = self.large.path(side);
        format!(
            "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
             a=accept-types:*\r\na=path:{path}\r\n{more}"
        )
    }

    /// Sends a message over the core: two hops, the second with one Via more for requests.
    fn sip(&mut self, side: Side, head: &str, more: &str, body: &str) {
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!("{head}{more}{kind}\r\n{body}");
        let Some(text) = (self.large.alter)(side, text) else { return };
        let (head_text, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let text = format!("{head_text}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let via = format!("Via: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bKc{}", self.large.number);
        let method = head.split(' ').next().unwrap_or_default();
        let method =
            if method == "SIP/2.0" { text.split("CSeq: ").nth(1).map_or("", |c| &c[2..5]) } else { &method[..3] };
        let longer = text.replacen("\r\nVia: ", &format!("\r\n{via}{method}\r\nVia: "), 1);
        let (alice, core, bob) = ("127.0.0.11:5060", "127.0.0.2:5060", "127.0.0.12:5060");
        match side {
            Side::Alice => {
                self.see(alice, core, Seen::Datagram(text.into()));
                self.see(core, bob, Seen::Datagram(longer.into()));
            }
            Side::Bob => {
                self.see(bob, core, Seen::Datagram(longer.into()));
                self.see(core, alice, Seen::Datagram(text.into()));
            }
        }
    }

    fn transfer(&mut self) {
        let (size, chunk) = (self.large.size, self.large.chunk);
        let (a, b, n) = (self.large.path(Side::Alice), self.large.path(Side::Bob), self.large.number);
        self.tcp(Side::Alice, Seen::Connecting);
        self.tcp(Side::Alice, Seen::Opened);
        let content = vec![b'x'; chunk];
        for (nth, start) in (0..size).step_by(chunk).enumerate() {
            let end = (start + chunk).min(size);
            let flag = if end == size { '$' } else { '+' };
            let disposition = if start == 0 { "Content-Disposition: render\r\n" } else { "" };
            let text = String::from_utf8_lossy(&content[..end - start]);
            self.msrp(
                Side::Alice,
                format!(
                    "MSRP t{n}x{nth:04} SEND\r\nTo-Path: {b}\r\nFrom-Path: {a}\r\nMessage-ID: message{n}\r\n\
                     Byte-Range: {}-{end}/{size}\r\nSuccess-Report: yes\r\nFailure-Report: yes\r\n{disposition}\
                     Content-Type: text/plain\r\n\r\n{text}\r\n-------t{n}x{nth:04}{flag}\r\n",
                    start + 1
                ),
            );
            self.msrp(
                Side::Bob,
                format!("MSRP t{n}x{nth:04} 200 OK\r\nTo-Path: {a}\r\nFrom-Path: {b}\r\n-------t{n}x{nth:04}$\r\n"),
            );
        }
        self.msrp(
            Side::Bob,
            format!(
                "MSRP r{n}x0000 REPORT\r\nTo-Path: {a}\r\nFrom-Path: {b}\r\nMessage-ID: message{n}\r\n\
                 Byte-Range: 1-{size}/{size}\r\nStatus: 000 200 OK\r\n-------r{n}x0000$\r\n"
            ),
        );
    }

    fn msrp(&mut self, side: Side, text: String) {
        if let Some(text) = (self.large.alter)(side, text) {
            self.tcp(side, Seen::Data(Bytes::from(text)));
        }
    }

    fn tcp(&mut self, side: Side, what: Seen) {
        let alice = SocketAddr::from(([127, 0, 0, 11], 10_000 + (self.large.number % 50_000) as u16));
        let bob = SocketAddr::from(([127, 0, 0, 12], 2855));
        let (src, dst) = if side == Side::Alice { (alice, bob) } else { (bob, alice) };
        self.push(src, dst, what);
    }

    fn see(&mut self, src: &str, dst: &str, what: Seen) {
        self.push(src.parse().expect("an address"), dst.parse().expect("an address"), what);
    }

    fn push(&mut self, src: SocketAddr, dst: SocketAddr, what: Seen) {
        self.at += std::time::Duration::from_millis(10);
        self.seen.push(Observation { at: self.at, packet: 0, src, dst, what });
    }
}
