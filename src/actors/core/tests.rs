//! The core between hosts that say whatever a table has them say.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::stack::digest;
use crate::stack::pump::Pump;

const CORE: &str = "192.0.2.10:5060";
const ALICE: &str = "192.0.2.1:5060";
const BOB: &str = "192.0.2.2:5060";
const SERVER: &str = "192.0.2.3:5060";

/// The core, or a host that sends what it is given and keeps what it gets.
enum Host {
    Core(Box<Core>),
    Other { at: SocketAddr, out: VecDeque<Output>, got: Vec<Message> },
}

impl Node for Host {
    fn handle(&mut self, now: Time, input: Input) {
        match (self, input) {
            (Host::Core(core), input) => core.handle(now, input),
            (Host::Other { got, .. }, Input::Datagram { bytes, .. }) => got.push(Message::parse(bytes)),
            _ => {}
        }
    }
    fn poll(&mut self) -> Option<Output> {
        match self {
            Host::Core(core) => core.poll(),
            Host::Other { out, .. } => out.pop_front(),
        }
    }
    fn next_timeout(&self) -> Option<Time> {
        match self {
            Host::Core(core) => core.next_timeout(),
            Host::Other { .. } => None,
        }
    }
}

struct Net {
    pump: Pump<Host>,
    serial: u32,
}

const HOSTS: [&str; 3] = [ALICE, BOB, SERVER];

impl Net {
    fn new(change: impl FnOnce(&mut Config)) -> Net {
        let mut config = Config::new(CORE.parse().unwrap(), "home1.example", IdSource::new(1, "core"));
        config.services = vec![("sip:factory@home1.example".to_owned(), SERVER.parse().unwrap())];
        change(&mut config);
        let other = |at: &str| {
            let at: SocketAddr = at.parse().unwrap();
            (at, Host::Other { at, out: VecDeque::new(), got: Vec::new() })
        };
        let mut nodes: Vec<_> = HOSTS.into_iter().map(other).collect();
        nodes.push((CORE.parse().unwrap(), Host::Core(Box::new(Core::new(config)))));
        let mut pump = Pump::new(nodes, 1);
        pump.now = Time::SIMULATION_START;
        Net { pump, serial: 0 }
    }

    fn core(&self) -> &Core {
        match &self.pump.nodes[3].1 {
            Host::Core(core) => core,
            Host::Other { .. } => panic!("no core"),
        }
    }

