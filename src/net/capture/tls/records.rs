//! The records of one direction, and the messages of the handshake in them.

use bytes::{Buf, Bytes, BytesMut};

/// The content of a record.
pub const CHANGE_CIPHER_SPEC: u8 = 20;
pub const HANDSHAKE: u8 = 22;
pub const APPLICATION: u8 = 23;

/// A record may have so many octets at the most (RFC 5246 §6.2.3: 2^14 + 2048).
const LARGEST: usize = (1 << 14) + 2048;
/// A message of the handshake may have so many here.
const LARGEST_MESSAGE: usize = 1 << 18;
/// A chain of more certificates is cut here.
const MOST_CERTIFICATES: usize = 16;

/// A record as it was on the link.
pub struct Record {
    pub header: [u8; 5],
    pub body: BytesMut,
}

impl Record {
    pub fn kind(&self) -> u8 {
        self.header[0]
    }
}

/// Takes a stream apart into records.
#[derive(Default)]
pub struct Records(BytesMut);

impl Records {
    pub fn push(&mut self, octets: &[u8]) {
        self.0.extend_from_slice(octets);
    }

    /// The next whole record; an error where the stream is none of records any more.
    pub fn next(&mut self) -> Result<Option<Record>, ()> {
        let Some(header) = self.0.first_chunk::<5>().copied() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
        if !(CHANGE_CIPHER_SPEC..=24).contains(&header[0]) || header[1] != 3 || length > LARGEST {
            return Err(());
        }
        if self.0.len() < 5 + length {
            return Ok(None);
        }
        self.0.advance(5);
        Ok(Some(Record { header, body: self.0.split_to(length) }))
    }
}

/// Puts messages of the handshake together, which records may cut anywhere.
#[derive(Default)]
pub struct Messages(BytesMut);

impl Messages {
    pub fn push(&mut self, octets: &[u8]) {
        if self.0.len() + octets.len() <= LARGEST_MESSAGE {
            self.0.extend_from_slice(octets);
        }
    }

    /// The next whole one: its type and what it says.
    pub fn next(&mut self) -> Option<(u8, Bytes)> {
        let [kind, high, middle, low] = *self.0.first_chunk::<4>()?;
        let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        if self.0.len() < 4 + length {
            return None;
        }
        self.0.advance(4);
        Some((kind, self.0.split_to(length).freeze()))
    }
}

/// The certificates in a message of that name (RFC 8446 §4.4.2, RFC 5246 §7.4.2); nothing where it breaks off.
pub fn certificates(body: &Bytes, is_13: bool) -> Option<Vec<Bytes>> {
    let mut rest = body.clone();
    // Before them stands a context, and behind each of them extensions.
    if is_13 {
        take(&mut rest, 1)?;
    }
    let mut list = take(&mut rest, 3)?;
    let mut all = Vec::new();
    while !list.is_empty() && all.len() < MOST_CERTIFICATES {
        all.push(take(&mut list, 3)?);
        if is_13 {
            take(&mut list, 2)?;
        }
    }
    Some(all)
}

/// Octets with their length before them, in so many octets.
fn take(rest: &mut Bytes, width: usize) -> Option<Bytes> {
    let length = rest.get(..width)?.iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
    if rest.len() < width + length {
        return None;
    }
    rest.advance(width);
    Some(rest.split_to(length))
}

/// What a ServerHello decides: the version, the cipher suite, and its random (RFC 8446 §4.1.3).
pub struct ServerHello {
    pub is_13: bool,
    pub suite: u16,
    pub random: [u8; 32],
}

impl ServerHello {
    pub fn parse(body: &[u8]) -> Option<ServerHello> {
        let random = *body.get(2..)?.first_chunk()?;
        let session = usize::from(*body.get(34)?);
        let rest = body.get(35 + session..)?;
        let suite = u16::from_be_bytes(*rest.first_chunk()?);
        let mut extensions = rest.get(5..).unwrap_or_default();
        let mut is_13 = false;
        while let Some(&[kind, kind_low, length, length_low]) = extensions.first_chunk::<4>() {
            let length = usize::from(u16::from_be_bytes([length, length_low]));
            let Some(value) = extensions.get(4..4 + length) else { break };
            // supported_versions
            is_13 |= [kind, kind_low] == [0, 43] && value == [3, 4];
            extensions = &extensions[4 + length..];
        }
        Some(ServerHello { is_13, suite, random })
    }

    /// It asks for another ClientHello (RFC 8446 §4.1.3).
    pub fn is_retry(&self) -> bool {
        self.random[..8] == [0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11]
    }
}
