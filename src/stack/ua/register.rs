//! Registration (RFC 3261 §10.2): REGISTER, refreshed before the binding ends.

use std::net::SocketAddr;
use std::sync::Arc;

use super::call::MAX_RETRIES;
use super::subscribe::before;
use super::{Alarm, Headers, Purpose, UaEvent, UserAgent, headers};
use crate::stack::endpoint::TxId;
use crate::time::Time;
use crate::wire::sip::{Builder, Message, Name, NameAddr};
use crate::wire::uri;

/// A registration of a user agent. Numbers are not used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RegistrationId(pub u64);

/// What to register.
#[derive(Clone, Debug, Default)]
pub struct Registration {
    /// The Request-URI: the domain of the registrar.
    pub registrar: String,
    /// The address-of-record, in From and To.
    pub address_of_record: String,
    /// The Contact value with its feature parameters.
    pub contact: String,
    /// The expiration asked for, in seconds.
    pub expires: u32,
    pub headers: Headers,
    /// Where to send it, against Route and outbound proxy.
    pub destination: Option<SocketAddr>,
}

/// A registration and where it stands.
#[derive(Debug)]
pub(super) struct Binding {
    wanted: Registration,
    from: String,
    call_id: String,
    pub(super) number: u32,
    pending: Option<TxId>,
    scheduled: Option<Time>,
    retries: u32,
}

impl UserAgent {
    /// Registers, and again before the binding ends.
    pub fn register(&mut self, now: Time, registration: Registration) -> RegistrationId {
        self.next_binding += 1;
        let id = RegistrationId(self.next_binding);
        let binding = Binding {
            from: headers::with_tag(&registration.address_of_record, || self.ids.tag()),
            call_id: self.ids.call_id(&self.endpoint.config().local.ip().to_string()),
            wanted: registration,
            number: 0,
            pending: None,
            scheduled: None,
            retries: 0,
        };
        self.bindings.insert(id, binding);
        self.register_again(now, id);
        self.settle(now);
        id
    }

    /// Registers the same binding with another Contact value (and its feature parameters) at once.
    pub fn reregister(&mut self, now: Time, id: RegistrationId, contact: String) {
        let Some(binding) = self.bindings.get_mut(&id) else { return };
        binding.wanted.contact = contact;
        self.register_again(now, id);
        self.settle(now);
    }

    /// Removes the binding (RFC 3261 §10.2.2).
    pub fn unregister(&mut self, now: Time, id: RegistrationId) {
        let Some(binding) = self.bindings.get_mut(&id) else { return };
        binding.wanted.expires = 0;
        self.register_again(now, id);
        self.settle(now);
    }

    pub(super) fn register_again(&mut self, now: Time, id: RegistrationId) {
        self.schedule_registration(id, None);
        let Some(binding) = self.bindings.get_mut(&id) else { return };
        binding.number = binding.number.saturating_add(1);
        let wanted = &binding.wanted;
        let builder = Builder::request("REGISTER", &wanted.registrar)
            .header("Max-Forwards", 70)
            .header("From", &binding.from)
            .header("To", &wanted.address_of_record)
            .header("Call-ID", &binding.call_id)
            .header("CSeq", format!("{} REGISTER", binding.number))
            .header("Contact", &wanted.contact)
            .header("Expires", wanted.expires);
        let builder = headers::add(builder, &wanted.headers);
        let message = self.profile.complete_request(builder, "REGISTER", false).build();
        let destination = wanted.destination;
        let tx = self.send(now, message, destination);
        let older = self.bindings.get_mut(&id).and_then(|binding| binding.pending.replace(tx));
        if let Some(older) = older {
            self.purposes.remove(&older);
            self.unsend(older);
        }
        self.purposes.insert(tx, Purpose::Register(id));
    }

    pub(super) fn register_response(&mut self, now: Time, id: RegistrationId, tx: TxId, message: Arc<Message>) {
        self.purposes.remove(&tx);
        let Some(binding) = self.bindings.get_mut(&id).filter(|binding| binding.pending == Some(tx)) else { return };
        binding.pending = None;
        match message.status() {
            Some(200..=299) => {
                binding.retries = 0;
                let expires = granted(&binding.wanted, &message);
                if expires == 0 {
                    self.bindings.remove(&id);
                } else {
                    self.schedule_registration(id, Some(now + before(expires)));
                }
                self.events.push_back(UaEvent::Registered { registration: id, expires, message });
            }
            Some(423) if binding.retries < MAX_RETRIES && min_expires(&message) > Some(binding.wanted.expires) => {
                binding.retries += 1;
                binding.wanted.expires = min_expires(&message).unwrap_or(binding.wanted.expires);
                self.register_again(now, id);
            }
            _ => self.events.push_back(UaEvent::NotRegistered { registration: id, message: Some(message) }),
        }
    }

    pub(super) fn register_failed(&mut self, id: RegistrationId, tx: TxId) {
        self.purposes.remove(&tx);
        let Some(binding) = self.bindings.get_mut(&id).filter(|binding| binding.pending == Some(tx)) else { return };
        binding.pending = None;
        self.events.push_back(UaEvent::NotRegistered { registration: id, message: None });
    }

    fn schedule_registration(&mut self, id: RegistrationId, at: Option<Time>) {
        let Some(binding) = self.bindings.get_mut(&id) else { return };
        if let Some(old) = std::mem::replace(&mut binding.scheduled, at) {
            self.deadlines.remove(&(old, Alarm::Registration(id)));
        }
        self.deadlines.extend(at.map(|at| (at, Alarm::Registration(id))));
    }
}

/// How long the registrar keeps the binding, in seconds (RFC 3261 §10.2.4): what its Contact says, else its Expires,
/// else what was asked for.
fn granted(wanted: &Registration, message: &Message) -> u32 {
    if wanted.expires == 0 {
        return 0;
    }
    let own = NameAddr::parse(&wanted.contact).uri;
    let contact = message.addresses(Name::Contact).find(|contact| uri::same(contact.uri, own));
    let by_contact = contact.and_then(|contact| contact.params.get("expires")).and_then(|text| text.parse().ok());
    let by_header = || message.header(Name::Expires).and_then(|header| header.text().trim().parse().ok());
    by_contact.or_else(by_header).unwrap_or(wanted.expires)
}

fn min_expires(message: &Message) -> Option<u32> {
    message.header(Name::MinExpires)?.text().trim().parse().ok()
}
