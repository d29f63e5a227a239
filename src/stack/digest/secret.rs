//! What both sides of a digest hash (RFC 2617 §3.2.2, RFC 7616 §3.4). Knows no message.

use md5::{Digest as _, Md5};
use sha2::{Sha256, Sha512_256};

use super::Account;
use crate::wire::sip::Credentials;

/// A hash that a challenge may name (RFC 8760 §2.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Algorithm {
    Md5,
    Sha256,
    Sha512_256,
}

/// A hash, for one request or with a key for a session (`-sess`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hash {
    pub algorithm: Algorithm,
    pub session: bool,
}

/// The quality of protection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quality {
    Auth,
    /// With the body.
    Integrity,
}

/// The request that a password is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub method: &'a str,
    /// The Request-URI.
    pub uri: &'a str,
    pub body: &'a [u8],
}

/// Everything that goes into a response.
pub(super) struct Secret<'a> {
    pub hash: Hash,
    pub account: &'a Account,
    pub realm: &'a str,
    pub nonce: &'a str,
    /// With the count and the client's nonce.
    pub quality: Option<(Quality, &'a str, &'a str)>,
    pub asked: Asked<'a>,
}

impl Algorithm {
    pub fn word(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Sha512_256 => "SHA-512-256",
        }
    }

    /// The hash of the parts with colons in between, in hexadecimal.
    pub(super) fn hash<'p>(self, parts: impl IntoIterator<Item = &'p str>) -> String {
        let parts: Vec<&str> = parts.into_iter().collect();
        self.of_octets(parts.join(":").as_bytes())
    }

    fn of_octets(self, octets: &[u8]) -> String {
        match self {
            Algorithm::Md5 => hex(&Md5::digest(octets)),
            Algorithm::Sha256 => hex(&Sha256::digest(octets)),
            Algorithm::Sha512_256 => hex(&Sha512_256::digest(octets)),
        }
    }
}

impl Hash {
    /// The hash of that name; none stands for MD5 (RFC 3261 §22.4).
    pub fn of(word: Option<&str>) -> Option<Hash> {
        let word = word.unwrap_or("MD5");
        let (name, session) = match word.len().checked_sub(5).and_then(|at| word.split_at_checked(at)) {
            Some((name, end)) if end.eq_ignore_ascii_case("-sess") => (name, true),
            _ => (word, false),
        };
        let mut all = [Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512_256].into_iter();
        let algorithm = all.find(|algorithm| algorithm.word().eq_ignore_ascii_case(name))?;
        Some(Hash { algorithm, session })
    }

    pub fn word(self) -> String {
        format!("{}{}", self.algorithm.word(), if self.session { "-sess" } else { "" })
    }
}

impl Quality {
    pub fn of(word: &str) -> Option<Quality> {
        [Quality::Auth, Quality::Integrity].into_iter().find(|quality| word.trim().eq_ignore_ascii_case(quality.word()))
    }

    pub fn word(self) -> &'static str {
        match self {
            Quality::Auth => "auth",
            Quality::Integrity => "auth-int",
        }
    }
}

impl<'a> Secret<'a> {
    /// What credentials claim to be made from; nothing where they do not say it all.
    pub fn of(credentials: &Credentials<'a>, asked: &Asked<'a>, account: &'a Account) -> Option<Secret<'a>> {
        let quality = match credentials.get("qop") {
            Some(word) => Some((Quality::of(word)?, credentials.get("nc")?, credentials.get("cnonce")?)),
            None => None,
        };
        Some(Secret {
            hash: Hash::of(credentials.get("algorithm"))?,
            account,
            realm: credentials.get("realm")?,
            nonce: credentials.get("nonce")?,
            quality,
            // What was hashed is the URI as it is written there; that it is the request's is for others to see.
            asked: Asked { uri: credentials.get("uri")?, ..*asked },
        })
    }

    pub fn response(&self) -> String {
        let algorithm = self.hash.algorithm;
        let hash = |parts: &[&str]| algorithm.hash(parts.iter().copied());
        let mut who = hash(&[&self.account.user, self.realm, &self.account.password]);
        if self.hash.session {
            let own = self.quality.map_or("", |(_, _, own)| own);
            who = hash(&[&who, self.nonce, own]);
        }
        let Asked { method, uri, body } = self.asked;
        let what = match self.quality {
            Some((Quality::Integrity, ..)) => hash(&[method, uri, &algorithm.of_octets(body)]),
            _ => hash(&[method, uri]),
        };
        match self.quality {
            Some((quality, count, own)) => hash(&[&who, self.nonce, count, own, quality.word(), &what]),
            None => hash(&[&who, self.nonce, &what]),
        }
    }
}

fn hex(octets: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    octets.iter().flat_map(|o| [DIGITS[usize::from(o >> 4)], DIGITS[usize::from(o & 15)]]).map(char::from).collect()
}
