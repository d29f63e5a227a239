//! How fast MSRP is framed, judged and written, on one core.

use bytes::Bytes;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use imspec::stack::msrp::{Config, Endpoint, FailureReport, Outgoing, SessionConfig};
use imspec::stack::{IdSource, Input, Output};
use imspec::time::Time;
use imspec::wire::msrp::{Assembler, Builder, Decoder, Event, Flag, Message};

fn main() {
    divan::main();
}

/// What a TCP connection hands over at once.
const SEGMENT: usize = 16 * 1024;
/// Content of the stream that is framed.
const CONTENT: usize = 8 << 20;

fn chunk(nth: usize, octets: usize, total: usize) -> Message {
    let start = nth * octets + 1;
    // Text with line ends and hyphens, as an end-line begins.
    let body: Vec<u8> = b"A line of text, as people write them -- with hyphens.\r\n---\r\n"
        .iter()
        .copied()
        .cycle()
        .take(octets)
        .collect();
    Builder::request(&format!("a786hjs2{nth:08}"), "SEND")
        .header("To-Path", "msrp://bob.example.com:8888/9di4eae923wzd;tcp")
        .header("From-Path", "msrp://alicepc.example.com:7777/iau39soe2843z;tcp")
        .header("Message-ID", "12339sdqwer")
        .header("Byte-Range", format!("{start}-*/{total}"))
        .header("Success-Report", "yes")
        .body("text/plain", body)
        .flag(if start + octets > total { Flag::Last } else { Flag::More })
        .build()
}

/// A message of [`CONTENT`] octets in chunks of that many, in segments as they come.
fn segments(octets: usize) -> Vec<Bytes> {
    let count = CONTENT / octets;
    let chunks = (0..count).flat_map(|nth| chunk(nth, octets, count * octets).pieces());
    let stream = Bytes::from(chunks.collect::<Vec<_>>().concat());
    (0..stream.len()).step_by(SEGMENT).map(|at| stream.slice(at..(at + SEGMENT).min(stream.len()))).collect()
}

const CHUNKS: [usize; 4] = [2048, 10240, 65536, 1 << 20];

#[divan::bench(args = CHUNKS)]
fn frame(bencher: Bencher, octets: usize) {
    let segments = segments(octets);
    let all: usize = segments.iter().map(Bytes::len).sum();
    bencher.counter(BytesCount::new(all)).bench_local(|| {
        let mut decoder = Decoder::new();
        let mut content = 0;
        for segment in &segments {
            decoder.push(black_box(segment).clone());
            while let Some(event) = decoder.poll() {
                if let Event::Body(piece) = event {
                    content += piece.len();
                }
            }
        }
        assert_eq!(content, CONTENT / octets * octets);
    });
}

#[divan::bench(args = CHUNKS)]
fn frame_and_join(bencher: Bencher, octets: usize) {
    let segments = segments(octets);
    let all: usize = segments.iter().map(Bytes::len).sum();
    bencher.counter(BytesCount::new(all)).bench_local(|| {
        let (mut decoder, mut assembler) = (Decoder::new(), Assembler::new(u64::MAX));
        let mut chunks = 0;
        for segment in &segments {
            decoder.push(black_box(segment).clone());
            while let Some(event) = decoder.poll() {
                chunks += usize::from(assembler.add(event).is_some());
            }
        }
        assert_eq!(chunks, CONTENT / octets);
    });
}

#[divan::bench]
fn judge(bencher: Bencher) {
    let message = chunk(0, 2048, 20000);
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| black_box(&message).flaws().len());
}

#[divan::bench]
fn write(bencher: Bencher) {
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        let body = Bytes::from_static(&[b'x'; 2048]);
        Builder::request("a786hjs2", "SEND")
            .header("To-Path", "msrp://bob.example.com:8888/9di4eae923wzd;tcp")
            .header("From-Path", "msrp://alicepc.example.com:7777/iau39soe2843z;tcp")
            .header("Message-ID", "12339sdqwer")
            .header("Byte-Range", "1-*/20000")
            .body("text/plain", black_box(body))
            .flag(Flag::More)
            .pieces()
    });
}

/// A message on its way through an endpoint: in chunks of 2048 octets, or in one that is written piece by piece. Nobody
/// answers, so that only the connection holds it up.
#[divan::bench(args = [2048, usize::MAX])]
fn send(bencher: Bencher, chunk: usize) {
    let body = Bytes::from(vec![b'x'; CONTENT]);
    let (local, remote) = (([127, 0, 0, 1], 2855).into(), ([127, 0, 0, 2], 2855).into());
    bencher.counter(BytesCount::new(CONTENT)).bench_local(|| {
        let mut endpoint = Endpoint::new(Config::new(local, IdSource::new(7, "bench")));
        let session = endpoint.open(
            Time(0),
            SessionConfig {
                local_path: "msrp://127.0.0.1:2855/iau39soe2843z;tcp".into(),
                remote_path: vec!["msrp://127.0.0.2:2855/9di4eae923wzd;tcp".into()],
                fingerprints: Vec::new(),
                connect: Some(remote),
                speaks_first: true,
                accept_types: vec!["*".into()],
                may_receive: true,
                switched: false,
            },
        );
        let message = Outgoing {
            message_id: "12339sdqwer".into(),
            headers: Vec::new(),
            content_type: "text/plain".into(),
            body: black_box(body.clone()),
            success_report: false,
            failure_report: FailureReport::No,
            chunk: Some(chunk),
        };
        endpoint.send(Time(0), session, message);
        let mut octets = 0;
        while let Some(output) = endpoint.poll() {
            match output {
                Output::Connect { conn, local, remote, .. } => {
                    endpoint.handle(Time(0), Input::Connected { conn, local, remote, certificate: None });
                }
                Output::Send { conn, pieces } => {
                    octets += pieces.iter().map(Bytes::len).sum::<usize>();
                    endpoint.handle(Time(0), Input::Drained { conn });
                }
                _ => {}
            }
        }
        assert!(octets > CONTENT);
    });
}
