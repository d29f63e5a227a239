//! A store before a core, and before others who would be one.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use super::*;
use crate::stack::IdSource;
use crate::wire::mime::{Entry, Part, ResourceLists, write};
use crate::wire::sip::Builder;

const CORE: &str = "192.0.2.9:5060";
const OWN: &str = "sip:Deferred@example.org";
const ALICE: &str = "sip:alice@example.org";
const NOW: Time = Time::SIMULATION_START;
const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
                     a=accept-types:message/cpim\r\na=path:msrp://192.0.2.1:2855/a;tcp\r\na=recvonly\r\n";

/// Storage that a test can look into, and break.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<(Memory, bool)>>);

impl Shared {
    fn with<T>(&self, look: impl FnOnce(&mut Memory) -> Result<T, Unavailable>) -> Result<T, Unavailable> {
        let mut inner = self.0.lock().unwrap();
        match inner.1 {
            true => Err(Unavailable { reason: "broken".to_owned() }),
            false => look(&mut inner.0),
        }
    }

    fn kept(&self, owner: &str) -> Vec<Stored> {
        let ids = self.with(|memory| memory.list(owner)).unwrap();
        ids.into_iter().filter_map(|(id, _)| self.with(|memory| memory.get(&id)).unwrap()).collect()
    }
}

impl Storage for Shared {
    fn store(&mut self, message: &Stored) -> Result<(), Unavailable> {
        self.with(|memory| memory.store(message))
    }
    fn delete(&mut self, id: &str) -> Result<(), Unavailable> {
        self.with(|memory| memory.delete(id))
    }
    fn list(&self, owner: &str) -> Result<Vec<(String, Class)>, Unavailable> {
        self.with(|memory| memory.list(owner))
    }
    fn get(&self, id: &str) -> Result<Option<Stored>, Unavailable> {
        self.with(|memory| memory.get(id))
    }
}

fn store(kept: Kept, change: impl FnOnce(&mut Config), storage: &Shared) -> Store {
    let at = ("192.0.2.4:5060".parse().unwrap(), "192.0.2.4:2855".parse().unwrap());
    let mut config = Config::new(kept, at, CORE.parse().unwrap(), OWN, IdSource::new(1, "store"));
    change(&mut config);
    Store::new(config, Box::new(storage.clone()))
}

fn message(owner: &str, nth: u32) -> Stored {
    Stored {
        id: format!("mid:{nth}@example.org"),
        message_id: format!("message{nth}"),
        owner: owner.to_owned(),
        from: "sip:bob@example.org".to_owned(),
        date_time: "2025-10-01T00:00:00Z".to_owned(),
        subject: None,
        class: Class::Text,
        headers: Vec::new(),
        content_type: "text/plain".to_owned(),
        body: "Hello".into(),
    }
}

/// A request as it comes from that address.
fn request(method: &str, uri: &str, from: SocketAddr, nth: u32) -> Builder {
    Builder::request(method, uri)
        .header("Via", format!("SIP/2.0/UDP {from};branch=z9hG4bK{nth}"))
        .header("Max-Forwards", 70)
        .header("From", format!("<{ALICE}>;tag=1"))
        .header("To", format!("<{uri}>"))
        .header("Call-ID", format!("call{nth}"))
        .header("CSeq", format!("1 {method}"))
        .header("Contact", "<sip:alice@192.0.2.1>;+g.oma.sip-im")
}

/// Gives the store a request; what it says then, in order.
fn give(store: &mut Store, from: SocketAddr, request: Builder) -> Vec<Message> {
    while store.poll().is_some() {}
    let bytes = request.build().bytes().clone();
    store.handle(NOW, Input::Datagram { local: store.config.sip, remote: from, bytes });
    let outputs = std::iter::from_fn(|| store.poll());
    let said = outputs.filter_map(|output| match output {
        Output::Datagram { bytes, .. } => Some(Message::parse(bytes)),
        _ => None,
    });
    said.filter(|message| message.status() != Some(100)).collect()
}

fn core() -> SocketAddr {
    CORE.parse().unwrap()
}

fn list(ids: &[&str]) -> (String, Bytes) {
    let entries: Vec<Entry> = ids.iter().map(|id| Entry::new(*id)).collect();
    let parts = [
        Part::new("application/sdp", OFFER),
        Part::new("application/resource-lists+xml", ResourceLists::write(&entries)).disposition("recipient-list"),
    ];
    ("multipart/mixed;boundary=b".to_owned(), write("b", &parts))
}

