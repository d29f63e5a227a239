//! Dialogs (RFC 3261 §12): who talks to whom, by which route, with which sequence numbers.
//!
//! A dialog builds requests and judges those that come; it sends nothing and runs no timers.

use crate::wire::sip::{Builder, Message, Name, NameAddr};
use crate::wire::uri::Uri;

/// What identifies a dialog, from this side (RFC 3261 §12).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct DialogId {
    pub call_id: String,
    pub local_tag: String,
    pub remote_tag: String,
}

impl DialogId {
    /// The dialog that a request from the peer belongs to.
    pub fn of_request(request: &Message) -> DialogId {
        DialogId {
            call_id: request.call_id().to_owned(),
            local_tag: tag(request.to()),
            remote_tag: tag(request.from()),
        }
    }

    /// The dialog that a response to a request of this side belongs to.
    pub fn of_response(response: &Message) -> DialogId {
        DialogId {
            call_id: response.call_id().to_owned(),
            local_tag: tag(response.from()),
            remote_tag: tag(response.to()),
        }
    }
}

/// One side of a dialog.
#[derive(Clone, Debug)]
pub struct Dialog {
    pub id: DialogId,
    /// A 2xx was sent or came; else the dialog is early.
    pub confirmed: bool,
    /// The peer's URI that requests are for.
    pub remote_target: String,
    /// Route values in the order in which a request of this side visits them.
    pub route_set: Vec<String>,
    /// From of the requests of this side, tag included.
    local: String,
    /// To of the requests of this side, tag included where there is one.
    remote: String,
    local_seq: u32,
    remote_seq: Option<u32>,
}

impl Dialog {
    /// The caller's side, from its request and a response with a To tag (RFC 3261 §12.1.2); `None` without one.
    pub fn uac(request: &Message, response: &Message) -> Option<Dialog> {
        let id = DialogId::of_response(response);
        if id.remote_tag.is_empty() {
            return None;
        }
        let mut dialog = Dialog {
            id,
            confirmed: response.status().is_some_and(|status| (200..300).contains(&status)),
            remote_target: request.request_uri().unwrap_or_default().to_owned(),
            route_set: Vec::new(),
            local: text(response, Name::From),
            remote: text(response, Name::To),
            local_seq: request.cseq().map_or(0, |(number, _)| number),
            remote_seq: None,
        };
        dialog.take_response(response);
        Some(dialog)
    }

    /// The called side, from a request and the tag that its responses carry in To (RFC 3261 §12.1.1).
    pub fn uas(request: &Message, local_tag: &str) -> Dialog {
        let to = text(request, Name::To);
        Dialog {
            id: DialogId { local_tag: local_tag.to_owned(), ..DialogId::of_request(request) },
            confirmed: false,
            remote_target: request.contact().map_or("", |contact| contact.uri).to_owned(),
            route_set: request.values(Name::RecordRoute).map(|(_, route)| route.to_owned()).collect(),
            local: if tag(request.to()).is_empty() { format!("{to};tag={local_tag}") } else { to },
            remote: text(request, Name::From),
            local_seq: 0,
            remote_seq: request.cseq().map(|(number, _)| number),
        }
    }

    /// The dialog with the number of the last request of this side, where that made it without a response.
    pub fn counting_from(self, local_seq: u32) -> Dialog {
        Dialog { local_seq, ..self }
    }

    /// Takes route set and remote target from the response that makes or confirms the dialog (RFC 3261 §13.2.2.4).
    pub fn take_response(&mut self, response: &Message) {
        self.route_set = response.values(Name::RecordRoute).map(|(_, route)| route.to_owned()).collect();
        self.route_set.reverse();
        self.refresh_target(response);
    }

    /// Takes the remote target from a target refresh request or its 2xx, where there is a Contact (RFC 3261 §12.2).
    pub fn refresh_target(&mut self, message: &Message) {
        if let Some(contact) = message.contact().filter(|contact| !contact.uri.is_empty()) {
            self.remote_target = contact.uri.to_owned();
        }
    }

    /// The next request of this side (RFC 3261 §12.2.1.1), without Via and body.
    pub fn request(&mut self, method: &str) -> Builder {
        self.local_seq = self.local_seq.saturating_add(1);
        self.build(method, self.local_seq)
    }

    /// The ACK for a 2xx to the INVITE with the sequence number `number` (RFC 3261 §13.2.2.4).
    pub fn ack(&self, number: u32) -> Builder {
        self.build("ACK", number)
    }

    /// Notes the sequence number of a request from the peer; `false` where it goes back, which is answered with
    /// 500 (RFC 3261 §12.2.2).
    pub fn take_sequence(&mut self, request: &Message) -> bool {
        let Some((number, _)) = request.cseq() else { return false };
        if self.remote_seq.is_some_and(|last| number < last) {
            return false;
        }
        self.remote_seq = Some(number);
        true
    }

    /// A request of this side was sent again with that number.
    pub fn count(&mut self, number: u32) {
        self.local_seq = self.local_seq.max(number);
    }

    /// The sequence number of the last request of this side.
    pub fn local_seq(&self) -> u32 {
        self.local_seq
    }

    /// From and To of the requests of this side, as written.
    pub fn addresses(&self) -> (&str, &str) {
        (&self.local, &self.remote)
    }

