//! The content of a message, whatever carries it: text or a pointer to it, in a CPIM wrapper where a report is asked
//! for (RFC 4483, RFC 3862, RFC 5438), and beside a resource list (RFC 5365, RFC 5366).

use bytes::Bytes;

use super::{Client, send};
use crate::actors::act::{Recipients, Sending};
use crate::time::Time;
use crate::wire::mime::{self, CpimBuilder, ExternalBody, Headers, Part};

/// When a pointer to external content ends to be good: the end of the year that simulated time is in.
const EXPIRATION: &str = "Thu, 31 Dec 2026 23:59:59 GMT";

/// A message ready to be carried.
pub(super) struct Content {
    pub part: Part,
    /// The IMDN Message-ID, where a delivery report is asked for.
    pub imdn_id: Option<String>,
}

/// From and To of the CPIM wrapper that every message of a conference has (RFC 7701 §5.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Envelope {
    pub from: String,
    pub to: String,
}

/// The content of what the user sends; `content_id` names external content.
pub(super) fn of(
    client: &mut Client,
    now: Time,
    sending: &Sending,
    content_id: &str,
    envelope: Option<Envelope>,
) -> Content {
    let plain = if sending.content_type.is_empty() { "text/plain" } else { &sending.content_type };
    let mut part = Part::new(plain, Bytes::from(sending.text.clone().into_bytes()));
    if let Some(url) = &sending.external {
        let mut headers = Headers::default();
        headers.push("Content-Type", plain);
        headers.push("Content-Disposition", "render");
        headers.push("Content-ID", format!("<{content_id}@imspec.invalid>"));
        part = ExternalBody {
            access_type: "URL".to_owned(),
            url: Some(url.clone()),
            expiration: Some(EXPIRATION.to_owned()),
            size: Some(sending.text.len() as u64),
            hash: None,
            headers,
            flaws: Vec::new(),
        }
        .write();
    }
    let to_one = || match &sending.to {
        Recipients::One(uri) | Recipients::Group(uri) | Recipients::Session(uri) => uri.clone(),
        Recipients::Several(_) => client.config.exploder.clone(),
    };
    let alone = || Envelope { from: client.config.address.clone(), to: to_one() };
    let Some(envelope) = envelope.or_else(|| sending.delivery_report.then(alone)) else {
        return Content { part, imdn_id: None };
    };
    let imdn_id = sending.delivery_report.then(|| client.config.ids.token(20));
    let mut wrapper = CpimBuilder::new(part)
        .from(&envelope.from)
        .to(&envelope.to)
        .date_time(&mime::date::to_rfc3339(now.0 / 1_000_000_000));
    if let Some(id) = &imdn_id {
        wrapper = wrapper.imdn(id, &["positive-delivery"]);
    }
    Content { part: Part::new("message/cpim", wrapper.build()), imdn_id }
}

/// A body and the list of its recipients, as one (RFC 5365 §6).
pub(super) fn with_list(client: &mut Client, body: Part, list: &[String]) -> (String, Bytes) {
    let boundary = format!("imspec-{}", client.config.ids.token(16));
    let body = mime::write(&boundary, &[body, send::resource_list(list)]);
    (format!("multipart/mixed;boundary=\"{boundary}\""), body)
}
