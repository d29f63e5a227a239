//! The transport layer of one host (RFC 3261 §18): datagrams and connections in, whole messages out.
//!
//! It knows addresses and connections, not transactions: what could not be sent is named by the caller's ticket.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;

use bytes::Bytes;
use smallvec::smallvec;

use super::TxId;
use crate::stack::{Conn, Input, Layer, Output};
use crate::wire::sip::{Framed, Message, StreamDecoder};

/// How many octets wait for one connection to come up, at most.
const MAX_QUEUE: usize = 8 << 20;
/// How many connections a host keeps open, at most.
const MAX_CONNECTIONS: usize = 65_536;

/// Where a message came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Flow {
    /// The connection; `None` for a datagram.
    pub conn: Option<Conn>,
    /// TLS lies under the connection.
    pub secured: bool,
    pub remote: SocketAddr,
}

/// What the transport layer has for the transaction layer.
#[derive(Debug)]
pub(super) enum Arrival {
    Message {
        message: Message,
        flow: Flow,
    },
    /// Nothing sent for this transaction reaches its peer over this connection.
    Failed {
        tx: TxId,
    },
}

#[derive(Debug)]
pub(super) struct Transport {
    local: SocketAddr,
    layer: Layer,
    /// Where TLS is spoken beside what is spoken at `local`.
    beside: Option<SocketAddr>,
    links: BTreeMap<Conn, Link>,
    by_remote: HashMap<SocketAddr, Conn>,
    next_conn: u64,
    outputs: VecDeque<Output>,
    arrivals: VecDeque<Arrival>,
}

#[derive(Debug)]
struct Link {
    remote: SocketAddr,
    layer: Layer,
    /// What waits for the connection to come up; `None` when it is.
    queue: Option<Vec<(Bytes, Option<TxId>)>>,
    queued: usize,
    decoder: StreamDecoder,
    keep_alives: u32,
}

impl Transport {
    /// The transport of the host at `local`; the connections it opens are numbered from `first_conn`. Where something lies
    /// between SIP and TCP, there are no datagrams. At `beside` TLS is spoken too.
    pub fn new(local: SocketAddr, layer: Layer, beside: Option<SocketAddr>, first_conn: u64) -> Transport {
        let beside_it = beside.map(|local| Output::Listen { local, layer: Layer::Tls });
        Transport {
            local,
            layer,
            beside,
            links: BTreeMap::new(),
            by_remote: HashMap::new(),
            next_conn: first_conn,
            outputs: [Output::Listen { local, layer }].into_iter().chain(beside_it).collect(),
            arrivals: VecDeque::new(),
        }
    }