    fn build(&self, method: &str, number: u32) -> Builder {
        let strict =
            self.route_set.first().filter(|first| Uri::parse(NameAddr::parse(first).uri).param("lr").is_none());
        let mut builder = match strict {
            Some(first) => Builder::request(method, NameAddr::parse(first).uri),
            None => Builder::request(method, &self.remote_target),
        };
        builder = builder.header("Max-Forwards", 70);
        for route in self.route_set.iter().skip(usize::from(strict.is_some())) {
            builder = builder.header("Route", route);
        }
        if strict.is_some() {
            builder = builder.header("Route", format!("<{}>", self.remote_target));
        }
        builder
            .header("From", &self.local)
            .header("To", &self.remote)
            .header("Call-ID", &self.id.call_id)
            .header("CSeq", format!("{number} {method}"))
    }
}

fn tag(address: Option<NameAddr<'_>>) -> String {
    address.and_then(|address| address.tag()).unwrap_or_default().to_owned()
}

fn text(message: &Message, name: Name) -> String {
    message.header(name).map(|header| header.text().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite() -> Message {
        Builder::request("INVITE", "sip:bob@example.org")
            .header("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx")
            .header("Record-Route", "<sip:p2;lr>, <sip:p1;lr>")
            .header("From", "Alice <sip:alice@example.org>;tag=a")
            .header("To", "<sip:bob@example.org>")
            .header("Call-ID", "c")
            .header("CSeq", "5 INVITE")
            .header("Contact", "<sip:alice@192.0.2.1>;+g.oma.sip-im")
            .build()
    }

    fn response(status: u16) -> Message {
        Builder::response(&invite(), status, "Any")
            .set("To", "<sip:bob@example.org>;tag=b")
            .header("Record-Route", "<sip:p2;lr>")
            .header("Record-Route", "<sip:p1;lr>")
            .header("Contact", "<sip:bob@192.0.2.2>")
            .build()
    }

    fn lines(builder: Builder) -> Vec<String> {
        let message = builder.build();
        String::from_utf8_lossy(message.bytes()).lines().map(str::to_owned).collect()
    }

    #[test]
    fn both_sides_of_a_dialog_mirror_each_other() {
        let mut caller = Dialog::uac(&invite(), &response(200)).expect("a dialog");
        let mut callee = Dialog::uas(&invite(), "b");
        assert_eq!(callee.id, DialogId { call_id: "c".into(), local_tag: "b".into(), remote_tag: "a".into() });
        assert_eq!(
            lines(caller.request("BYE")),
            [
                "BYE sip:bob@192.0.2.2 SIP/2.0",
                "Max-Forwards: 70",
                "Route: <sip:p1;lr>",
                "Route: <sip:p2;lr>",
                "From: Alice <sip:alice@example.org>;tag=a",
                "To: <sip:bob@example.org>;tag=b",
                "Call-ID: c",
                "CSeq: 6 BYE",
                "Content-Length: 0",
                "",
            ]
        );
        let request = callee.request("BYE").build();
        assert_eq!(request.request_uri(), Some("sip:alice@192.0.2.1"));
        assert_eq!(request.values(Name::Route).map(|(_, r)| r).collect::<Vec<_>>(), ["<sip:p2;lr>", "<sip:p1;lr>"]);
        assert_eq!(DialogId::of_request(&request), caller.id);
    }

    #[test]
    fn the_ack_keeps_the_number_of_its_invite() {
        let mut dialog = Dialog::uac(&invite(), &response(200)).expect("a dialog");
        dialog.request("INFO");
        assert_eq!(dialog.ack(5).build().cseq(), Some((5, "ACK")));
        assert_eq!(dialog.local_seq(), 6);
    }

    #[test]
    fn a_strict_router_gets_its_uri_as_request_uri() {
        let mut dialog = Dialog::uas(&invite(), "b");
        dialog.route_set = vec!["<sip:strict>".into(), "<sip:p1;lr>".into()];
        let request = dialog.request("BYE").build();
        assert_eq!(request.request_uri(), Some("sip:strict"));
        let routes: Vec<&str> = request.values(Name::Route).map(|(_, route)| route).collect();
        assert_eq!(routes, ["<sip:p1;lr>", "<sip:alice@192.0.2.1>"]);
    }

    #[test]
    fn a_response_without_tag_makes_no_dialog() {
        let untagged = Builder::response(&invite(), 180, "Ringing").build();
        assert!(Dialog::uac(&invite(), &untagged).is_none());
        assert!(!Dialog::uac(&invite(), &response(180)).expect("a dialog").confirmed);
    }

    #[test]
    fn sequence_numbers_never_go_back() {
        let mut dialog = Dialog::uas(&invite(), "b");
        let numbered =
            |number: &str| Builder::request("INFO", "sip:x").header("CSeq", format!("{number} INFO")).build();
        let table = [("6", true), ("6", true), ("9", true), ("8", false), ("x", false), ("10", true)];
        for (number, good) in table {
            assert_eq!(dialog.take_sequence(&numbered(number)), good, "{number}");
        }
    }

    #[test]
    fn a_target_refresh_changes_the_request_uri_only_where_there_is_a_contact() {
        let mut dialog = Dialog::uas(&invite(), "b");
        dialog.refresh_target(&Builder::request("UPDATE", "sip:x").header("Contact", "<sip:alice@192.0.2.9>").build());
        dialog.refresh_target(&Builder::request("UPDATE", "sip:x").build());
        assert_eq!(dialog.remote_target, "sip:alice@192.0.2.9");
    }
}
