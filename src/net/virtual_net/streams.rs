//! The TCP of the virtual network: ordered streams with a handshake, refusal, end and abort.
//!
//! There is no window: octets leave when they are given. Retransmissions show as delay alone.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use super::conditions::RETRANSMISSION;
use super::fabric::Fabric;
use crate::net::NodeId;
use crate::net::capture::Sealer;
use crate::stack::{Conn, Input, Layer, Pieces};
use crate::time::Time;
use crate::trace::Seen;

/// How long a connection attempt that nobody answers goes on.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a handshake is tried again across a partition.
const HANDSHAKE_RETRY: Duration = Duration::from_secs(1);
/// The ephemeral ports (RFC 6335 §6).
const EPHEMERAL: std::ops::RangeInclusive<u16> = 49152..=65535;

/// One connection. Its first end asked for it.
pub(super) struct Flow {
    started: Time,
    layer: Layer,
    up: bool,
    /// Makes the records of a secured one.
    sealer: Option<Box<Sealer>>,
    ends: [End; 2],
}

/// Which end of a connection, 0 or 1.
pub(super) type Side = usize;

struct End {
    node: NodeId,
    addr: SocketAddr,
    /// What the node calls the connection, as long as it knows of it.
    conn: Option<Conn>,
    /// Messages given before the connection was up.
    early: Vec<Pieces>,
    /// The node wants no more to be sent.
    closing: bool,
    /// The conditions broke the connection: nothing more leaves this end.
    severed: bool,
    /// Octets that left this end, and those of them that arrived at the other.
    left: u64,
    arrived: u64,
    /// The node waits to hear that all has left.
    owed_drained: bool,
    /// What left this end and did not arrive yet, in order.
    under_way: VecDeque<Packet>,
    /// How many packets wait for the end of a partition.
    stalled: usize,
    last_arrival: Time,
}

enum Packet {
    /// The end of the handshake: the other end has accepted.
    Ack,
    Data(Bytes),
    Fin,
    Rst,
    /// Where the conditions break the connection.
    Break,
}

pub(super) enum StreamEvent {
    Syn,
    SynAck,
    Refused,
    GiveUp,
    /// The next packet from this end arrives at the other.
    Arrival(Side),
    /// This end learns that what left it has arrived.
    Acknowledged(Side),
    /// The node at this end has heard of the peer's close and said what it had to say.
    HangUp(Side),
}

impl Fabric {
    /// A node asks for a connection. Repeating it changes nothing.
    pub fn connect(&mut self, id: NodeId, conn: Conn, (local, remote): (SocketAddr, SocketAddr), layer: Layer) {
        if self.hosts[id.0].conns.contains_key(&conn) {
            return;
        }
        let Some(local) = self.ephemeral(id, local) else {
            return self.tell(self.now, id, Input::ConnectFailed { conn });
        };
        self.recorder.record(self.now, local, remote, Seen::Connecting);
        let number = self.next_flow;
        self.next_flow += 1;
        let target =
            self.owner(remote).filter(|_| self.owner(local) == Some(id) && local.is_ipv4() == remote.is_ipv4());
        let ends = [End::new(id, local, Some(conn)), End::new(target.unwrap_or(id), remote, None)];
        self.flows.insert(number, Flow { started: self.now, layer, up: false, sealer: None, ends });
        self.hosts[id.0].conns.insert(conn, (number, 0));
        match target {
            Some(to) => self.handshake(number, id, to, StreamEvent::Syn),
            None => self.later(self.now + CONNECT_TIMEOUT, number, StreamEvent::GiveUp),
        }
    }

    pub fn send(&mut self, id: NodeId, conn: Conn, pieces: Pieces) {
        let Some((number, side)) = self.find(id, conn) else { return };
        let Some(flow) = self.flows.get_mut(&number) else { return };
        if flow.ends[side].closing {
            return;
        }
        if flow.up {
            self.transmit(number, side, &pieces);
        } else {
            flow.ends[side].early.push(pieces);
        }
        self.owe_drained(id, conn);
    }

    pub fn close(&mut self, id: NodeId, conn: Conn) {
        let Some((number, side)) = self.find(id, conn) else { return };
        let Some(flow) = self.flows.get_mut(&number) else { return };
        if !std::mem::replace(&mut flow.ends[side].closing, true) && flow.up {
            self.finish(number, side);
        }
    }

    pub fn reset(&mut self, id: NodeId, conn: Conn) {
        let Some((number, side)) = self.find(id, conn) else { return };
        let Some(flow) = self.flows.get(&number) else { return };
        let (src, dst, up) = (flow.ends[side].addr, flow.ends[1 - side].addr, flow.up);
        self.recorder.record(self.now, src, dst, Seen::Reset);
        self.forget(number, side);
        if up {
            self.dispatch(number, side, Packet::Rst);
        } else {
            self.remove(number);
        }
    }

