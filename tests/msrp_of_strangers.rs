//! The rules of RFC 4975 on MSRP of programs that have nothing to do with imspec: no flaw that is not one.

use std::collections::BTreeMap;
use std::path::Path;

use imspec::net::capture::CaptureReader;
use imspec::trace::{Streams, What};

/// The flaws of all MSRP messages of a capture, each with the octets it lies in and how often it was told, and how
/// many messages there are.
fn told(name: &str) -> (usize, BTreeMap<String, usize>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/reference").join(name);
    let mut reader = CaptureReader::open(&path).expect("a capture");
    let (mut streams, mut seen, mut messages, mut flaws) = (Streams::default(), Vec::new(), 0, BTreeMap::new());
    while reader.next(&mut seen).expect("a whole capture") {}
    for one in seen {
        streams.take(one, |unit| {
            let What::Msrp(message) = unit.what else { return };
            messages += 1;
            for flaw in message.flaws() {
                let octets = String::from_utf8_lossy(flaw.span.of(message.head().bytes())).into_owned();
                *flaws.entry(format!("{octets}: {} ({})", flaw.what, flaw.clause)).or_default() += 1;
            }
        });
    }
    (messages, flaws)
}

/// A flaw, and how often it is told.
type Told = (&'static str, usize);

/// Messages and real flaws of each file.
const FILES: &[(&str, usize, &[Told])] = &[
    ("sipsimple-chat-via-kamailio.pcapng", 20, &[]),
    (
        "sipsimple-file-transfer-via-kamailio.pcapng",
        19,
        // A method of its own; the grammar of methods knows no underscore.
        &[("FILE_OFFSET: neither a method in capitals nor a status code of three digits (RFC 4975 §9)", 1)],
    ),
    ("opensips-msrp-ua-chat.pcapng", 11, &[]),
    ("msrplib-300k-chunked.pcapng", 92, &[]),
];

#[test]
fn flaws_of_others_are_real_ones() {
    for (name, messages, flaws) in FILES {
        let expected = flaws.iter().map(|(flaw, times)| ((*flaw).to_owned(), *times)).collect();
        assert_eq!(told(name), (*messages, expected), "{name}");
    }
}
