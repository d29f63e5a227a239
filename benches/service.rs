//! What a live service holds: `imspec serve` as a process of its own, with 10,000 registrations and 1,000 sessions of a
//! conference. Prints time and memory: `cargo bench --bench service`. Numbers behind `--` are others than these.

mod memory;

use std::collections::HashMap;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use memory::resident_of;

const CONFIG: &str = "
domain: home1.example
core: {sip: 127.250.0.2:5060}
controlling-function: {sip: 127.250.0.3:5060}
groups:
  lobby: {members: [], invite-members: false, initiate: anyone, join: anyone}
";
const CORE: &str = "127.250.0.2:5060";
/// All users are at this host. Tests take their addresses from lower networks.
const USERS: &str = "127.250.0.1:5060";
/// Requests that wait for an answer at the same time.
const WINDOW: usize = 40;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<u32>().ok());
    let (registrations, sessions) = (numbers.next().unwrap_or(10_000), numbers.next().unwrap_or(1_000));
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("serve.yaml");
    std::fs::write(&config, CONFIG).expect("written");
    let mut service = Service::start(&config);
    let users = Users::new();
    users.wait();
    service.assert_running();
    let empty = service.resident();
    let took = users.ask(registrations, register, |_, _| None);
    let registered = service.resident();
    println!("{registrations} registrations in {:.2} s", took.as_secs_f64());
    println!(
        "resident: {} KiB empty, {} KiB with them: {} octets each",
        empty >> 10,
        registered >> 10,
        registered.saturating_sub(empty) / u64::from(registrations.max(1))
    );
    let took = users.ask(sessions, invite, |number, answer| Some(ack(number, answer)));
    let joined = service.resident();
    println!("{sessions} sessions in {:.2} s", took.as_secs_f64());
    println!(
        "resident: {} KiB: {} octets a session",
        joined >> 10,
        joined.saturating_sub(registered) / u64::from(sessions.max(1))
    );
}

/// The service's process, killed at the end.
struct Service(Child);

impl Service {
    fn start(config: &Path) -> Service {
        let mut command = Command::new(env!("CARGO_BIN_EXE_imspec"));
        command.args(["serve", "--config"]).arg(config).stdin(Stdio::null()).stdout(Stdio::null());
        Service(command.spawn().expect("imspec starts"))
    }

    /// What answers at its address while it does not run is something else, of which nothing is to be measured.
    fn assert_running(&mut self) {
        let ended = self.0.try_wait().expect("a process of ours");
        assert!(ended.is_none(), "the service ended: {ended:?}");
    }

    fn resident(&self) -> u64 {
        resident_of(self.0.id())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill(); // It may have ended already.
        let _ = self.0.wait();
    }
}

/// Every user, at one socket.
struct Users(UdpSocket);

impl Users {
    fn new() -> Users {
        let socket = UdpSocket::bind(USERS).expect("the users' address is free");
        socket.connect(CORE).expect("loopback");
        socket.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        Users(socket)
    }

    /// Waits until the service answers.
    fn wait(&self) {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            // Nobody is there yet, or no answer is: both show in the next line.
            let _ = self.0.send(register(u32::MAX).as_bytes());
            if self.receive().is_some() {
                return;
            }
        }
        panic!("the service does not answer");
    }

    /// Sends requests and waits for a 200 to each, which `then` may say something more to; gives the time it took.
    fn ask(&self, count: u32, request: fn(u32) -> String, then: fn(u32, &str) -> Option<String>) -> Duration {
        let begun = Instant::now();
        let mut waiting = HashMap::new();
        let (mut next, mut heard) = (0, Instant::now());
        while next < count || !waiting.is_empty() {
            while next < count && waiting.len() < WINDOW {
                self.0.send(request(next).as_bytes()).expect("sent");
                waiting.insert(call_id(next), next);
                next += 1;
            }
            let Some(answer) = self.receive() else {
                assert!(heard.elapsed() < PATIENCE, "{} requests have no answer", waiting.len());
                continue;
            };
            heard = Instant::now();
            if answer.starts_with("SIP/2.0 1") {
                continue;
            }
            let call = header(&answer, "Call-ID").unwrap_or_default();
            // A 200 that is no longer waited for is a repetition.
            if let Some(number) = waiting.remove(call) {
                assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
                if let Some(more) = then(number, &answer) {
                    self.0.send(more.as_bytes()).expect("sent");
                }
            }
        }
        begun.elapsed()
    }

    fn receive(&self) -> Option<String> {
        let mut buffer = [0; 65_536];
        let length = self.0.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }
}

fn call_id(number: u32) -> String {
    format!("{number}@bench")
}

/// The head of a request of a user.
fn head(number: u32, method: &str, uri: &str, to: &str, cseq: u32) -> String {
    format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {USERS};branch=z9hG4bK-{method}-{number}\r\nMax-Forwards: 70\r\n\
         From: <sip:user{number}@home1.example>;tag=u{number}\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\n\
         Contact: <sip:user{number}@{USERS}>;+g.oma.sip-im\r\n",
        call_id(number)
    )
}

fn register(number: u32) -> String {
    let to = format!("<sip:user{number}@home1.example>");
    head(number, "REGISTER", "sip:home1.example", &to, 1) + "Expires: 3600\r\nContent-Length: 0\r\n\r\n"
}

fn invite(number: u32) -> String {
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.250.0.1\r\ns=-\r\nc=IN IP4 127.250.0.1\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
         a=accept-types:message/cpim text/plain\r\na=path:msrp://127.250.0.1:2855/s{number};tcp\r\n"
    );
    let uri = "sip:lobby@home1.example";
    head(number, "INVITE", uri, &format!("<{uri}>"), 2)
        + &format!(
            "Accept-Contact: *;+g.oma.sip-im\r\nSupported: timer\r\nUser-Agent: IM-client/OMA1.0 bench\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        )
}

fn ack(number: u32, answer: &str) -> String {
    let contact = header(answer, "Contact").unwrap_or_default();
    let target = contact.split(['<', '>']).nth(1).unwrap_or(contact);
    let mut routes: Vec<&str> = headers(answer, "Record-Route").collect();
    routes.reverse();
    let routes: String = routes.into_iter().map(|route| format!("Route: {route}\r\n")).collect();
    head(number, "ACK", target, header(answer, "To").unwrap_or_default(), 2)
        + &format!("{routes}Content-Length: 0\r\n\r\n")
}

fn header<'m>(message: &'m str, name: &str) -> Option<&'m str> {
    headers(message, name).next()
}

fn headers<'m>(message: &'m str, name: &str) -> impl Iterator<Item = &'m str> {
    message.lines().filter_map(move |line| line.strip_prefix(name)?.strip_prefix(": "))
}
