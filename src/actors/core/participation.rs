//! Servers that sessions of their users go through, as initial filter criteria have it in a 3GPP IMS (TS 24.229 §5.4.3):
//! which one an invitation goes to next, and how it comes back.

use std::net::SocketAddr;

use super::Core;
use crate::stack::proxy::Forward;
use crate::wire::sip::{Message, Name, NameAddr};
use crate::wire::uri::{self, Uri};

/// A server that sessions of its users go through.
#[derive(Clone, Debug)]
pub struct Participating {
    pub sip: SocketAddr,
    /// Addresses of its users.
    pub serves: Vec<String>,
}

/// For which of the two users of a session a request has been to a server. It comes back by a Route with that word in
/// front of the core's address, so that it goes to none twice (TS 24.229 §5.4.3.2: original dialog identifier).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Served {
    Originating,
    Terminating,
}

impl Served {
    fn word(self) -> &'static str {
        match self {
            Served::Originating => "originating",
            Served::Terminating => "terminating",
        }
    }

    /// What the Route says by which a request came.
    pub(super) fn of(route: &str) -> Option<Served> {
        let user = Uri::parse(NameAddr::parse(route).uri).user?;
        [Served::Originating, Served::Terminating].into_iter().find(|served| served.word() == user)
    }
}

impl Core {
    /// Leads an invitation to the server of its sender, where he sends it himself, then to that of its recipient; says
    /// whether there is one that it has not been to.
    pub(super) fn participate(
        &self,
        message: &Message,
        from_user: bool,
        served: Option<Served>,
        forward: &mut Forward,
    ) -> bool {
        if message.method() != "INVITE" || served == Some(Served::Terminating) {
            return false;
        }
        let serving = |address: &str| {
            let mut functions = self.config.participating.iter();
            functions.find(|function| function.serves.iter().any(|user| uri::same(user, address)))
        };
        let sender = message.address(Name::PPreferredIdentity).or_else(|| message.from()).map(|sender| sender.uri);
        let originating = sender.filter(|_| from_user && served.is_none()).and_then(serving);
        let (function, stage) = match (originating, message.request_uri().and_then(serving)) {
            (Some(function), _) => (function, Served::Originating),
            (None, Some(function)) => (function, Served::Terminating),
            (None, None) => return false,
        };
        let back = self.proxy.uri().replacen("sip:", &format!("sip:{}@", stage.word()), 1);
        forward.route =
            vec![format!("<sip:{}{};lr>", function.sip, self.config.security.parameters()), format!("<{back}>")];
        true
    }
}