    /// A node that gave octets is to hear when none of them are on their way any more.
    pub fn owe_drained(&mut self, id: NodeId, conn: Conn) {
        let Some((number, side)) = self.find(id, conn) else { return };
        let Some(flow) = self.flows.get_mut(&number) else { return };
        flow.ends[side].owed_drained = true;
        if flow.up && flow.ends[side].left == flow.ends[side].arrived {
            self.later(self.now, number, StreamEvent::Acknowledged(side));
        }
    }

    /// Sets going what stood still between two hosts.
    pub fn resume(&mut self, a: NodeId, b: NodeId) {
        let Fabric { flows, ways, random, now, .. } = self;
        let mut arrivals = Vec::new();
        for (number, flow) in flows {
            let [one, other] = [flow.ends[0].node, flow.ends[1].node];
            if (one, other) != (a, b) && (one, other) != (b, a) {
                continue;
            }
            for (side, end) in flow.ends.iter_mut().enumerate() {
                let (from, to) = if side == 0 { (one, other) } else { (other, one) };
                for _ in 0..std::mem::take(&mut end.stalled) {
                    end.last_arrival = end.last_arrival.max(ways.segment(*now + RETRANSMISSION, from, to, random));
                    arrivals.push((end.last_arrival, *number, side));
                }
            }
        }
        for (at, number, side) in arrivals {
            self.later(at, number, StreamEvent::Arrival(side));
        }
    }

    pub fn stream_event(&mut self, number: u64, event: StreamEvent) -> Option<(NodeId, Input)> {
        let flow = self.flows.get(&number)?;
        let [(near, local), (far, remote)] = [0, 1].map(|side: Side| (flow.ends[side].node, flow.ends[side].addr));
        match event {
            StreamEvent::Syn | StreamEvent::SynAck if self.ways.is_cut(near, far) => {
                let (again, end) = (self.now + HANDSHAKE_RETRY, flow.started + CONNECT_TIMEOUT);
                let (at, event) = if again > end { (end, StreamEvent::GiveUp) } else { (again, event) };
                self.later(at, number, event);
                None
            }
            StreamEvent::Syn => {
                // A handshake of TLS with who does not speak it comes to nothing, too.
                let listens = self.hosts[far.0].listening.get(&remote);
                if listens.is_some_and(|layer| flow.layer == Layer::Plain || is_alike(*layer, flow.layer)) {
                    self.handshake(number, far, near, StreamEvent::SynAck);
                } else {
                    self.recorder.record(self.now, remote, local, Seen::Refused);
                    self.handshake(number, far, near, StreamEvent::Refused);
                }
                None
            }
            StreamEvent::SynAck => self.up(number),
            StreamEvent::Refused | StreamEvent::GiveUp => {
                let conn = self.forget(number, 0);
                self.remove(number);
                Some((near, Input::ConnectFailed { conn: conn? }))
            }
            StreamEvent::Arrival(side) => self.arrival(number, side),
            StreamEvent::Acknowledged(side) => {
                let end = &flow.ends[side];
                let (node, conn) = (end.node, end.conn?);
                if end.left != end.arrived || self.link_holds(node, conn) {
                    return None;
                }
                let end = &mut self.flows.get_mut(&number)?.ends[side];
                std::mem::take(&mut end.owed_drained).then_some((node, Input::Drained { conn }))
            }
            StreamEvent::HangUp(side) => {
                if let Some(conn) = flow.ends[side].conn {
                    self.close(flow.ends[side].node, conn);
                    self.forget(number, side);
                }
                self.remove_if_over(number);
                None
            }
        }
    }

    fn up(&mut self, number: u64) -> Option<(NodeId, Input)> {
        let flow = self.flows.get_mut(&number)?;
        flow.up = true;
        let (local, remote, node, closing) =
            (flow.ends[0].addr, flow.ends[1].addr, flow.ends[0].node, flow.ends[0].closing);
        let (layer, far) = (flow.layer, flow.ends[1].node);
        let early = std::mem::take(&mut flow.ends[0].early);
        let conn = flow.ends[0].conn?;
        self.recorder.record(self.now, local, remote, Seen::Opened);
        if self.hosts[far.0].listening.get(&remote).is_some_and(|listens| is_alike(*listens, layer)) {
            self.secure(number);
            self.dispatch(number, 0, Packet::Ack);
        } else {
            // Who waits for TLS takes nothing else.
            self.recorder.record(self.now, remote, local, Seen::Reset);
            self.dispatch(number, 1, Packet::Rst);
        }
        for pieces in &early {
            self.transmit(number, 0, pieces);
        }
        if !early.is_empty() {
            self.owe_drained(node, conn);
        }
        if closing {
            self.finish(number, 0);
        }
        Some((node, Input::Connected { conn, local, remote, certificate: self.certificate(number, 1) }))
    }

