//! Forwarding requests (RFC 4976 §6.4): as they come, in chunks of this relay's own, and never of two messages at once.

use bytes::Bytes;

use super::connection::{Incoming, Open};
use super::route::Route;
use super::{Due, PATIENCE, Relay};
use crate::stack::Conn;
use crate::stack::msrp::{fresh_line, response_to, wants_response};
use crate::time::Time;
use crate::wire::msrp::{Builder, ByteRange, Flag, Head};

/// Octets of a SEND that are forwarded in one chunk.
const CHUNK: usize = 32 << 10;
/// Octets of content that a request of another method may have.
const MOST_CONTENT: usize = 64 << 10;
/// Requests that may wait for their response on one connection. A peer that answers nothing must not fill the memory.
const MOST_OPEN: usize = 1 << 16;

impl Relay {
    /// The head of a request or response came.
    pub(super) fn begin(&mut self, now: Time, conn: Conn, head: Head) {
        let route = match head.is_request() {
            true => self.route(now, conn, &head),
            false => Some(Route::Back),
        };
        // Who sends what is not for this relay has lost its way (RFC 4976 §6.2).
        let Some(route) = route else { return self.close(conn) };
        let start = head.byte_range().map_or(1, |range| range.start);
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.incoming = Some(Incoming { head, route, held: Vec::new(), octets: 0, start });
        }
    }

    /// Octets of content came.
    pub(super) fn body(&mut self, now: Time, conn: Conn, piece: Bytes) {
        let Some(incoming) = self.connections.get_mut(&conn).and_then(|connection| connection.incoming.as_mut()) else {
            return;
        };
        if !matches!(incoming.route, Route::On { .. }) {
            return;
        }
        incoming.octets += piece.len();
        incoming.held.push(piece);
        let send = incoming.head.method() == "SEND";
        match incoming.octets {
            octets if send && octets >= CHUNK => self.forward(now, conn, Flag::More),
            octets if !send && octets > MOST_CONTENT => self.close(conn),
            _ => {}
        }
    }

    /// The end-line came.
    pub(super) fn end(&mut self, now: Time, conn: Conn, flag: Flag) {
        let Some(incoming) = self.connections.get(&conn).and_then(|connection| connection.incoming.as_ref()) else {
            return;
        };
        let head = incoming.head.clone();
        match incoming.route.clone() {
            Route::On { .. } => {
                self.approve(conn);
                // It was received; what becomes of it is said by REPORT (RFC 4976 §6.4.1).
                if head.method() == "SEND" {
                    self.respond_to(conn, &head, 200);
                }
                self.forward(now, conn, flag);
            }
            Route::Here => self.authorise(now, conn, &head),
            Route::Back => self.response(conn, &head),
            Route::Refused(status) => self.respond_to(conn, &head, status),
        }
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.incoming = None;
        }
    }

    fn respond_to(&mut self, conn: Conn, head: &Head, status: u16) {
        if head.method() != "REPORT" && wants_response(head, status) {
            let own = head.to_path().next().unwrap_or_default().to_owned();
            self.put(conn, response_to(head, &own, status).pieces());
        }
    }

    /// Forwards what is held of the request that is coming in.
    fn forward(&mut self, now: Time, conn: Conn, flag: Flag) {
        let ids = &mut self.config.ids;
        let Some(incoming) = self.connections.get_mut(&conn).and_then(|connection| connection.incoming.as_mut()) else {
            return;
        };
        let Route::On { conn: next, to_path, from_path } = &incoming.route else { return };
        let (head, next) = (incoming.head.clone(), *next);
        let held = std::mem::take(&mut incoming.held);
        let octets = std::mem::take(&mut incoming.octets) as u64;
        let start = incoming.start;
        incoming.start = start.saturating_add(octets);
        let end = incoming.start.saturating_sub(1);
        let (tid, _) = fresh_line(ids, &held);
        let mut builder =
            Builder::request(&tid, head.method()).header("To-Path", to_path).header("From-Path", from_path);
        for header in head.headers() {
            let name = header.name();
            builder = match () {
                () if ["To-Path", "From-Path"].iter().any(|path| path.eq_ignore_ascii_case(name)) => builder,
                () if head.has_body() && head.method() == "SEND" && name.eq_ignore_ascii_case("Byte-Range") => {
                    let total = head.byte_range().and_then(|range| range.total);
                    builder.header(name, ByteRange { start, end: Some(end), total })
                }
                () => builder.header(name, header.value()),
            };
        }
        if head.has_body() {
            builder = builder.segments(held);
        }
        if self.connections.get(&next).is_none_or(|connection| connection.open.len() >= MOST_OPEN) {
            return self.failed(&Open { from: conn, head, range: (start, end), until: None }, 408);
        }
        self.await_response(
            now,
            next,
            &tid,
            Open { from: conn, range: (start, end), until: None, head: head.detached() },
        );
        self.put(next, builder.flag(flag).pieces());
    }

    /// Notes that a response may come, where one is asked for.
    fn await_response(&mut self, now: Time, conn: Conn, tid: &str, mut open: Open) {
        let silent = open.head.failure_report().is_some_and(|value| value.eq_ignore_ascii_case("no"));
        if open.head.method() == "REPORT" || silent {
            return;
        }
        let until = now + PATIENCE;
        open.until = Some(until);
        self.due.insert((until, Due::Unanswered(conn, tid.to_owned())));
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.open.insert(tid.to_owned(), open);
        }
    }
}
