//! Third-party registration: services learn who has registered, and with which feature tags (3GPP TS 24.229 §5.4.1.7).
//!
//! It writes the REGISTER only; who is told, and when, is the core's.

use crate::wire::sip::{Builder, Message};

/// What a REGISTER to a service says.
pub(super) struct Notice<'a> {
    /// URI of the service.
    pub service: &'a str,
    /// Public user identity.
    pub user: &'a str,
    /// URI of the core, which registers in the user's place.
    pub core: &'a str,
    /// How long the user is registered, in seconds; 0 where he no longer is.
    pub expires: u32,
    /// What the user's client sent, for its Contact: the service's own is the core's.
    pub request: &'a Message,
}

/// The REGISTER, with the client's own inside (§5.4.1.7A).
pub(super) fn register(notice: &Notice<'_>, call_id: &str, tag: &str) -> Message {
    Builder::request("REGISTER", notice.service)
        .header("Max-Forwards", 70)
        .header("From", format!("<{}>;tag={tag}", notice.core))
        .header("To", format!("<{}>", notice.user))
        .header("Call-ID", call_id)
        .header("CSeq", "1 REGISTER")
        .header("Contact", format!("<{}>", notice.core))
        .header("Expires", notice.expires)
        .body("message/sip", notice.request.bytes().clone())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_learns_who_registered_how() {
        let request = Builder::request("REGISTER", "sip:example.org")
            .header("To", "<sip:bob@example.org>")
            .header("Contact", "<sip:bob@192.0.2.1>;+g.oma.sip-im")
            .build();
        let notice = Notice {
            service: "sip:Deferred@example.org",
            user: "sip:bob@example.org",
            core: "sip:192.0.2.9:5060;lr",
            expires: 3600,
            request: &request,
        };
        let told = register(&notice, "call", "tag");
        assert_eq!(told.request_uri(), Some("sip:Deferred@example.org"));
        assert_eq!(told.to().map(|to| to.uri), Some("sip:bob@example.org"));
        let inner = told.body_of_type("message/sip").map(|part| Message::parse(part.body));
        assert!(inner.is_some_and(|inner| inner.contact().is_some_and(|c| c.params.has("+g.oma.sip-im"))));
    }
}