    fn arrival(&mut self, number: u64, side: Side) -> Option<(NodeId, Input)> {
        let flow = self.flows.get_mut(&number)?;
        let (from, to) = (flow.ends[side].node, flow.ends[1 - side].node);
        if self.ways.is_cut(from, to) {
            flow.ends[side].stalled += 1;
            return None;
        }
        let packet = flow.ends[side].under_way.pop_front()?;
        let (src, dst, conn) = (flow.ends[side].addr, flow.ends[1 - side].addr, flow.ends[1 - side].conn);
        let heard = match packet {
            Packet::Ack => {
                let host = &mut self.hosts[to.0];
                let conn = Conn(host.accepted | Conn::ACCEPTED);
                host.accepted += 1;
                host.conns.insert(conn, (number, 1 - side));
                flow.ends[1 - side].conn = Some(conn);
                Some(Input::Accepted { conn, local: dst, remote: src, certificate: self.certificate(number, side) })
            }
            Packet::Data(bytes) => match conn {
                Some(conn) => {
                    let end = &mut flow.ends[side];
                    end.arrived += bytes.len() as u64;
                    if end.owed_drained && end.arrived == end.left {
                        let at = self.now + self.ways.conditions(to, from).delay;
                        self.later(at, number, StreamEvent::Acknowledged(side));
                    }
                    Some(Input::Received { conn, bytes })
                }
                None => None,
            },
            Packet::Fin => conn.map(|conn| {
                self.later(self.now, number, StreamEvent::HangUp(1 - side));
                Input::Closed { conn, reset: false }
            }),
            Packet::Rst => self.forget(number, 1 - side).map(|conn| Input::Closed { conn, reset: true }),
            // The way back may have broken it before.
            Packet::Break if flow.ends[side].conn.is_none() => None,
            Packet::Break => {
                self.recorder.record(self.now, dst, src, Seen::Reset);
                self.dispatch(number, 1 - side, Packet::Rst);
                self.forget(number, 1 - side).map(|conn| Input::Closed { conn, reset: true })
            }
        };
        self.remove_if_over(number);
        heard.map(|input| (to, input))
    }

    /// Sends one message: cut into segments, and no further than the conditions let the stream go.
    fn transmit(&mut self, number: u64, side: Side, pieces: &[Bytes]) {
        let Some(flow) = self.flows.get(&number) else { return };
        let (from, to) = (&flow.ends[side], &flow.ends[1 - side]);
        let (mut left, severed) = (from.left, from.severed);
        let conditions = self.ways.conditions(from.node, to.node);
        let limit = conditions.reset_after.unwrap_or(u64::MAX);
        if severed {
            return;
        }
        for mut segment in conditions.segments.cut(pieces, &mut self.random) {
            let room = limit.saturating_sub(left);
            let breaks = segment.len() as u64 >= room;
            if breaks {
                segment.truncate(room as usize);
            }
            left += segment.len() as u64;
            if !segment.is_empty() {
                self.observe(number, side, &segment);
                self.dispatch(number, side, Packet::Data(segment));
            }
            if breaks {
                self.dispatch(number, side, Packet::Break);
                break;
            }
        }
        if let Some(flow) = self.flows.get_mut(&number) {
            flow.ends[side].left = left;
            flow.ends[side].severed = left >= limit;
        }
    }

    /// Notes the handshake of TLS on a connection that just came up, which takes no time here.
    fn secure(&mut self, number: u64) {
        let Some(flow) = self.flows.get(&number).filter(|flow| flow.layer != Layer::Plain) else { return };
        let [one, other] = [0, 1].map(|side: Side| flow.ends[side].addr);
        let shown = [0, 1].map(|side| Vec::from_iter(self.certificate(number, side)));
        let name = format!("{number} {one} {other} {}", self.now.0);
        let Some((sealer, seen)) = Sealer::begin(name.as_bytes(), [&shown[0], &shown[1]]) else { return };
        for (side, what) in seen {
            let (src, dst) = if side == 0 { (one, other) } else { (other, one) };
            match what {
                Seen::Certificates(_) => self.inside(src, dst, what),
                what => self.recorder.record(self.now, src, dst, what),
            }
        }
        if let Some(flow) = self.flows.get_mut(&number) {
            flow.sealer = Some(Box::new(sealer));
        }
    }

