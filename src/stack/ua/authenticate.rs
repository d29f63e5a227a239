//! Answering challenges (RFC 3261 §22): a request that is refused with 401 or 407 is sent again with credentials.
//!
//! All else knows a request by its first transaction, whichever one carries it in the end.

use std::net::SocketAddr;
use std::sync::Arc;

use super::{CallId, Headers, Purpose, UserAgent, headers};
use crate::stack::digest::{self, Asked, Protection};
use crate::stack::edit;
use crate::stack::endpoint::TxId;
use crate::time::Time;
use crate::wire::sip::{Message, Name};

/// How often one request is sent again with credentials: for a proxy, a server, and a nonce that has become old.
const MAX_ANSWERS: u32 = 3;
/// Realms whose challenges are remembered.
const MAX_REALMS: usize = 8;
/// Where credentials stand.
pub(super) const CREDENTIALS: [Name; 2] = [Name::Authorization, Name::ProxyAuthorization];

/// A request by its first transaction.
#[derive(Debug)]
pub(super) struct Sent {
    /// The transaction that carries it now.
    current: TxId,
    message: Message,
    destination: Option<SocketAddr>,
    answers: u32,
}

impl UserAgent {
    /// Sends a request that may be challenged.
    pub(super) fn send(&mut self, now: Time, message: Message, destination: Option<SocketAddr>) -> TxId {
        let message = headers::demanding(message);
        if self.account.is_none() {
            return self.endpoint.send_request(now, message, destination);
        }
        let message = self.with_known_credentials(message);
        let tx = self.endpoint.send_request(now, message.clone(), destination);
        self.sent.insert(tx, Sent { current: tx, message, destination, answers: 0 });
        tx
    }

    /// The first transaction of the request that `tx` carries; `None` where it has been sent again since.
    pub(super) fn first(&self, tx: TxId) -> Option<TxId> {
        let first = self.firsts.get(&tx).copied().unwrap_or(tx);
        self.sent.get(&first).is_none_or(|sent| sent.current == tx).then_some(first)
    }

    /// The transaction that carries the request of `tx` now.
    pub(super) fn current(&self, tx: TxId) -> TxId {
        self.sent.get(&tx).map_or(tx, |sent| sent.current)
    }

    /// Nothing more comes of a request.
    pub(super) fn unsend(&mut self, tx: TxId) {
        if let Some(sent) = self.sent.remove(&tx) {
            self.firsts.remove(&sent.current);
        }
    }

    /// The octets that credentials for a request to that URI would have; none where nobody has asked for any yet.
    pub(super) fn octets_of_credentials(&self, uri: &str) -> usize {
        match self.longest_credentials {
            0 => 0,
            octets => "Proxy-Authorization: \r\n".len() + octets + uri.len(),
        }
    }

    /// The request with credentials for the realms that have asked for some already: those of proxies, which every request
    /// comes by, and for a REGISTER those of the registrar (RFC 3261 §22.2, §22.3).
    fn with_known_credentials(&mut self, message: Message) -> Message {
        let Some(account) = &self.account else { return message };
        let body = message.body();
        let (method, uri) = (message.method(), message.request_uri().unwrap_or_default());
        let asked = Asked { method, uri, body: &body };
        let fits = |known: &Protection| known.header == Name::ProxyAuthorization || method == "REGISTER";
        let mut whole = message.clone();
        for known in self.protections.iter_mut().filter(|known| fits(known)) {
            if let Some(value) = known.credentials(&asked, account, &mut self.ids) {
                whole = edit::append(&without(&whole, known.header, &known.realm), known.header.text(), &value);
            }
        }
        whole
    }

    /// Notes the credentials of an INVITE, which its ACK repeats (RFC 3261 §22.1).
    pub(super) fn keep_credentials(&mut self, id: CallId, tx: TxId) {
        let sent = self.sent.get(&tx).filter(|sent| sent.message.method() == "INVITE");
        if let (Some(sent), Some(call)) = (sent, self.calls.get_mut(&id)) {
            call.credentials = credentials_of(&sent.message);
        }
    }

    /// Takes the nonce that who let a request in wants to see next.
    pub(super) fn learn_nonce(&mut self, response: &Message) {
        let next = response.all(Name::AuthenticationInfo).find_map(|line| digest::Info::parse(&line.text()).next_nonce);
        let Some(next) = next else { return };
        let registrar = response.method() == "REGISTER";
        let mut known = self.protections.iter_mut();
        if let Some(known) = known.find(|known| registrar == (known.header == Name::Authorization)) {
            known.renew(&next);
        }
    }

