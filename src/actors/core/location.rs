//! Where people are: the bindings of each address of record, with their paths and feature tags (RFC 3261 §10.3, RFC 3327).
//!
//! It takes what REGISTERs say and gives the targets of requests; it sends nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use super::preferences;
use crate::stack::endpoint;
use crate::time::Time;
use crate::wire::sip::{Message, Name, NameAddr};
use crate::wire::uri;

/// How long a binding lasts at the most, in seconds, and where nobody says.
const LONGEST: u32 = 7200;
const USUAL: u32 = 3600;
/// The shortest time that may be asked for, in seconds.
pub(super) const SHORTEST: u32 = 60;
/// Bindings that are kept at the most, of everybody and of one.
const MOST: usize = 1_000_000;
const MOST_OF_ONE: usize = 10;

/// The bindings of everybody, by the user part of the address of record.
#[derive(Debug, Default)]
pub(super) struct Location {
    users: BTreeMap<String, Vec<Binding>>,
    expiries: BTreeSet<(Time, String)>,
    /// Who registered from where.
    sources: HashMap<SocketAddr, String>,
    count: usize,
}

/// One place where somebody is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Binding {
    /// The Contact as it was registered, without its expiration.
    pub contact: String,
    /// What a request visits on its way there (RFC 3327 §5.3).
    pub path: Vec<String>,
    call_id: String,
    number: u32,
    until: Time,
    source: Option<SocketAddr>,
}

/// What came of a REGISTER.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// It asked only.
    Asked,
    /// The user is there for so many seconds; 0 means no longer.
    Changed(u32),
}

impl Binding {
    pub fn address(&self) -> NameAddr<'_> {
        NameAddr::parse(&self.contact)
    }

    /// The preference of the one who registered, in thousandths (RFC 3261 §20.10).
    fn q(&self) -> u32 {
        let q = self.address().params.get("q").and_then(|q| q.parse::<f64>().ok());
        q.map_or(1000, |q| (q.clamp(0.0, 1.0) * 1000.0) as u32)
    }
}

impl Location {
    /// Binds somebody for good, without a REGISTER.
    pub fn provision(&mut self, user: &str, contact: &str) {
        let binding = Binding {
            contact: format!("<{contact}>"),
            path: Vec::new(),
            call_id: String::new(),
            number: 0,
            until: Time(u64::MAX),
            source: endpoint::resolve(contact, &BTreeMap::new()).map(|(address, _)| address),
        };
        self.put(user, vec![binding]);
    }

    /// Takes a REGISTER for somebody that came from `source`; the error is the status to refuse it with.
    pub fn register(&mut self, now: Time, user: &str, message: &Message, source: SocketAddr) -> Result<Outcome, u16> {
        let asked = message.header(Name::Expires).and_then(|h| h.text().trim().parse::<u32>().ok());
        let (number, _) = message.cseq().ok_or(400_u16)?;
        let mut bindings = self.of(user).to_vec();
        let stale = |known: &Binding| known.call_id == message.call_id() && known.number >= number;
        let contacts: Vec<&str> = message.values(Name::Contact).map(|(_, value)| value).collect();
        if contacts.is_empty() {
            return Ok(Outcome::Asked);
        }
        if contacts.iter().any(|contact| NameAddr::parse(contact).is_star()) {
            if contacts.len() > 1 || asked != Some(0) {
                return Err(400);
            }
            if bindings.iter().any(stale) {
                return Err(500);
            }
            bindings.clear();
        }
        let mut longest = 0;
        for value in contacts.into_iter().filter(|contact| !NameAddr::parse(contact).is_star()) {
            let contact = NameAddr::parse(value);
            let own = contact.params.get("expires").and_then(|e| e.parse::<u32>().ok());
            let expires = own.or(asked).unwrap_or(USUAL).min(LONGEST);
            let known = bindings.iter().position(|known| uri::same(known.address().uri, contact.uri));
            if known.is_some_and(|at| stale(&bindings[at])) {
                // All changes or none (RFC 3261 §10.3 step 7).
                return Err(500);
            }
            known.map(|at| bindings.remove(at));
            if expires == 0 {
                continue;
            }
            if expires < SHORTEST {
                return Err(423);
            }
            longest = longest.max(expires);
            bindings.push(Binding {
                contact: without_expires(value, &contact),
                path: message.values(Name::Path).map(|(_, path)| path.to_owned()).collect(),
                call_id: message.call_id().to_owned(),
                number,
                until: now + Duration::from_secs(expires.into()),
                source: Some(source),
            });
        }
        let before = self.users.get(user).map_or(0, Vec::len);
        if bindings.len() > MOST_OF_ONE {
            return Err(403);
        }
        if bindings.len() > before && (self.count + bindings.len() > MOST || self.users.len() > MOST) {
            return Err(503);
        }
        let still = bindings.iter().map(|b| b.until.since(now).as_secs()).max().unwrap_or(0);
        self.put(user, bindings);
        Ok(Outcome::Changed(longest.max(u32::try_from(still).unwrap_or(LONGEST))))
    }

