//! Requests outside of calls, the receiving side: messages of pager mode and delivery reports (RFC 3428 §7, RFC 5438).

use std::time::Duration;

use super::pager::Page;
use super::procedures::Happening;
use super::{ACCEPTS, Client, Later};
use crate::stack::ua::{OutRequest, UaEvent};
use crate::time::Time;
use crate::wire::mime::{self, Cpim, CpimBuilder, Imdn, MediaType, Notification, Part, Status};
use crate::wire::sip::{Message, Name};
use crate::wire::uri::Uri;

const IMDN: &str = "message/imdn+xml";

/// What a MESSAGE brings.
enum Brought {
    Text,
    /// A pointer to content that lies elsewhere.
    Pointer,
    Report(Imdn),
    /// A message in a CPIM wrapper.
    Wrapped(Box<Cpim>),
}

/// A request outside of calls came. What cannot be understood is refused; all other requests are good as they are.
pub(super) fn request(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Request { tx, message, .. }) = happening else { return };
    let mut headers = client.response_headers();
    if message.method() == "OPTIONS" {
        headers.extend(client.capabilities());
    }
    if message.method() != "MESSAGE" {
        return client.ua.respond(now, tx, 200, headers, None);
    }
    let brought = match take(&message) {
        Ok(brought) => brought,
        Err(status) => {
            if status == 415 {
                headers.push(("Accept".to_owned(), format!("{}, multipart/mixed", ACCEPTS.join(", "))));
            }
            return client.ua.respond(now, tx, status, headers, None);
        }
    };
    client.ua.respond(now, tx, 200, headers, None);
    let about = message.call_id().to_owned();
    match brought {
        Brought::Text => client.tell(now, "message", about),
        Brought::Pointer => client.tell(now, "stored", about),
        Brought::Wrapped(cpim) => {
            client.tell(now, "message", about);
            if let Some(request) = delivery_report(client, now, &cpim) {
                let after = client.config.reports_after.unwrap_or(Duration::ZERO);
                client.postpone(now + after, Later::Report(Box::new(request)));
            }
        }
        Brought::Report(imdn) => {
            if client.awaiting_report.remove(&imdn.message_id) {
                let good = matches!(imdn.status, Some(Status::Delivered | Status::Displayed));
                client.tell(now, if good { "delivered" } else { "failed" }, imdn.message_id);
            }
        }
    }
}

/// A delivery report is due.
pub(super) fn report(client: &mut Client, now: Time, happening: Happening) {
    if let Happening::Time(Later::Report(request)) = happening {
        client.page(now, Page::report(*request));
    }
}

/// The delivery report that a message asks for, if it does and there is somebody to send it to (RFC 5438 §7.2.1).
pub(super) fn delivery_report(client: &mut Client, now: Time, cpim: &Cpim) -> Option<OutRequest> {
    let (message_id, from) = (cpim.message_id()?, cpim.from()?);
    // It is forbidden to send a report for a report (RFC 5438 §7.1.1.3), and nobody is at an anonymous address.
    let nobody = Uri::parse(from.uri).host.is_none_or(|host| host.to_string().ends_with(".invalid"));
    if !cpim.asks_for("positive-delivery") || cpim.content_type().is(IMDN) || nobody {
        return None;
    }
    let own = client.config.address.clone();
    let imdn = Imdn {
        message_id: message_id.to_owned(),
        datetime: cpim.date_time().unwrap_or_default().to_owned(),
        recipient_uri: Some(own.clone()),
        original_recipient_uri: None,
        subject: None,
        notification: Some(Notification::Delivery),
        status: Some(Status::Delivered),
        flaws: Vec::new(),
    };
    let id_of_report = client.config.ids.token(20);
    let part = Part::new(IMDN, imdn.write()).disposition("notification");
    let body = CpimBuilder::new(part)
        .from(&own)
        .to(from.uri)
        .date_time(&mime::date::to_rfc3339(now.0 / 1_000_000_000))
        .imdn(&id_of_report, &[])
        .build();
    Some(OutRequest {
        method: "MESSAGE".to_owned(),
        request_uri: from.uri.to_owned(),
        from: format!("<{own}>"),
        to: format!("<{}>", from.uri),
        headers: client.initial_headers(false),
        body: Some(("message/cpim".to_owned(), body)),
        destination: None,
    })
}

/// What a MESSAGE brings. Errors: the status that it must be refused with (RFC 3261 §8.2.3, §21.4.1).
fn take(message: &Message) -> Result<Brought, u16> {
    let content_type = message.header(Name::ContentType).map(|h| h.text().into_owned()).unwrap_or_default();
    let outer = MediaType::parse(&content_type);
    if outer.main().eq_ignore_ascii_case("multipart") && outer.param("boundary").is_none() {
        return Err(400);
    }
    let mut brought = None;
    for part in message.bodies() {
        let kind = part.content_type();
        let one = match () {
            () if kind.is("message/cpim") => unwrap(Cpim::parse(&part.body))?,
            () if kind.is("message/external-body") => Brought::Pointer,
            () if ACCEPTS.iter().any(|known| kind.is(known)) => Brought::Text,
            // A body that may be left aside, such as the history of a recipient list (RFC 5365 §7.3).
            () if is_optional(&part) => continue,
            () => return Err(415),
        };
        brought.get_or_insert(one);
    }
    Ok(brought.unwrap_or(Brought::Text))
}

fn unwrap(cpim: Cpim) -> Result<Brought, u16> {
    if cpim.headers.is_empty() || cpim.content.headers.get("Content-Type").is_none() {
        return Err(400);
    }
    let kind = cpim.content_type();
    if kind.is(IMDN) {
        return Ok(Brought::Report(Imdn::parse(&cpim.content.body)));
    }
    match ACCEPTS.iter().any(|known| kind.is(known)) {
        true => Ok(Brought::Wrapped(Box::new(cpim))),
        false => Err(415),
    }
}

fn is_optional(part: &Part) -> bool {
    let disposition = part.headers.content_disposition();
    disposition.is_some_and(|d| d.param("handling").is_some_and(|h| h.eq_ignore_ascii_case("optional")))
}
