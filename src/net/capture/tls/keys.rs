//! Keys of one direction, and opening records with them (RFC 8446 §5.2, §7.3; RFC 5246 §6.3; RFC 5288; RFC 7905).

use bytes::Bytes;
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::{hkdf, hmac};

use super::records::{APPLICATION, Record};

/// A cipher suite.
#[derive(Clone, Copy)]
pub struct Suite {
    aead: &'static Algorithm,
    hkdf: hkdf::Algorithm,
    hmac: hmac::Algorithm,
}

impl Suite {
    /// Those with authenticated encryption, which alone TLS 1.3 has.
    pub fn of(number: u16) -> Option<Suite> {
        let (aead, large) = match number {
            0x1301 | 0x009c | 0x009e | 0xc02b | 0xc02f => (&AES_128_GCM, false),
            0x1302 | 0x009d | 0x009f | 0xc02c | 0xc030 => (&AES_256_GCM, true),
            0x1303 | 0xcca8 | 0xcca9 | 0xccaa => (&CHACHA20_POLY1305, false),
            _ => return None,
        };
        let (hkdf, hmac) = match large {
            true => (hkdf::HKDF_SHA384, hmac::HMAC_SHA384),
            false => (hkdf::HKDF_SHA256, hmac::HMAC_SHA256),
        };
        Some(Suite { aead, hkdf, hmac })
    }
}

/// The keys of one direction, and how many records they have opened.
pub struct Keys {
    suite: Suite,
    key: LessSafeKey,
    iv: [u8; 12],
    /// Part of the nonce stands before each record (RFC 5288 §3).
    explicit: bool,
    is_13: bool,
    sequence: u64,
    /// Of TLS 1.3: what the next keys come from.
    secret: Vec<u8>,
}

impl Keys {
    /// Those of TLS 1.3, from a traffic secret.
    pub fn of_13(suite: Suite, secret: &[u8]) -> Option<Keys> {
        let mut key = vec![0; suite.aead.key_len()];
        expand(suite, secret, "key", &mut key)?;
        let mut iv = [0; 12];
        expand(suite, secret, "iv", &mut iv)?;
        let key = LessSafeKey::new(UnboundKey::new(suite.aead, &key).ok()?);
        Some(Keys { suite, key, iv, explicit: false, is_13: true, sequence: 0, secret: secret.to_vec() })
    }

    /// Those that come after (RFC 8446 §7.2).
    pub fn next(&self) -> Option<Keys> {
        let mut secret = vec![0; self.secret.len()];
        expand(self.suite, &self.secret, "traffic upd", &mut secret)?;
        Keys::of_13(self.suite, &secret)
    }

    /// Those of TLS 1.2 for both directions, the client's first, from the master secret and both randoms.
    pub fn of_12(suite: Suite, master: &[u8], client: &[u8; 32], server: &[u8; 32]) -> Option<[Keys; 2]> {
        let explicit = suite.aead != &CHACHA20_POLY1305;
        let (key_length, iv_length) = (suite.aead.key_len(), if explicit { 4 } else { 12 });
        let seed = [b"key expansion", &server[..], &client[..]].concat();
        let block = prf(suite.hmac, master, &seed, 2 * (key_length + iv_length));
        let (keys, ivs) = block.split_at(2 * key_length);
        let of = |nth: usize| {
            let key = UnboundKey::new(suite.aead, &keys[nth * key_length..][..key_length]).ok()?;
            let mut iv = [0; 12];
            iv[..iv_length].copy_from_slice(&ivs[nth * iv_length..][..iv_length]);
            let key = LessSafeKey::new(key);
            Some(Keys { suite, key, iv, explicit, is_13: false, sequence: 0, secret: Vec::new() })
        };
        Some([of(0)?, of(1)?])
    }

    /// A record of TLS 1.3 with these octets of that type.
    pub fn seal(&mut self, kind: u8, octets: &[u8]) -> Option<Bytes> {
        let nonce = self.nonce();
        self.sequence = self.sequence.checked_add(1)?;
        let length = u16::try_from(octets.len() + 1 + self.suite.aead.tag_len()).ok()?.to_be_bytes();
        let header = [APPLICATION, 3, 3, length[0], length[1]];
        let mut body = [octets, &[kind]].concat();
        self.key.seal_in_place_append_tag(nonce, Aad::from(header), &mut body).ok()?;
        Some([&header[..], &body].concat().into())
    }

    /// That of the next record, where no part of it stands before the record.
    fn nonce(&self) -> Nonce {
        let mut nonce = self.iv;
        for (octet, counted) in nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *octet ^= counted;
        }
        Nonce::assume_unique_for_key(nonce)
    }

    /// What is in a record: its real type and its octets.
    pub fn open(&mut self, mut record: Record) -> Option<(u8, Vec<u8>)> {
        let sequence = self.sequence;
        let mut nonce = self.nonce();
        self.sequence = sequence.checked_add(1)?;
        let mut body = record.body.split_off(0);
        if self.explicit {
            let mut stated = self.iv;
            stated[4..].copy_from_slice(body.get(..8)?);
            nonce = Nonce::assume_unique_for_key(stated);
            body = body.split_off(8);
        }
        let opened = if self.is_13 {
            self.key.open_in_place(nonce, Aad::from(record.header), &mut body).ok()?
        } else {
            let length = u16::try_from(body.len().checked_sub(self.suite.aead.tag_len())?).ok()?;
            let mut aad = [0; 13];
            aad[..8].copy_from_slice(&sequence.to_be_bytes());
            aad[8..11].copy_from_slice(&record.header[..3]);
            aad[11..].copy_from_slice(&length.to_be_bytes());
            self.key.open_in_place(nonce, Aad::from(aad), &mut body).ok()?
        };
        if !self.is_13 || record.kind() != APPLICATION {
            return Some((record.kind(), opened.to_vec()));
        }
        // Behind the octets stands their type, and zeros may stand behind that (RFC 8446 §5.4).
        let end = opened.iter().rposition(|octet| *octet != 0)?;
        Some((opened[end], opened[..end].to_vec()))
    }
}

/// HKDF-Expand-Label without a context (RFC 8446 §7.1).
fn expand(suite: Suite, secret: &[u8], label: &str, out: &mut [u8]) -> Option<()> {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let length = u16::try_from(out.len()).ok()?.to_be_bytes();
    let label = format!("tls13 {label}");
    let label_length = [u8::try_from(label.len()).ok()?];
    let info = [&length[..], &label_length, label.as_bytes(), &[0]];
    let key = hkdf::Prk::new_less_safe(suite.hkdf, secret);
    key.expand(&info, Length(out.len())).ok()?.fill(out).ok()
}

/// P_hash (RFC 5246 §5).
fn prf(algorithm: hmac::Algorithm, secret: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let key = hmac::Key::new(algorithm, secret);
    let mut out = Vec::new();
    let mut a = hmac::sign(&key, seed);
    while out.len() < length {
        out.extend_from_slice(hmac::sign(&key, &[a.as_ref(), seed].concat()).as_ref());
        a = hmac::sign(&key, a.as_ref());
    }
    out.truncate(length);
    out
}
