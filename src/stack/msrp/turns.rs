//! What goes out on a connection: chunks as the window of a session lets them out, and messages with interruptible chunks
//! in turn, a piece each, whenever the connection has taken what it was given (RFC 4975 §7.1.1).

use super::connection::Turn;
use super::endpoint::Endpoint;
use super::outgoing::{Head, Transfer, fresh_id};
use super::running::Step;
use super::{Event, SessionId};
use crate::stack::{Conn, Output, Pieces};
use crate::time::Time;
use crate::wire::msrp::{Flag, Message};

impl Endpoint {
    /// Lets out what the window of a session allows, and notes when that is overdue.
    pub(super) fn pump(&mut self, now: Time, id: SessionId) {
        self.end_failed_of(id);
        self.let_out(now, id);
        self.reschedule(id);
    }

    pub(super) fn reschedule(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let wanted = session.sending.iter().filter_map(Transfer::deadline).chain(session.relayed.deadline()).min();
        if wanted == session.scheduled {
            return;
        }
        if let Some(before) = std::mem::replace(&mut session.scheduled, wanted) {
            self.deadlines.remove(&(before, id));
        }
        self.deadlines.extend(wanted.map(|at| (at, id)));
    }

    pub(super) fn write(&mut self, conn: Conn, message: &Message) {
        self.put(conn, message.pieces());
    }

    /// Sends what cannot be interrupted. A chunk that is running makes room for it.
    pub(super) fn put(&mut self, conn: Conn, pieces: Pieces) {
        self.interrupt(conn);
        self.outputs.push_back(Output::Send { conn, pieces });
    }

    /// Ends the chunk of a session that is running, whatever becomes of its message.
    pub(super) fn end_chunk_of(&mut self, id: SessionId) {
        if let Some((conn, _)) = self.running_of(id) {
            self.interrupt(conn);
        }
    }

    /// Ends the chunk of a session that is running where its message has failed.
    pub(super) fn end_failed_of(&mut self, id: SessionId) {
        if let Some((conn, turn)) = self.running_of(id)
            && self.taking(turn).is_some_and(|transfer| !transfer.is_sending())
        {
            self.interrupt(conn);
        }
    }

    fn running_of(&self, id: SessionId) -> Option<(Conn, Turn)> {
        let conn = self.sessions.get(&id)?.conn?;
        let turn = self.connections.get(&conn)?.running.filter(|(other, _)| *other == id)?;
        Some((conn, turn))
    }

    fn interrupt(&mut self, conn: Conn) {
        let Some(turn) = self.connections.get_mut(&conn).and_then(|connection| connection.running.take()) else {
            return;
        };
        let Some(transfer) = self.taking(turn) else { return };
        let Some(pieces) = transfer.interrupt() else { return };
        let gone = transfer.is_sending().then(|| transfer.message.message_id.clone());
        self.outputs.push_back(Output::Send { conn, pieces });
        self.events.extend(gone.map(|message_id| Event::ChunkSent { session: turn.0, message_id }));
    }

    fn taking(&mut self, (id, number): Turn) -> Option<&mut Transfer> {
        self.sessions.get_mut(&id)?.numbered(number)
    }

    /// The side that connected speaks at once (RFC 4975 §5.4).
    fn let_out(&mut self, now: Time, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(conn) = session.conn else { return };
        let Some(connection) = self.connections.get_mut(&conn).filter(|connection| connection.up) else { return };
        if session.over.is_some() {
            return;
        }
        let (to_path, from_path) = (session.to_path(), session.config.local_path.clone());
        let head = Head { to_path: &to_path, from_path: &from_path };
        let mut out = Vec::new();
        for transfer in session.sending.iter_mut().filter(|t| t.is_sending()) {
            if transfer.is_interruptible(&self.config) {
                if !transfer.listed && transfer.has_piece(&self.config) {
                    transfer.listed = true;
                    connection.turns.push_back((id, transfer.number));
                }
                continue;
            }
            while let Some(pieces) = transfer.chunk(&head, &mut self.config, now) {
                let message_id = transfer.message.message_id.clone();
                self.events.push_back(Event::ChunkSent { session: id, message_id });
                out.push(pieces);
            }
            // Messages that are whole go out one after the other; those that come bit by bit do not wait for each other.
            if transfer.is_sending() && !transfer.is_streamed() {
                break;
            }
        }
        out.extend(std::iter::from_fn(|| session.relayed.next()));
        session.introduced |= !out.is_empty();
        let waits = session.sending.iter().any(|transfer| transfer.listed);
        if !session.introduced && !waits && session.config.speaks_first {
            session.introduced = true;
            let tid = fresh_id(&mut self.config.ids);
            let empty = head
                .request(&tid, "SEND")
                .header("Message-ID", self.config.ids.token(16))
                .header("Byte-Range", "1-0/0")
                .flag(Flag::Last);
            session.introduction = Some(tid);
            out.push(empty.pieces());
        }
        out.into_iter().for_each(|pieces| self.put(conn, pieces));
        self.turn(now, conn);
    }

    /// Gives a connection that has taken everything the next piece of the message whose turn it is. That of another
    /// message ends the chunk that is running; alone, a message goes on in its chunk.
    fn turn(&mut self, now: Time, conn: Conn) {
        while let Some(connection) = self.connections.get_mut(&conn).filter(|c| c.up && !c.busy) {
            let Some(turn) = connection.turns.pop_front() else { return };
            let other = connection.running.is_some_and(|running| running != turn);
            let (id, number) = turn;
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            let (to_path, from_path) = (session.to_path(), session.config.local_path.clone());
            let Some(transfer) = session.numbered(number) else { continue };
            transfer.listed = transfer.has_piece(&self.config);
            if !transfer.listed {
                continue;
            }
            if other {
                self.interrupt(conn);
            }
            let (Some(session), Some(connection)) = (self.sessions.get_mut(&id), self.connections.get_mut(&conn))
            else {
                return;
            };
            session.introduced = true;
            let Some(transfer) = session.numbered(number) else { continue };
            let head = Head { to_path: &to_path, from_path: &from_path };
            match transfer.piece(&head, &mut self.config, now) {
                Step::Collides => {
                    connection.turns.push_front(turn);
                    self.interrupt(conn);
                }
                Step::Piece(pieces, ended) => {
                    transfer.listed = transfer.has_piece(&self.config);
                    if transfer.listed {
                        connection.turns.push_back(turn);
                    }
                    connection.running = (!ended).then_some(turn);
                    connection.busy = true;
                    let gone = ended.then(|| transfer.message.message_id.clone());
                    self.outputs.push_back(Output::Send { conn, pieces });
                    self.events.extend(gone.map(|message_id| Event::ChunkSent { session: id, message_id }));
                    self.reschedule(id);
                }
            }
        }
    }
}
