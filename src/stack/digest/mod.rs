//! Digest access authentication in SIP (RFC 3261 §22, RFC 8760): challenges, answers to them, and their judgement.
//!
//! MD5 and SHA-256, with qop `auth` or, as of old, without. It knows no accounts but those it is given, and no messages
//! but their challenges and credentials.

use std::collections::BTreeMap;
use std::time::Duration;

use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::IdSource;
use crate::time::Time;
use crate::wire::sip::{Challenge, Credentials, Message, Name};
use crate::wire::uri;

/// Somebody who can be asked for a password.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Account {
    pub user: String,
    pub password: String,
}

/// A hash that a challenge may name (RFC 8760 §2.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    /// The algorithm of that name; none stands for MD5 (RFC 3261 §22.4).
    pub fn of(word: Option<&str>) -> Option<Algorithm> {
        match word.unwrap_or("MD5") {
            word if word.eq_ignore_ascii_case("MD5") => Some(Algorithm::Md5),
            word if word.eq_ignore_ascii_case("SHA-256") => Some(Algorithm::Sha256),
            _ => None,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    /// The hash of the parts with colons in between, in hexadecimal.
    fn hash(self, parts: &[&str]) -> String {
        let text = parts.join(":");
        match self {
            Algorithm::Md5 => hex(&Md5::digest(text)),
            Algorithm::Sha256 => hex(&Sha256::digest(text)),
        }
    }
}

/// What both sides hash (RFC 2617 §3.2.2.1, RFC 7616 §3.4.1).
struct Secret<'a> {
    algorithm: Algorithm,
    account: &'a Account,
    realm: &'a str,
    nonce: &'a str,
    /// Count and client's nonce where the quality of protection is `auth`.
    auth: Option<(&'a str, &'a str)>,
    method: &'a str,
    uri: &'a str,
}

impl Secret<'_> {
    fn response(&self) -> String {
        let who = self.algorithm.hash(&[&self.account.user, self.realm, &self.account.password]);
        let what = self.algorithm.hash(&[self.method, self.uri]);
        match self.auth {
            Some((count, own)) => self.algorithm.hash(&[&who, self.nonce, count, own, "auth", &what]),
            None => self.algorithm.hash(&[&who, self.nonce, &what]),
        }
    }
}

/// The credentials that answer a 401 or 407, each with its header: for every realm the first challenge that is
/// understood (RFC 8760 §2.4). Nothing where none is.
pub fn answers(
    challenged: &Message,
    method: &str,
    uri: &str,
    account: &Account,
    ids: &mut IdSource,
) -> Vec<(Name, String)> {
    let mut answers: Vec<(Name, String)> = Vec::new();
    let mut realms: Vec<(Name, &str)> = Vec::new();
    for (asked, told) in
        [(Name::WwwAuthenticate, Name::Authorization), (Name::ProxyAuthenticate, Name::ProxyAuthorization)]
    {
        for challenge in challenged.challenges(asked) {
            let realm = (asked, challenge.get("realm").unwrap_or_default());
            if realms.contains(&realm) {
                continue;
            }
            if let Some(answer) = answer(&challenge, method, uri, account, &ids.token(16)) {
                realms.push(realm);
                answers.push((told, answer));
            }
        }
    }
    answers
}

/// The realm and nonce that a set of credentials is for.
pub fn scope(value: &str) -> (&str, &str) {
    let credentials = Credentials::parse(value);
    (credentials.get("realm").unwrap_or_default(), credentials.get("nonce").unwrap_or_default())
}

fn answer(challenge: &Challenge<'_>, method: &str, uri: &str, account: &Account, own: &str) -> Option<String> {
    let algorithm = Algorithm::of(challenge.get("algorithm"))?;
    let (realm, nonce) = (challenge.get("realm")?, challenge.get("nonce")?);
    let plain = |text: &str| !text.contains(['"', '\\', '\r', '\n']);
    if !challenge.scheme.eq_ignore_ascii_case("Digest") || ![realm, nonce, &account.user, uri].into_iter().all(plain) {
        return None;
    }
    let auth = match challenge.get("qop") {
        Some(offered) if offered.split(',').any(|q| q.trim().eq_ignore_ascii_case("auth")) => Some(("00000001", own)),
        Some(_) => return None,
        None => None,
    };
    let response = Secret { algorithm, account, realm, nonce, auth, method, uri }.response();
    let mut value = format!(
        "Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", algorithm={}",
        account.user,
        algorithm.word()
    );
    if let Some((count, own)) = auth {
        value.push_str(&format!(", cnonce=\"{own}\", qop=auth, nc={count}"));
    }
    if let Some(opaque) = challenge.get("opaque").filter(|opaque| plain(opaque)) {
        value.push_str(&format!(", opaque=\"{opaque}\""));
    }
    Some(value)
}

