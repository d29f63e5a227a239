//! The bridge to `rsip` and what is built on it, and a second opinion on what is written here.
//!
//! Never evidence: rsip rewrites reason phrases and knows a closed list of methods and schemes, so a message
//! that went over the bridge and back is another message.

use super::build::Builder;
use super::message::{Message, Start};
use super::name::Name;

impl TryFrom<&Message> for rsip::SipMessage {
    type Error = rsip::Error;

    /// Hands over names in full and folds joined, because rsip knows neither compact names nor folds. The body
    /// goes over octet by octet.
    ///
    /// # Errors
    /// What rsip refuses: methods and schemes it does not know, IPv6 hosts, octets that are not UTF-8.
    fn try_from(message: &Message) -> Result<rsip::SipMessage, rsip::Error> {
        let mut head = match message.start() {
            Start::Request { method, uri, .. } => format!("{} {} SIP/2.0\r\n", message.str(method), message.str(uri)),
            Start::Response { status, reason, .. } => format!("SIP/2.0 {status} {}\r\n", message.str(reason)),
            Start::Broken(_) => return Err(rsip::Error::Unexpected("start line is broken".into())),
        };
        for header in message.headers() {
            let name = match header.name() {
                Name::Other => header.spelling(),
                name => name.text(),
            };
            head.push_str(&format!("{name}: {}\r\n", header.text()));
        }
        head.push_str("\r\n");
        let mut bridged = rsip::SipMessage::try_from(head)?;
        *bridged.body_mut() = message.body().to_vec();
        Ok(bridged)
    }
}

impl From<&rsip::SipMessage> for Message {
    /// Takes start line, headers and body as rsip writes them; Content-Length is that of the body. Written
    /// `let message: Message = (&bridged).into()`, since [`Message::from`] reads the From header.
    fn from(bridged: &rsip::SipMessage) -> Message {
        let mut head = bridged.clone();
        // rsip writes a body as text, which would destroy a binary one.
        let body = std::mem::take(head.body_mut());
        let head = Message::parse(head.to_string().into());
        Builder::from_message(&head).octets(body).build()
    }
}

#[cfg(test)]
mod tests {
    use rsip::headers::{ToTypedHeader, UntypedHeader};
    use rsip::prelude::HeadersExt;

    use super::*;

    const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
                       m=message 2855 TCP/MSRP *\r\na=accept-types:message/cpim\r\n\
                       a=path:msrp://192.0.2.1:2855/s;tcp\r\n";

    fn request(method: &str, uri: &str) -> Builder {
        Builder::request(method, uri)
            .header("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc")
            .header("Max-Forwards", 70)
            .header("From", "<sip:alice@example.org>;tag=a1")
            .header("To", "<sip:bob@example.org>")
            .header("Call-ID", "call-1@192.0.2.1")
            .header("CSeq", format!("7 {method}"))
    }

    /// rsip reads the very octets, and tells the same method, URI, Call-ID and CSeq.
    #[track_caller]
    fn check(message: &Message) {
        let second = rsip::SipMessage::try_from(message.bytes().as_ref()).expect("rsip reads it");
        let bridged = rsip::SipMessage::try_from(message).expect("it goes over the bridge");
        for other in [&second, &bridged] {
            let cseq = other.cseq_header().expect("CSeq").typed().expect("typed CSeq");
            assert_eq!(message.cseq(), Some((cseq.seq, cseq.method.to_string().as_str())));
            assert_eq!(message.call_id(), other.call_id_header().expect("Call-ID").value());
            assert_eq!(message.body().as_ref(), other.body().as_slice());
            match other {
                rsip::SipMessage::Request(request) => {
                    assert_eq!(message.method(), request.method.to_string());
                    assert_eq!(message.request_uri(), Some(request.uri.to_string().as_str()));
                }
                rsip::SipMessage::Response(response) => {
                    assert_eq!(message.status(), Some(response.status_code.code()));
                }
            }
        }
        let back: Message = (&bridged).into();
        assert_eq!(back.flaws(), []);
        assert_eq!(back.cseq(), message.cseq());
        assert_eq!(back.body(), message.body());
        assert_eq!(back.from().and_then(|a| a.tag()), message.from().and_then(|a| a.tag()));
    }

    #[test]
    fn plain_messages_read_the_same_in_rsip() {
        let invite = request("INVITE", "sip:bob@example.org")
            .header("Contact", "<sip:alice@192.0.2.1:5060>")
            .header("Accept-Contact", "*;+g.oma.sip-im")
            .body("application/sdp", SDP)
            .build();
        check(
            &Builder::response(&invite, 200, "OK")
                .header("Contact", "<sip:bob@192.0.2.2>")
                .set("To", "<sip:b@c>;tag=1")
                .build(),
        );
        check(&invite);
        check(&request("REGISTER", "sip:example.org").header("Contact", "<sip:alice@192.0.2.1>").build());
        check(&request("ACK", "sip:bob@192.0.2.2:5060").build());
        check(&request("BYE", "sip:bob@192.0.2.2:5060").build());
        check(&request("MESSAGE", "sip:bob@example.org").body("text/plain", "hello").build());
    }

    #[test]
    fn compact_names_folds_and_binary_bodies_go_over_the_bridge() {
        let mut octets = b"MESSAGE sip:b@c SIP/2.0\r\ni: x\r\nCSeq: 1\r\n MESSAGE\r\nl: 3\r\n\r\n".to_vec();
        octets.extend([0, 0xff, 0xfe]);
        let message = Message::parse(octets.into());
        let bridged = rsip::SipMessage::try_from(&message).expect("it goes over the bridge");
        assert_eq!(bridged.call_id_header().map(|id| id.value().to_owned()).ok().as_deref(), Some("x"));
        assert_eq!(bridged.body(), &[0, 0xff, 0xfe]);
        let back: Message = (&bridged).into();
        assert_eq!(back.body().as_ref(), [0, 0xff, 0xfe]);
    }

    #[test]
    fn what_rsip_refuses_is_an_error() {
        for text in ["NEWMETHOD sip:a@b SIP/2.0\r\n\r\n", "not SIP\r\n\r\n", ""] {
            assert!(rsip::SipMessage::try_from(&Message::parse(text.into())).is_err(), "{text:?}");
        }
    }
}
