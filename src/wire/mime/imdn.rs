//! Instant message disposition notifications (RFC 5438): the headers that ask and the XML that answers. Must not know
//! when to send one.

use std::fmt::Write;

use roxmltree::Node;

use super::cpim::{Cpim, CpimHeader};
use super::cpim_text::{Address, is_token};
use super::{date, note, xml};
use crate::wire::{Flaw, Span};

/// The namespace of the CPIM headers (RFC 5438 §6.1).
pub const CPIM_IMDN_NS: &str = "urn:ietf:params:imdn";
const NS: &str = "urn:ietf:params:xml:ns:imdn";

/// A `message/imdn+xml` payload (RFC 5438 §11.1).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Imdn {
    /// The Message-ID of the message that is reported on; empty where the element is missing.
    pub message_id: String,
    /// The DateTime of the message that is reported on; empty where the element is missing.
    pub datetime: String,
    pub recipient_uri: Option<String>,
    pub original_recipient_uri: Option<String>,
    pub subject: Option<String>,
    pub notification: Option<Notification>,
    /// None where it is missing or an extension.
    pub status: Option<Status>,
    pub flaws: Vec<Flaw>,
}

/// What an IMDN reports on (RFC 5438 §11.1.6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Notification {
    Delivery,
    Processing,
    Display,
}

/// The result that an IMDN reports (RFC 5438 §11.1.7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Status {
    Delivered,
    Failed,
    Processed,
    Stored,
    Displayed,
    Forbidden,
    Error,
}

impl Imdn {
    /// Reads a payload. Elements of a wrong namespace are taken by their local names, with a flaw.
    pub fn parse(bytes: &[u8]) -> Imdn {
        let mut imdn = Imdn::default();
        match xml::read(bytes) {
            Ok(document) => imdn.read_root(document.root_element()),
            Err(flaw) => imdn.flaws.push(flaw),
        }
        imdn
    }

    /// Writes the payload.
    pub fn write(&self) -> String {
        let mut out = String::with_capacity(512);
        let _ = write!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<imdn xmlns=\"{NS}\">\r\n");
        let elements = [
            ("message-id", Some(&self.message_id)),
            ("datetime", Some(&self.datetime)),
            ("recipient-uri", self.recipient_uri.as_ref()),
            ("original-recipient-uri", self.original_recipient_uri.as_ref()),
            ("subject", self.subject.as_ref()),
        ];
        for (name, value) in elements.into_iter().filter_map(|(n, v)| Some((n, v?))) {
            let _ = write!(out, "  <{name}>{}</{name}>\r\n", xml::escape(value));
        }
        if let Some(notification) = self.notification {
            let name = notification.element();
            let status = self.status.map(|s| format!("<{}/>", s.element())).unwrap_or_default();
            let _ = write!(out, "  <{name}><status>{status}</status></{name}>\r\n");
        }
        out.push_str("</imdn>\r\n");
        out
    }

    fn read_root(&mut self, root: Node<'_, '_>) {
        if !root.has_tag_name((NS, "imdn")) {
            let at = root.range().start;
            self.flaw(
                Span::new(at..at + 1),
                "RFC 5438 §11.1",
                format!("root is not the element imdn of namespace {NS}"),
            );
        }
        self.message_id = self.required(root, "message-id", "RFC 5438 §11.1.1");
        self.datetime = self.required(root, "datetime", "RFC 5438 §11.1.2");
        if !self.datetime.is_empty() && date::rfc3339_seconds(&self.datetime).is_none() {
            self.flaw(place(root, "datetime"), "RFC 5438 §11.1.2", "datetime is not the value of a DateTime header");
        }
        self.recipient_uri = self.uri(root, "recipient-uri", "RFC 5438 §11.1.3");
        self.original_recipient_uri = self.uri(root, "original-recipient-uri", "RFC 5438 §11.1.4");
        self.subject = xml::child_text(root, "subject");
        for node in xml::elements(root) {
            let Some(notification) = Notification::of(node.tag_name().name()) else { continue };
            if self.notification.is_some() {
                self.flaw(xml::span(node), "RFC 5438 §11.1.6", "more than one disposition type in one IMDN");
                continue;
            }
            self.notification = Some(notification);
            self.read_status(node, notification);
        }
        if self.notification.is_none() {
            self.flaw(xml::span(root), "RFC 5438 §11.1.6", "no delivery-, processing- or display-notification");
        }
    }

    fn read_status(&mut self, node: Node<'_, '_>, notification: Notification) {
        let clause = "RFC 5438 §11.1.7";
        let span = xml::span(node);
        let Some(element) = xml::child(node, "status") else {
            self.flaw(span, clause, "notification without a status");
            return;
        };
        for value in xml::elements(element) {
            let name = value.tag_name().name();
            match Status::of(name) {
                // Extensions are of other namespaces.
                None if value.tag_name().namespace() != Some(NS) => {}
                None => self.flaw(span, clause, format!("unknown status {name}")),
                Some(_) if self.status.is_some() => self.flaw(span, clause, "more than one status"),
                Some(status) => {
                    self.status = Some(status);
                    if !status.fits(notification) {
                        self.flaw(span, clause, format!("status {name} in a {}", notification.element()));
                    }
                }
            }
        }
        if xml::elements(element).next().is_none() {
            self.flaw(span, clause, "status without a value");
        }
    }

    fn required(&mut self, root: Node<'_, '_>, name: &str, clause: &'static str) -> String {
        let value = xml::child_text(root, name).unwrap_or_default();
        if value.is_empty() {
            self.flaw(place(root, name), clause, format!("no {name}"));
        }
        value
    }

    fn uri(&mut self, root: Node<'_, '_>, name: &str, clause: &'static str) -> Option<String> {
        let uri = xml::child_text(root, name)?;
        let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
        if scheme.is_empty() || !scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) {
            self.flaw(place(root, name), clause, format!("{name} is not a URI"));
        }
        Some(uri)
    }

    fn flaw(&mut self, span: Span, clause: &'static str, what: impl Into<std::borrow::Cow<'static, str>>) {
        note(&mut self.flaws, Flaw::new(span, clause, what));
    }
}