    /// The bindings of somebody in the order of registration, as of the last [`Location::expire`].
    fn of(&self, user: &str) -> &[Binding] {
        self.users.get(user).map_or(&[], Vec::as_slice)
    }

    /// The Contact values of a response, each with what is left of its time.
    pub fn contacts(&self, now: Time, user: &str) -> Vec<String> {
        let left = |binding: &Binding| binding.until.since(now).as_secs();
        self.of(user).iter().map(|binding| format!("{};expires={}", binding.contact, left(binding))).collect()
    }

    /// Where a request for somebody goes, in groups of equals: the best first (RFC 3841 §7.2.4), in a group the latest.
    pub fn targets(&self, user: &str, message: &Message) -> Vec<Vec<&Binding>> {
        let scored = |binding| Some((preferences::score(message, &Binding::address(binding))?, binding));
        let mut targets: Vec<(u32, &Binding)> = self.of(user).iter().rev().filter_map(scored).collect();
        let takes = |target: &(u32, &Binding)| preferences::takes_method(message, &target.1.address());
        if targets.iter().any(takes) {
            targets.retain(takes);
        }
        let rank = |(score, binding): &(u32, &Binding)| std::cmp::Reverse((binding.q(), *score));
        targets.sort_by_key(rank);
        let groups = targets.chunk_by(|a, b| rank(a) == rank(b));
        groups.map(|group| group.iter().map(|(_, binding)| *binding).collect()).collect()
    }

    /// Whether somebody is there.
    pub fn has(&self, user: &str) -> bool {
        self.users.get(user).is_some_and(|bindings| !bindings.is_empty())
    }

    /// Whether somebody is or was there.
    pub fn knows(&self, user: &str) -> bool {
        self.users.contains_key(user)
    }

    /// Who registered from an address.
    pub fn at(&self, source: SocketAddr) -> Option<&str> {
        self.sources.get(&source).map(String::as_str)
    }

    /// How many people are there.
    pub fn len(&self) -> usize {
        self.users.values().filter(|bindings| !bindings.is_empty()).count()
    }

    pub fn next_expiry(&self) -> Option<Time> {
        self.expiries.first().map(|(at, _)| *at)
    }

    /// Takes out what has expired; gives those who are no longer there.
    pub fn expire(&mut self, now: Time) -> Vec<String> {
        let mut gone = Vec::new();
        while let Some((at, user)) = self.expiries.first().cloned().filter(|(at, _)| *at <= now) {
            self.expiries.remove(&(at, user.clone()));
            let mut bindings = self.users.get(&user).cloned().unwrap_or_default();
            let before = bindings.len();
            bindings.retain(|binding| binding.until > now);
            if before > 0 && bindings.is_empty() {
                gone.push(user.clone());
            }
            self.put(&user, bindings);
        }
        gone
    }

    /// Puts the bindings of somebody in place of those before. Who was there once stays known.
    fn put(&mut self, user: &str, bindings: Vec<Binding>) {
        for known in self.users.remove(user).unwrap_or_default() {
            self.count -= 1;
            self.expiries.remove(&(known.until, user.to_owned()));
            if let Some(source) = known.source.filter(|source| self.at(*source) == Some(user)) {
                self.sources.remove(&source);
            }
        }
        for binding in &bindings {
            self.count += 1;
            if binding.until < Time(u64::MAX) {
                self.expiries.insert((binding.until, user.to_owned()));
            }
            if let Some(source) = binding.source {
                self.sources.insert(source, user.to_owned());
            }
        }
        self.users.insert(user.to_owned(), bindings);
    }
}