    /// Lets a host send a request to the core, and gives what every host got from it: start lines by host.
    fn send(&mut self, from: &str, start: &str, headers: &str) -> Vec<(usize, Message)> {
        self.serial += 1;
        let n = self.serial;
        let (method, _) = start.split_once(' ').unwrap();
        let user = if from == ALICE { "alice" } else { "bob" };
        let mut text = format!("{start} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{n}\r\nMax-Forwards: 70\r\n");
        for (name, value) in [
            ("From", format!("<sip:{user}@home1.example>;tag=1")),
            ("To", format!("<sip:{user}@home1.example>")),
            ("Call-ID", format!("{n}")),
            ("CSeq", format!("{n} {method}")),
        ] {
            if !headers.contains(&format!("{name}:")) {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        text.push_str(&headers.replace('\n', "\r\n"));
        text.push_str("\r\nContent-Length: 0\r\n\r\n");
        let index = HOSTS.iter().position(|host| *host == from).unwrap();
        if let Host::Other { at, out, .. } = &mut self.pump.nodes[index].1 {
            out.push_back(Output::Datagram { local: *at, remote: CORE.parse().unwrap(), bytes: Bytes::from(text) });
        }
        self.pump.run_for(Duration::from_millis(100));
        self.got()
    }

    fn got(&mut self) -> Vec<(usize, Message)> {
        let take = |(index, (_, host)): (usize, &mut (SocketAddr, Host))| match host {
            Host::Other { got, .. } => std::mem::take(got).into_iter().map(move |m| (index, m)).collect(),
            Host::Core(_) => Vec::new(),
        };
        let mut got: Vec<(usize, Message)> = self.pump.nodes.iter_mut().enumerate().flat_map(take).collect();
        got.retain(|(_, message)| message.status() != Some(100));
        got
    }

    fn register(&mut self, who: &str, headers: &str) -> Vec<(usize, Message)> {
        let contact = format!("Contact: <sip:{who}>;+g.oma.sip-im");
        let headers = if headers.contains("Contact:") { headers.to_owned() } else { join(&contact, headers) };
        self.send(who, "REGISTER sip:home1.example", &headers)
    }
}

fn join(a: &str, b: &str) -> String {
    if b.is_empty() { a.to_owned() } else { format!("{a}\n{b}") }
}

/// The first of what was got.
#[track_caller]
fn first(got: Vec<(usize, Message)>) -> (usize, Message) {
    got.into_iter().next().expect("something was got")
}

fn text(message: &Message, name: Name) -> Option<String> {
    message.header(name).map(|header| header.text().into_owned())
}

#[test]
fn bindings_with_path_lead_to_their_contacts() {
    let mut net = Net::new(|config| config.ims = true);
    let path = "Path: <sip:192.0.2.3:5060;lr>\nSupported: path";
    let (_, answer) = first(net.register(BOB, &join("Contact: <sip:bob@192.0.2.2:5060>;q=0.5;expires=60", path)));
    assert_eq!(answer.status(), Some(200));
    assert_eq!(text(&answer, Name::Contact).as_deref(), Some("<sip:bob@192.0.2.2:5060>;q=0.5;expires=60"));
    assert_eq!(text(&answer, Name::Path).as_deref(), Some("<sip:192.0.2.3:5060;lr>"));
    assert_eq!(text(&answer, Name::ServiceRoute).as_deref(), Some("<sip:192.0.2.10:5060;lr>"));

    let (host, invite) = first(net.send(ALICE, "INVITE sip:bob@home1.example", "To: <sip:bob@home1.example>"));
    assert_eq!((host, invite.request_uri()), (2, Some("sip:bob@192.0.2.2:5060")), "by way of the path");
    assert_eq!(text(&invite, Name::Route).as_deref(), Some("<sip:192.0.2.3:5060;lr>"));
    assert!(text(&invite, Name::RecordRoute).is_some());
    net.pump.run_for(Duration::from_secs(120));
    net.got();
    assert_eq!(net.core().registered(), 0);
    let status = first(net.send(ALICE, "MESSAGE sip:bob@home1.example", "To: <sip:bob@home1.example>")).1.status();
    assert_eq!(status, Some(480), "known, and not there any more");
}

#[test]
fn requests_go_where_their_uri_leads() {
    let mut net = Net::new(|config| {
        config.subscribers.insert("dave".to_owned());
    });
    net.register(BOB, "");
    #[track_caller]
    fn check(net: &mut Net, uri: &str, headers: &str, host: usize, status: Option<u16>) {
        let (got, message) = first(net.send(ALICE, &format!("MESSAGE {uri}"), headers));
        assert_eq!((got, message.status()), (host, status), "{uri}");
    }
    check(&mut net, "sip:bob@home1.example", "", 1, None);
    check(&mut net, "sip:BOB@HOME1.example", "", 1, None);
    check(&mut net, "sip:bob@home1.example", "Accept-Contact: *;audio;require;explicit", 0, Some(480));
    check(&mut net, "sip:factory@home1.example;sessiontype=adhoc", "", 2, None);
    check(&mut net, "sip:friends@home1.example", "", 0, Some(404));
    check(&mut net, "sip:dave@home1.example", "", 0, Some(480));
    check(&mut net, "sip:carol@elsewhere.example", "", 0, Some(404));
    check(&mut net, "sip:bob@192.0.2.2", "", 1, None);
    match &mut net.pump.nodes[3].1 {
        Host::Core(core) => core.serve("sip:friends@home1.example", SERVER.parse().unwrap()),
        Host::Other { .. } => {}
    }
    check(&mut net, "sip:friends@home1.example", "", 2, None);
}

#[test]
fn identities_are_asserted_hidden_and_believed() {
    let mut net = Net::new(|config| config.ims = true);
    net.register(ALICE, "");
    net.register(BOB, "");
    let asserted = |got: Vec<(usize, Message)>| text(&first(got).1, Name::PAssertedIdentity);
    let factory = "MESSAGE sip:factory@home1.example";
    let alice = Some("<sip:alice@home1.example>".to_owned());
    let anonymous = "From: <sip:anonymous@anonymous.invalid>;tag=1\nPrivacy: user;id";
    for (what, headers, expected) in [
        ("who has registered", "", &alice),
        ("who says that he is another", "P-Asserted-Identity: <sip:eve@home1.example>", &alice),
        ("who prefers an identity", &join(anonymous, "P-Preferred-Identity: <sip:alice@home1.example>"), &alice),
        ("who prefers one that is nobody's", "P-Preferred-Identity: <sip:eve@home1.example>", &alice),
        ("who hides himself", anonymous, &alice),
    ] {
        let got = net.send(ALICE, factory, headers);
        assert_eq!(&asserted(got), expected, "{what}");
    }
    let to_bob = "MESSAGE sip:bob@home1.example";
    assert_eq!(asserted(net.send(ALICE, to_bob, "")), alice);
    assert_eq!(asserted(net.send(ALICE, to_bob, anonymous)), None, "bob is not to know");
    let own = "P-Asserted-Identity: <sip:carol@elsewhere.example>";
    assert_eq!(asserted(net.send(SERVER, to_bob, own)), Some("<sip:carol@elsewhere.example>".to_owned()));
    assert_eq!(asserted(net.send(SERVER, to_bob, &join(own, "Privacy: id"))), None);
    let (_, at_bob) = first(net.send(ALICE, to_bob, ""));
    assert_eq!(text(&at_bob, Name::PChargingVector), None, "what is charged stays in the network");
}

#[test]
fn passwords_are_asked_for() {
    let account = |user: &str| Account { user: user.to_owned(), password: format!("{user}'s") };
    let mut net = Net::new(|config| config.accounts = vec![account("alice"), account("bob")]);
    let uri = "sip:home1.example";
    let mut ids = IdSource::new(4, "client");
    let (_, challenge) = first(net.register(ALICE, ""));
    assert_eq!((challenge.status(), challenge.challenges(Name::WwwAuthenticate).count()), (Some(401), 2));
    let mut credentials = |challenge: &Message, method: &str, uri: &str, account: &Account| {
        let asked = digest::Asked { method, uri, body: b"" };
        let (known, value) = digest::answers(challenge, &asked, account, &mut ids).remove(0);
        format!("{}: {value}", known.header.text())
    };
    let theirs = credentials(&challenge, "REGISTER", uri, &account("bob"));
    assert_eq!(first(net.register(ALICE, &theirs)).1.status(), Some(403), "another's password");
    let (_, challenge) = first(net.register(ALICE, ""));
    let right = credentials(&challenge, "REGISTER", uri, &account("alice"));
    assert_eq!(first(net.register(ALICE, &right)).1.status(), Some(200));
    let (_, again) = first(net.register(ALICE, &right));
    let stale = again.challenges(Name::WwwAuthenticate).next().and_then(|c| c.get("stale").map(str::to_owned));
    assert_eq!((again.status(), stale.as_deref()), (Some(401), Some("true")));

    let factory = "sip:factory@home1.example";
    let (_, challenge) = first(net.send(ALICE, &format!("MESSAGE {factory}"), ""));
    assert_eq!((challenge.status(), challenge.challenges(Name::ProxyAuthenticate).count()), (Some(407), 2));
    let right = credentials(&challenge, "MESSAGE", factory, &account("alice"));
    let (host, message) = first(net.send(ALICE, &format!("MESSAGE {factory}"), &right));
    assert_eq!((host, text(&message, Name::ProxyAuthorization)), (2, None));
    let foreign = "From: <sip:carol@elsewhere.example>;tag=1";
    assert_eq!(first(net.send(ALICE, &format!("MESSAGE {factory}"), foreign)).0, 2, "not of this domain");
    assert_eq!(first(net.send(SERVER, "MESSAGE sip:alice@home1.example", "")).0, 0, "a server is not asked");
}

/// What hosts got, by their number.
type Got = Vec<(usize, Message)>;

/// A core that asks for passwords, and credentials for what it challenged.
fn guarded(change: impl FnOnce(&mut Config)) -> (Net, impl FnMut(&mut Net, &str, &str, &str) -> Got) {
    let account = |user: &str| Account { user: user.to_owned(), password: format!("{user}'s") };
    let net = Net::new(|config| {
        config.accounts = vec![account("alice"), account("bob")];
        change(config);
    });
    let mut ids = IdSource::new(4, "client");
    // Sends a request from the host of Alice, once without and once with the password of `user`.
    let send = move |net: &mut Net, user: &str, start: &str, headers: &str| {
        let got = net.send(ALICE, start, headers);
        let Some((0, challenge)) = got.iter().find(|(_, m)| matches!(m.status(), Some(401 | 407))) else { return got };
        let (method, uri) = start.split_once(' ').unwrap();
        let asked = digest::Asked { method, uri, body: b"" };
        let (known, value) = digest::answers(challenge, &asked, &account(user), &mut ids).remove(0);
        net.send(ALICE, start, &join(headers, &format!("{}: {value}", known.header.text())))
    };
    (net, send)
}

#[test]
fn whoever_gives_a_password_speaks_for_himself_alone() {
    let store = "MESSAGE sip:factory@home1.example";
    let (alice, bob) = ("sip:alice@home1.example", "sip:bob@home1.example");
    let named = |header: &str, uri: &str| format!("{header}: <{uri}>;tag=1");
    let to = |uri: &str| format!("Contact: <sip:{ALICE}>\nTo: <{uri}>");
    let register = "REGISTER sip:home1.example";
    let past = format!("Route: <sip:{CORE};lr>, <sip:{SERVER};lr>");
    // Alice's password, what she sends with it, and the status that she gets, or none where it went on.
    for ims in [false, true] {
        let (mut net, mut send) = guarded(|config| config.ims = ims);
        for (what, start, headers, expected) in [
            ("her own address", store, named("From", alice), None),
            ("it is not told by case", store, named("From", "sip:ALICE@Home1.Example;x=y"), None),
            ("hidden", store, named("From", "sip:anonymous@anonymous.invalid"), None),
            ("another's address", store, named("From", bob), Some(403)),
            ("another's, escaped", store, named("From", "sip:%62ob@home1.example"), Some(403)),
            ("a number", store, named("From", "tel:+1234"), Some(403)),
            ("no address", store, "From: nobody;tag=1".to_owned(), Some(403)),
            ("two addresses", store, named(&format!("From: <{alice}>;tag=1\nFrom"), bob), Some(403)),
            ("she prefers her own", store, named("P-Preferred-Identity", alice), None),
            ("she prefers another's", store, named("P-Preferred-Identity", bob), Some(403)),
            ("one of several", store, format!("P-Preferred-Identity: <{alice}>, <{bob}>"), Some(403)),
            (
                "from afar, and prefers another's",
                store,
                format!("From: <sip:c@elsewhere.example>;tag=1\nP-Preferred-Identity: <{bob}>"),
                Some(403),
            ),
            ("past the core", store, join(&named("From", bob), &past), Some(403)),
            ("past the core as herself", store, join(&named("From", alice), &past), None),
            ("as if in a dialog", store, format!("From: <{bob}>;tag=1\nTo: <sip:x@y>;tag=2"), Some(403)),
            ("her registration", register, to(alice), Some(200)),
            ("another's registration", register, to(bob), Some(403)),
            ("another domain's registration", register, to("sip:alice@elsewhere.example"), Some(403)),
            ("for another", register, format!("{}\n{}", to(alice), named("From", bob)), Some(403)),
            ("of two", register, format!("{}\nTo: <{bob}>", to(alice)), Some(403)),
        ] {
            let (host, message) = first(send(&mut net, "alice", start, &headers));
            let went_on = if expected.is_some() { 0 } else { 2 };
            assert_eq!((host, message.status()), (went_on, expected), "{what}, ims {ims}");
        }
    }
}

#[test]
fn what_a_sender_asserts_himself_goes_no_further() {
    let asserted = "P-Asserted-Identity: <sip:bob@home1.example>";
    let foreign = "From: <sip:bob@elsewhere.example>;tag=1";
    for (ims, more, expected) in [
        (false, "", None),
        (true, "", Some("<sip:alice@home1.example>")),
        // Nobody vouches for those of other domains, be it that they sit where somebody is registered.
        (false, foreign, None),
        (true, foreign, None),
    ] {
        let (mut net, mut send) = guarded(|config| config.ims = ims);
        let contact = format!("Contact: <sip:{ALICE}>");
        assert_eq!(first(send(&mut net, "alice", "REGISTER sip:home1.example", &contact)).1.status(), Some(200));
        let got = send(&mut net, "alice", "MESSAGE sip:factory@home1.example", &join(asserted, more));
        let (host, message) = first(got);
        let found = text(&message, Name::PAssertedIdentity);
        assert_eq!((host, found.as_deref()), (2, expected), "{more} {ims}");
    }
}

#[test]
fn services_hear_who_is_there_and_keep_what_is_for_the_others() {
    let store: SocketAddr = SERVER.parse().unwrap();
    let mut net = Net::new(|config| {
        config.told = vec![("sip:Deferred@home1.example".to_owned(), store)];
        config.deferred = Some(store);
    });
    let told = |got: Vec<(usize, Message)>| -> Vec<(String, String)> {
        let mine = got.iter().filter(|(host, message)| *host == 2 && message.method() == "REGISTER");
        mine.map(|(_, m)| (text(m, Name::To).unwrap_or_default(), text(m, Name::Expires).unwrap_or_default())).collect()
    };
    let bob = |expires: &str| vec![("<sip:bob@home1.example>".to_owned(), expires.to_owned())];
    assert_eq!(told(net.register(BOB, "Expires: 60")), bob("60"));
    assert_eq!(told(net.register(BOB, "Contact: <sip:192.0.2.2:5060>\nExpires: 0")), bob("0"));
    assert_eq!(told(net.register(BOB, "Expires: 60")), bob("60"));
    net.pump.run_for(Duration::from_secs(40));
    net.got();
    net.pump.run_for(Duration::from_secs(21));
    assert_eq!(told(net.got())[..1], bob("0"), "the binding expired");
    let (host, kept) = first(net.send(ALICE, "MESSAGE sip:bob@home1.example", "To: <sip:bob@home1.example>"));
    assert_eq!((host, kept.request_uri()), (2, Some("sip:bob@home1.example")));
    let back = net.send(SERVER, "MESSAGE sip:bob@home1.example", "To: <sip:bob@home1.example>");
    assert!(back.iter().any(|(host, message)| *host == 2 && message.status() == Some(480)), "{back:?}");
}
