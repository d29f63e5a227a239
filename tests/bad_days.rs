//! Systems under test that mean no good: whatever they send, nothing crashes, hangs or bloats imspec, and the scenario has
//! its findings.

mod own_network;
mod rogue;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::future::join_all;
use imspec::judge::{CaseResult, Verdict};
use own_network::Network;
use rogue::{Deed, Flow};

const CASE: &str = "im/9.2.2/large-message";
const SYSTEM: &str = "name: a rogue\nplays: im-client\nclient: im\nsip: 127.0.0.21:5060\n";
/// Far longer than a case takes: what hangs is not over by then.
const TOO_LONG: Duration = Duration::from_secs(60);

/// Whether the rogue's connection is to be ended by us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Connection {
    IsEnded,
    Any,
}

/// Plays the scenario with such a system; what it was found to be.
async fn found(what: &str, deed: Deed, connection: Connection) -> CaseResult {
    let network = Network::new(CASE).await;
    let at = SocketAddr::new(network.host(21), 5060);
    let (ended, was_ended) = tokio::sync::oneshot::channel();
    let rogue = tokio::spawn(rogue::play(at, deed, ended));
    let begun = Instant::now();
    let case = network.play(SYSTEM, |text| panic!("nobody is there to be told: {text}")).await;
    let case = case.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(begun.elapsed() < TOO_LONG, "{what}");
    if connection == Connection::IsEnded {
        assert!(was_ended.await.unwrap_or(false), "{what}: the connection is kept");
    }
    rogue.abort();
    let _ = rogue.await; // Its address is free when it is gone.
    assert!(matches!(case.verdict(), Verdict::Fail | Verdict::Inconclusive), "{what}: {:?}", case.verdict());
    for finding in &case.findings {
        assert!(finding.place.line > 0 && finding.verdict != Verdict::Error, "{what}: {finding:?}");
        let told = finding.verdict <= Verdict::Pass || !finding.reason.is_empty() || finding.found.is_some();
        assert!(told, "{what}: {finding:?}");
    }
    case
}

async fn all(deeds: Vec<(String, Deed, Connection)>) -> Vec<CaseResult> {
    join_all(deeds.into_iter().map(|(what, deed, connection)| async move { found(&what, deed, connection).await }))
        .await
}

fn torture() -> Vec<Vec<u8>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut messages = Vec::new();
    for folder in ["rfc4475", "rfc5118"] {
        for file in std::fs::read_dir(fixtures.join(folder)).expect("the fixtures") {
            messages.push(std::fs::read(file.expect("an entry").path()).expect("a message"));
        }
    }
    assert!(messages.len() >= 61, "{}", messages.len());
    messages
}

fn octets(text: &str) -> Flow {
    Flow::Octets(text.as_bytes().to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sip_that_nobody_should_send_is_survived() {
    let mut noise = torture();
    noise.extend([vec![], vec![0; 1000], vec![0xff; 65_000], b"SIP/2.0".to_vec(), b"INVITE".to_vec()]);
    let long_header = format!("OPTIONS sip:x SIP/2.0\r\nSubject: {}", "x".repeat(10 << 20));
    let long_body = b"MESSAGE sip:bob@home1.example SIP/2.0\r\nContent-Length: 4000000000\r\n\r\n".to_vec();
    let torture_stream: Vec<u8> = torture().concat();
    all(vec![
        ("every torture message".to_owned(), Deed::Datagrams(noise), Connection::Any),
        ("a header of 10 MB".to_owned(), Deed::Stream(octets(&long_header)), Connection::IsEnded),
        (
            "a body without end".to_owned(),
            Deed::Stream(Flow::Endless(long_body, vec![b'x'; 1 << 20], 100)),
            Connection::IsEnded,
        ),
        ("torture over TCP".to_owned(), Deed::Stream(Flow::Octets(torture_stream)), Connection::Any),
        (
            "a slow header".to_owned(),
            Deed::Stream(Flow::Slowly(long_header.as_bytes()[..2000].to_vec())),
            Connection::Any,
        ),
        ("a reset".to_owned(), Deed::Stream(Flow::Reset), Connection::Any),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn msrp_that_nobody_should_send_is_survived() {
    const FRAMES: &[&str] = &[
        "MSRP\r\n",
        "MSRP a 200 OK\r\n-------a$\r\n",
        "MSRP \r\n\r\n-------$\r\n",
        "MSRP abcd SEND\r\nTo-Path: nothing\r\nFrom-Path: nothing\r\n-------abcd!\r\n",
        "MSRP abcd FOOBAR\r\n-------abcd$\r\n",
        "MSRP abcd SEND\r\nByte-Range: 9-1/*\r\n\r\nx\r\n-------abcd$\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "\u{0}\u{0}\u{0}\u{0}",
    ];
    let long_header = format!("MSRP abcd 200 OK\r\nTo-Path: {}", "x".repeat(10 << 20));
    let endless = b"MSRP abcd SEND\r\nTo-Path: msrp://x:1/a;tcp\r\nFrom-Path: msrp://x:1/b;tcp\r\nMessage-ID: 1\r\n\
        Byte-Range: 1-*/*\r\nContent-Type: text/plain\r\n\r\n";
    let response = b"MSRP abcd 200 OK\r\nTo-Path: msrp://x:1/a;tcp\r\nFrom-Path: msrp://x:1/b;tcp\r\n-------abcd$\r\n";
    let mut deeds: Vec<(String, Deed, Connection)> = FRAMES
        .iter()
        .map(|frame| (format!("the frame {frame:?}"), Deed::Msrp(octets(frame)), Connection::Any))
        .collect();
    let mut add = |what: &str, flow, connection| deeds.push((what.to_owned(), Deed::Msrp(flow), connection));
    add("a header of 10 MB", octets(&long_header), Connection::IsEnded);
    add("a chunk without end", Flow::Endless(endless.to_vec(), vec![b'x'; 1 << 20], 60), Connection::Any);
    add("responses to nothing", Flow::Endless(Vec::new(), response.repeat(100), 300), Connection::Any);
    add("a slow start", Flow::Slowly(endless.to_vec()), Connection::Any);
    add("a reset", Flow::Reset, Connection::Any);
    add("nothing at all", Flow::Stare, Connection::Any);
    all(deeds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_a_finding() {
    let flood = Deed::Flood(vec![b'x'; 60_000]);
    let case = found("a flood", flood, Connection::Any).await;
    let finding = case.findings.iter().find(|finding| finding.requirement == "flood");
    let finding = finding.unwrap_or_else(|| panic!("{:#?}", case.findings));
    assert_eq!(finding.verdict, Verdict::Fail);
}
