//! Receiving: what a request gets as its answer, and how chunks become a message again (RFC 4975 §7.3).

use bytes::Bytes;

use super::session::Session;
use super::{Config, Event, Reassembly, Received};
use crate::wire::msrp::{Builder, Flag, Message};

/// Messages that may be incomplete at once in one session.
const MOST_INCOMPLETE: usize = 64;
/// Pieces that one incomplete message may lie in.
const MOST_PIECES: u64 = 1 << 20;

/// A message that came in part.
#[derive(Default)]
pub(super) struct Incoming {
    pub whole: Reassembly,
    headers: Vec<(String, String)>,
    content_type: String,
    chunks: u64,
}

/// What becomes of a SEND.
pub(super) struct Taken {
    /// The status of the response, if the request wants one for it.
    pub status: u16,
    /// Octets to be reported as received, where success is to be reported now.
    pub success: Option<u64>,
}

/// Takes a SEND of a session into it.
pub(super) fn take(session: &mut Session, chunk: &Message, config: &Config, events: &mut Vec<Event>) -> Taken {
    let refuse = |status| Taken { status, success: None };
    let head = chunk.head();
    let Some(message_id) = head.message_id().map(str::to_owned) else { return refuse(400) };
    let Some(body) = chunk.body() else { return refuse(200) };
    let Some(content_type) = head.content_type().map(str::to_owned) else { return refuse(400) };
    if head.header("Byte-Range").is_some() && head.byte_range().is_none() {
        return refuse(400);
    }
    if !session.config.may_receive {
        return refuse(403);
    }
    if !session.accepts(&content_type) {
        return refuse(415);
    }
    let range = head.byte_range();
    let start = range.map_or(1, |r| r.start.max(1));
    let octets = chunk.octets();
    let end = start.saturating_add(octets);
    let stated = range.and_then(|r| r.total);
    if end > config.max_message.saturating_add(1) || stated.is_some_and(|total| total > config.max_message) {
        session.receiving.remove(&message_id);
        return refuse(413);
    }
    if chunk.flag() == Flag::Aborted {
        session.receiving.remove(&message_id);
        events.push(Event::Broken { session: session.id, message_id });
        return refuse(200);
    }
    if !session.receiving.contains_key(&message_id) && session.receiving.len() >= MOST_INCOMPLETE {
        return refuse(413);
    }
    let incoming = session.receiving.entry(message_id.clone()).or_default();
    incoming.chunks += 1;
    if incoming.chunks > MOST_PIECES {
        session.receiving.remove(&message_id);
        return refuse(413);
    }
    if incoming.content_type.is_empty() {
        incoming.content_type = content_type;
        incoming.headers = described(chunk);
    }
    let mut at = start;
    for piece in body {
        incoming.whole.put(at, piece.clone());
        at += piece.len() as u64;
    }
    // The chunk that ends with `$` says how long the message is; before it comes, the stated total does.
    if chunk.flag() == Flag::Last {
        incoming.whole.set_total(end - 1);
    } else if let (None, Some(total)) = (incoming.whole.total(), stated) {
        incoming.whole.set_total(total);
    }
    events.push(Event::ChunkReceived { session: session.id, message_id: message_id.clone() });
    if !incoming.whole.is_whole() {
        return refuse(200);
    }
    let Some(done) = session.receiving.remove(&message_id) else { return refuse(200) };
    let total = done.whole.total().unwrap_or_default();
    let message =
        Received { message_id, headers: done.headers, content_type: done.content_type, body: done.whole.into_pieces() };
    events.push(Event::Received { session: session.id, message });
    let wanted = head.success_report().is_some_and(|v| v.eq_ignore_ascii_case("yes"));
    Taken { status: 200, success: wanted.then_some(total) }
}

/// The response to a request: to the previous hop for SEND, over the whole path for others (RFC 4975 §7.2).
pub(super) fn response(request: &Message, own: &str, status: u16) -> Message {
    let head = request.head();
    let to: Vec<&str> = match head.method() {
        "SEND" => head.from_path().take(1).collect(),
        _ => head.from_path().collect(),
    };
    Builder::response(head.transaction_id(), status, comment(status))
        .header("To-Path", to.join(" "))
        .header("From-Path", own)
        .build()
}

/// Whether the request wants to hear of a response with that status (RFC 4975 §7.1.1).
pub(super) fn wants_response(request: &Message, status: u16) -> bool {
    match request.head().failure_report() {
        Some(v) if v.eq_ignore_ascii_case("no") => false,
        Some(v) if v.eq_ignore_ascii_case("partial") => status != 200,
        _ => true,
    }
}

/// A REPORT about octets 1 to `total` of the message of `chunk` (RFC 4975 §7.1.2).
pub(super) fn report(chunk: &Message, own: &str, tid: &str, total: u64) -> Message {
    let head = chunk.head();
    let to: Vec<&str> = head.from_path().collect();
    let range = if total == 0 { "1-0/0".to_owned() } else { format!("1-{total}/{total}") };
    Builder::request(tid, "REPORT")
        .header("To-Path", to.join(" "))
        .header("From-Path", own)
        .header("Message-ID", head.message_id().unwrap_or_default())
        .header("Byte-Range", range)
        .header("Status", "000 200 OK")
        .flag(Flag::Last)
        .build()
}

fn described(chunk: &Message) -> Vec<(String, String)> {
    const KNOWN: &[&str] =
        &["To-Path", "From-Path", "Message-ID", "Byte-Range", "Success-Report", "Failure-Report", "Content-Type"];
    let other = |name: &str| !KNOWN.iter().any(|k| k.eq_ignore_ascii_case(name));
    chunk.head().headers().filter(|h| other(h.name())).map(|h| (h.name().to_owned(), h.value().to_owned())).collect()
}

fn comment(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        408 => "Timeout",
        413 => "Stop Sending",
        415 => "Media Type Not Understood",
        481 => "No Such Session",
        501 => "Unknown Method",
        506 => "Session In Use",
        _ => "",
    }
}

/// The octets of a received message, joined.
impl Received {
    /// The content in one piece; copied only where it came in several.
    pub fn content(&self) -> Bytes {
        match &self.body[..] {
            [one] => one.clone(),
            many => many.concat().into(),
        }
    }
}
