//! Receiving: what a request gets as its answer, and how chunks become a message again (RFC 4975 §7.3).

use bytes::Bytes;

use super::session::Session;
use super::{Config, Event, Reassembly, Received};
use crate::wire::msrp::{Body, Builder, Flag, Head, Message};

/// Messages that may be incomplete at once in one session.
const MOST_INCOMPLETE: usize = 64;
/// Pieces that one incomplete message may lie in.
const MOST_PIECES: usize = 1 << 17;

/// A message that came in part.
#[derive(Default)]
pub(super) struct Incoming {
    pub whole: Reassembly,
    headers: Vec<(String, String)>,
    content_type: String,
    pieces: usize,
    /// Its sender wants no responses, whatever becomes of it.
    pub silent: bool,
}

/// What becomes of a SEND.
pub(super) struct Taken {
    /// The status of the response, if the request wants one for it.
    pub status: u16,
    /// Octets to be reported as received, where success is to be reported now.
    pub success: Option<u64>,
    /// The chunk made its message whole.
    pub whole: bool,
}

/// Takes a SEND of a session into it.
pub(super) fn take(session: &mut Session, chunk: &Message, config: &Config, events: &mut Vec<Event>) -> Taken {
    let refuse = |status| Taken { status, success: None, whole: false };
    let head = chunk.head();
    let Some(message_id) = head.message_id().filter(|_| is_intelligible(chunk)).map(str::to_owned) else {
        return refuse(400);
    };
    if chunk.flag() == Flag::Aborted {
        if session.receiving.remove(&message_id).is_some() || session.has_received(&message_id).is_none() {
            events.push(Event::Broken { session: session.id, message_id });
        }
        return refuse(200);
    }
    let Some(body) = chunk.body() else { return refuse(200) };
    let Some(content_type) = head.content_type().map(str::to_owned) else { return refuse(400) };
    // RFC 4975 §10.5.
    if session.stopped {
        if session.receiving.remove(&message_id).is_some() {
            session.refused.push(message_id);
        }
        return refuse(413);
    }
    let under_way = session.receiving.contains_key(&message_id);
    if !session.config.may_receive && !under_way && !is_report(&content_type, body) {
        return refuse(403);
    }
    if !session.accepts(&content_type) {
        return refuse(415);
    }
    let range = head.byte_range();
    let start = range.map_or(1, |r| r.start);
    let end = start.saturating_add(chunk.octets());
    let wants_report = head.success_report().is_some_and(|v| v.eq_ignore_ascii_case("yes"));
    if let Some(octets) = session.has_received(&message_id) {
        // RFC 4975 §5.4: a message that comes again is acknowledged, but not presented again.
        let through = chunk.flag() == Flag::Last && wants_report;
        return Taken { status: 200, success: through.then_some(octets), whole: false };
    }
    let stated = range.and_then(|r| r.total).unwrap_or_default();
    let held: u64 = session.receiving.values().map(|i| i.whole.held()).sum();
    let too_much = (end - 1).max(stated) > config.max_message
        || held.saturating_add(chunk.octets()) > config.max_message.saturating_mul(2)
        || !under_way && session.receiving.len() >= MOST_INCOMPLETE;
    if too_much {
        session.receiving.remove(&message_id);
        return refuse(413);
    }
    let incoming = session.receiving.entry(message_id.clone()).or_default();
    incoming.silent = head.failure_report().is_some_and(|value| value.eq_ignore_ascii_case("no"));
    incoming.pieces += body.len().max(1);
    if incoming.pieces > MOST_PIECES {
        session.receiving.remove(&message_id);
        return refuse(413);
    }
    if start == 1 {
        incoming.content_type = content_type;
        incoming.headers = described(chunk);
    }
    let mut at = start;
    for piece in body {
        incoming.whole.put(at, piece.clone());
        at = at.saturating_add(piece.len() as u64);
    }
    // Only the chunk that ends with `$` says how long the message is (RFC 4975 §7.3.1).
    if chunk.flag() == Flag::Last {
        incoming.whole.set_total(end - 1);
    }
    events.push(Event::ChunkReceived { session: session.id, message_id: message_id.clone() });
    if !incoming.whole.is_whole() {
        return refuse(200);
    }
    let Some(done) = session.receiving.remove(&message_id) else { return refuse(200) };
    let total = done.whole.total().unwrap_or_default();
    session.remember(message_id.clone(), total);
    let message =
        Received { message_id, headers: done.headers, content_type: done.content_type, body: done.whole.into_pieces() };
    events.push(Event::Received { session: session.id, message });
    Taken { status: 200, success: wants_report.then_some(total), whole: true }
}

