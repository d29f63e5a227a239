//! Who a request is from, and who may know: asserted identities within the trusted network (RFC 3325, RFC 3323).

use std::net::SocketAddr;

use super::Core;
use crate::stack::endpoint;
use crate::stack::proxy::Forward;
use crate::wire::sip::{Message, Name, NameAddr};
use crate::wire::uri::{Scheme, Uri};

impl Core {
    /// Whether a request came from a server of this network. What such a server says of identities is believed.
    pub(super) fn is_trusted(&self, message: &Message, remote: SocketAddr) -> bool {
        self.trusted.contains(&sender(message, remote))
    }

    /// The identity of a known sender is asserted, and what it says itself is taken out (RFC 3325 §5). Who gave a password
    /// is known by it; else who has registered, by the identity that he prefers or by the address he registered from.
    pub(super) fn assert_identity(
        &self,
        message: &Message,
        remote: SocketAddr,
        authenticated: Option<&str>,
        forward: &mut Forward,
    ) {
        forward.remove.extend([Name::PPreferredIdentity, Name::PAssertedIdentity]);
        let named = message.address(Name::PPreferredIdentity).or_else(|| message.from());
        let named = named.map(|identity| (user_of(identity.uri), identity.uri.to_owned()));
        // Where passwords are asked for, who did not give one is nobody that could be vouched for.
        if self.guard.is_some() && authenticated.is_none() {
            return;
        }
        let by_name = named.filter(|(user, uri)| match authenticated {
            Some(known) => known.eq_ignore_ascii_case(user),
            None => self.is_of_domain(uri) && self.location.has(user),
        });
        let known = authenticated.or_else(|| self.location.at(sender(message, remote)));
        let own = |user: &str| format!("sip:{user}@{}", self.config.domain);
        if let Some(identity) = by_name.map(|(_, uri)| uri).or_else(|| known.map(own)) {
            forward.add.push(("P-Asserted-Identity".to_owned(), format!("<{identity}>")));
        }
    }

    /// Whether a sender who is known by his password names himself and nobody else: in From, where he may also hide who
    /// he is (RFC 3323 §4.1.1.3), and in what he prefers to be called (RFC 3325 §4). Servers take one or the other for
    /// who he is.
    pub(super) fn speaks_for_himself(&self, message: &Message, user: &str) -> bool {
        let from = message.all(Name::From).map(|header| NameAddr::parse(message.str(header.span())).uri);
        let mut preferred = message.addresses(Name::PPreferredIdentity).map(|identity| identity.uri);
        let mut from = from.filter(|uri| !is_anonymous(uri));
        from.all(|uri| self.is_address_of(uri, user)) && preferred.all(|uri| self.is_address_of(uri, user))
    }

    /// Whether a user may make the registration that a REGISTER asks for: his own (RFC 3261 §10.3 steps 3 to 5).
    pub(super) fn may_register(&self, message: &Message, user: &str) -> bool {
        let addresses = |name| message.all(name).map(|header| NameAddr::parse(message.str(header.span())).uri);
        addresses(Name::To).chain(addresses(Name::From)).all(|uri| self.is_address_of(uri, user))
    }

    /// Who says that he is of this domain, or hides who he is, must show it; those of other domains cannot.
    pub(super) fn must_authenticate(&self, message: &Message) -> bool {
        let from = message.all(Name::From).map(|header| NameAddr::parse(message.str(header.span())).uri);
        let mut named = from.chain(message.addresses(Name::PPreferredIdentity).map(|identity| identity.uri));
        let foreign = |uri: &str| Uri::parse(uri).host.is_some() && !self.is_of_domain(uri) && !is_anonymous(uri);
        named.any(|uri| !foreign(uri))
    }

    /// Whether a request belongs to a dialog. There the Request-URI is where the peer is (RFC 3261 §12.2.1.1), and no
    /// address of record or service: what is for one of these begins something, whatever tag it has.
    pub(super) fn is_in_dialog(&self, message: &Message) -> bool {
        let target = message.request_uri().unwrap_or_default();
        let tagged = message.to().is_some_and(|to| to.tag().is_some());
        tagged && !(self.guard.is_some() && (self.is_of_domain(target) || self.service(target).is_some()))
    }

    fn is_of_domain(&self, uri: &str) -> bool {
        let host = Uri::parse(uri).host;
        host.is_some_and(|host| host.to_string().eq_ignore_ascii_case(&self.config.domain))
    }

    /// Whether a URI is the address of record of a user.
    fn is_address_of(&self, uri: &str, user: &str) -> bool {
        let sip = matches!(Uri::parse(uri).scheme, Scheme::Sip | Scheme::Sips);
        sip && self.is_of_domain(uri) && user_of(uri) == user.to_ascii_lowercase()
    }

    /// What must not reach a host that is not trusted: the asserted identity of a sender who wants it hidden (RFC 3325 §7),
    /// and what this core would charge for (RFC 7315 §6.6).
    pub(super) fn withhold(&self, message: &Message, forward: &mut Forward) {
        forward.add.retain(|(name, _)| name != "P-Charging-Vector");
        if wants_hiding(message) {
            forward.remove.push(Name::PAssertedIdentity);
            forward.add.retain(|(name, _)| name != "P-Asserted-Identity");
        }
    }
}

/// The user part of a URI as the core compares it.
pub(super) fn user_of(uri: &str) -> String {
    Uri::parse(uri).user.unwrap_or_default().to_ascii_lowercase()
}

/// Whether a URI is one of those that stand for somebody who is not named (RFC 3323 §4.1.1.3).
fn is_anonymous(uri: &str) -> bool {
    Uri::parse(uri).host.is_some_and(|host| host.to_string().eq_ignore_ascii_case("anonymous.invalid"))
}

/// Values of Privacy stand between semicolons (RFC 3323 §4.2).
fn wants_hiding(message: &Message) -> bool {
    message.all(Name::Privacy).any(|line| line.text().split([';', ',']).any(|v| v.trim().eq_ignore_ascii_case("id")))
}

/// The address that the host of a request takes SIP at: over a stream its port is not the one that the request comes from.
pub(super) fn sender(message: &Message, remote: SocketAddr) -> SocketAddr {
    match message.via().filter(|via| !via.transport.eq_ignore_ascii_case("UDP")) {
        Some(via) => SocketAddr::new(remote.ip(), via.port.unwrap_or(endpoint::DEFAULT_PORT)),
        None => remote,
    }
}
