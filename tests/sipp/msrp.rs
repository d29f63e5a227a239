//! The MSRP side of a client whose SIP side is SIPp, which knows none: one message in or out, by RFC 4975.
//!
//! It does what a good client does, and stops where a test tells it to.

use std::net::SocketAddr;

use bytes::Bytes;
use imspec::wire::msrp::{Assembler, Builder, Decoder, Flag, Message};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

/// Octets in a chunk.
const CHUNK: u64 = 2048;

/// How much of the message goes out before SIPp is told that it may say good-bye.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Whole,
    FirstChunk,
}

/// Takes the message that comes in on `listener`, acknowledges each chunk and, with `reports`, the whole.
pub async fn receive(listener: TcpListener, reports: bool) {
    let Ok((stream, _)) = listener.accept().await else { return };
    let mut peer = Peer::new(stream);
    while let Some(chunk) = peer.next().await {
        let head = chunk.head();
        let (to, from) = (head.from_path().next().unwrap_or_default(), head.to_path().next().unwrap_or_default());
        let paths = |builder: Builder| builder.header("To-Path", to).header("From-Path", from);
        peer.write(paths(Builder::response(head.transaction_id(), 200, "OK"))).await;
        if reports && chunk.flag() == Flag::Last {
            let total = head.byte_range().and_then(|range| range.total).unwrap_or_default();
            let report = paths(Builder::request("report1", "REPORT"))
                .header("Message-ID", head.message_id().unwrap_or_default())
                .header("Byte-Range", format!("1-{total}/{total}"))
                .header("Status", "000 200 OK");
            peer.write(report).await;
        }
    }
}

/// Sends a message of `size` octets along `path` and tells SIPp at `sip` when that part of it is acknowledged.
pub async fn send(sip: SocketAddr, own: &str, path: &str, call_id: &str, size: u64, part: Part) {
    let authority = path.split('/').nth(2).unwrap_or_default();
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::new(sip.ip(), 0)).expect("an address of this machine");
    let mut peer = Peer::new(socket.connect(authority.parse().expect("an address")).await.expect("a listener"));
    let chunks = match part {
        Part::Whole => size.div_ceil(CHUNK),
        Part::FirstChunk => 1,
    };
    for nth in 0..chunks {
        let (start, end) = (nth * CHUNK, ((nth + 1) * CHUNK).min(size));
        let body = Bytes::from(vec![b'x'; (end - start) as usize]);
        let chunk = Builder::request(&format!("chunk{nth:04}"), "SEND")
            .header("To-Path", path)
            .header("From-Path", own)
            .header("Message-ID", "message1")
            .header("Byte-Range", format!("{}-{end}/{size}", start + 1))
            .header("Success-Report", "yes")
            .header("Failure-Report", "yes")
            .header("Content-Disposition", "render")
            .body("text/plain", body)
            .flag(if end == size { Flag::Last } else { Flag::More });
        peer.write(chunk).await;
    }
    let mut missing = chunks;
    while missing > 0 {
        let Some(message) = peer.next().await else { return };
        missing -= u64::from(message.head().status() == Some(200));
    }
    tell(sip, call_id).await;
    while peer.next().await.is_some() {}
}

/// A request that SIPp waits for, within the call; nobody else sees it.
async fn tell(sip: SocketAddr, call_id: &str) {
    let socket = UdpSocket::bind(SocketAddr::new(sip.ip(), 0)).await.expect("an address of this machine");
    let info = format!(
        "INFO sip:{sip} SIP/2.0\r\nVia: SIP/2.0/UDP {};branch=z9hG4bKacknowledged\r\nMax-Forwards: 70\r\n\
         From: <sip:msrp@{sip}>;tag=1\r\nTo: <sip:{sip}>\r\nCall-ID: {call_id}\r\nCSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n",
        socket.local_addr().expect("bound")
    );
    socket.send_to(info.as_bytes(), sip).await.expect("it leaves");
}

/// A connection, chunk by chunk.
struct Peer {
    stream: TcpStream,
    decoder: Decoder,
    assembler: Assembler,
}

impl Peer {
    fn new(stream: TcpStream) -> Peer {
        Peer { stream, decoder: Decoder::new(), assembler: Assembler::new(u64::MAX) }
    }

    /// The next chunk, response or REPORT; nothing once the connection is closed.
    async fn next(&mut self) -> Option<Message> {
        let mut octets = [0; 4096];
        loop {
            while let Some(event) = self.decoder.poll() {
                if let Some(message) = self.assembler.add(event) {
                    return Some(message);
                }
            }
            let read = self.stream.read(&mut octets).await.ok().filter(|read| *read > 0)?;
            self.decoder.push(Bytes::copy_from_slice(&octets[..read]));
        }
    }

    async fn write(&mut self, builder: Builder) {
        let octets = builder.pieces().concat();
        // A peer that has closed is seen when it is read from.
        let _ = self.stream.write_all(&octets).await;
    }
}
