//! Properties of the SIP codec: whatever comes in, nothing panics and no octet is lost.

use std::sync::LazyLock;

use bytes::Bytes;
use imspec::wire::sip::{Builder, Framed, Limits, Message, Name, StreamDecoder};
use proptest::prelude::*;

/// Every torture message, as a start for mutations.
static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut files: Vec<_> = ["rfc4475", "rfc5118"]
        .iter()
        .flat_map(|rfc| std::fs::read_dir(root.join(rfc)).expect("fixtures"))
        .map(|entry| entry.expect("fixture").path())
        .collect();
    files.sort();
    files.iter().map(|path| std::fs::read(path).expect("fixture")).collect()
});

/// Asks for everything that can be asked of a message.
fn exercise(octets: &[u8]) -> Result<(), TestCaseError> {
    let message = Message::parse(Bytes::copy_from_slice(octets));
    prop_assert_eq!(message.bytes(), octets);
    for flaw in message.flaws() {
        prop_assert!(flaw.span.start <= flaw.span.end && flaw.span.end as usize <= octets.len(), "{}", flaw);
    }
    for name in Name::ALL {
        let params: usize = message.addresses(*name).map(|address| address.params.iter().count()).sum();
        prop_assert!(params <= octets.len());
        prop_assert!(message.products(*name).count() <= octets.len());
        prop_assert!(message.challenges(*name).filter_map(|c| c.get("realm")).count() <= octets.len());
    }
    let lists = [
        message.vias().filter_map(|via| via.branch()).count(),
        message.accept_contacts().map(|value| value.features().iter().count()).sum(),
        message.warnings().count(),
        message.reasons().filter_map(|reason| reason.text()).count(),
        message.accepts().count(),
        message.privacy().count(),
        message.access_networks().count(),
    ];
    prop_assert!(lists.iter().all(|count| *count <= octets.len()));
    let single = (message.cseq(), message.session_expires(), message.min_se(), message.replaces(), message.join());
    let other = (message.event(), message.subscription_state(), message.rack(), message.retry_after(), message.date());
    let body = (message.media_type(), message.disposition(), message.charging_vector());
    std::hint::black_box((single, other, body));
    // Writing what was read, and the bridge, take anything as well.
    let written = Builder::from_message(&message).build();
    prop_assert_eq!(written.body(), message.body());
    std::hint::black_box(rsip::SipMessage::try_from(&message).is_ok());
    Ok(())
}

/// Octets of the messages in a stream, each as it was framed.
fn framed(stream: &[u8], cuts: &[usize]) -> Vec<Bytes> {
    let mut decoder = StreamDecoder::with_limits(Limits { head: 8192, body: 8192 });
    let mut out = Vec::new();
    let mut rest = stream;
    let mut cuts = cuts.iter().cycle();
    while !rest.is_empty() {
        let cut = cuts.next().map_or(rest.len(), |cut| (*cut).clamp(1, rest.len()));
        decoder.push(Bytes::copy_from_slice(&rest[..cut]));
        rest = &rest[cut..];
        while let Some(framed) = decoder.poll() {
            match framed {
                Framed::Message(message) => out.push(message.bytes().clone()),
                Framed::KeepAlive => out.push(Bytes::from_static(b"\r\n")),
                Framed::Broken { .. } => out.push(Bytes::from_static(b"broken")),
            }
        }
    }
    out
}

fn token() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9.!%*_+`'~-]{1,12}"
}

fn sound_message() -> impl Strategy<Value = (Builder, Vec<u8>)> {
    let display = prop_oneof![Just(String::new()), "[A-Za-z]{1,8} ", "\"([ a-z,;<>@]|\\\\\"){0,12}\" "];
    let params = prop::collection::vec((token(), prop::option::of(token())), 0..4);
    (token(), display, params, token(), 0_u32..1 << 31, prop::collection::vec(any::<u8>(), 0..64)).prop_map(
        |(method, display, params, id, cseq, body)| {
            let params: String = params
                .iter()
                .map(|(name, value)| match value {
                    Some(value) => format!(";x{name}={value}"),
                    None => format!(";x{name}"),
                })
                .collect();
            let builder = Builder::request(&method, "sip:bob@example.org;lr")
                .header("v", format!("SIP/2.0/TCP host.example.org:5060 ; branch=z9hG4bKx{id}{params}"))
                .header("Max-Forwards", 70)
                .header("f", format!("{display}<sip:alice@example.org>;tag={id}{params}"))
                .header("To", "<sip:bob@example.org>")
                .header("i", format!("{id}@example.org"))
                .header("CSeq", format!("{cseq} {method}"))
                .header("Contact", format!("{display}<sip:alice@[2001:db8::1]:5060;transport=tcp>{params}"))
                .header("Event", "x")
                .header("Subscription-State", "active")
                .header("Refer-To", "<sip:c@d>");
            (builder, body)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn any_octets_are_a_message(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        exercise(&octets)?;
    }

    #[test]
    fn any_text_is_a_message(text in "([A-Za-z ]{0,8}|sip:|SIP/2.0|Via|From|m|Contact|Warning|Event|:|;|,|<|>|\"|\\\\|=|\r\n|\r|\n|\t|é|\0|[0-9]{1,11}|\\(|\\)|\\*|/|\\[|\\]|@|\\?){0,60}") {
        exercise(text.as_bytes())?;
    }

    #[test]
    fn a_damaged_message_is_a_message(
        index in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..6),
    ) {
        let mut octets = index.get(&CORPUS).clone();
        for (at, octet, kind) in damage {
            let at = at.index(octets.len());
            match kind {
                0 => octets[at] = octet,
                1 => octets.insert(at, octet),
                _ => octets.truncate(at + 1),
            }
        }
        exercise(&octets)?;
    }

    #[test]
    fn what_is_written_is_read((builder, body) in sound_message()) {
        let written = builder.clone().octets(body.clone()).build();
        prop_assert_eq!(written.flaws(), []);
        prop_assert_eq!(written.body(), Bytes::from(body));
        let again = Builder::from_message(&written).build();
        prop_assert_eq!(again.bytes(), written.bytes());
        for (name, full) in [("f", Name::From), ("i", Name::CallId), ("v", Name::Via), ("CSeq", Name::CSeq)] {
            let value = written.header(full).map(|header| header.text().into_owned());
            prop_assert_eq!(value.as_deref(), builder.get(name));
        }
    }

    #[test]
    fn segments_make_no_difference(
        picks in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
        cuts in prop::collection::vec(1_usize..200, 1..6),
    ) {
        let stream: Vec<u8> = picks.iter().flat_map(|pick| pick.get(&CORPUS).clone()).collect();
        prop_assert_eq!(framed(&stream, &cuts), framed(&stream, &[stream.len()]));
    }
}

#[test]
fn sound_messages_come_out_of_a_stream_one_by_one() {
    let message = |n: u32| {
        let builder = Builder::request("OPTIONS", "sip:a@b").header("CSeq", format!("{n} OPTIONS"));
        builder.octets(vec![b'\n'; n as usize]).build().bytes().clone()
    };
    let messages: Vec<Bytes> = (0..20).map(message).collect();
    let stream = messages.concat();
    for cut in [1, 3, 50, stream.len()] {
        assert_eq!(framed(&stream, &[cut]), messages, "segments of {cut}");
    }
}
