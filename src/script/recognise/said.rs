//! What is said of a message where it goes: in its first chunk, or in the request of pager mode that carries it.

use memchr::memmem;

use crate::actors::act::Sending;
use crate::trace::{Trace, Transfer};
use crate::wire::mime::{Cpim, MediaType};
use crate::wire::sip::Message;

/// A message as its sender describes it.
#[derive(Clone, Default, Debug)]
pub struct Said {
    pub content_type: Option<String>,
    pub on_action: bool,
    pub description: Option<String>,
    pub delivery_report: bool,
    pub failure_report: Option<String>,
}

impl Said {
    /// By its first chunk.
    pub fn of_transfer(transfer: &Transfer, trace: &Trace) -> Said {
        let Some(chunk) = transfer.chunks.first().and_then(|id| trace.unit(*id).msrp()) else { return Said::default() };
        let head = chunk.head();
        let owned = |name: &str| head.header(name).map(str::to_owned);
        let disposition = head.header("Content-Disposition").unwrap_or_default();
        Said {
            content_type: owned("Content-Type"),
            on_action: disposition.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("attachment"),
            description: owned("Content-Description"),
            delivery_report: head.content_type().is_some_and(|t| MediaType::parse(t).is("message/cpim"))
                && memmem::find(&chunk.body_bytes(), b"Disposition-Notification").is_some(),
            failure_report: owned("Failure-Report"),
        }
    }

    /// By the body of a MESSAGE that is no list of recipients; of what CPIM wraps, by what is inside.
    pub fn of_request(message: &Message) -> Option<Said> {
        let bodies = message.bodies();
        let body = bodies.iter().find(|part| !part.content_type().is("application/resource-lists+xml"))?;
        if !body.content_type().is("message/cpim") {
            return Some(Said { content_type: Some(body.headers.get("Content-Type")?.to_owned()), ..Said::default() });
        }
        let cpim = Cpim::parse(&body.body);
        Some(Said {
            content_type: cpim.content.headers.get("Content-Type").map(str::to_owned),
            delivery_report: cpim.headers.iter().any(|h| h.name == "Disposition-Notification"),
            ..Said::default()
        })
    }

    /// Whether a user wrote it, and no client of its own accord (RFC 5438, RFC 3994).
    pub fn is_from_a_user(&self) -> bool {
        !self.is_typed("message/imdn+xml") && !self.is_typed("application/im-iscomposing+xml")
    }

    /// Whether all can be seen that the user asked for beside the message itself. Its size does not matter, nor does the
    /// type of a file.
    pub fn shows(&self, sending: &Sending) -> bool {
        (!sending.on_action || self.on_action)
            && (sending.description.is_none() || self.description.is_some())
            && (sending.external.is_none() || self.is_typed("message/external-body"))
            && (sending.content_type.is_empty() || sending.file.is_some() || self.is_typed(&sending.content_type))
            && (!sending.delivery_report || self.delivery_report)
            && sending.failure_report.as_ref().is_none_or(|v| self.failure_report.as_ref() == Some(v))
    }

    fn is_typed(&self, kind: &str) -> bool {
        self.content_type.as_deref().is_some_and(|t| MediaType::parse(t).is(kind))
    }
}