    /// Notes octets that leave one end: as they are, or as records with the octets in them.
    fn observe(&mut self, number: u64, side: Side, octets: &Bytes) {
        let Some(flow) = self.flows.get_mut(&number) else { return };
        let (src, dst) = (flow.ends[side].addr, flow.ends[1 - side].addr);
        let Some(sealer) = &mut flow.sealer else {
            return self.recorder.record(self.now, src, dst, Seen::Data(octets.clone()));
        };
        for (record, inner) in sealer.seal(side, octets.clone()) {
            self.recorder.record(self.now, src, dst, Seen::Sealed(record));
            self.inside(src, dst, Seen::Inner(inner));
        }
    }

    /// Notes what was in the packet before.
    fn inside(&mut self, src: SocketAddr, dst: SocketAddr, what: Seen) {
        let packet = self.recorder.last_packet();
        self.recorder.record_inside(self.now, packet, src, dst, what);
    }

    fn finish(&mut self, number: u64, side: Side) {
        let Some(flow) = self.flows.get(&number) else { return };
        let (src, dst) = (flow.ends[side].addr, flow.ends[1 - side].addr);
        if !flow.ends[side].severed {
            self.recorder.record(self.now, src, dst, Seen::Finished);
            self.dispatch(number, side, Packet::Fin);
        }
    }

    /// Sets a packet on its way, behind those before it.
    fn dispatch(&mut self, number: u64, side: Side, packet: Packet) {
        let Some(flow) = self.flows.get_mut(&number) else { return };
        let (from, to) = (flow.ends[side].node, flow.ends[1 - side].node);
        let end = &mut flow.ends[side];
        end.under_way.push_back(packet);
        end.last_arrival = end.last_arrival.max(self.ways.segment(self.now, from, to, &mut self.random));
        let at = end.last_arrival;
        self.later(at, number, StreamEvent::Arrival(side));
    }

    fn handshake(&mut self, number: u64, from: NodeId, to: NodeId, event: StreamEvent) {
        let at = self.ways.segment(self.now, from, to, &mut self.random);
        self.later(at, number, event);
    }

    /// What the host at that end shows on a secured connection.
    fn certificate(&self, number: u64, side: Side) -> Option<Bytes> {
        let flow = self.flows.get(&number).filter(|flow| flow.layer != Layer::Plain)?;
        self.hosts[flow.ends[side].node.0].certificate.clone()
    }

    fn find(&self, id: NodeId, conn: Conn) -> Option<(u64, Side)> {
        self.hosts[id.0].conns.get(&conn).copied()
    }

    /// Ends what one node knows of a connection; gives what it called it.
    fn forget(&mut self, number: u64, side: Side) -> Option<Conn> {
        let end = &mut self.flows.get_mut(&number)?.ends[side];
        let conn = end.conn.take()?;
        self.hosts[end.node.0].conns.remove(&conn);
        Some(conn)
    }

    /// Removes a connection that no node knows, when the last of it has arrived.
    fn remove_if_over(&mut self, number: u64) {
        let over = |flow: &Flow| flow.ends.iter().all(|end| end.conn.is_none() && end.under_way.is_empty());
        if self.flows.get(&number).is_some_and(over) {
            self.remove(number);
        }
    }

    fn remove(&mut self, number: u64) {
        if let Some(flow) = self.flows.remove(&number) {
            self.hosts[flow.ends[0].node.0].ports.remove(&flow.ends[0].addr);
        }
    }

    /// The address with the next free ephemeral port.
    fn ephemeral(&mut self, id: NodeId, mut local: SocketAddr) -> Option<SocketAddr> {
        let host = &mut self.hosts[id.0];
        let count = EPHEMERAL.len() as u64;
        for _ in EPHEMERAL {
            local.set_port(*EPHEMERAL.start() + (host.ports_used % count) as u16);
            host.ports_used += 1;
            if !host.listening.contains_key(&local) && host.ports.insert(local) {
                return Some(local);
            }
        }
        None
    }
}

impl End {
    fn new(node: NodeId, addr: SocketAddr, conn: Option<Conn>) -> End {
        End {
            node,
            addr,
            conn,
            early: Vec::new(),
            closing: false,
            severed: false,
            left: 0,
            arrived: 0,
            owed_drained: false,
            under_way: VecDeque::new(),
            stalled: 0,
            last_arrival: Time::default(),
        }
    }
}

/// Whether who connects and who listens speak the same: whom they believe over TLS is each one's own matter.
fn is_alike(one: Layer, other: Layer) -> bool {
    (one == Layer::Plain) == (other == Layer::Plain)
}
