//! What an endpoint says about itself in its next description.

use std::net::{IpAddr, SocketAddr};

use super::plan::{PLAIN, TLS};
use crate::stack::{Fingerprint, Security, fingerprint};
use crate::wire::sdp::{Builder, Direction, Setup};

/// The own side of an MSRP session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Local {
    pub host: IpAddr,
    pub port: u16,
    /// That of the certificate that is shown on connections, where they are secured.
    pub fingerprint: Option<Fingerprint>,
    /// The session-id of the own URI; hard to guess, and of this session alone (RFC 4975 §8.2).
    pub session_id: String,
    /// What may come, most welcome first; `*` and `type/*` too (RFC 4975 §8.6).
    pub accept_types: Vec<String>,
    /// What may come inside containers only.
    pub wrapped_types: Vec<String>,
    pub direction: Direction,
    /// In an offer, what is written (no attribute for `None`, as before RFC 6135). In an answer `Active` asks to
    /// connect where the offer leaves the choice; all others prefer to be connected to.
    pub setup: Option<Setup>,
    /// In octets.
    pub max_size: Option<u64>,
    /// Text about the medium, in its `i=` line (RFC 4566 §5.4).
    pub information: Option<String>,
    /// Attributes written behind all others; no value for a flag.
    pub extra: Vec<(String, Option<String>)>,
    /// The relays that act on behalf of this side, where it has some.
    pub through: Option<Through>,
    /// The session is to be over: an offer of it has port 0 (RFC 3264 §8.2).
    pub closed: bool,
}

/// The way through the relays of one side (RFC 4976 §5.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Through {
    /// The URIs that they gave for this session, the nearest first.
    pub use_path: Vec<String>,
    /// Where the nearest one is.
    pub relay: SocketAddr,
}

impl Local {
    /// Both ways, actpass, of any size.
    pub fn new(at: SocketAddr, session_id: impl Into<String>, accept_types: &[&str]) -> Local {
        Local {
            host: at.ip(),
            port: at.port(),
            fingerprint: None,
            session_id: session_id.into(),
            accept_types: accept_types.iter().map(|&t| t.to_owned()).collect(),
            wrapped_types: Vec::new(),
            direction: Direction::SendRecv,
            setup: Some(Setup::ActPass),
            max_size: None,
            information: None,
            extra: Vec::new(),
            through: None,
            closed: false,
        }
    }

    /// Over TLS, where the host secures its MSRP.
    #[must_use]
    pub fn secured(self, security: &Security) -> Local {
        Local { fingerprint: security.msrp.clone(), ..self }
    }

    /// The own MSRP URI (RFC 4975 §6).
    pub fn uri(&self) -> String {
        let scheme = if self.fingerprint.is_some() { "msrps" } else { "msrp" };
        format!("{scheme}://{}/{};tcp", SocketAddr::new(self.host, self.port), self.session_id)
    }

    /// The whole path of the description: who wants to reach this side comes by its relays first, the outermost of them
    /// nearest to him (RFC 4975 §8.3, RFC 4976 §5.1).
    fn path(&self) -> String {
        let relays = self.through.iter().flat_map(|through| through.use_path.iter().rev());
        relays.cloned().chain([self.uri()]).collect::<Vec<_>>().join(" ")
    }

    /// The protocol of the `m=` line (RFC 4975 §8.1).
    pub(super) fn protocol(&self) -> &'static str {
        if self.fingerprint.is_some() { TLS } else { PLAIN }
    }

    /// Whether an attribute of that name is among the extra ones.
    pub(super) fn has(&self, name: &str) -> bool {
        self.extra.iter().any(|(n, _)| n == name)
    }

    /// Writes the media description. Who connects names the discard port (RFC 4145 §4.1, RFC 6135 §4.2.2).
    pub(super) fn write(&self, builder: Builder, direction: Direction, setup: Option<Setup>) -> Builder {
        let port = match setup {
            _ if self.closed => 0,
            Some(Setup::Active) => 9,
            _ => self.port,
        };
        let mut builder = builder.media("message", port, self.protocol(), "*");
        if let Some(information) = &self.information {
            builder = builder.line('i', information);
        }
        builder = builder.attribute("accept-types", self.accept_types.join(" "));
        if !self.wrapped_types.is_empty() {
            builder = builder.attribute("accept-wrapped-types", self.wrapped_types.join(" "));
        }
        builder = builder.attribute("path", self.path());
        if let Some(size) = self.max_size {
            builder = builder.attribute("max-size", size);
        }
        if let Some(setup) = setup {
            builder = builder.attribute("setup", setup.name());
        }
        // Through a relay the peer does not see the certificate of this side.
        if let Some(fingerprint) = self.fingerprint.as_ref().filter(|_| self.through.is_none()) {
            builder = builder.attribute(fingerprint::ATTRIBUTE, fingerprint);
        }
        builder = builder.direction(direction);
        for (name, value) in &self.extra {
            builder = match value {
                Some(value) => builder.attribute(name, value),
                None => builder.flag(name),
            };
        }
        builder
    }
}