/// A Contact value without the parameter `expires`.
fn without_expires(value: &str, contact: &NameAddr<'_>) -> String {
    if !contact.params.has("expires") {
        return value.to_owned();
    }
    let mut kept = format!("{}<{}>", contact.display, contact.uri);
    for (name, value) in contact.params.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("expires")) {
        kept.push(';');
        kept.push_str(name);
        if !value.is_empty() {
            kept.push('=');
            kept.push_str(value);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sip::Builder;

    const START: Time = Time::SIMULATION_START;

    fn source() -> SocketAddr {
        "192.0.2.1:5060".parse().unwrap()
    }

    fn request(call: &str, number: u32, expires: u32, contacts: &[&str]) -> Message {
        let builder = Builder::request("REGISTER", "sip:example.org")
            .header("Call-ID", call)
            .header("CSeq", format!("{number} REGISTER"))
            .header("Expires", expires);
        contacts.iter().fold(builder, |builder, contact| builder.header("Contact", *contact)).build()
    }

    #[test]
    fn bindings_come_change_and_go() {
        let mut location = Location::default();
        #[track_caller]
        fn check(location: &mut Location, message: Message, expected: Result<Outcome, u16>, contacts: &[&str]) {
            assert_eq!(location.register(START, "bob", &message, source()), expected);
            assert_eq!(location.contacts(START, "bob"), contacts);
        }
        let changed = |expires| Ok(Outcome::Changed(expires));
        check(&mut location, request("a", 1, 60, &[]), Ok(Outcome::Asked), &[]);
        let one = "<sip:bob@a>;+g.oma.sip-im";
        check(&mut location, request("a", 2, 60, &[one]), changed(60), &["<sip:bob@a>;+g.oma.sip-im;expires=60"]);
        let two = "\"B\" <sip:bob@b>;expires=90000;q=0.5";
        let both = ["<sip:bob@a>;+g.oma.sip-im;expires=60", "\"B\"<sip:bob@b>;q=0.5;expires=7200"];
        check(&mut location, request("b", 7, 60, &[two]), changed(7200), &both);
        check(&mut location, request("a", 2, 30, &[one]), Err(500), &both);
        check(&mut location, request("b", 8, 60, &["*"]), Err(400), &both);
        check(&mut location, request("b", 8, 0, &["*", one]), Err(400), &both);
        check(&mut location, request("b", 7, 0, &["*"]), Err(500), &both);
        check(&mut location, request("c", 1, 0, &[one]), changed(7200), &both[1..]);
        check(&mut location, request("b", 9, 0, &["*"]), changed(0), &[]);
        assert!(location.knows("bob") && !location.has("bob") && location.count == 0);
        assert!(location.expiries.is_empty() && location.sources.is_empty());
        let many: Vec<String> = (0..=MOST_OF_ONE).map(|n| format!("<sip:bob@{n}>")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        check(&mut location, request("d", 1, 60, &many), Err(403), &[]);
    }

    #[test]
    fn bindings_expire_one_after_the_other() {
        let mut location = Location::default();
        location.register(START, "bob", &request("a", 1, 60, &["<sip:bob@a>"]), source()).unwrap();
        location.register(START, "bob", &request("b", 1, 90, &["<sip:bob@b>"]), source()).unwrap();
        let after = |seconds| START + Duration::from_secs(seconds);
        assert_eq!(location.next_expiry(), Some(after(60)));
        assert!(location.expire(after(59)).is_empty() && location.of("bob").len() == 2);
        assert!(location.expire(after(60)).is_empty() && location.of("bob").len() == 1);
        assert_eq!(location.expire(after(90)), ["bob"]);
        assert!(location.knows("bob") && location.next_expiry().is_none());
        location.provision("eve", "sip:eve@192.0.2.9:5060");
        assert_eq!(location.at("192.0.2.9:5060".parse().unwrap()), Some("eve"));
        assert!(location.has("eve") && location.next_expiry().is_none());
    }

    #[test]
    fn the_best_target_comes_first() {
        let mut location = Location::default();
        let contacts = [
            "<sip:bob@plain>;q=0.1",
            "<sip:bob@old>;+g.oma.sip-im",
            "<sip:bob@phone>;audio;methods=\"INVITE\"",
            "<sip:bob@new>;+g.oma.sip-im",
        ];
        for (number, contact) in contacts.iter().enumerate() {
            let call = number.to_string();
            location.register(START, "bob", &request(&call, 1, 60, &[contact]), source()).unwrap();
        }
        #[track_caller]
        fn check(location: &Location, method: &str, wanted: Option<&str>, expected: &[&str]) {
            let message = Builder::request(method, "sip:bob@example.org").maybe("Accept-Contact", wanted).build();
            let targets = location.targets("bob", &message);
            let host = |binding: &&Binding| binding.contact.rsplit(['@', '>']).nth(1).unwrap_or("").to_owned();
            let hosts = targets.iter().map(|group| group.iter().map(host).collect::<Vec<_>>().join(" "));
            assert_eq!(hosts.collect::<Vec<_>>(), expected, "{method} {wanted:?}");
        }
        check(&location, "INVITE", None, &["new phone old", "plain"]);
        check(&location, "MESSAGE", None, &["new old", "plain"]);
        check(&location, "INVITE", Some("*;+g.oma.sip-im"), &["new old", "phone", "plain"]);
        check(&location, "INVITE", Some("*;+g.oma.sip-im;require;explicit"), &["new old", "plain"]);
        check(&location, "INVITE", Some("*;audio;require;explicit"), &["phone", "plain"]);
    }
}
