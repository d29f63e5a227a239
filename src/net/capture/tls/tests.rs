//! What rustls seals is read with its secrets: every suite, cut anywhere; and what cannot be read is counted.

use std::io::{Read, Write};
use std::sync::Arc;

use bytes::Bytes;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::ServerName;
use rustls::{
    ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection, SupportedCipherSuite,
};

use super::Sealer;
use crate::net::capture::{CaptureReader, CaptureWriter, Format};
use crate::net::certificates::Authority;
use crate::net::sockets::Secrets;
use crate::time::Time;
use crate::trace::{Observation, Seen};

const ENDS: [&str; 2] = ["192.0.2.1:40000", "192.0.2.2:5061"];

/// All but those that want another kind of key.
fn suites() -> impl Iterator<Item = SupportedCipherSuite> {
    default_provider().cipher_suites.into_iter().filter(|suite| !format!("{:?}", suite.suite()).contains("_RSA_"))
}

/// Octets that left one end after the other, each with its side, and the secrets.
struct Talk {
    sent: Vec<(usize, Vec<u8>)>,
    secrets: Vec<String>,
    /// The server's certificate.
    shown: Vec<Bytes>,
}

/// A connection with that suite, on which each side says what is given, in turns; between them the client changes its keys.
fn talk(suite: SupportedCipherSuite, said: &[(usize, &[u8])]) -> Talk {
    let authority = Authority::new().unwrap();
    let own = authority.issue("own", &[], &["own.example"]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().to_vec().into()).unwrap();
    let mut provider = default_provider();
    provider.cipher_suites = vec![suite];
    let provider = Arc::new(provider);
    let secrets = Arc::new(Secrets::default());
    let version = [if suite.tls13().is_some() { &rustls::version::TLS13 } else { &rustls::version::TLS12 }];
    let mut client = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&version)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.key_log = secrets.clone();
    let server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&version)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.chain[0].to_vec().into()], own.key.clone_key())
        .unwrap();
    let name = ServerName::try_from("own.example").unwrap();
    let mut ends: [Connection; 2] = [
        ClientConnection::new(Arc::new(client), name).unwrap().into(),
        ServerConnection::new(Arc::new(server)).unwrap().into(),
    ];
    let mut sent = Vec::new();
    let mut carry = |ends: &mut [Connection; 2]| {
        while ends.iter().any(|end| end.wants_write()) {
            for side in [0, 1] {
                let mut octets = Vec::new();
                while ends[side].wants_write() {
                    ends[side].write_tls(&mut octets).unwrap();
                }
                let mut rest = &octets[..];
                while !rest.is_empty() {
                    ends[1 - side].read_tls(&mut rest).unwrap();
                    ends[1 - side].process_new_packets().unwrap();
                    let _ = ends[1 - side].reader().read(&mut [0; 1 << 16]);
                }
                if !octets.is_empty() {
                    sent.push((side, octets));
                }
            }
        }
    };
    carry(&mut ends);
    for (side, octets) in said {
        ends[*side].writer().write_all(octets).unwrap();
        if suite.tls13().is_some() && *side == 0 {
            ends[0].refresh_traffic_keys().unwrap();
        }
        carry(&mut ends);
    }
    Talk { sent, secrets: secrets.take(), shown: own.chain }
}

/// The talk in a capture, cut into segments of so many octets; `lost` is left out.
fn capture(talk: &Talk, segment: usize, lost: Option<usize>, with_secrets: bool) -> Vec<u8> {
    let mut writer = CaptureWriter::new(Vec::new(), Format::PcapNg, &[]).unwrap();
    if with_secrets {
        writer.secrets(talk.secrets.iter().map(String::as_str)).unwrap();
    }
    let [client, server] = ENDS.map(|end| end.parse().unwrap());
    let mut at = 0;
    let mut see = |side: usize, what: Seen| {
        at += 1;
        let (src, dst) = if side == 0 { (client, server) } else { (server, client) };
        writer.write(&Observation { at: Time(at), packet: 0, src, dst, what }, None).unwrap();
    };
    see(0, Seen::Connecting);
    see(0, Seen::Opened);
    for (nth, (side, octets)) in talk.sent.iter().enumerate() {
        for piece in octets.chunks(segment) {
            match lost == Some(nth) {
                true => see(*side, Seen::Gap { octets: piece.len() as u64 }),
                false => see(*side, Seen::Sealed(Bytes::copy_from_slice(piece))),
            }
        }
    }
    see(0, Seen::Finished);
    see(1, Seen::Finished);
    writer.finish().unwrap()
}

/// What each side said, as far as it can be read, and how many connections could not be read to their end.
fn read(file: Vec<u8>, more: &str) -> ([Vec<u8>; 2], u64) {
    let (seen, unread) = observations(file, more);
    let said = ENDS.map(|end| {
        let inner = |one: &Observation| match &one.what {
            Seen::Inner(octets) if one.src.to_string() == end => Some(octets.clone()),
            _ => None,
        };
        seen.iter().filter_map(inner).collect::<Vec<_>>().concat()
    });
    (said, unread)
}

/// What each side showed.
fn shown(file: Vec<u8>) -> [Vec<Vec<Bytes>>; 2] {
    let (seen, _) = observations(file, "");
    ENDS.map(|end| {
        let chain = |one: &Observation| match &one.what {
            Seen::Certificates(chain) if one.src.to_string() == end => Some(chain.clone()),
            _ => None,
        };
        seen.iter().filter_map(chain).collect()
    })
}