/// The status that a chunk must be answered with, whatever its message, in a session whose user takes chunks one by
/// one; none for a chunk that is its user's.
pub(super) fn judge(session: &Session, chunk: &Message, config: &Config) -> Option<u16> {
    let head = chunk.head();
    if head.message_id().is_none() || !is_intelligible(chunk) {
        return Some(400);
    }
    if chunk.flag() == Flag::Aborted {
        return None;
    }
    let Some(body) = chunk.body() else { return Some(200) };
    let Some(content_type) = head.content_type() else { return Some(400) };
    let start = head.byte_range().map_or(1, |range| range.start);
    let stated = head.byte_range().and_then(|range| range.total).unwrap_or_default();
    match () {
        () if !session.config.may_receive && !is_report(content_type, body) => Some(403),
        () if !session.accepts(content_type) => Some(415),
        () if start.saturating_add(chunk.octets()).saturating_sub(1).max(stated) > config.max_message => Some(413),
        () => None,
    }
}

/// Whether a SEND says what it must to be processed (RFC 4975 §10.2). Identifiers that are too long do no harm.
fn is_intelligible(chunk: &Message) -> bool {
    let head = chunk.head();
    let one_of = |value: Option<&str>, words: &[&str]| {
        value.is_none_or(|value| words.iter().any(|word| word.eq_ignore_ascii_case(value)))
    };
    head.transaction_id().len() >= 4
        && head.message_id().is_some_and(|id| id.len() >= 4)
        && head.from_path().next().is_some()
        && (head.find("Byte-Range").is_none() || head.byte_range().is_some_and(|range| range.start > 0))
        && one_of(head.success_report(), &["yes", "no"])
        && one_of(head.failure_report(), &["yes", "no", "partial"])
}

/// Whether content is a notification about a message, which no direction attribute stops (RFC 4975 §8.9).
fn is_report(content_type: &str, body: &Body) -> bool {
    const IMDN: &[u8] = b"message/imdn+xml";
    let kind = content_type.split(';').next().unwrap_or_default().trim().as_bytes();
    // Wrapped, the type stands in the headers at the front.
    let front = || body.first().map(|piece| piece[..piece.len().min(2048)].to_ascii_lowercase()).unwrap_or_default();
    kind.eq_ignore_ascii_case(IMDN)
        || kind.eq_ignore_ascii_case(b"message/cpim") && memchr::memmem::find(&front(), IMDN).is_some()
}

/// The response to a request: to the previous hop for SEND, over the whole path for others (RFC 4975 §7.2).
pub(super) fn response(head: &Head, own: &str, status: u16) -> Message {
    response_to(head, own, status).build()
}

/// The same, to be added to.
pub fn response_to(head: &Head, own: &str, status: u16) -> Builder {
    let to: Vec<&str> = match head.method() {
        "SEND" => head.from_path().take(1).collect(),
        _ => head.from_path().collect(),
    };
    Builder::response(head.transaction_id(), status, comment(status))
        .header("To-Path", to.join(" "))
        .header("From-Path", own)
}

/// Whether the request wants to hear of a response with that status (RFC 4975 §7.1.1).
pub fn wants_response(head: &Head, status: u16) -> bool {
    // Without From-Path nobody knows where to.
    if head.from_path().next().is_none() {
        return false;
    }
    match head.failure_report() {
        Some(v) if v.eq_ignore_ascii_case("no") => false,
        Some(v) if v.eq_ignore_ascii_case("partial") => status != 200,
        _ => true,
    }
}

/// A REPORT of that status about octets 1 to `total` of the message that `head` is of (RFC 4975 §7.1.2).
pub(super) fn report(head: &Head, own: &str, tid: &str, total: u64, status: u16) -> Message {
    let to: Vec<&str> = head.from_path().collect();
    let range = if total == 0 { "1-0/0".to_owned() } else { format!("1-{total}/{total}") };
    Builder::request(tid, "REPORT")
        .header("To-Path", to.join(" "))
        .header("From-Path", own)
        .header("Message-ID", head.message_id().unwrap_or_default())
        .header("Byte-Range", range)
        .header("Status", format!("000 {status} {}", comment(status)))
        .flag(Flag::Last)
        .build()
}

pub(super) fn described(chunk: &Message) -> Vec<(String, String)> {
    const KNOWN: &[&str] =
        &["To-Path", "From-Path", "Message-ID", "Byte-Range", "Success-Report", "Failure-Report", "Content-Type"];
    let other = |name: &str| !KNOWN.iter().any(|k| k.eq_ignore_ascii_case(name));
    chunk.head().headers().filter(|h| other(h.name())).map(|h| (h.name().to_owned(), h.value().to_owned())).collect()
}

/// What is written behind a status; empty where the code is not known (RFC 4975 §10, RFC 4976 §10.4, RFC 7701 §13).
pub fn comment(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Timeout",
        413 => "Stop Sending",
        415 => "Media Type Not Understood",
        423 => "Interval Out-of-Bounds",
        424 => "Malformed Nickname",
        425 => "Nickname Reserved or In Use",
        428 => "Private Messages Not Supported",
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
