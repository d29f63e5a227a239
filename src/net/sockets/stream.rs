//! The octets of TCP connections: written as the system takes them, read a piece at a time.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::sync::Arc;

use bytes::{BufMut, Bytes};
use smallvec::SmallVec;
use tokio::net::TcpStream;

use super::tcp::Flow;
use super::tls::{Session, Written};
use super::wire::Wire;
use crate::net::NodeId;
use crate::net::recorder::{Recorder, segments};
use crate::stack::{Conn, Input};
use crate::time::Time;
use crate::trace::Seen;

/// Segments given to the system at once.
const SLICES: usize = 32;
/// Writes before others have their turn.
const WRITES: usize = 16;
/// A node that gives more octets than this to a peer that does not read has its connection aborted.
const MOST_UNSENT: usize = 64 << 20;

impl Wire {
    /// Sends one message, as far as the system takes it now; the rest goes when it takes more.
    pub fn send(&mut self, id: NodeId, conn: Conn, pieces: &[Bytes]) {
        let Some(number) = self.find(id, conn) else { return };
        let Some(flow) = self.flows.get_mut(&number).filter(|flow| !flow.closing) else { return };
        for segment in segments(pieces) {
            flow.unsent_octets += segment.len();
            flow.unsent.push_back(segment);
        }
        flow.owed_drained = true;
        let (full, waits) = (flow.unsent_octets > MOST_UNSENT, flow.writing.is_some());
        if full {
            self.abort(number);
            self.tell(id, Input::Closed { conn, reset: true });
        } else if !waits {
            self.write(number);
        }
    }

    /// Writes what waits, tells the node when all has left, and ends the stream where the node is done with it.
    pub fn write(&mut self, number: u64) {
        let now = self.now();
        let Some(flow) = self.flows.get_mut(&number) else { return };
        let Some(stream) = flow.stream.clone() else { return };
        flow.writing = None;
        if flow.tls.is_some() {
            return self.write_secured(number, &stream);
        }
        for turn in 1.. {
            if flow.unsent.is_empty() {
                break;
            }
            match flow.try_write(&stream) {
                Ok(octets) => flow.left(octets, now, &mut self.recorder),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    flow.writing = Some(self.poller.writable(number, stream));
                    return;
                }
                // What the peer sent before it broke the connection is read first; the reader then finds it broken.
                Err(_) if flow.reading.is_some() => {
                    flow.unsent.clear();
                    flow.unsent_octets = 0;
                    return;
                }
                Err(_) => return self.broken(number),
            }
            if turn == WRITES {
                flow.writing = Some(self.poller.writable(number, stream));
                return;
            }
        }
        if flow.closing && !flow.finished {
            flow.finished = true;
            self.recorder.record(now, flow.local, flow.remote, Seen::Finished);
            let _ = socket2::SockRef::from(&*stream).shutdown(Shutdown::Write);
        }
        self.tell_drained(number);
        self.remove_if_over(number);
    }

    /// The same where TLS lies between.
    fn write_secured(&mut self, number: u64, stream: &Arc<TcpStream>) {
        let mut written = self.write_records(number, stream);
        let Some(flow) = self.flows.get(&number) else { return };
        if matches!(written, Written::All) && flow.unsent.is_empty() && flow.closing && !flow.finished {
            written = self.finish_records(number, stream);
        }
        let now = self.now();
        let Some(flow) = self.flows.get_mut(&number) else { return };
        match written {
            Written::Waits => flow.writing = Some(self.poller.writable(number, stream.clone())),
            Written::Failed if flow.reading.is_some() => {
                flow.unsent.clear();
                flow.unsent_octets = 0;
                flow.tls.iter_mut().for_each(|session| session.sealed.clear());
            }
            Written::Failed => self.broken(number),
            // What waits for the handshake to end is written when it has.
            Written::All if !flow.unsent.is_empty() => {}
            Written::All => {
                if flow.closing && !flow.finished {
                    flow.finished = true;
                    self.recorder.record(now, flow.local, flow.remote, Seen::Finished);
                    let _ = socket2::SockRef::from(&**stream).shutdown(Shutdown::Write);
                }
                self.tell_drained(number);
                self.remove_if_over(number);
            }
        }
    }

    /// A node that gave octets is to hear when none of them wait any more.
    pub fn owe_drained(&mut self, id: NodeId, conn: Conn) {
        let Some(number) = self.find(id, conn) else { return };
        if let Some(flow) = self.flows.get_mut(&number) {
            flow.owed_drained = true;
        }
        self.tell_drained(number);
    }

    /// Reads one piece and lets the node hear it.
    pub fn receive(&mut self, number: u64) {
        self.make_room();
        let Some(flow) = self.flows.get_mut(&number) else { return };
        let Some(stream) = flow.stream.clone() else { return };
        let (node, conn, local, remote, ours) = (flow.node, flow.conn, flow.local, flow.remote, flow.ours);
        let secured = flow.tls.is_some();
        match stream.try_read_buf(&mut (&mut self.buffer).limit(Seen::SEGMENT)) {
            Ok(0) => return self.peer_finished(number),
            Ok(_) => {
                let bytes = self.buffer.split().freeze();
                if secured {
                    if self.received_records(number, &bytes)
                        && let Some(flow) = self.flows.get_mut(&number)
                    {
                        flow.reading = Some(self.poller.readable(number, stream));
                    }
                    return;
                }
                if !ours {
                    self.outside(remote, local, Seen::Data(bytes.clone()));
                }
                if let Some(conn) = conn {
                    self.tell(node, Input::Received { conn, bytes });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return self.broken(number),
        }
        if let Some(flow) = self.flows.get_mut(&number) {
            flow.reading = Some(self.poller.readable(number, Arc::clone(&stream)));
        }
    }

    fn tell_drained(&mut self, number: u64) {
        let now = self.now();
        let Some(flow) = self.flows.get_mut(&number) else { return };
        let idle = flow.stream.is_some() && flow.unsent.is_empty() && Session::is_drained(flow.tls.as_deref());
        let Some(conn) = flow.conn.filter(|_| flow.owed_drained && idle) else { return };
        if !self.hosts[flow.node.0].cable.holds(now, conn) {
            flow.owed_drained = false;
            let node = flow.node;
            self.tell(node, Input::Drained { conn });
        }
    }
}

impl Flow {
    fn try_write(&self, stream: &TcpStream) -> io::Result<usize> {
        let slices: SmallVec<[IoSlice<'_>; SLICES]> =
            self.unsent.iter().take(SLICES).map(|segment| IoSlice::new(segment)).collect();
        stream.try_write_vectored(&slices)
    }

    /// Takes the octets that the system has taken out of what waits, and notes them.
    fn left(&mut self, octets: usize, now: Time, recorder: &mut Recorder) {
        self.unsent_octets = self.unsent_octets.saturating_sub(octets);
        let mut rest = octets;
        while rest > 0
            && let Some(mut segment) = self.unsent.pop_front()
        {
            let gone = segment.split_to(rest.min(segment.len()));
            rest -= gone.len();
            if !segment.is_empty() {
                self.unsent.push_front(segment);
            }
            recorder.record(now, self.local, self.remote, Seen::Data(gone));
        }
    }
}