fn observations(file: Vec<u8>, more: &str) -> (Vec<Observation>, u64) {
    let mut reader = CaptureReader::from_reader(std::io::Cursor::new(file)).unwrap();
    reader.learn(more);
    let mut seen = Vec::new();
    while reader.next(&mut seen).unwrap() {}
    assert!(!seen.iter().any(|one| matches!(one.what, Seen::Data(_))));
    let statistics = reader.statistics();
    assert_eq!(statistics.sealed, 1);
    (seen, statistics.unread)
}

#[test]
fn every_suite_is_read_however_it_is_cut() {
    let long = vec![b'x'; 40_000];
    let said: [(usize, &[u8]); 4] = [(0, b"OPTIONS"), (1, b"200"), (0, &long), (1, b"bye")];
    for suite in suites() {
        let talk = talk(suite, &said);
        for segment in [65_000, 1000, 7] {
            let ([client, server], unread) = read(capture(&talk, segment, None, true), "");
            assert_eq!((client.len(), &server[..], unread), (40_007, &b"200bye"[..], 0), "{suite:?} {segment}");
            assert!(client.starts_with(b"OPTIONSx"));
            assert_eq!(shown(capture(&talk, segment, None, true)), [vec![], vec![talk.shown.clone()]], "{suite:?}");
        }
        // The secrets may come from elsewhere, among others.
        let elsewhere = format!("# a comment\nNONSENSE 00 11\n{}\n", talk.secrets.join("\r\n"));
        assert_eq!(read(capture(&talk, 65_000, None, false), &elsewhere).1, 0);
    }
}

/// What the virtual network has in place of a handshake is read like any other.
#[test]
fn what_was_sealed_here_is_read() {
    let chains = [vec![Bytes::from_static(b"the client's")], vec![Bytes::from(vec![b'x'; 20_000])]];
    let (mut sealer, seen) = Sealer::begin(b"a connection", [&chains[0], &chains[1]]).unwrap();
    let mut talk = Talk { sent: Vec::new(), secrets: Vec::new(), shown: Vec::new() };
    for (side, what) in seen {
        match what {
            Seen::Sealed(record) => talk.sent.push((side, record.to_vec())),
            Seen::Secret(line) => talk.secrets.push(line),
            Seen::Certificates(chain) => assert_eq!(chain, chains[side]),
            other => panic!("{other:?}"),
        }
    }
    let long = Bytes::from(vec![b'y'; 40_000]);
    for (side, said) in [(0, Bytes::from_static(b"SEND")), (1, long.clone()), (0, Bytes::from_static(b"200"))] {
        for (record, inner) in sealer.seal(side, said) {
            assert!(inner.len() <= 1 << 14);
            talk.sent.push((side, record.to_vec()));
        }
    }
    for segment in [65_000, 7] {
        let (said, unread) = read(capture(&talk, segment, None, true), "");
        assert_eq!((&said[0][..], said[1] == long, unread), (&b"SEND200"[..], true, 0));
        assert_eq!(shown(capture(&talk, segment, None, true)), [vec![chains[0].clone()], vec![chains[1].clone()]]);
    }
    // The same connection has the same records.
    let (_, again) = Sealer::begin(b"a connection", [&chains[0], &chains[1]]).unwrap();
    let (_, other) = Sealer::begin(b"another one", [&chains[0], &chains[1]]).unwrap();
    let sealed = |seen: &[(usize, Seen)]| {
        seen.iter().filter(|(_, what)| matches!(what, Seen::Sealed(_))).cloned().collect::<Vec<_>>()
    };
    let first = Sealer::begin(b"a connection", [&chains[0], &chains[1]]).unwrap().1;
    assert!(sealed(&first) == sealed(&again) && sealed(&first) != sealed(&other));
}

#[test]
fn what_cannot_be_read_is_counted_and_not_made_up() {
    for suite in suites() {
        let talk = talk(suite, &[(0, b"one"), (1, b"two"), (0, b"three")]);
        let (said, unread) = read(capture(&talk, 65_000, None, false), "");
        assert_eq!((said, unread), (Default::default(), 1), "{suite:?}: no secrets");
        let wrong: String =
            talk.secrets.iter().map(|line| line[..line.len() - 64].to_owned() + &"0".repeat(64) + "\n").collect();
        let (said, unread) = read(capture(&talk, 65_000, None, false), &wrong);
        assert_eq!((said, unread), (Default::default(), 1), "{suite:?}: wrong secrets");
        // What one side says behind a hole is lost; the other goes on.
        let first = talk.sent.iter().position(|(side, octets)| *side == 0 && octets[0] == 23).unwrap();
        let ([client, server], unread) = read(capture(&talk, 65_000, Some(first), true), "");
        assert_eq!((&server[..], unread), (&b"two"[..], 1), "{suite:?}");
        assert!(!client.ends_with(b"three"));
    }
}

#[test]
fn nobody_is_taken_for_tls_who_only_begins_like_it() {
    let talk = Talk {
        sent: vec![(0, [&[22, 3, 1, 0, 5, 1][..], &[0; 9], b"\r\nhello"].concat())],
        secrets: Vec::new(),
        shown: Vec::new(),
    };
    let (said, unread) = read(capture(&talk, 65_000, None, true), "");
    assert_eq!((said, unread), (Default::default(), 1));
}
