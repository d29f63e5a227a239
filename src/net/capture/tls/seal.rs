//! The records that a connection of the virtual network would have had: TLS 1.3 (RFC 8446) as far as an observer can tell, with
//! secrets that follow from what the connection is. Nobody there checks a signature, so there are none; whoever has the
//! secrets reads which certificates were shown, and what was said.

use bytes::{BufMut, Bytes, BytesMut};
use sha2::{Digest, Sha256};

use super::keys::{Keys, Suite};
use super::records::{APPLICATION, HANDSHAKE};
use crate::trace::Seen;

/// TLS_AES_128_GCM_SHA256, which every implementation has (RFC 8446 §9.1).
const SUITE: u16 = 0x1301;
/// The most octets in one record.
const RECORD: usize = 1 << 14;
/// The ones and only algorithms of the handshake: x25519 and ed25519.
const GROUP: u16 = 0x001d;
const SIGNATURE: u16 = 0x0807;

/// Both directions of a connection, that of who opened it first.
pub struct Sealer([Keys; 2]);

impl Sealer {
    /// A connection that is told from others by `name`, with what each end shows; and all that is seen of its handshake, each
    /// with the end that it comes from. `None` where there are no keys to be had.
    pub fn begin(name: &[u8], shown: [&[Bytes]; 2]) -> Option<(Sealer, Vec<(usize, Seen)>)> {
        let chance = |what: &str| -> [u8; 32] { Sha256::new().chain_update(what).chain_update(name).finalize().into() };
        let suite = Suite::of(SUITE)?;
        let random = chance("client random");
        let labels = ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"];
        let traffic = ["CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"];
        let keys = |label: &str| Keys::of_13(suite, &chance(label));
        let mut seen = Vec::new();
        for label in labels.into_iter().chain(traffic) {
            seen.push((0, Seen::Secret(format!("{label} {} {}", hex(&random), hex(&chance(label))))));
        }
        seen.push((0, Seen::Sealed(plain(&client_hello(&random, &chance("client share"))))));
        seen.push((1, Seen::Sealed(plain(&server_hello(&chance("server random"), &chance("server share"))))));
        for side in [1, 0] {
            let mut keys = keys(labels[side])?;
            for record in sealed(&mut keys, HANDSHAKE, &flight(side == 1, shown[side], &chance(labels[side]))) {
                seen.push((side, Seen::Sealed(record)));
            }
            if !shown[side].is_empty() {
                seen.push((side, Seen::Certificates(shown[side].to_vec())));
            }
        }
        Some((Sealer([keys(traffic[0])?, keys(traffic[1])?]), seen))
    }

    /// The records for octets from that end, each with those of the octets that are in it.
    pub fn seal(&mut self, side: usize, mut octets: Bytes) -> Vec<(Bytes, Bytes)> {
        let mut records = Vec::new();
        while !octets.is_empty() {
            let inner = octets.split_to(octets.len().min(RECORD));
            records.extend(self.0[side].seal(APPLICATION, &inner).map(|record| (record, inner)));
        }
        records
    }
}

/// What an end says of itself behind the hellos: what it shows, and that it is done.
fn flight(is_server: bool, shown: &[Bytes], digits: &[u8; 32]) -> Bytes {
    let mut out = BytesMut::new();
    if is_server {
        // EncryptedExtensions, none; CertificateRequest, for signatures of the one kind.
        message(&mut out, 8, |out| out.put_u16(0));
        message(&mut out, 13, |out| {
            out.put_u8(0);
            extensions(out, |out| extension(out, 13, |out| listed(out, SIGNATURE)));
        });
    }
    message(&mut out, 11, |out| {
        out.put_u8(0);
        counted(out, 3, |out| {
            for certificate in shown {
                counted(out, 3, |out| out.put_slice(certificate));
                out.put_u16(0);
            }
        });
    });
    if !shown.is_empty() {
        message(&mut out, 15, |out| {
            out.put_u16(SIGNATURE);
            counted(out, 2, |out| out.put_slice(&[*digits, *digits].concat()));
        });
    }
    message(&mut out, 20, |out| out.put_slice(digits));
    out.freeze()
}

fn client_hello(random: &[u8; 32], share: &[u8; 32]) -> Bytes {
    let mut out = BytesMut::new();
    message(&mut out, 1, |out| {
        out.put_u16(0x0303);
        out.put_slice(random);
        out.put_u8(0);
        listed(out, SUITE);
        out.put_slice(&[1, 0]);
        extensions(out, |out| {
            extension(out, 43, |out| out.put_slice(&[2, 3, 4]));
            extension(out, 10, |out| listed(out, GROUP));
            extension(out, 13, |out| listed(out, SIGNATURE));
            extension(out, 51, |out| counted(out, 2, |out| key_share(out, share)));
        });
    });
    out.freeze()
}

fn server_hello(random: &[u8; 32], share: &[u8; 32]) -> Bytes {
    let mut out = BytesMut::new();
    message(&mut out, 2, |out| {
        out.put_u16(0x0303);
        out.put_slice(random);
        out.put_u8(0);
        out.put_u16(SUITE);
        out.put_u8(0);
        extensions(out, |out| {
            extension(out, 43, |out| out.put_u16(0x0304));
            extension(out, 51, |out| key_share(out, share));
        });
    });
    out.freeze()
}

fn key_share(out: &mut BytesMut, share: &[u8; 32]) {
    out.put_u16(GROUP);
    counted(out, 2, |out| out.put_slice(share));
}

/// A list of one number.
fn listed(out: &mut BytesMut, one: u16) {
    counted(out, 2, |out| out.put_u16(one));
}

fn extensions(out: &mut BytesMut, write: impl FnOnce(&mut BytesMut)) {
    counted(out, 2, write);
}

fn extension(out: &mut BytesMut, kind: u16, write: impl FnOnce(&mut BytesMut)) {
    out.put_u16(kind);
    counted(out, 2, write);
}

fn message(out: &mut BytesMut, kind: u8, write: impl FnOnce(&mut BytesMut)) {
    out.put_u8(kind);
    counted(out, 3, write);
}

/// Octets behind how many they are, in a number of so many octets.
fn counted(out: &mut BytesMut, width: usize, write: impl FnOnce(&mut BytesMut)) {
    let at = out.len();
    out.put_bytes(0, width);
    write(out);
    let length = (out.len() - at - width) as u32;
    out[at..at + width].copy_from_slice(&length.to_be_bytes()[4 - width..]);
}

/// A record that is not sealed.
fn plain(octets: &[u8]) -> Bytes {
    let mut out = BytesMut::from(&[HANDSHAKE, 3, 3][..]);
    counted(&mut out, 2, |out| out.put_slice(octets));
    out.freeze()
}

fn sealed(keys: &mut Keys, kind: u8, octets: &[u8]) -> Vec<Bytes> {
    octets.chunks(RECORD).filter_map(|piece| keys.seal(kind, piece)).collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
