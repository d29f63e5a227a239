//! Who a request is from, and who may know: asserted identities within the trusted network (RFC 3325, RFC 3323).

use std::net::SocketAddr;

use super::Core;
use crate::stack::endpoint;
use crate::stack::proxy::Forward;
use crate::wire::sip::{Message, Name};
use crate::wire::uri::Uri;

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
        let by_name = named.filter(|(user, _)| match authenticated {
            Some(known) => known.eq_ignore_ascii_case(user),
            None => self.location.has(user),
        });
        let known = authenticated.or_else(|| self.location.at(sender(message, remote)));
        let own = |user: &str| format!("sip:{user}@{}", self.config.domain);
        if let Some(identity) = by_name.map(|(_, uri)| uri).or_else(|| known.map(own)) {
            forward.add.push(("P-Asserted-Identity".to_owned(), format!("<{identity}>")));
        }
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
