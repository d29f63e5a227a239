//! Digest access authentication in SIP (RFC 3261 §22, RFC 8760): challenges, answers to them, and their judgement.
//!
//! MD5, SHA-256 and SHA-512-256, each also for a session; qop `auth`, `auth-int` or, as of old, none. It knows no accounts
//! but those it is given, and no messages but their challenges and credentials.

mod answer;
mod secret;

use std::collections::BTreeMap;
use std::time::Duration;

pub use answer::{Info, Protection, answers, scope};
pub use secret::{Algorithm, Asked};
use secret::{Hash, Quality, Secret};

use super::IdSource;
use crate::time::Time;
use crate::wire::sip::{Credentials, Message, Name};
use crate::wire::uri;

/// Somebody who can be asked for a password.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Account {
    pub user: String,
    pub password: String,
}

/// Whether credentials are those of an account for a request, whatever the nonce is.
pub fn is_right(credentials: &Credentials<'_>, asked: &Asked<'_>, account: &Account) -> bool {
    let response = Secret::of(credentials, asked, account).map(|secret| secret.response());
    credentials.get("username") == Some(&account.user)
        && credentials.get("uri").is_some_and(|own| uri::same(own, asked.uri))
        && credentials.get("response").zip(response).is_some_and(|(own, right)| own.eq_ignore_ascii_case(&right))
}

/// The side that asks for passwords.
#[derive(Clone, Debug)]
pub struct Guard {
    realm: String,
    /// Passwords by user.
    accounts: BTreeMap<String, Account>,
    /// What is offered, the best first.
    algorithms: Vec<Algorithm>,
    /// The body is protected too: `auth-int` is the only quality that is offered.
    pub integrity: bool,
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
            integrity: false,
            secret: ids.token(48),
            counts: BTreeMap::new(),
        }
    }

    /// The challenges to answer with, the best first (RFC 8760 §2.3).
    pub fn challenges(&self, now: Time, stale: bool) -> Vec<String> {
        let nonce = self.nonce(now);
        let stale = if stale { ", stale=true" } else { "" };
        let one = |algorithm: &Algorithm| {
            let (word, quality) = (algorithm.word(), self.quality());
            format!("Digest realm=\"{}\", nonce=\"{nonce}\", algorithm={word}, qop=\"{quality}\"{stale}", self.realm)
        };
        self.algorithms.iter().map(one).collect()
    }

    /// Judges a request by its credentials in that header.
    pub fn judge(&mut self, now: Time, request: &Message, header: Name) -> Judgement {
        let body = request.body();
        let asked = Asked { method: request.method(), uri: request.request_uri().unwrap_or_default(), body: &body };
        self.weigh(now, request.credentials(header), &asked)
    }

    /// Judges a request by its credentials, whatever protocol it is of.
    pub fn weigh<'c>(
        &mut self,
        now: Time,
        all: impl IntoIterator<Item = Credentials<'c>>,
        asked: &Asked<'_>,
    ) -> Judgement {
        let mut stale = false;
        for credentials in all {
            let Some((made, count)) = self.right(asked, &credentials) else { continue };
            let nonce = credentials.get("nonce").unwrap_or_default().to_owned();
            if now.since(made) <= LIFETIME && self.count(now, made, nonce, count) {
                return Judgement::Known(credentials.get("username").unwrap_or_default().to_owned());
            }
            stale = true;
        }
        Judgement::Challenge { stale }
    }

    /// When the nonce of right credentials was made, and the count that came with it.
    fn right(&self, asked: &Asked<'_>, credentials: &Credentials<'_>) -> Option<(Time, u32)> {
        let realm = self.realm.as_str();
        credentials.get("realm").filter(|named| *named == realm)?;
        let account = self.accounts.get(credentials.get("username")?)?;
        let (hash, nonce) = (Hash::of(credentials.get("algorithm"))?, credentials.get("nonce")?);
        let quality = credentials.get("qop").is_none_or(|quality| quality.eq_ignore_ascii_case(self.quality()));
        let made = Time(u64::from_str_radix(nonce.get(..16)?, 16).ok()?);
        let right = quality
            && is_right(credentials, asked, account)
            && !hash.session
            && self.algorithms.contains(&hash.algorithm)
            && nonce == self.nonce(made);
        let count = credentials.get("qop").and(credentials.get("nc"));
        let count = count.and_then(|count| u32::from_str_radix(count, 16).ok()).unwrap_or(0);
        right.then_some((made, count))
    }

    fn quality(&self) -> &'static str {
        if self.integrity { Quality::Integrity.word() } else { Quality::Auth.word() }
    }

    /// What a response to a request that was let in says about the next one (RFC 2617 §3.2.3).
    pub fn next(&self, now: Time) -> String {
        format!("nextnonce=\"{}\"", self.nonce(now))
    }

    /// What a response says besides to credentials that were let in: the proof that this side knows the password too
    /// (RFC 2617 §3.2.3). Nothing where they have no quality of protection.
    pub fn proof(&self, credentials: &Credentials<'_>, asked: &Asked<'_>) -> Option<String> {
        let account = self.accounts.get(credentials.get("username")?)?;
        // The method counts for nothing in the answer.
        let secret = Secret::of(credentials, &Asked { method: "", ..*asked }, account)?;
        let (quality, count, own) = secret.quality?;
        let response = secret.response();
        Some(format!("rspauth=\"{response}\", cnonce=\"{own}\", nc={count}, qop={}", quality.word()))
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
        let proof = Algorithm::Sha256.hash([&*moment, &*self.realm, &*self.secret]);
        format!("{moment}{}", &proof[..32])
    }
}

#[cfg(test)]
mod tests;