#[test]
fn who_asks_for_what_is_kept_is_looked_at_in_the_order_of_the_text() {
    type Change = fn(&mut Config);
    let may_not: Change = |config| config.others.may_retrieve = false;
    let barred: Change = |config| config.others.meets_policy = false;
    let nothing: Change = |_| {};
    let other = "sip:Deferred@example.net";
    let both_ways = OFFER.replace("recvonly", "sendrecv");
    for (kept, change, uri, body, expected) in [
        (Kept::Deferred, nothing, OWN, ("application/sdp".to_owned(), OFFER.into()), 200),
        (Kept::Deferred, may_not, other, ("application/sdp".to_owned(), both_ways.clone().into()), 403),
        (Kept::Deferred, barred, other, ("application/sdp".to_owned(), OFFER.into()), 403),
        (Kept::Deferred, nothing, other, ("application/sdp".to_owned(), both_ways.clone().into()), 404),
        (Kept::Deferred, nothing, OWN, ("application/sdp".to_owned(), both_ways.clone().into()), 403),
        (Kept::Deferred, nothing, OWN, ("application/sdp".to_owned(), Bytes::new()), 488),
        (Kept::Deferred, nothing, OWN, list(&["mid:1@example.org", "mid:unknown@example.org"]), 200),
        (Kept::Deferred, nothing, OWN, list(&[]), 200),
        (Kept::History, nothing, OWN, ("application/sdp".to_owned(), OFFER.into()), 400),
        (Kept::History, nothing, OWN, ("application/sdp".to_owned(), both_ways.into()), 403),
        (Kept::History, nothing, OWN, list(&["mid:1@example.org"]), 200),
        // A 3GPP IMS says who asks; what he says himself does not count.
        (Kept::History, |config| config.ims = true, OWN, list(&["mid:1@example.org"]), 403),
    ] {
        let mut store = store(kept, change, &Shared::default());
        let said = give(&mut store, core(), request("INVITE", uri, core(), 1).body(&body.0, body.1.clone()));
        assert_eq!(said[0].status(), Some(expected), "{kept:?} {uri}\n{}", String::from_utf8_lossy(&body.1));
        assert!(said[0].date().is_some(), "{expected}: every response is dated");
    }
}

#[test]
fn registrations_count_where_the_core_tells_of_them() {
    let with_tag = request("REGISTER", "sip:example.org", core(), 9).build().bytes().clone();
    let without = Bytes::from(String::from_utf8_lossy(&with_tag).replace(";+g.oma.sip-im", ""));
    let stranger: SocketAddr = "192.0.2.66:5060".parse().unwrap();
    for (from, claims, body, expires, status, delivers) in [
        (core(), core(), Some(&with_tag), 3600, 200, true),
        (core(), core(), None, 3600, 200, true),
        (core(), core(), Some(&without), 3600, 200, false),
        (core(), core(), Some(&with_tag), 0, 200, false),
        (stranger, stranger, Some(&with_tag), 3600, 403, false),
        (stranger, core(), Some(&with_tag), 3600, 403, false),
    ] {
        let storage = Shared::default();
        storage.with(|memory| memory.store(&message(ALICE, 1))).unwrap();
        let mut store = store(Kept::Deferred, |_| {}, &storage);
        let notice = request("REGISTER", OWN, claims, 1).set("To", format!("<{ALICE}>")).header("Expires", expires);
        let notice = match body {
            Some(body) => notice.body("message/sip", body.clone()),
            None => notice,
        };
        let said = give(&mut store, from, notice);
        assert_eq!(said[0].status(), Some(status), "{from} {expires}");
        let invited = said.iter().any(|message| message.method() == "INVITE" && message.is_request());
        assert_eq!(invited, delivers, "{from} {expires}");
    }
}

#[test]
fn a_message_of_pager_mode_is_kept_with_what_its_request_says() {
    let storage = Shared::default();
    let mut store = store(Kept::Deferred, |_| {}, &storage);
    let bob = "sip:bob@example.org";
    let page = |nth| request("MESSAGE", bob, core(), nth).body("text/plain", "Hello");
    let dated = page(1).header("Date", "Wed, 31 Dec 2025 08:30:00 GMT").header("Subject", "Greeting");
    assert_eq!(give(&mut store, core(), dated)[0].status(), Some(202));
    assert_eq!(give(&mut store, core(), page(2).header("Privacy", "id"))[0].status(), Some(202));
    let kept = storage.kept(bob);
    let brief = |message: &Stored| (message.from.clone(), message.date_time.clone(), message.subject.clone());
    let greeting = (ALICE.to_owned(), "2025-12-31T08:30:00Z".to_owned(), Some("Greeting".to_owned()));
    let hidden = ("sip:anonymous@anonymous.invalid".to_owned(), "2026-01-01T00:00:00Z".to_owned(), None);
    assert_eq!(kept.iter().map(brief).collect::<Vec<_>>(), [greeting, hidden]);
    assert!(kept.iter().all(|message| message.class == Class::Pager && message.body == "Hello"));
    // What cannot be kept is not promised.
    storage.0.lock().unwrap().1 = true;
    assert_eq!(give(&mut store, core(), page(3))[0].status(), Some(480));
    let offer = OFFER.replace("recvonly", "sendonly");
    let invitation = request("INVITE", bob, core(), 4).body("application/sdp", offer);
    assert_eq!(give(&mut store, core(), invitation)[0].status(), Some(480));
}

#[test]
fn nobody_subscribes_to_what_waits_for_another() {
    let summary = |uri: &str, event: &str, change: fn(&mut Config)| {
        let storage = Shared::default();
        storage.with(|memory| memory.store(&message(ALICE, 1))).unwrap();
        let mut store = store(Kept::Deferred, change, &storage);
        let subscribe = request("SUBSCRIBE", uri, core(), 1).header("Event", event).header("Expires", 600);
        let said = give(&mut store, core(), subscribe);
        (said[0].status(), said.iter().any(|message| message.method() == "NOTIFY"))
    };
    assert_eq!(summary(OWN, "message-summary", |_| {}), (Some(200), true));
    assert_eq!(summary(ALICE, "message-summary", |_| {}), (Some(200), true));
    assert_eq!(summary("sip:bob@example.org", "message-summary", |_| {}), (Some(403), false));
    assert_eq!(summary("sip:bob@example.net", "message-summary", |_| {}), (Some(404), false));
    assert_eq!(summary(OWN, "presence", |_| {}), (Some(489), false));
    assert_eq!(summary(OWN, "message-summary", |config| config.others.may_retrieve = false), (Some(403), false));
}