    /// Whether the response to a request was a challenge that has been answered.
    pub(super) fn answer_challenge(&mut self, now: Time, first: TxId, response: &Message) -> bool {
        if !matches!(response.status(), Some(401 | 407)) {
            return false;
        }
        let (Some(account), Some(sent)) = (&self.account, self.sent.get(&first)) else { return false };
        let (method, uri) = (sent.message.method(), sent.message.request_uri().unwrap_or_default());
        let body = sent.message.body();
        let asked = Asked { method, uri, body: &body };
        let answers = digest::answers(response, &asked, account, &mut self.ids);
        // What was sent unasked may be of an old nonce, of which nobody knows any more that it was one.
        let again = sent.answers > 0;
        let refused = again && answers.iter().any(|(known, _)| is_refused(&sent.message, known, response));
        let cancelled = self.purposes.get(&first).is_some_and(|purpose| match purpose {
            Purpose::Invite(call) => self.calls.get(call).is_some_and(|call| call.cancelled),
            _ => false,
        });
        if answers.is_empty() || refused || cancelled || sent.answers >= MAX_ANSWERS {
            return false;
        }
        let octets = answers.iter().map(|(_, value)| value.len().saturating_sub(uri.len())).sum();
        self.longest_credentials = self.longest_credentials.max(octets);
        let number = self.next_number(first, &sent.message);
        let mut message = edit::replace_line(&sent.message, Name::CSeq, &format!("{number} {method}"));
        for (known, value) in &answers {
            message = edit::append(&without(&message, known.header, &known.realm), known.header.text(), value);
        }
        for (known, _) in answers {
            self.protections.retain(|other| other.header != known.header || other.realm != known.realm);
            if self.protections.len() < MAX_REALMS {
                self.protections.push(known);
            }
        }
        let current = self.endpoint.send_request(now, message.clone(), sent.destination);
        self.count(first, number, &message);
        if let Some(sent) = self.sent.get_mut(&first) {
            self.firsts.remove(&sent.current);
            self.firsts.insert(current, first);
            (sent.current, sent.message) = (current, message);
            sent.answers += 1;
        }
        true
    }

    /// The sequence number of a request that is sent again.
    fn next_number(&self, first: TxId, message: &Message) -> u32 {
        let own = message.cseq().map_or(0, |(number, _)| number);
        let dialog = match self.purposes.get(&first) {
            Some(Purpose::Modify(call) | Purpose::Bye(call) | Purpose::Other(Some(call))) => {
                self.calls.get(call).and_then(|call| call.dialog.as_ref())
            }
            Some(Purpose::Subscribe(id) | Purpose::Notify(id)) => {
                self.usages.get(id).and_then(|usage| usage.dialog.as_ref())
            }
            _ => None,
        };
        own.max(dialog.map_or(0, |dialog| dialog.local_seq())).saturating_add(1)
    }

    /// Notes the number where later requests go on counting, and the credentials where an ACK repeats them.
    fn count(&mut self, first: TxId, number: u32, message: &Message) {
        match self.purposes.get(&first).copied() {
            Some(Purpose::Register(id)) => {
                if let Some(binding) = self.bindings.get_mut(&id) {
                    binding.number = number;
                }
            }
            Some(Purpose::Subscribe(id) | Purpose::Notify(id)) => {
                let Some(usage) = self.usages.get_mut(&id) else { return };
                match &mut usage.dialog {
                    Some(dialog) => dialog.count(number),
                    None => usage.request = Arc::new(message.clone()),
                }
            }
            Some(Purpose::Invite(id) | Purpose::Modify(id) | Purpose::Bye(id) | Purpose::Other(Some(id))) => {
                let Some(call) = self.calls.get_mut(&id) else { return };
                if message.method() == "INVITE" {
                    call.credentials = credentials_of(message);
                }
                match &mut call.dialog {
                    Some(dialog) => dialog.count(number),
                    None => call.request = Arc::new(message.clone()),
                }
            }
            Some(Purpose::Other(None)) | None => {}
        }
    }
}

fn credentials_of(message: &Message) -> Headers {
    let lines = CREDENTIALS.into_iter().flat_map(|name| message.all(name).map(move |line| (name, line)));
    lines.map(|(name, line)| (name.text().to_owned(), line.text().into_owned())).collect()
}

/// Whether credentials for the same realm have been refused already, and not for the age of their nonce.
fn is_refused(sent: &Message, known: &Protection, response: &Message) -> bool {
    let (name, realm) = (known.header, known.realm.as_str());
    let known = sent.credentials(name).any(|credentials| credentials.get("realm") == Some(realm));
    let asked = if name == Name::Authorization { Name::WwwAuthenticate } else { Name::ProxyAuthenticate };
    let stale = response.challenges(asked).any(|c| {
        c.get("realm") == Some(realm) && c.get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"))
    });
    known && !stale
}

/// The message without credentials for a realm.
fn without(message: &Message, name: Name, realm: &str) -> Message {
    let mut others = Vec::new();
    for line in message.all(name) {
        let text = line.text().into_owned();
        if digest::scope(&text).0 != realm {
            others.push(text);
        }
    }
    let cleared = edit::remove_all(message, name);
    others.iter().fold(cleared, |message, line| edit::append(&message, name.text(), line))
}
