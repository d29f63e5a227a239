//! Which headers of one leg go on to the other (IM 6.1.2.2.1): all of them, but those that belong to one leg alone.
//!
//! What a header means is not asked here.

use crate::stack::ua::Headers;
use crate::wire::sip::{Message, Name, NameAddr};

/// The headers of a request that goes on as another request. `own_route` says which Route was for this function.
pub(super) fn of_request(message: &Message, own_route: impl Fn(&str) -> bool) -> Headers {
    let initial = message.to().is_none_or(|to| to.tag().is_none());
    let mut headers = carried(message, |name| {
        matches!(
            name,
            Name::Via
                | Name::From
                | Name::To
                | Name::CallId
                | Name::CSeq
                | Name::Contact
                | Name::Route
                | Name::RecordRoute
                | Name::MaxForwards
                | Name::Allow
                | Name::Supported
                | Name::ProxyRequire
                | Name::RAck
        )
    });
    if initial {
        // What lies behind this function is the way that the request has still to go.
        let mut routes = message.values(Name::Route).map(|(_, route)| route).peekable();
        routes.next_if(|route| own_route(route));
        headers.extend(routes.map(|route| (Name::Route.text().to_owned(), route.to_owned())));
    }
    headers.push((Name::MaxForwards.text().to_owned(), hops(message).saturating_sub(1).to_string()));
    headers
}

/// The headers of a response that goes on as a response of this side.
pub(super) fn of_response(message: &Message) -> Headers {
    let good = message.status().is_some_and(|status| status < 300);
    carried(message, |name| match name {
        Name::Via
        | Name::From
        | Name::To
        | Name::CallId
        | Name::CSeq
        | Name::RecordRoute
        | Name::Server
        | Name::Supported
        | Name::RSeq => true,
        // Each leg has a target and a session timer of its own. Of a failure they say what to do next.
        Name::Contact | Name::Allow | Name::Require | Name::SessionExpires | Name::MinSe => good,
        _ => false,
    })
}

/// How many hops a request has left.
pub(super) fn hops(message: &Message) -> u32 {
    let stated = message.header(Name::MaxForwards).and_then(|hops| hops.text().trim().parse().ok());
    stated.map_or(70, |hops: u32| hops.min(255))
}

/// From or To as it was, without its tag.
pub(super) fn untagged(message: &Message, name: Name) -> String {
    let Some(address) = message.address(name) else { return String::new() };
    let mut text = address.display.to_owned();
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(&format!("<{}>", address.uri));
    for (parameter, value) in address.params.iter().filter(|(parameter, _)| !parameter.eq_ignore_ascii_case("tag")) {
        text.push(';');
        text.push_str(parameter);
        if !value.is_empty() {
            text.push('=');
            text.push_str(value);
        }
    }
    text
}

/// The own Contact with what the far end says of itself in its own (RFC 3840 §9): who talks to a focus or to an
/// automaton must know.
pub(super) fn contact(own: &str, message: &Message) -> String {
    let mut contact = own.to_owned();
    let known = NameAddr::parse(own).params;
    let Some(theirs) = message.contact() else { return contact };
    for (name, value) in theirs.params.iter() {
        let of_the_binding = ["q", "expires", "reg-id", "+sip.instance"].iter().any(|p| p.eq_ignore_ascii_case(name));
        if !of_the_binding && !known.has(name) {
            contact.push(';');
            contact.push_str(name);
            if !value.is_empty() {
                contact.push('=');
                contact.push_str(value);
            }
        }
    }
    contact
}

fn carried(message: &Message, is_of_one_leg: impl Fn(Name) -> bool) -> Headers {
    let kept = message.headers().filter(|header| {
        let described = matches!(header.name(), Name::ContentType | Name::ContentLength);
        !described && !is_of_one_leg(header.name())
    });
    kept.map(|header| {
        let name = match header.name() {
            Name::Other => header.spelling(),
            name => name.text(),
        };
        (name.to_owned(), header.text().into_owned())
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sip::Builder;

    fn invite() -> Message {
        Builder::request("INVITE", "sip:bob@example.org")
            .header("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx")
            .header("Max-Forwards", "9")
            .header("Route", "<sip:192.0.2.6;lr>, <sip:odi@192.0.2.5;lr>")
            .header("f", "\"A, B\" <sip:a@example.org>;tag=1;x=y")
            .header("To", "sip:bob@example.org")
            .header("Call-ID", "c")
            .header("CSeq", "1 INVITE")
            .header("m", "<sip:a@192.0.2.1>;+g.oma.sip-im;isfocus;expires=3")
            .header("a", "*;+g.oma.sip-im")
            .header("Privacy", "id")
            .header("X-Unknown", "kept")
            .header("k", "timer, 100rel")
            .header("Session-Expires", "1800;refresher=uac")
            .header("c", "application/sdp")
            .octets("v=0\r\n")
            .build()
    }

    #[test]
    fn all_goes_on_but_what_belongs_to_one_leg() {
        let own = |route: &str| route.contains("192.0.2.6");
        let headers = of_request(&invite(), own);
        let text: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let expected = [
            "Accept-Contact: *;+g.oma.sip-im",
            "Privacy: id",
            "X-Unknown: kept",
            "Session-Expires: 1800;refresher=uac",
            "Route: <sip:odi@192.0.2.5;lr>",
            "Max-Forwards: 8",
        ];
        assert_eq!(text, expected);
        assert_eq!(untagged(&invite(), Name::From), "\"A, B\" <sip:a@example.org>;x=y");
        assert_eq!(untagged(&invite(), Name::To), "<sip:bob@example.org>");
        assert_eq!(contact("<sip:pf@192.0.2.6>;+g.oma.sip-im", &invite()), "<sip:pf@192.0.2.6>;+g.oma.sip-im;isfocus");
    }

    #[test]
    fn of_responses_only_failures_say_where_to_go_and_how_long() {
        let response = |status| {
            let builder = Builder::response(&invite(), status, "Any").header("Contact", "<sip:c@192.0.2.3>");
            builder.header("Min-SE", "200").header("Warning", "399 x \"y\"").header("Server", "z").build()
        };
        for (status, expected) in [(200, vec!["Warning"]), (302, vec!["Contact", "Min-SE", "Warning"])] {
            let names: Vec<String> = of_response(&response(status)).into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, expected, "{status}");
        }
    }

    #[test]
    fn hops_are_those_that_are_left() {
        let of = |value: Option<&str>| hops(&Builder::request("INVITE", "sip:b").maybe("Max-Forwards", value).build());
        assert_eq!([of(None), of(Some("0")), of(Some("x")), of(Some("300"))], [70, 0, 70, 255]);
    }
}
