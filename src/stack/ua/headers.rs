//! What a user agent says of itself in every message, and how its user's headers get there.

use super::{Body, Headers};
use crate::stack::edit;
use crate::stack::security::{as_sips, demands_sips};
use crate::stack::session_timer::Policy;
use crate::time::Time;
use crate::wire::mime::date;
use crate::wire::sip::{Builder, Message, Name, NameAddr};

/// What a user agent is, says of itself, and understands. Its user gives all of it.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// The Contact value of calls, with its feature parameters.
    pub contact: String,
    /// The methods of Allow. A request of another method is refused with 405 or 501.
    pub allow: Vec<String>,
    /// The option tags of Supported; those of the session timer included.
    pub supported: Vec<String>,
    /// Option tags that a peer may require beyond those of Supported.
    pub understood: Vec<String>,
    pub user_agent: Option<String>,
    pub server: Option<String>,
    pub session: Policy,
    /// What it sends is somebody else's (a B2BUA): it does not try again with what a 422 or 491 asks for, but says so,
    /// and a Replaces that names no dialog of its own may name one further on.
    pub forwards: bool,
    /// Methods that are taken although Allow, which speaks of calls, does not list them.
    pub takes: Vec<String>,
    /// Every response but 100 says when it was made.
    pub dates: bool,
}

impl Profile {
    /// Whether a request of that method is taken.
    pub(super) fn allows(&self, method: &str) -> bool {
        self.allow.iter().chain(&self.takes).any(|allowed| allowed == method)
    }

    /// Whether an option tag may be required.
    pub(super) fn understands(&self, tag: &str) -> bool {
        self.supported.iter().chain(&self.understood).any(|known| known.eq_ignore_ascii_case(tag))
    }

    /// Adds what is missing: Contact in a request that makes or refreshes a dialog, Allow, Supported, User-Agent.
    pub(super) fn complete_request(&self, builder: Builder, method: &str, dialog: bool) -> Builder {
        let target_refresh = matches!(method, "INVITE" | "UPDATE");
        let builder = if dialog { missing(builder, "Contact", &self.contact) } else { builder };
        let builder = if target_refresh { missing(builder, "Allow", &self.allow.join(", ")) } else { builder };
        // Session timers want Supported in every request but ACK (RFC 4028 §7.1).
        let builder = if method == "ACK" { builder } else { missing(builder, "Supported", &self.supported.join(", ")) };
        cleaned(missing(builder, "User-Agent", self.user_agent.as_deref().unwrap_or_default()))
    }

    /// Adds the Date of a response, where this user agent dates them (RFC 3261 §20.17).
    pub(super) fn date(&self, builder: Builder, status: u16, now: Time) -> Builder {
        match self.dates && status > 100 {
            true => missing(builder, "Date", &date::to_rfc1123(now.0 / 1_000_000_000)),
            false => builder,
        }
    }

    /// Adds what is missing: Contact in what makes a dialog, Allow and Supported where a peer learns from it, Server.
    pub(super) fn complete_response(&self, builder: Builder, method: &str, status: u16, dialog: bool) -> Builder {
        let good = (101..300).contains(&status);
        let builder = if dialog && good { missing(builder, "Contact", &self.contact) } else { builder };
        let tells = match method {
            "INVITE" | "UPDATE" => good,
            "OPTIONS" => (200..300).contains(&status),
            _ => false,
        };
        let builder = if tells || status == 405 || status == 501 {
            missing(builder, "Allow", &self.allow.join(", "))
        } else {
            builder
        };
        let builder = if tells { missing(builder, "Supported", &self.supported.join(", ")) } else { builder };
        let server = if status > 100 { self.server.as_deref().unwrap_or_default() } else { "" };
        cleaned(missing(builder, "Server", server))
    }
}

/// A request with such a Contact where it demands that itself (RFC 3261 §8.1.1.8).
pub(super) fn demanding(request: Message) -> Message {
    if demands_sips(&request) { reachable(request.clone(), &request) } else { request }
}

/// The response to a request, with a Contact that is reached over TLS where the request demands that (RFC 3261 §12.1.1).
pub(super) fn reachable(message: Message, request: &Message) -> Message {
    let contact = message.header(Name::Contact).map(|contact| contact.text().into_owned());
    match contact.filter(|contact| contact != "*" && demands_sips(request)) {
        Some(contact) => edit::replace_line(&message, Name::Contact, &as_sips(&contact)),
        None => message,
    }
}

/// Adds the user's headers; those that a request or response has once replace what is there.
pub(super) fn add(mut builder: Builder, headers: &Headers) -> Builder {
    for (name, value) in headers {
        let single = ["Call-ID", "CSeq", "Max-Forwards", "To", "From"].iter().any(|one| one.eq_ignore_ascii_case(name));
        builder = if single { builder.set(name, value) } else { builder.header(name, value) };
    }
    builder
}

/// The value of the user's header of that name.
pub(super) fn find<'h>(headers: &'h Headers, name: &str) -> Option<&'h str> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

pub(super) fn with_body(builder: Builder, body: Option<Body>) -> Builder {
    match body {
        Some((content_type, octets)) => builder.body(&content_type, octets),
        None => builder,
    }
}

/// A From or To value with a tag, its own where it has one.
pub(super) fn with_tag(value: &str, tag: impl FnOnce() -> String) -> String {
    match NameAddr::parse(value).tag() {
        Some(_) => value.to_owned(),
        // A bare URI takes its parameters for header parameters, so it gets brackets first.
        None if !value.contains('<') && value.contains(';') => format!("<{value}>;tag={}", tag()),
        None => format!("{value};tag={}", tag()),
    }
}

fn missing(builder: Builder, name: &str, value: &str) -> Builder {
    match builder.get(name) {
        None if !value.is_empty() => builder.header(name, value),
        _ => builder,
    }
}

/// Drops the headers that the user kept away with an empty value.
fn cleaned(mut builder: Builder) -> Builder {
    for name in ["Contact", "Allow", "Supported", "User-Agent", "Server", "Session-Expires"] {
        if builder.get(name) == Some("") {
            builder = builder.remove(name);
        }
    }
    builder
}
