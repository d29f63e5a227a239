//! What comes of a request that was forwarded: responses on their way back, and the failure of a SEND, of which its sender
//! learns by REPORT (RFC 4976 §6.4.1, §6.4.3).

use super::connection::Open;
use super::{Due, Relay};
use crate::stack::Conn;
use crate::stack::msrp::{comment, fresh_line};
use crate::wire::msrp::{Builder, Flag, Head};

impl Relay {
    /// A response came. One that nobody waits for is dropped.
    pub(super) fn response(&mut self, conn: Conn, head: &Head) {
        let mut to: Vec<&str> = head.to_path().collect();
        if to.first().is_none_or(|own| !self.is_mine(own)) {
            return;
        }
        let Some(open) = self.take_open(conn, head.transaction_id()) else { return };
        self.approve(conn);
        if open.head.method() == "SEND" {
            let status = head.status().unwrap_or(400);
            if status != 200 {
                self.failed(&open, status);
            }
            return;
        }
        let mut from: Vec<&str> = head.from_path().collect();
        while to.first().is_some_and(|own| self.is_mine(own)) {
            from.insert(0, to.remove(0));
        }
        if to.is_empty() {
            return;
        }
        let mut builder = Builder::response(open.head.transaction_id(), head.status().unwrap_or(400), head.comment())
            .header("To-Path", to.join(" "))
            .header("From-Path", from.join(" "));
        for header in head.headers().filter(|h| !["to-path", "from-path"].contains(&&*h.name().to_ascii_lowercase())) {
            builder = builder.header(header.name(), header.value());
        }
        self.put(open.from, builder.pieces());
    }

    /// The next hop was silent for too long. Who asked for partial reports only takes that for success.
    pub(super) fn unanswered(&mut self, conn: Conn, tid: &str) {
        let Some(open) = self.take_open(conn, tid) else { return };
        if !open.head.failure_report().is_some_and(|value| value.eq_ignore_ascii_case("partial")) {
            self.failed(&open, 408);
        }
    }

    fn take_open(&mut self, conn: Conn, tid: &str) -> Option<Open> {
        let open = self.connections.get_mut(&conn)?.open.remove(tid)?;
        if let Some(until) = open.until {
            self.due.remove(&(until, Due::Unanswered(conn, tid.to_owned())));
        }
        Some(open)
    }

    /// Tells the sender of a SEND what became of it, where he wants to hear of failures.
    pub(super) fn failed(&mut self, open: &Open, status: u16) {
        let head = &open.head;
        let silent = head.failure_report().is_some_and(|value| value.eq_ignore_ascii_case("no"));
        if head.method() != "SEND" || silent {
            return;
        }
        let (tid, _) = fresh_line(&mut self.config.ids, &[]);
        let (start, end) = open.range;
        let total = head.byte_range().and_then(|range| range.total).map_or("*".to_owned(), |total| total.to_string());
        let report = Builder::request(&tid, "REPORT")
            .header("To-Path", head.from_path().collect::<Vec<_>>().join(" "))
            .header("From-Path", head.to_path().next().unwrap_or_default())
            .header("Message-ID", head.message_id().unwrap_or_default())
            .header("Byte-Range", format!("{start}-{end}/{total}"))
            .header("Status", format!("000 {status:03} {}", comment(status)).trim_end())
            .flag(Flag::Last);
        self.put(open.from, report.pieces());
    }
}
