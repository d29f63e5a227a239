//! What a proxy does to a request on arrival and before it leaves (RFC 3261 §16.3, §16.4, §16.6).

use crate::stack::edit;
use crate::stack::endpoint::{Config, resolve};
use crate::wire::sip::{Message, Name, NameAddr};
use crate::wire::uri::{self, Scheme, Uri};

/// The status to refuse a request with (RFC 3261 §16.3), and the option tags for Unsupported.
pub(super) fn refusal(message: &Message, understood: &[String]) -> Option<(u16, String)> {
    let target = message.request_uri().unwrap_or_default();
    if Uri::parse(target).scheme == Scheme::Other && !target.contains(':') {
        return Some((416, String::new()));
    }
    if message.header(Name::MaxForwards).is_some_and(|hops| hops.text().trim() == "0") {
        return Some((483, String::new()));
    }
    let unknown = |tag: &&str| !understood.iter().any(|known| known.eq_ignore_ascii_case(tag));
    let unsupported: Vec<&str> = message.values(Name::ProxyRequire).map(|(_, tag)| tag).filter(unknown).collect();
    (!unsupported.is_empty()).then(|| (420, unsupported.join(", ")))
}

/// The request with what strict routing turned around put right, without the Route for this proxy, and with one hop
/// less (RFC 3261 §16.4, §16.6 step 3); and that Route.
pub(super) fn arrived(message: &Message, own_uri: &str, config: &Config) -> (Message, Option<String>) {
    let mut message = message.clone();
    if message.request_uri().is_some_and(|target| uri::same(target, own_uri))
        && let Some(last) = message.values(Name::Route).last().map(|(span, value)| (span, value.to_owned()))
    {
        message = edit::remove_last(&message, Name::Route);
        message = edit::set_request_uri(&message, NameAddr::parse(&last.1).uri);
    }
    let own = |route: &str| resolve(NameAddr::parse(route).uri, &config.names).is_some_and(|(at, _)| config.is_own(at));
    let next = |message: &Message| {
        message.values(Name::Route).next().map(|(_, route)| route.to_owned()).filter(|route| own(route))
    };
    let top = next(&message);
    // Where it went between transports there are two of its own (RFC 5658 §5).
    for _ in 0..2 {
        if next(&message).is_some() {
            message = edit::remove_top(&message, Name::Route);
        }
    }
    let counted = match message.header(Name::MaxForwards).map(|hops| hops.text().trim().parse::<u32>()) {
        None => edit::append(&message, "Max-Forwards", "70"),
        Some(Ok(hops)) => edit::replace_top(&message, Name::MaxForwards, &hops.saturating_sub(1).min(255).to_string()),
        Some(Err(_)) => edit::replace_top(&message, Name::MaxForwards, "70"),
    };
    (counted, top)
}

/// Whether a Route leads on, or, within a dialog, the Request-URI does.
pub(super) fn leads_on(message: &Message, config: &Config) -> bool {
    let in_dialog = message.to().is_some_and(|to| to.tag().is_some());
    let route = message.values(Name::Route).next().map(|(_, route)| NameAddr::parse(route).uri);
    let next = match route {
        Some(route) => Some(route),
        None if in_dialog => message.request_uri(),
        None => None,
    };
    next.and_then(|next| resolve(next, &config.names)).is_some_and(|(at, _)| !config.is_own(at))
}

/// Turns the request around for a next hop that routes strictly (RFC 3261 §16.6 step 6).
pub(super) fn strict_next_hop(message: Message) -> Message {
    let Some((_, first)) = message.values(Name::Route).next() else { return message };
    let first = NameAddr::parse(first).uri.to_owned();
    if Uri::parse(&first).param("lr").is_some() {
        return message;
    }
    let target = message.request_uri().unwrap_or_default().to_owned();
    let turned = edit::remove_top(&message, Name::Route);
    edit::set_request_uri(&edit::append(&turned, "Route", &format!("<{target}>")), &first)
}
