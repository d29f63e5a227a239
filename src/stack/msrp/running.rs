//! A chunk that is written piece by piece, so that it can end wherever the connection needs it to (RFC 4975 §5.1, §7.1.1).
//!
//! Whose turn it is on a connection is not known here.

use std::iter;

use bytes::Bytes;

use super::Config;
use super::outgoing::{Head, Transfer, UNINTERRUPTED, fresh_line, octets_of};
use crate::stack::Pieces;
use crate::time::Time;
use crate::wire::msrp::{EndLine, Flag};

/// A chunk whose end-line is still to come.
pub(super) struct Running {
    tid: String,
    line: EndLine,
    /// Octets of content that were written.
    octets: usize,
    /// Until when the connection has to take on what was written last.
    pub until: Option<Time>,
}

/// What a message writes when it has its turn.
pub(super) enum Step {
    /// The next octets of a chunk, with its head and its end-line where they belong; whether the end-line was among them.
    Piece(Pieces, bool),
    /// The end-line of the running chunk stands in what comes next, so that this has to go into another chunk.
    Collides,
}

impl Running {
    pub fn is(&self, tid: &str) -> bool {
        self.tid == tid
    }
}

impl Transfer {
    /// Whether there is something to write: a chunk goes on whatever the window says, another one begins as it allows.
    pub fn has_piece(&self, config: &Config) -> bool {
        self.is_sending() && (self.running.is_some() || self.may_begin(config))
    }

    /// The next piece of the message. The body is not copied.
    pub fn piece(&mut self, session: &Head<'_>, config: &mut Config, now: Time) -> Step {
        let most = self.chunk_size(config);
        let written = self.running.as_ref().map_or(0, |running| running.octets);
        let body = self.take(config.piece.max(UNINTERRUPTED).min(most.saturating_sub(written)));
        let mut pieces = Pieces::new();
        let mut running = match self.running.take() {
            Some(mut running) => {
                if body.iter().any(|piece| running.line.stands_in(piece)) {
                    self.put_back(body);
                    self.running = Some(running);
                    return Step::Collides;
                }
                running
            }
            None => {
                let (tid, line) = fresh_line(&mut config.ids, &body);
                let empty = body.is_empty() && self.is_untouched();
                pieces.push(self.head(session, &tid, if empty { "0" } else { "*" }).open());
                Running { tid, line, octets: 0, until: None }
            }
        };
        let octets = octets_of(&body);
        running.octets += octets;
        running.until = self.until(config, now);
        self.gave(octets);
        pieces.extend(body);
        let dry = self.queued() == 0;
        self.running = Some(running);
        let ends = dry || written + octets >= most;
        if ends {
            let flag = if self.is_out() { Flag::Last } else { Flag::More };
            pieces.extend(self.end_running(flag));
        }
        Step::Piece(pieces, ends)
    }

    /// Ends the chunk that is running before its message ends: with `+`, as more of it follows, or with `#`, as it has
    /// failed and nothing does (RFC 4975 §7.1).
    pub fn interrupt(&mut self) -> Option<Pieces> {
        let flag = if self.is_sending() { Flag::More } else { Flag::Aborted };
        self.end_running(flag).map(|line| iter::once(line).collect())
    }

    fn end_running(&mut self, flag: Flag) -> Option<Bytes> {
        let running = self.running.take()?;
        if flag != Flag::Aborted {
            self.began(&running.tid, running.octets, running.until);
        }
        Some(running.line.written(flag))
    }
}
