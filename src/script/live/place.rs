//! A home network with a system in it. Several of them, each with addresses of its own, let cases be played side by side.
//!
//! It moves addresses in the files that people wrote; it must not know how a case is played.

use std::net::IpAddr;

use super::outfit::Around;
use crate::script::diagnostic::Diagnostic;
use crate::script::home::{self, Home};
use crate::script::sut::{SystemUnderTest, ThirdPartyCore, Transport};
use crate::script::yaml;

/// Where cases are played, one after the other.
#[derive(Clone, Debug)]
pub struct Place {
    pub home: Home,
    pub sut: SystemUnderTest,
    /// The SIP/IP core, where it is somebody else's.
    pub core: Option<ThirdPartyCore>,
    /// Its file as the user knows it.
    pub core_file: String,
    shift: Shift,
}

/// By how much addresses are moved.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Shift {
    /// The first three octets of the addresses that are moved.
    network: [u8; 3],
    /// How many blocks further.
    blocks: u16,
}

/// Addresses of a place: the last octets of those in one home network are lower.
const BLOCK: u16 = 64;
/// The most places: no machine plays so many cases in time.
pub const MOST: u16 = 64;

impl Place {
    /// The home network as it is.
    pub fn new(home: Home, sut: SystemUnderTest) -> Place {
        Place { home, sut, core: None, core_file: String::new(), shift: Shift::default() }
    }

    /// The same place with a SIP/IP core of somebody else, from the text of its file, its addresses moved likewise.
    ///
    /// Errors: what is wrong with the file, and why the system cannot be played with through this core.
    pub fn with_core(self, file: &str, text: &str) -> Result<Place, Diagnostic> {
        let core = ThirdPartyCore::parse(file, &self.shift.moved(text))?;
        if self.sut.server() == Some("participating") {
            let message = format!("{} is a Participating Function, which no core but ours leads to yet", self.sut.name);
            return Err(Diagnostic::new(file, message).hint("leave out --core: imspec plays the core then"));
        }
        if core.sip == self.home.core {
            let message = format!("{} is where the system finds the edge of the network", core.sip);
            return Err(Diagnostic::new(file, message).hint("give the core an address of its own"));
        }
        if self.shift.blocks > 0 {
            if core.start.is_none() {
                return Err(unstarted(file, "cores"));
            }
            if ThirdPartyCore::parse(file, text)?.sip == core.sip {
                return Err(unmovable());
            }
        }
        let secured = |is: bool| if is { "speaks TLS" } else { "does not speak TLS" };
        let (its, theirs) = match self.sut.server() {
            Some(_) => (self.sut.transport == Transport::Tls, core.secures_servers()),
            None => (self.sut.transport == Transport::Tls, core.transport == Transport::Tls),
        };
        if its != theirs {
            let (system, name) = (&self.sut.name, &core.name);
            let message =
                format!("{system} {}, and {name} {} to it: one edge is between them", secured(its), secured(theirs));
            return Err(Diagnostic::new(file, message).hint("write the same `transport` in both files"));
        }
        if let (Some(own), Some(other)) = (&self.sut.tls, &core.tls)
            && own != other
        {
            let message =
                format!("{} and {} are known, and know us, by different certificates", self.sut.name, core.name);
            return Err(Diagnostic::new(file, message).hint("write `tls` in one of the files, or the same in both"));
        }
        Ok(Place { core: Some(core), core_file: file.to_owned(), ..self })
    }

    /// As many places from the texts of the home network and of the system file, the first one as they are and the others
    /// with every address of the core's network (the same three octets first) in them moved. Each starts a system of its own, so the file must say how.
    ///
    /// Errors: what is wrong with the files, and why addresses cannot be moved.
    pub fn several(home: &str, file: &str, sut: &str, count: u16) -> Result<Vec<Place>, Diagnostic> {
        let first: Home = yaml::from_str(home::PATH, home)?;
        let system = SystemUnderTest::parse(file, sut)?;
        if count <= 1 {
            return Ok(vec![Place::new(first, system)]);
        }
        if system.start.is_none() {
            return Err(unstarted(file, "systems"));
        }
        shifts(&first, system.sip.ip(), count)?
            .map(|shift| {
                let home = yaml::from_str(home::PATH, &shift.moved(home))?;
                Ok(Place {
                    home,
                    sut: SystemUnderTest::parse(file, &shift.moved(sut))?,
                    core: None,
                    core_file: String::new(),
                    shift,
                })
            })
            .collect()
    }