    /// Takes an input; `false` where it is not for this host's SIP.
    pub fn handle(&mut self, input: &Input) -> bool {
        match input {
            Input::Datagram { local, remote, bytes } if *local == self.local => self.datagram(*remote, bytes),
            Input::Accepted { conn, local, remote, .. } if *local == self.local => {
                self.accepted(*conn, *remote, self.layer);
            }
            Input::Accepted { conn, local, remote, .. } if Some(*local) == self.beside => {
                self.accepted(*conn, *remote, Layer::Tls);
            }
            Input::Connected { conn, .. } if self.links.contains_key(conn) => self.connected(*conn),
            Input::ConnectFailed { conn } | Input::Closed { conn, .. } if self.links.contains_key(conn) => {
                self.closed(*conn);
            }
            Input::Received { conn, bytes } if self.links.contains_key(conn) => self.received(*conn, bytes.clone()),
            Input::Drained { conn } if self.links.contains_key(conn) => {}
            _ => return false,
        }
        true
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub fn poll_arrival(&mut self) -> Option<Arrival> {
        self.arrivals.pop_front()
    }

    pub fn send_datagram(&mut self, remote: SocketAddr, bytes: Bytes) {
        self.outputs.push_back(Output::Datagram { local: self.local, remote, bytes });
    }

    /// Sends on `conn` where it is still there.
    pub fn send_on(&mut self, conn: Conn, bytes: Bytes, tx: Option<TxId>) -> bool {
        let Some(link) = self.links.get_mut(&conn) else { return false };
        match &mut link.queue {
            None => self.outputs.push_back(Output::Send { conn, pieces: smallvec![bytes] }),
            Some(_) if link.queued + bytes.len() > MAX_QUEUE => {
                self.arrivals.extend(tx.map(|tx| Arrival::Failed { tx }));
            }
            Some(queue) => {
                link.queued += bytes.len();
                queue.push((bytes, tx));
            }
        }
        true
    }

    /// Sends over the connection to `remote`, opening one where there is none: over TLS, where the host speaks it at all, if it
    /// must be secured.
    pub fn send_stream(&mut self, remote: SocketAddr, secured: bool, bytes: Bytes, tx: Option<TxId>) {
        let (local, layer) = match self.beside {
            Some(beside) if secured => (beside, Layer::Tls),
            _ => (self.local, self.layer),
        };
        let conn = match self.by_remote.get(&remote) {
            Some(conn) => *conn,
            None if self.links.len() >= MAX_CONNECTIONS => {
                self.arrivals.extend(tx.map(|tx| Arrival::Failed { tx }));
                return;
            }
            None => {
                let conn = Conn(self.next_conn);
                self.next_conn += 1;
                self.insert(conn, remote, layer, Some(Vec::new()));
                self.outputs.push_back(Output::Connect { conn, local, remote, layer });
                conn
            }
        };
        self.send_on(conn, bytes, tx);
    }

    fn insert(&mut self, conn: Conn, remote: SocketAddr, layer: Layer, queue: Option<Vec<(Bytes, Option<TxId>)>>) {
        let link = Link { remote, layer, queue, queued: 0, decoder: StreamDecoder::new(), keep_alives: 0 };
        self.links.insert(conn, link);
        self.by_remote.insert(remote, conn);
    }

    fn datagram(&mut self, remote: SocketAddr, bytes: &Bytes) {
        // Line ends alone keep a binding alive and say nothing (RFC 3261 §7.5).
        if self.layer != Layer::Plain || bytes.iter().all(|octet| matches!(octet, b'\r' | b'\n' | 0)) {
            return;
        }
        let message = Message::parse(bytes.clone());
        self.arrivals.push_back(Arrival::Message { message, flow: Flow { conn: None, secured: false, remote } });
    }

    fn accepted(&mut self, conn: Conn, remote: SocketAddr, layer: Layer) {
        if self.links.len() >= MAX_CONNECTIONS {
            self.outputs.push_back(Output::Reset { conn });
        } else {
            self.insert(conn, remote, layer, None);
        }
    }

    fn connected(&mut self, conn: Conn) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        link.queued = 0;
        for (bytes, _) in link.queue.take().unwrap_or_default() {
            self.outputs.push_back(Output::Send { conn, pieces: smallvec![bytes] });
        }
    }

    fn closed(&mut self, conn: Conn) {
        let Some(link) = self.links.remove(&conn) else { return };
        if self.by_remote.get(&link.remote) == Some(&conn) {
            self.by_remote.remove(&link.remote);
        }
        for (_, tx) in link.queue.unwrap_or_default() {
            self.arrivals.extend(tx.map(|tx| Arrival::Failed { tx }));
        }
    }

    fn received(&mut self, conn: Conn, bytes: Bytes) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        let flow = Flow { conn: Some(conn), secured: link.layer != Layer::Plain, remote: link.remote };
        link.decoder.push(bytes);
        while let Some(framed) = link.decoder.poll() {
            match framed {
                Framed::Message(message) => {
                    link.keep_alives = 0;
                    self.arrivals.push_back(Arrival::Message { message, flow });
                }
                Framed::KeepAlive => {
                    // Two CRLF are a ping, and one CRLF its pong (RFC 5626 §3.5.1).
                    link.keep_alives += 1;
                    if link.keep_alives == 2 {
                        link.keep_alives = 0;
                        let pong = Bytes::from_static(b"\r\n");
                        self.outputs.push_back(Output::Send { conn, pieces: smallvec![pong] });
                    }
                }
                Framed::Broken { .. } => {
                    self.outputs.push_back(Output::Close { conn });
                    self.closed(conn);
                    return;
                }
            }
        }
    }
}
