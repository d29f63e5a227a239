//! Two endpoints, back to back, and one endpoint before a peer that says what a test makes it say.

mod before_a_peer;
mod confirmed;
mod expected;
mod interrupted;
mod pair;
mod relayed;
mod relays;
mod secured;
mod switched;

use std::time::Duration;

use bytes::Bytes;

use super::{Config, Endpoint, Event, FailureReport, Outgoing, SessionConfig};
use crate::stack::{IdSource, Output};
use crate::time::Time;
use crate::wire::msrp::{Assembler, Decoder, Message};

const ALICE: &str = "msrp://127.0.0.1:2855/alice1;tcp";
const BOB: &str = "msrp://127.0.0.2:2855/bob1;tcp";

fn at(seconds: u64) -> Time {
    Time(0) + Duration::from_secs(seconds)
}

fn endpoint(host: u8, label: &str, chunk: usize) -> Endpoint {
    let config = Config::new(([127, 0, 0, host], 2855).into(), IdSource::new(7, label));
    Endpoint::new(Config { chunk, window: 2, max_message: 100_000, ..config })
}

fn session(own: &str, peer: &str, connect: Option<u8>) -> SessionConfig {
    SessionConfig {
        local_path: own.into(),
        remote_path: vec![peer.into()],
        fingerprints: Vec::new(),
        speaks_first: connect.is_some(),
        connect: connect.map(|host| ([127, 0, 0, host], 2855).into()),
        accept_types: vec!["text/plain".into(), "message/cpim".into()],
        may_receive: true,
        switched: false,
    }
}

fn outgoing(octets: usize) -> Outgoing {
    Outgoing {
        message_id: "message1".into(),
        headers: vec![("Content-Disposition".into(), "render".into())],
        content_type: "text/plain".into(),
        body: text(octets),
        success_report: true,
        failure_report: FailureReport::Yes,
        chunk: None,
    }
}

/// Content in which every octet tells its place.
fn text(octets: usize) -> Bytes {
    (0..octets).map(|i| b'a' + (i * 7 % 26) as u8).collect::<Vec<u8>>().into()
}

/// The requests and responses of a stream, in order.
fn framed(stream: Bytes) -> Vec<Message> {
    let (mut decoder, mut assembler) = (Decoder::new(), Assembler::new(u64::MAX));
    decoder.push(stream);
    std::iter::from_fn(|| decoder.poll()).filter_map(|event| assembler.add(event)).collect()
}

/// What an endpoint tells, in words; chunks sent and received are left out.
fn told(endpoint: &mut Endpoint) -> Vec<String> {
    let events = std::iter::from_fn(|| endpoint.poll_event());
    events
        .filter_map(|event| {
            Some(match event {
                Event::Authorised { local_path, use_path, valid } => {
                    format!("{local_path} by {} for {}", use_path.join(" "), valid.as_secs())
                }
                Event::Unauthorised { local_path, why } => format!("{local_path} by nobody: {why:?}"),
                Event::PathsLost => "paths lost".into(),
                Event::ChunkSent { .. } | Event::ChunkReceived { .. } => return None,
                Event::Connected { session } => format!("{} connected", session.0),
                Event::Acknowledged { session, message_id } => format!("{} {message_id} acknowledged", session.0),
                Event::Delivered { session, message_id } => format!("{} {message_id} delivered", session.0),
                Event::Failed { session, message_id, why } => format!("{} {message_id} {why:?}", session.0),
                Event::Received { session, message } => {
                    let content = message.content();
                    let right = if content == text(content.len()) { "right" } else { "wrong" };
                    format!("{} {} received, {} octets, {right}", session.0, message.message_id, content.len())
                }
                Event::Request { session, request } => {
                    let head = request.head();
                    format!("{} {} to be answered, {} octets", session.0, head.method(), request.octets())
                }
                Event::Broken { session, message_id } => format!("{} {message_id} broken off", session.0),
                Event::Lost { session, reset } => format!("{} lost, reset {reset}", session.0),
            })
        })
        .collect()
}

/// What an endpoint sends, each message as its first line and flag; closing and connecting by name.
fn sent(endpoint: &mut Endpoint) -> Vec<String> {
    let outputs = std::iter::from_fn(|| endpoint.poll());
    outputs
        .filter_map(|output| match output {
            Output::Send { pieces, .. } => Some(String::from_utf8_lossy(&pieces.concat()).into_owned()),
            Output::Close { .. } => Some("close".into()),
            Output::Reset { .. } => Some("reset".into()),
            Output::Connect { .. } => Some("connect".into()),
            _ => None,
        })
        .collect()
}