    /// Who is in it that is not ours.
    pub fn around(&self) -> Around<'_> {
        Around { home: &self.home, system: Some(&self.sut), core: self.core.as_ref() }
    }
}

/// A home network around a SIP/IP core of somebody else, where cases are played one after the other.
#[derive(Clone, Debug)]
pub struct CorePlace {
    pub home: Home,
    pub core: ThirdPartyCore,
}

impl CorePlace {
    /// The home network as it is.
    pub fn new(home: Home, core: ThirdPartyCore) -> CorePlace {
        CorePlace { home, core }
    }

    /// As many from the texts of the home network and of the core file, like [`Place::several`]. Each starts a core of its
    /// own.
    ///
    /// Errors: what is wrong with the files, and why addresses cannot be moved.
    pub fn several(home: &str, file: &str, core: &str, count: u16) -> Result<Vec<CorePlace>, Diagnostic> {
        let first: Home = yaml::from_str(home::PATH, home)?;
        let theirs = ThirdPartyCore::parse(file, core)?;
        if count <= 1 {
            return Ok(vec![CorePlace::new(first, theirs)]);
        }
        if theirs.start.is_none() {
            return Err(unstarted(file, "cores"));
        }
        shifts(&first, theirs.sip.ip(), count)?
            .map(|shift| {
                let home = yaml::from_str(home::PATH, &shift.moved(home))?;
                Ok(CorePlace { home, core: ThirdPartyCore::parse(file, &shift.moved(core))? })
            })
            .collect()
    }

    /// Who is in it that is not ours.
    pub fn around(&self) -> Around<'_> {
        Around { home: &self.home, system: None, core: Some(&self.core) }
    }
}

/// So many shifts of the addresses of a home network and of a stranger in it.
fn shifts(home: &Home, stranger: IpAddr, count: u16) -> Result<impl Iterator<Item = Shift>, Diagnostic> {
    let network = network(home.core.ip()).filter(|net| network(stranger) == Some(*net));
    let Some(network) = network.filter(|net| u16::from(net[2]) + count.min(MOST) / 4 < 255) else {
        return Err(unmovable());
    };
    Ok((0..count.min(MOST)).map(move |blocks| Shift { network, blocks }))
}

fn unmovable() -> Diagnostic {
    let message = "several cases at once need many addresses: only those of 127.0.0.0/8 can be moved";
    Diagnostic::new(home::PATH, message).hint("play one after the other, without -j")
}

fn unstarted(file: &str, what: &str) -> Diagnostic {
    let message = format!("several cases at once need several {what}, and its file does not say how one is started");
    Diagnostic::new(file, message).hint("add `start: {command: [...]}`, or leave out -j")
}

impl Shift {
    /// A text with every address in it moved.
    fn moved(&self, text: &str) -> String {
        if self.blocks == 0 {
            return text.to_owned();
        }
        let [a, b, c] = self.network;
        let prefix = format!("{a}.{b}.{c}.");
        let mut parts = text.split(&prefix);
        let mut moved = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (last, rest) = part.split_at(digits);
            match last.parse::<u16>() {
                Ok(last) if last < BLOCK => moved += &self.address(last),
                _ => moved.extend([&prefix, last]),
            }
            moved += rest;
        }
        moved
    }

    /// Four places share the last octet.
    fn address(&self, last: u16) -> String {
        let [a, b, c] = self.network;
        format!("{a}.{b}.{}.{}", u16::from(c) + self.blocks / 4, self.blocks % 4 * BLOCK + last)
    }
}

