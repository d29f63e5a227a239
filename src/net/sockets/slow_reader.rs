//! A large chunk of MSRP towards a peer that reads slowly and has enough in its midst. Waits on conditions, never on time.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::stack::msrp::{Config, Endpoint, Event, Failure, FailureReport, Outgoing, SessionConfig};
use crate::stack::{IdSource, Output};
use crate::wire::msrp::{Assembler, Decoder, Flag, Message};

const ALICE: &str = "msrp://127.0.0.1:9/alice1;tcp";
const BOB: &str = "msrp://127.0.0.3:9/bob1;tcp";
/// More than the system keeps of a connection that nobody reads.
const OCTETS: usize = 64 << 20;
const LIMIT: Duration = Duration::from_secs(60);

/// Alice's host: MSRP and nothing else.
struct Sender {
    msrp: Endpoint,
    /// Octets that were given to the connection.
    given: usize,
    failed: Option<Failure>,
}

impl Node for Sender {
    fn handle(&mut self, now: Time, input: Input) {
        self.msrp.handle(now, input);
        while let Some(event) = self.msrp.poll_event() {
            if let Event::Failed { why, .. } = event {
                self.failed = Some(why);
            }
        }
    }

    fn poll(&mut self) -> Option<Output> {
        let output = self.msrp.poll()?;
        if let Output::Send { pieces, .. } = &output {
            self.given += pieces.iter().map(Bytes::len).sum::<usize>();
        }
        Some(output)
    }

    fn next_timeout(&self) -> Option<Time> {
        self.msrp.next_timeout()
    }
}

/// Bob reads the head of the first chunk and then nothing; when he is told to, he wants no more of the message; when he is
/// told again, he reads to the end. Gives what he read.
fn read_slowly(listener: &TcpListener, told: &mpsc::Receiver<()>) -> Vec<u8> {
    let (mut stream, _) = listener.accept().unwrap();
    let mut all = Vec::new();
    while !all.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet).unwrap();
        all.extend(octet);
    }
    told.recv().unwrap();
    let head = String::from_utf8_lossy(&all).into_owned();
    let tid = head.split(' ').nth(1).unwrap_or_default();
    let refusal = format!("MSRP {tid} 413\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\n-------{tid}$\r\n");
    stream.write_all(refusal.as_bytes()).unwrap();
    told.recv().unwrap();
    stream.read_to_end(&mut all).unwrap();
    all
}

async fn until(live: &mut Live<Sender>, condition: impl Fn(&Live<Sender>) -> bool) {
    assert_eq!(live.run(LIMIT, condition).await.unwrap(), Stopped::Condition);
}

#[tokio::test]
async fn pieces_wait_for_room_and_a_refusal_stops_the_rest() {
    let listener = TcpListener::bind("127.0.0.3:0").unwrap();
    let remote: SocketAddr = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    let bob = std::thread::spawn(move || read_slowly(&listener, &told));

    let local = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap();
    let config = Config::new(local, IdSource::new(7, "alice"));
    let piece = config.piece;
    let mut live = Live::new();
    let id = live.add("Alice", &[], Sender { msrp: Endpoint::new(config), given: 0, failed: None }).unwrap();
    let now = live.now();
    let msrp = &mut live.node_mut(id).msrp;
    let session = msrp.open(
        now,
        SessionConfig {
            local_path: ALICE.into(),
            remote_path: vec![BOB.into()],
            fingerprints: Vec::new(),
            connect: Some(remote),
            speaks_first: true,
            accept_types: vec!["*".into()],
            may_receive: true,
            switched: false,
        },
    );
    let message = Outgoing {
        message_id: "message1".into(),
        headers: Vec::new(),
        content_type: "text/plain".into(),
        body: vec![b'x'; OCTETS].into(),
        success_report: true,
        failure_report: FailureReport::Yes,
        chunk: Some(usize::MAX),
    };
    msrp.send(now, session, message);
    live.kick(id);

    // The system takes no more: what waits here is a piece, and not the rest of the message.
    until(&mut live, |live| live.wire.flows.values().any(|flow| flow.writing.is_some())).await;
    let waiting: usize = live.wire.flows.values().map(|flow| flow.unsent_octets).sum();
    assert!(waiting < piece + 1000, "{waiting} octets wait");

    tell.send(()).unwrap();
    until(&mut live, |live| live.node(id).failed.is_some()).await;
    assert_eq!(live.node(id).failed, Some(Failure::Refused(413)));
    let given = live.node(id).given;
    assert!(given < OCTETS, "{given} octets were given");

    live.node_mut(id).msrp.close(session);
    live.kick(id);
    tell.send(()).unwrap();
    until(&mut live, |_| bob.is_finished()).await;
    let all = bob.join().unwrap();
    assert_eq!(all.len(), given, "nothing follows the end-line");
    let (mut decoder, mut assembler) = (Decoder::new(), Assembler::new(u64::MAX));
    decoder.push(all.into());
    let chunks: Vec<Message> = std::iter::from_fn(|| decoder.poll()).filter_map(|event| assembler.add(event)).collect();
    assert_eq!(chunks.iter().map(Message::flag).collect::<Vec<_>>(), [Flag::Aborted]);
    assert!(chunks[0].octets() < OCTETS as u64);
}
