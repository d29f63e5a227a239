//! The side that is asked for a password: from challenges to credentials, and from one request to the next.

use super::secret::{Asked, Hash, Quality, Secret};
use super::{Account, IdSource};
use crate::wire::sip::{Challenge, Credentials, Message, Name};

/// What is known of a realm that has asked for a password: its next requests can have credentials at once, with the same
/// nonce and a higher count (RFC 2617 §3.2.2, RFC 3261 §22.2).
#[derive(Clone, Debug)]
pub struct Protection {
    /// The header that its credentials stand in.
    pub header: Name,
    pub realm: String,
    challenge: String,
    /// A later nonce than that of the challenge.
    nonce: Option<String>,
    /// In how many requests the nonce was used.
    uses: u32,
}

/// The realms that a 401 or 407 asks for, each with the first challenge that is understood (RFC 8760 §2.4), and the
/// credentials for them. Nothing where none is.
pub fn answers(
    challenged: &Message,
    asked: &Asked<'_>,
    account: &Account,
    ids: &mut IdSource,
) -> Vec<(Protection, String)> {
    let mut answers: Vec<(Protection, String)> = Vec::new();
    for (asks, header) in
        [(Name::WwwAuthenticate, Name::Authorization), (Name::ProxyAuthenticate, Name::ProxyAuthorization)]
    {
        for line in challenged.all(asks) {
            let text = challenged.str(line.span());
            let realm = Challenge::parse(text).get("realm").unwrap_or_default().to_owned();
            if answers.iter().any(|(known, _)| known.header == header && known.realm == realm) {
                continue;
            }
            let mut protection = Protection::new(header, text);
            if let Some(credentials) = protection.credentials(asked, account, ids) {
                answers.push((protection, credentials));
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

/// What an Authentication-Info says (RFC 2617 §3.2.3).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Info {
    pub next_nonce: Option<String>,
}

impl Info {
    /// Reads its parameters.
    pub fn parse(text: &str) -> Info {
        // It is written like a challenge without a scheme.
        let whole = format!("Info {text}");
        Info { next_nonce: Challenge::parse(&whole).get("nextnonce").map(str::to_owned) }
    }
}

impl Protection {
    /// What a challenge says of a realm; `header` is where the credentials for it belong.
    pub fn new(header: Name, challenge: &str) -> Protection {
        let realm = Challenge::parse(challenge).get("realm").unwrap_or_default().to_owned();
        Protection { header, realm, challenge: challenge.to_owned(), nonce: None, uses: 0 }
    }

    /// Takes the nonce that the other side wants to see next (RFC 2617 §3.2.3).
    pub fn renew(&mut self, nonce: &str) {
        (self.nonce, self.uses) = (Some(nonce.to_owned()), 0);
    }

    /// Credentials for a request; nothing where the challenge is none that is understood.
    pub fn credentials(&mut self, asked: &Asked<'_>, account: &Account, ids: &mut IdSource) -> Option<String> {
        let challenge = Challenge::parse(&self.challenge);
        let hash = Hash::of(challenge.get("algorithm"))?;
        let (realm, first) = (challenge.get("realm")?, challenge.get("nonce")?);
        let nonce = self.nonce.as_deref().unwrap_or(first);
        let plain = |text: &str| !text.contains(['"', '\\', '\r', '\n']);
        if !challenge.scheme.eq_ignore_ascii_case("Digest")
            || ![realm, nonce, &account.user, asked.uri].into_iter().all(plain)
        {
            return None;
        }
        let quality = match challenge.get("qop") {
            Some(offered) => {
                let mut offered: Vec<Quality> = offered.split(',').filter_map(Quality::of).collect();
                // The body is protected only where nothing less will do: it may change on the way.
                offered.sort_by_key(|quality| *quality == Quality::Integrity);
                Some(*offered.first()?)
            }
            None => None,
        };
        let (own, count) = (ids.token(16), format!("{:08x}", self.uses + 1));
        let used = quality.map(|quality| (quality, count.as_str(), own.as_str()));
        let response = Secret { hash, account, realm, nonce, quality: used, asked: *asked }.response();
        let mut value = format!(
            "Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{}\", response=\"{response}\", algorithm={}",
            account.user,
            asked.uri,
            hash.word()
        );
        if let Some((quality, count, own)) = used {
            value.push_str(&format!(", cnonce=\"{own}\", qop={}, nc={count}", quality.word()));
        } else if hash.session {
            // Its key needs the client's nonce, and without a quality nobody would learn it.
            return None;
        }
        if let Some(opaque) = challenge.get("opaque").filter(|opaque| plain(opaque)) {
            value.push_str(&format!(", opaque=\"{opaque}\""));
        }
        self.uses += 1;
        Some(value)
    }
}