/// The first three octets of an address of the loopback, where every address is ours to use.
fn network(ip: IpAddr) -> Option<[u8; 3]> {
    match ip {
        IpAddr::V4(ip) if ip.is_loopback() => Some([ip.octets()[0], ip.octets()[1], ip.octets()[2]]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::files::Files;

    const SYSTEM: &str = "name: x\nplays: Alice\nsip: 127.0.0.51:5060\nstart: {command: [x, 127.0.0.51]}\n";

    #[test]
    fn places_have_addresses_of_their_own() {
        let home = Files::embedded().get(home::PATH).unwrap().to_owned();
        let places = Place::several(&home, "x.yaml", SYSTEM, 6).unwrap();
        for (nth, core, system) in [
            (0, "127.0.0.2:5060", "127.0.0.51"),
            (1, "127.0.0.66:5060", "127.0.0.115"),
            (5, "127.0.1.66:5060", "127.0.1.115"),
        ] {
            let place = &places[nth];
            assert_eq!(place.home.core.to_string(), core);
            assert_eq!(place.sut.sip.ip().to_string(), system);
            assert_eq!(place.sut.start.as_ref().unwrap().command[1], system);
        }
        let mut all: Vec<IpAddr> = places.iter().flat_map(|p| (0..4).map(|nth| p.home.client_sip(nth).ip())).collect();
        all.extend(places.iter().flat_map(|p| [p.home.core.ip(), p.sut.sip.ip()]));
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn what_cannot_stand_around_a_core_is_said() {
        let home = Files::embedded().get(home::PATH).unwrap().to_owned();
        let with = |system: &str, core: &str, count: u16| {
            let places = Place::several(&home, "x.yaml", system, count).unwrap();
            let core = format!("name: Core\n{core}");
            places.into_iter().map(|place| place.with_core("core.yaml", &core)).collect::<Result<Vec<_>, _>>()
        };
        #[track_caller]
        fn check(made: Result<Vec<Place>, Diagnostic>, says: &str) {
            let wrong = made.unwrap_err().to_string();
            assert!(wrong.contains(says), "{wrong}");
        }
        let (plain, started) = ("sip: 127.0.0.9:5060\n", "start: {command: [x, \"{core}\"]}\n");
        assert_eq!(with(SYSTEM, plain, 1).unwrap()[0].core_file, "core.yaml");
        let moved = with(SYSTEM, &format!("{plain}{started}"), 2).unwrap().pop().and_then(|place| place.core).unwrap();
        assert_eq!(moved.sip.to_string(), "127.0.0.73:5060");
        check(with(SYSTEM, plain, 2), "several cores");
        check(with(SYSTEM, &format!("sip: 192.0.2.9:5060\n{started}"), 2), "can be moved");
        check(with(SYSTEM, "sip: 127.0.0.2:5060\n", 1), "the edge of the network");
        let tls = "sip: 127.0.0.9:5061\ntransport: tls\n";
        check(with(SYSTEM, tls, 1), "x does not speak TLS, and Core speaks TLS");
        let server = SYSTEM.replace("Alice", "history-function");
        check(with(&server, tls, 1), "does not speak TLS");
        assert!(with(&server, &format!("{tls}server-side: 127.0.0.9:5060\n"), 1).is_ok());
        let secured = format!("{SYSTEM}transport: tls\n");
        assert!(with(&secured, tls, 1).is_ok());
        let lenient = format!("{secured}tls: {{verify: false}}\n");
        check(with(&lenient, &format!("{tls}tls: {{mutual: false}}\n"), 1), "different certificates");
        check(with(&SYSTEM.replace("Alice", "participating-function"), plain, 1), "is a Participating Function");
    }

    #[test]
    fn what_cannot_be_moved_is_said() {
        let home = Files::embedded().get(home::PATH).unwrap().to_owned();
        let check = |home: &str, system: &str, says: &str| {
            let wrong = Place::several(home, "x.yaml", system, 2).unwrap_err().to_string();
            assert!(wrong.contains(says), "{wrong}");
        };
        check(&home, "name: x\nplays: Alice\nsip: 127.0.0.51:5060\n", "how one is started");
        check(&home.replace("127.0.0.", "192.0.2."), &SYSTEM.replace("127.0.0.", "192.0.2."), "127.0.0.0/8");
        check(&home, &SYSTEM.replace("127.0.0.", "192.0.2."), "127.0.0.0/8");
    }

    #[test]
    fn only_addresses_of_the_home_network_move() {
        let shift = Shift { network: [127, 0, 0], blocks: 2 };
        for (text, moved) in [
            ("url: http://127.0.0.10:8080/arrange", "url: http://127.0.0.138:8080/arrange"),
            ("127.0.0.200 127.0.0.x 127.0.0.", "127.0.0.200 127.0.0.x 127.0.0."),
            ("127.0.0.1-127.0.0.2", "127.0.0.129-127.0.0.130"),
        ] {
            assert_eq!(shift.moved(text), moved);
        }
    }
}
