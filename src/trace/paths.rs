//! Which open episodes an MSRP path belongs to. Keys are the URIs of session descriptions and chunks, made comparable.

use std::net::SocketAddr;
use std::sync::LazyLock;

use hashbrown::HashMap;
use memchr::memmem;
use smallvec::SmallVec;

use crate::wire::sip;

/// Episodes remembered for one path: a B2BUA may hand one description from call to call, load generators reuse theirs.
pub(super) const SHARED: usize = 4;
/// Paths remembered of one episode.
pub(super) const MOST: usize = 16;

/// Episodes by the paths that their descriptions name, the latest last.
#[derive(Default)]
pub(super) struct Paths {
    owners: HashMap<Box<str>, SmallVec<[u32; SHARED]>>,
}

impl Paths {
    pub fn add(&mut self, key: &str, slot: u32) {
        for key in [key, authority(key)] {
            match self.owners.get_mut(key) {
                Some(owners) => {
                    if owners.len() == SHARED {
                        owners.remove(0);
                    }
                    owners.push(slot);
                }
                None => drop(self.owners.insert(key.into(), SmallVec::from_iter([slot]))),
            }
        }
    }

    pub fn remove(&mut self, key: &str, slot: u32) {
        for key in [key, authority(key)] {
            if let Some(owners) = self.owners.get_mut(key) {
                owners.retain(|s| *s != slot);
                if owners.is_empty() {
                    self.owners.remove(key);
                }
            }
        }
    }

    pub fn of(&self, key: &str) -> &[u32] {
        self.owners.get(key).map_or(&[], |owners| owners.as_slice())
    }

    /// The only episode that has a path at that address.
    pub fn at(&self, address: SocketAddr) -> Option<u32> {
        match self.of(&address.to_string()) {
            [first, rest @ ..] if rest.iter().all(|slot| slot == first) => Some(*first),
            _ => None,
        }
    }
}

/// The last URI of each `a=path` in the body of a message.
pub(super) fn of(message: &sip::Message) -> SmallVec<[Box<str>; 1]> {
    let area = message.body_span();
    let body = area.of(message.bytes());
    let mut found = SmallVec::new();
    if body.is_empty() {
        return found;
    }
    static PATH: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(b"a=path:"));
    for at in PATH.find_iter(body).take(MOST) {
        let line = &body[at + 7..];
        let line = &line[..memchr::memchr2(b'\r', b'\n', line).unwrap_or(line.len())];
        let last = std::str::from_utf8(line).ok().and_then(|line| line.split_ascii_whitespace().next_back());
        found.extend(last.and_then(key));
    }
    found
}

/// What has to be the same in two MSRP URIs for them to name the same session (RFC 4975 §6.1): host without regard
/// to case, port and session-id.
pub(super) fn key(uri: &str) -> Option<Box<str>> {
    let (_, rest) = uri.split_once("://")?;
    let rest = &rest[..rest.find(';').unwrap_or(rest.len())];
    let (authority, session) = rest.split_once('/').unwrap_or((rest, ""));
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if authority.is_empty() {
        return None;
    }
    let mut key = String::with_capacity(authority.len() + 1 + session.len());
    key.extend(authority.chars().map(|c| c.to_ascii_lowercase()));
    key.push('/');
    key.push_str(session);
    Some(key.into())
}

/// Whether the URI of a key names no session.
pub(super) fn is_of_no_session(key: &str) -> bool {
    key.ends_with('/')
}

fn authority(key: &str) -> &str {
    key.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_of_one_session_have_one_key() {
        for (uri, expected) in [
            ("msrp://Host.Example:2855/s1;tcp", Some("host.example:2855/s1")),
            ("MSRPS://u@host.example:2855/S1;tcp", Some("host.example:2855/S1")),
            ("msrp://[2001:DB8::1]:2855/s1;tcp", Some("[2001:db8::1]:2855/s1")),
            ("msrp://host", Some("host/")),
            ("msrp:///s1", None),
            ("host:1", None),
        ] {
            assert_eq!(key(uri).as_deref(), expected, "{uri}");
        }
    }

    #[test]
    fn a_path_remembers_its_latest_episodes() {
        let mut paths = Paths::default();
        for slot in 0..6 {
            paths.add("127.0.0.1:9/s", slot);
        }
        assert_eq!(paths.of("127.0.0.1:9/s"), [2, 3, 4, 5]);
        assert_eq!(paths.at("127.0.0.1:9".parse().unwrap()), None);
        for slot in 0..5 {
            paths.remove("127.0.0.1:9/s", slot);
        }
        assert_eq!(paths.at("127.0.0.1:9".parse().unwrap()), Some(5));
        paths.remove("127.0.0.1:9/s", 5);
        assert!(paths.owners.is_empty());
    }
}
