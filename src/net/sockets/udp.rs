//! UDP sockets of nodes: one an address, read a few datagrams at a time, never waited for when they are full.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::net::UdpSocket;

use super::ready::Waiting;
use super::wire::Wire;
use crate::net::NodeId;
use crate::net::recorder::LARGEST_DATAGRAM;
use crate::stack::Input;
use crate::trace::Seen;

pub(super) struct Udp {
    owner: NodeId,
    socket: Arc<UdpSocket>,
    /// Datagrams that the socket did not take yet.
    unsent: VecDeque<(SocketAddr, Bytes)>,
    reading: Waiting,
    writing: Option<Waiting>,
}

/// Datagrams read before others have their turn.
const AT_ONCE: usize = 32;
/// More datagrams than this do not wait for a full socket: a network may lose them.
const MOST_UNSENT: usize = 4096;
/// Octets that the system shall keep for a socket that is not read at once.
const RECEIVE_BUFFER: usize = 4 << 20;

impl Wire {
    /// Binds a UDP socket for a node. Binding again changes nothing.
    pub fn bind(&mut self, id: NodeId, address: SocketAddr) {
        if self.udp.get(&address).is_some_and(|udp| udp.owner == id) {
            return;
        }
        match open(address) {
            Ok(socket) => {
                let socket = Arc::new(socket);
                let reading = self.poller.datagrams(address, socket.clone());
                let udp = Udp { owner: id, socket, unsent: VecDeque::new(), reading, writing: None };
                self.udp.insert(address, udp);
            }
            Err(source) => self.cannot_bind(id, "UDP", address, source),
        }
    }

    pub fn datagram(&mut self, id: NodeId, local: SocketAddr, remote: SocketAddr, bytes: Bytes) {
        if bytes.len() > LARGEST_DATAGRAM || local.is_ipv4() != remote.is_ipv4() {
            return; // A socket refuses it, so nothing leaves.
        }
        self.bind(id, local);
        let Some(udp) = self.udp.get_mut(&local) else { return };
        if udp.unsent.len() < MOST_UNSENT {
            udp.unsent.push_back((remote, bytes));
        } else {
            self.unsent += 1;
        }
        if udp.writing.is_none() {
            self.send_datagrams(local);
        }
    }

    /// Sends what waits, until the socket is full.
    pub fn send_datagrams(&mut self, local: SocketAddr) {
        let now = self.now();
        let Some(udp) = self.udp.get_mut(&local) else { return };
        udp.writing = None;
        while let Some((remote, bytes)) = udp.unsent.pop_front() {
            match udp.socket.try_send_to(&bytes, remote) {
                Ok(_) => self.recorder.record(now, local, remote, Seen::Datagram(bytes)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    udp.unsent.push_front((remote, bytes));
                    udp.writing = Some(self.poller.sendable(local, udp.socket.clone()));
                    return;
                }
                Err(_) => {} // No way to there: nothing left, and the sender's timers tell.
            }
        }
    }

    /// Reads some datagrams and lets their node hear them.
    pub fn receive_datagrams(&mut self, local: SocketAddr) {
        for _ in 0..AT_ONCE {
            self.make_room();
            let Some(udp) = self.udp.get(&local) else { return };
            let owner = udp.owner;
            match udp.socket.try_recv_buf_from(&mut self.buffer) {
                Ok((_, remote)) => {
                    let bytes = self.buffer.split().freeze();
                    if !self.udp.contains_key(&remote) {
                        self.outside(remote, local, Seen::Datagram(bytes.clone()));
                    }
                    self.tell(owner, Input::Datagram { local, remote, bytes });
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => {} // The error of an earlier datagram, reported late.
            }
        }
        if let Some(udp) = self.udp.get_mut(&local) {
            udp.reading = self.poller.datagrams(local, udp.socket.clone());
        }
    }
}

fn open(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    // Best effort: a smaller buffer works, too.
    let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUFFER);
    UdpSocket::from_std(socket)
}
