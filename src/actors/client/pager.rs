//! Pager mode, the sending side: the choice between MESSAGE and a large message, and what comes of a MESSAGE (IM 8.1,
//! 8.1.1, RFC 3428).

use std::collections::{BTreeMap, VecDeque};

use super::content::{self, Content};
use super::procedures::Happening;
use super::{Client, Kind, send};
use crate::actors::act::{Act, Recipients, Sending};
use crate::stack::endpoint::TxId;
use crate::stack::ua::{OutRequest, UaEvent};
use crate::time::Time;

/// The most octets of a MESSAGE on a path that may have datagrams (RFC 3428 §8).
const LIMIT: usize = 1300;
/// The most octets of a MESSAGE on any path: what a datagram could still hold, so that every SIP element takes it.
const LARGEST: usize = 65_000;
/// Messages that wait for others at the most.
const MOST_WAITING: usize = 1000;

/// A MESSAGE that is ready to go.
pub(super) struct Page {
    request: OutRequest,
    /// The IMDN Message-ID of a delivery report that it asks for.
    imdn_id: Option<String>,
    /// It is a delivery report itself: nobody is told what becomes of it.
    is_report: bool,
}

/// Messages that are on their way, and those that wait for them.
#[derive(Default)]
pub(super) struct Pager {
    pending: BTreeMap<TxId, Page>,
    waiting: VecDeque<Page>,
}

impl Pager {
    /// Whether a message has no final response yet.
    pub fn is_busy(&self) -> bool {
        !self.pending.is_empty()
    }
}

impl Page {
    /// A delivery report.
    pub fn report(request: OutRequest) -> Page {
        Page { request, imdn_id: None, is_report: true }
    }
}

/// The user sends a message: by MESSAGE, if it is small enough or the way is known to be safe; else as a large one.
pub(super) fn send(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Act(Act::Send(mut sending)) = happening else { return };
    match paged(client, now, &mut sending) {
        Some(page) => client.page(now, page),
        None => send::invite(client, now, sending),
    }
}

/// Whether a message goes over MSRP.
pub(super) fn is_large(client: &mut Client, now: Time, sending: &Sending) -> bool {
    paged(client, now, &mut sending.clone()).is_none()
}

/// The request of pager mode for a message, cut as it is to be; nothing where the message is too large for it.
fn paged(client: &mut Client, now: Time, sending: &mut Sending) -> Option<Page> {
    let limit = if client.config.connection_oriented { LARGEST } else { LIMIT };
    let hopeless = sending.request_octets.is_none() && sending.text.len() > limit;
    if client.config.kind == Kind::Cpm || sending.file.is_some() || !sending.also.is_empty() || hopeless {
        return None;
    }
    if let Some(octets) = sending.request_octets {
        cut(client, now, sending, octets);
    }
    // The size of the message itself decides, also where only a pointer to it will go.
    let external = sending.external.take();
    let mut page = page(client, now, sending);
    let octets = client.ua.octets_of(page.request.clone());
    sending.external = external;
    if octets > limit {
        return None;
    }
    if sending.external.is_some() {
        page = self::page(client, now, sending);
    }
    Some(page)
}

/// A final response. A 202 says nothing about the recipient, and a report that was asked for says it better than a 200.
pub(super) fn answered(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::Response { tx, message, .. }) = happening else { return };
    let status = message.status().unwrap_or_default();
    if status < 200 {
        return;
    }
    let Some(page) = client.pager.pending.remove(&tx) else { return };
    match status {
        200 if page.imdn_id.is_none() && !page.is_report => client.tell(now, "delivered", page.request.request_uri),
        200..=299 => {}
        _ => lost(client, now, page, status.to_string()),
    }
    client.page_next(now);
}

/// No response came.
pub(super) fn unanswered(client: &mut Client, now: Time, happening: Happening) {
    let Happening::Ua(UaEvent::RequestFailed { tx, .. }) = happening else { return };
    let Some(page) = client.pager.pending.remove(&tx) else { return };
    lost(client, now, page, "no answer".to_owned());
    client.page_next(now);
}

impl Client {
    /// Sends a MESSAGE, or keeps it while another one to the same URI is pending (RFC 3428 §8).
    pub(super) fn page(&mut self, now: Time, page: Page) {
        if self.pager.waiting.len() >= MOST_WAITING {
            return lost(self, now, page, "too many messages wait".to_owned());
        }
        self.awaiting_report.extend(page.imdn_id.clone());
        self.pager.waiting.push_back(page);
        self.page_next(now);
    }

    /// Sends what waits and may go.
    fn page_next(&mut self, now: Time) {
        let mut kept = VecDeque::new();
        while let Some(page) = self.pager.waiting.pop_front() {
            let same = |other: &Page| other.request.request_uri == page.request.request_uri;
            let pending = self.pager.pending.values().chain(&kept).any(same);
            if pending && !self.config.switches.overlaps_messages {
                kept.push_back(page);
            } else {
                let tx = self.ua.request(now, page.request.clone());
                self.pager.pending.insert(tx, page);
            }
        }
        self.pager.waiting = kept;
    }
}

/// The message did not get through; it is not tried again by itself.
fn lost(client: &mut Client, now: Time, page: Page, why: String) {
    if let Some(id) = &page.imdn_id {
        client.awaiting_report.remove(id);
    }
    if !page.is_report {
        client.tell(now, "failed", why);
    }
}

/// The MESSAGE for what the user sends (IM 8.1.1).
fn page(client: &mut Client, now: Time, sending: &Sending) -> Page {
    let content_id = client.config.ids.token(20);
    let Content { part, imdn_id } = content::of(client, now, sending, &content_id, None);
    let (request_uri, to) = send::target(client, &sending.to);
    let mut headers = client.initial_headers(sending.anonymous);
    let body = match &sending.to {
        Recipients::Several(list) => {
            headers.push(("Require".to_owned(), "recipient-list-message".to_owned()));
            content::with_list(client, part, list)
        }
        _ => (part.headers.get("Content-Type").unwrap_or_default().to_owned(), part.body),
    };
    let request = OutRequest {
        method: "MESSAGE".to_owned(),
        request_uri,
        from: client.from(sending.anonymous),
        to,
        headers,
        body: Some(body),
        destination: None,
    };
    Page { request, imdn_id, is_report: false }
}

/// Cuts the text so that its MESSAGE has `octets`; where the text is too short for that, all of it stays.
fn cut(client: &mut Client, now: Time, sending: &mut Sending, octets: u64) {
    let whole = std::mem::take(&mut sending.text);
    let mut keep = whole.len();
    // Content-Length counts with its own digits, so the second or third attempt fits.
    for _ in 0..4 {
        while !whole.is_char_boundary(keep) {
            keep -= 1;
        }
        sending.text = whole[..keep].to_owned();
        let request = page(client, now, sending).request;
        let now_octets = client.ua.octets_of(request) as u64;
        let wanted = (keep as u64).saturating_add(octets).saturating_sub(now_octets);
        let next = usize::try_from(wanted).unwrap_or(usize::MAX).min(whole.len());
        if next == keep {
            break;
        }
        keep = next;
    }
}