/// The side that asks for passwords.
#[derive(Clone, Debug)]
pub struct Guard {
    realm: String,
    /// Passwords by user.
    accounts: BTreeMap<String, Account>,
    /// What is offered, the best first.
    algorithms: Vec<Algorithm>,
    secret: String,
    /// The highest count seen of each nonce, by when it was made.
    counts: BTreeMap<(Time, String), u32>,
}

/// What the guard makes of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// The request is this user's.
    Known(String),
    /// Ask for credentials; `stale` where those that came were right but are too old (RFC 2617 §3.2.1).
    Challenge { stale: bool },
}

/// How long a nonce is taken.
const LIFETIME: Duration = Duration::from_secs(300);
/// Nonces whose counts are remembered; of more, the oldest are asked for again.
const MOST_NONCES: usize = 100_000;

impl Guard {
    pub fn new(realm: &str, accounts: Vec<Account>, algorithms: Vec<Algorithm>, mut ids: IdSource) -> Guard {
        Guard {
            realm: realm.to_owned(),
            accounts: accounts.into_iter().map(|account| (account.user.clone(), account)).collect(),
            algorithms,
            secret: ids.token(48),
            counts: BTreeMap::new(),
        }
    }

    /// The challenges to answer with, the best first (RFC 8760 §2.3).
    pub fn challenges(&self, now: Time, stale: bool) -> Vec<String> {
        let nonce = self.nonce(now);
        let stale = if stale { ", stale=true" } else { "" };
        let one = |algorithm: &Algorithm| {
            let word = algorithm.word();
            format!("Digest realm=\"{}\", nonce=\"{nonce}\", algorithm={word}, qop=\"auth\"{stale}", self.realm)
        };
        self.algorithms.iter().map(one).collect()
    }

    /// Judges a request by its credentials in that header.
    pub fn judge(&mut self, now: Time, request: &Message, header: Name) -> Judgement {
        let mut stale = false;
        for credentials in request.credentials(header) {
            let Some((made, count)) = self.right(request, &credentials) else { continue };
            let nonce = credentials.get("nonce").unwrap_or_default().to_owned();
            if now.since(made) <= LIFETIME && self.count(now, made, nonce, count) {
                return Judgement::Known(credentials.get("username").unwrap_or_default().to_owned());
            }
            stale = true;
        }
        Judgement::Challenge { stale }
    }

    /// When the nonce of right credentials was made, and the count that came with it.
    fn right(&self, request: &Message, credentials: &Credentials<'_>) -> Option<(Time, u32)> {
        let realm = self.realm.as_str();
        credentials.get("realm").filter(|named| *named == realm)?;
        let account = self.accounts.get(credentials.get("username")?)?;
        let algorithm = Algorithm::of(credentials.get("algorithm"))?;
        let (nonce, uri) = (credentials.get("nonce")?, credentials.get("uri")?);
        let auth = match credentials.get("qop") {
            Some(qop) if qop.eq_ignore_ascii_case("auth") => Some((credentials.get("nc")?, credentials.get("cnonce")?)),
            Some(_) => return None,
            None => None,
        };
        let method = request.method();
        let expected = Secret { algorithm, account, realm, nonce, auth, method, uri }.response();
        let made = Time(u64::from_str_radix(nonce.get(..16)?, 16).ok()?);
        let right = credentials.get("response")?.eq_ignore_ascii_case(&expected)
            && self.algorithms.contains(&algorithm)
            && uri::same(uri, request.request_uri().unwrap_or_default())
            && nonce == self.nonce(made);
        let count = auth.and_then(|(count, _)| u32::from_str_radix(count, 16).ok()).unwrap_or(0);
        right.then_some((made, count))
    }

    /// Notes the count of a nonce; `false` where it was seen before (RFC 2617 §3.2.2). Credentials without one cannot be
    /// told from a repeat.
    fn count(&mut self, now: Time, made: Time, nonce: String, count: u32) -> bool {
        while self.counts.first_key_value().is_some_and(|((at, _), _)| now.since(*at) > LIFETIME)
            || self.counts.len() >= MOST_NONCES
        {
            self.counts.pop_first();
        }
        if count == 0 {
            return true;
        }
        let highest = self.counts.entry((made, nonce)).or_insert(0);
        let news = count > *highest;
        *highest = count.max(*highest);
        news
    }

    /// The nonce of a moment: the moment, and a proof that it was made here.
    fn nonce(&self, at: Time) -> String {
        let moment = format!("{:016x}", at.0);
        let proof = Algorithm::Sha256.hash(&[&moment, &self.realm, &self.secret]);
        format!("{moment}{}", &proof[..32])
    }
}

fn hex(octets: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    octets.iter().flat_map(|o| [DIGITS[usize::from(o >> 4)], DIGITS[usize::from(o & 15)]]).map(char::from).collect()
}

#[cfg(test)]
mod tests;
