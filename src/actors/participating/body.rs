//! Session descriptions and the bodies that they lie in: what one leg says of its medium, said anew on the other.

use bytes::Bytes;

use crate::stack::offer_answer::Local;
use crate::stack::ua::Body;
use crate::wire::mime::{self, MediaType, Part};
use crate::wire::sdp::{Direction, Media, Session, Setup};
use crate::wire::sip::{Message, Name};

const SDP: &str = "application/sdp";
/// Attributes that are about an endpoint of MSRP and not about what is sent, or have a place of their own in [`Local`].
const OF_THE_ENDPOINT: &[&str] =
    &["path", "accept-types", "accept-wrapped-types", "max-size", "setup", "connection", "msrp-cema", "fingerprint"];

/// The session description of a message, if it has one.
pub(super) fn description(message: &Message) -> Option<Session> {
    message.body_of_type(SDP).map(|part| Session::parse(part.body))
}

/// The own side of a leg that says what the far end says of `media`: what it takes, which way, and all that it says
/// of what is sent (its size, the file, …). Nothing is invented (IM 6.1.2.2.2 step 1e).
pub(super) fn said_by(media: &Media<'_>, own: Local) -> Local {
    let of_what_is_sent = |name: &str| !OF_THE_ENDPOINT.contains(&name) && Direction::parse(name).is_none();
    let owned = |types: &mut dyn Iterator<Item = &str>| types.map(str::to_owned).collect();
    Local {
        accept_types: owned(&mut media.accept_types()),
        wrapped_types: owned(&mut media.accept_wrapped_types()),
        direction: media.direction(),
        max_size: media.max_size(),
        information: media.lines().find(|line| line.kind == Some('i')).map(|line| line.value.to_owned()),
        extra: media
            .attributes()
            .filter(|attribute| of_what_is_sent(attribute.name))
            .map(|attribute| (attribute.name.to_owned(), attribute.value.map(str::to_owned)))
            .collect(),
        setup: Some(Setup::ActPass),
        ..own
    }
}

/// The body of a message with another session description; that alone where the message has no other part.
pub(super) fn with_description(message: &Message, sdp: Bytes) -> Body {
    let mut parts = message.bodies();
    if parts.iter().all(|part| part.content_type().is(SDP)) {
        return (SDP.to_owned(), sdp);
    }
    match parts.iter_mut().find(|part| part.content_type().is(SDP)) {
        Some(part) => part.body = sdp,
        None => parts.insert(0, Part::new(SDP, sdp)),
    }
    let kind = message.header(Name::ContentType).map(|header| header.text().into_owned()).unwrap_or_default();
    let boundary = MediaType::parse(&kind).param("boundary").map(|b| b.into_owned());
    let media_type = match &boundary {
        Some(_) => kind.split(';').next().unwrap_or_default().trim(),
        None => "multipart/mixed",
    };
    // The sender chose a boundary that no part of his holds; of the own description nobody has asked yet.
    let mut boundary = boundary.unwrap_or_else(|| "imspec".to_owned());
    while parts.iter().any(|part| memchr::memmem::find(&part.body, format!("--{boundary}").as_bytes()).is_some()) {
        boundary.push_str("-pf");
    }
    (format!("{media_type};boundary=\"{boundary}\""), mime::write(&boundary, &parts))
}

/// The body of a message as it is.
pub(super) fn unchanged(message: &Message) -> Option<Body> {
    let kind = message.header(Name::ContentType)?.text().into_owned();
    (!message.body().is_empty()).then(|| (kind, message.body()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::offer_answer::Negotiation;
    use crate::wire::sip::Builder;

    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
        m=message 2855 TCP/MSRP *\r\ni=Minutes\r\na=accept-types:text/plain image/*\r\na=accept-wrapped-types:text/html\r\n\
        a=path:msrp://192.0.2.1:2855/a;tcp\r\na=max-size:7\r\na=setup:active\r\na=msrp-cema\r\na=sendonly\r\n\
        a=filesize:20000\r\na=x-flag\r\n";

    fn local() -> Local {
        Local::new(([192, 0, 2, 6], 2855).into(), "pf1", &["message/cpim"])
    }

    #[test]
    fn what_is_sent_is_said_as_it_was_and_the_endpoint_is_the_own_one() {
        let offer = Session::parse(OFFER.into());
        let own = said_by(&offer.media().next().expect("a medium"), local());
        let sdp = Negotiation::new("-", 5).offer(&own);
        let expected = "v=0\r\no=- 5 1 IN IP4 192.0.2.6\r\ns=-\r\nc=IN IP4 192.0.2.6\r\nt=0 0\r\n\
            m=message 2855 TCP/MSRP *\r\ni=Minutes\r\na=accept-types:text/plain image/*\r\n\
            a=accept-wrapped-types:text/html\r\na=path:msrp://192.0.2.6:2855/pf1;tcp\r\na=max-size:7\r\n\
            a=setup:actpass\r\na=sendonly\r\na=filesize:20000\r\na=x-flag\r\n";
        assert_eq!(String::from_utf8_lossy(&sdp), expected);
    }

    #[test]
    fn other_parts_of_a_body_stay() {
        let list = Part::new("application/resource-lists+xml", "<list/>").disposition("recipient-list");
        let parts = [Part::new(SDP, "v=0\r\n"), list];
        for (boundary, clash) in [("b", false), ("x", true)] {
            let message = Builder::request("INVITE", "sip:f")
                .body(&format!("multipart/mixed;boundary={boundary}"), mime::write(boundary, &parts))
                .build();
            let (kind, octets) = with_description(&message, Bytes::from_static(b"v=0\r\ns=--x\r\n"));
            let changed = Builder::request("INVITE", "sip:f").body(&kind, octets).build();
            let bodies = changed.bodies();
            assert_eq!(bodies.len(), 2, "{kind}");
            assert_eq!(&bodies[0].body[..], b"v=0\r\ns=--x\r\n");
            assert_eq!((&bodies[1].body[..], bodies[1].headers.0.len()), (&b"<list/>"[..], 2));
            assert_eq!(kind.contains("-pf"), clash);
        }
        let single = Builder::request("INVITE", "sip:f").body(SDP, "v=0\r\n").build();
        assert_eq!(with_description(&single, Bytes::from_static(b"new")), (SDP.to_owned(), Bytes::from_static(b"new")));
    }
}