impl Notification {
    /// The name of the element.
    pub fn element(self) -> &'static str {
        match self {
            Notification::Delivery => "delivery-notification",
            Notification::Processing => "processing-notification",
            Notification::Display => "display-notification",
        }
    }

    fn of(name: &str) -> Option<Notification> {
        use Notification::{Delivery, Display, Processing};
        [Delivery, Processing, Display].into_iter().find(|n| n.element() == name)
    }
}

impl Status {
    const ALL: [Status; 7] = {
        use Status::{Delivered, Displayed, Error, Failed, Forbidden, Processed, Stored};
        [Delivered, Failed, Processed, Stored, Displayed, Forbidden, Error]
    };

    /// The name of the element.
    pub fn element(self) -> &'static str {
        match self {
            Status::Delivered => "delivered",
            Status::Failed => "failed",
            Status::Processed => "processed",
            Status::Stored => "stored",
            Status::Displayed => "displayed",
            Status::Forbidden => "forbidden",
            Status::Error => "error",
        }
    }

    /// Whether a notification of that type can carry this status (RFC 5438 §11.1.7).
    pub fn fits(self, notification: Notification) -> bool {
        match self {
            Status::Delivered | Status::Failed => notification == Notification::Delivery,
            Status::Processed | Status::Stored => notification == Notification::Processing,
            Status::Displayed => notification == Notification::Display,
            Status::Forbidden | Status::Error => true,
        }
    }

    fn of(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|s| s.element() == name)
    }
}

impl Cpim {
    /// The Message-ID (RFC 5438 §6.3), whatever its prefix.
    pub fn message_id(&self) -> Option<&str> {
        self.imdn_header("Message-ID").map(|h| h.value.as_str())
    }

    /// The notifications that Disposition-Notification asks for (RFC 5438 §6.2), parameters left out, as written.
    pub fn disposition_notification(&self) -> impl Iterator<Item = &str> {
        let header = self.imdn_header("Disposition-Notification");
        header.into_iter().flat_map(|h| requests(&h.value)).filter(|r| !r.is_empty())
    }

    /// Whether Disposition-Notification asks for `request`, for example `positive-delivery`.
    pub fn asks_for(&self, request: &str) -> bool {
        self.disposition_notification().any(|r| r == request)
    }

    /// Original-To (RFC 5438 §6.4).
    pub fn original_to(&self) -> Option<Address<'_>> {
        self.imdn_header("Original-To").map(|h| Address::parse(&h.value))
    }

    /// Every IMDN-Record-Route (RFC 5438 §6.5), in order.
    pub fn imdn_record_routes(&self) -> impl Iterator<Item = Address<'_>> {
        self.all_ns(CPIM_IMDN_NS, "IMDN-Record-Route").map(|h| Address::parse(&h.value))
    }

    /// Every IMDN-Route (RFC 5438 §6.6), in order.
    pub fn imdn_routes(&self) -> impl Iterator<Item = Address<'_>> {
        self.all_ns(CPIM_IMDN_NS, "IMDN-Route").map(|h| Address::parse(&h.value))
    }

    fn imdn_header(&self, name: &str) -> Option<&CpimHeader> {
        self.header_ns(CPIM_IMDN_NS, name)
    }
}

/// What is wrong with the value of a header of RFC 5438 §10.
pub(super) fn header_fault(name: &str, value: &str) -> Option<String> {
    let right = match name {
        "Message-ID" => is_token(value),
        "Disposition-Notification" => value.is_empty() || requests(value).all(is_token),
        "Original-To" | "IMDN-Record-Route" | "IMDN-Route" => Address::parse(value).bracketed,
        _ => true,
    };
    (!right).then(|| format!("{name} cannot be {value}"))
}

fn requests(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(|r| r.split(';').next().unwrap_or_default().trim())
}

fn place(root: Node<'_, '_>, name: &str) -> Span {
    xml::span(xml::child(root, name).unwrap_or(root))
}

#[cfg(test)]
#[path = "imdn_tests.rs"]
mod tests;
