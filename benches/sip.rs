//! How fast SIP messages are read, written, judged and framed, on one core.

use bytes::Bytes;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use imspec::wire::sip::{Builder, Framed, Message, Name, StreamDecoder};

fn main() {
    divan::main();
}

/// An INVITE for an MSRP session as an IM client sends it.
fn invite() -> Bytes {
    let sdp = "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n\
        m=message 2855 TCP/MSRP *\r\na=accept-types:message/cpim text/plain application/im-iscomposing+xml\r\n\
        a=accept-wrapped-types:*\r\na=path:msrp://192.0.2.10:2855/s1a2b3c4d5e;tcp\r\na=setup:actpass\r\n\
        a=sendrecv\r\na=max-size:1048576\r\n";
    let builder = Builder::request("INVITE", "sip:bob@example.org")
        .header("Via", "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776asdhds;rport")
        .header("Max-Forwards", 70)
        .header("Route", "<sip:pcscf.example.org;lr>")
        .header("From", "\"Alice\" <sip:alice@example.org>;tag=1928301774")
        .header("To", "<sip:bob@example.org>")
        .header("Call-ID", "a84b4c76e66710@192.0.2.10")
        .header("CSeq", "314159 INVITE")
        .header("Contact", "<sip:alice@192.0.2.10:5060>;+g.oma.sip-im;+sip.instance=\"<urn:uuid:0001>\"")
        .header("Accept-Contact", "*;+g.oma.sip-im;require;explicit")
        .header("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE, MESSAGE, NOTIFY, REFER")
        .header("Supported", "timer, replaces")
        .header("Session-Expires", "1800;refresher=uac")
        .header("P-Preferred-Identity", "<sip:alice@example.org>")
        .header("P-Access-Network-Info", "3GPP-UTRAN-TDD; utran-cell-id-3gpp=234151D0FCE11")
        .header("User-Agent", "IM-client/OMA1.0 imspec/0.1")
        .body("application/sdp", sdp);
    let short = builder.clone().build().bytes().len();
    // Filled up to the size that other codecs were measured with.
    builder.header_first("Subject", "x".repeat(1284_usize.saturating_sub(short + 11))).build().bytes().clone()
}

fn one<'a, 'b>(bencher: Bencher<'a, 'b>) -> Bencher<'a, 'b> {
    bencher.counter(ItemsCount::new(1_usize)).counter(BytesCount::new(invite().len()))
}

#[divan::bench]
fn parse(bencher: Bencher) {
    let bytes = invite();
    assert_eq!(bytes.len(), 1284);
    one(bencher).bench_local(|| Message::parse(black_box(&bytes).clone()));
}

#[divan::bench]
fn parse_and_read_what_a_stack_needs(bencher: Bencher) {
    let bytes = invite();
    one(bencher).bench_local(|| {
        let message = Message::parse(black_box(&bytes).clone());
        let tags =
            (message.from().and_then(|a| a.tag()).map(str::len), message.to().and_then(|a| a.tag()).map(str::len));
        let branch = message.via().and_then(|via| via.branch()).map(str::len);
        (tags, branch, message.cseq().map(|(n, _)| n), message.call_id().len())
    });
}

#[divan::bench]
fn parse_and_judge(bencher: Bencher) {
    let bytes = invite();
    one(bencher).bench_local(|| Message::parse(black_box(&bytes).clone()).flaws().len());
}

#[divan::bench]
fn write(bencher: Bencher) {
    let builder = Builder::from_message(&Message::parse(invite()));
    one(bencher).bench_local(|| black_box(&builder).clone().build());
}

#[divan::bench]
fn find_names(bencher: Bencher) {
    bencher
        .counter(ItemsCount::new(Name::ALL.len()))
        .bench_local(|| Name::ALL.iter().filter(|name| Name::of(black_box(name.text().as_bytes())) == **name).count());
}

/// A stream of a hundred messages, in segments of the given size.
#[divan::bench(args = [1, 536, 1460, 65536])]
fn frame(bencher: Bencher, segment: usize) {
    let message = invite();
    let stream = Bytes::from(message.repeat(100));
    bencher.counter(ItemsCount::new(100_usize)).counter(BytesCount::new(stream.len())).bench_local(|| {
        let mut decoder = StreamDecoder::new();
        let mut messages = 0;
        for start in (0..stream.len()).step_by(segment) {
            decoder.push(stream.slice(start..(start + segment).min(stream.len())));
            while let Some(Framed::Message(_)) = decoder.poll() {
                messages += 1;
            }
        }
        assert_eq!(messages, 100);
    });
}
